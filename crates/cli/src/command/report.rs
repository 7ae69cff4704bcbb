//! `rungs report`

use super::{index::keep_index, place, print, run::could_not};
use crate::Ended;
use crate::arguments::{Report, ReportFormat, ReportLanguage};
use rungs_engine::calendar::{Day, day_text};
use rungs_engine::program::Versions;
use rungs_page::{Language, Notice, PageError};
use rungs_pipeline::lake::store::{Store, write_whole};
use rungs_pipeline::report;
use rungs_pipeline::report::nights::{self, Failed};
use rungs_pipeline::trouble::{Trouble, TroubleCode};
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Shows the report of a settled date.
pub fn report(asked: &Report) -> Ended {
    let (versions, _, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let shown = match asked.format {
        ReportFormat::Text => report::load(&store, &versions, asked.as_of, false),
        ReportFormat::Json => report::load(&store, &versions, asked.as_of, true),
        ReportFormat::Html => page(&store, &versions, asked.as_of),
        ReportFormat::Md => digest(&store, &versions, asked),
        ReportFormat::Csv => report::load(&store, &versions, asked.as_of, true)
            .and_then(|report| report::rows::csv(&report)),
        ReportFormat::Parquet => return rows(&store, &versions, asked.as_of),
    };
    match shown {
        Ok(report) => {
            print(&report);
            Ended::Fine
        }
        Err(trouble) => could_not(trouble),
    }
}

/// The figures as a Parquet file, which no terminal shows.
fn rows(store: &Path, versions: &Versions, as_of: Option<Day>) -> Ended {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        return Ended::WrongUse {
            message: "Parquet is no text".into(),
            help: "write it into a file: `rungs report … --format parquet > figures.parquet`"
                .into(),
        };
    }
    let rows = report::load(store, versions, as_of, true)
        .and_then(|report| report::rows::parquet(&report));
    match rows {
        Ok(bytes) => {
            // Who reads no further has what they wanted.
            let _ = out.write_all(&bytes);
            Ended::Fine
        }
        Err(trouble) => could_not(trouble),
    }
}

/// The report in short, which also says what has changed since the report before it.
fn digest(store: &Path, versions: &Versions, asked: &Report) -> Result<String, Trouble> {
    let report = report::load(store, versions, asked.as_of, true)?;
    let previous = report::previous(store, versions, asked.as_of)?;
    let language = match asked.language {
        ReportLanguage::En => Language::English,
        ReportLanguage::Zh => Language::Chinese,
    };
    rungs_page::markdown(&report, previous.as_deref(), language).map_err(unforeseen)
}

/// The report as a page, which also says what has changed since the report before it.
fn page(store: &Path, versions: &Versions, as_of: Option<Day>) -> Result<String, Trouble> {
    let report = report::load(store, versions, as_of, true)?;
    let previous = report::previous(store, versions, as_of)?;
    rungs_page::html(&report, previous.as_deref()).map_err(unforeseen)
}

/// Keeps the page of the last night beside its figures, as `reports/<date>.html`, and the index of all nights.
pub fn keep_page(store: &Path, versions: &Versions) -> Result<(), Trouble> {
    let opened = Store::open_of(store, &versions.newest().id)?;
    let Some(manifest) = opened.latest()? else {
        return Ok(());
    };
    let path = opened.path(&format!("reports/{}.html", manifest.nights.to));
    write_whole(&path, page(store, versions, None)?.as_bytes())?;
    keep_index(&opened)
}

/// Keeps, where the night's page would be, that the night failed and why. Not while another run is at work, which may
/// settle it, and not for a night that is settled.
pub fn keep_failed(
    store: &Path,
    versions: &Versions,
    night: Day,
    trouble: &Trouble,
) -> Result<(), Trouble> {
    let store = Store::open_of(store, &versions.newest().id)?;
    let _claimed = store.lock()?;
    let failed = Failed::from(trouble);
    if !nights::keep_failed(&store, night, &failed)? {
        return Ok(());
    }
    let last = store.latest()?.map(|manifest| manifest.nights.to);
    let last_page = last.as_ref().map(|last| format!("{last}.html"));
    let night = day_text(night);
    let page = rungs_page::failed(&Notice {
        name: &versions.newest().name,
        night: &night,
        code: &failed.code,
        message: &failed.message,
        help: &failed.help,
        last: last.as_deref(),
        last_page: last_page.as_deref(),
    });
    let path = store.path(&format!("reports/{night}.html"));
    write_whole(&path, page.map_err(unforeseen)?.as_bytes())?;
    match last {
        Some(_) => keep_index(&store),
        None => Ok(()),
    }
}

/// The report is ours, so a page cannot fail because of what anybody has written.
pub fn unforeseen(error: PageError) -> Trouble {
    Trouble::new(
        TroubleCode::Unforeseen,
        format!("the page cannot be made: {}", error.message),
        "report this with the output of `rungs report --format json`",
    )
}

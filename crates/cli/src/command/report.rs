//! `rungs report`

use super::{place, print, run::could_not};
use crate::Ended;
use crate::arguments::{Report, ReportFormat, ReportLanguage};
use rungs_engine::calendar::Day;
use rungs_engine::program::Versions;
use rungs_page::{Language, PageError};
use rungs_pipeline::lake::store::{Store, write_whole};
use rungs_pipeline::report;
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

/// Keeps the page of the last night beside its figures, as `reports/<date>.html`.
pub fn keep_page(store: &Path, versions: &Versions) -> Result<(), Trouble> {
    let Some(manifest) = Store::open_of(store, &versions.newest().id)?.latest()? else {
        return Ok(());
    };
    let path = store.join(format!("reports/{}.html", manifest.nights.to));
    Ok(write_whole(&path, page(store, versions, None)?.as_bytes())?)
}

/// The report is ours, so a page cannot fail because of what anybody has written.
fn unforeseen(error: PageError) -> Trouble {
    Trouble::new(
        TroubleCode::Unforeseen,
        format!("the page cannot be made: {}", error.message),
        "report this with the output of `rungs report --format json`",
    )
}

//! The pages of a night. The night counts, or has failed, whether or not they can be made.

use rungs_aws::{Counted, FailedEvent, Failure, Place, Remote};
use rungs_page::{Notice, PageError, Programme};

/// Keeps the night's own page, and that over all nights.
pub fn keep(remote: &Remote, counted: &Counted) -> Result<(), Failure> {
    let page = rungs_page::html(&counted.report, counted.report_before.as_deref());
    put(remote, &counted.night, page)?;
    keep_index(remote, counted)
}

fn keep_index(remote: &Remote, counted: &Counted) -> Result<(), Failure> {
    let Some(nights) = &counted.nights else {
        return Ok(());
    };
    put(remote, "index", index(&counted.report, nights))?;
    // The next night may have kept its own meanwhile, and this one come after it.
    match remote.run_after(counted.run)? {
        Some(later) => keep_index(remote, &remote.count(later)?),
        None => Ok(()),
    }
}

/// Keeps, where the night's page would be, that it failed and why. Its date; nothing if it is settled by now.
pub fn keep_failed(place: &Place, asked: &FailedEvent) -> Result<Option<String>, Failure> {
    let (remote, _) = place.remote_in(&asked.input.program, &asked.input.lake);
    let failed = asked.failed();
    let Some(told) = remote.keep_failed(asked.input.night()?, &failed)? else {
        return Ok(None);
    };
    let last_page = told.last.as_ref().map(|last| format!("{last}.html"));
    let page = rungs_page::failed(&Notice {
        name: &told.name,
        night: &told.night,
        code: &failed.code,
        message: &failed.message,
        help: &failed.help,
        last: told.last.as_deref(),
        last_page: last_page.as_deref(),
    });
    put(&remote, &told.night, page)?;
    Ok(Some(told.night))
}

fn index(report: &str, nights: &str) -> Result<String, PageError> {
    // Each line was made by this function, with its page.
    let page = |night: &str| Some(format!("{night}.html"));
    let programme = Programme {
        report,
        nights,
        page: &page,
    };
    rungs_page::index(&[programme])
}

fn put(remote: &Remote, name: &str, page: Result<String, PageError>) -> Result<(), Failure> {
    match page {
        Ok(page) => remote.keep_page(name, &page)?,
        // Readers wait for the rest.
        Err(error) => tracing::error!(error = error.message, "the page {name} cannot be made"),
    }
    Ok(())
}

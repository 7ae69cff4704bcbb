//! The report as a page: one HTML file in both languages that needs nothing else, neither the network
//! nor a build. It is made from the report's JSON alone (and from that of the report before it, if there
//! is one), so a page can be made again for any night of which the JSON was kept.
//!
//! Every number stays the decimal text that stands in the JSON, from there to the page: sums, differences
//! and shares are exact, and only places inside a drawing are floats. The same JSON gives the same page,
//! byte for byte.
//!
//! The templates read the report as it is. What they need besides it is derived here: the KPIs told apart
//! by window and part (`kpis`), what is new since the report before (`changes`), the reader's form of
//! numbers and days (`forms`), and the queries with their days filled in (`queries`).

mod axis;
mod calendar;
mod changes;
mod cohorts;
mod decimal;
mod error;
mod figures;
mod filters;
mod flow;
mod forms;
mod functions;
mod kpis;
mod markdown;
mod moves;
mod nights;
mod periods;
mod policy;
mod queries;
mod reading;
mod report;
mod templates;
mod texts;

pub use error::{PageCode, PageError};
pub use nights::Programme;
pub use texts::Language;

use report::Report;

/// The page of a report, given as JSON; with sentences on what changed, if the report before it is given.
///
/// The page tells in a line what a report does not say yet, so keys may be missing that only newer reports
/// have; it fails where a key is missing that every report has, or where a number or day is none.
pub fn html(report: &str, previous: Option<&str>) -> Result<String, PageError> {
    let report = Report::read(report)?;
    let previous = previous.map(Report::read).transpose()?;
    templates::page(&report, previous.as_ref())
}

/// The report in short, as Markdown for a chat or a pull request: objectives, what changed, the latest figures, and what
/// was refused.
pub fn markdown(
    report: &str,
    previous: Option<&str>,
    language: Language,
) -> Result<String, PageError> {
    let report = Report::read(report)?;
    let previous = previous.map(Report::read).transpose()?;
    templates::digest(&report, previous.as_ref(), language.code())
}

/// The page over all nights of some programmes, in their order: a trend for each KPI, and links to each night's page.
/// Of no programme there is an empty page.
pub fn index(programmes: &[Programme<'_>]) -> Result<String, PageError> {
    templates::index(programmes)
}

/// A night that was not settled.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    /// What people call the programme.
    pub name: &'a str,
    /// Its date, such as `2026-11-21`.
    pub night: &'a str,
    /// The code of what went wrong.
    pub code: &'a str,
    /// What could not be done and why.
    pub message: &'a str,
    /// The next step; empty if nobody said one.
    pub help: &'a str,
    /// The last night that is settled, if there is one.
    pub last: Option<&'a str>,
    /// Where its page is, seen from this one.
    pub last_page: Option<&'a str>,
}

/// The page of a night that was not settled, to stand where its report would.
pub fn failed(notice: &Notice<'_>) -> Result<String, PageError> {
    templates::failed(notice)
}

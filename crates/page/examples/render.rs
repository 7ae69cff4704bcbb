//! Prints the page of a report that was kept as JSON, so that a page can be looked at without a store:
//! `cargo run -p rungs-page --example render -- REPORT.json [PREVIOUS.json]`.

use std::error::Error;
use std::io::Write as _;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1);
    let report = paths.next().ok_or("which report? Give its JSON file")?;
    let report = std::fs::read_to_string(report)?;
    let previous = paths.next().map(std::fs::read_to_string).transpose()?;
    let page = rungs_page::html(&report, previous.as_deref())?;
    std::io::stdout().write_all(page.as_bytes())?;
    Ok(())
}

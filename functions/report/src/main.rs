//! Lambda function `report`: makes a night count, once all its ranges were folded, and brings its figures to readers.

use lambda_runtime::Error;
use rungs_aws::{Failure, Place, RunEvent, metrics, run};
use serde::Serialize;

/// The night that counts.
#[derive(Serialize)]
struct Answer {
    program: String,
    run: u32,
    night: String,
    accounts: u64,
    entries: u64,
    refused: u64,
    written: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(report).await
}

fn report(place: &Place, asked: RunEvent) -> Result<Answer, Failure> {
    let (remote, lake) = place.remote_in(&asked.program, &asked.lake);
    let counted = remote.count(asked.run)?;
    match rungs_page::html(&counted.report, counted.report_before.as_deref()) {
        Ok(page) => remote.keep_page(&counted, &page)?,
        // The night counts all the same, and readers wait for it.
        Err(error) => tracing::error!(error = error.message, "the page cannot be made"),
    }
    let written = place.table.bring_report(lake, &counted)?;
    // There is an alarm on rows in quarantine.
    let counts = [
        ("AccountsTouched", counted.accounts),
        ("EntriesBooked", counted.entries),
        ("RowsQuarantined", counted.quarantined),
    ];
    metrics::count(&asked.program, &counts);
    Ok(Answer {
        program: asked.program,
        run: asked.run,
        night: counted.night,
        accounts: counted.accounts,
        entries: counted.entries,
        refused: counted.quarantined,
        written,
    })
}

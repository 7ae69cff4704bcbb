//! Lambda function `report`: makes a night count, once all its ranges were folded, and brings its figures to readers.

use lambda_runtime::Error;
use rungs_aws::{Failure, Place, RunEvent, run};
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
    let written = place.table.bring_report(lake, &counted)?;
    // The alarm on rows in quarantine looks for this line.
    tracing::info!(
        program = asked.program,
        run = asked.run,
        quarantined = counted.quarantined,
        "counts"
    );
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

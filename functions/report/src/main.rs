//! Lambda function `report`: makes a night count, once all its ranges were folded, and brings its figures to readers; or
//! tells them that it failed.

mod answer;
mod pages;

use answer::{Answer, Counts};
use lambda_runtime::Error;
use rungs_aws::{Failure, Place, ReportEvent, RunEvent, metrics, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(|place, asked| match asked {
        ReportEvent::Folded(asked) => report(place, asked).map(Answer::Counts),
        ReportEvent::Failed(asked) => {
            let night = pages::keep_failed(place, &asked)?;
            Ok(Answer::Failed { night })
        }
    })
    .await
}

fn report(place: &Place, asked: RunEvent) -> Result<Counts, Failure> {
    let (remote, lake) = place.remote_in(&asked.program, &asked.lake);
    let counted = remote.count(asked.run)?;
    pages::keep(&remote, &counted)?;
    let written = place.table.bring_report(lake, &counted)?;
    // There is an alarm on rows in quarantine.
    let counts = [
        ("AccountsTouched", counted.accounts),
        ("EntriesBooked", counted.entries),
        ("RowsQuarantined", counted.quarantined),
    ];
    metrics::count(&asked.program, &counts);
    Ok(Counts {
        program: asked.program,
        run: asked.run,
        night: counted.night,
        accounts: counted.accounts,
        entries: counted.entries,
        refused: counted.quarantined,
        written,
    })
}

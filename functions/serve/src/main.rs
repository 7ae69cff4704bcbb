//! Lambda function `serve`: brings what a range changed to readers, once its night counts.

use lambda_runtime::Error;
use rungs_aws::{Failure, Place, RangeEvent, metrics, run};
use serde::Serialize;

/// How many items were written.
#[derive(Serialize)]
struct Answer {
    range: String,
    written: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(serve).await
}

fn serve(place: &Place, asked: RangeEvent) -> Result<Answer, Failure> {
    let (remote, lake) = place.remote_in(&asked.program, &asked.lake);
    let range = asked.range();
    let served = remote.serving(asked.run, range)?;
    let written = place.table.bring(lake, &served)?;
    remote.served(asked.run, range)?;
    metrics::count(&asked.program, &[("ItemsWritten", written as u64)]);
    Ok(Answer {
        range: range.to_string(),
        written,
    })
}

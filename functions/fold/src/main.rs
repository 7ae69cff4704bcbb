//! Lambda function `fold`: settles the accounts of a range of shards.

use lambda_runtime::Error;
use rungs_aws::{Failure, Place, RangeEvent, metrics, run};
use serde::Serialize;

/// The range that was folded.
#[derive(Serialize)]
struct Answer {
    range: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(fold).await
}

fn fold(place: &Place, asked: RangeEvent) -> Result<Answer, Failure> {
    let range = asked.range();
    let (remote, _) = place.remote_in(&asked.program, &asked.lake);
    let whole = remote.fold(asked.run, range, &place.time_for_another())?;
    let counts = [
        ("RangesFolded", u64::from(whole)),
        ("RangesUnfinished", u64::from(!whole)),
    ];
    metrics::count(&asked.program, &counts);
    match whole {
        true => Ok(Answer {
            range: range.to_string(),
        }),
        false => Err(Failure::Unfinished),
    }
}

//! Lambda function `cut`: freezes what belongs to the next run of a programme, and lists the ranges to fold.

use lambda_runtime::Error;
use rungs_aws::{Failure, NightEvent, Place, run};
use serde::Serialize;

/// Whether there is something to settle, and what.
#[derive(Serialize)]
struct Answer {
    program: String,
    lake: String,
    settle: bool,
    run: Option<u32>,
    night: Option<String>,
    ranges: Option<Ranges>,
}

/// Where the list of ranges is.
#[derive(Serialize)]
struct Ranges {
    bucket: String,
    key: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(cut).await
}

fn cut(place: &Place, asked: NightEvent) -> Result<Answer, Failure> {
    let (remote, lake) = place.remote_in(&asked.program, &asked.lake);
    let cut = remote.cut(asked.night()?)?;
    Ok(Answer {
        lake: lake.to_owned(),
        program: asked.program,
        settle: cut.is_some(),
        run: cut.as_ref().map(|cut| cut.run),
        night: cut.as_ref().map(|cut| cut.night.clone()),
        ranges: cut.map(|cut| Ranges {
            bucket: place.bucket.name().to_owned(),
            key: cut.ranges,
        }),
    })
}

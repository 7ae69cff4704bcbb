//! Lambda function `ingest`: takes in what is uploaded, told by a queue of notifications or by the bucket itself. A message
//! that could not be worked off comes again; the others do not.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsMessage};
use lambda_runtime::Error;
use rungs_aws::{Failure, Place, Upload, UploadsEvent, metrics, run, uploads};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(ingest).await
}

fn ingest(place: &Place, event: UploadsEvent) -> Result<SqsBatchResponse, Failure> {
    let mut answer = SqsBatchResponse::default();
    match event {
        UploadsEvent::Queue(messages) => {
            let failed = messages
                .into_iter()
                .filter_map(|message| failed(place, message));
            answer.batch_item_failures.extend(failed);
        }
        // Nobody waits for the answer: Lambda gives the event twice more if this fails.
        UploadsEvent::Bucket(uploads) => take_in(place, uploads)?,
    }
    Ok(answer)
}

/// Which message comes again, if this one could not be worked off.
fn failed(place: &Place, message: SqsMessage) -> Option<BatchItemFailure> {
    let failure = uploads(&message)
        .and_then(|uploads| take_in(place, uploads))
        .err()?;
    tracing::error!(message = message.message_id, ?failure, "comes again");
    let mut failed = BatchItemFailure::default();
    failed.item_identifier = message.message_id.unwrap_or_default();
    Some(failed)
}

fn take_in(place: &Place, uploads: Vec<Upload>) -> Result<(), Failure> {
    for Upload { program, name } in uploads {
        let receipt = place.remote(&program).take_in(&name)?;
        let (read, rejected) = receipt.map_or((0, 0), |receipt| (receipt.read, receipt.rejected));
        tracing::info!(program, object = name, read, rejected, "taken in");
        metrics::count(&program, &[("RowsRead", read), ("RowsRejected", rejected)]);
    }
    Ok(())
}

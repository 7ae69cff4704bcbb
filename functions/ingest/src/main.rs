//! Lambda function `ingest`: takes in what is uploaded, from a queue of notifications. A message that could not be
//! worked off comes again; the others do not.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::Error;
use rungs_aws::{Failure, Place, run, uploads};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(ingest).await
}

fn ingest(place: &Place, event: SqsEvent) -> Result<SqsBatchResponse, Failure> {
    let mut answer = SqsBatchResponse::default();
    for message in event.records {
        if let Err(failure) = take_in(place, &message) {
            tracing::error!(message = message.message_id, ?failure, "comes again");
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = message.message_id.unwrap_or_default();
            answer.batch_item_failures.push(failed);
        }
    }
    Ok(answer)
}

fn take_in(place: &Place, message: &SqsMessage) -> Result<(), Failure> {
    for upload in uploads(message)? {
        let receipt = place.remote(&upload.program).take_in(&upload.name)?;
        let (read, rejected) = receipt.map_or((0, 0), |receipt| (receipt.read, receipt.rejected));
        tracing::info!(
            program = upload.program,
            object = upload.name,
            read,
            rejected,
            "taken in"
        );
    }
    Ok(())
}

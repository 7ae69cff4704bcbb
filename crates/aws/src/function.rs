//! How a Lambda function begins: from its environment, once; then an event at a time.

use crate::bucket::Bucket;
use crate::failure::Failure;
use crate::table::Table;
use aws_config::BehaviorVersion;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rungs_pipeline::objects::Remote;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;

/// What is left of a function's time when it ends itself: enough to say so.
const SPARE: Duration = Duration::from_secs(10);

/// Where a function works.
#[derive(Debug, Clone)]
pub struct Place {
    /// The bucket of all programmes.
    pub bucket: Arc<Bucket>,
    /// The table of all programmes.
    pub table: Table,
    /// Shards of a lake that is not there yet.
    shards: u16,
}

impl Place {
    /// From `RUNGS_BUCKET`, `RUNGS_TABLE` and `RUNGS_SHARDS`. With an endpoint of its own
    /// (`AWS_ENDPOINT_URL_S3`), S3 is asked by path, as local stacks are.
    async fn from_environment() -> Result<Place, Error> {
        let wanted = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
        let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let own = std::env::var("AWS_ENDPOINT_URL_S3").is_ok();
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(own)
            .build();
        let events = Handle::current();
        let bucket = Bucket::new(
            aws_sdk_s3::Client::from_conf(s3),
            &wanted("RUNGS_BUCKET")?,
            events.clone(),
        );
        let dynamodb = aws_sdk_dynamodb::Client::new(&config);
        let shards = std::env::var("RUNGS_SHARDS").unwrap_or_else(|_| "8".to_owned());
        Ok(Place {
            bucket: Arc::new(bucket),
            table: Table::new(dynamodb, &wanted("RUNGS_TABLE")?, events),
            shards: shards.parse()?,
        })
    }

    /// A programme.
    pub fn remote(&self, program: &str) -> Remote {
        Remote::new(self.bucket.clone(), program, self.shards)
    }
}

/// Runs a function: `work` is called for each event, on a thread of its own, and ended before Lambda would end it.
pub async fn run<Event, Answer>(
    work: fn(&Place, Event) -> Result<Answer, Failure>,
) -> Result<(), Error>
where
    Event: DeserializeOwned + Send + 'static,
    Answer: Serialize + Send + 'static,
{
    lambda_runtime::tracing::init_default_subscriber();
    let place = Place::from_environment().await?;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
        let place = place.clone();
        async move {
            let left = event.context.deadline().duration_since(SystemTime::now());
            let left = left.unwrap_or_default().saturating_sub(SPARE);
            let done = tokio::task::spawn_blocking(move || work(&place, event.payload));
            match tokio::time::timeout(left, done).await {
                Err(_) => Err(Failure::OutOfTime),
                Ok(Err(panic)) => Err(Failure::Trouble(panic.to_string())),
                Ok(Ok(answer)) => answer,
            }
        }
    }))
    .await
}

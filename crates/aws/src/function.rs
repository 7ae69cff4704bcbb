//! How a Lambda function begins: from its environment, once; then an event at a time.

use crate::bucket::Bucket;
use crate::failure::Failure;
use crate::table::Table;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{AppName, BehaviorVersion, Credentials, Region};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rungs_pipeline::objects::Remote;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Handle;

/// How often a call is made until it fails: more than the SDKs' three, because a table that grows is throttled for a while.
const ATTEMPTS: u32 = 5;

/// What is left of a function's time when it ends itself: enough to say so.
const SPARE: Duration = Duration::from_secs(10);

/// What is left where the deadline is none: `cargo lambda watch` says one of 1970.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Where a function works.
#[derive(Debug, Clone)]
pub struct Place {
    /// The bucket of all programmes.
    pub bucket: Arc<Bucket>,
    /// The table of all programmes.
    pub table: Table,
    /// Shards of a lake that is not there yet.
    shards: u16,
    /// When the event at hand is given up.
    until: Instant,
}

impl Place {
    /// From `RUNGS_BUCKET`, `RUNGS_TABLE`, `RUNGS_SHARDS`, and the region and credentials that Lambda gives a function
    /// in its environment. With an endpoint of its own (`AWS_ENDPOINT_URL_S3`), S3 is asked by path, as local stacks are.
    fn from_environment() -> Result<Place, Error> {
        let found = |name: &str| std::env::var(name).ok();
        let wanted = |name: &str| found(name).ok_or_else(|| format!("{name} is not set"));
        // All of it is in the environment. The SDKs' own search, in files, at other services and by other identities,
        // would be a twentieth of the function.
        let region = Region::new(wanted("AWS_REGION")?);
        let (id, secret) = (
            wanted("AWS_ACCESS_KEY_ID")?,
            wanted("AWS_SECRET_ACCESS_KEY")?,
        );
        let token = found("AWS_SESSION_TOKEN");
        let credentials = Credentials::new(id, secret, token, None, "the function's environment");
        let attempts = found("AWS_MAX_ATTEMPTS").map_or(Ok(ATTEMPTS), |text| text.parse())?;
        let retries = RetryConfig::standard().with_max_attempts(attempts);
        let app = found("AWS_SDK_UA_APP_ID").map(AppName::new).transpose()?;
        let own = found("AWS_ENDPOINT_URL_S3");
        let mut s3 = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.clone())
            .credentials_provider(credentials.clone())
            .retry_config(retries.clone())
            .force_path_style(own.is_some());
        s3.set_endpoint_url(own).set_app_name(app.clone());
        let mut dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .credentials_provider(credentials)
            .retry_config(retries);
        let own = found("AWS_ENDPOINT_URL_DYNAMODB");
        dynamodb.set_endpoint_url(own).set_app_name(app);
        let events = Handle::current();
        let s3 = aws_sdk_s3::Client::from_conf(s3.build());
        let dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb.build());
        let shards = found("RUNGS_SHARDS").unwrap_or_else(|| "8".to_owned());
        Ok(Place {
            bucket: Arc::new(Bucket::new(s3, &wanted("RUNGS_BUCKET")?, events.clone())),
            table: Table::new(dynamodb, &wanted("RUNGS_TABLE")?, events),
            shards: shards.parse()?,
            until: Instant::now(),
        })
    }

    /// A programme, in the lake of its own name.
    pub fn remote(&self, program: &str) -> Remote {
        Remote::new(self.bucket.clone(), program, self.shards)
    }

    /// A programme, and the name of its lake: keys of the table begin with it.
    pub fn remote_in<'a>(&self, program: &'a str, lake: &'a Option<String>) -> (Remote, &'a str) {
        let lake = lake.as_deref().unwrap_or(program);
        (self.remote(program).in_lake(lake), lake)
    }

    /// Whether there is time for another piece of work. Asked before each piece but the first; a piece may take twice as
    /// long as the longest one so far.
    pub fn time_for_another(&self) -> impl Fn() -> bool {
        let (until, begun) = (self.until, Cell::new(Instant::now()));
        let longest = Cell::new(Duration::ZERO);
        move || {
            let now = Instant::now();
            longest.set(longest.get().max(now - begun.replace(now)));
            now + 2 * longest.get() < until
        }
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
    let place = Place::from_environment()?;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
        let left = event.context.deadline().duration_since(SystemTime::now());
        let left = left.map_or(LONGEST, |left| left.saturating_sub(SPARE));
        let mut place = place.clone();
        place.until = Instant::now() + left;
        async move {
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

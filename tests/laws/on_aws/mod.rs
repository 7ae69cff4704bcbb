//! The laws on the code that talks to S3 and DynamoDB, through the real SDKs: what they send is answered in this
//! process, so that thousands of nights can go wrong in ways that a seed says.

mod cloud;
mod conformance;
mod dynamodb;
mod s3;
mod schedules;
mod tills;
mod wire;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use dynamodb::DynamoDb;
use rungs_aws::{Bucket, Table, Till};
use rungs_pipeline::objects::MemoryObjects;
use s3::S3;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use wire::Faults;

/// The services of one account.
struct Account {
    dynamodb: Arc<DynamoDb>,
    network: Runtime,
}

impl Account {
    fn new() -> Account {
        let network = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        Account {
            dynamodb: Arc::default(),
            network: network.unwrap(),
        }
    }

    /// A bucket with these objects; the SDK asks so often until it gives up.
    fn bucket(
        &self,
        objects: Arc<MemoryObjects>,
        faults: &Arc<Faults>,
        attempts: u32,
        part: u64,
    ) -> Bucket {
        let service = Arc::new(S3::new(objects));
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(credentials())
            .endpoint_url("http://s3.test")
            .force_path_style(true)
            .http_client(wire::client(service, Arc::clone(faults)))
            .retry_config(retries(attempts))
            .build();
        let client = aws_sdk_s3::Client::from_conf(config);
        Bucket::new(client, "rungs", self.network.handle().clone()).in_parts_of(part)
    }

    fn dynamodb(&self, faults: &Arc<Faults>, attempts: u32) -> aws_sdk_dynamodb::Client {
        let service: Arc<dyn wire::Service> = self.dynamodb.clone();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(credentials())
            .endpoint_url("http://dynamodb.test")
            .http_client(wire::client(service, Arc::clone(faults)))
            .retry_config(retries(attempts))
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    fn table(&self, faults: &Arc<Faults>, attempts: u32) -> Table {
        let client = self.dynamodb(faults, attempts);
        Table::new(client, "rungs", self.network.handle().clone())
    }

    fn till(&self, faults: &Arc<Faults>) -> Till {
        Till::new(self.dynamodb(faults, 3), "rungs")
    }
}

fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

fn retries(attempts: u32) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_micros(100))
}

//! A bucket and a table, in this process or over HTTP, and what readers ask of the table.

use super::wire::Faults;
use super::{Account, credentials, retries};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use rungs_aws::{Bucket, Table, Till};
use rungs_pipeline::objects::MemoryObjects;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Bytes of a part in this process; S3 itself wants 5 MiB.
pub const SMALL: u64 = 1_000;
const PART: u64 = 5 * 1024 * 1024;

/// A bucket and a table.
pub struct Cloud {
    pub name: &'static str,
    pub account: Account,
    pub bucket: Arc<Bucket>,
    pub client: aws_sdk_dynamodb::Client,
    pub table: Table,
    pub part: u64,
}

fn in_this_process() -> Cloud {
    let (account, faults) = (Account::new(), Faults::none());
    let bucket = account.bucket(Arc::new(MemoryObjects::default()), &faults, 3, SMALL);
    Cloud {
        name: "in this process",
        bucket: Arc::new(bucket),
        client: account.dynamodb(&faults, 3),
        table: account.table(&faults, 3),
        account,
        part: SMALL,
    }
}

/// Over HTTP, where there is something at the other end; `name` keeps tests apart.
fn over_http(name: &str) -> Option<Cloud> {
    let (s3, dynamodb) = (std::env::var("RUNGS_S3"), std::env::var("RUNGS_DYNAMODB"));
    let (s3, dynamodb) = (s3.ok()?, dynamodb.ok()?);
    let account = Account::new();
    let s3 = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(credentials())
        .endpoint_url(s3)
        .force_path_style(true)
        .retry_config(retries(3))
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    let dynamodb = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(credentials())
        .endpoint_url(dynamodb)
        .retry_config(retries(3))
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(dynamodb);
    let network = account.network.handle().clone();
    account.network.block_on(async {
        s3.create_bucket().bucket(name).send().await.unwrap();
        super::dynamodb::create(&client, name).await;
    });
    Some(Cloud {
        name: "over HTTP",
        bucket: Arc::new(Bucket::new(s3, name, network.clone()).in_parts_of(PART)),
        table: Table::new(client.clone(), name, network),
        client,
        account,
        part: PART,
    })
}

pub fn clouds(name: &str) -> Vec<Cloud> {
    let http = over_http(name);
    if http.is_none() {
        println!("RUNGS_S3 and RUNGS_DYNAMODB are not set: nothing is asked over HTTP");
    }
    [in_this_process()].into_iter().chain(http).collect()
}

impl Cloud {
    fn table_name(&self) -> &str {
        match self.name {
            "over HTTP" => self.bucket.name(),
            _ => "rungs",
        }
    }

    pub fn till(&self) -> Till {
        Till::new(self.client.clone(), self.table_name())
    }

    /// What a till reads: one GetItem.
    pub fn member(&self, program: &str, account: &str) -> Option<Map<String, Value>> {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let get = self.client.get_item().table_name(self.table_name());
        let get = get
            .key("pk", key(&format!("{program}#member#{account}")))
            .key("sk", key("member"))
            .send();
        let item = self.account.network.block_on(get).unwrap().item?;
        Some(plain(item))
    }

    /// What support reads of a member: items whose key begins so, newest first.
    pub fn newest_first(
        &self,
        program: &str,
        account: &str,
        prefix: &str,
    ) -> Vec<Map<String, Value>> {
        let value = |text: String| AttributeValue::S(text);
        let query = self.client.query().table_name(self.table_name());
        let pages = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", value(format!("{program}#member#{account}")))
            .expression_attribute_values(":prefix", value(prefix.to_owned()))
            .scan_index_forward(false)
            .into_paginator()
            .items()
            .send();
        let items = self.account.network.block_on(pages.try_collect()).unwrap();
        items.into_iter().map(plain).collect()
    }
}

fn plain(item: std::collections::HashMap<String, AttributeValue>) -> Map<String, Value> {
    let named = item.into_iter();
    named.map(|(name, value)| (name, json_of(value))).collect()
}

fn json_of(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => serde_json::from_str(&number).unwrap(),
        AttributeValue::Bool(is) => json!(is),
        AttributeValue::L(list) => list.into_iter().map(json_of).collect(),
        AttributeValue::M(map) => Value::Object(plain(map)),
        other => panic!("{other:?}"),
    }
}

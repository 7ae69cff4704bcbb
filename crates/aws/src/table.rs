//! The copy for readers, in a table of DynamoDB: `pk` and `sk`, all programmes in one.
//!
//! | `pk` | `sk` | |
//! |---|---|---|
//! | `coffee#member#417` | `member` | what a till asks: balance, rung, what ends next |
//! | `coffee#member#417` | `reward#…` | a reward that can be used, until `ttl` |
//! | `coffee#kpi#2026-11-21` | `retention#month#2026-10#…` | a figure of the report |
//! | `coffee#runs` | `00002` | a run that counts |
//!
//! Items hold absolute values and the run that wrote them. Each is written on condition that no later run has written
//! it: doing it twice, late, or beside a zombie changes nothing. Other attributes of an item are left alone.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue as Value;
use rungs_pipeline::lake::error::LakeError;
use rungs_pipeline::objects::unavailable;
use rungs_pipeline::serving::{Changes, MemberRow, RewardRow};
use std::collections::HashMap;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Writes that are on their way at once.
const UNDERWAY: usize = 32;

/// What readers may still ask of a reward after it lapsed.
const KEPT_SECONDS: i64 = 30 * 24 * 3_600;

/// A table. Its calls wait for the network, so they must not be made on the thread of the event loop.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    events: Handle,
}

/// An item that is about to be written: its key, and its attributes; those without a value are removed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) pk: String,
    pub(crate) sk: String,
    pub(crate) attributes: Vec<(&'static str, Option<Value>)>,
}

impl Table {
    /// By its name; `events` is the loop that drives the network.
    pub fn new(client: Client, name: &str, events: Handle) -> Table {
        Table {
            client,
            name: name.to_owned(),
            events,
        }
    }

    /// Brings what a range of a run changed; how many items that were.
    pub fn bring(
        &self,
        program: &str,
        run: u32,
        night: &str,
        changes: &Changes,
    ) -> Result<usize, LakeError> {
        let members = changes
            .members
            .iter()
            .map(|row| member(program, night, row));
        let rewards = changes.rewards.iter().map(|row| reward(program, row));
        let revoked = changes
            .revoked
            .iter()
            .map(|(account, id)| revoked(program, account, id));
        let items: Vec<Item> = members.chain(rewards).chain(revoked).collect();
        self.write(run, items)
    }

    /// Writes items in the name of a run; how many they are.
    pub(crate) fn write(&self, run: u32, items: Vec<Item>) -> Result<usize, LakeError> {
        let count = items.len();
        self.events.block_on(async {
            let mut underway = JoinSet::new();
            for item in items {
                if underway.len() >= UNDERWAY
                    && let Some(done) = underway.join_next().await
                {
                    arrived(done)?;
                }
                let (client, table) = (self.client.clone(), self.name.clone());
                underway.spawn(async move { update(&client, &table, run, item).await });
            }
            while let Some(done) = underway.join_next().await {
                arrived(done)?;
            }
            Ok(count)
        })
    }
}

fn arrived(done: Result<Result<(), LakeError>, tokio::task::JoinError>) -> Result<(), LakeError> {
    done.unwrap_or_else(|cause| Err(unavailable("the table", cause)))
}

async fn update(client: &Client, table: &str, run: u32, item: Item) -> Result<(), LakeError> {
    let (mut set, mut remove) = (vec!["#run = :run".to_owned()], Vec::new());
    let mut names = HashMap::from([("#run".to_owned(), "run".to_owned())]);
    let mut values = HashMap::from([(":run".to_owned(), Value::N(run.to_string()))]);
    for (place, (name, value)) in item.attributes.into_iter().enumerate() {
        names.insert(format!("#{place}"), name.to_owned());
        match value {
            None => remove.push(format!("#{place}")),
            Some(value) => {
                values.insert(format!(":{place}"), value);
                set.push(format!("#{place} = :{place}"));
            }
        }
    }
    let mut change = format!("SET {}", set.join(", "));
    if !remove.is_empty() {
        change.push_str(&format!(" REMOVE {}", remove.join(", ")));
    }
    let key = format!("{} {}", item.pk, item.sk);
    let written = client
        .update_item()
        .table_name(table)
        .key("pk", Value::S(item.pk))
        .key("sk", Value::S(item.sk))
        .update_expression(change)
        .condition_expression("attribute_not_exists(#run) OR #run <= :run")
        .set_expression_attribute_names(Some(names))
        .set_expression_attribute_values(Some(values))
        .send()
        .await;
    match written {
        Ok(_) => Ok(()),
        // A later run has written it.
        Err(SdkError::ServiceError(error))
            if matches!(
                error.err(),
                UpdateItemError::ConditionalCheckFailedException(_)
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(unavailable(&key, DisplayErrorContext(error))),
    }
}

pub(crate) fn number(number: impl ToString) -> Option<Value> {
    Some(Value::N(number.to_string()))
}

pub(crate) fn text(text: &str) -> Option<Value> {
    Some(Value::S(text.to_owned()))
}

fn member(program: &str, night: &str, row: &MemberRow) -> Item {
    Item {
        pk: format!("{program}#member#{}", row.account),
        sk: "member".to_owned(),
        attributes: vec![
            ("member", row.member.as_deref().and_then(text)),
            ("balance", number(row.balance)),
            ("pending", number(row.pending)),
            ("debt", number(row.debt)),
            ("rung", row.rung.as_deref().and_then(text)),
            ("rung_until", row.rung_until.as_deref().and_then(text)),
            ("next_expiry", row.next_expiry.and_then(number)),
            ("next_expiry_points", number(row.next_expiry_points)),
            ("updated_night", text(night)),
        ],
    }
}

fn reward(program: &str, row: &RewardRow) -> Item {
    Item {
        pk: format!("{program}#member#{}", row.account),
        sk: format!("reward#{}", row.id),
        attributes: vec![
            ("member", text(&row.member)),
            ("reward", text(&row.reward)),
            ("at", number(row.at)),
            ("until", number(row.until)),
            ("revoked", None),
            (
                "ttl",
                number(row.until.div_euclid(1_000_000) + KEPT_SECONDS),
            ),
        ],
    }
}

/// A reward that was taken back stays as such until it lapses: a zombie of an earlier run must find it.
fn revoked(program: &str, account: &str, id: &str) -> Item {
    Item {
        pk: format!("{program}#member#{account}"),
        sk: format!("reward#{id}"),
        attributes: vec![("revoked", Some(Value::Bool(true)))],
    }
}

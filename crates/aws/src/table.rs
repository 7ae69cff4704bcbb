//! The copy for readers, in a table of DynamoDB: `pk` and `sk`, all programmes in one.
//!
//! | `pk` | `sk` | |
//! |---|---|---|
//! | `coffee#member#417` | `member` | what a till asks: balance, rung, what ends when; and what tills hold |
//! | `coffee#member#417` | `reward#…` | a reward that can be used, until `ttl` |
//! | `coffee#member#417` | `entry#00002#0000001` | what a run booked, in its order, until `ttl` |
//! | `coffee#kpi#2026-11-21` | `retention#month#2026-10#…` | a figure of the report |
//! | `coffee#runs` | `00002` | a run that counts |
//!
//! Items hold absolute values and the run that wrote them. Members, rewards and figures are written on condition that
//! no later run has written them, entries belong to one run and are the same whenever it writes them: doing it twice,
//! late, or beside a zombie changes nothing. Other attributes of an item are left alone.

use crate::items::{self, Item};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue as Value, PutRequest, WriteRequest};
use rungs_pipeline::lake::error::LakeError;
use rungs_pipeline::objects::{BookedEntry, Served, unavailable};
use rungs_pipeline::serving::Changes;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Writes that are on their way at once.
const UNDERWAY: usize = 32;

/// Items of one batch: as many as DynamoDB takes.
const BATCH: usize = 25;

/// How often items that a batch left out are sent again, and how long that waits at first and at most.
const ATTEMPTS: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Redemptions for which the holds of a member are removed by one write: an expression has its limits.
const RELEASED: usize = 100;

/// A table. Its calls wait for the network, so they must not be made on the thread of the event loop.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    events: Handle,
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

    /// Brings what a range of a run changed and booked; how many items that were. Members come last: who reads a new
    /// balance finds the entries that explain it.
    pub fn bring(&self, program: &str, served: &Served) -> Result<usize, LakeError> {
        let (run, lapsed_before) = (served.run, served.changes.lapsed_before);
        let mut redeemed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (mut booked, mut written) = (Vec::new(), 0);
        served.entries(|account, entries| {
            let names = redemptions(&entries);
            if !names.is_empty() {
                redeemed.insert(account.to_owned(), names);
            }
            let numbered = (1..).zip(&entries);
            booked.extend(numbered.filter_map(|(number, entry)| {
                items::entry(program, account, (run, number), entry, lapsed_before)
            }));
            if booked.len() >= BATCH * UNDERWAY {
                written += self.put(run, std::mem::take(&mut booked))?;
            }
            Ok(())
        })?;
        written += self.put(run, booked)?;
        written += self.change(program, run, &served.night, &served.changes, &redeemed)?;
        Ok(written)
    }

    /// Brings members and rewards as of a night; how many items that were.
    pub fn bring_changes(
        &self,
        program: &str,
        run: u32,
        night: &str,
        changes: &Changes,
    ) -> Result<usize, LakeError> {
        self.change(program, run, night, changes, &BTreeMap::new())
    }

    /// `redeemed`: the redemptions of each account that are settled now.
    fn change(
        &self,
        program: &str,
        run: u32,
        night: &str,
        changes: &Changes,
        redeemed: &BTreeMap<String, Vec<String>>,
    ) -> Result<usize, LakeError> {
        let given = changes.rewards.iter().map(|row| (&row.account, &row.id));
        let given: BTreeSet<(&String, &String)> = given.collect();
        let rewards = (changes.rewards.iter()).map(|row| items::reward(program, row));
        // What is taken back and given anew in one run is given: they would be written at once.
        let revoked = changes.revoked.iter();
        let revoked = revoked.filter(|(account, id)| !given.contains(&(account, id)));
        let now = changes.lapsed_before.unwrap_or_default();
        let revoked = revoked.map(|(account, id)| items::revoked(program, account, id, now));
        let written = self.write(run, rewards.chain(revoked).collect())?;
        let mut members = Vec::with_capacity(changes.members.len());
        for row in &changes.members {
            let names = redeemed.get(&row.account).map_or(&[][..], Vec::as_slice);
            let (first, more) = names.split_at(names.len().min(RELEASED));
            members.push(items::member(program, night, row, first));
            let more = more.chunks(RELEASED);
            members.extend(more.map(|names| items::member(program, night, row, names)));
        }
        Ok(written + self.write(run, members)?)
    }

    /// Writes items in the name of a run, each on condition that no later run has; how many they are.
    pub(crate) fn write(&self, run: u32, items: Vec<Item>) -> Result<usize, LakeError> {
        let count = items.len();
        let writes = items.into_iter().map(|item| {
            let (client, table) = (self.client.clone(), self.name.clone());
            async move { update(&client, &table, run, item).await }
        });
        self.all(writes)?;
        Ok(count)
    }

    /// Puts items that belong to a run alone, many at once; how many they are.
    fn put(&self, run: u32, items: Vec<Item>) -> Result<usize, LakeError> {
        let count = items.len();
        let mut batches = Vec::new();
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            batches.push(items.by_ref().take(BATCH).collect::<Vec<Item>>());
        }
        let puts = batches.into_iter().map(|batch| {
            let (client, table) = (self.client.clone(), self.name.clone());
            async move { put_batch(&client, &table, run, batch).await }
        });
        self.all(puts)?;
        Ok(count)
    }

    /// Waits for all of them, a few of which are on their way at once; the first error ends it.
    fn all<W>(&self, writes: impl Iterator<Item = W>) -> Result<(), LakeError>
    where
        W: Future<Output = Result<(), LakeError>> + Send + 'static,
    {
        self.events.block_on(async {
            let mut underway = JoinSet::new();
            for write in writes {
                if underway.len() >= UNDERWAY
                    && let Some(done) = underway.join_next().await
                {
                    arrived(done)?;
                }
                underway.spawn(write);
            }
            while let Some(done) = underway.join_next().await {
                arrived(done)?;
            }
            Ok(())
        })
    }
}

/// The redemptions that entries settle, each once.
fn redemptions(entries: &[BookedEntry]) -> Vec<String> {
    let mut names: Vec<String> = (entries.iter())
        .filter_map(|entry| entry.redeems().map(str::to_owned))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn arrived(done: Result<Result<(), LakeError>, tokio::task::JoinError>) -> Result<(), LakeError> {
    done.unwrap_or_else(|cause| Err(unavailable("the table", cause)))
}

async fn update(client: &Client, table: &str, run: u32, item: Item) -> Result<(), LakeError> {
    let (mut set, mut remove) = (vec!["#run = :run".to_owned()], Vec::new());
    let mut names = HashMap::from([("#run".to_owned(), "run".to_owned())]);
    let mut values = HashMap::from([(":run".to_owned(), Value::N(run.to_string()))]);
    for (place, (name, value)) in item.attributes.into_iter().enumerate() {
        names.insert(format!("#{place}"), name.into_owned());
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

/// Puts a batch, and again what was left out of it, after pauses that grow and differ: many functions write at once,
/// and would otherwise all come back at the same moment.
async fn put_batch(
    client: &Client,
    table: &str,
    run: u32,
    items: Vec<Item>,
) -> Result<(), LakeError> {
    let mut left = Vec::with_capacity(items.len());
    for item in items {
        let put = PutRequest::builder().set_item(Some(item.whole(run)));
        let put = put.build().map_err(|cause| unavailable(table, cause))?;
        left.push(WriteRequest::builder().put_request(put).build());
    }
    let mut pause = FIRST_PAUSE;
    for _ in 0..ATTEMPTS {
        let sent = client.batch_write_item().request_items(table, left).send();
        let answer = sent.await;
        let answer = answer.map_err(|error| unavailable(table, DisplayErrorContext(error)))?;
        let unprocessed = answer.unprocessed_items.unwrap_or_default().remove(table);
        left = unprocessed.unwrap_or_default();
        if left.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    let text = format!("{} items of a batch were left out", left.len());
    Err(unavailable(table, text))
}

//! Writing the ledger of a range of shards: columns that are filled and drained, a row group at a time.
//! This is where settlement spends its time.

use super::cause::{CauseKind, CauseNumbers, ladder};
use super::columns::{AccountColumn, IdColumn, LongColumn, NONE, NameColumn, ShortColumn};
use crate::lake::encode::{Chunk, encode};
use crate::lake::error::{LakeCode, LakeError};
use crate::lake::file::TableWriter;
use crate::lake::manifest::{LakeFile, Table};
use crate::lake::shape::text_array;
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use crate::schema::{text_type, time_type};
use arrow_array::{ArrayRef, Date32Array, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::errors::Result as ParquetResult;
use parquet::schema::types::ColumnDescPtr;
use rungs_engine::event::Texts;
use rungs_engine::ledger::{Entry, Issued, Rule, RungMove};
use std::sync::Arc;

/// Rows after which a table is drained, at the end of the account.
const DRAINED: usize = 65_536;
/// What one task wrote.
#[derive(Debug, Default)]
pub struct LedgerFiles {
    /// Points.
    pub entries: Option<LakeFile>,
    /// Moves on the ladder.
    pub rungs: Option<LakeFile>,
    /// Rewards.
    pub rewards: Option<LakeFile>,
    /// Which numbers of causes were used; tasks are joined with [`LedgerFiles::join_used`].
    pub used: Vec<bool>,
}

impl LedgerFiles {
    /// Adds what another task used.
    pub fn join_used(used: &mut Vec<bool>, other: &[bool]) {
        if used.len() < other.len() {
            used.resize(other.len(), false);
        }
        for (used, other) in used.iter_mut().zip(other) {
            *used |= other;
        }
    }
}

/// Takes what settlement books, account by account, in order of shards and accounts.
pub struct LedgerWriter<'a> {
    store: &'a Store,
    run: u32,
    range: ShardRange,
    shard: u16,
    numbers: &'a CauseNumbers,
    /// By version: ids of the rungs and of the rewards.
    names: Vec<(Vec<String>, Vec<String>)>,
    used: Vec<bool>,
    account: String,
    entries: Entries,
    rungs: Rungs,
    rewards: Rewards,
    files: [Option<TableWriter>; 3],
    schemas: [SchemaRef; 3],
}

#[derive(Default)]
struct Entries {
    account: AccountColumn,
    at: LongColumn,
    cause: ShortColumn,
    points: LongColumn,
    event: IdColumn,
    lot: IdColumn,
    expires: LongColumn,
    rung: ShortColumn,
}

#[derive(Default)]
struct Rungs {
    account: AccountColumn,
    at: LongColumn,
    cause: ShortColumn,
    from: NameColumn,
    to: NameColumn,
    until: Vec<Option<i32>>,
    reason: NameColumn,
    event: IdColumn,
}

#[derive(Default)]
struct Rewards {
    account: AccountColumn,
    at: LongColumn,
    cause: ShortColumn,
    reward: Vec<String>,
    member: Vec<String>,
    event: IdColumn,
    occurrence: ShortColumn,
    until: LongColumn,
    cost: LongColumn,
}

const TABLES: [Table; 3] = [Table::Entries, Table::Rungs, Table::Rewards];

impl<'a> LedgerWriter<'a> {
    /// Begins the ledger of a range of shards; files come with their first row. `scale` is the wallet's,
    /// `currency_digits` the programme's.
    pub fn new(
        store: &'a Store,
        run: u32,
        range: ShardRange,
        numbers: &'a CauseNumbers,
        scale: u8,
        currency_digits: u8,
    ) -> LedgerWriter<'a> {
        let rewards = |program: &rungs_engine::program::Program| {
            program
                .rewards
                .iter()
                .map(|reward| reward.id.clone())
                .collect()
        };
        LedgerWriter {
            store,
            run,
            range,
            shard: range.first,
            numbers,
            names: numbers
                .programs()
                .iter()
                .map(|program| (ladder(program), rewards(program)))
                .collect(),
            used: vec![false; numbers.count()],
            account: String::new(),
            entries: Entries::default(),
            rungs: Rungs::default(),
            rewards: Rewards::default(),
            files: [None, None, None],
            schemas: [
                entries_schema(scale),
                rungs_schema(),
                rewards_schema(currency_digits),
            ],
        }
    }

    /// What comes next belongs to this account. Shards and accounts come in order.
    pub fn account(&mut self, shard: u16, account: &str) -> Result<(), LakeError> {
        self.fill();
        let ends = shard != self.shard;
        if ends || self.entries.at.0.len() >= DRAINED {
            self.drain_entries()?;
        }
        if ends || self.rungs.at.0.len() >= DRAINED {
            self.drain_rungs()?;
        }
        if ends || self.rewards.at.0.len() >= DRAINED {
            self.drain_rewards()?;
        }
        self.shard = shard;
        self.account.clear();
        self.account.push_str(account);
        Ok(())
    }

    /// What was booked since the last call belongs to the account at hand.
    fn fill(&mut self) {
        let (entries, rungs, rewards) = (&mut self.entries, &mut self.rungs, &mut self.rewards);
        entries.account.fill(entries.at.0.len(), &self.account);
        rungs.account.fill(rungs.at.0.len(), &self.account);
        rewards.account.fill(rewards.at.0.len(), &self.account);
    }

    /// Books an entry of the account. `version` is the index of the programme's version.
    #[inline]
    pub fn entry(&mut self, version: usize, entry: &Entry) {
        let kind = CauseKind::Entry(entry.kind);
        let lot = entry.lot.as_ref();
        let cause = self
            .numbers
            .number(version, kind, entry.rule, Some(&entry.event), lot);
        let to = &mut self.entries;
        let row = to.at.0.len();
        to.at.push(entry.at);
        to.cause.push(cause);
        to.points.push(entry.points);
        to.event.push(row, &entry.event);
        if let Some(lot) = lot {
            to.lot.push(row, lot);
        }
        to.expires.push(entry.expires.unwrap_or(NONE));
        to.rung.push(i32::from(entry.rung));
    }

    /// Books a move on the ladder.
    pub fn rung(&mut self, version: usize, rung: &RungMove) {
        let event = rung.event.as_ref();
        let kind = CauseKind::RungMove;
        let cause = self.numbers.number(version, kind, Rule::Tiers, event, None);
        let ladder = self.names.get(version).map_or(&[][..], |names| &names.0);
        let name = |rung: u8| ladder.get(usize::from(rung)).map_or("", String::as_str);
        let to = &mut self.rungs;
        let row = to.at.0.len();
        to.at.push(rung.at);
        to.cause.push(cause);
        to.from.push(name(rung.from));
        to.to.push(name(rung.to));
        to.until.push(rung.until);
        to.reason.push(rung.reason.text());
        if let Some(event) = event {
            to.event.push(row, event);
        }
    }

    /// Books a reward.
    pub fn reward(&mut self, version: usize, issued: &Issued) -> Result<(), LakeError> {
        let event = issued.event.as_ref();
        let kind = CauseKind::Issue;
        let cause = self.numbers.number(version, kind, issued.rule, event, None);
        let names = self.names.get(version).map_or(&[][..], |names| &names.1);
        let occurrence = i32::try_from(issued.occurrence).map_err(|_| {
            LakeError::new(
                LakeCode::Overflow,
                self.store.folder(),
                format!(
                    "account `{}` has too many rewards of one cause",
                    self.account
                ),
                "lower the quantity of the redeem, or give the reward a cap",
            )
        })?;
        let to = &mut self.rewards;
        let row = to.at.0.len();
        to.at.push(issued.at);
        to.cause.push(cause);
        to.reward.push(
            names
                .get(usize::from(issued.reward))
                .cloned()
                .unwrap_or_default(),
        );
        to.member.push(issued.member.clone());
        if let Some(event) = event {
            to.event.push(row, event);
        }
        to.occurrence.push(occurrence);
        to.until.push(issued.until);
        to.cost.push(issued.cost);
        Ok(())
    }

    fn drain_entries(&mut self) -> Result<(), LakeError> {
        let rows = self.entries.at.0.len();
        if rows == 0 {
            return Ok(());
        }
        let shard = self.shard;
        self.open(0)?;
        let (from, Some(file)) = (&mut self.entries, &mut self.files[0]) else {
            return Ok(());
        };
        mark(&mut self.used, &from.cause);
        file.write_columns(shard, rows, |to| {
            let mut chunks = vec![
                from.account.drain(&to[0])?,
                from.at.drain(&to[1], true)?,
                from.cause.drain(&to[2])?,
                from.points.drain(&to[3], false)?,
            ];
            chunks.extend(from.event.drain(rows, &to[4], &to[5])?);
            chunks.extend(from.lot.drain(rows, &to[6], &to[7])?);
            chunks.push(from.expires.drain_optional(&to[8])?);
            chunks.push(from.rung.drain(&to[9])?);
            Ok(chunks)
        })
    }

    fn drain_rungs(&mut self) -> Result<(), LakeError> {
        let rows = self.rungs.at.0.len();
        if rows == 0 {
            return Ok(());
        }
        let shard = self.shard;
        self.open(1)?;
        let (from, Some(file)) = (&mut self.rungs, &mut self.files[1]) else {
            return Ok(());
        };
        mark(&mut self.used, &from.cause);
        file.write_columns(shard, rows, |to| {
            let until: ArrayRef = Arc::new(Date32Array::from(std::mem::take(&mut from.until)));
            let mut chunks = vec![
                from.account.drain(&to[0])?,
                from.at.drain(&to[1], true)?,
                from.cause.drain(&to[2])?,
                from.from.drain(&to[3])?,
                from.to.drain(&to[4])?,
                encode(&to[5], &until, false)?,
                from.reason.drain(&to[6])?,
            ];
            chunks.extend(from.event.drain(rows, &to[7], &to[8])?);
            Ok(chunks)
        })
    }

    fn drain_rewards(&mut self) -> Result<(), LakeError> {
        let rows = self.rewards.at.0.len();
        if rows == 0 {
            return Ok(());
        }
        let shard = self.shard;
        self.open(2)?;
        let (from, Some(file)) = (&mut self.rewards, &mut self.files[2]) else {
            return Ok(());
        };
        mark(&mut self.used, &from.cause);
        file.write_columns(shard, rows, |to| {
            let mut chunks = vec![
                from.account.drain(&to[0])?,
                from.at.drain(&to[1], true)?,
                from.cause.drain(&to[2])?,
                texts(&to[3], &mut from.reward)?,
                texts(&to[4], &mut from.member)?,
            ];
            chunks.extend(from.event.drain(rows, &to[5], &to[6])?);
            chunks.push(from.occurrence.drain(&to[7])?);
            chunks.push(from.until.drain(&to[8], false)?);
            chunks.push(from.cost.drain(&to[9], false)?);
            Ok(chunks)
        })
    }

    /// Sees to it that the file of a table exists.
    fn open(&mut self, table: usize) -> Result<(), LakeError> {
        if self.files[table].is_none() {
            let name = format!(
                "{}/{:05}/{}.parquet",
                TABLES[table].folder(),
                self.run,
                self.range
            );
            let schema = &self.schemas[table];
            self.files[table] = Some(TableWriter::create(self.store, &name, self.run, schema)?);
        }
        Ok(())
    }

    /// Ends the ledger of the range.
    pub fn finish(mut self) -> Result<LedgerFiles, LakeError> {
        self.fill();
        self.drain_entries()?;
        self.drain_rungs()?;
        self.drain_rewards()?;
        let range = self.range;
        let mut files = self
            .files
            .map(|file| file.map(|file| file.finish(range, &[])).transpose());
        let mut take = |table: usize| std::mem::replace(&mut files[table], Ok(None));
        Ok(LedgerFiles {
            entries: take(0)?,
            rungs: take(1)?,
            rewards: take(2)?,
            used: self.used,
        })
    }
}

/// Notes which causes there are.
fn mark(used: &mut [bool], causes: &ShortColumn) {
    for cause in &causes.0 {
        if let Some(used) = used.get_mut(*cause as usize) {
            *used = true;
        }
    }
}

fn texts<T: AsRef<str>>(column: &ColumnDescPtr, values: &mut Vec<T>) -> ParquetResult<Chunk> {
    let texts = StringArray::from_iter_values(values.iter().map(AsRef::as_ref));
    values.clear();
    encode(column, &text_array(&Texts::plain(texts))?, false)
}

fn scaled(digits: u8) -> DataType {
    match digits {
        0 => DataType::Int64,
        digits => DataType::Decimal64(18, digits as i8),
    }
}

fn field(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, false)
}

fn optional(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

fn entries_schema(scale: u8) -> SchemaRef {
    Arc::new(Schema::new(vec![
        field("account", text_type()),
        field("at", time_type()),
        field("cause", DataType::Int32),
        field("points", scaled(scale)),
        optional("event_number", DataType::Int64),
        optional("event", DataType::Utf8),
        optional("lot_number", DataType::Int64),
        optional("lot", DataType::Utf8),
        optional("expires", time_type()),
        field("rung", DataType::Int8),
    ]))
}

fn rungs_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        field("account", text_type()),
        field("at", time_type()),
        field("cause", DataType::Int32),
        field("rung_from", text_type()),
        field("rung_to", text_type()),
        optional("until", DataType::Date32),
        field("reason", text_type()),
        optional("event_number", DataType::Int64),
        optional("event", DataType::Utf8),
    ]))
}

fn rewards_schema(currency_digits: u8) -> SchemaRef {
    Arc::new(Schema::new(vec![
        field("account", text_type()),
        field("at", time_type()),
        field("cause", DataType::Int32),
        field("reward", text_type()),
        field("member", text_type()),
        optional("event_number", DataType::Int64),
        optional("event", DataType::Utf8),
        field("occurrence", DataType::Int32),
        field("until", time_type()),
        field("cost", scaled(currency_digits)),
    ]))
}

//! Writing the ledger of a range of shards: columns that are filled and drained, a row group at a time.
//! This is where settlement spends its time.

use super::cause::{CauseKind, CauseNumbers, ladder};
use crate::lake::error::{At, LakeCode, LakeError};
use crate::lake::file::TableWriter;
use crate::lake::manifest::{LakeFile, Table};
use crate::lake::shape::text_array;
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use crate::schema::{text_type, time_type};
use arrow_array::types::Decimal64Type;
use arrow_array::{
    ArrayRef, Date32Array, Int8Array, Int32Array, Int64Array, PrimitiveArray, RecordBatch,
    StringArray, TimestampMicrosecondArray, builder::StringBuilder,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use rungs_engine::event::{EventId, Texts};
use rungs_engine::ledger::{Entry, EventRef, Issued, Rule, RungMove};
use std::sync::Arc;

/// Rows after which a table is drained, at the end of the account.
const DRAINED: usize = 65_536;
/// No value.
const NONE: i64 = i64::MIN;
/// The value is a text; ids that are numbers are not negative.
const TEXT: i64 = i64::MIN + 1;

/// What one task wrote.
#[derive(Debug)]
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

/// Accounts as codes: each account once, in the order of their coming.
#[derive(Default)]
struct AccountColumn {
    names: StringBuilder,
    next: i32,
    codes: Vec<i32>,
    known: bool,
}

impl AccountColumn {
    fn push(&mut self, account: &str) {
        if !self.known {
            self.names.append_value(account);
            self.next += 1;
            self.known = true;
        }
        self.codes.push(self.next - 1);
    }

    fn drain(&mut self) -> Result<ArrayRef, arrow_schema::ArrowError> {
        self.next = 0;
        self.known = false;
        text_array(&Texts {
            codes: std::mem::take(&mut self.codes).into(),
            valid: None,
            dictionary: self.names.finish(),
        })
    }
}

/// Ids of events: numbers, and the few texts beside them.
#[derive(Default)]
struct IdColumn {
    numbers: Vec<i64>,
    texts: Vec<(usize, compact_str::CompactString)>,
}

impl IdColumn {
    fn push(&mut self, event: Option<&EventRef>) {
        match event {
            Some((_, EventId::Number(number))) => self.numbers.push(*number),
            Some((_, EventId::Text(text))) => {
                self.texts.push((self.numbers.len(), text.clone()));
                self.numbers.push(TEXT);
            }
            None => self.numbers.push(NONE),
        }
    }

    fn drain(&mut self) -> [ArrayRef; 2] {
        let rows = self.numbers.len();
        let numbers = std::mem::take(&mut self.numbers);
        let valid = valid(rows, |row| numbers[row] > TEXT);
        let texts: ArrayRef = match self.texts.is_empty() {
            true => arrow_array::new_null_array(&DataType::Utf8, rows),
            false => {
                let mut all: Vec<Option<&str>> = vec![None; rows];
                for (row, text) in &self.texts {
                    all[*row] = Some(text.as_str());
                }
                Arc::new(StringArray::from(all))
            }
        };
        self.texts.clear();
        [Arc::new(Int64Array::new(numbers.into(), valid)), texts]
    }
}

fn valid(rows: usize, present: impl FnMut(usize) -> bool) -> Option<NullBuffer> {
    let valid = NullBuffer::new(BooleanBuffer::collect_bool(rows, present));
    (valid.null_count() > 0).then_some(valid)
}

fn instants(values: Vec<i64>) -> ArrayRef {
    let valid = valid(values.len(), |row| values[row] != NONE);
    Arc::new(TimestampMicrosecondArray::new(values.into(), valid).with_timezone("UTC"))
}

#[derive(Default)]
struct Entries {
    account: AccountColumn,
    at: Vec<i64>,
    cause: Vec<i32>,
    points: Vec<i64>,
    event: IdColumn,
    lot: IdColumn,
    expires: Vec<i64>,
    rung: Vec<i8>,
}

#[derive(Default)]
struct Rungs {
    account: AccountColumn,
    at: Vec<i64>,
    cause: Vec<i32>,
    from: Vec<String>,
    to: Vec<String>,
    until: Vec<Option<i32>>,
    reason: Vec<&'static str>,
    event: IdColumn,
}

#[derive(Default)]
struct Rewards {
    account: AccountColumn,
    at: Vec<i64>,
    cause: Vec<i32>,
    reward: Vec<String>,
    member: Vec<String>,
    event: IdColumn,
    occurrence: Vec<i32>,
    until: Vec<i64>,
    cost: Vec<i64>,
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
            program.rewards.iter().map(|reward| reward.id.clone()).collect()
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
        let ends = shard != self.shard;
        if ends || self.entries.at.len() >= DRAINED {
            self.drain_entries()?;
        }
        if ends || self.rungs.at.len() >= DRAINED {
            self.drain_rungs()?;
        }
        if ends || self.rewards.at.len() >= DRAINED {
            self.drain_rewards()?;
        }
        self.shard = shard;
        self.account.clear();
        self.account.push_str(account);
        self.entries.account.known = false;
        self.rungs.account.known = false;
        self.rewards.account.known = false;
        Ok(())
    }

    fn cause(
        &mut self,
        version: usize,
        kind: CauseKind,
        rule: Rule,
        event: Option<&EventRef>,
        lot: Option<&EventRef>,
    ) -> i32 {
        let number = self.numbers.number(version, kind, rule, event, lot);
        if let Some(used) = self.used.get_mut(number as usize) {
            *used = true;
        }
        number
    }

    /// Books an entry of the account. `version` is the index of the programme's version.
    pub fn entry(&mut self, version: usize, entry: &Entry) {
        let cause = self.cause(
            version,
            CauseKind::Entry(entry.kind),
            entry.rule,
            Some(&entry.event),
            entry.lot.as_ref(),
        );
        let to = &mut self.entries;
        to.account.push(&self.account);
        to.at.push(entry.at);
        to.cause.push(cause);
        to.points.push(entry.points);
        to.event.push(Some(&entry.event));
        to.lot.push(entry.lot.as_ref());
        to.expires.push(entry.expires.unwrap_or(NONE));
        to.rung.push(entry.rung as i8);
    }

    /// Books a move on the ladder.
    pub fn rung(&mut self, version: usize, rung: &RungMove) {
        let event = rung.event.as_ref();
        let cause = self.cause(version, CauseKind::RungMove, Rule::Tiers, event, None);
        let ladder = self.names.get(version).map_or(&[][..], |names| &names.0);
        let name = |rung: u8| ladder.get(usize::from(rung)).cloned().unwrap_or_default();
        let to = &mut self.rungs;
        to.account.push(&self.account);
        to.at.push(rung.at);
        to.cause.push(cause);
        to.from.push(name(rung.from));
        to.to.push(name(rung.to));
        to.until.push(rung.until);
        to.reason.push(rung.reason.text());
        to.event.push(event);
    }

    /// Books a reward.
    pub fn reward(&mut self, version: usize, issued: &Issued) -> Result<(), LakeError> {
        let event = issued.event.as_ref();
        let cause = self.cause(version, CauseKind::Issue, issued.rule, event, None);
        let names = self.names.get(version).map_or(&[][..], |names| &names.1);
        let occurrence = i32::try_from(issued.occurrence).map_err(|_| {
            LakeError::new(
                LakeCode::Overflow,
                self.store.folder(),
                format!("account `{}` has too many rewards of one cause", self.account),
                "lower the quantity of the redeem, or give the reward a cap",
            )
        })?;
        let to = &mut self.rewards;
        to.account.push(&self.account);
        to.at.push(issued.at);
        to.cause.push(cause);
        to.reward
            .push(names.get(usize::from(issued.reward)).cloned().unwrap_or_default());
        to.member.push(issued.member.clone());
        to.event.push(event);
        to.occurrence.push(occurrence);
        to.until.push(issued.until);
        to.cost.push(issued.cost);
        Ok(())
    }

    fn drain_entries(&mut self) -> Result<(), LakeError> {
        if self.entries.at.is_empty() {
            return Ok(());
        }
        let from = &mut self.entries;
        let account = from.account.drain().at(self.store.folder())?;
        let points = numbers(std::mem::take(&mut from.points), self.schemas[0].field(3));
        let [event_number, event] = from.event.drain();
        let [lot_number, lot] = from.lot.drain();
        let arrays: Vec<ArrayRef> = vec![
            account,
            instants(std::mem::take(&mut from.at)),
            Arc::new(Int32Array::from(std::mem::take(&mut from.cause))),
            points,
            event_number,
            event,
            lot_number,
            lot,
            instants(std::mem::take(&mut from.expires)),
            Arc::new(Int8Array::from(std::mem::take(&mut from.rung))),
        ];
        self.write(0, arrays)
    }

    fn drain_rungs(&mut self) -> Result<(), LakeError> {
        if self.rungs.at.is_empty() {
            return Ok(());
        }
        let from = &mut self.rungs;
        let account = from.account.drain().at(self.store.folder())?;
        let [event_number, event] = from.event.drain();
        let arrays: Vec<ArrayRef> = vec![
            account,
            instants(std::mem::take(&mut from.at)),
            Arc::new(Int32Array::from(std::mem::take(&mut from.cause))),
            texts(&std::mem::take(&mut from.from)).at(self.store.folder())?,
            texts(&std::mem::take(&mut from.to)).at(self.store.folder())?,
            Arc::new(Date32Array::from(std::mem::take(&mut from.until))),
            texts(&std::mem::take(&mut from.reason)).at(self.store.folder())?,
            event_number,
            event,
        ];
        self.write(1, arrays)
    }

    fn drain_rewards(&mut self) -> Result<(), LakeError> {
        if self.rewards.at.is_empty() {
            return Ok(());
        }
        let from = &mut self.rewards;
        let account = from.account.drain().at(self.store.folder())?;
        let [event_number, event] = from.event.drain();
        let cost = numbers(std::mem::take(&mut from.cost), self.schemas[2].field(9));
        let arrays: Vec<ArrayRef> = vec![
            account,
            instants(std::mem::take(&mut from.at)),
            Arc::new(Int32Array::from(std::mem::take(&mut from.cause))),
            texts(&std::mem::take(&mut from.reward)).at(self.store.folder())?,
            texts(&std::mem::take(&mut from.member)).at(self.store.folder())?,
            event_number,
            event,
            Arc::new(Int32Array::from(std::mem::take(&mut from.occurrence))),
            instants(std::mem::take(&mut from.until)),
            cost,
        ];
        self.write(2, arrays)
    }

    fn write(&mut self, table: usize, arrays: Vec<ArrayRef>) -> Result<(), LakeError> {
        let (run, range) = (self.run, self.range);
        let schema = &self.schemas[table];
        let writer = match &mut self.files[table] {
            Some(writer) => writer,
            empty => {
                let name = format!("{}/{run:05}/{range}.parquet", TABLES[table].folder());
                empty.insert(TableWriter::create(self.store, &name, run, schema)?)
            }
        };
        let record = RecordBatch::try_new(schema.clone(), arrays).at(writer.path())?;
        writer.write(self.shard, &record)
    }

    /// Ends the ledger of the range.
    pub fn finish(mut self) -> Result<LedgerFiles, LakeError> {
        self.drain_entries()?;
        self.drain_rungs()?;
        self.drain_rewards()?;
        let range = self.range;
        let mut files = self.files.map(|file| file.map(|file| file.finish(range, &[])).transpose());
        let mut take = |table: usize| std::mem::replace(&mut files[table], Ok(None));
        Ok(LedgerFiles {
            entries: take(0)?,
            rungs: take(1)?,
            rewards: take(2)?,
            used: self.used,
        })
    }
}

/// Whole numbers, or decimals if the field has digits.
fn numbers(values: Vec<i64>, field: &Field) -> ArrayRef {
    match field.data_type() {
        data_type @ DataType::Decimal64(..) => Arc::new(
            PrimitiveArray::<Decimal64Type>::new(values.into(), None)
                .with_data_type(data_type.clone()),
        ),
        _ => Arc::new(Int64Array::from(values)),
    }
}

fn texts<T: AsRef<str>>(values: &[T]) -> Result<ArrayRef, arrow_schema::ArrowError> {
    let values = StringArray::from_iter_values(values.iter().map(AsRef::as_ref));
    text_array(&Texts::plain(values))
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

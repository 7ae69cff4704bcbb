//! Reading the ledger, an account at a time, over all runs: the files of each run are sorted by
//! account, so they are merged like levels of the history.

use super::cause::Cause;
use super::cause_table::read_causes;
use crate::lake::error::LakeError;
use crate::lake::history::rows_of;
use crate::lake::layout::texts;
use crate::lake::manifest::{Manifest, Table};
use crate::lake::reader::TableReader;
use crate::lake::store::Store;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal64Type, Int8Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::RowSelection;
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::event::{EventId, Texts};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::Path;

/// An entry as it is stored; [`Ledger::cause`] says what its cause means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// When it takes effect.
    pub at: Instant,
    /// Why.
    pub cause: i32,
    /// Scaled points, signed.
    pub points: i64,
    /// The event that caused it, in the cause's source.
    pub event: EventId,
    /// The lot, where it is not the event's own, in the cause's lot source.
    pub lot: Option<EventId>,
    /// End of a granted lot.
    pub expires: Option<Instant>,
    /// Index of the rung.
    pub rung: u8,
    /// The last night of the run that booked it.
    pub night: Day,
}

/// A move on the ladder as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RungRow {
    /// From when on.
    pub at: Instant,
    /// Why.
    pub cause: i32,
    /// Id of the rung before.
    pub from: String,
    /// Id of the rung from then on.
    pub to: String,
    /// The day on which it ends.
    pub until: Option<Day>,
    /// The reason's text.
    pub reason: String,
    /// The event that caused it.
    pub event: Option<EventId>,
    /// The last night of the run that booked it.
    pub night: Day,
}

/// A reward as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardRow {
    /// When.
    pub at: Instant,
    /// Why.
    pub cause: i32,
    /// Id of the reward.
    pub reward: String,
    /// Who gets it.
    pub member: String,
    /// The event that caused it.
    pub event: Option<EventId>,
    /// Number among the rewards of this cause.
    pub occurrence: u32,
    /// When it lapses.
    pub until: Instant,
    /// Minor units.
    pub cost: i64,
    /// The refund that takes it back, in the cause's lot source.
    pub revoked_by: Option<EventId>,
    /// The last night of the run that booked it.
    pub night: Day,
}

/// All that was booked for an account, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountLedger {
    /// The account.
    pub account: String,
    /// Points.
    pub entries: Vec<EntryRow>,
    /// Moves on the ladder.
    pub rungs: Vec<RungRow>,
    /// Rewards.
    pub rewards: Vec<RewardRow>,
}

/// The ledger of a store.
pub struct Ledger<'a> {
    store: &'a Store,
    manifests: Vec<Manifest>,
    causes: BTreeMap<i32, Cause>,
}

const TABLES: [Table; 3] = [Table::Entries, Table::Rungs, Table::Rewards];

impl<'a> Ledger<'a> {
    /// The ledger of all finished runs.
    pub fn open(store: &'a Store) -> Result<Ledger<'a>, LakeError> {
        Ledger::of(store, &store.manifests()?)
    }

    /// What these runs booked.
    pub fn of(store: &'a Store, manifests: &[Manifest]) -> Result<Ledger<'a>, LakeError> {
        Ok(Ledger {
            store,
            manifests: manifests.to_vec(),
            causes: read_causes(store, manifests)?,
        })
    }

    /// What one run booked.
    pub fn of_run(store: &'a Store, run: u32) -> Result<Ledger<'a>, LakeError> {
        let mut ledger = Ledger::open(store)?;
        ledger.manifests.retain(|manifest| manifest.run == run);
        Ok(ledger)
    }

    /// What a number in column `cause` means.
    pub fn cause(&self, number: i32) -> Option<&Cause> {
        self.causes.get(&number)
    }

    /// All numbers in use and what they mean.
    pub fn causes(&self) -> &BTreeMap<i32, Cause> {
        &self.causes
    }

    /// Hands over the accounts of a shard that have anything booked, in order.
    pub fn for_each_account(
        &self,
        shard: u16,
        each: impl FnMut(&AccountLedger) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        self.walk(shard, &TABLES, None, each)
    }

    /// As [`Ledger::for_each_account`], with what stands in some of its tables only.
    pub fn for_each_account_in(
        &self,
        shard: u16,
        tables: &[Table],
        each: impl FnMut(&AccountLedger) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        self.walk(shard, tables, None, each)
    }

    /// What was booked for one account.
    pub fn account(&self, account: &str) -> Result<AccountLedger, LakeError> {
        self.account_in(account, &TABLES)
    }

    /// As [`Ledger::account`], with what stands in some of its tables only.
    pub fn account_in(&self, account: &str, tables: &[Table]) -> Result<AccountLedger, LakeError> {
        let mut found = AccountLedger {
            account: account.to_owned(),
            ..AccountLedger::default()
        };
        let shard = crate::lake::shard::shard_of(account, self.store.shards());
        self.walk(shard, tables, Some(account), |ledger| {
            found = ledger.clone();
            Ok(())
        })?;
        Ok(found)
    }

    fn walk(
        &self,
        shard: u16,
        tables: &[Table],
        only: Option<&str>,
        mut each: impl FnMut(&AccountLedger) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let mut cursors = Vec::new();
        let mut heap = BinaryHeap::new();
        // In the order of runs, so that rows of an account come in the order they were booked.
        for manifest in &self.manifests {
            for &table in tables {
                for file in manifest.files_of(table, shard) {
                    let reader = TableReader::open(self.store, file, only.is_some())?;
                    let mut cursor = Cursor {
                        night: manifest.nights.last(self.store.folder())?,
                        groups: reader.groups_of(shard).map(|group| group.index).collect(),
                        reader,
                        table,
                        next: 0,
                        rows: None,
                    };
                    if let Some(account) = cursor.head(only)? {
                        heap.push(Reverse((account, cursors.len())));
                        cursors.push(cursor);
                    }
                }
            }
        }
        let mut ledger = AccountLedger::default();
        while let Some(Reverse((account, at))) = heap.pop() {
            if account != ledger.account && !ledger.is_empty() {
                each(&ledger)?;
                ledger.clear();
            }
            ledger.account = account;
            cursors[at].take_account(&mut ledger);
            if let Some(account) = cursors[at].head(only)? {
                heap.push(Reverse((account, at)));
            }
        }
        match ledger.is_empty() {
            true => Ok(()),
            false => each(&ledger),
        }
    }
}

impl AccountLedger {
    /// Whether nothing was booked.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.rungs.is_empty() && self.rewards.is_empty()
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.rungs.clear();
        self.rewards.clear();
    }
}

/// A walk over one file.
struct Cursor {
    reader: TableReader,
    night: Day,
    table: Table,
    groups: Vec<usize>,
    next: usize,
    rows: Option<Rows>,
}

/// The rows of the open row group and the first that was not handed out.
struct Rows {
    account: Texts,
    decoded: Decoded,
    at: usize,
}

enum Decoded {
    Entries(Vec<EntryRow>),
    Rungs(Vec<RungRow>),
    Rewards(Vec<RewardRow>),
}

impl Cursor {
    /// The account that comes next.
    fn head(&mut self, only: Option<&str>) -> Result<Option<String>, LakeError> {
        loop {
            if let Some(rows) = &self.rows
                && rows.at < rows.account.codes.len()
            {
                return Ok(rows.account.get(rows.at).map(str::to_owned));
            }
            let Some(index) = self.groups.get(self.next) else {
                return Ok(None);
            };
            self.next += 1;
            let group = self.reader.groups()[*index].clone();
            let outside =
                |account: &str| account < group.first.as_str() || account > group.last.as_str();
            if only.is_some_and(outside) {
                continue;
            }
            let selection = match only {
                None => None,
                Some(account) => match self.find(&group, account)? {
                    Some(selection) => Some(selection),
                    None => continue,
                },
            };
            let all: Vec<usize> = (0..self.reader.schema().fields().len()).collect();
            let record = self.reader.read(&group, &all, selection)?;
            let account = texts(record.column(0), self.reader.path())?;
            let columns = Columns {
                record: &record,
                path: self.reader.path(),
            };
            let decoded = match self.table {
                Table::Entries => Decoded::Entries(entries(&columns, self.night)?),
                Table::Rungs => Decoded::Rungs(rungs(&columns, self.night)?),
                _ => Decoded::Rewards(rewards(&columns, self.night)?),
            };
            self.rows = Some(Rows {
                account,
                decoded,
                at: 0,
            });
        }
    }

    fn find(
        &self,
        group: &crate::lake::reader::Group,
        account: &str,
    ) -> Result<Option<RowSelection>, LakeError> {
        let record = self.reader.read(group, &[0], None)?;
        let accounts = texts(record.column(0), self.reader.path())?;
        let rows = record.num_rows();
        let range = rows_of(&accounts, account);
        let found = !range.is_empty();
        Ok(found.then(|| RowSelection::from_consecutive_ranges([range].into_iter(), rows)))
    }

    /// Copies the rows of the account that comes next into the ledger.
    fn take_account(&mut self, ledger: &mut AccountLedger) {
        let Some(rows) = &mut self.rows else {
            return;
        };
        let start = rows.at;
        let code = rows.account.codes[start];
        // Codes are one for each account, so that texts need not be compared.
        rows.at += rows.account.codes[start..]
            .iter()
            .take_while(|other| **other == code)
            .count();
        let own = start..rows.at;
        match &rows.decoded {
            Decoded::Entries(all) => ledger.entries.extend_from_slice(&all[own]),
            Decoded::Rungs(all) => ledger.rungs.extend_from_slice(&all[own]),
            Decoded::Rewards(all) => ledger.rewards.extend_from_slice(&all[own]),
        }
    }
}

/// The columns of a record batch by name and type.
struct Columns<'a> {
    record: &'a RecordBatch,
    path: &'a Path,
}

impl<'a> Columns<'a> {
    fn array(&self, name: &str) -> Result<&'a dyn Array, LakeError> {
        match self.record.column_by_name(name) {
            Some(array) => Ok(array.as_ref()),
            None => Err(LakeError::damaged(self.path, format!("no column `{name}`"))),
        }
    }

    fn wrong(&self, name: &str) -> LakeError {
        LakeError::damaged(self.path, format!("column `{name}` has another type"))
    }

    fn instants(
        &self,
        name: &str,
    ) -> Result<impl Fn(usize) -> Option<Instant> + use<'a>, LakeError> {
        let array = self
            .array(name)?
            .as_primitive_opt::<TimestampMicrosecondType>();
        let array = array.ok_or_else(|| self.wrong(name))?;
        Ok(|row| array.is_valid(row).then(|| array.value(row)))
    }

    fn small(&self, name: &str) -> Result<impl Fn(usize) -> i32 + use<'a>, LakeError> {
        let array = self.array(name)?.as_primitive_opt::<Int32Type>();
        let array = array.ok_or_else(|| self.wrong(name))?;
        Ok(|row| array.value(row))
    }

    fn numbers(&self, name: &str) -> Result<impl Fn(usize) -> i64 + use<'a>, LakeError> {
        let array = self.array(name)?;
        let values: &[i64] = match array.as_primitive_opt::<Decimal64Type>() {
            Some(decimals) => decimals.values(),
            None => match array.as_primitive_opt::<Int64Type>() {
                Some(numbers) => numbers.values(),
                None => return Err(self.wrong(name)),
            },
        };
        Ok(|row| values[row])
    }

    fn texts(&self, name: &str) -> Result<impl Fn(usize) -> String + use<>, LakeError> {
        let texts = texts(self.array(name)?, self.path)?;
        Ok(move |row| texts.get(row).unwrap_or_default().to_owned())
    }

    fn ids(
        &self,
        number: &str,
        text: &str,
    ) -> Result<impl Fn(usize) -> Option<EventId> + use<'a>, LakeError> {
        let numbers = self.array(number)?.as_primitive_opt::<Int64Type>();
        let numbers = numbers.ok_or_else(|| self.wrong(number))?;
        let texts = self.array(text)?.as_string_opt::<i32>();
        let texts = texts.ok_or_else(|| self.wrong(text))?;
        Ok(|row| {
            if numbers.is_valid(row) {
                Some(EventId::Number(numbers.value(row)))
            } else {
                texts
                    .is_valid(row)
                    .then(|| EventId::Text(texts.value(row).into()))
            }
        })
    }
}

fn entries(columns: &Columns<'_>, night: Day) -> Result<Vec<EntryRow>, LakeError> {
    let mut to = Vec::with_capacity(columns.record.num_rows());
    let (at, expires) = (columns.instants("at")?, columns.instants("expires")?);
    let (cause, points) = (columns.small("cause")?, columns.numbers("points")?);
    let event = columns.ids("event_number", "event")?;
    let lot = columns.ids("lot_number", "lot")?;
    let rung = columns.array("rung")?.as_primitive_opt::<Int8Type>();
    let rung = rung.ok_or_else(|| columns.wrong("rung"))?;
    for row in 0..columns.record.num_rows() {
        to.push(EntryRow {
            at: at(row).unwrap_or_default(),
            cause: cause(row),
            points: points(row),
            event: event(row).unwrap_or(EventId::Number(0)),
            lot: lot(row),
            expires: expires(row),
            rung: rung.value(row) as u8,
            night,
        });
    }
    Ok(to)
}

fn rungs(columns: &Columns<'_>, night: Day) -> Result<Vec<RungRow>, LakeError> {
    let mut to = Vec::with_capacity(columns.record.num_rows());
    let (at, cause) = (columns.instants("at")?, columns.small("cause")?);
    let (from, onto) = (columns.texts("rung_from")?, columns.texts("rung_to")?);
    let (reason, event) = (
        columns.texts("reason")?,
        columns.ids("event_number", "event")?,
    );
    let until = columns.array("until")?.as_primitive_opt::<Date32Type>();
    let until = until.ok_or_else(|| columns.wrong("until"))?;
    for row in 0..columns.record.num_rows() {
        to.push(RungRow {
            at: at(row).unwrap_or_default(),
            cause: cause(row),
            from: from(row),
            to: onto(row),
            until: until.is_valid(row).then(|| until.value(row)),
            reason: reason(row),
            event: event(row),
            night,
        });
    }
    Ok(to)
}

fn rewards(columns: &Columns<'_>, night: Day) -> Result<Vec<RewardRow>, LakeError> {
    let mut to = Vec::with_capacity(columns.record.num_rows());
    let (at, until) = (columns.instants("at")?, columns.instants("until")?);
    let (cause, cost) = (columns.small("cause")?, columns.numbers("cost")?);
    let (reward, member) = (columns.texts("reward")?, columns.texts("member")?);
    let event = columns.ids("event_number", "event")?;
    let occurrence = columns.small("occurrence")?;
    let revoked_by = columns.ids("revoked_by_number", "revoked_by")?;
    for row in 0..columns.record.num_rows() {
        to.push(RewardRow {
            at: at(row).unwrap_or_default(),
            cause: cause(row),
            reward: reward(row),
            member: member(row),
            event: event(row),
            occurrence: u32::try_from(occurrence(row)).unwrap_or_default(),
            until: until(row).unwrap_or_default(),
            cost: cost(row),
            revoked_by: revoked_by(row),
            night,
        });
    }
    Ok(to)
}

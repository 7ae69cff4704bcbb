//! States of accounts: what settlement must remember of them. A base with all accounts, and deltas with
//! those that later runs have touched; of an account that stands in several the newest counts.
//!
//! A night reads two narrow columns of all accounts (account and wake-up day) and the states of those
//! that it touches; it writes only those. When the deltas exceed half of the base, all become a new base.

use super::error::{At, LakeError};
use super::file::TableWriter;
use super::layout::texts;
use super::manifest::{LakeFile, Manifest, Table};
use super::reader::{Group, TableReader};
use super::shape::text_array;
use super::shard::ShardRange;
use super::store::Store;
use crate::schema::text_type;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray,
    builder::{BinaryBuilder, StringBuilder},
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use hashbrown::HashSet;
use parquet::arrow::arrow_reader::RowSelection;
use rungs_engine::calendar::Day;
use rungs_engine::event::Texts;
use std::sync::Arc;

/// Rows of a row group.
const GROUP_ROWS: usize = 16_384;
/// More levels than this are made one, however small they are.
const LEVELS: usize = 24;

/// The state of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateRow {
    /// The first night that must look at the account even without events.
    pub wake: Option<Day>,
    /// Version of the form of `state`.
    pub version: i32,
    /// Spendable scaled points.
    pub balance: i64,
    /// Scaled points that are held back.
    pub pending: i64,
    /// Scaled points owed.
    pub debt: i64,
    /// Id of the rung, empty without a ladder.
    pub rung: String,
    /// The day on which the rung ends, if it does.
    pub rung_until: Option<Day>,
    /// What settlement remembers, in its own form.
    pub state: Vec<u8>,
}

fn schema() -> SchemaRef {
    let number = |name: &str| Field::new(name, DataType::Int64, false);
    Arc::new(Schema::new(vec![
        Field::new("account", text_type(), false),
        Field::new("wake", DataType::Date32, true),
        Field::new("version", DataType::Int32, false),
        number("balance"),
        number("pending"),
        number("debt"),
        Field::new("rung", text_type(), false),
        Field::new("rung_until", DataType::Date32, true),
        Field::new("state", DataType::Binary, false),
    ]))
}

/// Writes the states that a run has touched in a range of shards.
pub struct StateWriter<'a> {
    store: &'a Store,
    run: u32,
    range: ShardRange,
    shard: u16,
    file: Option<TableWriter>,
    accounts: StringBuilder,
    rows: Vec<Fixed>,
    rungs: StringBuilder,
    states: BinaryBuilder,
}

struct Fixed {
    wake: Option<Day>,
    version: i32,
    amounts: [i64; 3],
    rung_until: Option<Day>,
}

impl<'a> StateWriter<'a> {
    /// Begins the states of a range; the file comes with its first row.
    pub fn new(store: &'a Store, run: u32, range: ShardRange) -> StateWriter<'a> {
        StateWriter {
            store,
            run,
            range,
            shard: range.first,
            file: None,
            accounts: StringBuilder::new(),
            rows: Vec::new(),
            rungs: StringBuilder::new(),
            states: BinaryBuilder::new(),
        }
    }

    /// Adds a state; shards and accounts come in order, each account once.
    pub fn push(&mut self, shard: u16, account: &str, row: &StateRow) -> Result<(), LakeError> {
        if shard != self.shard || self.rows.len() >= GROUP_ROWS {
            self.drain()?;
        }
        self.shard = shard;
        self.accounts.append_value(account);
        self.rungs.append_value(&row.rung);
        self.states.append_value(&row.state);
        self.rows.push(Fixed {
            wake: row.wake,
            version: row.version,
            amounts: [row.balance, row.pending, row.debt],
            rung_until: row.rung_until,
        });
        Ok(())
    }

    fn drain(&mut self) -> Result<(), LakeError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let amount = |at: usize| -> ArrayRef {
            let amounts = rows.iter().map(|row| row.amounts[at]);
            Arc::new(Int64Array::from_iter_values(amounts))
        };
        let days = |of: &dyn Fn(&Fixed) -> Option<Day>| -> ArrayRef {
            Arc::new(rows.iter().map(of).collect::<Date32Array>())
        };
        let coded = |texts: StringArray| text_array(&Texts::plain(texts)).at(self.store.folder());
        let versions = rows.iter().map(|row| row.version);
        let arrays = vec![
            coded(self.accounts.finish())?,
            days(&|row| row.wake),
            Arc::new(Int32Array::from_iter_values(versions)),
            amount(0),
            amount(1),
            amount(2),
            coded(self.rungs.finish())?,
            days(&|row| row.rung_until),
            Arc::new(self.states.finish()),
        ];
        let name = format!(
            "{}/{:05}/{}.parquet",
            Table::States.folder(),
            self.run,
            self.range
        );
        let file = match &mut self.file {
            Some(file) => file,
            empty => empty.insert(TableWriter::create(self.store, &name, self.run, &schema())?),
        };
        let record = RecordBatch::try_new(schema(), arrays).at(file.path())?;
        file.write(self.shard, &record)
    }

    /// Ends the states of the range; nothing if none was touched.
    pub fn finish(mut self) -> Result<Option<LakeFile>, LakeError> {
        self.drain()?;
        let range = self.range;
        self.file.map(|file| file.finish(range, &[])).transpose()
    }
}

/// The states of one shard.
pub struct StateReader {
    /// Oldest first.
    levels: Vec<TableReader>,
    shard: u16,
}

/// Where the newest state of an account is.
struct Pick {
    account: String,
    level: usize,
    group: usize,
    row: usize,
}

impl StateReader {
    /// The states of a shard as a manifest has them.
    pub fn open(store: &Store, manifest: &Manifest, shard: u16) -> Result<StateReader, LakeError> {
        StateReader::of_files(store, manifest.files(Table::States), shard)
    }

    fn of_files(store: &Store, files: &[LakeFile], shard: u16) -> Result<StateReader, LakeError> {
        let levels = files
            .iter()
            .filter(|file| file.range().contains(shard))
            .map(|file| TableReader::open(store, file, true))
            .collect::<Result<_, _>>()?;
        Ok(StateReader { levels, shard })
    }

    /// A shard without states.
    pub fn empty(shard: u16) -> StateReader {
        StateReader {
            levels: Vec::new(),
            shard,
        }
    }

    /// The states of accounts that have events (`accounts`, sorted, each once) or are due to wake up on
    /// `day` or before, in order of accounts. Accounts with events that have no state yet are left out.
    pub fn touched(
        &self,
        accounts: &[&str],
        day: Day,
    ) -> Result<Vec<(String, StateRow)>, LakeError> {
        let picks = self.picks(&|account, wake| {
            wake.is_some_and(|wake| wake <= day) || accounts.binary_search(&account).is_ok()
        })?;
        self.fetch(picks)
    }

    /// The states of these accounts (sorted, each once), as far as they have one.
    pub fn accounts(&self, accounts: &[&str]) -> Result<Vec<(String, StateRow)>, LakeError> {
        let picks = self.picks(&|account, _| accounts.binary_search(&account).is_ok())?;
        self.fetch(picks)
    }

    /// Hands over all states in order of accounts.
    pub fn for_each(
        &self,
        mut each: impl FnMut(&str, &StateRow) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let mut picks = self.picks(&|_, _| true)?.into_iter().peekable();
        while picks.peek().is_some() {
            let some: Vec<Pick> = picks.by_ref().take(GROUP_ROWS).collect();
            for (account, row) in self.fetch(some)? {
                each(&account, &row)?;
            }
        }
        Ok(())
    }

    /// The newest states that are wanted, in order of accounts.
    fn picks(&self, wanted: &dyn Fn(&str, Option<Day>) -> bool) -> Result<Vec<Pick>, LakeError> {
        let mut picks = Vec::new();
        let mut newer: HashSet<String> = HashSet::new();
        for (level, reader) in self.levels.iter().enumerate().rev() {
            let mut own = Vec::new();
            for group in reader.groups_of(self.shard) {
                let record = reader.read(group, &[0, 1], None)?;
                let accounts = texts(record.column(0), reader.path())?;
                let wake = record.column(1).as_primitive_opt::<Date32Type>();
                let wake = wake.ok_or_else(|| wrong(reader))?;
                for row in 0..record.num_rows() {
                    let account = accounts.get(row).unwrap_or_default();
                    let day = wake.is_valid(row).then(|| wake.value(row));
                    if wanted(account, day) && !newer.contains(account) {
                        picks.push(Pick {
                            account: account.to_owned(),
                            level,
                            group: group.index,
                            row,
                        });
                    }
                    if level > 0 {
                        own.push(account.to_owned());
                    }
                }
            }
            newer.extend(own);
        }
        picks.sort_by(|a, b| a.account.cmp(&b.account));
        Ok(picks)
    }

    fn fetch(&self, picks: Vec<Pick>) -> Result<Vec<(String, StateRow)>, LakeError> {
        let mut found: Vec<Option<StateRow>> = vec![None; picks.len()];
        let mut order: Vec<usize> = (0..picks.len()).collect();
        let place = |at: &usize| (picks[*at].level, picks[*at].group, picks[*at].row);
        order.sort_by_key(place);
        let same = |a: &usize, b: &usize| {
            (picks[*a].level, picks[*a].group) == (picks[*b].level, picks[*b].group)
        };
        for some in order.chunk_by(same) {
            let first = &picks[some[0]];
            let reader = &self.levels[first.level];
            let group = &reader.groups()[first.group];
            let record = read_rows(reader, group, some.iter().map(|at| picks[*at].row))?;
            let columns = Columns::of(&record).ok_or_else(|| wrong(reader))?;
            for (row, at) in some.iter().enumerate() {
                found[*at] = Some(columns.row(row, reader)?);
            }
        }
        let accounts = picks.into_iter().map(|pick| pick.account);
        let states = accounts.zip(found);
        Ok(states
            .filter_map(|(account, row)| Some((account, row?)))
            .collect())
    }
}

fn wrong(reader: &TableReader) -> LakeError {
    LakeError::damaged(reader.path(), "not a table of states")
}

fn read_rows(
    reader: &TableReader,
    group: &Group,
    rows: impl Iterator<Item = usize>,
) -> Result<RecordBatch, LakeError> {
    let ranges = rows.map(|row| row..row + 1);
    let selection = RowSelection::from_consecutive_ranges(ranges, group.rows);
    let all: Vec<usize> = (0..reader.schema().fields().len()).collect();
    reader.read(group, &all, Some(selection))
}

struct Columns<'a> {
    record: &'a RecordBatch,
    wake: &'a Date32Array,
    version: &'a Int32Array,
    amounts: [&'a Int64Array; 3],
    rung_until: &'a Date32Array,
    state: &'a BinaryArray,
}

impl<'a> Columns<'a> {
    fn of(record: &'a RecordBatch) -> Option<Columns<'a>> {
        let column = |name: &str| record.column_by_name(name).map(AsRef::as_ref);
        let days = |name: &str| column(name)?.as_primitive_opt::<Date32Type>();
        let amount = |name: &str| column(name)?.as_primitive_opt::<Int64Type>();
        Some(Columns {
            record,
            wake: days("wake")?,
            version: column("version")?.as_primitive_opt::<Int32Type>()?,
            amounts: [amount("balance")?, amount("pending")?, amount("debt")?],
            rung_until: days("rung_until")?,
            state: column("state")?.as_binary_opt::<i32>()?,
        })
    }

    fn row(&self, row: usize, reader: &TableReader) -> Result<StateRow, LakeError> {
        let day = |days: &Date32Array| days.is_valid(row).then(|| days.value(row));
        let rung = self
            .record
            .column_by_name("rung")
            .ok_or_else(|| wrong(reader))?;
        let rung = texts(&rung.slice(row, 1), reader.path())?;
        Ok(StateRow {
            wake: day(self.wake),
            version: self.version.value(row),
            balance: self.amounts[0].value(row),
            pending: self.amounts[1].value(row),
            debt: self.amounts[2].value(row),
            rung: rung.get(0).unwrap_or_default().to_owned(),
            rung_until: day(self.rung_until),
            state: self.state.value(row).to_vec(),
        })
    }
}

/// Makes a new base when the deltas have grown. Takes the files of the states with those of this run,
/// oldest level first, and returns the files that hold from now on.
pub fn compact_states(
    store: &Store,
    run: u32,
    files: Vec<LakeFile>,
) -> Result<Vec<LakeFile>, LakeError> {
    let Some(base) = files.first().map(|file| file.level) else {
        return Ok(files);
    };
    let rows = |of: &dyn Fn(u32) -> bool| -> u64 {
        let some = files.iter().filter(|file| of(file.level));
        some.map(|file| file.rows).sum()
    };
    let mut levels: Vec<u32> = files.iter().map(|file| file.level).collect();
    levels.dedup();
    let (all, deltas) = (rows(&|level| level == base), rows(&|level| level != base));
    if deltas * 2 <= all && levels.len() <= LEVELS {
        return Ok(files);
    }
    let parts = u16::try_from((all + deltas) / 65_536).unwrap_or(u16::MAX);
    use rayon::prelude::*;
    let written: Vec<Option<LakeFile>> = ShardRange::split(store.shards(), parts.max(4))
        .into_par_iter()
        .map(|range| compact_range(store, run, range, &files))
        .collect::<Result<_, _>>()?;
    Ok(written.into_iter().flatten().collect())
}

fn compact_range(
    store: &Store,
    run: u32,
    range: ShardRange,
    files: &[LakeFile],
) -> Result<Option<LakeFile>, LakeError> {
    let mut file: Option<TableWriter> = None;
    let name = format!("{}/{run:05}/base-{range}.parquet", Table::States.folder());
    for shard in range.shards() {
        let reader = StateReader::of_files(store, files, shard)?;
        let mut records: Vec<RecordBatch> = Vec::new();
        let mut first_record = Vec::new();
        for level in &reader.levels {
            first_record.push(records.len());
            let all: Vec<usize> = (0..level.schema().fields().len()).collect();
            for group in level.groups_of(shard) {
                records.push(level.read(group, &all, None)?);
            }
        }
        let picks: Vec<(usize, usize)> = reader
            .picks(&|_, _| true)?
            .iter()
            .map(|pick| {
                let level = &reader.levels[pick.level];
                let before = level
                    .groups_of(shard)
                    .take_while(|group| group.index < pick.group);
                (first_record[pick.level] + before.count(), pick.row)
            })
            .collect();
        let borrowed: Vec<&RecordBatch> = records.iter().collect();
        for some in picks.chunks(GROUP_ROWS) {
            let path = store.path(&name);
            let record = arrow::compute::interleave_record_batch(&borrowed, some).at(&path)?;
            let file = match &mut file {
                Some(file) => file,
                empty => empty.insert(TableWriter::create(store, &name, run, &schema())?),
            };
            file.write(shard, &record)?;
        }
    }
    file.map(|file| file.finish(range, &[])).transpose()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::lake::shard::shard_of;
    use std::collections::BTreeMap;

    fn row(wake: Option<Day>, balance: i64) -> StateRow {
        StateRow {
            wake,
            version: 1,
            balance,
            rung: if balance > 50 { "gold" } else { "basic" }.to_owned(),
            rung_until: wake,
            state: vec![balance as u8; balance as usize % 90],
            ..StateRow::default()
        }
    }

    fn write(store: &Store, run: u32, states: &BTreeMap<String, StateRow>) -> Vec<LakeFile> {
        let mut files = Vec::new();
        for range in ShardRange::split(store.shards(), 2) {
            let mut writer = StateWriter::new(store, run, range);
            for shard in range.shards() {
                for (account, row) in states {
                    if shard_of(account, store.shards()) == shard {
                        writer.push(shard, account, row).unwrap();
                    }
                }
            }
            files.extend(writer.finish().unwrap());
        }
        files
    }

    fn all(store: &Store, files: &[LakeFile]) -> BTreeMap<String, StateRow> {
        let mut all = BTreeMap::new();
        for shard in 0..store.shards() {
            let mut last = String::new();
            let reader = StateReader::of_files(store, files, shard).unwrap();
            reader
                .for_each(|account, row| {
                    assert!(last.as_str() < account);
                    last = account.to_owned();
                    assert!(all.insert(account.to_owned(), row.clone()).is_none());
                    Ok(())
                })
                .unwrap();
        }
        all
    }

    #[test]
    fn the_newest_state_of_an_account_counts_before_and_after_a_new_base() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path(), "test", 3).unwrap();
        let mut expected = BTreeMap::new();
        let mut files = Vec::new();
        let mut bases = 0;
        for run in 1..=12_u32 {
            // The first run meets everybody, later ones a part and somebody new.
            let step = if run == 1 { 1 } else { 9 };
            let touched: BTreeMap<String, StateRow> = (0..400)
                .step_by(step)
                .map(|at| (at + run as i64 * 3, row(Some(run as i32 + 10), at)))
                .map(|(at, row)| (format!("m{at:04}"), row))
                .collect();
            files.extend(write(&store, run, &touched));
            expected.extend(touched);
            files = compact_states(&store, run, files).unwrap();
            bases += usize::from(files[0].level == run && run > 1);
            assert_eq!(all(&store, &files), expected);
        }
        assert!(bases > 0, "a new base was made");
    }

    #[test]
    fn touched_are_those_with_events_and_those_whose_newest_wake_up_is_due() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path(), "test", 1).unwrap();
        let state = |pairs: &[(&str, Option<Day>, i64)]| {
            let rows = pairs
                .iter()
                .map(|(account, wake, balance)| ((*account).to_owned(), row(*wake, *balance)));
            rows.collect::<BTreeMap<_, _>>()
        };
        let mut files = write(
            &store,
            1,
            &state(&[
                ("a", Some(5), 1),
                ("b", Some(9), 2),
                ("c", None, 3),
                ("d", Some(5), 4),
            ]),
        );
        // `d` was touched since and sleeps longer now.
        files.extend(write(&store, 2, &state(&[("d", Some(50), 44)])));
        let reader = StateReader::of_files(&store, &files, 0).unwrap();
        let names = |found: Vec<(String, StateRow)>| -> Vec<(String, i64)> {
            found
                .into_iter()
                .map(|(account, row)| (account, row.balance))
                .collect()
        };
        let touched = names(reader.touched(&["c", "new"], 5).unwrap());
        assert_eq!(touched, [("a".to_owned(), 1), ("c".to_owned(), 3)]);
        let some = names(reader.accounts(&["b", "d"]).unwrap());
        assert_eq!(some, [("b".to_owned(), 2), ("d".to_owned(), 44)]);
    }
}

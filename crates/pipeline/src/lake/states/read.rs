//! Reading states: two narrow columns of everybody, and whole rows of those that are wanted.

use super::{GROUP_ROWS, Remembered, StateRow};
use crate::lake::error::LakeError;
use crate::lake::layout::texts;
use crate::lake::manifest::{LakeFile, Manifest, Table};
use crate::lake::reader::TableReader;
use crate::lake::store::Store;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type};
use arrow_array::{Array, BinaryArray, Date32Array, Int32Array, Int64Array, RecordBatch};
use parquet::arrow::arrow_reader::RowSelection;
use rungs_engine::calendar::Day;
use rungs_engine::event::Texts;

/// The states of one shard.
pub struct StateReader {
    /// Oldest first.
    pub(super) levels: Vec<TableReader>,
    shard: u16,
}

/// Whose states are wanted.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Sorted, each once.
    accounts: &'a [&'a str],
    /// Also those that wake up on this day or before.
    due: Option<Day>,
    /// Or everybody's.
    all: bool,
}

pub(super) const EVERYBODY: Wanted<'static> = Wanted {
    accounts: &[],
    due: None,
    all: true,
};

/// Where the newest state of an account is.
pub(super) struct Pick {
    account: String,
    pub(super) level: usize,
    pub(super) group: usize,
    pub(super) row: usize,
}

/// The accounts of a level, in order, and how far a walk along them has come.
#[derive(Default)]
struct Names {
    groups: Vec<Texts>,
    group: usize,
    row: usize,
}

impl Names {
    fn rewind(&mut self) {
        (self.group, self.row) = (0, 0);
    }

    /// Whether an account is among them. Ask in the order of accounts.
    fn have(&mut self, account: &str) -> bool {
        while let Some(names) = self.groups.get(self.group) {
            if self.row == names.codes.len() {
                (self.group, self.row) = (self.group + 1, 0);
                continue;
            }
            let name = names.get(self.row).unwrap_or_default();
            if name >= account {
                return name == account;
            }
            self.row += 1;
        }
        false
    }
}

impl StateReader {
    /// The states of a shard as a manifest has them.
    pub fn open(store: &Store, manifest: &Manifest, shard: u16) -> Result<StateReader, LakeError> {
        StateReader::of_files(store, manifest.files(Table::States), shard)
    }

    pub(super) fn of_files(
        store: &Store,
        files: &[LakeFile],
        shard: u16,
    ) -> Result<StateReader, LakeError> {
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

    /// What is remembered of accounts that have events (`accounts`, sorted, each once) or are due to wake
    /// up on `day` or before, in order of accounts. Accounts with events that have no state yet are left
    /// out.
    pub fn touched(
        &self,
        accounts: &[&str],
        day: Day,
    ) -> Result<Vec<(String, Remembered)>, LakeError> {
        let picks = self.picks(Wanted {
            accounts,
            due: Some(day),
            all: false,
        })?;
        self.fetch(picks, |name| matches!(name, "orders" | "state"))
    }

    /// What is remembered of all accounts, in their order.
    pub fn everybody(&self) -> Result<Vec<(String, Remembered)>, LakeError> {
        let picks = self.picks(EVERYBODY)?;
        self.fetch(picks, |name| matches!(name, "orders" | "state"))
    }

    /// The states of these accounts (sorted, each once), as far as they have one.
    pub fn accounts(&self, accounts: &[&str]) -> Result<Vec<(String, StateRow)>, LakeError> {
        let picks = self.picks(Wanted {
            accounts,
            due: None,
            all: false,
        })?;
        self.fetch(picks, |_| true)
    }

    /// Hands over all states in order of accounts.
    pub fn for_each(
        &self,
        mut each: impl FnMut(&str, &StateRow) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let mut picks = self.picks(EVERYBODY)?.into_iter().peekable();
        while picks.peek().is_some() {
            let some: Vec<Pick> = picks.by_ref().take(GROUP_ROWS).collect();
            for (account, row) in self.fetch::<StateRow>(some, |_| true)? {
                each(&account, &row)?;
            }
        }
        Ok(())
    }

    /// The newest states that are wanted, in order of accounts.
    pub(super) fn picks(&self, wanted: Wanted<'_>) -> Result<Vec<Pick>, LakeError> {
        let mut picks = Vec::new();
        // The accounts of the levels that are newer than the one at hand.
        let mut newer: Vec<Names> = Vec::new();
        for (level, reader) in self.levels.iter().enumerate().rev() {
            newer.iter_mut().for_each(Names::rewind);
            let mut own = Names::default();
            // Both are sorted: one walk along both finds the accounts that are asked for.
            let mut asked = wanted.accounts;
            for group in reader.groups_of(self.shard) {
                let record = reader.read(group, &[0, 1], None)?;
                let accounts = texts(record.column(0), reader.path())?;
                let wake = record.column(1).as_primitive_opt::<Date32Type>();
                let wake = wake.ok_or_else(|| wrong(reader))?;
                for row in 0..record.num_rows() {
                    let due = wanted
                        .due
                        .is_some_and(|due| wake.is_valid(row) && wake.value(row) <= due);
                    if !wanted.all && !due && asked.is_empty() {
                        continue;
                    }
                    let account = accounts.get(row).unwrap_or_default();
                    while asked.first().is_some_and(|asked| *asked < account) {
                        asked = &asked[1..];
                    }
                    let is_wanted = wanted.all || due || asked.first() == Some(&account);
                    if is_wanted && !newer.iter_mut().any(|names| names.have(account)) {
                        picks.push(Pick {
                            account: account.to_owned(),
                            level,
                            group: group.index,
                            row,
                        });
                    }
                }
                if level > 0 {
                    own.groups.push(accounts);
                }
            }
            newer.push(own);
        }
        picks.sort_by(|a, b| a.account.cmp(&b.account));
        Ok(picks)
    }

    /// The rows of picks, with the columns that are wanted; the account is known already.
    fn fetch<T: FromRecord>(
        &self,
        picks: Vec<Pick>,
        wants: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, T)>, LakeError> {
        let mut found: Vec<Option<T>> = picks.iter().map(|_| None).collect();
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
            let rows = some.iter().map(|at| picks[*at].row);
            let selection =
                RowSelection::from_consecutive_ranges(rows.map(|row| row..row + 1), group.rows);
            let columns: Vec<usize> = (reader.schema().fields().iter().enumerate())
                .filter(|(_, field)| field.name() != "account" && wants(field.name()))
                .map(|(column, _)| column)
                .collect();
            let record = reader.read(group, &columns, Some(selection))?;
            let rows = T::rows(&record, reader)?;
            for (at, row) in some.iter().zip(rows) {
                found[*at] = Some(row);
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

/// What can be read of a table of states.
trait FromRecord: Sized {
    /// All rows.
    fn rows(record: &RecordBatch, reader: &TableReader) -> Result<Vec<Self>, LakeError>;
}

impl FromRecord for StateRow {
    fn rows(record: &RecordBatch, reader: &TableReader) -> Result<Vec<StateRow>, LakeError> {
        let columns = Columns::of(record).ok_or_else(|| wrong(reader))?;
        let rows = 0..record.num_rows();
        rows.map(|row| columns.row(row, reader)).collect()
    }
}

impl FromRecord for Remembered {
    fn rows(record: &RecordBatch, reader: &TableReader) -> Result<Vec<Remembered>, LakeError> {
        let columns = || {
            let orders = record.column_by_name("orders")?;
            let states = record.column_by_name("state")?;
            let orders = orders.as_primitive_opt::<Int64Type>()?;
            Some((orders, states.as_binary_opt::<i32>()?))
        };
        let (orders, states) = columns().ok_or_else(|| wrong(reader))?;
        let row = |row: usize| Remembered {
            orders: orders.value(row),
            state: states.value(row).to_vec(),
        };
        Ok((0..record.num_rows()).map(row).collect())
    }
}

struct Columns<'a> {
    record: &'a RecordBatch,
    wake: &'a Date32Array,
    version: &'a Int32Array,
    amounts: [&'a Int64Array; 4],
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
            amounts: [
                amount("balance")?,
                amount("pending")?,
                amount("debt")?,
                amount("orders")?,
            ],
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
            orders: self.amounts[3].value(row),
            rung: rung.get(0).unwrap_or_default().to_owned(),
            rung_until: day(self.rung_until),
            state: self.state.value(row).to_vec(),
        })
    }
}

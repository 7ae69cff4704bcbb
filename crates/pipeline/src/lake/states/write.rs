//! Writing states.

use super::{GROUP_ROWS, StateRow, schema};
use crate::lake::encode::encode;
use crate::lake::encode::filled::{AccountColumn, BytesColumn, NameColumn};
use crate::lake::error::LakeError;
use crate::lake::file::TableWriter;
use crate::lake::manifest::{LakeFile, Table};
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use arrow_array::{ArrayRef, Date32Array, Int32Array, Int64Array};
use rungs_engine::calendar::Day;
use std::sync::Arc;

/// Writes the states that a run has touched in a range of shards.
pub struct StateWriter<'a> {
    store: &'a Store,
    run: u32,
    range: ShardRange,
    shard: u16,
    file: Option<TableWriter>,
    accounts: AccountColumn,
    rows: Vec<Fixed>,
    rungs: NameColumn,
    states: BytesColumn,
}

struct Fixed {
    wake: Option<Day>,
    version: i32,
    amounts: [i64; 4],
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
            accounts: AccountColumn::new(),
            rows: Vec::new(),
            rungs: NameColumn::new(),
            states: BytesColumn::new(),
        }
    }

    /// Adds a state; shards and accounts come in order, each account once.
    pub fn push(&mut self, shard: u16, account: &str, row: &StateRow) -> Result<(), LakeError> {
        if shard != self.shard || self.rows.len() >= GROUP_ROWS {
            self.drain()?;
        }
        self.shard = shard;
        self.accounts.fill(self.rows.len() + 1, account);
        self.rungs.push(&row.rung);
        self.states.push(&row.state);
        self.rows.push(Fixed {
            wake: row.wake,
            version: row.version,
            amounts: [row.balance, row.pending, row.debt, row.orders],
            rung_until: row.rung_until,
        });
        Ok(())
    }

    fn drain(&mut self) -> Result<(), LakeError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = &self.rows;
        let amount = |at: usize| -> ArrayRef {
            let amounts = rows.iter().map(|row| row.amounts[at]);
            Arc::new(Int64Array::from_iter_values(amounts))
        };
        let days = |of: &dyn Fn(&Fixed) -> Option<Day>| -> ArrayRef {
            Arc::new(rows.iter().map(of).collect::<Date32Array>())
        };
        let versions = rows.iter().map(|row| row.version);
        let wake = days(&|row| row.wake);
        let version: ArrayRef = Arc::new(Int32Array::from_iter_values(versions));
        let amounts = [amount(0), amount(1), amount(2), amount(3)];
        let until = days(&|row| row.rung_until);
        let count = rows.len();
        self.rows.clear();
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
        let (accounts, rungs, states) = (&mut self.accounts, &mut self.rungs, &mut self.states);
        file.write_columns(self.shard, count, |to| {
            let mut chunks = vec![
                accounts.drain(&to[0])?,
                encode(&to[1], &wake, false)?,
                encode(&to[2], &version, false)?,
            ];
            for (amount, to) in amounts.iter().zip(&to[3..]) {
                chunks.push(encode(to, amount, false)?);
            }
            chunks.push(rungs.drain(&to[7])?);
            chunks.push(encode(&to[8], &until, false)?);
            chunks.push(states.drain(&to[9])?);
            Ok(chunks)
        })
    }

    /// Ends the states of the range; nothing if none was touched.
    pub fn finish(mut self) -> Result<Option<LakeFile>, LakeError> {
        self.drain()?;
        let range = self.range;
        self.file.map(|file| file.finish(range, &[])).transpose()
    }
}

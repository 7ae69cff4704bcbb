//! Writing states.

use super::{GROUP_ROWS, StateRow, schema};
use crate::lake::error::{At, LakeError};
use crate::lake::file::TableWriter;
use crate::lake::manifest::{LakeFile, Table};
use crate::lake::shape::text_array;
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::{ArrayRef, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray};
use rungs_engine::calendar::Day;
use rungs_engine::event::Texts;
use std::sync::Arc;

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
    /// How long the states of this group are.
    bytes: usize,
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
            accounts: StringBuilder::new(),
            rows: Vec::new(),
            rungs: StringBuilder::new(),
            states: BinaryBuilder::new(),
            bytes: 0,
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
        self.bytes += row.state.len();
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
        let coded = |texts: StringArray| text_array(&Texts::plain(texts)).at(self.store.folder());
        let versions = rows.iter().map(|row| row.version);
        let arrays = vec![
            coded(self.accounts.finish())?,
            days(&|row| row.wake),
            Arc::new(Int32Array::from_iter_values(versions)),
            amount(0),
            amount(1),
            amount(2),
            amount(3),
            coded(self.rungs.finish())?,
            days(&|row| row.rung_until),
            Arc::new(self.states.finish()),
        ];
        // The next group is about as large: it grows in one piece, and not by being copied.
        self.states = BinaryBuilder::with_capacity(rows.len(), self.bytes + self.bytes / 8);
        self.bytes = 0;
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

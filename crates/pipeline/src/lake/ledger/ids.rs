//! Ids of events: numbers, and the few texts beside them.

use crate::lake::encode::filled::{NothingColumn, NumberColumn};
use crate::lake::encode::{Chunk, PAGE_ROWS, encode};
use arrow_array::{ArrayRef, StringArray};
use parquet::errors::Result;
use parquet::schema::types::ColumnDescPtr;
use rungs_engine::event::EventId;
use rungs_engine::ledger::EventRef;
use std::sync::Arc;

/// No event.
const NONE: i64 = i64::MIN;
/// The id is a text; ids that are numbers are not negative.
const TEXT: i64 = i64::MIN + 1;

/// Two columns: ids that are numbers, and those that are not.
pub(super) struct IdColumn {
    numbers: NumberColumn<i64>,
    /// Texts of the row group, with their rows in it.
    texts: Vec<(usize, Arc<str>)>,
    /// Texts of the page at hand, from here.
    page: usize,
    nothing: NothingColumn,
}

impl IdColumn {
    pub(super) fn new() -> IdColumn {
        IdColumn {
            numbers: NumberColumn::optional(TEXT, false),
            texts: Vec::new(),
            page: 0,
            nothing: NothingColumn::new(),
        }
    }

    /// The id of a row of the page at hand.
    #[inline(always)]
    pub(super) fn set(&mut self, row: usize, event: Option<&EventRef>) {
        let number = match event {
            Some((_, EventId::Number(number))) => *number,
            Some((_, EventId::Text(text))) => {
                self.texts.push((self.page + row, text.clone()));
                TEXT
            }
            None => NONE,
        };
        self.numbers.set(row, number);
    }

    pub(super) fn page(&mut self, rows: usize) -> Result<()> {
        self.page += PAGE_ROWS;
        self.numbers.page(rows)
    }

    /// The column of numbers and that of texts.
    pub(super) fn drain(
        &mut self,
        rows: usize,
        number: &ColumnDescPtr,
        text: &ColumnDescPtr,
    ) -> Result<[Chunk; 2]> {
        self.page = 0;
        let numbers = self.numbers.drain(number)?;
        if self.texts.is_empty() {
            return Ok([numbers, self.nothing.drain(rows, text)?]);
        }
        let mut all: Vec<Option<&str>> = vec![None; rows];
        for (row, text) in &self.texts {
            all[*row] = Some(&**text);
        }
        let all: ArrayRef = Arc::new(StringArray::from(all));
        self.texts.clear();
        Ok([numbers, encode(text, &all, false)?])
    }
}

//! Columns of the ledger that are filled value by value, written, and filled again: their memory is kept.

use crate::lake::encode::{Chunk, encode, encode_coded, encode_long, encode_short};
use arrow_array::{ArrayRef, StringArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;
use parquet::errors::Result;
use parquet::schema::types::ColumnDescPtr;
use rungs_engine::event::EventId;
use rungs_engine::ledger::EventRef;
use std::sync::Arc;

/// No value.
pub(super) const NONE: i64 = i64::MIN;
/// The value is a text; ids that are numbers are not negative.
const TEXT: i64 = i64::MIN + 1;

/// Accounts: each once, in the order of their coming, and codes.
#[derive(Default)]
pub(super) struct AccountColumn {
    names: String,
    ends: Vec<usize>,
    codes: Vec<u32>,
}

impl AccountColumn {
    /// The rows up to `rows` that have no account yet are of this one.
    pub(super) fn fill(&mut self, rows: usize, account: &str) {
        if rows > self.codes.len() {
            self.codes.resize(rows, self.ends.len() as u32);
            self.names.push_str(account);
            self.ends.push(self.names.len());
        }
    }

    pub(super) fn drain(&mut self, column: &ColumnDescPtr) -> Result<Chunk> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let names: Vec<&str> = starts
            .zip(&self.ends)
            .map(|(start, end)| &self.names[start..*end])
            .collect();
        let chunk = encode_coded(column, &self.codes, &names);
        self.names.clear();
        self.ends.clear();
        self.codes.clear();
        chunk
    }
}

/// Instants and amounts.
#[derive(Default)]
pub(super) struct LongColumn(pub(super) Vec<i64>);

impl LongColumn {
    #[inline]
    pub(super) fn push(&mut self, value: i64) {
        self.0.push(value);
    }

    /// Where each row has a value; `bounds` says whether the least and the largest are kept.
    pub(super) fn drain(&mut self, column: &ColumnDescPtr, bounds: bool) -> Result<Chunk> {
        let chunk = encode_long(column, &self.0, None, bounds);
        self.0.clear();
        chunk
    }

    /// Where [`NONE`] is no value.
    pub(super) fn drain_optional(&mut self, column: &ColumnDescPtr) -> Result<Chunk> {
        let chunk = encode_long(
            column,
            &self.0,
            valid(&self.0, |value| value != NONE),
            false,
        );
        self.0.clear();
        chunk
    }
}

/// Small numbers.
#[derive(Default)]
pub(super) struct ShortColumn(pub(super) Vec<i32>);

impl ShortColumn {
    #[inline]
    pub(super) fn push(&mut self, value: i32) {
        self.0.push(value);
    }

    pub(super) fn drain(&mut self, column: &ColumnDescPtr) -> Result<Chunk> {
        let chunk = encode_short(column, &self.0);
        self.0.clear();
        chunk
    }
}

/// One of a few names.
#[derive(Default)]
pub(super) struct NameColumn {
    names: Vec<String>,
    codes: Vec<u32>,
}

impl NameColumn {
    #[inline]
    pub(super) fn push(&mut self, name: &str) {
        let known = self.names.iter().position(|known| known == name);
        let code = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.codes.push(code as u32);
    }

    pub(super) fn drain(&mut self, column: &ColumnDescPtr) -> Result<Chunk> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let chunk = encode_coded(column, &self.codes, &names);
        self.names.clear();
        self.codes.clear();
        chunk
    }
}

/// Ids of events: numbers, and the few texts beside them.
#[derive(Default)]
pub(super) struct IdColumn {
    /// As far as there are ids.
    numbers: Vec<i64>,
    texts: Vec<(usize, Arc<str>)>,
}

impl IdColumn {
    /// The id of row `row`; rows come in order, and those that do not come have none.
    #[inline]
    pub(super) fn push(&mut self, row: usize, event: &EventRef) {
        if row > self.numbers.len() {
            self.numbers.resize(row, NONE);
        }
        match &event.1 {
            EventId::Number(number) => self.numbers.push(*number),
            EventId::Text(text) => {
                self.texts.push((row, text.clone()));
                self.numbers.push(TEXT);
            }
        }
    }

    /// The column of numbers and that of texts.
    pub(super) fn drain(
        &mut self,
        rows: usize,
        number: &ColumnDescPtr,
        text: &ColumnDescPtr,
    ) -> Result<[Chunk; 2]> {
        self.numbers.resize(rows, NONE);
        let valid = valid(&self.numbers, |number| number > TEXT);
        let numbers = encode_long(number, &self.numbers, valid, false)?;
        let texts: ArrayRef = match self.texts.is_empty() {
            true => arrow_array::new_null_array(&DataType::Utf8, rows),
            false => {
                let mut all: Vec<Option<&str>> = vec![None; rows];
                for (row, text) in &self.texts {
                    all[*row] = Some(&**text);
                }
                Arc::new(StringArray::from(all))
            }
        };
        self.numbers.clear();
        self.texts.clear();
        Ok([numbers, encode(text, &texts, false)?])
    }
}

fn valid(values: &[i64], present: impl Fn(i64) -> bool) -> Option<NullBuffer> {
    let valid = BooleanBuffer::collect_bool(values.len(), |row| present(values[row]));
    let valid = NullBuffer::new(valid);
    (valid.null_count() > 0).then_some(valid)
}

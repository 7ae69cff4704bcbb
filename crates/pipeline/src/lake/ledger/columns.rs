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
    known: bool,
}

impl AccountColumn {
    /// The next rows are of another account.
    pub(super) fn next(&mut self) {
        self.known = false;
    }

    #[inline]
    pub(super) fn push(&mut self, account: &str) {
        if !self.known {
            self.names.push_str(account);
            self.ends.push(self.names.len());
            self.known = true;
        }
        self.codes.push(self.ends.len() as u32 - 1);
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
        self.known = false;
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
pub(super) struct ShortColumn(Vec<i32>);

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
    numbers: Vec<i64>,
    /// How many of them are no number.
    missing: usize,
    texts: Vec<(usize, Arc<str>)>,
}

impl IdColumn {
    #[inline]
    pub(super) fn push(&mut self, event: Option<&EventRef>) {
        match event {
            Some((_, EventId::Number(number))) => self.numbers.push(*number),
            Some((_, EventId::Text(text))) => {
                self.texts.push((self.numbers.len(), text.clone()));
                self.numbers.push(TEXT);
                self.missing += 1;
            }
            None => {
                self.numbers.push(NONE);
                self.missing += 1;
            }
        }
    }

    /// The column of numbers and that of texts.
    pub(super) fn drain(
        &mut self,
        number: &ColumnDescPtr,
        text: &ColumnDescPtr,
    ) -> Result<[Chunk; 2]> {
        let rows = self.numbers.len();
        let valid = match self.missing {
            0 => None,
            all if all == rows => Some(NullBuffer::new_null(rows)),
            _ => valid(&self.numbers, |number| number > TEXT),
        };
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
        self.missing = 0;
        self.texts.clear();
        Ok([numbers, encode(text, &texts, false)?])
    }
}

fn valid(values: &[i64], present: impl Fn(i64) -> bool) -> Option<NullBuffer> {
    let valid = BooleanBuffer::collect_bool(values.len(), |row| present(values[row]));
    let valid = NullBuffer::new(valid);
    (valid.null_count() > 0).then_some(valid)
}

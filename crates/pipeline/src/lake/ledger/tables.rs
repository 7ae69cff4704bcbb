//! What the tables of the ledger have beside account, instant and cause.

use super::ids::IdColumn;
use crate::lake::encode::filled::{NameColumn, NumberColumn};
use crate::lake::encode::{Chunk, encode};
use crate::lake::manifest::Table;
use crate::lake::shape::text_array;
use crate::schema::{text_type, time_type};
use arrow_array::StringArray;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::errors::Result;
use parquet::schema::types::ColumnDescPtr;
use rungs_engine::event::Texts;
use std::sync::Arc;

/// The columns of a table, in the order of its schema.
pub(super) trait Columns {
    /// Which table.
    const TABLE: Table;
    /// Packs the first `rows` rows of the page.
    fn page(&mut self, rows: usize) -> Result<()>;
    /// Ends a row group of `rows` rows.
    fn drain(&mut self, rows: usize, to: &[ColumnDescPtr]) -> Result<Vec<Chunk>>;
}

/// No instant.
pub(super) const NEVER: i64 = i64::MIN;
/// No day.
pub(super) const NO_DAY: i32 = i32::MIN;

pub(super) struct Entries {
    pub(super) points: NumberColumn<i64>,
    pub(super) event: IdColumn,
    pub(super) lot: IdColumn,
    pub(super) expires: NumberColumn<i64>,
    pub(super) rung: NumberColumn<i32>,
}

impl Entries {
    pub(super) fn new() -> Entries {
        Entries {
            points: NumberColumn::required(false),
            event: IdColumn::new(),
            lot: IdColumn::new(),
            expires: NumberColumn::optional(NEVER, false),
            rung: NumberColumn::required(false),
        }
    }
}

impl Columns for Entries {
    const TABLE: Table = Table::Entries;

    fn page(&mut self, rows: usize) -> Result<()> {
        self.points.page(rows)?;
        self.event.page(rows)?;
        self.lot.page(rows)?;
        self.expires.page(rows)?;
        self.rung.page(rows)
    }

    fn drain(&mut self, rows: usize, to: &[ColumnDescPtr]) -> Result<Vec<Chunk>> {
        let mut chunks = vec![self.points.drain(&to[0])?];
        chunks.extend(self.event.drain(rows, &to[1], &to[2])?);
        chunks.extend(self.lot.drain(rows, &to[3], &to[4])?);
        chunks.push(self.expires.drain(&to[5])?);
        chunks.push(self.rung.drain(&to[6])?);
        Ok(chunks)
    }
}

pub(super) struct Rungs {
    pub(super) from: NameColumn,
    pub(super) to: NameColumn,
    pub(super) until: NumberColumn<i32>,
    pub(super) reason: NameColumn,
    pub(super) event: IdColumn,
}

impl Rungs {
    pub(super) fn new() -> Rungs {
        Rungs {
            from: NameColumn::new(),
            to: NameColumn::new(),
            until: NumberColumn::optional(NO_DAY, true),
            reason: NameColumn::new(),
            event: IdColumn::new(),
        }
    }
}

impl Columns for Rungs {
    const TABLE: Table = Table::Rungs;

    fn page(&mut self, rows: usize) -> Result<()> {
        self.until.page(rows)?;
        self.event.page(rows)
    }

    fn drain(&mut self, rows: usize, to: &[ColumnDescPtr]) -> Result<Vec<Chunk>> {
        let mut chunks = vec![
            self.from.drain(&to[0])?,
            self.to.drain(&to[1])?,
            self.until.drain(&to[2])?,
            self.reason.drain(&to[3])?,
        ];
        chunks.extend(self.event.drain(rows, &to[4], &to[5])?);
        Ok(chunks)
    }
}

pub(super) struct Rewards {
    pub(super) reward: Vec<String>,
    pub(super) member: Vec<String>,
    pub(super) event: IdColumn,
    pub(super) occurrence: NumberColumn<i32>,
    pub(super) until: NumberColumn<i64>,
    pub(super) cost: NumberColumn<i64>,
    pub(super) revoked_by: IdColumn,
}

impl Rewards {
    pub(super) fn new() -> Rewards {
        Rewards {
            reward: Vec::new(),
            member: Vec::new(),
            event: IdColumn::new(),
            occurrence: NumberColumn::required(false),
            until: NumberColumn::required(false),
            cost: NumberColumn::required(false),
            revoked_by: IdColumn::new(),
        }
    }
}

impl Columns for Rewards {
    const TABLE: Table = Table::Rewards;

    fn page(&mut self, rows: usize) -> Result<()> {
        self.event.page(rows)?;
        self.occurrence.page(rows)?;
        self.until.page(rows)?;
        self.cost.page(rows)?;
        self.revoked_by.page(rows)
    }

    fn drain(&mut self, rows: usize, to: &[ColumnDescPtr]) -> Result<Vec<Chunk>> {
        let mut chunks = vec![
            texts(&to[0], &mut self.reward)?,
            texts(&to[1], &mut self.member)?,
        ];
        chunks.extend(self.event.drain(rows, &to[2], &to[3])?);
        chunks.push(self.occurrence.drain(&to[4])?);
        chunks.push(self.until.drain(&to[5])?);
        chunks.push(self.cost.drain(&to[6])?);
        chunks.extend(self.revoked_by.drain(rows, &to[7], &to[8])?);
        Ok(chunks)
    }
}

fn texts(column: &ColumnDescPtr, values: &mut Vec<String>) -> Result<Chunk> {
    let texts = StringArray::from_iter_values(values.drain(..));
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

/// Table `entries`; `scale` is the wallet's.
pub(super) fn entries_schema(scale: u8) -> SchemaRef {
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

/// Table `rungs`.
pub(super) fn rungs_schema() -> SchemaRef {
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

/// Table `rewards`; `currency_digits` is the programme's.
pub(super) fn rewards_schema(currency_digits: u8) -> SchemaRef {
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
        optional("revoked_by_number", DataType::Int64),
        optional("revoked_by", DataType::Utf8),
    ]))
}

//! States of accounts: what settlement must remember of them. A base with all accounts, and deltas with
//! those that later runs have touched; of an account that stands in several the newest counts.
//!
//! A night reads two narrow columns of all accounts (account and wake-up day) and the states of those
//! that it touches; it writes only those. When the deltas exceed half of the base, all become a new base.

mod compaction;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use compaction::compact_states;
pub use read::StateReader;
pub use write::StateWriter;

use crate::schema::text_type;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use rungs_engine::calendar::Day;
use std::sync::Arc;

/// Rows of a row group.
const GROUP_ROWS: usize = 16_384;

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
    /// Orders of which something is left: refunds did not take all of them back.
    pub orders: i64,
    /// Id of the rung, empty without a ladder.
    pub rung: String,
    /// The day on which the rung ends, if it does.
    pub rung_until: Option<Day>,
    /// What settlement remembers, in its own form.
    pub state: Vec<u8>,
}

/// What a night must know of an account that it touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// As [`StateRow::orders`].
    pub orders: i64,
    /// As [`StateRow::state`].
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
        number("orders"),
        Field::new("rung", text_type(), false),
        Field::new("rung_until", DataType::Date32, true),
        Field::new("state", DataType::Binary, false),
    ]))
}

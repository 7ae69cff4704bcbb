//! What is collected: columns of events and the shape of the uploaded files that fill them.

use crate::calendar::{Length, Zone};
use crate::canonical::{Kind, Type};
use crate::finding::Place;
use crate::number::Rational;

/// A column of a kind of event, of its lines, or (kind profile) of the member.
#[derive(Debug, Clone)]
pub struct Column {
    /// Of which kind of event.
    pub kind: Kind,
    /// A column of a line, not of the event.
    pub line: bool,
    /// As it stands in conditions after the root.
    pub name: String,
    /// Its type.
    pub kind_of_value: Type,
    /// Numbers are stored as integers of this many digits after the point.
    pub digits: u8,
    /// Not every dataset of this kind of event declares it required.
    pub optional: bool,
    /// Least value, in units of `digits`, if every dataset that fills the column declares one.
    pub min: Option<i64>,
    /// Largest value, likewise.
    pub max: Option<i64>,
    /// The values it can have, if every dataset that fills the column declares them.
    pub values: Option<Vec<String>>,
    /// Whether some dataset declares it (else it is canonical and read where a file has it).
    pub declared: bool,
}

impl Column {
    /// Its name in the lake: `order_net`, `order_line_net`, `activity_name`.
    pub fn stored(&self) -> String {
        let line = if self.line { "line_" } else { "" };
        format!("{}_{line}{}", self.kind.text(), self.name)
    }
}

/// The declared shape of uploaded files.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Dataset {
    /// Another version of the programme has it: here it only keeps its place among all of them.
    pub absent: bool,
    pub id: String,
    pub place: Place,
    pub event: Kind,
    /// Pattern under the inbox.
    pub file: String,
    pub format: Option<Format>,
    /// Source columns that make the id, joined with `/`.
    pub event_id: Vec<String>,
    pub member: String,
    pub account: Option<String>,
    pub time: String,
    pub revision: Option<String>,
    /// Zone of times without offset; the programme's if none.
    pub zone: Option<Zone>,
    /// Source column of the line number; rows with one id are lines of one event.
    pub line: Option<String>,
    /// Columns with one value for all rows.
    pub fixed: Vec<(usize, Literal)>,
    pub columns: Vec<SourceColumn>,
    pub purpose: Option<String>,
    pub retention: Option<Length>,
}

/// A value written in the programme for a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// Everything else, as in conditions, in the column's digits.
    Number(i64),
}

/// The formats of uploaded files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// What happens to personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pii {
    /// Kept as it is.
    Keep,
    /// Replaced by a keyed hash.
    Hash,
    /// Never stored.
    Drop,
}

/// One column of a file.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct SourceColumn {
    /// Index in `Program::columns`; for `channel` and `store` nothing.
    pub target: Target,
    /// Name in the file.
    pub from: String,
    pub required: bool,
    pub values: Option<Vec<String>>,
    pub min: Option<Rational>,
    pub max: Option<Rational>,
    /// Integers in the file are already in units of the column's digits (minor units).
    pub minor: bool,
    pub pii: Option<Pii>,
}

/// Where a source column goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A column of the kind (index in `Program::columns`).
    Column(usize),
    /// The channel of the event.
    Channel,
    /// The store of the event.
    Store,
}

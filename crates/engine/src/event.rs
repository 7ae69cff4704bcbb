//! Events in columns. A [`Batch`] holds the events of whole accounts, sorted by (account, time, kind
//! rank, source, id, line): what the history in the lake is sorted by, and all that settlement reads.

use crate::canonical::Kind;
use arrow_array::{Array, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An event's id within its source. Ids that are whole numbers in their plain form (`0`, `417`, not
/// `007`) are kept as numbers: they sort by value and before texts, which sort by bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventId {
    /// A plain whole number that fits 63 bits.
    Number(i64),
    /// Any other text. Shared, so that a copy costs nothing and an id is 16 bytes.
    Text(Arc<str>),
}

impl EventId {
    /// From the id's text.
    pub fn of(text: &str) -> EventId {
        let plain = (1..=18).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text.len() == 1 || !text.starts_with('0'));
        match text.parse() {
            Ok(number) if plain => EventId::Number(number),
            _ => EventId::Text(text.into()),
        }
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EventId::Number(number) => write!(out, "{number}"),
            EventId::Text(text) => out.write_str(text),
        }
    }
}

/// Texts as codes into a dictionary of the batch.
#[derive(Debug, Clone)]
pub struct Texts {
    /// Index into `dictionary` of each row; anything where not valid.
    pub codes: ScalarBuffer<i32>,
    /// Where there is a value; none: everywhere.
    pub valid: Option<NullBuffer>,
    /// The different texts (not necessarily sorted, each may appear more than once).
    pub dictionary: StringArray,
}

impl Texts {
    /// The text of a row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.valid
            .as_ref()
            .is_none_or(|valid| valid.is_valid(row))
            .then(|| self.dictionary.value(self.codes[row] as usize))
    }

    /// Texts without a dictionary of fewer values than rows.
    pub fn plain(values: StringArray) -> Texts {
        let valid = values.nulls().cloned();
        Texts {
            codes: (0..values.len() as i32).collect(),
            valid,
            dictionary: values,
        }
    }
}

/// The values of one column.
#[derive(Debug, Clone)]
pub enum Values {
    /// Every type but text, as in conditions: money and decimals in units of the column's digits,
    /// dates as days, instants in microseconds, month-days packed, booleans 0 and 1.
    Number {
        /// One value a row; anything where not valid.
        values: ScalarBuffer<i64>,
        /// Where there is a value; none: everywhere.
        valid: Option<NullBuffer>,
    },
    /// Texts.
    Text(Texts),
}

impl Values {
    /// The number of a row.
    #[inline]
    pub fn number(&self, row: usize) -> Option<i64> {
        match self {
            Values::Number { values, valid } => valid
                .as_ref()
                .is_none_or(|valid| valid.is_valid(row))
                .then(|| values[row]),
            Values::Text(_) => None,
        }
    }

    /// The text of a row.
    #[inline]
    pub fn text(&self, row: usize) -> Option<&str> {
        match self {
            Values::Text(texts) => texts.get(row),
            Values::Number { .. } => None,
        }
    }
}

/// Ids in columns.
#[derive(Debug, Clone)]
pub struct Ids {
    /// The number of each row; anything where the id is a text.
    pub numbers: ScalarBuffer<i64>,
    /// The texts; empty (null) where the id is a number. None: all are numbers.
    pub texts: Option<StringArray>,
}

impl Ids {
    /// The id of a row. Every entry has one, so it is made in registers wherever it is asked.
    #[inline(always)]
    pub fn get(&self, row: usize) -> EventId {
        match &self.texts {
            Some(texts) if texts.is_valid(row) => EventId::Text(Ids::text(texts, row)),
            _ => EventId::Number(self.numbers[row]),
        }
    }

    #[inline(never)]
    fn text(texts: &StringArray, row: usize) -> Arc<str> {
        texts.value(row).into()
    }
}

/// Events of whole accounts, one row per event, or per line of an order or refund (rows of one event
/// stand together, by line number; an order without lines has one line with the order's amounts, a
/// refund without lines has one row whose line is 0: the whole rest).
#[derive(Debug, Clone)]
pub struct Batch {
    /// How many rows.
    pub rows: usize,
    /// The account.
    pub account: Texts,
    /// The member; none: the same text as the account in every row.
    pub member: Option<Texts>,
    /// Instants in microseconds.
    pub time: ScalarBuffer<i64>,
    /// [`Kind`] by rank.
    pub kind: ScalarBuffer<u8>,
    /// Index of the dataset in `Program::datasets`.
    pub source: ScalarBuffer<u16>,
    /// Ids.
    pub id: Ids,
    /// Number of the line, 0 for events without lines.
    pub line: ScalarBuffer<i32>,
    /// Channel, if the programme needs it.
    pub channel: Option<Texts>,
    /// Store, if the programme needs it.
    pub store: Option<Texts>,
    /// By index in `Program::columns`; none where it was not read or does not exist.
    pub columns: Vec<Option<Values>>,
}

impl Batch {
    /// The kind of a row.
    #[inline]
    pub fn kind_at(&self, row: usize) -> Option<Kind> {
        Kind::of_rank(self.kind[row])
    }

    /// The number in a column of a row.
    #[inline]
    pub fn number(&self, column: usize, row: usize) -> Option<i64> {
        self.columns.get(column)?.as_ref()?.number(row)
    }

    /// The text in a column of a row.
    #[inline]
    pub fn text(&self, column: usize, row: usize) -> Option<&str> {
        self.columns.get(column)?.as_ref()?.text(row)
    }

    /// The member of a row; where it is empty, the same text as the account.
    #[inline]
    pub fn member_at(&self, row: usize) -> &str {
        self.member
            .as_ref()
            .and_then(|member| member.get(row))
            .or_else(|| self.account.get(row))
            .unwrap_or_default()
    }

    /// Whether the row belongs to the same event as the one before it.
    #[inline]
    pub fn continues(&self, row: usize) -> bool {
        row > 0
            && self.time[row] == self.time[row - 1]
            && self.kind[row] == self.kind[row - 1]
            && self.source[row] == self.source[row - 1]
            && self.id.numbers[row] == self.id.numbers[row - 1]
            && self.account.codes[row] == self.account.codes[row - 1]
            && self.id.texts.as_ref().is_none_or(|texts| {
                texts.is_valid(row) == texts.is_valid(row - 1)
                    && (!texts.is_valid(row) || texts.value(row) == texts.value(row - 1))
            })
    }
}

impl Batch {
    /// No events.
    pub fn empty() -> Batch {
        Batch {
            rows: 0,
            account: Texts::plain(StringArray::from_iter_values::<&str, _>([])),
            member: None,
            time: Vec::new().into(),
            kind: Vec::new().into(),
            source: Vec::new().into(),
            id: Ids {
                numbers: Vec::new().into(),
                texts: None,
            },
            line: Vec::new().into(),
            channel: None,
            store: None,
            columns: Vec::new(),
        }
    }
}

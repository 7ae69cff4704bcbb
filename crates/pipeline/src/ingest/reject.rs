//! Why rows of a chunk are rejected, and what goes to quarantine of them.

use super::assemble::Chunk;
use super::convert::plain_text;
use super::finding::{Rejected, RowCode};
use super::plan::{Plan, Source};
use super::text_number::LARGEST;
use arrow_array::{Array, ArrayRef};
use rungs_engine::canonical::Type;
use rungs_engine::number;
use rungs_engine::program::Column;
use std::collections::BTreeMap;

/// Characters of a value that are kept.
const VALUE: usize = 200;

/// What is wrong with a row.
#[derive(Debug)]
pub(super) struct Fault {
    code: RowCode,
    slot: Option<usize>,
    reason: String,
}

impl Fault {
    /// In the row as a whole.
    pub(super) fn saying(code: RowCode, reason: String) -> Fault {
        Fault {
            code,
            slot: None,
            reason,
        }
    }

    /// In a column of the file.
    pub(super) fn of(code: RowCode, name: &str, slot: Option<usize>) -> Fault {
        let reason = match code {
            RowCode::MissingValue => format!("`{name}` is empty; fill it"),
            RowCode::NotANumber => format!(
                "`{name}` is not a number; write digits, with a point for decimals, without currency sign, thousands separator or exponent"
            ),
            RowCode::TooPrecise => {
                format!("`{name}` is not a whole number; write it without decimals")
            }
            RowCode::OutOfRange => format!("`{name}` is larger than a number can be; correct it"),
            RowCode::NotATime => format!(
                "`{name}` is not a time or date; write `2026-03-10T09:30:00+01:00`, `2026-03-10 09:30:00` or `2026-03-10`"
            ),
            RowCode::NotABoolean => {
                format!("`{name}` is not true or false; write one of true, false, yes, no, 1, 0")
            }
            RowCode::NotUtf8 => format!("`{name}` is not UTF-8 text; save the file as UTF-8"),
            RowCode::TwoAccounts => format!(
                "the row before has the same id under another `{name}`; correct one of the two, cancel the wrong one with `void`, or give the event an id of its own"
            ),
            RowCode::HeaderDiffers => format!(
                "`{name}` differs from the line before of the same event; give all lines of an event the same value"
            ),
            other => format!("`{name}`: {}", other.text()),
        };
        Fault { code, slot, reason }
    }

    /// In a column that is computed from others.
    pub(super) fn computed(code: RowCode, name: &str) -> Fault {
        let reason = match code {
            RowCode::Negative => format!(
                "`{name}` is not in the file, and what follows from the other amounts is below zero; correct the amounts"
            ),
            RowCode::TooPrecise => format!(
                "`{name}` is not in the file, and what follows from the other amounts has more digits than it keeps; declare it with more `digits`"
            ),
            _ => format!(
                "`{name}` is not in the file, and what follows from the other amounts is larger than 18 digits hold; correct the amounts"
            ),
        };
        Fault {
            code,
            slot: None,
            reason,
        }
    }

    /// In the number of a line.
    pub(super) fn line_number(code: RowCode, name: &str, slot: usize) -> Fault {
        match code {
            RowCode::OutOfRange => Fault {
                code,
                slot: Some(slot),
                reason: format!("`{name}` is not the number of a line; number the lines from 1"),
            },
            code => Fault::of(code, name, Some(slot)),
        }
    }

    /// In a column of numbers.
    pub(super) fn number(code: RowCode, name: &str, source: &Source, column: &Column) -> Fault {
        let bound = |bound: i64| {
            let text = number::decimal(bound, column.digits);
            match column.kind_of_value {
                Type::Money => text,
                _ if !text.contains('.') => text,
                _ => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            }
        };
        let reason = match code {
            RowCode::TooPrecise if source.minor => format!(
                "`{name}` is not a whole number of minor units; write it without decimals or declare it without `unit`"
            ),
            RowCode::TooPrecise if column.digits == 0 => format!(
                "`{name}` is not a whole number; round it where it comes from, or declare the column as a decimal"
            ),
            RowCode::TooPrecise => format!(
                "`{name}` has more than {} digits after the point; round it where it comes from, or declare the column with more `digits`",
                column.digits
            ),
            RowCode::Negative => format!(
                "`{name}` is below zero; what is given back is a refund, and a discount is written as a positive amount (or declare a `min` below zero)"
            ),
            RowCode::OutOfRange => {
                let low = (source.low > -LARGEST).then(|| format!("below {}", bound(source.low)));
                let high = (source.high < LARGEST).then(|| format!("above {}", bound(source.high)));
                match (low, high) {
                    (None, None) => format!("`{name}` is larger than a number can be; correct it"),
                    (low, high) => {
                        let sides: Vec<String> = [low, high].into_iter().flatten().collect();
                        format!(
                            "`{name}` is {}; correct it or widen the column's range",
                            sides.join(" or ")
                        )
                    }
                }
            }
            code => return Fault::of(code, name, Some(source.slot)),
        };
        Fault {
            code,
            slot: Some(source.slot),
            reason,
        }
    }

    /// In a column with declared values.
    pub(super) fn not_allowed(name: &str, values: &[String], slot: usize) -> Fault {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        Fault {
            code: RowCode::NotAllowed,
            slot: Some(slot),
            reason: format!(
                "`{name}` is none of {}; correct it or add it to the column's `values`",
                values.join(", ")
            ),
        }
    }

    /// In the currency.
    pub(super) fn other_currency(name: &str, own: &str, slot: usize) -> Fault {
        Fault {
            code: RowCode::OtherCurrency,
            slot: Some(slot),
            reason: format!(
                "`{name}` is not the programme's `{own}`; convert the row before the upload"
            ),
        }
    }
}

/// The first fault of each row that has one.
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<usize, Fault>);

impl Faults {
    /// Notes a fault, unless the row has one already.
    pub(super) fn add(&mut self, row: usize, fault: Fault) {
        self.0.entry(row).or_insert(fault);
    }

    /// Forgets faults, by their row and slot.
    pub(super) fn forget(&mut self, forget: impl Fn(usize, Option<usize>) -> bool) {
        self.0.retain(|row, fault| !forget(*row, fault.slot));
    }

    /// Whether the row has one.
    pub(super) fn has(&self, row: usize) -> bool {
        !self.0.is_empty() && self.0.contains_key(&row)
    }

    /// What goes to quarantine, by line, with the rows that could not be taken apart.
    pub(super) fn rejected(&self, plan: &Plan<'_>, object: &str, chunk: &Chunk) -> Vec<Rejected> {
        let mut rejected: Vec<Rejected> = chunk
            .broken
            .iter()
            .map(|(line, code)| Rejected {
                object: object.to_owned(),
                line: *line,
                column: None,
                code: *code,
                reason: broken(*code).to_owned(),
                value: None,
                raw: None,
            })
            .collect();
        rejected.extend(self.0.iter().map(|(row, fault)| {
            let slot = fault.slot.and_then(|slot| plan.slots.get(slot));
            let array = fault.slot.and_then(|slot| chunk.arrays.get(slot));
            let readable = fault.code != RowCode::NotUtf8;
            let value = match (slot, array) {
                (Some(slot), Some(array)) if !slot.personal && readable => cell(array, *row),
                _ => None,
            };
            Rejected {
                object: object.to_owned(),
                line: chunk.lines.at(*row),
                column: slot.map(|slot| slot.name.clone()),
                code: fault.code,
                reason: fault.reason.clone(),
                value: value.map(|value| value.chars().take(VALUE).collect()),
                raw: readable.then(|| raw(plan, chunk, *row)),
            }
        }));
        rejected.sort_by_key(|rejected| rejected.line);
        rejected
    }
}

fn broken(code: RowCode) -> &'static str {
    match code {
        RowCode::TooLong => {
            "the row is longer than 1 MiB; look for a quote that is never closed (reading went on at the next line)"
        }
        RowCode::Quotes => {
            "a quoted field never ends, or goes on after its closing quote; double a quote that stands inside quotes"
        }
        _ => {
            "the row has more or fewer fields than the header; quote texts that hold the delimiter"
        }
    }
}

/// A value as text; none if it is empty.
fn cell(array: &ArrayRef, row: usize) -> Option<String> {
    let text = plain_text(&array.slice(row, 1)).ok()?;
    let text = text.is_valid(0).then(|| text.value(0))?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn raw(plan: &Plan<'_>, chunk: &Chunk, row: usize) -> String {
    let cells = plan
        .slots
        .iter()
        .zip(&chunk.arrays)
        .filter(|(slot, _)| !slot.personal)
        .map(|(slot, array)| (slot.name.clone(), cell(array, row).into()))
        .collect();
    serde_json::Value::Object(cells).to_string()
}

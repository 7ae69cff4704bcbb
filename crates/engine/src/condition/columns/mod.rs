//! One condition over all rows of a batch: the hot path, for conditions that need no state.
//!
//! A bare column is not copied, a constant is one value, a text is tested once for each different text
//! and then by its code, and comparisons are loops over slices. Where settlement would not ask
//! (`a && b` where `a` is false), nothing can overflow here either.

mod flags;
mod lanes;
mod texts;

use super::dates;
use super::evaluate::Overflow;
use super::expression::{Common, Expr, Node, Sort};
use crate::calendar::{Day, Zone, weekday};
use crate::event::{Batch, Texts, Values};
use crate::program::Dataset;
use arrow_buffer::{NullBuffer, ScalarBuffer};
use flags::Flags;
use lanes::{Lane, Lanes, Valid};
use std::borrow::Cow;
use texts::TextLane;

/// The rows that are asked.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The events.
    pub batch: &'a Batch,
    /// The local day of each row.
    pub days: &'a [Day],
    /// The programme's zone.
    pub zone: &'a Zone,
    /// `Program::datasets`, for `event.source`.
    pub datasets: &'a [Dataset],
}

/// Whether a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// 1 where it holds, 0 where it does not, is empty, or overflows.
    pub rows: Vec<u8>,
    /// Rows in which a number that was needed left 64 bits, ascending.
    pub overflow: Vec<usize>,
}

/// The values of an expression.
#[derive(Debug, Clone)]
pub struct Numbers {
    /// In units of 1 / `den`; anything where not valid.
    pub values: ScalarBuffer<i64>,
    /// Where there is a value; none: everywhere.
    pub valid: Option<NullBuffer>,
    /// Rows in which a number that was needed left 64 bits, ascending; their values mean nothing.
    pub overflow: Vec<usize>,
}

impl Mask {
    /// Whether it holds in a row.
    #[inline]
    pub fn at(&self, row: usize) -> Result<bool, Overflow> {
        if !self.overflow.is_empty() && self.overflow.binary_search(&row).is_ok() {
            return Err(Overflow);
        }
        Ok(self.rows[row] != 0)
    }
}

impl Numbers {
    /// The number of a row.
    #[inline]
    pub fn at(&self, row: usize) -> Result<Option<i64>, Overflow> {
        if !self.overflow.is_empty() && self.overflow.binary_search(&row).is_ok() {
            return Err(Overflow);
        }
        let valid = self.valid.as_ref().is_none_or(|valid| valid.is_valid(row));
        Ok(valid.then(|| self.values[row]))
    }
}

/// Whether `expr`, which is true or false and needs no state, holds in each row.
pub fn mask(expr: &Expr, frame: &Frame<'_>) -> Mask {
    let flags = frame.flags(expr);
    let mut rows = flags.rows.into_bytes(frame.batch.rows);
    let overflow = positions(flags.over.as_deref());
    for row in &overflow {
        rows[*row] = 0;
    }
    Mask { rows, overflow }
}

/// The numbers of `expr`, which is not a text and needs no state.
pub fn numbers(expr: &Expr, frame: &Frame<'_>) -> Numbers {
    let rows = frame.batch.rows;
    let lane = frame.lane(expr);
    Numbers {
        values: match lane.lanes {
            Lanes::Rows(values) => values,
            Lanes::Same(value) => vec![value; rows].into(),
        },
        valid: match lane.valid {
            Valid::Everywhere => None,
            Valid::Nowhere => Some(NullBuffer::new_null(rows)),
            Valid::Rows(valid) => Some(valid),
        },
        overflow: positions(lane.over.as_deref()),
    }
}

/// The texts of `expr`, which is a text and needs no state, with the rows in which a number that was
/// needed left 64 bits.
pub fn texts(expr: &Expr, frame: &Frame<'_>) -> (Texts, Vec<usize>) {
    let lane = frame.text(expr);
    let overflow = positions(lane.over.as_deref());
    (lane.into_texts(frame.batch.rows), overflow)
}

fn positions(over: Option<&[u8]>) -> Vec<usize> {
    let Some(over) = over else {
        return Vec::new();
    };
    let found = over.iter().enumerate().filter(|(_, over)| **over != 0);
    found.map(|(row, _)| row).collect()
}

impl<'a> Frame<'a> {
    /// The local days; worked out if they were not given for every row.
    fn days(&self) -> Cow<'a, [Day]> {
        if self.days.len() == self.batch.rows {
            Cow::Borrowed(self.days)
        } else {
            self.batch
                .time
                .iter()
                .map(|at| self.zone.day(*at))
                .collect()
        }
    }

    fn flags(&self, expr: &'a Expr) -> Flags {
        let rows = self.batch.rows;
        match &expr.node {
            Node::Constant(value) => Flags::same(*value != 0),
            Node::Has(of) if of.sort == Sort::Text => {
                let lane = self.text(of);
                Flags {
                    rows: lane.valid().bytes(),
                    over: lane.over,
                }
            }
            Node::Has(of) => {
                let lane = self.lane(of);
                Flags {
                    rows: lane.valid.bytes(),
                    over: lane.over,
                }
            }
            Node::Not(of) => self.flags(of).not(),
            Node::And(a, b) => {
                let a = self.flags(a);
                if a.rows.never() {
                    return a;
                }
                a.and(self.flags(b))
            }
            Node::Or(a, b) => {
                let a = self.flags(a);
                if a.rows.always() {
                    return a;
                }
                a.or(self.flags(b))
            }
            Node::Compare(compare, a, b) if a.sort == Sort::Text => {
                texts::compare(*compare, self.text(a), self.text(b), rows)
            }
            Node::Compare(compare, a, b) => lanes::compare(*compare, self.lane(a), self.lane(b)),
            Node::In(of, values) => self.lane(of).test(|value| values.contains(&value)),
            Node::InTexts(of, values) => self
                .text(of)
                .test(rows, |text| values.iter().any(|value| value == text)),
            Node::TextTest(of, test) => self.text(of).test(rows, |text| test.holds(text)),
            Node::Choose(condition, yes, no) => {
                let condition = self.flags(condition);
                let (yes, no) = (self.flags(yes), self.flags(no));
                condition.choose(yes, no, rows)
            }
            _ => self.lane(expr).test(|value| value != 0),
        }
    }

    fn lane(&self, expr: &'a Expr) -> Lane {
        let rows = self.batch.rows;
        match &expr.node {
            Node::Constant(value) => Lane::same(*value),
            Node::Column(column) => match self.batch.columns.get(*column) {
                Some(Some(Values::Number { values, valid })) => {
                    Lane::of(values.clone(), valid.clone())
                }
                _ => Lane::empty(),
            },
            Node::Common(column) => self.common(*column),
            Node::Default(of, other) => {
                let of = self.lane(of);
                if of.valid.everywhere() {
                    return of;
                }
                let present = Flags {
                    rows: of.valid.bytes(),
                    over: of.over.clone(),
                };
                lanes::choose(present, of, self.lane(other), rows)
            }
            Node::Choose(condition, yes, no) => {
                let condition = self.flags(condition);
                lanes::choose(condition, self.lane(yes), self.lane(no), rows)
            }
            Node::Negate(of) => lanes::negate(self.lane(of), rows),
            Node::Abs(of) => lanes::abs(self.lane(of), rows),
            Node::Scale(of, factor) => lanes::scale(self.lane(of), *factor, rows),
            Node::Arithmetic(arithmetic, a, b) => {
                lanes::arithmetic(*arithmetic, self.lane(a), self.lane(b), rows)
            }
            Node::Shift(of, length, earlier) => self.lane(of).checked(rows, |day| {
                let moved = dates::shift(day, *length, *earlier);
                (moved.unwrap_or_default(), moved.is_none())
            }),
            Node::Min(a, b) => self.lane(a).zip(self.lane(b), i64::min),
            Node::Max(a, b) => self.lane(a).zip(self.lane(b), i64::max),
            Node::Part(part, of) => self.lane(of).map(|day| dates::of(*part, day)),
            Node::Between(unit, a, b) => self
                .lane(a)
                .zip(self.lane(b), |a, b| dates::between(*unit, a, b)),
            Node::Size(of) => self.text(of).sizes(rows),
            Node::Has(_)
            | Node::Not(_)
            | Node::And(..)
            | Node::Or(..)
            | Node::Compare(..)
            | Node::In(..)
            | Node::InTexts(..)
            | Node::TextTest(..) => self.flags(expr).into_lane(),
            // Texts are not asked here, and state is not known here.
            Node::Text(_) | Node::Lower(_) => Lane::empty(),
            Node::Account(_) | Node::Member(_) | Node::Moment(_) => Lane::empty(),
        }
    }

    fn common(&self, column: Common) -> Lane {
        let of_days = |part: fn(Day) -> i64| {
            let values: Vec<i64> = self.days().iter().map(|day| part(*day)).collect();
            Lane::of(values.into(), None)
        };
        match column {
            Common::Time => Lane::of(self.batch.time.clone(), None),
            Common::Date => of_days(i64::from),
            Common::Weekday => of_days(weekday),
            Common::Day => of_days(|day| dates::civil(day).2),
            Common::Month => of_days(|day| dates::civil(day).1),
            Common::Hour => {
                let days = self.days();
                let times = self.batch.time.iter().zip(days.iter());
                let hours: Vec<i64> = times
                    .map(|(at, day)| dates::hour(self.zone, *at, *day))
                    .collect();
                Lane::of(hours.into(), None)
            }
            _ => Lane::empty(),
        }
    }

    fn text(&self, expr: &'a Expr) -> TextLane {
        let rows = self.batch.rows;
        match &expr.node {
            Node::Text(text) => TextLane::same(text),
            Node::Column(column) => match self.batch.columns.get(*column) {
                Some(Some(Values::Text(texts))) => TextLane::coded(texts),
                _ => TextLane::empty(),
            },
            Node::Common(column) => self.common_text(*column),
            Node::Lower(of) => self.text(of).lower(),
            Node::Default(of, other) => {
                let of = self.text(of);
                if of.valid().everywhere() {
                    return of;
                }
                of.or_else(self.text(other), rows)
            }
            Node::Choose(condition, yes, no) => {
                let condition = self.flags(condition);
                texts::choose(condition, self.text(yes), self.text(no), rows)
            }
            _ => TextLane::empty(),
        }
    }

    fn common_text(&self, column: Common) -> TextLane {
        let batch = self.batch;
        let of = |texts: Option<&Texts>| texts.map_or_else(TextLane::empty, TextLane::coded);
        match column {
            Common::Account => TextLane::coded(&batch.account),
            Common::Member => {
                let account = TextLane::coded(&batch.account);
                match &batch.member {
                    Some(member) => TextLane::coded(member).or_else(account, batch.rows),
                    None => account,
                }
            }
            Common::Channel => of(batch.channel.as_ref()),
            Common::Store => of(batch.store.as_ref()),
            Common::Source => texts::sources(batch, self.datasets),
            Common::Id => texts::ids(batch),
            _ => TextLane::empty(),
        }
    }
}

//! Numbers of all rows, and where there are any.

use super::flags::{Bytes, Flags, Over, either};
use crate::condition::expression::{Arithmetic, Compare};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

/// One number a row, or one for all.
#[derive(Debug, Clone)]
pub(super) enum Lanes {
    Same(i64),
    Rows(ScalarBuffer<i64>),
}

/// Where there is a value.
#[derive(Debug, Clone)]
pub(super) enum Valid {
    Everywhere,
    Nowhere,
    Rows(NullBuffer),
}

/// Numbers with their gaps.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub lanes: Lanes,
    pub valid: Valid,
    pub over: Over,
}

impl Lanes {
    fn at(&self, row: usize) -> i64 {
        match self {
            Lanes::Same(value) => *value,
            Lanes::Rows(values) => values.get(row).copied().unwrap_or_default(),
        }
    }
}

impl Valid {
    pub(super) fn of(valid: Option<NullBuffer>) -> Valid {
        match valid {
            Some(valid) if valid.null_count() > 0 => Valid::Rows(valid),
            _ => Valid::Everywhere,
        }
    }

    pub(super) fn everywhere(&self) -> bool {
        matches!(self, Valid::Everywhere)
    }

    pub(super) fn at(&self, row: usize) -> bool {
        match self {
            Valid::Everywhere => true,
            Valid::Nowhere => false,
            Valid::Rows(valid) => valid.is_valid(row),
        }
    }

    fn and(&self, other: &Valid) -> Valid {
        match (self, other) {
            (Valid::Nowhere, _) | (_, Valid::Nowhere) => Valid::Nowhere,
            (Valid::Everywhere, valid) | (valid, Valid::Everywhere) => valid.clone(),
            (Valid::Rows(a), Valid::Rows(b)) => {
                NullBuffer::union(Some(a), Some(b)).map_or(Valid::Everywhere, Valid::Rows)
            }
        }
    }

    /// As truths.
    pub(super) fn bytes(&self) -> Bytes {
        match self {
            Valid::Everywhere => Bytes::Same(true),
            Valid::Nowhere => Bytes::Same(false),
            Valid::Rows(valid) => {
                let mut rows = vec![1; valid.len()];
                clear_gaps(&mut rows, valid);
                Bytes::Rows(rows)
            }
        }
    }

    /// Makes truths false where there is no value.
    pub(super) fn clear(&self, rows: Bytes) -> Bytes {
        match (self, rows) {
            (Valid::Everywhere, rows) => rows,
            (Valid::Nowhere, _) => Bytes::Same(false),
            (Valid::Rows(_), Bytes::Same(false)) => Bytes::Same(false),
            (Valid::Rows(_), Bytes::Same(true)) => self.bytes(),
            (Valid::Rows(valid), Bytes::Rows(mut rows)) => {
                clear_gaps(&mut rows, valid);
                Bytes::Rows(rows)
            }
        }
    }
}

/// Sets what is not valid to 0, 64 rows at a time.
fn clear_gaps(rows: &mut [u8], valid: &NullBuffer) {
    let words = valid.inner().bit_chunks();
    for (rows, word) in rows.chunks_mut(64).zip(words.iter_padded()) {
        if word == u64::MAX {
            continue;
        }
        for (bit, row) in rows.iter_mut().enumerate() {
            *row &= (word >> bit) as u8 & 1;
        }
    }
}

/// `of` for each pair of numbers.
fn pairs<T>(a: &Lanes, b: &Lanes, of: impl Fn(i64, i64) -> T) -> Result<T, Vec<T>> {
    match (a, b) {
        (Lanes::Same(a), Lanes::Same(b)) => Ok(of(*a, *b)),
        (Lanes::Rows(a), Lanes::Same(b)) => Err(a.iter().map(|a| of(*a, *b)).collect()),
        (Lanes::Same(a), Lanes::Rows(b)) => Err(b.iter().map(|b| of(*a, *b)).collect()),
        (Lanes::Rows(a), Lanes::Rows(b)) => {
            Err(a.iter().zip(b.iter()).map(|(a, b)| of(*a, *b)).collect())
        }
    }
}

/// Whether `of` holds for any pair; without an early end, so that it stays a plain loop.
fn any(a: &Lanes, b: &Lanes, of: impl Fn(i64, i64) -> bool) -> bool {
    match (a, b) {
        (Lanes::Same(a), Lanes::Same(b)) => of(*a, *b),
        (Lanes::Rows(a), Lanes::Same(b)) => a.iter().fold(false, |any, a| any | of(*a, *b)),
        (Lanes::Same(a), Lanes::Rows(b)) => b.iter().fold(false, |any, b| any | of(*a, *b)),
        (Lanes::Rows(a), Lanes::Rows(b)) => a
            .iter()
            .zip(b.iter())
            .fold(false, |any, (a, b)| any | of(*a, *b)),
    }
}

impl Lane {
    pub(super) fn same(value: i64) -> Lane {
        Lane {
            lanes: Lanes::Same(value),
            valid: Valid::Everywhere,
            over: None,
        }
    }

    pub(super) fn empty() -> Lane {
        Lane {
            valid: Valid::Nowhere,
            ..Lane::same(0)
        }
    }

    pub(super) fn of(values: ScalarBuffer<i64>, valid: Option<NullBuffer>) -> Lane {
        Lane {
            lanes: Lanes::Rows(values),
            valid: Valid::of(valid),
            over: None,
        }
    }

    /// A number from each number.
    pub(super) fn map(self, of: impl Fn(i64) -> i64) -> Lane {
        Lane {
            lanes: match &self.lanes {
                Lanes::Same(value) => Lanes::Same(of(*value)),
                Lanes::Rows(values) => Lanes::Rows(values.iter().map(|value| of(*value)).collect()),
            },
            ..self
        }
    }

    /// A number from two.
    pub(super) fn zip(self, other: Lane, of: impl Fn(i64, i64) -> i64) -> Lane {
        Lane {
            lanes: match pairs(&self.lanes, &other.lanes, of) {
                Ok(value) => Lanes::Same(value),
                Err(values) => Lanes::Rows(values.into()),
            },
            valid: self.valid.and(&other.valid),
            over: either(self.over, other.over),
        }
    }

    /// A number from each number, and whether it left 64 bits.
    pub(super) fn checked(self, rows: usize, of: impl Fn(i64) -> (i64, bool)) -> Lane {
        self.checked_zip(Lane::same(0), rows, |a, _| of(a))
    }

    fn checked_zip(self, other: Lane, rows: usize, of: impl Fn(i64, i64) -> (i64, bool)) -> Lane {
        let (a, b) = (&self.lanes, &other.lanes);
        let valid = self.valid.and(&other.valid);
        let lanes = match pairs(a, b, |a, b| of(a, b).0) {
            Ok(value) => Lanes::Same(value),
            Err(values) => Lanes::Rows(values.into()),
        };
        let mut over = either(self.over, other.over);
        // Overflow is so rare that a first look only asks whether there is any.
        if any(a, b, |a, b| of(a, b).1) {
            let flags = match pairs(a, b, |a, b| u8::from(of(a, b).1)) {
                Ok(flag) => Bytes::Same(flag != 0),
                Err(flags) => Bytes::Rows(flags),
            };
            over = either(over, Some(valid.clear(flags).into_bytes(rows)));
        }
        Lane { lanes, valid, over }
    }

    /// Where a number passes; false where there is none.
    pub(super) fn test(self, of: impl Fn(i64) -> bool) -> Flags {
        let rows = match &self.lanes {
            Lanes::Same(value) => Bytes::Same(of(*value)),
            Lanes::Rows(values) => {
                Bytes::Rows(values.iter().map(|value| u8::from(of(*value))).collect())
            }
        };
        Flags {
            rows: self.valid.clear(rows),
            over: self.over,
        }
    }
}

/// `a == b` and its like; false where a side is empty.
pub(super) fn compare(compare: Compare, a: Lane, b: Lane) -> Flags {
    let (x, y) = (&a.lanes, &b.lanes);
    // One loop for each comparison, so that each is a few vector instructions.
    let rows = match compare {
        Compare::Equal => pairs(x, y, |x, y| u8::from(x == y)),
        Compare::NotEqual => pairs(x, y, |x, y| u8::from(x != y)),
        Compare::Less => pairs(x, y, |x, y| u8::from(x < y)),
        Compare::LessEqual => pairs(x, y, |x, y| u8::from(x <= y)),
        Compare::Greater => pairs(x, y, |x, y| u8::from(x > y)),
        Compare::GreaterEqual => pairs(x, y, |x, y| u8::from(x >= y)),
    };
    let rows = match rows {
        Ok(value) => Bytes::Same(value != 0),
        Err(rows) => Bytes::Rows(rows),
    };
    Flags {
        rows: a.valid.and(&b.valid).clear(rows),
        over: either(a.over, b.over),
    }
}

/// `a + b` and its like.
pub(super) fn arithmetic(arithmetic: Arithmetic, a: Lane, b: Lane, rows: usize) -> Lane {
    match arithmetic {
        Arithmetic::Add => a.checked_zip(b, rows, i64::overflowing_add),
        Arithmetic::Subtract => a.checked_zip(b, rows, i64::overflowing_sub),
        Arithmetic::Multiply => a.checked_zip(b, rows, i64::overflowing_mul),
        // The divisor is a literal other than 0.
        Arithmetic::Remainder => a.checked_zip(b, rows, |a, b| match a.checked_rem(b) {
            Some(rest) => (rest, false),
            None => (0, true),
        }),
    }
}

/// `-a`
pub(super) fn negate(a: Lane, rows: usize) -> Lane {
    a.checked(rows, i64::overflowing_neg)
}

/// `abs(a)`
pub(super) fn abs(a: Lane, rows: usize) -> Lane {
    a.checked(rows, i64::overflowing_abs)
}

/// `a` times a constant.
pub(super) fn scale(a: Lane, factor: i64, rows: usize) -> Lane {
    a.checked(rows, |value| value.overflowing_mul(factor))
}

/// `yes` where the condition holds, `no` elsewhere.
pub(super) fn choose(condition: Flags, yes: Lane, no: Lane, rows: usize) -> Lane {
    let over = condition.chosen(yes.over, no.over);
    let pick = match condition.rows {
        Bytes::Same(value) => {
            let (lanes, valid) = if value {
                (yes.lanes, yes.valid)
            } else {
                (no.lanes, no.valid)
            };
            return Lane { lanes, valid, over };
        }
        Bytes::Rows(pick) => pick,
    };
    let values: Vec<i64> = pick
        .iter()
        .enumerate()
        .map(|(row, pick)| {
            if *pick != 0 {
                yes.lanes.at(row)
            } else {
                no.lanes.at(row)
            }
        })
        .collect();
    Lane {
        lanes: Lanes::Rows(values.into()),
        valid: chosen(&pick, &yes.valid, &no.valid, rows),
        over,
    }
}

/// Where there is a value of two alternatives.
pub(super) fn chosen(pick: &[u8], yes: &Valid, no: &Valid, rows: usize) -> Valid {
    if yes.everywhere() && no.everywhere() {
        return Valid::Everywhere;
    }
    let valid = BooleanBuffer::collect_bool(rows, |row| {
        if pick.get(row).is_some_and(|pick| *pick != 0) {
            yes.at(row)
        } else {
            no.at(row)
        }
    });
    Valid::of(Some(NullBuffer::new(valid)))
}

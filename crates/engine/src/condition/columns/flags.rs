//! Truths of all rows.

use super::lanes::{Lane, Lanes, Valid};

/// 1 in each row in which a number left 64 bits.
pub(super) type Over = Option<Vec<u8>>;

/// One truth a row, or one for all.
#[derive(Debug, Clone)]
pub(super) enum Bytes {
    Same(bool),
    Rows(Vec<u8>),
}

/// Truths; empty is false.
#[derive(Debug, Clone)]
pub(super) struct Flags {
    pub rows: Bytes,
    pub over: Over,
}

/// Either of both.
pub(super) fn either(a: Over, b: Over) -> Over {
    match (a, b) {
        (Some(mut a), Some(b)) => {
            a.iter_mut().zip(&b).for_each(|(a, b)| *a |= b);
            Some(a)
        }
        (a, b) => a.or(b),
    }
}

/// What overflows in the rows that are asked: those in which `rows` is `asked`.
fn reached(over: Over, rows: &Bytes, asked: bool) -> Over {
    let mut over = over?;
    match rows {
        Bytes::Same(value) => (*value == asked).then_some(over),
        Bytes::Rows(rows) => {
            let asked = u8::from(asked);
            over.iter_mut()
                .zip(rows)
                .for_each(|(over, row)| *over &= u8::from(*row == asked));
            Some(over)
        }
    }
}

impl Bytes {
    pub(super) fn never(&self) -> bool {
        match self {
            Bytes::Same(value) => !value,
            Bytes::Rows(rows) => rows.iter().all(|row| *row == 0),
        }
    }

    pub(super) fn always(&self) -> bool {
        matches!(self, Bytes::Same(true))
    }

    pub(super) fn into_bytes(self, rows: usize) -> Vec<u8> {
        match self {
            Bytes::Same(value) => vec![u8::from(value); rows],
            Bytes::Rows(rows) => rows,
        }
    }
}

impl Flags {
    pub(super) fn same(value: bool) -> Flags {
        Flags {
            rows: Bytes::Same(value),
            over: None,
        }
    }

    pub(super) fn not(mut self) -> Flags {
        match &mut self.rows {
            Bytes::Same(value) => *value = !*value,
            Bytes::Rows(rows) => rows.iter_mut().for_each(|row| *row ^= 1),
        }
        self
    }

    pub(super) fn and(self, other: Flags) -> Flags {
        let over = either(self.over, reached(other.over, &self.rows, true));
        let rows = match (self.rows, other.rows) {
            (Bytes::Same(true), rows) | (rows, Bytes::Same(true)) => rows,
            (Bytes::Same(false), _) | (_, Bytes::Same(false)) => Bytes::Same(false),
            (Bytes::Rows(mut a), Bytes::Rows(b)) => {
                a.iter_mut().zip(&b).for_each(|(a, b)| *a &= b);
                Bytes::Rows(a)
            }
        };
        Flags { rows, over }
    }

    pub(super) fn or(self, other: Flags) -> Flags {
        let over = either(self.over, reached(other.over, &self.rows, false));
        let rows = match (self.rows, other.rows) {
            (Bytes::Same(false), rows) | (rows, Bytes::Same(false)) => rows,
            (Bytes::Same(true), _) | (_, Bytes::Same(true)) => Bytes::Same(true),
            (Bytes::Rows(mut a), Bytes::Rows(b)) => {
                a.iter_mut().zip(&b).for_each(|(a, b)| *a |= b);
                Bytes::Rows(a)
            }
        };
        Flags { rows, over }
    }

    /// `yes` where these hold, `no` elsewhere.
    pub(super) fn choose(self, yes: Flags, no: Flags, rows: usize) -> Flags {
        let over = self.chosen(yes.over, no.over);
        let rows = match self.rows {
            Bytes::Same(true) => yes.rows,
            Bytes::Same(false) => no.rows,
            Bytes::Rows(pick) => {
                let (yes, no) = (yes.rows.into_bytes(rows), no.rows.into_bytes(rows));
                let both = yes.iter().zip(&no);
                Bytes::Rows(
                    pick.iter()
                        .zip(both)
                        .map(|(pick, (yes, no))| (pick & yes) | ((pick ^ 1) & no))
                        .collect(),
                )
            }
        };
        Flags { rows, over }
    }

    /// What overflows of two alternatives, and of the choice.
    pub(super) fn chosen(&self, yes: Over, no: Over) -> Over {
        let (yes, no) = (
            reached(yes, &self.rows, true),
            reached(no, &self.rows, false),
        );
        either(self.over.clone(), either(yes, no))
    }

    /// As numbers.
    pub(super) fn into_lane(self) -> Lane {
        Lane {
            lanes: match self.rows {
                Bytes::Same(value) => Lanes::Same(i64::from(value)),
                Bytes::Rows(rows) => Lanes::Rows(rows.into_iter().map(i64::from).collect()),
            },
            valid: Valid::Everywhere,
            over: self.over,
        }
    }
}

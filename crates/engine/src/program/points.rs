//! Wallets: how points are rounded, when they end, what happens when they do not suffice.

use crate::calendar::{Calendar, Length, MonthDay};
use crate::canonical::Kind;
use crate::condition::expression::Expr;
use crate::finding::Place;
use crate::number::{Rational, Rounding};

/// Points of one sort.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Wallet {
    /// Another version of the programme has it: here it only keeps its place among all of them.
    pub absent: bool,
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub rounding: Rounding,
    pub round_at: RoundAt,
    /// Digits of a point. Scaled points of all wallets have as many as [`super::Program::scale`].
    pub scale: u8,
    /// What a point is worth, in units of the currency.
    pub value: Option<Rational>,
    /// How long a grant is held before it can be spent.
    pub pending: Option<Pending>,
    pub expiry: Expiry,
    /// Whether open points take the new rung's end when a higher one is reached.
    pub restarts_up: bool,
    /// Whether open points take the new rung's end when the rung is lost.
    pub restarts_down: bool,
    /// Smallest redemption, in scaled points.
    pub minimum: i64,
}

/// How long a grant is held: so long, until an event, or what comes first.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Pending {
    /// At most so long.
    pub length: Option<Length>,
    pub until: Option<Until>,
}

/// An event that releases what was granted before it.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Until {
    pub on: Kind,
    pub when: Option<Expr>,
    /// The id of the order whose points are released; without it all are.
    pub order: Option<Expr>,
}

impl Wallet {
    /// The smallest part of a point, in scaled points.
    pub fn grain(&self, program: &super::Program) -> i64 {
        10i64.pow(u32::from(program.scale() - self.scale))
    }

    /// The event that its points wait for.
    pub fn until(&self) -> Option<&Until> {
        self.pending.as_ref()?.until.as_ref()
    }
}

impl Wallet {
    /// The same, to be changed.
    pub(super) fn until_mut(&mut self) -> Option<&mut Until> {
        self.pending.as_mut()?.until.as_mut()
    }
}

/// Where points are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundAt {
    /// All rules of the wallet are summed exactly over the event and rounded once.
    Event,
    /// Each line by itself.
    Line,
}

/// When points end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Expiry {
    /// Never.
    Never,
    /// So long after the grant; then up to the first instant after the month, quarter or year, if one is named.
    Rolling {
        length: Length,
        up_to: Option<Calendar>,
    },
    /// At 00:00 of the next of these days of the year after the grant; with a shortest life the next that is at
    /// least so long after it.
    Fixed {
        days: Vec<MonthDay>,
        life: Option<Length>,
    },
    /// All points of the wallet together, so long after the last event of these kinds; then up to the first instant
    /// after the month, quarter or year, if one is named.
    Inactivity {
        length: Length,
        renewed_by: Vec<Kind>,
        up_to: Option<Calendar>,
    },
}

impl Wallet {
    /// The kinds of events that keep points alive, where inactivity ends them.
    pub fn renewed_by(&self) -> Option<&[Kind]> {
        match &self.expiry {
            Expiry::Inactivity { renewed_by, .. } => Some(renewed_by),
            _ => None,
        }
    }
}

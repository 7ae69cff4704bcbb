//! Rules by which points are earned, their caps, and groups in which they meet.

use super::{ByRung, Expiry};
use crate::calendar::{Day, Per};
use crate::canonical::Kind;
use crate::condition::expression::Expr;
use crate::finding::Place;
use crate::number::Rational;

/// A rule by which points are earned.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Earn {
    /// Another version of the programme has it: here it only keeps its place among all of them.
    pub absent: bool,
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub on: Kind,
    pub when: Option<Expr>,
    pub from: Option<Day>,
    pub before: Option<Day>,
    /// Does it count for metrics of kind granted (and so for the rung)?
    pub counts: bool,
    pub caps: Vec<Cap>,
    pub group: Option<usize>,
    pub priority: i64,
    /// `when` or `amount` mentions `line`, or the kind does: the rule runs per line.
    pub per_line: bool,
    pub kind: EarnKind,
    /// The wallet that its points go to (index in `Program::wallets`).
    pub wallet: u8,
    /// When its points end; as the rung or the wallet says if not given.
    pub expiry: Option<Expiry>,
}

/// How points are earned.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum EarnKind {
    /// points × amount / per; with `whole` only full `per`s count.
    PerAmount {
        points: ByRung<Rational>,
        per: Rational,
        amount: Expr,
        whole: bool,
    },
    /// Flat.
    PerEvent { points: ByRung<Rational> },
    /// Flat per matching line, or × quantity.
    PerLine {
        points: ByRung<Rational>,
        unit: bool,
    },
    /// The highest step that the amount reaches: (from, points).
    Steps {
        amount: Expr,
        steps: Vec<(Rational, Rational)>,
    },
    /// (times − 1) × the exact points of other rules (indices), after their caps.
    Multiplier {
        times: ByRung<Rational>,
        of: Vec<usize>,
    },
}

/// A limit.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Cap {
    pub place: Place,
    pub limit: Limit,
    pub per: Per,
    pub pool: Pool,
    /// One cap for each value of this.
    pub each: Option<Expr>,
    pub over: Over,
}

/// What a cap limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// Scaled points.
    Points(ByRung<i64>),
    /// How often.
    Count(ByRung<i64>),
}

/// Whose cap or metric it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Pool {
    Account,
    Member,
}

/// What happens above a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// What fits is granted.
    Trim,
    /// Nothing is granted if not all fits.
    Reject,
}

/// Earn rules that meet.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Group {
    pub id: String,
    pub place: Place,
    pub cap: Vec<Cap>,
    pub combine: Option<Combine>,
    pub max: Option<Rational>,
}

/// How multipliers of a group meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// The highest alone.
    Highest,
    /// 2× and 3× make 4×.
    Add,
    /// 2× and 3× make 6×.
    Multiply,
    /// By priority, then id.
    First,
}

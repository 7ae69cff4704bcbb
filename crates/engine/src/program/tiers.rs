//! The ladder: its rungs, how they are reached, how long they hold and how they are lost.

use super::{ByRung, Expiry};
use crate::calendar::Length;
use crate::finding::Place;

/// The ladder.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Tiers {
    pub place: Place,
    pub period: Period,
    pub crossing: Crossing,
    pub validity: Validity,
    pub requalify: Requalify,
    pub shortfall: ByRung<Shortfall>,
    /// Lowest first.
    pub rungs: Vec<Rung>,
}

impl Tiers {
    /// The next lower rung that this version has.
    pub fn below(&self, rung: u8) -> u8 {
        let lower = self.rungs.iter().take(usize::from(rung));
        let next = lower.enumerate().rev().find(|(_, rung)| !rung.absent);
        next.map_or(0, |(rung, _)| rung as u8)
    }
}

/// The stretch over which qualification is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Period {
    /// From `start` (a day of the year), each so many months long.
    Calendar {
        months: i64,
        start: crate::calendar::MonthDay,
    },
    /// The stretch that ends now: instants [t − length, t) for minutes and hours, else local dates.
    Rolling { length: Length },
    /// Since joining.
    Lifetime,
}

/// Which rate the order that crosses the line earns. It is always counted at the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// The old one.
    NextEvent,
}

/// How long a rung holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Validity {
    /// To the end of the period in which it was reached, plus so many whole ones, plus extra.
    Periods { count: i64, extra: Option<Length> },
    /// So long from the day it was reached.
    Length { length: Length },
    /// The rung is what the metric says at every instant.
    None,
    /// For ever.
    Forever,
}

/// When keeping is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requalify {
    /// At the end of every period.
    EachPeriod,
    /// At the end of validity, over the period that ends there.
    ValidityEnd,
}

/// What happens at the end of validity without `keep`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Shortfall {
    Keep,
    DropOne,
    DropToQualified,
    DropToBase,
}

/// All of one alternative: (metric, least value in the metric's denominator).
pub type Need = Vec<(usize, i64)>;

/// A rung.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Rung {
    /// Another version of the programme has it: here it only keeps its place among all of them.
    pub absent: bool,
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    /// Any of these alternatives; empty for the lowest.
    pub reach: Vec<Need>,
    /// Any of these; `reach` if not given.
    pub keep: Vec<Need>,
    pub benefits: Vec<usize>,
    /// When points end that are granted at this rung; as the wallet says if not given.
    pub expiry: Option<Expiry>,
    /// The wallet that this is said of (index in `Program::wallets`).
    pub wallet: u8,
}

impl Rung {
    /// When points of a wallet end that are granted at this rung, if it says so.
    pub fn expiry_of(&self, wallet: u8) -> Option<&Expiry> {
        self.expiry.as_ref().filter(|_| self.wallet == wallet)
    }
}

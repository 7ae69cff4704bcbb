//! What a KPI sees of one account: plain rows, borrowed, in the order of time. The pipeline fills
//! them from the history and the ledger.

use crate::calendar::{Day, Instant};
use crate::ledger::EntryKind;

/// One account, up to the day of the report.
///
/// All lists are sorted by day. Rows after the day of the report may be there; no KPI looks at them.
/// Refunds after that day must not be in [`OrderFact::refunded`].
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountFacts<'a> {
    /// Who.
    pub account: &'a str,
    /// The day on which the account became a member, if it did.
    pub enrolled: Option<Day>,
    /// Its orders, also those before it joined.
    pub orders: &'a [OrderFact],
    /// Its moves on the ladder; moves within one day in the order of time.
    pub rungs: &'a [RungFact],
    /// Changes of its points.
    pub points: &'a [PointsFact],
    /// Rewards issued to it.
    pub rewards: &'a [RewardFact],
}

impl AccountFacts<'_> {
    /// The day of the first thing known of the account.
    pub fn first_day(&self) -> Option<Day> {
        [
            self.enrolled,
            self.orders.first().map(|order| order.day),
            self.rungs.first().map(|moved| moved.day),
            self.points.first().map(|points| points.day),
            self.rewards.first().map(|reward| reward.day),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// An order with all its lines. Amounts are minor units of the programme's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderFact {
    /// Its local day.
    pub day: Day,
    /// Its instant.
    pub time: Instant,
    /// Before discounts and refunds.
    pub gross: i64,
    /// After discounts, before refunds.
    pub net: i64,
    /// What has been refunded of `net` up to the day of the report; dated as the order.
    pub refunded: i64,
    /// Nothing of it is left: every line was given back. An order over 0.00 that nobody gave back is
    /// still an order.
    pub whole: bool,
    /// Bit n: it passes the n-th KPI filter (see [`super::Measures::filters`]).
    pub passes: u64,
}

/// A move from rung to rung (indices from the lowest).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RungFact {
    /// Local day of the move.
    pub day: Day,
    /// The rung before.
    pub from: u8,
    /// The rung from then on.
    pub to: u8,
}

/// An entry of the ledger. Points are scaled as in the ledger and signed as there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsFact {
    /// Local day on which it takes effect.
    pub day: Day,
    /// Index in `Program::wallets`.
    pub wallet: u8,
    /// What it does.
    pub kind: EntryKind,
    /// As in [`crate::ledger::Entry::points`]; the opposite where the entry was taken back.
    pub points: i64,
    /// Whether the entry, as it was booked first, takes points away.
    pub taken: bool,
    /// What it adds to the pending points: a grant that is held back adds, a release takes away, and
    /// so does a reversal of points that are still held back.
    pub pending: i64,
}

impl PointsFact {
    /// What it adds to pending + open.
    pub fn held(&self) -> i64 {
        if self.kind.changes_points() {
            self.points
        } else {
            0
        }
    }

    /// What it adds to the points that can be spent.
    pub fn open(&self) -> i128 {
        i128::from(self.held()) - i128::from(self.pending)
    }
}

/// A reward that was issued, or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RewardFact {
    /// Local day of issue, or on which it was taken back.
    pub day: Day,
    /// Index in `Program::rewards`.
    pub reward: u16,
    /// 1; −1 where it was taken back; 0 where it only came out that it is not deserved.
    pub number: i64,
    /// Minor units that it costs, negative where it was taken back.
    pub cost: i64,
}

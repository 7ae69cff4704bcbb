//! What is measured: metrics that the engine remembers, KPIs, objectives and costs.

use super::{Earn, Pool};
use crate::calendar::{Calendar, Day, Per};
use crate::canonical::Kind;
use crate::condition::expression::Expr;
use crate::finding::Place;
use crate::number::Rational;

/// What the engine remembers of an account or member.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Metric {
    /// Another version of the programme has it: here it only keeps its place among all of them.
    pub absent: bool,
    pub id: String,
    pub place: Place,
    pub kind: MetricKind,
    /// The event it looks at; none for `granted` and `spent`.
    pub on: Option<Kind>,
    pub when: Option<Expr>,
    pub of: Option<Expr>,
    /// With it: a column usable in conditions. Without: the tiers' period.
    pub window: Option<Per>,
    pub pool: Pool,
    /// `granted` and `spent`: points of this wallet (index in `Program::wallets`).
    pub wallet: u8,
    /// `granted`: only these rules (indices); else all that count.
    pub rules: Option<Vec<usize>>,
    /// Denominator of its value: money metrics are in minor units.
    pub den: i64,
}

impl Metric {
    /// Of kind `granted`: whether it counts the points of a rule (with its index).
    pub fn counts_points_of(&self, earn: &Earn, index: usize) -> bool {
        let named = self.rules.as_ref().map(|rules| rules.contains(&index));
        earn.wallet == self.wallet && named.unwrap_or(earn.counts)
    }
}

/// The kinds of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// How many events.
    Events,
    /// The sum of `of`.
    Sum,
    /// How many different values of `of`.
    Distinct,
    /// The first value of `of` in the window.
    First,
    /// The last.
    Last,
    /// Points granted by rules that count.
    Granted,
    /// Points redeemed.
    Spent,
}

/// A KPI.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Kpi {
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub kind: KpiKind,
    pub window: Per,
    /// Net of refunds (dated as the order), else gross.
    pub net: bool,
    pub by: Vec<By>,
    /// Index in `Program::wallets`: whose points it counts, if it counts points.
    pub wallet: u8,
    pub when: Option<Expr>,
    pub warn_below: Option<Rational>,
    pub warn_above: Option<Rational>,
}

/// What a KPI measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum KpiKind {
    Retention,
    Churn,
    RepeatPurchase,
    Frequency,
    OrderValue,
    Active,
    InterPurchase,
    Cohort,
    TierMoves,
    PointsIssued,
    PointsRedeemed,
    PointsExpired,
    PointsOpen,
    RewardCost,
}

impl KpiKind {
    /// All kinds with their names in a programme.
    pub const ALL: &'static [(KpiKind, &'static str)] = &[
        (KpiKind::Retention, "retention"),
        (KpiKind::Churn, "churn"),
        (KpiKind::RepeatPurchase, "repeat_purchase"),
        (KpiKind::Frequency, "frequency"),
        (KpiKind::OrderValue, "order_value"),
        (KpiKind::Active, "active"),
        (KpiKind::InterPurchase, "inter_purchase"),
        (KpiKind::Cohort, "cohort"),
        (KpiKind::TierMoves, "tier_moves"),
        (KpiKind::PointsIssued, "points_issued"),
        (KpiKind::PointsRedeemed, "points_redeemed"),
        (KpiKind::PointsExpired, "points_expired"),
        (KpiKind::PointsOpen, "points_open"),
        (KpiKind::RewardCost, "reward_cost"),
    ];

    /// As it is written in a programme.
    pub fn text(self) -> &'static str {
        KpiKind::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, text)| text)
    }

    /// Whether it counts points, which are those of one wallet.
    pub fn counts_points(self) -> bool {
        matches!(
            self,
            KpiKind::PointsIssued
                | KpiKind::PointsRedeemed
                | KpiKind::PointsExpired
                | KpiKind::PointsOpen
        )
    }
}

/// Dimensions of a KPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The rung held when the window ends (or at `as_of`, if that is earlier).
    Rung,
}

/// A goal in numbers.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Objective {
    pub id: String,
    pub place: Place,
    /// Index of the KPI.
    pub kpi: usize,
    pub baseline: Rational,
    pub target: Rational,
    pub by: Day,
    pub owner: Option<String>,
}

/// Costs of the programme.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Costs {
    /// Share of net revenue that is margin.
    pub margin: Option<Rational>,
    pub items: Vec<CostItem>,
}

/// A cost that is not a reward's.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct CostItem {
    pub id: String,
    pub place: Place,
    /// `technology` or `promotion`.
    pub kind: String,
    /// Minor units.
    pub money: i64,
    pub per: Calendar,
}

//! The checked programme: what checking produces and everything else reads. Ids are resolved to
//! indices, values by rung are one per rung, conditions are typed.

mod absent;
mod align;
mod changes;
mod collect;
mod conversion;
mod earn;
mod lineage;
mod measures;
mod migrate;
mod points;
mod qualify;
mod refunds;
mod regrant;
mod rewards;
mod tiers;
mod versions;

pub use collect::{Column, Dataset, Format, Literal, Pii, SourceColumn, Target};
pub use conversion::Conversion;
pub use earn::{Cap, Combine, Earn, EarnKind, Group, Limit, Over, Pool};
pub use measures::{By, CostItem, Costs, Kpi, KpiKind, Metric, MetricKind, Objective};
pub use migrate::{Carried, IdleSince, Migrate, Qualify, Regrant, RungEnds};
pub use points::{Expiry, Pending, RoundAt, Until, Wallet};
pub use refunds::{Expired, OverRefund, RefundRung, Refunds, Shortage};
pub use rewards::{Benefit, Reward, RewardKind, Schedule, Surprise, Trigger};
pub use tiers::{Crossing, Need, Period, Requalify, Rung, Shortfall, Tiers, Validity};
pub use versions::{Takeover, Versions};

use crate::calendar::{Day, LeapDay, Length, Zone};

/// One version of a programme.
#[derive(Debug, Clone)]
pub struct Program {
    /// The folder's name.
    pub id: String,
    /// The file's name, `2026-01-01.toml`.
    pub file: String,
    /// SHA-256 of the file, hexadecimal.
    pub digest: String,
    /// The local day from which it rules.
    pub from: Day,
    /// Name that members see.
    pub name: String,
    /// Whose midnight counts.
    pub zone: Zone,
    /// ISO 4217 code.
    pub currency: String,
    /// Digits of the currency's minor unit.
    pub currency_digits: u8,
    /// How long a settled night stays open to late events.
    pub late: Length,
    /// How long the schedule waits for stragglers.
    pub settle_after: Length,
    /// When 29 February falls in a common year.
    pub leap_day: LeapDay,
    /// First day of a week, 0 Monday.
    pub week: i64,
    /// What the programme is for.
    pub objectives: Vec<Objective>,
    /// The datasets, in order of their names; an event's `source` is the index here.
    pub datasets: Vec<Dataset>,
    /// All data columns of all kinds that are collected or canonical.
    pub columns: Vec<Column>,
    /// Wallets; none where there are no points.
    pub wallets: Vec<Wallet>,
    /// Earn rules, in order of their ids.
    pub earn: Vec<Earn>,
    /// Groups of earn rules.
    pub groups: Vec<Group>,
    /// What the engine remembers.
    pub metrics: Vec<Metric>,
    /// The ladder.
    pub tiers: Option<Tiers>,
    /// What a rung carries while it lasts.
    pub benefits: Vec<Benefit>,
    /// Rewards.
    pub rewards: Vec<Reward>,
    /// What a refund does.
    pub refunds: Refunds,
    /// How one becomes a member.
    pub enrol: Enrol,
    /// How long before joining orders count, where one joins by an `enrol` event.
    pub backdate: Option<Length>,
    /// Surprises.
    pub surprises: Vec<Surprise>,
    /// KPIs.
    pub kpis: Vec<Kpi>,
    /// Costs.
    pub costs: Costs,
    /// What changes on the day on which it begins.
    pub migrate: Migrate,
    /// The same, by the places that all versions share.
    pub takeover: Takeover,
}

impl Program {
    /// Digits of scaled points: those of the finest wallet, so that points of all are integers.
    pub fn scale(&self) -> u8 {
        let scales = self.wallets.iter().map(|wallet| wallet.scale);
        scales.max().unwrap_or(0)
    }

    /// A wallet, by its place; entries know it.
    pub fn wallet(&self, place: u8) -> Option<&Wallet> {
        self.wallets.get(usize::from(place))
    }
}

/// A value that may differ by rung: one for each rung, or one for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByRung<T>(pub Vec<T>);

impl<T> ByRung<T> {
    /// The value at a rung (index from the lowest).
    #[inline]
    pub fn at(&self, rung: usize) -> &T {
        &self.0[if self.0.len() == 1 { 0 } else { rung }]
    }
}

/// How one becomes a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrol {
    /// By an `enrol` event; what comes before it does not count.
    OptIn,
    /// With the first event of any kind.
    Automatic,
    /// With the first order.
    FirstOrder,
}

impl Enrol {
    /// All of them.
    pub const ALL: [Enrol; 3] = [Enrol::OptIn, Enrol::Automatic, Enrol::FirstOrder];

    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Enrol::OptIn => "opt_in",
            Enrol::Automatic => "automatic",
            Enrol::FirstOrder => "first_order",
        }
    }
}

//! The checked programme: what checking produces and everything else reads. Ids are resolved to
//! indices, values by rung are one per rung, conditions are typed.

use crate::calendar::{Calendar, Day, LeapDay, Length, Per, Zone};
use crate::canonical::{Kind, Moment, Type};
use crate::condition::expression::Expr;
use crate::finding::Place;
use crate::number::{Rational, Rounding};

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
    /// How long a settled night stays open to late events (used from the next edition on).
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
    /// The wallet, if there are points.
    pub wallet: Option<Wallet>,
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
    /// What a refund or a redeem beyond the balance does when lots do not suffice.
    pub shortage: Shortage,
    /// What becomes of the rung on a refund.
    pub refund_rung: RefundRung,
    /// Where `[refunds]` stands.
    pub refunds_place: Place,
    /// How one becomes a member.
    pub enrol: Enrol,
    /// Surprises.
    pub surprises: Vec<Surprise>,
    /// KPIs.
    pub kpis: Vec<Kpi>,
    /// Costs.
    pub costs: Costs,
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

/// A column of a kind of event, of its lines, or (kind profile) of the member.
#[derive(Debug, Clone)]
pub struct Column {
    /// Of which kind of event.
    pub kind: Kind,
    /// A column of a line, not of the event.
    pub line: bool,
    /// As it stands in conditions after the root.
    pub name: String,
    /// Its type.
    pub kind_of_value: Type,
    /// Numbers are stored as integers of this many digits after the point.
    pub digits: u8,
    /// Not every dataset of this kind of event declares it required.
    pub optional: bool,
    /// Least value, in units of `digits`, if every dataset that fills the column declares one.
    pub min: Option<i64>,
    /// Largest value, likewise.
    pub max: Option<i64>,
    /// The values it can have, if every dataset that fills the column declares them.
    pub values: Option<Vec<String>>,
    /// Whether some dataset declares it (else it is canonical and read where a file has it).
    pub declared: bool,
}

impl Column {
    /// Its name in the lake: `order_net`, `order_line_net`, `activity_name`.
    pub fn stored(&self) -> String {
        let line = if self.line { "line_" } else { "" };
        format!("{}_{line}{}", self.kind.text(), self.name)
    }
}

/// The declared shape of uploaded files.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Dataset {
    pub id: String,
    pub place: Place,
    pub event: Kind,
    /// Pattern under the inbox.
    pub file: String,
    pub format: Option<Format>,
    /// Source columns that make the id, joined with `/`.
    pub event_id: Vec<String>,
    pub member: String,
    pub account: Option<String>,
    pub time: String,
    pub revision: Option<String>,
    /// Zone of times without offset; the programme's if none.
    pub zone: Option<Zone>,
    /// Source column of the line number; rows with one id are lines of one event.
    pub line: Option<String>,
    /// Columns with one value for all rows.
    pub fixed: Vec<(usize, Literal)>,
    pub columns: Vec<SourceColumn>,
    pub purpose: Option<String>,
    pub retention: Option<Length>,
}

/// A value written in the programme for a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// Everything else, as in conditions, in the column's digits.
    Number(i64),
}

/// The formats of uploaded files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// What happens to personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pii {
    /// Kept as it is.
    Keep,
    /// Replaced by a keyed hash.
    Hash,
    /// Never stored.
    Drop,
}

/// One column of a file.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct SourceColumn {
    /// Index in `Program::columns`; for `channel` and `store` nothing.
    pub target: Target,
    /// Name in the file.
    pub from: String,
    pub required: bool,
    pub values: Option<Vec<String>>,
    pub min: Option<Rational>,
    pub max: Option<Rational>,
    /// Integers in the file are already in units of the column's digits (minor units).
    pub minor: bool,
    pub pii: Option<Pii>,
}

/// Where a source column goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A column of the kind (index in `Program::columns`).
    Column(usize),
    /// The channel of the event.
    Channel,
    /// The store of the event.
    Store,
}

/// Points.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Wallet {
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub rounding: Rounding,
    pub round_at: RoundAt,
    /// Digits of a point.
    pub scale: u8,
    /// What a point is worth, in units of the currency.
    pub value: Option<Rational>,
    /// How long a grant is held before it can be spent.
    pub pending: Option<Length>,
    pub expiry: Expiry,
    /// Smallest redemption, in scaled points.
    pub minimum: i64,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Never.
    Never,
    /// So long after the grant; then up to the first instant of the next month if `month_end`.
    #[allow(missing_docs)]
    Rolling { length: Length, month_end: bool },
}

/// A value that may differ by rung: one for each rung, or one for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByRung<T>(pub Vec<T>);

impl<T> ByRung<T> {
    /// The value at a rung (index from the lowest).
    pub fn at(&self, rung: usize) -> &T {
        &self.0[if self.0.len() == 1 { 0 } else { rung }]
    }
}

/// A rule by which points are earned.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Earn {
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

/// What the engine remembers of an account or member.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Metric {
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
    /// `granted`: only these rules (indices); else all that count.
    pub rules: Option<Vec<usize>>,
    /// Denominator of its value: money metrics are in minor units.
    pub den: i64,
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
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    /// Any of these alternatives; empty for the lowest.
    pub reach: Vec<Need>,
    /// Any of these; `reach` if not given.
    pub keep: Vec<Need>,
    pub benefits: Vec<usize>,
}

/// What a rung carries.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Benefit {
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub value: Option<String>,
    pub worth: Option<i64>,
    pub cost: Option<i64>,
}

/// What a reward is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RewardKind {
    Voucher,
    Product,
    Discount,
    Service,
    Credit,
    Badge,
}

/// On what something happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Trigger {
    Event(Kind),
    Moment(Moment),
}

/// A reward.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Reward {
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub kind: RewardKind,
    /// Scaled points for which a member buys it.
    pub price: Option<ByRung<i64>>,
    /// Minor units that are paid on top.
    pub cash: Option<i64>,
    pub on: Option<Trigger>,
    pub from: Option<Day>,
    pub before: Option<Day>,
    pub when: Option<Expr>,
    pub valid: ByRung<Length>,
    /// Minor units.
    pub worth: Option<i64>,
    /// Minor units.
    pub cost: Option<i64>,
    /// Minor units: least order on which it can be used.
    pub minimum: Option<i64>,
    /// Only `count` limits.
    pub caps: Vec<Cap>,
}

/// When lots do not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// The rest is owed and paid by the next lot that is released.
    Debt,
    /// The rest is let go.
    Forgive,
}

/// What a refund does to the rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundRung {
    /// The rung ends at the refund's time if what it rests on is gone.
    AtOnce,
    /// Only the next checkpoint sees it.
    Checkpoint,
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

/// A reward that no published rule promises.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Surprise {
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub schedule: Schedule,
    pub when: Expr,
    /// Kind `chance`: the probability of a win.
    pub chance: Rational,
    /// Index of the reward.
    pub reward: usize,
    /// Winners of one occurrence at most; none: no limit.
    pub budget: Option<u64>,
    /// A winner does not draw again before so long after the win.
    pub cooldown: Option<Length>,
}

/// Occurrences of a surprise in local time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Schedule {
    pub place: Place,
    /// EventBridge's six fields.
    pub cron: String,
    pub from: Option<Day>,
    pub before: Option<Day>,
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
}

/// Dimensions of a KPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The rung held when the window ends (or at `as_of`, if that is earlier).
    Rung,
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

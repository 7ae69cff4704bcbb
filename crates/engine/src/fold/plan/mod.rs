//! The programme made ready for settlement: one denominator for all rates, windows resolved, rules
//! listed by the kind of event that they wait for.

mod columns;
mod denominator;
mod lane;
mod meetings;
mod rates;

pub use columns::{Named, column};
pub use lane::{Base, Lane, LaneCap, MOST, Raise};
pub use meetings::Meeting;
pub use rates::Rate;

use columns::mentions_line;
use denominator::denominator;
use meetings::meetings;
use rates::rate;

use crate::calendar::{Day, Per};
use crate::canonical::{Kind, Moment};
use crate::condition::expression::Expr;
use crate::fold::measure::Window;
use crate::number::Divisor;
use crate::program::{
    ByRung, Earn, EarnKind, Expiry, Limit, Metric, MetricKind, Over, Period, Pool, Program,
    RefundRung, RoundAt, Trigger, Until, Wallet,
};

/// Why a programme cannot be settled although it was checked: its rates need more than 64 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooFine {
    /// The earn rule at which it was found.
    pub rule: String,
}

/// A cap with its window.
#[derive(Debug, Clone)]
pub struct CapPlan<'p> {
    /// Index of the rule (or group) in its list.
    pub owner: CapOwner,
    /// What it runs for separately.
    pub each: Option<&'p Expr>,
    /// Whether it limits how often, not how many points.
    pub count: bool,
    /// The limit: scaled points, or a count.
    pub limit: &'p ByRung<i64>,
    /// Over what it runs; none: one event.
    pub window: Option<Window>,
    /// Whose it is.
    pub pool: Pool,
    /// Trim or reject.
    pub over: Over,
}

/// What a cap limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapOwner {
    /// An earn rule.
    Earn(usize),
    /// A group.
    Group(usize),
    /// A reward.
    Reward(usize),
}

/// An earn rule made ready.
#[derive(Debug, Clone)]
pub struct RulePlan {
    /// How it earns.
    pub rate: Rate,
    /// Its caps (index in `Plan::caps`).
    pub caps: Vec<usize>,
    /// Runs per line.
    pub per_line: bool,
    /// A multiplier whose condition names the line.
    pub by_line: bool,
    /// First day.
    pub from: Day,
    /// First day on which it earns no more.
    pub before: Day,
}

/// The programme made ready.
#[derive(Debug)]
pub struct Plan<'p> {
    /// The programme.
    pub program: &'p Program,
    /// Exact points are integers over this, in scaled points.
    pub denominator: i64,
    /// The same, to divide by.
    pub divisor: Divisor,
    /// By wallet: its smallest part, in scaled points.
    pub grains: Vec<i64>,
    /// By wallet: microseconds that points live, where that depends neither on the calendar nor on the rung.
    pub lives: Vec<Option<i64>>,
    /// Whether lots may wait before they can be spent (or there are none).
    pub lots_wait: bool,
    /// Whether points of a rule may end otherwise than those of another, or go to another wallet.
    pub own_ends: bool,
    /// By index of the rule.
    pub rules: Vec<RulePlan>,
    /// Base rules by kind of event.
    pub base: Vec<Vec<usize>>,
    /// By base rule: the multipliers that raise it.
    pub meetings: Vec<Vec<Meeting>>,
    /// All multipliers.
    pub multipliers: Vec<usize>,
    /// Caps of rules, groups and rewards.
    pub caps: Vec<CapPlan<'p>>,
    /// Caps of each group (index in `caps`).
    pub group_caps: Vec<Vec<usize>>,
    /// Rules of each group.
    pub group_rules: Vec<Vec<usize>>,
    /// Caps of each reward.
    pub reward_caps: Vec<Vec<usize>>,
    /// Window of each metric.
    pub windows: Vec<Window>,
    /// Metrics by the kind of event that they look at.
    pub metrics: Vec<Vec<usize>>,
    /// By metric: it mentions the line, so it runs per line.
    pub metric_by_line: Vec<bool>,
    /// Metrics of kind granted.
    pub granted: Vec<usize>,
    /// Metrics of kind spent.
    pub spent: Vec<usize>,
    /// Whether an event of one row is one place: points are rounded once for the event, not per line.
    pub rounds_events: bool,
    /// By kind of event: the straight line for events of one row.
    pub lanes: Vec<Option<Lane<'p>>>,
    /// A ladder of one sum or count: the metric, and the least value of each rung but the lowest.
    pub ladder: Option<(usize, Vec<i64>)>,
    /// Whether rungs rest on stretches of rolling windows.
    pub tracks_ground: bool,
    /// Whether rungs are lost as soon as a measure falls.
    pub lapses: bool,
    /// Account metrics that tiers count.
    pub tier_metrics: Vec<usize>,
    /// Rewards by kind of event.
    pub rewards: Vec<Vec<usize>>,
    /// Rewards on reaching a rung.
    pub reached: Vec<usize>,
    /// Whether refunds can take rewards back, so that one must know why they were given.
    pub revokes: bool,
    /// Rewards on a birthday.
    pub birthday: Vec<usize>,
    /// The profile's birthday column, if the programme has one.
    pub birthday_column: Option<usize>,
    /// Whether anything of single members is remembered.
    pub members: bool,
    /// Kinds of events at which conditions look at the account's or member's metrics.
    pub asks_state: Vec<bool>,
    /// Columns by name that settlement itself reads.
    pub named: Named,
    /// Per column: is it read at all?
    pub reads: Vec<bool>,
}

impl<'p> Plan<'p> {
    /// Makes a programme ready.
    pub fn new(program: &'p Program) -> Result<Plan<'p>, TooFine> {
        let denominator = denominator(program)?;
        let named = Named::of(program);
        let mut caps = Vec::new();
        let week = program.week;
        let mut add_caps = |owner: CapOwner, list: &'p [crate::program::Cap]| -> Vec<usize> {
            list.iter()
                .map(|cap| {
                    let (count, limit) = match &cap.limit {
                        Limit::Points(points) => (false, points),
                        Limit::Count(count) => (true, count),
                    };
                    caps.push(CapPlan {
                        owner,
                        each: cap.each.as_ref(),
                        count,
                        limit,
                        window: window(cap.per, None, week),
                        pool: cap.pool,
                        over: cap.over,
                    });
                    caps.len() - 1
                })
                .collect()
        };
        let mut rules = Vec::with_capacity(program.earn.len());
        for (index, earn) in program.earn.iter().enumerate() {
            let rate = rate(program, earn, denominator, named)?;
            let by_line = mentions_line(program, earn.when.as_ref());
            rules.push(RulePlan {
                rate,
                caps: add_caps(CapOwner::Earn(index), &earn.caps),
                per_line: earn.per_line,
                by_line,
                from: earn.from.unwrap_or(Day::MIN),
                before: earn.before.unwrap_or(Day::MAX),
            });
        }
        let group_caps = program
            .groups
            .iter()
            .enumerate()
            .map(|(i, group)| add_caps(CapOwner::Group(i), &group.cap))
            .collect();
        let reward_caps = program
            .rewards
            .iter()
            .enumerate()
            .map(|(i, reward)| add_caps(CapOwner::Reward(i), &reward.caps))
            .collect();
        let group_rules = (0..program.groups.len())
            .map(|group| {
                (0..program.earn.len())
                    .filter(|rule| program.earn[*rule].group == Some(group))
                    .collect()
            })
            .collect();
        let is_multiplier = |earn: &Earn| matches!(earn.kind, EarnKind::Multiplier { .. });
        let by_kind = |test: &dyn Fn(usize, Kind) -> bool, len: usize| -> Vec<Vec<usize>> {
            Kind::ALL
                .iter()
                .map(|kind| (0..len).filter(|i| test(*i, *kind)).collect())
                .collect()
        };
        let tier_period = program.tiers.as_ref().map(|tiers| tiers.period);
        let mut plan = Plan {
            program,
            denominator,
            grains: program.wallets.iter().map(|it| it.grain(program)).collect(),
            lives: (0..)
                .zip(&program.wallets)
                .map(|(place, wallet)| life(program, place, wallet))
                .collect(),
            own_ends: program.wallets.len() > 1
                || program.earn.iter().any(|earn| earn.expiry.is_some()),
            lots_wait: program.wallets.is_empty()
                || program
                    .wallets
                    .iter()
                    .any(|wallet| wallet.pending.is_some()),
            divisor: Divisor::new(denominator),
            base: by_kind(
                &|i, kind| {
                    let earn = &program.earn[i];
                    earn.on == kind && !earn.absent && !is_multiplier(earn)
                },
                program.earn.len(),
            ),
            meetings: (0..program.earn.len())
                .map(|base| meetings(program, base))
                .collect(),
            multipliers: (0..program.earn.len())
                .filter(|i| is_multiplier(&program.earn[*i]))
                .collect(),
            rules,
            group_caps,
            group_rules,
            reward_caps,
            windows: program
                .metrics
                .iter()
                .map(|metric| {
                    window(metric.window.unwrap_or(Per::Period), tier_period, week)
                        .unwrap_or(Window::Lifetime)
                })
                .collect(),
            metrics: by_kind(
                &|i, kind| program.metrics[i].on == Some(kind),
                program.metrics.len(),
            ),
            metric_by_line: program
                .metrics
                .iter()
                .map(|metric| {
                    mentions_line(program, metric.when.as_ref())
                        || mentions_line(program, metric.of.as_ref())
                })
                .collect(),
            granted: of_kind(&program.metrics, MetricKind::Granted),
            spent: of_kind(&program.metrics, MetricKind::Spent),
            rounds_events: program
                .wallets
                .iter()
                .all(|it| it.round_at == RoundAt::Event),
            tracks_ground: program.tiers.as_ref().is_some_and(|tiers| {
                matches!(tiers.period, Period::Rolling { .. })
                    && tiers.validity != crate::program::Validity::None
            }),
            lanes: Vec::new(),
            ladder: ladder(program),
            lapses: program
                .tiers
                .as_ref()
                .is_some_and(|tiers| tiers.validity == crate::program::Validity::None),
            tier_metrics: tier_metrics(program),
            rewards: by_kind(
                &|i, kind| program.rewards[i].on == Some(Trigger::Event(kind)),
                program.rewards.len(),
            ),
            reached: on_moment(program, Moment::RungReached),
            revokes: program.refunds.revokes_rewards
                && program
                    .datasets
                    .iter()
                    .any(|dataset| dataset.event == Kind::Refund),
            birthday: on_moment(program, Moment::Birthday),
            birthday_column: column(program, Kind::Profile, false, "birthday"),
            members: false,
            asks_state: Vec::new(),
            named,
            reads: Vec::new(),
            caps,
        };
        plan.asks_state = Kind::ALL
            .iter()
            .map(|kind| plan.conditions(*kind).iter().any(|expr| expr.needs_state()))
            .collect();
        plan.reads = plan.read_columns();
        plan.members = plan.needs_members();
        plan.lanes = Kind::ALL.iter().map(|kind| plan.lane(*kind)).collect();
        Ok(plan)
    }

    /// The places of the wallets.
    #[inline]
    pub(super) fn wallets(&self) -> std::ops::Range<u8> {
        0..self.program.wallets.len() as u8
    }

    /// What events of this kind release of a wallet, if they do.
    #[inline]
    pub(super) fn until(&self, wallet: u8, kind: Kind) -> Option<&'p Until> {
        let until = self.program.wallet(wallet)?.until();
        until.filter(|until| until.on == kind)
    }

    /// Whether what an event added to a metric stays when the event is refunded or undone: the ladder counts on it.
    pub fn stays_counted(&self, metric: usize) -> bool {
        self.program.refunds.rung == RefundRung::Never && self.tier_metrics.contains(&metric)
    }

    /// Every condition and expression that is asked at an event of this kind.
    pub fn conditions(&self, kind: Kind) -> Vec<&'p Expr> {
        let program = self.program;
        let mut all: Vec<&Expr> = Vec::new();
        for earn in program.earn.iter().filter(|earn| earn.on == kind) {
            all.extend(&earn.when);
            all.extend(earn.caps.iter().filter_map(|cap| cap.each.as_ref()));
            if let EarnKind::PerAmount { amount, .. } | EarnKind::Steps { amount, .. } = &earn.kind
            {
                all.push(amount);
            }
        }
        for metric in program
            .metrics
            .iter()
            .filter(|metric| metric.on == Some(kind))
        {
            all.extend(&metric.when);
            all.extend(&metric.of);
        }
        for reward in program
            .rewards
            .iter()
            .filter(|reward| reward.on == Some(Trigger::Event(kind)))
        {
            all.extend(&reward.when);
            all.extend(reward.caps.iter().filter_map(|cap| cap.each.as_ref()));
        }
        for group in &program.groups {
            all.extend(group.cap.iter().filter_map(|cap| cap.each.as_ref()));
        }
        for until in self.wallets().filter_map(|wallet| self.until(wallet, kind)) {
            all.extend(until.when.iter().chain(&until.order));
        }
        all
    }

    fn needs_members(&self) -> bool {
        let program = self.program;
        let pool = program
            .metrics
            .iter()
            .any(|metric| metric.pool == Pool::Member)
            || self.caps.iter().any(|cap| cap.pool == Pool::Member);
        let collects = program.datasets.iter().any(|dataset| {
            matches!(dataset.event, Kind::Enrol | Kind::Profile) || dataset.account.is_some()
        });
        pool || collects || !self.birthday.is_empty()
    }
}

/// Microseconds that points of a wallet live, whatever the day and the rung.
fn life(program: &Program, place: u8, wallet: &Wallet) -> Option<i64> {
    let Expiry::Rolling {
        length,
        up_to: None,
    } = &wallet.expiry
    else {
        return None;
    };
    let mut rungs = program.tiers.iter().flat_map(|tiers| &tiers.rungs);
    let same = rungs.all(|rung| rung.expiry_of(place).is_none());
    length.exact().filter(|_| same)
}

fn of_kind(metrics: &[Metric], kind: MetricKind) -> Vec<usize> {
    (0..metrics.len())
        .filter(|i| metrics[*i].kind == kind)
        .collect()
}

fn on_moment(program: &Program, moment: Moment) -> Vec<usize> {
    (0..program.rewards.len())
        .filter(|i| program.rewards[*i].on == Some(Trigger::Moment(moment)))
        .collect()
}

fn tier_metrics(program: &Program) -> Vec<usize> {
    let mut all: Vec<usize> = program
        .tiers
        .iter()
        .flat_map(|tiers| &tiers.rungs)
        .flat_map(|rung| rung.reach.iter().chain(&rung.keep))
        .flatten()
        .map(|(metric, _)| *metric)
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The one metric that all rungs wait for, and how much of it each needs.
fn ladder(program: &Program) -> Option<(usize, Vec<i64>)> {
    let rungs = &program.tiers.as_ref()?.rungs;
    let mut metrics = Vec::new();
    let mut leasts: Vec<i64> = Vec::new();
    // From the highest down: a rung that only another version has is passed together with the next one above.
    for rung in rungs.iter().skip(1).rev() {
        if rung.absent {
            leasts.push(leasts.last().copied().unwrap_or(i64::MAX));
            continue;
        }
        let [needs] = rung.reach.as_slice() else {
            return None;
        };
        let [(metric, least)] = needs.as_slice() else {
            return None;
        };
        metrics.push(*metric);
        leasts.push(*least);
    }
    leasts.reverse();
    let metric = *metrics.first()?;
    let counts = matches!(
        program.metrics[metric].kind,
        MetricKind::Sum | MetricKind::Events | MetricKind::Granted | MetricKind::Spent
    );
    (counts && metrics.iter().all(|other| *other == metric) && leasts.is_sorted())
        .then_some((metric, leasts))
}

/// The window of a `per`; none for one event or line.
fn window(per: Per, tiers: Option<Period>, week: i64) -> Option<Window> {
    let rolling = |length: crate::calendar::Length| {
        length.exact().map_or(Window::Days(length), Window::Exact)
    };
    match per {
        Per::Event | Per::Line => None,
        Per::Calendar(calendar) => Some(Window::Calendar(calendar, week)),
        Per::Rolling(length) => Some(rolling(length)),
        Per::Lifetime => Some(Window::Lifetime),
        Per::Period => Some(match tiers {
            Some(Period::Rolling { length }) => rolling(length),
            Some(period @ Period::Calendar { .. }) => Window::Tier(period),
            Some(Period::Lifetime) | None => Window::Lifetime,
        }),
    }
}

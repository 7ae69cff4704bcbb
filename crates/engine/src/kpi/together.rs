//! All accounts together: the first screen of a report, and the ledger summed up by day. It is kept from
//! night to night, each adding what it brought, so that figures that only add up need no history.

use super::facts::{AccountFacts, OrderFact, PointsFact, RewardFact};
use super::holder::Holder;
use super::open_ends::OpenEnds;
use super::points_periods::{PointsPeriod, points_periods};
use super::totals::Totals;
use crate::calendar::Day;
use crate::ledger::EntryKind;
use crate::program::Program;
use hashbrown::HashMap;

/// What all accounts did up to a day.
#[derive(Debug, Clone, Default)]
pub struct Together {
    /// Accounts with an order of which something is left.
    pub customers: i128,
    /// Such orders.
    pub orders: i128,
    /// What they bring in minor units, net of discounts and refunds.
    pub revenue: i128,
    /// What was refunded in minor units, also of orders that were given back whole.
    pub refunded: i128,
    /// Accounts that have joined.
    pub members: i128,
    /// Members on each rung.
    pub rungs: Vec<i128>,
    /// Open points of each wallet by when they end. It is told by the states of accounts, not by their facts; nothing where that is
    /// not known of all of them.
    pub ends: Option<Vec<OpenEnds>>,
    wallets: usize,
    first: Option<Day>,
    place_of_day: HashMap<Day, usize>,
    days: Vec<Sums>,
}

/// The sums of a day. Adjustments go both ways and count differently, so points that were taken stand
/// apart from those that were given.
#[derive(Debug, Clone)]
struct Sums {
    day: Day,
    /// By wallet, kind, and whether they were taken.
    points: Vec<[[PointsSum; 2]; EntryKind::ALL.len()]>,
    /// Number and cost, by reward.
    rewards: Vec<(i128, i128)>,
}

/// Points of one wallet and day, and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayOfPoints {
    /// The local day.
    pub day: Day,
    /// Index in `Program::wallets`.
    pub wallet: u8,
    /// What became of them.
    pub kind: EntryKind,
    /// As in [`PointsFact::taken`].
    pub taken: bool,
    /// How many.
    pub sum: PointsSum,
}

/// Scaled points of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PointsSum {
    /// As in [`PointsFact::points`].
    pub points: i128,
    /// As in [`PointsFact::pending`].
    pub pending: i128,
}

impl Together {
    /// Nobody yet.
    pub fn new(program: &Program) -> Together {
        let rungs = program.tiers.as_ref().map_or(0, |tiers| tiers.rungs.len());
        Together {
            rungs: vec![0; rungs],
            ends: Some(OpenEnds::none(program)),
            wallets: program.wallets.len(),
            ..Together::default()
        }
    }

    /// Day of the first thing known of any account.
    pub fn first(&self) -> Option<Day> {
        self.first
    }

    /// Something is known of this day.
    pub fn seen(&mut self, day: Day) {
        self.first = Some(self.first.map_or(day, |first| first.min(day)));
    }

    fn on(&mut self, day: Day) -> &mut Sums {
        let (days, wallets) = (&mut self.days, self.wallets);
        let place = *self.place_of_day.entry(day).or_insert_with(|| {
            days.push(Sums {
                day,
                points: vec![Default::default(); wallets],
                rewards: Vec::new(),
            });
            days.len() - 1
        });
        &mut self.days[place]
    }

    /// Adds points of a day.
    pub fn points(&mut self, of: DayOfPoints) {
        let points = &mut self.on(of.day).points;
        if let Some(own) = points.get_mut(usize::from(of.wallet)) {
            let own = &mut own[of.kind as usize][usize::from(of.taken)];
            own.points += of.sum.points;
            own.pending += of.sum.pending;
        }
    }

    /// Adds what rewards of a day cost.
    pub fn rewards(&mut self, day: Day, reward: u16, number: i128, cost: i128) {
        let rewards = &mut self.on(day).rewards;
        let reward = usize::from(reward);
        if rewards.len() <= reward {
            rewards.resize(reward + 1, (0, 0));
        }
        rewards[reward].0 += number;
        rewards[reward].1 += cost;
    }

    /// Adds a row of the ledger.
    pub fn point(&mut self, fact: &PointsFact) {
        self.seen(fact.day);
        let sum = PointsSum {
            points: fact.points.into(),
            pending: fact.pending.into(),
        };
        self.points(DayOfPoints {
            day: fact.day,
            wallet: fact.wallet,
            kind: fact.kind,
            taken: fact.taken,
            sum,
        });
    }

    /// Adds a reward.
    pub fn reward(&mut self, fact: &RewardFact) {
        self.seen(fact.day);
        let number = fact.number.into();
        self.rewards(fact.day, fact.reward, number, fact.cost.into());
    }

    /// Adds orders of an account (`sign` 1) or takes them out as they were before (−1). Returns of how
    /// many of them something is left.
    pub fn bought(&mut self, orders: &[OrderFact], sign: i128) -> i64 {
        let mut left = 0;
        for order in orders {
            self.refunded += sign * i128::from(order.refunded);
            if !order.whole {
                left += 1;
                self.revenue += sign * (i128::from(order.net) - i128::from(order.refunded));
            }
        }
        self.orders += sign * i128::from(left);
        left
    }

    /// Adds an account that is on a rung (`sign` 1), or takes it out (−1).
    pub fn on_rung(&mut self, rung: usize, sign: i128) {
        self.members += sign;
        if let Some(members) = self.rungs.get_mut(rung) {
            *members += sign;
        }
    }

    /// Adds a whole account as it is at the end of the day `as_of`; nothing of it is later than that. When its points
    /// end is not known after that.
    pub fn observe(&mut self, facts: &AccountFacts<'_>, as_of: Day) {
        if let Some(first) = facts.first_day() {
            self.seen(first);
        }
        self.ends = None;
        let left = self.bought(facts.orders, 1);
        self.customers += i128::from(left > 0);
        if facts.enrolled.is_some() {
            let rung = Holder::new(facts, self.rungs.len(), true).at(as_of + 1);
            self.on_rung(rung, 1);
        }
        facts.points.iter().for_each(|fact| self.point(fact));
        facts.rewards.iter().for_each(|fact| self.reward(fact));
    }

    /// Adds other accounts, or what another night brought.
    pub fn merge(&mut self, other: &Together) {
        self.customers += other.customers;
        self.orders += other.orders;
        self.revenue += other.revenue;
        self.refunded += other.refunded;
        self.members += other.members;
        for (own, more) in self.rungs.iter_mut().zip(&other.rungs) {
            *own += more;
        }
        match (&mut self.ends, &other.ends) {
            (Some(ends), Some(more)) => {
                for (ends, more) in ends.iter_mut().zip(more) {
                    ends.merge(more);
                }
            }
            _ => self.ends = None,
        }
        if let Some(first) = other.first {
            self.seen(first);
        }
        for points in other.all_points() {
            self.points(points);
        }
        for (day, reward, number, cost) in other.all_rewards() {
            self.rewards(day, reward, number, cost);
        }
    }

    fn sorted(&self) -> Vec<&Sums> {
        let mut days: Vec<&Sums> = self.days.iter().collect();
        days.sort_by_key(|sums| sums.day);
        days
    }

    /// All sums of points that are not nothing, by day, wallet and kind.
    pub fn all_points(&self) -> Vec<DayOfPoints> {
        let mut all = Vec::new();
        for sums in self.sorted() {
            for (wallet, own) in (0..).zip(&sums.points) {
                for kind in EntryKind::ALL {
                    for taken in [false, true] {
                        let sum = own[*kind as usize][usize::from(taken)];
                        let (day, kind) = (sums.day, *kind);
                        all.push(DayOfPoints {
                            day,
                            wallet,
                            kind,
                            taken,
                            sum,
                        });
                    }
                }
            }
        }
        all.retain(|points| points.sum != PointsSum::default());
        all
    }

    /// Day, reward, number and cost of all rewards, by day and reward.
    pub fn all_rewards(&self) -> Vec<(Day, u16, i128, i128)> {
        let mut all = Vec::new();
        for sums in self.sorted() {
            let rewards = (0..).zip(&sums.rewards);
            let issued = rewards.filter(|(_, sums)| *sums != &(0, 0));
            all.extend(issued.map(|(reward, (number, cost))| (sums.day, reward, *number, *cost)));
        }
        all
    }

    /// The ledger as if it were that of one account, for everything that only adds up.
    pub(super) fn as_one(&self) -> (Vec<PointsFact>, Vec<RewardFact>) {
        let mut points = Vec::new();
        for of in self.all_points() {
            let fact = |points, pending| PointsFact {
                day: of.day,
                wallet: of.wallet,
                kind: of.kind,
                points,
                taken: of.taken,
                pending,
            };
            points.extend(pieces(of.sum.points).map(|points| fact(points, 0)));
            points.extend(pieces(of.sum.pending).map(|pending| fact(0, pending)));
        }
        let mut rewards = Vec::new();
        for (day, reward, _, cost) in self.all_rewards() {
            rewards.extend(pieces(cost).map(|cost| RewardFact {
                day,
                reward,
                number: 0,
                cost,
            }));
        }
        (points, rewards)
    }

    /// What became of the points of each wallet, month by month, up to the day `as_of`.
    pub fn points_periods(&self, program: &Program, as_of: Day) -> Vec<Vec<PointsPeriod>> {
        let mut by_wallet = vec![Vec::new(); self.wallets];
        for fact in self.as_one().0 {
            if let Some(facts) = by_wallet.get_mut(usize::from(fact.wallet)) {
                facts.push(fact);
            }
        }
        let by_wallet = by_wallet.iter();
        by_wallet
            .map(|facts| points_periods(program, facts, as_of))
            .collect()
    }

    /// The first screen of the report of the day `as_of`.
    pub(super) fn totals(&self, program: &Program, as_of: Day) -> Totals {
        let (points, _) = self.as_one();
        let mut totals = Totals::new(program, as_of);
        totals.observe(&AccountFacts {
            points: &points,
            ..AccountFacts::default()
        });
        for (_, reward, number, cost) in self.all_rewards() {
            if let Some(sum) = totals.rewards.get_mut(usize::from(reward)) {
                sum.0 += number;
                sum.1 += cost;
            }
        }
        totals.customers = self.customers;
        totals.orders = self.orders;
        totals.revenue = self.revenue;
        totals.refunded = self.refunded;
        totals.members = self.members;
        totals.rungs.clone_from(&self.rungs);
        totals
    }
}

/// A sum in numbers of 64 bits: one, wherever it fits.
fn pieces(mut sum: i128) -> impl Iterator<Item = i64> {
    std::iter::from_fn(move || {
        let piece = sum.clamp(i64::MIN.into(), i64::MAX.into());
        sum -= piece;
        (piece != 0).then_some(piece as i64)
    })
}

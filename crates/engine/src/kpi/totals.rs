//! Totals: the figures on a report's first screen, over the whole time up to its day.

use super::facts::{AccountFacts, PointsFact};
use super::holder::Holder;
use crate::calendar::Day;
use crate::ledger::EntryKind;
use crate::program::Program;
use serde::{Deserialize, Serialize};

/// What happened up to the day of the report. Amounts are minor units and scaled points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    as_of: Day,
    /// Accounts with an order of which something is left.
    pub customers: i128,
    /// Such orders.
    pub orders: i128,
    /// What they bring, net of discounts and refunds.
    pub revenue: i128,
    /// What was refunded, also of orders that were given back whole.
    pub refunded: i128,
    /// Accounts that have joined.
    pub members: i128,
    /// Members on each rung (index from the lowest); empty without a ladder.
    pub rungs: Vec<i128>,
    /// What became of the points of each wallet (index in `Program::wallets`).
    pub points: Vec<PointsFlow>,
    /// By reward (index): how many were issued, and what they cost.
    pub rewards: Vec<(i128, i128)>,
}

/// From the points granted to those that are left. Always
/// granted + opening + restored + adjusted + converted = redeemed + expired + reversed + repaid + open + pending.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsFlow {
    /// Granted by rules.
    pub granted: i128,
    /// Brought by members from another system.
    pub opening: i128,
    /// Added (or, negative, taken) by the desk.
    pub adjusted: i128,
    /// Given back by un-redeems.
    pub restored: i128,
    /// Came from other wallets where a version says so; negative: became points of other wallets.
    #[serde(default)]
    pub converted: i128,
    /// Spent.
    pub redeemed: i128,
    /// Reached the end of their life.
    pub expired: i128,
    /// Taken back by refunds.
    pub reversed: i128,
    /// Went into debts when they were released.
    pub repaid: i128,
    /// Can be spent now.
    pub open: i128,
    /// Held back.
    pub pending: i128,
    /// Owed by members.
    pub debt: i128,
    /// What lots did not cover and was let go.
    pub forgiven: i128,
}

impl PointsFlow {
    /// Counts an entry.
    pub(super) fn observe(&mut self, fact: &PointsFact) {
        let pending = i128::from(fact.pending);
        self.pending += pending;
        self.open -= pending;
        self.add(fact.kind, fact.points.into());
    }

    fn add(&mut self, kind: EntryKind, points: i128) {
        if kind.changes_points() {
            self.open += points;
        }
        match kind {
            EntryKind::Grant => self.granted += points,
            EntryKind::Adjust => self.adjusted += points,
            EntryKind::Opening => self.opening += points,
            EntryKind::Restore => self.restored += points,
            EntryKind::Convert => self.converted += points,
            EntryKind::Redeem => self.redeemed -= points,
            EntryKind::Expire => self.expired -= points,
            EntryKind::Reverse => self.reversed -= points,
            EntryKind::Debt => self.debt += points,
            EntryKind::Repay => {
                self.repaid -= points;
                self.debt += points;
            }
            EntryKind::Forgive => self.forgiven += points,
            EntryKind::Release | EntryKind::Renew => {}
        }
    }

    fn merge(&mut self, other: &PointsFlow) {
        self.granted += other.granted;
        self.opening += other.opening;
        self.adjusted += other.adjusted;
        self.restored += other.restored;
        self.converted += other.converted;
        self.redeemed += other.redeemed;
        self.expired += other.expired;
        self.reversed += other.reversed;
        self.repaid += other.repaid;
        self.open += other.open;
        self.pending += other.pending;
        self.debt += other.debt;
        self.forgiven += other.forgiven;
    }
}

impl Totals {
    /// Nothing yet.
    pub fn new(program: &Program, as_of: Day) -> Totals {
        let rungs = program.tiers.as_ref().map_or(0, |tiers| tiers.rungs.len());
        Totals {
            as_of,
            customers: 0,
            orders: 0,
            revenue: 0,
            refunded: 0,
            members: 0,
            rungs: vec![0; rungs],
            points: vec![PointsFlow::default(); program.wallets.len()],
            rewards: vec![(0, 0); program.rewards.len()],
        }
    }

    /// Counts one account.
    pub fn observe(&mut self, facts: &AccountFacts<'_>) {
        let until = self.as_of;
        let (mut orders, mut revenue, mut refunded) = (0, 0, 0);
        for order in facts.orders.iter().filter(|order| order.day <= until) {
            refunded += i128::from(order.refunded);
            if !order.whole {
                orders += 1;
                revenue += i128::from(order.net) - i128::from(order.refunded);
            }
        }
        self.orders += orders;
        self.revenue += revenue;
        self.refunded += refunded;
        self.customers += i128::from(orders > 0);
        if facts.enrolled.is_some_and(|day| day <= until) {
            self.members += 1;
            let rung = Holder::new(facts, self.rungs.len(), true).at(until + 1);
            if let Some(members) = self.rungs.get_mut(rung) {
                *members += 1;
            }
        }
        for fact in facts.points.iter().filter(|fact| fact.day <= until) {
            if let Some(flow) = self.points.get_mut(usize::from(fact.wallet)) {
                flow.observe(fact);
            }
        }
        for fact in facts.rewards.iter().filter(|fact| fact.day <= until) {
            if let Some((issued, cost)) = self.rewards.get_mut(usize::from(fact.reward)) {
                *issued += i128::from(fact.number);
                *cost += i128::from(fact.cost);
            }
        }
    }

    /// Adds what other accounts did. Both are of one programme and day.
    pub fn merge(&mut self, other: &Totals) {
        self.customers += other.customers;
        self.orders += other.orders;
        self.revenue += other.revenue;
        self.refunded += other.refunded;
        self.members += other.members;
        for (own, more) in self.rungs.iter_mut().zip(&other.rungs) {
            *own += more;
        }
        for (own, more) in self.points.iter_mut().zip(&other.points) {
            own.merge(more);
        }
        for (own, more) in self.rewards.iter_mut().zip(&other.rewards) {
            own.0 += more.0;
            own.1 += more.1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::tests::sample::{Account, day, program};

    #[test]
    fn totals_balance_the_points() {
        let mut totals = Totals::new(&program(Vec::new()), day("2026-02-28"));
        let account = Account::with_points()
            .order("2026-01-10", 6_000)
            .refunded("2026-02-03", 2_000, 2_000)
            .moved("2026-02-15", 0, 2);
        totals.observe(&account.facts());
        assert_eq!((totals.customers, totals.orders), (1, 1));
        assert_eq!((totals.revenue, totals.refunded), (6_000, 2_000));
        assert_eq!((totals.members, &totals.rungs), (1, &vec![0, 0, 1]));
        assert_eq!(
            totals.points[0],
            PointsFlow {
                granted: 100,
                redeemed: 30,
                reversed: 20,
                open: 50,
                debt: 5,
                ..PointsFlow::default()
            }
        );
    }
}

//! Orders from before joining, where they count: each is judged by its own day, and what it gives is granted at
//! the instant of joining. So no line of the ledger is older than the membership, and a night that is settled
//! stays as it is: the night of joining reads the account's history again.

use super::account::Account;
use super::measure::Measure;
use super::sink::{NotIssued, Sink, WhyNot};
use crate::calendar::Length;
use crate::canonical::Kind;
use crate::condition::evaluate::Overflow;
use crate::ledger::EventRef;
use std::ops::Range;

/// What an order from before joining gives.
struct Credit {
    order: EventRef,
    /// The version of its day.
    version: u16,
    /// Scaled points by rule.
    points: Vec<i64>,
}

impl<S: Sink> Account<'_, '_, S> {
    /// The account joins with the event of `row`: orders of so long before count, less what came back of them.
    pub(super) fn credit_orders_before(&mut self, row: usize) {
        let Some(length) = self.plan.program.backdate else {
            return;
        };
        let first = self.first_that_counts(row, length);
        if first == row {
            return;
        }
        let (at, day, version) = (self.at, self.day, self.state.version);
        self.count_from(first);
        let mut credits: Vec<Credit> = Vec::new();
        let mut start = first;
        while start < row {
            let mut end = start + 1;
            while end < row && self.batch.continues(end) {
                end += 1;
            }
            self.at = self.batch.time[start];
            self.judge_by(self.piece.plans.at(self.at));
            self.day = self.prepared.day[start];
            match self.batch.kind_at(start) {
                Some(Kind::Order) => credits.extend(self.judge(start..end)),
                Some(Kind::Refund) => self.refund_early(start..end, &mut credits),
                _ => {}
            }
            start = end;
        }
        (self.at, self.day) = (at, day);
        self.judge_by(version);
        self.state.past_came_now(at);
        for order in &mut self.scratch.pass.orders {
            order.granted_under = version;
        }
        for credit in credits {
            if credit.points.iter().any(|points| *points > 0) {
                self.book_points(&credit.order, &credit.points, credit.version);
            }
        }
        self.member(row);
    }

    /// The first row of the account that lies in the window that ends with joining.
    fn first_that_counts(&self, row: usize, length: Length) -> usize {
        let account = self.batch.account.get(row);
        let last_day_outside = length.before(self.day);
        let counts = |row: &usize| {
            let inside = match length.exact() {
                Some(micros) => self.batch.time[*row] >= self.at - micros,
                None => self.prepared.day[*row] > last_day_outside,
            };
            inside && self.batch.account.get(*row) == account
        };
        (0..row).rev().take_while(counts).last().unwrap_or(row)
    }

    /// Goes back to before the event of `row`. Nothing has counted until now, but windows have moved on.
    fn count_from(&mut self, row: usize) {
        let members = self.state.members.iter_mut();
        let measures = members.map(|member| &mut member.measures);
        for measures in measures.chain([&mut self.state.measures]) {
            measures.iter_mut().for_each(Measure::clear);
        }
        self.state.version = self.piece.plans.at(self.batch.time[row]);
        self.rule(self.state.version);
    }

    /// Goes on to a version; what was counted goes on with it.
    fn judge_by(&mut self, version: u16) {
        while self.state.version < version {
            let old = self.plan;
            self.rule(self.state.version + 1);
            self.state.version += 1;
            self.state.take_counts(old, self.plan);
            self.state.forget_tallies(self.piece.plans);
            self.state.forget_past(self.piece.plans);
        }
    }

    /// Counts an order, by the rules of its day.
    fn judge(&mut self, rows: Range<usize>) -> Option<Credit> {
        let member = self.member(rows.start);
        if self.plan.asks_state[Kind::Order as usize] {
            self.slide_all();
        }
        if let Err(Overflow) = self.evaluate(Kind::Order, rows.clone(), member) {
            self.overflowed(rows.start);
            return None;
        }
        let order = self.event_ref(rows.start);
        if self.scratch.pass.awaits(Kind::Order, &order.1) {
            self.remember(rows.clone(), member, &order);
        }
        self.compare_rules(Kind::Order, rows.clone(), member, &order);
        self.count_points();
        self.count(Kind::Order, member);
        if S::TRACE {
            self.tell_no_reward(rows.start, member);
        }
        Some(Credit {
            order,
            version: self.state.version,
            points: self.scratch.earned.booked.clone(),
        })
    }

    /// A reward is for members who order.
    fn tell_no_reward(&mut self, row: usize, member: usize) {
        for reward in std::mem::take(&mut self.scratch.candidates) {
            let known = self.state.members.get(member);
            self.sink.not_issued(NotIssued {
                at: self.at,
                event: Some(self.event_ref(row)),
                member: known.map_or(self.account, |member| &member.id).to_owned(),
                reward,
                version: self.version,
                why: WhyNot::Enrolment,
            });
        }
    }

    /// A refund from before joining.
    fn refund_early(&mut self, rows: Range<usize>, credits: &mut [Credit]) {
        // Of an order that does not count there is nothing to give back.
        let Some((order, points)) = self.refund_before_credit(rows) else {
            return;
        };
        if let Some(credit) = credits.iter_mut().find(|credit| credit.order == order) {
            credit.points = points;
        }
    }
}

//! Refunds: what the lines that are left would have given, by the state of the order's moment, is
//! subtracted from what was given so far. Any series of partial refunds ends at exactly nothing.

use super::account::Account;
use super::contribution::{Added, contributions, granted};
use super::earn::{Earned, Moment};
use super::plan::CapOwner;
use super::prepared::{Prepared, Row};
use super::remembered::OrderMemory;
use super::sink::{Rejection, Sink};
use super::state::Gift;
use super::stretch::{difference, take_back};
use super::view::View;
use crate::canonical::Kind;
use crate::event::EventId;
use crate::ledger::{EventRef, Rule};
use crate::program::{MetricKind, OverRefund, Pool, RefundRung};
use std::ops::Range;

/// What is left of an order, by the rules.
struct Left {
    /// Scaled points that each rule would give.
    given: Vec<i64>,
    /// What it would add to each metric.
    added: Vec<Added>,
    /// By place in [`OrderMemory::gifts`]: whether it would give the reward.
    deserves: Vec<bool>,
}

impl<S: Sink> Account<'_, '_, S> {
    /// One refund event: its rows are the lines that come back, or line 0 for the whole rest.
    pub(super) fn refund(&mut self, rows: Range<usize>) {
        let event = self.event_ref(rows.start);
        let text = self
            .plan
            .named
            .refund_order
            .and_then(|column| self.batch.text(column, rows.start))
            .unwrap_or_default();
        let id = EventId::of(text);
        let Some(index) = self
            .scratch
            .pass
            .orders
            .iter()
            .position(|order| order.event.1 == id)
        else {
            return self
                .sink
                .reject(rows.start, Rejection::UnknownOrder(text.to_owned()));
        };
        let mut order = self.scratch.pass.orders.swap_remove(index);
        let refunds = self.piece.plans.of(order.version).program.refunds;
        let (first, before) = (rows.start, order.lines.clone());
        let mut over = false;
        for row in rows {
            over |= self.take_line(&mut order, row);
        }
        if over && refunds.over == OverRefund::Reject {
            order.lines = before;
            self.scratch.pass.orders.push(order);
            let why = Rejection::OverRefund(text.to_owned());
            return self.sink.reject(first, why);
        }
        self.renew(Kind::Refund);
        match self.again(&order) {
            Some(left) => {
                self.version = order.version;
                self.take_back(&mut order, &left.given, &event);
                self.version = self.state.version;
                self.count_back(&mut order, left.added);
                let mut deserves = left.deserves.into_iter();
                let gifts = std::mem::take(&mut order.gifts).into_iter();
                // What was used stays, and a later refund looks at it again.
                order.gifts = gifts
                    .filter(|gift| deserves.next().unwrap_or(true) || !self.revoke(gift, &event))
                    .collect();
                if refunds.rung == RefundRung::AtOnce {
                    self.refunded((order.at, order.day), &event);
                }
                if over {
                    let why = Rejection::TrimmedRefund(text.to_owned());
                    self.sink.reject(first, why);
                }
            }
            None => {
                // The refund gives nothing back, neither now nor to a later one.
                order.lines = before;
                self.sink
                    .reject(first, Rejection::Overflow(text.to_owned()));
            }
        }
        self.scratch.pass.orders.push(order);
        self.climb(Some(&event));
    }

    /// Runs the rules on what is left, in the state of the order's moment.
    fn again(&self, order: &OrderMemory) -> Option<Left> {
        let plan = self.piece.plans.of(order.version);
        let batch = self.reduced(order);
        let mut earned = Earned::default();
        let mut added = Vec::new();
        if batch.rows == 0 {
            return Some(Left {
                given: vec![0; plan.rules.len()],
                added: vec![Added::default(); plan.program.metrics.len()],
                deserves: vec![false; order.gifts.len()],
            });
        }
        let prepared = Prepared::new(plan, &batch);
        let moment = Moment {
            plan,
            batch: &batch,
            prepared: &prepared,
            kind: Kind::Order,
            at: order.at,
            day: order.day,
            rung: order.rung,
            member: order.member as u16,
        };
        let mut before = order.before.clone();
        let mut caps = std::mem::take(&mut before.caps);
        let view = View {
            plan,
            state: &before,
            member: order.member,
            at: order.at,
            moment: None,
        };
        earned
            .run::<false>(&moment, 0..batch.rows, &view, &mut caps)
            .ok()?;
        contributions(&moment, 0..batch.rows, &view, &mut added).ok()?;
        let row = Row {
            batch: &batch,
            row: 0,
            days: &prepared.day,
        };
        let deserves = |gift: &Gift| {
            let when = &prepared.reward_when[usize::from(gift.reward)];
            when.holds(row, plan, &view).ok()
        };
        Some(Left {
            given: earned.booked,
            added,
            deserves: order.gifts.iter().map(deserves).collect::<Option<_>>()?,
        })
    }

    fn take_back(&mut self, order: &mut OrderMemory, given: &[i64], event: &EventRef) {
        let (plans, now) = (self.piece.plans, self.plan);
        let plan = plans.of(order.version);
        let total: i64 = order
            .given
            .iter()
            .zip(given)
            .map(|(so_far, left)| so_far - left)
            .sum();
        let mut rest = total.max(0);
        let mut taken = vec![0; plan.rules.len()];
        for rule in 0..plan.rules.len() {
            let points = (order.given[rule] - given[rule]).clamp(0, rest);
            if points > 0 {
                rest -= points;
                taken[rule] = points;
                order.given[rule] -= points;
                let rule = Rule::Earn(rule as u16);
                let forgiven = self.forgive_ended(order, rule, event, points);
                self.reverse(rule, event, &order.event, points - forgiven);
            }
        }
        for metric in &plan.granted {
            let points = granted(plan, *metric, &taken);
            if points == 0
                || plan.stays_counted(*metric)
                || plans.drops(*metric, order.version, self.state.version)
            {
                continue;
            }
            if let Some(measure) = self.state.measures.get_mut(*metric) {
                measure.slide(
                    &now.windows[*metric],
                    self.at,
                    self.day,
                    MetricKind::Granted,
                );
                measure.take_back(&now.windows[*metric], order.at, order.day, points);
            }
            self.state
                .take_from_ground(now, *metric, (order.at, order.day), points, &[]);
        }
        // Room under caps is free again for later events.
        for (index, cap) in plan.caps.iter().enumerate() {
            let Some(window) = &cap.window else { continue };
            let (points, left): (i64, i64) = match cap.owner {
                CapOwner::Earn(rule) => (taken[rule], order.given[rule]),
                CapOwner::Group(group) => {
                    let rules = &plan.group_rules[group];
                    (
                        rules.iter().map(|rule| taken[*rule]).sum(),
                        rules.iter().map(|rule| order.given[*rule]).sum(),
                    )
                }
                CapOwner::Reward(_) => continue,
            };
            let Some(index) = plans.cap(order.version, index, self.state.version) else {
                continue;
            };
            if points == 0 {
                continue;
            }
            let amount = if !cap.count {
                points
            } else {
                i64::from(left == 0)
            };
            let member = if cap.pool == Pool::Member {
                order.member as u16
            } else {
                0
            };
            for used in self
                .state
                .caps
                .iter_mut()
                .filter(|used| usize::from(used.cap) == index && used.member == member)
            {
                if amount > 0 && cap.each.is_none() {
                    used.used.slide(window, self.at, self.day, MetricKind::Sum);
                    used.used.take_back(window, order.at, order.day, amount);
                }
            }
        }
    }

    /// Metrics are net of refunds, dated as the order.
    fn count_back(&mut self, order: &mut OrderMemory, added: Vec<Added>) {
        let plan = self.plan;
        let plans = self.piece.plans;
        let granting = plans.of(order.version);
        for metric in &granting.metrics[Kind::Order as usize] {
            if granting.stays_counted(*metric)
                || plans.drops(*metric, order.version, self.state.version)
            {
                continue;
            }
            let declared = &plan.program.metrics[*metric];
            let measures = match declared.pool {
                Pool::Account => &mut self.state.measures,
                Pool::Member => match self.state.members.get_mut(order.member) {
                    Some(member) => &mut member.measures,
                    None => continue,
                },
            };
            let Some(measure) = measures.get_mut(*metric) else {
                continue;
            };
            let window = &plan.windows[*metric];
            measure.slide(window, self.at, self.day, declared.kind);
            let (number, keys) = difference(&order.added[*metric], &added[*metric]);
            take_back(
                measure,
                window,
                declared.kind,
                (order.at, order.day),
                number,
                &keys,
            );
            self.state
                .take_from_ground(plan, *metric, (order.at, order.day), number, &keys);
        }
        order.added = added;
    }
}

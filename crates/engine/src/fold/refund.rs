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
use crate::program::{MetricKind, OverRefund, Pool, Program, RefundRung};
use std::collections::BTreeMap;
use std::ops::Range;

/// What is left of an order, by the rules.
pub(super) struct Left {
    /// Scaled points that each rule would give.
    pub(super) given: Vec<i64>,
    /// Scaled points that rules of other versions would give, which settle their past anew.
    pub(super) would: Vec<(usize, i64)>,
    /// What it would add to each metric.
    added: Vec<Added>,
    /// By place in [`OrderMemory::gifts`]: whether it would give the reward.
    deserves: Vec<bool>,
}

impl<S: Sink> Account<'_, '_, S> {
    /// One refund event: its rows are the lines that come back, or line 0 for the whole rest.
    pub(super) fn refund(&mut self, rows: Range<usize>) {
        let event = self.event_ref(rows.start);
        let Some(mut order) = self.named_order(rows.start) else {
            let named = self.named_text(rows.start);
            return self.sink.reject(rows.start, Rejection::UnknownOrder(named));
        };
        let first = rows.start;
        let reduced = self.reduce(&mut order, rows);
        if let Err(why @ Rejection::OverRefund(_)) = reduced {
            self.scratch.pass.orders.push(order);
            return self.sink.reject(first, why);
        }
        self.renew(Kind::Refund);
        match reduced {
            Ok((left, over)) => {
                self.take_back(&mut order, &left, &event);
                self.version = self.state.version;
                self.count_back(&mut order, left.added);
                let mut deserves = left.deserves.into_iter();
                let gifts = std::mem::take(&mut order.gifts).into_iter();
                // What was used stays, and a later refund looks at it again.
                order.gifts = gifts
                    .filter(|gift| deserves.next().unwrap_or(true) || !self.revoke(gift, &event))
                    .collect();
                let granting = self.piece.plans.of(order.version).program;
                if granting.refunds.rung == RefundRung::AtOnce {
                    self.refunded((order.at, order.day), &event);
                }
                self.tell_trimmed(over, first);
            }
            Err(why) => self.sink.reject(first, why),
        }
        self.scratch.pass.orders.push(order);
        self.climb(Some(&event));
    }

    /// What a refund says of the order that it is about.
    fn named_text(&self, row: usize) -> String {
        let column = self.plan.named.refund_order;
        let text = column.and_then(|column| self.batch.text(column, row));
        text.unwrap_or_default().to_owned()
    }

    /// Takes the order that a refund names out of those that are remembered.
    fn named_order(&mut self, row: usize) -> Option<OrderMemory> {
        let id = EventId::of(&self.named_text(row));
        let orders = &mut self.scratch.pass.orders;
        let index = orders.iter().position(|order| order.event.1 == id)?;
        Some(orders.swap_remove(index))
    }

    /// Takes what a refund gives back off an order, judges what is left, and says whether more was asked for than was
    /// left. Where that cannot be, the refund gives nothing back, neither now nor to a later one.
    fn reduce(
        &self,
        order: &mut OrderMemory,
        rows: Range<usize>,
    ) -> Result<(Left, bool), Rejection> {
        let (first, before) = (rows.start, order.lines.clone());
        let mut over = false;
        for row in rows {
            over |= self.take_line(order, row);
        }
        let policy = self.piece.plans.of(order.version).program.refunds.over;
        let reduced = match over && policy == OverRefund::Reject {
            true => Err(Rejection::OverRefund(self.named_text(first))),
            false => self
                .again(order)
                .ok_or_else(|| Rejection::Overflow(self.named_text(first))),
        };
        if reduced.is_err() {
            order.lines = before;
        }
        reduced.map(|left| (left, over))
    }

    fn tell_trimmed(&mut self, over: bool, row: usize) {
        if over {
            let why = Rejection::TrimmedRefund(self.named_text(row));
            self.sink.reject(row, why);
        }
    }

    /// A refund of an order that is counted and not credited yet. Gives the order, and what each rule gives for what
    /// is left of it.
    pub(super) fn refund_before_credit(
        &mut self,
        rows: Range<usize>,
    ) -> Option<(EventRef, Vec<i64>)> {
        let first = rows.start;
        let mut order = self.named_order(first)?;
        match self.reduce(&mut order, rows) {
            Ok((left, over)) => {
                let granting = self.piece.plans.of(order.version).program;
                let taken = order.lessen(granting, &left.given);
                self.compare_less(&order, &taken, &left.would);
                self.uncount_points(&order, &taken);
                self.count_back(&mut order, left.added);
                self.tell_trimmed(over, first);
            }
            Err(why) => self.sink.reject(first, why),
        }
        let what = (order.event.clone(), order.given.clone());
        self.scratch.pass.orders.push(order);
        Some(what)
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
                would: self.compare_left(order, &batch),
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
            would: self.compare_left(order, &batch),
            added,
            deserves: order.gifts.iter().map(deserves).collect::<Option<_>>()?,
        })
    }

    fn take_back(&mut self, order: &mut OrderMemory, left: &Left, event: &EventRef) {
        let granting = self.piece.plans.of(order.version).program;
        let taken = order.lessen(granting, &left.given);
        let stood = self
            .lessen_standing(order, left)
            .unwrap_or_else(|| taken.clone());
        self.compare_less(order, &stood, &left.would);
        for (rule, points) in stood.iter().enumerate().filter(|(_, points)| **points > 0) {
            // What stands was granted, or settled anew, by this version.
            self.version = self.granted_by(order, rule);
            let granting = self.piece.plans.of(self.version).program;
            let by = (granting.earn[rule].wallet, Rule::Earn(rule as u16));
            let left = order.stands(rule);
            self.take_where_it_is(order, by, event, left..left + points);
        }
        self.uncount_points(order, &taken);
    }

    /// Counts points of an order no more, in metrics and caps.
    fn uncount_points(&mut self, order: &OrderMemory, taken: &[i64]) {
        let (plans, now) = (self.piece.plans, self.plan);
        let plan = plans.of(order.version);
        for metric in &plan.granted {
            let points = granted(plan, *metric, taken);
            if points == 0 || plan.stays_counted(*metric) {
                continue;
            }
            let when = (order.day, order.version);
            (self.state).take_from_tallies(plans, *metric, when, points, &[]);
            if plans.drops(*metric, order.version, self.state.version) {
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
            if granting.stays_counted(*metric) {
                continue;
            }
            let (number, keys) = difference(&order.added[*metric], &added[*metric]);
            let when = (order.day, order.version);
            (self.state).take_from_tallies(plans, *metric, when, number, &keys);
            if plans.drops(*metric, order.version, self.state.version) {
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

impl OrderMemory {
    /// Takes off what the rules gave more than they would give for what is left of it. Gives what is taken off, by rule.
    fn lessen(&mut self, granting: &Program, left: &[i64]) -> Vec<i64> {
        less(&mut self.given, left, |rule| granting.earn[rule].wallet)
    }

    /// The scaled points that a rule gave and that no refund took.
    fn stands(&self, rule: usize) -> i64 {
        let standing = self.standing.as_ref();
        standing.map_or(self.given[rule], |it| it.points(rule))
    }
}

/// Takes off points by rule what is more than this: of each wallet in all no more than the sum is less. Gives what is
/// taken off, by rule.
pub(super) fn less(given: &mut [i64], left: &[i64], wallet: impl Fn(usize) -> u8) -> Vec<i64> {
    let mut rest: BTreeMap<u8, i64> = BTreeMap::new();
    for (rule, (given, left)) in given.iter().zip(left).enumerate() {
        *rest.entry(wallet(rule)).or_default() += given - left;
    }
    let both = given.iter_mut().zip(left).enumerate();
    both.map(|(rule, (given, left))| {
        let rest = rest.entry(wallet(rule)).or_default();
        let points = (*given - left).clamp(0, (*rest).max(0));
        *rest -= points;
        *given -= points;
        points
    })
    .collect()
}

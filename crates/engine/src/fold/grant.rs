//! Booking what an event earned: entries by rule, the lot, and what it uses of every cap.

use super::account::Account;
use super::contribution::granted;
use super::earn::find;
use super::lots::ending;
use super::measure::{Key, Measure, Window};
use super::plan::CapOwner;
use super::sink::Sink;
use super::state::CapUse;
use crate::calendar::Instant;
use crate::ledger::{EntryKind, EventRef, Rule};
use crate::program::{MetricKind, Pool, Program};

impl<S: Sink> Account<'_, '_, S> {
    /// Books the points of the present event.
    pub(super) fn grant(&mut self, event: &EventRef) {
        if self.scratch.earned.total() == 0 {
            return;
        }
        let points = std::mem::take(&mut self.scratch.earned.booked);
        self.book_points(event, &points, self.version);
        self.scratch.earned.booked = points;
        self.count_points();
    }

    /// Books points by rule, in the name of the version whose rules they are, and their lots.
    pub(super) fn book_points(&mut self, event: &EventRef, points: &[i64], judged_by: u16) {
        let (end, own_ends) = (self.expiry(0), self.plan.own_ends);
        let judging = self.piece.plans.of(judged_by).program;
        self.version = judged_by;
        for (rule, points) in points.iter().enumerate().filter(|(_, points)| **points > 0) {
            let end = match own_ends {
                true => self.expiry_by(rule, judging.earn[rule].wallet),
                false => end,
            };
            let (rule, expires) = (Rule::Earn(rule as u16), ending(end));
            self.book(
                EntryKind::Grant,
                rule,
                event.clone(),
                None,
                *points,
                expires,
            );
        }
        self.version = self.state.version;
        if own_ends {
            self.add_lots(event, points, judging);
        } else {
            self.add_lot(0, event, points.iter().sum(), end, true);
        }
    }

    /// Adds a lot for each wallet and end of what was booked, of each wallet the soonest first, as they would be spent.
    fn add_lots(&mut self, event: &EventRef, booked: &[i64], judging: &Program) {
        for wallet in self.plan.wallets() {
            let mut after = Instant::MIN;
            loop {
                let (mut next, mut points) = (None, 0);
                for (rule, booked) in booked.iter().enumerate() {
                    if *booked == 0 || judging.earn[rule].wallet != wallet {
                        continue;
                    }
                    let end = self.expiry_by(rule, wallet);
                    if end <= after || next.is_some_and(|next| next < end) {
                        continue;
                    }
                    points = if next == Some(end) { points } else { 0 } + booked;
                    next = Some(end);
                }
                let Some(end) = next else { break };
                self.add_lot(wallet, event, points, end, true);
                after = end;
            }
        }
    }

    /// Counts what the present event earned, in caps and metrics.
    pub(super) fn count_points(&mut self) {
        let plan = self.plan;
        self.use_caps();
        for metric in &plan.granted {
            let points = granted(plan, *metric, &self.scratch.earned.booked);
            if points > 0 {
                self.add(*metric, 0, points);
            }
        }
    }

    /// Notes what was booked under every cap.
    fn use_caps(&mut self) {
        let plan = self.plan;
        for (index, cap) in plan.caps.iter().enumerate() {
            let Some(window) = &cap.window else { continue };
            let booked: i64 = match cap.owner {
                CapOwner::Earn(rule) => self.scratch.earned.booked[rule],
                CapOwner::Group(group) => plan.group_rules[group]
                    .iter()
                    .map(|rule| self.scratch.earned.booked[*rule])
                    .sum(),
                CapOwner::Reward(_) => 0,
            };
            if booked > 0 {
                let each = self
                    .scratch
                    .earned
                    .each
                    .iter()
                    .find(|(cap, _)| *cap == index)
                    .map(|(_, key)| key.clone());
                let each = cap.each.map(|_| each.unwrap_or(Key::Number(i64::MIN)));
                let member = if cap.pool == Pool::Member {
                    self.current_member
                } else {
                    0
                };
                self.use_cap(
                    index,
                    window,
                    member,
                    each,
                    if cap.count { 1 } else { booked },
                );
            }
        }
    }

    pub(super) fn use_cap(
        &mut self,
        cap: usize,
        window: &Window,
        member: u16,
        each: Option<Key>,
        amount: i64,
    ) {
        let (at, day) = (self.at, self.day);
        if let Some(used) = find(&mut self.state.caps, cap, member, each.as_ref()) {
            used.slide(window, at, day, MetricKind::Sum);
            used.add(window, at, day, amount);
            return;
        }
        let mut used = Measure::default();
        used.slide(window, at, day, MetricKind::Sum);
        used.add(window, at, day, amount);
        self.state.caps.push(CapUse {
            cap: cap as u16,
            member,
            each,
            used,
        });
    }
}

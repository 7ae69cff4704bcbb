//! Booking what an event earned: entries by rule, the lot, and what it uses of every cap.

use super::account::Account;
use super::contribution::{Added, granted};
use super::earn::find;
use super::measure::{Key, Measure, Window};
use super::plan::CapOwner;
use super::sink::Sink;
use super::state::CapUse;
use crate::ledger::{EntryKind, EventRef, Rule};
use crate::program::{MetricKind, Pool};

impl<S: Sink> Account<'_, '_, S> {
    /// Books the points of the present event.
    pub(super) fn grant(&mut self, event: &EventRef) {
        let total = self.scratch.earned.total();
        if total == 0 {
            return;
        }
        let plan = self.plan;
        let expiry = plan
            .program
            .wallet
            .as_ref()
            .map_or(crate::program::Expiry::Never, |wallet| wallet.expiry);
        let expires = super::lots::expires(expiry, self.at, self.day, &plan.program.zone);
        let expires = (expires != super::state::NEVER).then_some(expires);
        for rule in 0..plan.rules.len() {
            let points = self.scratch.earned.booked[rule];
            if points > 0 {
                self.book(
                    EntryKind::Grant,
                    Rule::Earn(rule as u16),
                    event.clone(),
                    None,
                    points,
                    expires,
                );
            }
        }
        self.use_caps();
        for metric in &plan.granted {
            let points = granted(plan, *metric, &self.scratch.earned.booked);
            if points > 0 {
                self.add(*metric, 0, Added::Number(points));
            }
        }
        self.add_lot(event, total, true);
    }

    /// Notes what was booked under every cap.
    fn use_caps(&mut self) {
        let plan = self.plan;
        for (index, cap) in plan.caps.iter().enumerate() {
            let Some(window) = cap.window else { continue };
            let booked: i64 = match cap.owner {
                CapOwner::Earn(rule) => self.scratch.earned.booked[rule],
                CapOwner::Group(group) => plan.group_rules[group]
                    .iter()
                    .map(|rule| self.scratch.earned.booked[*rule])
                    .sum(),
                CapOwner::Reward(_) => 0,
            };
            if booked > 0 {
                let (count, _) = plan.limit(index, self.state.rung);
                let each = self
                    .scratch
                    .earned
                    .each
                    .iter()
                    .find(|(cap, _)| *cap == index)
                    .map(|(_, key)| key.clone());
                let each = plan
                    .cap(index)
                    .each
                    .as_ref()
                    .map(|_| each.unwrap_or(Key::Number(i64::MIN)));
                let member = if cap.pool == Pool::Member {
                    self.current_member
                } else {
                    0
                };
                self.use_cap(index, window, member, each, if count { 1 } else { booked });
            }
        }
    }

    pub(super) fn use_cap(
        &mut self,
        cap: usize,
        window: Window,
        member: u16,
        each: Option<Key>,
        amount: i64,
    ) {
        if find(&mut self.state.caps, cap, member, each.as_ref()).is_none() {
            self.state.caps.push(CapUse {
                cap: cap as u16,
                member,
                each: each.clone(),
                used: Measure::default(),
            });
        }
        let (at, day) = (self.at, self.day);
        if let Some(used) = find(&mut self.state.caps, cap, member, each.as_ref()) {
            used.slide(window, at, day, MetricKind::Sum);
            used.add(window, at, day, amount);
        }
    }
}

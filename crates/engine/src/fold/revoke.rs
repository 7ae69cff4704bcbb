//! Rewards that refunds take back: those that can still be used and were not.

use super::account::Account;
use super::earn::find;
use super::sink::{Rejection, Sink};
use super::state::Gift;
use crate::ledger::canonical::reward_id;
use crate::ledger::{EventRef, Issued, Rule};
use crate::program::{MetricKind, Pool};

impl<S: Sink> Account<'_, '_, S> {
    /// A reward was used, or that is undone.
    pub(super) fn reward_used(&mut self, row: usize) {
        let named = self.plan.named;
        let text = |column: Option<usize>| self.batch.text(column?, row);
        let (Some(id), Some(state)) = (text(named.reward_id), text(named.reward_state)) else {
            return;
        };
        let used = match state {
            "used" => true,
            "returned" => false,
            other => {
                let unknown = Rejection::UnknownName(other.to_owned());
                return self.sink.reject(row, unknown);
            }
        };
        self.scratch.pass.used.retain(|known| known != id);
        if used {
            self.scratch.pass.used.push(id.to_owned());
        }
        for index in 0..self.state.gifts.len() {
            if self.taken_back(&self.state.gifts[index], None).1 == id {
                self.state.gifts[index].used = used;
            }
        }
    }

    /// Takes a reward back if it can still be used and was not; says whether it was taken. It makes room
    /// under its caps.
    pub(super) fn revoke(&mut self, gift: &Gift, refund: &EventRef) -> bool {
        let (revoked, id) = self.taken_back(gift, Some(refund));
        let (plans, now) = (self.piece.plans, self.state.version);
        if plans.lets_go(gift.reward, plans.at(gift.at), now) {
            return false;
        }
        if gift.used || gift.until <= self.at || self.scratch.pass.used.contains(&id) {
            return false;
        }
        self.free_caps(gift);
        self.sink.issued(revoked);
        true
    }

    /// A reward as it is booked when a refund takes it back, and its number.
    fn taken_back(&self, gift: &Gift, refund: Option<&EventRef>) -> (Issued, String) {
        let program = self.plan.program;
        let cost = program.rewards[usize::from(gift.reward)].cost;
        let revoked = Issued {
            at: self.at,
            reward: gift.reward,
            member: self.member_name(usize::from(gift.member)),
            rule: Rule::Reward(gift.reward),
            event: Some(gift.event.clone()),
            occurrence: 1,
            until: gift.until,
            cost: -cost.unwrap_or(0),
            revoked_by: refund.cloned(),
            version: self.piece.plans.at(gift.at),
        };
        let id = reward_id(program, &revoked);
        (revoked, id)
    }

    /// Caps that went on since the version that gave it have room again.
    fn free_caps(&mut self, gift: &Gift) {
        let (plans, plan) = (self.piece.plans, self.plan);
        let version = plans.at(gift.at);
        let granting = plans.of(version);
        let issued = (gift.at, plan.program.zone.day(gift.at));
        let caps = granting.reward_caps[usize::from(gift.reward)].iter();
        // As many as it used: caps of one event have nothing to remember.
        let caps = caps.filter(|cap| granting.caps[**cap].window.is_some());
        for (place, cap) in caps.enumerate() {
            let Some(cap) = plans.cap(version, *cap, self.state.version) else {
                continue;
            };
            let Some(window) = plan.caps[cap].window.as_ref() else {
                continue;
            };
            let owner = match plan.caps[cap].pool {
                Pool::Member => gift.member,
                Pool::Account => 0,
            };
            let each = gift.each.get(place).and_then(Option::as_ref);
            if let Some(used) = find(&mut self.state.caps, cap, owner, each) {
                used.slide(window, self.at, self.day, MetricKind::Events);
                used.take_back(window, issued.0, issued.1, 1);
            }
        }
    }
}

//! A version takes over what the one before it left: at its first instant, after the old one has closed
//! what ends there, and before anything else happens.

use super::account::Account;
use super::plan::{CapOwner, CapPlan, Plan};
use super::sink::Sink;
use super::state::AccountState;
use crate::calendar::Instant;
use crate::ledger::RungReason;
use crate::program::{RungEnds, Tiers, Validity};

impl<S: Sink> Account<'_, '_, S> {
    /// The version after the present one begins at an instant.
    pub(super) fn begin_version(&mut self, at: Instant) {
        self.close_ladder(at);
        let old = self.plan;
        self.state.version += 1;
        self.rule(self.state.version);
        self.at = at;
        self.day = self.plan.program.zone.day(at);
        self.quiet_until = Instant::MIN;
        self.current_member = 0;
        let nobody = self.state.enrolled.is_none() && self.state.members.is_empty();
        if !nobody {
            self.take_over(old);
        }
    }

    /// Judges by a version from now on.
    pub(super) fn rule(&mut self, version: u16) {
        self.plan = self.piece.plans.of(version);
        self.prepared = self.piece.ready.of(version);
        self.version = version;
    }

    fn take_over(&mut self, old: &Plan<'_>) {
        let plan = self.plan;
        self.state.take_counts(old, plan);
        self.convert_points();
        self.take_limits(old.program);
        self.begin_converted();
        let (was, is) = (&old.program.tiers, &plan.program.tiers);
        if !self.set_rung()
            && let (Some(was), Some(is)) = (was, is)
        {
            self.take_ladder((old, was), is);
        }
        self.state.forget_tallies(self.piece.plans);
        // Where the rung is what the metrics say at every instant, it is that now.
        if plan.lapses && self.state.until.is_none() {
            self.climb(None);
        }
        self.regrant();
        self.state.forget_past(self.piece.plans);
        if old.birthday.is_empty() && !plan.birthday.is_empty() {
            // A birthday on the version's first day is one that it keeps.
            self.at -= 1;
            (0..self.state.members.len()).for_each(|member| self.plan_birthday(member));
            self.at += 1;
        }
    }

    /// The rung, its end and what it rests on. They change as little as the new ladder allows; a change is
    /// booked.
    fn take_ladder(&mut self, (old, was): (&Plan<'_>, &Tiers), is: &Tiers) {
        let plan = self.plan;
        let to = |rung: u8| plan.program.takeover.rungs.get(usize::from(rung)).copied();
        let (rung, until) = (self.state.rung, self.state.until);
        let now = to(rung).unwrap_or(rung);
        let counted = self.state.counted;
        let anew = counted.filter(|_| plan.program.migrate.rung_ends == RungEnds::Recompute);
        let ends = match (is.validity, anew) {
            _ if now == 0 => None,
            (Validity::Forever, _) | (Validity::None, Some(_)) => None,
            (Validity::None, None) => until,
            // What is over by now ends today.
            (_, Some(counted)) => (self.valid_since(counted)).map(|end| end.max(self.day)),
            // What had no end has one now, as if the rung were reached today.
            (_, None) => until.or_else(|| self.valid_from(self.day)),
        };
        let ground = self.state.ground.take();
        let gifts = std::mem::take(&mut self.state.gifts);
        if (now, ends) != (rung, until) {
            let (former, since) = (self.state.former, self.state.since);
            self.move_to(now, ends, RungReason::Version, None);
            if now == rung {
                (self.state.former, self.state.since) = (former, since);
            }
        }
        self.state.counted = counted.filter(|_| plan.program.takeover.recomputed);
        self.state.next_period = None;
        if self.state.rung > 0 {
            self.state.next_period = is.period.around(self.day).map(|period| period.1);
        }
        // A refund can take the rung only where the new ladder counts what the old one did.
        let dropped = |metric: &usize| plan.program.takeover.dropped[*metric];
        let comparable = was.period == is.period
            && !plan.lapses
            && old.tier_metrics == plan.tier_metrics
            && !plan.tier_metrics.iter().any(dropped);
        if comparable {
            self.state.gifts = gifts;
            self.state.ground = ground.map(|mut ground| {
                ground.from = to(ground.from).unwrap_or(ground.from);
                ground
            });
        }
    }
}

impl AccountState {
    /// What was counted goes on, in caps and metrics, as far as the new version counts the same.
    pub(super) fn take_counts(&mut self, old: &Plan<'_>, new: &Plan<'_>) {
        self.take_caps(old, new);
        let dropped = &new.program.takeover.dropped;
        let members = self.members.iter_mut();
        let measures = members.map(|member| &mut member.measures);
        for measures in measures.chain([&mut self.measures]) {
            let let_go = measures.iter_mut().zip(dropped).filter(|(_, drop)| **drop);
            let_go.for_each(|(measure, _)| measure.clear());
        }
    }

    /// What was used of a cap counts on where the cap is the same but for its limit.
    fn take_caps(&mut self, old: &Plan<'_>, new: &Plan<'_>) {
        let mut caps = std::mem::take(&mut self.caps);
        caps.retain_mut(|used| match same_cap(old, usize::from(used.cap), new) {
            Some(cap) => {
                used.cap = cap as u16;
                true
            }
            None => false,
        });
        self.caps = caps;
    }
}

/// The cap of another version that goes on with what was used of this one: it has the same place among the
/// caps of the same rule, group or reward, and counts the same over the same time for the same pool.
pub fn same_cap(old: &Plan<'_>, cap: usize, new: &Plan<'_>) -> Option<usize> {
    let of = old.caps.get(cap)?;
    let (own, owner) = match of.owner {
        CapOwner::Earn(rule) => (
            &old.rules[rule].caps,
            new.rules.get(rule).map(|rule| &rule.caps),
        ),
        CapOwner::Reward(reward) => {
            let here = *new.program.takeover.rewards.get(reward)?;
            (
                &old.reward_caps[reward],
                new.reward_caps.get(usize::from(here?)),
            )
        }
        CapOwner::Group(group) => {
            let id = &old.program.groups[group].id;
            let same = new.program.groups.iter().position(|other| other.id == *id);
            (
                &old.group_caps[group],
                same.map(|group| &new.group_caps[group]),
            )
        }
    };
    let place = own.iter().position(|known| *known == cap)?;
    let other = *owner?.get(place)?;
    let counts = |cap: &CapPlan<'_>| (cap.count, cap.window, cap.pool, cap.each.is_some());
    (counts(of) == counts(&new.caps[other])).then_some(other)
}

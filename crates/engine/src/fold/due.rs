//! What falls due between events, each at its own instant: period ends, ends of validity, rungs that
//! lapse, expiry, release, birthdays, wins.

use super::account::Account;
use super::sink::Sink;
use super::state::NEVER;
use crate::calendar::Instant;
use crate::ledger::{Issued, Rule};
use crate::program::Validity;

/// What falls due, in the order in which it happens at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    PeriodEnd,
    ValidityEnd,
    Lapse,
    Expiry,
    Idle,
    Release,
    Birthday,
    Win,
    Nothing,
}

impl<S: Sink> Account<'_, '_, S> {
    /// Lets everything happen that is due at or before `to`.
    #[inline]
    pub(super) fn advance(&mut self, to: Instant) {
        if to >= self.quiet_until {
            self.happen(to);
        }
    }

    #[inline(never)]
    fn happen(&mut self, to: Instant) {
        loop {
            let (at, due) = self.next_change();
            // Lots end one after the other; that changes nothing else that is due.
            while let Some((end, wallet)) = self.next_end()
                && end <= to
                && (end, Due::Expiry) < (at, due)
            {
                self.at = end;
                self.expire(wallet);
            }
            if at > to {
                self.quiet_until = self.ends().min(at);
                return;
            }
            self.at = at;
            self.day = self.plan.program.zone.day(at);
            match due {
                Due::PeriodEnd => self.period_end(),
                Due::ValidityEnd => self.validity_end(),
                Due::Lapse => self.lapse(),
                Due::Idle => self.lapse_points(),
                Due::Release => self.release(),
                Due::Birthday => self.birthdays(),
                Due::Win => self.win(),
                Due::Expiry | Due::Nothing => return,
            }
        }
    }

    /// What of the ladder ends at an instant is closed, before anything else happens there.
    pub(super) fn close_ladder(&mut self, at: Instant) {
        loop {
            let (next, due) = self.next_change();
            if next > at {
                return;
            }
            self.at = next;
            self.day = self.plan.program.zone.day(next);
            match due {
                Due::PeriodEnd => self.period_end(),
                Due::ValidityEnd => self.validity_end(),
                Due::Lapse => self.lapse(),
                _ => return,
            }
        }
    }

    /// The end of the first lot, and its wallet; of several that end at one instant, those of the first wallet first.
    #[inline]
    fn next_end(&self) -> Option<(Instant, u8)> {
        let purses = (0..).zip(self.state.purses.iter());
        let ends = purses.filter_map(|(wallet, purse)| Some((purse.lots.front()?.expires, wallet)));
        ends.min()
    }

    fn ends(&self) -> Instant {
        self.next_end().map_or(NEVER, |(end, _)| end)
    }

    /// The next instant at which something happens without an event; [`NEVER`] if nothing will.
    pub(super) fn wake(&self) -> Instant {
        self.next_change().0.min(self.ends())
    }

    /// The next that happens, apart from lots that end.
    #[inline]
    fn next_change(&self) -> (Instant, Due) {
        let mut next = (NEVER, Due::Nothing);
        let mut sooner = |at: Option<Instant>, due: Due| {
            if let Some(at) = at
                && (at, due) < next
            {
                next = (at, due);
            }
        };
        for (wallet, purse) in (0..).zip(self.state.purses.iter()) {
            sooner(purse.next_release, Due::Release);
            sooner(purse.idle_until(self.plan.program, wallet), Due::Idle);
        }
        if let Some(tiers) = &self.plan.program.tiers
            && self.state.rung > 0
        {
            let zone = &self.plan.program.zone;
            if tiers.validity == Validity::None {
                match self.state.until {
                    Some(day) => sooner(Some(zone.midnight(day)), Due::ValidityEnd),
                    None => sooner(self.lapses(), Due::Lapse),
                }
            } else {
                sooner(
                    self.state.next_period.map(|day| zone.midnight(day)),
                    Due::PeriodEnd,
                );
                sooner(
                    self.state.until.map(|day| zone.midnight(day)),
                    Due::ValidityEnd,
                );
            }
        }
        if !self.plan.birthday.is_empty() {
            sooner(
                self.state
                    .members
                    .iter()
                    .filter_map(|member| member.birthday)
                    .min(),
                Due::Birthday,
            );
        }
        sooner(self.wins.get(self.next_win).map(|win| win.at), Due::Win);
        next
    }

    fn win(&mut self) {
        let Some(win) = self.wins.get(self.next_win) else {
            return;
        };
        self.next_win += 1;
        let surprise = &self.plan.program.surprises[win.surprise];
        let reward = &self.plan.program.rewards[surprise.reward];
        let member = self
            .state
            .members
            .iter()
            .position(|member| member.id == win.member)
            .unwrap_or(0) as u16;
        self.state.won(win.surprise, usize::from(member), win.day);
        self.sink.issued(Issued {
            at: self.at,
            reward: surprise.reward as u16,
            member: win.member.clone(),
            rule: Rule::Surprise(win.surprise as u16),
            event: None,
            occurrence: 1,
            until: reward
                .valid
                .at(usize::from(self.state.rung))
                .end(self.at, &self.plan.program.zone),
            cost: reward.cost.unwrap_or(0),
            revoked_by: None,
            version: self.version,
        });
    }
}

//! Draws: tickets under a key, the same on every machine and checkable with any HMAC.
//!
//! day key = HMAC-SHA256(secret, (programme, local date)); ticket = HMAC-SHA256(day key, (programme,
//! surprise, occurrence, member)); each part is preceded by its length as 8 bytes, big-endian. A ticket
//! wins if its first 8 bytes, big-endian, are less than ⌊p · 2⁶⁴⌋. Where more win than the budget has,
//! the lowest tickets do.

use super::plan::Plan;
use super::sink::WhyNot;
use super::state::AccountState;
use super::view::View;
use crate::calendar::{Day, Instant, day_text};
use crate::condition::evaluate::{At, Value, evaluate};
use crate::number::Rational;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A drawn ticket.
pub type Ticket = [u8; 32];

fn hmac(key: &[u8], parts: &[&str]) -> Ticket {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// The key of one local day, derived from the secret.
pub fn day_key(secret: &[u8], program: &str, day: Day) -> Ticket {
    hmac(secret, &[program, &day_text(day)])
}

/// The ticket of a member in an occurrence (its scheduled local time, `2026-06-03T10:00`).
pub fn ticket(
    day_key: &Ticket,
    program: &str,
    surprise: &str,
    occurrence: &str,
    member: &str,
) -> Ticket {
    hmac(day_key, &[program, surprise, occurrence, member])
}

/// Whether a ticket wins at a chance between 0 and 1.
pub fn wins(ticket: &Ticket, chance: Rational) -> bool {
    let mut first = [0u8; 8];
    first.copy_from_slice(&ticket[..8]);
    let bar = (chance.num.max(0) as u128) * (1u128 << 64) / (chance.den as u128);
    u128::from(u64::from_be_bytes(first)) < bar
}

impl AccountState {
    /// Whether a member of the account may draw: the audience as it is when the occurrence's local day
    /// begins, then the cool-down. The state must be that just before that day.
    pub fn may_draw(
        &mut self,
        plan: &Plan<'_>,
        surprise: usize,
        member: usize,
        account: &str,
        at: Instant,
        day: Day,
    ) -> bool {
        self.enrolled.is_some()
            && !self.cools_down(plan, surprise, member, day)
            && self.in_audience(plan, surprise, member, account, at, day)
    }

    /// Why a member may not draw; nothing if he may ([`AccountState::may_draw`]).
    pub fn why_no_draw(
        &mut self,
        plan: &Plan<'_>,
        surprise: usize,
        member: usize,
        account: &str,
        at: Instant,
        day: Day,
    ) -> Option<WhyNot> {
        if self.enrolled.is_none() {
            Some(WhyNot::Enrolment)
        } else if !self.in_audience(plan, surprise, member, account, at, day) {
            Some(WhyNot::When)
        } else {
            self.cools_down(plan, surprise, member, day)
                .then_some(WhyNot::Cooldown)
        }
    }

    fn cools_down(&self, plan: &Plan<'_>, surprise: usize, member: usize, day: Day) -> bool {
        let last = self
            .wins
            .iter()
            .find(|win| usize::from(win.0) == surprise && usize::from(win.1) == member);
        match (plan.program.surprises[surprise].cooldown, last) {
            (Some(cooldown), Some(win)) => day < cooldown.after(win.2),
            _ => false,
        }
    }

    fn in_audience(
        &mut self,
        plan: &Plan<'_>,
        surprise: usize,
        member: usize,
        account: &str,
        at: Instant,
        day: Day,
    ) -> bool {
        let declared = &plan.program.surprises[surprise];
        let midnight = plan.program.zone.midnight(day);
        self.slide(plan, midnight, day);
        let view = View {
            plan,
            state: self,
            member,
            at: midnight,
            moment: None,
        };
        let name = self
            .members
            .get(member)
            .map_or("", |member| member.id.as_str());
        let place = At::instant(at, day, &plan.program.zone, account, name);
        evaluate(&declared.when, &place, &view) == Ok(Value::Number(1))
    }

    /// Notes a win for the cool-down. It is noted again when the reward is issued.
    pub fn won(&mut self, surprise: usize, member: usize, day: Day) {
        let (surprise, member) = (surprise as u16, member as u16);
        match self
            .wins
            .iter_mut()
            .find(|known| known.0 == surprise && known.1 == member)
        {
            Some(known) => known.2 = day,
            None => self.wins.push((surprise, member, day)),
        }
    }

    fn slide(&mut self, plan: &Plan<'_>, at: Instant, day: Day) {
        for (metric, window) in plan.windows.iter().enumerate() {
            // What rungs rest on is no column of conditions, and tells by its oldest part when a rung
            // lapses: at this very midnight perhaps, which lies ahead.
            if plan.tier_metrics.contains(&metric) {
                continue;
            }
            let kind = plan.program.metrics[metric].kind;
            if let Some(measure) = self.measures.get_mut(metric) {
                measure.slide(window, at, day, kind);
            }
            for member in &mut self.members {
                if let Some(measure) = member.measures.get_mut(metric) {
                    measure.slide(window, at, day, kind);
                }
            }
        }
    }
}

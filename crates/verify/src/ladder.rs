//! The ladder: which rung is reached, how long it holds, and what a period end, an end of validity, time
//! or a refund does to it.

use crate::account::Account;
use crate::days::{ladder_period, minus, plus};
use crate::look::Look;
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::ledger::{EntryKind, EventRef, Rule, RungMove, RungReason};
use rungs_engine::program::{Period, RefundRung, Requalify, Shortfall, Tiers, Validity};

/// The rung held.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    pub(crate) rung: usize,
    pub(crate) former: Option<usize>,
    /// The day from which it is held.
    pub(crate) since: Day,
    /// The day on which it ends.
    pub(crate) until: Option<Day>,
    /// Whether somebody gave that end.
    pub(crate) given: bool,
    /// The stretch on which it rests: that of the last move by which it was reached or kept. What was let
    /// stay, fell or was given by the desk rests on nothing.
    rests_on: Option<Look>,
    /// The rung held before this one was reached; the lowest if it was not, and since somebody gave it.
    below: usize,
    /// The day on which the open period ends.
    period_end: Option<Day>,
}

/// What the rung held rests on: the stretch, and the rung that was held before it was reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground(Look, usize);

impl Held {
    /// What it rests on, with the rung before it where it is now.
    pub(crate) fn ground(&self, goes: impl Fn(usize) -> usize) -> Option<Ground> {
        Some(Ground(self.rests_on?, goes(self.below)))
    }

    /// It rests on this from now on.
    pub(crate) fn rests(&mut self, ground: Option<Ground>) {
        self.rests_on = ground.map(|ground| ground.0);
        self.below = ground.map_or(0, |ground| ground.1);
    }

    /// Another period is open: the day on which it ends.
    pub(crate) fn begins_period(&mut self, ends: Option<Day>) {
        self.period_end = ends;
    }
}

/// The next lower rung that a version has.
fn below(tiers: &Tiers, rung: usize) -> usize {
    let lower = (0..rung).rev();
    lower
        .filter(|lower| !tiers.rungs[*lower].absent)
        .max()
        .unwrap_or(0)
}

/// Whether validity runs to the end of a period of the calendar: such a period is looked at when it closes,
/// never later.
fn looked_at_by_period(tiers: &Tiers) -> bool {
    matches!(
        (tiers.period, tiers.validity),
        (Period::Calendar { .. }, Validity::Periods { .. })
    )
}

impl<'a> Account<'a> {
    fn tiers(&self) -> Option<&'a Tiers> {
        self.reading.program.tiers.as_ref()
    }

    /// The first and the following period's first day around a day, if periods are of the calendar.
    pub(crate) fn period_of(&self, day: Day) -> Option<(Day, Day)> {
        match self.tiers()?.period {
            Period::Calendar { months, start } => Some(ladder_period(
                day,
                months,
                start,
                self.reading.program.leap_day,
            )),
            Period::Rolling { .. } | Period::Lifetime => None,
        }
    }

    /// The lowest rung, from enrolment on.
    pub(crate) fn at_enrolment(&self, day: Day) -> Held {
        Held {
            since: day,
            period_end: self.period_of(day).map(|(_, before)| before),
            ..Held::default()
        }
    }

    /// When a rung ends that is reached on a day.
    pub(crate) fn ends(&self, tiers: &Tiers, rung: usize, day: Day) -> Option<Day> {
        if rung == 0 || tiers.period == Period::Lifetime {
            return None;
        }
        let end = match tiers.validity {
            Validity::None | Validity::Forever => return None,
            Validity::Length { length } => plus(day, length),
            Validity::Periods { count, .. } => {
                let mut end = match self.period_of(day) {
                    Some((_, before)) => before,
                    None => day,
                };
                for _ in 0..count {
                    end = match (self.period_of(end), tiers.period) {
                        (Some((_, before)), _) => before,
                        (None, Period::Rolling { length }) => plus(end, length),
                        (None, _) => end,
                    };
                }
                end
            }
        };
        Some(self.later(tiers, end).max(day + 1))
    }

    /// A day moved by the extra time of validity.
    fn later(&self, tiers: &Tiers, day: Day) -> Day {
        match tiers.validity {
            Validity::Periods {
                extra: Some(extra), ..
            } => plus(day, extra),
            _ => day,
        }
    }

    /// Puts the account on a rung and books the move.
    pub(crate) fn step(
        &mut self,
        at: Instant,
        to: usize,
        until: Option<Day>,
        reason: RungReason,
        event: Option<EventRef>,
    ) {
        let from = self.held.rung;
        let day = self.reading.days.day(at);
        let brought = std::mem::take(&mut self.brought);
        if let (RungReason::Refunded, Some(refund)) = (reason, &event) {
            self.take_rewards_back(at, &brought, refund);
        }
        self.rungs.push(RungMove {
            at,
            from: from as u8,
            to: to as u8,
            until,
            reason,
            event,
            version: self.version as u16,
        });
        self.held.until = until;
        self.held.given = false;
        if to != from {
            self.held.rung = to;
            self.held.former = Some(from);
            self.held.since = day;
            self.held.below = 0;
        }
        if matches!(reason, RungReason::Adjusted | RungReason::Opening) {
            self.held.below = 0;
        }
        self.held.rests_on = None;
        if reason == RungReason::Reached {
            self.held.below = from;
            self.held.rests_on = Some(self.look_now(at));
        }
        self.renew_points(at, from, to);
    }

    /// Where a wallet says so, its open points that have not ended live on as points of the new rung.
    fn renew_points(&mut self, at: Instant, from: usize, to: usize) {
        for (wallet, declared) in (0..).zip(&self.reading.program.wallets) {
            let rule = match (to > from, to < from) {
                (true, _) if declared.restarts_up => Rule::RungUp(wallet),
                (_, true) if declared.restarts_down => Rule::RungDown(wallet),
                _ => continue,
            };
            let end = self.expires(wallet, at);
            for renewed in self.lots(wallet).renew(at, end) {
                let (kind, event) = (EntryKind::Renew, renewed.lot.clone());
                let (old, new) = (renewed.named(), (event.clone(), end));
                self.book(at, kind, rule, event.clone(), Some(old), -renewed.points);
                self.book(at, kind, rule, event, Some(new), renewed.points);
            }
        }
    }

    pub(crate) fn next_period_end(&self) -> Option<Instant> {
        let tiers = self.tiers()?;
        if tiers.requalify != Requalify::EachPeriod && !looked_at_by_period(tiers) {
            return None;
        }
        self.held
            .period_end
            .map(|day| self.reading.days.midnight(day))
    }

    /// A period of the calendar ends: who kept the rung in it holds it longer.
    pub(crate) fn period_ends(&mut self, at: Instant) {
        let Some((tiers, end)) = self.tiers().zip(self.held.period_end) else {
            return;
        };
        self.held.period_end = self.period_of(end).map(|(_, before)| before);
        let Some(until) = self.held.until else {
            return;
        };
        // Only the stretch that ends with the validity, less its extra time, is looked at.
        if tiers.requalify == Requalify::ValidityEnd && until != self.later(tiers, end) {
            return;
        }
        let longer = match tiers.validity {
            Validity::Length { length } => Some(plus(end, length)),
            _ => self.ends(tiers, self.held.rung, end - 1),
        };
        let Some(longer) = longer.filter(|longer| *longer > until) else {
            return;
        };
        let look = self.look_back(end);
        if self.keeps(tiers, self.held.rung, look) {
            self.keep(at, Some(longer), look);
        }
    }

    /// The rung holds longer by what was looked at, and rests on that from now on.
    fn keep(&mut self, at: Instant, until: Option<Day>, look: Look) {
        self.step(at, self.held.rung, until, RungReason::Kept, None);
        self.held.rests_on = Some(look);
    }

    /// The next instant at which validity ends or, where the rung is what the metrics say, they change.
    pub(crate) fn next_rung_end(&self) -> Option<Instant> {
        let tiers = self.tiers()?;
        self.enrolled?;
        if let Some(until) = self.held.until {
            return Some(self.reading.days.midnight(until));
        }
        if tiers.validity != Validity::None {
            return None;
        }
        self.measures.next_change(self.followed)
    }

    /// Validity ends, or time alone may have changed what the metrics say.
    /// Returns whether a rung was reached.
    pub(crate) fn rung_ends(&mut self, at: Instant) -> bool {
        let Some(tiers) = self.tiers() else {
            return false;
        };
        let until = match self.held.until {
            Some(until) if tiers.validity != Validity::None => until,
            _ => {
                self.held.until = None;
                self.followed = at;
                return self.follow(tiers, at, None, None);
            }
        };
        self.validity_ends(tiers, at, until);
        false
    }

    /// 00:00 of the day on which a rung's validity ends.
    fn validity_ends(&mut self, tiers: &Tiers, at: Instant, until: Day) {
        let rung = self.held.rung;
        let look = self.look_back(until);
        let looks_at_keep = !looked_at_by_period(tiers)
            && (tiers.requalify == Requalify::ValidityEnd
                || !matches!(tiers.period, Period::Calendar { .. }));
        if looks_at_keep && self.keeps(tiers, rung, look) {
            let longer = match tiers.validity {
                Validity::Length { length } => Some(plus(until, length)),
                _ => self.ends(tiers, rung, until - 1),
            };
            self.keep(at, longer.map(|day| day.max(until + 1)), look);
            return;
        }
        let to = match tiers.shortfall.at(rung) {
            Shortfall::Keep => {
                let longer = self.let_stay(tiers, rung, until);
                self.step(at, rung, longer, RungReason::Shortfall, None);
                return;
            }
            Shortfall::DropToBase => 0,
            Shortfall::DropOne => self
                .qualified(tiers, look)
                .max(below(tiers, rung))
                .min(rung),
            Shortfall::DropToQualified => self.qualified(tiers, look).min(rung),
        };
        let until = self.ends(tiers, to, until).map(|day| day.max(until + 1));
        self.step(at, to, until, RungReason::Shortfall, None);
    }

    /// When a rung ends that is let stay at the end of its validity: one more validity, as if it were reached on
    /// the last day of what ended, less its extra time.
    fn let_stay(&self, tiers: &Tiers, rung: usize, until: Day) -> Option<Day> {
        let longer = match tiers.validity {
            Validity::Length { length } => Some(plus(until, length)),
            Validity::Periods { extra, .. } => {
                let closed = extra.map_or(until, |extra| minus(until, extra));
                self.ends(tiers, rung, closed - 1)
            }
            _ => self.ends(tiers, rung, until - 1),
        };
        longer.map(|day| day.max(until + 1))
    }

    /// Validity none: the rung is what the metrics say; only one that the desk gave with an end holds until
    /// then. Returns whether a rung was reached.
    pub(crate) fn follow(
        &mut self,
        tiers: &Tiers,
        at: Instant,
        event: Option<EventRef>,
        refund: Option<EventRef>,
    ) -> bool {
        let to = self.qualified(tiers, self.look_now(at));
        if to > self.held.rung {
            self.step(at, to, None, RungReason::Reached, event);
            return true;
        }
        if to < self.held.rung && self.held.until.is_none() {
            let reason = match refund {
                Some(_) => RungReason::Refunded,
                None => RungReason::Shortfall,
            };
            self.step(at, to, None, reason, refund);
        }
        false
    }

    /// After an event: up at once, if the needs of a higher rung are met. `refund` says that it
    /// undid the event of that record: a refund its order, an un-redeem its redemption. Returns whether a rung was reached.
    pub(crate) fn climb(&mut self, at: Instant, event: &EventRef, refund: Option<usize>) -> bool {
        let Some(tiers) = self.tiers() else {
            return false;
        };
        let granting = refund.map_or(self.version, |order| self.records[order].version);
        let granting = self.readings.version(granting).program;
        let at_once = granting.refunds.rung == RefundRung::AtOnce;
        if tiers.validity == Validity::None {
            let by_refund = refund.filter(|_| at_once).map(|_| event.clone());
            return self.follow(tiers, at, Some(event.clone()), by_refund);
        }
        if let Some(order) = refund.filter(|_| at_once) {
            self.unseat(tiers, at, order, event);
        }
        let to = self.qualified(tiers, self.look_now(at));
        if to <= self.held.rung {
            return false;
        }
        let until = self.ends(tiers, to, self.reading.days.day(at));
        self.step(at, to, until, RungReason::Reached, Some(event.clone()));
        true
    }

    /// A refund of an order that lies in the stretch on which the rung rests: where neither that stretch nor
    /// the present meets its needs any more, it ends at once.
    fn unseat(&mut self, tiers: &Tiers, at: Instant, order: usize, event: &EventRef) {
        let rung = self.held.rung;
        let order = &self.records[order];
        let Some(stretch) = self
            .held
            .rests_on
            .filter(|stretch| rung > 0 && stretch.window.holds(order.at, order.day))
        else {
            return;
        };
        let present = self.look_now(at);
        let holds = [stretch, present].into_iter().any(|look| {
            self.meets(&tiers.rungs[rung].reach, look) || self.keeps(tiers, rung, look)
        });
        if !holds {
            let to = self.qualified(tiers, present).max(self.held.below);
            let until = self.ends(tiers, to, present.day);
            self.step(at, to, until, RungReason::Refunded, Some(event.clone()));
        }
    }

    /// The desk puts the account on a rung; the end is the declared one, or as if reached that day.
    pub(crate) fn set_rung(
        &mut self,
        at: Instant,
        to: usize,
        ends: Option<Day>,
        reason: RungReason,
        event: &EventRef,
    ) {
        let Some(tiers) = self.tiers() else {
            return;
        };
        let day = self.reading.days.day(at);
        let until = match ends {
            // The lowest rung never ends.
            Some(ends) if to > 0 => Some(ends.max(day + 1)),
            _ => self.ends(tiers, to, day),
        };
        self.step(at, to, until, reason, Some(event.clone()));
        self.held.given = ends.is_some();
    }
}

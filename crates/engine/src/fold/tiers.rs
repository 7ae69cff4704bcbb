//! The ladder: climbing at once, keeping at period ends, what happens at the end of validity.

use super::account::Account;
use super::measure::{Measure, Window};
use super::sink::Sink;
use super::state::Counted;
use crate::calendar::{Day, Instant};
use crate::ledger::{EventRef, RungMove, RungReason};
use crate::program::{Need, Period, Requalify, Shortfall, Tiers, Validity};

impl<'p, S: Sink> Account<'_, 'p, S> {
    fn tiers(&self) -> Option<&'p Tiers> {
        self.plan.program.tiers.as_ref()
    }

    pub(super) fn meets(&self, needs: &[Need]) -> bool {
        let value = |metric: usize| {
            self.state
                .measures
                .get(metric)
                .map_or(0, super::measure::Measure::total)
        };
        needs
            .iter()
            .any(|all| all.iter().all(|(metric, least)| value(*metric) >= *least))
    }

    /// The highest rung whose `reach` is met by the measures as they are.
    pub(super) fn qualified(&self, tiers: &Tiers) -> u8 {
        if let Some((metric, leasts)) = &self.plan.ladder {
            let value = self.state.measures.get(*metric).map_or(0, Measure::total);
            return leasts.iter().take_while(|least| value >= **least).count() as u8;
        }
        let rungs = &tiers.rungs;
        (1..rungs.len())
            .rev()
            .find(|rung| self.meets(&rungs[*rung].reach))
            .unwrap_or(0) as u8
    }

    #[inline]
    pub(super) fn slide_tiers(&mut self, at: Instant, day: Day) {
        for metric in &self.plan.tier_metrics {
            let kind = self.plan.program.metrics[*metric].kind;
            if let Some(measure) = self.state.measures.get_mut(*metric) {
                measure.slide(&self.plan.windows[*metric], at, day, kind);
            }
        }
    }

    /// After an event: up at once to what is qualified now; with validity `none` also down.
    #[inline]
    pub(super) fn climb(&mut self, event: Option<&EventRef>) {
        let Some(tiers) = self.tiers() else { return };
        self.slide_tiers(self.at, self.day);
        let qualified = self.qualified(tiers);
        if qualified > self.state.rung {
            self.climb_to(qualified, event);
        } else if qualified < self.state.rung && self.falls(tiers) {
            self.move_to(qualified, None, RungReason::Shortfall, None);
        }
    }

    /// With validity `none` a rung is what the metrics say; only one that was given with an end holds until then.
    pub(super) fn falls(&self, tiers: &Tiers) -> bool {
        tiers.validity == Validity::None && self.state.until.is_none()
    }

    fn climb_to(&mut self, rung: u8, event: Option<&EventRef>) {
        let (from, until) = (self.state.rung, self.valid_from(self.day));
        if !self.plan.lapses {
            self.rest_on(from, self.day, self.at);
        }
        self.move_to(rung, until, RungReason::Reached, event.cloned());
        self.issue_reached(from, rung, until, event);
    }

    /// Books a move or a new end.
    pub(super) fn move_to(
        &mut self,
        rung: u8,
        until: Option<Day>,
        reason: RungReason,
        event: Option<EventRef>,
    ) {
        self.quiet_until = Instant::MIN;
        let from = self.state.rung;
        if rung != from {
            self.state.former = Some(from);
            self.state.since = self.day;
        }
        self.state.gifts.clear();
        self.state.rung = rung;
        self.state.until = until.filter(|_| rung > 0);
        self.counts_from(self.day);
        self.state.next_period = None;
        if rung > 0
            && let Some(tiers) = self.tiers()
        {
            self.state.next_period = tiers.period.around(self.day).map(|period| period.1);
        }
        self.sink.rung(RungMove {
            at: self.at,
            from,
            to: rung,
            until: self.state.until,
            reason,
            event,
            version: self.version,
        });
        self.renew_lots(from);
    }

    /// Notes from when the end counts that the rung gets today, by a day of the period that gives it.
    fn counts_from(&mut self, period: Day) {
        let asked = self.plan.program.takeover.recomputed && self.state.rung > 0;
        let day = self.day;
        self.state.counted = asked.then_some(Counted { day, period });
    }

    /// The rung is held as one that is reached today.
    pub(super) fn holds_from(&mut self, rung: u8) {
        self.counts_from(self.day);
        let tiers = self.tiers().filter(|_| rung > 0);
        let period = tiers.and_then(|tiers| tiers.period.around(self.day));
        self.state.next_period = period.map(|period| period.1);
    }

    /// The end of validity of a rung that is reached on a day.
    pub(super) fn valid_from(&self, day: Day) -> Option<Day> {
        self.valid_since(Counted { day, period: day })
    }

    /// The end of validity that counts from here.
    pub(super) fn valid_since(&self, counted: Counted) -> Option<Day> {
        let tiers = self.tiers()?;
        match tiers.validity {
            Validity::None | Validity::Forever => None,
            Validity::Length { length } => Some(length.after(counted.day)),
            Validity::Periods { count, extra } => {
                let mut end = tiers.period.around(counted.period)?.1;
                for _ in 0..count {
                    end = tiers.period.around(end)?.1;
                }
                Some(extra.map_or(end, |extra| extra.after(end)))
            }
        }
    }

    /// A calendar period closes: who keeps the rung keeps it to that period's validity.
    pub(super) fn period_end(&mut self) {
        let (Some(tiers), Some(end)) = (self.tiers(), self.state.next_period) else {
            return;
        };
        self.slide_tiers(self.at - 1, end - 1);
        self.state.next_period = tiers.period.around(end).map(|period| period.1);
        let closing = tiers.period.around(end - 1);
        let rests_here = self
            .state
            .ground
            .as_ref()
            .is_some_and(|ground| tiers.period.around(ground.day) == closing);
        if rests_here {
            let metrics = super::stretch::worth(self.plan, self.state);
            if let Some(ground) = &mut self.state.ground {
                ground.metrics = metrics;
            }
        }
        let last_stretch = match tiers.validity {
            Validity::Periods { extra, .. } => self
                .state
                .until
                .is_some_and(|until| until == extra.map_or(end, |extra| extra.after(end))),
            _ => false,
        };
        let looked_at = tiers.requalify == Requalify::EachPeriod || last_stretch;
        if !looked_at || !self.meets(&tiers.rungs[usize::from(self.state.rung)].keep) {
            return;
        }
        let until = match tiers.validity {
            Validity::Length { length } => Some(length.after(end)),
            _ => self.valid_from(end - 1),
        };
        if until > self.state.until {
            self.keep(until, end - 1);
        }
    }

    fn keep(&mut self, until: Option<Day>, rests_on: Day) {
        let from = self.state.ground.as_ref().map_or(0, |ground| ground.from);
        self.rest_on(from, rests_on, self.at - 1);
        let (rung, next) = (self.state.rung, self.state.next_period);
        self.move_to(rung, until, RungReason::Kept, None);
        self.counts_from(rests_on);
        self.state.next_period = next;
    }

    /// Validity ends: requalified, or what `shortfall` says.
    pub(super) fn validity_end(&mut self) {
        let (Some(tiers), Some(until)) = (self.tiers(), self.state.until) else {
            return;
        };
        if tiers.validity == Validity::None {
            self.state.until = None;
            return self.lapse();
        }
        self.slide_tiers(self.at - 1, until - 1);
        let rung = usize::from(self.state.rung);
        let last = match tiers.validity {
            Validity::Periods {
                extra: Some(extra), ..
            } => extra.before(until) - 1,
            _ => until - 1,
        };
        let again = match tiers.validity {
            Validity::Length { length } => Some(length.after(until)),
            _ => self.valid_from(last),
        };
        // Whatever the extra time does to short months, what begins today does not end today.
        let again = again.map(|end| end.max(until + 1));
        // With calendar periods and validity in periods the closing period was looked at when it closed.
        let by_period = matches!(
            (tiers.period, tiers.validity),
            (Period::Calendar { .. }, Validity::Periods { .. })
        );
        if tiers.requalify == Requalify::ValidityEnd
            && !by_period
            && self.meets(&tiers.rungs[rung].keep)
        {
            self.keep(again, last);
            return;
        }
        let qualified = self.qualified(tiers).min(self.state.rung);
        let lower = match tiers.shortfall.at(rung) {
            Shortfall::Keep => {
                self.state.ground = None;
                let next = self.state.next_period;
                self.move_to(rung as u8, again, RungReason::Shortfall, None);
                self.counts_from(last);
                self.state.next_period = next;
                return;
            }
            Shortfall::DropOne => qualified.max(tiers.below(self.state.rung)),
            Shortfall::DropToQualified => qualified,
            Shortfall::DropToBase => 0,
        };
        self.state.ground = None;
        let until = self.valid_from(self.day);
        self.move_to(lower, until, RungReason::Shortfall, None);
    }

    /// With validity `none`: when the next part of a metric leaves the window.
    #[inline]
    pub(super) fn lapses(&self) -> Option<Instant> {
        let zone = &self.plan.program.zone;
        if let Some((metric, leasts)) = &self.plan.ladder
            && self.plan.windows[*metric].rolls()
        {
            let least = leasts.get(usize::from(self.state.rung).wrapping_sub(1))?;
            let measure = self.state.measures.get(*metric)?;
            return measure.falls_below(*least, &self.plan.windows[*metric], zone);
        }
        self.plan
            .tier_metrics
            .iter()
            .filter_map(|metric| {
                let measure = self.state.measures.get(*metric)?;
                match &self.plan.windows[*metric] {
                    Window::Lifetime => None,
                    Window::Calendar(..) | Window::Tier(_) => {
                        Some(zone.midnight(measure.period().1))
                    }
                    window => measure.leaves(window, zone),
                }
            })
            .min()
    }

    /// With validity `none`: something left the window.
    pub(super) fn lapse(&mut self) {
        let Some(tiers) = self.tiers() else { return };
        self.slide_tiers(self.at, self.day);
        let qualified = self.qualified(tiers);
        if qualified < self.state.rung {
            self.move_to(qualified, None, RungReason::Shortfall, None);
        }
    }
}

//! The ladder: climbing at once, keeping at period ends, what happens at the end of validity.

use super::account::Account;
use super::measure::Window;
use super::sink::Sink;
use super::state::Climb;
use crate::calendar::{Day, Instant};
use crate::ledger::{EventRef, RungMove, RungReason};
use crate::program::{Need, Period, Requalify, Shortfall, Tiers, Validity};

impl<'p, S: Sink> Account<'_, 'p, S> {
    fn tiers(&self) -> Option<&'p Tiers> {
        self.plan.program.tiers.as_ref()
    }

    fn meets(&self, needs: &[Need]) -> bool {
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
        let rungs = &tiers.rungs;
        (1..rungs.len())
            .rev()
            .find(|rung| self.meets(&rungs[*rung].reach))
            .unwrap_or(0) as u8
    }

    fn slide_tiers(&mut self, at: Instant, day: Day) {
        for metric in &self.plan.tier_metrics {
            let kind = self.plan.program.metrics[*metric].kind;
            if let Some(measure) = self.state.measures.get_mut(*metric) {
                measure.slide(self.plan.windows[*metric], at, day, kind);
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
        } else if qualified < self.state.rung && tiers.validity == Validity::None {
            self.move_to(qualified, None, RungReason::Shortfall, None);
        }
    }

    fn climb_to(&mut self, rung: u8, event: Option<&EventRef>) {
        let (from, until) = (self.state.rung, self.valid_from(self.day));
        self.state.climb = Some(Climb {
            from,
            day: self.day,
        });
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
        let from = self.state.rung;
        if rung != from {
            self.state.former = Some(from);
            self.state.since = self.day;
        }
        self.state.rung = rung;
        self.state.until = until.filter(|_| rung > 0);
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
        });
    }

    /// The end of validity of a rung that is reached on a day.
    pub(super) fn valid_from(&self, day: Day) -> Option<Day> {
        let tiers = self.tiers()?;
        match tiers.validity {
            Validity::None | Validity::Forever => None,
            Validity::Length { length } => Some(length.after(day)),
            Validity::Periods { count, extra } => {
                let mut end = tiers.period.around(day)?.1;
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
        if let Some(climb) = &mut self.state.climb {
            climb.day = rests_on;
        }
        let (rung, next) = (self.state.rung, self.state.next_period);
        self.move_to(rung, until, RungReason::Kept, None);
        self.state.next_period = next;
    }

    /// Validity ends: requalified, or what `shortfall` says.
    pub(super) fn validity_end(&mut self) {
        let (Some(tiers), Some(until)) = (self.tiers(), self.state.until) else {
            return;
        };
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
                let next = self.state.next_period;
                self.move_to(rung as u8, again, RungReason::Shortfall, None);
                self.state.next_period = next;
                return;
            }
            Shortfall::DropOne => qualified.max(self.state.rung - 1),
            Shortfall::DropToQualified => qualified,
            Shortfall::DropToBase => 0,
        };
        self.state.climb = None;
        let until = self.valid_from(self.day);
        self.move_to(lower, until, RungReason::Shortfall, None);
    }

    /// With validity `none`: when the next part of a metric leaves the window.
    #[inline]
    pub(super) fn lapses(&self) -> Option<Instant> {
        let zone = &self.plan.program.zone;
        self.plan
            .tier_metrics
            .iter()
            .filter_map(|metric| {
                let measure = self.state.measures.get(*metric)?;
                match self.plan.windows[*metric] {
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

    /// A refund of an order of that day: does the rung still rest on something?
    pub(super) fn refunded(&mut self, order_day: Day, event: &EventRef) {
        let Some(tiers) = self.tiers() else { return };
        self.slide_tiers(self.at, self.day);
        if tiers.validity == Validity::None {
            let qualified = self.qualified(tiers);
            if qualified < self.state.rung {
                self.move_to(qualified, None, RungReason::Refunded, Some(event.clone()));
            }
            return;
        }
        let (Some(climb), true) = (self.state.climb, self.state.rung > 0) else {
            return;
        };
        let rests = match tiers.period.around(climb.day) {
            // What an earlier period was worth is not known any more; its rung ends at its checkpoint.
            Some((from, before)) => {
                (from..before).contains(&order_day) && (from..before).contains(&self.day)
            }
            None => order_day <= climb.day,
        };
        let rung = &tiers.rungs[usize::from(self.state.rung)];
        if !rests || self.meets(&rung.reach) || self.meets(&rung.keep) {
            return;
        }
        let lower = self.qualified(tiers).max(climb.from).min(self.state.rung);
        if lower < self.state.rung {
            self.state.climb = None;
            let until = self.valid_from(self.day);
            self.move_to(lower, until, RungReason::Refunded, Some(event.clone()));
        }
    }
}

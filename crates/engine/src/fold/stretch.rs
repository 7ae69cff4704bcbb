//! What a rung rests on: the stretch of its last `reached` or `kept`. A refund of an order in that
//! stretch can take the ground away.

use super::account::Account;
use super::contribution::Added;
use super::measure::{Key, Measure, Window};
use super::plan::Plan;
use super::sink::Sink;
use super::state::AccountState;
use crate::calendar::{Day, Instant};
use crate::ledger::{EventRef, RungReason};
use crate::program::{MetricKind, Need, Period, Validity};

/// The ground of the rung held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// The rung before it was reached.
    pub from: u8,
    /// A day of the stretch: that of the move, or the last of the period that was kept.
    pub day: Day,
    /// With rolling windows: the instant at which the window ends.
    pub at: Instant,
    /// By place in `Plan::tier_metrics`: the metric over the stretch. With calendar periods it is taken
    /// when the period closes; until then the measures themselves say it.
    pub metrics: Vec<Worth>,
}

/// A metric over a stretch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worth {
    /// Sum, count, or what the desk added.
    pub total: i64,
    /// Values of the kinds distinct, first and last.
    pub keys: Vec<Key>,
}

impl Worth {
    /// As a number.
    pub fn value(&self) -> i64 {
        let different = (0..self.keys.len())
            .filter(|at| !self.keys[..*at].contains(&self.keys[*at]))
            .count();
        self.total + different as i64
    }

    /// Takes back what an event had added.
    pub fn take_back(&mut self, number: i64, keys: &[Key]) {
        self.total -= number;
        for key in keys {
            if let Some(at) = self.keys.iter().position(|known| known == key) {
                self.keys.remove(at);
            }
        }
    }
}

/// The tier metrics as they are.
pub fn worth(plan: &Plan<'_>, state: &AccountState) -> Vec<Worth> {
    let of = |metric: &usize| {
        state
            .measures
            .get(*metric)
            .map(Measure::worth)
            .unwrap_or_default()
    };
    plan.tier_metrics.iter().map(of).collect()
}

impl AccountState {
    /// Adds what happens at the very instant of a rolling stretch's end to it.
    pub fn add_to_ground(
        &mut self,
        plan: &Plan<'_>,
        metric: usize,
        at: Instant,
        number: i64,
        keys: &[Key],
    ) {
        let Some(ground) = self.ground.as_mut().filter(|ground| ground.at == at) else {
            return;
        };
        let Some(place) = plan.tier_metrics.iter().position(|known| *known == metric) else {
            return;
        };
        ground.metrics[place].total += number;
        ground.metrics[place].keys.extend(keys.iter().cloned());
    }

    /// Takes back from the ground what a refunded order gave a metric.
    pub fn take_from_ground(
        &mut self,
        plan: &Plan<'_>,
        metric: usize,
        order: (Instant, Day),
        number: i64,
        keys: &[Key],
    ) {
        let Some(place) = plan.tier_metrics.iter().position(|known| *known == metric) else {
            return;
        };
        if !self.ground_holds(plan, metric, order) {
            return;
        }
        if let Some(worth) = self
            .ground
            .as_mut()
            .and_then(|ground| ground.metrics.get_mut(place))
        {
            worth.take_back(number, keys);
        }
    }

    /// Whether an order lies in the stretch that the rung rests on.
    fn ground_holds(&self, plan: &Plan<'_>, metric: usize, (at, day): (Instant, Day)) -> bool {
        let (Some(ground), Some(tiers)) = (&self.ground, &plan.program.tiers) else {
            return false;
        };
        match (tiers.period, plan.windows[metric]) {
            (Period::Calendar { .. }, _) => {
                tiers.period.around(day) == tiers.period.around(ground.day)
            }
            (_, Window::Exact(micros)) => at <= ground.at && at >= ground.at - micros,
            (_, Window::Days(length)) => {
                at <= ground.at && day > length.before(plan.program.zone.day(ground.at))
            }
            _ => true,
        }
    }
}

impl<S: Sink> Account<'_, '_, S> {
    /// The rung rests on the present stretch from now on.
    pub(super) fn rest_on(&mut self, from: u8, day: Day, at: Instant) {
        self.state.ground = Some(Ground {
            from,
            day,
            at,
            metrics: worth(self.plan, self.state),
        });
    }

    /// A refund of an order: does the rung still rest on something?
    pub(super) fn refunded(&mut self, order: (Instant, Day), event: &EventRef) {
        let Some(tiers) = &self.plan.program.tiers else {
            return;
        };
        self.slide_tiers(self.at, self.day);
        if tiers.validity == Validity::None {
            let qualified = self.qualified(tiers);
            if qualified < self.state.rung && self.falls(tiers) {
                self.refunded_to(qualified, None, event);
            }
            return;
        }
        let (Some(ground), Some(metric)) = (&self.state.ground, self.plan.tier_metrics.first())
        else {
            return;
        };
        if self.state.rung == 0 || !self.state.ground_holds(self.plan, *metric, order) {
            return;
        }
        let rung = &tiers.rungs[usize::from(self.state.rung)];
        let now = |needs: &[Need]| self.meets(needs);
        let then = |needs: &[Need]| {
            let value = |metric: usize| {
                let place = self
                    .plan
                    .tier_metrics
                    .iter()
                    .position(|known| *known == metric);
                place
                    .and_then(|place| ground.metrics.get(place))
                    .map_or(0, Worth::value)
            };
            needs
                .iter()
                .any(|all| all.iter().all(|(metric, least)| value(*metric) >= *least))
        };
        // With a calendar period that is still open, and over a lifetime, the stretch is the present.
        let open = match tiers.period {
            Period::Calendar { .. } => {
                tiers.period.around(self.day) == tiers.period.around(ground.day)
            }
            Period::Lifetime => true,
            Period::Rolling { .. } => false,
        };
        if now(&rung.reach) || now(&rung.keep) || (!open && (then(&rung.reach) || then(&rung.keep)))
        {
            return;
        }
        let lower = self.qualified(tiers).max(ground.from).min(self.state.rung);
        if lower < self.state.rung {
            self.state.ground = None;
            let until = self.valid_from(self.day);
            self.refunded_to(lower, until, event);
        }
    }

    /// A refund takes the rung, and what reaching it had brought.
    fn refunded_to(&mut self, lower: u8, until: Option<Day>, refund: &EventRef) {
        let gifts = std::mem::take(&mut self.state.gifts);
        self.move_to(lower, until, RungReason::Refunded, Some(refund.clone()));
        for gift in &gifts {
            self.revoke(gift, refund);
        }
    }
}

/// What a refund takes from a metric: the number, and the values that are gone.
pub fn difference(was: &Added, is: &Added) -> (i64, Vec<Key>) {
    let number = was.number.map_or(0, |was| was - is.number.unwrap_or(0));
    let gone = was.keys.iter().filter(|key| !is.keys.contains(key));
    (number, gone.cloned().collect())
}

/// Takes a difference back from a measure.
pub fn take_back(
    measure: &mut Measure,
    window: &Window,
    kind: MetricKind,
    (at, day): (Instant, Day),
    number: i64,
    keys: &[Key],
) {
    if number != 0 {
        measure.take_back(window, at, day, number);
    }
    for key in keys {
        measure.take_back_key(window, at, day, kind, key);
    }
}

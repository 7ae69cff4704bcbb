//! A look at the needs of the ladder: what metrics say over a stretch, and which rungs that is enough for.

use crate::account::Account;
use crate::days::Window;
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::program::{Need, Tiers};

/// Where needs are looked at: the stretch of the ladder, and the instant for metrics with a window of
/// their own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) window: Window,
    pub(crate) at: Instant,
    pub(crate) day: Day,
}

/// What is measured for a look, each metric at most once.
struct Measured<'l> {
    look: Look,
    values: &'l mut Vec<Option<i128>>,
}

impl Account<'_> {
    /// The look at the needs after what happened at `at`.
    pub(crate) fn look_now(&self, at: Instant) -> Look {
        let day = self.reading.days.day(at);
        Look {
            window: self.reading.days.ladder_window(at, day),
            at,
            day,
        }
    }

    /// The look at the stretch that ends with 00:00 of a day, at the last instant before it.
    pub(crate) fn look_back(&self, before: Day) -> Look {
        let at = self.reading.days.midnight(before) - 1;
        Look {
            window: self.reading.days.ladder_window(at, before - 1),
            at,
            day: before - 1,
        }
    }

    fn value(&self, metric: usize, measured: &mut Measured<'_>) -> i128 {
        if let Some(value) = measured.values[metric] {
            return value;
        }
        let look = measured.look;
        let window = match self.reading.program.metrics[metric].window {
            None => look.window,
            Some(per) => self.reading.days.window(per, look.at, look.day),
        };
        let value = self.measures.total(metric, window, 0);
        measured.values[metric] = Some(value);
        value
    }

    /// Whether any of these alternatives is met.
    fn met(&self, needs: &[Need], measured: &mut Measured<'_>) -> bool {
        needs.iter().any(|need| {
            need.iter().all(|(metric, least)| {
                // The need is in units of the metric's denominator.
                let den = i128::from(self.reading.program.metrics[*metric].den.max(1));
                let value = self.value(*metric, measured);
                value.saturating_mul(den)
                    >= i128::from(*least).saturating_mul(self.reading.units[*metric])
            })
        })
    }

    pub(crate) fn keeps(&self, tiers: &Tiers, rung: usize, look: Look) -> bool {
        let rung = &tiers.rungs[rung];
        let needs = if rung.keep.is_empty() {
            &rung.reach
        } else {
            &rung.keep
        };
        self.meets(needs, look)
    }

    pub(crate) fn meets(&self, needs: &[Need], look: Look) -> bool {
        let mut values = vec![None; self.reading.program.metrics.len()];
        let mut measured = Measured {
            look,
            values: &mut values,
        };
        self.met(needs, &mut measured)
    }

    /// The highest rung whose needs are met.
    pub(crate) fn qualified(&self, tiers: &Tiers, look: Look) -> usize {
        let mut values = vec![None; self.reading.program.metrics.len()];
        let mut measured = Measured {
            look,
            values: &mut values,
        };
        (1..tiers.rungs.len())
            .rev()
            .find(|rung| self.met(&tiers.rungs[*rung].reach, &mut measured))
            .unwrap_or(0)
    }
}

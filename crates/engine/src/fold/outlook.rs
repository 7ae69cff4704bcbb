//! What an account's state says to people: metrics now, and what is missing to the next rung.

use super::measure::Measure;
use super::plan::Plan;
use super::state::AccountState;
use crate::calendar::{Day, Instant};
use crate::program::Pool;

/// One way to the next rung: (metric, value now, least value), in the metric's denominator.
pub type Way = Vec<(usize, i64, i64)>;

impl AccountState {
    /// The value of every account metric at an instant of a day; 0 over nothing.
    pub fn metrics(&self, plan: &Plan<'_>, at: Instant, day: Day) -> Vec<i64> {
        (0..plan.program.metrics.len())
            .map(|metric| {
                let declared = &plan.program.metrics[metric];
                let Some(measure) = self
                    .measures
                    .get(metric)
                    .filter(|_| declared.pool == Pool::Account)
                else {
                    return 0;
                };
                let mut measure: Measure = measure.clone();
                measure.slide(&plan.windows[metric], at, day, declared.kind);
                measure.total()
            })
            .collect()
    }

    /// The next rung and the ways that lead there; none on the highest rung.
    pub fn next_rung(&self, plan: &Plan<'_>, at: Instant, day: Day) -> Option<(usize, Vec<Way>)> {
        let tiers = plan.program.tiers.as_ref()?;
        let next = usize::from(self.rung) + 1;
        let values = self.metrics(plan, at, day);
        let ways = tiers.rungs.get(next)?.reach.iter();
        Some((
            next,
            ways.map(|needs| {
                needs
                    .iter()
                    .map(|(metric, least)| (*metric, values[*metric], *least))
                    .collect()
            })
            .collect(),
        ))
    }
}

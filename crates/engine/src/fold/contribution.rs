//! What an event adds to the metrics that look at it.

use super::earn::{Moment, key_of};
use super::measure::Key;
use super::plan::Plan;
use super::prepared::{Row, ask};
use super::view::View;
use crate::condition::evaluate::Overflow;
use crate::program::MetricKind;
use std::ops::Range;

/// What an event adds to a metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// To a sum or count; none: it does not count there.
    pub number: Option<i64>,
    /// Values to count or remember.
    pub keys: Vec<Key>,
}

impl Added {
    #[inline]
    fn sum(&mut self, value: i64) -> Result<(), Overflow> {
        let sum = self.number.unwrap_or(0).checked_add(value);
        self.number = Some(sum.ok_or(Overflow)?);
        Ok(())
    }
}

/// The points that a metric of kind granted counts.
pub(super) fn granted(plan: &Plan<'_>, metric: usize, booked: &[i64]) -> i64 {
    let metric = &plan.program.metrics[metric];
    (0..booked.len())
        .filter(|rule| metric.counts_points_of(&plan.program.earn[*rule], *rule))
        .map(|rule| booked[rule])
        .sum()
}

/// What an event adds to each metric that looks at its kind.
pub(super) fn contributions(
    moment: &Moment<'_, '_>,
    rows: Range<usize>,
    view: &View<'_>,
    added: &mut Vec<Added>,
) -> Result<(), Overflow> {
    let (plan, prepared) = (moment.plan, moment.prepared);
    added.resize_with(plan.program.metrics.len(), Added::default);
    for added in added.iter_mut() {
        added.number = None;
        added.keys.clear();
    }
    for metric in &plan.metrics[moment.kind as usize] {
        let kind = plan.program.metrics[*metric].kind;
        let by_line = plan.metric_by_line[*metric];
        let lines = if by_line {
            rows.clone()
        } else {
            rows.start..rows.start + 1
        };
        for row in lines {
            let place = Row {
                batch: moment.batch,
                row,
                days: &moment.prepared.day,
            };
            if !prepared.metric_when[*metric].holds(place, plan, view)? {
                continue;
            }
            let added = &mut added[*metric];
            match (kind, &prepared.metric_number[*metric]) {
                (MetricKind::Events, _) => added.number = Some(1),
                // A sum of a column that is computed already: what most metrics are.
                (_, Some(numbers)) => {
                    if let Some(value) = numbers.at(row)? {
                        added.sum(value)?;
                    }
                }
                (_, None) => {
                    let value = match prepared.metric_of[*metric] {
                        Some(of) => key_of(&ask(of, place, plan, view)?),
                        None => Some(Key::Number(1)),
                    };
                    match (kind, value) {
                        (MetricKind::Sum, Some(Key::Number(value))) => added.sum(value)?,
                        (
                            MetricKind::Distinct | MetricKind::First | MetricKind::Last,
                            Some(key),
                        ) => added.keys.push(key),
                        _ => {}
                    }
                }
            }
        }
    }
    Ok(())
}

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// To a sum or count.
    Number(i64),
    /// Values to count or remember.
    Keys(Vec<Key>),
}

/// The points that a metric of kind granted counts.
pub(super) fn granted(plan: &Plan<'_>, metric: usize, booked: &[i64]) -> i64 {
    let rules = plan.program.metrics[metric].rules.as_ref();
    (0..booked.len())
        .filter(|rule| {
            rules.map_or(plan.program.earn[*rule].counts, |rules| {
                rules.contains(rule)
            })
        })
        .map(|rule| booked[rule])
        .sum()
}

/// What an event adds to each metric that looks at its kind.
pub(super) fn contributions(
    moment: &Moment<'_, '_>,
    rows: Range<usize>,
    view: &View<'_>,
    added: &mut Vec<Option<Added>>,
) -> Result<(), Overflow> {
    let (plan, prepared) = (moment.plan, moment.prepared);
    added.clear();
    added.resize(plan.program.metrics.len(), None);
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
                day: moment.day,
            };
            if !prepared.metric_when[*metric].holds(place, plan, view)? {
                continue;
            }
            let value = match (
                &prepared.metric_number[*metric],
                prepared.metric_of[*metric],
            ) {
                (Some(numbers), _) => numbers.at(row)?.map(Key::Number),
                (None, Some(of)) => key_of(&ask(of, place, plan, view)?),
                (None, None) => Some(Key::Number(1)),
            };
            added[*metric] = match (kind, value, added[*metric].take()) {
                (MetricKind::Sum, Some(Key::Number(value)), Some(Added::Number(sum))) => {
                    Some(Added::Number(sum.checked_add(value).ok_or(Overflow)?))
                }
                (MetricKind::Sum, Some(Key::Number(value)), _) => Some(Added::Number(value)),
                (MetricKind::Events, _, _) => Some(Added::Number(1)),
                (
                    MetricKind::Distinct | MetricKind::First | MetricKind::Last,
                    Some(key),
                    Some(Added::Keys(mut keys)),
                ) => {
                    keys.push(key);
                    Some(Added::Keys(keys))
                }
                (MetricKind::Distinct | MetricKind::First | MetricKind::Last, Some(key), _) => {
                    Some(Added::Keys(vec![key]))
                }
                (_, _, before) => before,
            };
        }
    }
    Ok(())
}

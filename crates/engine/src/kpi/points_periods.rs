//! The roll-forward of points by month: what there was, what came and went, what is left.

use super::facts::PointsFact;
use super::figure::Window;
use super::totals::PointsFlow;
use super::window::Windows;
use crate::calendar::{Calendar, Day, Per};
use crate::program::Program;

/// A month, or as much of it as there is by the day of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsPeriod {
    /// Its days.
    pub window: Window,
    /// What had become of all points before it.
    pub before: PointsFlow,
    /// The same at its end.
    pub after: PointsFlow,
}

/// All months from the first fact of a wallet to the day `as_of`; facts are in the order of days.
pub(super) fn points_periods(
    program: &Program,
    facts: &[PointsFact],
    as_of: Day,
) -> Vec<PointsPeriod> {
    let month = Per::Calendar(Calendar::Month);
    let (Some(first), Some(months)) = (facts.first(), Windows::new(month, as_of, program.week))
    else {
        return Vec::new();
    };
    let mut facts = facts.iter().peekable();
    let mut after = PointsFlow::default();
    (months.number(first.day)..=months.number(as_of))
        .map(|number| {
            let mut window = months.window(number, None);
            window.before = window.before.min(as_of + 1);
            let before = after;
            while let Some(fact) = facts.next_if(|fact| fact.day < window.before) {
                after.observe(fact);
            }
            PointsPeriod {
                window,
                before,
                after,
            }
        })
        .collect()
}

//! Objectives: where a KPI stands between its baseline and its target.

use super::figure::{Figure, Fraction};
use super::measure::Measure;
use crate::calendar::Day;
use crate::program::{Objective, Program};

/// How an objective is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The target is reached.
    Ahead,
    /// Not yet, but at or beyond the straight line to it.
    OnTrack,
    /// Short of the line.
    Behind,
    /// There is no value, or (after `by`, never) no line.
    CannotTell,
}

impl State {
    /// All of them.
    pub const ALL: &'static [State] = &[
        State::Ahead,
        State::OnTrack,
        State::Behind,
        State::CannotTell,
    ];

    /// As it stands in reports.
    pub fn text(self) -> &'static str {
        match self {
            State::Ahead => "ahead",
            State::OnTrack => "on_track",
            State::Behind => "behind",
            State::CannotTell => "cannot_tell",
        }
    }
}

/// An objective with what has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Index in `Program::objectives`.
    pub objective: usize,
    /// The KPI's latest total.
    pub value: Option<Fraction>,
    /// Where the straight line is on the day of the report.
    pub expected: Option<Fraction>,
    /// How it is doing.
    pub state: State,
}

/// The latest total of a KPI: the last complete window, over all accounts.
pub fn latest(figures: &[Figure], kpi: usize) -> Option<&Figure> {
    figures
        .iter()
        .rfind(|figure| figure.kpi == kpi && figure.by.is_empty())
}

/// Compares every objective with its KPI's latest total.
///
/// The line runs straight from the baseline on the day from which the version rules to the target on
/// `by`, and is level before and after. Which way is better follows from baseline and target; where
/// they are equal, from the KPI.
pub fn standings(program: &Program, as_of: Day, figures: &[Figure]) -> Vec<Standing> {
    program
        .objectives
        .iter()
        .enumerate()
        .map(|(index, objective)| {
            let value = latest(figures, objective.kpi).and_then(Figure::value);
            let expected = expected(objective, program.from, as_of);
            let falls = falls(program, objective);
            let reached = |value: Fraction, mark: Fraction| match falls {
                true => value <= mark,
                false => value >= mark,
            };
            let state = match (value, expected) {
                (Some(value), _) if reached(value, objective.target.into()) => State::Ahead,
                (Some(value), Some(expected)) if reached(value, expected) => State::OnTrack,
                (Some(_), Some(_)) => State::Behind,
                _ => State::CannotTell,
            };
            Standing {
                objective: index,
                value,
                expected,
                state,
            }
        })
        .collect()
}

/// Whether a lower value is the better one.
fn falls(program: &Program, objective: &Objective) -> bool {
    if objective.target != objective.baseline {
        return objective.target < objective.baseline;
    }
    program
        .kpis
        .get(objective.kpi)
        .is_some_and(|kpi| super::measure_of(kpi.kind).is_some_and(Measure::falls_when_better))
}

/// Where the line is on a day.
fn expected(objective: &Objective, from: Day, day: Day) -> Option<Fraction> {
    let (baseline, target) = (objective.baseline.into(), objective.target.into());
    if day >= objective.by {
        return Some(target);
    }
    if day <= from {
        return Some(baseline);
    }
    let gone = i128::from(day) - i128::from(from);
    let all = i128::from(objective.by) - i128::from(from);
    let rise = target.plus(Fraction::negative(baseline))?;
    baseline.plus(rise.times(Fraction::new(gone, all)?)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::kpi::tests::sample::{Account, MONTH, QUARTER, day, figures, kpi, program};
    use crate::number::Rational;
    use crate::program::KpiKind;

    fn objective(baseline: &str, target: &str) -> Objective {
        Objective {
            id: "come-back".to_owned(),
            place: crate::finding::Place::default(),
            kpi: 0,
            baseline: Rational::from_decimal(baseline).unwrap(),
            target: Rational::from_decimal(target).unwrap(),
            by: day("2026-04-11"),
            owner: None,
        }
    }

    /// The state on 31 January 2026 (30 of the 100 days after 1 January) of a KPI with the value 1/2.
    fn state(kind: KpiKind, baseline: &str, target: &str) -> State {
        let accounts = [
            Account::buys(&["2025-11-05", "2025-12-05"]),
            Account::buys(&["2025-11-06"]),
        ];
        let mut program = program(vec![kpi(kind, MONTH)]);
        program.objectives = vec![objective(baseline, target)];
        let as_of = day("2026-01-31");
        let mut figures = figures(&program, as_of, &accounts);
        figures.truncate(1);
        assert_eq!(figures[0].value(), Fraction::new(1, 2));
        standings(&program, as_of, &figures)[0].state
    }

    #[test]
    fn on_track_is_the_straight_line_from_the_baseline_to_the_target() {
        let retention = |baseline, target| state(KpiKind::Retention, baseline, target);
        assert_eq!(retention("0.4", "0.5"), State::Ahead);
        // on day 30 of 100 the line from 0.44 to 0.64 is at exactly 0.50
        assert_eq!(retention("0.44", "0.64"), State::OnTrack);
        assert_eq!(retention("0.44", "0.65"), State::Behind);
        assert_eq!(retention("0.5", "0.5"), State::Ahead);
        assert_eq!(retention("0.6", "0.6"), State::Behind);
    }

    #[test]
    fn where_less_is_better_the_line_falls() {
        let churn = |baseline, target| state(KpiKind::Churn, baseline, target);
        assert_eq!(churn("0.6", "0.5"), State::Ahead);
        assert_eq!(churn("0.56", "0.36"), State::OnTrack);
        assert_eq!(churn("0.55", "0.36"), State::Behind);
        assert_eq!(churn("0.6", "0.6"), State::Ahead);
    }

    #[test]
    fn without_a_value_one_cannot_tell() {
        let mut program = program(vec![kpi(KpiKind::Retention, QUARTER)]);
        program.objectives = vec![objective("0.4", "0.5")];
        let as_of = day("2026-02-01");
        let figures = figures(&program, as_of, &[Account::buys(&["2026-01-05"])]);
        let standing = &standings(&program, as_of, &figures)[0];
        assert_eq!((standing.value, standing.state), (None, State::CannotTell));
    }
}

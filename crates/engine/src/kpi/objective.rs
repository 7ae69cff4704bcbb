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

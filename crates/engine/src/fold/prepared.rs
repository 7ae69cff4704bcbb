//! A batch made ready: every condition and amount that needs no state is computed column at a time,
//! before the pass over the accounts.

use super::earn::{Known, known};
use super::plan::Plan;
use crate::calendar::Day;
use crate::canonical::Kind;
use crate::condition::columns::{self, Mask, Numbers};
use crate::condition::evaluate::{At, Overflow, State, Value, evaluate};
use crate::condition::expression::Expr;
use crate::event::Batch;
use crate::program::{EarnKind, Trigger};

/// A condition over a batch.
#[derive(Debug)]
pub enum When<'p> {
    /// Holds everywhere.
    Always,
    /// Computed for every row.
    Mask(Mask),
    /// Asked row by row: it looks at the account.
    Asked(&'p Expr),
}

/// A number over a batch.
#[derive(Debug)]
pub enum Amount<'p> {
    /// Computed for every row.
    Numbers(Numbers),
    /// Asked row by row.
    Asked(&'p Expr),
}

/// A batch made ready.
#[derive(Debug)]
pub struct Prepared<'p> {
    /// Local day of every row.
    pub day: Vec<Day>,
    /// By index of the earn rule.
    pub when: Vec<When<'p>>,
    /// By index of the earn rule, for kinds with an amount.
    pub amount: Vec<Option<Amount<'p>>>,
    /// By index of the metric.
    pub metric_when: Vec<When<'p>>,
    /// By index of the metric, where it has an `of`.
    pub metric_of: Vec<Option<&'p Expr>>,
    /// By index of the metric: `of` as a number for every row.
    pub metric_number: Vec<Option<Numbers>>,
    /// By index of the reward.
    pub reward_when: Vec<When<'p>>,
    /// Which events release points that wait for one.
    pub until_when: Vec<When<'p>>,
    /// By kind of event: the points of its base rules, where they depend on nothing but the event.
    pub known: Vec<Option<Known>>,
}

impl<'p> Prepared<'p> {
    /// Computes what can be computed.
    pub fn new(plan: &Plan<'p>, batch: &Batch) -> Prepared<'p> {
        let program = plan.program;
        let zone = &program.zone;
        let day: Vec<Day> = batch.time.iter().map(|at| zone.day(*at)).collect();
        let mut present = [false; 32];
        for kind in batch.kind.iter() {
            present[usize::from(*kind) & 31] = true;
        }
        let here = |kind: Kind| present[kind as usize & 31];
        let at = columns::Frame {
            batch,
            days: &day,
            zone,
            datasets: &program.datasets,
        };
        let when = |expr: &'p Option<Expr>, kind: Option<Kind>| match expr {
            None => When::Always,
            Some(expr) if expr.needs_state() => When::Asked(expr),
            Some(expr) if kind.is_none_or(here) => When::Mask(columns::mask(expr, &at)),
            Some(_) => When::Always,
        };
        let earn_when: Vec<When<'p>> = program
            .earn
            .iter()
            .map(|earn| when(&earn.when, Some(earn.on)))
            .collect();
        let amount: Vec<Option<Amount<'p>>> = program
            .earn
            .iter()
            .map(|earn| match &earn.kind {
                EarnKind::PerAmount { amount, .. } | EarnKind::Steps { amount, .. }
                    if here(earn.on) =>
                {
                    Some(if amount.needs_state() {
                        Amount::Asked(amount)
                    } else {
                        Amount::Numbers(columns::numbers(amount, &at))
                    })
                }
                _ => None,
            })
            .collect();
        let known = Kind::ALL
            .iter()
            .map(|kind| {
                here(*kind)
                    .then(|| known(plan, *kind, batch, &day, &earn_when, &amount))
                    .flatten()
            })
            .collect();
        Prepared {
            known,
            when: earn_when,
            amount,
            metric_when: program
                .metrics
                .iter()
                .map(|metric| when(&metric.when, metric.on))
                .collect(),
            metric_of: program
                .metrics
                .iter()
                .map(|metric| metric.of.as_ref())
                .collect(),
            metric_number: program
                .metrics
                .iter()
                .map(|metric| {
                    let of = metric.of.as_ref()?;
                    (metric.kind == crate::program::MetricKind::Sum
                        && !of.needs_state()
                        && metric.on.is_none_or(here))
                    .then(|| columns::numbers(of, &at))
                })
                .collect(),
            reward_when: program
                .rewards
                .iter()
                .map(|reward| match reward.on {
                    Some(Trigger::Event(kind)) => when(&reward.when, Some(kind)),
                    _ => reward.when.as_ref().map_or(When::Always, When::Asked),
                })
                .collect(),
            until_when: program
                .wallets
                .iter()
                .map(|wallet| match wallet.until() {
                    Some(until) => when(&until.when, Some(until.on)),
                    None => When::Always,
                })
                .collect(),
            day,
        }
    }
}

/// One row of a batch, with the program's zone: where a condition is asked.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The batch.
    pub batch: &'a Batch,
    /// The row.
    pub row: usize,
    /// The local days of all its rows.
    pub days: &'a [Day],
}

impl When<'_> {
    /// For every row whether it holds (none: always); nothing if it has to be asked or overflows.
    pub fn mask(&self) -> Option<Option<&[u8]>> {
        match self {
            When::Always => Some(None),
            When::Mask(mask) if mask.overflow.is_empty() => Some(Some(&mask.rows)),
            _ => None,
        }
    }

    /// Whether it holds at a row.
    #[inline]
    pub fn holds<S: State>(
        &self,
        row: Row<'_>,
        plan: &Plan<'_>,
        state: &S,
    ) -> Result<bool, Overflow> {
        match self {
            When::Always => Ok(true),
            When::Mask(mask) => mask.at(row.row),
            When::Asked(expr) => ask(expr, row, plan, state).map(|value| value == Value::Number(1)),
        }
    }
}

impl Amount<'_> {
    /// The number at a row, 0 where it is empty.
    #[inline]
    pub fn at<S: State>(&self, row: Row<'_>, plan: &Plan<'_>, state: &S) -> Result<i64, Overflow> {
        match self {
            Amount::Numbers(numbers) => numbers.at(row.row).map(|value| value.unwrap_or(0)),
            Amount::Asked(expr) => ask(expr, row, plan, state).map(|value| match value {
                Value::Number(number) => number,
                _ => 0,
            }),
        }
    }
}

/// Asks an expression at a row.
pub fn ask<'a, S: State>(
    expr: &'a Expr,
    row: Row<'a>,
    plan: &'a Plan<'_>,
    state: &'a S,
) -> Result<Value<'a>, Overflow> {
    let program = plan.program;
    let at = At::row(
        row.batch,
        row.row,
        row.days[row.row],
        &program.zone,
        &program.datasets,
    );
    evaluate(expr, &at, state)
}

//! Cohorts: who of those who came in one month still buys months later.

use super::facts::AccountFacts;
use super::figure::{Amount, Figure, Unit, Window, WindowKind};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::calendar::{Calendar, Per};
use crate::program::KpiKind;

/// The kind `cohort`.
pub struct Cohort;

/// Customers who bought so many periods after their first one.
const LATER: usize = 0;

impl Measure for Cohort {
    fn kind(&self) -> KpiKind {
        KpiKind::Cohort
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "customers who came together and still buy later",
            definition: "A cohort is the customers whose first order lies in one month (or in the calendar period that `window` names). Its k-th figure, `by` `k`, is the share of them who buy in the k-th month after it; months that are not complete are left out",
            formula: "customers of the cohort who bought in month + k / customers of the cohort",
            source: "Fader, Hardie: How to Project Customer Retention, Journal of Interactive Marketing 21, 2007",
            naive: "customers of a month / customers of the month before mixes cohorts, and hides that each of them shrinks while new customers come in",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Ratio
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(0, 1)
    }

    fn windows(&self, per: Per) -> Per {
        match per {
            Per::Lifetime => Per::Calendar(Calendar::Month),
            per => per,
        }
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        let mut cohort = None;
        scope.each_window(facts, into, |bought, into| {
            let (first, group) = *cohort.get_or_insert((bought.window, bought.group));
            into.tally(first, group, LATER, (bought.window - first) as u32, 1);
        });
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        let mut figures = Vec::new();
        for number in scope.listed(counted) {
            let none = counted.groups() - 1;
            let inhabited = counted.tallied(number, Some(none), LATER).get(0) != 0;
            for part in scope.parts(inhabited) {
                let later = counted.tallied(number, part, LATER);
                let size = i128::from(later.get(0));
                // nobody came: there is no cohort
                let cells = if size == 0 {
                    0
                } else {
                    scope.windows.last() - number + 1
                };
                for k in 0..cells.max(0) as u32 {
                    let mut by = scope.by(part);
                    by.push(("k".to_owned(), k.to_string()));
                    figures.push(Figure {
                        kpi: scope.index,
                        window: Window {
                            kind: WindowKind::Cohort,
                            ..scope.window(number, counted)
                        },
                        by,
                        numerator: Amount::whole(i128::from(later.get(k))),
                        denominator: size,
                        unit: self.unit(),
                    });
                }
            }
        }
        figures
    }

    fn refuses(&self, per: Per) -> Option<&'static str> {
        matches!(per, Per::Rolling(_))
            .then_some("a cohort is the customers who came in a calendar period")
    }
}

//! Churn: who bought, and did not in the period after it.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use super::retention::{ACTIVE, RETAINED, count, no_next};
use crate::calendar::Per;
use crate::program::KpiKind;

/// The kind `churn`.
pub struct Churn;

impl Measure for Churn {
    fn kind(&self) -> KpiKind {
        KpiKind::Churn
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "customers of the window who do not buy in the next one",
            definition: "Of the customers of a period, the share who do not buy in the next one: 1 − retention, over the same customers",
            formula: "customers who bought in P and not in the period after P / customers who bought in P",
            source: "Kumar, Reinartz: Customer Relationship Management, 3rd ed. 2018, chapter 5 (defection rate = 1 − retention rate)",
            naive: "customers at the start − customers at the end, over the start, nets those who leave against those who come, and is negative for a shop that grows",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Ratio
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(2, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        count(scope, facts, into);
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        let known = scope.windows.known(counted.first());
        scope.figures(counted, known, (self.unit(), 0), |counter| {
            (counter(ACTIVE) - counter(RETAINED), counter(ACTIVE))
        })
    }

    fn falls_when_better(&self) -> bool {
        true
    }

    fn refuses(&self, per: Per) -> Option<&'static str> {
        no_next(per)
    }
}

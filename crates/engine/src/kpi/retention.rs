//! Retention: who bought, and bought again in the period after it.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Bought, Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use super::window::Windows;
use crate::calendar::Per;
use crate::program::KpiKind;

/// The kind `retention`.
pub struct Retention;

/// Customers of a window.
pub(super) const ACTIVE: usize = 0;
/// Those of them who are customers of the next window too.
pub(super) const RETAINED: usize = 1;

impl Measure for Retention {
    fn kind(&self) -> KpiKind {
        KpiKind::Retention
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "customers of the window who buy in the next one too",
            definition: "Of the customers of a period, the share who buy in the next period too. The figure belongs to the first of the two and is known when the second is complete",
            formula: "customers who bought in P and in the period after P / customers who bought in P",
            source: "Kumar, Reinartz: Customer Relationship Management, 3rd ed. 2018, chapter 5 (retention rate: those who buy in t given that they bought in t − 1)",
            naive: "(customers at the end − new ones) / customers at the start counts those who come back after a pause as retained: CDNOW 1997 Q3 to Q4 becomes 99.0 % instead of 48.4 %",
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
            (counter(RETAINED), counter(ACTIVE))
        })
    }

    fn refuses(&self, per: Per) -> Option<&'static str> {
        no_next(per)
    }
}

/// Counts an account in every window in which it bought, and where it bought in the next one.
pub(super) fn count(scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
    let mut former: Option<Bought> = None;
    scope.each_window(facts, into, |bought, into| {
        into.add(bought.window, bought.group, ACTIVE, 1);
        if let Some(former) = former
            && former.window + 1 == bought.window
        {
            into.add(former.window, former.group, RETAINED, 1);
        }
        former = Some(bought);
    });
}

/// Why the lifetime is no window of retention.
pub(super) fn no_next(per: Per) -> Option<&'static str> {
    (!Windows::has_next(per)).then_some("there is no period after a lifetime to come back in")
}

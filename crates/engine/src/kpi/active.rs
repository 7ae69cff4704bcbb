//! Active members: who of those who joined buys.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::program::KpiKind;

/// The kind `active`.
pub struct Active;

const BUYING: usize = 0;
/// Changes of the number of members; summed up, the members at the end of the window.
const MEMBERS: usize = 1;

impl Measure for Active {
    fn kind(&self) -> KpiKind {
        KpiKind::Active
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "members with an order",
            definition: "Of the accounts that have joined before the window ends, the share with an order in it",
            formula: "members with ≥ 1 order / members at the end of the window",
            source: "practice of loyalty programmes: active rate over enrolled members",
            naive: "customers / members divides by all members of today, also for windows before they joined, and counts buyers who never joined",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Ratio
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(2, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        scope.seen_any(facts, into);
        let Some(joined) = facts.enrolled.map(|day| scope.windows.number(day)) else {
            return;
        };
        let joins = std::iter::once((joined, 1));
        scope.carry(facts, scope.holder(facts), joins, MEMBERS, into);
        scope.each_window(facts, into, |bought, into| {
            if bought.window >= joined {
                into.add(bought.window, bought.group, BUYING, 1);
            }
        });
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        let counted = &counted.accumulated(MEMBERS, scope.windows.last());
        let listed = scope.listed(counted);
        scope.figures(counted, listed, (self.unit(), 0), |counter| {
            (counter(BUYING), counter(MEMBERS))
        })
    }
}

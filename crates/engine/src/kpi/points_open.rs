//! Points open.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::program::KpiKind;

/// The kind `points_open`.
pub struct PointsOpen;

impl Measure for PointsOpen {
    fn kind(&self) -> KpiKind {
        KpiKind::PointsOpen
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "points that can be spent at the end",
            definition: "Points that can be spent when a window ends: neither pending nor spent, expired or reversed",
            formula: "sum of open points at the end of the window / 1",
            source: "the ledger: all entries up to the end of the window",
            naive: "issued − redeemed counts what is pending, expired or reversed as if it could be spent",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Points
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(1, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        scope.seen_any(facts, into);
        let changes = scope.points(facts);
        let changes = changes.map(|fact| (scope.windows.number(fact.day), fact.open()));
        scope.carry(facts, scope.holder(facts), changes, 0, into);
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        let counted = &counted.accumulated(0, scope.windows.last());
        scope.sums_of_points(counted)
    }

    fn counts_orders(&self) -> bool {
        false
    }

    fn adds_up(&self) -> bool {
        true
    }
}

//! Points expired.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::ledger::EntryKind;
use crate::program::KpiKind;

/// The kind `points_expired`.
pub struct PointsExpired;

impl Measure for PointsExpired {
    fn kind(&self) -> KpiKind {
        KpiKind::PointsExpired
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "points whose life ended",
            definition: "Points whose life ended in a window while they were open",
            formula: "sum of expired points / 1",
            source: "the ledger: entries of kind `expire`, dated by the end of the lot and not by the night that booked them",
            naive: "points granted one life ago also counts those that were spent or reversed before they could expire",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Points
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(1, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        let expired = scope.points(facts);
        let expired = expired.filter(|fact| fact.kind == EntryKind::Expire);
        let amounts = expired.map(|fact| (fact.day, -i128::from(fact.points)));
        scope.sum(facts, amounts, into);
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        scope.sums_of_points(counted)
    }

    fn falls_when_better(&self) -> bool {
        true
    }

    fn counts_orders(&self) -> bool {
        false
    }

    fn adds_up(&self) -> bool {
        true
    }
}

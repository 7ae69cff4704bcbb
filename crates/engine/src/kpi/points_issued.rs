//! Points issued.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::ledger::EntryKind;
use crate::program::KpiKind;

/// The kind `points_issued`.
pub struct PointsIssued;

impl Measure for PointsIssued {
    fn kind(&self) -> KpiKind {
        KpiKind::PointsIssued
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "points issued",
            definition: "Points issued in a window: grants, and what the desk added. Reversals by refunds are facts of their own time and stand apart",
            formula: "sum of granted points / 1",
            source: "the ledger: entries from the book `issued`",
            naive: "the change of the balance plus what was spent loses points that were granted and expired or were reversed meanwhile",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Points
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(1, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        let issued = scope.points(facts).filter(|fact| match fact.kind {
            EntryKind::Grant => true,
            kind => kind == EntryKind::Adjust && !fact.taken,
        });
        let amounts = issued.map(|fact| (fact.day, i128::from(fact.points)));
        scope.sum(facts, amounts, into);
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        scope.sums_of_points(counted)
    }

    fn counts_orders(&self) -> bool {
        false
    }

    fn adds_up(&self) -> bool {
        true
    }
}

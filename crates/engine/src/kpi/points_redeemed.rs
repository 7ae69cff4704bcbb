//! Points redeemed.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::ledger::EntryKind;
use crate::program::KpiKind;

/// The kind `points_redeemed`.
pub struct PointsRedeemed;

impl Measure for PointsRedeemed {
    fn kind(&self) -> KpiKind {
        KpiKind::PointsRedeemed
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "points spent",
            definition: "Points taken from lots for rewards in a window, less those that came back by un-redeems in it",
            formula: "sum of redeemed points − sum of restored points / 1",
            source: "the ledger: entries of kind `redeem` and `restore`",
            naive: "everything that lowers the balance also counts expiry, reversals by refunds and debt that is paid",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Points
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(1, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        let redeemed = scope.points(facts);
        let redeemed =
            redeemed.filter(|fact| matches!(fact.kind, EntryKind::Redeem | EntryKind::Restore));
        let amounts = redeemed.map(|fact| (fact.day, -i128::from(fact.points)));
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

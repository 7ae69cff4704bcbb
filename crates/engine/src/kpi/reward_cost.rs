//! Reward cost.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::program::KpiKind;

/// The kind `reward_cost`.
pub struct RewardCost;

impl Measure for RewardCost {
    fn kind(&self) -> KpiKind {
        KpiKind::RewardCost
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "cost of the rewards issued",
            definition: "What the rewards issued in a window cost the programme, as declared by each reward",
            formula: "sum of the costs of issued rewards / 1",
            source: "the ledger: rewards issued, with the cost of their version",
            naive: "points redeemed × value of a point leaves out rewards that were given without points and values a reward at what it is worth to the member",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Money
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(1, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        let rewards = facts.rewards.iter();
        let amounts = rewards.map(|fact| (fact.day, i128::from(fact.cost)));
        scope.sum(facts, amounts, into);
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        scope.sums(counted, (self.unit(), scope.program.currency_digits))
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

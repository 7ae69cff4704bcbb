//! Repeat purchase: who bought more than once.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::program::KpiKind;

/// The kind `repeat_purchase`.
pub struct RepeatPurchase;

const CUSTOMERS: usize = 0;
const REPEATERS: usize = 1;

impl Measure for RepeatPurchase {
    fn kind(&self) -> KpiKind {
        KpiKind::RepeatPurchase
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "customers with two orders or more",
            definition: "Of the customers of a window, the share with two orders or more in it",
            formula: "customers with ≥ 2 orders / customers with ≥ 1 order",
            source: "practice of retail, such as the repeat customer rate of ECDB’s glossary",
            naive: "repeat orders / orders weighs each customer by how often they buy: two customers with 1 and 9 orders give 80 % instead of 50 %",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Ratio
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(2, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        scope.each_window(facts, into, |bought, into| {
            let cells = into.cells(bought.window, bought.group);
            cells[CUSTOMERS] += 1;
            cells[REPEATERS] += i128::from(bought.orders >= 2);
        });
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        let listed = scope.listed(counted);
        scope.figures(counted, listed, (self.unit(), 0), |counter| {
            (counter(REPEATERS), counter(CUSTOMERS))
        })
    }
}

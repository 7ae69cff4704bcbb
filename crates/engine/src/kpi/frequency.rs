//! Frequency: orders of a customer.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::program::KpiKind;

/// The kind `frequency`.
pub struct Frequency;

const ORDERS: usize = 0;
const CUSTOMERS: usize = 1;

impl Measure for Frequency {
    fn kind(&self) -> KpiKind {
        KpiKind::Frequency
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "orders of a customer",
            definition: "Orders of a window for each customer of the window",
            formula: "orders / customers with ≥ 1 order",
            source: "practice of retail: purchase frequency",
            naive: "rows / customers counts the lines of an order, and orders / members counts those who bought nothing",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Orders
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(2, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        scope.each_window(facts, into, |bought, into| {
            let cells = into.cells(bought.window, bought.group);
            cells[ORDERS] += bought.orders;
            cells[CUSTOMERS] += 1;
        });
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        let listed = scope.listed(counted);
        scope.figures(counted, listed, (self.unit(), 0), |counter| {
            (counter(ORDERS), counter(CUSTOMERS))
        })
    }
}

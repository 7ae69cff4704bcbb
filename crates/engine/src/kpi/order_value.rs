//! Order value: what an order brings.

use super::facts::AccountFacts;
use super::figure::{Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::program::KpiKind;

/// The kind `order_value` (also called average order value, AOV).
pub struct OrderValue;

const REVENUE: usize = 0;
const ORDERS: usize = 1;

impl Measure for OrderValue {
    fn kind(&self) -> KpiKind {
        KpiKind::OrderValue
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "revenue of an order",
            definition: "Revenue of the orders of a window for each of them: net of discounts and refunds, or with `net = false` gross of both",
            formula: "revenue / orders",
            source: "practice of retail: average order value (AOV), also basket size",
            naive: "the mean of the customers' means weighs a customer with one order like one with fifty; and an order that was given back whole still divides",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Money
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(2, 0)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        scope.each_window(facts, into, |bought, into| {
            let cells = into.cells(bought.window, bought.group);
            cells[REVENUE] += bought.revenue;
            cells[ORDERS] += bought.orders;
        });
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        let listed = scope.listed(counted);
        let money = (self.unit(), scope.program.currency_digits);
        scope.figures(counted, listed, money, |counter| {
            (counter(REVENUE), counter(ORDERS))
        })
    }
}

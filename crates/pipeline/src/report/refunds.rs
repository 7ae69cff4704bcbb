//! What refunds have left of the orders of one account: lines come back by quantity, by money or
//! whole, or the whole rest of the order comes back.

use super::amounts::{Columns, divide, rescale};
use rungs_engine::event::Batch;
use rungs_engine::program::OverRefund;
use std::collections::BTreeMap;
use std::ops::Range;

/// Orders of an account that something was given back of.
#[derive(Debug, Default)]
pub struct Refunds {
    /// By index of the order.
    orders: BTreeMap<usize, Vec<Line>>,
}

/// What came back of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refunded {
    /// Minor units of net.
    pub net: i64,
    /// No line is left.
    pub whole: bool,
}

/// A line, and what is left of it.
#[derive(Debug, Clone)]
struct Line {
    row: usize,
    number: i32,
    /// As ordered, and what is left, in units of [`Line::digits`].
    quantity: i128,
    left: i128,
    digits: u8,
    /// Money given back, in units of `order.line.net`.
    taken: i128,
    gone: bool,
}

impl Line {
    /// A line where nothing is known of the quantity has the quantity 1.
    fn new(columns: &Columns, batch: &Batch, row: usize) -> Line {
        let given = columns
            .line_quantity
            .and_then(|column| Some((column.at(batch, row)?, column.digits())));
        let (quantity, digits) = given
            .filter(|(quantity, _)| *quantity > 0)
            .unwrap_or((1, 0));
        Line {
            row,
            number: batch.line[row],
            quantity,
            left: quantity,
            digits,
            taken: 0,
            gone: false,
        }
    }

    /// What its quantity leaves of an amount.
    fn share(&self, amount: i128) -> i128 {
        if self.left == self.quantity {
            return amount;
        }
        divide(amount.saturating_mul(self.left), self.quantity)
    }

    /// Less than is left of the line's net by money, but never below nothing.
    fn rest(&self, net: i128) -> i128 {
        if self.gone {
            return 0;
        }
        let left = self.share(net);
        (left - self.taken).max(left.min(0))
    }

    /// Whether one row of a refund asks for more than is left.
    fn is_exceeded(&self, columns: &Columns, batch: &Batch, row: usize) -> bool {
        let quantity = columns.refund_quantity.and_then(|column| {
            let digits = column.digits().max(self.digits);
            let left = rescale(self.left, self.digits, digits);
            Some((column.at_digits(batch, row, digits)?, left))
        });
        let money = || {
            let line_net = columns.line_net?;
            let all = line_net.at(batch, self.row)?;
            let asked = columns.refund_net?;
            let asked = asked.at_digits(batch, row, line_net.digits())?;
            Some((asked, self.rest(all)))
        };
        let (asked, left) = quantity.or_else(money).unwrap_or((1, 1));
        let left = if self.gone { 0 } else { left.max(0) };
        asked > left
    }

    /// One row of a refund.
    fn give_back(&mut self, columns: &Columns, batch: &Batch, row: usize) {
        if batch.line[row] == 0 {
            self.gone = true;
        } else if let Some(quantity) = columns.refund_quantity.and_then(|column| {
            // Compared in the finer digits of the two.
            let digits = column.digits().max(self.digits);
            for amount in [&mut self.quantity, &mut self.left] {
                *amount = rescale(*amount, self.digits, digits);
            }
            self.digits = digits;
            column.at_digits(batch, row, digits)
        }) {
            self.left -= quantity.max(0);
            self.gone = self.left <= 0;
        } else if let (Some(net), Some(line_net)) = (columns.refund_net, columns.line_net)
            && let Some(money) = net.at_digits(batch, row, line_net.digits())
        {
            self.taken += money.max(0);
            let all = line_net.at(batch, self.row);
            self.gone = all.is_some_and(|all| self.share(all) <= self.taken);
        } else {
            self.gone = true;
        }
    }
}

impl Refunds {
    /// Takes the rows of a refund off the rows of an order, unless it asks for more than is left and such are
    /// refused. Refunds come in the order of time.
    pub fn add(
        &mut self,
        columns: &Columns,
        batch: &Batch,
        (order, rows): (usize, Range<usize>),
        refund: Range<usize>,
        over: OverRefund,
    ) {
        let lines = self
            .orders
            .entry(order)
            .or_insert_with(|| rows.map(|row| Line::new(columns, batch, row)).collect());
        let before = (over == OverRefund::Reject).then(|| lines.clone());
        let mut exceeds = false;
        for row in refund {
            let number = batch.line[row];
            let mut named = lines.iter().filter(|line| line.number == number);
            exceeds |= match number {
                0 => lines.iter().all(|line| line.gone),
                _ if named.clone().next().is_none() => true,
                _ => named.any(|line| line.is_exceeded(columns, batch, row)),
            };
            let left = lines.iter_mut().filter(|line| !line.gone);
            for line in left.filter(|line| number == 0 || line.number == number) {
                line.give_back(columns, batch, row);
            }
        }
        if let Some(before) = before
            && exceeds
        {
            *lines = before;
        }
    }

    /// What came back, by order.
    pub fn finish(
        &self,
        columns: &Columns,
        batch: &Batch,
    ) -> impl Iterator<Item = (usize, Refunded)> {
        self.orders.iter().map(move |(order, lines)| {
            let mut back = 0;
            let mut digits = 0;
            if let Some(line_net) = columns.line_net {
                digits = line_net.digits();
                for line in lines {
                    let net = line_net.at(batch, line.row).unwrap_or(0);
                    back += net - line.rest(net);
                }
            }
            let refunded = Refunded {
                net: columns.minor(back, digits),
                whole: lines.iter().all(|line| line.gone),
            };
            (*order, refunded)
        })
    }
}

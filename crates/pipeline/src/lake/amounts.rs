//! The amounts of an order that follow from others: net is gross − discount where it was not given, on
//! a line and on the order; what the order does not say itself is the sum over its lines.

use super::layout::Layout;
use super::resolve::numbers;
use arrow_schema::DataType;
use rungs_engine::canonical::Kind;
use rungs_engine::event::{Batch, Values};
use std::ops::Range;

/// Column of an amount and its digits.
#[derive(Debug, Clone, Copy)]
struct Column {
    index: usize,
    digits: u32,
}

/// Fills the amounts of orders. Events must be whole, their rows neighbours. A sum that does not fit
/// the order's digits or 63 bits is left empty.
pub fn fill(batch: &mut Batch, layout: &Layout) {
    if !batch.kind.contains(&(Kind::Order as u8)) {
        return;
    }
    let column = |name: String| {
        let index = layout.column(&name)?;
        match layout.columns().get(index)?.data_type {
            DataType::Decimal64(_, digits) => Some(Column {
                index,
                digits: u32::from(digits.unsigned_abs()),
            }),
            _ => None,
        }
    };
    let order = |name: &str| column(format!("order_{name}"));
    let line = |name: &str| column(format!("order_line_{name}"));
    fill_net(batch, line("gross"), line("discount"), line("net"));
    for name in ["gross", "discount", "net", "tax"] {
        fill_sum(batch, line(name), order(name));
    }
    fill_net(batch, order("gross"), order("discount"), order("net"));
}

fn has(batch: &Batch, column: Column) -> bool {
    matches!(batch.columns.get(column.index), Some(Some(_)))
}

/// Whether a column may lack a value in the row of an order.
fn lacks(batch: &Batch, column: Column) -> bool {
    let is_order = |row: &usize| batch.kind[*row] == Kind::Order as u8;
    match batch.columns.get(column.index) {
        Some(Some(Values::Number { valid: None, .. })) => false,
        Some(Some(Values::Number {
            valid: Some(valid), ..
        })) => (0..batch.rows).any(|row| is_order(&row) && valid.is_null(row)),
        _ => true,
    }
}

fn fill_net(
    batch: &mut Batch,
    gross: Option<Column>,
    discount: Option<Column>,
    net: Option<Column>,
) {
    let (Some(gross), Some(net)) = (gross, net) else {
        return;
    };
    if !has(batch, gross) || !lacks(batch, net) {
        return;
    }
    let value = |row: usize| {
        if let Some(given) = batch.number(net.index, row) {
            return Some(given);
        }
        let gross = rescaled(batch.number(gross.index, row)?, gross.digits, net.digits)?;
        let discount = match discount {
            Some(discount) => rescaled(
                batch.number(discount.index, row).unwrap_or(0),
                discount.digits,
                net.digits,
            )?,
            None => 0,
        };
        gross.checked_sub(discount)
    };
    let filled = numbers((0..batch.rows).map(value));
    batch.columns[net.index] = filled;
}

fn fill_sum(batch: &mut Batch, line: Option<Column>, order: Option<Column>) {
    let (Some(line), Some(order)) = (line, order) else {
        return;
    };
    if !has(batch, line) || !lacks(batch, order) {
        return;
    }
    let mut filled: Vec<Option<i64>> = Vec::with_capacity(batch.rows);
    for event in events(batch) {
        // What a file says on one line of an order holds for the order.
        let given = event.clone().find_map(|row| batch.number(order.index, row));
        let amount = match batch.kind[event.start] == Kind::Order as u8 {
            true => given.or_else(|| sum(batch, &event, line, order.digits)),
            false => None,
        };
        filled.extend(event.map(|row| batch.number(order.index, row).or(amount)));
    }
    batch.columns[order.index] = numbers(filled.into_iter());
}

fn sum(batch: &Batch, event: &Range<usize>, line: Column, digits: u32) -> Option<i64> {
    let amounts = event
        .clone()
        .filter_map(|row| batch.number(line.index, row));
    let total = amounts.fold(None, |sum: Option<i128>, amount| {
        Some(sum.unwrap_or(0) + i128::from(amount))
    });
    rescaled(i64::try_from(total?).ok()?, line.digits, digits)
}

fn rescaled(value: i64, from: u32, to: u32) -> Option<i64> {
    let factor = 10_i64.checked_pow(from.abs_diff(to))?;
    match to >= from {
        true => value.checked_mul(factor),
        false => (value % factor == 0).then_some(value / factor),
    }
}

/// The rows of each event.
fn events(batch: &Batch) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= batch.rows {
            return None;
        }
        let end = (start + 1..batch.rows)
            .find(|row| !batch.continues(*row))
            .unwrap_or(batch.rows);
        let event = start..end;
        start = end;
        Some(event)
    })
}

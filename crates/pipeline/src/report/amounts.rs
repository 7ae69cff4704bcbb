//! The amounts of orders in minor units of the currency.

use rungs_engine::canonical::Kind;
use rungs_engine::event::Batch;
use rungs_engine::program::Program;
use std::ops::Range;

/// A column of numbers.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    index: usize,
    digits: u8,
}

impl Column {
    /// The number of a row, in units of 10^−`digits`.
    pub fn at(self, batch: &Batch, row: usize) -> Option<i128> {
        batch.number(self.index, row).map(i128::from)
    }

    /// The number of a row, in units of 10^−`digits` of another column.
    pub fn at_digits(self, batch: &Batch, row: usize, digits: u8) -> Option<i128> {
        let value = self.at(batch, row)?;
        Some(rescale(value, self.digits, digits))
    }

    /// Digits after the point.
    pub fn digits(self) -> u8 {
        self.digits
    }
}

/// Where the amounts of orders and refunds stand.
#[derive(Debug, Clone)]
pub struct Columns {
    currency_digits: u8,
    gross: Option<Column>,
    net: Option<Column>,
    line_gross: Option<Column>,
    /// `order.line.net`
    pub line_net: Option<Column>,
    /// `order.line.quantity`
    pub line_quantity: Option<Column>,
    /// `refund.order` (index in `Program::columns`)
    pub refund_order: Option<usize>,
    /// `refund.line.quantity`
    pub refund_quantity: Option<Column>,
    /// `refund.line.net`
    pub refund_net: Option<Column>,
}

impl Columns {
    /// Of a programme.
    pub fn of(program: &Program) -> Columns {
        let find = |kind, line, name: &str| {
            program.columns.iter().position(|column| {
                column.kind == kind && column.line == line && column.name == name
            })
        };
        let column = |kind, line, name| {
            let index = find(kind, line, name)?;
            let digits = program.columns.get(index)?.digits;
            Some(Column { index, digits })
        };
        Columns {
            currency_digits: program.currency_digits,
            gross: column(Kind::Order, false, "gross"),
            net: column(Kind::Order, false, "net"),
            line_gross: column(Kind::Order, true, "gross"),
            line_net: column(Kind::Order, true, "net"),
            line_quantity: column(Kind::Order, true, "quantity"),
            refund_order: find(Kind::Refund, false, "order"),
            refund_quantity: column(Kind::Refund, true, "quantity"),
            refund_net: column(Kind::Refund, true, "net"),
        }
    }

    /// Indices of all of them in `Program::columns`.
    pub fn all(&self) -> Vec<usize> {
        [
            self.gross,
            self.net,
            self.line_gross,
            self.line_net,
            self.line_quantity,
            self.refund_quantity,
            self.refund_net,
        ]
        .into_iter()
        .flatten()
        .map(|column| column.index)
        .chain(self.refund_order)
        .collect()
    }

    /// Gross and net of an order (its rows) in minor units: the order's own amounts, else the sums of
    /// its lines. Where only one of the two is known, it stands for both.
    pub fn order(&self, batch: &Batch, rows: Range<usize>) -> (i64, i64) {
        let amount = |own: Option<Column>, line: Option<Column>| {
            let given = own.and_then(|own| Some((own.at(batch, rows.start)?, own.digits)));
            let (value, digits) = given.or_else(|| {
                let line = line?;
                let lines = rows.clone().filter_map(|row| line.at(batch, row));
                let sum = lines.fold(None, |sum: Option<i128>, amount| {
                    Some(sum.unwrap_or(0) + amount)
                });
                Some((sum?, line.digits))
            })?;
            Some(self.minor(value, digits))
        };
        let gross = amount(self.gross, self.line_gross);
        let net = amount(self.net, self.line_net);
        (gross.or(net).unwrap_or(0), net.or(gross).unwrap_or(0))
    }

    /// An amount in minor units, a half rounded to even. Amounts that no currency has are held at the
    /// ends of 64 bits.
    pub fn minor(&self, value: i128, digits: u8) -> i64 {
        let minor = rescale(value, digits, self.currency_digits);
        minor.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }
}

/// A number of so many digits with others; a half is rounded to even.
pub fn rescale(value: i128, from: u8, to: u8) -> i128 {
    let factor = 10i128.pow(u32::from(from.abs_diff(to).min(18)));
    if to >= from {
        value.saturating_mul(factor)
    } else {
        divide(value, factor)
    }
}

/// `value / by`, a half rounded to even; `by` is positive.
pub fn divide(value: i128, by: i128) -> i128 {
    let (floor, rest) = (value.div_euclid(by), value.rem_euclid(by));
    let up = rest > by - rest || (rest == by - rest && floor % 2 != 0);
    floor + i128::from(up)
}

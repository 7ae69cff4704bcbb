//! What refunds have left of an order's rows.

use super::account::Account;
use super::plan::column;
use super::remembered::OrderMemory;
use super::sink::Sink;
use crate::canonical::Kind;
use crate::event::{Batch, Ids, Texts, Values};
use crate::number::Rounding;

/// What is left of one line of an order.
#[derive(Debug, Clone)]
pub struct LineLeft {
    pub number: i32,
    /// Quantity bought and left, in units of the column's digits.
    pub bought: i64,
    pub quantity: i64,
    /// Net that refunds by amount took.
    pub net_taken: i64,
}

/// Columns of amounts that shrink with the lines.
const LINE_AMOUNTS: [&str; 4] = ["gross", "discount", "net", "tax"];

impl<S: Sink> Account<'_, '_, S> {
    /// Gives back what a row of a refund names: a line, or with number 0 the whole rest. Says whether that is more
    /// than was left.
    pub(super) fn take_line(&self, order: &mut OrderMemory, row: usize) -> bool {
        let number = self.batch.line[row];
        let named = self.plan.named;
        let digits = |column: Option<usize>| {
            column.map_or(0, |column| {
                u32::from(self.plan.program.columns[column].digits)
            })
        };
        // What the refund says, and what the order says of the same, in units of 1 / `from` and 1 / `to`.
        let asked = |of_refund: Option<usize>, of_order: Option<usize>| {
            let asked = self.batch.number(of_refund?, row)?;
            let (from, to) = (10i128.pow(digits(of_refund)), 10i128.pow(digits(of_order)));
            (number != 0).then_some((i128::from(asked.max(0)), from, to))
        };
        let line_net = column(self.plan.program, Kind::Order, true, "net");
        let quantity = asked(named.refund_quantity, named.line_quantity);
        let net = asked(named.refund_net, line_net);
        let (mut over, mut left) = (false, false);
        for index in 0..order.lines.len() {
            let rest = self.rest(order, index);
            let line = &mut order.lines[index];
            if number != 0 && line.number != number {
                continue;
            }
            let gone = rest.is_none();
            left |= !gone;
            match (quantity, net) {
                (Some((asked, from, to)), _) => {
                    let rest = if gone { 0 } else { line.quantity };
                    over |= asked * to > i128::from(rest) * from;
                    let taken = i64::try_from(asked * to / from).unwrap_or(i64::MAX);
                    line.quantity = (line.quantity - taken).max(0);
                }
                (None, Some((asked, from, to))) => {
                    over |= asked * to > i128::from(rest.unwrap_or(0)) * from;
                    line.net_taken = line.net_taken.saturating_add(half_even(asked * to, from));
                }
                (None, None) => {
                    over |= gone && number != 0;
                    line.quantity = 0;
                }
            }
        }
        let nothing = match number {
            0 => !left,
            _ => order.lines.iter().all(|line| line.number != number),
        };
        over || nothing
    }

    /// What is left of a line's net, no limit where it says none; nothing if the line is gone.
    fn rest(&self, order: &OrderMemory, row: usize) -> Option<i64> {
        let line = &order.lines[row];
        let net = column(self.plan.program, Kind::Order, true, "net")
            .and_then(|column| order.batch.number(column, row))
            .map(|net| share(net, line));
        let stands = line.quantity > 0
            && (line.net_taken == 0 || net.is_none_or(|net| line.net_taken < net));
        stands.then(|| net.map_or(i64::MAX, |net| (net - line.net_taken).max(0)))
    }

    /// The order's rows with what is left of their amounts; lines of which nothing is left are gone.
    pub(super) fn reduced(&self, order: &OrderMemory) -> Batch {
        let program = self.plan.program;
        let kept: Vec<usize> = (0..order.lines.len())
            .filter(|row| self.rest(order, *row).is_some())
            .collect();
        let mut batch = slice(&order.batch, &kept);
        let mut taken_of_event = [0i64; LINE_AMOUNTS.len()];
        for (index, name) in LINE_AMOUNTS.iter().enumerate() {
            let Some(column) = column(program, Kind::Order, true, name) else {
                continue;
            };
            let left = |row: usize| {
                let line = &order.lines[row];
                let whole = order.batch.number(column, row)?;
                let part = share(whole, line);
                let by_amount = if matches!(*name, "net" | "gross") {
                    line.net_taken
                } else {
                    0
                };
                // A line below zero, such as a coupon on the whole basket, stays as it is.
                Some(match part {
                    ..0 => part,
                    _ => (part - by_amount).max(0),
                })
            };
            for row in 0..order.lines.len() {
                let was = order.batch.number(column, row).unwrap_or(0);
                let is = if kept.contains(&row) {
                    left(row).unwrap_or(0)
                } else {
                    0
                };
                taken_of_event[index] += was - is;
            }
            set(&mut batch, column, |row| left(kept[row]));
        }
        if let Some(column) = self.plan.named.line_quantity {
            set(&mut batch, column, |row| {
                Some(order.lines[kept[row]].quantity)
            });
        }
        for (index, name) in LINE_AMOUNTS.iter().enumerate() {
            if let Some(column) = column(program, Kind::Order, false, name) {
                set(&mut batch, column, |row| {
                    Some(order.batch.number(column, kept[row])? - taken_of_event[index])
                });
            }
        }
        if let Some(column) = column(program, Kind::Order, false, "total") {
            // net and tax go back; shipping stays until nothing is left.
            let taken = taken_of_event[2] + taken_of_event[3];
            set(&mut batch, column, |row| {
                Some(order.batch.number(column, kept[row])? - taken)
            });
        }
        batch
    }
}

/// The part of a line's amount that its quantity leaves.
fn share(whole: i64, line: &LineLeft) -> i64 {
    let product = i128::from(whole) * i128::from(line.quantity);
    half_even(product, i128::from(line.bought))
}

/// `num / den` to the nearest, a half to the even neighbour.
fn half_even(num: i128, den: i128) -> i64 {
    match (i64::try_from(num), i64::try_from(den)) {
        (Ok(num), Ok(den)) => Rounding::HalfEven.divide(num, den),
        _ => i64::try_from(num / den).unwrap_or(i64::MAX),
    }
}

fn set(batch: &mut Batch, column: usize, value: impl Fn(usize) -> Option<i64>) {
    if batch
        .columns
        .get(column)
        .is_some_and(|values| matches!(values, Some(Values::Number { .. })))
    {
        let values: Vec<Option<i64>> = (0..batch.rows).map(value).collect();
        let valid = values.iter().map(Option::is_some).collect::<Vec<_>>();
        batch.columns[column] = Some(Values::Number {
            values: values.iter().map(|value| value.unwrap_or(0)).collect(),
            valid: Some(valid.into()),
        });
    }
}

/// Some rows of a batch.
pub fn slice(batch: &Batch, rows: &[usize]) -> Batch {
    let texts = |texts: &Texts| Texts {
        codes: rows.iter().map(|row| texts.codes[*row]).collect(),
        valid: texts.valid.as_ref().map(|valid| {
            rows.iter()
                .map(|row| valid.is_valid(*row))
                .collect::<Vec<_>>()
                .into()
        }),
        dictionary: texts.dictionary.clone(),
    };
    Batch {
        rows: rows.len(),
        account: texts(&batch.account),
        member: batch.member.as_ref().map(texts),
        time: rows.iter().map(|row| batch.time[*row]).collect(),
        kind: rows.iter().map(|row| batch.kind[*row]).collect(),
        source: rows.iter().map(|row| batch.source[*row]).collect(),
        id: Ids {
            numbers: rows.iter().map(|row| batch.id.numbers[*row]).collect(),
            texts: batch.id.texts.as_ref().map(|all| {
                use arrow_array::Array;
                rows.iter()
                    .map(|row| all.is_valid(*row).then(|| all.value(*row)))
                    .collect()
            }),
        },
        line: rows.iter().map(|row| batch.line[*row]).collect(),
        channel: batch.channel.as_ref().map(texts),
        store: batch.store.as_ref().map(texts),
        columns: batch
            .columns
            .iter()
            .map(|values| {
                Some(match values.as_ref()? {
                    Values::Text(all) => Values::Text(texts(all)),
                    Values::Number { values, valid } => Values::Number {
                        values: rows.iter().map(|row| values[*row]).collect(),
                        valid: valid.as_ref().map(|valid| {
                            rows.iter()
                                .map(|row| valid.is_valid(*row))
                                .collect::<Vec<_>>()
                                .into()
                        }),
                    },
                })
            })
            .collect(),
    }
}

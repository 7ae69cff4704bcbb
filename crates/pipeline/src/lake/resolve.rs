//! What settlement reads differs from what is stored in four ways. Rows that cancel an event are not
//! there; and, none of it worth a column in the lake, the member stands in every row as soon as one differs from the account, `order.total` is
//! net + tax + shipping where the file did not give it, and an order of a single line without amounts
//! of its own has the order's amounts on it.

use super::history::ColumnSet;
use super::layout::Layout;
use super::rows::take;
use arrow_array::{Array, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use rungs_engine::canonical::Kind;
use rungs_engine::event::{Batch, Texts, Values};
use rungs_engine::program::Program;

/// Brings stored events into the form that settlement reads.
#[derive(Debug, Clone, Default)]
pub struct Resolver {
    total: Option<Amount>,
    net: Option<Amount>,
    tax: Option<Amount>,
    shipping: Option<Amount>,
    /// Amount of the line, the order's, in equal digits.
    lines: Vec<(usize, usize)>,
    /// How many columns the programme has.
    width: usize,
    /// Where it says that a row cancels its event.
    void: Option<usize>,
}

/// Index of a column and what its unit is worth in the finest unit of all.
#[derive(Debug, Clone, Copy)]
struct Amount {
    column: usize,
    factor: i64,
}

impl Resolver {
    /// For a programme.
    pub fn of(program: &Program, layout: &Layout) -> Resolver {
        let find = |name: &str| {
            let column = layout.column(name)?;
            Some((column, program.columns.get(column)?.digits))
        };
        let sum = ["order_total", "order_net", "order_tax", "order_shipping"].map(find);
        let finest = sum.iter().flatten().map(|(_, digits)| *digits).max();
        let amount = |found: Option<(usize, u8)>| {
            let (column, digits) = found?;
            let factor = 10_i64.checked_pow(u32::from(finest? - digits))?;
            Some(Amount { column, factor })
        };
        let lines = ["gross", "discount", "net", "tax"]
            .iter()
            .filter_map(|name| {
                let (line, digits) = find(&format!("order_line_{name}"))?;
                let (order, same) = find(&format!("order_{name}"))?;
                (digits == same).then_some((line, order))
            })
            .collect();
        Resolver {
            total: amount(sum[0]),
            net: amount(sum[1]),
            tax: amount(sum[2]),
            shipping: amount(sum[3]),
            lines,
            width: program.columns.len(),
            void: Some(layout.void()),
        }
    }

    /// The columns that must be read so that these can be resolved.
    pub fn needs(&self, mut columns: ColumnSet) -> ColumnSet {
        columns.columns.resize(self.width, false);
        for (line, order) in &self.lines {
            columns.columns[*order] |= columns.columns[*line];
        }
        if self
            .total
            .is_some_and(|total| columns.columns[total.column])
        {
            for part in [self.net, self.tax, self.shipping].into_iter().flatten() {
                columns.columns[part.column] = true;
            }
        }
        columns
    }

    /// A stored batch as settlement reads it.
    pub fn resolve(&self, batch: Batch) -> Batch {
        self.resolve_only(batch, |_| true)
    }

    /// As [`Resolver::resolve`], where only some columns (by index) will be looked at.
    pub fn resolve_only(&self, batch: Batch, wanted: impl Fn(usize) -> bool) -> Batch {
        let mut batch = self.without_voids(batch);
        if let Some(member) = batch.member.take() {
            batch.member = Some(filled(member, &batch.account));
        }
        if batch.kind.contains(&(Kind::Order as u8)) {
            if self.total.is_some_and(|total| wanted(total.column)) {
                self.fill_total(&mut batch);
            }
            self.fill_lines(&mut batch, wanted);
        }
        batch
    }

    fn without_voids(&self, batch: Batch) -> Batch {
        let Some(void) = self.void else {
            return batch;
        };
        match batch.columns.get(void) {
            Some(Some(_)) => {
                let stands = |row: &u32| batch.number(void, *row as usize) != Some(1);
                let kept: Vec<u32> = (0..batch.rows as u32).filter(stands).collect();
                let mut batch = take(&batch, &kept);
                batch.columns[void] = None;
                batch
            }
            _ => batch,
        }
    }

    fn fill_total(&self, batch: &mut Batch) {
        let (Some(total), Some(net)) = (self.total, self.net) else {
            return;
        };
        let rest: Vec<Amount> = [self.tax, self.shipping]
            .into_iter()
            .flatten()
            .filter(|part| matches!(batch.columns.get(part.column), Some(Some(_))))
            .collect();
        let given = batch.columns.get(total.column).and_then(Option::as_ref);
        let whole = match given {
            Some(Values::Number { valid: None, .. }) => return,
            given => given.is_none() && rest.is_empty() && total.factor == net.factor,
        };
        let Some(Some(nets)) = batch.columns.get(net.column) else {
            return;
        };
        if whole {
            batch.columns[total.column] = Some(nets.clone());
            return;
        }
        let value = |row: usize| {
            if let Some(given) = batch.number(total.column, row) {
                return Some(given);
            }
            let mut sum = batch.number(net.column, row)?.checked_mul(net.factor)?;
            for part in &rest {
                let part = batch
                    .number(part.column, row)
                    .unwrap_or(0)
                    .checked_mul(part.factor)?;
                sum = sum.checked_add(part)?;
            }
            (sum % total.factor == 0).then_some(sum / total.factor)
        };
        let filled = numbers((0..batch.rows).map(value));
        batch.columns[total.column] = filled;
    }

    fn fill_lines(&self, batch: &mut Batch, wanted: impl Fn(usize) -> bool) {
        for (line, order) in self.lines.iter().filter(|(line, _)| wanted(*line)) {
            let Some(Some(amounts)) = batch.columns.get(*order) else {
                continue;
            };
            match batch.columns.get(*line).and_then(Option::as_ref) {
                Some(Values::Number { valid: None, .. }) => continue,
                None if single(batch) => {
                    batch.columns[*line] = Some(amounts.clone());
                }
                _ => {
                    let alone = |row: usize| {
                        !batch.continues(row)
                            && (row + 1 == batch.rows || !batch.continues(row + 1))
                    };
                    let value = |row: usize| match batch.number(*line, row) {
                        None if alone(row) => batch.number(*order, row),
                        given => given,
                    };
                    let filled = numbers((0..batch.rows).map(value));
                    batch.columns[*line] = filled;
                }
            }
        }
    }
}

/// Whether every row is an event of its own: sure where all have the same number of line.
fn single(batch: &Batch) -> bool {
    let first = batch.line.first();
    batch.line.iter().all(|line| Some(line) == first)
        || (1..batch.rows).all(|row| !batch.continues(row))
}

/// A column of these numbers; nothing if there is none.
pub(crate) fn numbers(values: impl Iterator<Item = Option<i64>>) -> Option<Values> {
    let mut numbers: Vec<i64> = Vec::new();
    let mut present: Vec<bool> = Vec::new();
    for value in values {
        present.push(value.is_some());
        numbers.push(value.unwrap_or(0));
    }
    let valid = NullBuffer::from(present);
    (valid.null_count() < numbers.len()).then(|| Values::Number {
        values: numbers.into(),
        valid: (valid.null_count() > 0).then_some(valid),
    })
}

/// The members with the account where there is none.
fn filled(member: Texts, account: &Texts) -> Texts {
    let Some(valid) = &member.valid else {
        return member;
    };
    let own = member.dictionary.len() as i32;
    let dictionary = member.dictionary.iter().chain(account.dictionary.iter());
    let codes: ScalarBuffer<i32> = (0..member.codes.len())
        .map(|row| match valid.is_valid(row) {
            true => member.codes[row],
            false => own + account.codes[row],
        })
        .collect();
    Texts {
        codes,
        valid: None,
        dictionary: dictionary.collect::<StringArray>(),
    }
}

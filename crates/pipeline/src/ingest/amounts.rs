//! The amounts of orders: what follows from what is given.
//!
//! An order and each of its lines always have all their amounts once they were read ([`Amounts::complete`]).
//! What is given stands, even if it does not add up: it is the shop's fact.
//!
//! - A dataset without `line`: an order is its only line (number 1), and both carry the same amounts.
//! - A dataset with `line`: each line is completed here. Gross, discount, net, tax and total of the order are
//!   left as the file gives them, often empty, because its lines may stand in other chunks: the lake
//!   sums them when all are together ([`line_sums`]). Only where the file has no amounts on its lines are
//!   those of the order completed here.

use super::codes::Codes;
use super::convert::Numbers;
use super::finding::RowCode;
use super::plan::{Feed, LineNumber, Plan};
use super::text_number::{LARGEST, rescale};
use rungs_engine::canonical::Kind;
use rungs_engine::program::Program;

/// The values of a column of the programme in one chunk.
#[derive(Debug, Clone)]
pub(super) enum Cells {
    Numbers(Numbers),
    Texts(Codes),
}

impl Cells {
    fn numbers(&self) -> Option<&Numbers> {
        match self {
            Cells::Numbers(numbers) => Some(numbers),
            Cells::Texts(_) => None,
        }
    }
}

/// The amounts of an order, or (without shipping and total) of a line, in one unit; none where not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Amounts {
    pub gross: Option<i64>,
    pub discount: Option<i64>,
    pub net: Option<i64>,
    pub tax: Option<i64>,
    pub shipping: Option<i64>,
    pub total: Option<i64>,
}

impl Amounts {
    /// All six: net = gross − discount, gross = net + discount, total = net + tax + shipping, each solved for
    /// what is not given; what does not follow is 0. A gross below the net leaves a discount of 0. Nothing
    /// if 64 bits do not hold a sum.
    pub fn complete(self) -> Option<Amounts> {
        let tax = self.tax.unwrap_or(0);
        let shipping = self.shipping.unwrap_or(0);
        let net = match (self.net, self.gross, self.total) {
            (Some(net), _, _) => net,
            (None, Some(gross), _) => gross.checked_sub(self.discount.unwrap_or(0))?,
            (None, None, Some(total)) => total.checked_sub(tax)?.checked_sub(shipping)?,
            (None, None, None) => 0,
        };
        let discount = match (self.discount, self.gross) {
            (Some(discount), _) => discount,
            (None, Some(gross)) => gross.checked_sub(net)?.max(0),
            (None, None) => 0,
        };
        let gross = match self.gross {
            Some(gross) => gross,
            None => net.checked_add(discount)?,
        };
        let total = match self.total {
            Some(total) => total,
            None => net.checked_add(tax)?.checked_add(shipping)?,
        };
        Some(Amounts {
            gross: Some(gross),
            discount: Some(discount),
            net: Some(net),
            tax: Some(tax),
            shipping: Some(shipping),
            total: Some(total),
        })
    }

    fn of(values: [Option<i64>; 6]) -> Amounts {
        let [gross, discount, net, tax, shipping, total] = values;
        Amounts {
            gross,
            discount,
            net,
            tax,
            shipping,
            total,
        }
    }

    fn all(self) -> [Option<i64>; 6] {
        [
            self.gross,
            self.discount,
            self.net,
            self.tax,
            self.shipping,
            self.total,
        ]
    }
}

/// Gross, discount, net, tax, shipping, total.
const NAMES: [&str; 6] = ["gross", "discount", "net", "tax", "shipping", "total"];
const NET: usize = 2;
const SHIPPING: usize = 4;

/// Columns of the programme by [`NAMES`].
type Level = [Option<usize>; 6];

/// What the lake does for orders with lines, when all of them are together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSums {
    /// An event column that no line of the event fills gets the sum of the line column: (event, line),
    /// indices in `Program::columns`.
    pub sums: Vec<(usize, usize)>,
    /// Then [`Amounts::complete`] over these event columns: gross, discount, net, tax, shipping, total.
    pub order: [Option<usize>; 6],
}

/// What has to be summed over the lines of an order of this dataset; none if its events are complete as they
/// come from the ingest.
pub fn line_sums(program: &Program, dataset: usize) -> Option<LineSums> {
    let dataset = program.datasets.get(dataset)?;
    if dataset.event != Kind::Order || dataset.line.is_none() {
        return None;
    }
    let (order, line) = (level(program, false), level(program, true));
    let pairs = order.iter().zip(line);
    Some(LineSums {
        sums: pairs
            .filter_map(|(order, line)| Some(((*order)?, line?)))
            .collect(),
        order,
    })
}

/// Whether amounts of this dataset's orders may have to be summed over lines.
pub fn needs_line_sums(program: &Program, dataset: usize) -> bool {
    line_sums(program, dataset).is_some()
}

fn find(program: &Program, line: bool, name: &str) -> Option<usize> {
    program
        .columns
        .iter()
        .position(|column| column.kind == Kind::Order && column.line == line && column.name == name)
}

fn level(program: &Program, line: bool) -> Level {
    NAMES.map(|name| find(program, line, name))
}

/// Told of a row in which a computed column (its index) is not what it should be.
type Flaw<'a> = &'a mut dyn FnMut(usize, usize, RowCode);

/// Completes the amounts of a chunk of orders; other kinds have nothing to complete.
pub(super) fn complete(
    plan: &Plan<'_>,
    columns: &mut [Option<Cells>],
    rows: usize,
    flaw: Flaw<'_>,
) {
    let program = plan.program;
    if plan.dataset.event != Kind::Order {
        return;
    }
    let (order, line) = (level(program, false), level(program, true));
    let filled = |columns: &[Option<Cells>], at: Option<usize>| numbers(columns, at).is_some();
    if plan.line == LineNumber::One {
        for (order, line) in order.into_iter().zip(line) {
            copy(program, columns, line, order, flaw);
        }
        complete_level(plan, columns, order, rows, flaw);
        for (order, line) in order.into_iter().zip(line) {
            copy(program, columns, order, line, flaw);
        }
    } else if !line.iter().any(|at| filled(columns, *at))
        && order.iter().any(|at| filled(columns, *at))
    {
        complete_level(plan, columns, order, rows, flaw);
    } else {
        fill(columns, order[SHIPPING], 0, rows);
    }
    complete_level(plan, columns, line, rows, flaw);
    if let Some(index) = find(program, true, "quantity") {
        let one = 10i64.pow(u32::from(program.columns[index].digits));
        fill(columns, Some(index), one, rows);
    }
}

fn numbers(columns: &[Option<Cells>], index: Option<usize>) -> Option<&Numbers> {
    columns.get(index?)?.as_ref()?.numbers()
}

/// Gives the rows of a column that have no number this one.
fn fill(columns: &mut [Option<Cells>], index: Option<usize>, value: i64, rows: usize) {
    let Some(index) = index else {
        return;
    };
    let filled = match numbers(columns, Some(index)) {
        None => Numbers::same(value, rows),
        Some(given) if given.valid.is_none() => return,
        Some(given) => Numbers {
            values: (0..rows)
                .map(|row| given.get(row).unwrap_or(value))
                .collect(),
            valid: None,
        },
    };
    columns[index] = Some(Cells::Numbers(filled));
}

/// Fills a column from another of the same meaning, if it has nothing of its own.
fn copy(
    program: &Program,
    columns: &mut [Option<Cells>],
    from: Option<usize>,
    to: Option<usize>,
    flaw: Flaw<'_>,
) {
    let (Some(from), Some(to)) = (from, to) else {
        return;
    };
    let (None, Some(given)) = (&columns[to], numbers(columns, Some(from))) else {
        return;
    };
    let digits = |index: usize| i32::from(program.columns[index].digits);
    let copied = if digits(from) == digits(to) {
        given.clone()
    } else {
        let rows = given.values.len();
        let mut told = |row, code| flaw(row, to, code);
        Numbers::each(rows, &mut told, |row| {
            given
                .get(row)
                .map(|value| rescale(value.into(), digits(from), digits(to)))
                .transpose()
        })
    };
    columns[to] = Some(Cells::Numbers(copied));
}

/// Completes the amounts of the orders or of the lines of a chunk, in units of the finest of their columns.
fn complete_level(
    plan: &Plan<'_>,
    columns: &mut [Option<Cells>],
    level: Level,
    rows: usize,
    flaw: Flaw<'_>,
) {
    let given = level.map(|index| numbers(columns, index).cloned());
    let full = |(index, given): (&Option<usize>, &Option<Numbers>)| {
        index.is_none() || given.as_ref().is_some_and(|given| given.valid.is_none())
    };
    if level.iter().zip(&given).all(full) {
        return;
    }
    let digits = level.map(|index| plan.program.columns.get(index?).map(|column| column.digits));
    let finest = digits.iter().flatten().max().copied().unwrap_or(0);
    let units = digits.map(|digits| 10i64.pow(u32::from(finest - digits.unwrap_or(finest))));
    let may_be_negative = level
        .iter()
        .flatten()
        .any(|index| matches!(plan.columns.get(*index), Some(Feed::From(source)) if !source.sign));
    let mut values = level.map(|_| vec![0i64; rows]);
    for row in 0..rows {
        let given = std::array::from_fn(|at| given[at].as_ref()?.get(row));
        match complete_row(given, units, may_be_negative) {
            Ok(completed) => {
                for (values, value) in values.iter_mut().zip(completed) {
                    values[row] = value;
                }
            }
            Err((at, code)) => {
                if let Some(index) = level[at].or(level[NET]) {
                    flaw(row, index, code);
                }
            }
        }
    }
    for (index, values) in level.into_iter().zip(values) {
        if let Some(index) = index {
            columns[index] = Some(Cells::Numbers(Numbers {
                values: values.into(),
                valid: None,
            }));
        }
    }
}

/// The six amounts of a row, or which one is not what it should be. `units` are those of each column in the
/// finest.
fn complete_row(
    given: [Option<i64>; 6],
    units: [i64; 6],
    may_be_negative: bool,
) -> Result<[i64; 6], (usize, RowCode)> {
    let mut fine = given;
    for (value, unit) in fine.iter_mut().zip(units) {
        if let Some(value) = value {
            *value = value.checked_mul(unit).ok_or((NET, RowCode::OutOfRange))?;
        }
    }
    let all = Amounts::of(fine)
        .complete()
        .ok_or((NET, RowCode::OutOfRange))?
        .all();
    let mut out = [0; 6];
    for (at, unit) in units.into_iter().enumerate() {
        let value = all[at].unwrap_or(0);
        out[at] = match given[at] {
            Some(given) => given,
            None => {
                // Divisions are slow, and almost all columns are in the same units.
                let (value, rest) = match unit {
                    1 => (value, 0),
                    unit => (value / unit, value % unit),
                };
                if rest != 0 {
                    return Err((at, RowCode::TooPrecise));
                } else if !(-LARGEST..=LARGEST).contains(&value) {
                    return Err((at, RowCode::OutOfRange));
                } else if value < 0 && !may_be_negative {
                    return Err((at, RowCode::Negative));
                }
                value
            }
        };
    }
    Ok(out)
}

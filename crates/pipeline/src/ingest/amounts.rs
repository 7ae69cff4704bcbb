//! The amounts of orders: what follows from what is given.
//!
//! net = gross − discount, gross = net + discount, total = net + tax + shipping, each only where it is not
//! given itself; a missing discount, tax or shipping counts as nothing. What is given stands, even if it does
//! not add up: it is the shop's fact.
//!
//! - A dataset without `line`: an order is its only line (number 1), and both carry the same amounts.
//! - A dataset with `line`: each line's amounts are completed here. The event's are left as the file gives
//!   them, often empty, because its lines may stand in other chunks or files: see [`line_sums`].

use super::convert::{Codes, Numbers};
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

/// Columns of an order whose event-level amount is the sum of its lines where no line of the event carries
/// the event-level amount: (event column, line column), indices in `Program::columns`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineSums {
    /// Gross, discount, net and tax, as far as the programme has both columns.
    pub sums: Vec<(usize, usize)>,
    /// Event-level columns for what follows once the sums are there: [`gross_and_net`] over (gross,
    /// discount, net), then [`total`] over (net, tax, shipping) into the last.
    pub gross: Option<usize>,
    #[allow(missing_docs)]
    pub discount: Option<usize>,
    #[allow(missing_docs)]
    pub net: Option<usize>,
    #[allow(missing_docs)]
    pub tax: Option<usize>,
    #[allow(missing_docs)]
    pub shipping: Option<usize>,
    #[allow(missing_docs)]
    pub total: Option<usize>,
}

/// What has to be summed over the lines of an order of this dataset once all of them are together; none if
/// the dataset's events are complete as they come from the ingest.
pub fn line_sums(program: &Program, dataset: usize) -> Option<LineSums> {
    let dataset = program.datasets.get(dataset)?;
    if dataset.event != Kind::Order || dataset.line.is_none() {
        return None;
    }
    let (event, line) = (
        Level::of(program, Kind::Order, false),
        Level::of(program, Kind::Order, true),
    );
    Some(LineSums {
        sums: event
            .all()
            .into_iter()
            .zip(line.all())
            .filter_map(|(event, line)| Some((event?, line?)))
            .collect(),
        gross: event.gross,
        discount: event.discount,
        net: event.net,
        tax: event.tax,
        shipping: find(program, Kind::Order, false, "shipping"),
        total: find(program, Kind::Order, false, "total"),
    })
}

/// Whether event-level amounts of this dataset's orders may have to be summed over lines.
pub fn needs_line_sums(program: &Program, dataset: usize) -> bool {
    line_sums(program, dataset).is_some()
}

/// Gross and net, each from the other where it is missing, all in the same units; nothing if 64 bits do not
/// hold them.
pub fn gross_and_net(
    gross: Option<i64>,
    discount: Option<i64>,
    net: Option<i64>,
) -> Option<(Option<i64>, Option<i64>)> {
    let off = discount.unwrap_or(0);
    Some(match (gross, net) {
        (Some(gross), None) => (Some(gross), Some(gross.checked_sub(off)?)),
        (None, Some(net)) => (Some(net.checked_add(off)?), Some(net)),
        both => both,
    })
}

/// net + tax + shipping; nothing if 64 bits do not hold it.
pub fn total(net: i64, tax: Option<i64>, shipping: Option<i64>) -> Option<i64> {
    net.checked_add(tax.unwrap_or(0))?
        .checked_add(shipping.unwrap_or(0))
}

fn find(program: &Program, kind: Kind, line: bool, name: &str) -> Option<usize> {
    program
        .columns
        .iter()
        .position(|column| column.kind == kind && column.line == line && column.name == name)
}

#[derive(Debug, Clone, Copy)]
struct Level {
    gross: Option<usize>,
    discount: Option<usize>,
    net: Option<usize>,
    tax: Option<usize>,
}

impl Level {
    fn of(program: &Program, kind: Kind, line: bool) -> Level {
        let find = |name| find(program, kind, line, name);
        Level {
            gross: find("gross"),
            discount: find("discount"),
            net: find("net"),
            tax: find("tax"),
        }
    }

    fn all(self) -> [Option<usize>; 4] {
        [self.gross, self.discount, self.net, self.tax]
    }
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
    let event = Level::of(program, Kind::Order, false);
    let line = Level::of(program, Kind::Order, true);
    if plan.line == LineNumber::One {
        for (event, line) in event.all().into_iter().zip(line.all()) {
            copy(program, columns, line, event, flaw);
        }
        complete_level(plan, columns, event, rows, flaw);
        complete_total(program, columns, event, rows, flaw);
        for (event, line) in event.all().into_iter().zip(line.all()) {
            copy(program, columns, event, line, flaw);
        }
    }
    complete_level(plan, columns, line, rows, flaw);
    if let Some(index) = find(program, Kind::Order, true, "quantity") {
        let one = 10i64.pow(u32::from(program.columns[index].digits));
        let given = numbers(columns, Some(index)).cloned();
        let quantity = match given {
            None => Numbers::same(one, rows),
            Some(given) if given.valid.is_none() => return,
            Some(given) => Numbers {
                values: (0..rows).map(|row| given.get(row).unwrap_or(one)).collect(),
                valid: None,
            },
        };
        columns[index] = Some(Cells::Numbers(quantity));
    }
}

fn numbers(columns: &[Option<Cells>], index: Option<usize>) -> Option<&Numbers> {
    columns.get(index?)?.as_ref()?.numbers()
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

/// Units of a column in units of the finest of a group, and back.
#[derive(Clone, Copy)]
struct Units(i64);

impl Units {
    fn of(program: &Program, index: Option<usize>, finest: u8) -> Units {
        let digits = index
            .and_then(|index| program.columns.get(index))
            .map_or(finest, |column| column.digits);
        Units(10i64.pow(u32::from(finest - digits)))
    }

    fn finest(program: &Program, group: &[Option<usize>]) -> u8 {
        let digits = group
            .iter()
            .flatten()
            .filter_map(|index| program.columns.get(*index));
        digits.map(|column| column.digits).max().unwrap_or(0)
    }

    fn up(self, value: Option<i64>) -> Result<Option<i64>, RowCode> {
        value
            .map(|value| value.checked_mul(self.0).ok_or(RowCode::OutOfRange))
            .transpose()
    }

    fn down(self, value: i64) -> Result<i64, RowCode> {
        let exact = value % self.0 == 0;
        let value = value / self.0;
        if !exact {
            Err(RowCode::TooPrecise)
        } else if value.abs() > LARGEST {
            Err(RowCode::OutOfRange)
        } else {
            Ok(value)
        }
    }
}

fn complete_level(
    plan: &Plan<'_>,
    columns: &mut [Option<Cells>],
    level: Level,
    rows: usize,
    flaw: Flaw<'_>,
) {
    let (Some(gross_index), Some(net_index)) = (level.gross, level.net) else {
        return;
    };
    let gross = numbers(columns, level.gross).cloned();
    let net = numbers(columns, level.net).cloned();
    let full = |numbers: &Option<Numbers>| numbers.as_ref().is_some_and(|one| one.valid.is_none());
    if (gross.is_none() && net.is_none()) || (full(&gross) && full(&net)) {
        return;
    }
    let discount = numbers(columns, level.discount).cloned();
    let group = [level.gross, level.discount, level.net];
    let finest = Units::finest(plan.program, &group);
    let units = group.map(|index| Units::of(plan.program, index, finest));
    let may_be_negative = group
        .iter()
        .flatten()
        .any(|index| matches!(plan.columns.get(*index), Some(Feed::From(source)) if !source.sign));
    let at = |numbers: &Option<Numbers>, row| numbers.as_ref().and_then(|one| one.get(row));
    let both = |row: usize| -> Result<(Option<i64>, Option<i64>), (usize, RowCode)> {
        let (had_gross, had_net) = (at(&gross, row), at(&net, row));
        if had_gross.is_some() == had_net.is_some() {
            return Ok((had_gross, had_net));
        }
        let computed = if had_net.is_none() {
            net_index
        } else {
            gross_index
        };
        let fail = |code| (computed, code);
        let (gross, net) = gross_and_net(
            units[0].up(had_gross).map_err(fail)?,
            units[1].up(at(&discount, row)).map_err(fail)?,
            units[2].up(had_net).map_err(fail)?,
        )
        .ok_or(fail(RowCode::OutOfRange))?;
        let down = |units: Units, had: Option<i64>, now: Option<i64>| match (had, now) {
            (None, Some(value)) => units.down(value).map(Some).map_err(fail),
            _ => Ok(had),
        };
        let gross = down(units[0], had_gross, gross)?;
        let net = down(units[2], had_net, net)?;
        if !may_be_negative && net.is_some_and(|net| net < 0) {
            return Err(fail(RowCode::Negative));
        }
        Ok((gross, net))
    };
    let mut nets: Vec<Option<i64>> = Vec::with_capacity(rows);
    let new_gross = Numbers::each(rows, &mut |_, _| {}, |row| match both(row) {
        Ok((gross, net)) => {
            nets.push(net);
            Ok(gross)
        }
        Err((computed, code)) => {
            nets.push(None);
            flaw(row, computed, code);
            Ok(None)
        }
    });
    let new_net = Numbers::each(rows, &mut |_, _| {}, |row| Ok(nets[row]));
    columns[gross_index] = Some(Cells::Numbers(new_gross));
    columns[net_index] = Some(Cells::Numbers(new_net));
}

fn complete_total(
    program: &Program,
    columns: &mut [Option<Cells>],
    level: Level,
    rows: usize,
    flaw: Flaw<'_>,
) {
    let shipping_index = find(program, Kind::Order, false, "shipping");
    let total_index = find(program, Kind::Order, false, "total");
    let (Some(index), Some(net)) = (total_index, numbers(columns, level.net).cloned()) else {
        return;
    };
    let given = numbers(columns, total_index).cloned();
    if given.as_ref().is_some_and(|given| given.valid.is_none()) {
        return;
    }
    let tax = numbers(columns, level.tax).cloned();
    let shipping = numbers(columns, shipping_index).cloned();
    let group = [level.net, level.tax, shipping_index, total_index];
    let finest = Units::finest(program, &group);
    let units = group.map(|index| Units::of(program, index, finest));
    let at = |numbers: &Option<Numbers>, row| numbers.as_ref().and_then(|one| one.get(row));
    let mut told = |row, code| flaw(row, index, code);
    let completed = Numbers::each(rows, &mut told, |row| {
        if let Some(given) = at(&given, row) {
            return Ok(Some(given));
        }
        let Some(net) = units[0].up(net.get(row))? else {
            return Ok(None);
        };
        let sum = total(
            net,
            units[1].up(at(&tax, row))?,
            units[2].up(at(&shipping, row))?,
        );
        units[3].down(sum.ok_or(RowCode::OutOfRange)?).map(Some)
    });
    columns[index] = Some(Cells::Numbers(completed));
}

//! Text tables become batches of events.

use crate::calendar::{MonthDay, day_from};
use crate::canonical::{Kind, Type};
use crate::event::{Batch, EventId, Ids, Texts, Values};
use crate::number::Rational;
use crate::program::{Column, Program};
use arrow_array::StringArray;
use std::collections::BTreeMap;

/// Events of one kind, a row each (or a row per line).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTable {
    /// Their kind.
    pub kind: Kind,
    /// Names of the columns, as in conditions without the root; `number` is the line's.
    pub columns: Vec<String>,
    /// The cells; none where empty.
    pub rows: Vec<Vec<Option<String>>>,
}

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableProblem {
    /// Kind of the table.
    pub kind: Kind,
    /// The row, from 0; none: the header.
    pub row: Option<usize>,
    /// The column.
    pub column: String,
    /// What is wrong, and what to write.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Number(i64),
    Text(String),
}

struct Row {
    account: String,
    member: String,
    time: i64,
    kind: Kind,
    source: u16,
    id: EventId,
    line: i32,
    channel: Option<String>,
    store: Option<String>,
    cells: Vec<Option<Cell>>,
}

/// The events of each account, sorted as the history is.
pub fn batches(
    program: &Program,
    tables: &[EventTable],
) -> Result<BTreeMap<String, Batch>, Vec<TableProblem>> {
    let mut problems = Vec::new();
    let mut rows = Vec::new();
    for table in tables {
        read_table(program, table, &mut rows, &mut problems);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    rows.sort_by(|a, b| {
        (&a.account, a.time, a.kind, a.source, &a.id, a.line)
            .cmp(&(&b.account, b.time, b.kind, b.source, &b.id, b.line))
    });
    fill_amounts(program, &mut rows);
    let mut all = BTreeMap::new();
    let mut start = 0;
    while start < rows.len() {
        let end = start
            + rows[start..]
                .iter()
                .take_while(|row| row.account == rows[start].account)
                .count();
        all.insert(
            rows[start].account.clone(),
            batch(program, &rows[start..end]),
        );
        start = end;
    }
    Ok(all)
}

fn read_table(
    program: &Program,
    table: &EventTable,
    rows: &mut Vec<Row>,
    problems: &mut Vec<TableProblem>,
) {
    let problem = |row, column: &str, message: String| TableProblem {
        kind: table.kind,
        row,
        column: column.to_owned(),
        message,
    };
    let has_lines = table.columns.iter().any(|name| name == "number");
    let source = program
        .datasets
        .iter()
        .position(|dataset| dataset.event == table.kind)
        .map_or(u16::MAX, |i| i as u16);
    let mut targets = Vec::new();
    for name in &table.columns {
        let common = matches!(
            name.as_str(),
            "id" | "member" | "account" | "time" | "number" | "channel" | "store"
        );
        let target = find(program, table.kind, name, has_lines);
        if !common && target.is_none() {
            problems.push(problem(
                None,
                name,
                format!("`{}` has no column `{name}`", table.kind.text()),
            ));
        }
        targets.push(target.filter(|_| !common));
    }
    for (index, cells) in table.rows.iter().enumerate() {
        let cell = |name: &str| {
            let at = table.columns.iter().position(|column| column == name)?;
            cells.get(at)?.as_deref()
        };
        let Some(member) = cell("member") else {
            problems.push(problem(
                Some(index),
                "member",
                "the row names no member".into(),
            ));
            continue;
        };
        let Some(time) = cell("time").and_then(|text| instant(program, text)) else {
            problems.push(problem(
                Some(index),
                "time",
                "write the local time as `2026-01-07 10:00`".into(),
            ));
            continue;
        };
        let mut row = Row {
            account: cell("account").unwrap_or(member).to_owned(),
            member: member.to_owned(),
            time,
            kind: table.kind,
            source,
            id: EventId::of(cell("id").unwrap_or(member)),
            line: 0,
            channel: cell("channel").map(str::to_owned),
            store: cell("store").map(str::to_owned),
            cells: vec![None; program.columns.len()],
        };
        if let Some(number) = cell("number") {
            match number.parse() {
                Ok(number) => row.line = number,
                Err(_) => problems.push(problem(
                    Some(index),
                    "number",
                    format!("`{number}` is not a line number"),
                )),
            }
        } else if table.kind == Kind::Order {
            row.line = 1;
        }
        for (at, target) in targets.iter().enumerate() {
            let (Some(target), Some(Some(text))) = (target, cells.get(at)) else {
                continue;
            };
            match parse(&program.columns[*target], text) {
                Some(value) => row.cells[*target] = Some(value),
                None => problems.push(problem(
                    Some(index),
                    &table.columns[at],
                    format!(
                        "`{text}` is not {} value",
                        a(program.columns[*target].kind_of_value)
                    ),
                )),
            }
        }
        rows.push(row);
    }
}

fn a(kind: Type) -> String {
    match kind {
        Type::Integer => "an integer".into(),
        kind => format!("a {}", kind.text()),
    }
}

/// The column of a table: with line numbers the line's where there is one, else the event's.
fn find(program: &Program, kind: Kind, name: &str, has_lines: bool) -> Option<usize> {
    let of = |line: bool| {
        program
            .columns
            .iter()
            .position(|column| column.kind == kind && column.line == line && column.name == name)
    };
    if has_lines {
        of(true).or_else(|| of(false))
    } else {
        of(false).or_else(|| of(true))
    }
}

fn instant(program: &Program, text: &str) -> Option<i64> {
    let zone = &program.zone;
    if let Some(day) = day_from(text) {
        return Some(zone.midnight(day));
    }
    zone.instant(text.replacen(' ', "T", 1).parse().ok()?)
}

fn parse(column: &Column, text: &str) -> Option<Cell> {
    if column
        .values
        .as_ref()
        .is_some_and(|values| !values.iter().any(|value| value == text))
    {
        return None;
    }
    Some(match column.kind_of_value {
        Type::Text => Cell::Text(text.to_owned()),
        Type::Integer => Cell::Number(text.parse().ok()?),
        Type::Decimal | Type::Money => {
            Cell::Number(Rational::from_decimal(text)?.scaled(column.digits)?)
        }
        Type::Boolean => Cell::Number(match text {
            "true" | "yes" => 1,
            "false" | "no" => 0,
            _ => return None,
        }),
        Type::Date => Cell::Number(i64::from(day_from(text)?)),
        Type::MonthDay => {
            let text = if text.len() == 10 {
                text.get(5..)?
            } else {
                text
            };
            Cell::Number(MonthDay::parse(text)?.packed())
        }
        Type::Time => return None,
    })
}

/// An order's amounts: what is not given is 0, net is gross − discount, the order's amounts are the sums
/// of its lines; an order without lines has one line with the order's amounts.
fn fill_amounts(program: &Program, rows: &mut [Row]) {
    let column = |line: bool, name: &str| find_exact(program, Kind::Order, line, name);
    let mut start = 0;
    while start < rows.len() {
        let same = |row: &Row| {
            let first = &rows[start];
            (&row.account, row.time, row.kind, row.source, &row.id)
                == (
                    &first.account,
                    first.time,
                    first.kind,
                    first.source,
                    &first.id,
                )
        };
        let end = start + rows[start..].iter().take_while(|row| same(row)).count();
        if rows[start].kind == Kind::Order {
            let number = |row: &Row, column: Option<usize>| match column
                .and_then(|column| row.cells[column].as_ref())
            {
                Some(Cell::Number(number)) => Some(*number),
                _ => None,
            };
            let from_event = rows[start..end].iter().all(|row| {
                number(row, column(true, "net")).is_none()
                    && number(row, column(true, "gross")).is_none()
            });
            for row in &mut rows[start..end] {
                for line in [false, true] {
                    if line && from_event {
                        for name in ["gross", "discount", "net", "tax"] {
                            if let (Some(to), Some(value)) =
                                (column(true, name), number(row, column(false, name)))
                            {
                                row.cells[to] = Some(Cell::Number(value));
                            }
                        }
                    }
                    let discount = number(row, column(line, "discount")).unwrap_or(0);
                    let gross = number(row, column(line, "gross"));
                    let net = number(row, column(line, "net"));
                    let (gross, net) = match (gross, net) {
                        (Some(gross), Some(net)) => (gross, net),
                        (Some(gross), None) => (gross, gross - discount),
                        (None, Some(net)) => (net + discount, net),
                        (None, None) if line => (0, 0),
                        (None, None) => continue,
                    };
                    for (name, value) in [("gross", gross), ("discount", discount), ("net", net)] {
                        if let Some(column) = column(line, name) {
                            row.cells[column] = Some(Cell::Number(value));
                        }
                    }
                }
                if let Some(quantity) = column(true, "quantity")
                    && row.cells[quantity].is_none()
                {
                    row.cells[quantity] = Some(Cell::Number(
                        10i64.pow(u32::from(program.columns[quantity].digits)),
                    ));
                }
            }
            for name in ["gross", "discount", "net", "tax"] {
                let (Some(event), Some(line)) = (column(false, name), column(true, name)) else {
                    continue;
                };
                if rows[start..end]
                    .iter()
                    .any(|row| row.cells[event].is_none())
                {
                    let sum = rows[start..end]
                        .iter()
                        .filter_map(|row| number(row, Some(line)))
                        .sum();
                    for row in &mut rows[start..end] {
                        row.cells[event] = Some(Cell::Number(sum));
                    }
                }
            }
            for row in &mut rows[start..end] {
                let part = |name| number(row, column(false, name)).unwrap_or(0);
                let total = part("net") + part("tax") + part("shipping");
                if let Some(column) = column(false, "total") {
                    row.cells[column].get_or_insert(Cell::Number(total));
                }
            }
        }
        for row in &mut rows[start..end] {
            for (index, column) in program.columns.iter().enumerate() {
                if column.kind == row.kind && !column.optional && column.kind_of_value != Type::Text
                {
                    row.cells[index].get_or_insert(Cell::Number(0));
                }
            }
        }
        start = end;
    }
}

fn find_exact(program: &Program, kind: Kind, line: bool, name: &str) -> Option<usize> {
    program
        .columns
        .iter()
        .position(|column| column.kind == kind && column.line == line && column.name == name)
}

fn batch(program: &Program, rows: &[Row]) -> Batch {
    let texts = |of: &dyn Fn(&Row) -> Option<String>| {
        Texts::plain(rows.iter().map(of).collect::<StringArray>())
    };
    let account = Texts {
        codes: vec![0; rows.len()].into(),
        valid: None,
        dictionary: StringArray::from_iter_values(rows.first().map(|row| row.account.as_str())),
    };
    Batch {
        rows: rows.len(),
        account,
        member: Some(texts(&|row| Some(row.member.clone()))),
        time: rows.iter().map(|row| row.time).collect(),
        kind: rows.iter().map(|row| row.kind as u8).collect(),
        source: rows.iter().map(|row| row.source).collect(),
        id: Ids {
            numbers: rows
                .iter()
                .map(|row| {
                    if let EventId::Number(number) = row.id {
                        number
                    } else {
                        0
                    }
                })
                .collect(),
            texts: Some(
                rows.iter()
                    .map(|row| {
                        if let EventId::Text(text) = &row.id {
                            Some(text.to_string())
                        } else {
                            None
                        }
                    })
                    .collect(),
            ),
        },
        line: rows.iter().map(|row| row.line).collect(),
        channel: Some(texts(&|row| row.channel.clone())),
        store: Some(texts(&|row| row.store.clone())),
        columns: (0..program.columns.len())
            .map(|column| values(program, rows, column))
            .collect(),
    }
}

fn values(program: &Program, rows: &[Row], column: usize) -> Option<Values> {
    if rows.iter().all(|row| row.cells[column].is_none()) {
        return None;
    }
    let text = |row: &Row| match &row.cells[column] {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let number = |row: &Row| match &row.cells[column] {
        Some(Cell::Number(number)) => Some(*number),
        _ => None,
    };
    Some(if program.columns[column].kind_of_value == Type::Text {
        Values::Text(Texts::plain(rows.iter().map(text).collect::<StringArray>()))
    } else {
        let valid: Vec<bool> = rows.iter().map(|row| number(row).is_some()).collect();
        Values::Number {
            values: rows.iter().map(|row| number(row).unwrap_or(0)).collect(),
            valid: Some(valid.into()),
        }
    })
}

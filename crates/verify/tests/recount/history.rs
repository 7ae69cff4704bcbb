//! Events of the cases, written short, as columns.

use crate::told::Told;
use crate::world::{KINDS, day, instant, rate};
use arrow_array::StringArray;
use rungs_engine::calendar::{Instant, MonthDay};
use rungs_engine::canonical::{Kind, Type};
use rungs_engine::event::{Batch, EventId, Ids, Texts, Values};
use rungs_engine::program::{Column, Program, Versions};
use rungs_verify::{Win, recount};

/// One row of an event, or of one of its lines.
#[derive(Clone)]
struct Row {
    kind: Kind,
    at: Instant,
    id: String,
    member: String,
    line: i32,
    /// Column and value as it is written.
    values: Vec<(usize, String)>,
}

/// Events of one account (`ann`), in any order.
pub struct Events<'p> {
    program: &'p Program,
    rows: Vec<Row>,
}

impl<'p> Events<'p> {
    pub fn of(program: &'p Program) -> Events<'p> {
        Events {
            program,
            rows: Vec::new(),
        }
    }

    /// A row with columns as `name=value, name=value`; `line.x` is a column of the line, and `number` its
    /// number.
    pub fn row(
        mut self,
        kind: Kind,
        at: &str,
        id: &str,
        member: &str,
        columns: &str,
    ) -> Events<'p> {
        let mut row = Row {
            kind,
            at: instant(self.program, at),
            id: id.to_owned(),
            member: member.to_owned(),
            line: 0,
            values: Vec::new(),
        };
        for pair in columns.split(", ").filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap();
            if name == "number" {
                row.line = value.parse().unwrap();
                continue;
            }
            let (line, name) = match name.strip_prefix("line.") {
                Some(name) => (true, name),
                None => (false, name),
            };
            let column = self
                .program
                .columns
                .iter()
                .position(|column| {
                    (column.kind, column.line, column.name.as_str()) == (kind, line, name)
                })
                .unwrap_or_else(|| panic!("no column {name}"));
            row.values.push((column, value.to_owned()));
        }
        self.rows.push(row);
        self
    }

    pub fn enrol(self, at: &str) -> Events<'p> {
        self.row(Kind::Enrol, at, "e1", "ann", "")
    }

    /// An order with lines `category quantity net`; its amounts are the sums.
    pub fn order(mut self, at: &str, id: &str, lines: &[&str]) -> Events<'p> {
        let cents = |text: &str| rate(text).scaled(2).unwrap();
        let net: i64 = lines
            .iter()
            .map(|line| cents(line.split(' ').nth(2).unwrap()))
            .sum();
        let net = rungs_engine::number::decimal(net, 2);
        for (number, line) in lines.iter().enumerate() {
            let [category, quantity, of_line] =
                line.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let columns = format!(
                "number={}, net={net}, gross={net}, total={net}, line.category={category}, \
                 line.quantity={quantity}, line.net={of_line}, line.gross={of_line}",
                number + 1
            );
            self = self.row(Kind::Order, at, id, "ann", &columns);
        }
        self
    }

    pub fn refund(self, at: &str, id: &str, columns: &str) -> Events<'p> {
        self.row(Kind::Refund, at, id, "ann", columns)
    }

    /// The events in their order, as columns.
    pub fn batch(mut self) -> Batch {
        self.rows.sort_by_key(|row| {
            let id = EventId::of(&row.id);
            (row.at, row.kind, source(row.kind), id, row.line)
        });
        let rows = &self.rows;
        let texts = |values: Vec<Option<String>>| Texts::plain(StringArray::from(values));
        let numbers = |id: &str| match EventId::of(id) {
            EventId::Number(number) => number,
            EventId::Text(_) => 0,
        };
        let columns = (0..self.program.columns.len())
            .map(|index| {
                let column = &self.program.columns[index];
                let of = |row: &Row| {
                    let found = row.values.iter().find(|(one, _)| *one == index);
                    found.map(|(_, value)| value.clone())
                };
                if column.kind_of_value == Type::Text {
                    return Some(Values::Text(texts(rows.iter().map(of).collect())));
                }
                let values: Vec<Option<i64>> = rows
                    .iter()
                    .map(|row| of(row).map(|value| number(column, &value)))
                    .collect();
                Some(Values::Number {
                    values: values.iter().map(|value| value.unwrap_or(0)).collect(),
                    valid: Some(values.iter().map(Option::is_some).collect()),
                })
            })
            .collect();
        Batch {
            rows: rows.len(),
            account: texts(vec![Some("ann".to_owned()); rows.len()]),
            member: Some(texts(
                rows.iter().map(|row| Some(row.member.clone())).collect(),
            )),
            time: rows.iter().map(|row| row.at).collect(),
            kind: rows.iter().map(|row| row.kind as u8).collect(),
            source: rows.iter().map(|row| source(row.kind)).collect(),
            id: Ids {
                numbers: rows.iter().map(|row| numbers(&row.id)).collect(),
                texts: Some(StringArray::from(
                    rows.iter()
                        .map(|row| match EventId::of(&row.id) {
                            EventId::Number(_) => None,
                            EventId::Text(text) => Some(text.to_string()),
                        })
                        .collect::<Vec<_>>(),
                )),
            },
            line: rows.iter().map(|row| row.line).collect(),
            channel: None,
            store: None,
            columns,
        }
    }

    /// The recount just before 00:00 of a day.
    pub fn until(self, before: &str) -> Told {
        self.with_wins(before, &[])
    }

    pub fn with_wins(self, before: &str, wins: &[Win]) -> Told {
        let program = self.program;
        let batch = self.batch();
        let end = instant(program, &format!("{before} 00:00"));
        let versions = Versions::alone(program.clone());
        let recount = recount(&versions, &batch, 0..batch.rows, wins, end);
        let broken = rungs_verify::identities(&versions, "ann", &recount.entries, &recount.closing);
        assert_eq!(broken, [], "{:#?}", recount.entries);
        Told {
            program: program.clone(),
            recount,
        }
    }
}

fn source(kind: Kind) -> u16 {
    KINDS.iter().position(|one| *one == kind).unwrap() as u16
}

fn number(column: &Column, value: &str) -> i64 {
    match column.kind_of_value {
        Type::Date => i64::from(day(value)),
        Type::MonthDay => MonthDay::parse(value).unwrap().packed(),
        _ => rate(value).scaled(column.digits).unwrap(),
    }
}

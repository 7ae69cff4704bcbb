//! The columns of all events: those of the language and those that datasets declare.

use super::Build;
use super::collect::{ColumnTable, Raw, has_lines};
use super::reader::{Placed, list};
use super::source_columns::{literal, source};
use super::values::{id_form, is_words};
use crate::canonical::{Kind, Type};
use crate::finding::{Code, Place, closest};
use crate::number::Rational;
use crate::program::{Column, Literal, Pii, SourceColumn, Target};

/// Digits of decimal columns that declare none.
const DECIMAL_DIGITS: u8 = 6;
/// Names that every event has; no column of yours can have one of them.
const TAKEN: &[&str] = &[
    "id", "source", "revision", "time", "member", "account", "date", "hour", "weekday", "day",
    "month", "kind", "void", "lines",
];

/// Columns of a dataset, its fixed values, and the source column of the line's number.
pub(crate) type Sources = (Vec<SourceColumn>, Vec<(usize, Literal)>, Option<String>);

/// What the datasets say about one column.
#[derive(Default)]
struct Said {
    /// Where it is first declared, with its type.
    first: Option<Place>,
    /// For each dataset that declares it: whether every row has it, its range and its values.
    each: Vec<Declared>,
}

struct Declared {
    always: bool,
    min: Option<Rational>,
    max: Option<Rational>,
    values: Option<Vec<String>>,
}

/// Fills `Build::columns` and resolves the columns of each dataset.
pub(crate) fn columns(build: &mut Build<'_>, datasets: &[Raw]) -> Vec<Sources> {
    build.columns = canonical(build.reader.names.currency_digits, build.reader.names.scale);
    let canonical = build.columns.len();
    let mut said: Vec<Said> = build.columns.iter().map(|_| Said::default()).collect();
    let sources = datasets
        .iter()
        .map(|dataset| sources(build, dataset, canonical, &mut said))
        .collect();
    for (at, said) in said.iter().enumerate() {
        let kind = build.columns[at].kind;
        // A column of the language can be filled by every dataset of the kind, listed or not.
        let filled_by = if at < canonical {
            datasets.iter().filter(|d| d.event == Some(kind)).count()
        } else {
            said.each.len()
        };
        let of_kind = datasets.iter().filter(|d| d.event == Some(kind)).count();
        settle(&mut build.columns[at], said, filled_by, of_kind);
    }
    sources
}

/// What holds for a column whatever dataset a row comes from.
fn settle(column: &mut Column, said: &Said, filled_by: usize, of_kind: usize) {
    column.declared = !said.each.is_empty();
    if said.each.is_empty() {
        return;
    }
    let all = said.each.len() >= filled_by;
    if said.each.len() >= of_kind && said.each.iter().all(|each| each.always) {
        column.optional = false;
    }
    let digits = column.digits;
    let bound = |of: fn(&Declared) -> Option<Rational>, pick: fn(i64, i64) -> i64| {
        let each: Option<Vec<i64>> = said
            .each
            .iter()
            .map(|each| of(each)?.scaled(digits))
            .collect();
        each?.into_iter().reduce(pick)
    };
    if all {
        column.min = bound(|each| each.min, i64::min);
        column.max = bound(|each| each.max, i64::max);
        let values: Option<Vec<Vec<String>>> =
            said.each.iter().map(|each| each.values.clone()).collect();
        column.values = values.map(|values| {
            let mut union: Vec<String> = Vec::new();
            for value in values.into_iter().flatten() {
                if !union.contains(&value) {
                    union.push(value);
                }
            }
            union
        });
    }
}

/// The columns of the language.
fn canonical(currency_digits: u8, scale: u8) -> Vec<Column> {
    let column = |kind: Kind, line: bool, (name, of): &(&str, Type)| Column {
        kind,
        line,
        name: (*name).to_owned(),
        kind_of_value: *of,
        digits: match of {
            Type::Money => currency_digits,
            Type::Decimal if is_points(kind, name) => scale,
            Type::Decimal => DECIMAL_DIGITS,
            _ => 0,
        },
        optional: !never_empty(kind, line, name),
        min: None,
        max: None,
        values: None,
        declared: false,
    };
    Kind::ALL
        .iter()
        .filter(|kind| kind.settled())
        .flat_map(|kind| {
            let own = kind.columns().iter().map(|of| column(*kind, false, of));
            let lines = kind.line_columns().iter().map(|of| column(*kind, true, of));
            own.chain(lines).collect::<Vec<_>>()
        })
        .collect()
}

/// Columns that hold points have the wallet's scale.
fn is_points(kind: Kind, name: &str) -> bool {
    matches!(
        kind,
        Kind::Redeem | Kind::Unredeem | Kind::Adjust | Kind::Opening | Kind::Order
    ) && name.starts_with("points")
}

/// Amounts that an order always has after it was read: net is gross − discount where it is not given,
/// total is net + tax + shipping, what is not said is 0, an order without lines has one.
fn never_empty(kind: Kind, line: bool, name: &str) -> bool {
    let amounts: &[&str] = if line {
        &["quantity", "gross", "discount", "net", "tax"]
    } else {
        &["gross", "discount", "net", "tax", "shipping", "total"]
    };
    kind == Kind::Order && amounts.contains(&name)
}

fn sources(
    build: &mut Build<'_>,
    dataset: &Raw,
    canonical: usize,
    said: &mut Vec<Said>,
) -> Sources {
    let (mut out, mut fixed, mut number) = (Vec::new(), Vec::new(), None);
    let Some(kind) = dataset.event else {
        return (out, fixed, number);
    };
    let lines = dataset.table.line.is_some();
    let rows = dataset.table.columns.as_ref().map(|c| c.value.0.as_slice());
    for (name, column) in rows.unwrap_or_default() {
        let from = column.value.from.as_ref();
        let from = from.map_or_else(|| name.value.clone(), |from| from.value.clone());
        if name.value == "number" && has_lines(kind) {
            number = Some(from);
            continue;
        }
        let Some(target) = target(build, kind, lines, canonical, name, column, said) else {
            continue;
        };
        let source = source(build, target, from, name, &column.value);
        if let Target::Column(at) = target {
            said[at].each.push(Declared {
                always: source.required && source.pii != Some(Pii::Drop),
                min: source.min,
                max: source.max,
                values: source.values.clone(),
            });
        }
        out.push(source);
    }
    let values = dataset.table.fixed.as_ref().map(|f| f.value.0.as_slice());
    for (name, value) in values.unwrap_or_default() {
        let line = line_of(kind, &name.value, lines, None);
        let found = build
            .columns
            .iter()
            .position(|c| c.kind == kind && c.line == line && c.name == name.value);
        let Some(at) = found else {
            let names: Vec<&str> = kind.columns().iter().map(|(name, _)| *name).collect();
            let help = match closest(&name.value, names.iter().copied()) {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("the columns of `{}` are {}", kind.text(), list(&names)),
            };
            build.reader.find(
                Code::UnknownColumn,
                name.place,
                format!("unknown column `{}`", name.value),
                format!("`{}` events have no such column", kind.text()),
                help,
            );
            continue;
        };
        if let Some(literal) = literal(build, &build.columns[at].clone(), value) {
            said[at].each.push(Declared {
                always: true,
                min: None,
                max: None,
                values: match &literal {
                    Literal::Text(text) => Some(vec![text.clone()]),
                    Literal::Number(_) => None,
                },
            });
            fixed.push((at, literal));
        }
    }
    (out, fixed, number)
}

/// Whether a column belongs to the lines: as it says, or where only lines have it, or where both have it
/// and the dataset's rows are lines.
fn line_of(kind: Kind, name: &str, rows_are_lines: bool, said: Option<bool>) -> bool {
    let has = |columns: &[(&str, Type)]| columns.iter().any(|(column, _)| *column == name);
    let (event, line) = (has(kind.columns()), has(kind.line_columns()));
    said.unwrap_or(line && (!event || rows_are_lines))
}

/// The column that a source column fills; a new one of yours is added.
fn target(
    build: &mut Build<'_>,
    kind: Kind,
    rows_are_lines: bool,
    canonical: usize,
    name: &Placed<String>,
    column: &Placed<ColumnTable>,
    said: &mut Vec<Said>,
) -> Option<Target> {
    let text = name.value.as_str();
    match text {
        "channel" => return Some(Target::Channel),
        "store" => return Some(Target::Store),
        _ if TAKEN.contains(&text) => {
            build.reader.find(
                Code::ColumnConflict,
                name.place,
                format!("`{text}` is a column that every event has"),
                "its name is taken",
                "the dataset's own keys (`id`, `member`, `account`, `time`, `revision`) say where it comes from; give a column of yours another name, with `from` for the name in the file",
            );
            return None;
        }
        _ => {}
    }
    if !is_words(text, '_') {
        id_form(&mut build.reader, name.place, text, '_');
        return None;
    }
    let table = &column.value;
    let line = line_of(
        kind,
        text,
        rows_are_lines,
        table.line.as_ref().map(|line| line.value),
    );
    let found = build
        .columns
        .iter()
        .position(|c| c.kind == kind && c.line == line && c.name == text);
    if let Some(at) = found {
        conflict(build, at, at < canonical, table, said);
        said[at].first.get_or_insert(name.place);
        return Some(Target::Column(at));
    }
    if line && !has_lines(kind) {
        build.reader.find(
            Code::WrongValue,
            table.line.as_ref().map_or(name.place, |line| line.place),
            format!("`{}` events have no lines", kind.text()),
            "only orders and refunds have lines",
            "drop `line`",
        );
        return None;
    }
    let Some(of) = &table.r#type else {
        let known: Vec<&str> = kind
            .columns()
            .iter()
            .chain(kind.line_columns())
            .map(|(name, _)| *name)
            .chain(["channel", "store"])
            .collect();
        let help = match closest(text, known.iter().copied()) {
            Some(close) => format!("did you mean `{close}`? a column of yours needs a `type`"),
            None => format!(
                "add a `type`, such as `type = \"text\"`; the columns of `{}` that need none are {}",
                kind.text(),
                list(&known)
            ),
        };
        build.reader.find(
            Code::MissingKey,
            name.place,
            format!("the column `{text}` needs a `type`"),
            format!("not a column of `{}` events, so one of yours", kind.text()),
            help,
        );
        return None;
    };
    build.columns.push(Column {
        kind,
        line,
        name: text.to_owned(),
        kind_of_value: of.value,
        digits: match (of.value, &table.digits) {
            (Type::Money, Some(digits)) | (Type::Decimal, Some(digits)) => digits.value.0 as u8,
            (Type::Money, None) => build.reader.names.currency_digits,
            (Type::Decimal, None) => DECIMAL_DIGITS,
            _ => 0,
        },
        optional: true,
        min: None,
        max: None,
        values: None,
        declared: true,
    });
    said.push(Said {
        first: Some(name.place),
        each: Vec::new(),
    });
    Some(Target::Column(build.columns.len() - 1))
}

/// A column that exists already: its type must be the same, its digits are the finest.
fn conflict(build: &mut Build<'_>, at: usize, canonical: bool, table: &ColumnTable, said: &[Said]) {
    let column = &mut build.columns[at];
    let known = column.kind_of_value;
    if let Some(digits) = &table.digits
        && matches!(known, Type::Money | Type::Decimal)
    {
        column.digits = column.digits.max(digits.value.0 as u8);
        let (kind, line, name) = (column.kind, column.line, column.name.clone());
        let digits = column.digits;
        // An order and its lines have the same amounts: the one is the sum of the other, or its only line.
        for twin in &mut build.columns {
            if twin.kind == kind && twin.line != line && twin.name == name {
                twin.digits = twin.digits.max(digits);
            }
        }
    }
    let column = &build.columns[at];
    let name = column.name.clone();
    let Some(of) = &table.r#type else {
        return;
    };
    if of.value == known {
        return;
    }
    let message = format!("`{name}` is `{}` already", known.text());
    match said[at].first {
        Some(first) if !canonical => build.reader.find_both(
            Code::ColumnConflict,
            of.place,
            message,
            "another type",
            (first, "first declared here"),
            "use one type in all datasets of this event, or another name",
        ),
        _ => {
            build.reader.find(
                Code::ColumnConflict,
                of.place,
                message,
                "another type than the language gives this column",
                "drop `type`, or give your column another name with `from` for the name in the file",
            );
        }
    }
}

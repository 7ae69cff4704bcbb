//! One column of a dataset: its type, range and values.

use super::Build;
use super::collect::{ColumnTable, Fixed};
use super::reader::Placed;
use super::values::Number;
use crate::canonical::Type;
use crate::finding::{Code, Place};
use crate::program::{Column, Literal, Pii, SourceColumn, Target};

/// A source column with its range and values checked.
pub(crate) fn source(
    build: &mut Build<'_>,
    target: Target,
    from: String,
    name: &Placed<String>,
    table: &ColumnTable,
) -> SourceColumn {
    let of = match target {
        Target::Column(at) => build.columns[at].kind_of_value,
        Target::Channel | Target::Store => Type::Text,
    };
    let digits = match target {
        Target::Column(at) => build.columns[at].digits,
        Target::Channel | Target::Store => 0,
    };
    let is_number = matches!(of, Type::Integer | Type::Decimal | Type::Money);
    let mut refuse = |place: Place, key: &str, wants: &str| {
        build.reader.find(
            Code::WrongValue,
            place,
            format!("`{key}` does not go with a column of type `{}`", of.text()),
            format!("only for {wants}"),
            format!("drop `{key}`"),
        );
    };
    if !is_number {
        for (key, bound) in [("min", &table.min), ("max", &table.max)] {
            if let Some(bound) = bound {
                refuse(bound.place, key, "numbers");
            }
        }
    }
    if let Some(values) = &table.values
        && of != Type::Text
    {
        refuse(values.place, "values", "texts");
    }
    if let Some(unit) = &table.unit
        && of != Type::Money
    {
        refuse(unit.place, "unit", "money");
    }
    if let Some(digits) = &table.digits
        && !matches!(of, Type::Money | Type::Decimal)
    {
        refuse(digits.place, "digits", "money and decimals");
    }
    if let Some(pii) = &table.pii
        && pii.value == Pii::Hash
        && of != Type::Text
    {
        refuse(pii.place, "pii = \"hash\"", "texts");
    }
    range(build, name, table, digits);
    SourceColumn {
        target,
        from,
        required: table.required.as_ref().is_some_and(|r| r.value),
        values: table
            .values
            .as_ref()
            .map(|values| values.value.iter().map(|v| v.value.clone()).collect()),
        min: table.min.as_ref().map(|min| min.value.0),
        max: table.max.as_ref().map(|max| max.value.0),
        minor: table.unit.is_some(),
        pii: table.pii.as_ref().map(|pii| pii.value),
    }
}

/// `min`, `max` and `values` must leave something, in the digits of the column.
fn range(build: &mut Build<'_>, name: &Placed<String>, table: &ColumnTable, digits: u8) {
    let name = &name.value;
    if let (Some(min), Some(max)) = (&table.min, &table.max)
        && min.value.0 > max.value.0
    {
        build.reader.find_both(
            Code::ColumnRange,
            max.place,
            format!("no value of `{name}` fits"),
            "`max` is less than `min`",
            (min.place, "`min` is here"),
            "swap them, or drop one",
        );
    }
    for bound in [&table.min, &table.max].into_iter().flatten() {
        let Number(value) = bound.value;
        if value.scaled(digits).is_none() {
            build.reader.find(
                Code::ColumnRange,
                bound.place,
                format!("`{value}` has more digits than `{name}` can have"),
                format!("the column has {digits} digits after the point"),
                "round it, or declare more `digits`",
            );
        }
    }
    let Some(values) = &table.values else {
        return;
    };
    if values.value.is_empty() {
        build.reader.find(
            Code::ColumnRange,
            values.place,
            format!("no value of `{name}` fits"),
            "an empty list",
            "list the values, or drop `values`",
        );
    }
    for (at, value) in values.value.iter().enumerate() {
        let first = values.value[..at].iter().find(|v| v.value == value.value);
        if let Some(first) = first {
            build.reader.find_both(
                Code::ColumnRange,
                value.place,
                format!("`{}` is listed twice", value.value),
                "the second",
                (first.place, "the first"),
                "leave one of them out",
            );
        }
    }
}

/// A fixed value in the column's type and digits.
pub(crate) fn literal(
    build: &mut Build<'_>,
    column: &Column,
    value: &Placed<Fixed>,
) -> Option<Literal> {
    let found = match (&value.value, column.kind_of_value) {
        (Fixed::Text(text), Type::Text) => Some(Literal::Text(text.clone())),
        (Fixed::Number(number), Type::Integer | Type::Decimal | Type::Money) => {
            number.scaled(column.digits).map(Literal::Number)
        }
        (Fixed::Boolean(value), Type::Boolean) => Some(Literal::Number(i64::from(*value))),
        (Fixed::Date(day), Type::Date) => Some(Literal::Number(i64::from(*day))),
        (Fixed::Text(text), Type::MonthDay) => {
            crate::calendar::MonthDay::parse(text).map(|day| Literal::Number(day.packed()))
        }
        _ => None,
    };
    if found.is_none() {
        build.reader.find(
            Code::WrongType,
            value.place,
            format!("`{}` does not take this value", column.name),
            format!("the column's type is `{}`", column.kind_of_value.text()),
            "write a value of that type",
        );
    }
    found
}

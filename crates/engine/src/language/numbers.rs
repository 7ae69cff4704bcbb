//! Exact numbers: rates, money, points, shares, whole numbers.

use super::reader::{Item, Reader, Value};
use super::table::{Plain, Shape};
use super::values::plain;
use crate::number::{Rational, decimal};
use serde_json::json;
use toml::de::DeValue;

/// The exact number of a token, or a finding.
fn number(item: &Item<'_>, reader: &mut Reader<'_>, shape: Shape) -> Option<Rational> {
    let token = match item.get_ref() {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
        DeValue::Float(float) => float.as_str(),
        DeValue::Integer(_) => {
            reader.wrong_value(
                item,
                "a number is written in decimal here",
                "another radix",
                "write the decimal number",
            );
            return None;
        }
        _ => {
            reader.wrong_type(item, &shape.wants(), &shape.example());
            return None;
        }
    };
    let found = Rational::from_decimal(token);
    if found.is_none() {
        let (label, help) = if token.contains(['e', 'E']) {
            ("an exponent", "write all digits")
        } else if token.contains("inf") || token.contains("nan") {
            ("not a number", "write a decimal number")
        } else {
            (
                "too long",
                "at most 18 digits, before and after the point together",
            )
        };
        reader.wrong_value(item, "this number cannot be read exactly", label, help);
    }
    found
}

/// Any exact number, also a fraction as text: `"1/3"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(pub Rational);

plain!(
    Number,
    "a number",
    "1.2",
    json!({ "anyOf": [{ "type": "number" }, { "type": "string", "pattern": "^-?[0-9]+/[1-9][0-9]*$" }] }),
    |item, reader| {
        if let Some(fraction) = item.get_ref().as_str() {
            let parts = fraction.split_once('/').and_then(|(num, den)| {
                Rational::new(
                    num.parse::<i64>().ok()?.into(),
                    den.parse::<i64>().ok()?.into(),
                )
            });
            if parts.is_none() {
                reader.wrong_type(item, "a number", "1.2");
            }
            return parts.map(Number);
        }
        number(item, reader, Number::shape()).map(Number)
    }
);

/// A number above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Positive(pub Rational);

plain!(
    Positive,
    "a number above 0",
    "1",
    json!({ "anyOf": [{ "type": "number", "exclusiveMinimum": 0 }, { "type": "string", "pattern": "^[1-9][0-9]*/[1-9][0-9]*$" }] }),
    |item, reader| {
        let Number(found) = Number::read(item, reader)?;
        if found.num <= 0 {
            reader.wrong_value(
                item,
                "a number above 0 is needed here",
                "0 or less",
                "write a positive number",
            );
            return None;
        }
        Some(Positive(found))
    }
);

/// A number of at least `LEAST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AtLeast<const LEAST: i64>(pub Rational);

impl<const LEAST: i64> Value for AtLeast<LEAST> {
    fn shape() -> Shape {
        Shape::Plain(Plain {
            wants: "a number",
            example: "2",
            schema: || json!({ "anyOf": [{ "type": "number", "minimum": LEAST }, { "type": "string", "pattern": "^[0-9]+/[1-9][0-9]*$" }] }),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Number(found) = Number::read(item, reader)?;
        if found < Rational::whole(LEAST) {
            reader.wrong_value(
                item,
                format!("`{found}` is too little"),
                format!("at least {LEAST}"),
                format!("write {LEAST} or more"),
            );
            return None;
        }
        Some(AtLeast(found))
    }
}

/// Money in minor units of the programme's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Money(pub i64);

plain!(
    Money,
    "money",
    "4.50",
    json!({ "type": "number", "minimum": 0 }),
    |item, reader| {
        let found = number(item, reader, Money::shape())?;
        let digits = reader.names.currency_digits;
        scaled(item, reader, found, digits, "the currency's minor unit").map(Money)
    }
);

/// Points in units of the wallet's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Points(pub i64);

plain!(
    Points,
    "points",
    "25",
    json!({ "type": "number", "minimum": 0 }),
    |item, reader| {
        let found = number(item, reader, Points::shape())?;
        let digits = reader.names.scale;
        scaled(item, reader, found, digits, "the wallet's `scale`").map(Points)
    }
);

/// A number that is not negative in units of so many digits, or a finding.
fn scaled(
    item: &Item<'_>,
    reader: &mut Reader<'_>,
    found: Rational,
    digits: u8,
    finest: &str,
) -> Option<i64> {
    if found.num < 0 {
        reader.wrong_value(
            item,
            "this must not be negative",
            "below 0",
            "write 0 or more",
        );
        return None;
    }
    let exact = found.scaled(digits);
    if exact.is_none() {
        reader.wrong_value(
            item,
            format!("`{found}` is finer than {finest}"),
            format!("the finest step is {}", decimal(1, digits)),
            "round it here, where everybody sees it",
        );
    }
    exact
}

/// A share or chance from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share(pub Rational);

plain!(
    Share,
    "a share from 0 to 1",
    "0.05",
    json!({ "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, { "type": "string", "pattern": "^[0-9]+/[1-9][0-9]*$" }] }),
    |item, reader| {
        let Number(found) = Number::read(item, reader)?;
        if found < Rational::ZERO || found > Rational::ONE {
            let help = match found.over(Rational::whole(100)) {
                Some(part) if found.num > 0 && part <= Rational::ONE => {
                    format!("{found} per cent is written `{part}`")
                }
                _ => "write a number from 0 to 1".to_owned(),
            };
            reader.wrong_value(item, "a share goes from 0 to 1", "outside of it", help);
            return None;
        }
        Some(Share(found))
    }
);

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole<const MIN: i64, const MAX: i64>(pub i64);

/// A whole number, at least 1.
pub(crate) type Count = Whole<1, 1_000_000_000>;

impl<const MIN: i64, const MAX: i64> Value for Whole<MIN, MAX> {
    fn shape() -> Shape {
        Shape::Plain(Plain {
            wants: "a whole number",
            example: "1",
            schema: || json!({ "type": "integer", "minimum": MIN, "maximum": MAX }),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if !matches!(item.get_ref(), DeValue::Integer(_)) {
            reader.wrong_type(item, "a whole number", "1");
            return None;
        }
        let found = number(item, reader, Self::shape())?;
        if found < Rational::whole(MIN) || found > Rational::whole(MAX) {
            reader.wrong_value(
                item,
                format!("`{found}` is out of range"),
                format!("from {MIN} to {MAX}"),
                format!("write a whole number from {MIN} to {MAX}"),
            );
            return None;
        }
        Some(Whole(found.num))
    }
}

//! The types of single values: text, ids, and choices that several tables share. Numbers, times, references
//! and lists have files of their own, and are named here too.

pub(crate) use super::lists::{ByRungOf, Filled, Many, Named, OneOrMany};
pub(crate) use super::numbers::{AtLeast, Count, Money, Number, Points, Positive, Share, Whole};
pub(crate) use super::references::{
    BenefitSort, EarnSort, GroupSort, KpiSort, MetricSort, Ref, RewardSort, Sort, WalletSort,
};
pub(crate) use super::times::{Date, Duration, DurationOrZero};

use super::reader::{Item, Reader, Value};
use super::table::{Plain, Shape, choice};
use crate::calendar::{Calendar, LeapDay};
use crate::canonical::Type;
use crate::finding::Code;
use crate::number::Rounding;
use serde_json::json;

/// A single value: its declaration and how it is read.
macro_rules! plain {
    ($type:ty, $wants:literal, $example:literal, $schema:expr, $read:expr) => {
        impl Value for $type {
            fn shape() -> Shape {
                Shape::Plain(Plain {
                    wants: $wants,
                    example: $example,
                    schema: || $schema,
                })
            }

            fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
                let read: fn(&Item<'_>, &mut Reader<'_>) -> Option<Self> = $read;
                read(item, reader)
            }
        }
    };
}

pub(crate) use plain;

/// The text of an item, or a finding that says what was wanted.
pub(crate) fn text<'r>(
    item: &'r Item<'_>,
    reader: &mut Reader<'_>,
    shape: Shape,
) -> Option<&'r str> {
    let found = item.get_ref().as_str();
    if found.is_none() {
        reader.wrong_type(item, &shape.wants(), &shape.example());
    }
    found
}

plain!(
    String,
    "a text",
    "\"…\"",
    json!({ "type": "string" }),
    |item, reader| text(item, reader, String::shape()).map(str::to_owned)
);

plain!(
    bool,
    "a boolean",
    "true",
    json!({ "type": "boolean" }),
    |item, reader| {
        let found = item.get_ref().as_bool();
        if found.is_none() {
            reader.wrong_type(item, "a boolean", "true");
        }
        found
    }
);

/// An id of yours: `kebab-case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Id(pub String);

/// A name that can stand in a condition: `snake_case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(pub String);

/// Whether a text is made of lower-case words joined by `joint`, the first beginning with a letter.
pub(crate) fn is_words(text: &str, joint: char) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with(joint)
        && !text.contains(&String::from_iter([joint, joint]))
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint)
}

/// The nearest text of that form.
fn as_words(text: &str, joint: char) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && out.ends_with(|l: char| l.is_ascii_lowercase()) {
                out.push(joint);
            }
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with(joint) {
            out.push(joint);
        }
    }
    out.trim_start_matches(|c: char| c == joint || c.is_ascii_digit())
        .trim_end_matches(joint)
        .to_owned()
}

/// Says that an id is not in the form of its sort.
pub(crate) fn id_form(
    reader: &mut Reader<'_>,
    place: crate::finding::Place,
    text: &str,
    joint: char,
) {
    let (form, why) = match joint {
        '-' => ("kebab-case", "ids of yours are `kebab-case`"),
        _ if text.contains('-') => (
            "snake_case",
            "this can stand in a condition, where a hyphen would be a minus",
        ),
        _ => (
            "snake_case",
            "what can stand in a condition is `snake_case`",
        ),
    };
    let better = as_words(text, joint);
    let help = if better.is_empty() {
        "use lower-case letters a to z, digits and one sort of joint".to_owned()
    } else {
        format!("write `{better}`")
    };
    reader.find(
        Code::IdForm,
        place,
        format!("`{text}` is not `{form}`"),
        why,
        help,
    );
}

plain!(
    Id,
    "an id",
    "\"my-id\"",
    json!({ "type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$" }),
    |item, reader| {
        let found = text(item, reader, Id::shape())?;
        if !is_words(found, '-') {
            let place = reader.place(item.span());
            id_form(reader, place, found, '-');
            return None;
        }
        Some(Id(found.to_owned()))
    }
);

plain!(
    Name,
    "a name",
    "\"my_name\"",
    json!({ "type": "string", "pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$" }),
    |item, reader| {
        let found = text(item, reader, Name::shape())?;
        if !is_words(found, '_') {
            let place = reader.place(item.span());
            id_form(reader, place, found, '_');
            return None;
        }
        Some(Name(found.to_owned()))
    }
);

choice!(Calendar {
    "day" => Calendar::Day, "A local date.";
    "week" => Calendar::Week, "Seven days from the programme's first day of a week.";
    "month" => Calendar::Month, "A calendar month.";
    "quarter" => Calendar::Quarter, "From January, April, July, October.";
    "year" => Calendar::Year, "A calendar year.";
} later []);

choice!(LeapDay {
    "02-28" => LeapDay::February28, "28 February.";
    "03-01" => LeapDay::March1, "1 March.";
} later []);

choice!(Rounding {
    "down" => Rounding::Down, "To the next lower point.";
    "up" => Rounding::Up, "To the next higher point.";
    "half_up" => Rounding::HalfUp, "To the nearest, a half away from 0.";
    "half_even" => Rounding::HalfEven, "To the nearest, a half to the even neighbour.";
} later []);

choice!(Type {
    "text" => Type::Text, "Text.";
    "integer" => Type::Integer, "A whole number.";
    "decimal" => Type::Decimal, "An exact decimal number.";
    "money" => Type::Money, "An amount in the programme's currency.";
    "boolean" => Type::Boolean, "`true` or `false`.";
    "date" => Type::Date, "A local date.";
    "time" => Type::Time, "An instant.";
    "month_day" => Type::MonthDay, "A day of every year.";
} later []);

/// A weekday, 0 Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weekday(pub i64);

choice!(Weekday {
    "mon" => Weekday(0), "Monday.";
    "tue" => Weekday(1), "Tuesday.";
    "wed" => Weekday(2), "Wednesday.";
    "thu" => Weekday(3), "Thursday.";
    "fri" => Weekday(4), "Friday.";
    "sat" => Weekday(5), "Saturday.";
    "sun" => Weekday(6), "Sunday.";
} later []);

/// Any TOML value, kept as documentation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anything;

plain!(Anything, "a value", "…", json!({}), |_, _| Some(Anything));

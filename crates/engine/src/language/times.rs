//! Durations, dates, days of the year, stretches of time.

use super::reader::{Item, Reader, Value};
use super::table::{Plain, Shape};
use super::values::{plain, text};
use crate::calendar::{Calendar, Day, Length, MonthDay, Per, day_of};
use crate::finding::closest;
use serde_json::json;
use toml::de::DeValue;

/// A length of time above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duration(pub Length);

/// A length of time, also 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DurationOrZero(pub Length);

const DURATION: &str = "^(0|[1-9][0-9]*) (minute|hour|day|week|month|quarter|year)s?$";

fn duration(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Length> {
    let found = text(item, reader, Duration::shape())?;
    let length = Length::parse(found);
    if length.is_none() {
        let place = reader.place(item.span());
        if found.contains("business day") {
            reader.not_yet(place, "a length in business days");
        } else {
            reader.wrong_value(
                item,
                format!("`{found}` is not a duration"),
                "number, space, unit",
                better_duration(found),
            );
        }
    }
    length
}

/// What was probably meant.
fn better_duration(found: &str) -> String {
    let digits: String = found.chars().take_while(char::is_ascii_digit).collect();
    let unit = found[digits.len()..].trim().to_lowercase();
    let units = ["minute", "hour", "day", "week", "month", "quarter", "year"];
    let meant = closest(unit.trim_end_matches('s'), units);
    match (digits.parse::<u64>(), meant) {
        (Ok(1), Some(unit)) => format!("write `\"1 {unit}\"`"),
        (Ok(count), Some(unit)) => format!("write `\"{count} {unit}s\"`"),
        _ => "write it like `\"30 days\"`; the units are minutes, hours, days, weeks, months, quarters, years (singular with 1)".to_owned(),
    }
}

plain!(
    Duration,
    "a duration",
    "\"30 days\"",
    json!({ "type": "string", "pattern": DURATION }),
    |item, reader| {
        let found = duration(item, reader)?;
        if found.count == 0 {
            reader.wrong_value(
                item,
                "a duration above 0 is needed here",
                "no time at all",
                "write it like `\"30 days\"`",
            );
            return None;
        }
        Some(Duration(found))
    }
);

plain!(
    DurationOrZero,
    "a duration",
    "\"30 days\"",
    json!({ "type": "string", "pattern": DURATION }),
    |item, reader| duration(item, reader).map(DurationOrZero)
);

/// A local date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date(pub Day);

plain!(
    Date,
    "a date",
    "2026-03-10",
    json!({ "type": "string", "format": "date" }),
    |item, reader| {
        let date = match item.get_ref() {
            DeValue::Datetime(found) if found.time.is_none() && found.offset.is_none() => {
                found.date.and_then(|date| {
                    jiff::civil::Date::new(date.year as i16, date.month as i8, date.day as i8).ok()
                })
            }
            _ => None,
        };
        if date.is_none() {
            reader.wrong_type(item, "a date", "2026-03-10");
        }
        date.map(|date| Date(day_of(date)))
    }
);

plain!(
    MonthDay,
    "a day of the year",
    "\"05-20\"",
    json!({ "type": "string", "pattern": "^[0-1][0-9]-[0-3][0-9]$" }),
    |item, reader| {
        let found = text(item, reader, MonthDay::shape())?;
        let day = MonthDay::parse(found);
        if day.is_none() {
            reader.wrong_value(
                item,
                format!("`{found}` is not a day of the year"),
                "month, hyphen, day",
                "write it like `\"05-20\"`",
            );
        }
        day
    }
);

const CALENDARS: [Calendar; 5] = [
    Calendar::Day,
    Calendar::Week,
    Calendar::Month,
    Calendar::Quarter,
    Calendar::Year,
];

plain!(
    Per,
    "a stretch of time",
    "\"year\"",
    json!({ "anyOf": [
        { "enum": ["event", "line", "day", "week", "month", "quarter", "year", "period", "lifetime"] },
        { "type": "string", "pattern": DURATION },
    ] }),
    |item, reader| {
        let found = text(item, reader, Per::shape())?;
        let word = match found {
            "event" => Some(Per::Event),
            "line" => Some(Per::Line),
            "lifetime" => Some(Per::Lifetime),
            "period" => Some(Per::Period),
            _ => CALENDARS
                .into_iter()
                .find(|calendar| calendar.text() == found)
                .map(Per::Calendar),
        };
        if word.is_some() {
            return word;
        }
        if found.starts_with(|c: char| c.is_ascii_digit()) {
            return Duration::read(item, reader).map(|length| Per::Rolling(length.0));
        }
        let words = [
            "event", "line", "day", "week", "month", "quarter", "year", "period", "lifetime",
        ];
        let help = match closest(found, words) {
            Some(close) => format!("did you mean `\"{close}\"`?"),
            None => format!(
                "write one of {}, or a duration like `\"30 days\"`",
                super::reader::list(&words)
            ),
        };
        reader.wrong_value(
            item,
            format!("`{found}` is not a stretch of time"),
            "not known here",
            help,
        );
        None
    }
);

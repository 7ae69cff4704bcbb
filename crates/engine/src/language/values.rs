//! The types of single values: text, ids, exact numbers, money, points, durations, dates, references.

use super::reader::{Item, Names, Placed, Reader, Value};
use super::table::{Plain, Shape, choice};
use crate::calendar::{Calendar, Day, LeapDay, Length, MonthDay, Per, day_of};
use crate::canonical::Type;
use crate::finding::{Code, closest};
use crate::number::{Rational, Rounding, decimal};
use serde_json::json;
use std::marker::PhantomData;
use toml::de::DeValue;

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

/// The text of an item, or a finding that says what was wanted.
fn text<'r>(item: &'r Item<'_>, reader: &mut Reader<'_>, shape: Shape) -> Option<&'r str> {
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

/// A sort of things that have ids.
pub(crate) trait Sort {
    /// As it is called.
    const WORD: &'static str;
    /// How an id is written.
    const EXAMPLE: &'static str;
    /// The finding where there is no such id.
    const CODE: Code = Code::UnknownId;
    /// The ids of this sort.
    fn names(names: &Names) -> &[String];
}

macro_rules! sorts {
    ($($(#[doc = $doc:literal])+ $sort:ident = $word:literal, $example:literal, $field:ident $(, $code:expr)?;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy)]
            pub(crate) struct $sort;

            impl Sort for $sort {
                const WORD: &'static str = $word;
                const EXAMPLE: &'static str = $example;
                $(const CODE: Code = $code;)?
                fn names(names: &Names) -> &[String] {
                    &names.$field
                }
            }
        )+
    };
}

sorts! {
    /// Metrics.
    MetricSort = "metric", "\"my_metric\"", metrics;
    /// Earn rules.
    EarnSort = "earn rule", "\"my-rule\"", earn;
    /// Groups of earn rules.
    GroupSort = "group", "\"my-group\"", groups;
    /// Rewards.
    RewardSort = "reward", "\"my-reward\"", rewards;
    /// Benefits.
    BenefitSort = "benefit", "\"my-benefit\"", benefits;
    /// KPIs, as objectives name them.
    KpiSort = "KPI", "\"my-kpi\"", kpis, Code::ObjectiveKpi;
    /// Wallets.
    WalletSort = "wallet", "\"my_wallet\"", wallets;
}

/// A reference to a thing of a sort: its index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ref<S>(pub usize, PhantomData<S>);

impl<S: Sort> Value for Ref<S> {
    fn shape() -> Shape {
        Shape::Plain(Plain {
            wants: "an id",
            example: S::EXAMPLE,
            schema: || json!({ "type": "string" }),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let found = text(item, reader, Self::shape())?;
        let place = reader.place(item.span());
        reader
            .index(place, found, S::WORD, S::names, S::CODE)
            .map(|index| Ref(index, PhantomData))
    }
}

/// Any TOML value, kept as documentation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anything;

plain!(Anything, "a value", "…", json!({}), |_, _| Some(Anything));

/// A list, each with its place.
pub(crate) type Many<T> = Vec<Placed<T>>;

impl<T: Value> Value for Vec<Placed<T>> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(items) = item.get_ref().as_array() else {
            let shape = Self::shape();
            match Self::shape().title() {
                Some(title) => reader.wrong_type(item, "a list of tables", title),
                None => reader.wrong_type(item, "a list", &shape.example()),
            }
            return None;
        };
        Some(
            items
                .iter()
                .filter_map(|item| {
                    let place = reader.place(item.span());
                    T::read(item, reader).map(|value| Placed { value, place })
                })
                .collect(),
        )
    }
}

/// A list that is not empty, all of which could be read.
#[derive(Debug)]
pub(crate) struct Filled<T>(pub Vec<Placed<T>>);

impl<T: Value> Value for Filled<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let written = item.get_ref().as_array().map_or(0, |items| items.len());
        let all = Many::<T>::read(item, reader)?;
        if written == 0 {
            reader.wrong_value(
                item,
                "this list is empty",
                "names nothing",
                format!("write at least one, like `{}`", Self::shape().example()),
            );
        }
        (written > 0 && all.len() == written).then_some(Filled(all))
    }
}

/// One, or a list of them.
#[derive(Debug, Clone)]
pub(crate) struct OneOrMany<T>(pub Vec<Placed<T>>);

impl<T: Value> Value for OneOrMany<T> {
    fn shape() -> Shape {
        Shape::OneOrMany(Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let place = reader.place(item.span());
        match item.get_ref().as_array() {
            None => T::read(item, reader).map(|value| OneOrMany(vec![Placed { value, place }])),
            Some(items) => {
                if items.len() == 1 {
                    reader.find(
                        Code::ListOfOne,
                        place,
                        "a list of one",
                        "the brackets say nothing",
                        "leave the brackets out",
                    );
                }
                Many::<T>::read(item, reader).map(OneOrMany)
            }
        }
    }
}

/// A table whose keys are your names.
#[derive(Debug)]
pub(crate) struct Named<T>(pub Vec<(Placed<String>, Placed<T>)>);

impl<T: Value> Value for Named<T> {
    fn shape() -> Shape {
        Shape::Named("name", Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(table) = item.get_ref().as_table() else {
            reader.wrong_type(item, "a table", &Self::shape().example());
            return None;
        };
        let mut rows = Vec::new();
        for (name, item) in table {
            let at = reader.place(name.span());
            let place = reader.place(item.span());
            if let Some(value) = T::read(item, reader) {
                rows.push((
                    Placed {
                        value: name.get_ref().to_string(),
                        place: at,
                    },
                    Placed { value, place },
                ));
            }
        }
        rows.sort_by_key(|(name, _)| name.place);
        Some(Named(rows))
    }
}

/// One value, or one for each rung.
#[derive(Debug, Clone)]
pub(crate) struct ByRungOf<T>(pub Vec<T>);

impl<T> ByRungOf<T> {
    /// For the programme, each value made into what it keeps.
    pub fn map<U>(self, make: impl Fn(T) -> U) -> crate::program::ByRung<U> {
        crate::program::ByRung(self.0.into_iter().map(make).collect())
    }
}

impl<T: Value> Value for ByRungOf<T> {
    fn shape() -> Shape {
        Shape::ByRung(Box::new(T::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(table) = item.get_ref().as_table() else {
            return T::read(item, reader).map(|value| ByRungOf(vec![value]));
        };
        if reader.names.rungs.is_empty() {
            let place = reader.place(item.span());
            reader.find(
                Code::UnknownId,
                place,
                "a value by rung, but there are no rungs",
                "this programme has no `[tiers]` with rungs",
                "write one value for all, or declare `[tiers]`",
            );
            return None;
        }
        let mut values: Vec<Option<T>> = reader.names.rungs.iter().map(|_| None).collect();
        let mut named = vec![false; values.len()];
        let mut sound = true;
        for (name, item) in table {
            let place = reader.place(name.span());
            let rung = reader.index(
                place,
                name.get_ref(),
                "rung",
                |names| &names.rungs,
                Code::UnknownId,
            );
            let value = T::read(item, reader);
            match rung {
                Some(rung) => {
                    named[rung] = true;
                    values[rung] = value;
                }
                None => sound = false,
            }
        }
        let missing: Vec<&String> = reader
            .names
            .rungs
            .iter()
            .zip(&named)
            .filter(|(_, named)| !**named)
            .map(|(rung, _)| rung)
            .collect();
        if sound && !missing.is_empty() {
            let missing = super::reader::list(&missing);
            let place = reader.place(item.span());
            reader.find(
                Code::RungsMissing,
                place,
                format!("no value for {missing}"),
                "a value by rung names every rung",
                format!("add a value for {missing}"),
            );
            return None;
        }
        let all: Option<Vec<T>> = values.into_iter().collect();
        all.filter(|all| sound && !all.is_empty()).map(ByRungOf)
    }
}

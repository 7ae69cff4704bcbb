//! The findings that every table can have, and their words.

use super::reader::{Item, Reader};
use super::table::{Key, Need, Shape, settled};
use crate::finding::{Code, Place, closest};
use toml::de::DeValue;

impl Reader<'_> {
    /// Says that a key is unknown; gives the key that was probably meant, which is then not missed.
    pub fn unknown_key(
        &mut self,
        place: Place,
        name: &str,
        keys: &[Key],
        title: &str,
    ) -> Option<&'static str> {
        let meant = closest(name, keys.iter().map(|key| key.name));
        let meant = keys
            .iter()
            .map(|key| key.name)
            .find(|key| Some(*key) == meant);
        let settled = keys
            .iter()
            .filter(|key| !matches!(key.need, Need::Later(_)))
            .map(|key| key.name);
        let help = match meant {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("known are {}", list(&settled.collect::<Vec<_>>())),
        };
        let (message, label) = if is_file(title) {
            (
                format!("unknown table `{name}`"),
                format!("{title} cannot have such a table"),
            )
        } else {
            (
                format!("unknown key `{name}`"),
                format!("`{title}` has no such key"),
            )
        };
        self.find(Code::UnknownKey, place, message, label, help);
        meant
    }

    /// Says that something belongs to the language, but cannot be settled yet.
    pub fn not_yet(&mut self, place: Place, what: &str) {
        self.find(
            Code::NotYet,
            place,
            format!("{what} is part of the language, but not settled yet"),
            "this version could only ignore it",
            "leave it out for now: what was accepted and ignored would break a promise in silence",
        );
    }

    /// Says that a value is of the wrong type.
    pub fn wrong_type(&mut self, item: &Item<'_>, wants: &str, example: &str) {
        let place = self.place(item.span());
        let found = type_name(item.get_ref());
        self.find(
            Code::WrongType,
            place,
            format!("{wants} is needed here, not {found}"),
            format!("this is {found}"),
            format!("write it like `{example}`"),
        );
    }

    /// Says that a value of the right type is not one that the key takes.
    pub fn wrong_value(
        &mut self,
        item: &Item<'_>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        let place = self.place(item.span());
        self.find(Code::WrongValue, place, message, label, help);
    }

    /// Says that a key is missing.
    pub fn missing(&mut self, place: Place, name: &str, title: &str, doc: &str, shape: &Shape) {
        let choice = match shape {
            Shape::Choice(words) => match settled(words) {
                one if !one.contains(',') => format!("; for now {one} is the only choice"),
                several => format!("; the choices are {several}"),
            },
            _ => String::new(),
        };
        let add = match shape.title() {
            Some(header) if is_file(title) => header.to_owned(),
            _ => format!("{name} = {}", shape.example()),
        };
        self.find(
            Code::MissingKey,
            place,
            format!("`{name}` is missing"),
            if is_file(title) {
                format!("{title} cannot do without")
            } else {
                format!("`{title}` needs it")
            },
            format!(
                "add `{add}`: {}{choice}",
                lower_first(doc).trim_end_matches('.')
            ),
        );
    }
}

/// Names in backticks, with commas.
pub(crate) fn list<T: AsRef<str>>(names: &[T]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Whether the title is a whole file's, and its keys are tables.
pub(crate) fn is_file(title: &str) -> bool {
    title.starts_with("the ")
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        // An abbreviation such as IANA keeps its capitals.
        Some(first) if !letters.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// What a TOML value is, with its article.
fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(time) => match (time.date, time.time) {
            (Some(_), None) => "a date",
            (None, _) => "a time of day",
            _ => "a date with a time",
        },
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

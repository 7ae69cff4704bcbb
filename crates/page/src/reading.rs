//! The report's JSON as values for the templates: **every number as its exact text**, maps in the order of
//! the file, null as none. Numbers are taken from the text of the file itself, so no float stands between.

use crate::error::PageError;
use minijinja::Value;
use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Levels of a report are fewer than ten; beyond this the text is not one.
const DEEPEST: usize = 64;

/// The whole text, of which nothing is left out.
pub(crate) fn read(json: &str) -> Result<Value, PageError> {
    let raw: &RawValue = serde_json::from_str(json).map_err(PageError::json)?;
    value(raw, 0)
}

fn value(raw: &RawValue, depth: usize) -> Result<Value, PageError> {
    if depth > DEEPEST {
        return Err(PageError::json("it is nested too deep"));
    }
    let text = raw.get();
    let mut from = serde_json::Deserializer::from_str(text);
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let entries = from.deserialize_map(Entries).map_err(PageError::json)?;
            let entries = entries
                .into_iter()
                .map(|(key, raw)| Ok((key, value(raw, depth + 1)?)))
                .collect::<Result<Vec<(String, Value)>, PageError>>()?;
            Value::from_pairs(entries)
        }
        Some(b'[') => from
            .deserialize_seq(Elements)
            .map_err(PageError::json)?
            .into_iter()
            .map(|raw| value(raw, depth + 1))
            .collect::<Result<Vec<Value>, PageError>>()?
            .into(),
        Some(b'"') => {
            let text: String = serde_json::from_str(text).map_err(PageError::json)?;
            Value::from(text)
        }
        Some(b't') => Value::from(true),
        Some(b'f') => Value::from(false),
        Some(b'n') => Value::from(()),
        _ => Value::from(text),
    })
}

/// Entries of a map, in the order of the file.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// Elements of a list.
struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_digits_of_the_file() {
        let read =
            read(r#"{"b": 362574.790, "a": [12345678901234567890123, -0.1, null, true]}"#).unwrap();
        assert_eq!(read.get_attr("b").unwrap().as_str(), Some("362574.790"));
        let list: Vec<Value> = read.get_attr("a").unwrap().try_iter().unwrap().collect();
        assert_eq!(list[0].as_str(), Some("12345678901234567890123"));
        assert_eq!(list[1].as_str(), Some("-0.1"));
        assert!(list[2].is_none());
        let keys: Vec<String> = read
            .try_iter()
            .unwrap()
            .map(|key| key.to_string())
            .collect();
        assert_eq!(keys, ["b", "a"]);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "{} {}", "{\"a\": 01}", "nan"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&format!("{}{}", "[".repeat(200), "]".repeat(200))).is_err());
    }
}

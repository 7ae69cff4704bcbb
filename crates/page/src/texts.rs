//! Every text of the page, in each language. A text is plain: what stands in braces is filled in, nothing in
//! it is markup.

use crate::error::{PageCode, PageError};
use toml::{Table, Value};

/// Languages of the page, the first one shown first.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "zh"];

/// A language of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// 简体中文.
    Chinese,
}

impl Language {
    /// As templates name it.
    pub(crate) fn code(self) -> &'static str {
        LANGUAGES[self as usize]
    }
}

/// Texts by language.
#[derive(Debug)]
pub(crate) struct Texts {
    languages: Vec<(&'static str, Table)>,
}

impl Texts {
    /// As they are built in.
    pub(crate) fn built_in() -> Result<Texts, PageError> {
        let read = |text: &str| {
            text.parse::<Table>()
                .map_err(|error| PageError::new(PageCode::Unforeseen, error.to_string()))
        };
        let [first, second] = LANGUAGES;
        Ok(Texts {
            languages: vec![
                (first, read(include_str!("../texts/en.toml"))?),
                (second, read(include_str!("../texts/zh.toml"))?),
            ],
        })
    }

    /// The text, for one of what it counts if there is another text for one.
    pub(crate) fn text(&self, language: &str, key: &str, one: bool) -> Result<&str, PageError> {
        let singular = one
            .then(|| self.entry(language, &format!("{key}_one")))
            .flatten();
        singular
            .or_else(|| self.entry(language, key))
            .and_then(Value::as_str)
            .ok_or_else(|| PageError::words(key))
    }

    /// Whether there is such a text or group of texts, so that the page can say something else where there is none.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entry(LANGUAGES[0], key).is_some()
    }

    /// The month's name as it stands in a date, from 1.
    pub(crate) fn month(&self, language: &str, month: i64) -> Result<&str, PageError> {
        let name = usize::try_from(month - 1).ok().and_then(|at| {
            let months = self.entry(language, "form.months")?.as_array()?;
            months.get(at)?.as_str()
        });
        name.ok_or_else(|| PageError::words("form.months"))
    }

    fn entry(&self, language: &str, key: &str) -> Option<&Value> {
        let (_, table) = self.languages.iter().find(|(name, _)| *name == language)?;
        let mut names = key.split('.');
        let mut found = table.get(names.next()?)?;
        for name in names {
            found = found.as_table()?.get(name)?;
        }
        Some(found)
    }
}

/// The text with its values filled in, once: what stands in a value is not looked at again.
pub(crate) fn filled(text: &str, values: &[(&str, String)]) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        whole.push_str(before);
        let known = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        rest = match known {
            Some((value, after)) => {
                whole.push_str(value);
                after
            }
            None => {
                whole.push('{');
                after
            }
        };
    }
    whole.push_str(rest);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Keys of all texts, with the names of what is filled in.
    fn keys(table: &Table, before: &str, found: &mut BTreeSet<(String, BTreeSet<String>)>) {
        for (key, value) in table {
            let key = format!("{before}{key}");
            match value {
                Value::Table(table) => keys(table, &format!("{key}."), found),
                other => {
                    let text = other.as_str().unwrap_or("").to_owned();
                    let names = text.split('{').skip(1);
                    let names = names.filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()));
                    found.insert((key, names.collect()));
                }
            }
        }
    }

    #[test]
    fn each_text_is_there_in_each_language() {
        let texts = Texts::built_in().unwrap();
        let [mut first, mut second] = [BTreeSet::new(), BTreeSet::new()];
        keys(&texts.languages[0].1, "", &mut first);
        keys(&texts.languages[1].1, "", &mut second);
        // A language without a plural has no text for one.
        let names = |keys: &BTreeSet<(String, BTreeSet<String>)>| -> BTreeSet<String> {
            let keys = keys.iter().map(|(key, _)| key.clone());
            keys.filter(|key| !key.ends_with("_one")).collect()
        };
        assert_eq!(names(&first), names(&second));
    }

    #[test]
    fn what_stands_in_a_value_is_no_place_to_fill() {
        let values = [("name", "{date}".to_owned()), ("date", "today".to_owned())];
        assert_eq!(
            filled("{name}, {date}: {other} {", &values),
            "{date}, today: {other} {"
        );
    }

    #[test]
    fn a_text_for_one_is_used_for_one() {
        let texts = Texts::built_in().unwrap();
        assert_eq!(
            texts.text("en", "verdict.all", true).unwrap(),
            "The one objective is on course"
        );
        assert!(
            texts
                .text("en", "verdict.all", false)
                .unwrap()
                .contains("{n}")
        );
        assert!(texts.text("en", "verdict.nothing", false).is_err());
        assert!(texts.has("kind.retention.name") && !texts.has("kind.unknown"));
    }
}

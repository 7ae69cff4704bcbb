//! Reading TOML by declaration: every value with its place, every finding in one pass.

use super::complaints::is_file;
pub(crate) use super::complaints::list;
use super::table::{Key, Need, Shape, Table, settled};
use crate::finding::{Code, Finding, Place, Pointer, closest};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A TOML value with its span.
pub(crate) type Item<'t> = Spanned<DeValue<'t>>;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// What can be read from a TOML value.
pub(crate) trait Value: Sized {
    /// What it looks like.
    fn shape() -> Shape;
    /// Reads it; nothing after a finding.
    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self>;
}

/// What is read from the keys of a table.
pub(crate) trait Rows: Sized {
    /// The declaration.
    fn table() -> Table;
    /// Reads the keys; those with a finding are empty.
    fn from_row(row: &Row<'_, '_>, reader: &mut Reader<'_>) -> Self;
}

/// A table that is being read.
pub(crate) struct Row<'r, 't> {
    /// Its keys.
    pub table: &'r DeTable<'t>,
    /// Where it stands.
    pub place: Place,
    /// How it is written.
    pub title: &'static str,
    /// Keys that are not missed, since another one that is not settled yet stands for them.
    excused: Vec<&'static str>,
}

/// The ids of a programme, gathered before anything is checked, so that a reference to a thing with a
/// finding of its own is not one more finding.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub rungs: Vec<String>,
    pub metrics: Vec<String>,
    /// Sorted, as in `Program::earn`.
    pub earn: Vec<String>,
    pub groups: Vec<String>,
    pub rewards: Vec<String>,
    pub benefits: Vec<String>,
    pub kpis: Vec<String>,
    pub wallets: Vec<String>,
    /// Digits of the currency's minor unit.
    pub currency_digits: u8,
    /// Digits of a point, by wallet.
    pub scales: Vec<u8>,
    /// Those of the finest.
    pub scale: u8,
}

/// Reads values and gathers findings.
pub(crate) struct Reader<'s> {
    /// The file, as findings show it.
    pub file: &'s str,
    /// Its text.
    pub text: &'s str,
    /// First byte of each line.
    lines: Vec<u32>,
    /// Findings so far.
    pub findings: Vec<Finding>,
    /// Ids.
    pub names: Names,
    /// While a default is read: the place of the table that lacks the key.
    pub stand_in: Option<Place>,
}

impl<'s> Reader<'s> {
    /// A reader of this text.
    pub fn new(file: &'s str, text: &'s str) -> Reader<'s> {
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1))
            .collect();
        Reader {
            file,
            text,
            lines,
            findings: Vec::new(),
            names: Names {
                currency_digits: 2,
                ..Names::default()
            },
            stand_in: None,
        }
    }

    /// The place of a span.
    pub fn place(&self, span: Range<usize>) -> Place {
        if let Some(place) = self.stand_in {
            return place;
        }
        let start = span.start as u32;
        Place {
            start,
            end: span.end as u32,
            line: self.lines.partition_point(|line| *line <= start) as u32,
        }
    }

    /// The underlined text.
    pub fn at(&self, place: Place) -> &'s str {
        self.text
            .get(place.start as usize..place.end as usize)
            .unwrap_or_default()
    }

    /// Adds a finding.
    pub fn find(
        &mut self,
        code: Code,
        place: Place,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        let at = self.findings.len();
        self.findings
            .push(Finding::new(code, self.file, place, message, label, help));
        &mut self.findings[at]
    }

    /// Adds a finding that points to a second place.
    #[allow(clippy::too_many_arguments)]
    pub fn find_both(
        &mut self,
        code: Code,
        place: Place,
        message: impl Into<String>,
        label: impl Into<String>,
        also: (Place, &str),
        help: impl Into<String>,
    ) {
        self.find(code, place, message, label, help)
            .also
            .push(Pointer {
                place: also.0,
                label: also.1.to_owned(),
            });
    }

    /// The table of an item, after the check that it is one and has no key that is not declared.
    pub fn row<'r, 't>(
        &mut self,
        item: &'r Item<'t>,
        keys: &[Key],
        title: &'static str,
    ) -> Option<Row<'r, 't>> {
        let place = self.place(item.span());
        let Some(table) = item.get_ref().as_table() else {
            let example = match title.starts_with('[') {
                true => title.to_owned(),
                false => super::table::inline(keys),
            };
            self.wrong_type(item, "a table", &example);
            return None;
        };
        let mut excused = Vec::new();
        for (name, value) in table {
            let place = self.place(name.span());
            match keys.iter().find(|key| key.name == name.get_ref()) {
                Some(Key {
                    need: Need::Later(instead),
                    name,
                    ..
                }) => {
                    excused.extend_from_slice(instead);
                    let _ = value;
                    let what = if is_file(title) {
                        format!("`[{name}]`")
                    } else {
                        format!("`{name}` of `{title}`")
                    };
                    self.not_yet(place, &what);
                }
                Some(_) => {}
                None => excused.extend(self.unknown_key(place, name.get_ref(), keys, title)),
            }
        }
        Some(Row {
            table,
            place,
            title,
            excused,
        })
    }

    /// One key of a table.
    pub fn key<T: Value>(
        &mut self,
        row: &Row<'_, '_>,
        name: &'static str,
        need: Need,
        doc: &str,
    ) -> Option<Placed<T>> {
        let found = row.table.iter().find(|(key, _)| key.get_ref() == name);
        match (found, need) {
            (Some((_, item)), _) => {
                let place = self.place(item.span());
                T::read(item, self).map(|value| Placed { value, place })
            }
            (None, Need::Required) => {
                if !row.excused.contains(&name) {
                    self.missing(row.place, name, row.title, doc, &T::shape());
                }
                None
            }
            (None, Need::Default(text)) => {
                let item = DeValue::parse(text).ok()?;
                let before = self.stand_in.replace(row.place);
                let value = T::read(&item, self);
                self.stand_in = before;
                value.map(|value| Placed {
                    value,
                    place: row.place,
                })
            }
            (None, Need::Optional | Need::Later(_)) => None,
        }
    }

    /// The `kind` of a table that has kinds, if it is a settled one.
    pub fn kind<'w>(
        &mut self,
        item: &Item<'_>,
        title: &str,
        words: &[&'w str],
        later: &[&str],
    ) -> Option<(&'w str, Place)> {
        let place = self.place(item.span());
        let Some(table) = item.get_ref().as_table() else {
            let example = format!("{{ kind = \"{}\" }}", words.first().unwrap_or(&""));
            self.wrong_type(item, "a table", &example);
            return None;
        };
        let Some((_, kind)) = table.iter().find(|(key, _)| key.get_ref() == "kind") else {
            self.find(
                Code::MissingKey,
                place,
                "`kind` is missing",
                format!("`{title}` needs it"),
                format!("the kinds are {}", list(words)),
            );
            return None;
        };
        let place = self.place(kind.span());
        let word = self.kind_word(kind, title, words, later)?;
        Some((word, place))
    }

    /// The word of a `kind`, if it is a settled one.
    pub fn kind_word<'w>(
        &mut self,
        kind: &Item<'_>,
        title: &str,
        words: &[&'w str],
        later: &[&str],
    ) -> Option<&'w str> {
        let at = self.place(kind.span());
        let Some(word) = kind.get_ref().as_str() else {
            let example = format!("\"{}\"", words.first().unwrap_or(&""));
            self.wrong_type(kind, "the name of a kind", &example);
            return None;
        };
        if let Some(known) = words.iter().find(|known| **known == word) {
            return Some(known);
        }
        if later.contains(&word) {
            self.not_yet(at, &format!("kind `{word}` of `{title}`"));
            return None;
        }
        let help = match closest(word, words.iter().chain(later).copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("the kinds are {}", list(words)),
        };
        self.find(
            Code::UnknownKind,
            at,
            format!("unknown kind `{word}`"),
            format!("`{title}` has no such kind"),
            help,
        );
        None
    }

    /// The table of a kind: its own keys, `kind`, and those that all kinds take.
    pub fn kind_row<'r, 't>(
        &mut self,
        item: &'r Item<'t>,
        own: &Table,
        common: &[Key],
    ) -> Option<Row<'r, 't>> {
        let mut keys = own.keys.clone();
        keys.extend_from_slice(common);
        keys.push(Key {
            name: "kind",
            shape: None,
            need: Need::Optional,
            doc: "",
        });
        self.row(item, &keys, own.title)
    }

    /// A word of a choice, if it is a settled one.
    pub fn word<'r>(&mut self, item: &'r Item<'_>, shape: &Shape) -> Option<&'r str> {
        let Shape::Choice(words) = shape else {
            return None;
        };
        let Some(word) = item.get_ref().as_str() else {
            self.wrong_type(item, &shape.wants(), &shape.example());
            return None;
        };
        match words.iter().find(|known| known.word == word) {
            Some(known) if known.doc.is_some() => Some(word),
            Some(_) => {
                let place = self.place(item.span());
                self.not_yet(place, &format!("`\"{word}\"`"));
                None
            }
            None => {
                let longer = words.iter().find(|known| word.starts_with(known.word));
                let close = closest(word, words.iter().map(|known| known.word));
                let help = match close.or(longer.map(|known| known.word)) {
                    Some(close) => format!("did you mean `\"{close}\"`?"),
                    None => format!("the choices are {}", settled(words)),
                };
                self.wrong_value(
                    item,
                    format!("`\"{word}\"` is not one of the choices"),
                    "not known here",
                    help,
                );
                None
            }
        }
    }

    /// The index of an id among those of its sort.
    pub fn index(
        &mut self,
        place: Place,
        id: &str,
        sort: &str,
        names: impl Fn(&Names) -> &[String],
        code: Code,
    ) -> Option<usize> {
        if let Some(index) = names(&self.names).iter().position(|name| name == id) {
            return Some(index);
        }
        let known = names(&self.names);
        let help = match closest(id, known.iter().map(String::as_str)) {
            Some(close) => format!("did you mean `{close}`?"),
            None if known.is_empty() => format!("this programme declares no {sort}"),
            None => format!("declared: {}", list(known)),
        };
        self.find(
            code,
            place,
            format!("unknown {sort} `{id}`"),
            format!("no {sort} has this id"),
            help,
        );
        None
    }
}

//! Conditions and expressions as they stand in a file: their text, and where each of its bytes stands,
//! so that a finding underlines inside the string.

use super::reader::{Item, Reader, Value};
use super::table::{Plain, Shape};
use crate::finding::Place;
use serde_json::json;
use std::ops::Range;

/// The text of a condition, with the place in the file of each of its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Quoted {
    /// What the string says.
    pub text: String,
    /// Where the string stands, with its quotes.
    pub place: Place,
    /// For each byte of the text, and for its end, the byte of the file; empty for a default.
    bytes: Vec<u32>,
}

impl Quoted {
    /// The span in the file of a span of the text.
    pub fn span(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let start = *self.bytes.get(span.start)?;
        let end = match span.end.checked_sub(1) {
            // The end is one byte after the last one, which differs from the next one's start where a
            // line is joined or an escape is written.
            Some(last) if last >= span.start && span.end < self.bytes.len() => self.bytes[span.end],
            _ => *self.bytes.last()?,
        };
        Some(start as usize..end.max(start) as usize)
    }
}

/// Where each byte of `text` stands in the file, if `raw` is its token and begins at `start`.
pub(crate) fn bytes(raw: &str, start: u32, text: &str) -> Vec<u32> {
    let triple = raw.starts_with("'''") || raw.starts_with("\"\"\"");
    let escapes = raw.starts_with('"');
    let mut at = if triple { 3 } else { 1 };
    if triple {
        let rest = raw.get(at..).unwrap_or_default();
        at += rest.len() - rest.trim_start_matches('\r').len();
        at += usize::from(raw.get(at..).unwrap_or_default().starts_with('\n'));
    }
    let mut out = Vec::with_capacity(text.len() + 1);
    for letter in text.chars() {
        let mut rest = raw.get(at..).unwrap_or_default();
        // A backslash at the end of a line joins it with the next text.
        while escapes && triple && rest.starts_with('\\') {
            let joined = rest[1..].trim_start_matches([' ', '\t', '\r', '\n']);
            let skipped = &rest[1..rest.len() - joined.len()];
            if !skipped.contains('\n') {
                break;
            }
            at += rest.len() - joined.len();
            rest = joined;
        }
        if rest.starts_with('\r') && letter == '\n' {
            at += 1;
            rest = &rest[1..];
        }
        out.extend(std::iter::repeat_n(start + at as u32, letter.len_utf8()));
        at += match rest.strip_prefix('\\') {
            Some(escape) if escapes => match escape.as_bytes().first() {
                Some(b'x') => 4,
                Some(b'u') => 6,
                Some(b'U') => 10,
                _ => 2,
            },
            _ => rest.chars().next().map_or(0, char::len_utf8),
        };
    }
    out.push(start + at as u32);
    out
}

/// A condition: true or false.
#[derive(Debug, Clone)]
pub(crate) struct Condition(pub Quoted);

/// An expression: a number, or anything, as its key says.
#[derive(Debug, Clone)]
pub(crate) struct Expression(pub Quoted);

fn read(item: &Item<'_>, reader: &mut Reader<'_>, wants: &str, example: &str) -> Option<Quoted> {
    let Some(text) = item.get_ref().as_str() else {
        reader.wrong_type(item, wants, example);
        return None;
    };
    let place = reader.place(item.span());
    let bytes = match reader.stand_in {
        Some(_) => Vec::new(),
        None => bytes(reader.at(place), place.start, text),
    };
    Some(Quoted {
        text: text.to_owned(),
        place,
        bytes,
    })
}

impl Value for Condition {
    fn shape() -> Shape {
        Shape::Plain(Plain {
            wants: "a condition",
            example: "'event.net >= 5.00'",
            schema: || json!({ "type": "string", "maxLength": 2000 }),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        read(item, reader, "a condition", "'event.net >= 5.00'").map(Condition)
    }
}

impl Value for Expression {
    fn shape() -> Shape {
        Shape::Plain(Plain {
            wants: "an expression",
            example: "'event.net'",
            schema: || json!({ "type": "string", "maxLength": 2000 }),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        read(item, reader, "an expression", "'event.net'").map(Expression)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use toml::de::DeTable;

    /// What is underlined in the file when `word` of the condition is.
    fn underlined(file: &str, word: &str) -> String {
        let table = DeTable::parse(file).unwrap();
        let (_, item) = table.get_ref().iter().next().unwrap();
        let mut reader = Reader::new("f", file);
        let quoted = Condition::read(item, &mut reader).unwrap().0;
        let start = quoted.text.find(word).unwrap();
        let span = quoted.span(&(start..start + word.len())).unwrap();
        file[span].to_owned()
    }

    #[test]
    fn a_word_of_a_condition_is_found_in_the_file_whatever_the_quotes() {
        assert_eq!(underlined("when = 'a == \"b\"'", "\"b\""), "\"b\"");
        assert_eq!(underlined("when = \"a == 'b'\"", "a =="), "a ==");
        assert_eq!(underlined("when = '''\na == b'''", "b"), "b");
        assert_eq!(underlined("when = \"\"\"a\n== b\"\"\"", "== b"), "== b");
    }

    #[test]
    fn escapes_and_joined_lines_do_not_move_the_underline() {
        assert_eq!(underlined(r#"when = "a == \"b\" && long""#, "long"), "long");
        assert_eq!(
            underlined(r#"when = "a == \"b\" && c""#, "\"b\""),
            r#"\"b\""#
        );
        assert_eq!(underlined(r#"when = "\u00e9 == x""#, "x"), "x");
        assert_eq!(
            underlined("when = \"\"\"a && \\\n    long\"\"\"", "long"),
            "long"
        );
        assert_eq!(underlined("when = '小 == x'", "x"), "x");
    }
}

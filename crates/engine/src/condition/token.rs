//! Characters to tokens. What other languages write and this one does not (`=`, `and`, `1e5`, smart
//! quotes) is read as what was meant, and said.

use super::Problem;
use crate::finding::Code;
use crate::number::Rational;
use std::ops::Range;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name: a root, a column, a function.
    Name(String),
    /// A text literal, without quotes and escapes.
    Text(String),
    /// A whole number as it is written.
    Integer(i64),
    /// A number with a point.
    Decimal(Rational),
    /// `true` or `false`.
    Boolean(bool),
    /// The word `in`.
    In,
    /// A number that could not be read; said already.
    Unreadable,
    /// An operator or bracket.
    Sign(&'static str),
    /// The end of the text.
    End,
}

impl Token {
    /// As it is called in messages.
    pub(super) fn shown(&self, text: &str) -> String {
        match self {
            Token::End => "the end".to_owned(),
            _ => format!("`{text}`"),
        }
    }
}

/// A token with its bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spot {
    /// What it is.
    pub token: Token,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Longest first, so that `<=` is not read as `<`.
const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", "(", ")",
    "[", "]", ",", ".",
];

/// What people write who come from elsewhere, and what it is here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("===", "=="),
    ("!==", "!="),
    ("<>", "!="),
    ("=>", ">="),
    ("=<", "<="),
    ("=", "=="),
    ("&", "&&"),
    ("|", "||"),
];

const WORDS_ELSEWHERE: &[(&str, &str)] = &[("and", "&&"), ("or", "||"), ("not", "!")];

/// The tokens, ending with [`Token::End`]; nothing if a character makes the rest unreadable.
pub(super) fn tokens(text: &str, problems: &mut Vec<Problem>) -> Option<Vec<Spot>> {
    let mut spots = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let rest = &text[at..];
        let (token, length) = if first.is_ascii_alphabetic() || first == '_' {
            word(rest, at, problems)?
        } else if first.is_ascii_digit() {
            number(rest, at, problems)?
        } else if first == '"' || first == '\'' {
            quoted(rest, first, at, problems)?
        } else {
            sign(rest, first, at, &spots, problems)?
        };
        spots.push(Spot {
            token,
            span: at..at + length,
        });
        at += length;
    }
    spots.push(Spot {
        token: Token::End,
        span: text.len()..text.len(),
    });
    Some(spots)
}

fn word(rest: &str, at: usize, problems: &mut Vec<Problem>) -> Option<(Token, usize)> {
    let length = rest
        .find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
        .unwrap_or(rest.len());
    let name = &rest[..length];
    if rest[length..].starts_with(['"', '\'']) {
        problems.push(Problem {
            code: Code::ConditionRefused,
            span: at..at + length,
            message: format!("a text has no prefix `{name}`"),
            label: "raw texts and bytes are not part of the language".into(),
            help: "write the text in plain double quotes".into(),
        });
        return None;
    }
    if let Some((_, meant)) = WORDS_ELSEWHERE.iter().find(|(word, _)| *word == name) {
        problems.push(Problem {
            code: Code::ConditionSyntax,
            span: at..at + length,
            message: format!("`{name}` is not an operator"),
            label: format!("`{meant}` is"),
            help: format!("write `{meant}`"),
        });
        return Some((Token::Sign(meant), length));
    }
    let token = match name {
        "true" => Token::Boolean(true),
        "false" => Token::Boolean(false),
        "in" => Token::In,
        _ => Token::Name(name.to_owned()),
    };
    Some((token, length))
}

fn number(rest: &str, at: usize, problems: &mut Vec<Problem>) -> Option<(Token, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let part = rest[whole..].strip_prefix('.').map_or(0, digits);
    let length = if part > 0 { whole + 1 + part } else { whole };
    // What hangs on to the number: an exponent, a unit, a thousands separator, hexadecimal.
    let tail = rest[length..]
        .find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
        .unwrap_or(rest.len() - length);
    if tail > 0 {
        let written = &rest[..length + tail];
        let (label, help) = if written.contains('_') {
            (
                "a number is written without separators",
                format!("write `{}`", written.replace('_', "")),
            )
        } else if rest[length..].starts_with(['e', 'E']) {
            (
                "an exponent is not part of the language",
                "write the number out".to_owned(),
            )
        } else {
            (
                "a number is digits, with or without a point",
                format!("write `{}`", &rest[..length]),
            )
        };
        problems.push(Problem {
            code: Code::ConditionSyntax,
            span: at..at + length + tail,
            message: format!("`{written}` is not a number"),
            label: label.into(),
            help,
        });
        return Some((Token::Unreadable, length + tail));
    }
    let written = &rest[..length];
    let token = if part > 0 {
        Rational::from_decimal(written).map(Token::Decimal)
    } else {
        written.parse().ok().map(Token::Integer)
    };
    if token.is_none() {
        problems.push(Problem {
            code: Code::Overflow,
            span: at..at + length,
            message: format!("`{written}` does not fit 64 bits"),
            label: "numbers have at most 18 digits".into(),
            help: "write a number that can occur".into(),
        });
    }
    Some((token.unwrap_or(Token::Unreadable), length))
}

fn quoted(
    rest: &str,
    quote: char,
    at: usize,
    problems: &mut Vec<Problem>,
) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        if character == quote {
            return Some((Token::Text(text), index + 1));
        }
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some((_, escaped @ ('\\' | '"' | '\''))) => text.push(escaped),
            Some((_, 'n')) => text.push('\n'),
            Some((_, 't')) => text.push('\t'),
            Some((_, 'r')) => text.push('\r'),
            Some((_, other)) => problems.push(Problem {
                code: Code::ConditionSyntax,
                span: at + index..at + index + 1 + other.len_utf8(),
                message: format!("`\\{other}` is not an escape"),
                label: r#"the escapes are \\ \" \' \n \t \r"#.into(),
                help: "write the character itself".into(),
            }),
            None => break,
        }
    }
    problems.push(Problem {
        code: Code::ConditionSyntax,
        span: at..at + rest.len(),
        message: "the text is not closed".into(),
        label: "it begins here".into(),
        help: format!("end it with `{quote}`"),
    });
    None
}

fn sign(
    rest: &str,
    first: char,
    at: usize,
    before: &[Spot],
    problems: &mut Vec<Problem>,
) -> Option<(Token, usize)> {
    if let Some((other, meant)) = ELSEWHERE.iter().find(|(other, _)| {
        rest.starts_with(other)
            && !SIGNS
                .iter()
                .any(|sign| sign.len() > other.len() && rest.starts_with(sign))
    }) {
        problems.push(Problem {
            code: Code::ConditionSyntax,
            span: at..at + other.len(),
            message: format!("`{other}` is not an operator"),
            label: format!("`{meant}` is"),
            help: format!("write `{meant}`"),
        });
        return Some((Token::Sign(meant), other.len()));
    }
    if first == '.' && rest[1..].starts_with(|next: char| next.is_ascii_digit()) {
        let after_value = before.last().is_some_and(|spot| {
            spot.span.end == at
                && !matches!(&spot.token, Token::Sign(sign) if *sign != ")" && *sign != "]")
        });
        if !after_value {
            let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
            problems.push(Problem {
                code: Code::ConditionSyntax,
                span: at..at + 1 + digits,
                message: format!("`{}` is not a number", &rest[..=digits]),
                label: "a number begins with a digit".into(),
                help: format!("write `0{}`", &rest[..=digits]),
            });
            return Some((Token::Unreadable, 1 + digits));
        }
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Some((Token::Sign(sign), sign.len()));
    }
    let (code, message, label, help) = match first {
        '{' | '}' => (
            Code::ConditionRefused,
            "maps are not part of the language".to_owned(),
            "a condition compares columns and literals",
            "compare each column by itself: `a == 1 && b == 2`".to_owned(),
        ),
        '“' | '”' | '„' | '‘' | '’' => (
            Code::ConditionSyntax,
            format!("`{first}` is not a quote of the language"),
            "a typographic quote",
            "write `\"`".to_owned(),
        ),
        '≥' | '≤' | '≠' => (
            Code::ConditionSyntax,
            format!("`{first}` is not an operator"),
            "only ASCII signs are",
            format!(
                "write `{}`",
                match first {
                    '≥' => ">=",
                    '≤' => "<=",
                    _ => "!=",
                }
            ),
        ),
        _ => (
            Code::ConditionSyntax,
            format!("`{}` does not belong here", first.escape_default()),
            "no part of the language begins so",
            "remove it, or put it into a text: `\"…\"`".to_owned(),
        ),
    };
    problems.push(Problem {
        code,
        span: at..at + first.len_utf8(),
        message,
        label: label.into(),
        help,
    });
    None
}

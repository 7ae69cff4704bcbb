//! Conditions and expressions: one small typed language, a documented subset of CEL, the same
//! everywhere in a programme.
//!
//! [`compile`] turns a text into the typed tree of [`expression`]. Settlement reads that tree with
//! [`columns`] (all rows of a batch, for what needs no state) and [`evaluate`] (one event, where the
//! account's state matters); the recount has an evaluator of its own.
//!
//! # Grammar
//!
//! ```text
//! condition  = or [ "?" condition ":" condition ]
//! or         = and { "||" and }
//! and        = relation { "&&" relation }
//! relation   = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum | "in" list ]
//! sum        = product { ( "+" | "-" ) product }
//! product    = sign { ( "*" | "/" | "%" ) sign }
//! sign       = { "!" | "-" } value
//! value      = literal | root "." column | call | value "." name "(" [ arguments ] ")" | "(" condition ")"
//! call       = name "(" [ arguments ] ")"
//! list       = "[" literal { "," literal } "]"
//! literal    = 12 | 4.50 | "text" | 'text' | true | false
//! root       = "event" | "line" | "member" | "account"
//! ```
//!
//! Operators bind as in CEL. In a text `\\ \" \' \n \t \r` are escapes. A condition has at most 2,000
//! characters and is nested at most 32 deep.
//!
//! # Roots
//!
//! `event` is what `on` names: `id source time date hour weekday day month member account`, the optional
//! `channel store`, and the columns of its kind. `line` is one line of an order or refund; a rule that
//! names it runs per line. `member` has the columns of `profile`, `enrolled`, and metrics with
//! `pool = "member"`. `account` has `rung former_rung rung_since rung_until enrolled members`, the
//! balance of each wallet under its id, and metrics that have a `window`. State is as it was just before
//! the event; in a schedule, as it was when that local day began. A moment brings the columns of its
//! time, `member`, `account` and its own (`rung_reached`: `rung former ends`), a schedule those of its
//! time.
//!
//! # Types
//!
//! | type | literal | |
//! |---|---|---|
//! | text | `"food"` | a column with declared `values` is only compared with these |
//! | integer | `12` | |
//! | decimal | `1.5` | exact; an integer beside it is one too |
//! | money | `4.50` | a literal with a point, beside money; in a currency without minor unit also `450` |
//! | boolean | `true` `false` | |
//! | date | `date("2026-03-10")` | |
//! | time | none | an instant; compared with instants only |
//! | month-day | `"05-20"` | beside a month-day |
//! | weekday | `"mon"` … `"sun"` | beside a weekday; no order |
//! | rung | `"gold"` | beside a rung; ordered, lowest first |
//! | duration | `duration("30 days")` | only after `date +` and `date -`; days, weeks, months, quarters, years |
//!
//! Nothing else converts. Numbers are fractions whose denominator is known when the programme is
//! checked ([`expression::Expr::den`]), so `/` by a literal is exact, `7 / 2` is 3.5, and there is no
//! rounding. `%` is of whole numbers and has the sign of its left side.
//!
//! # Functions
//!
//! | function | |
//! |---|---|
//! | `has(column)` | is there a value? |
//! | `default(a, b)` | `a`, or `b` where it is empty |
//! | `size(text)`, `text.size()` | number of characters |
//! | `lower(text)` | in lower case |
//! | `text.contains("…")` `.startsWith("…")` `.endsWith("…")` | byte by byte |
//! | `min(a, b, …)` `max(a, b, …)` | of numbers, dates, times, rungs |
//! | `abs(a)` | without sign |
//! | `days(a, b)` `months(a, b)` `years(a, b)` | whole ones from date `a` to date `b`: the most that can be added to the earlier, clamped to the end of its month, without passing the later; negative if `b` is earlier |
//! | `year(d)` `month(d)` `day(d)` `weekday(d)` | parts of a date |
//!
//! # Empty values
//!
//! A column may be empty unless every dataset of that event declares it `required`; a column of
//! `member` always may (there may have been no profile yet), and so may `account.former_rung`,
//! `account.rung_until`, `event.ends` and metrics of kinds `first` and `last`. `==` and `in` are false
//! where a side is empty. Everything else needs a guard before it: `has(x) && …`, `has(x) ? … : …`,
//! `!has(x) || …`, `x == 3 && …`, or `default(x, value)`. What has none is refused with the text to
//! paste. (SQL's "unknown" is not taken over: what `!=` means on an empty cell is where every reader
//! guesses differently.)
//!
//! # What is refused, and why
//!
//! | | because |
//! |---|---|
//! | `now`, `today` | there is no clock: an event is judged by its own time on every night |
//! | regular expressions | their cost has no bound |
//! | maps, indexing, lists but after `in`, text building, conversions, rounding | a condition asks; it makes nothing |
//! | `null` | emptiness is asked with `has` |
//! | `a < b < c`; `<` of texts, truths, weekdays | they read one way and mean another |
//! | money × money, money + number, date + number, date − date, time ± duration | the result has no unit, or one would have to guess it |
//! | `/` and `%` by anything but a literal other than 0 | then no division can fail at run time |
//! | `event.lines…`, `line.number`, `account.plan`, `account.badges`, segments, metrics over texts, parts of a month-day | not yet |
//!
//! # Overflow
//!
//! Where every column in it declares `min` and `max`, an arithmetic that can leave 64 bits is found when
//! the programme is checked. Otherwise it is found at the event ([`evaluate::Overflow`]), which goes to
//! quarantine with the rule's id. What is not asked (`a && b` where `a` is false) does not overflow.
//!
//! # Where it differs from CEL
//!
//! What CEL and this language both accept means the same in both, but for: decimals are exact (CEL has
//! doubles); integer / integer is exact (CEL truncates); an overflow on the left of `&&` or `||` stands
//! (CEL forgives it if the right side decides).

mod agree;
mod arithmetic;
mod calendar_calls;
mod calls;
pub mod columns;
mod comparing;
mod dates;
pub mod evaluate;
pub mod expression;
mod guards;
mod literals;
mod names;
mod parser;
mod refused;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod typing;
mod unknown;

use crate::canonical::{Kind, Moment};
use crate::finding::Code;
use crate::program::{Column, Pool};
use expression::{Expr, Sort};
use std::ops::Range;

/// At what a condition is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// An event of this kind.
    Event(Kind),
    /// A moment.
    Moment(Moment),
    /// An occurrence of a schedule: time columns, account and member only.
    Schedule,
}

/// A metric as a column of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricColumn {
    /// Its id.
    pub id: String,
    /// Sort of its value.
    pub sort: Sort,
    /// Denominator of its value.
    pub den: i64,
    /// Empty over nothing (kinds first and last), else 0.
    pub optional: bool,
    /// Whether it stands under `account` or `member`.
    pub pool: Pool,
    /// Only metrics with a window can stand in conditions.
    pub windowed: bool,
}

/// What a condition may name.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// At what it is asked.
    pub occasion: Occasion,
    /// Whether `line` may be named (only on orders and refunds, and only where rules run per line).
    pub lines: bool,
    /// `Program::columns`.
    pub columns: &'a [Column],
    /// By index in `Program::metrics`.
    pub metrics: &'a [MetricColumn],
    /// Ids of the rungs, lowest first.
    pub rungs: &'a [String],
    /// Ids of the wallets.
    pub wallets: &'a [String],
    /// Digits of scaled points.
    pub scale: u8,
    /// Digits of the currency's minor unit.
    pub currency_digits: u8,
}

/// What must come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// True or false: a condition.
    Condition,
    /// Money, integer or decimal, never empty.
    Number,
    /// Anything.
    Any,
}

/// What is wrong with a condition. The span counts bytes of the condition's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which finding.
    pub code: Code,
    /// What is underlined.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// The cause, under the underlined text.
    pub label: String,
    /// The next step.
    pub help: String,
}

/// Reads and types a condition. All problems that can be told apart are returned, not only the first.
pub fn compile(text: &str, scope: &Scope<'_>, expected: Expected) -> Result<Expr, Vec<Problem>> {
    let (tree, problems) = parser::parse(text);
    let mut typer = typing::Typer {
        text,
        scope,
        problems,
        guards: Vec::new(),
        holes: Vec::new(),
    };
    let expr = tree.and_then(|tree| typer.whole(&tree, expected));
    let mut problems = typer.problems;
    match expr {
        Some(expr) if problems.is_empty() => Ok(expr),
        _ => {
            problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
            problems.dedup();
            Err(problems)
        }
    }
}

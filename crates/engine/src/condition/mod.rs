//! Conditions and expressions: one small typed language, a documented subset of CEL, the same
//! everywhere in a programme.
//!
//! [`compile`] turns a text into the typed tree of [`expression`]; settlement and the recount both
//! read that tree, each with an evaluator of its own.

mod agree;
mod arithmetic;
mod calls;
pub mod columns;
mod dates;
pub mod evaluate;
pub mod expression;
mod names;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod typing;

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
    /// Id and scale of the wallet.
    pub wallet: Option<(&'a str, u8)>,
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
    let (tree, problems) = tree::parse(text);
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

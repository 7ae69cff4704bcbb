//! Literals take the sort of what they stand beside: `"gold"` of a rung, `"tue"` of a weekday, `"05-20"`
//! of a month-day, `4.50` of money. So does what is made of literals alone: `c ? 5.00 : 10.00`.

use super::expression::{Expr, Node, Sort};
use super::typing::{Typed, Typer};
use crate::calendar::MonthDay;
use crate::finding::{Code, closest};
use std::ops::Range;

/// Weekdays as they are written, Monday first.
pub(super) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Whether an expression is a literal, or made of literals alone (a column may choose between them).
pub(super) fn is_literal(expr: &Expr) -> bool {
    match &expr.node {
        Node::Constant(_) | Node::Text(_) => true,
        Node::Scale(of, _) | Node::Negate(of) | Node::Abs(of) => is_literal(of),
        Node::Choose(_, a, b) | Node::Min(a, b) | Node::Max(a, b) | Node::Arithmetic(_, a, b) => {
            is_literal(a) && is_literal(b)
        }
        _ => false,
    }
}

/// Whether a text literal beside this sort names one of its values.
pub(super) fn takes_names(sort: Sort) -> bool {
    matches!(sort, Sort::Rung | Sort::Weekday | Sort::MonthDay)
}

/// The texts that a literal can be, with their places.
fn texts<'e>(expr: &'e Expr, found: &mut Vec<(&'e str, Range<usize>)>) {
    match &expr.node {
        Node::Text(text) => found.push((text, expr.span.clone())),
        Node::Choose(_, a, b) => {
            texts(a, found);
            texts(b, found);
        }
        _ => {}
    }
}

impl<'a> Typer<'a> {
    /// A literal beside a column that declares its values must be one of them.
    pub(super) fn choice(&mut self, column: &Typed<'a>, literal: &Typed<'a>) -> Option<()> {
        let Some(values) = column.choices.filter(|_| is_literal(&literal.expr)) else {
            return Some(());
        };
        let written = self.written(&column.span());
        let mut found = Vec::new();
        texts(&literal.expr, &mut found);
        found.retain(|(text, _)| !values.iter().any(|value| value == text));
        let known = found.is_empty();
        for (text, span) in found {
            let help = match closest(text, values.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `\"{meant}\"`?"),
                None => format!("its values are {}", listed(values)),
            };
            self.problem(
                Code::UnknownValue,
                span,
                format!("`{written}` is never `{text}`"),
                "not one of the declared values",
                help,
            );
        }
        known.then_some(())
    }

    /// Text literals beside a rung, weekday or month-day, as values of its sort.
    pub(super) fn named(
        &mut self,
        beside: &Typed<'a>,
        mut literal: Typed<'a>,
    ) -> Option<Typed<'a>> {
        self.name(beside, &mut literal.expr)?;
        Some(literal)
    }

    fn name(&mut self, beside: &Typed<'a>, expr: &mut Expr) -> Option<()> {
        let span = expr.span.clone();
        let value = match &mut expr.node {
            Node::Text(text) => match beside.sort() {
                Sort::Rung => self.rung(text, span),
                Sort::Weekday => self.weekday(text, span),
                _ => self.month_day(text, span, beside),
            },
            Node::Choose(_, a, b) => {
                let (a, b) = (self.name(beside, a), self.name(beside, b));
                expr.sort = beside.sort();
                return a.and(b);
            }
            _ => None,
        };
        expr.node = Node::Constant(value?);
        expr.sort = beside.sort();
        Some(())
    }

    fn rung(&mut self, text: &str, span: Range<usize>) -> Option<i64> {
        let rungs = self.scope.rungs;
        if let Some(at) = rungs.iter().position(|rung| rung == text) {
            return i64::try_from(at).ok();
        }
        let help = match closest(text, rungs.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `\"{meant}\"`?"),
            None => format!("the rungs are {}", listed(rungs)),
        };
        self.problem(
            Code::UnknownValue,
            span,
            format!("there is no rung `{text}`"),
            "not the id of a `[[tiers.rung]]`",
            help,
        );
        None
    }

    fn weekday(&mut self, text: &str, span: Range<usize>) -> Option<i64> {
        if let Some(at) = WEEKDAYS.iter().position(|day| *day == text) {
            return i64::try_from(at).ok();
        }
        let lower = text.to_lowercase();
        let meant = WEEKDAYS.iter().find(|day| lower.starts_with(**day));
        self.problem(
            Code::UnknownValue,
            span,
            format!("`{text}` is not a weekday"),
            "weekdays have three small letters",
            match meant {
                Some(meant) => format!("write `\"{meant}\"`"),
                None => format!("one of `{}`", WEEKDAYS.join("`, `")),
            },
        );
        None
    }

    fn month_day(&mut self, text: &str, span: Range<usize>, beside: &Typed<'a>) -> Option<i64> {
        if let Some(day) = MonthDay::parse(text) {
            return Some(day.packed());
        }
        let written = self.written(&beside.span());
        self.problem(
            Code::UnknownValue,
            span,
            format!("`{text}` is not a day of the year"),
            "a month-day is month and day, two digits each",
            format!("write `{written} == \"05-20\"`"),
        );
        None
    }
}

/// Texts as they stand in a sentence.
fn listed(texts: &[String]) -> String {
    texts
        .iter()
        .map(|text| format!("`\"{text}\"`"))
        .collect::<Vec<_>>()
        .join(", ")
}

//! Untyped tree to typed tree. A part that has a problem becomes nothing, so that it is said once and
//! the other parts are still looked at.

use super::expression::{Expr, Node, Sort};
use super::guards::{Hole, facts};
use super::tree::{Shape, Tree};
use super::{Expected, Problem, Scope};
use crate::finding::Code;
use crate::number::Rational;
use std::ops::Range;

/// A typed part and what is known of it while the rest is typed.
#[derive(Debug, Clone)]
pub(super) struct Typed<'a> {
    /// The part.
    pub expr: Expr,
    /// What makes it empty, unless a guard stands before it.
    pub empty: Vec<Hole>,
    /// Least and largest value in units of 1 / `den`, if every column in it declares them.
    pub range: Option<(i128, i128)>,
    /// The texts it can be.
    pub choices: Option<&'a [String]>,
}

impl Typed<'_> {
    /// Its sort.
    pub(super) fn sort(&self) -> Sort {
        self.expr.sort
    }

    /// Where it stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.expr.span.clone()
    }

    /// The number, if it is known now.
    pub(super) fn constant(&self) -> Option<i64> {
        match self.expr.node {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is a literal.
    pub(super) fn literal(&self) -> Option<&str> {
        match &self.expr.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Integer, decimal or money.
pub(super) fn is_number(sort: Sort) -> bool {
    matches!(sort, Sort::Integer | Sort::Decimal | Sort::Money)
}

/// What a sort is called in a sentence.
pub(super) fn called(sort: Sort) -> &'static str {
    match sort {
        Sort::Text => "text",
        Sort::Integer => "an integer",
        Sort::Decimal => "a decimal",
        Sort::Money => "money",
        Sort::Boolean => "true or false",
        Sort::Date => "a date",
        Sort::Time => "a time",
        Sort::MonthDay => "a month-day",
        Sort::Duration => "a duration",
        Sort::Rung => "a rung",
        Sort::Weekday => "a weekday",
    }
}

/// Types one condition.
pub(super) struct Typer<'a> {
    /// The condition's text.
    pub text: &'a str,
    /// What may be named.
    pub scope: &'a Scope<'a>,
    /// What was found so far.
    pub problems: Vec<Problem>,
    /// Columns that have a value here, because a guard stands before.
    pub guards: Vec<String>,
    /// Columns of the clause that is being typed that would need one.
    pub holes: Vec<Hole>,
}

impl<'a> Typer<'a> {
    /// Says a problem.
    pub(super) fn problem(
        &mut self,
        code: Code,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(Problem {
            code,
            span,
            message: message.into(),
            label: label.into(),
            help: help.into(),
        });
    }

    /// The bytes of a span.
    pub(super) fn written(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The whole condition.
    pub(super) fn whole(&mut self, tree: &Tree, expected: Expected) -> Option<Expr> {
        let typed = self.clause(tree)?;
        let (sort, span) = (typed.sort(), typed.span());
        if sort == Sort::Duration {
            self.problem(
                Code::ConditionType,
                span,
                "a duration by itself is no value",
                "a length of time",
                "add it to a date: `event.date + duration(\"30 days\")`",
            );
            return None;
        }
        match expected {
            Expected::Condition if sort != Sort::Boolean => {
                let written = self.written(&span);
                let example = match sort {
                    Sort::Text => format!("{written} == \"…\""),
                    Sort::Integer | Sort::Decimal => format!("{written} >= 1"),
                    Sort::Money => format!("{written} >= {}", self.money(1)),
                    Sort::Date => format!("{written} >= date(\"2026-01-01\")"),
                    Sort::Weekday => format!("{written} == \"mon\""),
                    Sort::MonthDay => format!("{written} == \"05-20\""),
                    Sort::Rung => {
                        format!("{written} >= \"{}\"", self.scope.rungs.last()?)
                    }
                    _ => format!("has({written})"),
                };
                self.problem(
                    Code::ConditionType,
                    span,
                    "a condition must be true or false",
                    format!("this is {}", called(sort)),
                    format!("compare it: `{example}`"),
                );
                None
            }
            Expected::Number if !is_number(sort) => {
                self.problem(
                    Code::ConditionType,
                    span,
                    "an amount must be a number or money",
                    format!("this is {}", called(sort)),
                    match sort {
                        Sort::Boolean => "choose a number: `condition ? 1 : 0`",
                        _ => "name a column that is a number: `event.net`",
                    },
                );
                None
            }
            _ => {
                if expected != Expected::Any {
                    self.full_clause(&typed, tree);
                }
                Some(typed.expr)
            }
        }
    }

    /// So much money as a literal: `1.00`.
    pub(super) fn money(&self, units: i64) -> String {
        let digits = self.scope.currency_digits;
        10i64
            .checked_pow(u32::from(digits))
            .and_then(|one| one.checked_mul(units))
            .map_or_else(
                || units.to_string(),
                |minor| crate::number::decimal(minor, digits),
            )
    }

    /// A part that must be true or false, and not empty.
    pub(super) fn boolean(&mut self, tree: &Tree, of: &str) -> Option<Typed<'a>> {
        let typed = self.clause(tree)?;
        if typed.sort() == Sort::Boolean {
            self.full_clause(&typed, tree);
            return Some(typed);
        }
        let written = self.written(&tree.span);
        let help = match typed.sort() {
            Sort::Text => format!("compare it: `{written} == \"…\"`"),
            sort if is_number(sort) => format!("compare it: `{written} > 0`"),
            _ => format!("compare it, or ask `has({written})`"),
        };
        self.problem(
            Code::ConditionType,
            tree.span.clone(),
            format!("{of} must be true or false"),
            format!("this is {}", called(typed.sort())),
            help,
        );
        None
    }

    /// A part, without asking about guards.
    pub(super) fn typed(&mut self, tree: &Tree) -> Option<Typed<'a>> {
        let span = tree.span.clone();
        match &tree.shape {
            Shape::Text(text) => Some(part(Node::Text(text.clone()), Sort::Text, 1, span, &[])),
            Shape::Integer(number) => Some(constant(Rational::whole(*number), Sort::Integer, span)),
            Shape::Decimal(number) => Some(constant(*number, Sort::Decimal, span)),
            Shape::Boolean(value) => Some(truth(*value, span)),
            Shape::Unreadable => None,
            Shape::Name(name) => {
                self.bare(name, &span);
                None
            }
            Shape::Field(of, name, name_span) => match &of.shape {
                Shape::Name(root) => self.column(root, name, &span, name_span),
                _ => {
                    self.typed(of);
                    self.problem(
                        Code::ConditionType,
                        name_span.clone(),
                        format!("there is no `{name}` in this"),
                        "a column has no columns of its own",
                        "name a column by its root and its name: `event.net`",
                    );
                    None
                }
            },
            Shape::Call {
                on,
                name,
                name_span,
                arguments,
            } => self.call(on.as_deref(), name, name_span, arguments, &span),
            Shape::List(_) => {
                self.problem(
                    Code::ConditionType,
                    span,
                    "a list stands only after `in`",
                    "no value by itself",
                    "write `column in [..]`",
                );
                None
            }
            Shape::Not(of) => {
                let of = self.boolean(of, "what `!` turns round")?;
                if let Some(value) = of.constant() {
                    return Some(truth(value == 0, span));
                }
                let node = Node::Not(Box::new(of.expr));
                Some(part(node, Sort::Boolean, 1, span, &[]))
            }
            Shape::Negate(of) => self.negate(of, span),
            Shape::All(parts) => self.chain(parts, true, span),
            Shape::Any(parts) => self.chain(parts, false, span),
            Shape::Compare(sign, a, b) => self.compare(sign, a, b, span),
            Shape::In(of, list) => self.within(of, list, span),
            Shape::Arithmetic(sign, a, b) => self.arithmetic(sign, a, b, span),
            Shape::Choose(condition, yes, no) => self.choose(condition, yes, no, span),
        }
    }

    fn chain(&mut self, parts: &[Tree], all: bool, span: Range<usize>) -> Option<Typed<'a>> {
        let known = self.guards.len();
        let mut typed = Vec::new();
        for (index, tree) in parts.iter().enumerate() {
            let sign = if all { "&&" } else { "||" };
            typed.push(self.boolean(tree, &format!("both sides of `{sign}`")));
            if index + 1 < parts.len() {
                facts(tree, all, &mut self.guards);
            }
        }
        self.guards.truncate(known);
        let typed: Option<Vec<Typed<'a>>> = typed.into_iter().collect();
        // What is true changes no `&&`; what is false ends it. The other way round for `||`.
        let mut kept = Vec::new();
        for part in typed? {
            match part.constant() {
                Some(value) if (value != 0) == all => {}
                Some(_) => {
                    kept.push(part.expr);
                    break;
                }
                None => kept.push(part.expr),
            }
        }
        if let [only] = kept.as_slice()
            && let Node::Constant(value) = only.node
        {
            return Some(truth(value != 0, span));
        }
        match balanced(kept, all, &span) {
            Some(expr) => Some(Typed {
                expr,
                empty: vec![],
                range: Some((0, 1)),
                choices: None,
            }),
            None => Some(truth(all, span)),
        }
    }

    fn choose(
        &mut self,
        condition: &Tree,
        yes: &Tree,
        no: &Tree,
        span: Range<usize>,
    ) -> Option<Typed<'a>> {
        let asked = self.boolean(condition, "what stands before `?`");
        let known = self.guards.len();
        facts(condition, true, &mut self.guards);
        let yes = self.clause(yes);
        self.guards.truncate(known);
        facts(condition, false, &mut self.guards);
        let no = self.clause(no);
        self.guards.truncate(known);
        let (asked, yes, no) = (asked?, yes?, no?);
        let (yes, no) = self.agree(yes, no, "be the alternative to", false)?;
        let (yes, no) = self.level(yes, no, &span)?;
        if let Some(value) = asked.constant() {
            return Some(if value != 0 { yes } else { no });
        }
        let (sort, den) = (yes.sort(), yes.expr.den);
        let range = yes
            .range
            .zip(no.range)
            .map(|(a, b)| (a.0.min(b.0), a.1.max(b.1)));
        let optional = yes.expr.optional || no.expr.optional;
        let empty = yes.empty.into_iter().chain(no.empty).collect();
        Some(Typed {
            expr: Expr {
                node: Node::Choose(Box::new(asked.expr), Box::new(yes.expr), Box::new(no.expr)),
                sort,
                den,
                optional,
                span,
            },
            empty,
            range,
            choices: None,
        })
    }
}

/// `&&` and `||` are associative, so a chain of them becomes a tree of little depth; what is asked and
/// not asked stays the same.
fn balanced(mut parts: Vec<Expr>, all: bool, span: &Range<usize>) -> Option<Expr> {
    if parts.len() <= 1 {
        return parts.pop();
    }
    let right = parts.split_off(parts.len().div_ceil(2));
    let (left, right) = (balanced(parts, all, span)?, balanced(right, all, span)?);
    let span = left.span.start.max(span.start)..right.span.end;
    let (left, right) = (Box::new(left), Box::new(right));
    Some(Expr {
        node: if all {
            Node::And(left, right)
        } else {
            Node::Or(left, right)
        },
        sort: Sort::Boolean,
        den: 1,
        optional: false,
        span,
    })
}

/// A constant number in lowest terms.
pub(super) fn constant<'a>(value: Rational, sort: Sort, span: Range<usize>) -> Typed<'a> {
    let mut typed = part(Node::Constant(value.num), sort, value.den, span, &[]);
    typed.range = Some((i128::from(value.num), i128::from(value.num)));
    typed
}

/// `true` or `false`.
pub(super) fn truth<'a>(value: bool, span: Range<usize>) -> Typed<'a> {
    part(
        Node::Constant(i64::from(value)),
        Sort::Boolean,
        1,
        span,
        &[],
    )
}

/// A node that is empty where one of these is.
pub(super) fn part<'a>(
    node: Node,
    sort: Sort,
    den: i64,
    span: Range<usize>,
    from: &[bool],
) -> Typed<'a> {
    Typed {
        expr: Expr {
            node,
            sort,
            den,
            optional: from.contains(&true),
            span,
        },
        empty: vec![],
        range: None,
        choices: None,
    }
}

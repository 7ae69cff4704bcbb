//! Untyped tree to typed tree. A part that has a problem becomes nothing, so that it is said once and
//! the other parts are still looked at.

use super::expression::{Compare, Expr, Node, Sort};
use super::tree::{Shape, Tree};
use super::{Expected, Problem, Scope};
use crate::finding::Code;
use crate::number::Rational;
use std::ops::Range;

/// A column that may be empty where it is used.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hole {
    /// As it is written: `event.net`.
    pub path: String,
    /// Where.
    pub span: Range<usize>,
    /// Its sort.
    pub sort: Sort,
}

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

/// The columns that must have a value where a condition is `truth`.
fn facts(tree: &Tree, truth: bool, found: &mut Vec<String>) {
    match &tree.shape {
        Shape::Call {
            on: None,
            name,
            arguments,
            ..
        } if truth && name == "has" => {
            found.extend(arguments.first().and_then(Tree::path));
        }
        Shape::Not(of) => facts(of, !truth, found),
        Shape::All(parts) if truth => parts.iter().for_each(|part| facts(part, true, found)),
        Shape::Any(parts) if !truth => parts.iter().for_each(|part| facts(part, false, found)),
        // Neither is true where a side is empty.
        Shape::Compare("==", a, b) if truth => found.extend(a.path().into_iter().chain(b.path())),
        Shape::In(of, _) if truth => found.extend(of.path()),
        _ => {}
    }
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
        let typed = self.clause(tree, expected != Expected::Any)?;
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
            _ => Some(typed.expr),
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

    /// Types a part of which the guards are asked by itself; with `full` it must not be empty.
    pub(super) fn clause(&mut self, tree: &Tree, full: bool) -> Option<Typed<'a>> {
        let outer = std::mem::take(&mut self.holes);
        let typed = self.typed(tree);
        if full && let Some(typed) = &typed {
            self.full(typed);
        }
        let holes = std::mem::replace(&mut self.holes, outer);
        let boolean = typed
            .as_ref()
            .is_none_or(|typed| typed.sort() == Sort::Boolean);
        self.unguarded(&tree.span, holes, boolean);
        typed
    }

    /// A part that must have a value here.
    pub(super) fn full(&mut self, typed: &Typed<'_>) {
        self.holes.extend(typed.empty.iter().cloned());
    }

    /// Says which columns need a guard, with the text of the clause with guards.
    fn unguarded(&mut self, clause: &Range<usize>, mut holes: Vec<Hole>, boolean: bool) {
        holes.sort_by_key(|hole| hole.span.start);
        holes.dedup_by_key(|hole| hole.span.start);
        let mut paths: Vec<&str> = Vec::new();
        for hole in &holes {
            if !paths.contains(&hole.path.as_str()) {
                paths.push(&hole.path);
            }
        }
        let text = self.written(clause);
        let guarded: String = paths
            .iter()
            .map(|path| format!("has({path}) && "))
            .chain([text.to_owned()])
            .collect();
        // The same clause with every hole filled.
        let mut filled = Some(String::new());
        let mut at = clause.start;
        for hole in &holes {
            let value = self.neutral(hole.sort);
            filled = filled.zip(value).map(|(text, value)| {
                let before = self.written(&(at..hole.span.start));
                format!("{text}{before}default({}, {value})", hole.path)
            });
            at = hole.span.end;
        }
        let filled = filled.map(|text| text + self.written(&(at..clause.end)));
        let help = match (boolean, filled) {
            (true, Some(filled)) => format!("write `{guarded}` or `{filled}`"),
            (true, None) => format!("write `{guarded}`"),
            (false, Some(filled)) => format!("write `{filled}`"),
            (false, None) => format!(
                "write `{} ? {text} : …`",
                guarded.trim_end_matches(text).trim_end_matches(" && ")
            ),
        };
        for path in paths {
            let Some(hole) = holes.iter().find(|hole| hole.path == path) else {
                continue;
            };
            self.problems.push(Problem {
                code: Code::Unguarded,
                span: hole.span.clone(),
                message: format!("`{path}` may be empty, and nothing says what holds then"),
                label: if path.starts_with("event.") || path.starts_with("line.") {
                    "not every dataset declares it required".into()
                } else {
                    "it is not always known".into()
                },
                help: help.clone(),
            });
        }
    }

    /// A literal that stands for "nothing" in the text to paste.
    fn neutral(&self, sort: Sort) -> Option<String> {
        match sort {
            Sort::Text => Some("\"\"".into()),
            Sort::Integer | Sort::Decimal => Some("0".into()),
            Sort::Money => Some(self.money(0)),
            Sort::Boolean => Some("false".into()),
            Sort::Rung => self.scope.rungs.first().map(|rung| format!("\"{rung}\"")),
            _ => None,
        }
    }

    /// A part that must be true or false, and not empty.
    pub(super) fn boolean(&mut self, tree: &Tree, of: &str) -> Option<Typed<'a>> {
        let typed = self.clause(tree, true)?;
        if typed.sort() == Sort::Boolean {
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
        let yes = self.clause(yes, false);
        self.guards.truncate(known);
        facts(condition, false, &mut self.guards);
        let no = self.clause(no, false);
        self.guards.truncate(known);
        let (asked, yes, no) = (asked?, yes?, no?);
        let (yes, no) = self.agree(yes, no, "be chosen from", false)?;
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

    fn compare(
        &mut self,
        sign: &'static str,
        a: &Tree,
        b: &Tree,
        span: Range<usize>,
    ) -> Option<Typed<'a>> {
        let compare = match sign {
            "==" => Compare::Equal,
            "!=" => Compare::NotEqual,
            "<" => Compare::Less,
            "<=" => Compare::LessEqual,
            ">" => Compare::Greater,
            _ => Compare::GreaterEqual,
        };
        let (a, b) = (self.typed(a), self.typed(b));
        let (a, b) = (a?, b?);
        let (a, b) = self.agree(a, b, "be compared with", true)?;
        let (a, b) = self.level(a, b, &span)?;
        if compare != Compare::Equal {
            self.full(&a);
            self.full(&b);
        }
        let equality = matches!(compare, Compare::Equal | Compare::NotEqual);
        if !equality && !self.ordered(sign, &a, &b, &span) {
            return None;
        }
        if a.sort() == Sort::Duration {
            self.problem(
                Code::ConditionType,
                span,
                "durations cannot be compared",
                "a length is only added to a date or taken from it",
                "write `days(a, b) >= 30`",
            );
            return None;
        }
        if let (Some(x), Some(y)) = (a.constant(), b.constant()) {
            return Some(truth(compare.holds(x.cmp(&y)), span));
        }
        if let (Some(x), Some(y)) = (a.literal(), b.literal()) {
            return Some(truth(compare.holds(x.cmp(y)), span));
        }
        let node = Node::Compare(compare, Box::new(a.expr), Box::new(b.expr));
        Some(part(node, Sort::Boolean, 1, span, &[]))
    }

    /// Whether `<` and its like make sense.
    fn ordered(&mut self, sign: &str, a: &Typed<'_>, b: &Typed<'_>, span: &Range<usize>) -> bool {
        let (left, right) = (self.written(&a.span()), self.written(&b.span()));
        let (message, label, help) = match a.sort() {
            Sort::Text => (
                "texts have no order",
                "how texts sort differs from language to language",
                format!("ask `{left} == {right}`, or `{left} in [..]`"),
            ),
            Sort::Boolean => (
                "true and false have no order",
                "neither is more than the other",
                format!("ask `{left} == {right}`"),
            ),
            Sort::Weekday => (
                "weekdays have no order",
                "a week begins on different days",
                format!("list them: `{left} in [\"sat\", \"sun\"]`"),
            ),
            _ => return true,
        };
        self.problem(
            Code::ConditionRefused,
            span.clone(),
            format!("{message}, so `{sign}` is refused"),
            label,
            help,
        );
        false
    }

    fn within(&mut self, of: &Tree, list: &Tree, span: Range<usize>) -> Option<Typed<'a>> {
        let of = self.typed(of);
        let Shape::List(items) = &list.shape else {
            let written = self.written(&list.span);
            self.problem(
                Code::ConditionType,
                list.span.clone(),
                "`in` needs a list of literals",
                "not a list",
                format!("write `in [{written}]` with literals"),
            );
            return None;
        };
        if items.is_empty() {
            self.problem(
                Code::ConditionType,
                list.span.clone(),
                "nothing is in an empty list",
                "so this is never true",
                "write the values: `in [\"a\", \"b\"]`",
            );
            return None;
        }
        let mut typed = Vec::new();
        for item in items {
            let Some(item) = self.typed(item) else {
                typed.push(None);
                continue;
            };
            if item.constant().is_none() && item.literal().is_none() {
                self.problem(
                    Code::ConditionType,
                    item.span(),
                    "a list holds literals only",
                    "this differs from event to event",
                    "compare by itself: `a == b || a in [..]`",
                );
                typed.push(None);
                continue;
            }
            typed.push(Some(item));
        }
        let mut of = of?;
        let mut agreed = Vec::new();
        for item in typed {
            agreed.push(item.and_then(|item| {
                let (left, item) = self.agree(of.clone(), item, "be compared with", true)?;
                of = left;
                Some(item)
            }));
        }
        let items: Vec<Typed<'a>> = agreed.into_iter().collect::<Option<_>>()?;
        if of.sort() == Sort::Text {
            let texts = items
                .iter()
                .filter_map(|item| item.literal().map(str::to_owned))
                .collect();
            let node = Node::InTexts(Box::new(of.expr), texts);
            return Some(part(node, Sort::Boolean, 1, span, &[]));
        }
        let mut den = of.expr.den;
        for item in &items {
            den = self.common(den, item.expr.den, &span)?;
        }
        let of = self.scaled(of, den, &span)?;
        let mut values = Vec::new();
        for item in items {
            values.push(self.scaled(item, den, &span)?.constant()?);
        }
        if let Some(value) = of.constant() {
            return Some(truth(values.contains(&value), span));
        }
        let node = Node::In(Box::new(of.expr), values);
        Some(part(node, Sort::Boolean, 1, span, &[]))
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

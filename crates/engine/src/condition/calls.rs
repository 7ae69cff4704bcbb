//! Functions.

use super::arithmetic::exact;
use super::expression::{Between, DatePart, Node, Sort, TextTest};
use super::refused::{FUNCTIONS, refused};
use super::tree::{Shape, Tree};
use super::typing::{Typed, Typer, called, is_number, part};
use crate::finding::{Code, closest};
use crate::number::Rational;
use std::ops::Range;

impl<'a> Typer<'a> {
    /// `name(…)` or `on.name(…)`.
    pub(super) fn call(
        &mut self,
        on: Option<&Tree>,
        name: &str,
        name_span: &Range<usize>,
        arguments: &[Tree],
        span: &Range<usize>,
    ) -> Option<Typed<'a>> {
        if on.is_some_and(over_lines) {
            self.problem(
                Code::NotYet,
                span.clone(),
                "`event.lines` cannot be asked yet",
                "this version of Rungs does not settle it",
                "write the rule per line: it runs once for each where it names `line.…`",
            );
            return None;
        }
        if let Some(refused) = refused(name) {
            self.problem(
                Code::ConditionRefused,
                name_span.clone(),
                format!("`{name}` is not part of the language"),
                refused.reason,
                refused.help,
            );
            return None;
        }
        let all: Vec<&Tree> = on.into_iter().chain(arguments).collect();
        match (name, on.is_some()) {
            ("has", false) => self.has(arguments, span),
            ("default", false) => self.or_else(arguments, span),
            ("size", _) => {
                let of = self.one(name, &all, span, Sort::Text)?;
                let optional = of.expr.optional;
                let node = Node::Size(Box::new(of.expr));
                Some(part(node, Sort::Integer, 1, span.clone(), &[optional]))
            }
            ("lower", false) => {
                let of = self.one(name, &all, span, Sort::Text)?;
                if let Some(text) = of.literal() {
                    let node = Node::Text(text.to_lowercase());
                    return Some(part(node, Sort::Text, 1, span.clone(), &[]));
                }
                let optional = of.expr.optional;
                let node = Node::Lower(Box::new(of.expr));
                Some(part(node, Sort::Text, 1, span.clone(), &[optional]))
            }
            ("contains" | "startsWith" | "endsWith", true) => self.text_test(name, &all, span),
            ("min" | "max", false) => self.extreme(name, arguments, span),
            ("abs", false) => self.abs(arguments, span),
            ("date", false) => self.date(arguments, span),
            ("duration", false) => self.duration(arguments, span),
            ("days", false) => self.between(name, Between::Days, arguments, span),
            ("months", false) => self.between(name, Between::Months, arguments, span),
            ("years", false) => self.between(name, Between::Years, arguments, span),
            ("year", false) => self.part_of(name, DatePart::Year, arguments, span),
            ("month", false) => self.part_of(name, DatePart::Month, arguments, span),
            ("day", false) => self.part_of(name, DatePart::Day, arguments, span),
            ("weekday", false) => self.part_of(name, DatePart::Weekday, arguments, span),
            _ => {
                self.no_function(name, name_span, &all);
                None
            }
        }
    }

    fn no_function(&mut self, name: &str, name_span: &Range<usize>, all: &[&Tree]) {
        // The arguments have problems of their own that can be told apart.
        for tree in all {
            self.clause(tree);
        }
        let known = FUNCTIONS.iter().find(|(known, _)| *known == name);
        let (message, label, help) = if let Some((_, shown)) = known {
            let first = all.first().map_or("x", |tree| self.written(&tree.span));
            let others: String = all
                .iter()
                .skip(1)
                .map(|tree| format!(", {}", self.written(&tree.span)))
                .collect();
            let help = if shown.starts_with(name) {
                format!("write `{name}({first}{others})`")
            } else {
                format!(
                    "write `{first}.{name}({})`",
                    others.trim_start_matches(", ")
                )
            };
            (
                format!("`{name}` is not called like this"),
                format!("it is called as in `{shown}`"),
                help,
            )
        } else if name == "lowerAscii" || name == "toLowerCase" {
            let first = all.first().map_or("x", |tree| self.written(&tree.span));
            (
                format!("there is no function `{name}`"),
                "it is called `lower`".to_owned(),
                format!("write `lower({first})`"),
            )
        } else {
            (
                format!("there is no function `{name}`"),
                "not a function of the language".to_owned(),
                match closest(name, FUNCTIONS.iter().map(|(known, _)| *known)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => {
                        let names: Vec<&str> = FUNCTIONS.iter().map(|(known, _)| *known).collect();
                        format!("the functions are `{}`", names.join("`, `"))
                    }
                },
            )
        };
        self.problem(
            Code::UnknownFunction,
            name_span.clone(),
            message,
            label,
            help,
        );
    }

    /// Says that the number of arguments is wrong.
    pub(super) fn count(&mut self, name: &str, found: usize, span: &Range<usize>) {
        let shown = FUNCTIONS
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, shown)| *shown);
        self.problem(
            Code::ConditionType,
            span.clone(),
            format!("`{name}` is not called like this"),
            match found {
                0 => "nothing stands in the brackets".to_owned(),
                1 => "one value stands here".to_owned(),
                many => format!("{many} values stand here"),
            },
            format!("write it as in `{shown}`"),
        );
    }

    /// The only argument, of this sort, not empty.
    fn one(
        &mut self,
        name: &str,
        all: &[&Tree],
        span: &Range<usize>,
        sort: Sort,
    ) -> Option<Typed<'a>> {
        let [only] = all else {
            self.count(name, all.len(), span);
            return None;
        };
        let of = self.typed(only)?;
        self.full(&of);
        self.of_sort(name, of, sort)
    }

    /// An argument, if it has this sort.
    pub(super) fn of_sort(&mut self, name: &str, of: Typed<'a>, sort: Sort) -> Option<Typed<'a>> {
        if of.sort() == sort {
            return Some(of);
        }
        let help = match (sort, of.sort()) {
            (Sort::Date, Sort::Time) => "use the local date: `event.date`".to_owned(),
            (Sort::Date, Sort::Text) => "a date is written `date(\"2026-03-10\")`".to_owned(),
            _ => format!("name a column that is {}", called(sort)),
        };
        self.problem(
            Code::ConditionType,
            of.span(),
            format!("`{name}` needs {}", called(sort)),
            format!("this is {}", called(of.sort())),
            help,
        );
        None
    }

    fn has(&mut self, arguments: &[Tree], span: &Range<usize>) -> Option<Typed<'a>> {
        let [only] = arguments else {
            self.count("has", arguments.len(), span);
            return None;
        };
        let of = self.typed(only)?;
        if only.path().is_none() {
            self.problem(
                Code::ConditionType,
                only.span.clone(),
                "`has` asks about a column",
                "this is not the name of one",
                "write `has(event.coupon)`",
            );
            return None;
        }
        let node = Node::Has(Box::new(of.expr));
        Some(part(node, Sort::Boolean, 1, span.clone(), &[]))
    }

    fn or_else(&mut self, arguments: &[Tree], span: &Range<usize>) -> Option<Typed<'a>> {
        let [of, other] = arguments else {
            self.count("default", arguments.len(), span);
            return None;
        };
        let (of, other) = (self.typed(of), self.typed(other));
        let (of, other) = (of?, other?);
        let (of, other) = self.agree(of, other, "be replaced by", false)?;
        let (of, other) = self.level(of, other, span)?;
        let range = of
            .range
            .zip(other.range)
            .map(|(a, b)| (a.0.min(b.0), a.1.max(b.1)));
        let (sort, den) = (of.sort(), of.expr.den);
        let optional = of.expr.optional && other.expr.optional;
        let empty = if of.empty.is_empty() {
            vec![]
        } else {
            other.empty
        };
        let node = Node::Default(Box::new(of.expr), Box::new(other.expr));
        let mut typed = part(node, sort, den, span.clone(), &[optional]);
        typed.range = range;
        typed.empty = empty;
        Some(typed)
    }

    fn text_test(&mut self, name: &str, all: &[&Tree], span: &Range<usize>) -> Option<Typed<'a>> {
        let [of, what] = all else {
            self.count(name, all.len().saturating_sub(1), span);
            return None;
        };
        let (of, what) = (self.typed(of), self.typed(what));
        let (of, what) = (of?, what?);
        self.full(&of);
        let of = self.of_sort(name, of, Sort::Text)?;
        let Some(text) = what.literal().map(str::to_owned) else {
            self.problem(
                Code::ConditionType,
                what.span(),
                format!("`{name}` needs a text literal in the brackets"),
                format!(
                    "this is {}",
                    match what.sort() {
                        Sort::Text => "a column",
                        sort => called(sort),
                    }
                ),
                format!("write `{}.{name}(\"…\")`", self.written(&of.span())),
            );
            return None;
        };
        let test = match name {
            "contains" => TextTest::Contains(text),
            "startsWith" => TextTest::StartsWith(text),
            _ => TextTest::EndsWith(text),
        };
        let node = Node::TextTest(Box::new(of.expr), test);
        Some(part(node, Sort::Boolean, 1, span.clone(), &[]))
    }

    fn extreme(
        &mut self,
        name: &str,
        arguments: &[Tree],
        span: &Range<usize>,
    ) -> Option<Typed<'a>> {
        if arguments.len() < 2 {
            self.count(name, arguments.len(), span);
            return None;
        }
        let typed: Vec<_> = arguments.iter().map(|tree| self.typed(tree)).collect();
        let mut typed = typed.into_iter().collect::<Option<Vec<_>>>()?.into_iter();
        let mut best = typed.next()?;
        self.full(&best);
        for next in typed {
            self.full(&next);
            let (a, b) = self.agree(best, next, "go together with", false)?;
            if !is_number(a.sort()) && !matches!(a.sort(), Sort::Date | Sort::Rung | Sort::Time) {
                self.problem(
                    Code::ConditionType,
                    a.span(),
                    format!("`{name}` needs numbers, dates or rungs"),
                    format!("this is {}", called(a.sort())),
                    "compare with `==`",
                );
                return None;
            }
            let (a, b) = self.level(a, b, span)?;
            let least = name == "min";
            if let (Some(x), Some(y)) = (a.constant(), b.constant()) {
                best = if (x <= y) == least { a } else { b };
                continue;
            }
            let range = a.range.zip(b.range).map(|(a, b)| match least {
                true => (a.0.min(b.0), a.1.min(b.1)),
                false => (a.0.max(b.0), a.1.max(b.1)),
            });
            let (sort, den) = (a.sort(), a.expr.den);
            let from = [a.expr.optional, b.expr.optional];
            let (a, b) = (Box::new(a.expr), Box::new(b.expr));
            let node = if least {
                Node::Min(a, b)
            } else {
                Node::Max(a, b)
            };
            best = part(node, sort, den, span.clone(), &from);
            best.range = range;
        }
        Some(best)
    }

    fn abs(&mut self, arguments: &[Tree], span: &Range<usize>) -> Option<Typed<'a>> {
        let [only] = arguments else {
            self.count("abs", arguments.len(), span);
            return None;
        };
        let of = self.typed(only)?;
        self.full(&of);
        if !is_number(of.sort()) {
            self.problem(
                Code::ConditionType,
                of.span(),
                "`abs` needs a number",
                format!("this is {}", called(of.sort())),
                "name a column that is a number",
            );
            return None;
        }
        let (sort, den) = (of.sort(), of.expr.den);
        if let Some(value) = exact(&of) {
            let value = value.num.checked_abs().map(|num| Rational { num, ..value });
            return self.folded(value, sort, span.clone());
        }
        let range = of.range.map(|(low, high)| {
            let (a, b) = (low.abs(), high.abs());
            let least = if low <= 0 && high >= 0 { 0 } else { a.min(b) };
            (least, a.max(b))
        });
        self.fits(range, span)?;
        let optional = of.expr.optional;
        let mut typed = part(
            Node::Abs(Box::new(of.expr)),
            sort,
            den,
            span.clone(),
            &[optional],
        );
        typed.range = range;
        Some(typed)
    }
}

/// Whether a receiver is `event.lines`, perhaps through other macros.
fn over_lines(tree: &Tree) -> bool {
    tree.path().as_deref() == Some("event.lines")
        || matches!(&tree.shape, Shape::Call { on: Some(on), .. } if over_lines(on))
        || matches!(&tree.shape, Shape::Field(on, ..) if over_lines(on))
}

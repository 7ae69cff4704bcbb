//! Functions, and those that are refused with the reason.

use super::agree::number_text;
use super::arithmetic::exact;
use super::dates;
use super::expression::{Between, DatePart, Node, Sort, TextTest};
use super::tree::{Shape, Tree};
use super::typing::{Typed, Typer, called, constant, is_number, part};
use crate::calendar::{Length, Unit, day_from};
use crate::finding::{Code, closest};
use crate::number::Rational;
use std::ops::Range;

/// How a function is called.
const FUNCTIONS: &[(&str, &str)] = &[
    ("has", "has(event.coupon)"),
    ("default", "default(event.coupon, \"\")"),
    ("size", "size(event.coupon)"),
    ("lower", "lower(event.coupon)"),
    ("contains", "event.coupon.contains(\"x\")"),
    ("startsWith", "event.coupon.startsWith(\"x\")"),
    ("endsWith", "event.coupon.endsWith(\"x\")"),
    ("min", "min(a, b)"),
    ("max", "max(a, b)"),
    ("abs", "abs(a)"),
    ("date", "date(\"2026-03-10\")"),
    ("duration", "duration(\"30 days\")"),
    ("days", "days(member.enrolled, event.date)"),
    ("months", "months(member.enrolled, event.date)"),
    ("years", "years(member.enrolled, event.date)"),
    ("year", "year(event.date)"),
    ("month", "month(event.date)"),
    ("day", "day(event.date)"),
    ("weekday", "weekday(event.date)"),
];

/// What the language leaves out on purpose.
pub(super) struct Refused {
    names: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
    /// What to write instead.
    pub help: &'static str,
}

const REFUSED: &[Refused] = &[
    Refused {
        names: &["now", "today", "currentDate", "current_date"],
        reason: "there is no clock: an event is judged by its own time, on every night alike",
        help: "write `event.date`",
    },
    Refused {
        names: &["matches", "regex", "match", "like"],
        reason: "regular expressions have no bounded cost",
        help: "write `contains`, `startsWith`, `endsWith` or `in [..]`",
    },
    Refused {
        names: &["null", "nil", "none", "NULL", "None"],
        reason: "there is no empty value to compare with",
        help: "ask `has(column)`, or give one with `default(column, value)`",
    },
    Refused {
        names: &[
            "timestamp",
            "getDate",
            "getFullYear",
            "getMonth",
            "getDayOfMonth",
            "getDayOfWeek",
            "getHours",
        ],
        reason: "instants have no calendar by themselves: a day belongs to the programme's zone",
        help: "write `event.date`, `event.hour` or `event.weekday`, and `year(..)`, `month(..)`, `day(..)` of a date",
    },
    Refused {
        names: &[
            "string", "int", "uint", "double", "bool", "bytes", "type", "dyn",
        ],
        reason: "nothing is converted: a column has one declared type",
        help: "declare the type of the column in `[collect]`",
    },
    Refused {
        names: &["round", "floor", "ceil", "trunc"],
        reason: "amounts stay exact: rounding is declared once, at the wallet",
        help: "leave it out, and say `rounding` at `[points.<wallet>]`",
    },
    Refused {
        names: &["random", "rand"],
        reason: "a condition gives the same on every night",
        help: "draw with a `[[surprises]]` of kind `chance`",
    },
    Refused {
        names: &[
            "concat",
            "join",
            "format",
            "replace",
            "substring",
            "split",
            "trim",
            "upper",
            "upperAscii",
        ],
        reason: "a condition only asks; it makes no texts",
        help: "compare with `==`, `contains`, `startsWith`, `endsWith`, or `lower(..)`",
    },
    Refused {
        names: MACROS,
        reason: "there are no loops but over `event.lines`",
        help: "write the rule per line: it runs once for each where it names `line.…`",
    },
    Refused {
        names: &["if", "else", "then", "switch"],
        reason: "a choice is written with `? :`",
        help: "write `condition ? value : other`",
    },
];

/// Macros of CEL: over lines they come later, over anything else never.
const MACROS: &[&str] = &[
    "exists",
    "exists_one",
    "all",
    "filter",
    "map",
    "sum",
    "count",
];

/// Why a name is refused, if it is.
pub(super) fn refused(name: &str) -> Option<&'static Refused> {
    REFUSED.iter().find(|refused| refused.names.contains(&name))
}

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
            self.clause(tree, false);
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
    fn count(&mut self, name: &str, found: usize, span: &Range<usize>) {
        let shown = FUNCTIONS
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, shown)| *shown);
        self.problem(
            Code::ConditionType,
            span.clone(),
            format!("`{name}` is called with something else"),
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

    fn of_sort(&mut self, name: &str, of: Typed<'a>, sort: Sort) -> Option<Typed<'a>> {
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
            return self.of_sort("abs", of, Sort::Decimal);
        }
        let (sort, den) = (of.sort(), of.expr.den);
        if let Some(value) = exact(&of) {
            let value = match value.num.checked_abs() {
                Some(num) => Some(Rational { num, ..value }),
                None => None,
            };
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

    /// The text in the brackets of `date` and `duration`.
    fn literal_argument<'t>(
        &mut self,
        name: &str,
        arguments: &'t [Tree],
        span: &Range<usize>,
    ) -> Option<(&'t str, Range<usize>)> {
        let [only] = arguments else {
            self.count(name, arguments.len(), span);
            return None;
        };
        match &only.shape {
            Shape::Text(text) => Some((text, only.span.clone())),
            _ => {
                let help = match self
                    .typed(only)
                    .map(|typed| (typed.sort(), typed.constant()))
                {
                    Some((Sort::Time, _)) => "use the local date: `event.date`".to_owned(),
                    Some((Sort::Date, _)) => {
                        "it is a date already: leave the function out".to_owned()
                    }
                    Some((Sort::Integer, Some(count))) if name == "duration" => {
                        format!("write `duration(\"{} days\")`", number_text(count, 1))
                    }
                    _ => match name {
                        "date" => "write `date(\"2026-03-10\")`".to_owned(),
                        _ => "write `duration(\"30 days\")`".to_owned(),
                    },
                };
                self.problem(
                    Code::ConditionType,
                    only.span.clone(),
                    format!("`{name}` needs a text literal"),
                    "not a literal in quotes",
                    help,
                );
                None
            }
        }
    }

    fn date(&mut self, arguments: &[Tree], span: &Range<usize>) -> Option<Typed<'a>> {
        let (text, place) = self.literal_argument("date", arguments, span)?;
        let Some(day) = day_from(text) else {
            self.problem(
                Code::ConditionType,
                place,
                format!("`{text}` is not a date"),
                "year, month and day of a day that exists",
                "write it as in `date(\"2026-03-10\")`",
            );
            return None;
        };
        let node = Node::Constant(i64::from(day));
        Some(part(node, Sort::Date, 1, span.clone(), &[]))
    }

    fn duration(&mut self, arguments: &[Tree], span: &Range<usize>) -> Option<Typed<'a>> {
        /// Longest length that is added to a date: it keeps every date within the calendar.
        const CENTURIES: i64 = 200;
        let (text, place) = self.literal_argument("duration", arguments, span)?;
        let fits = |length: &Length| {
            let in_a_year = match length.unit {
                Unit::Minute => 525_600,
                Unit::Hour => 8_760,
                Unit::Day => 365,
                Unit::Week => 52,
                Unit::Month => 12,
                Unit::Quarter => 4,
                Unit::Year => 1,
            };
            length.count <= in_a_year * CENTURIES
        };
        let (message, label, help) = match Length::parse(text) {
            Some(length) if length.exact().is_some() => (
                format!("`{text}` is no length of a date"),
                "a date has no hours and minutes",
                "write days, weeks, months, quarters or years",
            ),
            Some(length) if !fits(&length) => (
                format!("`{text}` is too long"),
                "at most 200 years",
                "write a length that occurs",
            ),
            Some(_) => {
                let node = Node::Text(text.to_owned());
                return Some(part(node, Sort::Duration, 1, span.clone(), &[]));
            }
            None => (
                format!("`{text}` is not a duration"),
                "a number, a space, a unit; singular with 1",
                "write it as in `duration(\"30 days\")` or `duration(\"1 month\")`",
            ),
        };
        self.problem(Code::ConditionType, place, message, label, help);
        None
    }

    fn between(
        &mut self,
        name: &str,
        unit: Between,
        arguments: &[Tree],
        span: &Range<usize>,
    ) -> Option<Typed<'a>> {
        let [a, b] = arguments else {
            self.count(name, arguments.len(), span);
            return None;
        };
        let (a, b) = (self.typed(a), self.typed(b));
        for side in [&a, &b].into_iter().flatten() {
            self.full(side);
        }
        let a = a.and_then(|a| self.of_sort(name, a, Sort::Date));
        let b = b.and_then(|b| self.of_sort(name, b, Sort::Date));
        let (a, b) = (a?, b?);
        if let (Some(a), Some(b)) = (a.constant(), b.constant()) {
            let value = Rational::whole(dates::between(unit, a, b));
            return Some(constant(value, Sort::Integer, span.clone()));
        }
        let from = [a.expr.optional, b.expr.optional];
        let node = Node::Between(unit, Box::new(a.expr), Box::new(b.expr));
        let mut typed = part(node, Sort::Integer, 1, span.clone(), &from);
        typed.range = Some((-3_600_000, 3_600_000)); // the calendar's years hold no more days
        Some(typed)
    }

    fn part_of(
        &mut self,
        name: &str,
        which: DatePart,
        arguments: &[Tree],
        span: &Range<usize>,
    ) -> Option<Typed<'a>> {
        let [only] = arguments else {
            self.count(name, arguments.len(), span);
            return None;
        };
        let of = self.typed(only)?;
        self.full(&of);
        if of.sort() == Sort::MonthDay {
            self.problem(
                Code::NotYet,
                span.clone(),
                format!("`{name}` of a month-day cannot be asked yet"),
                "this version of Rungs takes parts of dates only",
                "compare the whole: `member.birthday >= \"05-01\" && member.birthday <= \"05-31\"`",
            );
            return None;
        }
        let of = self.of_sort(name, of, Sort::Date)?;
        let (sort, range) = match which {
            DatePart::Year => (Sort::Integer, Some((0, 9_999))),
            DatePart::Month => (Sort::Integer, Some((1, 12))),
            DatePart::Day => (Sort::Integer, Some((1, 31))),
            DatePart::Weekday => (Sort::Weekday, None),
        };
        if let Some(day) = of.constant() {
            let node = Node::Constant(dates::of(which, day));
            return Some(part(node, sort, 1, span.clone(), &[]));
        }
        let optional = of.expr.optional;
        let node = Node::Part(which, Box::new(of.expr));
        let mut typed = part(node, sort, 1, span.clone(), &[optional]);
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

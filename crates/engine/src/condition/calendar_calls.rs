//! Functions of dates.

use super::agree::number_text;
use super::dates;
use super::expression::{Between, DatePart, Node, Sort};
use super::tree::{Shape, Tree};
use super::typing::{Typed, Typer, constant, part};
use crate::calendar::{Length, Unit, day_from};
use crate::finding::Code;
use crate::number::Rational;
use std::ops::Range;

impl<'a> Typer<'a> {
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

    /// `date("…")`
    pub(super) fn date(&mut self, arguments: &[Tree], span: &Range<usize>) -> Option<Typed<'a>> {
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

    /// `duration("…")`
    pub(super) fn duration(
        &mut self,
        arguments: &[Tree],
        span: &Range<usize>,
    ) -> Option<Typed<'a>> {
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

    /// `days(a, b)` and its like.
    pub(super) fn between(
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

    /// `year(a)` and its like.
    pub(super) fn part_of(
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

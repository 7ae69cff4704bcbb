//! When two sides go together: literals take the sort of what they stand beside, numbers the same
//! denominator; nothing else converts.

use super::expression::{Expr, Node, Sort};
use super::typing::{Typed, Typer, called, is_number, part};
use crate::calendar::{MonthDay, day_from};
use crate::finding::{Code, closest};
use crate::number::{decimal, gcd};
use std::ops::Range;

/// Weekdays as they are written, Monday first.
pub(super) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Largest denominator: that of 18 digits after the point.
const FINEST: i64 = 1_000_000_000_000_000_000;

/// A constant that has no denominator.
fn index<'a>(value: i64, sort: Sort, span: Range<usize>) -> Typed<'a> {
    part(Node::Constant(value), sort, 1, span, &[])
}

impl<'a> Typer<'a> {
    /// Both sides with one sort. `verb` completes "text cannot … an integer"; with `compared` a literal
    /// must be one of the values of the other side.
    pub(super) fn agree(
        &mut self,
        a: Typed<'a>,
        b: Typed<'a>,
        verb: &str,
        compared: bool,
    ) -> Option<(Typed<'a>, Typed<'a>)> {
        let (x, y) = (a.sort(), b.sort());
        if x == y {
            if compared {
                self.choice(&a, &b)?;
                self.choice(&b, &a)?;
            }
            return Some((a, b));
        }
        if is_number(x) && is_number(y) {
            return self.numbers(a, b, verb);
        }
        if b.literal().is_some()
            && let Some(b) = self.named(&a, &b)
        {
            return Some((a, b?));
        }
        if a.literal().is_some()
            && let Some(a) = self.named(&b, &a)
        {
            return Some((a?, b));
        }
        self.mismatch(&a, &b, verb);
        None
    }

    /// A literal beside a column that declares its values must be one of them.
    fn choice(&mut self, column: &Typed<'a>, literal: &Typed<'a>) -> Option<()> {
        let (Some(values), Some(text)) = (column.choices, literal.literal()) else {
            return Some(());
        };
        if values.iter().any(|value| value == text) {
            return Some(());
        }
        let written = self.written(&column.span());
        let help = match closest(text, values.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `\"{meant}\"`?"),
            None => format!("its values are {}", listed(values)),
        };
        self.problem(
            Code::UnknownValue,
            literal.span(),
            format!("`{written}` is never `{text}`"),
            "not one of the declared values",
            help,
        );
        None
    }

    /// A text literal beside a rung, weekday or month-day; nothing if the other side is none of these.
    fn named(&mut self, beside: &Typed<'a>, literal: &Typed<'a>) -> Option<Option<Typed<'a>>> {
        let (text, span) = (literal.literal()?.to_owned(), literal.span());
        let written = self.written(&beside.span());
        match beside.sort() {
            Sort::Rung => {
                let rungs = self.scope.rungs;
                if let Some(at) = rungs.iter().position(|rung| *rung == text) {
                    return Some(Some(index(at as i64, Sort::Rung, span)));
                }
                let help = match closest(&text, rungs.iter().map(String::as_str)) {
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
                Some(None)
            }
            Sort::Weekday => {
                if let Some(at) = WEEKDAYS.iter().position(|day| *day == text) {
                    return Some(Some(index(at as i64, Sort::Weekday, span)));
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
                Some(None)
            }
            Sort::MonthDay => {
                if let Some(day) = MonthDay::parse(&text) {
                    return Some(Some(index(day.packed(), Sort::MonthDay, span)));
                }
                self.problem(
                    Code::UnknownValue,
                    span,
                    format!("`{text}` is not a day of the year"),
                    "a month-day is month and day, two digits each",
                    format!("write `{written} == \"05-20\"`"),
                );
                Some(None)
            }
            _ => None,
        }
    }

    fn numbers(
        &mut self,
        mut a: Typed<'a>,
        mut b: Typed<'a>,
        verb: &str,
    ) -> Option<(Typed<'a>, Typed<'a>)> {
        let (x, y) = (a.sort(), b.sort());
        let sort = if x != Sort::Money && y != Sort::Money {
            Sort::Decimal
        } else {
            let number = if x == Sort::Money { &b } else { &a };
            if !self.is_money(number) {
                self.mismatch(&a, &b, verb);
                return None;
            }
            Sort::Money
        };
        a.expr.sort = sort;
        b.expr.sort = sort;
        Some((a, b))
    }

    /// Whether a literal may stand for money: with a point, or where the currency has no minor unit.
    fn is_money(&self, number: &Typed<'_>) -> bool {
        number.constant().is_some()
            && (number.sort() == Sort::Decimal || self.scope.currency_digits == 0)
    }

    /// Says that two sides do not go together, and what to write instead.
    fn mismatch(&mut self, a: &Typed<'_>, b: &Typed<'_>, verb: &str) {
        // The literal is underlined if there is one: it is what one changes.
        let is_literal =
            |typed: &Typed<'_>| typed.constant().is_some() || typed.literal().is_some();
        let (other, wrong) = if is_literal(a) && !is_literal(b) {
            (b, a)
        } else {
            (a, b)
        };
        let (beside, found) = (self.written(&other.span()), self.written(&wrong.span()));
        let help = match (other.sort(), wrong.sort()) {
            (Sort::Money, Sort::Integer) if is_literal(wrong) => wrong
                .constant()
                .map(|value| format!("write `{}`", self.money(value))),
            (Sort::Money, Sort::Integer | Sort::Decimal) => Some(
                "money goes with money, and with literals such as `1.00`; multiply to get money: `1.00 * quantity`".into(),
            ),
            (Sort::Integer | Sort::Decimal, Sort::Money) => Some(
                "money goes with money, and with literals such as `1.00`; multiply to get money: `1.00 * quantity`".into(),
            ),
            (Sort::Date, Sort::Text) => match wrong.literal() {
                Some(text) if day_from(text).is_some() => {
                    Some(format!("write `date(\"{text}\")`"))
                }
                _ => Some("a date is written `date(\"2026-03-10\")`".into()),
            },
            (Sort::Time, Sort::Date) | (Sort::Date, Sort::Time) => {
                Some("compare dates: `event.date` is the local date of `event.time`".into())
            }
            (Sort::Time, Sort::Text) => {
                Some("a time has no literal; compare its local date or hour: `event.date`, `event.hour`".into())
            }
            (Sort::Integer | Sort::Decimal, Sort::Text) => match wrong.literal() {
                Some(text) if text.parse::<i64>().is_ok() => Some(format!("write `{text}`")),
                _ => None,
            },
            (Sort::Text, Sort::Integer | Sort::Decimal) if is_literal(wrong) => {
                Some(format!("write `\"{found}\"`"))
            }
            (Sort::Boolean, Sort::Text) if matches!(wrong.literal(), Some("true" | "false")) => {
                wrong.literal().map(|text| format!("write `{text}`"))
            }
            (Sort::Weekday, Sort::Integer) => wrong
                .constant()
                .and_then(|value| WEEKDAYS.get(usize::try_from(value).ok()?.checked_sub(1)?))
                .map(|day| format!("write `\"{day}\"`")),
            (Sort::Rung, _) => Some("a rung is written as its id in quotes".into()),
            (Sort::MonthDay, Sort::Date) | (Sort::Date, Sort::MonthDay) => {
                Some("a month-day comes every year; compare it with `\"05-20\"`".into())
            }
            _ => None,
        };
        self.problem(
            Code::ConditionType,
            wrong.span(),
            format!(
                "{} cannot {verb} {}",
                called(other.sort()),
                called(wrong.sort())
            ),
            format!("`{beside}` is {}", called(other.sort())),
            help.unwrap_or_else(|| format!("write {} here", called(other.sort()))),
        );
    }

    /// The least common denominator.
    pub(super) fn common(&mut self, a: i64, b: i64, span: &Range<usize>) -> Option<i64> {
        let divisor = gcd(i128::from(a), i128::from(b));
        let den = i128::from(a) / divisor * i128::from(b);
        self.fine(den, span)
    }

    /// A denominator that is not finer than the finest.
    pub(super) fn fine(&mut self, den: i128, span: &Range<usize>) -> Option<i64> {
        match i64::try_from(den) {
            Ok(den) if den <= FINEST => Some(den),
            _ => {
                self.problem(
                    Code::Overflow,
                    span.clone(),
                    "the exact result would need more than 18 digits after the point",
                    "every factor and divisor adds digits",
                    "use factors with fewer digits",
                );
                None
            }
        }
    }

    /// Brought to a denominator that is a multiple of its own.
    pub(super) fn scaled(
        &mut self,
        typed: Typed<'a>,
        den: i64,
        span: &Range<usize>,
    ) -> Option<Typed<'a>> {
        let factor = den / typed.expr.den.max(1);
        if factor == 1 {
            return Some(typed);
        }
        let range = typed
            .range
            .map(|(low, high)| (low * i128::from(factor), high * i128::from(factor)));
        self.fits(range, span)?;
        if let Some(value) = typed.constant() {
            let mut scaled = typed;
            scaled.expr.node = Node::Constant(value.saturating_mul(factor));
            scaled.expr.den = den;
            scaled.range = range;
            return Some(scaled);
        }
        let (sort, optional, inner) = (typed.sort(), typed.expr.optional, typed.span());
        Some(Typed {
            expr: Expr {
                node: Node::Scale(Box::new(typed.expr), factor),
                sort,
                den,
                optional,
                span: inner,
            },
            empty: typed.empty,
            range,
            choices: None,
        })
    }

    /// Both numbers with one denominator.
    pub(super) fn level(
        &mut self,
        a: Typed<'a>,
        b: Typed<'a>,
        span: &Range<usize>,
    ) -> Option<(Typed<'a>, Typed<'a>)> {
        let den = self.common(a.expr.den, b.expr.den, span)?;
        Some((self.scaled(a, den, span)?, self.scaled(b, den, span)?))
    }

    /// Says it if the values can leave 64 bits.
    pub(super) fn fits(&mut self, range: Option<(i128, i128)>, span: &Range<usize>) -> Option<()> {
        let Some((low, high)) = range else {
            return Some(());
        };
        if i64::try_from(low).is_ok() && i64::try_from(high).is_ok() {
            return Some(());
        }
        let far = if i64::try_from(high).is_err() {
            high
        } else {
            low
        };
        self.problem(
            Code::Overflow,
            span.clone(),
            format!("`{}` can leave 64 bits", self.written(span)),
            format!("with the declared ranges it can come to {far} of its smallest units"),
            "declare a smaller `max` for its columns in `[collect]`, or use smaller factors",
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

/// A number as it is written, for messages.
pub(super) fn number_text(value: i64, den: i64) -> String {
    let digits = den.ilog10();
    if 10i64.checked_pow(digits) == Some(den) {
        return decimal(value, digits as u8);
    }
    crate::number::Rational::new(i128::from(value), i128::from(den))
        .map_or_else(|| format!("{value}/{den}"), |number| number.to_string())
}

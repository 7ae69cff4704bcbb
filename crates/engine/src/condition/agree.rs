//! When two sides go together: literals take the sort of what they stand beside, numbers the same
//! denominator; nothing else converts.

use super::expression::{Expr, Node, Sort};
use super::literals::{WEEKDAYS, is_literal, takes_names};
use super::typing::{Typed, Typer, called, is_number};
use crate::calendar::day_from;
use crate::finding::Code;
use crate::number::{decimal, gcd};
use std::ops::Range;

/// Largest denominator: that of 18 digits after the point.
const FINEST: i64 = 1_000_000_000_000_000_000;

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
        if takes_names(x) && is_literal(&b.expr) && y == Sort::Text {
            let b = self.named(&a, b)?;
            return Some((a, b));
        }
        if takes_names(y) && is_literal(&a.expr) && x == Sort::Text {
            let a = self.named(&b, a)?;
            return Some((a, b));
        }
        self.mismatch(&a, &b, verb);
        None
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

    /// Whether literals may stand for money: with a point, or where the currency has no minor unit.
    fn is_money(&self, number: &Typed<'_>) -> bool {
        is_literal(&number.expr)
            && (number.sort() == Sort::Decimal || self.scope.currency_digits == 0)
    }

    /// Says that two sides do not go together, and what to write instead.
    fn mismatch(&mut self, a: &Typed<'_>, b: &Typed<'_>, verb: &str) {
        // The literal is underlined if there is one: it is what one changes.
        let (other, wrong) = if is_literal(&a.expr) && !is_literal(&b.expr) {
            (b, a)
        } else {
            (a, b)
        };
        let (beside, found) = (self.written(&other.span()), self.written(&wrong.span()));
        let help = match (other.sort(), wrong.sort()) {
            (Sort::Money, Sort::Integer) if is_literal(&wrong.expr) => wrong
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
            (Sort::Text, Sort::Integer | Sort::Decimal) if is_literal(&wrong.expr) => {
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

/// A number as it is written, for messages.
pub(super) fn number_text(value: i64, den: i64) -> String {
    let digits = den.ilog10();
    if 10i64.checked_pow(digits) == Some(den) {
        return decimal(value, digits as u8);
    }
    crate::number::Rational::new(i128::from(value), i128::from(den))
        .map_or_else(|| format!("{value}/{den}"), |number| number.to_string())
}

//! Sums, products and what is exact about them.

use super::dates;
use super::expression::{Arithmetic, Expr, Node, Sort};
use super::tree::Tree;
use super::typing::{Typed, Typer, called, constant, is_number, part};
use crate::calendar::Length;
use crate::finding::Code;
use crate::number::Rational;
use std::ops::Range;

/// A typed length: the node keeps its place, the length stands beside it until it is added to a date.
pub(super) fn length_of(typed: &Typed<'_>) -> Option<Length> {
    match (&typed.expr.node, typed.sort()) {
        (Node::Text(text), Sort::Duration) => Length::parse(text),
        _ => None,
    }
}

impl<'a> Typer<'a> {
    /// `-x`
    pub(super) fn negate(&mut self, of: &Tree, span: Range<usize>) -> Option<Typed<'a>> {
        let of = self.typed(of)?;
        self.full(&of);
        if !is_number(of.sort()) {
            self.problem(
                Code::ConditionType,
                of.span(),
                format!("{} has no negative", called(of.sort())),
                format!("this is {}", called(of.sort())),
                if of.sort() == Sort::Boolean {
                    "write `!`"
                } else {
                    "remove the `-`"
                },
            );
            return None;
        }
        if let Some(value) = exact(&of) {
            let sort = of.sort();
            return self.folded(Rational::ZERO.less(value), sort, span);
        }
        let range = of.range.map(|(low, high)| (-high, -low));
        self.fits(range, &span)?;
        let (sort, den, optional) = (of.sort(), of.expr.den, of.expr.optional);
        let mut typed = part(
            Node::Negate(Box::new(of.expr)),
            sort,
            den,
            span,
            &[optional],
        );
        typed.range = range;
        Some(typed)
    }

    /// `a + b` and its like.
    pub(super) fn arithmetic(
        &mut self,
        sign: &'static str,
        a: &Tree,
        b: &Tree,
        span: Range<usize>,
    ) -> Option<Typed<'a>> {
        let kebab = self.kebab(sign, a, b);
        let (a, b) = if kebab {
            (None, None)
        } else {
            (self.typed(a), self.typed(b))
        };
        let (a, b) = (a?, b?);
        self.full(&a);
        self.full(&b);
        if sign == "+" && (a.sort() == Sort::Text || b.sort() == Sort::Text) {
            return self.no_texts(&a, &b, span);
        }
        match sign {
            "+" | "-"
                if matches!(a.sort(), Sort::Date | Sort::Duration | Sort::Time)
                    || matches!(b.sort(), Sort::Date | Sort::Duration | Sort::Time) =>
            {
                self.shift(sign, a, b, span)
            }
            _ if !is_number(a.sort()) || !is_number(b.sort()) => {
                let wrong = if is_number(a.sort()) { &b } else { &a };
                self.problem(
                    Code::ConditionType,
                    wrong.span(),
                    format!("`{sign}` needs numbers"),
                    format!("this is {}", called(wrong.sort())),
                    if wrong.sort() == Sort::Boolean {
                        "choose a number: `condition ? 1 : 0`"
                    } else {
                        "name a column that is a number"
                    },
                );
                None
            }
            "+" | "-" => self.sum(sign, a, b, span),
            "*" => self.product(a, b, span),
            "/" => self.quotient(a, b, span),
            _ => self.remainder(a, b, span),
        }
    }

    /// `event.own-cup`: a hyphen in a name is a minus here.
    fn kebab(&mut self, sign: &str, a: &Tree, b: &Tree) -> bool {
        let (super::tree::Shape::Name(name), Some(path)) = (&b.shape, a.path()) else {
            return false;
        };
        if sign != "-" || a.span.end + 1 != b.span.start {
            return false;
        }
        self.problem(
            Code::UnknownColumn,
            a.span.start..b.span.end,
            format!("`{path}-{name}` reads as `{path}` minus `{name}`"),
            "names in conditions have no hyphen",
            format!("columns are written in snake_case: `{path}_{name}`"),
        );
        true
    }

    fn no_texts(&mut self, a: &Typed<'_>, b: &Typed<'_>, span: Range<usize>) -> Option<Typed<'a>> {
        let (left, right) = (self.written(&a.span()), self.written(&b.span()));
        let help = match (a.literal(), b.literal()) {
            (_, Some(_)) if a.sort() == Sort::Text => {
                format!("compare the column itself: `{left}.startsWith({right})`")
            }
            (Some(_), _) if b.sort() == Sort::Text => {
                format!("compare the column itself: `{right}.endsWith({left})`")
            }
            _ => "compare each column by itself, and join the comparisons with `&&`".to_owned(),
        };
        self.problem(
            Code::ConditionRefused,
            span,
            "texts are not built, so this `+` is refused",
            "a condition only asks; it makes no texts",
            help,
        );
        None
    }

    /// A date and a length.
    fn shift(
        &mut self,
        sign: &str,
        a: Typed<'a>,
        b: Typed<'a>,
        span: Range<usize>,
    ) -> Option<Typed<'a>> {
        let (left, right) = (self.written(&a.span()), self.written(&b.span()));
        if let (Sort::Date, Some(length)) = (a.sort(), length_of(&b)) {
            let earlier = sign == "-";
            if let Some(day) = a.constant() {
                let moved = dates::shift(day, length, earlier).unwrap_or(day);
                return Some(part(Node::Constant(moved), Sort::Date, 1, span, &[]));
            }
            let optional = a.expr.optional;
            let node = Node::Shift(Box::new(a.expr), length, earlier);
            return Some(part(node, Sort::Date, 1, span, &[optional]));
        }
        let (code, message, label, help) = match (a.sort(), b.sort()) {
            (Sort::Date, Sort::Date) if sign == "-" => (
                Code::ConditionRefused,
                "dates are not subtracted",
                "days, months or years?",
                format!("write `days({right}, {left})`"),
            ),
            (Sort::Date, Sort::Date) => (
                Code::ConditionType,
                "dates are not added",
                "both are dates",
                format!("add a length: `{left} + duration(\"30 days\")`"),
            ),
            (Sort::Date, Sort::Integer | Sort::Decimal) => (
                Code::ConditionRefused,
                "a number is not added to a date",
                "days, months or years?",
                match b.constant() {
                    Some(1) => format!("write `{left} {sign} duration(\"1 day\")`"),
                    Some(count) if count >= 0 && b.expr.den == 1 => {
                        format!("write `{left} {sign} duration(\"{count} days\")`")
                    }
                    _ => format!("add a constant length: `{left} {sign} duration(\"30 days\")`"),
                },
            ),
            (Sort::Duration, Sort::Date) => (
                Code::ConditionType,
                "the date stands first",
                "a length begins at a date",
                if sign == "+" {
                    format!("write `{right} + {left}`")
                } else {
                    format!("write `{right} - {left}` for the date before it")
                },
            ),
            (Sort::Time, _) | (_, Sort::Time) => (
                Code::ConditionRefused,
                "times are only compared",
                "an instant has no calendar",
                "use the local date: `event.date + duration(\"30 days\")`".to_owned(),
            ),
            (Sort::Duration, Sort::Duration) => (
                Code::ConditionType,
                "durations are not added to each other",
                "both are lengths",
                "write one length: `duration(\"45 days\")`".to_owned(),
            ),
            _ => (
                Code::ConditionType,
                "only a date and a duration go together here",
                "one of them is something else",
                "write `event.date + duration(\"30 days\")`".to_owned(),
            ),
        };
        self.problem(code, span, message, label, help);
        None
    }

    fn sum(
        &mut self,
        sign: &str,
        a: Typed<'a>,
        b: Typed<'a>,
        span: Range<usize>,
    ) -> Option<Typed<'a>> {
        let (a, b) = self.agree(a, b, "go into one sum with", false)?;
        let (sort, exact) = (a.sort(), exact(&a).zip(exact(&b)));
        if let Some((x, y)) = exact {
            let value = match sign {
                "-" => x.less(y),
                _ => x.add(y),
            };
            return self.folded(value, sort, span);
        }
        let (a, b) = self.level(a, b, &span)?;
        let range = a.range.zip(b.range).map(|(x, y)| match sign {
            "-" => (x.0 - y.1, x.1 - y.0),
            _ => (x.0 + y.0, x.1 + y.1),
        });
        let operation = match sign {
            "-" => Arithmetic::Subtract,
            _ => Arithmetic::Add,
        };
        let den = a.expr.den;
        self.operation(operation, a.expr, b.expr, (sort, den), range, span)
    }

    fn product(&mut self, a: Typed<'a>, b: Typed<'a>, span: Range<usize>) -> Option<Typed<'a>> {
        if a.sort() == Sort::Money && b.sort() == Sort::Money {
            let (left, right) = (self.written(&a.span()), self.written(&b.span()));
            self.problem(
                Code::ConditionRefused,
                span,
                "money times money is refused",
                "the result would be no amount",
                format!("multiply one of `{left}` and `{right}` by a number"),
            );
            return None;
        }
        let sort = match (a.sort(), b.sort()) {
            (Sort::Money, _) | (_, Sort::Money) => Sort::Money,
            (Sort::Integer, Sort::Integer) => Sort::Integer,
            _ => Sort::Decimal,
        };
        if let Some((x, y)) = exact(&a).zip(exact(&b)) {
            return self.folded(x.times(y), sort, span);
        }
        let den = self.fine(i128::from(a.expr.den) * i128::from(b.expr.den), &span)?;
        let range = a.range.zip(b.range).and_then(|(x, y)| {
            let corners = [
                x.0.checked_mul(y.0)?,
                x.0.checked_mul(y.1)?,
                x.1.checked_mul(y.0)?,
                x.1.checked_mul(y.1)?,
            ];
            Some((*corners.iter().min()?, *corners.iter().max()?))
        });
        self.operation(
            Arithmetic::Multiply,
            a.expr,
            b.expr,
            (sort, den),
            range,
            span,
        )
    }

    fn quotient(&mut self, a: Typed<'a>, b: Typed<'a>, span: Range<usize>) -> Option<Typed<'a>> {
        let divisor = self.divisor("/", &a, &b)?;
        let sort = match a.sort() {
            Sort::Money => Sort::Money,
            _ => Sort::Decimal,
        };
        let Some(inverse) = Rational::ONE.over(divisor) else {
            return self.folded(None, sort, span);
        };
        if let Some(value) = exact(&a) {
            return self.folded(value.times(inverse), sort, span);
        }
        let by = constant(inverse, Sort::Decimal, b.span());
        let typed = self.product(a, by, span)?;
        Some(Typed {
            expr: Expr { sort, ..typed.expr },
            ..typed
        })
    }

    fn remainder(&mut self, a: Typed<'a>, b: Typed<'a>, span: Range<usize>) -> Option<Typed<'a>> {
        let wrong = [&a, &b]
            .into_iter()
            .find(|side| side.sort() != Sort::Integer)
            .map(|side| (side.span(), side.sort()));
        if let Some((wrong, sort)) = wrong {
            self.problem(
                Code::ConditionType,
                wrong,
                "`%` needs whole numbers",
                format!("this is {}", called(sort)),
                "use a column of type integer",
            );
            return None;
        }
        let divisor = self.divisor("%", &a, &b)?.num;
        if let Some(value) = a.constant() {
            let rest = value.checked_rem(divisor).map(Rational::whole);
            return self.folded(rest, Sort::Integer, span);
        }
        let most = i128::from(divisor).abs() - 1;
        let range = Some((-most, most));
        self.operation(
            Arithmetic::Remainder,
            a.expr,
            b.expr,
            (Sort::Integer, 1),
            range,
            span,
        )
    }

    /// The literal after `/` or `%`.
    fn divisor(&mut self, sign: &str, a: &Typed<'a>, b: &Typed<'a>) -> Option<Rational> {
        let left = self.written(&a.span());
        match exact(b).filter(|_| b.sort() != Sort::Money) {
            Some(divisor) if divisor.num != 0 => Some(divisor),
            Some(_) => {
                self.problem(
                    Code::ConditionRefused,
                    b.span(),
                    format!("`{sign}` by 0 has no result"),
                    "this is 0",
                    "divide by another number",
                );
                None
            }
            None => {
                let right = self.written(&b.span());
                self.problem(
                    Code::ConditionRefused,
                    b.span(),
                    format!("`{sign}` needs a literal after it"),
                    "this could be 0 at run time",
                    match sign {
                        "/" => format!("multiply the other side: instead of `{left} / {right} > 2` write `{left} > 2 * {right}`"),
                        _ => format!("write a number: `{left} % 7`"),
                    },
                );
                None
            }
        }
    }

    /// A constant that was computed now.
    pub(super) fn folded(
        &mut self,
        value: Option<Rational>,
        sort: Sort,
        span: Range<usize>,
    ) -> Option<Typed<'a>> {
        let Some(value) = value else {
            self.problem(
                Code::Overflow,
                span,
                "the constant does not fit 64 bits",
                "too large or too fine",
                "use smaller numbers",
            );
            return None;
        };
        Some(constant(value, sort, span))
    }

    fn operation(
        &mut self,
        operation: Arithmetic,
        a: Expr,
        b: Expr,
        (sort, den): (Sort, i64),
        range: Option<(i128, i128)>,
        span: Range<usize>,
    ) -> Option<Typed<'a>> {
        self.fits(range, &span)?;
        let from = [a.optional, b.optional];
        let node = Node::Arithmetic(operation, Box::new(a), Box::new(b));
        let mut typed = part(node, sort, den, span, &from);
        typed.range = range;
        Some(typed)
    }
}

/// The number, if it is known now.
pub(super) fn exact(typed: &Typed<'_>) -> Option<Rational> {
    let value = typed.constant().filter(|_| is_number(typed.sort()))?;
    Rational::new(i128::from(value), i128::from(typed.expr.den))
}

impl Rational {
    /// Difference, if it fits.
    fn less(self, other: Rational) -> Option<Rational> {
        let num = other.num.checked_neg()?;
        self.add(Rational { num, ..other })
    }
}

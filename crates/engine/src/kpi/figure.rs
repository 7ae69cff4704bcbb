//! Figures: what comes out of a KPI. A figure keeps its numerator and denominator; its value is their
//! exact quotient, and there is none over 0.

use crate::calendar::Day;
use crate::number::{Rational, gcd};
use std::cmp::Ordering;

/// Parts of a [`Fraction`] stay below this, so that long division by ten cannot overflow.
const LIMIT: i128 = 10i128.pow(36);

/// An exact fraction of 128-bit integers in lowest terms; the denominator is positive. Sums over a
/// whole population do not fit the 64 bits of [`Rational`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    num: i128,
    den: i128,
}

impl Fraction {
    /// `num / den`; nothing if `den` is 0 or a part is out of all proportion (10³⁶).
    pub fn new(num: i128, den: i128) -> Option<Fraction> {
        if den == 0 {
            return None;
        }
        let divisor = gcd(num.checked_abs()?, den.checked_abs()?).max(1) * den.signum();
        let (num, den) = (num / divisor, den / divisor);
        (num.abs() < LIMIT && den < LIMIT).then_some(Fraction { num, den })
    }

    /// Numerator, with the sign.
    pub fn numerator(self) -> i128 {
        self.num
    }

    /// Denominator, at least 1.
    pub fn denominator(self) -> i128 {
        self.den
    }

    /// Sum, if it fits.
    pub fn plus(self, other: Fraction) -> Option<Fraction> {
        let left = self.num.checked_mul(other.den)?;
        let right = other.num.checked_mul(self.den)?;
        Fraction::new(left.checked_add(right)?, self.den.checked_mul(other.den)?)
    }

    /// Product, if it fits.
    pub fn times(self, other: Fraction) -> Option<Fraction> {
        Fraction::new(
            self.num.checked_mul(other.num)?,
            self.den.checked_mul(other.den)?,
        )
    }

    /// The same with the other sign.
    pub fn negative(self) -> Fraction {
        Fraction {
            num: -self.num,
            den: self.den,
        }
    }

    /// Rounded to `digits` after the point, a half away from zero: `0.483931503`.
    pub fn fixed(self, digits: u8) -> String {
        let (whole, mut rest) = (self.num.abs() / self.den, self.num.abs() % self.den);
        let mut scaled: Vec<u8> = whole.to_string().into_bytes();
        let point = scaled.len();
        for _ in 0..digits {
            rest *= 10;
            scaled.push(b'0' + (rest / self.den) as u8);
            rest %= self.den;
        }
        let mut carry = rest >= self.den - rest;
        for digit in scaled.iter_mut().rev() {
            if !carry {
                break;
            }
            carry = *digit == b'9';
            *digit = if carry { b'0' } else { *digit + 1 };
        }
        let mut text = String::with_capacity(scaled.len() + 3);
        if self.num < 0 && scaled.iter().any(|digit| *digit != b'0') {
            text.push('-');
        }
        if carry {
            text.push('1');
        }
        for (at, digit) in scaled.iter().enumerate() {
            if at == point {
                text.push('.');
            }
            text.push(char::from(*digit));
        }
        text
    }

    /// As [`Fraction::fixed`], without zeros at the end: `0.5`, `12`.
    pub fn decimal(self, digits: u8) -> String {
        let text = self.fixed(digits);
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    }
}

impl From<Rational> for Fraction {
    fn from(rational: Rational) -> Fraction {
        Fraction {
            num: i128::from(rational.num),
            den: i128::from(rational.den),
        }
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Fraction) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    /// Exact and without overflow: whole parts first, then the rests turned over.
    fn cmp(&self, other: &Fraction) -> Ordering {
        let (mut a, mut b) = (*self, *other);
        let mut flipped = false;
        loop {
            let wholes = a.num.div_euclid(a.den).cmp(&b.num.div_euclid(b.den));
            let rests = (a.num.rem_euclid(a.den), b.num.rem_euclid(b.den));
            let order = match (wholes, rests) {
                (Ordering::Equal, (0, 0)) => Ordering::Equal,
                (Ordering::Equal, (0, _)) => Ordering::Less,
                (Ordering::Equal, (_, 0)) => Ordering::Greater,
                (Ordering::Equal, (left, right)) => {
                    (a.num, a.den, b.num, b.den) = (a.den, left, b.den, right);
                    flipped = !flipped;
                    continue;
                }
                (unequal, _) => unequal,
            };
            return if flipped { order.reverse() } else { order };
        }
    }
}

/// An exact decimal amount: `units` of `digits` after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Units.
    pub units: i128,
    /// How many digits of it stand after the point.
    pub digits: u8,
}

impl Amount {
    /// A whole number.
    pub fn whole(units: i128) -> Amount {
        Amount { units, digits: 0 }
    }

    /// `1250` at 2 digits is `12.50`.
    pub fn text(self) -> String {
        match Fraction::new(self.units, 10i128.pow(u32::from(self.digits.min(18)))) {
            Some(fraction) => fraction.fixed(self.digits.min(18)),
            None => "0".to_owned(),
        }
    }
}

/// What a figure's value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A share, 0 to 1.
    Ratio,
    /// Orders (per customer).
    Orders,
    /// Major units of the programme's currency.
    Money,
    /// Days.
    Days,
    /// Points.
    Points,
}

impl Unit {
    /// All of them.
    pub const ALL: &'static [Unit] = &[
        Unit::Ratio,
        Unit::Orders,
        Unit::Money,
        Unit::Days,
        Unit::Points,
    ];

    /// As it stands in reports.
    pub fn text(self) -> &'static str {
        match self {
            Unit::Ratio => "ratio",
            Unit::Orders => "orders",
            Unit::Money => "money",
            Unit::Days => "days",
            Unit::Points => "points",
        }
    }
}

/// What a window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WindowKind {
    /// A whole calendar period.
    Calendar,
    /// So many days that end with the day of the report.
    Rolling,
    /// The calendar period in which the cohort bought first.
    Cohort,
    /// All days up to that of the report.
    Lifetime,
}

impl WindowKind {
    /// All of them.
    pub const ALL: &'static [WindowKind] = &[
        WindowKind::Calendar,
        WindowKind::Rolling,
        WindowKind::Cohort,
        WindowKind::Lifetime,
    ];

    /// As it stands in reports.
    pub fn text(self) -> &'static str {
        match self {
            WindowKind::Calendar => "calendar",
            WindowKind::Rolling => "rolling",
            WindowKind::Cohort => "cohort",
            WindowKind::Lifetime => "lifetime",
        }
    }
}

/// Over which local days a figure was counted: [`from`, `before`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// What it is.
    pub kind: WindowKind,
    /// The first day.
    pub from: Day,
    /// The day after the last one.
    pub before: Day,
}

/// One number of a KPI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Index in `Program::kpis`.
    pub kpi: usize,
    /// Over which days.
    pub window: Window,
    /// Dimension and value, such as (`rung`, `gold`); empty for the total.
    pub by: Vec<(String, String)>,
    /// What is divided. Money is in major units.
    pub numerator: Amount,
    /// By how many; 1 for sums; 0 where there is nothing to divide by.
    pub denominator: i128,
    /// What the value counts.
    pub unit: Unit,
}

impl Figure {
    /// numerator / denominator; nothing over 0.
    pub fn value(&self) -> Option<Fraction> {
        let scale = 10i128.pow(u32::from(self.numerator.digits.min(18)));
        Fraction::new(self.numerator.units, self.denominator.checked_mul(scale)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn fraction(num: i128, den: i128) -> Fraction {
        Fraction::new(num, den).unwrap()
    }

    #[test]
    fn a_fraction_is_printed_exactly_as_long_division_gives_it() {
        assert_eq!(fraction(2063, 4263).decimal(9), "0.483931504");
        assert_eq!(fraction(1, 2).decimal(9), "0.5");
        assert_eq!(fraction(-1, 8).decimal(2), "-0.13");
        assert_eq!(fraction(1999, 2000).decimal(3), "1");
        assert_eq!(fraction(99_999, 10_000).fixed(3), "10.000");
        assert_eq!(fraction(-1, 3000).fixed(2), "0.00");
        assert_eq!(fraction(7, 1).decimal(9), "7");
        assert_eq!(fraction(10, 1).decimal(0), "10");
    }

    #[test]
    fn nothing_over_zero_has_a_value() {
        assert_eq!(Fraction::new(5, 0), None);
    }

    #[test]
    fn fractions_compare_beyond_128_bit_products() {
        let near = 10i128.pow(35);
        assert!(fraction(near, near - 1) > fraction(near + 1, near));
        assert!(fraction(-1, 3) < fraction(-1, 4));
        assert_eq!(fraction(2, 6).cmp(&fraction(1, 3)), Ordering::Equal);
        assert!(fraction(48, 100) < fraction(2063, 4263));
    }

    #[test]
    fn amounts_keep_the_digits_of_their_unit() {
        let amount = |units, digits| Amount { units, digits }.text();
        assert_eq!(amount(250_031_563, 2), "2500315.63");
        assert_eq!(amount(-5, 2), "-0.05");
        assert_eq!(amount(12, 0), "12");
    }
}

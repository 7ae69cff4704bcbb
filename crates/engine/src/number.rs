//! Exact numbers. Money and points are integers of a declared scale, rates are [`Rational`]s, and
//! every rounding has a name ([`Rounding`]).

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// An exact fraction in lowest terms; the denominator is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rational {
    /// Numerator, with the sign.
    pub num: i64,
    /// Denominator, at least 1.
    pub den: i64,
}

/// Greatest common divisor of two numbers that are not negative.
pub fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Rational {
    /// 0.
    pub const ZERO: Rational = Rational { num: 0, den: 1 };
    /// 1.
    pub const ONE: Rational = Rational { num: 1, den: 1 };

    /// `num / den` in lowest terms; nothing if `den` is 0 or a part does not fit 64 bits.
    pub fn new(num: i128, den: i128) -> Option<Rational> {
        if den == 0 {
            return None;
        }
        let divisor = gcd(num.checked_abs()?, den.checked_abs()?).max(1) * den.signum();
        Some(Rational {
            num: i64::try_from(num / divisor).ok()?,
            den: i64::try_from(den / divisor).ok()?,
        })
    }

    /// The whole number `n`.
    pub fn whole(n: i64) -> Rational {
        Rational { num: n, den: 1 }
    }

    /// Exactly the decimal that is written (`-1.20`, `1_000`); no exponent, no `inf`.
    pub fn from_decimal(text: &str) -> Option<Rational> {
        let text = text.replace('_', "");
        let (negative, digits) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text.as_str()),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || part.len() > 18 {
            return None;
        }
        let all = format!("{whole}{part}");
        if !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let num: i128 = all.parse().ok()?;
        Rational::new(
            if negative { -num } else { num },
            10i128.pow(part.len() as u32),
        )
    }

    /// Sum, if it fits.
    #[expect(
        clippy::should_implement_trait,
        reason = "it can fail, so it is not the operator"
    )]
    pub fn add(self, other: Rational) -> Option<Rational> {
        Rational::new(
            i128::from(self.num) * i128::from(other.den)
                + i128::from(other.num) * i128::from(self.den),
            i128::from(self.den) * i128::from(other.den),
        )
    }

    /// Product, if it fits.
    pub fn times(self, other: Rational) -> Option<Rational> {
        Rational::new(
            i128::from(self.num) * i128::from(other.num),
            i128::from(self.den) * i128::from(other.den),
        )
    }

    /// Quotient, if `other` is not 0 and it fits.
    pub fn over(self, other: Rational) -> Option<Rational> {
        Rational::new(
            i128::from(self.num) * i128::from(other.den),
            i128::from(self.den) * i128::from(other.num),
        )
    }

    /// The integer that this is at `digits` digits after the point, if it is one: 4.50 at 2 is 450.
    pub fn scaled(self, digits: u8) -> Option<i64> {
        let value = i128::from(self.num) * 10i128.checked_pow(u32::from(digits))?;
        (value % i128::from(self.den) == 0)
            .then(|| i64::try_from(value / i128::from(self.den)).ok())
            .flatten()
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Rational) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Rational) -> Ordering {
        (i128::from(self.num) * i128::from(other.den))
            .cmp(&(i128::from(other.num) * i128::from(self.den)))
    }
}

impl std::fmt::Display for Rational {
    /// A decimal where there is one, else `num/den`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for digits in 0..=9 {
            if let Some(value) = self.scaled(digits) {
                return out.write_str(&decimal(value, digits));
            }
        }
        write!(out, "{}/{}", self.num, self.den)
    }
}

/// `450` at 2 digits is `4.50`.
pub fn decimal(value: i64, digits: u8) -> String {
    if digits == 0 {
        return value.to_string();
    }
    let digits = usize::from(digits);
    let text = format!("{:0>width$}", value.unsigned_abs(), width = digits + 1);
    let (whole, part) = text.split_at(text.len() - digits);
    format!("{}{whole}.{part}", if value < 0 { "-" } else { "" })
}

/// The named roundings of points: the only ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rounding {
    /// Toward negative infinity.
    Down,
    /// Toward positive infinity.
    Up,
    /// To the nearest, a half away from zero.
    HalfUp,
    /// To the nearest, a half to the even neighbour.
    HalfEven,
}

impl Rounding {
    /// `num / den` rounded; `den` is positive.
    #[inline]
    pub fn divide(self, num: i64, den: i64) -> i64 {
        self.round(num, den, num.div_euclid(den))
    }

    /// As [`Rounding::divide`], by a divisor that is met often.
    #[inline]
    pub fn divide_by(self, num: i64, den: &Divisor) -> i64 {
        self.round(num, den.by, den.divide(num))
    }

    /// As [`Rounding::divide`], of a product that may not fit 64 bits.
    pub fn divide_wide(self, num: i128, den: i128) -> i128 {
        let floor = num.div_euclid(den);
        let rest = num - floor * den;
        floor + i128::from(self.goes_up(rest.cmp(&(den - rest)), rest > 0, num < 0, floor % 2 != 0))
    }

    #[inline]
    fn round(self, num: i64, den: i64, floor: i64) -> i64 {
        let rest = num - floor * den;
        floor + i64::from(self.goes_up(rest.cmp(&(den - rest)), rest > 0, num < 0, floor % 2 != 0))
    }

    /// Whether what lies above a floor is rounded up: how it compares with what is missing to the next number, whether
    /// there is anything, whether the number is negative, and whether the floor is odd.
    #[inline]
    fn goes_up(self, half: Ordering, rest: bool, negative: bool, odd: bool) -> bool {
        let up = match self {
            Rounding::Down => false,
            Rounding::Up => true,
            Rounding::HalfUp if negative => half.is_gt(),
            Rounding::HalfUp => half.is_ge(),
            Rounding::HalfEven => half.is_gt() || (half.is_eq() && odd),
        };
        up && rest
    }

    /// As it is written in a programme.
    pub fn text(self) -> &'static str {
        match self {
            Rounding::Down => "down",
            Rounding::Up => "up",
            Rounding::HalfUp => "half_up",
            Rounding::HalfEven => "half_even",
        }
    }
}

/// A divisor that is met often. Where both numbers fit 32 bits the quotient is the upper half of a
/// product (Lemire, Kaser, Kurz: Faster remainder by direct computation, 2019): exact, and a fifth of the
/// time of a division.
#[derive(Debug, Clone, Copy)]
pub struct Divisor {
    by: i64,
    inverse: u64,
}

impl Divisor {
    /// Of a positive number.
    pub fn new(by: i64) -> Divisor {
        let small = by > 1 && by < 1 << 32;
        Divisor {
            by,
            inverse: if small { u64::MAX / by as u64 + 1 } else { 0 },
        }
    }

    /// What is left of `value` after that floor: from 0 to less than the divisor.
    pub fn rest(&self, value: i64) -> i64 {
        value - self.divide(value) * self.by
    }

    /// The floor of `value / by`.
    #[inline]
    pub fn divide(&self, value: i64) -> i64 {
        if self.inverse != 0 && (0..1 << 32).contains(&value) {
            ((u128::from(self.inverse) * value as u128) >> 64) as i64
        } else if self.by == 1 {
            value
        } else {
            value.div_euclid(self.by)
        }
    }
}
#[cfg(test)]
mod tests {
    use super::Divisor;

    #[test]
    fn the_quotient_by_a_product_is_the_quotient() {
        let edge = [
            0,
            1,
            2,
            99,
            100,
            101,
            12_345,
            (1 << 31) - 1,
            1 << 31,
            (1 << 32) - 1,
            1 << 32,
        ];
        for by in [
            1,
            2,
            3,
            7,
            100,
            641,
            65_537,
            (1 << 32) - 1,
            1 << 32,
            1 << 40,
        ] {
            let divisor = Divisor::new(by);
            let multiples = (0..1_000).map(|n| n * by);
            let near = multiples.flat_map(|value| [value - 1, value, value + 1]);
            for value in edge.into_iter().chain(near) {
                assert_eq!(
                    divisor.divide(value),
                    value.div_euclid(by),
                    "{value} / {by}"
                );
            }
        }
    }
}

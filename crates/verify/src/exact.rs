//! Exact numbers of the recount: fractions of 128-bit integers, checked, with roundings of its own.

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Zero};
use rungs_engine::number::{Rational, Rounding};
use std::cmp::Ordering;

/// An exact fraction.
pub(crate) type Exact = Ratio<i128>;

/// A number left its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overflow;

/// What can overflow.
pub(crate) type Checked<T> = Result<T, Overflow>;

/// `num / den`; 0 where `den` is 0, which a checked programme does not contain.
pub(crate) fn fraction(num: i128, den: i128) -> Exact {
    match den {
        0 => Exact::zero(),
        1 => Exact::from_integer(num),
        _ => Exact::new(num, den),
    }
}

pub(crate) fn whole(number: i64) -> Exact {
    Exact::from_integer(i128::from(number))
}

/// A rate as it stands in the programme.
pub(crate) fn rate(rate: Rational) -> Exact {
    fraction(i128::from(rate.num), i128::from(rate.den))
}

pub(crate) fn plus(a: Exact, b: Exact) -> Checked<Exact> {
    a.checked_add(&b).ok_or(Overflow)
}

pub(crate) fn minus(a: Exact, b: Exact) -> Checked<Exact> {
    a.checked_sub(&b).ok_or(Overflow)
}

pub(crate) fn times(a: Exact, b: Exact) -> Checked<Exact> {
    a.checked_mul(&b).ok_or(Overflow)
}

/// `a / b`; 0 where `b` is 0.
pub(crate) fn over(a: Exact, b: Exact) -> Checked<Exact> {
    if b.is_zero() {
        return Ok(Exact::zero());
    }
    a.checked_div(&b).ok_or(Overflow)
}

/// The sum of all.
pub(crate) fn total(parts: &[Exact]) -> Checked<Exact> {
    parts
        .iter()
        .try_fold(Exact::zero(), |sum, part| plus(sum, *part))
}

/// 10 to the number of digits after the point.
pub(crate) fn unit(digits: u8) -> i128 {
    10i128.pow(u32::from(digits.min(18)))
}

/// The largest whole number that is not above `value`.
/// The least number that both divide.
pub(crate) fn least_common(a: i128, b: i128) -> i128 {
    a / rungs_engine::number::gcd(a, b).max(1) * b
}

pub(crate) fn floor(value: Exact) -> i128 {
    value.numer().div_euclid(*value.denom())
}

/// To a whole number, as the programme rounds.
pub(crate) fn rounded(value: Exact, rounding: Rounding) -> i128 {
    let below = floor(value);
    let rest = value.numer().rem_euclid(*value.denom());
    if rest == 0 {
        return below;
    }
    // Is the value nearer to the whole number below, or to the one above?
    let nearer = rest.cmp(&(value.denom() - rest));
    let up = match (rounding, nearer) {
        (Rounding::Down, _) => false,
        (Rounding::Up, _) => true,
        (_, Ordering::Less) => false,
        (_, Ordering::Greater) => true,
        // A half: away from zero, or to the even neighbour.
        (Rounding::HalfUp, Ordering::Equal) => *value.numer() > 0,
        (Rounding::HalfEven, Ordering::Equal) => below % 2 != 0,
    };
    below + i128::from(up)
}

/// Whether `value` fits 64 bits in units of 1 / `den`, as every value of a condition must.
pub(crate) fn fits(value: Exact, den: i64) -> Checked<Exact> {
    let scaled = value
        .numer()
        .checked_mul(&i128::from(den))
        .ok_or(Overflow)?
        .div_euclid(*value.denom());
    i64::try_from(scaled).map(|_| value).map_err(|_| Overflow)
}

/// A whole number that must fit 64 bits.
pub(crate) fn narrow(value: i128) -> Checked<i64> {
    i64::try_from(value).map_err(|_| Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_goes_where_the_rounding_says() {
        let halves = [(5, 2), (-5, 2), (7, 2), (-7, 2)];
        let by = |rounding| halves.map(|(num, den)| rounded(fraction(num, den), rounding));
        assert_eq!(by(Rounding::Down), [2, -3, 3, -4]);
        assert_eq!(by(Rounding::Up), [3, -2, 4, -3]);
        assert_eq!(by(Rounding::HalfUp), [3, -3, 4, -4]);
        assert_eq!(by(Rounding::HalfEven), [2, -2, 4, -4]);
    }

    #[test]
    fn what_is_not_a_half_goes_to_the_nearest() {
        assert_eq!(rounded(fraction(575, 10), Rounding::Down), 57);
        assert_eq!(rounded(fraction(33, 10), Rounding::HalfUp), 3);
        assert_eq!(rounded(fraction(-33, 10), Rounding::HalfEven), -3);
        assert_eq!(rounded(fraction(34, 10), Rounding::Up), 4);
    }

    #[test]
    fn numbers_beyond_64_bits_are_said_and_never_wrap() {
        assert_eq!(fits(whole(i64::MAX), 2), Err(Overflow));
        assert!(fits(whole(i64::MAX), 1).is_ok());
        let huge = Exact::from_integer(i128::MAX);
        assert_eq!(times(huge, huge), Err(Overflow));
    }
}

//! Exact decimals: whole units and the digits after the point. Nothing that is shown passes through a float.

use crate::error::PageError;
use std::fmt;

/// Digits of a share of two numbers.
const SHARE_DIGITS: u32 = 9;

/// A number of which every digit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    /// The number without its point.
    pub(crate) units: i128,
    /// Digits after the point.
    pub(crate) digits: u32,
}

impl Decimal {
    /// Nothing.
    pub(crate) const ZERO: Decimal = Decimal {
        units: 0,
        digits: 0,
    };

    /// Of its text: a sign, digits, and a point between them.
    pub(crate) fn of(text: &str) -> Result<Decimal, PageError> {
        let refused = || PageError::number(text);
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, rest) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let mut units = 0_i128;
        let mut known = false;
        for digit in whole.chars().chain(rest.chars()) {
            let digit = digit.to_digit(10).ok_or_else(refused)?;
            units = units
                .checked_mul(10)
                .and_then(|units| units.checked_add(digit.into()))
                .ok_or_else(refused)?;
            known = true;
        }
        if !known {
            return Err(refused());
        }
        Ok(Decimal {
            units: if text.starts_with('-') { -units } else { units },
            digits: u32::try_from(rest.len()).map_err(|_| refused())?,
        })
    }

    /// With that many digits; a half goes away from zero.
    pub(crate) fn rounded(self, digits: u32) -> Result<Decimal, PageError> {
        let units = if digits >= self.digits {
            self.raised(digits)?
        } else {
            // More digits than a unit can have leave nothing.
            match power(self.digits - digits) {
                Some(below) => self.over(self.units, below)?,
                None => 0,
            }
        };
        Ok(Decimal { units, digits })
    }

    /// A hundred times as much.
    pub(crate) fn hundredfold(self) -> Result<Decimal, PageError> {
        let units = self.units.checked_mul(100).ok_or_else(|| self.refused())?;
        Ok(Decimal { units, ..self })
    }

    /// The sum, with the digits of the finer one.
    pub(crate) fn plus(self, other: Decimal) -> Result<Decimal, PageError> {
        let (one, two, digits) = self.aligned(other)?;
        let units = one.checked_add(two).ok_or_else(|| self.refused())?;
        Ok(Decimal { units, digits })
    }

    /// The difference, with the digits of the finer one.
    pub(crate) fn minus(self, other: Decimal) -> Result<Decimal, PageError> {
        let (one, two, digits) = self.aligned(other)?;
        let units = one.checked_sub(two).ok_or_else(|| self.refused())?;
        Ok(Decimal { units, digits })
    }

    /// How much this is of another, to nine digits; none of nothing.
    pub(crate) fn share(self, whole: Decimal) -> Result<Option<Decimal>, PageError> {
        let (one, two, _) = self.aligned(whole)?;
        if two == 0 {
            return Ok(None);
        }
        let above = power(SHARE_DIGITS)
            .and_then(|power| one.checked_mul(power))
            .ok_or_else(|| self.refused())?;
        Ok(Some(Decimal {
            units: self.over(above, two)?,
            digits: SHARE_DIGITS,
        }))
    }

    /// Whether it is at least ten to that power, above or below zero.
    pub(crate) fn reaches(self, zeros: u32) -> bool {
        // A power that is too large to count is above every number.
        power(zeros.saturating_add(self.digits))
            .is_some_and(|limit| self.units.unsigned_abs() >= limit.unsigned_abs())
    }

    /// The units if there were that many digits, not fewer than there are.
    pub(crate) fn raised(self, digits: u32) -> Result<i128, PageError> {
        if self.units == 0 {
            return Ok(0);
        }
        power(digits - self.digits)
            .and_then(|power| self.units.checked_mul(power))
            .ok_or_else(|| self.refused())
    }

    fn aligned(self, other: Decimal) -> Result<(i128, i128, u32), PageError> {
        let digits = self.digits.max(other.digits);
        Ok((self.raised(digits)?, other.raised(digits)?, digits))
    }

    /// Whole quotient, a half away from zero.
    fn over(self, above: i128, below: i128) -> Result<i128, PageError> {
        let (whole, rest) = (above.checked_div(below), above.checked_rem(below));
        let (Some(whole), Some(rest)) = (whole, rest) else {
            return Err(self.refused());
        };
        // Without doubling: the double of a rest may be too large.
        let up = rest.unsigned_abs() >= below.unsigned_abs() - rest.unsigned_abs();
        let away = if (above < 0) == (below < 0) { 1 } else { -1 };
        Ok(if up { whole + away } else { whole })
    }

    fn refused(self) -> PageError {
        PageError::number(&self.to_string())
    }
}

/// Ten to that power, as far as it can be counted.
pub(crate) fn power(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits as usize;
        let text = format!("{:0>width$}", self.units.unsigned_abs(), width = digits + 1);
        let (whole, rest) = text.split_at(text.len() - digits);
        let sign = if self.units < 0 { "-" } else { "" };
        let point = if rest.is_empty() { "" } else { "." };
        write!(out, "{sign}{whole}{point}{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Decimal {
        Decimal::of(text).unwrap()
    }

    #[test]
    fn a_text_comes_back_as_it_was() {
        for text in [
            "0",
            "-0.5",
            "342.74",
            "0.688095238",
            "-1234567890123456789012345.67",
        ] {
            assert_eq!(of(text).to_string(), text);
        }
        assert_eq!(of("-0").to_string(), "0");
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", "-", ".", "1e5", "1,5", "+1", "--1", "1.2.3", "NaN"] {
            assert!(Decimal::of(text).is_err(), "{text}");
        }
        assert!(Decimal::of(&"9".repeat(40)).is_err());
    }

    #[test]
    fn a_half_goes_away_from_zero() {
        let rounded = |text, digits| of(text).rounded(digits).unwrap().to_string();
        assert_eq!(rounded("0.25", 1), "0.3");
        assert_eq!(rounded("-0.25", 1), "-0.3");
        assert_eq!(rounded("-0.249", 1), "-0.2");
        assert_eq!(rounded("-0.04", 1), "0.0");
        assert_eq!(rounded("7", 2), "7.00");
        assert_eq!(rounded("0.5", 0), "1");
    }

    #[test]
    fn sums_and_differences_have_the_finer_digits() {
        assert_eq!(of("1.5").plus(of("2")).unwrap().to_string(), "3.5");
        assert_eq!(of("1").minus(of("2.25")).unwrap().to_string(), "-1.25");
        let large = "1234567890123456789012.01";
        assert_eq!(
            of(large).minus(of("0.02")).unwrap().to_string(),
            "1234567890123456789011.99"
        );
    }

    #[test]
    fn a_share_has_nine_digits_and_there_is_none_of_nothing() {
        let share = |one, two| {
            of(one)
                .share(of(two))
                .unwrap()
                .map(|share| share.to_string())
        };
        assert_eq!(share("2", "3").as_deref(), Some("0.666666667"));
        assert_eq!(share("-2", "3").as_deref(), Some("-0.666666667"));
        assert_eq!(share("1", "0.00"), None);
        assert_eq!(
            share("12345678901234567890", "2").as_deref(),
            Some("6172839450617283945.000000000")
        );
    }

    #[test]
    fn what_is_too_large_is_an_error_and_never_another_number() {
        let huge = of("99999999999999999999999999999999999999");
        assert!(huge.plus(of("0.01")).is_err());
        assert!(huge.share(of("3")).is_err());
        assert!(huge.hundredfold().is_err());
    }
}

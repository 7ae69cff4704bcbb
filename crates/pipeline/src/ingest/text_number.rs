//! Numbers and booleans from text, exactly: no binary fraction on the way.

use super::finding::RowCode;

/// Largest value of a decimal column: 18 digits.
pub(super) const LARGEST: i64 = 999_999_999_999_999_999;

/// The integer that a decimal text is in units of `digits` digits after the point: `4.5` at 2 is 450.
/// Blanks around it are passed over; nothing but blanks is no value. Further digits must be zeros.
pub(super) fn decimal(text: &str, digits: u8) -> Result<Option<i64>, RowCode> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    let (negative, unsigned) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let point = unsigned.iter().position(|byte| *byte == b'.');
    let (whole, part) = match point {
        Some(at) => (&unsigned[..at], &unsigned[at + 1..]),
        None => (unsigned, &unsigned[..0]),
    };
    let all_digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    if !all_digits(whole)
        || !all_digits(part)
        || (part.is_empty() && (point.is_some() || whole.is_empty()))
    {
        return Err(RowCode::NotANumber);
    }
    let kept = part.len().min(usize::from(digits));
    if part[kept..].iter().any(|digit| *digit != b'0') {
        return Err(RowCode::TooPrecise);
    }
    let mut value: i64 = 0;
    let zeros = usize::from(digits) - kept;
    let digits = whole.iter().chain(&part[..kept]).copied();
    for digit in digits.chain(std::iter::repeat_n(b'0', zeros)) {
        value = value
            .checked_mul(10)
            .and_then(|tens| tens.checked_add(i64::from(digit - b'0')))
            .ok_or(RowCode::OutOfRange)?;
    }
    Ok(Some(if negative { -value } else { value }))
}

/// A whole number that is already in units of the column (minor units): `450` is 4.50, `450.00` too.
pub(super) fn minor(text: &str) -> Result<Option<i64>, RowCode> {
    decimal(text, 0)
}

/// `true false yes no 1 0`, whatever the case.
pub(super) fn boolean(text: &str) -> Result<Option<i64>, RowCode> {
    let text = text.trim_ascii();
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if text.is_empty() {
        Ok(None)
    } else if is(["true", "yes", "1"]) {
        Ok(Some(1))
    } else if is(["false", "no", "0"]) {
        Ok(Some(0))
    } else {
        Err(RowCode::NotABoolean)
    }
}

/// `value`, an integer of `from` digits after the point, at `to` digits.
pub(super) fn rescale(value: i128, from: i32, to: i32) -> Result<i64, RowCode> {
    let factor = 10i128
        .checked_pow(from.abs_diff(to))
        .ok_or(RowCode::OutOfRange);
    let scaled = if value == 0 {
        0
    } else if from <= to {
        value.checked_mul(factor?).ok_or(RowCode::OutOfRange)?
    } else {
        // A factor beyond 128 bits is larger than any value: digits remain.
        let factor = factor.map_err(|_| RowCode::TooPrecise)?;
        if value % factor != 0 {
            return Err(RowCode::TooPrecise);
        }
        value / factor
    };
    i64::try_from(scaled).map_err(|_| RowCode::OutOfRange)
}

/// Appends a whole number in digits.
pub(super) fn push_digits(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rungs_engine::number;

    /// Text, digits, what is read.
    type Case = (&'static str, u8, Result<Option<i64>, RowCode>);

    #[test]
    fn decimals_are_exact_and_never_rounded() {
        let cases: &[Case] = &[
            ("4.5", 2, Ok(Some(450))),
            ("  -4.50 ", 2, Ok(Some(-450))),
            ("+7", 2, Ok(Some(700))),
            (".05", 2, Ok(Some(5))),
            ("-0.00", 2, Ok(Some(0))),
            ("007", 0, Ok(Some(7))),
            ("12.3400000000000000000000000", 2, Ok(Some(1234))),
            ("0.005", 2, Err(RowCode::TooPrecise)),
            ("0.0050", 3, Ok(Some(5))),
            ("", 2, Ok(None)),
            ("   ", 2, Ok(None)),
            ("12.", 2, Err(RowCode::NotANumber)),
            (".", 2, Err(RowCode::NotANumber)),
            ("-", 2, Err(RowCode::NotANumber)),
            ("1,234.50", 2, Err(RowCode::NotANumber)),
            ("12,50", 2, Err(RowCode::NotANumber)),
            ("€4", 2, Err(RowCode::NotANumber)),
            ("1e3", 2, Err(RowCode::NotANumber)),
            ("1_000", 2, Err(RowCode::NotANumber)),
            ("--1", 2, Err(RowCode::NotANumber)),
            ("NaN", 2, Err(RowCode::NotANumber)),
            ("٣", 2, Err(RowCode::NotANumber)),
            ("92233720368547758.07", 2, Ok(Some(i64::MAX))),
            ("92233720368547758.08", 2, Err(RowCode::OutOfRange)),
            ("00000000000000000000000000001", 2, Ok(Some(100))),
        ];
        for (text, digits, expected) in cases {
            assert_eq!(decimal(text, *digits), *expected, "`{text}` at {digits}");
        }
        assert_eq!(minor("450.00"), Ok(Some(450)));
        assert_eq!(minor("4.5"), Err(RowCode::TooPrecise));
    }

    #[test]
    fn booleans_are_six_words() {
        for yes in ["true", "TRUE", "Yes", "1", " yes "] {
            assert_eq!(boolean(yes), Ok(Some(1)), "{yes}");
        }
        for no in ["false", "No", "0"] {
            assert_eq!(boolean(no), Ok(Some(0)), "{no}");
        }
        assert_eq!(boolean(" "), Ok(None));
        for other in ["t", "2", "on", "yess"] {
            assert_eq!(boolean(other), Err(RowCode::NotABoolean), "{other}");
        }
    }

    #[test]
    fn rescaling_keeps_the_value_or_says_why_not() {
        assert_eq!(rescale(450, 2, 2), Ok(450));
        assert_eq!(rescale(45, 1, 2), Ok(450));
        assert_eq!(rescale(4500, 3, 2), Ok(450));
        assert_eq!(rescale(4501, 3, 2), Err(RowCode::TooPrecise));
        assert_eq!(rescale(3, -2, 2), Ok(30_000));
        assert_eq!(rescale(1, 0, 19), Err(RowCode::OutOfRange));
        assert_eq!(rescale(1, 0, 60), Err(RowCode::OutOfRange));
        assert_eq!(rescale(1, 60, 0), Err(RowCode::TooPrecise));
        assert_eq!(rescale(0, 60, 0), Ok(0));
    }

    proptest! {
        #[test]
        fn what_is_written_as_decimal_is_read_back(value: i64, digits in 0u8..10) {
            prop_assume!(value != i64::MIN);
            prop_assert_eq!(decimal(&number::decimal(value, digits), digits), Ok(Some(value)));
        }

        #[test]
        fn digits_are_those_of_the_standard_library(value: i64) {
            let mut out = Vec::new();
            push_digits(value, &mut out);
            prop_assert_eq!(out, value.to_string().into_bytes());
        }
    }
}

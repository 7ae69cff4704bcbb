//! The scale beside a chart: round steps, as few as show the values.

use crate::decimal::{Decimal, power};
use crate::error::PageError;

/// Steps from the lowest to the highest value, at most.
const STEPS: i128 = 4;

/// Bounds and ticks; bounds are whole steps.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    /// From the lowest to the highest, at least two.
    pub(crate) ticks: Vec<Decimal>,
}

impl Axis {
    /// Steps of 1, 2 or 5 × 10^k in units of the finest digit; from or to 0, if `zero`.
    pub(crate) fn of(values: &[Decimal], zero: bool) -> Result<Axis, PageError> {
        let digits = values.iter().map(|value| value.digits).max().unwrap_or(0);
        let units = values
            .iter()
            .map(|value| value.raised(digits))
            .collect::<Result<Vec<i128>, PageError>>()?;
        let mut low = units.iter().copied().min().unwrap_or(0);
        let mut high = units.iter().copied().max().unwrap_or(0);
        if zero {
            low = low.min(0);
            high = high.max(0);
        }
        let largest = Decimal {
            units: high,
            digits,
        };
        let refused = || PageError::number(&largest.to_string());
        if low == high {
            // A flat line needs room; one at 0 stands at the bottom.
            high = low.checked_add(1).ok_or_else(refused)?;
        }
        let step = high
            .checked_sub(low)
            .and_then(step_for)
            .ok_or_else(refused)?;
        let first = low.div_euclid(step);
        let last = high.div_euclid(step) + i128::from(high.rem_euclid(step) != 0);
        let ticks = (first..=last)
            .map(|at| at.checked_mul(step).map(|units| Decimal { units, digits }))
            .collect::<Option<Vec<Decimal>>>()
            .ok_or_else(refused)?;
        Ok(Axis { ticks })
    }
}

/// The smallest step of which few enough reach over the span.
fn step_for(span: i128) -> Option<i128> {
    (0..)
        .map_while(power)
        .flat_map(|power| [1, 2, 5].map(|factor| power.checked_mul(factor)))
        .map_while(|step| step)
        .find(|step| step.checked_mul(STEPS).is_none_or(|reach| span <= reach))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(values: &[&str], zero: bool) -> Vec<String> {
        let values: Vec<Decimal> = values
            .iter()
            .map(|text| Decimal::of(text).unwrap())
            .collect();
        let axis = Axis::of(&values, zero).unwrap();
        axis.ticks.iter().map(|tick| tick.to_string()).collect()
    }

    #[test]
    fn steps_are_round_and_bounds_are_whole_steps() {
        assert_eq!(
            ticks(&["0.31", "0.68"], false),
            ["0.30", "0.40", "0.50", "0.60", "0.70"]
        );
        assert_eq!(ticks(&["3", "8"], true), ["0", "2", "4", "6", "8"]);
        assert_eq!(ticks(&["-3", "8"], false), ["-5", "0", "5", "10"]);
    }

    #[test]
    fn nothing_and_one_value_have_a_scale_too() {
        assert_eq!(ticks(&[], false), ["0", "1"]);
        assert_eq!(ticks(&["0.00"], true), ["0.00", "0.01"]);
        assert_eq!(ticks(&["7"], false), ["7", "8"]);
        assert_eq!(ticks(&["-7"], true), ["-8", "-6", "-4", "-2", "0"]);
    }

    #[test]
    fn large_values_have_large_steps() {
        assert_eq!(ticks(&["0", "123456789012345678901"], false).len(), 4);
    }
}

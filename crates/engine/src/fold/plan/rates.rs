//! How each rule earns, in integers over the plan's denominator.

use super::denominator::{amount_rate, scaled_points};
use super::{Named, TooFine};
use crate::number::Rational;
use crate::program::{ByRung, Earn, EarnKind, Program};

/// How one rule earns, in integers over the plan's denominator.
#[derive(Debug, Clone)]
pub enum Rate {
    /// numerator × value of the amount.
    Amount(ByRung<i64>),
    /// Full `per`s: ⌊value × mul / div⌋ × points.
    #[allow(missing_docs)]
    Whole {
        mul: i64,
        div: i64,
        points: ByRung<i64>,
    },
    /// Flat, per event or line.
    Flat(ByRung<i64>),
    /// × quantity, whose column and denominator are these.
    #[allow(missing_docs)]
    Unit {
        points: ByRung<i64>,
        quantity: usize,
        den: i64,
    },
    /// The highest step: (least value × its denominator, denominator, points).
    Steps(Vec<(i64, i64, i64)>),
    /// (times − 1) as (numerator, denominator).
    Times(ByRung<(i64, i64)>),
}

/// The rate of one rule.
pub(super) fn rate(
    program: &Program,
    earn: &Earn,
    denominator: i64,
    named: Named,
) -> Result<Rate, TooFine> {
    let scale = program.scale();
    let fine = |value: Option<i64>| {
        value.ok_or_else(|| TooFine {
            rule: earn.id.clone(),
        })
    };
    let over = |rate: Rational| {
        fine(
            rate.times(Rational {
                num: denominator,
                den: 1,
            })
            .and_then(|rate| rate.scaled(0)),
        )
    };
    let points = |values: &ByRung<Rational>| {
        values
            .0
            .iter()
            .map(|value| over(scaled_points(*value, scale)?))
            .collect::<Result<Vec<_>, _>>()
            .map(ByRung)
    };
    Ok(match &earn.kind {
        EarnKind::PerAmount {
            points: values,
            per,
            amount,
            whole: false,
        } => Rate::Amount(ByRung(
            values
                .0
                .iter()
                .map(|value| over(amount_rate(*value, scale, *per, amount)?))
                .collect::<Result<_, _>>()?,
        )),
        EarnKind::PerAmount {
            points: values,
            per,
            amount,
            whole: true,
        } => Rate::Whole {
            mul: per.den,
            div: fine(per.num.checked_mul(amount.den))?,
            points: points(values)?,
        },
        EarnKind::PerEvent { points: values }
        | EarnKind::PerLine {
            points: values,
            unit: false,
        } => Rate::Flat(points(values)?),
        EarnKind::PerLine {
            points: values,
            unit: true,
        } => {
            let column = named.line_quantity.unwrap_or(usize::MAX);
            let den = program
                .columns
                .get(column)
                .map_or(1, |column| 10i64.pow(u32::from(column.digits)));
            Rate::Unit {
                points: points(values)?,
                quantity: column,
                den,
            }
        }
        EarnKind::Steps { amount, steps } => Rate::Steps(
            steps
                .iter()
                .map(|(from, value)| {
                    Ok((
                        fine(from.num.checked_mul(amount.den))?,
                        from.den,
                        over(scaled_points(*value, scale)?)?,
                    ))
                })
                .collect::<Result<_, TooFine>>()?,
        ),
        EarnKind::Multiplier { times, .. } => Rate::Times(ByRung(
            times
                .0
                .iter()
                .map(|times| (times.num - times.den, times.den))
                .collect(),
        )),
    })
}

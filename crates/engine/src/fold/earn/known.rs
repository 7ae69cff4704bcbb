//! Points that depend on nothing but the event: computed for all rows of a batch at once, so that the pass
//! over the accounts only looks them up.

use crate::calendar::Day;
use crate::canonical::Kind;
use crate::condition::columns::Numbers;
use crate::event::Batch;
use crate::fold::plan::{Plan, Rate, RulePlan};
use crate::fold::prepared::{Amount, When};
use crate::number::Divisor;

/// Exact points of the base rules of a kind of event, before caps.
#[derive(Debug)]
pub struct Known {
    /// For each base rule, in their order: points by row.
    pub points: Vec<Vec<i64>>,
    /// By row: which base rule alone gives points, [`SEVERAL`] or [`NOTHING`]. One load instead of a
    /// branch for each rule that nobody can predict.
    pub only: Vec<u8>,
}

/// Several base rules give points.
pub const SEVERAL: u8 = 255;

/// No base rule gives points.
pub const NOTHING: u8 = 254;

/// The points of every base rule of `kind`; none where events of this kind have no lane, or a number leaves
/// 64 bits.
pub fn known(
    plan: &Plan<'_>,
    kind: Kind,
    batch: &Batch,
    days: &[Day],
    when: &[When<'_>],
    amount: &[Option<Amount<'_>>],
) -> Option<Known> {
    plan.lanes[kind as usize].as_ref()?;
    let bases = &plan.base[kind as usize];
    let points: Vec<Vec<i64>> = bases
        .iter()
        .map(|rule| {
            let amount = match &amount[*rule] {
                Some(Amount::Asked(_)) => return None,
                Some(Amount::Numbers(numbers)) if !numbers.overflow.is_empty() => return None,
                Some(Amount::Numbers(numbers)) => Some(numbers),
                None => None,
            };
            let rule = (&plan.rules[*rule], &when[*rule]);
            points(rule, batch.rows, days, amount)
        })
        .collect::<Option<_>>()?;
    // In arithmetic, not by branches: which rule it is changes from row to row.
    let mut many = vec![0u8; batch.rows];
    let mut only = vec![0u8; batch.rows];
    for (place, points) in points.iter().enumerate() {
        for ((many, only), points) in many.iter_mut().zip(&mut only).zip(points) {
            let gives = u8::from(*points != 0);
            *many = many.saturating_add(gives);
            *only |= gives.wrapping_neg() & place as u8;
        }
    }
    for (many, only) in many.iter().zip(&mut only) {
        *only = match many {
            0 => NOTHING,
            1 => *only,
            _ => SEVERAL,
        };
    }
    Some(Known { points, only })
}

fn points(
    (plan, when): (&RulePlan, &When<'_>),
    rows: usize,
    days: &[Day],
    amount: Option<&Numbers>,
) -> Option<Vec<i64>> {
    let mut points = match (&plan.rate, amount) {
        (Rate::Flat(points), _) if points.0.len() == 1 => vec![*points.at(0); rows],
        (Rate::Amount(rate), Some(amount)) if rate.0.len() == 1 => {
            each(amount, |value| value.overflowing_mul(*rate.at(0)))?
        }
        (Rate::Whole { mul, div, points }, Some(amount)) if points.0.len() == 1 => {
            let (div, points) = (Divisor::new(*div), *points.at(0));
            each(amount, |value| {
                let (product, over) = value.overflowing_mul(*mul);
                let (points, too) = div.divide(product).overflowing_mul(points);
                (points, over || too)
            })?
        }
        _ => return None,
    };
    match when {
        When::Always => {}
        When::Mask(mask) if mask.overflow.is_empty() => {
            for (points, holds) in points.iter_mut().zip(&mask.rows) {
                *points &= -i64::from(*holds);
            }
        }
        _ => return None,
    }
    if plan.from > Day::MIN || plan.before < Day::MAX {
        for (points, day) in points.iter_mut().zip(days) {
            *points &= -i64::from(*day >= plan.from && *day < plan.before);
        }
    }
    Some(points)
}

/// `of` of every amount (nothing counts as 0), at least 0; none if one leaves 64 bits.
fn each(amount: &Numbers, of: impl Fn(i64) -> (i64, bool)) -> Option<Vec<i64>> {
    let mut over = false;
    let mut points = |value: i64| {
        let (points, leaves) = of(value);
        over |= leaves;
        points.max(0)
    };
    let points: Vec<i64> = match &amount.valid {
        None => amount.values.iter().map(|value| points(*value)).collect(),
        Some(valid) => {
            let values = amount.values.iter().zip(valid);
            values
                .map(|(value, valid)| points(if valid { *value } else { 0 }))
                .collect()
        }
    };
    (!over).then_some(points)
}

//! The one denominator over which exact points are integers.

use super::TooFine;
use crate::condition::expression::Expr;
use crate::number::{Rational, gcd};
use crate::program::{Combine, EarnKind, Program};

/// Scaled points.
pub(super) fn scaled_points(points: Rational, scale: u8) -> Result<Rational, TooFine> {
    points
        .times(Rational::whole(10i64.pow(u32::from(scale))))
        .ok_or_else(|| TooFine {
            rule: String::new(),
        })
}

/// Points (scaled) for one unit of the amount's integer.
pub(super) fn amount_rate(
    points: Rational,
    scale: u8,
    per: Rational,
    amount: &Expr,
) -> Result<Rational, TooFine> {
    scaled_points(points, scale)?
        .over(per)
        .and_then(|rate| rate.over(Rational::whole(amount.den)))
        .ok_or_else(|| TooFine {
            rule: String::new(),
        })
}

/// The one denominator over which every rule's exact points are integers: the least common multiple of
/// the base rates', times that of the multipliers' factors (as often as factors can be multiplied).
pub(super) fn denominator(program: &Program) -> Result<i64, TooFine> {
    let scale = program.scale();
    let (mut base, mut factor, mut depth) = (1i128, 1i128, 1u32);
    let lcm = |a: i128, b: i64| a / gcd(a, i128::from(b)) * i128::from(b);
    for earn in &program.earn {
        let named = |_| TooFine {
            rule: earn.id.clone(),
        };
        match &earn.kind {
            EarnKind::PerAmount {
                points,
                per,
                amount,
                whole: false,
            } => {
                for points in &points.0 {
                    base = lcm(
                        base,
                        amount_rate(*points, scale, *per, amount)
                            .map_err(named)?
                            .den,
                    );
                }
            }
            EarnKind::PerAmount { points, .. }
            | EarnKind::PerEvent { points }
            | EarnKind::PerLine {
                points,
                unit: false,
            } => {
                for points in &points.0 {
                    base = lcm(base, scaled_points(*points, scale).map_err(named)?.den);
                }
            }
            EarnKind::PerLine { points, unit: true } => {
                for points in &points.0 {
                    base = lcm(base, scaled_points(*points, scale).map_err(named)?.den);
                }
                // Quantities have digits of their own.
                base = lcm(base, 1_000_000);
            }
            EarnKind::Steps { steps, .. } => {
                for (_, points) in steps {
                    base = lcm(base, scaled_points(*points, scale).map_err(named)?.den);
                }
            }
            EarnKind::Multiplier { times, .. } => {
                for times in &times.0 {
                    factor = lcm(factor, times.den);
                }
            }
        }
        if base > 1 << 40 || factor > 1 << 40 {
            return Err(TooFine {
                rule: earn.id.clone(),
            });
        }
    }
    for group in &program.groups {
        if let Some(max) = group.max {
            factor = lcm(factor, max.den);
        }
        if group.combine == Some(Combine::Multiply) {
            let id = program.groups.iter().position(|other| other.id == group.id);
            depth = depth.max(program.earn.iter().filter(|earn| earn.group == id).count() as u32);
        }
    }
    factor
        .checked_pow(depth)
        .and_then(|factor| base.checked_mul(factor))
        .and_then(|all| i64::try_from(all).ok())
        .filter(|all| *all < 1 << 40)
        .ok_or_else(|| TooFine {
            rule: program
                .earn
                .first()
                .map_or(String::new(), |earn| earn.id.clone()),
        })
}

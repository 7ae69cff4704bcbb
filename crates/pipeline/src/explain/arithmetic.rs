//! How a rule came to what it gave, as one line of arithmetic.

use rungs_engine::condition::expression::Sort;
use rungs_engine::number::{Rational, decimal};
use rungs_engine::program::{Earn, EarnKind, Program, RoundAt};
use serde_json::Value;

use super::text::{word, words};

/// The arithmetic of a grant by `earn`, from the cause that was kept and the rung it was given at:
/// `5.75 × 10 per 1.00 = 57.5, rounded down`.
pub(super) fn arithmetic(
    program: &Program,
    earn: &Earn,
    cause: &Value,
    rung: &str,
) -> Option<String> {
    let (exact, booked) = (word(&cause["exact"])?, word(&cause["booked"])?);
    let rungs = program.tiers.as_ref().map_or(&[][..], |tiers| &tiers.rungs);
    let rung = rungs.iter().position(|known| known.id == rung).unwrap_or(0);
    let whole = number(&exact)?;
    let sum = match &earn.kind {
        EarnKind::PerAmount {
            points,
            per,
            whole: floors,
            amount: of,
        } => {
            let points = *points.at(rung);
            // Money as it is written on the receipt.
            let money = |value: Rational| match value.scaled(program.currency_digits) {
                Some(units) if of.sort == Sort::Money => decimal(units, program.currency_digits),
                _ => value.to_string(),
            };
            match whole.times(*per).and_then(|amount| amount.over(points)) {
                Some(amount) if !floors => {
                    format!("{} × {points} per {} = {exact}", money(amount), money(*per))
                }
                _ => format!("{points} for every whole {}: {exact}", money(*per)),
            }
        }
        EarnKind::PerEvent { .. } => exact.clone(),
        EarnKind::PerLine { points, unit } => {
            format!(
                "{} a {} = {exact}",
                points.at(rung),
                if *unit { "unit" } else { "line" }
            )
        }
        EarnKind::Steps { steps, .. } => {
            let step = steps.iter().rev().find(|(_, points)| *points == whole);
            step.map_or_else(
                || exact.clone(),
                |(from, _)| format!("{exact} from {from} on"),
            )
        }
        EarnKind::Multiplier { times, of } => {
            let of: Vec<&str> = of
                .iter()
                .map(|rule| program.earn[*rule].id.as_str())
                .collect();
            format!("{} times {} = {exact} more", times.at(rung), of.join(", "))
        }
    };
    let after = word(&cause["after_caps"]);
    let capped = after
        .as_ref()
        .map_or_else(String::new, |after| format!(", {after} after caps"));
    let last = number(after.as_ref().unwrap_or(&exact))?;
    let rounded = if number(&booked)? == last {
        String::new()
    } else {
        let at = match program.wallet(earn.wallet)?.round_at {
            RoundAt::Event => "the event's sum",
            RoundAt::Line => "the sum of each line",
        };
        format!(
            ", booked {booked} ({at} rounded {})",
            words(&cause["rounding"])
        )
    };
    Some(format!("{sum}{capped}{rounded}"))
}

fn number(text: &str) -> Option<Rational> {
    match text.split_once('/') {
        Some((num, den)) => Rational::new(num.parse().ok()?, den.parse().ok()?),
        None => Rational::from_decimal(text),
    }
}

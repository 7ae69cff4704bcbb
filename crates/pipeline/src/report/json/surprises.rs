//! Surprises: draws that were held, and what came of them.

use super::{Exact, date};
use crate::report::Report;
use crate::report::surprises::{DAYS, Draw, SurpriseHeld};
use rungs_engine::calendar::Day;
use rungs_engine::statistics::{Arm, Comparison};
use serde::Serialize;

/// So many draws of a surprise are listed at most, the last ones.
const LISTED: usize = 366;

/// Digits after the point of means and differences.
const MEAN_DIGITS: u8 = 6;

#[derive(Serialize)]
pub(super) struct SurpriseOf<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    draws: Vec<DrawOf>,
    more_draws: usize,
    entrants: u64,
    winners: u64,
    cost: Exact,
    budget: Option<BudgetOf>,
    effect: Option<EffectOf>,
}

#[derive(Serialize)]
struct DrawOf {
    on: String,
    entrants: u64,
    winners: u64,
}

#[derive(Serialize)]
struct BudgetOf {
    per_draw: u64,
    left: u64,
}

#[derive(Serialize)]
struct EffectOf {
    days: Day,
    winners: ArmOf,
    losers: ArmOf,
    difference: Exact,
    low: Option<Exact>,
    high: Option<Exact>,
}

#[derive(Serialize)]
struct ArmOf {
    n: u64,
    orders: u64,
    mean: Exact,
}

/// What the report tells of surprises, if it does.
pub(super) fn surprises<'a>(report: &'a Report<'_>) -> Option<Vec<SurpriseOf<'a>>> {
    let surprises = report.surprises.as_ref()?.iter();
    Some(
        surprises
            .filter_map(|held| SurpriseOf::of(report, held))
            .collect(),
    )
}

impl SurpriseOf<'_> {
    fn of<'a>(report: &'a Report<'_>, held: &SurpriseHeld) -> Option<SurpriseOf<'a>> {
        let program = report.program;
        let declared = program.surprises.get(held.surprise)?;
        let more_draws = held.draws.len().saturating_sub(LISTED);
        let last = held.draws.last().map_or(0, |draw| draw.winners);
        Some(SurpriseOf {
            id: &declared.id,
            name: declared.name.as_deref(),
            draws: held.draws.iter().skip(more_draws).map(DrawOf::of).collect(),
            more_draws,
            entrants: held.draws.iter().map(|draw| draw.entrants).sum(),
            winners: held.draws.iter().map(|draw| draw.winners).sum(),
            cost: Exact::units(held.cost, program.currency_digits),
            budget: held.budget.map(|per_draw| BudgetOf {
                per_draw,
                left: per_draw.saturating_sub(last),
            }),
            effect: held.effect.as_ref().map(EffectOf::of),
        })
    }
}

impl DrawOf {
    fn of(draw: &Draw) -> DrawOf {
        DrawOf {
            on: date(draw.day),
            entrants: draw.entrants,
            winners: draw.winners,
        }
    }
}

impl EffectOf {
    fn of(compared: &Comparison) -> EffectOf {
        let number = |millionths| Exact::units(millionths, MEAN_DIGITS);
        let arm = |arm: Arm, mean| ArmOf {
            n: arm.n,
            orders: arm.sum,
            mean: number(mean),
        };
        EffectOf {
            days: DAYS,
            winners: arm(compared.arms[0], compared.means[0]),
            losers: arm(compared.arms[1], compared.means[1]),
            difference: number(compared.difference),
            low: compared.interval.map(|(low, _)| number(low)),
            high: compared.interval.map(|(_, high)| number(high)),
        }
    }
}

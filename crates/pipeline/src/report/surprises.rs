//! Surprises: the draws that were held, what they cost and what came of them. The lake holds decisions of days to
//! come as well; here only draws on settled days count, so that a report tells nothing ahead of time.

use crate::lake::decisions::{Decision, read_decisions};
use crate::lake::error::LakeError;
use crate::lake::manifest::Manifest;
use crate::lake::store::Store;
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::kpi::AccountFacts;
use rungs_engine::program::{Program, Versions};
use rungs_engine::statistics::{Arm, Comparison, compare};
use std::collections::BTreeMap;

/// Days after a draw, its own the first, in which orders of its entrants are counted.
pub const DAYS: Day = 28;

/// A surprise and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurpriseHeld {
    /// Its index in `Program::surprises`.
    pub surprise: usize,
    /// Its draws, by time.
    pub draws: Vec<Draw>,
    /// What the rewards of its winners cost in minor units.
    pub cost: i128,
    /// Winners of its last draw at most, if there is a limit.
    pub budget: Option<u64>,
    /// Orders of winners against those of losers of the same draws; nothing if no draw says anything yet.
    pub effect: Option<Comparison>,
}

/// A draw that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Its local day.
    pub day: Day,
    /// Members whose chance came up.
    pub entrants: u64,
    /// Those of them that the budget reached: the lowest tickets.
    pub winners: u64,
}

/// The draws of all surprises up to the day of a report, and who is asked for orders.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// By surprise and time.
    draws: Vec<OneDraw>,
    /// By account, for draws that tell something: the place of the draw, and whether it was won.
    tickets: BTreeMap<String, Vec<(usize, bool)>>,
}

#[derive(Debug, Clone, Copy)]
struct OneDraw {
    surprise: usize,
    draw: Draw,
    /// What its winners' rewards cost in minor units.
    cost: i128,
    /// Its winners at most.
    budget: Option<u64>,
    /// Whether it has winners and losers, and its days are over.
    tells: bool,
}

impl Held {
    /// Those of a store after these runs.
    pub(super) fn read(
        store: &Store,
        versions: &Versions,
        manifests: &[Manifest],
        as_of: Day,
    ) -> Result<Held, LakeError> {
        match versions.newest().surprises.is_empty() {
            true => Ok(Held::default()),
            false => Ok(Held::of(
                versions,
                &read_decisions(store, manifests)?,
                as_of,
            )),
        }
    }

    fn of(versions: &Versions, decisions: &[Decision], as_of: Day) -> Held {
        // All versions number surprises alike; a surprise that none has any more is not told.
        let surprises = &versions.newest().surprises;
        let zone = &versions.on(as_of).zone;
        let until = zone.midnight(as_of + 1);
        let mut draws: BTreeMap<(usize, Instant), Vec<&Decision>> = BTreeMap::new();
        for decision in decisions.iter().filter(|decision| decision.at < until) {
            if let Some(surprise) = surprises.iter().position(|it| it.id == decision.surprise) {
                let tickets = draws.entry((surprise, decision.at)).or_default();
                tickets.push(decision);
            }
        }
        let mut held = Held::default();
        for ((surprise, at), tickets) in draws {
            let day = zone.day(at);
            let program = versions.on(day);
            let declared = program.surprises.get(surprise);
            let reward = declared.and_then(|it| program.rewards.get(it.reward));
            let cost = reward.and_then(|reward| reward.cost).unwrap_or(0);
            let winners = tickets.iter().filter(|ticket| ticket.won).count();
            let tells = (1..tickets.len()).contains(&winners) && day + DAYS <= as_of + 1;
            if tells {
                for ticket in &tickets {
                    let own = held.tickets.entry(ticket.account.clone()).or_default();
                    own.push((held.draws.len(), ticket.won));
                }
            }
            held.draws.push(OneDraw {
                surprise,
                draw: Draw {
                    day,
                    entrants: tickets.len() as u64,
                    winners: winners as u64,
                },
                cost: i128::from(cost) * winners as i128,
                budget: declared.and_then(|it| it.budget),
                tells,
            });
        }
        held
    }

    /// Whether orders must be counted.
    pub(super) fn asks(&self) -> bool {
        !self.tickets.is_empty()
    }

    /// Winners and losers of each draw, of whom no orders were counted yet.
    pub(super) fn start(&self) -> Vec<[Arm; 2]> {
        vec![[Arm::default(); 2]; self.draws.len()]
    }

    /// Counts the orders of an account of which something is left.
    pub(super) fn observe(&self, facts: &AccountFacts<'_>, answers: &mut [[Arm; 2]]) {
        for (place, won) in self.tickets.get(facts.account).into_iter().flatten() {
            let first = self.draws[*place].draw.day;
            let days = first..first + DAYS;
            let orders = facts.orders.iter();
            let bought = orders.filter(|order| !order.whole && days.contains(&order.day));
            let bought = bought.count() as u64;
            let arm = &mut answers[*place][usize::from(!won)];
            arm.sum += bought;
            arm.squares += bought * bought;
        }
    }

    /// What came of each surprise that `program` has, or that was drawn; `answers` are those of all accounts.
    pub(super) fn finish(&self, program: &Program, answers: &[[Arm; 2]]) -> Vec<SurpriseHeld> {
        let surprises = program.surprises.iter().enumerate();
        let all = surprises.map(|(surprise, declared)| {
            let own = || {
                self.draws
                    .iter()
                    .zip(answers)
                    .filter(move |(one, _)| one.surprise == surprise)
            };
            let strata: Vec<[Arm; 2]> = own()
                .filter(|(one, _)| one.tells)
                .map(|(one, [won, lost])| {
                    let Draw {
                        entrants, winners, ..
                    } = one.draw;
                    [(winners, won), (entrants - winners, lost)].map(|(n, arm)| Arm { n, ..*arm })
                })
                .collect();
            let held = SurpriseHeld {
                surprise,
                draws: own().map(|(one, _)| one.draw).collect(),
                cost: own().map(|(one, _)| one.cost).sum(),
                budget: own()
                    .next_back()
                    .map_or(declared.budget, |(one, _)| one.budget),
                effect: compare(&strata),
            };
            (declared.absent, held)
        });
        let told = all.filter(|(absent, held)| !absent || !held.draws.is_empty());
        told.map(|(_, held)| held).collect()
    }
}

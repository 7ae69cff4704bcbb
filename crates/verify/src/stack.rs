//! Multipliers: what they add to the points of base rules, and what holds where they meet.

use crate::earn::{Parts, Round};
use crate::exact::{Checked, Exact, minus, plus, rate, times};
use num_traits::{One, Zero};
use rungs_engine::program::{Combine, EarnKind};
use std::cmp::Reverse;
use std::collections::BTreeMap;

impl Round<'_> {
    /// What the multipliers that hold add to the base rules' points, by multiplier.
    pub(crate) fn multiplied(
        &self,
        bases: &BTreeMap<usize, Parts>,
        multipliers: &[(usize, Vec<bool>)],
    ) -> Checked<BTreeMap<usize, Parts>> {
        let earn = &self.reading.program.earn;
        let mut bonus: BTreeMap<usize, Parts> = BTreeMap::new();
        for (base, points) in bases {
            for (slot, amount) in points.iter().enumerate() {
                if amount.is_zero() {
                    continue;
                }
                // One that runs per line holds at its lines; the others hold for the whole event.
                let applying: Vec<usize> = multipliers
                    .iter()
                    .filter(|(index, held)| {
                        let here = if earn[*index].per_line {
                            slot < self.lines && held[slot]
                        } else {
                            held[self.lines]
                        };
                        here && matches!(&earn[*index].kind,
                            EarnKind::Multiplier { of, .. } if of.contains(base))
                    })
                    .map(|(index, _)| *index)
                    .collect();
                for (index, factor) in self.factors(&applying)? {
                    let added = times(factor, *amount)?.max(Exact::zero());
                    let parts = bonus.entry(index).or_insert_with(|| self.none());
                    parts[slot] = plus(parts[slot], added)?;
                }
            }
        }
        Ok(bonus)
    }

    fn times_of(&self, index: usize) -> Exact {
        match &self.reading.program.earn[index].kind {
            EarnKind::Multiplier { times, .. } => rate(*times.at(self.question.state.rung)),
            _ => Exact::one(),
        }
    }

    /// By how much of the base each of these multipliers (in order of their ids) raises it.
    fn factors(&self, applying: &[usize]) -> Checked<Vec<(usize, Exact)>> {
        let program = self.reading.program;
        let mut all = Vec::new();
        let alone = applying
            .iter()
            .filter(|index| program.earn[**index].group.is_none());
        for index in alone {
            all.push((*index, minus(self.times_of(*index), Exact::one())?));
        }
        for (group, declared) in program.groups.iter().enumerate() {
            let members: Vec<usize> = applying
                .iter()
                .copied()
                .filter(|index| program.earn[*index].group == Some(group))
                .collect();
            if members.is_empty() {
                continue;
            }
            let mut left = declared
                .max
                .map(|max| minus(rate(max), Exact::one()))
                .transpose()?;
            for (index, factor) in self.combined(declared.combine, &members)? {
                let factor = left.map_or(factor, |left| factor.min(left));
                left = left.map(|left| minus(left, factor)).transpose()?;
                all.push((index, factor));
            }
        }
        Ok(all)
    }

    fn combined(
        &self,
        combine: Option<Combine>,
        members: &[usize],
    ) -> Checked<Vec<(usize, Exact)>> {
        let program = self.reading.program;
        let above_one = |index: usize| minus(self.times_of(index), Exact::one());
        let one = |index: Option<&usize>| -> Checked<Vec<(usize, Exact)>> {
            index
                .map(|index| Ok((*index, above_one(*index)?)))
                .into_iter()
                .collect()
        };
        match combine {
            Some(Combine::Highest) => one(members
                .iter()
                .min_by_key(|index| (Reverse(self.times_of(**index)), **index))),
            Some(Combine::First) => one(members
                .iter()
                .min_by_key(|index| (Reverse(program.earn[**index].priority), **index))),
            Some(Combine::Multiply) => {
                let mut product = Exact::one();
                let mut all = Vec::new();
                for &index in members {
                    all.push((index, times(above_one(index)?, product)?));
                    product = times(product, self.times_of(index))?;
                }
                Ok(all)
            }
            Some(Combine::Add) | None => members
                .iter()
                .map(|index| Ok((*index, above_one(*index)?)))
                .collect(),
        }
    }
}

//! Who holds which rung when.

use super::facts::{AccountFacts, RungFact};
use crate::calendar::Day;

/// The rung of one account as time goes on.
#[derive(Debug, Clone)]
pub struct Holder<'a> {
    moves: std::slice::Iter<'a, RungFact>,
    enrolled: Option<Day>,
    rung: usize,
    none: usize,
    grouped: bool,
}

impl<'a> Holder<'a> {
    /// At the beginning of time. Without `grouped` everybody is in one group.
    pub fn new(facts: &AccountFacts<'a>, rungs: usize, grouped: bool) -> Holder<'a> {
        Holder {
            moves: facts.rungs.iter(),
            enrolled: facts.enrolled,
            rung: facts
                .rungs
                .first()
                .map_or(0, |first| usize::from(first.from)),
            none: rungs,
            grouped,
        }
    }

    /// Whether accounts are told apart by rung.
    pub fn grouped(&self) -> bool {
        self.grouped
    }

    /// The rung just before a day begins; the number of rungs for an account that has not joined by
    /// then. Ask with rising days.
    pub fn at(&mut self, before: Day) -> usize {
        while let Some(moved) = self.moves.as_slice().first() {
            if moved.day >= before {
                break;
            }
            self.rung = usize::from(moved.to);
            self.moves.next();
        }
        match self.enrolled {
            // A rung beyond the ladder (of another version) counts as none.
            Some(day) if day < before => self.rung.min(self.none),
            _ => self.none,
        }
    }
}

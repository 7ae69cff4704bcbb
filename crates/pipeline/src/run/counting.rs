//! What a run adds to the sums of all accounts ([`Together`]), counted while it settles: the report of
//! the night then needs no history.

use crate::report::{FactsReader, Held};
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::event::Batch;
use rungs_engine::fold::AccountState;
use rungs_engine::kpi::{PointsFact, RewardFact, Together};
use rungs_engine::ledger::{Entry, Issued};
use rungs_engine::program::Program;
use std::ops::Range;

/// Counts the accounts of a range, one after the other.
#[derive(Debug)]
pub struct Counting<'p> {
    program: &'p Program,
    /// What came of it.
    pub together: Together,
    facts: FactsReader<'p>,
    held: Held,
    /// The local day that was asked for last, with its beginning and its end.
    day: (Day, Instant, Instant),
}

impl<'p> Counting<'p> {
    /// For a run up to a day.
    pub fn new(program: &'p Program, as_of: Day) -> Counting<'p> {
        Counting {
            program,
            together: Together::new(program),
            facts: FactsReader::new(program, as_of),
            held: Held::new(program),
            day: (0, 0, 0),
        }
    }

    /// An account begins.
    pub fn account(&mut self) {
        self.held.clear();
    }

    fn day(&mut self, at: Instant) -> Day {
        if at < self.day.1 || at >= self.day.2 {
            let zone = &self.program.zone;
            let day = zone.day(at);
            self.day = (day, zone.midnight(day), zone.midnight(day + 1));
        }
        self.day.0
    }

    /// An entry of the account. Those of earlier runs, if they are booked again in a replay, say only
    /// which lots were released.
    #[inline]
    pub fn entry(&mut self, entry: &Entry, new: bool) {
        let pending = self.held.back(entry);
        if new {
            let day = self.day(entry.at);
            self.together.point(&PointsFact {
                day,
                kind: entry.kind,
                points: entry.points,
                pending,
            });
        }
    }

    /// A reward of this run.
    pub fn reward(&mut self, issued: &Issued) {
        let day = self.day(issued.at);
        self.together.reward(&RewardFact {
            day,
            reward: issued.reward,
            cost: issued.cost,
        });
    }

    /// The events of this run, where none of them changes what earlier ones are worth. `before`: orders
    /// of the account of which something was left; returns how many they are now.
    pub fn events(&mut self, batch: &Batch, rows: Range<usize>, before: i64) -> i64 {
        let after = before + self.count(batch, rows, 1);
        self.customer(before, after);
        after
    }

    /// All events of the account, those of this run from `settled` on.
    pub fn events_again(&mut self, batch: &Batch, settled: Instant) -> i64 {
        let new = batch.time.partition_point(|at| *at < settled);
        let before = self.count(batch, 0..new, -1);
        let after = self.count(batch, 0..batch.rows, 1);
        self.customer(before, after);
        after
    }

    fn count(&mut self, batch: &Batch, rows: Range<usize>, sign: i128) -> i64 {
        self.facts.clear();
        if rows.is_empty() {
            return 0;
        }
        self.facts.history(batch, rows, &[]);
        let facts = self.facts.facts("");
        if let Some(first) = facts.first_day() {
            self.together.seen(first);
        }
        self.together.bought(facts.orders, sign)
    }

    fn customer(&mut self, before: i64, after: i64) {
        self.together.customers += i128::from(after > 0) - i128::from(before > 0);
    }

    /// An account as it was (`sign` −1) or is now (1).
    pub fn state(&mut self, state: &AccountState, sign: i128) {
        if state.enrolled.is_some() {
            self.together.on_rung(usize::from(state.rung), sign);
        }
    }
}

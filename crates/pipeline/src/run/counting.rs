//! What a run adds to the sums of all accounts ([`Together`]), counted while it settles: the report of
//! the night then needs no history.

use crate::report::{FactsReader, Held};
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::event::Batch;
use rungs_engine::fold::AccountState;
use rungs_engine::kpi::{OpenEnds, PointsFact, RewardFact, Together};
use rungs_engine::ledger::{Booking, Entry, Issued};
use rungs_engine::program::{Program, Versions};
use std::ops::Range;

/// Counts the accounts of a range, one after the other.
#[derive(Debug)]
pub struct Counting<'p> {
    versions: &'p Versions,
    program: &'p Program,
    /// The run's last night.
    as_of: Day,
    /// Whether the run looks at every account.
    everybody: bool,
    /// What came of it.
    pub together: Together,
    facts: FactsReader<'p>,
    held: Held<'p>,
    /// The local day that was asked for last, with its beginning and its end.
    day: (Day, Instant, Instant),
}

impl<'p> Counting<'p> {
    /// For a run up to a day, and whether it looks at every account.
    pub fn new(versions: &'p Versions, as_of: Day, everybody: bool) -> Counting<'p> {
        let program = versions.on(as_of);
        Counting {
            versions,
            program,
            as_of,
            everybody,
            together: Together::new(program),
            facts: FactsReader::new(versions, as_of),
            held: Held::new(versions),
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

    /// An entry of an earlier run: it says only which lots were released.
    #[inline]
    pub fn known(&mut self, entry: &Entry) {
        self.held.back(Booking::OnTime, entry);
    }

    /// An entry of this run.
    #[inline]
    pub fn entry(&mut self, booking: Booking, entry: &Entry) {
        let pending = self.held.back(booking, entry);
        let day = self.booked(booking, entry.at);
        self.together.point(&PointsFact {
            day,
            wallet: self.versions.wallet_of(entry),
            kind: entry.kind,
            points: booking.sign() * entry.points,
            taken: entry.points < 0,
            pending,
        });
    }

    /// A reward of this run.
    pub fn reward(&mut self, booking: Booking, issued: &Issued) {
        let day = self.booked(booking, issued.at);
        self.together.reward(&RewardFact {
            day,
            reward: issued.reward,
            number: booking.sign() * issued.number(),
            cost: booking.sign() * issued.cost,
        });
    }

    /// The day that a line counts for: what is corrected counts when it is booked, so that months that
    /// were reported stay as they were.
    #[inline]
    fn booked(&mut self, booking: Booking, at: Instant) -> Day {
        match booking {
            Booking::OnTime => self.day(at),
            _ => self.as_of,
        }
    }

    /// The events of this run, where none of them changes what earlier ones are worth. `before`: orders
    /// of the account of which something was left; returns how many they are now.
    pub fn events(&mut self, batch: &Batch, rows: Range<usize>, before: i64) -> i64 {
        let after = before + self.count(batch, rows, 1);
        self.customer(before, after);
        after
    }

    /// All events of the account: those of earlier runs as they were known, and all as they are known
    /// now.
    pub fn events_again(&mut self, past: &Batch, all: &Batch) -> i64 {
        let before = self.count(past, 0..past.rows, -1);
        let after = self.count(all, 0..all.rows, 1);
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

    /// An account as it was (`sign` −1) or is now (1). When everybody is looked at, all ends of points are counted
    /// anew: a version that begins may move them, or its zone their days.
    pub fn state(&mut self, state: &AccountState, sign: i128) {
        if let Some(ends) = &mut self.together.ends
            && (sign > 0 || !self.everybody)
        {
            OpenEnds::account(ends, self.program, state, sign);
        }
        if state.enrolled.is_some() {
            self.together.on_rung(usize::from(state.rung), sign);
        }
    }
}

//! The law of convergence in memory, over very many histories: every account is settled night by night from
//! what is known of it, each night booking what differs from the nights before; what stands in the end is what
//! would have been booked had everything been known on its day. Versions of the programme come in between.
//! What files, cuts and stores add to it is in `late.rs`, over fewer histories.

use crate::met::Met;
use crate::world::World;
use crate::{nights, number};
use rayon::prelude::*;
use rungs_engine::calendar::Day;
use rungs_engine::event::Batch;
use rungs_engine::fold::{AccountState, Fold, Given, Plans};
use rungs_engine::ledger::canonical::account_lines;
use rungs_engine::ledger::{Booking, Entry, Issued, RungMove};
use rungs_engine::rehearsal::{EventTable, batches, rehearse};
use rungs_histories::{Content, Random};
use rungs_pipeline::run::{Booked, replay};
use rungs_simulation::Receipts;
use std::collections::{BTreeMap, BTreeSet};

/// Histories in the default run.
const HISTORIES: u64 = 10_000;

/// What stands of an account's ledger.
#[derive(Default)]
struct Standing {
    entries: Vec<Entry>,
    rungs: Vec<RungMove>,
    issued: Vec<Issued>,
    /// Used, and not deserved any more.
    kept: Vec<Issued>,
    /// Among the issued: what refunds take back of what was used.
    undone: Vec<Issued>,
}

/// Books a line that holds, or takes back one that is there.
fn stand<T: PartialEq + Clone>(lines: &mut Vec<T>, booking: Booking, line: &T) {
    match booking {
        Booking::Withdrawn => {
            let place = lines.iter().position(|other| other == line);
            lines.remove(place.expect("only what was booked is taken back"));
        }
        _ => lines.push(line.clone()),
    }
}

impl Standing {
    fn book(&mut self, booked: &Booked) {
        for (booking, line) in &booked.entries {
            stand(&mut self.entries, *booking, line);
        }
        for (booking, line) in &booked.rungs {
            stand(&mut self.rungs, *booking, line);
        }
        for (booking, line) in &booked.issued {
            let back = line.revoked_by.is_some();
            match (booking, back) {
                (Booking::Kept, false) => {
                    stand(&mut self.issued, Booking::Withdrawn, line);
                    self.kept.push(line.clone());
                }
                (Booking::Restored, false) => {
                    let known = self.kept.iter().position(|kept| kept.same_reward(line));
                    self.kept
                        .remove(known.expect("only what was kept is restored"));
                    self.issued.push(line.clone());
                }
                (Booking::Kept, true) => {
                    self.issued.push(line.clone());
                    self.undone.push(line.clone());
                }
                (Booking::Restored, true) => {
                    let known = self.undone.iter().position(|kept| kept.same_reward(line));
                    self.undone
                        .remove(known.expect("only what was undone is restored"));
                    stand(&mut self.issued, Booking::Withdrawn, line);
                }
                _ => stand(&mut self.issued, *booking, line),
            }
        }
    }
}

/// What is known of every account after a night.
fn known(world: &World, receipts: &Receipts, night: Day) -> BTreeMap<String, Batch> {
    let tables: Vec<EventTable> = receipts.known(night);
    batches(world.program(), &tables).unwrap()
}

/// Settles a history as it comes to be known; what it contains, and how often later nights booked what.
fn settled(seed: u64) -> (Content, BTreeMap<String, u64>) {
    let world = World::new(seed);
    let receipts = Receipts::new(world.uploads(), world.as_of, seed);
    let mut random = Random(seed ^ 0x1a7e3);
    let plans = Plans::new(&world.versions).unwrap();
    let zone = &world.program().zone;
    let mut accounts: BTreeMap<String, Standing> = BTreeMap::new();
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    let (mut before, mut until_before) = (BTreeMap::new(), i64::MIN);
    let nothing = Batch::empty();
    let mut fold = Fold::default();
    let apart = *random.pick(&[30, 45, 90]);
    for night in nights(&world, &mut random, apart) {
        let until = zone.midnight(night + 1);
        let now = known(&world, &receipts, night);
        let names: BTreeSet<&String> = now.keys().chain(before.keys()).collect();
        for account in names {
            let standing = accounts.entry(account.clone()).or_default();
            let (past, all_events) = (
                before.get(account).unwrap_or(&nothing),
                now.get(account).unwrap_or(&nothing),
            );
            let kept: Vec<Issued> = standing
                .kept
                .iter()
                .chain(&standing.undone)
                .cloned()
                .collect();
            let given = Given {
                account,
                wins: &[],
                until,
            };
            let mut state = AccountState::default();
            let events = (&up_to(past, until_before), &up_to(all_events, until));
            let known = (until_before, kept.as_slice());
            let booked = replay(&mut fold, &plans, events, given, known, &mut state);
            let later = booked
                .entries
                .iter()
                .map(|(booking, line)| (booking, line.kind.text()));
            let later = later.chain(booked.rungs.iter().map(|(booking, _)| (booking, "rung")));
            for (booking, kind) in
                later.chain(booked.issued.iter().map(|(booking, _)| (booking, "issue")))
            {
                if let Some(booking) = booking.text() {
                    *all.entry(format!("{kind} {booking}")).or_default() += 1;
                }
            }
            standing.book(&booked);
        }
        (before, until_before) = (now, until);
    }
    let mut content = Content::default();
    content.histories += 1;
    let nobody = BTreeMap::new();
    let on_time = rehearse(&plans, &world.made.tables, &nobody, world.as_of).unwrap();
    for (account, one) in &on_time {
        let lines = |entries: &[Entry], rungs: &[RungMove], issued: &[Issued]| {
            account_lines(world.program(), account, entries, rungs, issued)
        };
        let expected = lines(&one.kept.entries, &one.kept.rungs, &one.kept.issued);
        let found = accounts.remove(account).unwrap_or_default();
        let found = lines(&found.entries, &found.rungs, &found.issued);
        world.same(
            "what came late did not end as the history",
            &expected,
            &found,
        );
        content.count(&world.versions, one);
    }
    for (account, one) in accounts {
        let nothing = one.entries.is_empty() && one.rungs.is_empty() && one.issued.is_empty();
        assert!(
            nothing,
            "seed {seed}: something stands of {account}, which has no events"
        );
    }
    (content, all)
}

/// The events before an instant.
fn up_to(batch: &Batch, until: i64) -> Batch {
    let rows: Vec<usize> = (0..batch.rows)
        .filter(|row| batch.time[*row] < until)
        .collect();
    rungs_engine::fold::slice(batch, &rows)
}

#[test]
fn ten_thousand_histories_end_as_if_all_had_been_known_in_time() {
    let first = number("RUNGS_SEED").unwrap_or(0);
    let histories = number("RUNGS_HISTORIES").unwrap_or(HISTORIES);
    let settled: Vec<_> = (first..first + histories)
        .into_par_iter()
        .map(settled)
        .collect();
    Met::together(settled).often_enough(20, false, &[]);
}

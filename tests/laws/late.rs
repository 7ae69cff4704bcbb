//! The law of convergence: once the last late or corrected event is settled, what stands of the ledger is
//! what would have been booked had everything been known on its day. Late files, wrong contents that are
//! corrected, and events that are cancelled, settled night by night or several nights at once.

use crate::met::Met;
use crate::world::World;
use crate::{nights, number, recounted};
use rayon::prelude::*;
use rungs_engine::calendar::Day;
use rungs_engine::fold::Plans;
use rungs_engine::ledger::canonical::account_lines;
use rungs_engine::rehearsal::rehearse;
use rungs_histories::{Content, Random};
use rungs_pipeline::lake::ledger::Ledger;
use rungs_pipeline::lake::store::Store;
use rungs_simulation::Receipts;
use std::collections::BTreeMap;
use std::path::Path;

/// Histories in the default run.
const HISTORIES: u64 = 120;

/// What the runs of a store corrected.
fn corrected(store: &Path, all: &mut BTreeMap<String, u64>) {
    let store = Store::open(store).unwrap();
    for manifest in store.manifests().unwrap() {
        for (name, count) in &manifest.counts {
            if name.starts_with("corrections.") || name.starts_with("quarantine.") {
                *all.entry(name.clone()).or_default() += count;
            }
        }
    }
    let ledger = Ledger::open(&store).unwrap();
    for shard in 0..store.shards() {
        ledger
            .for_each_account(shard, |account| {
                let causes = account.entries.iter().map(|row| row.cause);
                let causes = causes.chain(account.rungs.iter().map(|row| row.cause));
                for cause in causes.chain(account.rewards.iter().map(|row| row.cause)) {
                    let cause = ledger.cause(cause).unwrap();
                    if let Some(booking) = cause.booking.text() {
                        let name = format!("{} {booking}", cause.kind.text());
                        *all.entry(name).or_default() += 1;
                    }
                }
                Ok(())
            })
            .unwrap();
    }
}

/// Settles a history as it comes to be known; what it contains, and what was corrected.
fn settled_late(seed: u64) -> (Content, BTreeMap<String, u64>) {
    let (mut content, mut all) = (Content::default(), BTreeMap::new());
    let world = World::corrected(seed);
    let receipts = Receipts::new(world.uploads(), world.as_of, seed);
    let mut random = Random(seed ^ 0x1a7e2);
    let apart = *random.pick(&[7, 20, 60]);
    let nights = nights(&world, &mut random, apart);
    let (inbox, store) = (world.inbox("late-inbox", &[]), world.path("late-store"));
    let shards = *random.pick(&[1, 7]);
    let mut settled = Day::MIN;
    for night in nights {
        receipts.write(&inbox, settled, night).unwrap();
        world.settle(&inbox, &store, night, shards);
        settled = night;
    }
    let plans = Plans::new(&world.versions).unwrap();
    let wins = world.wins(&store);
    let on_time = rehearse(&plans, &world.made.tables, &wins, world.as_of).unwrap();
    let mut expected: Vec<String> = Vec::new();
    for (account, one) in &on_time {
        let kept = &one.kept;
        let (entries, rungs, issued) = (&kept.entries, &kept.rungs, &kept.issued);
        let lines = account_lines(world.program(), account, entries, rungs, issued);
        expected.extend(lines);
        content.count(&world.versions, one);
    }
    content.histories += 1;
    // What was used before it turned out to be undeserved stays, beside what would have been booked.
    let mut found = world.ledger(&store);
    found.retain(|line| !line.contains("\"table\":\"kept\""));
    let what = "what came late, was corrected or cancelled did not end as the history";
    world.same(what, &expected, &found);
    recounted(&world, &store);
    world.counted_anew(&store);
    corrected(&store, &mut all);
    (content, all)
}

#[test]
fn once_everything_is_known_the_ledger_is_that_of_the_history() {
    let first = number("RUNGS_SEED").unwrap_or(0);
    let histories = number("RUNGS_HISTORIES").unwrap_or(HISTORIES);
    let settled: Vec<_> = (first..first + histories)
        .into_par_iter()
        .map(settled_late)
        .collect();
    let met = Met::together(settled);
    let corrected = [
        "corrections.late",
        "corrections.revised",
        "corrections.void",
    ];
    met.often_enough(8, true, &corrected);
    assert_eq!(met.count("quarantine.row/late"), 0);
    assert_eq!(met.count("quarantine.row/conflict"), 0);
}

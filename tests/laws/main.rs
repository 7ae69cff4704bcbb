//! The laws of batching and replay: how files are split, ordered and repeated, in how many shards, on how
//! many threads and in how many runs a history is settled changes nothing in its canonical ledger; and
//! the same cuts give the same bytes. Over generated programmes and histories, through the whole pipeline.
//!
//! `RUNGS_HISTORIES` says how many histories, `RUNGS_SEED` the first of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod in_memory;
mod late;
mod met;
mod on_aws;
mod simulated;
mod steps;
mod unfinished;
mod world;

use rungs_engine::calendar::{Day, day_text};
use rungs_engine::fold::Plans;
use rungs_engine::ledger::canonical::account_lines;
use rungs_engine::rehearsal::rehearse;
use rungs_histories::{Content, Random};
use rungs_pipeline::progress::Silent;
use rungs_pipeline::run::{Rebuild, rebuild};
use rungs_pipeline::{ledger_dump, recount};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use world::{Upload, World, shuffle};

/// Histories in the default run.
const HISTORIES: u64 = 160;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

/// Every so-manieth part of the histories.
fn seeds(part: u64) -> impl Iterator<Item = u64> {
    let first = number("RUNGS_SEED").unwrap_or(0);
    let count = number("RUNGS_HISTORIES")
        .unwrap_or(HISTORIES)
        .div_ceil(part);
    (0..count).map(move |index| first + index * part)
}

/// A file is put beside the others some days before it rules: places shift, states are made anew, draws go on.
#[test]
fn a_version_may_be_written_when_nights_are_settled_already() {
    let (mut written, mut drawn) = (0, 0);
    for seed in seeds(2) {
        let world = World::new(seed);
        if world.made.later.is_empty() {
            continue;
        }
        let expected = world.plainly();
        let mut random = Random(seed ^ 0xbe51);
        let inbox = world.inbox("nights-inbox", &world.uploads());
        let store = world.path("nights");
        for night in nights(&world, &mut random, 20) {
            // The night before a day holds the day's draws, by the version that rules on it.
            let ahead = 2 + random.below(20) as Day;
            let versions = world.versions_before(night + ahead);
            world.settle_by(&versions, &inbox, &store, night, 7);
        }
        let what = "files that came in between changed the ledger";
        world.same(what, &expected, &world.ledger(&store));
        recounted(&world, &store);
        written += 1;
        drawn += usize::from(!world.wins(&store).is_empty());
    }
    println!("{written} programmes with later versions, {drawn} of them with draws that were won");
    assert!(drawn >= 5, "only {drawn} of {written} had draws");
}

/// A rebuild settles what the nights have learnt, with the draws that they have held.
#[test]
fn a_rebuild_ends_where_the_nights_ended_and_goes_on_like_them() {
    for seed in seeds(3) {
        let world = World::new(seed);
        let mut random = Random(seed ^ 0x4e61);
        let (inbox, store) = (
            world.inbox("nights-inbox", &world.uploads()),
            world.path("nights"),
        );
        let nights = nights(&world, &mut random, 40);
        let (last, before) = nights.split_last().unwrap();
        for night in before {
            world.settle(&inbox, &store, *night, 7);
        }
        let into = world.path("rebuilt");
        let asked = Rebuild {
            versions: &world.versions,
            store: &store,
            into: &into,
            restate: false,
        };
        rebuild(&asked, &Silent).unwrap();
        let what = "the rebuilt ledger differs";
        world.same(what, &world.ledger(&store), &world.ledger(&into));
        recounted(&world, &into);
        world.settle(&inbox, &store, *last, 7);
        world.settle(&inbox, &into, *last, 7);
        let what = "the rebuilt store goes on in another way";
        world.same(what, &world.ledger(&store), &world.ledger(&into));
        let figures = |store: &Path| -> Value {
            let mut report: Value = serde_json::from_str(&world.figures(store).0).unwrap();
            // What a run took in, and in which one a row was refused, is known from run to run.
            for own in ["run", "run_info"] {
                report[own] = Value::Null;
            }
            for reason in report["quality"]["quarantined"].as_array_mut().unwrap() {
                reason["examples"] = Value::Null;
            }
            report
        };
        assert_eq!(figures(&store), figures(&into), "seed {seed}");
    }
}

#[test]
fn the_pipeline_books_what_settlement_in_memory_books_and_its_histories_are_hard() {
    let mut content = Content::default();
    for seed in seeds(1) {
        let world = World::new(seed);
        let stored = world.plainly();
        let plans = Plans::new(&world.versions).unwrap();
        let wins = world.wins(&world.path("plain-store"));
        let settled = rehearse(&plans, &world.made.tables, &wins, world.as_of).unwrap();
        let lines: Vec<String> = settled
            .iter()
            .flat_map(|(account, one)| {
                account_lines(
                    world.program(),
                    account,
                    &one.kept.entries,
                    &one.kept.rungs,
                    &one.kept.issued,
                )
            })
            .collect();
        world.same(
            "the store differs from settlement in memory",
            &lines,
            &stored,
        );
        content.histories += 1;
        (settled.values()).for_each(|one| content.count(&world.versions, one));
    }
    println!("{content}");
    let rare = content.too_rare(20, true);
    assert!(rare.is_empty(), "{}", rare.join("; "));
}

/// The events of all files in files of their own choice: split, some merged, some twice, rows in any
/// order. All lines of an event stay in one file, for what one file says about an event is one content.
fn torn(random: &mut Random, uploads: &[Upload]) -> Vec<Upload> {
    let mut all = Vec::new();
    for upload in uploads {
        let mut events: BTreeMap<&str, Vec<(Day, String)>> = BTreeMap::new();
        for row in &upload.rows {
            let id = row.1.split(',').next().unwrap();
            events.entry(id).or_default().push(row.clone());
        }
        let mut events: Vec<Vec<(Day, String)>> = events.into_values().collect();
        shuffle(random, &mut events);
        let repeated: Vec<_> = events
            .iter()
            .filter(|_| random.percent(10))
            .cloned()
            .collect();
        events.extend(repeated);
        let mut part = 0;
        while !events.is_empty() {
            let size = 1 + random.below(events.len().min(25) as u64) as usize;
            let mut rows: Vec<(Day, String)> = events.drain(..size).flatten().collect();
            let again: Vec<(Day, String)> = rows
                .iter()
                .filter(|_| random.percent(10))
                .cloned()
                .collect();
            rows.extend(again);
            shuffle(random, &mut rows);
            all.push(upload.with(format!("{}-{part}.csv", random.below(1_000)), rows));
            part += 1;
        }
    }
    let twice: Vec<Upload> = all.iter().filter(|_| random.percent(15)).cloned().collect();
    all.extend(
        twice
            .into_iter()
            .map(|upload| upload.with(format!("again-{}", upload.name), upload.rows.clone())),
    );
    all
}

#[test]
fn files_may_be_split_merged_shuffled_and_repeated() {
    for seed in seeds(1) {
        let world = World::new(seed);
        let expected = world.plainly();
        let mut random = Random(seed ^ 0x5eed);
        let inbox = world.inbox("torn-inbox", &torn(&mut random, &world.uploads()));
        let store = world.path("torn-store");
        let shards = *random.pick(&[1, 7, 64]);
        world.settle(&inbox, &store, world.as_of, shards);
        world.same(
            "files were split, shuffled and repeated",
            &expected,
            &world.ledger(&store),
        );
    }
}

#[test]
fn the_number_of_shards_and_of_threads_does_not_matter() {
    let pools: Vec<rayon::ThreadPool> = [1, 2]
        .into_iter()
        .map(|threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
        })
        .collect();
    for seed in seeds(2) {
        let world = World::new(seed);
        let expected = pools[0].install(|| world.plainly());
        let inbox = world.inbox("plain-inbox", &[]);
        for (shards, pool) in [(7, 0), (64, 1), (1, 1)] {
            let store = world.path(&format!("store-{shards}"));
            pools[pool].install(|| world.settle(&inbox, &store, world.as_of, shards));
            world.same(
                &format!("{shards} shards, {} threads", pool + 1),
                &expected,
                &world.ledger(&store),
            );
        }
    }
}

/// Settles in several runs. `appearing`: each file is uploaded before the first of its nights is settled,
/// else all are there from the start and what lies in the future waits.
fn in_runs(world: &World, name: &str, nights: &[Day], appearing: bool, shards: u16) -> PathBuf {
    let store = world.path(&format!("{name}-store"));
    let uploads = world.uploads();
    let inbox = world.inbox(
        &format!("{name}-inbox"),
        if appearing { &[] } else { &uploads },
    );
    let mut settled = Day::MIN;
    for night in nights {
        if appearing {
            for upload in &uploads {
                let new = upload
                    .rows
                    .iter()
                    .filter(|(day, _)| *day > settled && day <= night)
                    .cloned()
                    .collect::<Vec<_>>();
                if !new.is_empty() {
                    upload
                        .with(format!("{}.csv", day_text(*night)), new)
                        .write(&inbox)
                        .unwrap();
                }
            }
        }
        world.settle(&inbox, &store, *night, shards);
        settled = *night;
    }
    store
}

/// Nights up to the last, so many days apart as the random numbers say.
fn nights(world: &World, random: &mut Random, apart: u64) -> Vec<Day> {
    let first = world
        .uploads()
        .iter()
        .flat_map(|upload| upload.rows.iter().map(|row| row.0))
        .min()
        .unwrap();
    let mut nights = Vec::new();
    let mut day = first - 1;
    while day < world.as_of {
        nights.push(day);
        day += 1 + random.below(apart) as Day;
    }
    nights.push(world.as_of);
    nights
}

fn recounted(world: &World, store: &Path) {
    let recounted = recount::verify(&world.versions, store, &Silent).unwrap();
    let shown: Vec<&str> = recounted
        .differences
        .iter()
        .take(12)
        .map(String::as_str)
        .collect();
    assert!(
        shown.is_empty(),
        "seed {}: the recount differs\n{}",
        world.made.seed,
        shown.join("\n")
    );
}

/// The figures of a store that was settled in several runs are those of its history counted anew, and
/// those of the store that was settled in one run.
fn same_figures(world: &World, store: &Path, what: &str) {
    world.counted_anew(store);
    let known = |store: &Path| {
        let (report, sums) = world.figures(store);
        let mut report: Value = serde_json::from_str(&report).unwrap();
        let mut sums: Value = serde_json::from_str(&sums).unwrap();
        // Files that lay in the inbox for several runs are known from run to run, and runs tell what each took in.
        for own in ["run", "run_info", "quality"] {
            report.as_object_mut().unwrap().remove(own);
            sums.as_object_mut().unwrap().remove(own);
        }
        (report, sums)
    };
    let (plain, found) = (known(&world.path("plain-store")), known(store));
    assert!(
        plain == found,
        "seed {}: {what}\n{}\n{}",
        world.made.seed,
        plain.1,
        found.1
    );
}

#[test]
fn nights_may_be_settled_in_many_runs_or_in_one() {
    for seed in seeds(2) {
        let world = World::new(seed);
        let expected = world.plainly();
        let mut random = Random(seed ^ 0x0dd);
        let appearing = random.percent(50);
        let nights = nights(&world, &mut random, 70);
        let shards = *random.pick(&[1, 7]);
        let store = in_runs(&world, "runs", &nights, appearing, shards);
        let what = format!(
            "{} runs, files {}",
            nights.len(),
            if appearing {
                "as they appear"
            } else {
                "from the start"
            }
        );
        world.same(&what, &expected, &world.ledger(&store));
        recounted(&world, &store);
        same_figures(&world, &store, &what);
    }
}

#[test]
fn every_night_may_be_settled_by_itself() {
    for seed in seeds(80) {
        // Histories of a few months: a run a night.
        let seed = (seed..)
            .find(|seed| nights(&World::new(*seed), &mut Random(0), 1).len() < 220)
            .unwrap();
        let world = World::new(seed);
        let expected = world.plainly();
        let nights = nights(&world, &mut Random(0), 1);
        let store = in_runs(&world, "each", &nights, seed % 2 == 0, 7);
        world.same(
            &format!("{} nights one by one", nights.len()),
            &expected,
            &world.ledger(&store),
        );
        recounted(&world, &store);
        same_figures(&world, &store, "nights one by one");
    }
}

#[test]
fn the_zone_and_the_zone_data_of_the_machine_do_not_matter() {
    for seed in seeds(20) {
        let world = World::new(seed);
        world.plainly();
        let expected = ledger_dump::digest(&world.versions, &world.path("plain-store")).unwrap();
        let store = world.path("abroad-store");
        let abroad = |words: &[&str]| {
            let output = Command::new(rungs_tests::rungs())
                .args(words)
                .args(["--program".as_ref(), world.programs().as_os_str()])
                .args(["--store".as_ref(), store.as_os_str()])
                .env("TZ", "Pacific/Kiritimati")
                .env("TZDIR", "/nonexistent")
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "seed {seed}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            String::from_utf8(output.stdout).unwrap()
        };
        let inbox = world.path("plain-inbox");
        abroad(&[
            "run",
            "--quiet",
            "--as-of",
            &world.made.as_of,
            "--inbox",
            &inbox.to_string_lossy(),
        ]);
        assert_eq!(
            abroad(&["ledger", "--digest"]).trim(),
            expected,
            "seed {seed}"
        );
    }
}

/// Every file of the lake with its bytes. The lock is empty, what was staged is thrown away before the
/// next run, and the serving copy can be made again.
fn lake(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![store.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("staged") {
                    folders.push(path);
                }
            } else if !path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("serving.sqlite")
                && !path.ends_with("lock")
            {
                files.insert(
                    path.strip_prefix(store).unwrap().to_owned(),
                    std::fs::read(&path).unwrap(),
                );
            }
        }
    }
    files
}

#[test]
fn the_same_cuts_give_the_same_bytes() {
    for seed in seeds(8) {
        let world = World::new(seed);
        let mut random = Random(seed ^ 0xb17e5);
        let nights = nights(&world, &mut random, 120);
        let first = lake(&in_runs(&world, "first", &nights, true, 7));
        let second = lake(&in_runs(&world, "second", &nights, true, 7));
        assert!(first.len() > 5, "seed {seed}: only {} files", first.len());
        let other: Vec<&PathBuf> = first
            .keys()
            .chain(second.keys())
            .filter(|path| first.get(*path) != second.get(*path))
            .collect();
        assert!(other.is_empty(), "seed {seed}: {other:?}");
    }
}

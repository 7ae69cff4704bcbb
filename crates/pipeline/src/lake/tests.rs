//! From uploaded objects to history and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::cut::{Cut, Window, cut};
use super::fixture::{Row, line, lines, order, program, record, visit};
use super::history::{ColumnSet, History};
use super::layout::Layout;
use super::levels::{extend_by_waiting, merge_levels, read_waiting, write_level, write_waiting};
use super::manifest::{FORMAT, LakeFile, Manifest, Nights, Table};
use super::resolve::Resolver;
use super::shard::ShardRange;
use super::staging::{Staged, Staging, StagingWriter};
use super::store::Store;
use super::versions::Reason;
use rungs_engine::event::Batch;
use rungs_engine::program::Program;
use std::collections::BTreeMap;

/// Cuts every shard of a run and writes its level, as a run does; returns the cuts by shard.
pub fn settle(store: &Store, program: &Program, objects: &[&[Row]], window: Window) -> Vec<Cut> {
    let lock = store.lock().unwrap();
    store.clean(&lock).unwrap();
    let latest = store.latest().unwrap().unwrap_or_else(|| Manifest {
        format: FORMAT,
        run: 0,
        program: program.id.clone(),
        nights: Nights::of(0, 0),
        versions: vec![],
        objects: vec![],
        counts: BTreeMap::new(),
        files: BTreeMap::new(),
    });
    let run = latest.run + 1;
    let mut layout = Layout::of(program);
    extend_by_waiting(store, &latest, &mut layout).unwrap();
    let mut writer = StagingWriter::create(store, &layout, run, 0).unwrap();
    for (object, rows) in objects.iter().enumerate() {
        writer.add(object as u32, &record(program, rows)).unwrap();
    }
    let staged = Staged::of([writer]).unwrap();
    let resolver = Resolver::of(program, &layout);
    let mut cuts = Vec::new();
    let mut history = latest.files(Table::History).to_vec();
    let mut waiting = Vec::new();
    for shard in 0..store.shards() {
        let known = History::open(store, &latest, shard, program).unwrap();
        let waited = read_waiting(store, &latest, shard, &layout).unwrap();
        let rows = staged.read(shard, &layout).unwrap();
        let cut = cut(rows, waited, &known, &layout, &resolver, window).unwrap();
        let range = ShardRange {
            first: shard,
            last: shard,
        };
        let stored = [(shard, cut.stored.as_slice())];
        history.extend(write_level(store, run, range, &stored, &layout).unwrap());
        let waits: Vec<Batch> = cut.waiting.iter().cloned().collect();
        let waits = [(shard, waits.as_slice())];
        waiting.extend(write_waiting(store, run, range, &waits, &layout).unwrap());
        cuts.push(cut);
    }
    let history = merge_levels(store, run, history, program).unwrap();
    let files: BTreeMap<Table, Vec<LakeFile>> =
        BTreeMap::from([(Table::History, history), (Table::Waiting, waiting)]);
    let manifest = Manifest {
        run,
        files,
        ..latest
    };
    store.finish(&manifest).unwrap();
    cuts
}

pub fn first(before: i64) -> Window {
    Window {
        settled: i64::MIN,
        before,
    }
}

fn store(folder: &tempfile::TempDir, shards: u16) -> Store {
    Store::open_or_create(folder.path(), "test", shards).unwrap()
}

fn history(store: &Store, program: &Program) -> Vec<Batch> {
    let latest = store.latest().unwrap().unwrap();
    (0..store.shards())
        .flat_map(|shard| {
            let history = History::open(store, &latest, shard, program).unwrap();
            let batches: Vec<Batch> = history
                .batches(&ColumnSet::all(program))
                .collect::<Result<_, _>>()
                .unwrap();
            batches
        })
        .collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn events_are_sorted_by_account_time_kind_source_id_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let rows = [
        visit("b", 5, "v"),
        order("b", 5, "10", 1),
        order("b", 5, "9", 2),
        order("b", 5, "x", 3),
        order("b", 5, "007", 4),
        line("a", 9, "2", 2, 100),
        line("a", 9, "2", 1, 250),
        order("b", 4, "77", 5),
    ];
    let store = store(&folder, 1);
    let cuts = settle(&store, &program, &[&rows], first(100));
    let expected = [
        // Sum of the lines, on every line.
        "a 9 order 2/1 350",
        "a 9 order 2/2 350",
        "b 4 order 77/1 5",
        // Numbers by value, then texts by bytes; orders rank before activities.
        "b 5 order 9/1 2",
        "b 5 order 10/1 1",
        "b 5 order 007/1 4",
        "b 5 order x/1 3",
        "b 5 activity v/0 -",
    ];
    assert_eq!(lines(&program, &history(&store, &program)), expected);
    let events: Vec<Batch> = cuts[0].events().collect();
    assert_eq!(lines(&program, &events), expected);
}

#[test]
fn the_same_event_from_several_objects_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let one = [
        order("a", 1, "1", 10),
        line("a", 2, "2", 1, 5),
        line("a", 2, "2", 2, 6),
    ];
    let two = [
        line("a", 2, "2", 2, 6),
        line("a", 2, "2", 1, 5),
        order("a", 3, "3", 7),
    ];
    // A line that is said twice within one object does not make the event another one.
    let three = [
        line("a", 2, "2", 1, 5),
        line("a", 2, "2", 1, 5),
        line("a", 2, "2", 2, 6),
    ];
    let cuts = settle(
        &store(&folder, 1),
        &program,
        &[&one, &two, &three],
        first(100),
    );
    assert_eq!(
        lines(&program, &cuts[0].stored),
        [
            "a 1 order 1/1 10",
            "a 2 order 2/1 11",
            "a 2 order 2/2 11",
            "a 3 order 3/1 7"
        ]
    );
    assert!(cuts[0].rejected.is_empty());
    let counts: Vec<(u64, u64)> = cuts[0]
        .counts
        .values()
        .map(|counts| (counts.accepted, counts.duplicates))
        .collect();
    assert_eq!(counts, [(3, 0), (1, 2), (0, 3)]);
}

#[test]
fn of_two_contents_in_one_cut_the_same_one_stands_in_any_order() {
    let program = program();
    let one = [order("a", 1, "1", 10)];
    // Another time and another amount: neither stands beside the other in the total order.
    let two = [order("a", 50, "1", 20), order("a", 60, "2", 1)];
    let mut results = Vec::new();
    for objects in [[&one[..], &two[..]], [&two[..], &one[..]]] {
        let folder = tempfile::tempdir().unwrap();
        let cuts = settle(&store(&folder, 1), &program, &objects, first(100));
        let kept = lines(&program, &cuts[0].stored);
        assert_eq!(kept.len(), 2);
        assert_eq!(cuts[0].rejected.len(), 1);
        assert_eq!(cuts[0].rejected[0].reason, Reason::Conflict);
        results.push((kept, cuts[0].rejected[0].content.clone()));
    }
    assert_eq!(results[0], results[1]);
}

#[test]
fn an_order_with_other_lines_in_another_object_is_a_conflict_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let one = [line("a", 2, "2", 1, 5), line("a", 2, "2", 2, 6)];
    let two = [line("a", 2, "2", 1, 5), line("a", 2, "2", 3, 6)];
    let cuts = settle(&store(&folder, 1), &program, &[&one, &two], first(100));
    assert_eq!(cuts[0].rows(), 2);
    assert_eq!(cuts[0].rejected.len(), 2);
    let numbers: Vec<i32> = cuts[0].stored[0].line.to_vec();
    assert!(numbers == [1, 2] || numbers == [1, 3], "{numbers:?}");
}

#[test]
fn the_highest_revision_stands_within_a_cut() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let revised = |revision: i64, net: i64| Row {
        revision: Some(revision),
        ..order("a", 1, "1", net)
    };
    let store = store(&folder, 1);
    let rows = [revised(1, 10), revised(3, 30), revised(2, 20)];
    let cuts = settle(&store, &program, &[&rows], first(100));
    assert_eq!(lines(&program, &cuts[0].stored), ["a 1 order 1/1 30"]);
    let reasons: Vec<Reason> = cuts[0].rejected.iter().map(|row| row.reason).collect();
    assert_eq!(reasons, [Reason::Revised, Reason::Revised]);
    // Once settled, it stands.
    let window = Window {
        settled: 100,
        before: 200,
    };
    let cuts = settle(&store, &program, &[&[revised(4, 40)]], window);
    assert_eq!(cuts[0].rows(), 0);
    assert_eq!(cuts[0].rejected[0].reason, Reason::Revised);
}

#[test]
fn what_the_history_knows_is_a_duplicate_or_a_conflict_and_never_late() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 4);
    let first_night = [
        order("a", 10, "1", 100),
        line("b", 20, "two", 1, 5),
        line("b", 20, "two", 2, 6),
        visit("c", 30, "7"),
    ];
    settle(&store, &program, &[&first_night], first(100));
    let second_night = [
        order("a", 10, "1", 100),
        line("b", 20, "two", 2, 6),
        line("b", 20, "two", 1, 5),
        // Known with another time: the first cut stands, although this is of tonight.
        visit("c", 150, "7"),
        // Not known and older than what was settled.
        order("c", 40, "8", 1),
        order("a", 160, "9", 3),
    ];
    let window = Window {
        settled: 100,
        before: 200,
    };
    let cuts = settle(&store, &program, &[&second_night], window);
    let rejected: Vec<(String, Reason)> = cuts
        .iter()
        .flat_map(|cut| &cut.rejected)
        .map(|row| (row.id.to_string(), row.reason))
        .collect();
    assert_eq!(rejected.len(), 2, "{rejected:?}");
    assert!(rejected.contains(&("7".to_owned(), Reason::Conflict)));
    assert!(rejected.contains(&("8".to_owned(), Reason::Late)));
    let duplicates: u64 = cuts
        .iter()
        .flat_map(|cut| cut.counts.values())
        .map(|counts| counts.duplicates)
        .sum();
    assert_eq!(duplicates, 3);
    assert_eq!(
        sorted(lines(&program, &history(&store, &program))),
        [
            "a 10 order 1/1 100",
            "a 160 order 9/1 3",
            "b 20 order two/1 11",
            "b 20 order two/2 11",
            "c 30 activity 7/0 -",
        ]
    );
}

#[test]
fn events_after_the_night_wait_and_are_settled_by_a_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 2);
    let rows = [
        order("a", 10, "1", 1),
        line("a", 110, "2", 1, 7),
        order("b", 250, "3", 3),
    ];
    settle(&store, &program, &[&rows], first(100));
    let manifest = store.latest().unwrap().unwrap();
    let waiting: u64 = manifest
        .files(Table::Waiting)
        .iter()
        .map(|file| file.rows)
        .sum();
    assert_eq!(waiting, 2);
    // The same row again while it waits is a duplicate; another content loses against the first cut.
    let again = [line("a", 110, "2", 1, 7), order("b", 251, "3", 4)];
    let window = Window {
        settled: 100,
        before: 200,
    };
    let cuts = settle(&store, &program, &[&again], window);
    let rejected: Vec<Reason> = cuts
        .iter()
        .flat_map(|cut| &cut.rejected)
        .map(|row| row.reason)
        .collect();
    assert_eq!(rejected, [Reason::Conflict]);
    let window = Window {
        settled: 200,
        before: 300,
    };
    settle(&store, &program, &[], window);
    assert_eq!(
        sorted(lines(&program, &history(&store, &program))),
        ["a 10 order 1/1 1", "a 110 order 2/1 7", "b 250 order 3/1 3"]
    );
    assert!(
        store
            .latest()
            .unwrap()
            .unwrap()
            .files(Table::Waiting)
            .is_empty()
    );
}

#[test]
fn any_split_of_objects_and_number_of_shards_gives_the_same_events() {
    let program = program();
    let mut rows = Vec::new();
    for at in 0..600_i64 {
        let account = format!("m{}", at * 7 % 41);
        match at % 3 {
            0 => rows.push(order(&account, at * 13 % 500, &format!("{at}"), at)),
            1 => rows.push(visit(&account, at * 13 % 500, &format!("v-{at}"))),
            _ => {
                rows.push(line(&account, at * 13 % 500, &format!("{at}"), 1, at));
                rows.push(line(&account, at * 13 % 500, &format!("{at}"), 2, 3));
            }
        }
    }
    let mut results = Vec::new();
    for (shards, pieces) in [(1, 1), (7, 3), (64, 11)] {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder, shards);
        let mut objects: Vec<Vec<Row>> = vec![Vec::new(); pieces];
        for row in &rows {
            let key = xxhash_rust::xxh3::xxh3_64(row.id.as_bytes());
            objects[(key % pieces as u64) as usize].insert(0, row.clone());
        }
        let objects: Vec<&[Row]> = objects.iter().map(Vec::as_slice).collect();
        settle(&store, &program, &objects, first(10_000));
        let mut by_account: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in lines(&program, &history(&store, &program)) {
            let account = line.split(' ').next().unwrap().to_owned();
            by_account.entry(account).or_default().push(line);
        }
        results.push(by_account);
    }
    assert_eq!(results[0].values().map(Vec::len).sum::<usize>(), 800);
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

#[test]
fn many_nights_merge_levels_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 3);
    let mut expected = Vec::new();
    for night in 0..30_i64 {
        let rows: Vec<Row> = (0..20)
            .map(|at| {
                let account = format!("m{}", (night * 11 + at * 5) % 37);
                order(
                    &account,
                    night * 100 + at,
                    &format!("{}", night * 20 + at),
                    at,
                )
            })
            .collect();
        expected.extend(rows.iter().map(|row| {
            let net = row.net.unwrap();
            format!("{} {} order {}/1 {net}", row.account, row.time, row.id)
        }));
        let window = Window {
            settled: if night == 0 { i64::MIN } else { night * 100 },
            before: (night + 1) * 100,
        };
        settle(&store, &program, &[&rows], window);
        let latest = store.latest().unwrap().unwrap();
        let mut levels: Vec<u32> = (latest.files(Table::History).iter())
            .map(|file| file.level)
            .collect();
        levels.dedup();
        assert!(levels.len() <= super::levels::LEVELS, "{levels:?}");
    }
    let found = lines(&program, &history(&store, &program));
    assert_eq!(sorted(found.clone()), sorted(expected));
    // Within an account by time, over all levels.
    let latest = store.latest().unwrap().unwrap();
    for shard in 0..3 {
        let history = History::open(&store, &latest, shard, &program).unwrap();
        for batch in history.batches(&ColumnSet::all(&program)) {
            let batch = batch.unwrap();
            for row in 1..batch.rows {
                let before = (batch.account.get(row - 1), batch.time[row - 1]);
                assert!(before <= (batch.account.get(row), batch.time[row]));
            }
        }
        let batch = history.account("m5", &ColumnSet::all(&program)).unwrap();
        let own: Vec<&String> = found
            .iter()
            .filter(|line| line.starts_with("m5 "))
            .collect();
        if batch.rows > 0 {
            assert_eq!(
                lines(&program, &[batch]),
                own.into_iter().cloned().collect::<Vec<_>>()
            );
        }
    }
    // Files that were merged away are gone after the next cleaning.
    store.clean(&store.lock().unwrap()).unwrap();
    let mut files = 0;
    for run in std::fs::read_dir(folder.path().join("history")).unwrap() {
        files += std::fs::read_dir(run.unwrap().path()).unwrap().count();
    }
    assert_eq!(files, latest.files(Table::History).len());
}

#[test]
fn row_groups_hold_whole_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 1);
    let rows: Vec<Row> = (0..150_000_i64)
        .map(|at| order(&format!("m{:05}", at / 7), at % 7, &at.to_string(), at))
        .collect();
    let objects: Vec<&[Row]> = rows.chunks(40_000).collect();
    settle(&store, &program, &objects, first(100));
    let batches = history(&store, &program);
    assert_eq!(batches.len(), 3);
    for pair in batches.windows(2) {
        let last = pair[0].account.get(pair[0].rows - 1);
        assert!(last < pair[1].account.get(0));
    }
    assert_eq!(
        batches.iter().map(|batch| batch.rows).sum::<usize>(),
        150_000
    );
}

#[test]
fn only_the_columns_that_are_asked_for_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 1);
    let rows = [
        order("a", 1, "1", 10),
        line("b", 2, "2", 1, 5),
        visit("b", 3, "x"),
    ];
    settle(&store, &program, &[&rows], first(100));
    let latest = store.latest().unwrap().unwrap();
    let history = History::open(&store, &latest, 0, &program).unwrap();
    let set = ColumnSet::none(&program).with(2);
    let batch = history.batches(&set).next().unwrap().unwrap();
    assert!(batch.columns[9].is_none() && batch.columns[10].is_none());
    assert_eq!(lines(&program, &[batch]).len(), 3);
    // The total follows from the net amount, and a line without amounts has the order's.
    let set = ColumnSet::all(&program);
    let batch = history.batches(&set).next().unwrap().unwrap();
    assert_eq!(batch.number(5, 0), Some(10));
    assert_eq!(batch.number(8, 0), Some(10));
    assert_eq!(batch.number(8, 1), Some(5));
    assert_eq!(batch.number(5, 2), None);
    assert_eq!(batch.text(10, 2), Some("visit"));
}

#[test]
fn amounts_follow_from_others_where_a_file_does_not_give_them() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 1);
    let discounted = |number: i32, gross: i64, discount: i64| Row {
        line_discount: Some(discount),
        ..line("a", 5, "1", number, gross)
    };
    // 4.00 − 0.50 and 3.00 − 0: 6.50; and an order of which only the net amount is known.
    let rows = [
        discounted(1, 400, 50),
        line("a", 5, "1", 2, 300),
        order("a", 6, "2", 999),
    ];
    settle(&store, &program, &[&rows], first(100));
    let batch = history(&store, &program).remove(0);
    let column = |name: &str| {
        let index = program
            .columns
            .iter()
            .position(|column| column.stored() == name);
        let index = index.unwrap();
        (0..3)
            .map(|row| batch.number(index, row))
            .collect::<Vec<_>>()
    };
    assert_eq!(column("order_line_net"), [Some(350), Some(300), Some(999)]);
    assert_eq!(column("order_net"), [Some(650), Some(650), Some(999)]);
    assert_eq!(column("order_gross"), [Some(700), Some(700), None]);
    assert_eq!(column("order_discount"), [Some(50), Some(50), None]);
    assert_eq!(column("order_total"), [Some(650), Some(650), Some(999)]);
    // Filled amounts are no reason to take the same file for another: it comes again.
    let window = Window {
        settled: 100,
        before: 200,
    };
    let cuts = settle(&store, &program, &[&rows], window);
    assert!(cuts[0].rejected.is_empty());
    assert_eq!(cuts[0].counts[&0].duplicates, 3);
}

#[test]
fn a_dataset_that_the_programme_no_longer_has_stays_in_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let whole = program();
    let store = store(&folder, 2);
    let rows = [
        order("a", 1, "1", 10),
        visit("a", 2, "v"),
        visit("b", 3, "w"),
    ];
    settle(&store, &whole, &[&rows], first(10));
    let mut narrow = whole.clone();
    narrow.datasets.retain(|dataset| dataset.id == "orders");
    narrow
        .columns
        .retain(|column| column.stored() != "activity_name");
    for night in 1..15_i64 {
        let rows = [order("b", night * 10, &format!("n{night}"), 1)];
        let window = Window {
            settled: night * 10,
            before: (night + 1) * 10,
        };
        settle(&store, &narrow, &[&rows], window);
    }
    let latest = store.latest().unwrap().unwrap();
    let merged = latest
        .files(Table::History)
        .iter()
        .any(|file| file.name.contains("merged"));
    assert!(merged, "levels were merged under the narrow programme");
    let batches = history(&store, &whole);
    assert_eq!(batches.iter().map(|batch| batch.rows).sum::<usize>(), 17);
    let names = batches
        .iter()
        .flat_map(|batch| (0..batch.rows).filter_map(|row| batch.text(10, row)));
    assert_eq!(names.collect::<Vec<_>>(), ["visit", "visit"]);
}

#[test]
fn objects_share_writers_and_a_refused_one_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 3);
    let layout = Layout::of(&program);
    let staging = Staging::new(&store, &layout, 1);
    for object in 0..20_u32 {
        let id = object.to_string();
        let rows = [
            order(&format!("m{object}"), 1, &id, 1),
            visit("all", 2, &id),
        ];
        staging
            .with(|writer| writer.add(object, &record(&program, &rows)))
            .unwrap();
    }
    staging.discard(7);
    let staged = staging.finish().unwrap();
    assert_eq!(
        std::fs::read_dir(store.path("staged/00001"))
            .unwrap()
            .count(),
        1
    );
    let batches: Vec<Batch> = (0..3)
        .flat_map(|shard| staged.read(shard, &layout).unwrap())
        .collect();
    let found = lines(&program, &batches);
    assert_eq!(found.len(), 38);
    assert!(!found.iter().any(|line| line.contains(" 7/")), "{found:?}");
}

#[test]
fn leftovers_of_a_killed_run_do_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 1);
    settle(&store, &program, &[&[order("a", 1, "1", 10)]], first(100));
    let leftover = store.path("history/00002/000.parquet");
    std::fs::create_dir_all(leftover.parent().unwrap()).unwrap();
    std::fs::write(&leftover, "half a file").unwrap();
    std::fs::write(store.path("runs/00002.draft"), "{").unwrap();
    assert_eq!(history(&store, &program).len(), 1);
    assert_eq!(store.last_run().unwrap(), 1);
    store.clean(&store.lock().unwrap()).unwrap();
    assert!(!leftover.exists());
    assert!(store.path("history/00001/000.parquet").exists());
}

#[test]
fn the_same_cuts_give_the_same_bytes() {
    let program = program();
    let rows: Vec<Row> = (0..500)
        .map(|at| order(&format!("m{}", at % 17), at, &format!("o{at}"), at))
        .collect();
    let digests: Vec<Vec<u8>> = (0..2)
        .map(|_| {
            let folder = tempfile::tempdir().unwrap();
            let store = store(&folder, 5);
            settle(&store, &program, &[&rows], first(300));
            std::fs::read(store.path("runs/00001.json")).unwrap()
        })
        .collect();
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn a_store_is_held_by_one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder, 1);
    let held = store.lock().unwrap();
    let refused = store.lock().unwrap_err();
    assert_eq!(refused.code, super::error::LakeCode::Locked);
    drop(held);
    store.lock().unwrap();
}

#[test]
fn a_store_belongs_to_one_programme() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder, 4);
    let refused = Store::open_or_create(folder.path(), "other", 4).unwrap_err();
    assert_eq!(refused.code, super::error::LakeCode::OtherProgram);
    assert_eq!(
        Store::open_or_create(folder.path(), "test", 9)
            .unwrap()
            .shards(),
        4
    );
}

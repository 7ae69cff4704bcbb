//! Night after night: what waits, and levels that are merged.

use super::{after, first, history, settle, sorted, store};
use crate::lake::fixture::{Row, line, lines, order, program, visit};
use crate::lake::history::ColumnSet;
use crate::lake::history::History;
use crate::lake::manifest::Table;
use crate::lake::versions::Reason;

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
    let window = after(100, 200);
    let cuts = settle(&store, &program, &[&again], window);
    let rejected: Vec<Reason> = cuts
        .iter()
        .flat_map(|cut| &cut.rejected)
        .map(|row| row.reason)
        .collect();
    assert_eq!(rejected, [Reason::Conflict]);
    let window = after(200, 300);
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
        let window = after(
            if night == 0 { i64::MIN } else { night * 100 },
            (night + 1) * 100,
        );
        settle(&store, &program, &[&rows], window);
        let latest = store.latest().unwrap().unwrap();
        let mut levels: Vec<u32> = (latest.files(Table::History).iter())
            .map(|file| file.level)
            .collect();
        levels.dedup();
        assert!(levels.len() <= crate::lake::levels::LEVELS, "{levels:?}");
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
        let window = after(night * 10, (night + 1) * 10);
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

//! The total order, whatever the files and shards.

use super::{first, history, settle, store};
use crate::lake::fixture::{Row, line, lines, order, program, visit};
use rungs_engine::event::Batch;
use std::collections::BTreeMap;

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

//! Of several states of an account the newest counts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Remembered, StateReader, StateRow, StateWriter, compact_states};
use crate::lake::manifest::LakeFile;
use crate::lake::shard::ShardRange;
use crate::lake::shard::shard_of;
use crate::lake::store::Store;
use rungs_engine::calendar::Day;
use std::collections::BTreeMap;

fn row(wake: Option<Day>, balance: i64) -> StateRow {
    StateRow {
        wake,
        version: 1,
        balance,
        orders: balance % 3,
        rung: if balance > 50 { "gold" } else { "basic" }.to_owned(),
        rung_until: wake,
        state: vec![balance as u8; balance as usize % 90],
        ..StateRow::default()
    }
}

fn write(store: &Store, run: u32, states: &BTreeMap<String, StateRow>) -> Vec<LakeFile> {
    let mut files = Vec::new();
    for range in ShardRange::split(store.shards(), 2) {
        let mut writer = StateWriter::new(store, run, range);
        for shard in range.shards() {
            for (account, row) in states {
                if shard_of(account, store.shards()) == shard {
                    writer.push(shard, account, row).unwrap();
                }
            }
        }
        files.extend(writer.finish().unwrap());
    }
    files
}

fn all(store: &Store, files: &[LakeFile]) -> BTreeMap<String, StateRow> {
    let mut all = BTreeMap::new();
    for shard in 0..store.shards() {
        let mut last = String::new();
        let reader = StateReader::of_files(store, files, shard).unwrap();
        reader
            .for_each(|account, row| {
                assert!(last.as_str() < account);
                last = account.to_owned();
                assert!(all.insert(account.to_owned(), row.clone()).is_none());
                Ok(())
            })
            .unwrap();
    }
    all
}

#[test]
fn the_newest_state_of_an_account_counts_before_and_after_a_new_base() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "test", 3).unwrap();
    let mut expected = BTreeMap::new();
    let mut files = Vec::new();
    let mut bases = 0;
    for run in 1..=12_u32 {
        // The first run meets everybody, later ones a part and somebody new.
        let step = if run == 1 { 1 } else { 9 };
        let touched: BTreeMap<String, StateRow> = (0..400)
            .step_by(step)
            .map(|at| (at + run as i64 * 3, row(Some(run as i32 + 10), at)))
            .map(|(at, row)| (format!("m{at:04}"), row))
            .collect();
        files.extend(write(&store, run, &touched));
        expected.extend(touched);
        files = compact_states(&store, run, files).unwrap();
        bases += usize::from(files[0].level == run && run > 1);
        assert_eq!(all(&store, &files), expected);
    }
    assert!(bases > 0, "a new base was made");
}

#[test]
fn touched_are_those_with_events_and_those_whose_newest_wake_up_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "test", 1).unwrap();
    let state = |pairs: &[(&str, Option<Day>, i64)]| {
        let rows = pairs
            .iter()
            .map(|(account, wake, balance)| ((*account).to_owned(), row(*wake, *balance)));
        rows.collect::<BTreeMap<_, _>>()
    };
    let mut files = write(
        &store,
        1,
        &state(&[
            ("a", Some(5), 1),
            ("b", Some(9), 2),
            ("c", None, 3),
            ("d", Some(5), 4),
        ]),
    );
    // `d` was touched since and sleeps longer now.
    files.extend(write(&store, 2, &state(&[("d", Some(50), 44)])));
    let reader = StateReader::of_files(&store, &files, 0).unwrap();
    let remembered = |balance: i64| {
        let StateRow { orders, state, .. } = row(None, balance);
        Remembered { orders, state }
    };
    let touched = reader.touched(&["c", "new"], 5).unwrap();
    assert_eq!(
        touched,
        [
            ("a".to_owned(), remembered(1)),
            ("c".to_owned(), remembered(3))
        ]
    );
    let some = reader.accounts(&["b", "d"]).unwrap();
    assert_eq!(
        some,
        [
            ("b".to_owned(), row(Some(9), 2)),
            ("d".to_owned(), row(Some(50), 44))
        ]
    );
}

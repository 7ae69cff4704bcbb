//! Late events, later revisions and cancelled events: what the cut makes of them, and what stands then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{after, first, history, settle, store};
use crate::lake::corrections::Change;
use crate::lake::cut::{Cut, Window};
use crate::lake::fixture::{Row, line, lines, order, program};
use crate::lake::history::{ColumnSet, History};
use crate::lake::manifest::Table;
use crate::lake::store::Store;
use crate::lake::versions::Reason;
use rungs_engine::program::Program;

/// A run to which the settled nights from `open` on are open.
fn open(open: i64, settled: i64, before: i64) -> Window {
    Window {
        open,
        ..after(settled, before)
    }
}

fn revised(revision: i64, row: Row) -> Row {
    Row {
        revision: Some(revision),
        ..row
    }
}

fn void(row: Row) -> Row {
    Row {
        void: true,
        net: None,
        ..row
    }
}

fn stands(store: &Store, program: &Program) -> Vec<String> {
    lines(program, &history(store, program))
}

fn changes(cuts: &[Cut]) -> Vec<(String, Change)> {
    let all = cuts.iter().flat_map(|cut| &cut.corrections);
    all.map(|one| (one.id.clone(), one.change)).collect()
}

fn refused(cuts: &[Cut]) -> Vec<(String, Reason)> {
    let all = cuts.iter().flat_map(|cut| &cut.rejected);
    all.map(|one| (one.id.to_string(), one.reason)).collect()
}

#[test]
fn a_late_event_is_taken_in_while_its_night_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let (program, store) = (program(), store(&folder, 1));
    settle(&store, &program, &[&[order("a", 150, "1", 5)]], first(200));
    let late = [order("a", 120, "2", 7), order("b", 90, "3", 9)];
    let cuts = settle(&store, &program, &[&late], open(100, 200, 300));
    assert_eq!(
        stands(&store, &program),
        ["a 120 order 2/1 7", "a 150 order 1/1 5"]
    );
    assert_eq!(refused(&cuts), [("3".to_owned(), Reason::Late)]);
    assert_eq!(changes(&cuts), [("2".to_owned(), Change::Late)]);
    assert_eq!(cuts[0].replays.keys().collect::<Vec<_>>(), ["a"]);
    assert!(cuts[0].replays["a"].is_empty());
}

#[test]
fn a_higher_revision_takes_the_place_of_what_was_settled_even_with_another_time() {
    let folder = tempfile::tempdir().unwrap();
    let (program, store) = (program(), store(&folder, 3));
    let one = [
        revised(1, line("a", 110, "1", 1, 5)),
        revised(1, line("a", 110, "1", 2, 6)),
        revised(1, order("a", 120, "2", 8)),
        revised(1, order("b", 130, "1", 9)),
    ];
    settle(&store, &program, &[&one], first(200));
    let two = [
        revised(2, line("a", 140, "1", 1, 4)),
        revised(2, order("b", 130, "1", 9)),
    ];
    let cuts = settle(&store, &program, &[&two], open(100, 200, 300));
    assert!(refused(&cuts).is_empty());
    let mut standing = stands(&store, &program);
    standing.sort();
    assert_eq!(
        standing,
        [
            "a 120 order 2/1 8",
            "a 140 order 1/1 4",
            "b 130 order 1/1 9"
        ]
    );
    let corrections: Vec<_> = cuts.iter().flat_map(|cut| &cut.corrections).collect();
    assert_eq!(corrections.len(), 2);
    let of_a = corrections.iter().find(|one| one.account == "a").unwrap();
    assert_eq!(of_a.change, Change::Revised);
    let before: serde_json::Value = serde_json::from_str(of_a.before.as_ref().unwrap()).unwrap();
    assert_eq!(before.as_array().unwrap().len(), 2, "{before}");
    assert_eq!(before[1]["order_line_gross"], "0.06");
    // A revision in between comes too late, though the last one said what the first had said.
    let three = [revised(1, order("b", 130, "1", 7))];
    let cuts = settle(&store, &program, &[&three], open(100, 300, 400));
    assert_eq!(refused(&cuts), [("1".to_owned(), Reason::Superseded)]);
}

#[test]
fn a_revision_may_move_an_event_into_tonight_or_out_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (program, store) = (program(), store(&folder, 1));
    let one = [revised(1, order("a", 110, "1", 5))];
    settle(&store, &program, &[&one], first(200));
    // It happened tonight: the night that was settled with it changes all the same.
    let two = [revised(2, order("a", 250, "1", 5))];
    let cuts = settle(&store, &program, &[&two], open(100, 200, 300));
    assert_eq!(stands(&store, &program), ["a 250 order 1/1 5"]);
    assert_eq!(changes(&cuts), [("1".to_owned(), Change::Revised)]);
    // It will happen: what was settled of it is gone at once.
    let three = [revised(3, order("a", 450, "1", 6))];
    let cuts = settle(&store, &program, &[&three], open(100, 300, 400));
    assert!(stands(&store, &program).is_empty());
    assert_eq!(changes(&cuts), [("1".to_owned(), Change::Revised)]);
    let cuts = settle(&store, &program, &[], open(400, 400, 500));
    assert_eq!(stands(&store, &program), ["a 450 order 1/1 6"]);
    assert!(changes(&cuts).is_empty());
}

#[test]
fn what_corrects_a_night_that_is_closed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (program, store) = (program(), store(&folder, 1));
    let one = [revised(1, order("a", 90, "1", 5))];
    settle(&store, &program, &[&one], first(200));
    // Its new night is open, its old one is not.
    let two = [
        revised(2, order("a", 150, "1", 6)),
        void(order("a", 150, "1", 0)),
    ];
    for row in two {
        let cuts = settle(&store, &program, &[&[row]], open(100, 200, 300));
        assert_eq!(cuts[0].rejected.len(), 1);
        assert_eq!(stands(&store, &program), ["a 90 order 1/1 5"]);
    }
}

#[test]
fn a_cancelled_event_is_gone_and_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (program, store) = (program(), store(&folder, 1));
    let one = [order("a", 110, "1", 5), order("a", 120, "2", 8)];
    settle(&store, &program, &[&one], first(200));
    let cuts = settle(
        &store,
        &program,
        &[&[void(order("a", 110, "1", 0))]],
        open(100, 200, 300),
    );
    assert_eq!(changes(&cuts), [("1".to_owned(), Change::Void)]);
    assert_eq!(cuts[0].events().map(|batch| batch.rows).sum::<usize>(), 0);
    assert_eq!(stands(&store, &program), ["a 120 order 2/1 8"]);
    // The order once more, and the same cancellation.
    let again = [order("a", 110, "1", 5), void(order("a", 111, "1", 0))];
    let cuts = settle(&store, &program, &[&again], open(100, 300, 400));
    assert_eq!(refused(&cuts), [("1".to_owned(), Reason::Superseded)]);
    assert_eq!(cuts[0].counts[&0].duplicates, 1);
    // A cancellation may come first, and together with what it cancels.
    let early = [void(order("a", 420, "3", 0)), order("b", 430, "4", 7)];
    let cuts = settle(&store, &program, &[&early], open(100, 400, 500));
    assert!(changes(&cuts).is_empty());
    let then = [
        order("a", 420, "3", 4),
        order("c", 530, "5", 7),
        void(order("c", 530, "5", 0)),
    ];
    let cuts = settle(&store, &program, &[&then], open(100, 500, 600));
    assert_eq!(refused(&cuts).len(), 2);
    assert_eq!(
        stands(&store, &program),
        ["a 120 order 2/1 8", "b 430 order 4/1 7"]
    );
}

#[test]
fn two_revisions_in_one_file_are_not_lines_of_one_event() {
    let (program, line_2) = (program(), revised(2, line("a", 10, "1", 2, 20)));
    // Their lines do not even meet.
    let higher = [revised(1, line("a", 10, "1", 1, 10)), line_2.clone()];
    let cancelled = [
        line("b", 20, "2", 1, 5),
        line("b", 20, "2", 2, 5),
        void(line("b", 20, "2", 0, 0)),
    ];
    for (rows, expected) in [(&higher[..], &["a 10 order 1/2 20"][..]), (&cancelled, &[])] {
        for split in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let store = store(&folder, 1);
            let (one, two) = rows.split_at(rows.len() - 1);
            let objects: &[&[Row]] = if split { &[one, two] } else { &[rows] };
            let cuts = settle(&store, &program, objects, first(100));
            assert_eq!(stands(&store, &program), expected, "split {split}");
            assert_eq!(refused(&cuts).len(), one.len());
        }
    }
}

#[test]
fn what_does_not_stand_any_more_is_left_out_of_every_read_and_gone_after_a_merge() {
    let folder = tempfile::tempdir().unwrap();
    let (program, store) = (program(), store(&folder, 2));
    let mut expected: Vec<String> = Vec::new();
    let row = |revision: i64, night: i64, account: &str, net: i64| {
        let id = format!("{account}-{night}");
        revised(revision, order(account, night * 100 + 10, &id, net))
    };
    for night in 0..20_i64 {
        let mut rows: Vec<Row> = Vec::new();
        for account in ["a", "b", "c"] {
            rows.push(row(1, night, account, night));
            expected.push(format!("{account} {night}"));
        }
        if night > 0 {
            rows.push(row(2, night - 1, "b", 1000 + night));
            expected.retain(|line| *line != format!("b {}", night - 1));
            expected.push(format!("b {}", 1000 + night));
        }
        if night == 12 {
            // Of a large old level.
            rows.push(void(row(99, 3, "c", 0)));
            expected.retain(|line| line != "c 3");
        }
        let window = open(
            0,
            if night == 0 { i64::MIN } else { night * 100 },
            night * 100 + 100,
        );
        let cuts = settle(&store, &program, &[&rows], window);
        assert!(refused(&cuts).is_empty(), "{:?}", refused(&cuts));
        let latest = store.latest().unwrap().unwrap();
        let mut all: Vec<String> = Vec::new();
        for shard in 0..store.shards() {
            let history = History::open(&store, &latest, shard, &program).unwrap();
            let walked: Vec<_> = history
                .batches(&ColumnSet::all(&program))
                .map(Result::unwrap)
                .collect();
            let whole = lines(&program, &walked);
            // The same by account.
            let mut single = Vec::new();
            for account in ["a", "b", "c"] {
                let batch = history.account(account, &ColumnSet::all(&program)).unwrap();
                single.extend(lines(&program, &[batch]));
            }
            assert_eq!(whole, single, "night {night}");
            all.extend(whole.iter().map(|line| {
                let parts: Vec<&str> = line.split(' ').collect();
                format!("{} {}", parts[0], parts[4])
            }));
        }
        all.sort();
        let mut sorted = expected.clone();
        sorted.sort();
        assert_eq!(all, sorted, "night {night}");
    }
    let latest = store.latest().unwrap().unwrap();
    let stored: u64 = latest
        .files(Table::History)
        .iter()
        .map(|file| file.rows)
        .sum();
    let listed: u64 = latest
        .files(Table::Superseded)
        .iter()
        .map(|file| file.rows)
        .sum();
    // Cancellations stay, so that what they cancel does not come back.
    assert_eq!(stored - listed, expected.len() as u64 + 1);
    assert!(listed < 19, "merges have written most of it anew: {listed}");
}

//! One event delivered more than once: duplicates, conflicts and revisions.

use super::{after, first, history, settle, sorted, store};
use crate::lake::fixture::{Row, line, lines, order, program, visit};
use crate::lake::versions::Reason;

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
    assert_eq!(reasons, [Reason::Superseded, Reason::Superseded]);
    // Once its night is closed, it stands.
    let window = after(100, 200);
    let cuts = settle(&store, &program, &[&[revised(4, 40)]], window);
    assert_eq!(cuts[0].rows(), 0);
    assert_eq!(cuts[0].rejected[0].reason, Reason::Late);
    // An older one that comes later changes nothing, and nothing is to be done.
    let window = after(200, 300);
    let cuts = settle(&store, &program, &[&[revised(2, 20)]], window);
    assert_eq!(cuts[0].rejected[0].reason, Reason::Superseded);
}

#[test]
fn lines_of_one_order_in_two_objects_are_a_conflict_that_says_so_tonight_and_later() {
    let folder = tempfile::tempdir().unwrap();
    let program = program();
    let store = store(&folder, 1);
    let one = [line("a", 2, "2", 1, 5), line("a", 2, "2", 2, 6)];
    let two = [line("a", 2, "2", 3, 7)];
    let cuts = settle(&store, &program, &[&one, &two], first(100));
    let reasons: Vec<Reason> = cuts[0].rejected.iter().map(|row| row.reason).collect();
    assert!(!reasons.is_empty() && reasons.iter().all(|reason| *reason == Reason::Spread));
    assert_eq!(cuts[0].rows() + reasons.len(), 3);
    let window = after(100, 200);
    let three = [line("a", 2, "2", 4, 8)];
    let cuts = settle(&store, &program, &[&three], window);
    assert_eq!(cuts[0].rejected[0].reason, Reason::Spread);
    // What the history has of it comes again with one line changed: another content.
    let changed = [
        line("a", 2, "2", 1, 9),
        line("a", 2, "2", 2, 9),
        line("a", 2, "2", 3, 9),
    ];
    let window = after(200, 300);
    let cuts = settle(&store, &program, &[&changed], window);
    assert_eq!(cuts[0].rejected[0].reason, Reason::Conflict);
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
    let window = after(100, 200);
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

//! Columns of the history: those that are read, and those that follow from others.

use super::{after, first, history, settle, store};
use crate::lake::fixture::{Row, line, lines, order, program, visit};
use crate::lake::history::ColumnSet;
use crate::lake::history::History;

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
    let window = after(100, 200);
    let cuts = settle(&store, &program, &[&rows], window);
    assert!(cuts[0].rejected.is_empty());
    assert_eq!(cuts[0].counts[&0].duplicates, 3);
}

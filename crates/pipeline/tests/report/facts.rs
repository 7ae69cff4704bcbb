//! From rows of the history and the ledger to facts.

use super::sample::{
    LINE_NET, LINE_QUANTITY, NET, REFUND_NET, REFUND_QUANTITY, Row, batch, day, days, program,
    refund, row,
};
use rungs_engine::canonical::Kind;
use rungs_engine::event::EventId;
use rungs_engine::kpi::{OrderFact, PointsFact};
use rungs_engine::ledger::{Booking, Entry, EntryKind, Issued, Rule, RungMove, RungReason};
use rungs_engine::program::{Enrol, OverRefund, Pending, Program};
use rungs_pipeline::report::FactsReader;

fn orders(program: &Program, as_of: &str, rows: &[Row]) -> Vec<OrderFact> {
    let batch = batch(program, rows);
    let versions = rungs_engine::program::Versions::alone(program.clone());
    let mut reader = FactsReader::new(&versions, day(as_of));
    reader.history(&batch, 0..batch.rows, &[]);
    reader.facts("a").orders.to_vec()
}

/// (net, refunded, whole) of every order.
fn left(program: &Program, as_of: &str, rows: &[Row]) -> Vec<(i64, i64, bool)> {
    orders(program, as_of, rows)
        .iter()
        .map(|order| (order.net, order.refunded, order.whole))
        .collect()
}

/// An order of 2 × 1.5000 and 1 × 4.0050.
fn two_lines(program: &Program) -> Vec<Row> {
    let line = |number, quantity, net| {
        row(
            program,
            Kind::Order,
            "1997-01-05",
            "o1",
            number,
            &[(LINE_QUANTITY, quantity), (LINE_NET, net)],
        )
    };
    vec![line(1, 2, 30_000), line(2, 1, 40_050)]
}

fn given_back(program: &Program, rows: Vec<Row>) -> Vec<(i64, i64, bool)> {
    let mut all = two_lines(program);
    all.extend(rows);
    left(program, "1997-12-31", &all)
}

#[test]
fn an_order_with_lines_brings_their_sum_rounded_once_to_the_minor_unit() {
    // 3.0000 + 4.0050 = 7.005 is 7.00 (a half to even), not 3.00 + 4.01 or 4.00
    let program = program(Vec::new());
    assert_eq!(given_back(&program, Vec::new()), [(700, 0, false)]);
}

#[test]
fn what_the_order_says_of_itself_comes_before_its_lines() {
    let program = program(Vec::new());
    let order = row(
        &program,
        Kind::Order,
        "1997-01-05",
        "7",
        1,
        &[(NET, 650), (LINE_NET, 70_050)],
    );
    let orders = orders(&program, "1997-12-31", &[order]);
    assert_eq!((orders[0].net, orders[0].gross), (650, 650));
}

#[test]
fn a_refund_by_quantity_takes_the_share_and_ends_at_the_whole() {
    let program = program(Vec::new());
    let piece = |id: &str, tenths| {
        let quantity = [(REFUND_QUANTITY, tenths)];
        refund(&program, "1997-02-01", id, "o1", 1, &quantity)
    };
    // half of the first line is 1.50; both halves are the line; the second line is still there
    assert_eq!(
        given_back(&program, vec![piece("r1", 10)]),
        [(700, 150, false)]
    );
    assert_eq!(
        given_back(&program, vec![piece("r1", 10), piece("r2", 10)]),
        [(700, 300, false)]
    );
    let last = refund(&program, "1997-03-01", "r3", "o1", 2, &[]);
    assert_eq!(
        given_back(&program, vec![piece("r1", 10), piece("r2", 10), last]),
        [(700, 700, true)]
    );
}

#[test]
fn a_refund_by_money_takes_the_money_and_the_line_when_all_of_it_went_back() {
    let program = program(Vec::new());
    let money = |line, cents| {
        let id = format!("r{line}");
        refund(
            &program,
            "1997-02-01",
            &id,
            "o1",
            line,
            &[(REFUND_NET, cents)],
        )
    };
    assert_eq!(
        given_back(&program, vec![money(1, 100)]),
        [(700, 100, false)]
    );
    // 4.01 is more than the 4.0050 of the line: no more than that comes back
    assert_eq!(
        given_back(&program, vec![money(1, 300), money(2, 401)]),
        [(700, 700, true)]
    );
}

#[test]
fn a_refund_that_asks_for_more_than_is_left_takes_the_rest_or_is_refused() {
    let mut program = program(Vec::new());
    let pieces = |program: &Program, line, tenths| {
        let id = format!("r{line}{tenths}");
        let quantity = [(REFUND_QUANTITY, tenths)];
        refund(program, "1997-02-01", &id, "o1", line, &quantity)
    };
    let back = |program: &Program| {
        // Three pieces of two, one of a line that was never bought, then one of two, which is half of 3.00.
        let rows = [(1, 30), (7, 10), (1, 10)];
        let rows = rows.map(|(line, tenths)| pieces(program, line, tenths));
        given_back(program, rows.to_vec())
    };
    assert_eq!(back(&program), [(700, 300, false)]);
    program.refunds.over = OverRefund::Reject;
    assert_eq!(back(&program), [(700, 150, false)]);
}

#[test]
fn a_refund_without_a_line_takes_the_rest() {
    let program = program(Vec::new());
    let whole = refund(&program, "1997-02-01", "r", "o1", 0, &[]);
    assert_eq!(given_back(&program, vec![whole]), [(700, 700, true)]);
}

#[test]
fn a_refund_after_the_day_of_the_report_has_not_happened_yet() {
    let program = program(Vec::new());
    let mut rows = two_lines(&program);
    rows.push(refund(&program, "1997-02-01", "r", "o1", 0, &[]));
    assert_eq!(left(&program, "1997-01-31", &rows), [(700, 0, false)]);
    assert_eq!(left(&program, "1997-02-01", &rows), [(700, 700, true)]);
}

#[test]
fn a_refund_of_an_order_that_is_not_there_takes_nothing() {
    let program = program(Vec::new());
    let other = refund(&program, "1997-02-01", "r", "o2", 0, &[]);
    assert_eq!(given_back(&program, vec![other]), [(700, 0, false)]);
}

#[test]
fn a_free_order_is_whole_only_if_it_was_given_back() {
    let program = program(Vec::new());
    let free = row(
        &program,
        Kind::Order,
        "1997-01-05",
        "9",
        1,
        &[(LINE_NET, 0)],
    );
    let back = refund(&program, "1997-01-06", "r", "9", 0, &[]);
    assert_eq!(
        left(&program, "1997-12-31", std::slice::from_ref(&free)),
        [(0, 0, false)]
    );
    assert_eq!(left(&program, "1997-12-31", &[free, back]), [(0, 0, true)]);
}

#[test]
fn one_becomes_a_member_as_the_programme_says() {
    let rows = |program: &Program| {
        vec![
            row(program, Kind::Profile, "1997-01-01", "p", 0, &[]),
            row(program, Kind::Order, "1997-01-02", "o", 1, &[(LINE_NET, 1)]),
            row(program, Kind::Enrol, "1997-01-03", "e", 0, &[]),
        ]
    };
    let enrolled = |enrol| {
        let mut program = program(Vec::new());
        program.enrol = enrol;
        let batch = batch(&program, &rows(&program));
        let versions = rungs_engine::program::Versions::alone(program.clone());
        let mut reader = FactsReader::new(&versions, day("1997-12-31"));
        reader.history(&batch, 0..3, &[]);
        reader.facts("a").enrolled
    };
    assert_eq!(enrolled(Enrol::Automatic), Some(day("1997-01-01")));
    assert_eq!(enrolled(Enrol::FirstOrder), Some(day("1997-01-02")));
    assert_eq!(enrolled(Enrol::OptIn), Some(day("1997-01-03")));
}

#[test]
fn a_day_is_the_programmes_day() {
    // 03:00 UTC on 2 February is 22:00 on 1 February in New York
    let program = program(Vec::new());
    let mut late = row(
        &program,
        Kind::Order,
        "1997-02-02",
        "1",
        1,
        &[(LINE_NET, 1)],
    );
    late.time = day("1997-02-02") as i64 * 86_400_000_000 + 3 * 3_600_000_000;
    let orders = orders(&program, "1997-12-31", &[late]);
    assert_eq!(orders[0].day, day("1997-02-01"));
}

fn entry(program: &Program, on: &str, kind: EntryKind, event: i64, lot: i64, points: i64) -> Entry {
    Entry {
        version: 0,
        at: program.zone.midnight(day(on)),
        kind,
        rule: Rule::Earn(0),
        event: (0, EventId::Number(event)),
        lot: (lot != event).then_some((0, EventId::Number(lot))),
        points,
        expires: None,
        rung: 0,
    }
}

#[test]
fn pending_points_are_told_from_open_ones() {
    let mut program = program(Vec::new());
    program.wallets[0].pending = Some(Pending {
        length: Some(days(14)),
        until: None,
    });
    let versions = rungs_engine::program::Versions::alone(program.clone());
    let mut reader = FactsReader::new(&versions, day("1997-12-31"));
    // lots 1 and 2; lot 1 is released, then both lose 10; 5 of lot 1 are spent
    for entry in [
        entry(&program, "1997-01-01", EntryKind::Grant, 1, 1, 100),
        entry(&program, "1997-01-10", EntryKind::Grant, 2, 2, 50),
        entry(&program, "1997-01-15", EntryKind::Release, 1, 1, 100),
        entry(&program, "1997-01-16", EntryKind::Reverse, 3, 1, -10),
        entry(&program, "1997-01-16", EntryKind::Reverse, 3, 2, -10),
        entry(&program, "1997-01-17", EntryKind::Redeem, 4, 1, -5),
    ] {
        reader.entry(Booking::OnTime, &entry, 0);
    }
    let facts = reader.facts("a");
    let pending: i64 = facts.points.iter().map(|fact| fact.pending).sum();
    let open: i128 = facts.points.iter().map(PointsFact::open).sum();
    assert_eq!((pending, open), (40, 85));
}

#[test]
fn what_comes_late_for_a_lot_leaves_it_released() {
    let mut program = program(Vec::new());
    program.wallets[0].pending = Some(Pending {
        length: Some(days(14)),
        until: None,
    });
    let versions = rungs_engine::program::Versions::alone(program.clone());
    let mut reader = FactsReader::new(&versions, day("1997-12-31"));
    // lot 1 is released; 20 more come late for it, and are withdrawn again; then it loses 10
    let late = |kind| entry(&program, "1997-03-01", kind, 1, 1, 20);
    let first = |kind| entry(&program, "1997-01-01", kind, 1, 1, 100);
    for (booking, entry) in [
        (Booking::OnTime, first(EntryKind::Grant)),
        (Booking::OnTime, first(EntryKind::Release)),
        (Booking::OnTime, late(EntryKind::Grant)),
        (Booking::OnTime, late(EntryKind::Release)),
        (Booking::Withdrawn, late(EntryKind::Grant)),
        (Booking::Withdrawn, late(EntryKind::Release)),
        (
            Booking::OnTime,
            entry(&program, "1997-04-01", EntryKind::Reverse, 3, 1, -10),
        ),
    ] {
        reader.entry(booking, &entry, 0);
    }
    let facts = reader.facts("a");
    let pending: i64 = facts.points.iter().map(|fact| fact.pending).sum();
    let open: i128 = facts.points.iter().map(PointsFact::open).sum();
    assert_eq!((pending, open), (0, 90));
}

#[test]
fn without_a_pending_time_every_grant_is_open_at_once() {
    let program = program(Vec::new());
    let versions = rungs_engine::program::Versions::alone(program.clone());
    let mut reader = FactsReader::new(&versions, day("1997-12-31"));
    for entry in [
        entry(&program, "1997-01-02", EntryKind::Grant, 1, 1, 7),
        entry(&program, "1997-01-01", EntryKind::Grant, 2, 2, 5),
    ] {
        reader.entry(Booking::OnTime, &entry, 0);
    }
    let facts = reader.facts("a");
    // ledgers of two runs, one after the other, come out in the order of days
    assert_eq!(facts.points[0].points, 5);
    assert_eq!(facts.points[1].open(), 7);
}

#[test]
fn a_new_end_of_the_same_rung_is_no_move() {
    let program = program(Vec::new());
    let versions = rungs_engine::program::Versions::alone(program.clone());
    let mut reader = FactsReader::new(&versions, day("1997-12-31"));
    let moved = |from, to, reason| RungMove {
        version: 0,
        at: program.zone.midnight(day("1997-01-01")),
        from,
        to,
        until: None,
        reason,
        event: None,
    };
    reader.rung_move(&moved(0, 1, RungReason::Reached));
    reader.rung_move(&moved(1, 1, RungReason::Kept));
    let issued = Issued {
        version: 0,
        at: program.zone.midnight(day("1997-01-01")),
        reward: 0,
        member: "a".to_owned(),
        rule: Rule::Reward(0),
        event: None,
        occurrence: 1,
        until: 0,
        cost: 120,
        revoked_by: None,
    };
    reader.reward(Booking::OnTime, &issued, 0);
    let facts = reader.facts("a");
    assert_eq!((facts.rungs.len(), facts.rewards.len()), (1, 1));
    reader.clear();
    assert_eq!(reader.facts("b").first_day(), None);
}

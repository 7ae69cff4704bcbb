//! Refunds: re-evaluation of what is left, by the state and the room of the order's moment.

use crate::earning::coffee;
use crate::history::Events;
use crate::world::{World, cap, count, pending_for, points, rate};
use rungs_engine::calendar::{Calendar, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::condition::{Expected, Occasion};
use rungs_engine::event::EventId;
use rungs_engine::number::Rounding;
use rungs_engine::program::{EarnKind, MetricKind, Program};
use rungs_verify::Reason;

/// 10 beans per 1.00 of each line, open at once.
fn plain() -> World {
    let mut world = World::new();
    world.per_amount("every-euro", "", "10", "1.00", "line.net");
    world
}

fn joined(program: &Program) -> Events<'_> {
    Events::of(program).enrol("2026-01-05 09:00")
}

#[test]
fn two_partial_refunds_take_back_exactly_what_the_receipt_gave() {
    let program = coffee().done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["drink 1 3.45", "food 1 2.30"])
        .refund(
            "2026-01-08 12:00",
            "f1",
            "order=r1, number=2, line.quantity=1",
        )
        .refund(
            "2026-01-10 12:00",
            "f2",
            "order=r1, number=1, line.quantity=1",
        )
        .until("2026-02-01");
    assert_eq!(
        told.entries(),
        [
            "2026-01-07 10:00 grant every-euro r1 57 until 2027-02-01 00:00",
            "2026-01-08 12:00 reverse every-euro f1@r1 -23",
            "2026-01-09 00:00 release pending r1 34",
            "2026-01-10 12:00 reverse every-euro f2@r1 -34",
        ]
    );
    assert_eq!(told.sums(), (0, 0, 0));
}

#[test]
fn at_a_tie_re_evaluation_holds_and_not_a_share_per_line() {
    let back = |rounding: Rounding| {
        let mut world = plain();
        world.wallet().rounding = rounding;
        let program = world.done();
        joined(&program)
            .order("2026-01-07 10:00", "r1", &["drink 1 3.45", "food 1 2.35"])
            .refund("2026-01-08 12:00", "f1", "order=r1, number=2")
            .refund("2026-01-09 12:00", "f2", "order=r1, number=1")
            .until("2026-02-01")
            .recount
            .entries
            .iter()
            .map(|entry| entry.points)
            .collect::<Vec<_>>()
    };
    // 34.5 + 23.5 are exactly 58. What is left, 34.5, is 34 down and 35 to the nearest.
    assert_eq!(back(Rounding::Down), [58, -24, -34]);
    assert_eq!(back(Rounding::HalfUp), [58, -23, -35]);
    assert_eq!(back(Rounding::HalfEven), [58, -24, -34]);
}

#[test]
fn pieces_of_a_line_go_back_one_by_one_to_nothing() {
    let program = plain().done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["drink 3 10.00"])
        .refund(
            "2026-01-08 12:00",
            "f1",
            "order=r1, number=1, line.quantity=1",
        )
        .refund(
            "2026-01-09 12:00",
            "f2",
            "order=r1, number=1, line.quantity=1",
        )
        .refund(
            "2026-01-10 12:00",
            "f3",
            "order=r1, number=1, line.quantity=1",
        )
        .refund(
            "2026-01-11 12:00",
            "f4",
            "order=r1, number=1, line.quantity=1",
        )
        .until("2026-02-01");
    // 10.00 × 2/3 is 6.67: 66 beans are left, then 3.33: 33, then nothing. The fourth finds nothing.
    let points: Vec<i64> = told
        .recount
        .entries
        .iter()
        .map(|entry| entry.points)
        .collect();
    assert_eq!(points, [100, -34, -33, -33]);
}

#[test]
fn money_goes_back_as_much_as_is_said() {
    let program = plain().done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["drink 1 10.00", "food 1 5.00"])
        .refund(
            "2026-01-08 12:00",
            "f1",
            "order=r1, number=1, line.net=2.55",
        )
        .refund(
            "2026-01-09 12:00",
            "f2",
            "order=r1, number=1, line.net=7.45",
        )
        .refund("2026-01-10 12:00", "f3", "order=r1")
        .until("2026-02-01");
    // 150 → 74.5 + 50 = 124 → 50 → 0.
    let points: Vec<i64> = told
        .recount
        .entries
        .iter()
        .map(|entry| entry.points)
        .collect();
    assert_eq!(points, [150, -26, -74, -50]);
}

#[test]
fn half_a_cent_of_a_line_goes_to_the_even_cent() {
    let mut world = World::new();
    world.per_amount("cents", "", "100", "1.00", "line.net");
    let program = world.done();
    let left = |net: &str| {
        let told = joined(&program)
            .order("2026-01-07 10:00", "r1", &[&format!("drink 2 {net}")])
            .refund(
                "2026-01-08 12:00",
                "f1",
                "order=r1, number=1, line.quantity=1",
            )
            .until("2026-02-01");
        told.sums().0
    };
    assert_eq!(left("0.05"), 2);
    assert_eq!(left("0.07"), 4);
}

#[test]
fn minimums_and_steps_are_tested_again_on_what_is_left() {
    let mut world = World::new();
    let amount = world.expression("event.net", Occasion::Event(Kind::Order), Expected::Number);
    let steps = EarnKind::Steps {
        amount,
        steps: vec![(rate("10"), rate("5")), (rate("20"), rate("15"))],
    };
    world.earn("basket", Kind::Order, "", steps);
    world.per_event("large", Kind::Order, "event.net >= 15.00", "7");
    let program = world.done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["food 1 12.00", "food 1 8.00"])
        .refund("2026-01-08 12:00", "f1", "order=r1, number=2")
        .refund("2026-01-09 12:00", "f2", "order=r1, number=1")
        .until("2026-02-01");
    assert_eq!(
        told.entries(),
        [
            "2026-01-07 10:00 grant basket r1 15",
            "2026-01-07 10:00 grant large r1 7",
            "2026-01-08 12:00 reverse basket f1@r1 -10",
            "2026-01-08 12:00 reverse large f1@r1 -7",
            "2026-01-09 12:00 reverse basket f2@r1 -5",
        ]
    );
}

#[test]
fn a_refund_never_gives_more_than_was_given() {
    let mut world = World::new();
    world.per_event("small", Kind::Order, "event.net < 10.00", "9");
    world.per_event("any", Kind::Order, "", "1");
    let program = world.done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["food 1 12.00", "food 1 8.00"])
        .refund("2026-01-08 12:00", "f1", "order=r1, number=1")
        .until("2026-02-01");
    assert_eq!(told.entries(), ["2026-01-07 10:00 grant any r1 1"]);
}

#[test]
fn what_the_rest_moves_from_rule_to_rule_is_not_taken_back() {
    let mut world = World::new();
    world.wallet().rounding = Rounding::HalfUp;
    world.per_amount("base", "", "2", "1.00", "event.net");
    world.per_event("cups", Kind::Order, "", "0.5");
    let program = world.done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["food 1 22.91"])
        .refund(
            "2026-01-08 12:00",
            "f1",
            "order=r1, number=1, line.net=1.30",
        )
        .refund("2026-01-09 12:00", "f2", "order=r1")
        .until("2026-02-01");
    // 45.82 + 0.5 are 46, all of base. What is left, 43.22 + 0.5, would be 44: 43 and 1. So 2 are taken
    // back, though base alone would give 3 less.
    assert_eq!(
        told.entries(),
        [
            "2026-01-07 10:00 grant base r1 46",
            "2026-01-08 12:00 reverse base f1@r1 -2",
            "2026-01-09 12:00 reverse base f2@r1 -44",
        ]
    );
}

#[test]
fn the_own_lot_comes_first_then_pending_ones_then_open_ones_then_debt() {
    let mut world = plain();
    world.wallet().pending = pending_for("2 days");
    let program = world.done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["food 1 10.00"])
        .order("2026-01-08 10:00", "r2", &["food 1 1.00"])
        .row(Kind::Redeem, "2026-01-09 10:00", "x1", "ann", "points=70")
        .order("2026-01-11 10:00", "r3", &["food 1 2.00"])
        .refund("2026-01-11 12:00", "f1", "order=r1")
        .until("2026-01-12");
    assert_eq!(
        told.entries()[4..],
        [
            "2026-01-10 00:00 release pending r2 10",
            "2026-01-11 10:00 grant every-euro r3 20",
            "2026-01-11 12:00 reverse every-euro f1@r1 -30",
            "2026-01-11 12:00 reverse every-euro f1@r3 -20",
            "2026-01-11 12:00 reverse every-euro f1@r2 -10",
            "2026-01-11 12:00 debt shortage f1 40",
        ]
    );
    assert_eq!(told.sums(), (0, 0, 40));
}

#[test]
fn room_under_a_cap_comes_back_for_later_events_only() {
    let mut world = plain();
    world.program.earn[0].caps = vec![cap(points(100), Per::Calendar(Calendar::Day))];
    let program = world.done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["food 1 8.00"])
        .order("2026-01-07 11:00", "r2", &["food 1 8.00"])
        .refund("2026-01-07 12:00", "f1", "order=r1")
        .order("2026-01-07 13:00", "r3", &["food 1 20.00"])
        .refund(
            "2026-01-07 14:00",
            "f2",
            "order=r2, number=1, line.net=4.00",
        )
        .until("2026-02-01");
    // r2 had room for 20 and keeps it; r3 finds 80. Of r2 4.00 are left, 40, of which 20 fit as before.
    assert_eq!(
        told.entries(),
        [
            "2026-01-07 10:00 grant every-euro r1 80",
            "2026-01-07 11:00 grant every-euro r2 20",
            "2026-01-07 12:00 reverse every-euro f1@r1 -80",
            "2026-01-07 13:00 grant every-euro r3 80",
        ]
    );
}

#[test]
fn what_paid_nothing_in_the_end_no_longer_counts_how_often_it_paid() {
    let mut world = World::new();
    world.per_event("first", Kind::Order, "", "9").caps = vec![cap(count(1), Per::Lifetime)];
    let program = world.done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["food 1 8.00"])
        .order("2026-01-07 11:00", "r2", &["food 1 8.00"])
        .refund("2026-01-07 12:00", "f1", "order=r1")
        .order("2026-01-07 13:00", "r3", &["food 1 8.00"])
        .until("2026-02-01");
    assert_eq!(
        told.entries(),
        [
            "2026-01-07 10:00 grant first r1 9",
            "2026-01-07 12:00 reverse first f1@r1 -9",
            "2026-01-07 13:00 grant first r3 9",
        ]
    );
}

#[test]
fn the_state_of_the_order_decides_and_not_that_of_the_refund() {
    let mut world = World::new();
    world.metric(
        "orders",
        MetricKind::Events,
        Some(Kind::Order),
        "",
        Some(Per::Lifetime),
    );
    world.per_amount("early", "account.orders < 1", "10", "1.00", "line.net");
    let program = world.done();
    let told = joined(&program)
        .order("2026-01-07 10:00", "r1", &["food 1 8.00", "food 1 2.00"])
        .order("2026-01-08 10:00", "r2", &["food 1 8.00"])
        .refund("2026-01-09 12:00", "f1", "order=r1, number=2")
        .until("2026-02-01");
    assert_eq!(
        told.entries(),
        [
            "2026-01-07 10:00 grant early r1 100",
            "2026-01-09 12:00 reverse early f1@r1 -20",
        ]
    );
}

#[test]
fn a_refund_without_its_order_is_rejected() {
    let program = plain().done();
    let told = joined(&program)
        .refund("2026-01-06 12:00", "f1", "order=r1")
        .order("2026-01-07 10:00", "r1", &["food 1 8.00"])
        .refund("2026-01-08 12:00", "f2", "order=r9")
        .until("2026-02-01");
    let rejected: Vec<(EventId, Reason)> = told
        .recount
        .rejected
        .iter()
        .map(|(event, reason)| (event.1.clone(), *reason))
        .collect();
    assert_eq!(
        rejected,
        [
            (EventId::of("f1"), Reason::OrderUnknown),
            (EventId::of("f2"), Reason::OrderUnknown)
        ]
    );
    assert_eq!(told.sums(), (80, 0, 0));
}

#[test]
fn multipliers_are_taken_back_with_their_base() {
    let mut world = coffee();
    world.wallet().pending = None;
    let program = world.done();
    let told = joined(&program)
        .order("2026-10-06 15:00", "r1", &["beans 1 10.00", "drink 1 4.00"])
        .refund("2026-10-20 15:00", "f1", "order=r1, number=1")
        .until("2026-10-21");
    assert_eq!(
        told.entries()[3..],
        [
            "2026-10-20 15:00 reverse every-euro f1@r1 -100",
            "2026-10-20 15:00 reverse harvest-week f1@r1 -200",
        ]
    );
    assert_eq!(told.sums(), (80, 0, 0));
}

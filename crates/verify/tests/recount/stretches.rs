//! What a rung rests on, and what a refund of an order in that stretch does to it.

use crate::history::Events;
use crate::ladder::{ONE_PERIOD, calendar, ladder, orders_of};
use crate::world::{World, length};
use rungs_engine::canonical::Kind;
use rungs_engine::program::{
    MetricKind, Need, Period, Program, RefundRung, Requalify, Shortfall, Validity,
};

const NOTHING: [String; 0] = [];

/// Leaf from 100, grove from 300 in a calendar year; each holds to the end of the next one.
fn yearly(shortfall: Shortfall) -> Program {
    ladder(calendar(12), ONE_PERIOD, shortfall, |_| {})
}

/// The same over a stretch that ends with the event; each holds 12 months.
fn rolling(stretch: &str) -> Program {
    let period = Period::Rolling {
        length: length(stretch),
    };
    let validity = Validity::Length {
        length: length("12 months"),
    };
    ladder(period, validity, Shortfall::DropToBase, |tiers| {
        tiers.requalify = Requalify::ValidityEnd;
    })
}

/// The moves after the first few, with refunds (at, order, and how much of its only line; empty: all).
fn after(
    skipped: usize,
    events: Events<'_>,
    refunds: &[(&str, &str, &str)],
    before: &str,
) -> Vec<String> {
    let numbered = refunds.iter().enumerate();
    let events = numbered.fold(events, |events, (number, (at, order, net))| {
        let columns = match *net {
            "" => format!("order={order}"),
            net => format!("order={order}, number=1, line.net={net}"),
        };
        events.refund(at, &format!("f{}", number + 1), &columns)
    });
    events.until(before).rungs()[skipped..].to_vec()
}

/// The desk adds to what was earned.
fn add<'p>(events: Events<'p>, at: &str, id: &str, value: i64) -> Events<'p> {
    let columns = format!("metric=earned, value={value}");
    events.row(Kind::Adjust, at, id, "ann", &columns)
}

#[test]
fn a_refund_in_the_year_ends_at_once_the_rung_that_rested_on_it() {
    let mut program = yearly(Shortfall::DropOne);
    let orders = [
        ("2024-02-01", "120.00"),
        ("2024-12-20", "200.00"),
        ("2024-12-22", "50.00"),
    ];
    let refunded = |program: &Program, net: &str| {
        after(
            2,
            orders_of(program, &orders),
            &[("2024-12-27 09:00", "r2", net)],
            "2025-06-01",
        )
    };
    // 170 of 370 are left. What came later in the year than the move carries it too: 300 are enough.
    assert_eq!(
        refunded(&program, ""),
        ["2024-12-27 09:00 grove>leaf until 2026-01-01 refunded f1"]
    );
    assert_eq!(refunded(&program, "70.00"), NOTHING);
    program.refunds.rung = RefundRung::Checkpoint;
    assert_eq!(refunded(&program, ""), NOTHING);
}

#[test]
fn a_refund_counts_for_the_year_of_its_order_after_that_has_closed() {
    let program = yearly(Shortfall::DropOne);
    let old = [("2024-02-01", "120.00"), ("2024-12-20", "200.00")];
    let refund = ("2025-01-03 09:00", "r2", "");
    assert_eq!(
        after(2, orders_of(&program, &old), &[refund], "2025-06-01"),
        ["2025-01-03 09:00 grove>leaf until 2027-01-01 refunded f1"]
    );
    // The open year gives the rung too, or nothing more than leaf.
    let with = |net: &'static str| {
        let orders = [old[0], old[1], ("2025-01-02", net)];
        after(2, orders_of(&program, &orders), &[refund], "2025-06-01")
    };
    assert_eq!(with("300.00"), NOTHING);
    assert_eq!(
        with("299.00"),
        ["2025-01-03 09:00 grove>leaf until 2027-01-01 refunded f1"]
    );
    // From the lowest to grove in one step: back to what the open year gives.
    let orders = [("2024-12-20", "300.00"), ("2025-01-02", "100.00")];
    assert_eq!(
        after(
            1,
            orders_of(&program, &orders),
            &[("2025-01-03 09:00", "r1", "")],
            "2025-06-01"
        ),
        ["2025-01-03 09:00 grove>leaf until 2027-01-01 refunded f1"]
    );
}

#[test]
fn a_refund_of_another_year_leaves_the_rung() {
    let program = yearly(Shortfall::DropOne);
    let orders = [("2024-02-01", "50.00"), ("2025-02-01", "100.00")];
    assert_eq!(
        after(
            1,
            orders_of(&program, &orders),
            &[("2025-03-01 09:00", "r1", "")],
            "2025-06-01"
        ),
        NOTHING
    );
}

#[test]
fn a_kept_rung_rests_on_the_year_that_kept_it() {
    let orders = [
        ("2024-02-01", "120.00"),
        ("2024-06-01", "200.00"),
        ("2025-03-01", "300.00"),
    ];
    let refunded = |program: &Program, order: &str, net: &str| {
        let refund = ("2026-02-01 09:00", order, net);
        after(2, orders_of(program, &orders), &[refund], "2026-06-01")
    };
    let kept = "2026-01-01 00:00 grove>grove until 2027-01-01 kept -";
    let program = yearly(Shortfall::DropOne);
    assert_eq!(refunded(&program, "r2", ""), [kept]);
    // Back to the rung that was held before grove was reached.
    assert_eq!(
        refunded(&program, "r3", ""),
        [
            kept,
            "2026-02-01 09:00 grove>leaf until 2028-01-01 refunded f1"
        ]
    );
    // What keeps is enough, though it does not reach.
    let program = ladder(calendar(12), ONE_PERIOD, Shortfall::DropOne, |tiers| {
        tiers.rungs[2].keep = vec![vec![(0, 200)]];
    });
    assert_eq!(refunded(&program, "r3", "100.00"), [kept]);
    assert_eq!(refunded(&program, "r3", "100.01").len(), 2);
}

#[test]
fn a_rolling_rung_rests_on_the_days_that_ended_with_its_move() {
    let program = rolling("30 days");
    // 12 January is the first of the 30 days that end with 10 February. In June nothing of it is in the
    // present any more.
    let refund = [("2024-06-01 09:00", "r1", "")];
    let orders = [("2024-01-12", "100.00"), ("2024-02-10", "200.00")];
    assert_eq!(
        after(2, orders_of(&program, &orders), &refund, "2024-12-01"),
        ["2024-06-01 09:00 grove>leaf until 2025-06-01 refunded f1"]
    );
    // 11 January is before them.
    let orders = [("2024-01-11", "100.00"), ("2024-02-10", "300.00")];
    assert_eq!(
        after(2, orders_of(&program, &orders), &refund, "2024-12-01"),
        NOTHING
    );
}

#[test]
fn what_came_after_the_move_on_its_day_is_not_what_a_rolling_rung_rests_on() {
    let program = rolling("30 days");
    let events = || {
        orders_of(&program, &[("2024-01-10", "300.00")]).order(
            "2024-01-10 13:00",
            "r2",
            &["food 1 300.00"],
        )
    };
    let refunded = |at: &str, order: &str| after(1, events(), &[(at, order, "")], "2024-12-01");
    assert_eq!(
        refunded("2024-06-01 09:00", "r1"),
        ["2024-06-01 09:00 grove>sprout until - refunded f1"]
    );
    assert_eq!(refunded("2024-06-01 09:00", "r2"), NOTHING);
    // The present: r2 is in it until 8 February.
    assert_eq!(refunded("2024-02-08 23:59", "r1"), NOTHING);
    assert_eq!(refunded("2024-02-09 00:00", "r1").len(), 1);
}

#[test]
fn a_rolling_rung_of_hours_rests_on_the_instants_that_ended_with_its_move() {
    let program = rolling("36 hours");
    let refunded = |first: &str, net: &str| {
        let events = Events::of(&program)
            .enrol("2024-01-01 09:00")
            .order(first, "r1", &["food 1 100.00"])
            .order("2024-01-11 12:00", "r2", &[&format!("food 1 {net}")]);
        after(2, events, &[("2024-06-01 09:00", "r1", "")], "2024-12-01")
    };
    assert_eq!(
        refunded("2024-01-10 00:00", "200.00"),
        ["2024-06-01 09:00 grove>leaf until 2025-06-01 refunded f1"]
    );
    assert_eq!(refunded("2024-01-09 23:59", "300.00"), NOTHING);
}

#[test]
fn a_rolling_rung_that_was_kept_rests_on_the_days_that_were_looked_at() {
    let program = rolling("30 days");
    // Kept at 00:00 of 10 January 2025 by the 30 days before it: from 11 December on.
    let orders = [
        ("2024-01-10", "100.00"),
        ("2024-12-11", "100.00"),
        ("2025-01-10", "1.00"),
    ];
    let refunded = |order: &str, net: &str| {
        let refund = ("2025-03-01 09:00", order, net);
        after(2, orders_of(&program, &orders), &[refund], "2025-06-01")
    };
    assert_eq!(refunded("r1", ""), NOTHING);
    assert_eq!(refunded("r3", ""), NOTHING);
    assert_eq!(
        refunded("r2", "0.50"),
        ["2025-03-01 09:00 leaf>sprout until - refunded f1"]
    );
}

#[test]
fn a_day_with_two_orders_counts_until_both_are_given_back() {
    let mut world = World::new();
    world.metric(
        "visits",
        MetricKind::Distinct,
        Some(Kind::Order),
        "event.date",
        None,
    );
    let rungs: [(&str, Vec<Need>); 2] = [("sprout", vec![]), ("leaf", vec![vec![(0, 2)]])];
    world.tiers(calendar(12), ONE_PERIOD, Shortfall::DropOne, &rungs);
    let program = world.done();
    let events = orders_of(&program, &[("2024-02-01", "5.00"), ("2024-02-02", "5.00")]).order(
        "2024-02-01 15:00",
        "r3",
        &["food 1 5.00"],
    );
    assert_eq!(
        after(
            0,
            events,
            &[
                ("2024-03-01 09:00", "r1", ""),
                ("2024-03-02 09:00", "r3", "")
            ],
            "2024-12-01"
        ),
        [
            "2024-02-02 12:00 sprout>leaf until 2026-01-01 reached r2",
            "2024-03-02 09:00 leaf>sprout until - refunded f2",
        ]
    );
}

#[test]
fn what_the_desk_added_in_the_stretch_counts_and_later_years_do_not() {
    let program = yearly(Shortfall::DropOne);
    let orders = [("2024-02-01", "100.00"), ("2024-04-01", "50.00")];
    // 100, 250, 300 and grove, 350; without r2 300, without r1 200.
    let events = add(orders_of(&program, &orders), "2024-03-01 10:00", "s1", 150);
    let events = add(events, "2024-05-01 10:00", "s2", 50);
    let events = add(events, "2025-01-10 10:00", "s3", 299);
    assert_eq!(
        after(
            2,
            events,
            &[
                ("2025-02-01 09:00", "r2", ""),
                ("2025-02-02 09:00", "r1", "")
            ],
            "2025-06-01"
        ),
        ["2025-02-02 09:00 grove>leaf until 2027-01-01 refunded f2"]
    );
}

#[test]
fn who_was_let_stay_rests_on_nothing() {
    let program = yearly(Shortfall::Keep);
    let orders = [("2024-06-01", "300.00"), ("2025-06-01", "5.00")];
    assert_eq!(
        after(
            1,
            orders_of(&program, &orders),
            &[
                ("2026-02-01 09:00", "r1", ""),
                ("2026-02-02 09:00", "r2", "")
            ],
            "2026-06-01"
        ),
        ["2026-01-01 00:00 grove>grove until 2027-01-01 shortfall -"]
    );
}

#[test]
fn who_fell_or_was_put_there_by_the_desk_rests_on_nothing() {
    let program = yearly(Shortfall::DropOne);
    let both = [
        ("2024-12-27 09:00", "r2", ""),
        ("2024-12-28 09:00", "r1", ""),
    ];
    let orders = [("2024-02-01", "120.00"), ("2024-12-20", "200.00")];
    assert_eq!(
        after(2, orders_of(&program, &orders), &both, "2025-06-01"),
        ["2024-12-27 09:00 grove>leaf until 2026-01-01 refunded f1"]
    );
    let given = orders_of(&program, &orders).row(
        Kind::Adjust,
        "2024-12-21 10:00",
        "s1",
        "ann",
        "rung=grove",
    );
    assert_eq!(
        after(2, given, &both, "2025-06-01"),
        ["2024-12-21 10:00 grove>grove until 2026-01-01 adjusted s1"]
    );
    // Fallen to leaf at the end of 2025, on which 150 of that year would reach it.
    let orders = [("2024-06-01", "300.00"), ("2025-06-01", "150.00")];
    assert_eq!(
        after(
            1,
            orders_of(&program, &orders),
            &[("2026-02-01 09:00", "r2", "")],
            "2026-06-01"
        ),
        ["2026-01-01 00:00 grove>leaf until 2028-01-01 shortfall -"]
    );
}

#[test]
fn a_rung_once_reached_for_life_rests_on_everything() {
    let program = ladder(Period::Lifetime, Validity::Forever, Shortfall::Keep, |_| {});
    let orders = [
        ("2024-01-10", "100.00"),
        ("2025-01-10", "200.00"),
        ("2026-01-10", "50.00"),
    ];
    let refunded = |net: &str| {
        let refund = ("2027-01-01 09:00", "r1", net);
        after(2, orders_of(&program, &orders), &[refund], "2028-01-01")
    };
    assert_eq!(refunded("50.00"), NOTHING);
    assert_eq!(
        refunded("50.01"),
        ["2027-01-01 09:00 grove>leaf until - refunded f1"]
    );
}

#[test]
fn without_validity_a_refund_books_the_fall_as_refunded_only_at_once() {
    let none = Validity::None;
    let mut program = ladder(calendar(3), none, Shortfall::Keep, |_| {});
    let orders = [("2024-01-10", "120.00"), ("2024-02-10", "200.00")];
    let moves = |program: &Program| {
        let refund = ("2024-03-01 09:00", "r1", "");
        after(2, orders_of(program, &orders), &[refund], "2024-12-01")
    };
    // 00:00 of the new period, which is still empty, comes without an event.
    assert_eq!(
        moves(&program),
        [
            "2024-03-01 09:00 grove>leaf until - refunded f1",
            "2024-04-01 00:00 leaf>sprout until - shortfall -",
        ]
    );
    program.refunds.rung = RefundRung::Checkpoint;
    assert_eq!(
        moves(&program),
        [
            "2024-03-01 09:00 grove>leaf until - shortfall -",
            "2024-04-01 00:00 leaf>sprout until - shortfall -",
        ]
    );
}

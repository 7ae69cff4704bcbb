//! Life of lots: pending, expiry, consumption, debt, the desk.

use crate::earning::coffee;
use crate::history::Events;
use crate::world::{World, length, pending_for};
use rungs_engine::calendar::Calendar;
use rungs_engine::canonical::Kind;
use rungs_engine::program::{ByRung, Expiry, Shortage};

pub fn rolling(text: &str, month_end: bool) -> Expiry {
    Expiry::Rolling {
        length: length(text),
        up_to: month_end.then_some(Calendar::Month),
    }
}

/// 10 beans per 1.00, open at once.
pub fn plain(expiry: Expiry) -> World {
    let mut world = World::new();
    world.per_amount("every-euro", "", "10", "1.00", "line.net");
    world.wallet().expiry = expiry;
    world
}

#[test]
fn half_a_year_from_15_december_to_the_end_of_the_month_is_1_july() {
    let program = plain(rolling("6 months", true)).done();
    let events = || {
        Events::of(&program)
            .enrol("2025-12-01 09:00")
            .order("2025-12-15 10:00", "r1", &["food 1 1.00"])
            .order("2026-01-01 10:00", "r2", &["food 1 2.00"])
    };
    let told = events().until("2026-07-01");
    assert_eq!(
        told.entries(),
        [
            "2025-12-15 10:00 grant every-euro r1 10 until 2026-07-01 00:00",
            // 1 January + 6 months is the first of a month already.
            "2026-01-01 10:00 grant every-euro r2 20 until 2026-07-01 00:00",
        ]
    );
    // Spendable through 30 June, gone at 00:00.
    assert_eq!(told.sums(), (30, 0, 0));
    let after = events().until("2026-07-02");
    assert_eq!(
        after.entries()[2..],
        [
            "2026-07-01 00:00 expire expiry r1 -10",
            "2026-07-01 00:00 expire expiry r2 -20",
        ]
    );
    assert_eq!(after.sums(), (0, 0, 0));
}

#[test]
fn points_end_before_the_events_of_the_same_instant() {
    let program = plain(rolling("1 day", false)).done();
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .order("2026-01-01 10:00", "r1", &["food 1 1.00"])
        .row(Kind::Redeem, "2026-01-02 00:00", "x1", "ann", "points=4")
        .until("2026-01-03");
    assert_eq!(
        told.entries()[1..],
        [
            "2026-01-02 00:00 expire expiry r1 -10",
            "2026-01-02 00:00 debt shortage x1 4",
        ]
    );
}

#[test]
fn hours_run_over_instants_even_when_the_clocks_change() {
    let mut world = plain(rolling("48 hours", false));
    world.wallet().pending = pending_for("24 hours");
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2026-03-28 09:00")
        .order("2026-03-28 10:00", "r1", &["food 1 1.00"])
        .until("2026-04-01");
    // An hour is lost on the 29th, so 24 hours later it is 11 o'clock.
    assert_eq!(
        told.entries(),
        [
            "2026-03-28 10:00 grant every-euro r1 10 until 2026-03-30 11:00",
            "2026-03-29 11:00 release pending r1 10",
            "2026-03-30 11:00 expire expiry r1 -10",
        ]
    );
}

#[test]
fn a_redemption_names_its_lots_by_expiry_and_what_is_missing_is_owed() {
    let program = plain(rolling("1 month", false)).done();
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .order("2026-01-10 10:00", "r1", &["food 1 1.00"])
        .order("2026-01-05 10:00", "r2", &["food 1 1.00"])
        .row(Kind::Redeem, "2026-01-20 10:00", "x1", "ann", "points=15")
        .row(Kind::Redeem, "2026-01-20 11:00", "x2", "ann", "points=8")
        .order("2026-01-21 10:00", "r3", &["food 1 1.00"])
        .until("2026-02-01");
    assert_eq!(
        told.entries()[2..],
        [
            "2026-01-20 10:00 redeem redeem x1@r2 -10",
            "2026-01-20 10:00 redeem redeem x1@r1 -5",
            "2026-01-20 11:00 redeem redeem x2@r1 -5",
            "2026-01-20 11:00 debt shortage x2 3",
            "2026-01-21 10:00 grant every-euro r3 10 until 2026-02-21 00:00",
            "2026-01-21 10:00 repay shortage r3 -3",
        ]
    );
    assert_eq!(told.sums(), (7, 0, 0));
}

#[test]
fn debt_is_paid_when_the_next_lot_is_released_and_not_when_it_is_granted() {
    let program = coffee().done();
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .row(Kind::Redeem, "2026-01-02 10:00", "x1", "ann", "points=30")
        .order("2026-01-05 10:00", "r1", &["food 1 5.00"])
        .until("2026-01-07");
    assert_eq!(told.sums(), (0, 50, 30));
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .row(Kind::Redeem, "2026-01-02 10:00", "x1", "ann", "points=30")
        .order("2026-01-05 10:00", "r1", &["food 1 5.00"])
        .until("2026-01-08");
    assert_eq!(
        told.entries()[2..],
        [
            "2026-01-07 00:00 release pending r1 50",
            "2026-01-07 00:00 repay shortage r1 -30",
        ]
    );
    assert_eq!(told.sums(), (20, 0, 0));
}

#[test]
fn what_is_forgiven_is_not_owed() {
    let mut world = plain(Expiry::Never);
    world.program.refunds.shortage = Shortage::Forgive;
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .row(Kind::Redeem, "2026-01-02 10:00", "x1", "ann", "points=30")
        .order("2026-01-05 10:00", "r1", &["food 1 5.00"])
        .until("2026-02-01");
    assert_eq!(told.entries()[0], "2026-01-02 10:00 forgive shortage x1 30");
    assert_eq!(told.sums(), (50, 0, 0));
}

#[test]
fn a_reward_that_is_bought_costs_its_price_where_the_row_does_not_say_and_is_issued() {
    let mut world = plain(Expiry::Never);
    world.reward("any-drink", None, "", "30 days").price = Some(ByRung(vec![60]));
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .order("2026-01-05 10:00", "r1", &["food 1 20.00"])
        .row(
            Kind::Redeem,
            "2026-03-28 10:00",
            "x1",
            "ann",
            "reward=any-drink, quantity=2",
        )
        .row(
            Kind::Redeem,
            "2026-03-28 11:00",
            "x2",
            "ann",
            "reward=any-drink, points=50",
        )
        .until("2026-04-01");
    assert_eq!(
        told.entries()[1..],
        [
            "2026-03-28 10:00 redeem any-drink x1@r1 -120",
            "2026-03-28 11:00 redeem any-drink x2@r1 -50",
        ]
    );
    assert_eq!(
        told.issued(),
        [
            "2026-03-28 10:00 any-drink by any-drink for ann on x1 #1 until 2026-04-27 00:00",
            "2026-03-28 10:00 any-drink by any-drink for ann on x1 #2 until 2026-04-27 00:00",
            "2026-03-28 11:00 any-drink by any-drink for ann on x2 #1 until 2026-04-27 00:00",
        ]
    );
}

#[test]
fn the_desk_adds_a_lot_and_takes_from_lots() {
    let program = plain(rolling("12 months", false)).done();
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .row(
            Kind::Adjust,
            "2026-01-02 10:00",
            "s1",
            "ann",
            "wallet=beans, points=20",
        )
        .order("2026-01-05 10:00", "r1", &["food 1 1.00"])
        .row(
            Kind::Adjust,
            "2026-01-06 10:00",
            "s2",
            "ann",
            "wallet=beans, points=-25",
        )
        .row(
            Kind::Adjust,
            "2026-01-07 10:00",
            "s3",
            "ann",
            "wallet=beans, points=-9",
        )
        .until("2026-02-01");
    assert_eq!(
        told.entries(),
        [
            "2026-01-02 10:00 adjust adjust s1 20 until 2027-01-02 00:00",
            "2026-01-05 10:00 grant every-euro r1 10 until 2027-01-05 00:00",
            "2026-01-06 10:00 adjust adjust s2@s1 -20",
            "2026-01-06 10:00 adjust adjust s2@r1 -5",
            "2026-01-07 10:00 adjust adjust s3@r1 -5",
            "2026-01-07 10:00 debt shortage s3 4",
        ]
    );
    assert_eq!(told.sums(), (0, 0, 4));
}

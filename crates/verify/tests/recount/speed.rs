//! The recount is plain, but not quadratic with large constants.

use crate::earning::coffee;
use crate::history::Events;
use crate::world::{cap, length, points};
use rungs_engine::calendar::{Calendar, Instant, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::program::{MetricKind, Need, Period, Program, Shortfall, Validity, Versions};
use std::time::{Duration, Instant as Clock};

/// A programme with metrics, caps and a ladder that follows a rolling year.
fn small() -> Program {
    let mut world = coffee();
    world.metric(
        "visits_90",
        MetricKind::Distinct,
        Some(Kind::Order),
        "event.date",
        Some(Per::Rolling(length("90 days"))),
    );
    world.metric("earned", MetricKind::Granted, None, "", None);
    world.metric(
        "ever",
        MetricKind::Sum,
        Some(Kind::Order),
        "event.net",
        Some(Per::Lifetime),
    );
    let rungs: [(&str, Vec<Need>); 2] = [("sprout", vec![]), ("leaf", vec![vec![(1, 3000)]])];
    let period = Period::Rolling {
        length: length("12 months"),
    };
    world.tiers(period, Validity::None, Shortfall::DropOne, &rungs);
    world
        .per_amount(
            "regular",
            "account.visits_90 > 3 && account.ever > 10.00",
            "1",
            "1.00",
            "line.net",
        )
        .caps = vec![
        cap(points(50), Per::Calendar(Calendar::Week)),
        cap(points(1_000_000), Per::Lifetime),
    ];
    world.done()
}

/// So many orders at hourly distance, with redemptions and refunds.
fn time(orders: i64) -> (Duration, usize) {
    let program = small();
    let start: Instant = crate::world::instant(&program, "2020-01-01 10:00");
    let mut events = Events::of(&program).enrol("2020-01-01 09:00");
    for number in 0..orders {
        let at = jiff::Timestamp::from_microsecond(start + number * 3_600_000_000)
            .unwrap()
            .strftime("%Y-%m-%d %H:%M")
            .to_string();
        events = events.order(&at, &number.to_string(), &["drink 1 3.45", "food 1 2.30"]);
        if number % 7 == 3 {
            let id = format!("x{number}");
            events = events.row(Kind::Redeem, &at, &id, "ann", "points=30");
        }
        if number % 11 == 5 {
            let id = format!("f{number}");
            events = events.refund(&at, &id, &format!("order={number}, number=1"));
        }
    }
    let batch = events.batch();
    let versions = Versions::alone(program.clone());
    let clock = Clock::now();
    let recount = rungs_verify::recount(&versions, &batch, 0..batch.rows, &[], Instant::MAX / 2);
    (clock.elapsed(), recount.entries.len())
}

#[test]
fn an_account_of_5000_orders_is_recounted_in_a_moment() {
    let (elapsed, entries) = time(5_000);
    println!("5,000 orders: {elapsed:?}, {entries} entries");
    assert!(entries > 10_000);
    // A second where it is optimised; a debug build may take some.
    assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
}

#[test]
fn small_accounts_take_microseconds_each() {
    let program = small();
    let versions = Versions::alone(program.clone());
    let reading = rungs_verify::Readings::of(&versions);
    let mut events = Events::of(&program).enrol("2020-01-01 09:00");
    for number in 0..20 {
        let at = format!("2020-{:02}-{:02} 10:00", 1 + number % 12, 2 + number);
        events = events.order(&at, &number.to_string(), &["drink 1 3.45", "food 1 2.30"]);
    }
    let batch = events.batch();
    let until = crate::world::instant(&program, "2022-01-01 00:00");
    let clock = Clock::now();
    let mut entries = 0;
    for _ in 0..200 {
        entries += reading
            .recount(&batch, 0..batch.rows, &[], until)
            .entries
            .len();
    }
    let each = clock.elapsed() / 200;
    println!("20 orders: {each:?} an account");
    assert!(entries >= 200 * 60);
    // A debug build; optimised it is a tenth of this or less.
    assert!(each < Duration::from_millis(20), "{each:?}");
}

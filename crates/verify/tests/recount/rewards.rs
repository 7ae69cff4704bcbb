//! Rewards and surprise wins.

use crate::history::Events;
use crate::world::{World, cap, count, instant, length};
use rungs_engine::calendar::{Calendar, LeapDay, MonthDay, Per};
use rungs_engine::canonical::{Kind, Moment};
use rungs_engine::program::{
    MetricKind, Need, Period, Pool, Program, Shortfall, Trigger, Validity, Versions,
};
use rungs_verify::{Readings, Win, eligible};

fn birthdays(when: &str) -> World {
    let mut world = World::new();
    world.metric(
        "visits_90",
        MetricKind::Distinct,
        Some(Kind::Order),
        "event.date",
        Some(Per::Rolling(length("90 days"))),
    );
    world.reward(
        "birthday-cake",
        Some(Trigger::Moment(Moment::Birthday)),
        when,
        "1 day",
    );
    world
}

#[test]
fn the_birthday_cake_is_for_guests_of_the_last_90_days() {
    let program = birthdays("account.visits_90 >= 1").done();
    let events = |order: &str| {
        Events::of(&program)
            .enrol("2026-01-01 09:00")
            .row(
                Kind::Profile,
                "2026-01-01 09:05",
                "p1",
                "ann",
                "birthday=05-20",
            )
            .order(order, "r1", &["food 1 3.00"])
            .until("2026-12-01")
            .issued()
    };
    let cake =
        ["2026-05-20 00:00 birthday-cake by birthday-cake for ann on - #1 until 2026-05-21 00:00"];
    assert_eq!(events("2026-04-20 10:00"), cake);
    // The 90th day before, counting the birthday itself, is 20 February.
    assert_eq!(events("2026-02-20 10:00"), cake);
    assert_eq!(events("2026-02-19 10:00"), [""; 0]);
    // The birthday comes before the events of its day.
    assert_eq!(events("2026-05-20 00:00"), [""; 0]);
}

#[test]
fn a_birthday_on_29_february_falls_where_the_programme_says() {
    let days = |leap_day: LeapDay| {
        let mut world = birthdays("");
        world.program.leap_day = leap_day;
        let program = world.done();
        Events::of(&program)
            .row(
                Kind::Profile,
                "2023-01-01 09:05",
                "p1",
                "ann",
                "birthday=02-29",
            )
            .enrol("2023-02-01 09:00")
            .until("2025-12-01")
            .issued()
            .iter()
            .map(|text| text[..10].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        days(LeapDay::February28),
        ["2023-02-28", "2024-02-29", "2025-02-28"]
    );
    assert_eq!(
        days(LeapDay::March1),
        ["2023-03-01", "2024-02-29", "2025-03-01"]
    );
}

#[test]
fn a_birthday_that_becomes_known_on_its_day_waits_for_the_next_year() {
    let program = birthdays("").done();
    let issued = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .row(
            Kind::Profile,
            "2026-05-20 09:05",
            "p1",
            "ann",
            "birthday=05-20",
        )
        .row(Kind::Enrol, "2026-02-01 09:00", "e2", "bob", "")
        .row(
            Kind::Profile,
            "2026-02-01 09:05",
            "p2",
            "bob",
            "birthday=03-01",
        )
        .until("2027-12-01")
        .issued();
    let days: Vec<&str> = issued.iter().map(|text| &text[..10]).collect();
    assert_eq!(days, ["2026-03-01", "2027-03-01", "2027-05-20"]);
}

#[test]
fn a_reward_on_an_event_asks_for_the_state_before_it_and_its_cap_counts() {
    let mut world = World::new();
    world.metric(
        "orders",
        MetricKind::Events,
        Some(Kind::Order),
        "",
        Some(Per::Lifetime),
    );
    world
        .reward(
            "every-order",
            Some(Trigger::Event(Kind::Order)),
            "account.orders >= 1",
            "2 hours",
        )
        .caps = vec![cap(count(2), Per::Calendar(Calendar::Month))];
    let program = world.done();
    let mut events = Events::of(&program).enrol("2026-01-01 09:00");
    for day in 10..16 {
        events = events.order(
            &format!("2026-01-{day} 12:00"),
            &format!("r{day}"),
            &["food 1 1.00"],
        );
    }
    let told = events
        .order("2026-02-01 12:00", "r20", &["food 1 1.00"])
        .until("2026-03-01");
    assert_eq!(
        told.issued(),
        [
            "2026-01-11 12:00 every-order by every-order for ann on r11 #1 until 2026-01-11 14:00",
            "2026-01-12 12:00 every-order by every-order for ann on r12 #1 until 2026-01-12 14:00",
            "2026-02-01 12:00 every-order by every-order for ann on r20 #1 until 2026-02-01 14:00",
        ]
    );
    assert_eq!(told.recount.issued[0].cost, 140);
}

#[test]
fn a_reward_over_a_metric_plus_the_own_amount_comes_with_the_event_that_crosses() {
    let mut world = World::new();
    world.metric(
        "spent_month",
        MetricKind::Sum,
        Some(Kind::Order),
        "event.net",
        Some(Per::Calendar(Calendar::Month)),
    );
    let crosses = "account.spent_month < 50.00 && account.spent_month + event.net >= 50.00";
    world.reward(
        "thanks",
        Some(Trigger::Event(Kind::Order)),
        crosses,
        "30 days",
    );
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .order("2026-01-10 12:00", "r1", &["food 1 49.99"])
        .order("2026-01-11 12:00", "r2", &["food 1 0.01"])
        .order("2026-01-12 12:00", "r3", &["food 1 70.00"])
        .until("2026-02-01");
    let on: Vec<&str> = told.recount.issued.iter().map(|_| "r2").collect();
    assert_eq!(on, ["r2"]);
    assert!(told.issued()[0].contains(" on r2 "));
}

fn with_ladder() -> World {
    let mut world = World::new();
    world.metric("orders", MetricKind::Events, Some(Kind::Order), "", None);
    let rungs: [(&str, Vec<Need>); 3] = [
        ("sprout", vec![]),
        ("leaf", vec![vec![(0, 1)]]),
        ("grove", vec![vec![(0, 2)]]),
    ];
    let period = Period::Calendar {
        months: 12,
        start: MonthDay { month: 1, day: 1 },
    };
    let validity = Validity::Periods {
        count: 0,
        extra: None,
    };
    world.tiers(period, validity, Shortfall::DropToBase, &rungs);
    world
}

#[test]
fn reaching_a_rung_brings_its_reward_with_the_validity_of_the_new_rung() {
    let mut world = with_ladder();
    let reached = Some(Trigger::Moment(Moment::RungReached));
    world
        .reward(
            "welcome",
            reached,
            r#"event.rung == "grove" && event.former == "leaf""#,
            "1 day, 2 days, 3 days",
        )
        .caps = vec![cap(count(1), Per::Lifetime)];
    world.reward(
        "gift",
        Some(Trigger::Event(Kind::Order)),
        "",
        "1 day, 2 days, 3 days",
    );
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2025-01-01 09:00")
        .order("2025-01-10 12:00", "r1", &["food 1 1.00"])
        .order("2025-01-11 12:00", "r2", &["food 1 1.00"])
        .order("2026-01-10 12:00", "r3", &["food 1 1.00"])
        .order("2026-01-11 12:00", "r4", &["food 1 1.00"])
        .until("2026-02-01");
    assert_eq!(
        told.issued(),
        [
            "2025-01-10 12:00 gift by gift for ann on r1 #1 until 2025-01-11 00:00",
            "2025-01-11 12:00 gift by gift for ann on r2 #1 until 2025-01-13 00:00",
            "2025-01-11 12:00 welcome by welcome for ann on r2 #1 until 2025-01-14 00:00",
            "2026-01-10 12:00 gift by gift for ann on r3 #1 until 2026-01-11 00:00",
            "2026-01-11 12:00 gift by gift for ann on r4 #1 until 2026-01-13 00:00",
        ]
    );
}

#[test]
fn a_cap_by_member_counts_each_member() {
    let mut world = World::new();
    let mut once = cap(count(1), Per::Lifetime);
    once.pool = Pool::Member;
    world
        .reward("hello", Some(Trigger::Event(Kind::Activity)), "", "1 day")
        .caps = vec![once];
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .row(
            Kind::Activity,
            "2026-01-02 09:00",
            "a1",
            "ann",
            "name=opened",
        )
        .row(
            Kind::Activity,
            "2026-01-03 09:00",
            "a2",
            "ann",
            "name=opened",
        )
        .row(
            Kind::Activity,
            "2026-01-04 09:00",
            "a3",
            "bob",
            "name=opened",
        )
        .until("2026-02-01");
    assert_eq!(
        told.issued(),
        [
            "2026-01-02 09:00 hello by hello for ann on a1 #1 until 2026-01-03 00:00",
            "2026-01-04 09:00 hello by hello for bob on a3 #1 until 2026-01-05 00:00",
        ]
    );
}

fn surprising() -> Program {
    let mut world = World::new();
    world.metric(
        "visits_90",
        MetricKind::Distinct,
        Some(Kind::Order),
        "event.date",
        Some(Per::Rolling(length("90 days"))),
    );
    world.reward("cookie", None, "", "14 days");
    world
        .surprise(
            "on-the-house",
            r#"account.visits_90 >= 1 && event.weekday == "wed""#,
            0,
        )
        .cooldown = Some(length("7 days"));
    world.done()
}

#[test]
fn a_win_is_issued_at_its_occurrence_and_never_drawn_again() {
    let program = surprising();
    let win = Win {
        surprise: 0,
        occurrence: instant(&program, "2026-06-03 10:00"),
        member: "ann".to_owned(),
    };
    let told = Events::of(&program)
        .enrol("2026-04-01 09:00")
        .with_wins("2026-06-04", std::slice::from_ref(&win));
    assert_eq!(
        told.issued(),
        ["2026-06-03 10:00 cookie by on-the-house for ann on - #1 until 2026-06-17 00:00"]
    );
    let told = Events::of(&program)
        .enrol("2026-04-01 09:00")
        .with_wins("2026-06-03", &[win]);
    assert_eq!(told.issued(), [""; 0]);
}

#[test]
fn who_may_draw_is_decided_at_the_start_of_the_day_and_cools_down_after_a_win() {
    let program = surprising();
    let versions = Versions::alone(program.clone());
    let at = |text: &str| instant(&program, text);
    let batch = Events::of(&program)
        .enrol("2026-04-01 09:00")
        .order("2026-06-03 09:00", "r1", &["food 1 1.00"])
        .batch();
    let may = |occurrence: &str, wins: &[Win]| {
        eligible(
            &versions,
            0,
            &batch,
            0..batch.rows,
            wins,
            at(occurrence),
            "ann",
        )
    };
    // The order of that morning does not count yet.
    assert!(!may("2026-06-03 10:00", &[]));
    assert!(may("2026-06-10 10:00", &[]));
    assert!(!may("2026-06-11 10:00", &[]), "a Thursday");
    let win = |occurrence: &str| Win {
        surprise: 0,
        occurrence: at(occurrence),
        member: "ann".to_owned(),
    };
    // Seven days after the 3rd end at 00:00 of the 10th; after the 4th they do not.
    assert!(may("2026-06-10 10:00", &[win("2026-06-03 10:00")]));
    assert!(!may("2026-06-10 10:00", &[win("2026-06-04 10:00")]));
    let all = Readings::of(&versions).eligible(
        &batch,
        0..batch.rows,
        &[],
        &[(0, at("2026-09-09 10:00")), (0, at("2026-06-10 10:00"))],
    );
    let days: Vec<i64> = all.iter().map(|one| one.occurrence).collect();
    // 90 days with the 9th of September begin on 12 June.
    assert_eq!(days, [at("2026-06-10 10:00")]);
}

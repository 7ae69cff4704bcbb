//! The ladder: reaching, keeping, falling, refunds and the desk.

use crate::history::Events;
use crate::world::{World, length};
use rungs_engine::calendar::{MonthDay, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::program::{
    MetricKind, Need, Period, Program, Requalify, Shortfall, Tiers, Validity,
};

pub fn calendar(months: i64) -> Period {
    Period::Calendar {
        months,
        start: MonthDay { month: 1, day: 1 },
    }
}

/// One bean per 1.00; leaf from 100, grove from 300 beans in the period.
pub fn ladder(
    period: Period,
    validity: Validity,
    shortfall: Shortfall,
    change: impl Fn(&mut Tiers),
) -> Program {
    let mut world = World::new();
    world.metric("earned", MetricKind::Granted, None, "", None);
    let rungs: [(&str, Vec<Need>); 3] = [
        ("sprout", vec![]),
        ("leaf", vec![vec![(0, 100)]]),
        ("grove", vec![vec![(0, 300)]]),
    ];
    change(world.tiers(period, validity, shortfall, &rungs));
    world.per_amount("every-euro", "", "1", "1.00", "line.net");
    world.done()
}

pub const ONE_PERIOD: Validity = Validity::Periods {
    count: 1,
    extra: None,
};

fn spend(program: &Program, orders: &[(&str, &str)], before: &str) -> Vec<String> {
    orders_of(program, orders).until(before).rungs()
}

/// Orders r1, r2, … of so much.
pub fn orders_of<'p>(program: &'p Program, orders: &[(&str, &str)]) -> Events<'p> {
    let events = Events::of(program).enrol("2024-01-01 09:00");
    orders
        .iter()
        .enumerate()
        .fold(events, |events, (number, (day, net))| {
            let at = format!("{day} 12:00");
            events.order(
                &at,
                &format!("r{}", number + 1),
                &[&format!("food 1 {net}")],
            )
        })
}

#[test]
fn the_receipt_that_crosses_the_line_still_earns_at_the_old_rate() {
    let mut world = World::new();
    world.metric("beans_earned", MetricKind::Granted, None, "", None);
    world.metric(
        "visits",
        MetricKind::Distinct,
        Some(Kind::Order),
        "event.date",
        None,
    );
    let validity = Validity::Periods {
        count: 1,
        extra: Some(length("2 weeks")),
    };
    let rungs: [(&str, Vec<Need>); 3] = [
        ("sprout", vec![]),
        ("leaf", vec![vec![(0, 3000)], vec![(1, 50)]]),
        ("grove", vec![vec![(0, 12000), (1, 80)]]),
    ];
    world.tiers(calendar(12), validity, Shortfall::DropOne, &rungs);
    world.per_amount("every-euro", "", "10 12 15", "1.00", "line.net");
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2026-02-01 09:00")
        .row(
            Kind::Adjust,
            "2026-02-01 10:00",
            "s1",
            "ann",
            "metric=beans_earned, value=2900",
        )
        .order("2026-02-02 09:00", "r1", &["food 4 20.00"])
        .order("2026-02-03 09:00", "r2", &["food 2 10.00"])
        .until("2026-02-04");
    assert_eq!(
        told.entries(),
        [
            "2026-02-02 09:00 grant every-euro r1 200",
            "2026-02-03 09:00 grant every-euro r2 120",
        ]
    );
    assert_eq!(
        told.rungs(),
        ["2026-02-02 09:00 sprout>leaf until 2028-01-15 reached r1"]
    );
    assert_eq!(told.recount.entries[0].rung, 0);
    assert_eq!(told.recount.entries[1].rung, 1);
    assert_eq!(told.recount.closing.rung, 1);
}

#[test]
fn several_rungs_in_one_step_and_all_of_one_alternative() {
    let program = ladder(calendar(12), ONE_PERIOD, Shortfall::DropOne, |tiers| {
        tiers.rungs[2].reach = vec![vec![(0, 300), (0, 400)]];
    });
    assert_eq!(
        spend(
            &program,
            &[("2024-02-01", "350.00"), ("2024-02-02", "50.00")],
            "2024-12-01"
        ),
        [
            "2024-02-01 12:00 sprout>leaf until 2026-01-01 reached r1",
            "2024-02-02 12:00 leaf>grove until 2026-01-01 reached r2",
        ]
    );
    assert_eq!(
        spend(&program, &[("2024-02-01", "400.00")], "2024-12-01"),
        ["2024-02-01 12:00 sprout>grove until 2026-01-01 reached r1"]
    );
}

#[test]
fn a_calendar_period_begins_at_nothing_and_keeping_in_it_extends() {
    let program = ladder(calendar(12), ONE_PERIOD, Shortfall::DropOne, |_| {});
    let orders = [
        ("2024-06-01", "300.00"),
        ("2024-12-31", "10.00"),
        ("2025-01-01", "299.00"),
        ("2025-12-31", "1.00"),
        ("2026-03-01", "100.00"),
    ];
    assert_eq!(
        spend(&program, &orders, "2030-01-01"),
        [
            "2024-06-01 12:00 sprout>grove until 2026-01-01 reached r1",
            // 300 in 2025: at its end the rung holds through 2026.
            "2026-01-01 00:00 grove>grove until 2027-01-01 kept -",
            // 100 in 2026 keep leaf only: one rung down, as if reached that day.
            "2027-01-01 00:00 grove>leaf until 2029-01-01 shortfall -",
            "2029-01-01 00:00 leaf>sprout until - shortfall -",
        ]
    );
}

#[test]
fn a_shortfall_does_what_is_declared() {
    let fall = |shortfall: Shortfall, second_year: &'static str| {
        let program = ladder(calendar(12), ONE_PERIOD, shortfall, |_| {});
        let orders = [("2024-06-01", "300.00"), ("2025-06-01", second_year)];
        spend(&program, &orders, "2026-06-01")[1..].to_vec()
    };
    assert_eq!(
        fall(Shortfall::Keep, "5.00"),
        ["2026-01-01 00:00 grove>grove until 2027-01-01 shortfall -"]
    );
    assert_eq!(
        fall(Shortfall::DropOne, "5.00"),
        ["2026-01-01 00:00 grove>leaf until 2028-01-01 shortfall -"]
    );
    assert_eq!(
        fall(Shortfall::DropToQualified, "5.00"),
        ["2026-01-01 00:00 grove>sprout until - shortfall -"]
    );
    assert_eq!(
        fall(Shortfall::DropToQualified, "100.00"),
        ["2026-01-01 00:00 grove>leaf until 2028-01-01 shortfall -"]
    );
    assert_eq!(
        fall(Shortfall::DropToBase, "100.00"),
        ["2026-01-01 00:00 grove>sprout until - shortfall -"]
    );
}

#[test]
fn who_is_let_stay_stays_one_more_validity_from_the_last_closed_period() {
    let validity = Validity::Periods {
        count: 1,
        extra: Some(length("2 weeks")),
    };
    for requalify in [Requalify::EachPeriod, Requalify::ValidityEnd] {
        let program = ladder(calendar(12), validity, Shortfall::Keep, |tiers| {
            tiers.requalify = requalify;
        });
        assert_eq!(
            spend(&program, &[("2024-06-01", "300.00")], "2028-01-01"),
            [
                "2024-06-01 12:00 sprout>grove until 2026-01-15 reached r1",
                // As if 2025 had kept it, and then 2026.
                "2026-01-15 00:00 grove>grove until 2027-01-15 shortfall -",
                "2027-01-15 00:00 grove>grove until 2028-01-15 shortfall -",
            ],
            "{requalify:?}"
        );
    }
}

#[test]
fn a_length_of_validity_runs_from_the_day_and_looks_back_over_the_stretch_that_ends() {
    let year = length("12 months");
    let rolling = Period::Rolling { length: year };
    let program = ladder(
        rolling,
        Validity::Length { length: year },
        Shortfall::DropToBase,
        |tiers| {
            tiers.requalify = Requalify::ValidityEnd;
        },
    );
    // The 12 months before 2025-03-10 begin with 2024-03-10: r1 itself is in them, with r2 it is 100.
    assert_eq!(
        spend(
            &program,
            &[("2024-03-10", "100.00"), ("2024-05-10", "1.00")],
            "2027-01-01"
        ),
        [
            "2024-03-10 12:00 sprout>leaf until 2025-03-10 reached r1",
            "2025-03-10 00:00 leaf>leaf until 2026-03-10 kept -",
            "2026-03-10 00:00 leaf>sprout until - shortfall -",
        ]
    );
    // Reached with 60 of the day before: in the year that ends only 50 are left.
    assert_eq!(
        spend(
            &program,
            &[("2024-03-09", "60.00"), ("2024-03-10", "50.00")],
            "2027-01-01"
        ),
        [
            "2024-03-10 12:00 sprout>leaf until 2025-03-10 reached r2",
            "2025-03-10 00:00 leaf>sprout until - shortfall -",
        ]
    );
}

#[test]
fn without_validity_the_rung_is_what_the_metric_says_both_ways() {
    let days = Period::Rolling {
        length: length("30 days"),
    };
    let program = ladder(days, Validity::None, Shortfall::Keep, |_| {});
    assert_eq!(
        spend(
            &program,
            &[("2024-01-10", "200.00"), ("2024-01-20", "100.00")],
            "2025-01-01"
        ),
        [
            "2024-01-10 12:00 sprout>leaf until - reached r1",
            "2024-01-20 12:00 leaf>grove until - reached r2",
            // 10 January and the 29 days after it.
            "2024-02-09 00:00 grove>leaf until - shortfall -",
            "2024-02-19 00:00 leaf>sprout until - shortfall -",
        ]
    );
    let program = ladder(calendar(3), Validity::None, Shortfall::Keep, |_| {});
    assert_eq!(
        spend(
            &program,
            &[
                ("2024-01-10", "200.00"),
                ("2024-04-01", "5.00"),
                ("2024-04-02", "300.00")
            ],
            "2025-01-01"
        ),
        [
            "2024-01-10 12:00 sprout>leaf until - reached r1",
            "2024-04-01 00:00 leaf>sprout until - shortfall -",
            "2024-04-02 12:00 sprout>grove until - reached r3",
            "2024-07-01 00:00 grove>sprout until - shortfall -",
        ]
    );
    let hours = Period::Rolling {
        length: length("36 hours"),
    };
    let program = ladder(hours, Validity::None, Shortfall::Keep, |_| {});
    assert_eq!(
        spend(&program, &[("2024-01-10", "100.00")], "2025-01-01"),
        [
            "2024-01-10 12:00 sprout>leaf until - reached r1",
            "2024-01-12 00:00+1us leaf>sprout until - shortfall -",
        ]
    );
}

#[test]
fn a_lifetime_rung_has_no_end() {
    let program = ladder(Period::Lifetime, Validity::Forever, Shortfall::Keep, |_| {});
    assert_eq!(
        spend(
            &program,
            &[("2024-01-10", "60.00"), ("2027-01-20", "40.00")],
            "2040-01-01"
        ),
        ["2027-01-20 12:00 sprout>leaf until - reached r2"]
    );
}

#[test]
fn the_desk_gives_a_rung_with_or_without_an_end() {
    let program = ladder(calendar(12), ONE_PERIOD, Shortfall::DropOne, |_| {});
    let told = |columns: &str| {
        Events::of(&program)
            .enrol("2024-01-01 09:00")
            .row(Kind::Adjust, "2024-03-01 10:00", "s1", "ann", columns)
            .until("2024-12-01")
            .rungs()
    };
    assert_eq!(
        told("rung=grove, ends=2024-06-01"),
        [
            "2024-03-01 10:00 sprout>grove until 2024-06-01 adjusted s1",
            "2024-06-01 00:00 grove>leaf until 2026-01-01 shortfall -",
        ]
    );
    assert_eq!(
        told("rung=leaf"),
        ["2024-03-01 10:00 sprout>leaf until 2026-01-01 adjusted s1"]
    );
}

#[test]
fn a_metric_with_its_own_window_counts_over_that() {
    let mut world = World::new();
    world.metric(
        "ever",
        MetricKind::Events,
        Some(Kind::Order),
        "",
        Some(Per::Lifetime),
    );
    let rungs: [(&str, Vec<Need>); 2] = [("sprout", vec![]), ("leaf", vec![vec![(0, 2)]])];
    world.tiers(calendar(12), ONE_PERIOD, Shortfall::DropOne, &rungs);
    let program = world.done();
    assert_eq!(
        spend(
            &program,
            &[("2024-06-01", "1.00"), ("2026-06-01", "1.00")],
            "2026-12-01"
        ),
        ["2026-06-01 12:00 sprout>leaf until 2028-01-01 reached r2"]
    );
}

#[test]
fn what_is_asked_of_the_rung_is_what_was_held_just_before() {
    let mut world = World::new();
    world.metric("earned", MetricKind::Granted, None, "", None);
    let rungs: [(&str, Vec<Need>); 2] = [("sprout", vec![]), ("leaf", vec![vec![(0, 10)]])];
    world.tiers(calendar(12), ONE_PERIOD, Shortfall::DropToBase, &rungs);
    world.per_amount("every-euro", "", "1", "1.00", "line.net");
    let mut probe = |id: &str, when: &str| {
        world.per_event(id, Kind::Activity, when, "1").counts = false;
    };
    probe("is-leaf", r#"account.rung >= "leaf""#);
    probe("since", r#"account.rung_since == date("2024-02-01")"#);
    probe(
        "until",
        r#"has(account.rung_until) && account.rung_until == date("2026-01-01")"#,
    );
    probe("was-leaf", r#"account.former_rung == "leaf""#);
    let program = world.done();
    let mut events = orders_of(&program, &[("2024-02-01", "10.00")]);
    for (id, at) in [
        ("a1", "2024-02-01 11:00"),
        ("a2", "2024-02-01 13:00"),
        ("a3", "2026-01-01 00:00"),
    ] {
        events = events.row(Kind::Activity, at, id, "ann", "name=opened");
    }
    assert_eq!(
        events.until("2026-02-01").entries()[1..],
        [
            "2024-02-01 13:00 grant is-leaf a2 1",
            "2024-02-01 13:00 grant since a2 1",
            "2024-02-01 13:00 grant until a2 1",
            "2026-01-01 00:00 grant was-leaf a3 1",
        ]
    );
}

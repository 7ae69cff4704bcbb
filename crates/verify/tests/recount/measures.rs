//! Metrics as columns of conditions: windows, net of refunds, by member, by hand.

use crate::history::Events;
use crate::world::{World, length, pending_for};
use rungs_engine::calendar::{Calendar, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::program::{MetricKind, Pool, Program};

/// One point for each opened app of which the condition holds.
fn probe(world: &mut World, when: &str) {
    world.per_event("probe", Kind::Activity, when, "1");
}

fn open<'p>(events: Events<'p>, at: &str) -> Events<'p> {
    let id = at.replace([' ', ':', '-'], "");
    events.row(Kind::Activity, at, &format!("a{id}"), "ann", "name=opened")
}

/// The local times at which the probe held.
fn held(program: &Program, events: Events<'_>, times: &[&str]) -> Vec<String> {
    let events = times.iter().fold(events, |events, at| open(events, at));
    let probe = program
        .earn
        .iter()
        .position(|rule| rule.id == "probe")
        .unwrap();
    let told = events.until("2030-01-01");
    told.recount
        .entries
        .iter()
        .zip(told.entries())
        .filter(|(entry, _)| entry.rule == rungs_engine::ledger::Rule::Earn(probe as u16))
        .map(|(_, text)| text[..16].to_owned())
        .collect()
}

fn joined(program: &Program) -> Events<'_> {
    Events::of(program).enrol("2024-01-01 09:00")
}

#[test]
fn a_window_ends_with_the_event_and_begins_so_many_dates_before() {
    let check = |per: Per, times: &[&str]| {
        let mut world = World::new();
        world.metric(
            "visits",
            MetricKind::Distinct,
            Some(Kind::Order),
            "event.date",
            Some(per),
        );
        probe(&mut world, "account.visits >= 1");
        let program = world.done();
        let events = joined(&program).order("2024-01-31 12:00", "r1", &["food 1 1.00"]);
        held(&program, events, times)
    };
    let days = Per::Rolling(length("30 days"));
    // 31 January and the 29 days after it.
    assert_eq!(
        check(
            days,
            &[
                "2024-01-31 11:59",
                "2024-01-31 12:00",
                "2024-02-29 23:59",
                "2024-03-01 00:00"
            ]
        ),
        ["2024-01-31 12:00", "2024-02-29 23:59"]
    );
    // A month ending on 29 February begins after 29 January; one on 1 March after 1 February.
    let month = Per::Rolling(length("1 month"));
    assert_eq!(
        check(month, &["2024-02-29 23:59", "2024-03-01 00:00"]),
        ["2024-02-29 23:59"]
    );
    let weeks = Per::Rolling(length("1 week"));
    assert_eq!(
        check(weeks, &["2024-02-06 23:59", "2024-02-07 00:00"]),
        ["2024-02-06 23:59"]
    );
    // Hours end before the instant of the event: the order of 12:00 is not in those that end at 12:00.
    let hours = Per::Rolling(length("2 hours"));
    assert_eq!(
        check(
            hours,
            &[
                "2024-01-31 12:00",
                "2024-01-31 12:01",
                "2024-01-31 14:00",
                "2024-01-31 14:01"
            ]
        ),
        ["2024-01-31 12:01", "2024-01-31 14:00"]
    );
    let quarter = Per::Calendar(Calendar::Quarter);
    assert_eq!(
        check(quarter, &["2024-03-31 23:59", "2024-04-01 00:00"]),
        ["2024-03-31 23:59"]
    );
}

#[test]
fn sums_are_net_of_refunds_from_the_refund_on_and_dated_as_the_order() {
    let mut world = World::new();
    world.metric(
        "spent",
        MetricKind::Sum,
        Some(Kind::Order),
        "event.net",
        Some(Per::Calendar(Calendar::Month)),
    );
    probe(&mut world, "account.spent == 7.00");
    let program = world.done();
    let events = joined(&program)
        .order("2024-01-30 12:00", "r1", &["food 1 4.00", "food 1 3.00"])
        .order("2024-02-03 12:00", "r2", &["food 1 7.00"])
        .refund("2024-02-02 12:00", "f1", "order=r1, number=2")
        .refund(
            "2024-02-03 13:00",
            "f2",
            "order=r2, number=1, line.net=1.00",
        );
    assert_eq!(
        held(
            &program,
            events,
            &[
                "2024-01-31 12:00",
                "2024-02-01 12:00",
                "2024-02-02 13:00",
                "2024-02-03 12:30",
                "2024-02-03 14:00"
            ]
        ),
        ["2024-01-31 12:00", "2024-02-03 12:30"]
    );
}

#[test]
fn an_order_that_was_given_back_whole_is_no_longer_an_order() {
    let mut world = World::new();
    world.metric(
        "orders",
        MetricKind::Events,
        Some(Kind::Order),
        "",
        Some(Per::Lifetime),
    );
    world.metric(
        "visits",
        MetricKind::Distinct,
        Some(Kind::Order),
        "event.date",
        Some(Per::Lifetime),
    );
    probe(&mut world, "account.orders == 2 && account.visits == 1");
    let program = world.done();
    let events = joined(&program)
        .order("2024-01-30 12:00", "r1", &["food 1 4.00", "food 1 3.00"])
        .order("2024-01-30 13:00", "r2", &["food 1 7.00"])
        .refund("2024-02-02 12:00", "f1", "order=r1, number=2")
        .refund("2024-02-03 12:00", "f2", "order=r1, number=1");
    assert_eq!(
        held(
            &program,
            events,
            &["2024-01-31 12:00", "2024-02-02 13:00", "2024-02-03 13:00"]
        ),
        ["2024-01-31 12:00", "2024-02-02 13:00"]
    );
}

#[test]
fn the_condition_of_a_metric_is_tested_again_on_what_is_left() {
    let mut world = World::new();
    let large = world.condition("event.net >= 10.00", Kind::Order);
    world
        .metric(
            "large",
            MetricKind::Events,
            Some(Kind::Order),
            "",
            Some(Per::Lifetime),
        )
        .when = Some(large);
    probe(&mut world, "account.large == 1");
    let program = world.done();
    let events = joined(&program)
        .order("2024-01-30 12:00", "r1", &["food 1 8.00", "food 1 3.00"])
        .refund("2024-02-02 12:00", "f1", "order=r1, number=2");
    assert_eq!(
        held(&program, events, &["2024-02-01 12:00", "2024-02-03 12:00"]),
        ["2024-02-01 12:00"]
    );
}

#[test]
fn first_and_last_remember_values_and_are_empty_over_nothing() {
    let mut world = World::new();
    world.metric(
        "last_nps",
        MetricKind::Last,
        Some(Kind::Survey),
        "event.score",
        Some(Per::Rolling(length("10 days"))),
    );
    world.metric(
        "first_score",
        MetricKind::First,
        Some(Kind::Survey),
        "event.score",
        Some(Per::Lifetime),
    );
    probe(
        &mut world,
        "default(account.last_nps, 10) > 6 && default(account.first_score, 0) == 9",
    );
    let program = world.done();
    let events = joined(&program)
        .row(
            Kind::Survey,
            "2024-01-10 12:00",
            "s1",
            "ann",
            "scale=nps, score=9",
        )
        .row(
            Kind::Survey,
            "2024-01-11 12:00",
            "s2",
            "ann",
            "scale=csat, score=2",
        );
    assert_eq!(
        held(
            &program,
            events,
            &[
                "2024-01-09 12:00",
                "2024-01-10 13:00",
                "2024-01-12 12:00",
                "2024-01-20 12:00",
                "2024-01-21 00:00"
            ]
        ),
        ["2024-01-10 13:00", "2024-01-21 00:00"]
    );
}

#[test]
fn granted_and_spent_count_points_and_the_desk_adds_to_a_metric() {
    let mut world = World::new();
    world.metric(
        "beans_year",
        MetricKind::Granted,
        None,
        "",
        Some(Per::Calendar(Calendar::Year)),
    );
    world.metric("used", MetricKind::Spent, None, "", Some(Per::Lifetime));
    world.per_amount("every-euro", "", "10", "1.00", "line.net");
    world.per_event("gift", Kind::Survey, "", "500").counts = false;
    probe(&mut world, "account.beans_year == 80 && account.used == 30");
    world.program.earn.last_mut().unwrap().counts = false;
    let program = world.done();
    let events = joined(&program)
        .row(
            Kind::Survey,
            "2024-01-10 12:00",
            "s1",
            "ann",
            "scale=nps, score=9",
        )
        .order("2024-01-11 12:00", "r1", &["food 1 7.00", "food 1 3.00"])
        .row(Kind::Redeem, "2024-01-12 12:00", "x1", "ann", "points=30")
        .refund("2024-01-13 12:00", "f1", "order=r1, number=2")
        .row(
            Kind::Adjust,
            "2024-01-14 12:00",
            "s2",
            "ann",
            "metric=beans_year, value=10",
        )
        .row(
            Kind::Adjust,
            "2024-01-15 12:00",
            "s3",
            "ann",
            "metric=beans_year, value=1",
        );
    assert_eq!(
        held(
            &program,
            events,
            &["2024-01-13 13:00", "2024-01-14 13:00", "2024-01-15 13:00"]
        ),
        ["2024-01-14 13:00"]
    );
}

#[test]
fn a_metric_of_members_counts_each_member_alone() {
    let mut world = World::new();
    world
        .metric(
            "opened",
            MetricKind::Events,
            Some(Kind::Activity),
            "",
            Some(Per::Lifetime),
        )
        .pool = Pool::Member;
    probe(&mut world, "member.opened == 1");
    let program = world.done();
    let told = joined(&program)
        .row(
            Kind::Activity,
            "2024-01-10 12:00",
            "a1",
            "ann",
            "name=opened",
        )
        .row(
            Kind::Activity,
            "2024-01-11 12:00",
            "a2",
            "bob",
            "name=opened",
        )
        .row(
            Kind::Activity,
            "2024-01-12 12:00",
            "a3",
            "ann",
            "name=opened",
        )
        .row(
            Kind::Activity,
            "2024-01-13 12:00",
            "a4",
            "ann",
            "name=opened",
        )
        .until("2024-02-01");
    assert_eq!(told.entries(), ["2024-01-12 12:00 grant probe a3 1"]);
}

#[test]
fn the_balance_in_a_condition_is_what_can_be_spent_just_before_the_event() {
    let mut world = World::new();
    world.wallet().pending = pending_for("1 day");
    world.per_amount("every-euro", "", "10", "1.00", "line.net");
    probe(&mut world, "account.beans == 50");
    let program = world.done();
    let events = joined(&program)
        .order("2024-01-10 12:00", "r1", &["food 1 5.00"])
        .row(Kind::Redeem, "2024-01-11 12:00", "x1", "ann", "points=1");
    assert_eq!(
        held(
            &program,
            events,
            &["2024-01-10 13:00", "2024-01-11 00:00", "2024-01-11 13:00"]
        ),
        ["2024-01-11 00:00"]
    );
}

#[test]
fn a_number_beyond_64_bits_turns_the_event_away_and_nothing_of_it_is_booked() {
    let mut world = World::new();
    world.metric(
        "orders",
        MetricKind::Events,
        Some(Kind::Order),
        "",
        Some(Per::Lifetime),
    );
    world.per_event("any", Kind::Activity, "", "3");
    let text = "default(event.value, 0) * default(event.value, 0) > 4.0";
    world.per_event("square", Kind::Activity, text, "1");
    let program = world.done();
    let told = joined(&program)
        .row(
            Kind::Activity,
            "2024-01-10 12:00",
            "a1",
            "ann",
            "name=ran, value=3",
        )
        .row(
            Kind::Activity,
            "2024-01-11 12:00",
            "a2",
            "ann",
            "name=ran, value=9000000000000",
        )
        .until("2024-02-01");
    assert_eq!(
        told.entries(),
        [
            "2024-01-10 12:00 grant any a1 3",
            "2024-01-10 12:00 grant square a1 1"
        ]
    );
    assert_eq!(told.recount.rejected.len(), 1);
    assert_eq!(told.recount.rejected[0].1, rungs_verify::Reason::Overflow);
}

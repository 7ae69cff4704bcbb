//! Enrolment, earn rules, caps, multipliers, groups, rounding.

use crate::history::Events;
use crate::world::{World, cap, count, day, length, pending_for, points, rate};
use rungs_engine::calendar::{Calendar, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::condition::{Expected, Occasion};
use rungs_engine::number::Rounding;
use rungs_engine::program::{
    ByRung, Combine, EarnKind, Expiry, Limit, Over, Pool, Program, RoundAt,
};

/// Bean & Leaf without a ladder: 10 beans per 1.00 but for gift cards, two days pending, a year to the end
/// of the month, 2,000 a day; two multipliers of which the higher wins.
pub fn coffee() -> World {
    let mut world = World::new();
    world.wallet().pending = pending_for("2 days");
    world.wallet().expiry = Expiry::Rolling {
        length: length("12 months"),
        up_to: Some(Calendar::Month),
    };
    let gift = r#"line.category != "gift-card""#;
    world
        .per_amount("every-euro", gift, "10", "1.00", "line.net")
        .caps = vec![cap(points(2000), Per::Calendar(Calendar::Day))];
    let tuesday = r#"event.weekday == "tue" && event.hour >= 14 && event.hour < 17"#;
    world.group("happy", Some(Combine::Highest));
    world
        .multiplier("double-tuesday", tuesday, "2", &["every-euro"])
        .group = Some(0);
    let beans = r#"line.category == "beans""#;
    let harvest = world.multiplier("harvest-week", beans, "3", &["every-euro"]);
    harvest.group = Some(0);
    (harvest.from, harvest.before) = (Some(day("2026-10-05")), Some(day("2026-10-12")));
    world
}

/// 10 beans per 1.00 of each line, nothing else.
fn plain() -> World {
    let mut world = World::new();
    world.per_amount("every-euro", "", "10", "1.00", "line.net");
    world
}

fn granted(program: &Program, lines: &[&str]) -> Vec<String> {
    Events::of(program)
        .enrol("2026-01-05 09:00")
        .order("2026-10-06 15:00", "r1", lines)
        .until("2026-10-07")
        .entries()
        .iter()
        .map(|entry| {
            entry
                .replace("2026-10-06 15:00 grant ", "")
                .replace(" r1 ", " ")
        })
        .collect()
}

#[test]
fn a_gift_card_earns_nothing_and_the_fraction_is_dropped_once_per_receipt() {
    let program = coffee().done();
    let lines = ["drink 1 3.45", "food 1 2.30", "gift-card 1 20.00"];
    let events = || {
        Events::of(&program)
            .enrol("2026-01-05 09:00")
            .order("2026-01-07 10:00", "r1", &lines)
    };
    let first = events().until("2026-01-08");
    assert_eq!(
        first.entries(),
        ["2026-01-07 10:00 grant every-euro r1 57 until 2027-02-01 00:00"]
    );
    assert_eq!(first.sums(), (0, 57, 0));
    // The night of the 8th is the state just before the release at 00:00 of the 9th.
    assert_eq!(events().until("2026-01-09").sums(), (0, 57, 0));
    let later = events().until("2026-01-10");
    assert_eq!(later.entries()[1], "2026-01-09 00:00 release pending r1 57");
    assert_eq!(later.sums(), (57, 0, 0));
}

#[test]
fn on_a_harvest_tuesday_the_better_multiplier_wins_line_by_line() {
    let mut world = coffee();
    world.wallet().expiry = Expiry::Never;
    let program = world.done();
    // 14.00 are 140; beans 10.00 three times: 200 more; the drink twice: 40 more.
    let expected = ["double-tuesday 40", "every-euro 140", "harvest-week 200"];
    assert_eq!(
        granted(&program, &["beans 1 10.00", "drink 1 4.00"]),
        expected
    );
}

#[test]
fn a_multiplier_sees_what_the_cap_left_and_earlier_lines_keep_it() {
    let mut world = coffee();
    world.wallet().expiry = Expiry::Never;
    let program = world.done();
    // 2,500 are trimmed to 2,000: the drink keeps 1,500, the beans 500 of their 1,000.
    assert_eq!(
        granted(&program, &["drink 1 150.00", "beans 1 100.00"]),
        [
            "double-tuesday 1500",
            "every-euro 2000",
            "harvest-week 1000"
        ]
    );
}

#[test]
fn multipliers_of_a_group_combine_as_declared() {
    let outcome = |combine: Option<Combine>, max: Option<&str>| {
        let mut world = plain();
        world.group("bonus", combine).max = max.map(rate);
        world.multiplier("a-double", "", "2", &["every-euro"]).group = Some(0);
        world.multiplier("b-triple", "", "3", &["every-euro"]).group = Some(0);
        world.program.earn.last_mut().unwrap().priority = 5;
        granted(&world.done(), &["food 1 10.00"])
    };
    let base = "every-euro 100";
    assert_eq!(
        outcome(Some(Combine::Highest), None),
        ["b-triple 200", base]
    );
    assert_eq!(outcome(Some(Combine::First), None), ["b-triple 200", base]);
    let both = ["a-double 100", "b-triple 200", base];
    assert_eq!(outcome(Some(Combine::Add), None), both);
    // 6 times together: 1 × base for the first, (3 − 1) × 2 for the second.
    assert_eq!(
        outcome(Some(Combine::Multiply), None),
        ["a-double 100", "b-triple 400", base]
    );
    assert_eq!(
        outcome(Some(Combine::Multiply), Some("4")),
        ["a-double 100", "b-triple 200", base]
    );
    assert_eq!(
        outcome(Some(Combine::Highest), Some("2.5")),
        ["b-triple 150", base]
    );
}

#[test]
fn multipliers_without_a_group_add_up_and_of_a_tie_the_smaller_id_wins() {
    let mut world = plain();
    world.multiplier("a-double", "", "2", &["every-euro"]);
    world.multiplier("b-double", "", "2", &["every-euro"]);
    assert_eq!(
        granted(&world.done(), &["food 1 10.00"]),
        ["a-double 100", "b-double 100", "every-euro 100"]
    );
    let mut world = plain();
    world.group("bonus", Some(Combine::Highest));
    world.multiplier("a-double", "", "2", &["every-euro"]).group = Some(0);
    world.multiplier("b-double", "", "2", &["every-euro"]).group = Some(0);
    assert_eq!(
        granted(&world.done(), &["food 1 10.00"]),
        ["a-double 100", "every-euro 100"]
    );
}

#[test]
fn the_cap_of_a_group_takes_from_the_last_rule_and_its_last_line() {
    let mut world = plain();
    world.group("all", Some(Combine::Add)).cap = vec![cap(points(130), Per::Event)];
    world.program.earn[0].group = Some(0);
    world
        .multiplier("tenth-more", "", "1.5", &["every-euro"])
        .group = Some(0);
    // 100 and 50 more; 130 fit, so the last id loses 20.
    assert_eq!(
        granted(&world.done(), &["food 1 10.00"]),
        ["every-euro 100", "tenth-more 30"]
    );
}

#[test]
fn what_does_not_fit_is_rejected_as_a_whole_where_the_cap_says_so() {
    let mut world = plain();
    let mut small = cap(points(50), Per::Event);
    small.over = Over::Reject;
    world.program.earn[0].caps = vec![small];
    let program = world.done();
    assert_eq!(granted(&program, &["food 1 5.01"]), [""; 0]);
    assert_eq!(granted(&program, &["food 1 5.00"]), ["every-euro 50"]);
}

#[test]
fn a_cap_per_line_holds_each_line() {
    let mut world = plain();
    world.program.earn[0].caps = vec![cap(points(30), Per::Line)];
    assert_eq!(
        granted(
            &world.done(),
            &["food 1 5.00", "food 1 2.00", "food 1 9.00"]
        ),
        ["every-euro 80"]
    );
}

#[test]
fn no_more_than_2000_beans_a_day_and_a_second_reload_in_a_week_earns_nothing() {
    let mut world = coffee();
    world.wallet().pending = None;
    world.wallet().expiry = Expiry::Never;
    let amount = world.expression(
        "default(event.value, 0)",
        Occasion::Event(Kind::Activity),
        Expected::Number,
    );
    let steps = EarnKind::Steps {
        amount,
        steps: vec![(rate("30"), rate("100")), (rate("50"), rate("250"))],
    };
    world
        .earn(
            "reload",
            Kind::Activity,
            r#"event.name == "reloaded""#,
            steps,
        )
        .caps = vec![cap(count(1), Per::Calendar(Calendar::Week))];
    let program = world.done();
    let reload = |events: Events<'static>, at: &str, id: &str, value: &str| {
        events.row(
            Kind::Activity,
            at,
            id,
            "ann",
            &format!("name=reloaded, value={value}"),
        )
    };
    let program: &'static Program = Box::leak(Box::new(program));
    let mut events = Events::of(program)
        .enrol("2026-03-01 09:00")
        .order("2026-03-02 11:30", "r1", &["merch 1 250.00"])
        .order("2026-03-02 12:30", "r2", &["merch 1 1.00"])
        .order("2026-03-03 00:00", "r3", &["merch 1 1.00"]);
    for (at, id, value) in [
        ("2026-03-03 08:00", "a1", "60"),
        ("2026-03-05 08:00", "a2", "60"),
        ("2026-03-09 08:00", "a3", "49.99"),
        ("2026-03-16 08:00", "a4", "29.99"),
        ("2026-03-17 08:00", "a5", "30"),
    ] {
        events = reload(events, at, id, value);
    }
    assert_eq!(
        events.until("2026-04-01").entries(),
        [
            "2026-03-02 11:30 grant every-euro r1 2000",
            "2026-03-03 00:00 grant every-euro r3 10",
            "2026-03-03 08:00 grant reload a1 250",
            "2026-03-09 08:00 grant reload a3 100",
            "2026-03-17 08:00 grant reload a5 100",
        ]
    );
}

#[test]
fn a_cap_with_each_counts_every_value_by_itself_and_one_per_member_every_member() {
    let mut world = World::new();
    let each = world.expression(
        "event.object",
        Occasion::Event(Kind::Activity),
        Expected::Any,
    );
    let mut once = cap(count(1), Per::Lifetime);
    once.each = Some(each);
    once.pool = Pool::Member;
    world.per_event("review", Kind::Activity, "", "20").caps = vec![once];
    let program = world.done();
    let mut events = Events::of(&program).enrol("2026-01-05 09:00");
    for (id, member, object) in [
        ("a1", "ann", "mug"),
        ("a2", "ann", "mug"),
        ("a3", "ann", "cup"),
        ("a4", "bob", "mug"),
    ] {
        let at = format!("2026-01-06 1{}:00", &id[1..]);
        events = events.row(
            Kind::Activity,
            &at,
            id,
            member,
            &format!("name=reviewed, object={object}"),
        );
    }
    assert_eq!(
        events.until("2026-02-01").entries(),
        [
            "2026-01-06 11:00 grant review a1 20",
            "2026-01-06 13:00 grant review a3 20",
            "2026-01-06 14:00 grant review a4 20",
        ]
    );
}

#[test]
fn a_rolling_cap_of_days_counts_the_day_and_those_before_it() {
    let mut world = plain();
    world.program.earn[0].caps = vec![cap(points(100), Per::Rolling(length("3 days")))];
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2026-03-26 09:00")
        .order("2026-03-27 23:00", "r1", &["food 1 8.00"])
        .order("2026-03-29 03:00", "r2", &["food 1 8.00"])
        .order("2026-03-30 00:00", "r3", &["food 1 8.00"])
        .until("2026-04-01");
    // On the 30th the 27th is gone, though fewer than 72 hours have passed: 100 − 20 = 80.
    assert_eq!(
        told.entries(),
        [
            "2026-03-27 23:00 grant every-euro r1 80",
            "2026-03-29 03:00 grant every-euro r2 20",
            "2026-03-30 00:00 grant every-euro r3 80",
        ]
    );
}

#[test]
fn a_cap_over_hours_counts_what_came_before_at_the_same_instant() {
    let mut world = World::new();
    let rule = world.per_event("once", Kind::Order, "", "5");
    rule.caps = vec![cap(count(1), Per::Rolling(length("2 hours")))];
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2026-01-05 09:00")
        .order("2026-01-06 10:00", "r1", &["food 1 1.00"])
        .order("2026-01-06 10:00", "r2", &["food 1 1.00"])
        .order("2026-01-06 12:00", "r3", &["food 1 1.00"])
        .order("2026-01-06 12:01", "r4", &["food 1 1.00"])
        .until("2026-02-01");
    assert_eq!(
        told.entries(),
        [
            "2026-01-06 10:00 grant once r1 5",
            "2026-01-06 12:01 grant once r4 5",
        ]
    );
}

#[test]
fn whole_units_are_counted_per_line_or_per_event() {
    let whole = |amount: &str| {
        let mut world = World::new();
        let earn = world.per_amount("fives", "", "3", "5.00", amount);
        if let EarnKind::PerAmount { whole, .. } = &mut earn.kind {
            *whole = true;
        }
        granted(&world.done(), &["food 1 9.99", "food 1 9.99"])
    };
    // Each line holds one full 5.00; together they hold three.
    assert_eq!(whole("line.net"), ["fives 6"]);
    assert_eq!(whole("event.net"), ["fives 9"]);
}

#[test]
fn flat_points_come_per_line_or_per_piece() {
    let per_line = |unit: bool| {
        let mut world = World::new();
        let kind = EarnKind::PerLine {
            points: crate::world::rates("2"),
            unit,
        };
        world.earn("own-cup", Kind::Order, r#"line.category == "drink""#, kind);
        granted(
            &world.done(),
            &["drink 3 9.00", "food 1 1.00", "drink 2 6.00"],
        )
    };
    assert_eq!(per_line(false), ["own-cup 4"]);
    assert_eq!(per_line(true), ["own-cup 10"]);
}

#[test]
fn the_sum_is_rounded_once_and_shared_by_largest_remainder_then_rule() {
    let shared = |rounding: Rounding, round_at: RoundAt| {
        let mut world = World::new();
        world.wallet().rounding = rounding;
        world.wallet().round_at = round_at;
        // Of 1.00 and 1.00: 0.7 and 0.7 each line; 1.4 each rule, 2.8 in all.
        world.per_amount("a", "", "0.7", "1.00", "line.net");
        world.per_amount("b", "", "0.7", "1.00", "line.net");
        granted(&world.done(), &["food 1 1.00", "food 1 1.00"])
    };
    assert_eq!(shared(Rounding::Down, RoundAt::Event), ["a 1", "b 1"]);
    assert_eq!(shared(Rounding::Up, RoundAt::Event), ["a 2", "b 1"]);
    assert_eq!(shared(Rounding::HalfEven, RoundAt::Event), ["a 2", "b 1"]);
    // 1.4 per line: 1 each down, to the smaller id; 2 each up.
    assert_eq!(shared(Rounding::Down, RoundAt::Line), ["a 2"]);
    assert_eq!(shared(Rounding::Up, RoundAt::Line), ["a 2", "b 2"]);
}

#[test]
fn a_scale_gives_points_digits() {
    let mut world = plain();
    world.wallet().scale = 2;
    world.program.earn[0].caps = vec![cap(Limit::Points(ByRung(vec![3_455])), Per::Event)];
    let program = world.done();
    // 34.559 points at two digits are 3455; the cap of 34.55 leaves them.
    assert_eq!(granted(&program, &["food 1 3.46"]), ["every-euro 3455"]);
    assert_eq!(granted(&program, &["food 1 0.01"]), ["every-euro 10"]);
}

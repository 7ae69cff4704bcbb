//! Who is a member, and from when on.

use crate::history::Events;
use crate::world::World;
use rungs_engine::canonical::Kind;
use rungs_engine::program::{Enrol, Program};

/// 10 beans per 1.00 of each line, nothing else.
fn plain() -> World {
    let mut world = World::new();
    world.per_amount("every-euro", "", "10", "1.00", "line.net");
    world
}

#[test]
fn nothing_before_joining_counts_but_what_is_known_of_the_member() {
    let mut world = plain();
    world.per_event(
        "irish",
        Kind::Activity,
        r#"default(member.country, "") == "IE""#,
        "5",
    );
    let events = |program: &'static Program| {
        Events::of(program)
            .row(Kind::Profile, "2026-01-01 08:00", "p1", "ann", "country=IE")
            .row(
                Kind::Activity,
                "2026-01-02 08:00",
                "a1",
                "ann",
                "name=opened",
            )
            .order("2026-01-03 08:00", "r1", &["food 1 1.00"])
            .enrol("2026-01-04 08:00")
            .row(
                Kind::Activity,
                "2026-01-04 08:00",
                "a2",
                "ann",
                "name=opened",
            )
            .order("2026-01-05 08:00", "r2", &["food 1 1.00"])
            .until("2026-02-01")
            .entries()
    };
    let mut by = |enrol: Enrol| {
        world.program.enrol = enrol;
        let mut copy = World::new();
        copy.program = world.program.clone();
        events(Box::leak(Box::new(copy.done())))
    };
    let (activity_1, activity_2) = (
        "2026-01-02 08:00 grant irish a1 5",
        "2026-01-04 08:00 grant irish a2 5",
    );
    let (order_1, order_2) = (
        "2026-01-03 08:00 grant every-euro r1 10",
        "2026-01-05 08:00 grant every-euro r2 10",
    );
    assert_eq!(by(Enrol::OptIn), [activity_2, order_2]);
    assert_eq!(by(Enrol::FirstOrder), [order_1, activity_2, order_2]);
    assert_eq!(
        by(Enrol::Automatic),
        [activity_1, order_1, activity_2, order_2]
    );
}

#[test]
fn a_second_enrol_of_a_member_changes_nothing() {
    let mut world = World::new();
    world.per_event("welcome", Kind::Enrol, "", "50");
    let program = world.done();
    let told = Events::of(&program)
        .enrol("2026-01-05 09:00")
        .row(Kind::Enrol, "2026-01-06 09:00", "e2", "ann", "")
        .row(Kind::Enrol, "2026-01-07 09:00", "e3", "bob", "")
        .until("2026-02-01");
    assert_eq!(
        told.entries(),
        [
            "2026-01-05 09:00 grant welcome e1 50",
            "2026-01-07 09:00 grant welcome e3 50",
        ]
    );
}

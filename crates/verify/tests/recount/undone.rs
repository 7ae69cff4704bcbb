//! Redemptions that are undone.

use crate::history::Events;
use crate::lots::{plain, rolling};
use crate::told::Told;
use crate::world::length;
use rungs_engine::canonical::Kind;
use rungs_engine::ledger::{Entry, EntryKind};
use rungs_engine::program::{Program, Shortage, Versions};
use rungs_verify::identities;

/// Two lots of 10, which end on 5 and on 10 February; 15 points are spent.
fn spent(program: &Program) -> Events<'_> {
    Events::of(program)
        .enrol("2026-01-01 09:00")
        .order("2026-01-05 10:00", "r1", &["food 1 1.00"])
        .order("2026-01-10 10:00", "r2", &["food 1 1.00"])
        .row(Kind::Redeem, "2026-01-20 10:00", "x1", "ann", "points=15")
}

fn undone<'p>(events: Events<'p>, at: &str, id: &str, columns: &str) -> Events<'p> {
    events.row(Kind::Unredeem, at, id, "ann", columns)
}

#[test]
fn the_last_taken_comes_back_first_and_never_more_than_was_taken() {
    let program = plain(rolling("1 month", false)).done();
    let told = undone(
        spent(&program),
        "2026-01-21 10:00",
        "u1",
        "redeem=x1, points=7",
    );
    let told = undone(told, "2026-01-22 10:00", "u2", "redeem=x1, points=100");
    let told = undone(told, "2026-01-23 10:00", "u3", "redeem=x1");
    let told = undone(told, "2026-01-23 11:00", "u4", "redeem=x9").until("2026-02-01");
    assert_eq!(
        told.entries()[4..],
        [
            "2026-01-21 10:00 restore redeem u1@r2 5 until 2026-02-10 00:00",
            "2026-01-21 10:00 restore redeem u1@r1 2 until 2026-02-05 00:00",
            "2026-01-22 10:00 restore redeem u2@r1 8 until 2026-02-05 00:00",
        ]
    );
    assert_eq!(told.sums(), (20, 0, 0));
    assert_eq!(told.recount.rejected.len(), 1);
}

#[test]
fn points_that_come_back_too_late_end_at_once_unless_they_are_given_a_life() {
    let too_late = |program: &Program| {
        let told = undone(spent(program), "2026-02-07 10:00", "u1", "redeem=x1");
        told.until("2026-03-01").entries()[4..].to_vec()
    };
    let mut world = plain(rolling("1 month", false));
    assert_eq!(
        too_late(&plain(rolling("1 month", false)).done()),
        [
            "2026-02-07 10:00 restore redeem u1@r2 5 until 2026-02-10 00:00",
            "2026-02-07 10:00 restore redeem u1@r1 10 until 2026-02-07 10:00",
            "2026-02-07 10:00 expire expiry r1 -10",
            "2026-02-10 00:00 expire expiry r2 -10",
        ]
    );
    world.program.refunds.restored_life = Some(length("2 days"));
    assert_eq!(
        too_late(&world.done()),
        [
            "2026-02-07 10:00 restore redeem u1@r2 5 until 2026-02-10 00:00",
            "2026-02-07 10:00 restore redeem u1@r1 10 until 2026-02-09 00:00",
            "2026-02-09 00:00 expire expiry r1 -10",
            "2026-02-10 00:00 expire expiry r2 -10",
        ]
    );
}

#[test]
fn what_was_owed_is_undone_first_and_what_was_paid_of_it_comes_back_as_points_of_today() {
    let program = plain(rolling("1 month", false)).done();
    let told = Events::of(&program)
        .enrol("2026-01-01 09:00")
        .order("2026-01-05 10:00", "r1", &["food 1 1.00"])
        .row(Kind::Redeem, "2026-01-06 10:00", "x1", "ann", "points=40")
        .order("2026-01-07 10:00", "r2", &["food 1 1.00"]);
    let told = undone(told, "2026-01-08 10:00", "u1", "redeem=x1, points=35").until("2026-01-09");
    assert_eq!(
        told.entries()[2..],
        [
            "2026-01-06 10:00 debt shortage x1 30",
            "2026-01-07 10:00 grant every-euro r2 10 until 2026-02-07 00:00",
            "2026-01-07 10:00 repay shortage r2 -10",
            "2026-01-08 10:00 debt shortage u1 -20",
            "2026-01-08 10:00 restore redeem u1 10 until 2026-02-08 00:00",
            "2026-01-08 10:00 restore redeem u1@r1 5 until 2026-02-05 00:00",
        ]
    );
    assert_eq!(told.sums(), (15, 0, 0));
}

/// Numbers below something, always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

#[test]
fn what_is_undone_in_any_pieces_was_never_spent() {
    let mut owed = 0;
    for seed in 0..200 {
        let dice = &mut Dice(seed);
        let mut world = plain(rolling("2 years", false));
        if dice.below(2) == 0 {
            world.program.refunds.shortage = Shortage::Forgive;
        }
        let program = world.done();
        let (mut with, mut without) = (Events::of(&program), Events::of(&program));
        with = with.enrol("2026-01-01 09:00");
        without = without.enrol("2026-01-01 09:00");
        for day in 2..28 {
            let at = format!("2026-01-{day:02} 10:00");
            if dice.below(3) == 0 {
                let line = format!("food 1 {}.00", 1 + dice.below(9));
                let id = format!("r{day}");
                with = with.order(&at, &id, &[&line]);
                without = without.order(&at, &id, &[&line]);
            }
            if dice.below(4) == 0 {
                let points = 1 + dice.below(120);
                let (id, columns) = (format!("x{day}"), format!("points={points}"));
                with = with.row(Kind::Redeem, &at, &id, "ann", &columns);
                for piece in 0..3 {
                    let at = format!("2026-02-{:02} {:02}:00", 1 + dice.below(9), dice.below(24));
                    let columns = format!("redeem={id}, points={}", dice.below(points));
                    with = undone(with, &at, &format!("u{day}-{piece}"), &columns);
                }
                let columns = format!("redeem={id}");
                with = undone(with, "2026-02-20 10:00", &format!("u{day}"), &columns);
            }
        }
        // `until` checks the identities of every lot.
        let (with, without) = (with.until("2026-03-01"), without.until("2026-03-01"));
        assert_eq!(with.sums(), without.sums(), "seed {seed}");
        let entries = with.recount.entries.iter();
        owed += entries.filter(|one| one.kind == EntryKind::Debt).count();
    }
    assert!(owed > 100, "{owed}");
}

#[test]
fn a_ledger_that_gives_back_more_than_was_redeemed_does_not_add_up() {
    let program = plain(rolling("1 month", false)).done();
    let told = undone(spent(&program), "2026-01-21 10:00", "u1", "redeem=x1").until("2026-02-01");
    let broken = |change: &dyn Fn(&mut Entry)| {
        let Told { recount, program } = &told;
        let mut entries = recount.entries.clone();
        let restored = entries.iter_mut().find(|it| it.kind == EntryKind::Restore);
        change(restored.unwrap());
        let mut closing = recount.closing.clone();
        closing.points[0].balance += entries.iter().map(|it| it.points).sum::<i64>()
            - recount.entries.iter().map(|it| it.points).sum::<i64>();
        let versions = Versions::alone(program.clone());
        let found = identities(&versions, "ann", &entries, &closing);
        let sentences = found.into_iter().map(|it| it.sentence);
        sentences.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(broken(&|_| {}), "");
    let more = broken(&|entry| entry.points += 3);
    assert!(
        more.contains("more is given back to lot `r2` than was redeemed, by 3"),
        "{more}"
    );
    let taken = broken(&|entry| entry.points = -5);
    assert!(
        taken.contains("restore books -5, expected is the sign of its kind"),
        "{taken}"
    );
}

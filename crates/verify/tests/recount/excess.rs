//! Refunds of what has ended, of more than is left, and what the ladder keeps of them.

use crate::history::Events;
use crate::world::{World, length};
use rungs_engine::canonical::Kind;
use rungs_engine::program::{Expired, Expiry, OverRefund};
use rungs_verify::Reason;

/// 10 beans per 1.00 of each line, which live ten days.
fn short_lived() -> World {
    let mut world = World::new();
    world.per_amount("every-euro", "", "10", "1.00", "line.net");
    world.wallet().expiry = Expiry::Rolling {
        length: length("10 days"),
        up_to: None,
    };
    world
}

#[test]
fn what_ended_unspent_is_taken_from_others_unless_it_counts_as_given_back() {
    let taken_by_refunds = |expired: Expired| {
        let mut world = short_lived();
        world.program.refunds.expired = expired;
        let program = world.done();
        let told = Events::of(&program)
            .enrol("2026-01-01 09:00")
            .order("2026-01-01 10:00", "r1", &["food 1 8.00", "food 1 2.00"])
            .row(Kind::Redeem, "2026-01-02 10:00", "x1", "ann", "points=30")
            .order("2026-01-09 10:00", "r2", &["food 1 9.00"])
            .refund("2026-01-12 12:00", "f1", "order=r1, number=2")
            .refund("2026-01-12 13:00", "f2", "order=r1")
            .until("2026-01-13");
        told.entries()[4..].to_vec()
    };
    assert_eq!(
        taken_by_refunds(Expired::Take),
        [
            "2026-01-12 12:00 reverse every-euro f1@r2 -20",
            "2026-01-12 13:00 reverse every-euro f2@r2 -70",
            "2026-01-12 13:00 debt shortage f2 10",
        ]
    );
    // 70 had ended; only the 30 that were spent are taken.
    assert_eq!(
        taken_by_refunds(Expired::Forgive),
        [
            "2026-01-12 12:00 forgive every-euro f1@r1 20",
            "2026-01-12 13:00 forgive every-euro f2@r1 50",
            "2026-01-12 13:00 reverse every-euro f2@r2 -30",
        ]
    );
}

#[test]
fn a_refund_of_more_than_is_left_is_told_and_takes_the_rest_or_nothing() {
    let refunds = |over: OverRefund| {
        let mut world = World::new();
        world.per_amount("every-euro", "", "10", "1.00", "line.net");
        world.program.refunds.over = over;
        let program = world.done();
        let told = Events::of(&program)
            .enrol("2026-01-01 09:00")
            .order("2026-01-01 10:00", "r1", &["food 3 9.00", "food 1 2.00"])
            .refund(
                "2026-01-02 10:00",
                "f1",
                "order=r1, number=1, line.quantity=3",
            )
            .refund(
                "2026-01-02 11:00",
                "f2",
                "order=r1, number=1, line.quantity=1",
            )
            .refund(
                "2026-01-02 12:00",
                "f3",
                "order=r1, number=2, line.net=2.01",
            )
            .refund("2026-01-02 13:00", "f4", "order=r1, number=7")
            .refund("2026-01-02 14:00", "f5", "order=r1")
            .refund("2026-01-02 15:00", "f6", "order=r1")
            .until("2026-01-03");
        let rejected = told.recount.rejected.iter();
        let rejected: Vec<String> = rejected
            .map(|(event, reason)| format!("{} {reason:?}", event.1))
            .collect();
        (told.sums().0, rejected)
    };
    let all = |names: &[&str], why: Reason| -> Vec<String> {
        let names = names.iter();
        names.map(|name| format!("{name} {why:?}")).collect()
    };
    // All was taken by the third; nothing was left for the others.
    let (balance, told) = refunds(OverRefund::Trim);
    assert_eq!(balance, 0);
    let names = ["f2", "f3", "f4", "f5", "f6"];
    assert_eq!(told, all(&names, Reason::TookWhatWasLeft));
    // The third takes nothing, so the fifth finds something.
    let (balance, told) = refunds(OverRefund::Reject);
    assert_eq!(balance, 0);
    let names = ["f2", "f3", "f4", "f6"];
    assert_eq!(told, all(&names, Reason::MoreThanLeft));
}

//! What `compare` and `identities` say of a ledger that is not as it should be.

use crate::earning::coffee;
use crate::history::Events;
use crate::told::Told;

use rungs_engine::canonical::Kind;
use rungs_engine::ledger::Entry;
use rungs_engine::program::Program;
use rungs_engine::program::Versions;
use rungs_verify::{Table, compare, identities};

fn told(program: &Program) -> Told {
    Events::of(program)
        .enrol("2026-01-05 09:00")
        .order("2026-01-07 10:00", "r1", &["drink 1 3.45", "food 1 2.30"])
        .row(Kind::Redeem, "2026-01-10 12:00", "x1", "ann", "points=70")
        .until("2026-02-01")
}

fn said(change: impl Fn(&mut Vec<Entry>)) -> Vec<String> {
    let program = coffee().done();
    let told = told(&program);
    let mut booked = told.recount.entries.clone();
    change(&mut booked);
    compare(&program, "ann", &told.recount, &booked, &[], &[])
        .into_iter()
        .map(|difference| {
            assert_eq!(difference.table, Table::Entries);
            difference.sentence
        })
        .collect()
}

#[test]
fn the_order_of_lines_does_not_matter_and_the_own_lot_may_be_named_or_not() {
    assert_eq!(said(|_| {}), [""; 0]);
    assert_eq!(said(|booked| booked.reverse()), [""; 0]);
    assert_eq!(
        said(|booked| booked[0].lot = Some(booked[0].event.clone())),
        [""; 0]
    );
}

#[test]
fn an_amount_that_differs_is_one_difference_with_both_sides() {
    assert_eq!(
        said(|booked| booked[0].points = 58),
        [
            "account `ann`, 2026-01-07 10:00, grant by `every-euro` for `order/r1`: the recount expects 57 points \
          at 2026-01-07 10:00 at rung 0, lot `order/r1`, until 2027-02-01 00:00, booked is 58 points at \
          2026-01-07 10:00 at rung 0, lot `order/r1`, until 2027-02-01 00:00"
        ]
    );
}

#[test]
fn a_line_that_is_missing_or_stands_twice_is_a_difference() {
    assert_eq!(
        said(|booked| {
            booked.remove(1);
        }),
        [
            "account `ann`, 2026-01-09 00:00, release by `pending` for `order/r1`: the recount expects 57 points \
          at 2026-01-09 00:00 at rung 0, lot `order/r1`, until 2027-02-01 00:00, nothing is booked"
        ]
    );
    assert_eq!(
        said(|booked| booked.push(booked[3].clone())),
        [
            "account `ann`, 2026-01-10 12:00, debt by `refunds.shortage` for `redeem/x1`: booked is 13 points at \
          2026-01-10 12:00 at rung 0, the recount expects nothing"
        ]
    );
}

#[test]
fn a_ledger_that_does_not_add_up_is_found_without_any_rule() {
    let program = coffee().done();
    let told = told(&program);
    let check = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut booked = told.recount.entries.clone();
        change(&mut booked);
        identities(
            &Versions::alone(program.clone()),
            "ann",
            &booked,
            &told.recount.closing,
        )
        .into_iter()
        .map(|difference| difference.sentence)
        .collect::<Vec<_>>()
    };
    assert_eq!(check(&|_| {}), [""; 0]);
    // The lot is another one: points of one event may end apart.
    let other = check(&|booked| booked[2].expires = booked[2].expires.map(|end| end + 1));
    assert!(
        other[0].contains("the open part of lot `r1` becomes -57, expected is at least 0"),
        "{other:?}"
    );
    // Points take part in something after their end.
    let after = check(&|booked| {
        booked
            .iter_mut()
            .for_each(|entry| entry.expires = Some(entry.at))
    });
    assert!(
        after.iter().any(|line| line.contains("take part in")),
        "{after:?}"
    );
    // More is redeemed than the lot holds.
    let over = check(&|booked| booked[2].points = -58);
    assert!(
        over[0].contains("the open part of lot `r1` becomes -1, expected is at least 0"),
        "{over:?}"
    );
    let less = check(&|booked| booked[2].points = -50);
    assert_eq!(
        less,
        [
            "account `ann`, 2026-01-10 12:00: the balance that the entries add up to is not the one stated, which is 0, expected is 7"
        ]
    );
    let owed = check(&|booked| {
        booked.pop();
    });
    assert!(
        owed[0].contains("the debt that the entries add up to"),
        "{owed:?}"
    );
    let sign = check(&|booked| booked[1].points = -57);
    assert!(
        sign[0].contains("release books -57, expected is the sign of its kind"),
        "{sign:?}"
    );
}

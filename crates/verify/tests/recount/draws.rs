//! Draws against tickets that were computed with Python's `hmac` module:
//!
//! ```python
//! def prefixed(*parts): return b"".join(struct.pack(">Q", len(p.encode())) + p.encode() for p in parts)
//! day = hmac.new(b"published test key", prefixed("coffee", "2026-06-03"), "sha256").digest()
//! hmac.new(day, prefixed("coffee", "on-the-house", "2026-06-03T10:00", member), "sha256").hexdigest()
//! ```

use crate::world::{World, instant};
use rungs_engine::number::Rational;
use rungs_engine::program::Program;
use rungs_verify::draws::{check, day_key, ticket, winners, wins};
use rungs_verify::{Eligible, Win};

const SECRET: &[u8] = b"published test key";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const TICKETS: [(&str, &str); 9] = [
    (
        "ann",
        "bf136bcdeb99a34e30bc8a4403398100f81bd5b483040e74171df6d067f4d454",
    ),
    (
        "bob",
        "740217bd350af9cd16cdb1a8fdd57a1550514839502de277fb28e922c6a579d9",
    ),
    (
        "cat",
        "2607ca98c3dd9c1ee9e9042620e5a262fdca07a1b176129fd60359038ead8877",
    ),
    (
        "dan",
        "6b9e18f332d14739ffe4b0d7241a15eca4c6538cfef4b466689b86d8fd921753",
    ),
    (
        "eve",
        "eb1c5e97d0b7488c6b22e08408366f6673d15b5f0a897cec1e52a4ffd5758020",
    ),
    (
        "fay",
        "25765cc153ea20ab93a3bb193898a4686adf7ab8b755349829b133e123260066",
    ),
    (
        "gus",
        "f2ba1142f679a0f6ad0d16b5939351f9c48162b8514f24902388f40076a949ea",
    ),
    (
        "hal",
        "b4df86c02e1fcbdd573fe768d42e2ecdd7465eed0f3776224aefbac4eb30b7fb",
    ),
    (
        "Zoë",
        "d62af10c074ce7ce09773af7efbf9fa1978483fe38384439c6bd90980572850c",
    ),
];

#[test]
fn tickets_are_those_of_the_specification() {
    let key = day_key(SECRET, "coffee", "2026-06-03");
    assert_eq!(
        hex(&key),
        "a0d37440db7444876e09cc1638ab402e2514c0e0a82161d9aa3bb274fb6bcb2a"
    );
    for (member, expected) in TICKETS {
        let drawn = ticket(&key, "coffee", "on-the-house", "2026-06-03T10:00", member);
        assert_eq!(hex(&drawn), expected, "{member}");
    }
    // An empty secret, and one longer than a block of SHA-256.
    assert_eq!(
        hex(&day_key(b"", "coffee", "")),
        "f00cb9ab4c57d6bef11a79458cb8902d3062d962e871ce85310ba5e91eaf79d4"
    );
    assert_ne!(
        day_key(&[b'k'; 100], "a", ""),
        day_key(&[b'k'; 64], "a", "")
    );
}

#[test]
fn the_chance_is_compared_exactly_from_never_to_always() {
    let of = |first: u64| {
        let mut ticket = [0xff; 32];
        ticket[..8].copy_from_slice(&first.to_be_bytes());
        ticket
    };
    let chance = |num: i128, den: i128| Rational::new(num, den).unwrap();
    assert!(!wins(&of(0), chance(0, 1)));
    assert!(wins(&of(u64::MAX), chance(1, 1)));
    // A third of 2^64 is 6148914691236517205 and a third.
    assert!(wins(&of(6_148_914_691_236_517_204), chance(1, 3)));
    assert!(!wins(&of(6_148_914_691_236_517_205), chance(1, 3)));
    assert!(wins(&of((1 << 63) - 1), chance(1, 2)));
    assert!(!wins(&of(1 << 63), chance(1, 2)));
}

fn program(budget: Option<u64>) -> Program {
    let mut world = World::new();
    world.reward("cookie", None, "", "14 days");
    world.surprise("on-the-house", "event.hour >= 0", 0).budget = budget;
    world.done()
}

#[test]
fn where_more_win_than_the_budget_allows_the_lowest_tickets_do() {
    let members: Vec<&str> = TICKETS.iter().map(|(member, _)| *member).collect();
    let at = |program: &Program| instant(program, "2026-06-03 10:00");
    let open = program(None);
    // Half: the first digit of the ticket is below 8.
    assert_eq!(
        winners(&open, SECRET, 0, at(&open), &members),
        ["bob", "cat", "dan", "fay"]
    );
    let two = program(Some(2));
    assert_eq!(winners(&two, SECRET, 0, at(&two), &members), ["cat", "fay"]);
    // Who may not draw leaves the place to the next.
    let without: Vec<&str> = members
        .iter()
        .copied()
        .filter(|name| *name != "fay")
        .collect();
    assert_eq!(winners(&two, SECRET, 0, at(&two), &without), ["cat", "dan"]);
    let none = program(Some(0));
    assert_eq!(winners(&none, SECRET, 0, at(&none), &members), [""; 0]);
}

#[test]
fn wins_that_were_not_drawn_and_those_that_are_missing_are_said() {
    let program = program(Some(2));
    let occurrence = instant(&program, "2026-06-03 10:00");
    let eligible: Vec<Eligible> = TICKETS
        .iter()
        .map(|(member, _)| Eligible {
            surprise: 0,
            occurrence,
            member: (*member).to_owned(),
        })
        .collect();
    let win = |member: &str| Win {
        surprise: 0,
        occurrence,
        member: member.to_owned(),
    };
    let said = |booked: &[Win]| {
        let differences = check(&program, SECRET, 0, occurrence, &eligible, booked);
        differences
            .into_iter()
            .map(|one| one.sentence)
            .collect::<Vec<_>>()
    };
    assert_eq!(said(&[win("fay"), win("cat")]), [""; 0]);
    assert_eq!(
        said(&[win("fay"), win("dan")]),
        [
            "draw of `on-the-house` at 2026-06-03 10:00: `cat` wins, but the booked draw says that `cat` does not win",
            "draw of `on-the-house` at 2026-06-03 10:00: `dan` does not win, but the booked draw says that `dan` wins",
        ]
    );
}

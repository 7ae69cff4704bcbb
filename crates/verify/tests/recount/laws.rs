//! What holds for every history, over histories from a generator of fixed seeds.

use crate::earning::coffee;
use crate::history::Events;
use crate::world::{cap, length, pending_for, points};
use rungs_engine::calendar::{Calendar, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::event::EventId;
use rungs_engine::ledger::EntryKind;
use rungs_engine::number::Rounding;
use rungs_engine::program::{MetricKind, Need, Period, Program, RoundAt, Shortfall, Validity};
use std::collections::BTreeMap;

/// Numbers that look random and are always the same (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn program(dice: &mut Dice) -> Program {
    let mut world = coffee();
    world.wallet().pending = pending_for("3 days").filter(|_| dice.below(2) == 0);
    world.wallet().rounding = [
        Rounding::Down,
        Rounding::Up,
        Rounding::HalfUp,
        Rounding::HalfEven,
    ][dice.below(4) as usize];
    world.wallet().round_at = [RoundAt::Event, RoundAt::Line][dice.below(2) as usize];
    world.wallet().expiry = rungs_engine::program::Expiry::Rolling {
        length: length("20 days"),
        up_to: (dice.below(2) == 0).then_some(Calendar::Month),
    };
    world.metric("earned", MetricKind::Granted, None, "", None);
    let rungs: [(&str, Vec<Need>); 3] = [
        ("sprout", vec![]),
        ("leaf", vec![vec![(0, 150)]]),
        ("grove", vec![vec![(0, 400)]]),
    ];
    let period = Period::Rolling {
        length: length("10 days"),
    };
    world.tiers(period, Validity::None, Shortfall::DropOne, &rungs);
    world
        .per_amount(
            "members",
            r#"account.rung >= "leaf""#,
            "0 1.7 2.3",
            "1.00",
            "line.net",
        )
        .caps = vec![cap(points(40), Per::Calendar(Calendar::Week))];
    world.per_event("basket", Kind::Order, "event.net >= 9.00", "5");
    world.done()
}

#[test]
fn any_pieces_of_refunds_end_at_exactly_nothing_and_every_lot_adds_up() {
    let (mut debts, mut moves, mut caps, mut reversed) = (0, 0, 0, 0);
    for seed in 0..60 {
        let dice = &mut Dice(seed);
        let program = program(dice);
        let mut events = Events::of(&program).enrol("2026-03-01 00:00");
        let categories = ["drink", "food", "beans", "gift-card"];
        let orders = 3 + dice.below(12);
        for order in 0..orders {
            let day = 2 + order * 27 / orders;
            let at = format!(
                "2026-03-{day:02} {:02}:{:02}",
                dice.below(24),
                dice.below(60)
            );
            let quantity = 1 + dice.below(3);
            let lines: Vec<String> = (0..1 + dice.below(3))
                .map(|_| {
                    let category = categories[dice.below(4) as usize];
                    let cents = 1 + dice.below(3_000);
                    format!("{category} {quantity} {}.{:02}", cents / 100, cents % 100)
                })
                .collect();
            let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
            events = events.order(&at, &format!("{order}"), &texts);
            if dice.below(3) == 0 {
                let id = format!("x{order}");
                let points = format!("points={}", 1 + dice.below(300));
                events = events.row(Kind::Redeem, &at, &id, "ann", &points);
            }
            // Piece by piece, line by line, all of it in April.
            for (number, _) in texts.iter().enumerate() {
                for piece in 0..quantity {
                    let at = format!("2026-04-{:02} {:02}:00", 1 + dice.below(28), dice.below(24));
                    let id = format!("f{order}-{number}-{piece}");
                    let columns = format!("order={order}, number={}, line.quantity=1", number + 1);
                    events = events.refund(&at, &id, &columns);
                }
            }
        }
        // `until` checks the identities of every lot.
        let told = events.until("2026-06-01");
        let mut left: BTreeMap<String, i64> = BTreeMap::new();
        for entry in &told.recount.entries {
            let EventId::Text(id) = &entry.event.1 else {
                if entry.kind == EntryKind::Grant {
                    *left.entry(entry.event.1.to_string()).or_default() += entry.points;
                    caps += usize::from(entry.points == 40);
                }
                continue;
            };
            let Some(order) = id.strip_prefix('f').and_then(|id| id.split('-').next()) else {
                debts += usize::from(entry.kind == EntryKind::Debt);
                continue;
            };
            match entry.kind {
                EntryKind::Reverse => *left.entry(order.to_owned()).or_default() += entry.points,
                EntryKind::Debt => *left.entry(order.to_owned()).or_default() -= entry.points,
                other => panic!("{other:?}"),
            }
            reversed += 1;
        }
        assert!(
            left.values().all(|points| *points == 0),
            "seed {seed}: {left:?}"
        );
        assert_eq!(told.recount.closing.rung, 0, "seed {seed}");
        moves += told.recount.rungs.len();
    }
    // The histories contain what the law is about.
    assert!(debts > 20, "{debts} debts");
    assert!(moves > 60, "{moves} moves");
    assert!(caps > 5, "{caps} caps");
    assert!(reversed > 300, "{reversed} reversals");
}

#[test]
fn a_night_is_a_prefix_of_the_nights_after_it() {
    for seed in 100..120 {
        let dice = &mut Dice(seed);
        let program = program(dice);
        let history = || {
            let mut dice = Dice(seed + 1_000);
            let mut events = Events::of(&program).enrol("2026-03-01 00:00");
            for order in 0..12 {
                let at = format!("2026-03-{:02} {:02}:00", 2 + 2 * order, dice.below(24));
                let line = format!("food 2 {}.{:02}", dice.below(40), dice.below(100));
                events = events.order(&at, &format!("{order}"), &[&line]);
                if order % 3 == 1 {
                    let id = format!("f{order}");
                    let columns = format!("order={}, number=1, line.quantity=1", order - 1);
                    events = events.refund(&at, &id, &columns);
                }
            }
            events
        };
        let whole = history().until("2026-06-01").recount;
        for night in [
            "2026-03-05",
            "2026-03-12",
            "2026-03-20",
            "2026-04-02",
            "2026-05-01",
        ] {
            let part = history().until(night).recount;
            assert_eq!(
                part.entries[..],
                whole.entries[..part.entries.len()],
                "{night}"
            );
            assert_eq!(part.rungs[..], whole.rungs[..part.rungs.len()], "{night}");
        }
    }
}

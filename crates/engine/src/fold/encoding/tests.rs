//! States come back from their bytes as they were; other bytes are no state.
#![allow(clippy::unwrap_used)]

use super::measures::sum;
use super::*;
use crate::event::EventId;
use crate::fold::measure::Measure;
use crate::fold::state::{NEVER, RELEASED};
use crate::fold::{Key, Purse, Purses};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000_000;

/// Instants as they are, of every granularity, and impossible ones.
fn instant() -> impl Strategy<Value = Instant> {
    prop_oneof![
        4 => (19_000..21_000_i64, prop_oneof![Just(1), Just(DAY), Just(HOUR), Just(1_000)])
            .prop_flat_map(|(day, unit)| (0..DAY / unit).prop_map(move |at| day * DAY + at * unit)),
        1 => any::<i64>(),
        1 => Just(NEVER),
    ]
}

fn value() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0..100_000_i64, 1 => -500..0_i64, 1 => any::<i64>()]
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        value().prop_map(Key::Number),
        ".{0,30}".prop_map(|text| Key::Text(text.into())),
    ]
}

fn lot() -> impl Strategy<Value = Lot> {
    let id = prop_oneof![
        value().prop_map(EventId::Number),
        "[a-z]{0,30}".prop_map(|text| EventId::Text(text.into())),
    ];
    let expires = prop_oneof![3 => Just(None), 1 => instant().prop_map(Some)];
    let pending = prop_oneof![Just(14 * DAY), value()];
    (instant(), expires, of(pending), 0..3_usize, id, value()).prop_map(
        |(at, expires, release, source, id, left)| Lot {
            expires: expires.unwrap_or(at.wrapping_add(365 * DAY)),
            at,
            source,
            id,
            release: release.map_or(RELEASED, |release| at.wrapping_add(release)),
            left,
        },
    )
}

prop_compose! {
    fn measure()(
        period in of((any::<Day>(), any::<Day>())),
        rest in of(value()),
        different in of(value()),
        cells in vec((instant(), value()), 0..6),
        keys in vec((instant(), key()), 0..4),
    ) -> Measure {
        Measure {
            period: period.unwrap_or_default(),
            total: sum(&cells).wrapping_add(rest.unwrap_or(0)),
            different: different.unwrap_or(0),
            cells: cells.into_iter().collect(),
            keys: keys.into_iter().collect(),
        }
    }
}

prop_compose! {
    fn member()(
        id in ".{0,20}",
        enrolled in of(any::<Day>()),
        profile in vec((any::<u16>(), key()), 0..3),
        measures in vec(measure(), 0..3),
        birthday in of(instant()),
    ) -> Member {
        Member { id, enrolled, profile, measures, birthday }
    }
}

prop_compose! {
    fn gift()(
        reward in any::<u16>(),
        member in 0..3_u16,
        source in 0..20_usize,
        id in prop_oneof![any::<u32>().prop_map(|id| id.to_string()), "[a-z]{0,9}"],
        at in instant(),
        until in instant(),
        used in any::<bool>(),
    ) -> Gift {
        Gift { reward, member, event: (source, EventId::of(&id)), at, until, used, each: Vec::new() }
    }
}

fn worths() -> impl Strategy<Value = Vec<Worth>> {
    let worth = (value(), vec(key(), 0..3)).prop_map(|(total, keys)| Worth { total, keys });
    vec(worth, 0..3)
}

fn ground() -> impl Strategy<Value = Ground> {
    (any::<u8>(), any::<Day>(), instant(), worths()).prop_map(|(from, day, at, metrics)| Ground {
        from,
        day,
        at,
        metrics,
    })
}

prop_compose! {
    fn cap_use()(
        cap in any::<u16>(),
        member in 0..3_u16,
        each in of(key()),
        used in measure(),
    ) -> CapUse {
        CapUse { cap, member, each, used }
    }
}

prop_compose! {
    fn past()(
        events in vec((0..20_usize, any::<i64>(), instant(), value(), value()), 0..4),
        caps in vec(cap_use(), 0..3),
    ) -> Past {
        let compared = |(source, id, at, given, would)| {
            let event = (source, EventId::Number(id));
            Compared { event, at, given, would }
        };
        Past { events: events.into_iter().map(compared).collect(), caps }
    }
}

type Ladder = (
    u8,
    Option<u8>,
    Day,
    Option<Day>,
    Option<Ground>,
    Option<Day>,
);

prop_compose! {
    fn purse()(
        debt in prop_oneof![Just(0), value()],
        off in of((value(), value())),
        mut lots in vec(lot(), 0..8),
        next_release in of(instant()),
        in_order in any::<bool>(),
    ) -> Purse {
        if in_order {
            // As settlement leaves them.
            lots.sort_by(|a, b| a.order().cmp(&b.order()));
        }
        let pending = lots.iter().filter(|lot| lot.is_pending());
        let release = pending.clone().map(|lot| lot.release).min();
        let sum = |pending: bool| {
            let of = lots.iter().filter(|lot| lot.is_pending() == pending);
            of.fold(0_i64, |sum, lot| sum.wrapping_add(lot.left))
        };
        let off = off.unwrap_or_default();
        Purse {
            open: sum(false).wrapping_add(off.0),
            pending: sum(true).wrapping_add(off.1),
            debt,
            lots: lots.into_iter().collect(),
            next_release: if in_order { release } else { next_release },
            renewed: next_release,
        }
    }
}

fn ladder() -> impl Strategy<Value = Ladder> {
    let (some, day) = (any::<u8>(), any::<Day>());
    (some, of(any::<u8>()), day, of(day), of(ground()), of(day))
}

prop_compose! {
    fn state()(
        enrolled in of(18_000..22_000_i32),
        ladder in ladder(),
        purses in vec(purse(), 1..4),
        mut measures in vec(measure(), 0..3),
        caps in vec(cap_use(), 0..3),
        wins in vec((any::<u16>(), any::<u16>(), any::<Day>()), 0..3),
        members in vec(member(), 0..3),
        gifts in vec(gift(), 0..3),
        (activity, tallies, past) in (vec((any::<u8>(), instant()), 0..3), worths(), vec(past(), 0..3)),
        counted in of((any::<Day>(), any::<Day>())),
        in_order in any::<bool>(),
    ) -> AccountState {
        if in_order {
            // As settlement leaves it: the first metric with a cell for each lot.
            if let Some(first) = measures.first_mut() {
                first.cells = purses[0].lots.iter().step_by(2).map(|lot| (lot.at, lot.left)).collect();
            }
        }
        let mut all = Purses::default();
        all.of(purses.len());
        for (place, purse) in all.iter_mut().zip(purses) {
            *place = purse;
        }
        let (rung, former, since, until, ground, next_period) = ladder;
        AccountState {
            version: rung.into(),
            enrolled,
            members,
            rung,
            former,
            since,
            until,
            ground,
            gifts,
            next_period,
            purses: all,
            measures,
            caps,
            wins,
            activity,
            tallies,
            past,
            counted: counted.map(|(day, period)| Counted { day, period }),
        }
    }
}

fn bytes_of(state: &AccountState) -> Vec<u8> {
    let mut bytes = Vec::new();
    state.to_bytes(&mut bytes);
    bytes
}

proptest! {
    #[test]
    fn a_state_comes_back_as_it_was(state in state()) {
        let bytes = bytes_of(&state);
        prop_assert_eq!(AccountState::from_bytes(&bytes), Some(state));
    }

    #[test]
    fn bytes_that_were_cut_off_or_go_on_are_no_state(state in state(), at in any::<prop::sample::Index>()) {
        let mut bytes = bytes_of(&state);
        prop_assert_eq!(AccountState::from_bytes(&bytes[..at.index(bytes.len())]), None);
        bytes.push(0);
        prop_assert_eq!(AccountState::from_bytes(&bytes), None);
    }

    #[test]
    fn damaged_bytes_never_panic(
        state in state(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = bytes_of(&state);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(read) = AccountState::from_bytes(&bytes) {
            prop_assert_eq!(AccountState::from_bytes(&bytes_of(&read)), Some(read));
        }
    }

    #[test]
    fn noise_never_panics(mut bytes in vec(any::<u8>(), 0..200)) {
        let _ = AccountState::from_bytes(&bytes);
        bytes.insert(0, FORMAT);
        let _ = AccountState::from_bytes(&bytes);
    }
}

#[test]
fn an_account_without_points_takes_a_few_bytes_and_a_lot_a_dozen() {
    let mut state = AccountState {
        enrolled: Some(20_000),
        since: 20_000,
        ..AccountState::default()
    };
    state.measures.push(Measure::default());
    let empty = bytes_of(&state).len();
    assert!(empty <= 16, "{empty} bytes");
    let day = |day: i64| (20_000 + day) * DAY + 1_234_567_000;
    for (number, at) in [day(0), day(40), day(45)].into_iter().enumerate() {
        state.purses[0].lots.push_back(Lot {
            expires: at + 365 * DAY,
            at,
            source: 0,
            id: EventId::Number(12_345_678 + number as i64 * 1_000_003),
            release: RELEASED,
            left: 37,
        });
        state.measures[0].cells.push_back((at, 1_899));
        state.measures[0].total += 1_899;
        state.purses[0].open += 37;
    }
    let full = bytes_of(&state).len();
    assert!(full <= empty + 3 * 15 + 12, "{full} bytes");
}

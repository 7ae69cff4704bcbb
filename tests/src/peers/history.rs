//! Invented orders by seed. Integers only, so that every machine invents the same ones.
//!
//! Besides ordinary orders it makes those that a wrong window or cap would show: several on one day, large ones,
//! pairs that lie exactly 365 days apart and pairs that miss it by one millisecond.

use super::{DAY, END, FIRST, Order};
use std::collections::BTreeSet;

const CHANNELS: &[&str] = &["app", "store", "web"];
const CATEGORIES: &[&str] = &["drinks", "food", "beans", "gear", "gift", "other"];

/// SplitMix64: a public generator of a few lines.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: i64) -> i64 {
        ((u128::from(self.next()) * (bound as u128)) >> 64) as i64
    }
}

/// `count` orders of up to `members` members in the two years from 2024-11-21, by member and time.
pub fn orders(members: i32, count: usize, seed: u64) -> Vec<Order> {
    let mut dice = Dice(seed);
    let mut taken: BTreeSet<(i32, i64)> = BTreeSet::new();
    while taken.len() < count {
        // The smaller of two: some buy often, many rarely.
        let first = dice.below(i64::from(members));
        let member = first.min(dice.below(i64::from(members))) as i32;
        let at = FIRST + dice.below(END - FIRST);
        let mut times = vec![at];
        match dice.below(10) {
            0 => times.push(at + 365 * DAY),
            1 => times.push(at + 365 * DAY + 1),
            2 => times.push(at + 365 * DAY - 1),
            // More on the same day.
            3 | 4 => times.extend((0..3).map(|_| at - at % DAY + dice.below(DAY))),
            // The first and the last instant of a day.
            5 => times.extend([at - at % DAY, at - at % DAY + DAY - 1]),
            _ => {}
        }
        // A lot that ends at the very instant of the figures is gone for the peers, who look at it from after;
        // a night's state is that just before. Nothing ends there.
        let inside = times
            .into_iter()
            .filter(|at| (FIRST..END).contains(at) && *at != END - 365 * DAY);
        taken.extend(inside.map(|at| (member, at)));
    }
    taken
        .into_iter()
        .take(count)
        .zip(0..)
        .map(|((member, at), id)| order(&mut dice, id, member, at))
        .collect()
}

fn order(dice: &mut Dice, id: i64, member: i32, at: i64) -> Order {
    // Mostly some dollars, now and then hundreds.
    let most = if dice.below(12) == 0 { 40_000 } else { 4_000 };
    let amount = 150 + dice.below(most);
    let discount = if dice.below(4) == 0 { amount / 10 } else { 0 };
    Order {
        id,
        member,
        at,
        amount,
        discount,
        channel: CHANNELS[dice.below(3) as usize],
        category: CATEGORIES[dice.below(6) as usize],
    }
}

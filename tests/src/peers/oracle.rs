//! The work as plainly as it can be said: for every order, look at all the others of its member.
//!
//! It shares nothing with the engine. `tests/python/test_peers.py` holds it against the SQL of the DuckDB peer.

use super::{DAY, END, Order};
use std::collections::BTreeMap;

const YEAR: i64 = 365 * DAY;
const DAY_CAP: i64 = 500;

/// What one member has at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// Points ever granted.
    pub issued: i64,
    /// Of these, not expired at the end.
    pub balance: i64,
    /// An order was placed at the top rung.
    pub top: bool,
}

/// What happened on the way, so that a test can see that its history is worth testing with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// Orders of which the day's cap left less than they earned.
    pub trimmed: usize,
    /// Orders at a higher or lower rung than the member's order before.
    pub up: usize,
    /// Likewise, lower.
    pub down: usize,
    /// Orders at 3 points.
    pub drinks_in_app: usize,
    /// Grants that expired before the end.
    pub expired: usize,
}

/// Settles orders that stand by member and time.
pub fn settle(orders: &[Order]) -> (BTreeMap<i32, Member>, Reached) {
    let mut members: BTreeMap<i32, Member> = BTreeMap::new();
    let mut reached = Reached::default();
    for own in orders.chunk_by(|one, other| one.member == other.member) {
        let mut granted: Vec<(i64, i64)> = Vec::new();
        let mut rung_before = 100;
        for order in own {
            let spent: i64 = own
                .iter()
                .filter(|other| other.at < order.at && other.at >= order.at - YEAR)
                .map(|other| other.amount - other.discount)
                .sum();
            // 1,000.00 and 300.00
            let percent = match spent {
                100_000.. => 150,
                30_000.. => 125,
                _ => 100,
            };
            let drinks_in_app = order.category == "drinks" && order.channel == "app";
            let rate = if drinks_in_app { 3 } else { 2 };
            let earned = (order.amount - order.discount) / 100 * rate * percent / 100;
            let today: i64 = granted
                .iter()
                .filter(|(at, _)| at.div_euclid(DAY) == order.at.div_euclid(DAY))
                .map(|(_, points)| points)
                .sum();
            let points = earned.min(DAY_CAP - today);
            granted.push((order.at, points));

            let member = members.entry(order.member).or_default();
            member.issued += points;
            member.balance += if order.at + YEAR > END { points } else { 0 };
            member.top |= percent == 150;
            reached.trimmed += usize::from(points < earned);
            reached.up += usize::from(percent > rung_before);
            reached.down += usize::from(percent < rung_before);
            reached.drinks_in_app += usize::from(drinks_in_app);
            reached.expired += usize::from(order.at + YEAR <= END && points > 0);
            rung_before = percent;
        }
    }
    (members, reached)
}

/// Members, points issued, balance, members who placed an order at the top rung.
pub fn figures(members: &BTreeMap<i32, Member>) -> [i64; 4] {
    [
        members.len() as i64,
        members.values().map(|member| member.issued).sum(),
        members.values().map(|member| member.balance).sum(),
        members.values().filter(|member| member.top).count() as i64,
    ]
}

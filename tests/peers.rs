//! The benchmark's work at a small size.
//!
//! Goal: the shipped binary gives exactly what the plainest program gives, on a history that reaches the caps, both
//! directions of the ladder and the edges of the windows to the millisecond.

use rungs_tests::peers::{DAY, FIRST, Order, history, oracle};

const MEMBERS: i32 = 2_000;
const ORDERS: usize = 40_000;

fn order(id: i64, at: i64, amount: i64, channel: &'static str, category: &'static str) -> Order {
    Order {
        id,
        member: 7,
        at,
        amount,
        discount: 0,
        channel,
        category,
    }
}

/// Worked by hand; the same story as `bench/programs/peers/tests/ladder.toml`.
#[test]
fn the_oracle_follows_the_words_of_the_programme() {
    let morning = FIRST + 10 * 3_600_000;
    let year = morning + 365 * DAY;
    let orders = [
        // 310 × 2 = 620, of which the day leaves 500.
        order(1, morning, 31_050, "store", "food"),
        // Silver by then: 9 × 3 × 1.25 = 33.75.
        order(2, morning + DAY, 999, "app", "drinks"),
        // Exactly a year after the first, which still counts: 320.49 spent.
        order(3, year, 1_000, "web", "gift"),
        // A millisecond later it does not: 19.99 spent.
        order(4, year + 1, 1_000, "web", "gift"),
    ];
    let (members, reached) = oracle::settle(&orders);
    // Silver: 10 × 2 × 1.25 = 25; then 20.
    assert_eq!(members[&7].issued, 500 + 33 + 25 + 20);
    assert!(!members[&7].top);
    assert_eq!((reached.trimmed, reached.up, reached.down), (1, 1, 1));
    // The history ends 730 days after it began: the first two grants have expired by then.
    assert_eq!(members[&7].balance, 25 + 20);
}

#[test]
fn the_history_reaches_what_the_work_is_about() {
    for seed in [7, 8] {
        let orders = history::orders(MEMBERS, ORDERS, seed);
        assert_eq!(orders.len(), ORDERS);
        let (members, reached) = oracle::settle(&orders);
        println!("seed {seed}: {:?} {reached:?}", oracle::figures(&members));
        assert!(members.len() > 1_500);
        assert!(reached.trimmed > 500, "{reached:?}");
        assert!(reached.up > 1_000, "{reached:?}");
        assert!(reached.down > 500, "{reached:?}");
        assert!(reached.drinks_in_app > 1_500, "{reached:?}");
        assert!(reached.expired > 10_000, "{reached:?}");
        assert!(members.values().filter(|member| member.top).count() > 100);
    }
}

#[test]
fn no_member_has_two_orders_at_one_instant_and_some_are_a_year_apart_to_the_millisecond() {
    let orders = history::orders(MEMBERS, ORDERS, 7);
    let instants: std::collections::BTreeSet<(i32, i64)> = orders
        .iter()
        .map(|order| (order.member, order.at))
        .collect();
    assert_eq!(instants.len(), orders.len());
    for more in [-1, 0, 1] {
        let apart =
            |order: &&Order| instants.contains(&(order.member, order.at + 365 * DAY + more));
        assert!(orders.iter().filter(apart).count() > 100, "{more}");
    }
}

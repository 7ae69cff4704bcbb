//! The laws that all kinds obey, over generated accounts: any order, any shards, any order of
//! merging; and the same figures as the definitions give ([`super::oracle`]).

#![allow(clippy::unwrap_used)]

use super::oracle::Oracle;
use super::sample::{Account, days, kpi, line, program};
use crate::calendar::Calendar;
use crate::calendar::{Day, Per};
use crate::kpi::*;
use crate::ledger::EntryKind;
use crate::program::KpiKind;
use crate::program::{By, Kpi};
use proptest::prelude::*;

/// Every kind, over every sort of window that it can have, in total and by rung, net and gross.
fn kpis() -> Vec<Kpi> {
    let windows = [
        Per::Calendar(Calendar::Week),
        Per::Calendar(Calendar::Month),
        Per::Calendar(Calendar::Quarter),
        days(45),
        Per::Lifetime,
    ];
    let mut kpis = Vec::new();
    for (kind, _) in KpiKind::ALL {
        for window in windows {
            for by in [vec![], vec![By::Rung]] {
                // Net ones look at the first wallet, the others at the second.
                for net in [true, false] {
                    if problem(*kind, window, false).is_none() {
                        kpis.push(Kpi {
                            by: by.clone(),
                            net,
                            wallet: u8::from(!net),
                            ..kpi(*kind, window)
                        });
                    }
                }
            }
        }
    }
    kpis
}

const FIRST: Day = 20_000;
const SPAN: Day = 240;

fn order() -> impl Strategy<Value = OrderFact> {
    (FIRST..FIRST + SPAN, 0..5_000i64, 0..4u8).prop_map(|(day, net, given_back)| OrderFact {
        day,
        time: i64::from(day),
        gross: net + 100,
        net,
        refunded: match given_back {
            0 => net,
            1 => net / 3,
            _ => 0,
        },
        whole: given_back == 0,
        passes: 0,
    })
}

fn points() -> impl Strategy<Value = PointsFact> {
    (
        FIRST..FIRST + SPAN,
        0..EntryKind::ALL.len(),
        1..500i64,
        -1..2i64,
        0..2u8,
    )
        .prop_map(|(day, kind, points, pending, wallet)| {
            let kind = EntryKind::ALL[kind];
            let sign = match kind {
                EntryKind::Redeem | EntryKind::Expire | EntryKind::Reverse | EntryKind::Repay => -1,
                EntryKind::Adjust if pending < 0 => -1,
                _ => 1,
            };
            PointsFact {
                wallet,
                day,
                kind,
                points: sign * points,
                taken: sign * points < 0,
                pending: pending * points,
            }
        })
}

fn account() -> impl Strategy<Value = Account> {
    (
        prop::option::weighted(0.8, 0..SPAN),
        prop::collection::vec(order(), 0..9),
        prop::collection::vec((FIRST..FIRST + SPAN, 0..3u8), 0..5),
        prop::collection::vec(points(), 0..6),
        prop::collection::vec((FIRST..FIRST + SPAN, 0..2u16, 0..900i64), 0..3),
    )
        .prop_map(|(enrolled, mut orders, mut moves, mut points, rewards)| {
            let enrolled = enrolled.map(|after| FIRST + after / 2);
            orders.sort_by_key(|order| order.time);
            moves.sort_unstable();
            // What gets another end is taken from the one and put to the other.
            let renewed = points.iter().filter(|fact| fact.kind == EntryKind::Renew);
            let taken: Vec<PointsFact> = renewed
                .map(|fact| PointsFact {
                    points: -fact.points,
                    taken: true,
                    pending: -fact.pending,
                    ..*fact
                })
                .collect();
            points.extend(taken);
            points.sort_by_key(|fact| fact.day);
            let mut rung = 0;
            let rungs = moves
                .into_iter()
                .filter(|(day, _)| enrolled.is_some_and(|enrolled| *day >= enrolled))
                .map(|(day, to)| RungFact {
                    day,
                    from: std::mem::replace(&mut rung, to),
                    to,
                })
                .collect();
            let mut rewards: Vec<RewardFact> = rewards
                .into_iter()
                .map(|(day, reward, cost)| RewardFact {
                    day,
                    reward,
                    number: 1,
                    cost,
                })
                .collect();
            rewards.sort_by_key(|reward| reward.day);
            Account {
                enrolled,
                orders,
                rungs,
                points,
                rewards,
            }
        })
}

fn accounts() -> impl Strategy<Value = Vec<Account>> {
    prop::collection::vec(account(), 0..10)
}

fn counted(measures: &Measures<'_>, accounts: &[Account]) -> Partials {
    let mut partials = measures.start();
    for account in accounts {
        measures.observe(&account.facts(), &mut partials);
    }
    partials
}

fn merged(mut left: Partials, right: &Partials) -> Partials {
    left.merge(right);
    left
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_kind_counts_what_its_definition_says(
        accounts in accounts(),
        as_of in FIRST + 20..FIRST + SPAN + 60,
        week in 0..7i64,
    ) {
        let mut program = program(kpis());
        program.week = week;
        let measures = Measures::new(&program, as_of).unwrap();
        let figures = measures.finish(&counted(&measures, &accounts));
        for (index, kpi) in program.kpis.iter().enumerate() {
            let of_kpi = figures.iter().filter(|figure| figure.kpi == index);
            let lines: Vec<String> = of_kpi.map(line).collect();
            let oracle = Oracle { program: &program, kpi, accounts: &accounts, as_of };
            prop_assert_eq!(lines, oracle.lines(), "{:?}", kpi);
        }
    }

    #[test]
    fn any_order_and_any_shards_give_the_same_partials(
        accounts in accounts(),
        shards in prop::collection::vec(0..7usize, 10),
        as_of in FIRST + 20..FIRST + SPAN + 60,
    ) {
        let program = program(kpis());
        let measures = Measures::new(&program, as_of).unwrap();
        let whole = counted(&measures, &accounts);
        let backwards: Vec<Account> = accounts.iter().rev().cloned().collect();
        prop_assert_eq!(&counted(&measures, &backwards), &whole);
        let mut parts = vec![measures.start(); 7];
        for (account, shard) in accounts.iter().zip(&shards) {
            measures.observe(&account.facts(), &mut parts[*shard]);
        }
        let forward = parts.iter().fold(measures.start(), merged);
        let backward = parts.iter().rev().fold(measures.start(), merged);
        prop_assert_eq!(&forward, &whole);
        prop_assert_eq!(&backward, &whole);
        prop_assert_eq!(measures.finish(&forward), measures.finish(&whole));
    }

    #[test]
    fn merging_is_associative_and_commutative(
        a in accounts(), b in accounts(), c in accounts(),
        as_of in FIRST + 20..FIRST + SPAN + 60,
    ) {
        let program = program(kpis());
        let measures = Measures::new(&program, as_of).unwrap();
        let [a, b, c] = [a, b, c].map(|accounts| counted(&measures, &accounts));
        prop_assert_eq!(merged(a.clone(), &b), merged(b.clone(), &a));
        prop_assert_eq!(
            merged(merged(a.clone(), &b), &c),
            merged(a.clone(), &merged(b.clone(), &c))
        );
        prop_assert_eq!(&merged(a.clone(), &measures.start()), &a);
    }

    #[test]
    fn all_accounts_together_give_what_they_give_one_by_one(
        accounts in accounts(),
        split in 0..10usize,
        as_of in FIRST + SPAN + 1..FIRST + SPAN + 60,
    ) {
        let program = program(kpis());
        let measures = Measures::new(&program, as_of).unwrap();
        let whole = counted(&measures, &accounts);
        let mut parts = [Together::new(&program), Together::new(&program)];
        let mut partials = measures.start();
        for (index, account) in accounts.iter().enumerate() {
            parts[usize::from(index < split)].observe(&account.facts(), as_of);
            measures.observe_singly(&account.facts(), &mut partials);
        }
        let [mut all, more] = parts;
        all.merge(&more);
        measures.observe_together(&all, &mut partials);
        prop_assert_eq!(measures.finish(&partials), measures.finish(&whole));
        prop_assert_eq!(partials.totals, whole.totals);
    }

    #[test]
    fn a_partial_survives_being_stored(accounts in accounts()) {
        let program = program(kpis());
        let measures = Measures::new(&program, FIRST + SPAN).unwrap();
        let partials = counted(&measures, &accounts);
        let bytes = postcard::to_stdvec(&partials).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Partials>(&bytes).unwrap(), partials);
    }

    #[test]
    fn points_balance(accounts in accounts()) {
        let program = program(Vec::new());
        let measures = Measures::new(&program, FIRST + SPAN).unwrap();
        let points = counted(&measures, &accounts).totals.points;
        prop_assert_eq!(points.len(), 2);
        for points in points {
            prop_assert_eq!(
                points.granted
                    + points.opening
                    + points.restored
                    + points.adjusted
                    + points.converted,
                points.redeemed + points.expired + points.reversed + points.repaid
                    + points.open + points.pending
            );
        }
    }
}

#[test]
fn the_generated_accounts_contain_what_the_laws_are_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let all: Vec<Account> = (0..48)
        .flat_map(|_| accounts().new_tree(&mut runner).unwrap().current())
        .collect();
    let count = |test: &dyn Fn(&Account) -> bool| all.iter().filter(|a| test(a)).count();
    assert!(count(&|a| a.enrolled.is_none()) > 10);
    assert!(count(&|a| a.rungs.len() > 1) > 50);
    assert!(count(&|a| a.orders.iter().any(|order| order.whole)) > 50);
    assert!(count(&|a| a.orders.windows(2).any(|pair| pair[0].day == pair[1].day)) > 2);
}

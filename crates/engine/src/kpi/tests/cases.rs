//! One case worked by hand for every KPI, where the formula that one would write first gives another
//! answer; and what all kinds have in common.

#![allow(clippy::unwrap_used)]

use super::sample::{Account, MONTH, day, days, figures, kpi, lines, program};
use crate::calendar::Per;
use crate::kpi::*;
use crate::program::KpiKind;
use crate::program::{By, Kpi};

fn by_rung(kind: KpiKind, window: Per) -> Kpi {
    Kpi {
        by: vec![By::Rung],
        ..kpi(kind, window)
    }
}

#[test]
fn retention_does_not_count_who_comes_back_after_a_pause_or_for_the_first_time() {
    // January: a, b, c. February: a, and d for the first time. March: b comes back.
    // Kept from January: a of a, b, c. Naive, (2 at the end of February − 1 new) / 3 is the same
    // 1/3; for February it says (1 − 0) / 2 = 50 %, though neither a nor d bought in March.
    let accounts = [
        Account::buys(&["2026-01-05", "2026-02-05"]),
        Account::buys(&["2026-01-06", "2026-03-06"]),
        Account::buys(&["2026-01-07"]),
        Account::buys(&["2026-02-08"]),
    ];
    let retention = lines(kpi(KpiKind::Retention, MONTH), "2026-03-31", &accounts);
    assert_eq!(retention, ["2026-01-01 1/3", "2026-02-01 0/2"]);
    let churn = lines(kpi(KpiKind::Churn, MONTH), "2026-03-31", &accounts);
    assert_eq!(churn, ["2026-01-01 2/3", "2026-02-01 2/2"]);
}

#[test]
fn retention_of_a_month_is_known_when_the_next_month_is_complete() {
    let accounts = [Account::buys(&["2026-01-05", "2026-02-05"])];
    let retention = |as_of| lines(kpi(KpiKind::Retention, MONTH), as_of, &accounts);
    assert_eq!(retention("2026-02-27"), Vec::<String>::new());
    assert_eq!(retention("2026-02-28"), ["2026-01-01 1/1"]);
}

#[test]
fn retention_of_a_month_without_customers_has_no_value() {
    let accounts = [Account::buys(&["2026-01-05", "2026-03-05"])];
    let program = program(vec![kpi(KpiKind::Retention, MONTH)]);
    let figures = figures(&program, day("2026-03-31"), &accounts);
    assert_eq!(figures[1].value(), None);
    assert_eq!(figures[0].value(), Fraction::new(0, 1));
}

#[test]
fn rolling_retention_compares_the_last_two_stretches() {
    // as of 31 March, 30 days: [31 January, 2 March) and [2 March, 1 April)
    let accounts = [
        Account::buys(&["2026-01-31", "2026-03-31"]),
        Account::buys(&["2026-03-01"]),
        Account::buys(&["2026-01-30", "2026-03-02"]),
    ];
    let retention = lines(kpi(KpiKind::Retention, days(30)), "2026-03-31", &accounts);
    assert_eq!(retention, ["2026-01-31 1/2"]);
}

#[test]
fn repeat_purchase_weighs_customers_and_not_orders() {
    // customers with 1 and 3 orders: 1 of 2 repeats; naive, 2 of 4 orders are repeats, or 3 of 4
    // come from repeaters; an order that was given back whole does not make a repeater
    let accounts = [
        Account::buys(&["2026-01-05"]),
        Account::buys(&["2026-01-05", "2026-01-05", "2026-01-09"]),
        Account::buys(&["2026-01-07"]).refunded("2026-01-08", 500, 500),
    ];
    let repeat = lines(
        kpi(KpiKind::RepeatPurchase, Per::Lifetime),
        "2026-02-10",
        &accounts,
    );
    assert_eq!(repeat, ["2026-01-05 1/3"]);
}

#[test]
fn frequency_divides_by_customers_and_not_by_members() {
    // 3 orders of 2 customers; naive, 3 orders of 3 members
    let accounts = [
        Account::buys(&["2026-01-05", "2026-01-06"]),
        Account::buys(&["2026-01-07"]),
        Account::joined("2026-01-01"),
    ];
    let frequency = lines(kpi(KpiKind::Frequency, MONTH), "2026-01-31", &accounts);
    assert_eq!(frequency, ["2026-01-01 3/2"]);
}

#[test]
fn order_value_is_net_of_refunds_and_leaves_out_what_was_given_back_whole() {
    // 10.00, 10.00 of which 4.00 came back, and 30.00 given back whole: 16.00 / 2 = 8.00.
    // Naive, 50.00 / 3; or 16.00 / 3. Gross of refunds it is 50.00 / 3.
    let accounts = [
        Account::buys(&["2026-01-05"]).refunded("2026-01-06", 1_000, 400),
        Account::joined("2026-01-05").refunded("2026-01-07", 3_000, 3_000),
    ];
    let net = kpi(KpiKind::OrderValue, MONTH);
    assert_eq!(
        lines(net.clone(), "2026-01-31", &accounts),
        ["2026-01-01 16.00/2"]
    );
    let gross = Kpi { net: false, ..net };
    assert_eq!(
        lines(gross, "2026-01-31", &accounts),
        ["2026-01-01 50.00/3"]
    );
}

#[test]
fn an_order_over_nothing_is_an_order() {
    let accounts = [Account::joined("2026-01-05").order("2026-01-05", 0)];
    let value = lines(kpi(KpiKind::OrderValue, MONTH), "2026-01-31", &accounts);
    assert_eq!(value, ["2026-01-01 0.00/1"]);
}

#[test]
fn active_divides_by_the_members_of_that_time() {
    // January: 1 member, active. February: 3 members, 1 active. Naive, by today's members:
    // January 1/3; and the buyer who never joined would make February 2/3.
    let mut stranger = Account::buys(&["2026-02-03"]);
    stranger.enrolled = None;
    let accounts = [
        Account::buys(&["2026-01-05"]),
        Account::buys(&["2026-02-05", "2026-02-06"]),
        Account::joined("2026-02-28"),
        Account::joined("2026-03-01"),
        stranger,
    ];
    let active = lines(kpi(KpiKind::Active, MONTH), "2026-02-28", &accounts);
    assert_eq!(active, ["2026-01-01 1/1", "2026-02-01 1/3"]);
}

#[test]
fn time_between_purchases_counts_distinct_dates_and_dates_the_gap_by_its_end() {
    // a: 1, 1, 11 January and 10 February: gaps 10 (January) and 30 (February).
    // b: 20 January, 24 January, 26 January: gaps 4, 2. All gaps of January: 10, 4, 2.
    // Mean 16/3, median 4, p90 = 4 + 0.8 × 6 = 8.8, customer means 10 and 3: 13/2.
    // Naive, with the gap of 0 days: 16/4.
    let accounts = [
        Account::buys(&["2026-01-01", "2026-01-01", "2026-01-11", "2026-02-10"]),
        Account::buys(&["2026-01-20", "2026-01-24", "2026-01-26"]),
        Account::buys(&["2026-01-20"]),
    ];
    let gaps = lines(kpi(KpiKind::InterPurchase, MONTH), "2026-02-28", &accounts);
    assert_eq!(
        gaps,
        [
            "2026-01-01 16/3",
            "2026-01-01 statistic=median 4.0/1",
            "2026-01-01 statistic=p90 8.8/1",
            "2026-01-01 statistic=mean_of_means 13.000000000/2",
            "2026-02-01 30/1",
            "2026-02-01 statistic=median 30.0/1",
            "2026-02-01 statistic=p90 30.0/1",
            "2026-02-01 statistic=mean_of_means 30.000000000/1",
        ]
    );
}

#[test]
fn without_a_second_purchase_there_is_no_time_between_purchases() {
    let program = program(vec![kpi(KpiKind::InterPurchase, MONTH)]);
    let figures = figures(
        &program,
        day("2026-01-31"),
        &[Account::buys(&["2026-01-01"])],
    );
    assert!(figures.iter().all(|figure| figure.value().is_none()));
    assert_eq!(figures.len(), 4);
}

#[test]
fn cohorts_do_not_mix() {
    // January's cohort of 2: both in January, none in February, one in March. February's of 1: February
    // and March. Naive, March over February: 2/1.
    let accounts = [
        Account::buys(&["2026-01-05", "2026-03-05"]),
        Account::buys(&["2026-01-06"]),
        Account::buys(&["2026-02-07", "2026-03-07", "2026-04-01"]),
    ];
    let cohort = lines(kpi(KpiKind::Cohort, Per::Lifetime), "2026-04-29", &accounts);
    assert_eq!(
        cohort,
        [
            "2026-01-01 k=0 2/2",
            "2026-01-01 k=1 0/2",
            "2026-01-01 k=2 1/2",
            "2026-02-01 k=0 1/1",
            "2026-02-01 k=1 1/1",
        ]
    );
}

#[test]
fn tier_moves_compare_start_and_end_and_every_row_adds_up_to_one() {
    // January to the end of February: a rises to silver and falls back (naive: two moves), b rises to
    // gold in two steps (naive: two moves), c stays, d joins and reaches silver at once.
    let accounts = [
        Account::joined("2026-01-05")
            .moved("2026-02-03", 0, 1)
            .moved("2026-02-20", 1, 0),
        Account::joined("2026-01-05")
            .moved("2026-02-03", 0, 1)
            .moved("2026-02-04", 1, 2),
        Account::joined("2026-01-05"),
        Account::joined("2026-02-05").moved("2026-02-05", 0, 1),
    ];
    let moves = lines(kpi(KpiKind::TierMoves, MONTH), "2026-02-28", &accounts);
    let february: Vec<&str> = moves[13..].iter().map(String::as_str).collect();
    assert_eq!(
        february,
        [
            "2026-02-01 1/3",
            "2026-02-01 from=green to=green 2/3",
            "2026-02-01 from=green to=silver 0/3",
            "2026-02-01 from=green to=gold 1/3",
            "2026-02-01 from=silver to=green 0/0",
            "2026-02-01 from=silver to=silver 0/0",
            "2026-02-01 from=silver to=gold 0/0",
            "2026-02-01 from=gold to=green 0/0",
            "2026-02-01 from=gold to=silver 0/0",
            "2026-02-01 from=gold to=gold 0/0",
            "2026-02-01 from=none to=green 0/1",
            "2026-02-01 from=none to=silver 1/1",
            "2026-02-01 from=none to=gold 0/1",
        ]
    );
}

#[test]
fn points_are_counted_by_what_happened_to_them() {
    let accounts = [Account::with_points()];
    let of = |kind| lines(kpi(kind, MONTH), "2026-03-31", &accounts);
    let months = |values: [&str; 3]| {
        ["2026-01-01", "2026-02-01", "2026-03-01"]
            .iter()
            .zip(values)
            .map(|(month, value)| format!("{month} {value}/1"))
            .collect::<Vec<_>>()
    };
    // naive: balance change + redeemed = 100, −50 + 30, −50
    assert_eq!(of(KpiKind::PointsIssued), months(["100", "0", "0"]));
    // naive: all that lowers the balance = 0, 50, 50
    assert_eq!(of(KpiKind::PointsRedeemed), months(["0", "30", "0"]));
    // naive: granted one life (of two months) before = 0, 0, 100
    assert_eq!(of(KpiKind::PointsExpired), months(["0", "0", "50"]));
    // naive: issued − redeemed = 100, 70, 70
    assert_eq!(of(KpiKind::PointsOpen), months(["60", "50", "0"]));
}

#[test]
fn a_lot_that_ends_at_midnight_is_open_in_the_month_before() {
    let accounts = [Account::with_points()];
    let open = lines(kpi(KpiKind::PointsOpen, days(10)), "2026-02-28", &accounts);
    assert_eq!(open, ["2026-02-19 50/1"]);
    let open = lines(kpi(KpiKind::PointsOpen, days(10)), "2026-03-01", &accounts);
    assert_eq!(open, ["2026-02-20 0/1"]);
}

#[test]
fn reward_cost_counts_rewards_given_without_points() {
    // a cup for points and a cake for nothing, 1.20 and 3.00; naive, the redeemed points alone: 1.20
    let mut account = Account::joined("2026-01-01");
    account.rewards = [(0, 120), (1, 300)]
        .map(|(reward, cost)| RewardFact {
            day: day("2026-01-05"),
            reward,
            number: 1,
            cost,
        })
        .into();
    let cost = lines(kpi(KpiKind::RewardCost, MONTH), "2026-01-31", &[account]);
    assert_eq!(cost, ["2026-01-01 4.20/1"]);
}

#[test]
fn by_rung_takes_the_rung_at_the_end_of_the_window() {
    // a is silver from 10 February on: green in January, silver in February
    let accounts = [
        Account::buys(&["2026-01-05", "2026-02-05"]).moved("2026-02-10", 0, 1),
        Account::buys(&["2026-02-06"]),
    ];
    let frequency = lines(by_rung(KpiKind::Frequency, MONTH), "2026-02-28", &accounts);
    assert_eq!(
        frequency,
        [
            "2026-01-01 1/1",
            "2026-01-01 rung=green 1/1",
            "2026-01-01 rung=silver 0/0",
            "2026-01-01 rung=gold 0/0",
            "2026-02-01 2/2",
            "2026-02-01 rung=green 1/1",
            "2026-02-01 rung=silver 1/1",
            "2026-02-01 rung=gold 0/0",
        ]
    );
}

#[test]
fn open_points_go_with_their_member_to_another_rung() {
    let accounts = [Account::with_points().moved("2026-02-15", 0, 1)];
    let open = lines(by_rung(KpiKind::PointsOpen, MONTH), "2026-02-28", &accounts);
    assert_eq!(
        open,
        [
            "2026-01-01 60/1",
            "2026-01-01 rung=green 60/1",
            "2026-01-01 rung=silver 0/1",
            "2026-01-01 rung=gold 0/1",
            "2026-02-01 50/1",
            "2026-02-01 rung=green 0/1",
            "2026-02-01 rung=silver 50/1",
            "2026-02-01 rung=gold 0/1",
        ]
    );
}

#[test]
fn a_condition_chooses_among_the_orders() {
    use crate::condition::expression::{Expr, Node, Sort};
    let mut account = Account::buys(&["2026-01-05", "2026-01-06"]);
    account.orders[1].passes = 0b10;
    let conditional = |id: &str| Kpi {
        id: id.to_owned(),
        when: Some(Expr {
            node: Node::Constant(1),
            sort: Sort::Boolean,
            den: 1,
            optional: false,
            span: 0..0,
        }),
        ..kpi(KpiKind::Frequency, MONTH)
    };
    let program = program(vec![
        conditional("first"),
        kpi(KpiKind::Frequency, MONTH),
        conditional("second"),
    ]);
    let measures = Measures::new(&program, day("2026-01-31")).unwrap();
    assert_eq!(measures.filters().len(), 2);
    let lines: Vec<String> = figures(&program, day("2026-01-31"), &[account])
        .iter()
        .map(super::sample::line)
        .collect();
    // no order passes the first, one the second
    assert_eq!(lines, ["2026-01-01 2/1", "2026-01-01 1/1"]);
}

#[test]
fn what_cannot_be_measured_is_refused_with_a_reason() {
    let program = program(vec![
        kpi(KpiKind::Retention, Per::Lifetime),
        kpi(KpiKind::Frequency, Per::Event),
        kpi(KpiKind::Cohort, days(90)),
    ]);
    let refusals = Measures::new(&program, 0).err().unwrap();
    let texts: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts[0],
        "kpi `retention` cannot be measured: there is no period after a lifetime to come back in; \
         use a calendar period such as `quarter`"
    );
    assert!(texts[1].contains("`event`"));
    assert!(texts[2].contains("cohort"));
}

#[test]
fn every_kind_is_registered_once_and_says_what_it_is() {
    for (kind, name) in KpiKind::ALL {
        let registered = REGISTRY.iter().filter(|measure| measure.kind() == *kind);
        assert_eq!(registered.count(), 1, "{name}");
    }
    for measure in REGISTRY {
        let doc = measure.doc();
        for text in [doc.definition, doc.formula, doc.source, doc.naive] {
            assert!(text.len() > 10, "{:?}", measure.kind());
        }
    }
}

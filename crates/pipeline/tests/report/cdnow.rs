//! CDNOW's purchases, 1997 and 1998. The expected numbers come from a plain script over the source
//! file, not from this program; the perturbed log is counted once more with sets.

use super::sample::{LINE_NET, MONTH, QUARTER, Row, batch, day, days, kpi, program, report, row};
use rungs_engine::calendar::{Per, day_text};
use rungs_engine::canonical::Kind;
use rungs_engine::event::Batch;
use rungs_engine::kpi::{Figure, Fraction};
use rungs_engine::program::{KpiKind, Program};
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../samplelocal/cdnow/purchases/purchases.csv"
);

/// (row, customer, date, cents)
fn purchases() -> Vec<(String, String, String, i64)> {
    let mut reader = csv::Reader::from_path(FILE).expect(FILE);
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let cents = record[4].replace('.', "").parse().unwrap();
            (record[0].into(), record[1].into(), record[2].into(), cents)
        })
        .collect()
}

fn rows(program: &Program, purchases: &[(String, String, String, i64)]) -> Vec<Row> {
    let mut rows: Vec<Row> = purchases
        .iter()
        .map(|(id, customer, date, cents)| Row {
            account: customer.clone(),
            ..row(
                program,
                Kind::Order,
                date,
                id,
                1,
                &[(LINE_NET, cents * 100)],
            )
        })
        .collect();
    rows.sort_by(|a, b| (&a.account, a.time).cmp(&(&b.account, b.time)));
    rows
}

/// Whole accounts, spread over shards by their number.
fn shards(program: &Program, rows: &[Row], count: usize) -> Vec<Batch> {
    let mut shards = vec![Vec::new(); count];
    for row in rows {
        let number: usize = row.account.parse().unwrap();
        shards[number % count].push(row.clone());
    }
    shards.iter().map(|rows| batch(program, rows)).collect()
}

fn kpis() -> Program {
    program(vec![
        kpi("retention", KpiKind::Retention, QUARTER),
        kpi("repeat", KpiKind::RepeatPurchase, Per::Lifetime),
        kpi("repeat-quarter", KpiKind::RepeatPurchase, QUARTER),
        kpi("orders", KpiKind::Frequency, QUARTER),
        kpi("basket", KpiKind::OrderValue, QUARTER),
        kpi("active", KpiKind::Active, Per::Rolling(days(90))),
        kpi("gaps", KpiKind::InterPurchase, Per::Lifetime),
        kpi("cohorts", KpiKind::Cohort, MONTH),
    ])
}

fn quotients(figures: &[Figure], kpi: usize) -> Vec<String> {
    figures
        .iter()
        .filter(|figure| figure.kpi == kpi)
        .map(|figure| format!("{}/{}", figure.numerator.text(), figure.denominator))
        .collect()
}

#[test]
fn cdnow_has_the_published_customers_revenue_and_retention() {
    let program = kpis();
    let rows = rows(&program, &purchases());
    let report = report(&program, "1998-06-30", shards(&program, &rows, 1));
    assert_eq!(report.totals.customers, 23_570);
    assert_eq!(report.totals.orders, 69_659);
    assert_eq!(report.totals.revenue, 250_031_563);
    assert_eq!(report.totals.members, 23_570);
    let of = |kpi| quotients(&report.figures, kpi);
    // naive, (4,221 − 0 new) / 4,263 = 99.0 % for the third quarter of 1997
    assert_eq!(
        of(0),
        [
            "5376/23570",
            "2289/5376",
            "2063/4263",
            "1954/4221",
            "1760/3817"
        ]
    );
    assert_eq!(of(1), ["11662/23570"]);
    assert_eq!(
        of(2),
        [
            "5066/23570",
            "2049/5376",
            "1584/4263",
            "1639/4221",
            "1452/3817",
            "1227/3317"
        ]
    );
    assert_eq!(of(3)[2], "7558/4263");
    assert_eq!(of(4)[2], "292395.37/7558");
    assert_eq!(of(5), ["3301/23570"]);
    assert_eq!(
        of(6),
        [
            "3178932/44021",
            "34.0/1",
            "200.0/1",
            "1317661.564965857/11516"
        ]
    );
}

#[test]
fn cdnows_cohorts_are_those_of_the_source() {
    let program = kpis();
    let rows = rows(&program, &purchases());
    let report = report(&program, "1998-06-30", shards(&program, &rows, 1));
    let cohorts: [&[i128]; 3] = [
        &[
            7846, 1157, 964, 810, 679, 736, 720, 582, 559, 594, 673, 634, 528, 511, 664, 472, 497,
            498,
        ],
        &[
            8476, 1312, 980, 783, 847, 786, 626, 619, 666, 721, 661, 545, 568, 718, 545, 548, 551,
        ],
        &[
            7248, 1032, 752, 756, 674, 564, 561, 579, 634, 569, 464, 472, 678, 420, 443, 457,
        ],
    ];
    let mut expected = Vec::new();
    for cohort in cohorts {
        expected.extend(cohort.iter().map(|back| format!("{back}/{}", cohort[0])));
    }
    assert_eq!(quotients(&report.figures, 7), expected);
}

#[test]
fn the_number_of_shards_changes_nothing() {
    let program = kpis();
    let rows = rows(&program, &purchases());
    let of = |count| report(&program, "1998-03-15", shards(&program, &rows, count));
    let (one, seven) = (of(1), of(7));
    assert_eq!(one.figures, seven.figures);
    assert_eq!(one.totals, seven.totals);
}

#[test]
fn a_perturbed_log_gives_what_sets_of_its_customers_give() {
    // every seventh purchase is left out, every eleventh comes 40 days later
    let program = kpis();
    let perturbed: Vec<_> = purchases()
        .into_iter()
        .enumerate()
        .filter(|(at, _)| at % 7 != 3)
        .map(|(at, mut purchase)| {
            if at % 11 == 5 {
                purchase.2 = day_text(day(&purchase.2) + 40);
            }
            purchase
        })
        .collect();
    let as_of = "1998-06-30";
    let mut quarters: BTreeMap<i32, BTreeSet<&str>> = BTreeMap::new();
    let mut months: BTreeMap<&str, BTreeSet<i32>> = BTreeMap::new();
    let mut orders: BTreeMap<&str, i128> = BTreeMap::new();
    for (_, customer, date, _) in &perturbed {
        if date.as_str() > as_of {
            continue;
        }
        let year: i32 = date[..4].parse().unwrap();
        let month: i32 = year * 12 + date[5..7].parse::<i32>().unwrap() - 1;
        quarters.entry(month / 3).or_default().insert(customer);
        months.entry(customer).or_default().insert(month);
        *orders.entry(customer).or_default() += 1;
    }
    let retention: Vec<String> = quarters
        .iter()
        .zip(quarters.values().skip(1))
        .map(|((_, now), next)| format!("{}/{}", now.intersection(next).count(), now.len()))
        .collect();
    let repeat = orders.values().filter(|orders| **orders > 1).count();
    let mut cohorts: BTreeMap<i32, BTreeMap<i32, usize>> = BTreeMap::new();
    for months in months.values() {
        let first = *months.first().unwrap();
        for month in months {
            *cohorts
                .entry(first)
                .or_default()
                .entry(month - first)
                .or_default() += 1;
        }
    }
    let last = 1998 * 12 + 5;
    let mut triangle = Vec::new();
    for (first, cells) in &cohorts {
        for k in 0..=last - first {
            let back = cells.get(&k).copied().unwrap_or(0);
            triangle.push(format!("{back}/{}", cells[&0]));
        }
    }

    let rows = rows(&program, &perturbed);
    let report = report(&program, as_of, shards(&program, &rows, 3));
    assert_eq!(quotients(&report.figures, 0), retention);
    assert_eq!(
        quotients(&report.figures, 1),
        [format!("{repeat}/{}", orders.len())]
    );
    assert_eq!(quotients(&report.figures, 7), triangle);
    // and it is another log: the share is not that of the original
    let q3 = report.figures.get(2).and_then(Figure::value);
    assert_ne!(q3, Fraction::new(2_063, 4_263));
}

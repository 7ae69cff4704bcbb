//! Amounts finer than the currency, on orders and on their lines, from upload to report: through the built
//! binary, expectations worked by hand.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use rungs_tests::scene;
use serde_json::Value;

const PROGRAMME: &str = r#"
[program]
name = "shop"
zone = "Europe/Berlin"
currency = "EUR"

[collect.web]
event = "order"
id = "order"
member = "card"
time = "at"
line = "line"

[collect.web.columns]
gross = { digits = 3 }
net = { digits = 3 }

[collect.till]
event = "order"
id = "receipt"
member = "card"
time = "at"
columns = { total = { digits = 3 } }

[collect.back]
event = "refund"
id = "id"
member = "card"
time = "at"
columns = { order = { required = true }, number = {} }

[points.beans]
rounding = "down"

[[earn]]
id = "by-line"
kind = "per_amount"
amount = 'line.gross'
points = 1000
per = 1.00

[[earn]]
id = "by-order"
kind = "per_amount"
amount = 'event.net'
points = 1000
per = 1.00

[refunds]
shortage = "debt"

[[kpis]]
id = "gross"
kind = "order_value"
window = "lifetime"
net = false

[[kpis]]
id = "net"
kind = "order_value"
window = "lifetime"
"#;

// Order 1: lines of 4.505 − 0.500 and 3.001, so 7.506 gross and 7.006 net; the second line comes back.
// Order 2: 2.345 − 0.300, on no line.
const SCENE: &str = "
-- inbox/web/may.csv
order,line,card,at,gross,discount
1,1,ann,2025-05-01 10:00,4.505,0.50
1,2,ann,2025-05-01 10:00,3.001,
-- inbox/till/may.csv
receipt,card,at,gross,discount
2,bob,2025-05-01 10:00,2.345,0.30
-- inbox/back/may.csv
id,card,at,order,number
r1,ann,2025-05-01 12:00,1,2
$ rungs run --quiet --as-of 2025-05-02
";

fn answer(asked: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let said = scene::play(
        &format!("{SCENE}$ rungs {asked}\n"),
        PROGRAMME,
        folder.path(),
    );
    let (_, answer) = said.split_once(&format!("$ rungs {asked}\n")).expect(&said);
    answer.to_owned()
}

#[test]
fn digits_of_an_amount_hold_for_the_order_and_for_its_lines() {
    assert_eq!(answer("quarantine"), "0 rows in quarantine\n");
    let ledger = answer("ledger");
    let mut points: Vec<(String, String, String)> = ledger
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["table"] == "entries")
        .map(|line| {
            let word = |value: &Value| value.as_str().unwrap().to_owned();
            (
                word(&line["event"][1]),
                word(&line["rule"]),
                word(&line["points"]),
            )
        })
        .collect();
    points.sort();
    let expected = [
        ("1", "by-line", "7506"),
        ("1", "by-order", "7006"),
        ("2", "by-line", "2345"),
        ("2", "by-order", "2045"),
        ("r1", "by-line", "-3001"),
        ("r1", "by-order", "-3001"),
    ]
    .map(|(event, rule, points)| (event.to_owned(), rule.to_owned(), points.to_owned()));
    assert_eq!(points, expected);
}

#[test]
fn the_report_counts_orders_with_and_without_lines_rounded_once_each() {
    let report: Value = serde_json::from_str(&answer("report --format json")).unwrap();
    let numerator = |id: &str| {
        let kpi = report["kpis"]
            .as_array()
            .unwrap()
            .iter()
            .find(|kpi| kpi["id"] == id)
            .unwrap();
        format!("{} / {}", kpi["numerator"], kpi["denominator"])
    };
    // 7.51 + 2.34 (a half to even); net of the refund: 7.01 − 3.00 + 2.04.
    assert_eq!(numerator("gross"), "9.85 / 2", "{report:#}");
    assert_eq!(numerator("net"), "6.05 / 2", "{report:#}");
}

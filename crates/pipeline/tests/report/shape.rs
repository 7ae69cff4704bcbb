//! JSON and its schema, and the text.

use super::sample::{MONTH, by_rung, day, days, kpi, program};
use rungs_engine::calendar::Per;
use rungs_engine::finding::Place;
use rungs_engine::kpi::{AccountFacts, Measures, OrderFact, PointsFact, RewardFact, RungFact};
use rungs_engine::ledger::EntryKind;
use rungs_engine::number::Rational;
use rungs_engine::program::{KpiKind, Objective, Program};
use rungs_pipeline::report::{AccountSource, Quality, Report, count, json, report_schema, text};
use serde_json::Value;
use std::convert::Infallible;

struct TwoAccounts {
    ann: (
        Vec<OrderFact>,
        Vec<RungFact>,
        Vec<PointsFact>,
        Vec<RewardFact>,
    ),
    bob: Vec<OrderFact>,
}

impl AccountSource for TwoAccounts {
    type Error = Infallible;

    fn shards(&self) -> usize {
        2
    }

    fn for_each(
        &self,
        shard: usize,
        visit: &mut dyn FnMut(&AccountFacts<'_>),
    ) -> Result<(), Infallible> {
        let (orders, rungs, points, rewards) = &self.ann;
        let enrolled = Some(day("1997-01-05"));
        visit(&match shard {
            0 => AccountFacts {
                account: "ann",
                enrolled,
                orders,
                rungs,
                points,
                rewards,
            },
            _ => AccountFacts {
                account: "bob",
                enrolled,
                orders: &self.bob,
                ..AccountFacts::default()
            },
        });
        Ok(())
    }
}

fn order(on: &str, net: i64, refunded: i64) -> OrderFact {
    OrderFact {
        day: day(on),
        time: 0,
        gross: net,
        net,
        refunded,
        whole: false,
        passes: 0,
    }
}

/// Ann buys in January, February and March and rises to gold; Bob buys in January and February.
fn accounts() -> TwoAccounts {
    let points = |on, kind, points, pending| PointsFact {
        wallet: 0,
        day: day(on),
        kind,
        points,
        taken: points < 0,
        pending,
    };
    TwoAccounts {
        ann: (
            vec![
                order("1997-01-05", 123_450, 0),
                order("1997-02-10", 1_000, 250),
                order("1997-03-11", 2_000, 0),
            ],
            vec![RungFact {
                day: day("1997-02-10"),
                from: 0,
                to: 1,
            }],
            vec![
                points("1997-01-05", EntryKind::Grant, 12_345, 0),
                points("1997-02-11", EntryKind::Redeem, -5_000, 0),
                points("1997-03-05", EntryKind::Grant, 305, 305),
            ],
            vec![RewardFact {
                day: day("1997-02-11"),
                reward: 0,
                number: 1,
                cost: 120,
            }],
        ),
        bob: vec![order("1997-01-07", 999, 0), order("1997-02-07", 999, 0)],
    }
}

fn declared() -> Program {
    let mut retention = by_rung(kpi("come-back", KpiKind::Retention, MONTH));
    retention.warn_below = Rational::from_decimal("0.75");
    let mut program = program(vec![
        retention,
        kpi("basket", KpiKind::OrderValue, MONTH),
        kpi("gaps", KpiKind::InterPurchase, Per::Lifetime),
        kpi("cohorts", KpiKind::Cohort, MONTH),
        kpi("moves", KpiKind::TierMoves, MONTH),
        by_rung(kpi("open", KpiKind::PointsOpen, Per::Rolling(days(30)))),
        kpi("cost", KpiKind::RewardCost, MONTH),
    ]);
    program.kpis[1].name = Some("Basket".to_owned());
    program.objectives = vec![Objective {
        id: "stay".to_owned(),
        place: Place::default(),
        kpi: 0,
        baseline: Rational::from_decimal("0.45").unwrap(),
        target: Rational::from_decimal("0.65").unwrap(),
        by: day("1997-12-31"),
        owner: Some("crm".to_owned()),
    }];
    program
}

fn report(program: &Program) -> Report<'_> {
    let measures = Measures::new(program, day("1997-03-31")).unwrap();
    let counted = count(&accounts(), &measures).unwrap();
    let quality = Quality {
        read: 1_007,
        accepted: 1_004,
        duplicates: 1,
        quarantined: vec![("row/amount".to_owned(), 2)],
        late: 0,
        ..Quality::default()
    };
    Report::new(&measures, &counted, quality, Some(3))
}

#[test]
fn the_text_answers_first_and_then_shows_every_kpi() {
    let program = declared();
    let text = text::render(&report(&program));
    let expected = "\
Corner Shop (shop) as of 1997-03-31, by 1997-01-01.toml, run 3

  Objective     now  state     expected  baseline  target          by
  stay       50.0 %  on track    49.9 %    45.0 %  65.0 %  1997-12-31

Customers   2
Orders      5
Revenue     1,281.98 USD
Refunded    2.50 USD
Retention   50.0 % of the 2 customers of 1997-02 came back (1)
Members     2: green 1 · Gold 1
Points      1,265.0 granted = 500.0 redeemed + 0.0 expired + 0.0 reversed + 734.5 open + 30.5 pending
Rewards     1 issued, cost 1.20 USD
              1 cup, 1.20 USD
Data        1,007 rows read: accepted 1,004, duplicates 1, in quarantine 2, late 0
              2 row/amount
Warning     come-back is 50.0 %, below 75.0 %

come-back · customers of the window who buy in the next one too
  window     value  numerator  denominator    green     gold
  1997-01  100.0 %          2            2  100.0 %        –
  1997-02   50.0 %          1            2    0.0 %  100.0 %

Basket · revenue of an order
  window    value  numerator  denominator
  1997-01  622.25   1,244.49            2
  1997-02    8.75      17.49            2
  1997-03   20.00      20.00            1

gaps · days from one purchase date to the next
  window                    mean  numerator  denominator  median   p90  mean_of_means
  1997-01-05 to 1997-03-31  32.0         96            3    31.0  35.0           31.8

cohorts · customers who came together and still buy later
  cohort   size    0    1   2
  1997-01     2  100  100  50

moves · from the rung at the start to the rung at the end
  1997-03
  from   members        green         gold
  green        1  100.0 % (1)    0.0 % (0)
  gold         1    0.0 % (0)  100.0 % (1)
  none         0            –            –
  0.0 % rose: 0 of 2 members

open · points that can be spent at the end
  window                 value  green   gold
  30 days to 1997-03-31  734.5    0.0  734.5

cost · cost of the rewards issued
  window   value
  1997-01   0.00
  1997-02   1.20
  1997-03   0.00
";
    assert_eq!(text, expected);
}

#[test]
fn json_has_fractions_and_exact_decimals() {
    let program = declared();
    let text = json::render(&report(&program)).unwrap();
    assert!(text.contains("\"revenue\": 1281.98,"));
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["program"], "shop");
    assert_eq!(json["as_of"], "1997-03-31");
    assert_eq!(json["run"], 3);
    let latest = &json["kpis"][3];
    assert_eq!(latest["id"], "come-back");
    assert_eq!(latest["value"].to_string(), "0.5");
    assert_eq!(
        (&latest["numerator"], &latest["denominator"]),
        (&Value::from(1), &Value::from(2))
    );
    assert_eq!(latest["unit"], "ratio");
    assert_eq!(
        latest["window"],
        serde_json::json!({ "kind": "calendar", "from": "1997-02-01", "before": "1997-03-01" })
    );
    assert_eq!(latest["by"], serde_json::json!({}));
    let gold = &json["kpis"][2];
    assert_eq!(gold["by"], serde_json::json!({ "rung": "gold" }));
    assert_eq!(gold["value"], Value::Null);
    let third = &json["objectives"][0];
    assert_eq!(third["state"], "on_track");
    // 0.45 + 0.2 × 89 / 364
    assert_eq!(third["expected"].to_string(), "0.498901099");
    assert_eq!(json["quality"]["quarantined"][0]["code"], "row/amount");
    assert_eq!(json["warnings"][0]["side"], "below");
    assert_eq!(json["points"]["pending"].to_string(), "30.5");
}

/// The parts of JSON Schema that the published schema uses.
pub fn fits(schema: &Value, value: &Value, at: &str) {
    let known = [
        "$schema",
        "title",
        "type",
        "description",
        "properties",
        "required",
        "items",
        "enum",
        "minimum",
        "format",
        "additionalProperties",
    ];
    for key in schema.as_object().unwrap().keys() {
        assert!(known.contains(&key.as_str()), "{at}: {key} is not checked");
    }
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("{at}: type {other}"),
    };
    match &schema["type"] {
        Value::String(name) => assert!(is(name), "{at}: {value} is no {name}"),
        Value::Array(names) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            assert!(
                names.iter().any(|name| is(name)),
                "{at}: {value}, {names:?}"
            );
        }
        other => panic!("{at}: {other}"),
    }
    if let Some(least) = schema.get("minimum").and_then(Value::as_i64) {
        assert!(value.as_i64().unwrap() >= least, "{at}");
    }
    if let Some(all) = schema.get("enum").and_then(Value::as_array) {
        assert!(all.contains(value), "{at}: {value}");
    }
    if schema.get("format").is_some() {
        assert!(value.as_str().unwrap().parse::<jiff::civil::Date>().is_ok());
    }
    if let Some(items) = value.as_array() {
        for (index, item) in items.iter().enumerate() {
            fits(&schema["items"], item, &format!("{at}[{index}]"));
        }
    }
    if let Some(object) = value.as_object() {
        for key in schema["required"].as_array().into_iter().flatten() {
            assert!(object.contains_key(key.as_str().unwrap()), "{at}: {key}");
        }
        for (key, value) in object {
            let part = schema["properties"]
                .get(key)
                .unwrap_or(&schema["additionalProperties"]);
            assert!(part.is_object(), "{at}: {key} is not in the schema");
            fits(part, value, &format!("{at}.{key}"));
        }
    }
}

#[test]
fn json_fits_the_published_schema() {
    let program = declared();
    let text = json::render(&report(&program)).unwrap();
    fits(&report_schema(), &serde_json::from_str(&text).unwrap(), "$");
}

#[test]
fn a_programme_without_points_ladder_or_data_has_a_report_too() {
    let mut program = program(vec![
        kpi("come-back", KpiKind::Retention, MONTH),
        kpi("cohorts", KpiKind::Cohort, Per::Lifetime),
        kpi("moves", KpiKind::TierMoves, MONTH),
        kpi("gaps", KpiKind::InterPurchase, Per::Rolling(days(30))),
    ]);
    program.wallets.clear();
    program.tiers = None;
    program.rewards.clear();
    let measures = Measures::new(&program, day("1997-03-31")).unwrap();
    let report = Report::new(&measures, &measures.start(), Quality::default(), None);
    let text = text::render(&report);
    assert!(text.contains("Customers   0\n"));
    assert!(text.contains("no complete window yet"));
    let json: Value = serde_json::from_str(&json::render(&report).unwrap()).unwrap();
    assert_eq!(json["points"], Value::Null);
    fits(&report_schema(), &json, "$");
}

//! The report of a store: what only a store knows.

use super::sample::day;
use super::shape::fits;
use rungs_engine::program::Versions;
use rungs_pipeline::lake::decisions::{Decision, read_decisions};
use rungs_pipeline::lake::store::Store;
use rungs_pipeline::program_folder::read;
use rungs_pipeline::progress::Silent;
use rungs_pipeline::report::{load, report_schema};
use rungs_pipeline::run::{Keys, Request, run};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use tempfile::TempDir;

const PROGRAM: &str = r#"
[program]
name = "Corner Shop"
zone = "Europe/Berlin"
currency = "EUR"

[collect.orders]
event = "order"
file = "orders/*.csv"
id = "id"
member = "member"
time = "time"
purpose = "points"
retention = "2 years"

[collect.orders.columns]
net = { required = true, min = 0.00, max = 10000.00 }

[points.stars]
name = "Stars"
rounding = "down"
expiry = { kind = "rolling", length = "12 months" }

[refunds]
shortage = "debt"

[[earn]]
id = "base"
kind = "per_amount"
points = 1
per = 1.00

[[rewards]]
id = "pastry"
name = "A pastry"
kind = "voucher"
valid = "3 days"
cost = 0.80

[[surprises]]
id = "treat"
name = "A treat"
kind = "chance"
chance = 0.9
schedule = { cron = "0 10 ? * MON *" }
when = 'account.enrolled >= date("2026-01-01")'
reward = "pastry"
budget = { count = 31 }

[enrol]
kind = "first_order"
"#;

/// A shop in a folder of its own.
struct Shop {
    folder: TempDir,
    program: Versions,
}

impl Shop {
    fn new() -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("shop");
        std::fs::create_dir_all(&program).unwrap();
        std::fs::create_dir_all(folder.path().join("inbox/orders")).unwrap();
        std::fs::write(program.join("2026-01-01.toml"), PROGRAM).unwrap();
        let read = read(&program);
        let program = read
            .versions
            .unwrap_or_else(|| panic!("{:?}", read.findings));
        Shop { folder, program }
    }

    fn upload(&self, name: &str, rows: &str) {
        let path = self.folder.path().join("inbox/orders").join(name);
        std::fs::write(path, format!("id,member,time,net\n{rows}")).unwrap();
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Settles up to a night; its report, which fits the published schema.
    fn night(&self, night: &str) -> Value {
        let request = Request {
            versions: &self.program,
            inbox: &self.folder.path().join("inbox"),
            store: &self.store(),
            as_of: day(night),
            shards: Some(3),
            keys: &Keys::test(),
        };
        run(&request, &Silent).unwrap();
        let report = load(&self.store(), &self.program, Some(day(night)), true).unwrap();
        let report = serde_json::from_str(&report).unwrap();
        fits(&report_schema(), &report, "$");
        report
    }

    fn decisions(&self) -> Vec<Decision> {
        let store = Store::open(&self.store()).unwrap();
        read_decisions(&store, &store.manifests().unwrap()).unwrap()
    }
}

/// Seventy members buy on Thursday, 1 January 2026; each third of them twice in the week after.
fn seventy() -> Shop {
    let shop = Shop::new();
    let mut rows = String::new();
    for member in 0..70 {
        writeln!(rows, "a{member},m{member},2026-01-01 10:00,9.00").unwrap();
        if member % 3 == 0 {
            writeln!(rows, "b{member},m{member},2026-01-05 00:00,9.00").unwrap();
            writeln!(rows, "c{member},m{member},2026-01-06 10:00,9.00").unwrap();
        }
    }
    shop.upload("1.csv", &rows);
    shop
}

#[test]
fn a_draw_that_is_decided_but_not_held_yet_is_not_told() {
    let shop = seventy();
    let report = shop.night("2026-01-04");
    // Monday's winners are known to the lake on Sunday night.
    let decided = shop.decisions();
    assert!(
        decided.len() > 40
            && decided
                .iter()
                .all(|one| one.occurrence == "2026-01-05T10:00")
    );
    assert_eq!(
        report["surprises"],
        json!([{
            "id": "treat", "name": "A treat", "draws": [], "more_draws": 0, "entrants": 0, "winners": 0,
            "cost": 0.00, "budget": { "per_draw": 31, "left": 31 }, "effect": null,
        }])
    );
    let report = shop.night("2026-01-05");
    let held = &report["surprises"][0];
    let draw = json!({ "on": "2026-01-05", "entrants": decided.len(), "winners": 31 });
    assert_eq!(held["draws"], json!([draw]));
    assert_eq!(
        (&held["cost"], &held["budget"]["left"]),
        (&json!(24.8), &json!(0))
    );
    let report = shop.night("2026-01-11");
    assert_eq!(report["surprises"][0]["draws"], json!([draw]));
}

#[test]
fn orders_of_winners_stand_against_those_of_losers_once_the_days_are_over() {
    let shop = seventy();
    assert_eq!(
        shop.night("2026-01-31")["surprises"][0]["effect"],
        Value::Null
    );
    // The first draw of five has its 28 days behind it.
    let report = shop.night("2026-02-01");
    let effect = &report["surprises"][0]["effect"];
    let orders = |won: bool| -> (u64, u64) {
        let first = shop.decisions().into_iter();
        let own = first.filter(|one| one.occurrence == "2026-01-05T10:00" && one.won == won);
        let twice = |one: &Decision| one.member[1..].parse::<u64>().unwrap().is_multiple_of(3);
        let all: Vec<Decision> = own.collect();
        let bought = all.iter().filter(|one| twice(one)).count() * 2;
        (all.len() as u64, bought as u64)
    };
    for (arm, won) in [("winners", true), ("losers", false)] {
        let (n, bought) = orders(won);
        assert_eq!(
            (&effect[arm]["n"], &effect[arm]["orders"]),
            (&json!(n), &json!(bought))
        );
        let mean = (bought * 1_000_000 + n / 2) / n;
        let said = effect[arm]["mean"].as_f64().unwrap();
        assert_eq!((said * 1e6).round() as u64, mean);
    }
    assert_eq!(effect["days"], 28);
    let [low, difference, high] =
        ["low", "difference", "high"].map(|key| effect[key].as_f64().unwrap());
    assert!(low < difference && difference < high, "{effect}");
}

#[test]
fn at_most_five_places_are_named_for_a_reason_and_nothing_of_the_rows() {
    let shop = Shop::new();
    let row = |id: usize| format!("o{id},ann,2026-01-02 10:00,secret\n");
    shop.upload("1.csv", &(0..7).map(row).collect::<String>());
    let report = shop.night("2026-01-02");
    let place = |file: &str, line: usize| json!({ "file": format!("orders/{file}"), "dataset": null, "line": line, "column": "net", "rows": 1 });
    let reasons = |report: &Value| report["quality"]["quarantined"].clone();
    let first: Vec<Value> = (2..7).map(|line| place("1.csv", line)).collect();
    let expected = json!([{ "code": "row/not-a-number", "count": 7, "examples": first }]);
    assert_eq!(reasons(&report), expected);
    shop.upload("2.csv", &row(9));
    let report = shop.night("2026-01-03");
    let newest = std::iter::once(place("2.csv", 2)).chain(first).take(5);
    let newest: Vec<Value> = newest.collect();
    let expected = json!([{ "code": "row/not-a-number", "count": 8, "examples": newest }]);
    assert_eq!(reasons(&report), expected);
    assert!(!report.to_string().contains("secret"));
}

#[test]
fn a_report_tells_what_its_run_took_in_and_how_members_join() {
    let shop = seventy();
    let report = shop.night("2026-01-04");
    let first = json!({
        "nights": { "from": "2026-01-01", "to": "2026-01-04" },
        "objects": [{
            "name": "orders/1.csv", "dataset": "orders", "read": 118, "accepted": 118, "duplicates": 0, "rejected": 0,
        }],
        "more_objects": 0,
    });
    assert_eq!(report["run_info"], first);
    assert_eq!(
        [&report["zone"], &report["enrol"]],
        ["Europe/Berlin", "first_order"]
    );
    assert_eq!(
        [&report["points"]["name"], &report["rewards"][0]["name"]],
        ["Stars", "A pastry"]
    );
    for number in 0..203 {
        shop.upload(
            &format!("x{number:03}.csv"),
            &format!("x{number},ann,2026-01-05 10:00,1.00\n"),
        );
    }
    let run = shop.night("2026-01-05")["run_info"].clone();
    assert_eq!(
        run["nights"],
        json!({ "from": "2026-01-05", "to": "2026-01-05" })
    );
    let listed = run["objects"].as_array().unwrap();
    assert_eq!((listed.len(), &run["more_objects"]), (200, &json!(3)));
    assert_eq!(listed[199]["name"], "orders/x199.csv");
}

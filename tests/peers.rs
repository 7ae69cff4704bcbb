//! The benchmark's work at a small size.
//!
//! Goal: the shipped binary gives exactly what the plainest program gives, on a history that reaches the caps, both
//! directions of the ladder and the edges of the windows to the millisecond.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rungs_engine::calendar::day_from;
use rungs_engine::canonical::Kind;
use rungs_engine::fold::Plans;
use rungs_engine::language;
use rungs_engine::ledger::EntryKind;
use rungs_engine::program::{Program, Versions};
use rungs_engine::rehearsal::{EventTable, rehearse};
use rungs_tests::peers::{DAY, FIRST, Order, history, oracle, parquet_file};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

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

/// The programme of the benchmark, checked.
fn program() -> Program {
    let path = rungs_tests::root().join("bench/programs/peers/2024-11-21.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let checked = language::check(&language::Source {
        id: "peers",
        file: "bench/programs/peers/2024-11-21.toml",
        text: &text,
    });
    assert!(checked.findings.is_empty(), "{:#?}", checked.findings);
    checked.program.unwrap()
}

/// Orders as a text table, settled in memory: the engine alone, without files.
#[test]
fn the_engine_gives_every_member_what_the_oracle_gives() {
    let program = program();
    let orders = history::orders(300, 6_000, 9);
    let text = |order: &Order| {
        let cents = |amount: i64| format!("{}.{:02}", amount / 100, amount % 100);
        let at = jiff::Timestamp::from_millisecond(order.at).unwrap();
        [
            order.id.to_string(),
            order.member.to_string(),
            at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
            order.channel.to_owned(),
            order.category.to_owned(),
            cents(order.amount),
            cents(order.discount),
        ]
        .map(Some)
        .to_vec()
    };
    let columns = [
        "id", "member", "time", "channel", "category", "gross", "discount",
    ];
    let table = EventTable {
        kind: Kind::Order,
        columns: columns.map(str::to_owned).to_vec(),
        rows: orders.iter().map(text).collect(),
    };
    let versions = Versions::alone(program);
    let plans = Plans::new(&versions).unwrap();
    let last = day_from("2026-11-20").unwrap();
    let rehearsed = rehearse(&plans, &[table], &BTreeMap::new(), last).unwrap();

    let (members, _) = oracle::settle(&orders);
    assert_eq!(rehearsed.len(), members.len());
    for (id, member) in members {
        let entries = &rehearsed[&id.to_string()].kept.entries;
        let points = |kind| -> i64 {
            let of_kind = entries.iter().filter(|entry| entry.kind == kind);
            of_kind.map(|entry| entry.points).sum()
        };
        let issued = points(EntryKind::Grant);
        let balance = issued + points(EntryKind::Expire);
        assert_eq!(
            (issued, balance),
            (member.issued, member.balance),
            "member {id}"
        );
    }
}

/// What a program printed on standard output, as JSON; it must end well.
fn json(command: &mut Command) -> Value {
    let done = command.output().unwrap();
    assert!(
        done.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
}

/// A programme, an inbox and a store in a folder of their own.
struct Settled {
    folder: tempfile::TempDir,
}

impl Settled {
    fn of(orders: &[Order]) -> Settled {
        let settled = Settled {
            folder: tempfile::tempdir().unwrap(),
        };
        let file = settled.path("inbox/orders/history.parquet");
        parquet_file::write(orders, &file);
        json(
            settled
                .rungs("run")
                .arg("--inbox")
                .arg(settled.path("inbox"))
                .args(["--as-of", "2026-11-20"]),
        );
        settled
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn rungs(&self, command: &str) -> Command {
        let mut rungs = Command::new(rungs_tests::rungs());
        rungs
            .args(command.split(' '))
            .arg("--program")
            .arg(rungs_tests::root().join("bench/programs/peers"))
            .arg("--store")
            .arg(self.path("store"));
        rungs
    }

    /// The lines of the canonical ledger.
    fn ledger(&self) -> Vec<Value> {
        let done = self.rungs("ledger").output().unwrap();
        assert!(done.status.success());
        let text = String::from_utf8(done.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Points issued and balance of every account, added up from its lines of the canonical ledger.
fn sums(ledger: &[Value]) -> BTreeMap<i32, (i64, i64)> {
    let mut sums: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    for line in ledger {
        let Some(points) = line.get("points") else {
            continue;
        };
        let text = points
            .as_str()
            .map_or_else(|| points.to_string(), str::to_owned);
        let points: i64 = text.parse().unwrap();
        let account = line["account"].as_str().unwrap().parse().unwrap();
        let sum = sums.entry(account).or_default();
        match line["kind"].as_str().unwrap() {
            "grant" => *sum = (sum.0 + points, sum.1 + points),
            "expire" => sum.1 += points,
            other => {
                panic!("an entry of kind `{other}` in a programme that only grants and expires")
            }
        }
    }
    sums
}

#[test]
fn the_shipped_binary_gives_every_member_what_the_oracle_gives() {
    for seed in [7, 8] {
        let orders = history::orders(MEMBERS, ORDERS, seed);
        let (members, _) = oracle::settle(&orders);
        let expected: BTreeMap<i32, (i64, i64)> = members
            .iter()
            .map(|(id, member)| (*id, (member.issued, member.balance)))
            .collect();
        let settled = Settled::of(&orders);
        let booked = sums(&settled.ledger());
        let differing: Vec<_> = expected
            .iter()
            .filter(|(id, expected)| booked.get(id) != Some(expected))
            .take(5)
            .map(|(id, expected)| (id, expected, booked.get(id)))
            .collect();
        assert!(differing.is_empty(), "seed {seed}: {differing:?}");
        assert_eq!(booked.len(), expected.len());
    }
}

#[test]
fn the_recount_agrees_and_explain_answers_on_the_peers_store() {
    let orders = history::orders(MEMBERS, ORDERS, 7);
    let (members, _) = oracle::settle(&orders);
    let settled = Settled::of(&orders);
    json(settled.rungs("verify").args(["--format", "json"]));
    // Every hundredth account: the invented ids say nothing about what happened to them.
    let asked: Vec<_> = members.keys().step_by(members.len() / 20).collect();
    assert!(asked.len() >= 20);
    for id in asked {
        let command = format!("explain account {id}");
        let answer = json(settled.rungs(&command).args(["--format", "json"]));
        assert_eq!(answer["account"], id.to_string(), "{answer}");
    }
}

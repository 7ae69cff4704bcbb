//! What `rungs explain account` says to those who answer members.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rungs_engine::calendar::day_from;
use rungs_engine::canonical::Kind;
use rungs_engine::event::Batch;
use rungs_engine::fold::Plans;
use rungs_engine::fold::Win;
use rungs_engine::language::text_table::TextTable;
use rungs_engine::program::{Program, Versions};
use rungs_engine::rehearsal::batches;
use rungs_engine::rehearsal::{EventTable, rehearse};
use rungs_pipeline::explain::account;
use rungs_pipeline::explain::{Question, Settled, explain, text};
use rungs_pipeline::lake::decisions::{Decision, write_decisions};
use rungs_pipeline::lake::layout::Layout;
use rungs_pipeline::lake::levels::write_level;
use rungs_pipeline::lake::manifest::{FORMAT, Manifest, Nights, Table, VersionEntry};
use rungs_pipeline::lake::quarantine::write_quarantine;
use rungs_pipeline::lake::shard::{ShardRange, shard_of};
use rungs_pipeline::lake::store::Store;
use rungs_pipeline::program_folder::read;
use rungs_pipeline::quarantine::{QuarantineRow, list};
use rungs_tests::root;
use serde_json::Value;
use std::collections::BTreeMap;

/// The answer about `ann` of the coffee programme.
fn answer(events: &[(Kind, &str)], as_of: &str, question: Question<'_>) -> String {
    let program = read(&root().join("programs/coffee")).versions.unwrap();
    text(
        &program,
        &in_memory(program.newest(), events, &[], as_of, question),
    )
}

fn tables(tables: &[(Kind, &str)]) -> Vec<EventTable> {
    tables
        .iter()
        .map(|(kind, table)| {
            let TextTable { columns, rows, .. } = TextTable::parse(table).unwrap();
            EventTable {
                kind: *kind,
                columns,
                rows,
            }
        })
        .collect()
}

fn in_memory(
    program: &Program,
    events: &[(Kind, &str)],
    wins: &[Win],
    as_of: &str,
    question: Question<'_>,
) -> Value {
    let versions = Versions::alone(program.clone());
    let plans = Plans::new(&versions).unwrap();
    let as_of = day_from(as_of).unwrap();
    let all = rehearse(
        &plans,
        &tables(events),
        &[("ann".to_owned(), wins.to_vec())].into(),
        as_of,
    )
    .unwrap();
    let it = &all["ann"];
    let settled = Settled {
        account: "ann",
        kept: &it.kept,
        state: &it.state,
        batch: &it.batch,
        as_of,
    };
    explain(&plans, settled, question)
}

const EVENTS: &[(Kind, &str)] = &[
    (
        Kind::Enrol,
        "id | member | time\ne1 | ann | 2026-01-05 09:00",
    ),
    (
        Kind::Order,
        "id | member | time             | number | category | quantity | net
         r1 | ann    | 2026-01-07 10:00 | 1      | drink    | 1        | 3.45
         r1 | _      | _                | 2      | food     | 1        | 2.30
         r2 | ann    | 2026-01-13 15:00 | 1      | beans    | 1        | 150.00",
    ),
    (
        Kind::Refund,
        "id | member | time | order | number | quantity\nf1 | ann | 2026-01-08 12:00 | r1 | 2 | 1",
    ),
    (
        Kind::Activity,
        "id | member | time | name | value\na1 | ann | 2026-01-14 08:00 | reloaded | 20",
    ),
];

#[test]
fn an_account_is_told_with_what_caused_it() {
    assert_eq!(answer(EVENTS, "2026-01-14", Question::default()), ACCOUNT);
}

#[test]
fn of_many_lots_those_that_end_together_are_told_in_one_line() {
    // 10 beans on each of 12 days in January (twice as many only on Tuesday afternoons); and 10 in February.
    let days = (7..=18).map(|day| format!("2026-01-{day:02}"));
    let orders = days
        .chain(["2026-02-02".to_owned()])
        .map(|day| format!("r{day} | ann | {day} 10:00 | 1 | food | 1 | 1.00\n"));
    let orders: String = orders.collect();
    let orders = format!("id | member | time | number | category | quantity | net\n{orders}");
    let events = [
        (
            Kind::Enrol,
            "id | member | time\ne1 | ann | 2026-01-05 09:00\n",
        ),
        (Kind::Order, orders.as_str()),
    ];
    let told = answer(&events, "2026-02-10", Question::default());
    let (_, lots) = told.split_once("open points, by expiry\n").unwrap();
    let (lots, _) = lots.split_once("\n\n").unwrap();
    assert_eq!(
        lots,
        "  120 expire 2027-02-01: from 12 grants, 2026-01-07 10:00 to 2026-01-18 10:00\n  \
         10 expire 2027-03-01: from `r2026-02-02` (till) of 2026-02-02 10:00"
    );
}

#[test]
fn a_rule_that_did_not_fire_is_told_with_what_it_saw() {
    let question = Question {
        event: Some("a1"),
        rule: Some("reload"),
    };
    assert_eq!(answer(EVENTS, "2026-01-14", question), REASON);
}

const ACCOUNT: &str = r"account ann in coffee, as of the end of 2026-01-14
  enrolled   2026-01-05, 5 events
  rung       leaf, since 2026-01-13, until 2027-01-01 (not included)
  balance    34 beans
  pending    3000 beans (held back)

open points, by expiry
  34 expire 2027-02-01: from `r1` (till) of 2026-01-07 10:00
  3000 expire 2027-02-01, held back until 2026-01-15 00:00: from `r2` (till) of 2026-01-13 15:00

next rung
  grove: beans_earned 1534 of 3000, 1466 missing; and visits 2 of 25, 23 missing

entries, newest first
  2026-01-13 15:00  +1500 every-euro for `r2` (till): 150.00 × 10 per 1.00 = 1500, expire 2027-02-01; 2025-01-01.toml:196
  2026-01-13 15:00  +1500 double-tuesday for `r2` (till): 2 times every-euro = 1500 more, expire 2027-02-01; 2025-01-01.toml:207
  2026-01-09 00:00  (34) released: the points of `r1` (till) can be spent from now on; 2025-01-01.toml:187
  2026-01-08 12:00  -23 every-euro, taken back by `f1` (cancelled), from the points of `r1` (till) that expire 2027-02-01; 2025-01-01.toml:196
  2026-01-07 10:00  +57 every-euro for `r1` (till): 5.75 × 10 per 1.00 = 57.5, booked 57 (the event's sum rounded down), expire 2027-02-01; 2025-01-01.toml:196

rung moves, newest first
  2026-01-13 15:00  sprout → leaf: reached by `r2` (till), until 2027-01-01 (not included); 2025-01-01.toml:311

rewards, newest first
  2026-01-13 15:00  sixty-this-month for ann by `r2` (till), until 2026-01-27 (not included); 2025-01-01.toml:392
";

const REASON: &str = r"account ann in coffee, as of the end of 2026-01-14
  enrolled   2026-01-05, 5 events
  rung       leaf, since 2026-01-13, until 2027-01-01 (not included)
  balance    34 beans
  pending    3000 beans (held back)

open points, by expiry
  34 expire 2027-02-01: from `r1` (till) of 2026-01-07 10:00
  3000 expire 2027-02-01, held back until 2026-01-15 00:00: from `r2` (till) of 2026-01-13 15:00

next rung
  grove: beans_earned 1534 of 3000, 1466 missing; and visits 2 of 25, 23 missing

why not
  reload for `a1` (app): zero, what it gives comes to nothing (event.name is reloaded; event.value is 20); 2025-01-01.toml:245
";

#[test]
fn an_account_of_a_store_is_explained_as_in_memory_with_its_wins() {
    let versions = read(&root().join("programs/coffee")).versions.unwrap();
    let program = versions.newest().clone();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), &program.id, 4).unwrap();
    let events = &batches(&program, &tables(EVENTS)).unwrap()["ann"];
    let shard = shard_of("ann", 4);
    let range = ShardRange {
        first: shard,
        last: shard,
    };
    let own: [(u16, &[Batch]); 1] = [(shard, std::slice::from_ref(events))];
    let history = write_level(&store, 1, range, &own, &Layout::of(&program)).unwrap();
    // 12 January 2026 is a Monday; Dublin's 10:00 is 10:00 in UTC.
    let day = day_from("2026-01-12").unwrap();
    let at = program.zone.midnight(day) + 10 * 3_600_000_000;
    let decision = |account: &str, won| Decision {
        at,
        surprise: "on-the-house".into(),
        ticket: format!("{account}{won}"),
        account: account.into(),
        member: account.into(),
        occurrence: "2026-01-12T10:00".into(),
        won,
    };
    let decided = vec![
        decision("ann", true),
        decision("ann", false),
        decision("bob", true),
    ];
    let decisions = write_decisions(&store, 1, decided).unwrap();
    let refused = |object: &str| QuarantineRow {
        object: object.into(),
        code: "row/x".into(),
        ..QuarantineRow::default()
    };
    for run in [1, 2] {
        let quarantine =
            write_quarantine(&store, run, vec![refused(&format!("{run}.csv"))]).unwrap();
        let mut files = BTreeMap::from([
            (Table::History, history.iter().cloned().collect()),
            (
                Table::Quarantine,
                quarantine.into_iter().collect::<Vec<_>>(),
            ),
        ]);
        if run == 1 {
            files.insert(Table::Decisions, decisions.iter().cloned().collect());
        }
        let version = VersionEntry {
            file: program.file.clone(),
            digest: program.digest.clone(),
            first_cause: 0,
            causes: 0,
            names: String::new(),
        };
        let manifest = Manifest {
            format: FORMAT,
            run,
            program: program.id.clone(),
            nights: Nights::of(day, day + run as i32),
            versions: vec![version],
            settled_by: String::new(),
            names: String::new(),
            objects: vec![],
            counts: BTreeMap::new(),
            files,
        };
        store.finish(&manifest).unwrap();
    }
    let win = Win {
        surprise: 0,
        at,
        day,
        member: "ann".into(),
    };
    let expected = in_memory(&program, EVENTS, &[win], "2026-01-14", Question::default());
    let found = account(&versions, folder.path(), "ann", Question::default()).unwrap();
    assert_eq!(expected["rewards"][0]["reward"], "cookie");
    assert_eq!(found, Some(expected));
    assert_eq!(
        account(&versions, folder.path(), "zoe", Question::default()).unwrap(),
        None
    );
    let objects: Vec<String> = list(&program, folder.path())
        .unwrap()
        .into_iter()
        .map(|row| row.object)
        .collect();
    assert_eq!(objects, ["1.csv", "2.csv"]);
    let other = Program {
        digest: "other".into(),
        ..program
    };
    assert!(
        account(
            &Versions::alone(other),
            folder.path(),
            "ann",
            Question::default()
        )
        .is_err()
    );
}

//! What is booked can be read back, run by run and account by account.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::cause::CauseNumbers;
use super::cause_table::write_causes;
use super::{AccountLedger, CauseKind, Decoder, Ledger, LedgerWriter};
use crate::lake::fixture::program;
use crate::lake::manifest::{FORMAT, Manifest, Nights, Table};
use crate::lake::shard::{ShardRange, shard_of};
use crate::lake::store::Store;
use rungs_engine::event::EventId;
use rungs_engine::finding::Place;
use rungs_engine::ledger::{Booking, Entry, EntryKind, Issued, Rule, RungMove, RungReason};
use rungs_engine::number::Rational;
use rungs_engine::program::{ByRung, Earn, EarnKind, Program, Versions};
use std::collections::BTreeMap;

fn earning() -> Program {
    let mut program = program();
    program.earn = vec![Earn {
        wallet: 0,
        absent: false,
        expiry: None,
        id: "per-euro".to_owned(),
        place: Place {
            start: 1,
            end: 2,
            line: 17,
        },
        name: None,
        on: rungs_engine::canonical::Kind::Order,
        when: None,
        from: None,
        before: None,
        counts: true,
        caps: vec![],
        group: None,
        priority: 0,
        per_line: false,
        kind: EarnKind::PerEvent {
            points: ByRung(vec![Rational::ONE]),
        },
    }];
    program
}

fn grant(at: i64, id: &str, points: i64) -> Entry {
    Entry {
        at,
        kind: EntryKind::Grant,
        rule: Rule::Earn(0),
        event: (0, EventId::of(id)),
        lot: None,
        points,
        expires: Some(at + 1_000),
        rung: 0,
        version: 0,
    }
}

type Booked<'a> = (&'a str, Vec<Entry>, Vec<RungMove>, Vec<Issued>);

fn book(store: &Store, run: u32, program: &Program, accounts: &[Booked<'_>]) {
    let before = store.latest().unwrap();
    let numbers = CauseNumbers::new(store, before.as_ref(), &[program]).unwrap();
    let range = ShardRange {
        first: 0,
        last: store.shards() - 1,
    };
    let mut sorted: Vec<_> = accounts.iter().collect();
    sorted.sort_by_key(|(account, ..)| (shard_of(account, store.shards()), *account));
    let mut writer = LedgerWriter::new(store, run, range, &numbers, 1, 2);
    for (account, entries, rungs, rewards) in sorted {
        let shard = shard_of(account, store.shards());
        writer.account(shard, account).unwrap();
        entries
            .iter()
            .for_each(|entry| writer.entry(Booking::OnTime, entry));
        rungs
            .iter()
            .for_each(|rung| writer.rung(Booking::OnTime, rung));
        rewards
            .iter()
            .for_each(|reward| writer.reward(Booking::OnTime, reward).unwrap());
    }
    let files = writer.finish().unwrap();
    let causes = write_causes(store, run, &numbers, &files.used).unwrap();
    let manifest = Manifest {
        format: FORMAT,
        run,
        program: program.id.clone(),
        nights: Nights::of(0, 0),
        versions: numbers.versions().to_vec(),
        settled_by: String::new(),
        names: String::new(),
        objects: vec![],
        counts: BTreeMap::new(),
        files: BTreeMap::from([
            (Table::Entries, files.entries.into_iter().collect()),
            (Table::Rungs, files.rungs.into_iter().collect()),
            (Table::Rewards, files.rewards.into_iter().collect()),
            (Table::Causes, causes.into_iter().collect()),
        ]),
    };
    store.finish(&manifest).unwrap();
}

fn all(ledger: &Ledger<'_>, store: &Store) -> Vec<AccountLedger> {
    let mut accounts = Vec::new();
    for shard in 0..store.shards() {
        ledger
            .for_each_account(shard, |account| {
                accounts.push(account.clone());
                Ok(())
            })
            .unwrap();
    }
    accounts.sort_by(|a, b| a.account.cmp(&b.account));
    accounts
}

#[test]
fn entries_of_all_runs_come_together_by_account() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "test", 4).unwrap();
    let program = earning();
    let redeem = Entry {
        kind: EntryKind::Redeem,
        rule: Rule::Redeem(0),
        event: (1, EventId::of("r-1")),
        lot: Some((0, EventId::of("11"))),
        points: -25,
        expires: None,
        ..grant(50, "11", 0)
    };
    let moved = RungMove {
        version: 0,
        at: 10,
        from: 0,
        to: 1,
        until: Some(400),
        reason: RungReason::Reached,
        event: Some((0, EventId::of("11"))),
    };
    let issued = Issued {
        version: 0,
        revoked_by: Some((0, EventId::of("b-7"))),
        at: 50,
        reward: 0,
        member: "b-2".to_owned(),
        rule: Rule::Redeem(0),
        event: None,
        occurrence: 2,
        until: 999,
        cost: 150,
    };
    book(
        &store,
        1,
        &program,
        &[
            ("a", vec![grant(1, "10", 45)], vec![], vec![]),
            (
                "b",
                vec![grant(10, "11", 30), grant(11, "x-9", 7)],
                vec![moved],
                vec![],
            ),
            ("c", vec![grant(12, "13", 1)], vec![], vec![]),
        ],
    );
    book(
        &store,
        2,
        &program,
        &[
            ("b", vec![redeem], vec![], vec![issued]),
            ("d", vec![grant(60, "20", 2)], vec![], vec![]),
        ],
    );
    let ledger = Ledger::open(&store).unwrap();
    let accounts = all(&ledger, &store);
    let names: Vec<&str> = accounts
        .iter()
        .map(|ledger| ledger.account.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    let b = &accounts[1];
    assert_eq!(*b, ledger.account("b").unwrap());
    assert_eq!(
        b.entries
            .iter()
            .map(|entry| entry.points)
            .collect::<Vec<_>>(),
        [30, 7, -25]
    );
    assert_eq!(b.entries[1].event, EventId::of("x-9"));
    assert_eq!(b.entries[1].expires, Some(1_011));
    assert_eq!(
        (b.entries[2].lot.clone(), b.entries[2].expires),
        (Some(EventId::of("11")), None)
    );
    let cause = ledger.cause(b.entries[0].cause).unwrap();
    assert_eq!(cause.kind, CauseKind::Entry(EntryKind::Grant));
    assert_eq!(
        (cause.rule_kind.as_str(), cause.rule.as_str(), cause.line),
        ("earn", "per-euro", 17)
    );
    assert_eq!(
        (cause.source.as_deref(), cause.lot_source.as_deref()),
        (Some("orders"), None)
    );
    let cause = ledger.cause(b.entries[2].cause).unwrap();
    assert_eq!(cause.kind, CauseKind::Entry(EntryKind::Redeem));
    assert_eq!(
        (
            cause.rule.as_str(),
            cause.source.as_deref(),
            cause.lot_source.as_deref()
        ),
        ("redeem", Some("visits"), Some("orders"))
    );
    assert_eq!(
        (b.rungs[0].until, b.rungs[0].reason.as_str()),
        (Some(400), "reached")
    );
    assert_eq!((b.rewards[0].occurrence, b.rewards[0].cost), (2, 150));
    assert_eq!(ledger.account("nobody").unwrap().entries, []);
}

#[test]
fn a_later_version_takes_new_numbers_and_the_old_ones_keep_their_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "test", 1).unwrap();
    let old = earning();
    book(
        &store,
        1,
        &old,
        &[("a", vec![grant(1, "1", 1)], vec![], vec![])],
    );
    let mut new = earning();
    new.digest = "e".repeat(64);
    new.earn[0].id = "per-cup".to_owned();
    book(
        &store,
        2,
        &new,
        &[("a", vec![grant(2, "2", 2)], vec![], vec![])],
    );
    book(
        &store,
        3,
        &old,
        &[("a", vec![grant(3, "3", 3)], vec![], vec![])],
    );
    let ledger = Ledger::open(&store).unwrap();
    let entries = ledger.account("a").unwrap().entries;
    let rules: Vec<&str> = entries
        .iter()
        .map(|entry| ledger.cause(entry.cause).unwrap().rule.as_str())
        .collect();
    assert_eq!(rules, ["per-euro", "per-cup", "per-euro"]);
    assert_eq!(entries[0].cause, entries[2].cause);
}

#[test]
fn numbers_that_were_given_for_other_names_are_not_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "test", 1).unwrap();
    let (first, mut second) = (earning(), earning());
    // Another version of the programme, whose day has not come, had one dataset and has another one now.
    second.datasets[0].id = "another".to_owned();
    for (run, program) in [(1, &first), (2, &second)] {
        let booked = [("a", vec![grant(1, "1", 1)], vec![], vec![])];
        book(&store, run, program, &booked);
    }
    let ledger = Ledger::open(&store).unwrap();
    let entries = ledger.account("a").unwrap().entries;
    let sources: Vec<_> = entries
        .iter()
        .map(|entry| ledger.cause(entry.cause).unwrap().source.as_deref())
        .collect();
    let named = |program: &Program| program.datasets[0].id.clone();
    assert_eq!(sources, [Some(&*named(&first)), Some(&*named(&second))]);
}

#[test]
fn two_versions_of_one_text_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "test", 1).unwrap();
    let (first, mut back) = (earning(), earning());
    (back.file, back.from) = ("2031-01-01.toml".to_owned(), first.from + 1_000);
    let versions = Versions::of(vec![("a".into(), first), ("b".into(), back)]).unwrap();
    let mut entries = Vec::new();
    for (run, program) in (1..).zip(versions.all()) {
        let mut entry = grant(i64::from(run), &run.to_string(), 1);
        let booked = [("a", vec![entry.clone()], vec![], vec![])];
        book(&store, run, program, &booked);
        entry.version = run as u16 - 1;
        entries.push(entry);
    }
    let ledger = Ledger::open(&store).unwrap();
    let decoder = Decoder::new(&ledger, &versions);
    let standing = decoder.standing(&ledger.account("a").unwrap());
    assert_eq!(standing.unwrap().entries, entries);
}

#[test]
fn accounts_of_many_row_groups_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "test", 1).unwrap();
    let program = earning();
    let accounts: Vec<String> = (0..30_000).map(|at| format!("m{at:05}")).collect();
    let booked: Vec<_> = accounts
        .iter()
        .enumerate()
        .map(|(at, account)| {
            let entries = (0..5).map(|part| grant(part, &format!("{}", at * 5), at as i64));
            (account.as_str(), entries.collect(), vec![], vec![])
        })
        .collect();
    book(&store, 1, &program, &booked);
    let ledger = Ledger::open(&store).unwrap();
    for at in [0, 13_106, 13_107, 13_108, 29_999] {
        let found = ledger.account(&accounts[at]).unwrap();
        assert_eq!(found.entries.len(), 5);
        assert!(found.entries.iter().all(|entry| entry.points == at as i64));
    }
    assert_eq!(all(&ledger, &store).len(), 30_000);
}

#[test]
fn stored_rows_are_again_what_was_booked() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "test", 1).unwrap();
    let program = earning();
    let entries = vec![
        grant(1, "1", 10),
        Entry {
            kind: EntryKind::Reverse,
            lot: Some((usize::from(u16::MAX), EventId::of("from-nowhere"))),
            expires: None,
            rung: 2,
            ..grant(2, "r/7", -4)
        },
        Entry {
            rule: Rule::Expiry(0),
            kind: EntryKind::Expire,
            ..grant(3, "1", -6)
        },
    ];
    book(
        &store,
        1,
        &program,
        &[("a", entries.clone(), vec![], vec![])],
    );
    let ledger = Ledger::open(&store).unwrap();
    let decoder = Decoder::new(&ledger, &Versions::alone(program.clone()));
    let standing = decoder.standing(&ledger.account("a").unwrap()).unwrap();
    assert_eq!(standing.entries, entries);
    let mut without = program;
    without.earn.clear();
    assert_eq!(
        Decoder::new(&ledger, &Versions::alone(without.clone()))
            .standing(&ledger.account("a").unwrap()),
        None
    );
}

#[test]
fn an_account_may_fill_many_pages_and_others_follow_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "test", 1).unwrap();
    let program = earning();
    // Page by page another mix of numbers, texts and nothing.
    let entry = |at: i64| Entry {
        lot: (at % 3 == 0 && at / 16_384 != 1).then(|| (0, EventId::of(&at.to_string()))),
        expires: (at / 16_384 != 2).then_some(at + 7),
        rung: (at % 5) as u8,
        ..match at % 1_000 {
            999 => grant(at, &format!("t-{at}"), at),
            _ => grant(at, &(at * 11).to_string(), -at),
        }
    };
    let moved = |at: i64| RungMove {
        version: 0,
        at,
        from: 0,
        to: 0,
        until: (at % 7 > 0).then_some(at as i32),
        reason: RungReason::Reached,
        event: (at % 2 > 0).then(|| {
            (
                0,
                EventId::of(&format!("{}{at}", if at > 20_000 { "" } else { "m-" })),
            )
        }),
    };
    let much: Vec<Entry> = (0..70_000).map(entry).collect();
    let moves: Vec<RungMove> = (0..40_000).map(moved).collect();
    let little: Vec<Entry> = (0..3).map(entry).collect();
    let booked = [
        ("a", little.clone(), vec![moved(1)], vec![]),
        ("b", much.clone(), moves.clone(), vec![]),
        ("c", little.clone(), vec![moved(5)], vec![]),
    ];
    book(&store, 1, &program, &booked);
    let ledger = Ledger::open(&store).unwrap();
    let decoder = Decoder::new(&ledger, &Versions::alone(program.clone()));
    for (account, entries, rungs, _) in booked {
        let mut stored = ledger.account(account).unwrap();
        // The programme has no ladder: its moves are compared as they are stored.
        let moves = std::mem::take(&mut stored.rungs);
        let standing = decoder.standing(&stored).unwrap();
        assert!(standing.entries == entries, "{account}");
        let moves = moves.into_iter().map(|row| (row.at, row.until, row.event));
        let expected = rungs.into_iter().map(|rung| {
            let event = rung.event.map(|(_, event)| event);
            (rung.at, rung.until, event)
        });
        assert!(moves.eq(expected), "{account}");
    }
}

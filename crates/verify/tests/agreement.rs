//! Settlement and the recount are two readings of one specification. Over generated programmes and
//! histories they must say the same, entry by entry; and the histories must contain what is hard.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rungs_engine::calendar::day_from;
use rungs_engine::canonical::Kind;
use rungs_engine::event::{Batch, EventId};
use rungs_engine::fold::{
    AccountState, Fold, Given, Kept, NotIssued, Piece, Plan, Plans, Ready, Rejection, Sink,
};
use rungs_engine::ledger::{Entry, EventRef, Issued, RungMove};
use rungs_engine::rehearsal::{EventTable, batches, rehearse};
use rungs_histories::{Content, Generated, generate};
use rungs_verify::Reason;
use std::collections::BTreeMap;

fn histories() -> u64 {
    std::env::var("RUNGS_HISTORIES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3_000)
}

/// Keeps everything and asks for no trace: what a night does. Events of one row then take the lane.
#[derive(Default)]
struct Untraced(Kept);

impl Sink for Untraced {
    fn entry(&mut self, entry: Entry) {
        self.0.entry(entry);
    }
    fn rung(&mut self, moved: RungMove) {
        self.0.rung(moved);
    }
    fn issued(&mut self, issued: Issued) {
        self.0.issued(issued);
    }
    fn reject(&mut self, row: usize, why: Rejection) {
        self.0.reject(row, why);
    }
    fn not_issued(&mut self, _: NotIssued) {
        unreachable!("only a trace asks what was not issued");
    }
}

/// What an account's rows give, traced or not, and the state that is left.
fn settle<S: Sink + Default>(
    plans: &Plans<'_>,
    account: &str,
    batch: &Batch,
    rows: usize,
    until: i64,
) -> (S, AccountState) {
    let mut sink = S::default();
    let mut state = AccountState::default();
    state.clear(plans.newest().program.metrics.len());
    let given = Given {
        account,
        wins: &[],
        until,
    };
    let ready = Ready::new(plans, batch);
    let piece = Piece::new(plans, batch, &ready);
    Fold::default().account(&piece, given, &mut state, 0..rows, &mut sink);
    (sink, state)
}

/// Settles generated accounts in the lane and beside it.
#[test]
fn the_lane_books_what_every_other_event_would_book() {
    let (mut laned, mut entries, mut moves) = (0, 0, 0);
    // Few programmes have a lane: so more of them.
    for seed in 0..3 * histories() {
        let made = generate(seed);
        let versions = made.versions().unwrap();
        let program = versions.newest();
        let plans = Plans::new(&versions).unwrap();
        let mut lanes = plans.all().iter().flat_map(|plan| &plan.lanes);
        if lanes.all(Option::is_none) {
            continue;
        }
        let orders = |plan: &Plan<'_>| plan.lanes[Kind::Order as usize].is_some();
        laned += u64::from(plans.all().iter().any(orders));
        let until = program.zone.midnight(day_from(&made.as_of).unwrap() + 1);
        for (account, batch) in batches(program, &made.tables).unwrap() {
            let rows = batch.time.iter().take_while(|at| **at < until).count();
            let (traced, beside) = settle::<Kept>(&plans, &account, &batch, rows, until);
            let (untraced, within) = settle::<Untraced>(&plans, &account, &batch, rows, until);
            let place = format!("seed {seed}, account {account}");
            assert_eq!(untraced.0.entries, traced.entries, "{place}");
            assert_eq!(untraced.0.rungs, traced.rungs, "{place}");
            assert_eq!(untraced.0.issued, traced.issued, "{place}");
            assert_eq!(untraced.0.rejected, traced.rejected, "{place}");
            assert_eq!(within, beside, "{place}");
            entries += traced.entries.len();
            moves += traced.rungs.len();
        }
    }
    println!("{laned} programmes with a lane for orders, {entries} entries, {moves} rung moves");
    assert!(
        laned * 20 >= histories(),
        "only {laned} programmes have a lane"
    );
}

/// Events that the recount does not take for a reason, or not whole.
fn told(rejected: &[(EventRef, Reason)], why: Reason) -> Vec<EventId> {
    let rejected = rejected.iter().filter(|(_, reason)| *reason == why);
    rejected.map(|(event, _)| event.1.clone()).collect()
}

#[test]
fn settlement_and_recount_agree_on_every_entry() {
    let mut content = Content::default();
    let mut disagreements = Vec::new();
    let first: u64 = std::env::var("RUNGS_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    // Whoever only asks whether they differ need not see all that does.
    let enough = std::env::var("RUNGS_ENOUGH").ok();
    let enough: usize = enough.and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    for seed in first..first + histories() {
        if disagreements.len() >= enough {
            break;
        }
        let made = generate(seed);
        let versions = made
            .versions()
            .unwrap_or_else(|refused| panic!("{refused}"));
        let program = versions.newest();
        let plans = Plans::new(&versions).unwrap();
        let readings = rungs_verify::Readings::of(&versions);
        let as_of = day_from(&made.as_of).unwrap();
        let settled = rehearse(&plans, &made.tables, &BTreeMap::new(), as_of).unwrap();
        let until = program.zone.midnight(as_of + 1);
        content.histories += 1;
        for (account, batch) in batches(program, &made.tables).unwrap() {
            let rows = batch.time.iter().take_while(|at| **at < until).count();
            let recount = rungs_verify::recount(&versions, &batch, 0..rows, &[], until);
            let kept = &settled[&account].kept;
            let mut differences = rungs_verify::compare(
                program,
                &account,
                &recount,
                &kept.entries,
                &kept.rungs,
                &kept.issued,
            );
            // What the entries say of themselves, whatever the rules are.
            differences.extend(readings.identities(&account, &kept.entries, &recount.closing));
            if !differences.is_empty() {
                let shown: Vec<String> = differences
                    .iter()
                    .take(12)
                    .map(|d| d.sentence.clone())
                    .collect();
                disagreements.push(format!(
                    "seed {seed}, account {account}:\n{}",
                    shown.join("\n")
                ));
            }
            let told = |reason| told(&recount.rejected, reason);
            let refused = |why: fn(&Rejection) -> bool| {
                let rows = kept.rejected.iter().filter(|(_, it)| why(it));
                rows.map(|(row, _)| batch.id.get(*row)).collect::<Vec<_>>()
            };
            let place = format!("seed {seed}, account {account}");
            let over = refused(|it| matches!(it, Rejection::OverRefund(_)));
            assert_eq!(over, told(Reason::MoreThanLeft), "{place}");
            let trimmed = refused(|it| matches!(it, Rejection::TrimmedRefund(_)));
            assert_eq!(trimmed, told(Reason::TookWhatWasLeft), "{place}");
            content.count(&versions, &settled[&account]);
        }
    }
    println!("{content}");
    let shown: Vec<&str> = disagreements.iter().take(400).map(String::as_str).collect();
    assert!(
        disagreements.is_empty(),
        "{} accounts disagree; the first are\n{}",
        disagreements.len(),
        shown.join("\n\n")
    );
    let rare = content.too_rare(20, false);
    assert!(rare.is_empty(), "{}", rare.join("; "));
}

/// Rung moves by account of a history that is settled whole.
fn moves(made: &Generated, tables: &[EventTable]) -> BTreeMap<String, Vec<RungMove>> {
    let versions = made.versions().unwrap();
    let plans = Plans::new(&versions).unwrap();
    let as_of = day_from(&made.as_of).unwrap();
    let settled = rehearse(&plans, tables, &BTreeMap::new(), as_of).unwrap();
    let moves = settled.into_iter();
    moves
        .map(|(account, one)| (account, one.kept.rungs))
        .collect()
}

#[test]
fn where_refunds_never_move_a_rung_the_ladder_is_as_without_refunds() {
    let (mut histories_held, mut would_move) = (0, 0);
    for seed in 0..2 * histories() {
        let mut made = generate(seed);
        let texts = || std::iter::once(&made.toml).chain(made.later.iter().map(|(_, text)| text));
        // What is granted depends on refunds by the room under caps, and what is spent is undone.
        let by_points = |text: &String| {
            ["granted", "spent"]
                .iter()
                .any(|kind| text.contains(&format!("id = \"counted\"\nkind = \"{kind}\"")))
        };
        // Below what the metrics say, where a version may set a rung, any next event lifts it: a refund, too.
        let sets = |text: &String| text.contains("\nqualify = ");
        let stays = |text: &String| text.contains("rung = \"never\"");
        if !texts().all(|text| stays(text) && !by_points(text) && !sets(text)) {
            continue;
        }
        histories_held += 1;
        let refunds = |table: &&EventTable| table.kind != Kind::Refund;
        let without: Vec<EventTable> = made.tables.iter().filter(refunds).cloned().collect();
        let with = moves(&made, &made.tables);
        for (account, moved) in moves(&made, &without) {
            assert_eq!(moved, with[&account], "seed {seed}, account {account}");
        }
        let checkpoint = |text: &mut String| {
            *text = text.replace("rung = \"never\"", "rung = \"checkpoint\"");
        };
        checkpoint(&mut made.toml);
        made.later.iter_mut().for_each(|(_, text)| checkpoint(text));
        let otherwise = moves(&made, &made.tables);
        let differs = |account: &&String| otherwise[*account] != with[*account];
        would_move += with.keys().filter(differs).count() as u64;
    }
    println!(
        "{histories_held} histories, {would_move} accounts whose rung refunds would have moved"
    );
    assert!(
        would_move * 100 >= histories(),
        "only {would_move} accounts whose rung refunds would have moved"
    );
}

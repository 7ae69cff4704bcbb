//! Settling a lake's whole history once more, apart from its store: what a rebuild does, and what the
//! benchmark times. With figures only nothing is written and no entry is made: what `plan` will use.

use super::night::{Night, RangeFold};
use super::{parts, plans};
use crate::lake::error::LakeError;
use crate::lake::history::{ColumnSet, History};
use crate::lake::ledger::CauseNumbers;
use crate::lake::manifest::{Manifest, Table};
use crate::lake::rows::pieces;
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use crate::trouble::Trouble;
use rayon::prelude::*;
use rungs_engine::calendar::Instant;
use rungs_engine::canonical::Kind;
use rungs_engine::condition::expression::{Common, Node};
use rungs_engine::fold::{
    AccountState, Fold, Given, Piece, Plans, Ready, Rejection, Sink, account_rows,
};
use rungs_engine::ledger::{Entry, EntryKind, Issued, RungMove};
use rungs_engine::program::{Dataset, Program, Versions};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

/// Sums, and nothing else. Only where events can be undone do they have to be known by their names.
#[derive(Debug, Default)]
struct Figures<const NAMES: bool> {
    issued: i64,
    balance: i64,
    accounts: i64,
}

impl<const NAMED: bool> Sink for Figures<NAMED> {
    const NAMES: bool = NAMED;

    #[inline]
    fn entry(&mut self, entry: Entry) {
        if entry.kind == EntryKind::Grant {
            self.issued += entry.points;
        }
    }
    fn rung(&mut self, _: RungMove) {}
    fn issued(&mut self, _: Issued) {}
    fn reject(&mut self, _: usize, _: Rejection) {}
}

/// The columns that settlement reads.
pub fn columns(plans: &Plans<'_>, ids: bool) -> ColumnSet {
    let names = |common: Common| {
        Kind::ALL.iter().any(|kind| {
            let all = plans.all().iter();
            all.flat_map(|plan| plan.conditions(*kind)).any(|expr| {
                expr.any(&mut |node| matches!(node, Node::Common(column) if *column == common))
            })
        })
    };
    ColumnSet {
        columns: plans.reads.clone(),
        ids,
        member: plans.members || names(Common::Member),
        channel: names(Common::Channel),
        store: names(Common::Store),
    }
}

/// Settles the history of a store again: into `scratch`, or for figures only. Returns members, points
/// issued and balance.
pub fn settle_again(
    versions: &Versions,
    store: &Path,
    scratch: Option<&Path>,
) -> Result<serde_json::Value, Trouble> {
    let store = Store::open(store)?;
    let plans = plans(versions)?;
    let program = versions.newest();
    let Some(manifest) = store.latest()? else {
        return Err(Trouble::not_settled());
    };
    let as_of = manifest.nights.last(store.folder())?;
    let until = program.zone.midnight(as_of + 1);
    let rows = manifest.files(Table::History).iter().map(|file| file.rows);
    let ranges = ShardRange::split(store.shards(), parts(&store, rows.sum()));
    let (issued, balance, accounts) = match scratch {
        None => {
            let undoes = |dataset: &Dataset| matches!(dataset.event, Kind::Refund | Kind::Unredeem);
            let names_orders = |program: &Program| {
                let mut waits = program.wallets.iter().filter_map(|wallet| wallet.until());
                waits.any(|until| until.order.is_some())
            };
            let looks_back = |program: &Program| {
                let migrate = &program.migrate;
                !migrate.regrants.is_empty() || !migrate.conversions.is_empty()
            };
            let named = |program: &Program| names_orders(program) || looks_back(program);
            if program.datasets.iter().any(undoes) || versions.all().iter().any(named) {
                figures::<true>(&plans, &store, &manifest, until)?
            } else {
                figures::<false>(&plans, &store, &manifest, until)?
            }
        }
        Some(folder) => {
            let columns = columns(&plans, true);
            let target = Store::create(folder, &program.id, store.shards())?;
            let numbers =
                CauseNumbers::new(&target, None, &versions.all().iter().collect::<Vec<_>>())?;
            let wins = BTreeMap::new();
            let night = Night {
                plans: &plans,
                program: versions.on(as_of),
                stale: false,
                everybody: false,
                store: &target,
                before: None,
                run: 1,
                settled: Instant::MIN,
                until,
                as_of,
                numbers: &numbers,
                serves: false,
                wins: &wins,
                booked: OnceLock::new(),
            };
            let all: Vec<_> = ranges
                .par_iter()
                .map(|range| {
                    let mut fold = RangeFold::new(&night, *range);
                    for shard in range.shards() {
                        let history = History::open(&store, &manifest, shard, program)?;
                        fold.history(shard, &history, &columns)?;
                    }
                    Ok(fold.finish()?.totals)
                })
                .collect::<Result<Vec<_>, Trouble>>()?;
            target.arrive()?;
            all.iter().fold((0, 0, 0), |(a, b, c), totals| {
                (
                    a + totals.booked[EntryKind::Grant as usize],
                    b + totals.open,
                    c + totals.accounts,
                )
            })
        }
    };
    Ok(serde_json::json!({"accounts": accounts, "issued": issued, "balance": balance}))
}

/// Points issued, balance and accounts of all shards.
fn figures<const NAMES: bool>(
    plans: &Plans<'_>,
    store: &Store,
    manifest: &Manifest,
    until: Instant,
) -> Result<(i64, i64, i64), LakeError> {
    let columns = columns(plans, NAMES);
    let all: Vec<Figures<NAMES>> = (0..store.shards())
        .into_par_iter()
        .map(|shard| {
            let history = History::open(store, manifest, shard, plans.newest().program)?;
            figures_of(plans, &history, &columns, until)
        })
        .collect::<Result<_, LakeError>>()?;
    Ok(all.iter().fold((0, 0, 0), |(a, b, c), shard| {
        (a + shard.issued, b + shard.balance, c + shard.accounts)
    }))
}

fn figures_of<const NAMES: bool>(
    plans: &Plans<'_>,
    history: &History,
    columns: &ColumnSet,
    until: Instant,
) -> Result<Figures<NAMES>, LakeError> {
    let mut done = Figures::default();
    let mut fold = Fold::default();
    let mut state = AccountState::default();
    for batch in history.batches(columns) {
        for batch in pieces(&batch?) {
            let prepared = Ready::new(plans, &batch);
            let piece = Piece::new(plans, &batch, &prepared);
            for (account, rows) in account_rows(&batch) {
                state.clear(plans.newest().program.metrics.len());
                let given = Given {
                    account,
                    wins: &[],
                    until,
                };
                fold.account(&piece, given, &mut state, rows, &mut done);
                done.accounts += 1;
                done.balance += state.purses.iter().map(|purse| purse.open).sum::<i64>();
            }
        }
    }
    Ok(done)
}

//! Everybody at once, for the draws of a run.

use super::draws::{Walker, draw as decide, scheduled};
use super::replay::past_and_all;
use super::{Keys, Trouble};
use crate::lake::cut::{Cut, Window};
use crate::lake::decisions::Decision;
use crate::lake::error::LakeError;
use crate::lake::history::History;
use crate::lake::manifest::Manifest;
use crate::lake::states::StateReader;
use crate::lake::store::Store;
use rungs_engine::calendar::Day;
use rungs_engine::event::Batch;
use rungs_engine::fold::{
    AccountState, Fold, Given, Kept, Pass, Piece, Plans, Ready, Win, account_rows, undone_events,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// One account's place in the batches of the run.
struct Place {
    account: String,
    state: Option<Vec<u8>>,
    batch: Option<(usize, Range<usize>)>,
}

/// What is known before the run.
pub struct Known<'a> {
    /// The run before; none in the first run.
    pub before: Option<&'a Manifest>,
    /// States were written under other names, and cannot be read.
    pub stale: bool,
    /// The day after the run's first night.
    pub first: Day,
    /// The run's last night.
    pub last: Day,
    /// Which events belong to the run.
    pub window: Window,
}

/// Decides every occurrence from the day after the run's first night to the day after its last.
pub fn draw(
    plans: &Plans<'_>,
    store: &Store,
    keys: &Keys,
    known: &Known<'_>,
    cuts: &BTreeMap<u16, Cut>,
    wins: &BTreeMap<String, Vec<Win>>,
) -> Result<Vec<Decision>, Trouble> {
    let (before, window) = (known.before, known.window);
    let program = plans.newest().program;
    let mut batches: Vec<Batch> = Vec::new();
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    let mut earliest = known.last;
    for (shard, cut) in cuts {
        // Accounts of this shard whose states cannot be read, and are made anew from the history.
        let mut unread: BTreeSet<String> = BTreeSet::new();
        let history = before.map(|before| History::open(store, before, *shard, program));
        let history = history.transpose()?;
        if let Some(before) = before {
            StateReader::open(store, before, *shard)?.for_each(|account, row| {
                if known.stale || AccountState::from_bytes(&row.state).is_none() {
                    unread.insert(account.to_owned());
                }
                let place = Place {
                    account: account.to_owned(),
                    state: Some(row.state.clone()),
                    batch: None,
                };
                places.insert(account.to_owned(), place);
                Ok(())
            })?;
        }
        let past = |account: &str, batch: &Batch, rows: Range<usize>| match &history {
            None => Ok(None),
            Some(history) => {
                let gone = cut.replays.get(account).map_or(&[][..], Vec::as_slice);
                let (_, all) = past_and_all(account, history, plans, gone, batch, rows)?;
                Ok::<_, LakeError>(Some(all))
            }
        };
        // Whose events were cancelled need not have any others.
        for account in cut.replays.keys().chain(&unread) {
            if let (Some(place), Some(all)) = (
                places.get_mut(account),
                past(account, &Batch::empty(), 0..0)?,
            ) {
                place.state = None;
                place.batch = Some((batches.len(), 0..all.rows));
                batches.push(all);
            }
        }
        for batch in cut.events() {
            if let Some(at) = batch.time.iter().min() {
                earliest = earliest.min(program.zone.day(*at));
            }
            let index = batches.len();
            batches.push(batch.clone());
            for (account, rows) in account_rows(&batch) {
                let place = places.entry(account.to_owned()).or_insert_with(|| Place {
                    account: account.to_owned(),
                    state: None,
                    batch: None,
                });
                let reaches_back =
                    place.state.is_some() && !undone_events(plans, &batch, rows.clone()).is_empty();
                place.batch = Some((index, rows.clone()));
                let known = place.state.as_deref().and_then(AccountState::from_bytes);
                let counts_back =
                    known.is_some_and(|state| plans.counts_back(&state, &batch, rows.clone()));
                // It undoes orders or redemptions of earlier runs, its orders of earlier runs begin to count, or its
                // past has changed: it walks its whole history.
                let walks_all = reaches_back
                    || counts_back
                    || cut.replays.contains_key(account)
                    || unread.contains(account);
                if walks_all && let Some(all) = past(account, &batch, rows)? {
                    place.state = None;
                    place.batch = Some((batches.len(), 0..all.rows));
                    batches.push(all);
                }
            }
        }
    }
    let prepared: Vec<Ready<'_>> = batches
        .iter()
        .map(|batch| Ready::new(plans, batch))
        .collect();
    let ready: Vec<Piece<'_>> = batches
        .iter()
        .zip(&prepared)
        .map(|(batch, prepared)| Piece::new(plans, batch, prepared))
        .collect();
    let mut fold = Fold::default();
    let mut walkers: Vec<Walker<'_>> = Vec::with_capacity(places.len());
    for place in places.into_values() {
        let mut state = place
            .state
            .as_deref()
            .and_then(AccountState::from_bytes)
            .unwrap_or_default();
        if place.state.is_none() {
            state.clear(plans.newest().program.metrics.len());
        }
        let mut events = place.batch.map(|(batch, rows)| (&ready[batch], rows));
        let mut pass = match &events {
            Some((piece, rows)) => Pass::new(plans, piece.batch, rows.clone()),
            None => Pass::default(),
        };
        let all_wins = wins.get(&place.account).map_or(&[][..], Vec::as_slice);
        let pending = all_wins.partition_point(|win| win.at < window.settled);
        // Who walks the whole history first walks what was settled before.
        if let Some((piece, rows)) = &mut events {
            let past = rows.start
                + piece.batch.time[rows.clone()]
                    .iter()
                    .take_while(|at| **at < window.settled)
                    .count();
            if past > rows.start {
                let given = Given {
                    account: &place.account,
                    wins: &all_wins[..pending],
                    until: window.settled,
                };
                fold.stretch(
                    piece,
                    given,
                    &mut pass,
                    &mut state,
                    rows.start..past,
                    &mut Kept::default(),
                );
                rows.start = past;
            }
        }
        walkers.push(Walker {
            account: place.account,
            state,
            events,
            pass,
            wins: all_wins[pending..].to_vec(),
        });
    }
    // Before the first event of all there is nobody; once a run is settled there are accounts that
    // have no new events and draw all the same.
    let from = if before.is_none() {
        earliest
    } else {
        known.first
    };
    let due = scheduled(plans, from, known.last + 2);
    Ok(decide(plans, &keys.draw.0, &due, &mut walkers))
}

//! `rebuild`: everything that a store knows, settled once more into a new store. Events, decisions and what was
//! refused are read back; ledger, states and figures are made anew, as if all had been known in time. The new
//! store goes on where the old one ended.

use super::cutting::Part;
use super::finish::{Ended, finish};
use super::intake::Intake;
use super::night::{Night, RangeFold};
use super::outset::Outset;
use super::{Outcome, agreed, plans};
use crate::ingest::RowCode;
use crate::lake::decisions::read_decisions;
use crate::lake::history::{ColumnSet, History};
use crate::lake::layout::Layout;
use crate::lake::levels::{extend_by_waiting, read_waiting, write_level, write_waiting};
use crate::lake::manifest::Manifest;
use crate::lake::quarantine::{QuarantineRow, read_quarantine};
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use crate::progress::Progress;
use crate::trouble::Trouble;
use rayon::prelude::*;
use rungs_engine::program::Versions;
use std::collections::BTreeMap;
use std::path::Path;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Rebuild<'a> {
    /// All versions of the programme.
    pub versions: &'a Versions,
    /// The store that is read.
    pub store: &'a Path,
    /// The new store; without settled nights.
    pub into: &'a Path,
    /// Whether versions that nights were settled by may have been changed: the past is settled by what the files
    /// say now.
    pub restate: bool,
}

/// Settles a store's events into a new store.
///
/// # Errors
/// If the store cannot be read or was never settled, if the new one is there already, or if versions were
/// changed and that was not asked for.
pub fn rebuild(asked: &Rebuild<'_>, progress: &dyn Progress) -> Result<Outcome, Trouble> {
    let versions = asked.versions;
    let plans = plans(versions)?;
    let program = versions.newest();
    let old = Store::open_of(asked.store, &program.id)?;
    let manifests = old.manifests()?;
    let Some(last) = manifests.last() else {
        return Err(Trouble::not_settled());
    };
    let as_of = last.nights.last(old.folder())?;
    if !asked.restate {
        agreed(versions, last, as_of)?;
    }
    let lock = Store::claim(asked.into)?;
    let new = Store::open_or_create(asked.into, &program.id, old.shards())?;
    if !new.manifests()?.is_empty() {
        return Err(Trouble::settled_already(asked.into));
    }
    // What an interrupted rebuild has left.
    new.clean(&lock)?;
    let mut outset = Outset::read(&plans, &new, &[], as_of)?;
    let decisions = read_decisions(&old, &manifests)?;
    outset.won(&decisions);
    extend_by_waiting(&old, last, &mut outset.layout)?;
    let night = outset.night();
    progress.stage("settling", u64::from(new.shards()));
    let mut done: Vec<Part> = (0..new.shards())
        .into_par_iter()
        .map(|shard| {
            let part = part(&night, &old, last, shard, &outset.layout);
            progress.advance(1);
            part
        })
        .collect::<Result<_, Trouble>>()?;
    let (rows, files) = refused(&old, &manifests)?;
    if let Some(first) = done.first_mut() {
        first
            .quarantined
            .extend(rows.into_iter().map(|row| (None, row)));
    }
    let intake = Intake {
        objects: manifests
            .iter()
            .flat_map(|run| run.objects.clone())
            .collect(),
        refused_before: files,
        ..Intake::default()
    };
    let ended = Ended {
        intake,
        unmatched: Vec::new(),
        parts: done,
        drawn: decisions,
    };
    let outcome = finish(&night, &[], ended, progress)?;
    drop(lock);
    Ok(outcome)
}

/// A shard: settled, and its events written as one level. Not several at once, as a level has one layout and
/// shards may differ in what their files have.
fn part(
    night: &Night<'_>,
    old: &Store,
    last: &Manifest,
    shard: u16,
    layout: &Layout,
) -> Result<Part, Trouble> {
    let program = night.plans.newest().program;
    let range = ShardRange {
        first: shard,
        last: shard,
    };
    let mut fold = RangeFold::new(night, range).counting();
    let events = History::open(old, last, shard, program)?;
    fold.history(shard, &events, &ColumnSet::all(program))?;
    let everything = ColumnSet {
        columns: vec![true; events.layout().columns().len()],
        ..ColumnSet::all(program)
    };
    let stored = events
        .stored_batches(&everything)
        .collect::<Result<Vec<_>, _>>()?;
    let shards = [(shard, stored.as_slice())];
    let waiting = read_waiting(old, last, shard, layout)?;
    let waiting = [(shard, waiting.as_slice())];
    Ok(Part {
        settled: fold.finish()?,
        history: write_level(night.store, night.run, range, &shards, events.layout())?,
        waiting: write_waiting(night.store, night.run, range, &waiting, layout)?,
        counts: BTreeMap::new(),
        quarantined: Vec::new(),
        gone: Vec::new(),
        corrections: Vec::new(),
    })
}

/// What was refused before it could be settled: rows, and whole files. What settlement refused it refuses anew.
fn refused(
    store: &Store,
    manifests: &[Manifest],
) -> Result<(Vec<QuarantineRow>, Vec<QuarantineRow>), Trouble> {
    let mut all = Vec::new();
    for manifest in manifests {
        all.extend(read_quarantine(store, manifest)?);
    }
    let settlement = RowCode::OF_SETTLEMENT.map(RowCode::text);
    all.retain(|row| !settlement.contains(&row.code.as_str()));
    let row = |row: &QuarantineRow| row.line.is_some() || row.source.is_some();
    Ok(all.into_iter().partition(row))
}

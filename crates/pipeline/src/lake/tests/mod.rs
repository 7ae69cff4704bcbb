//! From uploaded objects to history and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod columns;
mod corrections;
mod levels;
mod order;
mod store;
mod versions;

use super::cut::{Cut, Window, cut};
use super::fixture::{Row, record};
use super::history::{ColumnSet, History};
use super::layout::Layout;
use super::levels::{extend_by_waiting, merge_levels, read_waiting, write_level, write_waiting};
use super::manifest::{FORMAT, LakeFile, Manifest, Nights, Table};
use super::resolve::Resolver;
use super::shard::ShardRange;
use super::staging::{Staged, StagingWriter};
use super::store::Store;
use super::superseded::{Gone, Superseded, carry_on};
use rungs_engine::event::Batch;
use rungs_engine::program::Program;
use std::collections::BTreeMap;

/// Cuts every shard of a run and writes its level, as a run does; returns the cuts by shard.
pub fn settle(store: &Store, program: &Program, objects: &[&[Row]], window: Window) -> Vec<Cut> {
    let lock = store.lock().unwrap();
    store.clean(&lock).unwrap();
    let latest = store.latest().unwrap().unwrap_or_else(|| Manifest {
        format: FORMAT,
        run: 0,
        program: program.id.clone(),
        nights: Nights::of(0, 0),
        versions: vec![],
        settled_by: String::new(),
        names: String::new(),
        objects: vec![],
        counts: BTreeMap::new(),
        files: BTreeMap::new(),
    });
    let run = latest.run + 1;
    let mut layout = Layout::of(program);
    extend_by_waiting(store, &latest, &mut layout).unwrap();
    let mut writer =
        StagingWriter::create(store, &layout, format!("staged/{run:05}/part-000.arrows")).unwrap();
    for (object, rows) in objects.iter().enumerate() {
        writer.add(object as u32, &record(program, rows)).unwrap();
    }
    let staged = Staged::of([writer]).unwrap();
    let resolver = Resolver::of(program, &layout);
    let mut cuts = Vec::new();
    let mut history = latest.files(Table::History).to_vec();
    let mut waiting = Vec::new();
    for shard in 0..store.shards() {
        let known = History::open(store, &latest, shard, program).unwrap();
        let waited = read_waiting(store, &latest, shard, &layout).unwrap();
        let rows = staged.read(store, shard, &layout).unwrap();
        let cut = cut(rows, waited, &known, &layout, &resolver, window).unwrap();
        let range = ShardRange {
            first: shard,
            last: shard,
        };
        let stored = [(shard, cut.stored.as_slice())];
        history.extend(write_level(store, run, range, &stored, &layout).unwrap());
        let waits: Vec<Batch> = cut.waiting.iter().cloned().collect();
        let waits = [(shard, waits.as_slice())];
        waiting.extend(write_waiting(store, run, range, &waits, &layout).unwrap());
        cuts.push(cut);
    }
    let all = ShardRange {
        first: 0,
        last: store.shards() - 1,
    };
    let mut standing = Superseded::read(store, &latest, all).unwrap();
    let gone: Vec<Gone> = cuts.iter().flat_map(|cut| cut.gone.clone()).collect();
    standing.add(gone.iter().cloned());
    let history = merge_levels(store, run, history, &standing, program).unwrap();
    let superseded = carry_on(store, run, Some(&latest), gone, &history).unwrap();
    let files: BTreeMap<Table, Vec<LakeFile>> = BTreeMap::from([
        (Table::History, history),
        (Table::Waiting, waiting),
        (Table::Superseded, superseded.into_iter().collect()),
    ]);
    let manifest = Manifest {
        run,
        files,
        ..latest
    };
    store.finish(&manifest).unwrap();
    cuts
}

pub fn first(before: i64) -> Window {
    after(i64::MIN, before)
}

/// A run after others, to which settled nights are closed.
pub fn after(settled: i64, before: i64) -> Window {
    Window {
        settled,
        open: settled,
        before,
    }
}

fn store(folder: &tempfile::TempDir, shards: u16) -> Store {
    Store::open_or_create(folder.path(), "test", shards).unwrap()
}

fn history(store: &Store, program: &Program) -> Vec<Batch> {
    let latest = store.latest().unwrap().unwrap();
    (0..store.shards())
        .flat_map(|shard| {
            let history = History::open(store, &latest, shard, program).unwrap();
            let batches: Vec<Batch> = history
                .batches(&ColumnSet::all(program))
                .collect::<Result<_, _>>()
                .unwrap();
            batches
        })
        .collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

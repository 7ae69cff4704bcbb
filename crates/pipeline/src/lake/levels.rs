//! Writing the files of events: a run's level of the history, what waits, and the merging of levels
//! that have become many.

use super::error::LakeError;
use super::file::TableWriter;
use super::history::{ColumnSet, GROUP_ROWS, History};
use super::layout::{Known, Layout};
use super::manifest::{LakeFile, Manifest, Table};
use super::reader::TableReader;
use super::rows::concat;
use super::shape::Shape;
use super::shard::ShardRange;
use super::store::Store;
use super::superseded::Superseded;
use rungs_engine::event::Batch;
use rungs_engine::program::Program;
use std::collections::BTreeMap;

/// More levels than this are merged.
pub const LEVELS: usize = 8;

/// Writes the events of neighbouring shards as the run's level of the history; nothing if there are
/// none. Each batch becomes a row group.
pub fn write_level(
    store: &Store,
    run: u32,
    range: ShardRange,
    shards: &[(u16, &[Batch])],
    layout: &Layout,
) -> Result<Option<LakeFile>, LakeError> {
    let name = format!("{}/{run:05}/{range}.parquet", Table::History.folder());
    write_events(store, run, &name, range, shards, layout)
}

/// Writes what waits; nothing if nothing does.
pub fn write_waiting(
    store: &Store,
    run: u32,
    range: ShardRange,
    shards: &[(u16, &[Batch])],
    layout: &Layout,
) -> Result<Option<LakeFile>, LakeError> {
    let name = format!("{}/{run:05}/{range}.parquet", Table::Waiting.folder());
    write_events(store, run, &name, range, shards, layout)
}

fn write_events(
    store: &Store,
    run: u32,
    name: &str,
    range: ShardRange,
    shards: &[(u16, &[Batch])],
    layout: &Layout,
) -> Result<Option<LakeFile>, LakeError> {
    let batches = || shards.iter().flat_map(|(_, batches)| batches.iter());
    if batches().all(|batch| batch.rows == 0) {
        return Ok(None);
    }
    let all: Vec<&Batch> = batches().collect();
    let shape = Shape::of(all.iter().copied(), layout, false);
    let mut writer = TableWriter::create(store, name, run, shape.schema())?;
    for (shard, batches) in shards {
        for batch in *batches {
            let record = shape.record(batch, layout, writer.path())?;
            writer.write(*shard, &record)?;
        }
    }
    writer.finish(range, &sources(&all, layout)).map(Some)
}

/// The datasets that rows come from, by name.
fn sources(batches: &[&Batch], layout: &Layout) -> Vec<String> {
    let mut seen = vec![false; layout.datasets().len()];
    for source in batches.iter().flat_map(|batch| batch.source.iter()) {
        seen[usize::from(*source)] = true;
    }
    let mut names: Vec<String> = layout
        .datasets()
        .iter()
        .zip(seen)
        .filter(|(_, seen)| *seen)
        .map(|(name, _)| name.clone())
        .collect();
    names.sort();
    names
}

/// Adds the columns and datasets of what waits to a layout, so that [`read_waiting`] loses nothing.
pub fn extend_by_waiting(
    store: &Store,
    manifest: &Manifest,
    layout: &mut Layout,
) -> Result<(), LakeError> {
    for file in manifest.files(Table::Waiting) {
        let reader = TableReader::open(store, file, false)?;
        layout.extend(reader.schema(), &reader.sources()?);
    }
    Ok(())
}

/// The events of a shard that wait since earlier runs.
pub fn read_waiting(
    store: &Store,
    manifest: &Manifest,
    shard: u16,
    layout: &Layout,
) -> Result<Vec<Batch>, LakeError> {
    let mut batches = Vec::new();
    for file in manifest.files_of(Table::Waiting, shard) {
        let reader = TableReader::open(store, file, false)?;
        let columns: Vec<usize> = (0..reader.schema().fields().len()).collect();
        for group in reader.groups_of(shard) {
            let record = reader.read(group, &columns, None)?;
            batches.push(layout.batch(&record, Known::default(), reader.path())?);
        }
    }
    Ok(batches)
}

/// The levels that should be merged now, oldest first; none if they are few. Small levels are merged
/// first, a large one only when the newer ones together are a quarter of it.
fn levels_to_merge(files: &[LakeFile]) -> Vec<u32> {
    let mut rows: BTreeMap<u32, u64> = BTreeMap::new();
    for file in files {
        *rows.entry(file.level).or_default() += file.rows;
    }
    let levels: Vec<(u32, u64)> = rows.into_iter().collect();
    if levels.len() <= LEVELS {
        return Vec::new();
    }
    let newer = |place: usize| {
        levels[place + 1..]
            .iter()
            .map(|(_, rows)| rows)
            .sum::<u64>()
    };
    let first = (0..levels.len() - 1)
        .find(|place| levels[*place].1 <= 4 * newer(*place))
        .unwrap_or(levels.len() - 2);
    levels[first..].iter().map(|(level, _)| *level).collect()
}

/// Merges levels that have become many. Takes the files of the history with those of this run, oldest
/// level first, and returns the files that hold from now on. Rows that do not stand any more are left out.
pub fn merge_levels(
    store: &Store,
    run: u32,
    files: Vec<LakeFile>,
    superseded: &Superseded,
    program: &Program,
) -> Result<Vec<LakeFile>, LakeError> {
    let merged = levels_to_merge(&files);
    if merged.is_empty() {
        return Ok(files);
    }
    let (old, mut kept): (Vec<LakeFile>, Vec<LakeFile>) = files
        .into_iter()
        .partition(|file| merged.contains(&file.level));
    let rows: u64 = old.iter().map(|file| file.rows).sum();
    let parts = u16::try_from(rows / GROUP_ROWS as u64).unwrap_or(u16::MAX);
    let ranges = ShardRange::split(store.shards(), parts.max(4));
    use rayon::prelude::*;
    let written: Vec<Option<LakeFile>> = ranges
        .into_par_iter()
        .map(|range| merge_range(store, run, range, &old, superseded, program))
        .collect::<Result<_, _>>()?;
    kept.extend(written.into_iter().flatten());
    Ok(kept)
}

/// Joins batches to about [`GROUP_ROWS`] rows.
fn full_groups(
    batches: impl Iterator<Item = Result<Batch, LakeError>>,
) -> Result<Vec<Batch>, LakeError> {
    let mut groups = Vec::new();
    let mut small: Vec<Batch> = Vec::new();
    let mut rows = 0;
    let mut join = |small: &mut Vec<Batch>| {
        let parts: Vec<&Batch> = small.iter().collect();
        if !parts.is_empty() {
            groups.push(concat(&parts));
        }
        small.clear();
    };
    for batch in batches {
        let batch = batch?;
        if rows + batch.rows > GROUP_ROWS {
            join(&mut small);
            rows = 0;
        }
        rows += batch.rows;
        small.push(batch);
    }
    join(&mut small);
    Ok(groups)
}

fn merge_range(
    store: &Store,
    run: u32,
    range: ShardRange,
    files: &[LakeFile],
    superseded: &Superseded,
    program: &Program,
) -> Result<Option<LakeFile>, LakeError> {
    let mut layout = Layout::of(program);
    for file in files {
        let touches = range.shards().any(|shard| file.range().contains(shard));
        if touches {
            let reader = TableReader::open(store, file, false)?;
            layout.extend(reader.schema(), &reader.sources()?);
        }
    }
    let everything = ColumnSet {
        columns: vec![true; layout.columns().len()],
        ids: true,
        member: true,
        channel: true,
        store: true,
    };
    let mut shards: Vec<(u16, Vec<Batch>)> = Vec::new();
    for shard in range.shards() {
        let history = History::of_files(store, files, shard, &layout)?.without(superseded.clone());
        shards.push((shard, full_groups(history.stored_batches(&everything))?));
    }
    let borrowed: Vec<(u16, &[Batch])> = shards
        .iter()
        .map(|(shard, batches)| (*shard, batches.as_slice()))
        .collect();
    let name = format!(
        "{}/{run:05}/merged-{range}.parquet",
        Table::History.folder()
    );
    write_events(store, run, &name, range, &borrowed, &layout)
}

//! A new base, of the old one and all deltas.

use super::read::{EVERYBODY, StateReader};
use super::{GROUP_ROWS, schema};
use crate::lake::error::{At, LakeError};
use crate::lake::file::TableWriter;
use crate::lake::manifest::{LakeFile, Table};
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use arrow_array::RecordBatch;

/// More levels than this are made one, however small they are.
const LEVELS: usize = 24;

/// Makes a new base when the deltas have grown. Takes the files of the states with those of this run,
/// oldest level first, and returns the files that hold from now on.
pub fn compact_states(
    store: &Store,
    run: u32,
    files: Vec<LakeFile>,
) -> Result<Vec<LakeFile>, LakeError> {
    let Some(base) = files.first().map(|file| file.level) else {
        return Ok(files);
    };
    let rows = |of: &dyn Fn(u32) -> bool| -> u64 {
        let some = files.iter().filter(|file| of(file.level));
        some.map(|file| file.rows).sum()
    };
    let mut levels: Vec<u32> = files.iter().map(|file| file.level).collect();
    levels.dedup();
    let (all, deltas) = (rows(&|level| level == base), rows(&|level| level != base));
    if deltas * 2 <= all && levels.len() <= LEVELS {
        return Ok(files);
    }
    let parts = u16::try_from((all + deltas) / 65_536).unwrap_or(u16::MAX);
    use rayon::prelude::*;
    let written: Vec<Option<LakeFile>> = ShardRange::split(store.shards(), parts.max(4))
        .into_par_iter()
        .map(|range| compact_range(store, run, range, &files))
        .collect::<Result<_, _>>()?;
    Ok(written.into_iter().flatten().collect())
}

fn compact_range(
    store: &Store,
    run: u32,
    range: ShardRange,
    files: &[LakeFile],
) -> Result<Option<LakeFile>, LakeError> {
    let mut file: Option<TableWriter> = None;
    let name = format!("{}/{run:05}/base-{range}.parquet", Table::States.folder());
    for shard in range.shards() {
        let reader = StateReader::of_files(store, files, shard)?;
        let mut records: Vec<RecordBatch> = Vec::new();
        let mut first_record = Vec::new();
        for level in &reader.levels {
            first_record.push(records.len());
            let all: Vec<usize> = (0..level.schema().fields().len()).collect();
            for group in level.groups_of(shard) {
                records.push(level.read(group, &all, None)?);
            }
        }
        let picks: Vec<(usize, usize)> = reader
            .picks(EVERYBODY)?
            .iter()
            .map(|pick| {
                let level = &reader.levels[pick.level];
                let before = level
                    .groups_of(shard)
                    .take_while(|group| group.index < pick.group);
                (first_record[pick.level] + before.count(), pick.row)
            })
            .collect();
        let borrowed: Vec<&RecordBatch> = records.iter().collect();
        for some in picks.chunks(GROUP_ROWS) {
            let path = store.path(&name);
            let record = arrow::compute::interleave_record_batch(&borrowed, some).at(&path)?;
            let file = match &mut file {
                Some(file) => file,
                empty => empty.insert(TableWriter::create(store, &name, run, &schema())?),
            };
            file.write(shard, &record)?;
        }
    }
    file.map(|file| file.finish(range, &[])).transpose()
}

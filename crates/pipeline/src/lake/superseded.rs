//! Table `superseded`: rows of the history that do not stand any more, because a later revision or a
//! `void` took their place. History files are never edited, so what is gone from them is listed here,
//! by file and row, until a merge writes the files anew without it.

use super::error::{At, LakeError};
use super::file::TableWriter;
use super::manifest::{LakeFile, Manifest, Table};
use super::reader::TableReader;
use super::shape::text_array;
use super::shard::{ShardRange, shard_of};
use super::store::Store;
use crate::schema::text_type;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use rungs_engine::event::Texts;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// A row of the history that does not stand any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Gone {
    /// Its account.
    pub account: String,
    /// The history file, as the manifest names it.
    pub file: String,
    /// The row in the file, from 0.
    pub row: u64,
}

/// The rows that do not stand any more, by file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Superseded {
    files: BTreeMap<String, BTreeSet<u64>>,
}

impl Superseded {
    /// Of these shards, as a manifest has them.
    pub fn read(
        store: &Store,
        manifest: &Manifest,
        shards: ShardRange,
    ) -> Result<Superseded, LakeError> {
        let mut all = Superseded::default();
        all.add(read(store, manifest, shards)?);
        Ok(all)
    }

    /// Adds rows.
    pub fn add(&mut self, rows: impl IntoIterator<Item = Gone>) {
        for gone in rows {
            self.files.entry(gone.file).or_default().insert(gone.row);
        }
    }

    /// Whether this row of a file does not stand any more.
    pub fn contains(&self, file: &str, row: u64) -> bool {
        self.files.get(file).is_some_and(|rows| rows.contains(&row))
    }

    /// The rows of a stretch of a file that still stand; nothing where all do.
    pub fn standing(&self, file: &str, rows: Range<u64>) -> Option<RowSelection> {
        let gone = self.files.get(file)?.range(rows.clone());
        let mut selectors = Vec::new();
        let mut next = rows.start;
        for row in gone {
            selectors.push(RowSelector::select((row - next) as usize));
            selectors.push(RowSelector::skip(1));
            next = row + 1;
        }
        if selectors.is_empty() {
            return None;
        }
        selectors.push(RowSelector::select((rows.end - next) as usize));
        Some(selectors.into())
    }
}

/// All rows that a manifest lists, of some shards.
fn read(store: &Store, manifest: &Manifest, shards: ShardRange) -> Result<Vec<Gone>, LakeError> {
    let mut all = Vec::new();
    for file in manifest.files(Table::Superseded) {
        let reader = TableReader::open(store, file, false)?;
        for group in reader
            .groups()
            .iter()
            .filter(|group| shards.contains(group.shard))
        {
            let record = reader.read(group, &[0, 1, 2], None)?;
            let text = |column| super::layout::texts(record.column(column), reader.path());
            let (account, name) = (text(0)?, text(1)?);
            let rows = record.column(2).as_primitive_opt::<Int64Type>();
            let rows = rows.ok_or_else(|| LakeError::damaged(reader.path(), "no rows"))?;
            for (at, row) in rows.values().iter().enumerate() {
                all.push(Gone {
                    account: account.get(at).unwrap_or_default().to_owned(),
                    file: name.get(at).unwrap_or_default().to_owned(),
                    row: u64::try_from(*row).unwrap_or_default(),
                });
            }
        }
    }
    Ok(all)
}

/// The table after a run: what it listed before and what the run added, as far as the files in question
/// are still there. Nothing if nothing is left to list.
pub fn carry_on(
    store: &Store,
    run: u32,
    before: Option<&Manifest>,
    mut added: Vec<Gone>,
    history: &[LakeFile],
) -> Result<Option<LakeFile>, LakeError> {
    let everywhere = ShardRange {
        first: 0,
        last: store.shards() - 1,
    };
    let there: BTreeSet<&str> = history.iter().map(|file| file.name.as_str()).collect();
    let listed = match before {
        Some(before) => read(store, before, everywhere)?,
        None => Vec::new(),
    };
    let known = listed.len();
    let nothing_new = added.is_empty();
    added.extend(listed);
    added.retain(|gone| there.contains(gone.file.as_str()));
    if added.is_empty() {
        return Ok(None);
    }
    let unchanged = before.and_then(|before| before.files(Table::Superseded).first());
    if let Some(file) = unchanged.filter(|_| nothing_new && added.len() == known) {
        return Ok(Some(file.clone()));
    }
    let mut shards: BTreeMap<u16, Vec<Gone>> = BTreeMap::new();
    for gone in added {
        let shard = shard_of(&gone.account, store.shards());
        shards.entry(shard).or_default().push(gone);
    }
    let schema = Arc::new(Schema::new(vec![
        Field::new("account", text_type(), false),
        Field::new("file", text_type(), false),
        Field::new("row", DataType::Int64, false),
    ]));
    let name = format!("{}/{run:05}.parquet", Table::Superseded.folder());
    let mut writer = TableWriter::create(store, &name, run, &schema)?;
    for (shard, mut rows) in shards {
        rows.sort();
        let texts = |of: fn(&Gone) -> &str| {
            let texts = StringArray::from_iter_values(rows.iter().map(of));
            text_array(&Texts::plain(texts)).at(writer.path())
        };
        let numbers: Int64Array = rows.iter().map(|gone| gone.row as i64).collect();
        let arrays: Vec<ArrayRef> = vec![
            texts(|gone| &gone.account)?,
            texts(|gone| &gone.file)?,
            Arc::new(numbers),
        ];
        let record = RecordBatch::try_new(schema.clone(), arrays).at(writer.path())?;
        writer.write(shard, &record)?;
    }
    writer.finish(everywhere, &[]).map(Some)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::lake::manifest::{FORMAT, Nights};

    #[test]
    fn as_many_new_rows_as_a_merge_has_taken_are_not_the_same_rows() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path(), "test", 1).unwrap();
        let gone = |file: &str, row: u64| Gone {
            account: "a".to_owned(),
            file: file.to_owned(),
            row,
        };
        let there = |name: &str| LakeFile {
            name: name.to_owned(),
            level: 1,
            shards: [0, 0],
            rows: 9,
            bytes: 9,
            digest: String::new(),
        };
        let after = |run: u32, file: Option<LakeFile>| Manifest {
            format: FORMAT,
            run,
            program: "test".to_owned(),
            nights: Nights::of(0, 0),
            versions: vec![],
            settled_by: String::new(),
            names: String::new(),
            objects: vec![],
            counts: BTreeMap::new(),
            files: BTreeMap::from([(Table::Superseded, file.into_iter().collect())]),
        };
        let files = [there("old"), there("large")];
        let added = vec![gone("old", 1), gone("large", 2)];
        let first = carry_on(&store, 1, None, added, &files).unwrap();
        let first = after(1, first);
        // Nothing new: the same file holds.
        let same = carry_on(&store, 2, Some(&first), vec![], &files).unwrap();
        assert_eq!(same.as_ref(), first.files(Table::Superseded).first());
        // `old` was merged away, and one row of another file came.
        let files = [there("large"), there("new")];
        let second = carry_on(&store, 2, Some(&first), vec![gone("new", 7)], &files).unwrap();
        store.arrive().unwrap();
        let all = ShardRange { first: 0, last: 0 };
        let listed = read(&store, &after(2, second), all).unwrap();
        assert_eq!(listed, [gone("large", 2), gone("new", 7)]);
    }

    #[test]
    fn what_stands_is_everything_but_the_rows_that_are_gone() {
        let mut superseded = Superseded::default();
        superseded.add([3, 4, 7, 12].map(|row| Gone {
            account: "a".to_owned(),
            file: "history/1".to_owned(),
            row,
        }));
        let rows = |file: &str, range: Range<u64>| {
            let selection = superseded.standing(file, range.clone())?;
            let mut kept = Vec::new();
            let mut at = range.start;
            for part in selection.iter() {
                let end = at + part.row_count as u64;
                kept.extend((at..end).filter(|_| !part.skip));
                at = end;
            }
            assert_eq!(at, range.end);
            Some(kept)
        };
        assert_eq!(rows("history/1", 3..9), Some(vec![5, 6, 8]));
        assert_eq!(rows("history/1", 0..4), Some(vec![0, 1, 2]));
        assert_eq!(rows("history/1", 8..12), None);
        assert_eq!(rows("history/2", 0..99), None);
    }
}

//! One file of the lake, read by row group.

use super::error::{At, LakeError};
use super::file::{FORMAT_KEY, SHARDS_KEY, SOURCES_KEY};
use super::manifest::{FORMAT, LakeFile};
use super::store::Store;
use arrow_array::{RecordBatch, RecordBatchReader as _};
use arrow_schema::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelectionPolicy,
};
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy};
use parquet::file::statistics::Statistics;
use std::fs::File;
use std::path::PathBuf;

/// A file of the lake that is open.
pub struct TableReader {
    name: String,
    path: PathBuf,
    file: File,
    metadata: ArrowReaderMetadata,
    groups: Vec<Group>,
}

/// A row group: whole accounts of one shard.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its place in the file.
    pub index: usize,
    /// Its shard.
    pub shard: u16,
    /// Its first row in the file.
    pub start: u64,
    /// How many rows.
    pub rows: usize,
    /// First account.
    pub first: String,
    /// Last account.
    pub last: String,
}

impl TableReader {
    /// Opens a file; `pages` says whether single pages will be looked up.
    pub fn open(
        store: &Store,
        lake_file: &LakeFile,
        pages: bool,
    ) -> Result<TableReader, LakeError> {
        let path = store.path(&lake_file.name);
        let file = store.open_file(&lake_file.name)?;
        let policy = match pages {
            true => PageIndexPolicy::Optional,
            false => PageIndexPolicy::Skip,
        };
        let options = ArrowReaderOptions::new().with_page_index_policy(policy);
        let metadata = ArrowReaderMetadata::load(&file, options).at(&path)?;
        let mut reader = TableReader {
            name: lake_file.name.clone(),
            path,
            file,
            metadata,
            groups: Vec::new(),
        };
        reader.groups = reader.read_groups()?;
        Ok(reader)
    }

    fn read_groups(&self) -> Result<Vec<Group>, LakeError> {
        let damaged = |cause: &str| LakeError::damaged(&self.path, cause);
        if self.key(FORMAT_KEY).and_then(|format| format.parse().ok()) != Some(FORMAT) {
            return Err(damaged("not a file of this format"));
        }
        let shards: Option<Vec<u16>> = match self.key(SHARDS_KEY) {
            Some("") => Some(Vec::new()),
            Some(list) => list.split(',').map(|shard| shard.parse().ok()).collect(),
            None => None,
        };
        let shards = shards.unwrap_or_default();
        let groups = self.metadata.metadata().row_groups();
        if shards.len() != groups.len() {
            return Err(damaged("row groups without shards"));
        }
        let mut all = Vec::with_capacity(groups.len());
        let mut start = 0;
        for (index, (group, shard)) in groups.iter().zip(shards).enumerate() {
            let bounds = self.chunk(index, "account").and_then(text_bounds);
            let Some((first, last)) = bounds else {
                return Err(damaged("no bounds of accounts"));
            };
            all.push(Group {
                index,
                shard,
                start,
                rows: usize::try_from(group.num_rows()).unwrap_or_default(),
                first,
                last,
            });
            start += u64::try_from(group.num_rows()).unwrap_or_default();
        }
        Ok(all)
    }

    fn key(&self, key: &str) -> Option<&str> {
        let metadata = self.metadata.metadata().file_metadata();
        let entry = metadata
            .key_value_metadata()?
            .iter()
            .find(|entry| entry.key == key)?;
        entry.value.as_deref()
    }

    /// As the manifest names it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// The datasets that its rows come from.
    pub fn sources(&self) -> Result<Vec<String>, LakeError> {
        match self.key(SOURCES_KEY) {
            Some(list) => serde_json::from_str(list).at(&self.path),
            None => Ok(Vec::new()),
        }
    }

    /// Its columns.
    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// Its row groups, in order of shard and account.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The row groups of a shard.
    pub fn groups_of(&self, shard: u16) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| group.shard == shard)
    }

    fn chunk(&self, group: usize, column: &str) -> Option<&ColumnChunkMetaData> {
        let index = self.schema().index_of(column).ok()?;
        Some(self.metadata.metadata().row_group(group).column(index))
    }

    /// Whether a column has a value in a row group.
    pub fn has_values(&self, group: &Group, column: &str) -> bool {
        self.chunk(group.index, column).is_some_and(|chunk| {
            let nulls = chunk.statistics().and_then(Statistics::null_count_opt);
            nulls != Some(group.rows as u64)
        })
    }

    /// Least and largest text of a column in a row group, if known.
    pub fn texts(&self, group: &Group, column: &str) -> Option<(String, String)> {
        self.chunk(group.index, column).and_then(text_bounds)
    }

    /// Least and largest number of a column in a row group, if known.
    pub fn numbers(&self, group: &Group, column: &str) -> Option<(i64, i64)> {
        match self.chunk(group.index, column)?.statistics()? {
            Statistics::Int32(known) => {
                Some((i64::from(*known.min_opt()?), i64::from(*known.max_opt()?)))
            }
            Statistics::Int64(known) => Some((*known.min_opt()?, *known.max_opt()?)),
            _ => None,
        }
    }

    /// The rows of a row group that are selected, with these columns (by place in the schema).
    pub fn read(
        &self,
        group: &Group,
        columns: &[usize],
        selection: Option<RowSelection>,
    ) -> Result<RecordBatch, LakeError> {
        let file = self.file.try_clone().at(&self.path)?;
        let mut builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_row_groups(vec![group.index]);
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
        builder = builder.with_projection(mask);
        let rows = selection
            .as_ref()
            .map_or(group.rows, RowSelection::row_count);
        builder = builder.with_batch_size(rows.max(1));
        if let Some(selection) = selection {
            // What is passed over is skipped, and not decoded and then thrown away: of states that is
            // nearly everything.
            builder = builder
                .with_row_selection(selection)
                .with_row_selection_policy(RowSelectionPolicy::Selectors);
        }
        let mut reader = builder.build().at(&self.path)?;
        let schema = reader.schema();
        let mut records = Vec::new();
        for record in &mut reader {
            records.push(record.at(&self.path)?);
        }
        match records.len() {
            0 => Ok(RecordBatch::new_empty(schema)),
            1 => Ok(records.swap_remove(0)),
            _ => arrow::compute::concat_batches(&schema, &records).at(&self.path),
        }
    }

    /// Whether a text can be in a column of a row group, by its Bloom filter.
    pub fn blooms(
        &self,
        group: &Group,
        column: &str,
    ) -> Result<Option<parquet::bloom_filter::Sbbf>, LakeError> {
        match self.chunk(group.index, column) {
            Some(chunk) if chunk.bloom_filter_offset().is_some() => {
                parquet::bloom_filter::Sbbf::read_from_column_chunk(chunk, &self.file)
                    .at(&self.path)
            }
            _ => Ok(None),
        }
    }
}

fn text_bounds(chunk: &ColumnChunkMetaData) -> Option<(String, String)> {
    match chunk.statistics()? {
        Statistics::ByteArray(known) => {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
            Some((
                text(known.min_opt()?.data())?,
                text(known.max_opt()?.data())?,
            ))
        }
        _ => None,
    }
}

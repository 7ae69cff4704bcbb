//! Files of the lake: written once, with length and digest for the manifest, and read by row group.

use super::disk::{NewFile, Underway};
use super::encode::{Chunk, encode};
use super::error::{At, LakeError};
use super::manifest::LakeFile;
use super::shard::ShardRange;
use super::store::Store;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnDescPtr;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// Key in a file's metadata: the shard of each row group, comma-separated.
pub const SHARDS_KEY: &str = "rungs.shards";
/// Key in a file's metadata: the datasets that rows come from, as a JSON list.
pub const SOURCES_KEY: &str = "rungs.sources";
/// Key in a file's metadata: the version of the format.
pub const FORMAT_KEY: &str = "rungs.format";

/// Bytes that go to the system in one call: pieces of this length let it keep the file in few large pages.
const WRITTEN_AT_ONCE: usize = 1 << 20;

/// A file that is being written.
pub struct LakeWriter {
    path: PathBuf,
    name: String,
    level: u32,
    underway: Underway,
    file: BufWriter<NewFile>,
    digest: Xxh3,
    bytes: u64,
}

impl LakeWriter {
    /// Begins a file of the store that holds rows up to run `level`.
    pub fn create(store: &Store, name: &str, level: u32) -> Result<LakeWriter, LakeError> {
        let path = store.path(name);
        store.folder_of(&path)?;
        let file = NewFile::create(&path).at(&path)?;
        Ok(LakeWriter {
            path,
            name: name.to_owned(),
            level,
            underway: store.underway.clone(),
            file: BufWriter::with_capacity(WRITTEN_AT_ONCE, file),
            digest: Xxh3::new(),
            bytes: 0,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Ends the file: it can be read, and is on its way to the disk ([`Store::arrive`]).
    pub fn finish(self, range: ShardRange, rows: u64) -> Result<LakeFile, LakeError> {
        let file = self.file.into_inner().map_err(|error| error.into_error());
        self.underway.send(file.at(&self.path)?)?;
        Ok(LakeFile {
            name: self.name,
            level: self.level,
            shards: [range.first, range.last],
            rows,
            bytes: self.bytes,
            digest: format!("{:032x}", self.digest.digest128()),
        })
    }
}

impl Write for LakeWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A Parquet file of a table that is sorted by account within each shard.
pub struct TableWriter {
    writer: SerializedFileWriter<LakeWriter>,
    columns: Vec<ColumnDescPtr>,
    schema: SchemaRef,
    path: PathBuf,
    shards: Vec<u16>,
    rows: u64,
}

impl TableWriter {
    /// Begins a file that holds rows up to run `level`.
    pub fn create(
        store: &Store,
        name: &str,
        level: u32,
        schema: &SchemaRef,
    ) -> Result<TableWriter, LakeError> {
        let file = LakeWriter::create(store, name, level)?;
        let path = file.path().clone();
        let mut properties = WriterProperties::builder()
            .set_created_by("rungs".to_owned())
            .build();
        add_encoded_arrow_schema_to_metadata(schema, &mut properties);
        let parquet = ArrowSchemaConverter::new().convert(schema).at(&path)?;
        let columns = parquet.columns().to_vec();
        let root = parquet.root_schema_ptr();
        let writer = SerializedFileWriter::new(file, root, Arc::new(properties)).at(&path)?;
        Ok(TableWriter {
            writer,
            columns,
            schema: schema.clone(),
            path,
            shards: Vec::new(),
            rows: 0,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Writes a row group: whole accounts of one shard, after those that were written before.
    pub fn write(&mut self, shard: u16, record: &RecordBatch) -> Result<(), LakeError> {
        let schema = self.schema.clone();
        let arrays = record.columns().iter().enumerate();
        self.write_columns(shard, record.num_rows(), |columns| {
            let bloom = |index: usize| schema.field(index).name() == "id";
            arrays
                .map(|(index, array)| encode(&columns[index], array, bloom(index)))
                .collect()
        })
    }

    /// Writes a row group of columns that `encode` makes, in the order of the schema.
    pub(crate) fn write_columns(
        &mut self,
        shard: u16,
        rows: usize,
        encode: impl FnOnce(&[ColumnDescPtr]) -> parquet::errors::Result<Vec<Chunk>>,
    ) -> Result<(), LakeError> {
        if rows == 0 {
            return Ok(());
        }
        let chunks = encode(&self.columns).at(&self.path)?;
        let mut group = self.writer.next_row_group().at(&self.path)?;
        for chunk in chunks {
            group
                .append_column(&chunk.bytes, chunk.close)
                .at(&self.path)?;
        }
        group.close().at(&self.path)?;
        self.shards.push(shard);
        self.rows += rows as u64;
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self, range: ShardRange, sources: &[String]) -> Result<LakeFile, LakeError> {
        let shards: Vec<String> = self.shards.iter().map(u16::to_string).collect();
        let mut add = |key: &str, value: String| {
            self.writer
                .append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        };
        add(FORMAT_KEY, super::manifest::FORMAT.to_string());
        add(SHARDS_KEY, shards.join(","));
        if !sources.is_empty() {
            add(SOURCES_KEY, serde_json::to_string(sources).at(&self.path)?);
        }
        let rows = self.rows;
        self.writer.into_inner().at(&self.path)?.finish(range, rows)
    }
}

/// A small table in one file, not divided into shards.
pub struct PlainTable;

impl PlainTable {
    /// Writes a table; nothing if it has no rows.
    pub fn write(
        store: &Store,
        name: &str,
        level: u32,
        record: &RecordBatch,
    ) -> Result<Option<LakeFile>, LakeError> {
        if record.num_rows() == 0 {
            return Ok(None);
        }
        let mut writer = TableWriter::create(store, name, level, record.schema_ref())?;
        writer.write(0, record)?;
        let all = ShardRange {
            first: 0,
            last: store.shards() - 1,
        };
        writer.finish(all, &[]).map(Some)
    }

    /// Reads a table.
    pub fn read(store: &Store, file: &LakeFile) -> Result<Vec<RecordBatch>, LakeError> {
        PlainTable::read_columns(store, file, None)
    }

    /// Reads some columns of a table, or all.
    pub fn read_columns(
        store: &Store,
        file: &LakeFile,
        columns: Option<&[&str]>,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let path = store.path(&file.name);
        let open = store.open_file(&file.name)?;
        let mut reader = ParquetRecordBatchReaderBuilder::try_new(open).at(&path)?;
        if let Some(columns) = columns {
            let mask = ProjectionMask::columns(reader.parquet_schema(), columns.iter().copied());
            reader = reader.with_projection(mask);
        }
        let reader = reader.with_batch_size(65_536).build().at(&path)?;
        reader.map(|record| record.at(&path)).collect()
    }
}

//! Files of the lake: written once, with length and digest for the manifest, and read by row group.

use super::error::{At, LakeError};
use super::manifest::LakeFile;
use super::shard::ShardRange;
use super::store::Store;
use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use xxhash_rust::xxh3::Xxh3;

/// Key in a file's metadata: the shard of each row group, comma-separated.
pub const SHARDS_KEY: &str = "rungs.shards";
/// Key in a file's metadata: the datasets that rows come from, as a JSON list.
pub const SOURCES_KEY: &str = "rungs.sources";
/// Key in a file's metadata: the version of the format.
pub const FORMAT_KEY: &str = "rungs.format";

/// A file that is being written.
pub struct LakeWriter {
    path: PathBuf,
    name: String,
    level: u32,
    file: BufWriter<File>,
    digest: Xxh3,
    bytes: u64,
}

impl LakeWriter {
    /// Begins a file of the store that holds rows up to run `level`.
    pub fn create(store: &Store, name: &str, level: u32) -> Result<LakeWriter, LakeError> {
        let path = store.path(name);
        store.folder_of(&path)?;
        let file = File::create(&path).at(&path)?;
        Ok(LakeWriter {
            path,
            name: name.to_owned(),
            level,
            file: BufWriter::with_capacity(1 << 18, file),
            digest: Xxh3::new(),
            bytes: 0,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Ends the file: it is on the disk when this returns.
    pub fn finish(mut self, range: ShardRange, rows: u64) -> Result<LakeFile, LakeError> {
        self.file.flush().at(&self.path)?;
        self.file.get_ref().sync_data().at(&self.path)?;
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
    writer: ArrowWriter<LakeWriter>,
    path: PathBuf,
    shards: Vec<u16>,
    rows: u64,
}

impl TableWriter {
    /// Begins a file.
    pub fn create(
        store: &Store,
        name: &str,
        level: u32,
        schema: &SchemaRef,
    ) -> Result<TableWriter, LakeError> {
        let file = LakeWriter::create(store, name, level)?;
        let path = file.path().clone();
        let properties = properties(schema).build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).at(&path)?;
        Ok(TableWriter {
            writer,
            path,
            shards: Vec::new(),
            rows: 0,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Adds rows to the row group at hand.
    pub fn write(&mut self, record: &RecordBatch) -> Result<(), LakeError> {
        self.rows += record.num_rows() as u64;
        self.writer.write(record).at(&self.path)
    }

    /// Ends the row group; all its rows are of this shard.
    pub fn end_row_group(&mut self, shard: u16) -> Result<(), LakeError> {
        if self.writer.in_progress_rows() > 0 {
            self.shards.push(shard);
            self.writer.flush().at(&self.path)?;
        }
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
        self.writer
            .into_inner()
            .at(&self.path)?
            .finish(range, rows)
    }
}

/// How columns are written: numbers as differences in few bits (measured: smaller than a dictionary
/// and faster to read than plain numbers with a codec), texts as dictionaries, all with zstd 1.
fn properties(schema: &SchemaRef) -> WriterPropertiesBuilder {
    let mut properties = WriterProperties::builder()
        .set_created_by("rungs".to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        // Row groups end where accounts end; that is decided by who writes.
        .set_max_row_group_row_count(None)
        .set_data_page_row_count_limit(8_192)
        // Bounds must be exact: levels are merged by them.
        .set_statistics_truncate_length(None)
        .set_write_batch_size(8_192)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for field in schema.fields() {
        let column = ColumnPath::from(field.name().as_str());
        properties = match field.data_type() {
            DataType::Dictionary(..) => {
                properties.set_column_dictionary_page_size_limit(column, 64 << 20)
            }
            DataType::Utf8 | DataType::Binary | DataType::Boolean => {
                properties.set_column_dictionary_enabled(column, false)
            }
            _ => properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED),
        };
        if field.name() == "id" {
            let column = ColumnPath::from("id");
            properties = properties
                .set_column_bloom_filter_enabled(column.clone(), true)
                .set_column_bloom_filter_fpp(column.clone(), 0.01)
                .set_column_bloom_filter_max_ndv(column, 65_536);
        }
        if field.name() == "account" {
            let column = ColumnPath::from("account");
            properties = properties.set_column_statistics_enabled(column, EnabledStatistics::Page);
        }
    }
    properties
}

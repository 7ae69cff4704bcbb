//! The pages of a column in one row group, and what the file must know of them.

use super::hybrid;
use arrow_buffer::NullBuffer;
use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::metadata::{ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use std::ops::Range;

/// Rows of a page: what is read at least for one account.
pub(crate) const PAGE_ROWS: usize = 16_384;

/// An encoded column of one row group.
pub(crate) struct Chunk {
    /// Its pages.
    pub bytes: Bytes,
    /// What the file must know of it.
    pub close: ColumnCloseResult,
}

/// What a column says of itself beside its pages.
#[derive(Default)]
pub(super) struct About {
    pub(super) statistics: Option<Statistics>,
    pub(super) index: Option<ColumnIndexBuilder>,
    pub(super) filter: Option<Sbbf>,
}

/// Pages that are being written. After [`Pages::finish`] they begin anew, in the same memory: fetching it
/// again from the system for every row group costs more than the packing.
pub(super) struct Pages {
    optional: bool,
    pub(super) encoding: Encoding,
    pub(super) compression: Compression,
    sink: TrackedWrite<Vec<u8>>,
    /// The page at hand.
    pub(super) page: Vec<u8>,
    /// Of all pages.
    rows: usize,
    nulls: u64,
    plain_bytes: usize,
    dictionary: Option<u64>,
    first_page: Option<u64>,
    offsets: OffsetIndexBuilder,
    /// The pages of the row group before.
    written: Bytes,
}

impl Pages {
    /// `optional` says whether rows without a value may come.
    pub(super) fn new(optional: bool, encoding: Encoding) -> Pages {
        Pages {
            optional,
            encoding,
            compression: Compression::UNCOMPRESSED,
            sink: TrackedWrite::new(Vec::new()),
            page: Vec::new(),
            rows: 0,
            nulls: 0,
            plain_bytes: 0,
            dictionary: None,
            first_page: None,
            offsets: OffsetIndexBuilder::new(),
            written: Bytes::new(),
        }
    }

    /// Pages of a column that the schema describes.
    pub(super) fn of(column: &ColumnDescPtr, encoding: Encoding) -> Pages {
        Pages::new(column.max_def_level() > 0, encoding)
    }

    /// The rows of each page of a column.
    pub(super) fn cut(rows: usize) -> impl Iterator<Item = Range<usize>> {
        (0..rows)
            .step_by(PAGE_ROWS)
            .map(move |start| start..(start + PAGE_ROWS).min(rows))
    }

    /// Rows without a value, so far.
    pub(super) fn nulls(&self) -> u64 {
        self.nulls
    }

    /// Begins a page of `rows` rows with what says which of them have a value; without `valid` all do.
    pub(super) fn begin(&mut self, rows: usize, valid: Option<&NullBuffer>) {
        self.rows += rows;
        self.page.clear();
        if !self.optional {
            return;
        }
        match valid {
            Some(valid) => {
                self.nulls += valid.null_count() as u64;
                hybrid::encode_validity(valid, &mut self.page);
            }
            None => hybrid::encode_validity(&NullBuffer::new_valid(rows), &mut self.page),
        }
    }

    /// Ends the page that was begun.
    pub(super) fn end(&mut self, rows: usize) -> Result<()> {
        let (encoding, levels) = (self.encoding, Encoding::RLE);
        let offset = self.write(|buf| Page::DataPage {
            buf,
            num_values: rows as u32,
            encoding,
            def_level_encoding: levels,
            rep_level_encoding: levels,
            statistics: None,
        })?;
        self.first_page.get_or_insert(offset);
        let size = self.sink.bytes_written() as u64 - offset;
        self.offsets.append_row_count(rows as i64);
        self.offsets
            .append_offset_and_size(offset as i64, size as i32);
        Ok(())
    }

    /// Writes the texts that codes stand for, before the first page.
    pub(super) fn dictionary(&mut self, texts: &[&str]) -> Result<()> {
        self.page.clear();
        for text in texts {
            self.page
                .extend_from_slice(&(text.len() as u32).to_le_bytes());
            self.page.extend_from_slice(text.as_bytes());
        }
        let num_values = texts.len() as u32;
        let offset = self.write(|buf| Page::DictionaryPage {
            buf,
            num_values,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        })?;
        self.dictionary = Some(offset);
        Ok(())
    }

    fn write(&mut self, page: impl FnOnce(Bytes) -> Page) -> Result<u64> {
        let plain = self.page.len();
        let bytes: Bytes = match self.compression {
            Compression::UNCOMPRESSED => std::mem::take(&mut self.page).into(),
            _ => zstd::bulk::compress(&self.page, 1)?.into(),
        };
        if self.sink.bytes_written() == 0 {
            self.sink = TrackedWrite::new(memory(std::mem::take(&mut self.written)));
        }
        let packed = CompressedPage::new(page(bytes.clone()), plain);
        let spec = SerializedPageWriter::new(&mut self.sink).write_page(packed)?;
        self.plain_bytes += spec.bytes_written as usize - bytes.len() + plain;
        self.page = memory(bytes);
        Ok(spec.offset)
    }

    /// Ends the column of the row group.
    pub(super) fn finish(&mut self, column: &ColumnDescPtr, about: About) -> Result<Chunk> {
        let mut next = Pages::new(self.optional, self.encoding);
        next.compression = self.compression;
        next.page = std::mem::take(&mut self.page);
        let done = std::mem::replace(self, next);
        let bytes = Bytes::from(done.sink.into_inner()?);
        self.written = bytes.clone();
        let mut encodings = vec![Encoding::RLE, done.encoding];
        if done.dictionary.is_some() {
            encodings.push(Encoding::PLAIN);
        }
        let mut metadata = ColumnChunkMetaData::builder(column.clone())
            .set_encodings(encodings)
            .set_compression(done.compression)
            .set_num_values(done.rows as i64)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(done.plain_bytes as i64)
            .set_data_page_offset(done.first_page.unwrap_or(0) as i64)
            .set_dictionary_page_offset(done.dictionary.map(|offset| offset as i64));
        if let Some(statistics) = about.statistics {
            metadata = metadata.set_statistics(statistics);
        }
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: done.rows as u64,
            metadata: metadata.build()?,
            bloom_filter: about.filter,
            column_index: about.index.map(ColumnIndexBuilder::build).transpose()?,
            offset_index: Some(done.offsets.build()),
        };
        Ok(Chunk { bytes, close })
    }
}

/// The memory of bytes that were written, empty; nothing is copied as long as nobody else holds them.
fn memory(written: Bytes) -> Vec<u8> {
    let mut memory = match written.is_unique() {
        true => Vec::from(written),
        false => Vec::new(),
    };
    memory.clear();
    memory
}

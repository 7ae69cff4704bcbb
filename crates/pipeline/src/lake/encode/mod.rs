//! Columns as Parquet pages, written here and not by the Parquet crate: settlement spends most of its
//! time writing entries, and its general writer costs about 12 ns a value. Columns of the lake are
//! flat and known, so that one pass over plain slices does; what comes out is ordinary Parquet.
//!
//! | type | encoding |
//! |---|---|
//! | numbers, dates, instants | `DELTA_BINARY_PACKED` |
//! | texts with a dictionary | dictionary in the order of first use, codes in runs |
//! | other texts, bytes | `DELTA_LENGTH_BYTE_ARRAY`, pages of texts by zstd 1 |
//! | booleans | plain bits |

mod delta;
mod hybrid;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, GenericByteArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};
use hashbrown::HashMap;
use parquet::basic::{BoundaryOrder, Compression, Encoding, Type, ZstdLevel};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

/// Rows of a page: what is read at least for one account.
const PAGE_ROWS: usize = 16_384;

/// An encoded column of one row group.
pub(crate) struct Chunk {
    /// Its pages.
    pub bytes: bytes::Bytes,
    /// What the file must know of it.
    pub close: ColumnCloseResult,
}

/// Encodes a column. `bloom` says whether a Bloom filter is made (texts only).
pub(crate) fn encode(column: &ColumnDescPtr, array: &ArrayRef, bloom: bool) -> Result<Chunk> {
    let mut chunk = Writer::new(column, array.len(), array.nulls().cloned());
    chunk.bloom = bloom;
    match array.data_type() {
        DataType::Int64 => chunk.long(array.as_primitive::<Int64Type>().values(), true)?,
        DataType::Decimal64(..) => {
            chunk.long(array.as_primitive::<Decimal64Type>().values(), true)?;
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let values = array.as_primitive::<TimestampMicrosecondType>().values();
            chunk.long(values, true)?;
        }
        DataType::Int32 => chunk.short(array.as_primitive::<Int32Type>().values(), true)?,
        DataType::Date32 => chunk.short(array.as_primitive::<Date32Type>().values(), true)?,
        DataType::Int16 => chunk.short(&widened::<Int16Type>(array), true)?,
        DataType::Int8 => chunk.short(&widened::<Int8Type>(array), true)?,
        DataType::Boolean => chunk.bits(array)?,
        DataType::Dictionary(..) => chunk.codes(array)?,
        DataType::Utf8 => {
            let codec = Compression::ZSTD(ZstdLevel::default());
            chunk.strings(array.as_string::<i32>(), codec)?;
        }
        DataType::Binary => {
            // States: a night reads a few of each page, and a codec would cost more than it saves.
            chunk.strings(array.as_binary::<i32>(), Compression::UNCOMPRESSED)?;
        }
        other => {
            return Err(ParquetError::NYI(format!("a column of type {other}")));
        }
    }
    chunk.finish()
}

/// Encodes numbers of 64 bits; `bounds` says whether the least and the largest are kept.
pub(crate) fn encode_long(
    column: &ColumnDescPtr,
    values: &[i64],
    valid: Option<NullBuffer>,
    bounds: bool,
) -> Result<Chunk> {
    let mut chunk = Writer::new(column, values.len(), valid);
    chunk.long(values, bounds)?;
    chunk.finish()
}

/// Encodes numbers of 32 bits.
pub(crate) fn encode_short(column: &ColumnDescPtr, values: &[i32]) -> Result<Chunk> {
    let mut chunk = Writer::new(column, values.len(), None);
    chunk.short(values, false)?;
    chunk.finish()
}

/// Encodes texts as codes that were given in the order of first use, one for each text.
pub(crate) fn encode_coded(column: &ColumnDescPtr, codes: &[u32], texts: &[&str]) -> Result<Chunk> {
    let mut chunk = Writer::new(column, codes.len(), None);
    chunk.coded(codes, texts)?;
    chunk.finish()
}

fn widened<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<i32>
where
    T::Native: Into<i32>,
{
    let values: &[T::Native] = array.as_primitive::<T>().values();
    values.iter().map(|value| (*value).into()).collect()
}

struct Writer<'a> {
    column: &'a ColumnDescPtr,
    rows: usize,
    valid: Option<NullBuffer>,
    optional: bool,
    bloom: bool,
    sink: TrackedWrite<Vec<u8>>,
    /// The page at hand, and its length before a codec.
    page: Vec<u8>,
    plain: usize,
    plain_bytes: usize,
    encoding: Encoding,
    compression: Compression,
    dictionary: Option<u64>,
    first_page: Option<u64>,
    offsets: OffsetIndexBuilder,
    statistics: Option<Statistics>,
    index: Option<ColumnIndexBuilder>,
    filter: Option<Sbbf>,
}

impl<'a> Writer<'a> {
    fn new(column: &'a ColumnDescPtr, rows: usize, valid: Option<NullBuffer>) -> Writer<'a> {
        Writer {
            column,
            rows,
            valid,
            optional: column.max_def_level() > 0,
            bloom: false,
            // Instants take about six bytes; what is too much is never touched.
            sink: TrackedWrite::new(Vec::with_capacity(rows * 7 + 256)),
            page: Vec::new(),
            plain: 0,
            plain_bytes: 0,
            encoding: Encoding::DELTA_BINARY_PACKED,
            compression: Compression::UNCOMPRESSED,
            dictionary: None,
            first_page: None,
            offsets: OffsetIndexBuilder::new(),
            statistics: None,
            index: None,
            filter: None,
        }
    }

    /// The rows of each page.
    fn pages(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let rows = self.rows;
        (0..rows)
            .step_by(PAGE_ROWS)
            .map(move |start| start..(start + PAGE_ROWS).min(rows))
    }

    fn nulls(&self) -> u64 {
        self.valid
            .as_ref()
            .map_or(0, |valid| valid.null_count() as u64)
    }

    /// Begins a page with what says which rows have a value; returns these rows' nulls, if any.
    fn begin(&mut self, rows: &std::ops::Range<usize>) -> Option<NullBuffer> {
        self.page.clear();
        // Pages are about as long as the one before.
        self.page.reserve(self.plain + self.plain / 8 + 64);
        if !self.optional {
            return None;
        }
        let valid = match &self.valid {
            Some(valid) => valid.slice(rows.start, rows.len()),
            None => NullBuffer::new_valid(rows.len()),
        };
        hybrid::encode_validity(&valid, &mut self.page);
        (valid.null_count() > 0).then_some(valid)
    }

    fn end(&mut self, rows: usize) -> Result<()> {
        let page = Page::DataPage {
            buf: self.packed()?,
            num_values: rows as u32,
            encoding: self.encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let offset = self.write(page)?;
        self.first_page.get_or_insert(offset);
        let size = self.sink.bytes_written() as u64 - offset;
        self.offsets.append_row_count(rows as i64);
        self.offsets
            .append_offset_and_size(offset as i64, size as i32);
        Ok(())
    }

    /// The page as it goes into the file.
    fn packed(&mut self) -> Result<bytes::Bytes> {
        self.plain = self.page.len();
        match self.compression {
            Compression::UNCOMPRESSED => Ok(std::mem::take(&mut self.page).into()),
            _ => Ok(zstd::bulk::compress(&self.page, 1)?.into()),
        }
    }

    fn write(&mut self, page: Page) -> Result<u64> {
        let plain = self.plain;
        let page = CompressedPage::new(page, plain);
        let packed = page.compressed_size();
        let spec = SerializedPageWriter::new(&mut self.sink).write_page(page)?;
        self.plain_bytes += spec.bytes_written as usize - packed + plain;
        Ok(spec.offset)
    }

    fn long(&mut self, values: &[i64], bounds: bool) -> Result<()> {
        let mut scratch = Vec::new();
        let mut seen: Option<(i64, i64)> = None;
        for rows in self.pages() {
            let nulls = self.begin(&rows);
            let page = present(&values[rows.clone()], nulls.as_ref(), &mut scratch);
            if bounds {
                seen = widest(seen, page);
            }
            delta::encode_64(page, &mut self.page);
            self.end(rows.len())?;
        }
        let (least, largest) = seen.unzip();
        let nulls = Some(self.nulls());
        self.statistics = Some(Statistics::int64(least, largest, None, nulls, false));
        Ok(())
    }

    fn short(&mut self, values: &[i32], bounds: bool) -> Result<()> {
        let mut scratch = Vec::new();
        let mut seen: Option<(i32, i32)> = None;
        for rows in self.pages() {
            let nulls = self.begin(&rows);
            let page = present(&values[rows.clone()], nulls.as_ref(), &mut scratch);
            if bounds {
                seen = widest(seen, page);
            }
            delta::encode_32(page, &mut self.page);
            self.end(rows.len())?;
        }
        let (least, largest) = seen.unzip();
        let nulls = Some(self.nulls());
        self.statistics = Some(Statistics::int32(least, largest, None, nulls, false));
        Ok(())
    }

    fn bits(&mut self, array: &ArrayRef) -> Result<()> {
        self.encoding = Encoding::PLAIN;
        let values = array.as_boolean();
        let mut seen = (false, false);
        for rows in self.pages() {
            let nulls = self.begin(&rows);
            let mut bits = arrow_buffer::BooleanBufferBuilder::new(rows.len());
            for (at, row) in rows.clone().enumerate() {
                if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(at)) {
                    let value = values.value(row);
                    seen = (seen.0 | !value, seen.1 | value);
                    bits.append(value);
                }
            }
            let bits = bits.finish();
            self.page.extend_from_slice(bits.inner().as_slice());
            self.end(rows.len())?;
        }
        let least = (seen.0 || seen.1).then_some(!seen.0);
        let largest = (seen.0 || seen.1).then_some(seen.1);
        let nulls = Some(self.nulls());
        self.statistics = Some(Statistics::boolean(least, largest, None, nulls, false));
        Ok(())
    }

    fn codes(&mut self, array: &ArrayRef) -> Result<()> {
        let array = array.as_dictionary::<Int32Type>();
        let keys: &[i32] = array.keys().values();
        let texts = array.values().as_string::<i32>();
        // Codes are given anew, in the order of first use, one for each text.
        const UNSEEN: u32 = u32::MAX;
        let mut number_of_key = vec![UNSEEN; texts.len()];
        let mut number_of_text: HashMap<&str, u32> = HashMap::new();
        let mut different: Vec<&str> = Vec::new();
        let mut codes: Vec<u32> = Vec::with_capacity(keys.len());
        for (row, key) in keys.iter().enumerate() {
            if self.valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
                codes.push(0);
                continue;
            }
            let number = &mut number_of_key[*key as usize];
            if *number == UNSEEN {
                let text = texts.value(*key as usize);
                *number = *number_of_text.entry(text).or_insert_with(|| {
                    different.push(text);
                    different.len() as u32 - 1
                });
            }
            codes.push(*number);
        }
        self.coded(&codes, &different)
    }

    fn coded(&mut self, codes: &[u32], different: &[&str]) -> Result<()> {
        self.encoding = Encoding::RLE_DICTIONARY;
        self.page.clear();
        for text in different {
            self.page
                .extend_from_slice(&(text.len() as u32).to_le_bytes());
            self.page.extend_from_slice(text.as_bytes());
        }
        let dictionary = Page::DictionaryPage {
            buf: self.packed()?,
            num_values: different.len() as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        self.dictionary = Some(self.write(dictionary)?);
        let width = hybrid::width(different.len());
        // Bounds are compared by place in the order of the texts, once for each text and not for each row.
        let mut by_text: Vec<u32> = (0..different.len() as u32).collect();
        by_text.sort_by_key(|code| different[*code as usize]);
        let mut ranks = vec![0; different.len()];
        for (rank, code) in (0_u32..).zip(&by_text) {
            ranks[*code as usize] = rank;
        }
        let mut index = ColumnIndexBuilder::new(Type::BYTE_ARRAY);
        let mut scratch = Vec::new();
        for rows in self.pages() {
            let nulls = self.begin(&rows);
            let page = present(&codes[rows.clone()], nulls.as_ref(), &mut scratch);
            self.page.push(width as u8);
            hybrid::encode(page, width, &mut self.page);
            let ranks = page.iter().map(|code| ranks[*code as usize]);
            let bytes = |rank: Option<u32>| {
                rank.map_or_else(Vec::new, |rank| {
                    different[by_text[rank as usize] as usize].into()
                })
            };
            let (least, largest) = (bytes(ranks.clone().min()), bytes(ranks.max()));
            let missing = nulls.as_ref().map_or(0, NullBuffer::null_count);
            let empty = missing == rows.len();
            index.append(empty, least, largest, missing as i64, None);
            self.end(rows.len())?;
        }
        index.set_boundary_order(match by_text.is_sorted() && codes.is_sorted() {
            true => BoundaryOrder::ASCENDING,
            false => BoundaryOrder::UNORDERED,
        });
        self.index = Some(index);
        let bytes =
            |code: Option<&u32>| code.map(|code| ByteArray::from(different[*code as usize]));
        self.statistics = Some(Statistics::byte_array(
            bytes(by_text.first()),
            bytes(by_text.last()),
            None,
            Some(self.nulls()),
            false,
        ));
        Ok(())
    }

    fn strings<T>(&mut self, array: &GenericByteArray<T>, codec: Compression) -> Result<()>
    where
        T: arrow_array::types::ByteArrayType<Offset = i32>,
        T::Native: AsRef<[u8]>,
    {
        self.encoding = Encoding::DELTA_LENGTH_BYTE_ARRAY;
        if self.nulls() < self.rows as u64 {
            self.compression = codec;
        }
        if self.nulls() == self.rows as u64 {
            for rows in self.pages() {
                self.begin(&rows);
                delta::encode_32(&[], &mut self.page);
                self.end(rows.len())?;
            }
            let nulls = Some(self.nulls());
            self.statistics = Some(Statistics::byte_array(None, None, None, nulls, false));
            return Ok(());
        }
        if codec == Compression::UNCOMPRESSED {
            self.sink.inner_mut().reserve_exact(array.values().len());
        }
        let mut bounds: Option<(Vec<u8>, Vec<u8>)> = None;
        if self.bloom {
            let different = (self.rows as u64 - self.nulls()).max(1);
            self.filter = Some(Sbbf::new_with_ndv_fpp(different, 0.01)?);
        }
        let mut lengths: Vec<i32> = Vec::new();
        for rows in self.pages() {
            self.begin(&rows);
            lengths.clear();
            let present = || rows.clone().filter(|row| array.is_valid(*row));
            for row in present() {
                let bytes: &[u8] = array.value(row).as_ref();
                lengths.push(bytes.len() as i32);
                if let Some(filter) = &mut self.filter {
                    filter.insert(bytes);
                    match &mut bounds {
                        None => bounds = Some((bytes.to_vec(), bytes.to_vec())),
                        Some((least, _)) if bytes < least.as_slice() => *least = bytes.to_vec(),
                        Some((_, largest)) if bytes > largest.as_slice() => {
                            *largest = bytes.to_vec();
                        }
                        _ => {}
                    }
                }
            }
            delta::encode_32(&lengths, &mut self.page);
            let length = lengths.iter().map(|length| *length as usize).sum();
            self.page.reserve_exact(length);
            for row in present() {
                self.page.extend_from_slice(array.value(row).as_ref());
            }
            self.end(rows.len())?;
        }
        let (least, largest) = bounds.unzip();
        self.statistics = Some(Statistics::byte_array(
            least.map(ByteArray::from),
            largest.map(ByteArray::from),
            None,
            Some(self.nulls()),
            false,
        ));
        Ok(())
    }

    fn finish(self) -> Result<Chunk> {
        let bytes = self.sink.into_inner()?;
        let mut encodings = vec![Encoding::RLE, self.encoding];
        if self.dictionary.is_some() {
            encodings.push(Encoding::PLAIN);
        }
        let mut metadata = ColumnChunkMetaData::builder(self.column.clone())
            .set_encodings(encodings)
            .set_compression(self.compression)
            .set_num_values(self.rows as i64)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(self.plain_bytes as i64)
            .set_data_page_offset(self.first_page.unwrap_or(0) as i64)
            .set_dictionary_page_offset(self.dictionary.map(|offset| offset as i64));
        if let Some(statistics) = self.statistics {
            metadata = metadata.set_statistics(statistics);
        }
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: self.rows as u64,
            metadata: metadata.build()?,
            bloom_filter: self.filter,
            column_index: self.index.map(ColumnIndexBuilder::build).transpose()?,
            offset_index: Some(self.offsets.build()),
        };
        Ok(Chunk {
            bytes: bytes.into(),
            close,
        })
    }
}

/// Bounds that hold these values too.
fn widest<N: Copy + Ord>(seen: Option<(N, N)>, values: &[N]) -> Option<(N, N)> {
    let first = seen.or_else(|| values.first().map(|value| (*value, *value)))?;
    let widen = |(least, largest): (N, N), value: &N| (least.min(*value), largest.max(*value));
    Some(values.iter().fold(first, widen))
}

/// The values of the rows that have one.
fn present<'a, N: Copy>(
    values: &'a [N],
    nulls: Option<&NullBuffer>,
    scratch: &'a mut Vec<N>,
) -> &'a [N] {
    let Some(nulls) = nulls else {
        return values;
    };
    scratch.clear();
    scratch.extend(nulls.valid_indices().map(|row| values[row]));
    scratch
}

#[cfg(test)]
mod tests;

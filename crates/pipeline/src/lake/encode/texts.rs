//! Pages of texts and of bytes: codes of a dictionary, or lengths and then what they are of.

use super::numbers::present;
use super::pages::{About, Chunk, Pages};
use super::{delta, hybrid};
use arrow_array::types::Int32Type;
use arrow_array::{Array, DictionaryArray, StringArray};
use arrow_buffer::NullBuffer;
use hashbrown::HashMap;
use parquet::basic::{BoundaryOrder, Compression, Encoding, Type};
use parquet::bloom_filter::Sbbf;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::metadata::ColumnIndexBuilder;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

/// Encodes codes that stand for texts; texts must not repeat, and `valid` says which rows have one.
pub(super) fn coded(
    pages: &mut Pages,
    column: &ColumnDescPtr,
    codes: &[u32],
    texts: &[&str],
    valid: Option<&NullBuffer>,
) -> Result<Chunk> {
    pages.dictionary(texts)?;
    let width = hybrid::width(texts.len());
    // Bounds are compared by place in the order of the texts, once for each text and not for each row.
    let mut by_text: Vec<u32> = (0..texts.len() as u32).collect();
    by_text.sort_by_key(|code| texts[*code as usize]);
    let mut ranks = vec![0; texts.len()];
    for (rank, code) in (0_u32..).zip(&by_text) {
        ranks[*code as usize] = rank;
    }
    let ascending = by_text.is_sorted() && codes.is_sorted();
    let mut index = ColumnIndexBuilder::new(Type::BYTE_ARRAY);
    let mut scratch = Vec::new();
    for rows in Pages::cut(codes.len()) {
        let valid = valid.map(|valid| valid.slice(rows.start, rows.len()));
        pages.begin(rows.len(), valid.as_ref());
        let some = present(&codes[rows.clone()], valid.as_ref(), &mut scratch);
        pages.page.push(width as u8);
        hybrid::encode(some, width, &mut pages.page);
        let ranks = || some.iter().map(|code| ranks[*code as usize]);
        let (least, largest) = match ascending {
            true => (some.first().copied(), some.last().copied()),
            false => (ranks().min(), ranks().max()),
        };
        let bytes = |rank: Option<u32>| {
            rank.map_or_else(Vec::new, |rank| {
                texts[by_text[rank as usize] as usize].into()
            })
        };
        let missing = rows.len() - some.len();
        let empty = some.is_empty();
        index.append(empty, bytes(least), bytes(largest), missing as i64, None);
        pages.end(rows.len())?;
    }
    index.set_boundary_order(match ascending {
        true => BoundaryOrder::ASCENDING,
        false => BoundaryOrder::UNORDERED,
    });
    let bytes = |code: Option<&u32>| code.map(|code| ByteArray::from(texts[*code as usize]));
    let statistics = bounds(bytes(by_text.first()), bytes(by_text.last()), pages);
    let about = About {
        statistics: Some(statistics),
        index: Some(index),
        filter: None,
    };
    pages.finish(column, about)
}

/// Encodes texts that have codes already: they are given anew, in the order of first use, one for each text.
pub(super) fn recoded(
    column: &ColumnDescPtr,
    array: &DictionaryArray<Int32Type>,
    known: &StringArray,
) -> Result<Chunk> {
    const UNSEEN: u32 = u32::MAX;
    let keys: &[i32] = array.keys().values();
    let mut number_of_key = vec![UNSEEN; known.len()];
    let mut number_of_text: HashMap<&str, u32> = HashMap::new();
    let mut texts: Vec<&str> = Vec::new();
    let mut codes: Vec<u32> = Vec::with_capacity(keys.len());
    for (row, key) in keys.iter().enumerate() {
        if array.is_null(row) {
            codes.push(0);
            continue;
        }
        let number = &mut number_of_key[*key as usize];
        if *number == UNSEEN {
            let text = known.value(*key as usize);
            *number = *number_of_text.entry(text).or_insert_with(|| {
                texts.push(text);
                texts.len() as u32 - 1
            });
        }
        codes.push(*number);
    }
    let mut pages = Pages::of(column, Encoding::RLE_DICTIONARY);
    coded(&mut pages, column, &codes, &texts, array.nulls())
}

/// Encodes a column without a single value.
pub(super) fn nothing(pages: &mut Pages, column: &ColumnDescPtr, rows: usize) -> Result<Chunk> {
    for rows in Pages::cut(rows) {
        pages.begin(rows.len(), Some(&NullBuffer::new_null(rows.len())));
        delta::encode_32(&[], &mut pages.page);
        pages.end(rows.len())?;
    }
    let about = About {
        statistics: Some(bounds(None, None, pages)),
        ..About::default()
    };
    pages.finish(column, about)
}

/// Encodes bytes that stand one after another, each of its length; every row has some.
pub(super) fn bytes(
    pages: &mut Pages,
    column: &ColumnDescPtr,
    lengths: &[i32],
    mut all: &[u8],
) -> Result<Chunk> {
    for rows in Pages::cut(lengths.len()) {
        pages.begin(rows.len(), None);
        let lengths = &lengths[rows];
        delta::encode_32(lengths, &mut pages.page);
        let length = lengths.iter().map(|length| *length as usize).sum();
        let (these, rest) = all.split_at(length);
        pages.page.extend_from_slice(these);
        all = rest;
        pages.end(lengths.len())?;
    }
    let about = About {
        statistics: Some(bounds(None, None, pages)),
        ..About::default()
    };
    pages.finish(column, about)
}

/// Encodes texts without codes; `bloom` says whether a filter and bounds are made for those who look for one.
pub(super) fn strings(
    column: &ColumnDescPtr,
    array: &StringArray,
    codec: Compression,
    bloom: bool,
) -> Result<Chunk> {
    let mut pages = Pages::of(column, Encoding::DELTA_LENGTH_BYTE_ARRAY);
    if array.null_count() == array.len() {
        return nothing(&mut pages, column, array.len());
    }
    pages.compression = codec;
    let some = (array.len() - array.null_count()) as u64;
    let mut filter = bloom
        .then(|| Sbbf::new_with_ndv_fpp(some, 0.01))
        .transpose()?;
    let mut lengths: Vec<i32> = Vec::new();
    for rows in Pages::cut(array.len()) {
        let valid = array
            .nulls()
            .map(|nulls| nulls.slice(rows.start, rows.len()));
        pages.begin(rows.len(), valid.as_ref());
        let present = || rows.clone().filter(|row| array.is_valid(*row));
        lengths.clear();
        lengths.extend(present().map(|row| array.value_length(row)));
        delta::encode_32(&lengths, &mut pages.page);
        for row in present() {
            let text = array.value(row).as_bytes();
            pages.page.extend_from_slice(text);
            if let Some(filter) = &mut filter {
                filter.insert(text);
            }
        }
        pages.end(rows.len())?;
    }
    let (mut least, mut largest) = (None, None);
    if bloom {
        least = array.iter().flatten().min().map(ByteArray::from);
        largest = array.iter().flatten().max().map(ByteArray::from);
    }
    let about = About {
        statistics: Some(bounds(least, largest, &pages)),
        index: None,
        filter,
    };
    pages.finish(column, about)
}

fn bounds(least: Option<ByteArray>, largest: Option<ByteArray>, pages: &Pages) -> Statistics {
    Statistics::byte_array(least, largest, None, Some(pages.nulls()), false)
}

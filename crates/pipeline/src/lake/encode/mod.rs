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
//!
//! [`encode`] takes arrays. What is written row by row goes into [`filled`] columns, which are packed page by
//! page while their numbers are still in the processor's cache.

mod delta;
pub(crate) mod filled;
mod hybrid;
mod numbers;
mod pages;
mod texts;

pub(crate) use pages::{Chunk, PAGE_ROWS};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};
use numbers::{Number, Numbers};
use pages::{About, Pages};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

/// Encodes a column. `bloom` says whether a Bloom filter is made (texts only).
pub(crate) fn encode(column: &ColumnDescPtr, array: &ArrayRef, bloom: bool) -> Result<Chunk> {
    let long = |values: &[i64]| numbers(column, values, array.nulls());
    let short = |values: &[i32]| numbers(column, values, array.nulls());
    match array.data_type() {
        DataType::Int64 => long(array.as_primitive::<Int64Type>().values()),
        DataType::Decimal64(..) => long(array.as_primitive::<Decimal64Type>().values()),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            long(array.as_primitive::<TimestampMicrosecondType>().values())
        }
        DataType::Int32 => short(array.as_primitive::<Int32Type>().values()),
        DataType::Date32 => short(array.as_primitive::<Date32Type>().values()),
        DataType::Int16 => short(&widened::<Int16Type>(array)),
        DataType::Int8 => short(&widened::<Int8Type>(array)),
        DataType::Boolean => bits(column, array),
        DataType::Dictionary(..) => {
            let array = array.as_dictionary::<Int32Type>();
            texts::recoded(column, array, array.values().as_string::<i32>())
        }
        DataType::Utf8 => {
            let codec = Compression::ZSTD(ZstdLevel::default());
            texts::strings(column, array.as_string::<i32>(), codec, bloom)
        }
        DataType::Binary if array.null_count() == 0 => binary(column, array.as_binary::<i32>()),
        other => Err(ParquetError::NYI(format!("a column of type {other}"))),
    }
}

fn numbers<N: Number>(
    column: &ColumnDescPtr,
    values: &[N],
    valid: Option<&NullBuffer>,
) -> Result<Chunk> {
    let mut numbers = Numbers::new(column.max_def_level() > 0, true);
    for rows in Pages::cut(values.len()) {
        let valid = valid.map(|valid| valid.slice(rows.start, rows.len()));
        numbers.page(&values[rows], valid.as_ref())?;
    }
    numbers.finish(column)
}

fn widened<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<i32>
where
    T::Native: Into<i32>,
{
    let values: &[T::Native] = array.as_primitive::<T>().values();
    values.iter().map(|value| (*value).into()).collect()
}

/// States: a night reads a few of each page, and a codec would cost more than it saves.
fn binary(column: &ColumnDescPtr, array: &BinaryArray) -> Result<Chunk> {
    let lengths: Vec<i32> = array
        .offsets()
        .lengths()
        .map(|length| length as i32)
        .collect();
    let (start, end) = (array.value_offsets()[0], array.value_offsets()[array.len()]);
    let all = &array.value_data()[start as usize..end as usize];
    let mut pages = Pages::of(column, Encoding::DELTA_LENGTH_BYTE_ARRAY);
    texts::bytes(&mut pages, column, &lengths, all)
}

fn bits(column: &ColumnDescPtr, array: &ArrayRef) -> Result<Chunk> {
    let mut pages = Pages::of(column, Encoding::PLAIN);
    let values = array.as_boolean();
    let mut seen = (false, false);
    for rows in Pages::cut(values.len()) {
        let valid = array
            .nulls()
            .map(|nulls| nulls.slice(rows.start, rows.len()));
        pages.begin(rows.len(), valid.as_ref());
        let mut bits = arrow_buffer::BooleanBufferBuilder::new(rows.len());
        for row in rows.clone().filter(|row| array.is_valid(*row)) {
            let value = values.value(row);
            seen = (seen.0 | !value, seen.1 | value);
            bits.append(value);
        }
        let bits = bits.finish();
        pages.page.extend_from_slice(bits.inner().as_slice());
        pages.end(rows.len())?;
    }
    let some = seen.0 || seen.1;
    let (least, largest) = (some.then_some(!seen.0), some.then_some(seen.1));
    let nulls = Some(pages.nulls());
    let about = About {
        statistics: Some(Statistics::boolean(least, largest, None, nulls, false)),
        ..About::default()
    };
    pages.finish(column, about)
}

#[cfg(test)]
mod tests;

//! What is written here must be read back by the Parquet crate, which shares none of this code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::encode;
use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::{Decimal64Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Int16Array, Int32Array, Int64Array,
    PrimitiveArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use proptest::prelude::*;
use std::sync::Arc;

fn file(record: &RecordBatch) -> bytes::Bytes {
    let mut properties = WriterProperties::builder().build();
    add_encoded_arrow_schema_to_metadata(record.schema_ref(), &mut properties);
    let schema = ArrowSchemaConverter::new()
        .convert(record.schema_ref())
        .unwrap();
    let root = schema.root_schema_ptr();
    let mut writer = SerializedFileWriter::new(Vec::new(), root, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (column, array) in schema.columns().iter().zip(record.columns()) {
        let chunk = encode(column, array, true).unwrap();
        group.append_column(&chunk.bytes, chunk.close).unwrap();
    }
    group.close().unwrap();
    writer.into_inner().unwrap().into()
}

fn record(arrays: Vec<ArrayRef>) -> RecordBatch {
    let fields: Vec<Field> = arrays
        .iter()
        .enumerate()
        .map(|(at, array)| {
            Field::new(
                format!("c{at}"),
                array.data_type().clone(),
                array.null_count() > 0,
            )
        })
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn read(file: &bytes::Bytes, selection: Option<RowSelection>) -> Vec<RecordBatch> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
    let mut reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options)
        .unwrap()
        .with_batch_size(1 << 20);
    if let Some(selection) = selection {
        reader = reader.with_row_selection(selection);
    }
    reader.build().unwrap().collect::<Result<_, _>>().unwrap()
}

fn assert_round_trip(arrays: Vec<ArrayRef>) {
    let record = record(arrays);
    let read = read(&file(&record), None);
    assert_eq!(read.len(), 1);
    for (written, read) in record.columns().iter().zip(read[0].columns()) {
        // Codes may differ, texts may not.
        let plain = |array: &ArrayRef| match array.data_type() {
            arrow_schema::DataType::Dictionary(..) => {
                arrow::compute::cast(array, &arrow_schema::DataType::Utf8).unwrap()
            }
            _ => array.clone(),
        };
        assert_eq!(&plain(written), &plain(read));
    }
}

fn texts(values: &[Option<String>]) -> ArrayRef {
    let mut builder = StringDictionaryBuilder::<Int32Type>::new();
    values
        .iter()
        .for_each(|value| builder.append_option(value.as_ref()));
    Arc::new(builder.finish())
}

#[test]
fn numbers_at_the_ends_of_their_range_come_back() {
    let long = vec![i64::MIN, i64::MAX, 0, -1, i64::MIN, i64::MAX, 1];
    let short = vec![i32::MIN, i32::MAX, 0, -1, i32::MIN, i32::MAX, 1];
    let tiny = vec![i16::MIN, i16::MAX, 0, -1, 7, 8, 9];
    assert_round_trip(vec![
        Arc::new(Int64Array::from(long)),
        Arc::new(Int32Array::from(short.clone())),
        Arc::new(Date32Array::from(short)),
        Arc::new(Int16Array::from(tiny)),
    ]);
}

#[test]
fn columns_of_several_pages_come_back_whole_and_in_part() {
    let rows = 20_000_i64;
    let number: Vec<Option<i64>> = (0..rows)
        .map(|at| (at % 3 != 0).then_some(at * at))
        .collect();
    let text: Vec<Option<String>> = (0..rows)
        .map(|at| (at % 7 != 0).then(|| format!("m{}", at / 19)))
        .collect();
    let id: Vec<Option<String>> = (0..rows).map(|at| Some(format!("id-{at}"))).collect();
    let record = record(vec![
        Arc::new(Int64Array::from(number)),
        texts(&text),
        Arc::new(StringArray::from(id)),
        Arc::new(BooleanArray::from_iter(
            (0..rows).map(|at| Some(at % 5 == 0)),
        )),
        Arc::new(BooleanArray::from_iter(
            (0..rows).map(|at| (at > 9_000).then_some(at % 2 == 0)),
        )),
    ]);
    let file = file(&record);
    let part = RowSelection::from(vec![
        RowSelector::skip(8_190),
        RowSelector::select(4),
        RowSelector::skip(9_000),
        RowSelector::select(100),
        RowSelector::skip(20_000 - 8_194 - 9_100),
    ]);
    let found = read(&file, Some(part));
    let found = arrow::compute::concat_batches(&found[0].schema(), &found).unwrap();
    let expected = arrow::compute::concat_batches(
        &record.schema(),
        &[record.slice(8_190, 4), record.slice(17_194, 100)],
    )
    .unwrap();
    for (expected, found) in expected.columns().iter().zip(found.columns()) {
        let plain = |array: &ArrayRef| arrow::compute::cast(array, &arrow_schema::DataType::Utf8);
        assert_eq!(&plain(expected).unwrap(), &plain(found).unwrap());
    }
    assert_round_trip(record.columns().to_vec());
}

#[test]
fn columns_without_any_value_come_back() {
    let none: Vec<Option<i64>> = vec![None; 10_000];
    let no_text: Vec<Option<String>> = vec![None; 10_000];
    assert_round_trip(vec![
        Arc::new(Int64Array::from(none)),
        texts(&no_text),
        Arc::new(StringArray::from(no_text)),
        Arc::new(BooleanArray::from(vec![None; 10_000])),
    ]);
}

#[test]
fn a_bloom_filter_knows_the_texts_of_its_column() {
    let ids: Vec<String> = (0..3_000).map(|at| format!("order-{at}")).collect();
    let record = record(vec![Arc::new(StringArray::from(ids.clone()))]);
    let file = file(&record);
    let metadata = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap();
    let column = metadata.metadata().row_group(0).column(0).clone();
    let filter = parquet::bloom_filter::Sbbf::read_from_column_chunk(&column, &file)
        .unwrap()
        .unwrap();
    assert!(ids.iter().all(|id| filter.check(id.as_str())));
    let wrong = (0..3_000).filter(|at| filter.check(format!("other-{at}").as_str()));
    assert!(wrong.count() < 100);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_column_comes_back(
        numbers in prop::collection::vec(
            prop_oneof![4 => (-5_i64..5).prop_map(Some), 2 => any::<i64>().prop_map(Some), 1 => Just(None)],
            1..700,
        ),
        runs in prop::collection::vec((0_u8..40, 1_usize..40), 1..60),
        blobs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..50),
    ) {
        let decimals = PrimitiveArray::<Decimal64Type>::from(
            numbers.iter().map(|number| number.map(|number| number >> 5)).collect::<Vec<_>>(),
        );
        let decimals = decimals.with_precision_and_scale(18, 2).unwrap();
        let short: Vec<Option<i32>> = numbers.iter().map(|number| number.map(|number| number as i32)).collect();
        let bits: Vec<Option<bool>> = numbers.iter().map(|number| number.map(|number| number % 2 == 0)).collect();
        let time: Vec<i64> = numbers.iter().map(|number| number.unwrap_or(3)).collect();
        assert_round_trip(vec![
            Arc::new(Int64Array::from(numbers)),
            Arc::new(decimals),
            Arc::new(Int32Array::from(short)),
            Arc::new(BooleanArray::from(bits)),
            Arc::new(TimestampMicrosecondArray::from(time).with_timezone("UTC")),
        ]);
        let text: Vec<Option<String>> = runs
            .iter()
            .flat_map(|(code, count)| {
                std::iter::repeat_n((*code > 2).then(|| format!("t{code}")), *count)
            })
            .collect();
        assert_round_trip(vec![texts(&text)]);
        let blobs: Vec<&[u8]> = blobs.iter().map(Vec::as_slice).collect();
        assert_round_trip(vec![Arc::new(BinaryArray::from(blobs))]);
    }
}

//! Every Parquet type that a value may come in.

use super::*;
use arrow_array::types::{Int32Type, UInt8Type};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array,
    DictionaryArray, Int8Array, Int32Array, Int64Array, LargeStringArray, NullArray, StringArray,
    StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow_buffer::i256;
use parquet::arrow::ArrowWriter;
use std::sync::Arc;

/// A Parquet file of these columns.
pub(super) fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns
        .into_iter()
        .map(|(name, values)| (name, values, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn read(program: &Program, columns: Vec<(&str, ArrayRef)>) -> Outcome {
    let outcome = read_in_chunks(program, "x.parquet", &file(columns), CHUNK_ROWS);
    assert_eq!(outcome.ingested.refused, None);
    outcome
}

/// Two orders whose column `name` is this.
fn two(name: &str, values: ArrayRef) -> Outcome {
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2]))),
        ("member", Arc::new(Int32Array::from(vec![70, -7]))),
        ("time", Arc::new(Date32Array::from(vec![20_522, 20_523]))),
    ];
    columns.retain(|(column, _)| *column != name);
    columns.push((name, values));
    read(&orders(), columns)
}

#[test]
fn money_comes_in_integers_decimals_and_texts() {
    let four_and_a_half: [(ArrayRef, &str); 12] = [
        (Arc::new(Int8Array::from(vec![Some(4), None])), "4.00"),
        (Arc::new(UInt64Array::from(vec![Some(4), None])), "4.00"),
        (Arc::new(Int64Array::from(vec![Some(4), None])), "4.00"),
        (decimal(vec![Some(45), None], 10, 1), "4.50"),
        (decimal(vec![Some(450), None], 10, 2), "4.50"),
        (decimal(vec![Some(45_000), None], 38, 4), "4.50"),
        (
            Arc::new(
                Decimal256Array::from(vec![Some(i256::from(4500)), None])
                    .with_precision_and_scale(60, 3)
                    .unwrap(),
            ),
            "4.50",
        ),
        (
            Arc::new(StringArray::from(vec![Some("4.5"), Some("")])),
            "4.50",
        ),
        (
            Arc::new(LargeStringArray::from(vec![Some("4.5"), None])),
            "4.50",
        ),
        (
            Arc::new(StringViewArray::from(vec![Some("4.5"), None])),
            "4.50",
        ),
        (
            Arc::new(BinaryArray::from_opt_vec(vec![Some(b"4.5"), None])),
            "4.50",
        ),
        (
            Arc::new(
                vec![Some("4.5"), None]
                    .into_iter()
                    .collect::<DictionaryArray<Int32Type>>(),
            ),
            "4.50",
        ),
    ];
    for (values, expected) in four_and_a_half {
        let kind = values.data_type().clone();
        let outcome = two("net", values);
        assert_eq!(outcome.rejected, [], "{kind}");
        assert_eq!(outcome.column("order_net"), [expected, "0.00"], "{kind}");
    }
    assert_eq!(
        two("net", Arc::new(NullArray::new(2))).column("order_net"),
        ["0.00", "0.00"]
    );
}

fn decimal(values: Vec<Option<i128>>, precision: u8, scale: i8) -> ArrayRef {
    Arc::new(
        Decimal128Array::from(values)
            .with_precision_and_scale(precision, scale)
            .unwrap(),
    )
}

#[test]
fn what_does_not_fit_is_told_by_row() {
    let too_fine = two("net", decimal(vec![Some(45), Some(45_010)], 38, 4));
    assert_eq!(
        too_fine.codes(),
        [(1, RowCode::TooPrecise), (2, RowCode::TooPrecise)]
    );
    assert_eq!(too_fine.rejected[0].value.as_deref(), Some("0.0045"));
    assert_eq!(
        too_fine.rejected[0].raw.as_deref(),
        Some(r#"{"id":"1","member":"70","net":"0.0045","time":"2026-03-10"}"#)
    );
    let large = two(
        "net",
        Arc::new(Int64Array::from(vec![
            10_000_000_000_000_000,
            9_999_999_999_999_999,
        ])),
    );
    assert_eq!(large.codes(), [(1, RowCode::OutOfRange)]);
    assert_eq!(large.column("order_net"), ["9999999999999999.00"]);
    let large = two("net", Arc::new(UInt64Array::from(vec![u64::MAX, 1])));
    assert_eq!(large.codes(), [(1, RowCode::OutOfRange)]);
    let large = two(
        "net",
        Arc::new(
            Decimal256Array::from(vec![i256::MAX, i256::from(1)])
                .with_precision_and_scale(76, 0)
                .unwrap(),
        ),
    );
    assert_eq!(large.codes(), [(1, RowCode::OutOfRange)]);
}

#[test]
fn minor_units_pass_as_they_are() {
    let mut program = orders();
    let at = |name| index(&program, Kind::Order, false, name);
    let listed = |name, from| SourceColumn {
        minor: true,
        ..listed(at(name), from)
    };
    program.datasets[0].columns = vec![listed("gross", "amount"), listed("discount", "off")];
    let outcome = read(
        &program,
        vec![
            ("id", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef),
            ("member", Arc::new(Int32Array::from(vec![5, 5, 6]))),
            (
                "time",
                Arc::new(TimestampMillisecondArray::from(vec![0, 1, 2]).with_timezone("UTC")),
            ),
            (
                "amount",
                Arc::new(Int64Array::from(vec![1050, 200, 1_000_000_000_000_000_000])),
            ),
            ("off", Arc::new(Int64Array::from(vec![50, 0, 0]))),
        ],
    );
    assert_eq!(outcome.column("order_gross"), ["10.50", "2.00"]);
    assert_eq!(outcome.column("order_net"), ["10.00", "2.00"]);
    assert_eq!(outcome.codes(), [(3, RowCode::OutOfRange)]);
}

#[test]
fn members_are_texts_whatever_type_they_come_in() {
    let cases: Vec<(ArrayRef, [&str; 2])> = vec![
        (Arc::new(Int32Array::from(vec![70, -7])), ["70", "-7"]),
        (
            Arc::new(UInt64Array::from(vec![u64::MAX, 0])),
            ["18446744073709551615", "0"],
        ),
        (
            Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX])),
            ["-9223372036854775808", "9223372036854775807"],
        ),
        (
            Arc::new(StringArray::from(vec!["ann", "bob"])),
            ["ann", "bob"],
        ),
        (
            Arc::new(StringViewArray::from(vec!["ann", "bob"])),
            ["ann", "bob"],
        ),
        (
            Arc::new(LargeStringArray::from(vec!["ann", "bob"])),
            ["ann", "bob"],
        ),
        (
            Arc::new(BinaryArray::from_vec(vec![b"ann", b"bob"])),
            ["ann", "bob"],
        ),
        (
            Arc::new(BooleanArray::from(vec![true, false])),
            ["true", "false"],
        ),
        (decimal(vec![Some(700), Some(-7)], 9, 2), ["7.00", "-0.07"]),
        (
            Arc::new(Date32Array::from(vec![20_522, 0])),
            ["2026-03-10", "1970-01-01"],
        ),
        (
            Arc::new(
                vec!["ann", "bob"]
                    .into_iter()
                    .collect::<DictionaryArray<UInt8Type>>(),
            ),
            ["ann", "bob"],
        ),
    ];
    for (values, expected) in cases {
        let kind = values.data_type().clone();
        let outcome = two("member", values);
        assert_eq!(outcome.column("account"), expected, "{kind}");
    }
}

#[test]
fn empty_or_blank_texts_in_dictionaries_are_missing() {
    let values: DictionaryArray<Int32Type> = vec![Some("ann"), Some(""), Some(" "), None]
        .into_iter()
        .collect();
    let outcome = read(
        &orders(),
        vec![
            (
                "id",
                Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef,
            ),
            ("member", Arc::new(values.clone())),
            ("time", Arc::new(Date32Array::from(vec![0; 4]))),
        ],
    );
    assert_eq!(
        outcome.codes(),
        [2, 3, 4].map(|row| (row, RowCode::MissingValue))
    );
    let outcome = read(
        &orders(),
        vec![
            (
                "id",
                Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef,
            ),
            ("member", Arc::new(Int64Array::from(vec![1; 4]))),
            ("time", Arc::new(Date32Array::from(vec![0; 4]))),
            ("channel", Arc::new(values)),
        ],
    );
    assert_eq!(outcome.column("channel"), ["ann", "-", " ", "-"]);
}

#[test]
fn bytes_in_parquet_that_are_no_text_cost_their_row() {
    let outcome = two(
        "member",
        Arc::new(BinaryArray::from_vec(vec![b"\xff", b"bob"])),
    );
    assert_eq!(outcome.codes(), [(1, RowCode::NotUtf8)]);
    assert_eq!(outcome.column("account"), ["bob"]);
}

#[test]
fn timestamps_are_instants_if_adjusted_to_utc_and_local_otherwise() {
    // 2026-07-10T09:00:00 on the clock of which the zone is asked: summer time, one hour ahead.
    let seconds = 1_783_674_000;
    let cases: Vec<(ArrayRef, &str)> = vec![
        (
            Arc::new(
                TimestampMillisecondArray::from(vec![seconds * 1_000; 2]).with_timezone("UTC"),
            ),
            "2026-07-10T09:00:00Z",
        ),
        (
            Arc::new(
                TimestampMicrosecondArray::from(vec![seconds * 1_000_000 + 1; 2])
                    .with_timezone("+02:00"),
            ),
            "2026-07-10T09:00:00.000001Z",
        ),
        (
            Arc::new(
                TimestampNanosecondArray::from(vec![seconds * 1_000_000_000 + 1_999; 2])
                    .with_timezone("UTC"),
            ),
            "2026-07-10T09:00:00.000001Z",
        ),
        (
            Arc::new(TimestampSecondArray::from(vec![seconds; 2]).with_timezone("UTC")),
            "2026-07-10T09:00:00Z",
        ),
        (
            Arc::new(TimestampMillisecondArray::from(vec![seconds * 1_000; 2])),
            "2026-07-10T08:00:00Z",
        ),
        (
            Arc::new(TimestampNanosecondArray::from(vec![
                seconds * 1_000_000_000;
                2
            ])),
            "2026-07-10T08:00:00Z",
        ),
        (
            Arc::new(Date32Array::from(vec![20_644; 2])),
            "2026-07-09T23:00:00Z",
        ),
        (
            Arc::new(StringArray::from(vec!["2026-07-10T09:00"; 2])),
            "2026-07-10T08:00:00Z",
        ),
        (
            Arc::new(
                vec!["2026-07-10T09:00"; 2]
                    .into_iter()
                    .collect::<DictionaryArray<Int32Type>>(),
            ),
            "2026-07-10T08:00:00Z",
        ),
    ];
    for (values, expected) in cases {
        let kind = values.data_type().clone();
        assert_eq!(two("time", values).column("time"), [expected; 2], "{kind}");
    }
    let outcome = two(
        "time",
        Arc::new(TimestampMicrosecondArray::from(vec![Some(i64::MAX), None])),
    );
    assert_eq!(
        outcome.codes(),
        [(1, RowCode::NotATime), (2, RowCode::MissingValue)]
    );
}

#[test]
fn ids_and_lines_come_in_any_integer_or_text() {
    for values in [
        Arc::new(Int8Array::from(vec![1, 2])) as ArrayRef,
        Arc::new(UInt64Array::from(vec![1, 2])),
        Arc::new(StringArray::from(vec!["1", "2"])),
        Arc::new(
            vec!["1", "2"]
                .into_iter()
                .collect::<DictionaryArray<Int32Type>>(),
        ),
        decimal(vec![Some(1), Some(2)], 5, 0),
    ] {
        let kind = values.data_type().clone();
        let outcome = two("id", values);
        assert_eq!(outcome.column("id_number"), ["1", "2"], "{kind}");
        assert_eq!(outcome.column("id"), ["-", "-"], "{kind}");
    }
}

#[test]
fn truth_values_come_as_booleans_integers_or_texts() {
    for values in [
        Arc::new(BooleanArray::from(vec![false, true])) as ArrayRef,
        Arc::new(Int8Array::from(vec![0, 1])),
        Arc::new(StringArray::from(vec!["no", "yes"])),
    ] {
        let outcome = two("void", values);
        assert_eq!(outcome.codes(), []);
        assert_eq!(outcome.column("void"), ["-", "true"]);
    }
    assert_eq!(
        two("void", Arc::new(Int8Array::from(vec![0, 2]))).codes(),
        [(2, RowCode::NotABoolean)]
    );
}

#[test]
fn days_of_the_year_and_dates_come_from_dates_and_timestamps() {
    let mut program = program(vec![column(Kind::Profile, false, "since", Type::Date)]);
    let mut people = dataset("people", Kind::Profile);
    people.columns = vec![listed(
        index(&program, Kind::Profile, false, "since"),
        "since",
    )];
    program.datasets.push(people);
    // 2024-02-29T23:30Z is the first of March in Dublin only in summer: still February.
    let late: ArrayRef =
        Arc::new(TimestampSecondArray::from(vec![1_709_249_400]).with_timezone("UTC"));
    let outcome = read(
        &program,
        vec![
            ("id", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
            ("member", Arc::new(Int64Array::from(vec![1]))),
            ("time", late.clone()),
            ("birthday", Arc::new(Date32Array::from(vec![19_782]))),
            ("since", late),
        ],
    );
    assert_eq!(outcome.column("profile_birthday"), ["229"]);
    assert_eq!(outcome.column("profile_since"), ["2024-02-29"]);
}

#[test]
fn texts_with_many_different_values_come_through_every_encoding() {
    let rows = 5_000;
    let names: Vec<String> = (0..rows)
        .map(|row| format!("member-{}", row * 7 % 4_999))
        .collect();
    let values: ArrayRef = Arc::new(StringArray::from_iter_values(&names));
    for dictionary in [true, false] {
        let batch = RecordBatch::try_from_iter(vec![
            (
                "id",
                Arc::new(Int64Array::from_iter_values(0..rows)) as ArrayRef,
            ),
            ("member", values.clone()),
            (
                "time",
                Arc::new(Date32Array::from(vec![20_522; rows as usize])),
            ),
        ])
        .unwrap();
        let properties = parquet::file::properties::WriterProperties::builder()
            .set_dictionary_enabled(dictionary)
            .set_max_row_group_row_count(Some(700))
            .build();
        let mut writer =
            ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        let bytes = writer.into_inner().unwrap();
        for at_once in [64, 1_000, CHUNK_ROWS] {
            let outcome = read_in_chunks(&orders(), "x.parquet", &bytes, at_once);
            assert_eq!(outcome.column("account"), names, "{dictionary} {at_once}");
        }
    }
}

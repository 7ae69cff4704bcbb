//! Neither the format nor the place where a chunk ends changes a result.

use super::*;
use arrow_array::builder::{Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use proptest::prelude::*;
use std::sync::Arc;

/// One row as texts; none: empty.
type Row = Vec<Option<String>>;
const COLUMNS: [&str; 9] = [
    "id", "line", "member", "time", "net", "quantity", "total", "channel", "void",
];

fn some(values: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        1 => Just(None),
        12 => proptest::sample::select(values).prop_map(|text| Some(text.to_owned())),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    (
        some(&["1", "1", "2", "3", "x-1", "007"]),
        some(&["1", "2", "3", "4", "0"]),
        some(&["ann", "ann", "bob"]),
        some(&[
            "2026-03-10",
            "2026-03-10",
            "2026-03-29T01:30",
            "2026-03-10T00:00:00Z",
            "soon",
        ]),
        some(&["4.50", "0", "1.005", "-1.00", "12.340"]),
        some(&["1", "2.5", "three"]),
        some(&["9.00", "9", "8.00"]),
        some(&["app", "app", "till", "\"quoted\", with\na line"]),
        some(&["no", "false", "yes"]),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i)| vec![a, b, c, d, e, f, g, h, i])
}

fn as_csv(rows: &[Row]) -> Vec<u8> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).unwrap();
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| cell.as_deref().unwrap_or("")))
            .unwrap();
    }
    writer.into_inner().unwrap()
}

fn as_parquet(rows: &[Row]) -> Vec<u8> {
    let columns = COLUMNS.iter().enumerate().map(|(index, name)| {
        let cells = rows.iter().map(|row| row[index].as_deref());
        // As integers where all are, as a typed writer would have them.
        let array: ArrayRef = if *name == "line" {
            let mut builder = Int64Builder::new();
            cells.for_each(|cell| builder.append_option(cell.map(|cell| cell.parse().unwrap())));
            Arc::new(builder.finish())
        } else {
            let mut builder = StringBuilder::new();
            cells.for_each(|cell| builder.append_option(cell));
            Arc::new(builder.finish())
        };
        (*name, array)
    });
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_max_row_group_row_count(Some(5))
        .build();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// What quarantine says, without where.
fn said(outcome: &Outcome) -> Vec<Rejected> {
    let nowhere = |one: &Rejected| Rejected {
        object: String::new(),
        line: 0,
        ..one.clone()
    };
    outcome.rejected.iter().map(nowhere).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_chunk_size_and_either_format_give_the_same_events_and_rejections(
        rows in proptest::collection::vec(row(), 1..40),
        at_once in 1usize..12,
        lined: bool,
    ) {
        let program = if lined { lined_orders() } else { orders() };
        let text = as_csv(&rows);
        let whole = csv(&program, &text);
        let split = read_in_chunks(&program, "x.csv", &text, at_once);
        prop_assert_eq!(split.rows(), whole.rows());
        prop_assert_eq!(&split.rejected, &whole.rejected);
        let columnar = read_in_chunks(&program, "x.parquet", &as_parquet(&rows), at_once);
        prop_assert_eq!(columnar.ingested.refused.as_ref(), None);
        prop_assert_eq!(columnar.rows(), whole.rows());
        prop_assert_eq!(said(&columnar), said(&whole));
    }
}

#[test]
fn the_generated_rows_contain_what_the_property_is_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    let mut accepted = 0;
    for _ in 0..100 {
        let rows = proptest::collection::vec(row(), 1..40)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let outcome = csv(&lined_orders(), as_csv(&rows));
        accepted += outcome.ingested.accepted;
        seen.extend(outcome.rejected.iter().map(|one| one.code));
    }
    assert!(accepted > 100, "{accepted}");
    for code in [
        RowCode::MissingValue,
        RowCode::NotANumber,
        RowCode::TooPrecise,
        RowCode::OutOfRange,
        RowCode::NotATime,
        RowCode::Negative,
        RowCode::TwoAccounts,
        RowCode::HeaderDiffers,
    ] {
        assert!(seen.contains(&code), "{}", code.text());
    }
}

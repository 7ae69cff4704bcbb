//! How long a row takes. Run with
//! `cargo test --release -p rungs-pipeline -- --ignored --nocapture nanoseconds_per_row`.

use super::*;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, TimestampMillisecondArray};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

const ROWS: i64 = 2_000_000;

/// Member, instant in ms, cents, discount, channel, category.
type Row = (i32, i64, i64, i64, &'static str, &'static str);

/// Orders of 100,000 members.
fn order(row: i64) -> Row {
    let mixed = row.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) as u64 >> 20;
    let pick = |values: [&'static str; 3]| values[(mixed % 3) as usize];
    (
        (mixed % 100_000) as i32,
        1_600_000_000_000 + row * 30_000,
        100 + (mixed % 9_000) as i64,
        (mixed % 100) as i64,
        pick(["app", "web", "till"]),
        pick(["drinks", "food", "beans"]),
    )
}

fn programme() -> Program {
    let mut program = orders();
    let at = |name| index(&program, Kind::Order, false, name);
    let cents = |name, from| SourceColumn {
        minor: true,
        ..listed(at(name), from)
    };
    let columns = vec![cents("gross", "amount"), cents("discount", "discount")];
    program.datasets[0].columns = columns;
    program
}

fn measure(what: &str, path: &Path) -> f64 {
    let program = programme();
    let object = Object {
        dataset: 0,
        name: path.file_name().unwrap().to_str().unwrap().into(),
        path: path.into(),
        bytes: fs::metadata(path).unwrap().len(),
    };
    let mut net = 0i128;
    let begun = Instant::now();
    let took = ingest(
        &program,
        &object,
        &KEY,
        &mut |batch| {
            let column = batch.column_by_name("order_net").unwrap();
            let values = column.as_primitive::<arrow_array::types::Decimal64Type>();
            net += values
                .values()
                .iter()
                .map(|value| i128::from(*value))
                .sum::<i128>();
            Ok(())
        },
        &mut |one| panic!("{one:?}"),
    )
    .unwrap();
    let nanoseconds = begun.elapsed().as_nanos() as f64 / ROWS as f64;
    assert_eq!((took.accepted, took.refused), (ROWS as u64, None));
    let expected = (0..ROWS)
        .map(order)
        .map(|(_, _, cents, off, ..)| i128::from(cents - off));
    assert_eq!(net, expected.sum());
    println!("{what}: {nanoseconds:.0} ns a row");
    nanoseconds
}

#[test]
#[ignore = "measures; meant for a release build"]
fn nanoseconds_per_row() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<_> = (0..ROWS).map(order).collect();
    let words = |word: fn(&Row) -> &'static str| {
        Arc::new(
            rows.iter()
                .map(word)
                .collect::<DictionaryArray<Int32Type>>(),
        ) as ArrayRef
    };
    let columnar = parquet_types::file(vec![
        (
            "id",
            Arc::new(Int64Array::from_iter_values(0..ROWS)) as ArrayRef,
        ),
        (
            "member",
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.0))),
        ),
        (
            "time",
            Arc::new(TimestampMillisecondArray::from_iter_values(
                rows.iter().map(|row| row.1),
            )),
        ),
        (
            "amount",
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.2))),
        ),
        (
            "discount",
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.3))),
        ),
        ("channel", words(|row| row.4)),
        ("category", words(|row| row.5)),
    ]);
    let path = folder.path().join("orders.parquet");
    fs::write(&path, columnar).unwrap();
    let parquet = measure("Parquet", &path);

    let mut text = "id,member,time,amount,discount,channel,category\n".to_owned();
    for (id, (member, at, cents, off, channel, category)) in rows.iter().enumerate() {
        let at = jiff::Timestamp::from_millisecond(*at).unwrap();
        writeln!(
            text,
            "{id},{member},{at},{cents},{off},{channel},{category}"
        )
        .unwrap();
    }
    let path = folder.path().join("orders.csv");
    fs::write(&path, text).unwrap();
    let delimited = measure("CSV", &path);
    if !cfg!(debug_assertions) {
        assert!(
            parquet < 300.0 && delimited < 2_000.0,
            "twice the aim, on a busy machine"
        );
    }
}

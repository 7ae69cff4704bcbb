//! The figures of a report as rows, for who goes on counting: CSV and Parquet. They are made from the report's JSON, so
//! for any night of which it was kept, and every number is the one that stands there.

use crate::lake::error::LakeError;
use crate::trouble::{Trouble, TroubleCode};
use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Int32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use rungs_engine::calendar::{Day, day_from};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Digits after the point of numbers in Parquet: as many as any figure has.
const DIGITS: usize = 9;
/// Digits in all.
const PRECISION: u8 = 38;

/// Names of the columns, in their order. Those from `rung` on say which part of a KPI a row is, and are empty for all of it.
pub const COLUMNS: [&str; 17] = [
    "program",
    "as_of",
    "run",
    "kpi",
    "kind",
    "unit",
    "window",
    "first_day",
    "day_after",
    "value",
    "numerator",
    "denominator",
    "rung",
    "rung_from",
    "rung_to",
    "period",
    "statistic",
];

#[derive(Deserialize)]
struct Report<'a> {
    program: String,
    as_of: String,
    run: Option<i32>,
    #[serde(borrow)]
    kpis: Vec<Row<'a>>,
}

/// Numbers stay the text that they are: no binary float holds them all.
#[derive(Deserialize)]
struct Row<'a> {
    id: String,
    kind: String,
    unit: String,
    window: Window,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow)]
    numerator: &'a RawValue,
    #[serde(borrow)]
    denominator: &'a RawValue,
    by: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Window {
    kind: String,
    from: String,
    before: String,
}

impl Row<'_> {
    fn value(&self) -> Option<&str> {
        self.value.map(RawValue::get).filter(|text| *text != "null")
    }

    /// Which part of the KPI: in the order of the last columns.
    fn part(&self) -> [Option<&str>; 5] {
        ["rung", "from", "to", "k", "statistic"].map(|key| self.by.get(key).map(String::as_str))
    }
}

/// The figures of a report (its JSON) as CSV with a header.
pub fn csv(report: &str) -> Result<String, Trouble> {
    let report = read(report)?;
    let mut to = csv::Writer::from_writer(Vec::new());
    to.write_record(COLUMNS).map_err(unforeseen)?;
    let run = report.run.map(|run| run.to_string()).unwrap_or_default();
    for row in &report.kpis {
        let whole = [
            &report.program,
            &report.as_of,
            &run,
            &row.id,
            &row.kind,
            &row.unit,
            &row.window.kind,
            &row.window.from,
            &row.window.before,
        ];
        let numbers = [
            row.value().unwrap_or_default(),
            row.numerator.get(),
            row.denominator.get(),
        ];
        let part = row.part().map(Option::unwrap_or_default);
        let cells = whole
            .into_iter()
            .map(String::as_str)
            .chain(numbers)
            .chain(part);
        to.write_record(cells).map_err(unforeseen)?;
    }
    String::from_utf8(to.into_inner().map_err(unforeseen)?).map_err(unforeseen)
}

/// The figures of a report (its JSON) as a Parquet file: numbers as decimals of 38 digits, nine of them after the point,
/// days as dates.
pub fn parquet(report: &str) -> Result<Vec<u8>, Trouble> {
    let report = read(report)?;
    let rows = &report.kpis;
    let texts = |of: &dyn Fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let days = |of: &dyn Fn(&Row<'_>) -> Option<Day>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Date32Array>())
    };
    let numbers = |of: &dyn Fn(&Row<'_>) -> Option<String>| -> Result<ArrayRef, Trouble> {
        let units = rows
            .iter()
            .map(|row| of(row).map(|text| units(&text)).transpose());
        let array: Decimal128Array = units.collect::<Result<_, _>>()?;
        let array = array.with_precision_and_scale(PRECISION, DIGITS as i8);
        Ok(Arc::new(array.map_err(unforeseen)?))
    };
    let part = |at: usize| texts(&|row| row.part()[at].map(str::to_owned));
    let runs: ArrayRef = Arc::new(rows.iter().map(|_| report.run).collect::<Int32Array>());
    let columns: [ArrayRef; COLUMNS.len()] = [
        texts(&|_| Some(report.program.clone())),
        days(&|_| day_from(&report.as_of)),
        runs,
        texts(&|row| Some(row.id.clone())),
        texts(&|row| Some(row.kind.clone())),
        texts(&|row| Some(row.unit.clone())),
        texts(&|row| Some(row.window.kind.clone())),
        days(&|row| day_from(&row.window.from)),
        days(&|row| day_from(&row.window.before)),
        numbers(&|row| row.value().map(str::to_owned))?,
        numbers(&|row| Some(row.numerator.get().to_owned()))?,
        numbers(&|row| Some(row.denominator.get().to_owned()))?,
        part(0),
        part(1),
        part(2),
        part(3),
        part(4),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(
        COLUMNS
            .into_iter()
            .zip(columns)
            .map(|(name, column)| (name, column, true)),
    );
    let batch = batch.map_err(unforeseen)?;
    let mut bytes = Vec::new();
    let mut to = ArrowWriter::try_new(&mut bytes, batch.schema(), None).map_err(unforeseen)?;
    to.write(&batch).map_err(unforeseen)?;
    to.close().map_err(unforeseen)?;
    Ok(bytes)
}

fn read(report: &str) -> Result<Report<'_>, Trouble> {
    serde_json::from_str(report)
        .map_err(|cause| LakeError::damaged(Path::new("reports"), cause).into())
}

/// A decimal number in units of the last digit that Parquet keeps.
fn units(text: &str) -> Result<i128, Trouble> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let unlike = || {
        unforeseen(format!(
            "`{text}` is no number with at most {DIGITS} digits after the point"
        ))
    };
    let begins = whole.ends_with(|letter: char| letter.is_ascii_digit());
    if !begins || fraction.len() > DIGITS {
        return Err(unlike());
    }
    format!("{whole}{fraction:0<DIGITS$}")
        .parse()
        .map_err(|_| unlike())
}

fn unforeseen(cause: impl std::fmt::Display) -> Trouble {
    Trouble::new(
        TroubleCode::Unforeseen,
        format!("the figures cannot be written as rows: {cause}"),
        "report this with the output of `rungs report --format json`",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

    const REPORT: &str = r#"{
        "program": "shop, \"the\" best", "as_of": "2026-02-28", "run": 3, "name": "Shop",
        "kpis": [
            {"id": "aov", "kind": "aov", "value": 12.345678901, "numerator": -1234.50, "denominator": 100,
             "unit": "money", "window": {"kind": "month", "from": "2026-02-01", "before": "2026-03-01"}, "by": {}},
            {"id": "moves", "kind": "tier-moves", "value": null, "numerator": 0, "denominator": 0,
             "unit": "ratio", "window": {"kind": "year", "from": "2025-03-01", "before": "2026-03-01"},
             "by": {"from": "silver", "to": "gold"}}
        ]}"#;

    #[test]
    fn rows_of_csv_are_the_numbers_as_they_stand() {
        let expected = "\
program,as_of,run,kpi,kind,unit,window,first_day,day_after,value,numerator,denominator,rung,rung_from,rung_to,period,statistic
\"shop, \"\"the\"\" best\",2026-02-28,3,aov,aov,money,month,2026-02-01,2026-03-01,12.345678901,-1234.50,100,,,,,
\"shop, \"\"the\"\" best\",2026-02-28,3,moves,tier-moves,ratio,year,2025-03-01,2026-03-01,,0,0,,silver,gold,,
";
        assert_eq!(csv(REPORT).unwrap(), expected);
    }

    #[test]
    fn parquet_has_the_same_rows_exactly() {
        let file = bytes::Bytes::from(parquet(REPORT).unwrap());
        let mut batches = ParquetRecordBatchReader::try_new(file, 16).unwrap();
        let batch = batches.next().unwrap().unwrap();
        assert_eq!(batch.num_rows(), 2);
        let number = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap();
            column
                .as_primitive::<arrow_array::types::Decimal128Type>()
                .value_as_string(row)
        };
        assert_eq!(number("value", 0), "12.345678901");
        assert_eq!(number("numerator", 0), "-1234.500000000");
        assert!(batch.column_by_name("value").unwrap().is_null(1));
        let to = batch
            .column_by_name("rung_to")
            .unwrap()
            .as_string::<i32>()
            .clone();
        assert_eq!((to.is_null(0), to.value(1)), (true, "gold"));
    }

    #[test]
    fn a_number_that_is_none_is_said() {
        for text in ["1.1234567890", "1e9", "x", ""] {
            assert!(units(text).is_err(), "{text}");
        }
        assert_eq!(units("-0.5").unwrap(), -500_000_000);
    }
}

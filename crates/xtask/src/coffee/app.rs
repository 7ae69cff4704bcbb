//! The app's months as Parquet, as its event stream would be landed: instants in UTC, amounts as
//! decimals, empty cells as nulls.

use super::Files;
use super::clock::Clock;
use super::records::{Activity, Records};
use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files: `app/<month>.parquet`.
///
/// # Errors
/// What the writer says.
pub fn render(records: &Records, clock: &Clock) -> Result<Files, String> {
    let mut activities: Vec<&Activity> = records.activities.iter().collect();
    activities.sort_by_key(|it| it.at);
    let mut months: BTreeMap<String, Vec<(i64, &Activity)>> = BTreeMap::new();
    for (number, activity) in (1..).zip(activities) {
        let month = months.entry(clock.month(activity.at)).or_default();
        month.push((number, activity));
    }
    months
        .into_iter()
        .map(|(month, rows)| {
            let path = format!("app/{month}.parquet");
            match parquet(&rows) {
                Ok(bytes) => Ok((path, bytes)),
                Err(problem) => Err(format!("cannot write `{path}`: {problem}")),
            }
        })
        .collect()
}

fn parquet(rows: &[(i64, &Activity)]) -> Result<Vec<u8>, String> {
    let field = |name, kind, empty| Field::new(name, kind, empty);
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let schema = Arc::new(Schema::new(vec![
        field("event_id", DataType::Utf8, false),
        field("card", DataType::Utf8, false),
        field("account", DataType::Utf8, false),
        field("at", time, false),
        field("name", DataType::Utf8, false),
        field("value", DataType::Decimal128(9, 2), true),
        field("object", DataType::Utf8, true),
    ]));
    let text = |of: &dyn Fn(&(i64, &Activity)) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let values = rows.iter().map(|(_, it)| it.value.map(i128::from));
    let values = Decimal128Array::from_iter(values)
        .with_precision_and_scale(9, 2)
        .map_err(|error| error.to_string())?;
    let times = rows.iter().map(|(_, it)| it.at);
    let times = TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC");
    let columns: Vec<ArrayRef> = vec![
        text(&|(number, _)| format!("app-{number:06}")),
        text(&|(_, it)| it.who.card.clone()),
        text(&|(_, it)| it.who.account.clone()),
        Arc::new(times),
        text(&|(_, it)| it.name.to_owned()),
        Arc::new(values),
        Arc::new(StringArray::from_iter(rows.iter().map(|(_, it)| it.object))),
    ];
    let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|error| error.to_string())?;
    // Nothing in the file names the version of its writer, so that an update changes no bytes.
    let properties = WriterProperties::builder()
        .set_created_by("rungs sample".to_owned())
        .set_compression(Compression::SNAPPY)
        .build();
    let options = ArrowWriterOptions::new()
        .with_properties(properties)
        .with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema, options)
        .map_err(|error| error.to_string())?;
    writer.write(&batch).map_err(|error| error.to_string())?;
    writer.into_inner().map_err(|error| error.to_string())
}

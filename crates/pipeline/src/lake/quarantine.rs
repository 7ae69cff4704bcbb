//! Table `quarantine`: rows and files that a run refused, and why. A file a run.

use super::cut::Rejected;
use super::error::{At, LakeError};
use super::file::PlainTable;
use super::layout::texts;
use super::manifest::{LakeFile, Manifest, Table};
use super::shape::text_array;
use super::store::Store;
use crate::ingest::Refusal;
use crate::ingest::RowCode;
use crate::schema::text_type;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use rungs_engine::event::Texts;
use rungs_engine::fold::Rejection;
use std::sync::Arc;

/// A row in quarantine.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct QuarantineRow {
    /// Name of the uploaded object in the inbox; empty where an event was refused after the cut, or had waited
    /// since an earlier run.
    pub object: String,
    /// The dataset, of whole events; their id is the `value`.
    pub source: Option<String>,
    /// Line in the file (row of a Parquet file), from 1, where it is known.
    pub line: Option<i64>,
    /// Name of the source column, where the cause lies in one.
    pub column: Option<String>,
    /// Which finding.
    pub code: String,
    /// The cause and the next step.
    pub reason: String,
    /// The value, never of a column declared as personal data; for whole events the id.
    pub value: Option<String>,
    /// The row, so that it can be corrected and submitted again.
    pub raw: Option<String>,
}

impl QuarantineRow {
    /// An event that settlement refused: its dataset, its id, and why.
    pub fn of_event(source: &str, id: &str, why: &Rejection) -> QuarantineRow {
        let (code, reason) = match why {
            Rejection::UnknownOrder(order) => (
                RowCode::UnknownOrder,
                format!(
                    "the account has no order `{order}` before this refund; give the order's id and account as they stand in its file, date the refund after it, or upload the order"
                ),
            ),
            Rejection::OverRefund(order) => (
                RowCode::OverRefund,
                format!(
                    "the refund asks for more than is left of order `{order}`, so it takes nothing; correct its lines, quantities or amounts, or cancel it if it stands twice"
                ),
            ),
            Rejection::TrimmedRefund(order) => (
                RowCode::TrimmedRefund,
                format!(
                    "the refund asks for more than is left of order `{order}`, so only what was left is taken; correct its lines, quantities or amounts, or cancel it if it stands twice"
                ),
            ),
            Rejection::UnknownRedeem(redeem) => (
                RowCode::UnknownRedeem,
                format!(
                    "the account has no redemption `{redeem}` before this un-redeem; give the redemption's id and account as they stand in its file, or upload the redemption"
                ),
            ),
            Rejection::Overflow(rule) => (
                RowCode::Overflow,
                format!(
                    "a number leaves 64 bits in {}, so the event gives nothing; mend the row, and declare `min` and `max` of the columns it is made of",
                    match rule.as_str() {
                        "" => "a metric or condition".to_owned(),
                        rule => format!("`{rule}`"),
                    }
                ),
            ),
            Rejection::WhichWallet => (
                RowCode::WhichWallet,
                "the programme has several wallets, and the row does not say which one it means; name it in the column `wallet`".to_owned(),
            ),
            Rejection::UnknownName(name) => (
                RowCode::UnknownName,
                format!(
                    "the programme has no rung, metric or wallet `{name}`, and a reward no such state; name one that it has"
                ),
            ),
            Rejection::FinerThanMetric(metric) => (
                RowCode::FinerThanMetric,
                format!(
                    "the number is finer than what metric `{metric}` counts in; write one that fits"
                ),
            ),
        };
        QuarantineRow {
            object: String::new(),
            source: Some(source.to_owned()),
            line: None,
            column: None,
            code: code.text().to_owned(),
            reason,
            value: Some(id.to_owned()),
            raw: None,
        }
    }

    /// A row that the cut or settlement refused. It is not repeated here: it still stands in its object.
    pub fn of_cut(object: &str, rejected: &Rejected) -> QuarantineRow {
        QuarantineRow {
            object: object.to_owned(),
            source: Some(rejected.source.clone()),
            line: None,
            column: None,
            code: rejected.reason.code().text().to_owned(),
            reason: rejected.reason.text().to_owned(),
            value: Some(rejected.id.to_string()),
            raw: None,
        }
    }
}

impl QuarantineRow {
    /// A file that was refused whole.
    pub fn of_refused((object, refusal): &(String, Refusal)) -> QuarantineRow {
        QuarantineRow {
            object: object.clone(),
            code: refusal.code.text().to_owned(),
            reason: format!("{}; {}", refusal.message, refusal.help),
            ..QuarantineRow::default()
        }
    }
}

impl From<crate::ingest::Rejected> for QuarantineRow {
    fn from(row: crate::ingest::Rejected) -> QuarantineRow {
        QuarantineRow {
            object: row.object,
            source: None,
            line: i64::try_from(row.line).ok(),
            column: row.column,
            code: row.code.text().to_owned(),
            reason: row.reason,
            value: row.value,
            raw: row.raw,
        }
    }
}

/// Where a row in quarantine stands, without anything of what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As [`QuarantineRow::object`], where it is known.
    pub object: Option<String>,
    /// As [`QuarantineRow::source`].
    pub source: Option<String>,
    /// As [`QuarantineRow::line`].
    pub line: Option<i64>,
    /// As [`QuarantineRow::column`].
    pub column: Option<String>,
}

/// Hands over the code and the place of each row of a table, in its order.
pub fn for_each_place(
    store: &Store,
    file: &LakeFile,
    mut each: impl FnMut(&str, Place),
) -> Result<(), LakeError> {
    let path = store.path(&file.name);
    let damaged = || LakeError::damaged(&path, "not a table of quarantine");
    let names = ["object", "source", "line", "column", "code"];
    for record in PlainTable::read_columns(store, file, Some(&names))? {
        let array = |name: &str| record.column_by_name(name).ok_or_else(damaged);
        let text = |name: &str| texts(array(name)?, &path);
        let (object, source) = (text("object")?, text("source")?);
        let (column, code) = (text("column")?, text("code")?);
        let line = array("line")?.as_primitive_opt::<Int64Type>();
        let line = line.ok_or_else(damaged)?;
        for row in 0..record.num_rows() {
            let own = |texts: &Texts| texts.get(row).map(str::to_owned);
            let place = Place {
                object: own(&object).filter(|name| !name.is_empty()),
                source: own(&source),
                line: line.is_valid(row).then(|| line.value(row)),
                column: own(&column),
            };
            each(code.get(row).unwrap_or_default(), place);
        }
    }
    Ok(())
}

/// Writes what a run refused, sorted; nothing if it refused nothing.
pub fn write_quarantine(
    store: &Store,
    run: u32,
    mut rows: Vec<QuarantineRow>,
) -> Result<Option<LakeFile>, LakeError> {
    rows.sort();
    let name = format!("{}/{run:05}.parquet", Table::Quarantine.folder());
    let path = store.path(&name);
    let coded = |of: &dyn Fn(&QuarantineRow) -> &str| {
        text_array(&Texts::plain(StringArray::from_iter_values(
            rows.iter().map(of),
        )))
        .at(&path)
    };
    let text = |of: &dyn Fn(&QuarantineRow) -> &Option<String>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| of(row).as_deref())
                .collect::<StringArray>(),
        )
    };
    let source: StringArray = rows.iter().map(|row| row.source.as_deref()).collect();
    let column: StringArray = rows.iter().map(|row| row.column.as_deref()).collect();
    let arrays: Vec<ArrayRef> = vec![
        coded(&|row| &row.object)?,
        text_array(&Texts::plain(source)).at(&path)?,
        Arc::new(rows.iter().map(|row| row.line).collect::<Int64Array>()),
        text_array(&Texts::plain(column)).at(&path)?,
        coded(&|row| &row.code)?,
        coded(&|row| &row.reason)?,
        text(&|row| &row.value),
        text(&|row| &row.raw),
    ];
    let schema = Schema::new(vec![
        Field::new("object", text_type(), false),
        Field::new("source", text_type(), true),
        Field::new("line", DataType::Int64, true),
        Field::new("column", text_type(), true),
        Field::new("code", text_type(), false),
        Field::new("reason", text_type(), false),
        Field::new("value", DataType::Utf8, true),
        Field::new("raw", DataType::Utf8, true),
    ]);
    let record = RecordBatch::try_new(Arc::new(schema), arrays).at(&path)?;
    PlainTable::write(store, &name, run, &record)
}

/// What a finished run refused.
pub fn read_quarantine(
    store: &Store,
    manifest: &Manifest,
) -> Result<Vec<QuarantineRow>, LakeError> {
    let mut rows = Vec::new();
    for file in manifest.files(Table::Quarantine) {
        let path = store.path(&file.name);
        let damaged = || LakeError::damaged(&path, "not a table of quarantine");
        for record in PlainTable::read(store, file)? {
            let array = |name: &str| record.column_by_name(name).ok_or_else(damaged);
            let text = |name: &str| texts(array(name)?, &path);
            let (object, source, column) = (text("object")?, text("source")?, text("column")?);
            let (code, reason) = (text("code")?, text("reason")?);
            let (value, raw) = (text("value")?, text("raw")?);
            let line = array("line")?.as_primitive_opt::<Int64Type>();
            let line = line.ok_or_else(damaged)?;
            for row in 0..record.num_rows() {
                let own = |texts: &Texts| texts.get(row).map(str::to_owned);
                rows.push(QuarantineRow {
                    object: own(&object).unwrap_or_default(),
                    source: own(&source),
                    line: line.is_valid(row).then(|| line.value(row)),
                    column: own(&column),
                    code: own(&code).unwrap_or_default(),
                    reason: own(&reason).unwrap_or_default(),
                    value: own(&value),
                    raw: own(&raw),
                });
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::lake::manifest::{FORMAT, Nights};
    use std::collections::BTreeMap;

    #[test]
    fn what_was_refused_is_found_again_in_order_of_object_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path(), "test", 7).unwrap();
        let row = |object: &str, line: Option<i64>, value: Option<&str>| QuarantineRow {
            object: object.to_owned(),
            source: line.is_none().then(|| "till".to_owned()),
            line,
            code: "row/not-a-number".to_owned(),
            reason: "`net` is not a number".to_owned(),
            column: value.map(|_| "net".to_owned()),
            value: value.map(str::to_owned),
            raw: value.map(|value| format!("{{\"net\":\"{value}\"}}")),
        };
        let rows = vec![
            row("b.csv", Some(3), Some("1,5")),
            row("a.csv", Some(12), None),
            row("a.csv", Some(2), None),
        ];
        let file = write_quarantine(&store, 1, rows.clone()).unwrap();
        let manifest = Manifest {
            format: FORMAT,
            run: 1,
            program: "test".to_owned(),
            nights: Nights::of(0, 0),
            versions: vec![],
            settled_by: String::new(),
            names: String::new(),
            objects: vec![],
            counts: BTreeMap::new(),
            files: BTreeMap::from([(Table::Quarantine, file.into_iter().collect())]),
        };
        let mut expected = rows;
        expected.reverse();
        assert_eq!(read_quarantine(&store, &manifest).unwrap(), expected);
        assert_eq!(write_quarantine(&store, 2, vec![]).unwrap(), None);
    }
}

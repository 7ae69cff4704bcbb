//! Table `corrections`: events that changed what was settled, a file for each run that took any in. It
//! answers which event changed an account's past, when that came to be known, and what was known before.

use super::error::{At, LakeError};
use super::file::PlainTable;
use super::layout::texts;
use super::manifest::{LakeFile, Manifest, Table};
use super::shape::text_array;
use super::store::Store;
use crate::schema::{text_type, time_type};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema};
use rungs_engine::calendar::Instant;
use rungs_engine::event::Texts;
use std::sync::Arc;

/// How an event changed what was settled.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Its night was settled without it.
    Late,
    /// Another content of it was settled.
    Revised,
    /// It was settled, and is cancelled.
    Void,
}

impl Change {
    /// As it is stored.
    pub fn text(self) -> &'static str {
        match self {
            Change::Late => "late",
            Change::Revised => "revised",
            Change::Void => "void",
        }
    }
}

/// An event that changed what was settled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Correction {
    /// The account.
    pub account: String,
    /// When it happened, as it is known now.
    pub time: Instant,
    /// Its dataset.
    pub source: String,
    /// Its id.
    pub id: String,
    /// What it did.
    pub change: Change,
    /// What was settled of it: a JSON list with an object for each line; none where it was not known.
    pub before: Option<String>,
    /// What is known of it now.
    pub after: String,
}

/// Writes what a run took in; nothing if there is nothing.
pub fn write_corrections(
    store: &Store,
    run: u32,
    mut rows: Vec<Correction>,
) -> Result<Option<LakeFile>, LakeError> {
    rows.sort();
    let name = format!("{}/{run:05}.parquet", Table::Corrections.folder());
    let path = store.path(&name);
    let coded = |of: &dyn Fn(&Correction) -> &str| {
        let texts = StringArray::from_iter_values(rows.iter().map(of));
        text_array(&Texts::plain(texts)).at(&path)
    };
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.time));
    let before: StringArray = rows.iter().map(|row| row.before.as_deref()).collect();
    let plain = |of: &dyn Fn(&Correction) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let arrays: Vec<ArrayRef> = vec![
        coded(&|row| &row.account)?,
        Arc::new(times.with_timezone("UTC")),
        coded(&|row| &row.source)?,
        plain(&|row| &row.id),
        coded(&|row| row.change.text())?,
        Arc::new(before),
        plain(&|row| &row.after),
    ];
    let schema = Schema::new(vec![
        Field::new("account", text_type(), false),
        Field::new("time", time_type(), false),
        Field::new("source", text_type(), false),
        Field::new("event", DataType::Utf8, false),
        Field::new("change", text_type(), false),
        Field::new("before", DataType::Utf8, true),
        Field::new("after", DataType::Utf8, false),
    ]);
    let record = RecordBatch::try_new(Arc::new(schema), arrays).at(&path)?;
    PlainTable::write(store, &name, run, &record)
}

/// What a finished run took in.
pub fn read_corrections(store: &Store, manifest: &Manifest) -> Result<Vec<Correction>, LakeError> {
    let mut rows = Vec::new();
    for file in manifest.files(Table::Corrections) {
        let path = store.path(&file.name);
        let damaged = || LakeError::damaged(&path, "not a table of corrections");
        for record in PlainTable::read(store, file)? {
            let array = |name: &str| record.column_by_name(name).ok_or_else(damaged);
            let text = |name: &str| texts(array(name)?, &path);
            let (account, source, id) = (text("account")?, text("source")?, text("event")?);
            let (change, before, after) = (text("change")?, text("before")?, text("after")?);
            let time = array("time")?.as_primitive_opt::<TimestampMicrosecondType>();
            let time = time.ok_or_else(damaged)?;
            for row in 0..record.num_rows() {
                let own = |texts: &Texts| texts.get(row).map(str::to_owned);
                let change = own(&change).and_then(|text| {
                    let all = [Change::Late, Change::Revised, Change::Void];
                    all.into_iter().find(|change| change.text() == text)
                });
                rows.push(Correction {
                    account: own(&account).unwrap_or_default(),
                    time: time.value(row),
                    source: own(&source).unwrap_or_default(),
                    id: own(&id).unwrap_or_default(),
                    change: change.ok_or_else(damaged)?,
                    before: own(&before),
                    after: own(&after).unwrap_or_default(),
                });
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::lake::manifest::{FORMAT, Nights};
    use std::collections::BTreeMap;

    #[test]
    fn what_changed_the_past_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path(), "test", 7).unwrap();
        let correction = |account: &str, change: Change, before: Option<&str>| Correction {
            account: account.to_owned(),
            time: 7,
            source: "till".to_owned(),
            id: "r-1".to_owned(),
            change,
            before: before.map(str::to_owned),
            after: "[{}]".to_owned(),
        };
        let rows = vec![
            correction("b", Change::Void, Some("[{\"net\":\"3\"}]")),
            correction("a", Change::Revised, Some("[]")),
            correction("a", Change::Late, None),
        ];
        let file = write_corrections(&store, 1, rows.clone()).unwrap();
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
            files: BTreeMap::from([(Table::Corrections, file.into_iter().collect())]),
        };
        let mut expected = rows;
        expected.sort();
        assert_eq!(read_corrections(&store, &manifest).unwrap(), expected);
        assert_eq!(write_corrections(&store, 2, vec![]).unwrap(), None);
    }
}

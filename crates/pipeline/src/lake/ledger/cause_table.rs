//! The table of causes: what the numbers mean that runs have used.

use super::cause::{Cause, CauseKind, CauseNumbers};
use crate::lake::error::{At, LakeError};
use crate::lake::file::PlainTable;
use crate::lake::manifest::{LakeFile, Manifest, Table};
use crate::lake::store::Store;
use arrow_array::builder::{Int32Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use rungs_engine::ledger::Booking;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Writes the meaning of the numbers that a run has used.
pub fn write_causes(
    store: &Store,
    run: u32,
    numbers: &CauseNumbers,
    used: &[bool],
) -> Result<Option<LakeFile>, LakeError> {
    let mut number = Int32Builder::new();
    let mut line = Int32Builder::new();
    let mut texts: Vec<StringBuilder> = (0..10).map(|_| StringBuilder::new()).collect();
    for cause in (0..).zip(used).filter(|(_, used)| **used).map(|(at, _)| at) {
        let Some(meaning) = numbers.meaning(cause) else {
            continue;
        };
        number.append_value(cause);
        line.append_value(meaning.line as i32);
        let values = [
            Some(meaning.kind.text()),
            Some(meaning.rule_kind.as_str()),
            Some(meaning.rule.as_str()),
            meaning.wallet.as_deref(),
            meaning.source.as_deref(),
            meaning.lot_source.as_deref(),
            Some(meaning.version.as_str()),
            Some(meaning.file.as_str()),
            Some(&meaning.ladder.join(",")),
            meaning.booking.text(),
        ];
        for (text, value) in texts.iter_mut().zip(values) {
            text.append_option(value);
        }
    }
    let name = format!("{}/{run:05}.parquet", Table::Causes.folder());
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(number.finish())];
    arrays.extend(
        texts
            .iter_mut()
            .map(|text| Arc::new(text.finish()) as ArrayRef),
    );
    arrays.push(Arc::new(line.finish()));
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    let schema = Arc::new(Schema::new(vec![
        Field::new("cause", DataType::Int32, false),
        text("kind", false),
        text("rule_kind", false),
        text("rule", false),
        text("wallet", true),
        text("source", true),
        text("lot_source", true),
        text("version", false),
        text("file", false),
        text("ladder", false),
        text("booking", true),
        Field::new("line", DataType::Int32, false),
    ]));
    let record = RecordBatch::try_new(schema, arrays).at(&store.path(&name))?;
    PlainTable::write(store, &name, run, &record)
}

/// The meaning of all numbers that any of these runs has used.
pub(crate) fn read_causes(
    store: &Store,
    manifests: &[Manifest],
) -> Result<BTreeMap<i32, Cause>, LakeError> {
    let mut causes = BTreeMap::new();
    for file in manifests
        .iter()
        .flat_map(|manifest| manifest.files(Table::Causes))
    {
        let path = store.path(&file.name);
        for record in PlainTable::read(store, file)? {
            let damaged = || LakeError::damaged(&path, "not a table of causes");
            let number = |name: &str| {
                let column = record.column_by_name(name)?;
                column.as_primitive_opt::<Int32Type>().cloned()
            };
            let text = |name: &str| record.column_by_name(name)?.as_string_opt::<i32>().cloned();
            let cause = number("cause").ok_or_else(damaged)?;
            let line = number("line").ok_or_else(damaged)?;
            let names = [
                "kind",
                "rule_kind",
                "rule",
                "version",
                "file",
                "ladder",
                "source",
                "lot_source",
                "booking",
                "wallet",
            ];
            let columns: Option<Vec<_>> = names.into_iter().map(text).collect();
            let columns = columns.ok_or_else(damaged)?;
            for row in 0..record.num_rows() {
                let at = |column: usize| {
                    let column = &columns[column];
                    column.is_valid(row).then(|| column.value(row).to_owned())
                };
                let all = |column: usize| at(column).unwrap_or_default();
                let kind = CauseKind::all().find(|kind| kind.text() == all(0));
                let ladder = all(5);
                let booking = at(8);
                let booking = Booking::ALL
                    .iter()
                    .find(|known| known.text() == booking.as_deref());
                causes.insert(
                    cause.value(row),
                    Cause {
                        kind: kind.ok_or_else(damaged)?,
                        booking: *booking.ok_or_else(damaged)?,
                        rule_kind: all(1),
                        rule: all(2),
                        version: all(3),
                        file: all(4),
                        ladder: match ladder.is_empty() {
                            true => Vec::new(),
                            false => ladder.split(',').map(str::to_owned).collect(),
                        },
                        source: at(6),
                        lot_source: at(7),
                        wallet: at(9),
                        line: u32::try_from(line.value(row)).unwrap_or_default(),
                    },
                );
            }
        }
    }
    Ok(causes)
}

//! Parquet files, chunk by chunk: only the columns that the plan needs are decoded.

use super::assemble::{Chunk, Lines};
use super::convert::fits;
use super::discover::unreadable;
use super::finding::{ObjectCode, Refusal};
use super::plan::{Plan, Use};
use super::{Object, Stop};
use crate::schema::text_type;
use crate::trouble::without_prefix;
use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use std::fs::File;
use std::sync::Arc;

/// An open file, its footer read.
pub(super) struct ColumnarFile {
    file: File,
    metadata: ArrowReaderMetadata,
    bytes: u64,
    schema: SchemaRef,
    /// Names of its columns.
    pub header: Vec<String>,
}

/// The rows of an open file.
pub(super) struct ColumnarRows {
    reader: ParquetRecordBatchReader,
    /// Position in the reader's batches of each slot.
    positions: Vec<usize>,
    next_row: u64,
}

impl ColumnarFile {
    /// Opens a file and reads its footer.
    pub(super) fn open(object: &Object) -> Result<ColumnarFile, Stop> {
        let file = File::open(&object.path)
            .map_err(|error| Stop::Trouble(unreadable(&object.path, &error)))?;
        if object.bytes == 0 {
            return Err(Stop::Refused(Refusal::new(
                ObjectCode::Empty,
                "the file is empty",
                "upload it again, or delete it",
            )));
        }
        let metadata = guarded(|| {
            ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(not_parquet)
        })?;
        let schema = metadata.schema().clone();
        let header = schema.fields().iter().map(|field| field.name().clone());
        Ok(ColumnarFile {
            file,
            metadata,
            bytes: object.bytes,
            header: header.collect(),
            schema,
        })
    }

    /// Begins to read the plan's columns, so many rows at a time.
    pub(super) fn rows(self, plan: &Plan<'_>, rows: usize) -> Result<ColumnarRows, Stop> {
        let uses = plan.uses();
        for (slot, of) in &uses {
            let slot = &plan.slots[*slot];
            let kind = self.schema.field(slot.index).data_type();
            if !fits(*of, kind) {
                return Err(Stop::Refused(wrong_type(&slot.name, *of, kind)));
            }
        }
        let mut fields: Vec<Arc<Field>> = self.schema.fields().iter().cloned().collect();
        for (index, slot) in plan.slots.iter().enumerate() {
            let field = &mut fields[slot.index];
            let text = matches!(
                field.data_type(),
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
            );
            let only_text = uses
                .iter()
                .all(|(of, how)| *of != index || *how == Use::Text);
            if text && slot.codes && only_text && !plan.id.contains(&index) {
                *field = Arc::new(field.as_ref().clone().with_data_type(text_type()));
            }
        }
        let coded = Schema::new_with_metadata(fields, self.schema.metadata().clone());
        let options = ArrowReaderOptions::new().with_schema(Arc::new(coded));
        let metadata = ArrowReaderMetadata::try_new(self.metadata.metadata().clone(), options);
        let metadata = metadata.unwrap_or(self.metadata);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file, metadata);
        for group in builder.metadata().row_groups() {
            for column in group.columns() {
                let start = column
                    .dictionary_page_offset()
                    .unwrap_or(column.data_page_offset());
                let end = start.checked_add(column.compressed_size());
                let inside =
                    |end| end >= start && u64::try_from(end).is_ok_and(|end| end <= self.bytes);
                if start < 0 || !end.is_some_and(inside) {
                    return Err(broken("a column lies outside of the file"));
                }
            }
        }
        let mut roots: Vec<usize> = plan.slots.iter().map(|slot| slot.index).collect();
        roots.sort_unstable();
        let positions = plan
            .slots
            .iter()
            .filter_map(|slot| roots.binary_search(&slot.index).ok())
            .collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let reader = guarded(|| {
            let builder = builder.with_projection(mask).with_batch_size(rows);
            builder.build().map_err(broken)
        })?;
        Ok(ColumnarRows {
            reader,
            positions,
            next_row: 1,
        })
    }
}

impl ColumnarRows {
    /// The next rows; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>, Stop> {
        let next = guarded(|| self.reader.next().transpose().map_err(broken))?;
        let Some(batch) = next else {
            return Ok(None);
        };
        let rows = batch.num_rows();
        let first = self.next_row;
        self.next_row += rows as u64;
        let arrays: Vec<ArrayRef> = self
            .positions
            .iter()
            .filter_map(|position| batch.columns().get(*position).cloned())
            .collect();
        Ok(Some(Chunk {
            rows,
            arrays,
            lines: Lines::From(first),
            broken: Vec::new(),
        }))
    }
}

/// Runs a step of the Parquet reader, which panics on some damaged files: those are refused like others that
/// cannot be read, and the reader is not used again.
fn guarded<T>(step: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(step))
        .unwrap_or_else(|_| Err(broken("its inner lengths contradict each other")))
}

fn not_parquet(error: impl std::fmt::Display) -> Stop {
    Stop::Refused(Refusal::new(
        ObjectCode::NotParquet,
        format!(
            "the file cannot be read as Parquet: {}",
            without_prefix(&error.to_string())
        ),
        "upload it again whole, or correct `format` if it is another",
    ))
}

/// A part of the file that cannot be read.
pub(super) fn broken(error: impl std::fmt::Display) -> Stop {
    Stop::Refused(Refusal::new(
        ObjectCode::Unreadable,
        format!(
            "a part of the file cannot be read: {}",
            without_prefix(&error.to_string())
        ),
        "write the file again and upload it; nothing of it was taken",
    ))
}

fn wrong_type(name: &str, of: Use, kind: &DataType) -> Refusal {
    let kind_of_values = match kind {
        DataType::Dictionary(_, values) => values.as_ref(),
        kind => kind,
    };
    let float = kind_of_values.is_floating();
    match of {
        Use::Number { money: true } if float => Refusal::new(
            ObjectCode::FloatMoney,
            format!(
                "the money in `{name}` is in floating-point numbers, which do not hold cents exactly"
            ),
            "write it as decimal, as integer minor units (with `unit = \"minor\"`) or as text",
        ),
        Use::Number { .. } | Use::Text if float => Refusal::new(
            ObjectCode::FloatNumber,
            format!("`{name}` is in floating-point numbers, which are not exact"),
            "write it as decimal, integer or text",
        ),
        _ => {
            let (wanted, help) = match of {
                Use::Text => ("text", "write it as text or integer"),
                Use::Number { .. } => ("number", "write it as decimal, integer or text"),
                Use::Boolean => ("truth value", "write it as boolean or text"),
                Use::Time => (
                    "time",
                    "write it as timestamp or text: counted seconds say neither unit nor zone",
                ),
                Use::Date => ("date", "write it as date or text"),
            };
            Refusal::new(
                ObjectCode::ColumnType,
                format!("`{name}` is of a type from which no {wanted} can be read"),
                help,
            )
        }
    }
}

//! [`Batch`]es as Arrow record batches, ready to be written.

use super::error::{At, LakeError};
use super::layout::{Layout, some_missing};
use arrow_array::types::{Date32Type, Decimal64Type, Int16Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Int32Array, Int64Array, PrimitiveArray,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use rungs_engine::canonical::Kind;
use rungs_engine::event::{Batch, Ids, Texts, Values};
use std::path::Path;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Account,
    Member,
    Time,
    Kind,
    Source,
    IdNumber,
    Id,
    Line,
    Channel,
    Store,
    Column(usize),
}

/// Which columns a file has, and in which of them values are missing.
#[derive(Debug, Clone)]
pub struct Shape {
    parts: Vec<Part>,
    schema: SchemaRef,
}

impl Shape {
    /// The least shape that holds all these batches. `object` says whether the number of the uploaded
    /// object is kept.
    pub fn of<'a>(
        batches: impl IntoIterator<Item = &'a Batch> + Clone,
        layout: &Layout,
        object: bool,
    ) -> Shape {
        // Present in some batch, and missing in some row.
        let over = |column: &dyn Fn(&Batch) -> Option<bool>| {
            let (mut present, mut missing) = (false, false);
            for batch in batches.clone().into_iter().filter(|batch| batch.rows > 0) {
                match column(batch) {
                    Some(nulls) => {
                        present = true;
                        missing |= nulls;
                    }
                    None => missing = true,
                }
            }
            present.then_some(missing)
        };
        let text = crate::schema::text_type();
        let texts = |texts: &Option<Texts>| texts.as_ref().map(|texts| texts.valid.is_some());
        let mut parts = Vec::new();
        let mut fields = Vec::new();
        let mut add = |part: Part, name: &str, data_type: DataType, nullable: Option<bool>| {
            if let Some(nullable) = nullable {
                parts.push(part);
                fields.push(Field::new(name, data_type, nullable));
            }
        };
        add(Part::Account, "account", text.clone(), Some(false));
        let member = over(&|batch| texts(&batch.member));
        add(Part::Member, "member", text.clone(), member);
        add(Part::Time, "time", crate::schema::time_type(), Some(false));
        add(Part::Kind, "kind", text.clone(), Some(false));
        add(Part::Source, "source", text.clone(), Some(false));
        let numbers = over(&|batch| match &batch.id.texts {
            Some(texts) if texts.null_count() == 0 => None,
            texts => Some(texts.is_some()),
        });
        add(Part::IdNumber, "id_number", DataType::Int64, numbers);
        let ids = over(&|batch| batch.id.texts.as_ref().map(|texts| texts.null_count() > 0));
        add(Part::Id, "id", DataType::Utf8, ids);
        add(Part::Line, "line", DataType::Int32, Some(false));
        let channel = over(&|batch| texts(&batch.channel));
        add(Part::Channel, "channel", text.clone(), channel);
        let store = over(&|batch| texts(&batch.store));
        add(Part::Store, "store", text, store);
        for (index, column) in layout.columns().iter().enumerate() {
            if index == layout.object() && !object {
                continue;
            }
            let nullable = over(&|batch| {
                let values = batch.columns.get(index)?.as_ref()?;
                Some(match values {
                    Values::Number { valid, .. } => valid.is_some(),
                    Values::Text(texts) => texts.valid.is_some(),
                })
            });
            let data_type = column.data_type.clone();
            add(Part::Column(index), &column.name, data_type, nullable);
        }
        Shape {
            parts,
            schema: Arc::new(Schema::new(fields)),
        }
    }

    /// The file's schema.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// A batch as a record batch of this shape.
    pub fn record(
        &self,
        batch: &Batch,
        layout: &Layout,
        place: &Path,
    ) -> Result<RecordBatch, LakeError> {
        let arrays = self
            .parts
            .iter()
            .zip(self.schema.fields())
            .map(|(part, field)| array(batch, *part, field, layout))
            .collect::<Result<Vec<_>, _>>()
            .at(place)?;
        RecordBatch::try_new(self.schema.clone(), arrays).at(place)
    }
}

fn array(
    batch: &Batch,
    part: Part,
    field: &Field,
    layout: &Layout,
) -> Result<ArrayRef, arrow_schema::ArrowError> {
    let empty = || arrow_array::new_null_array(field.data_type(), batch.rows);
    let optional = |texts: &Option<Texts>| texts.as_ref().map_or_else(|| Ok(empty()), text_array);
    match part {
        Part::Account => text_array(&batch.account),
        Part::Member => optional(&batch.member),
        Part::Channel => optional(&batch.channel),
        Part::Store => optional(&batch.store),
        Part::Time => Ok(Arc::new(
            TimestampMicrosecondArray::new(batch.time.clone(), None).with_timezone("UTC"),
        )),
        Part::Kind => names(
            batch.kind.iter().map(|kind| i32::from(*kind)),
            Kind::ALL.iter().map(|kind| kind.text()),
        ),
        Part::Source => names(
            batch.source.iter().map(|source| i32::from(*source)),
            layout.datasets().iter().map(String::as_str),
        ),
        Part::IdNumber => Ok(numbers_of(&batch.id)),
        Part::Id => Ok(match &batch.id.texts {
            Some(texts) => Arc::new(texts.clone()),
            None => empty(),
        }),
        Part::Line => Ok(Arc::new(Int32Array::new(batch.line.clone(), None))),
        Part::Column(index) => match batch.columns.get(index).and_then(Option::as_ref) {
            None => Ok(empty()),
            Some(Values::Text(texts)) => text_array(texts),
            Some(Values::Number { values, valid }) => {
                number_array(values, valid.as_ref(), field.data_type())
            }
        },
    }
}

/// Texts as a dictionary array.
pub(crate) fn text_array(texts: &Texts) -> Result<ArrayRef, arrow_schema::ArrowError> {
    let keys = PrimitiveArray::<Int32Type>::new(texts.codes.clone(), texts.valid.clone());
    let values = Arc::new(texts.dictionary.clone());
    Ok(Arc::new(DictionaryArray::try_new(keys, values)?))
}

fn names<'a>(
    codes: impl Iterator<Item = i32>,
    names: impl Iterator<Item = &'a str>,
) -> Result<ArrayRef, arrow_schema::ArrowError> {
    text_array(&Texts {
        codes: codes.collect(),
        valid: None,
        dictionary: StringArray::from_iter_values(names),
    })
}

fn numbers_of(ids: &Ids) -> ArrayRef {
    // A number is missing exactly where there is a text.
    let valid = ids.texts.as_ref().map(|texts| match texts.nulls() {
        Some(nulls) => NullBuffer::new(!nulls.inner()),
        None => NullBuffer::new_null(texts.len()),
    });
    Arc::new(Int64Array::new(
        ids.numbers.clone(),
        some_missing(valid.as_ref()),
    ))
}

fn number_array(
    values: &arrow_buffer::ScalarBuffer<i64>,
    valid: Option<&NullBuffer>,
    data_type: &DataType,
) -> Result<ArrayRef, arrow_schema::ArrowError> {
    let valid = valid.cloned();
    Ok(match data_type {
        DataType::Decimal64(precision, digits) => Arc::new(
            PrimitiveArray::<Decimal64Type>::new(values.clone(), valid)
                .with_precision_and_scale(*precision, *digits)?,
        ),
        DataType::Timestamp(..) => {
            Arc::new(TimestampMicrosecondArray::new(values.clone(), valid).with_timezone("UTC"))
        }
        DataType::Date32 => Arc::new(PrimitiveArray::<Date32Type>::new(
            values.iter().map(|value| *value as i32).collect(),
            valid,
        )),
        DataType::Int16 => Arc::new(PrimitiveArray::<Int16Type>::new(
            values.iter().map(|value| *value as i16).collect(),
            valid,
        )),
        DataType::Boolean => Arc::new(BooleanArray::new(
            values.iter().map(|value| *value != 0).collect(),
            valid,
        )),
        _ => Arc::new(Int64Array::new(values.clone(), valid)),
    })
}

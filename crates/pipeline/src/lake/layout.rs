//! Events between files and settlement: Arrow record batches on one side, [`Batch`]es on the other.
//!
//! A file holds only columns that have a value in it, and a column is nullable in it only if a value is
//! missing: both save a good part of the time to read and write. Columns are found by name, so a column
//! that a later version of the programme adds is simply empty in older files.

use super::error::{At, LakeCode, LakeError};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal64Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, Schema};
use hashbrown::HashMap;
use rungs_engine::canonical::Kind;
use rungs_engine::event::{Batch, Ids, Texts, Values};
use rungs_engine::program::Program;
use std::path::Path;

/// Columns of events that every programme has, as they are named in files.
pub const FIXED_COLUMNS: [&str; 10] = [
    "account",
    "member",
    "time",
    "kind",
    "source",
    "id_number",
    "id",
    "line",
    "channel",
    "store",
];

/// A column that not every programme has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredColumn {
    /// Its name in files.
    pub name: String,
    /// Its type in files.
    pub data_type: DataType,
}

/// The columns of events and the names of datasets. In `Batch::columns` those of the programme come
/// first, in its order; then `revision`, `object` (number of the uploaded object within the run) and
/// `void`; then those that only older files have.
#[derive(Debug, Clone)]
pub struct Layout {
    columns: Vec<StoredColumn>,
    by_name: HashMap<String, usize>,
    datasets: Vec<String>,
    revision: usize,
}

/// What a reader knows of a row group without reading it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// All rows have this kind, by rank.
    pub kind: Option<u8>,
    /// All rows come from this dataset.
    pub source: Option<u16>,
    /// All rows have this line.
    pub line: Option<i32>,
    /// Ids are not needed: rows are numbered instead, each its own event.
    pub without_ids: bool,
}

impl Layout {
    /// The layout of a programme.
    pub fn of(program: &Program) -> Layout {
        let columns = program
            .columns
            .iter()
            .map(|column| (column.stored(), crate::schema::column_type(column)));
        let datasets = program.datasets.iter().map(|dataset| dataset.id.clone());
        Layout::from_parts(columns.collect(), datasets.collect())
    }

    /// A layout of these columns and datasets.
    pub fn from_parts(columns: Vec<(String, DataType)>, datasets: Vec<String>) -> Layout {
        let mut layout = Layout {
            revision: columns.len(),
            columns: Vec::new(),
            by_name: HashMap::new(),
            datasets,
        };
        let own = [
            ("revision".to_owned(), DataType::Int64),
            ("object".to_owned(), DataType::Int64),
            ("void".to_owned(), DataType::Boolean),
        ];
        for (name, data_type) in columns.into_iter().chain(own) {
            layout.add_column(name, data_type);
        }
        layout
    }

    /// Adds what a file has and the programme has not (any more), so that rows can be carried over
    /// without loss.
    pub fn extend(&mut self, schema: &Schema, datasets: &[String]) {
        for field in schema.fields() {
            let name = field.name();
            if !FIXED_COLUMNS.contains(&name.as_str()) && !self.by_name.contains_key(name) {
                self.add_column(name.clone(), field.data_type().clone());
            }
        }
        for dataset in datasets {
            if !self.datasets.contains(dataset) {
                self.datasets.push(dataset.clone());
            }
        }
    }

    fn add_column(&mut self, name: String, data_type: DataType) {
        self.by_name.insert(name.clone(), self.columns.len());
        self.columns.push(StoredColumn { name, data_type });
    }

    /// Says of all rows of a batch from which uploaded object they are, by its number within the run.
    pub fn of_object(&self, batch: &mut Batch, number: u32) {
        batch.columns[self.object()] = Some(Values::Number {
            values: vec![i64::from(number); batch.rows].into(),
            valid: None,
        });
    }

    /// The columns, in the order of `Batch::columns`.
    pub fn columns(&self) -> &[StoredColumn] {
        &self.columns
    }

    /// Index of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Index of the column that holds the revision.
    pub fn revision(&self) -> usize {
        self.revision
    }

    /// Index of the column that holds the number of the uploaded object.
    pub fn object(&self) -> usize {
        self.revision + 1
    }

    /// Index of the column that is true where a row cancels its event.
    pub fn void(&self) -> usize {
        self.revision + 2
    }

    /// The datasets: those of the programme, then others found in files.
    pub fn datasets(&self) -> &[String] {
        &self.datasets
    }

    /// The place of each dataset in the order of their names.
    pub fn source_ranks(&self) -> Vec<u16> {
        let mut order: Vec<u16> = (0..self.datasets.len() as u16).collect();
        order.sort_by_key(|index| &self.datasets[usize::from(*index)]);
        let mut ranks = vec![0; order.len()];
        for (rank, index) in order.into_iter().enumerate() {
            ranks[usize::from(index)] = rank as u16;
        }
        ranks
    }

    /// Index of a dataset.
    pub fn source(&self, name: &str) -> Option<u16> {
        self.datasets
            .iter()
            .position(|dataset| dataset == name)
            .map(|index| index as u16)
    }

    /// A record batch of events as a batch; nothing is copied where types allow it.
    pub fn batch(
        &self,
        record: &RecordBatch,
        known: Known,
        place: &Path,
    ) -> Result<Batch, LakeError> {
        let rows = record.num_rows();
        let column = |name: &str| record.column_by_name(name);
        let missing = |name: &str| LakeError::damaged(place, format!("no column `{name}`"));
        let account = texts(column("account").ok_or_else(|| missing("account"))?, place)?;
        let time = column("time").ok_or_else(|| missing("time"))?;
        let time = time
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(|| LakeError::damaged(place, "column `time` is not an instant"))?;
        let kind = match (known.kind, column("kind")) {
            (Some(kind), _) => vec![kind; rows],
            (None, Some(array)) => coded(&texts(array, place)?, |text| {
                Kind::from_text(text).map(|kind| kind as u8)
            })
            .ok_or_else(|| LakeError::damaged(place, "an event of an unknown kind"))?,
            (None, None) => return Err(missing("kind")),
        };
        let source = match (known.source, column("source")) {
            (Some(source), _) => vec![source; rows],
            (None, Some(array)) => coded(&texts(array, place)?, |text| self.source(text))
                .ok_or_else(|| LakeError::damaged(place, "an event of an unknown dataset"))?,
            (None, None) => return Err(missing("source")),
        };
        let line = match (known.line, column("line")) {
            (Some(line), _) => vec![line; rows].into(),
            (None, Some(array)) => array
                .as_primitive_opt::<Int32Type>()
                .ok_or_else(|| LakeError::damaged(place, "column `line` is not a number"))?
                .values()
                .clone(),
            (None, None) => return Err(missing("line")),
        };
        let id = match known.without_ids {
            true => Ids {
                numbers: (0..rows as i64).collect(),
                texts: None,
            },
            false => ids(column("id_number"), column("id"), rows),
        };
        let optional = |name: &str| match column(name) {
            Some(array) if array.null_count() < rows => texts(array, place).map(Some),
            _ => Ok(None),
        };
        let mut columns = vec![None; self.columns.len()];
        for (field, array) in record.schema().fields().iter().zip(record.columns()) {
            if let Some(index) = self.column(field.name())
                && array.null_count() < rows
            {
                columns[index] = Some(values(array, &self.columns[index], place)?);
            }
        }
        Ok(Batch {
            rows,
            member: optional("member")?,
            channel: optional("channel")?,
            store: optional("store")?,
            account,
            time: time.values().clone(),
            kind: kind.into(),
            source: source.into(),
            id,
            line,
            columns,
        })
    }
}

/// A column of texts, with or without a dictionary in the file.
pub(crate) fn texts(array: &dyn Array, place: &Path) -> Result<Texts, LakeError> {
    if let Some(plain) = array.as_string_opt::<i32>() {
        return Ok(Texts::plain(plain.clone()));
    }
    let coded = array.as_dictionary_opt::<Int32Type>();
    let values = coded.and_then(|coded| coded.values().as_string_opt::<i32>());
    match (coded, values) {
        (Some(coded), Some(values)) if values.null_count() == 0 => Ok(Texts {
            codes: coded.keys().values().clone(),
            valid: some_missing(coded.keys().nulls()),
            dictionary: values.clone(),
        }),
        _ => {
            let plain = arrow::compute::cast(array, &DataType::Utf8).at(place)?;
            match plain.as_string_opt::<i32>() {
                Some(plain) => Ok(Texts::plain(plain.clone())),
                None => Err(LakeError::damaged(place, "a text column without texts")),
            }
        }
    }
}

/// The nulls, if there are any.
pub(crate) fn some_missing(nulls: Option<&NullBuffer>) -> Option<NullBuffer> {
    nulls.filter(|nulls| nulls.null_count() > 0).cloned()
}

/// One small number per row by a table over the dictionary; nothing if a text has none.
fn coded<N: Copy + Default>(texts: &Texts, number: impl Fn(&str) -> Option<N>) -> Option<Vec<N>> {
    let table: Vec<Option<N>> = (0..texts.dictionary.len())
        .map(|code| number(texts.dictionary.value(code)))
        .collect();
    if let [Some(only)] = table.as_slice() {
        return Some(vec![*only; texts.codes.len()]);
    }
    texts
        .codes
        .iter()
        .map(|code| table.get(*code as usize).copied().flatten())
        .collect()
}

fn ids(numbers: Option<&ArrayRef>, texts: Option<&ArrayRef>, rows: usize) -> Ids {
    let texts: Option<StringArray> = texts
        .and_then(|array| array.as_string_opt::<i32>())
        .filter(|array| array.null_count() < rows)
        .cloned();
    let numbers = match numbers.and_then(|array| array.as_primitive_opt::<Int64Type>()) {
        None => vec![0; rows].into(),
        Some(array) => match some_missing(array.nulls()) {
            None => array.values().clone(),
            // Rows of one event must have equal numbers, also where the id is a text.
            Some(valid) => array
                .values()
                .iter()
                .zip(valid.iter())
                .map(|(number, valid)| if valid { *number } else { 0 })
                .collect(),
        },
    };
    Ids { numbers, texts }
}

/// A type as people say it.
fn in_words(data_type: &DataType) -> String {
    match data_type {
        DataType::Dictionary(..) | DataType::Utf8 => "text".to_owned(),
        DataType::Decimal64(_, digits) => format!("a number of {digits} decimals"),
        DataType::Boolean => "true or false".to_owned(),
        DataType::Date32 => "a date".to_owned(),
        DataType::Timestamp(..) => "a time".to_owned(),
        _ => "a whole number".to_owned(),
    }
}

fn values(array: &ArrayRef, column: &StoredColumn, place: &Path) -> Result<Values, LakeError> {
    let changed = || {
        LakeError::new(
            LakeCode::ColumnType,
            place,
            format!(
                "column `{}` is {} in this file and {} in the programme",
                column.name,
                in_words(array.data_type()),
                in_words(&column.data_type)
            ),
            "give the column a new name, or settle again into an empty store",
        )
    };
    let is_text =
        |data_type: &DataType| matches!(data_type, DataType::Dictionary(..) | DataType::Utf8);
    if is_text(&column.data_type) != is_text(array.data_type()) {
        return Err(changed());
    }
    if is_text(&column.data_type) {
        return texts(array, place).map(Values::Text);
    }
    let (numbers, digits): (ScalarBuffer<i64>, i8) = match array.data_type() {
        DataType::Int64 => (array.as_primitive::<Int64Type>().values().clone(), 0),
        DataType::Decimal64(_, digits) => (
            array.as_primitive::<Decimal64Type>().values().clone(),
            *digits,
        ),
        DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, _) => (
            array
                .as_primitive::<TimestampMicrosecondType>()
                .values()
                .clone(),
            0,
        ),
        DataType::Date32 => (widened(array.as_primitive::<Date32Type>().values()), 0),
        DataType::Int16 => (widened(array.as_primitive::<Int16Type>().values()), 0),
        DataType::Boolean => (
            array.as_boolean().values().iter().map(i64::from).collect(),
            0,
        ),
        _ => return Err(changed()),
    };
    let valid = some_missing(array.nulls());
    let wanted = match column.data_type {
        DataType::Decimal64(_, digits) => digits,
        DataType::Int64 if matches!(array.data_type(), DataType::Decimal64(..)) => 0,
        _ if column.data_type == *array.data_type() => digits,
        _ => return Err(changed()),
    };
    let values = rescaled(numbers, valid.as_ref(), digits, wanted).ok_or_else(changed)?;
    Ok(Values::Number { values, valid })
}

fn widened<N: Copy + Into<i64>>(values: &[N]) -> ScalarBuffer<i64> {
    values.iter().map(|value| (*value).into()).collect()
}

/// Numbers of `from` digits after the point as numbers of `to` digits, if all are exact.
fn rescaled(
    values: ScalarBuffer<i64>,
    valid: Option<&NullBuffer>,
    from: i8,
    to: i8,
) -> Option<ScalarBuffer<i64>> {
    if from == to {
        return Some(values);
    }
    let factor = 10_i64.checked_pow(u32::from(from.abs_diff(to)))?;
    let rescale = |(row, value): (usize, &i64)| {
        if valid.is_some_and(|valid| valid.is_null(row)) {
            Some(0)
        } else if to > from {
            value.checked_mul(factor)
        } else {
            (value % factor == 0).then_some(value / factor)
        }
    };
    values
        .iter()
        .enumerate()
        .map(rescale)
        .collect::<Option<Vec<_>>>()
        .map(Into::into)
}

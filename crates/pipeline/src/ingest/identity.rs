//! Ids of events, from one column or several.

use super::convert::{Flaw, Numbers, plain_text};
use super::finding::RowCode;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, DataType};
use rungs_engine::event::EventId;

/// Ids that are numbers have at most 18 digits (see [`EventId`]).
const NUMBERS: std::ops::Range<i64> = 0..1_000_000_000_000_000_000;

/// Ids of a chunk.
#[derive(Debug)]
pub(super) struct Ids {
    /// The number of each row; 0 where the id is a text.
    pub numbers: Vec<i64>,
    /// The text of each row whose id is none; no array if all ids are numbers.
    pub texts: Option<StringArray>,
}

impl Ids {
    /// The text of a row, if its id is no number.
    pub(super) fn text(&self, row: usize) -> Option<&str> {
        let texts = self.texts.as_ref()?;
        texts.is_valid(row).then(|| texts.value(row))
    }

    /// As the two columns of the lake.
    pub(super) fn arrays(self) -> (Int64Array, StringArray) {
        let rows = self.numbers.len();
        match self.texts {
            None => (self.numbers.into(), StringArray::new_null(rows)),
            Some(texts) => {
                let numbers: NullBuffer = (0..rows).map(|row| texts.is_null(row)).collect();
                (Int64Array::new(self.numbers.into(), Some(numbers)), texts)
            }
        }
    }
}

/// Ids made from source columns, joined with `/`. An id of which a part is empty or blank is missing.
pub(super) fn ids(parts: &[&ArrayRef], rows: usize, flaw: Flaw<'_>) -> Result<Ids, ArrowError> {
    if let [part] = parts
        && part.data_type().is_integer()
        && part.data_type() != &DataType::UInt64
    {
        let whole = arrow::compute::cast(part, &DataType::Int64)?;
        let whole = whole.as_primitive::<Int64Type>();
        let given = Numbers {
            values: whole.values().clone(),
            valid: whole.nulls().cloned(),
        };
        return Ok(from_numbers(&given, flaw));
    }
    let parts = parts
        .iter()
        .map(|part| plain_text(part))
        .collect::<Result<Vec<_>, _>>()?;
    let mut joined = String::new();
    let mut builder = Builder::new(rows);
    for row in 0..rows {
        joined.clear();
        let mut missing = parts.is_empty();
        for (index, part) in parts.iter().enumerate() {
            let text = if part.is_valid(row) {
                part.value(row)
            } else {
                ""
            };
            missing |= text.trim().is_empty();
            if index > 0 {
                joined.push('/');
            }
            joined.push_str(text);
        }
        if missing {
            flaw(row, RowCode::MissingValue);
            builder.number(row, 0);
        } else {
            match EventId::of(&joined) {
                EventId::Number(number) => builder.number(row, number),
                EventId::Text(_) => builder.text(row, joined.clone()),
            }
        }
    }
    Ok(builder.finish())
}

fn from_numbers(given: &Numbers, flaw: Flaw<'_>) -> Ids {
    let rows = given.values.len();
    if given.valid.is_none() && given.values.iter().all(|number| NUMBERS.contains(number)) {
        return Ids {
            numbers: given.values.to_vec(),
            texts: None,
        };
    }
    let mut builder = Builder::new(rows);
    for row in 0..rows {
        match given.get(row) {
            Some(number) if NUMBERS.contains(&number) => builder.number(row, number),
            Some(number) => builder.text(row, number.to_string()),
            None => {
                flaw(row, RowCode::MissingValue);
                builder.number(row, 0);
            }
        }
    }
    builder.finish()
}

struct Builder {
    numbers: Vec<i64>,
    texts: Option<Vec<Option<String>>>,
}

impl Builder {
    fn new(rows: usize) -> Builder {
        Builder {
            numbers: vec![0; rows],
            texts: None,
        }
    }

    fn number(&mut self, row: usize, number: i64) {
        self.numbers[row] = number;
    }

    fn text(&mut self, row: usize, text: String) {
        let rows = self.numbers.len();
        self.texts.get_or_insert_with(|| vec![None; rows])[row] = Some(text);
    }

    fn finish(self) -> Ids {
        Ids {
            numbers: self.numbers,
            texts: self.texts.map(StringArray::from),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn ids_are_numbers_or_texts_as_the_engine_reads_them_whatever_the_columns_type() {
        let numbers = [
            0,
            417,
            -5,
            999_999_999_999_999_999,
            1_000_000_000_000_000_000,
            i64::MIN,
        ];
        let integers: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(
            numbers.iter().map(i64::to_string),
        ));
        let none = &mut |row, code| unreachable!("{row} {code:?}");
        for column in [integers, texts] {
            let ids = ids(&[&column], numbers.len(), none).unwrap();
            for (row, number) in numbers.iter().enumerate() {
                let id = match ids.text(row) {
                    Some(text) => EventId::Text(text.into()),
                    None => EventId::Number(ids.numbers[row]),
                };
                assert_eq!(id, EventId::of(&number.to_string()));
            }
        }
    }

    #[test]
    fn an_id_is_joined_and_missing_if_a_part_is_blank() {
        let stores: ArrayRef = Arc::new(StringArray::from(vec![
            Some("D1"),
            Some("D1"),
            None,
            Some(" "),
            Some(" a "),
        ]));
        let receipts: ArrayRef = Arc::new(Int64Array::from(vec![
            Some(7),
            None,
            Some(7),
            Some(7),
            Some(7),
        ]));
        let mut missing = Vec::new();
        let ids = ids(&[&stores, &receipts], 5, &mut |row, code| {
            missing.push((row, code))
        })
        .unwrap();
        assert_eq!(ids.text(0), Some("D1/7"));
        assert_eq!(ids.text(4), Some(" a /7"));
        assert_eq!(missing, [1, 2, 3].map(|row| (row, RowCode::MissingValue)));
    }
}

//! Texts as codes into a dictionary: a text that comes a thousand times is looked at once.

use super::convert::{Numbers, numbers, plain_text};
use super::text_number::push_digits;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType};
use hashbrown::HashMap;
use std::sync::Arc;

/// Texts as codes into a dictionary of texts.
pub(super) type Codes = DictionaryArray<Int32Type>;

/// Texts as codes; an empty text is no value.
pub(super) fn texts(array: &ArrayRef) -> Result<Codes, ArrowError> {
    match array.data_type() {
        DataType::Dictionary(..) => {
            let codes = array.as_dictionary::<Int32Type>();
            // A dictionary that is larger than its use would be carried along and looked through each time.
            if codes.values().len() > 2 * codes.len().max(64) {
                return encode_text(&plain_text(array)?);
            }
            without_empty(codes)
        }
        DataType::UInt64 => encode_text(&plain_text(array)?),
        kind if kind.is_integer() => {
            let numbers = numbers(array, 0, false, &mut |_, _| {})?;
            encode_integers(&numbers)
        }
        _ => encode_text(&plain_text(array)?),
    }
}

fn without_empty(codes: &Codes) -> Result<Codes, ArrowError> {
    let dictionary = codes.values().as_string::<i32>();
    let empty = |code: usize| dictionary.is_null(code) || dictionary.value(code).is_empty();
    if !(0..dictionary.len()).any(empty) {
        return Ok(codes.clone());
    }
    let keys: Int32Array = codes
        .keys()
        .iter()
        .map(|key| key.filter(|key| !empty(*key as usize)))
        .collect();
    let dictionary: StringArray = dictionary
        .iter()
        .map(|text| Some(text.unwrap_or_default()))
        .collect();
    Codes::try_new(keys, Arc::new(dictionary))
}

/// Codes in the order of first appearance.
struct Encoder {
    keys: Vec<i32>,
    valid: Option<Vec<bool>>,
    bytes: Vec<u8>,
    ends: Vec<i32>,
}

impl Encoder {
    fn new(rows: usize) -> Encoder {
        Encoder {
            keys: Vec::with_capacity(rows),
            valid: None,
            bytes: Vec::new(),
            ends: vec![0],
        }
    }

    fn missing(&mut self, rows: usize) {
        self.valid.get_or_insert_with(|| vec![true; rows])[self.keys.len()] = false;
        self.keys.push(0);
    }

    fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> i32 {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len() as i32);
        self.ends.len() as i32 - 2
    }

    fn finish(self) -> Result<Codes, ArrowError> {
        let keys = Int32Array::try_new(self.keys.into(), self.valid.map(NullBuffer::from))?;
        let dictionary =
            StringArray::try_new(OffsetBuffer::new(self.ends.into()), self.bytes.into(), None)?;
        Codes::try_new(keys, Arc::new(dictionary))
    }
}

fn encode_text(texts: &StringArray) -> Result<Codes, ArrowError> {
    let rows = texts.len();
    let mut encoder = Encoder::new(rows);
    let mut known: HashMap<&str, i32> = HashMap::new();
    for row in 0..rows {
        let text = if texts.is_valid(row) {
            texts.value(row)
        } else {
            ""
        };
        if text.is_empty() {
            encoder.missing(rows);
        } else {
            let code = *known
                .entry(text)
                .or_insert_with(|| encoder.add(|bytes| bytes.extend_from_slice(text.as_bytes())));
            encoder.keys.push(code);
        }
    }
    encoder.finish()
}

fn encode_integers(numbers: &Numbers) -> Result<Codes, ArrowError> {
    let rows = numbers.values.len();
    let mut encoder = Encoder::new(rows);
    let mut known: HashMap<i64, i32> = HashMap::with_capacity(rows / 4);
    for row in 0..rows {
        let Some(number) = numbers.get(row) else {
            encoder.missing(rows);
            continue;
        };
        let code = *known
            .entry(number)
            .or_insert_with(|| encoder.add(|bytes| push_digits(number, bytes)));
        encoder.keys.push(code);
    }
    encoder.finish()
}

/// The text of a row.
pub(super) fn text_at(codes: &Codes, row: usize) -> Option<&str> {
    let key = codes.keys();
    key.is_valid(row).then(|| {
        codes
            .values()
            .as_string::<i32>()
            .value(key.value(row) as usize)
    })
}

/// One text for all rows.
pub(super) fn same_text(text: &str, rows: usize) -> Result<Codes, ArrowError> {
    Codes::try_new(
        Int32Array::from(vec![0; rows]),
        Arc::new(StringArray::from(vec![text])),
    )
}

/// Each text replaced by what `change` makes of it.
pub(super) fn map_texts(
    codes: &Codes,
    change: impl Fn(&str) -> String,
) -> Result<Codes, ArrowError> {
    let dictionary: StringArray = codes
        .values()
        .as_string::<i32>()
        .iter()
        .map(|text| text.map(&change))
        .collect();
    Codes::try_new(codes.keys().clone(), Arc::new(dictionary))
}

//! Arrays as they come from a file become numbers, instants and plain texts. What is the same in the file
//! and in the lake is handed on without looking at each row.

use super::finding::RowCode;
use super::plan::Use;
use super::text_number::{boolean, decimal, minor as minor_units, rescale};
use super::text_time::{self, Stamp};
use arrow::compute::cast;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use rungs_engine::calendar::Zone;
use std::sync::Arc;

/// Told of each row that is not what it should be.
pub(super) type Flaw<'a> = &'a mut dyn FnMut(usize, RowCode);

/// Whole numbers, some of them missing.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    pub values: ScalarBuffer<i64>,
    pub valid: Option<NullBuffer>,
}

impl Numbers {
    /// The number of a row.
    pub(super) fn get(&self, row: usize) -> Option<i64> {
        self.valid
            .as_ref()
            .is_none_or(|valid| valid.is_valid(row))
            .then(|| self.values[row])
    }

    /// The same number in every row.
    pub(super) fn same(value: i64, rows: usize) -> Numbers {
        Numbers {
            values: vec![value; rows].into(),
            valid: None,
        }
    }

    /// From one answer for each row.
    pub(super) fn each(
        rows: usize,
        flaw: Flaw<'_>,
        mut read: impl FnMut(usize) -> Result<Option<i64>, RowCode>,
    ) -> Numbers {
        let mut values = vec![0; rows];
        let mut valid: Option<Vec<bool>> = None;
        for (row, value) in values.iter_mut().enumerate() {
            match read(row) {
                Ok(Some(number)) => *value = number,
                other => {
                    valid.get_or_insert_with(|| vec![true; rows])[row] = false;
                    if let Err(code) = other {
                        flaw(row, code);
                    }
                }
            }
        }
        Numbers {
            values: values.into(),
            valid: valid.map(NullBuffer::from),
        }
    }
}

/// Whether values of this type can be used so: never from binary fractions, and only where the meaning is clear.
pub(super) fn fits(of: Use, kind: &DataType) -> bool {
    use DataType as D;
    match kind {
        D::Dictionary(_, values) => fits(of, values),
        D::Null | D::Utf8 | D::LargeUtf8 | D::Utf8View => true,
        D::Binary | D::LargeBinary | D::BinaryView => true,
        D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) | D::Decimal256(..) => {
            matches!(of, Use::Text | Use::Number { .. })
        }
        D::Boolean => matches!(of, Use::Text | Use::Boolean),
        D::Date32 | D::Date64 | D::Timestamp(..) => {
            matches!(of, Use::Text | Use::Time | Use::Date)
        }
        kind if kind.is_integer() => {
            matches!(of, Use::Text | Use::Number { .. } | Use::Boolean)
        }
        _ => false,
    }
}

/// Bytes that should be text, as text, and dictionaries of other things than 32-bit codes of text, without
/// the dictionary; everything else as it is.
pub(super) fn readable(array: &ArrayRef, flaw: Flaw<'_>) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Dictionary(code, values)
            if **code == DataType::Int32 && **values == DataType::Utf8 =>
        {
            Ok(array.clone())
        }
        DataType::Dictionary(_, values) => readable(&cast(array, values)?, flaw),
        DataType::LargeUtf8 | DataType::Utf8View => cast(array, &DataType::Utf8),
        DataType::LargeBinary | DataType::BinaryView => {
            readable(&cast(array, &DataType::Binary)?, flaw)
        }
        DataType::Binary => {
            let bytes = array.as_binary::<i32>();
            if let Ok(text) = StringArray::try_from_binary(bytes.clone()) {
                return Ok(Arc::new(text));
            }
            let text: StringArray = (0..bytes.len())
                .map(|row| {
                    let value = bytes.is_valid(row).then(|| bytes.value(row))?;
                    let text = std::str::from_utf8(value).ok();
                    if text.is_none() {
                        flaw(row, RowCode::NotUtf8);
                    }
                    text
                })
                .collect();
            Ok(Arc::new(text))
        }
        _ => Ok(array.clone()),
    }
}

/// Numbers at `digits` digits after the point; with `minor`, whole numbers that are in these units already.
pub(super) fn numbers(
    array: &ArrayRef,
    digits: u8,
    minor: bool,
    flaw: Flaw<'_>,
) -> Result<Numbers, ArrowError> {
    let to = if minor { 0 } else { i32::from(digits) };
    let text = |text: &str| {
        if minor {
            minor_units(text)
        } else {
            decimal(text, digits)
        }
    };
    Ok(match array.data_type() {
        DataType::Int64 if to == 0 => {
            let array = array.as_primitive::<Int64Type>();
            Numbers {
                values: array.values().clone(),
                valid: array.nulls().cloned(),
            }
        }
        DataType::Int64 => integers::<Int64Type>(array, 0, to, flaw),
        DataType::Int32 => integers::<Int32Type>(array, 0, to, flaw),
        DataType::Int16 => integers::<Int16Type>(array, 0, to, flaw),
        DataType::Int8 => integers::<Int8Type>(array, 0, to, flaw),
        DataType::UInt64 => integers::<UInt64Type>(array, 0, to, flaw),
        DataType::UInt32 => integers::<UInt32Type>(array, 0, to, flaw),
        DataType::UInt16 => integers::<UInt16Type>(array, 0, to, flaw),
        DataType::UInt8 => integers::<UInt8Type>(array, 0, to, flaw),
        DataType::Decimal32(_, from) => {
            integers::<Decimal32Type>(array, i32::from(*from), to, flaw)
        }
        DataType::Decimal64(_, from) => {
            integers::<Decimal64Type>(array, i32::from(*from), to, flaw)
        }
        DataType::Decimal128(_, from) => {
            integers::<Decimal128Type>(array, i32::from(*from), to, flaw)
        }
        DataType::Decimal256(_, from) => {
            let array = array.as_primitive::<Decimal256Type>();
            Numbers::each(array.len(), flaw, |row| {
                let value = array.is_valid(row).then(|| array.value(row).to_i128());
                match value {
                    None => Ok(None),
                    Some(None) => Err(RowCode::OutOfRange),
                    Some(Some(value)) => rescale(value, i32::from(*from), to).map(Some),
                }
            })
        }
        _ => from_text(array, text, flaw)?,
    })
}

fn integers<T: ArrowPrimitiveType>(array: &ArrayRef, from: i32, to: i32, flaw: Flaw<'_>) -> Numbers
where
    T::Native: Into<i128>,
{
    let array = array.as_primitive::<T>();
    let values = array.values();
    let nulls = array.nulls();
    let missing = |row| nulls.is_some_and(|nulls| nulls.is_null(row));
    let same = from == to;
    Numbers::each(array.len(), flaw, |row| {
        let value: i128 = values[row].into();
        if missing(row) {
            Ok(None)
        } else if same {
            i64::try_from(value)
                .map(Some)
                .map_err(|_| RowCode::OutOfRange)
        } else {
            rescale(value, from, to).map(Some)
        }
    })
}

/// 1 and 0.
pub(super) fn booleans(array: &ArrayRef, flaw: Flaw<'_>) -> Result<Numbers, ArrowError> {
    if array.data_type() == &DataType::Boolean {
        let array = array.as_boolean();
        return Ok(Numbers::each(array.len(), flaw, |row| {
            Ok(array.is_valid(row).then(|| i64::from(array.value(row))))
        }));
    }
    if array.data_type().is_integer() {
        let numbers = numbers(array, 0, false, flaw)?;
        return Ok(Numbers::each(array.len(), flaw, |row| {
            match numbers.get(row) {
                Some(0 | 1) | None => Ok(numbers.get(row)),
                Some(_) => Err(RowCode::NotABoolean),
            }
        }));
    }
    from_text(array, boolean, flaw)
}

/// Instants in microseconds. Timestamps that are not adjusted to UTC, dates and texts without an offset are
/// local to `zone`; what is finer than a microsecond is cut off.
pub(super) fn instants(
    array: &ArrayRef,
    zone: &Zone,
    flaw: Flaw<'_>,
) -> Result<Numbers, ArrowError> {
    let checked = |at: Option<i64>| match at {
        Some(at) if text_time::writable(at) => Ok(Some(at)),
        _ => Err(RowCode::NotATime),
    };
    match array.data_type() {
        DataType::Timestamp(unit, adjusted) => {
            let (values, nulls) = ticks(array)?;
            let local = adjusted.is_none();
            Ok(Numbers::each(array.len(), flaw, |row| {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    return Ok(None);
                }
                let micros = micros(values[row], *unit);
                checked(match micros {
                    Some(micros) if local => text_time::local_micros(zone, micros),
                    micros => micros,
                })
            }))
        }
        DataType::Date32 | DataType::Date64 => {
            let days = days(array, zone, flaw)?;
            Ok(Numbers::each(array.len(), flaw, |row| {
                match days.get(row) {
                    Some(day) => checked(text_time::local(zone, day as i32, 0)),
                    None => Ok(None),
                }
            }))
        }
        _ => from_text(
            array,
            |text| match text_time::stamp(text) {
                Some(Stamp::Instant(at)) => checked(Some(at)),
                Some(Stamp::Local(day, micros)) => checked(text_time::local(zone, day, micros)),
                None if text.trim_ascii().is_empty() => Ok(None),
                None => Err(RowCode::NotATime),
            },
            flaw,
        ),
    }
}

/// Days since 1970-01-01. An instant has the date of the zone, a local time its own.
pub(super) fn days(array: &ArrayRef, zone: &Zone, flaw: Flaw<'_>) -> Result<Numbers, ArrowError> {
    const DAY: i64 = 86_400_000_000;
    let checked = |day: i64| {
        if text_time::writable_day(day) {
            Ok(Some(day))
        } else {
            Err(RowCode::NotATime)
        }
    };
    match array.data_type() {
        DataType::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            Ok(Numbers::each(array.len(), flaw, |row| {
                if array.is_valid(row) {
                    checked(i64::from(array.value(row)))
                } else {
                    Ok(None)
                }
            }))
        }
        DataType::Date64 => days(&cast(array, &DataType::Date32)?, zone, flaw),
        DataType::Timestamp(unit, adjusted) => {
            let (values, nulls) = ticks(array)?;
            Ok(Numbers::each(array.len(), flaw, |row| {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    return Ok(None);
                }
                match micros(values[row], *unit).filter(|micros| text_time::writable(*micros)) {
                    None => Err(RowCode::NotATime),
                    Some(micros) if adjusted.is_some() => checked(i64::from(zone.day(micros))),
                    Some(micros) => checked(micros.div_euclid(DAY)),
                }
            }))
        }
        _ => from_text(
            array,
            |text| match text_time::date(text) {
                Some(day) => checked(i64::from(day)),
                None if text.trim_ascii().is_empty() => Ok(None),
                None => Err(RowCode::NotATime),
            },
            flaw,
        ),
    }
}

/// Days of the year, packed, from dates or from texts such as `05-20`.
pub(super) fn month_days(
    array: &ArrayRef,
    zone: &Zone,
    flaw: Flaw<'_>,
) -> Result<Numbers, ArrowError> {
    if array.data_type().is_temporal() {
        let days = days(array, zone, flaw)?;
        return Ok(Numbers::each(array.len(), flaw, |row| {
            Ok(days
                .get(row)
                .map(|day| text_time::month_day_of(day as i32).packed()))
        }));
    }
    from_text(
        array,
        |text| match text_time::month_day(text) {
            Some(day) => Ok(Some(day.packed())),
            None if text.trim_ascii().is_empty() => Ok(None),
            None => Err(RowCode::NotATime),
        },
        flaw,
    )
}

fn ticks(array: &ArrayRef) -> Result<(ScalarBuffer<i64>, Option<NullBuffer>), ArrowError> {
    let ticks = cast(array, &DataType::Int64)?;
    let ticks = ticks.as_primitive::<Int64Type>();
    Ok((ticks.values().clone(), ticks.nulls().cloned()))
}

fn micros(ticks: i64, unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Second => ticks.checked_mul(1_000_000),
        TimeUnit::Millisecond => ticks.checked_mul(1_000),
        TimeUnit::Microsecond => Some(ticks),
        TimeUnit::Nanosecond => Some(ticks.div_euclid(1_000)),
    }
}

fn from_text(
    array: &ArrayRef,
    read: impl Fn(&str) -> Result<Option<i64>, RowCode>,
    flaw: Flaw<'_>,
) -> Result<Numbers, ArrowError> {
    let text = plain_text(array)?;
    let nulls = text.nulls();
    Ok(Numbers::each(text.len(), flaw, |row| {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return Ok(None);
        }
        read(text.value(row))
    }))
}

/// Texts without a dictionary. Other types as they are written in ISO 8601 or in digits.
pub(super) fn plain_text(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    let text = match array.data_type() {
        DataType::Utf8 => array.clone(),
        DataType::Date64 => cast(&cast(array, &DataType::Date32)?, &DataType::Utf8)?,
        DataType::Timestamp(unit, adjusted) => {
            return instant_text(array, *unit, adjusted.is_some());
        }
        _ => cast(array, &DataType::Utf8)?,
    };
    Ok(text.as_string::<i32>().clone())
}

/// Timestamps as text, to the microsecond as everywhere; with `Z` if they are adjusted to UTC.
fn instant_text(
    array: &ArrayRef,
    unit: TimeUnit,
    adjusted: bool,
) -> Result<StringArray, ArrowError> {
    let (ticks, nulls) = ticks(array)?;
    let wall = (0..array.len()).map(|row| {
        let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        let at = micros(ticks[row], unit).filter(|_| valid)?;
        let at = jiff::Timestamp::from_microsecond(at).ok()?;
        let text = at.to_string();
        Some(if adjusted {
            text
        } else {
            text.trim_end_matches('Z').to_owned()
        })
    });
    Ok(wall.collect())
}

//! What the programme demands of values, beyond that they can be read.

use super::codes::{Codes, text_at};
use super::convert::Numbers;
use super::finding::RowCode;
use super::plan::{Plan, Source};
use super::reject::{Fault, Faults};
use super::text_number::decimal;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use rungs_engine::canonical::Type;
use rungs_engine::program::Column;

/// Every row has a value.
pub(super) fn required(numbers: &Numbers, slot: usize, plan: &Plan<'_>, faults: &mut Faults) {
    if let Some(valid) = numbers
        .valid
        .as_ref()
        .filter(|valid| valid.null_count() > 0)
    {
        let name = &plan.slots[slot].name;
        for row in (0..valid.len()).filter(|row| valid.is_null(*row)) {
            faults.add(row, Fault::of(RowCode::MissingValue, name, Some(slot)));
        }
    }
}

/// Every row has a text that is not blank.
pub(super) fn not_blank(codes: &Codes, slot: usize, plan: &Plan<'_>, faults: &mut Faults) {
    let dictionary = codes.values().as_string::<i32>();
    let blank = |text: Option<&str>| text.is_none_or(|text| text.trim().is_empty());
    if codes.keys().null_count() == 0 && !dictionary.iter().any(blank) {
        return;
    }
    let name = &plan.slots[slot].name;
    for row in (0..codes.len()).filter(|row| blank(text_at(codes, *row))) {
        faults.add(row, Fault::of(RowCode::MissingValue, name, Some(slot)));
    }
}

/// Texts are there if required, and among the declared values.
pub(super) fn texts(codes: &Codes, source: &Source, plan: &Plan<'_>, faults: &mut Faults) {
    let name = &plan.slots[source.slot].name;
    if source.required && codes.keys().null_count() > 0 {
        for row in (0..codes.len()).filter(|row| codes.keys().is_null(*row)) {
            faults.add(
                row,
                Fault::of(RowCode::MissingValue, name, Some(source.slot)),
            );
        }
    }
    if let Some(values) = &source.values {
        let fault = || Fault::not_allowed(name, values, source.slot);
        only(
            codes,
            |text| values.iter().any(|value| value == text),
            fault,
            faults,
        );
    }
}

/// Currencies are the programme's.
pub(super) fn currency(codes: &Codes, source: &Source, plan: &Plan<'_>, faults: &mut Faults) {
    let name = &plan.slots[source.slot].name;
    let own = &plan.program.currency;
    let fault = || Fault::other_currency(name, own, source.slot);
    only(codes, |text| text.eq_ignore_ascii_case(own), fault, faults);
}

fn only(
    codes: &Codes,
    allowed: impl Fn(&str) -> bool,
    fault: impl Fn() -> Fault,
    faults: &mut Faults,
) {
    let dictionary = codes.values().as_string::<i32>();
    let fine: Vec<bool> = dictionary
        .iter()
        .map(|text| text.is_none_or(&allowed))
        .collect();
    if fine.iter().all(|fine| *fine) {
        return;
    }
    for (row, key) in codes.keys().iter().enumerate() {
        if key.is_some_and(|key| !fine[key as usize]) {
            faults.add(row, fault());
        }
    }
}

/// Numbers are there if required, not below zero where that has no meaning, in their range, and among the
/// declared values.
pub(super) fn numbers(
    numbers: &Numbers,
    source: &Source,
    column: &Column,
    plan: &Plan<'_>,
    faults: &mut Faults,
) {
    if source.required {
        required(numbers, source.slot, plan, faults);
    }
    let name = &plan.slots[source.slot].name;
    let (low, high) = (source.low, source.high);
    let least = if source.sign { low.max(0) } else { low };
    let within = |value: i64| least <= value && value <= high;
    // Whatever stands where there is no value may be out of range: then each row is looked at.
    if (least > i64::MIN || high < i64::MAX) && !numbers.values.iter().all(|value| within(*value)) {
        for row in 0..numbers.values.len() {
            if let Some(value) = numbers.get(row).filter(|value| !within(*value)) {
                let code = if value < 0 && source.sign {
                    RowCode::Negative
                } else {
                    RowCode::OutOfRange
                };
                faults.add(row, Fault::number(code, name, source, column));
            }
        }
    }
    let counted = matches!(
        column.kind_of_value,
        Type::Integer | Type::Decimal | Type::Money
    );
    if let Some(values) = source.values.as_ref().filter(|_| counted) {
        let allowed: Vec<i64> = values
            .iter()
            .filter_map(|value| decimal(value, column.digits).ok().flatten())
            .collect();
        for row in 0..numbers.values.len() {
            if numbers
                .get(row)
                .is_some_and(|value| !allowed.contains(&value))
            {
                faults.add(row, Fault::not_allowed(name, values, source.slot));
            }
        }
    }
}

//! Filters of the templates: each takes a text of the report and gives what the reader sees.

use crate::decimal::Decimal;
use crate::error::PageError;
use crate::figures::Window;
use crate::forms::{Forms, grouped, pixels, short};
use crate::queries;
use minijinja::{Environment, Error, Value};
use std::sync::Arc;

/// Adds all filters.
pub(crate) fn add(environment: &mut Environment<'_>, forms: &Arc<Forms>) {
    let own = || Arc::clone(forms);
    environment.add_filter("num", |number: &Value| -> Result<String, Error> {
        Ok(grouped(decimal(number)?)?)
    });
    let forms = own();
    environment.add_filter("money", move |amount: &Value| -> Result<String, Error> {
        Ok(forms.money(decimal(amount)?)?)
    });
    let forms = own();
    environment.add_filter(
        "value",
        move |value: &Value, unit: &str| -> Result<String, Error> {
            let known = if value.is_none() {
                None
            } else {
                Some(decimal(value)?)
            };
            Ok(forms.value(known, unit)?)
        },
    );
    let forms = own();
    environment.add_filter(
        "signed",
        move |value: &Value, unit: &str, language: &str| -> Result<String, Error> {
            Ok(forms.signed(decimal(value)?, unit, language)?)
        },
    );
    let forms = own();
    environment.add_filter(
        "distance",
        move |value: &Value, unit: &str, language: &str| -> Result<String, Error> {
            Ok(forms.distance(decimal(value)?, unit, language)?)
        },
    );
    let forms = own();
    environment.add_filter(
        "tick",
        move |value: &Value, unit: &str| -> Result<String, Error> {
            Ok(forms.tick(decimal(value)?, unit)?)
        },
    );
    let forms = own();
    environment.add_filter(
        "date",
        move |day: &str, language: &str| -> Result<String, Error> {
            Ok(forms.date(day, language)?)
        },
    );
    let forms = own();
    environment.add_filter(
        "month",
        move |day: &str, language: &str| -> Result<String, Error> {
            Ok(forms.month(day, language)?)
        },
    );
    let forms = own();
    environment.add_filter(
        "day",
        move |day: &str, language: &str| -> Result<String, Error> { Ok(forms.day(day, language)?) },
    );
    let forms = own();
    environment.add_filter(
        "window",
        move |window: &Value, language: &str, short: Option<bool>| -> Result<String, Error> {
            Ok(forms.window(&Window::of(window)?, language, short.unwrap_or(false))?)
        },
    );
    let forms = own();
    environment.add_filter(
        "rung",
        move |rung: &str, language: &str| -> Result<String, Error> {
            Ok(forms.rung(rung, language)?.to_owned())
        },
    );
    let forms = own();
    environment.add_filter("place", move |rung: &str| forms.place(rung));
    environment.add_filter("sign", |number: &Value| -> Result<i64, Error> {
        let number = Decimal::of(decimal(number)?)?;
        Ok(i64::from(number.units > 0) - i64::from(number.units < 0))
    });
    environment.add_filter("of_wallet", |query: &str, wallet: Option<&str>| {
        queries::of_wallet(query, wallet)
    });
    environment.add_filter("short", |text: &str| short(text));
    environment.add_filter("px", pixels);
}

/// The text of a decimal; what is missing is no number.
pub(crate) fn decimal(value: &Value) -> Result<&str, PageError> {
    value
        .as_str()
        .ok_or_else(|| PageError::number(&value.to_string()))
}

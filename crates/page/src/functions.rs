//! Functions of the templates: texts, exact arithmetic, scales and queries.

use crate::axis::Axis;
use crate::decimal::Decimal;
use crate::error::PageError;
use crate::figures::Window;
use crate::filters::decimal;
use crate::forms::Forms;
use crate::queries;
use crate::templates::escaped;
use crate::texts::filled;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, Value};
use std::sync::Arc;

/// Adds all functions.
pub(crate) fn add(environment: &mut Environment<'_>, forms: &Arc<Forms>, report: &Value) {
    let own = Arc::clone(forms);
    environment.add_function(
        "t",
        move |language: &str, key: &str, values: Kwargs| -> Result<Value, Error> {
            text(&own, language, key, &values)
        },
    );
    let own = Arc::clone(forms);
    environment.add_function("has_text", move |key: &str| own.texts.has(key));
    environment.add_function(
        "plus",
        |one: &Value, two: &Value| -> Result<String, Error> {
            let (one, two) = both(one, two)?;
            Ok(one.plus(two)?.to_string())
        },
    );
    environment.add_function(
        "minus",
        |one: &Value, two: &Value| -> Result<String, Error> {
            let (one, two) = both(one, two)?;
            Ok(one.minus(two)?.to_string())
        },
    );
    environment.add_function("adds_up", |points: &Value| -> Result<bool, Error> {
        Ok(adds_up(points)?)
    });
    environment.add_function(
        "share",
        |one: &Value, two: &Value| -> Result<Value, Error> {
            let (one, two) = both(one, two)?;
            let share = one.share(two)?;
            Ok(share.map_or(Value::from(()), |share| Value::from(share.to_string())))
        },
    );
    environment.add_function(
        "axis",
        |values: &Value, zero: bool| -> Result<Value, Error> {
            let known = values.try_iter()?.filter(|value| !value.is_none());
            let known = known
                .map(|value| Decimal::of(decimal(&value)?))
                .collect::<Result<Vec<Decimal>, PageError>>()?;
            let ticks: Vec<String> = Axis::of(&known, zero)?
                .ticks
                .iter()
                .map(Decimal::to_string)
                .collect();
            Ok(Value::from_pairs([
                ("low", Value::from(ticks.first().map_or("", String::as_str))),
                ("high", Value::from(ticks.last().map_or("", String::as_str))),
                ("ticks", Value::from(ticks.clone())),
            ]))
        },
    );
    let shown = report.clone();
    environment.add_function(
        "sql",
        move |query: &str, window: Option<Value>| -> Result<String, Error> {
            let window = window.filter(Value::is_true);
            let window = window.as_ref().map(Window::of).transpose()?;
            Ok(queries::with_days(query, window, &shown)?)
        },
    );
}

/// Whether what came to a wallet is what went and what is left in it; what a report does not tell is nothing.
fn adds_up(points: &Value) -> Result<bool, PageError> {
    let sum = |names: &[&str]| {
        let none = Decimal::of("0")?;
        names.iter().try_fold(none, |sum, name| {
            let told = points.get_attr(name)?;
            match told.is_undefined() {
                true => Ok(sum),
                false => sum.plus(Decimal::of(decimal(&told)?)?),
            }
        })
    };
    let came = sum(&["granted", "opening", "restored", "adjusted", "converted"])?;
    let went = sum(&["redeemed", "expired", "reversed", "repaid"])?;
    let left = sum(&["open", "pending"])?;
    Ok(came.minus(went.plus(left)?)?.units == 0)
}

/// A text with its values. `n` chooses the text for one; `{wallet}` is always known. With the page's own markup among
/// the values the text is markup, and everything else in it is spelled out.
fn text(forms: &Forms, language: &str, key: &str, given: &Kwargs) -> Result<Value, Error> {
    let count: Option<Value> = given.get("n")?;
    let one = count
        .as_ref()
        .is_some_and(|count| matches!(said(count).as_str(), "1" | "+1" | "−1"));
    let text = forms.texts.text(language, key, one)?;
    let mut all = vec![("wallet", Value::from(forms.wallet.as_str()))];
    for name in given.args() {
        all.push((name, given.get(name)?));
    }
    let markup = all.iter().any(|(_, value)| value.is_safe());
    let spelled = |value: &Value| match markup && !value.is_safe() {
        true => escaped(&said(value)),
        false => said(value),
    };
    let values: Vec<(&str, String)> = (all.iter())
        .map(|(name, value)| (*name, spelled(value)))
        .collect();
    Ok(match markup {
        true => Value::from_safe_string(filled(&escaped(text), &values)),
        false => Value::from(filled(text, &values)),
    })
}

/// A value inside a text; what is null is spelled as Jinja2 spells it.
fn said(value: &Value) -> String {
    if value.is_none() {
        "None".to_owned()
    } else {
        value.to_string()
    }
}

fn both(one: &Value, two: &Value) -> Result<(Decimal, Decimal), PageError> {
    Ok((Decimal::of(decimal(one)?)?, Decimal::of(decimal(two)?)?))
}

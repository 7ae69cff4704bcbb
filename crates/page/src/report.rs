//! A report as it was read: the JSON for the templates, and of it what is counted with.

use crate::error::PageError;
use crate::figures::{Figure, list};
use crate::reading;
use minijinja::Value;

/// A report.
#[derive(Debug)]
pub(crate) struct Report {
    /// As it stands in the JSON.
    pub(crate) shown: Value,
    /// All figures, in its order.
    pub(crate) figures: Vec<Figure>,
    /// Rungs from the lowest to the highest.
    pub(crate) ladder: Vec<Rung>,
}

/// A rung of the ladder.
#[derive(Debug)]
pub(crate) struct Rung {
    /// Its id.
    pub(crate) id: String,
    /// What people call it, if the report says so.
    pub(crate) name: Option<String>,
}

impl Report {
    /// Of its JSON.
    pub(crate) fn read(json: &str) -> Result<Report, PageError> {
        let shown = reading::read(json)?;
        if shown.kind() != minijinja::value::ValueKind::Map {
            return Err(PageError::json("it is no map of keys"));
        }
        let figures = list(&shown, "kpis")?
            .into_iter()
            .map(Figure::of)
            .collect::<Result<Vec<Figure>, PageError>>()?;
        let ladder = list(&shown, "members_by_rung")?
            .iter()
            .map(|rung| {
                Ok(Rung {
                    id: crate::figures::text(rung, "rung")?,
                    name: said(rung, "name")?,
                })
            })
            .collect::<Result<Vec<Rung>, PageError>>()?;
        Ok(Report {
            shown,
            figures,
            ladder,
        })
    }
}

/// A text that a report may have, and that says something.
pub(crate) fn said(of: &Value, key: &str) -> Result<Option<String>, PageError> {
    let found = of.get_attr(key)?;
    Ok(found
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned))
}

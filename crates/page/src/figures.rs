//! The figures of a report: what the page counts with, beside the value as it stands in the JSON, which is
//! what the templates read.

use crate::calendar::Day;
use crate::decimal::Decimal;
use crate::error::PageError;
use minijinja::Value;

/// One figure of a KPI: of one window, in all or of one part.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// As it stands in the JSON.
    pub(crate) shown: Value,
    /// Id of the KPI.
    pub(crate) id: String,
    /// Kind of the KPI.
    pub(crate) kind: String,
    /// Unit of the value.
    pub(crate) unit: String,
    /// The window.
    pub(crate) window: Window,
    /// What tells the part apart, in the order of the file; nothing for the total.
    pub(crate) by: Vec<(String, String)>,
    /// Above the line.
    pub(crate) numerator: String,
    /// Below it.
    pub(crate) denominator: String,
}

/// Days that a figure is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Window {
    /// `calendar`, `rolling`, `cohort`, `lifetime`.
    pub(crate) kind: String,
    /// First day.
    pub(crate) from: String,
    /// The day after the last.
    pub(crate) before: String,
}

/// A whole month, quarter or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    /// From the first to the last of a month.
    Month,
    /// Three months from January, April, July or October.
    Quarter,
    /// From January to December.
    Year,
}

impl Period {
    /// As it stands in keys of texts and in queries.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Period::Month => "month",
            Period::Quarter => "quarter",
            Period::Year => "year",
        }
    }
}

impl Figure {
    /// Of the JSON.
    pub(crate) fn of(shown: Value) -> Result<Figure, PageError> {
        let by = member(&shown, "by")?;
        let mut parts = Vec::new();
        for key in by.try_iter()? {
            let value = by.get_item(&key)?;
            parts.push((key.to_string(), value.to_string()));
        }
        Ok(Figure {
            id: text(&shown, "id")?,
            kind: text(&shown, "kind")?,
            unit: text(&shown, "unit")?,
            window: Window::of(&member(&shown, "window")?)?,
            by: parts,
            numerator: text(&shown, "numerator")?,
            denominator: text(&shown, "denominator")?,
            shown,
        })
    }

    /// Whether it is about everybody.
    pub(crate) fn is_total(&self) -> bool {
        self.by.is_empty()
    }

    /// What the part is by that name.
    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        let found = self.by.iter().find(|(by, _)| by == name)?;
        Some(&found.1)
    }
}

impl Window {
    /// Of the JSON.
    pub(crate) fn of(shown: &Value) -> Result<Window, PageError> {
        Ok(Window {
            kind: text(shown, "kind")?,
            from: text(shown, "from")?,
            before: text(shown, "before")?,
        })
    }

    /// First day, and the day after the last.
    pub(crate) fn days(&self) -> Result<(Day, Day), PageError> {
        Ok((Day::of(&self.from)?, Day::of(&self.before)?))
    }

    /// Whether it is a whole month, quarter or year.
    pub(crate) fn period(&self) -> Result<Option<Period>, PageError> {
        let (first, before) = self.days()?;
        let fixed = self.kind == "calendar" || self.kind == "cohort";
        if !fixed || first.day != 1 || before.day != 1 {
            return Ok(None);
        }
        let months = before.months() - first.months();
        Ok(match months {
            1 => Some(Period::Month),
            3 if first.month % 3 == 1 => Some(Period::Quarter),
            12 if first.month == 1 => Some(Period::Year),
            _ => None,
        })
    }
}

/// A key that the JSON has to have, whatever it holds.
pub(crate) fn member(of: &Value, key: &str) -> Result<Value, PageError> {
    let found = of.get_attr(key)?;
    if found.is_undefined() {
        return Err(PageError::shape(key, "there"));
    }
    Ok(found)
}

/// A key that the JSON has to have with a text or a number.
pub(crate) fn text(of: &Value, key: &str) -> Result<String, PageError> {
    let found = member(of, key)?;
    let text = found.as_str().map(str::to_owned);
    text.ok_or_else(|| PageError::shape(key, "a text or a number"))
}

/// Elements of a list that the JSON has to have.
pub(crate) fn list(of: &Value, key: &str) -> Result<Vec<Value>, PageError> {
    let found = member(of, key)?;
    if found.kind() != minijinja::value::ValueKind::Seq {
        return Err(PageError::shape(key, "a list"));
    }
    Ok(found.try_iter()?.collect())
}

/// Sum of numbers given as texts.
pub(crate) fn sum<'a>(numbers: impl Iterator<Item = &'a str>) -> Result<Decimal, PageError> {
    let mut total = Decimal::ZERO;
    for number in numbers {
        total = total.plus(Decimal::of(number)?)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(kind: &str, from: &str, before: &str) -> Option<Period> {
        let (kind, from, before) = (kind.to_owned(), from.to_owned(), before.to_owned());
        Window { kind, from, before }.period().unwrap()
    }

    #[test]
    fn only_whole_calendar_windows_are_periods() {
        let (month, quarter, year) = (
            Some(Period::Month),
            Some(Period::Quarter),
            Some(Period::Year),
        );
        assert_eq!(period("calendar", "2026-12-01", "2027-01-01"), month);
        assert_eq!(period("cohort", "2026-04-01", "2026-07-01"), quarter);
        assert_eq!(period("calendar", "2026-01-01", "2027-01-01"), year);
        assert_eq!(period("calendar", "2026-05-01", "2026-08-01"), None);
        assert_eq!(period("calendar", "2026-02-01", "2027-02-01"), None);
        assert_eq!(period("rolling", "2026-12-01", "2027-01-01"), None);
        assert_eq!(period("calendar", "2026-12-01", "2026-12-31"), None);
        assert_eq!(period("calendar", "2026-12-01", "2026-12-01"), None);
    }
}

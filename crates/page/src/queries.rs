//! The DuckDB query beside a figure, with the figure's days in it, so that a reader can run it as it stands.

use crate::calendar::Day;
use crate::error::{PageCode, PageError};
use crate::figures::{Window, text};
use crate::report::said;
use minijinja::Value;

/// Days after which the next window ends at most; one since the beginning has no next one.
const LONGEST: i64 = 36_500;

/// The queries by the kind of KPI or by what they count.
pub(crate) fn built_in() -> Result<toml::Table, PageError> {
    include_str!("../queries.toml")
        .parse::<toml::Table>()
        .map_err(|error| PageError::new(PageCode::Unforeseen, error.to_string()))
}

/// The query with its days; without a window from the beginning to the report's day.
pub(crate) fn with_days(
    query: &str,
    window: Option<Window>,
    report: &Value,
) -> Result<String, PageError> {
    let as_of = text(report, "as_of")?;
    let window = match window {
        Some(window) => window,
        None => Window {
            kind: "lifetime".to_owned(),
            from: "0001-01-01".to_owned(),
            before: Day::of(&as_of)?.plus(1)?.to_string(),
        },
    };
    let next = following(&window)?.to_string();
    let period = window.period()?.map_or("month", |period| period.text());
    let joins = said(report, "enrol")?.and_then(|enrol| what_joins(&enrol));
    // What the report does not say stays in its braces, for the reader to fill in.
    let values = [
        ("{from}", Some(window.from)),
        ("{before}", Some(window.before)),
        ("{next}", Some(next)),
        ("{as_of}", Some(as_of)),
        ("{period}", Some(period.to_owned())),
        ("{zone}", said(report, "zone")?),
        ("{joins}", joins.map(str::to_owned)),
    ];
    let mut query = query.to_owned();
    for (name, value) in values {
        if let Some(value) = value {
            query = query.replace(name, &value);
        }
    }
    Ok(query.trim().to_owned())
}

/// The query for the points of one wallet; as it is where none is named, for there is one only.
pub(crate) fn of_wallet(query: &str, wallet: Option<&str>) -> String {
    match wallet {
        None => query.to_owned(),
        Some(id) => {
            let id = id.replace('\'', "''");
            let of =
                format!("from (select * from points_facts where wallet = '{id}') as points_facts");
            query.replace("from points_facts", &of)
        }
    }
}

/// The condition on an event that makes its account a member.
fn what_joins(enrol: &str) -> Option<&'static str> {
    match enrol {
        "opt_in" => Some("kind = 'enrol'"),
        "first_order" => Some("kind = 'order'"),
        "automatic" => Some("true"),
        _ => None,
    }
}

/// The day after the last of the next window, which is as many months or days long.
fn following(window: &Window) -> Result<Day, PageError> {
    let (first, before) = window.days()?;
    let months = before.months() - first.months();
    if first.day == 1 && before.day == 1 && months != 0 {
        return Day::first_of(before.year, before.month + months);
    }
    before.plus((before.number() - first.number()).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::read;

    fn window(from: &str, before: &str) -> Window {
        Window {
            kind: "calendar".to_owned(),
            from: from.to_owned(),
            before: before.to_owned(),
        }
    }

    #[test]
    fn the_next_window_is_as_long() {
        let next = |from, before| following(&window(from, before)).unwrap().to_string();
        assert_eq!(next("2026-10-01", "2027-01-01"), "2027-04-01");
        assert_eq!(next("2026-01-31", "2026-02-28"), "2026-03-28");
        assert_eq!(next("0001-01-01", "2026-11-16"), "2126-10-23");
        assert!(following(&window("0001-01-01", "9999-12-01")).is_err());
    }

    #[test]
    fn what_the_report_does_not_say_stays_open() {
        let report = read(r#"{"as_of": "2026-11-15", "enrol": "opt_in"}"#).unwrap();
        let query = " {from} {before} {period} {zone} {joins}\n";
        let given = Some(window("2026-07-01", "2026-10-01"));
        assert_eq!(
            with_days(query, given, &report).unwrap(),
            "2026-07-01 2026-10-01 quarter {zone} kind = 'enrol'"
        );
        let whole = with_days("{from} {before}", None, &report).unwrap();
        assert_eq!(whole, "0001-01-01 2026-11-16");
    }
}

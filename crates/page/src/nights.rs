//! All nights of some programmes on one page: of each programme a trend for each KPI, and the way to every night's page.

use crate::calendar::Day;
use crate::error::PageError;
use crate::figures::{list, member, text};
use crate::reading;
use crate::report::Report;
use minijinja::Value;
use std::collections::BTreeMap;

/// Points of a trend at most; of more nights every second, third and so on is shown, the last one always.
const POINTS: usize = 60;

/// Days over which a change is told.
const BACK: i64 = 28;

/// A programme on the index.
pub struct Programme<'a> {
    /// Its last report, as JSON.
    pub report: &'a str,
    /// What its nights said: a line of JSON for each, in their order (`reports/nights.jsonl` of a store).
    pub nights: &'a str,
    /// Where the page of a night is, seen from the index; nothing if it has none.
    pub page: &'a dyn Fn(&str) -> Option<String>,
}

/// What a night said.
struct Night {
    date: String,
    shown: Value,
    failed: bool,
}

/// The programme's part of what templates know: `trends`, `months` of nights, the night's `page`, and, if the last night
/// failed, `failed`.
pub(crate) fn shown(programme: &Programme<'_>, report: &Report) -> Result<Value, PageError> {
    let nights = nights(programme.nights)?;
    let settled: Vec<&Night> = nights.iter().filter(|night| !night.failed).collect();
    let page = |date: &str| (programme.page)(date).map_or(Value::from(()), Value::from);
    let as_of = text(&report.shown, "as_of")?;
    let failed = nights.last().filter(|night| night.failed);
    Ok(Value::from_pairs([
        ("nights", Value::from(settled.len())),
        ("page", page(&as_of)),
        (
            "failed",
            failed.map_or(Value::from(()), |night| night.shown.clone()),
        ),
        (
            "failed_page",
            failed.map_or(Value::from(()), |night| page(&night.date)),
        ),
        ("trends", Value::from(trends(report, &settled)?)),
        ("months", Value::from(months(&nights, &page))),
    ]))
}

fn nights(lines: &str) -> Result<Vec<Night>, PageError> {
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let shown = reading::read(line)?;
            Ok(Night {
                date: text(&shown, "night")?,
                failed: shown.get_attr("failed")?.is_true(),
                shown,
            })
        })
        .collect()
}

/// The total of each KPI of the report, night by night, as a card shows it.
fn trends(report: &Report, nights: &[&Night]) -> Result<Vec<Value>, PageError> {
    // What each night said of each KPI: nights are many, and so may KPIs be.
    let mut told: BTreeMap<String, Vec<(&str, Value)>> = BTreeMap::new();
    for night in nights {
        for kpi in list(&night.shown, "kpis")? {
            let points = told.entry(text(&kpi, "id")?).or_default();
            // A KPI stands once in a night.
            if points.last().is_none_or(|(date, _)| *date != night.date) {
                points.push((&night.date, kpi));
            }
        }
    }
    let mut trends = Vec::new();
    for figure in report.figures.iter().filter(|figure| figure.is_total()) {
        // Of several totals of one KPI the first one has the trend.
        let points = told.remove(&figure.id).unwrap_or_default();
        let Some(now) = points.last().cloned() else {
            continue;
        };
        trends.push(Value::from_pairs([
            ("n", Value::from(trends.len())),
            ("id", Value::from(figure.id.as_str())),
            ("kind", Value::from(figure.kind.as_str())),
            ("unit", Value::from(figure.unit.as_str())),
            ("name", figure.shown.get_attr("name")?),
            ("nightly", Value::from(true)),
            ("now", now.1.clone()),
            ("then", earlier(&points, now.0)?),
            ("figures", Value::from(thinned(&points)?)),
        ]));
    }
    Ok(trends)
}

/// The value to compare with: that of the last night at least four weeks ago, else the first one's.
fn earlier(points: &[(&str, Value)], now: &str) -> Result<Value, PageError> {
    let far = Day::of(now)?.plus(-BACK).map(|day| day.to_string());
    let known = points.iter().filter(|(date, told)| {
        *date != now && told.get_attr("value").is_ok_and(|value| !value.is_none())
    });
    let known: Vec<&(&str, Value)> = known.collect();
    let back = far
        .ok()
        .and_then(|far| known.iter().rfind(|(date, _)| **date <= *far));
    Ok(match back.or(known.first()) {
        None => Value::from(()),
        Some((date, told)) => Value::from_pairs([
            ("night", Value::from(*date)),
            ("value", told.get_attr("value")?),
        ]),
    })
}

/// At most so many points, each with its night as its window.
fn thinned(points: &[(&str, Value)]) -> Result<Vec<Value>, PageError> {
    let every = points.len().div_ceil(POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let shown = points
        .iter()
        .enumerate()
        .filter(|(at, _)| (last - at).is_multiple_of(every));
    shown
        .map(|(_, (date, told))| {
            let window = Value::from_pairs([
                ("kind", Value::from("night")),
                ("from", Value::from(*date)),
                ("before", Value::from(Day::of(date)?.plus(1)?.to_string())),
            ]);
            Ok(Value::from_pairs([
                ("value", told.get_attr("value")?),
                ("of", member(told, "window")?),
                ("window", window),
            ]))
        })
        .collect()
}

/// All nights by month, the latest first.
fn months(nights: &[Night], page: &dyn Fn(&str) -> Value) -> Vec<Value> {
    let mut months: Vec<(&str, Vec<Value>)> = Vec::new();
    // Whether a later night is settled, and with it all before.
    let mut later = false;
    for night in nights.iter().rev() {
        let row = Value::from_pairs([
            ("date", Value::from(night.date.as_str())),
            ("page", page(&night.date)),
            ("told", night.shown.clone()),
            ("later", Value::from(later)),
        ]);
        later |= !night.failed;
        let month = night.date.get(..7).unwrap_or_default();
        match months.last_mut() {
            Some((known, rows)) if *known == month => rows.push(row),
            _ => months.push((month, vec![row])),
        }
    }
    let shown = |(month, rows): (&str, Vec<Value>)| {
        Value::from_pairs([
            ("first", Value::from(format!("{month}-01"))),
            ("nights", Value::from(rows)),
        ])
    };
    months.into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(night: &str, value: &str) -> String {
        format!(
            r#"{{"night": "{night}", "members": 1, "kpis": [{{"id": "a", "value": {value}, "window": {{"kind": "calendar", "from": "2026-01-01", "before": "2026-02-01"}}}}]}}"#
        )
    }

    fn known(lines: &[String]) -> Value {
        let report = r#"{"as_of": "2026-03-31", "members_by_rung": [], "kpis": [{"id": "a", "kind": "churn", "unit": "ratio",
            "value": 1, "numerator": 1, "denominator": 1, "window": {"kind": "calendar", "from": "2026-01-01", "before": "2026-02-01"},
            "by": {}}]}"#;
        let nights = lines.join("\n");
        let programme = Programme {
            report,
            nights: &nights,
            page: &|night| (night != "2026-03-30").then(|| format!("{night}.html")),
        };
        shown(&programme, &Report::read(report).unwrap()).unwrap()
    }

    fn at(value: &Value, path: &str) -> Value {
        path.split('.').fold(value.clone(), |value, key| {
            let key = key.parse::<usize>().map_or(Value::from(key), Value::from);
            value.get_item(&key).unwrap()
        })
    }

    #[test]
    fn a_change_is_told_over_four_weeks() {
        let shown = known(&[
            line("2026-03-01", "1"),
            line("2026-03-03", "2"),
            line("2026-03-04", "3"),
            line("2026-03-31", "4"),
        ]);
        assert_eq!(at(&shown, "trends.0.then.night").to_string(), "2026-03-03");
        assert_eq!(at(&shown, "trends.0.now.value").to_string(), "4");
        let shown = known(&[line("2026-03-30", "null"), line("2026-03-31", "4")]);
        assert!(at(&shown, "trends.0.then").is_none());
    }

    #[test]
    fn many_nights_are_thinned_and_the_last_one_stays() {
        let lines: Vec<String> = (1..=121)
            .map(|day| {
                line(
                    &Day::of("2026-01-01")
                        .unwrap()
                        .plus(day)
                        .unwrap()
                        .to_string(),
                    &day.to_string(),
                )
            })
            .collect();
        let shown = known(&lines);
        let figures = at(&shown, "trends.0.figures");
        assert_eq!(figures.len(), Some(41));
        assert_eq!(at(&figures, "40.value").to_string(), "121");
        assert_eq!(at(&figures, "39.value").to_string(), "118");
        assert_eq!(at(&shown, "months.0.first").to_string(), "2026-05-01");
        assert_eq!(
            at(&shown, "months.0.nights.0.date").to_string(),
            "2026-05-02"
        );
    }

    #[test]
    fn a_night_that_failed_is_no_point_of_a_trend() {
        let failed =
            r#"{"night": "2026-04-01", "failed": {"code": "x/y", "message": "m", "help": "h"}}"#;
        let shown = known(&[line("2026-03-30", "1"), failed.to_owned()]);
        assert_eq!(at(&shown, "failed.failed.code").to_string(), "x/y");
        assert_eq!(at(&shown, "trends.0.figures").len(), Some(1));
        assert_eq!(
            at(&shown, "months.0.nights.0.page").to_string(),
            "2026-04-01.html"
        );
        assert!(at(&shown, "months.1.nights.0.page").is_none());
        assert!(!at(&shown, "months.0.nights.0.later").is_true());
        let shown = known(&[failed.to_owned(), line("2026-04-02", "1")]);
        assert!(at(&shown, "months.0.nights.1.later").is_true());
        assert!(at(&shown, "failed").is_none());
    }
}

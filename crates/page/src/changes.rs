//! What is new or different since the report before. Only windows that stand still are compared: rolling and
//! lifetime windows move every night by themselves.

use crate::figures::Figure;
use crate::report::Report;
use minijinja::Value;
use std::collections::BTreeMap;

/// What makes two figures of two reports the same one.
type Key<'a> = (&'a str, &'a str, &'a str, &'a [(String, String)]);

/// New totals, totals that were restated, and how many figures in all are new or restated.
pub(crate) fn changes(report: &Report, previous: &Report) -> Value {
    let before: BTreeMap<Key<'_>, &Figure> = previous
        .figures
        .iter()
        .map(|figure| (key(figure), figure))
        .collect();
    let mut new = Vec::new();
    let mut restated = Vec::new();
    let mut restated_in_all = 0_usize;
    let mut new_cohorts = 0_usize;
    for now in &report.figures {
        if now.window.kind != "calendar" && now.window.kind != "cohort" {
            continue;
        }
        match before.get(&key(now)) {
            None if now.is_total() => new.push(now.shown.clone()),
            None => new_cohorts += 1,
            Some(was)
                if (&now.numerator, &now.denominator) != (&was.numerator, &was.denominator) =>
            {
                restated_in_all += 1;
                if now.is_total() {
                    let pair = [("now", now.shown.clone()), ("before", was.shown.clone())];
                    restated.push(Value::from_pairs(pair));
                }
            }
            Some(_) => {}
        }
    }
    Value::from_pairs([
        ("new", Value::from(new)),
        ("restated", Value::from(restated)),
        ("restated_in_all", Value::from(restated_in_all.to_string())),
        ("new_cohorts", Value::from(new_cohorts.to_string())),
    ])
}

fn key(figure: &Figure) -> Key<'_> {
    let window = &figure.window;
    (&figure.id, &window.kind, &window.from, &figure.by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(figures: &[(&str, &str, &str, u32)]) -> Report {
        let figures: Vec<String> = figures
            .iter()
            .map(|(kind, from, by, numerator)| {
                format!(
                    r#"{{"id": "a", "kind": "churn", "unit": "ratio", "numerator": {numerator}, "denominator": 9, "by": {by},
                    "window": {{"kind": "{kind}", "from": "{from}", "before": "2026-12-01"}}}}"#
                )
            })
            .collect();
        let json = format!(
            r#"{{"kpis": [{}], "members_by_rung": []}}"#,
            figures.join(",")
        );
        Report::read(&json).unwrap()
    }

    #[test]
    fn only_windows_that_stand_still_are_compared() {
        let part = r#"{"rung": "low"}"#;
        let before = report(&[
            ("calendar", "2026-09-01", "{}", 1),
            ("calendar", "2026-09-01", part, 2),
            ("calendar", "2026-10-01", "{}", 3),
            ("rolling", "2026-09-01", "{}", 4),
        ]);
        let now = report(&[
            ("calendar", "2026-09-01", "{}", 5),
            ("calendar", "2026-09-01", part, 6),
            ("calendar", "2026-10-01", "{}", 3),
            ("calendar", "2026-11-01", "{}", 7),
            ("calendar", "2026-11-01", part, 8),
            ("rolling", "2026-09-01", "{}", 9),
            ("rolling", "2026-10-01", "{}", 9),
        ]);
        let changes = changes(&now, &before);
        let shown = |key: &str| changes.get_attr(key).unwrap();
        assert_eq!(shown("new").len(), Some(1));
        assert_eq!(shown("restated").len(), Some(1));
        assert_eq!(shown("restated_in_all").to_string(), "2");
        assert_eq!(shown("new_cohorts").to_string(), "1");
    }
}

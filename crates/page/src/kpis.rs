//! The figures of a report told apart by KPI, and of each KPI by window and part: what a card shows.

use crate::cohorts::cohorts;
use crate::error::PageError;
use crate::figures::{Figure, list, text};
use crate::moves::moves;
use crate::queries;
use crate::report::Report;
use minijinja::Value;
use std::collections::BTreeMap;

/// What the templates know of a KPI: entries of a map.
pub(crate) type Entries = Vec<(&'static str, Value)>;

/// A part of a KPI: the name of what tells it apart, and its own.
type Part<'a> = (&'a str, &'a str);

/// All KPIs in the report's order, each with its id.
pub(crate) fn kpis(
    report: &Report,
    queries: &toml::Table,
) -> Result<Vec<(String, Value)>, PageError> {
    let mut ids: Vec<&str> = Vec::new();
    let mut by_id: BTreeMap<&str, Vec<&Figure>> = BTreeMap::new();
    for figure in &report.figures {
        let figures = by_id.entry(&figure.id).or_default();
        if figures.is_empty() {
            ids.push(&figure.id);
        }
        figures.push(figure);
    }
    let warnings = list(&report.shown, "warnings")?
        .into_iter()
        .map(|warning| Ok((text(&warning, "kpi")?, warning)))
        .collect::<Result<Vec<(String, Value)>, PageError>>()?;
    let mut kpis = Vec::new();
    for (number, id) in ids.into_iter().enumerate() {
        let Some(figures) = by_id.get(id) else {
            continue;
        };
        let Some(first) = figures.first() else {
            continue;
        };
        let warning = warnings.iter().find(|(kpi, _)| kpi == id);
        let name = first.shown.get_attr("name")?;
        let query = queries.get(&first.kind).and_then(toml::Value::as_str);
        // What no order is counted for is the same.
        let gross = is_gross(first)? && query.is_none_or(|query| query.contains("bought"));
        let wallet = first.shown.get_attr("wallet")?;
        let query = query.map(|query| match gross {
            true => query.replace("bought", "ordered"),
            false => queries::of_wallet(query, wallet.as_str()),
        });
        let mut kpi: Entries = vec![
            ("n", Value::from(number)),
            ("id", Value::from(id)),
            ("kind", Value::from(first.kind.as_str())),
            ("unit", Value::from(first.unit.as_str())),
            ("flow", Value::from(is_flow(&first.kind))),
            ("name", name),
            ("wallet", wallet),
            ("gross", Value::from(gross)),
            ("section", Value::from(section(&first.kind))),
            ("query", query.map_or(Value::from(()), Value::from)),
            (
                "warning",
                warning.map_or(Value::from(()), |(_, warning)| warning.clone()),
            ),
        ];
        kpi.extend(match first.kind.as_str() {
            "cohort" => cohorts(figures)?,
            "tier_moves" => moves(&report.ladder, figures)?,
            _ => by_window(figures),
        });
        kpis.push((id.to_owned(), Value::from_pairs(kpi)));
    }
    Ok(kpis)
}

/// Whether it counts orders as they were before discounts and refunds.
fn is_gross(figure: &Figure) -> Result<bool, PageError> {
    let net = figure.shown.get_attr("net")?;
    Ok(!net.is_undefined() && !net.is_true())
}

/// The section where a kind of KPI stands; kinds that the page does not know yet have one of their own.
fn section(kind: &str) -> &'static str {
    match kind {
        "retention" | "churn" | "repeat_purchase" | "active" | "cohort" => "retention",
        "tier_moves" => "ladder",
        "points_issued" | "points_redeemed" | "points_expired" | "points_open" => "points",
        "frequency" | "order_value" | "inter_purchase" => "orders",
        "reward_cost" => "rewards",
        _ => "more",
    }
}

/// Whether it is what flowed in a window, drawn as columns; else what stood at its end, drawn as a line.
fn is_flow(kind: &str) -> bool {
    matches!(
        kind,
        "points_issued" | "points_redeemed" | "points_expired" | "reward_cost"
    )
}

/// The totals by window, and each part along with them.
fn by_window(figures: &[&Figure]) -> Entries {
    let totals: Vec<&Figure> = figures
        .iter()
        .copied()
        .filter(|figure| figure.is_total())
        .collect();
    let mut parts: Vec<Part<'_>> = Vec::new();
    // Figures of one part alone: a rung within a statistic is for those who read the JSON.
    let mut places: BTreeMap<(Part<'_>, &str), &Figure> = BTreeMap::new();
    for figure in figures {
        for (by, name) in &figure.by {
            let part = (by.as_str(), name.as_str());
            if !parts.contains(&part) {
                parts.push(part);
            }
            if figure.by.len() == 1 {
                places.insert((part, &figure.window.from), figure);
            }
        }
    }
    let parts: Vec<Value> = parts
        .into_iter()
        .map(|part| {
            let along: Vec<Value> = totals
                .iter()
                .map(|total| {
                    let figure = places.get(&(part, total.window.from.as_str()));
                    figure.map_or(Value::from(()), |figure| figure.shown.clone())
                })
                .collect();
            Value::from_pairs([
                ("by", Value::from(part.0)),
                ("key", Value::from(part.1)),
                ("figures", Value::from(along)),
            ])
        })
        .collect();
    vec![("figures", shown(&totals)), ("parts", Value::from(parts))]
}

/// Figures as they stand in the JSON.
pub(crate) fn shown(figures: &[&Figure]) -> Value {
    let shown: Vec<Value> = figures.iter().map(|figure| figure.shown.clone()).collect();
    Value::from(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(figures: &str) -> Report {
        let json = format!(
            r#"{{"kpis": [{figures}], "members_by_rung": [], "warnings": [{{"kpi": "a", "side": "above"}}]}}"#
        );
        Report::read(&json).unwrap()
    }

    fn figure(id: &str, kind: &str, from: &str, by: &str, value: u32) -> String {
        format!(
            r#"{{"id": "{id}", "kind": "{kind}", "unit": "ratio", "value": {value}, "numerator": {value}, "denominator": 1, "window": {{"kind": "calendar", "from": "{from}", "before": "2027-01-01"}}, "by": {by}}}"#
        )
    }

    #[test]
    fn parts_go_along_with_the_totals() {
        let figures = [
            figure("a", "churn", "2026-01-01", "{}", 1),
            figure("a", "churn", "2026-01-01", r#"{"rung": "low"}"#, 2),
            figure("b", "lift", "2026-01-01", "{}", 3),
            figure("a", "churn", "2026-02-01", "{}", 4),
            figure("a", "churn", "2026-02-01", r#"{"rung": "high"}"#, 5),
        ];
        let kpis = kpis(&report(&figures.join(",")), &toml::Table::new()).unwrap();
        let ids: Vec<&str> = kpis.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        let get = |value: &Value, path: &str| {
            path.split('.').fold(value.clone(), |value, key| {
                let key = key.parse::<usize>().map_or(Value::from(key), Value::from);
                value.get_item(&key).unwrap()
            })
        };
        let churn = &kpis[0].1;
        assert_eq!(get(churn, "section").to_string(), "retention");
        assert_eq!(get(churn, "warning.side").to_string(), "above");
        assert_eq!(get(churn, "figures").len(), Some(2));
        assert_eq!(get(churn, "parts.0.key").to_string(), "low");
        assert_eq!(get(churn, "parts.0.figures.0.value").to_string(), "2");
        assert!(get(churn, "parts.0.figures.1").is_none());
        assert!(get(churn, "parts.1.figures.0").is_none());
        assert_eq!(get(&kpis[1].1, "section").to_string(), "more");
        assert!(get(&kpis[1].1, "warning").is_none());
        assert!(!get(churn, "gross").is_true());
    }

    #[test]
    fn a_gross_figure_is_asked_of_all_orders() {
        let figure = figure("a", "order_value", "2026-01-01", r#"{}, "net": false"#, 1);
        let queries = toml::Table::from_iter([("order_value".to_owned(), "from bought;".into())]);
        let kpis = kpis(&report(&figure), &queries).unwrap();
        assert_eq!(
            kpis[0].1.get_attr("query").unwrap().as_str(),
            Some("from ordered;")
        );
        assert!(kpis[0].1.get_attr("gross").unwrap().is_true());
    }
}

//! Cohorts as rows of a heat map, and all of them taken together.

use crate::decimal::Decimal;
use crate::error::PageError;
use crate::figures::Figure;
use crate::kpis::Entries;
use minijinja::Value;
use std::collections::BTreeMap;

/// A cohort: when it began, how many they were, and how many came back in each month since.
struct Row {
    window: Value,
    size: Value,
    cells: Vec<Value>,
}

/// Sums over all cohorts that know a month.
#[derive(Clone, Copy)]
struct Pooled {
    numerator: Decimal,
    denominator: Decimal,
}

/// Of the figures of a KPI; those by rung are for those who read the JSON.
pub(crate) fn cohorts(figures: &[&Figure]) -> Result<Entries, PageError> {
    let mut rows: Vec<(&str, Row)> = Vec::new();
    let mut pooled: BTreeMap<i64, Pooled> = BTreeMap::new();
    for figure in figures {
        let [(by, k)] = figure.by.as_slice() else {
            continue;
        };
        if by != "k" {
            continue;
        }
        let k: i64 = k.parse().map_err(|_| PageError::number(k))?;
        let from = figure.window.from.as_str();
        let at = match rows.iter().position(|(known, _)| *known == from) {
            Some(at) => at,
            None => {
                let row = Row {
                    window: figure.shown.get_attr("window")?,
                    size: figure.shown.get_attr("denominator")?,
                    cells: Vec::new(),
                };
                rows.push((from, row));
                rows.len() - 1
            }
        };
        rows[at].1.cells.push(figure.shown.clone());
        let before = pooled.get(&k).copied().unwrap_or(Pooled {
            numerator: Decimal::ZERO,
            denominator: Decimal::ZERO,
        });
        let sum = Pooled {
            numerator: before.numerator.plus(Decimal::of(&figure.numerator)?)?,
            denominator: before.denominator.plus(Decimal::of(&figure.denominator)?)?,
        };
        pooled.insert(k, sum);
    }
    let period = match figures.first() {
        Some(figure) => figure.window.period()?,
        None => None,
    };
    let columns = rows.iter().map(|(_, row)| row.cells.len()).max();
    let pooled = pooled
        .into_iter()
        .map(|(k, sum)| {
            let value = sum.numerator.share(sum.denominator)?;
            Ok(Value::from_pairs([
                ("k", Value::from(k)),
                ("numerator", Value::from(sum.numerator.to_string())),
                ("denominator", Value::from(sum.denominator.to_string())),
                (
                    "value",
                    value.map_or(Value::from(()), |value| Value::from(value.to_string())),
                ),
            ]))
        })
        .collect::<Result<Vec<Value>, PageError>>()?;
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|(_, row)| {
            Value::from_pairs([
                ("window", row.window),
                ("size", row.size),
                ("cells", Value::from(row.cells)),
            ])
        })
        .collect();
    Ok(vec![
        (
            "period",
            Value::from(period.map_or("period", |period| period.text())),
        ),
        ("rows", Value::from(rows)),
        ("pooled", Value::from(pooled)),
        ("figures", Value::from(Vec::<Value>::new())),
        ("parts", Value::from(Vec::<Value>::new())),
        ("columns", Value::from(columns.unwrap_or(0))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::read;

    #[test]
    fn cohorts_that_know_a_month_are_taken_together() {
        let figure = |month: u32, k: u32, numerator: u32, by: &str| {
            let json = format!(
                r#"{{"id": "c", "kind": "cohort", "unit": "ratio", "numerator": {numerator}, "denominator": 4, "by": {{"k": "{k}"{by}}},
                "window": {{"kind": "cohort", "from": "2026-0{month}-01", "before": "2026-0{}-01"}}}}"#,
                month + 1
            );
            Figure::of(read(&json).unwrap()).unwrap()
        };
        let figures = [
            figure(1, 0, 4, ""),
            figure(1, 1, 3, ""),
            figure(1, 1, 9, r#", "rung": "low""#),
            figure(2, 0, 4, ""),
        ];
        let figures: Vec<&Figure> = figures.iter().collect();
        let kpi = Value::from_pairs(cohorts(&figures).unwrap());
        let shown = |key: &str| kpi.get_attr(key).unwrap();
        assert_eq!(shown("period").to_string(), "month");
        assert_eq!(shown("columns").to_string(), "2");
        assert_eq!(shown("rows").len(), Some(2));
        let pooled: Vec<String> = shown("pooled")
            .try_iter()
            .unwrap()
            .map(|sum| {
                let text = |key| sum.get_attr(key).unwrap().to_string();
                format!(
                    "{}/{} {}",
                    text("numerator"),
                    text("denominator"),
                    text("value")
                )
            })
            .collect();
        assert_eq!(pooled, ["8/8 1.000000000", "3/4 0.750000000"]);
    }
}

//! Moves on the ladder in the last window: where those of each rung were at its end.

use crate::decimal::Decimal;
use crate::error::PageError;
use crate::figures::{Figure, sum};
use crate::flow::{End, Start, flow};
use crate::kpis::{Entries, shown};
use crate::report::Rung;
use minijinja::Value;
use std::collections::BTreeMap;

/// The rung of those who had not joined yet.
pub(crate) const NONE: &str = "none";

/// Of the figures of a KPI: a row for each rung at the start of the last window, the highest first, then those
/// who joined in it.
pub(crate) fn moves(rungs: &[Rung], figures: &[&Figure]) -> Result<Entries, PageError> {
    let totals: Vec<&Figure> = figures
        .iter()
        .copied()
        .filter(|figure| figure.is_total())
        .collect();
    let mut kpi: Entries = vec![
        ("figures", shown(&totals)),
        ("parts", Value::from(Vec::<Value>::new())),
    ];
    let Some(now) = totals.last() else {
        kpi.push(("rows", Value::from(Vec::<Value>::new())));
        return Ok(kpi);
    };
    let ladder: Vec<&str> = rungs.iter().rev().map(|rung| rung.id.as_str()).collect();
    let mut cells: BTreeMap<(&str, &str), &Figure> = BTreeMap::new();
    let mut fell = Decimal::ZERO;
    for figure in figures {
        let (Some(from), Some(to)) = (figure.part("from"), figure.part("to")) else {
            continue;
        };
        if figure.window != now.window {
            continue;
        }
        cells.insert((from, to), figure);
        let place = |rung| ladder.iter().position(|known| *known == rung);
        if let (Some(before), Some(after)) = (place(from), place(to))
            && after > before
        {
            fell = fell.plus(Decimal::of(&figure.numerator)?)?;
        }
    }
    let mut starts: Vec<Start<'_>> = Vec::new();
    for rung in ladder.iter().copied().chain([NONE]) {
        let row: Vec<(&str, &Figure)> = ladder
            .iter()
            .filter_map(|end| Some((*end, *cells.get(&(rung, *end))?)))
            .collect();
        // A rung where nobody was has no shares.
        if let Some((_, first)) = row.first()
            && Decimal::of(&first.denominator)?.units != 0
        {
            starts.push(Start {
                rung,
                members: &first.denominator,
                cells: row,
            });
        }
    }
    let ends = ladder
        .iter()
        .map(|rung| {
            let there = starts.iter().flat_map(|start| &start.cells);
            let there = there.filter(|(end, _)| end == rung);
            let members = sum(there.map(|(_, figure)| figure.numerator.as_str()))?;
            Ok(End {
                rung,
                members: members.to_string(),
            })
        })
        .collect::<Result<Vec<End<'_>>, PageError>>()?;
    let rows: Vec<Value> = starts
        .iter()
        .map(|start| {
            let cells: Vec<&Figure> = start.cells.iter().map(|(_, figure)| *figure).collect();
            Value::from_pairs([
                ("rung", Value::from(start.rung)),
                ("members", Value::from(start.members)),
                ("cells", shown(&cells)),
            ])
        })
        .collect();
    let end_values: Vec<Value> = ends
        .iter()
        .map(|end| {
            Value::from_pairs([
                ("rung", Value::from(end.rung)),
                ("members", Value::from(end.members.as_str())),
            ])
        })
        .collect();
    kpi.extend([
        ("rows", Value::from(rows)),
        ("ends", Value::from(end_values)),
        ("fell", Value::from(fell.to_string())),
        ("bands", flow(&starts, &ends)?.values()),
    ]);
    Ok(kpi)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::read;

    fn figure(month: u32, by: &str, numerator: u32, denominator: u32) -> Figure {
        let json = format!(
            r#"{{"id": "m", "kind": "tier_moves", "unit": "ratio", "numerator": {numerator}, "denominator": {denominator}, "by": {{{by}}},
            "window": {{"kind": "calendar", "from": "2026-0{month}-01", "before": "2026-0{}-01"}}}}"#,
            month + 1
        );
        Figure::of(read(&json).unwrap()).unwrap()
    }

    fn step(from: &str, to: &str, numerator: u32, denominator: u32) -> Figure {
        figure(
            8,
            &format!(r#""from": "{from}", "to": "{to}""#),
            numerator,
            denominator,
        )
    }

    #[test]
    fn the_last_window_goes_from_rows_to_ends() {
        let rung = |id: &str| Rung {
            id: id.to_owned(),
            name: None,
        };
        let figures = [
            figure(7, "", 9, 9),
            figure(7, r#""from": "high", "to": "low""#, 9, 9),
            figure(8, "", 1, 10),
            step("low", "low", 5, 6),
            step("low", "high", 1, 6),
            step("high", "low", 3, 4),
            step("high", "high", 1, 4),
            step("top", "top", 0, 0),
            step("none", "low", 2, 2),
        ];
        let figures: Vec<&Figure> = figures.iter().collect();
        let ladder = [rung("low"), rung("high"), rung("top")];
        let kpi = Value::from_pairs(moves(&ladder, &figures).unwrap());
        let shown = |key: &str, names: [&str; 2]| -> Vec<String> {
            let list = names[0]
                .split('.')
                .fold(kpi.get_attr(key).unwrap(), |value, name| {
                    if name.is_empty() {
                        value
                    } else {
                        value.get_attr(name).unwrap()
                    }
                });
            let said = |value: Value| value.get_attr(names[1]).unwrap().to_string();
            list.try_iter().unwrap().map(said).collect()
        };
        assert_eq!(shown("rows", ["", "rung"]), ["high", "low", "none"]);
        assert_eq!(shown("rows", ["", "members"]), ["4", "6", "2"]);
        assert_eq!(shown("ends", ["", "rung"]), ["top", "high", "low"]);
        assert_eq!(shown("ends", ["", "members"]), ["0", "2", "10"]);
        assert_eq!(kpi.get_attr("fell").unwrap().to_string(), "3");
        assert_eq!(
            shown("bands", ["bands", "way"]),
            ["same", "down", "up", "same", "joined"]
        );
        // 260 less two gaps of 22 for twelve members: 18 each.
        assert_eq!(shown("bands", ["right", "y"]), ["0.0", "22.0", "80.0"]);
        assert_eq!(
            shown("bands", ["left", "height"]),
            ["72.0", "108.0", "36.0"]
        );
    }
}

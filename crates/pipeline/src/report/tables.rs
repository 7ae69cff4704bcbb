//! Tables of the text report: columns side by side, the cohort triangle, the matrix of tier moves.

use super::text::{number, percent, value};
use comfy_table::{Cell, CellAlignment, Table, presets};
use rungs_engine::calendar::{Calendar, Per, date_of, day_text};
use rungs_engine::kpi::{Figure, Window};
use rungs_engine::program::{Kpi, Program};

/// Cohorts and periods after the first that are shown; JSON has them all.
const COHORTS: usize = 25;
const PERIODS: usize = 19;

/// Columns side by side, indented by two; those in `words` to the left, numbers to the right.
pub(super) fn table(head: &[&str], rows: &[Vec<String>], words: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(head.iter().map(Cell::new));
    for row in rows {
        table.add_row(row.iter().map(Cell::new));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((2, 0));
        column.set_cell_alignment(match words.contains(&index) {
            true => CellAlignment::Left,
            false => CellAlignment::Right,
        });
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A window in the words of its KPI: `1997 Q3`, `1997-07`, `30 days to 1997-09-30`.
pub(super) fn window_name(kpi: &Kpi, window: Window) -> String {
    let from = date_of(window.from);
    let last = day_text(window.before - 1);
    match kpi.window {
        Per::Calendar(Calendar::Year) => from.year().to_string(),
        Per::Calendar(Calendar::Quarter) => {
            format!("{} Q{}", from.year(), (from.month() + 2) / 3)
        }
        Per::Calendar(Calendar::Month) => format!("{}-{:02}", from.year(), from.month()),
        Per::Calendar(Calendar::Week) => format!("week of {from}"),
        Per::Calendar(Calendar::Day) => from.to_string(),
        Per::Rolling(length) => format!("{length} to {last}"),
        _ => format!("{from} to {last}"),
    }
}

/// The triangle: a row for each cohort, a column for each period after it, in percent.
pub(super) fn cohorts(kpi: &Kpi, figures: &[&Figure]) -> String {
    let by_period = |figure: &Figure| match figure.by.as_slice() {
        [(key, k)] if key == "k" => k.parse::<usize>().ok(),
        _ => None,
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut last: Option<Window> = None;
    let mut hidden = false;
    for figure in figures {
        let Some(k) = by_period(figure) else {
            continue;
        };
        if last != Some(figure.window) {
            last = Some(figure.window);
            let month = Kpi {
                window: match kpi.window {
                    Per::Lifetime => Per::Calendar(Calendar::Month),
                    window => window,
                },
                ..kpi.clone()
            };
            rows.push(vec![
                window_name(&month, figure.window),
                number(figure.denominator),
            ]);
        }
        hidden |= k >= PERIODS;
        if let Some(row) = rows.last_mut().filter(|_| k < PERIODS) {
            row.push(
                figure
                    .value()
                    .map_or_else(String::new, |value| percent(value, 0)),
            );
        }
    }
    if rows.is_empty() {
        return "  no complete month yet\n".to_owned();
    }
    let skipped = rows.len().saturating_sub(COHORTS);
    let rows = &mut rows[skipped..];
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    for row in rows.iter_mut() {
        row.resize(width, String::new());
    }
    let periods: Vec<String> = (0..width.saturating_sub(2))
        .map(|k| k.to_string())
        .collect();
    let mut head = vec!["cohort", "size"];
    head.extend(periods.iter().map(String::as_str));
    let mut text = table(&head, rows, &[0]);
    if skipped > 0 || hidden {
        text.push_str("  more cohorts and periods: --format json\n");
    }
    text
}

/// The matrix of the last window: a row for each rung at the start, a column for each at the end.
pub(super) fn moves(program: &Program, kpi: &Kpi, figures: &[&Figure]) -> String {
    let Some(last) = figures.last().map(|figure| figure.window) else {
        return "  no complete window yet\n".to_owned();
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut columns: Vec<&str> = Vec::new();
    let mut rose = String::new();
    for figure in figures.iter().filter(|figure| figure.window == last) {
        let [(_, from), (_, to)] = figure.by.as_slice() else {
            rose = format!(
                "  {} rose: {} of {} members\n",
                value(program, figure),
                number(figure.numerator.units),
                number(figure.denominator)
            );
            continue;
        };
        if rows.last().is_none_or(|row| row[0] != *from) {
            rows.push(vec![from.clone(), number(figure.denominator)]);
        }
        if !columns.contains(&to.as_str()) {
            columns.push(to);
        }
        if let Some(row) = rows.last_mut() {
            row.push(match figure.denominator {
                0 => "–".to_owned(),
                _ => format!(
                    "{} ({})",
                    value(program, figure),
                    number(figure.numerator.units)
                ),
            });
        }
    }
    let mut head = vec!["from", "members"];
    head.extend(columns);
    format!(
        "  {}\n{}{rose}",
        window_name(kpi, last),
        table(&head, &rows, &[0])
    )
}

//! The report for people: percent, thousands separators, the answers first.

use super::Report;
use super::tables::table;
use rungs_engine::calendar::day_text;
use rungs_engine::kpi::{Amount, Figure, Fraction, Measure, PointsFlow, Unit, latest, measure_of};
use rungs_engine::program::{Kpi, KpiKind, Program, Wallet};

/// Windows of a KPI that are shown; JSON has them all.
const WINDOWS: usize = 13;

/// The whole report.
pub fn render(report: &Report<'_>) -> String {
    let mut out = first_screen(report);
    for (index, kpi) in report.program.kpis.iter().enumerate() {
        let figures: Vec<&Figure> = report
            .figures
            .iter()
            .filter(|figure| figure.kpi == index)
            .collect();
        let body = match kpi.kind {
            KpiKind::Cohort => super::tables::cohorts(kpi, &figures),
            KpiKind::TierMoves => super::tables::moves(report.program, kpi, &figures),
            _ => by_window(report.program, kpi, &figures),
        };
        let name = kpi.name.as_deref().unwrap_or(&kpi.id);
        let short = measure_of(kpi.kind).map_or("", |measure| measure.doc().short);
        out.push_str(&format!("\n{name} · {short}\n{body}"));
    }
    out
}

/// Objectives, customers, revenue, retention, rungs, points, rewards and data.
fn first_screen(report: &Report<'_>) -> String {
    let program = report.program;
    let totals = &report.totals;
    let mut out = format!(
        "{} ({}) as of {}, by {}\n",
        program.name,
        program.id,
        day_text(report.as_of),
        program.file
    );
    if let Some(run) = report.run {
        out.truncate(out.len() - 1);
        out.push_str(&format!(", run {run}\n"));
    }
    out.push('\n');
    if !report.standings.is_empty() {
        out.push_str(&objectives(report));
        out.push('\n');
    }
    let money = |units| money(program, units);
    let mut lines = vec![
        ("Customers", number(totals.customers)),
        ("Orders", number(totals.orders)),
        ("Revenue", money(totals.revenue)),
    ];
    if totals.refunded != 0 {
        lines.push(("Refunded", money(totals.refunded)));
    }
    if let Some(retention) = retention(report) {
        lines.push(("Retention", retention));
    }
    lines.push(("Members", members(report)));
    let told =
        |(wallet, flow): &(&Wallet, &PointsFlow)| !wallet.absent || **flow != PointsFlow::default();
    for (wallet, flow) in program.wallets.iter().zip(&totals.points).filter(told) {
        let mut text = points(program, wallet, flow);
        if program.wallets.len() > 1 {
            text = format!("{}: {text}", wallet.name.as_ref().unwrap_or(&wallet.id));
        }
        lines.push(("Points", text));
    }
    if !program.rewards.is_empty() {
        lines.push(("Rewards", rewards(report)));
    }
    lines.push(("Data", quality(report)));
    for (label, text) in lines {
        for (at, line) in text.lines().enumerate() {
            let label = if at == 0 { label } else { "" };
            out.push_str(&format!("{label:<10}  {line}\n"));
        }
    }
    for warning in &report.warnings {
        let Some(kpi) = program.kpis.get(warning.kpi) else {
            continue;
        };
        let figure = latest(&report.figures, warning.kpi);
        let (side, limit) = match warning.above {
            true => ("above", kpi.warn_above),
            false => ("below", kpi.warn_below),
        };
        if let (Some(figure), Some(limit)) = (figure, limit) {
            let now = value(program, figure);
            let limit = shown(program, kpi, figure.unit, Some(limit.into()));
            out.push_str(&format!(
                "Warning     {} is {now}, {side} {limit}\n",
                kpi.id
            ));
        }
    }
    out
}

fn objectives(report: &Report<'_>) -> String {
    let program = report.program;
    let mut rows = Vec::new();
    for standing in &report.standings {
        let Some(objective) = program.objectives.get(standing.objective) else {
            continue;
        };
        let Some(kpi) = program.kpis.get(objective.kpi) else {
            continue;
        };
        let unit = measure_of(kpi.kind).map_or(Unit::Ratio, Measure::unit);
        let number = |value| shown(program, kpi, unit, value);
        rows.push(vec![
            objective.id.clone(),
            number(standing.value),
            standing.state.text().replace('_', " "),
            number(standing.expected),
            number(Some(objective.baseline.into())),
            number(Some(objective.target.into())),
            day_text(objective.by),
        ]);
    }
    let head = [
        "Objective",
        "now",
        "state",
        "expected",
        "baseline",
        "target",
        "by",
    ];
    table(&head, &rows, &[0, 2])
}

/// The latest retention that is known: `48.4 % of 4,263 customers of 1997 Q3 (2,063)`.
fn retention(report: &Report<'_>) -> Option<String> {
    let kpis = report.program.kpis.iter().enumerate();
    let (index, kpi) = kpis
        .clone()
        .find(|(_, kpi)| kpi.kind == KpiKind::Retention)?;
    let figure = latest(&report.figures, index)?;
    Some(format!(
        "{} of the {} customers of {} came back ({})",
        value(report.program, figure),
        number(figure.denominator),
        super::tables::window_name(kpi, figure.window),
        number(figure.numerator.units),
    ))
}

fn members(report: &Report<'_>) -> String {
    let totals = &report.totals;
    let mut text = number(totals.members);
    let rungs = report.program.tiers.iter().flat_map(|tiers| &tiers.rungs);
    let named: Vec<String> = rungs
        .zip(&totals.rungs)
        // A rung of another version on which nobody stands says nothing.
        .filter(|(rung, members)| !rung.absent || **members != 0)
        .map(|(rung, members)| {
            let name = rung.name.as_deref().unwrap_or(&rung.id);
            format!("{name} {}", number(*members))
        })
        .collect();
    if !named.is_empty() {
        text.push_str(&format!(": {}", named.join(" · ")));
    }
    text
}

fn points(program: &Program, wallet: &Wallet, flow: &PointsFlow) -> String {
    let (grain, digits) = (i128::from(wallet.grain(program)), wallet.scale);
    let amount = |points: i128| {
        let units = points / grain;
        grouped(&Amount { units, digits }.text())
    };
    let mut text = format!("{} granted", amount(flow.granted));
    if flow.opening != 0 {
        text.push_str(&format!(", {} brought along", amount(flow.opening)));
    }
    if flow.restored != 0 {
        text.push_str(&format!(", {} restored", amount(flow.restored)));
    }
    if flow.adjusted != 0 {
        text.push_str(&format!(", {} adjusted", amount(flow.adjusted)));
    }
    if flow.converted != 0 {
        text.push_str(&format!(", {} converted", amount(flow.converted)));
    }
    let parts = [
        ("redeemed", flow.redeemed, true),
        ("expired", flow.expired, true),
        ("reversed", flow.reversed, true),
        ("repaid", flow.repaid, false),
        ("open", flow.open, true),
        ("pending", flow.pending, false),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, units, always)| *always || *units != 0)
        .map(|(name, units, _)| format!("{} {name}", amount(*units)))
        .collect();
    text.push_str(&format!(" = {}", parts.join(" + ")));
    if flow.debt != 0 {
        text.push_str(&format!("\n{} owed by members", amount(flow.debt)));
    }
    if flow.forgiven != 0 {
        text.push_str(&format!("\n{} forgiven", amount(flow.forgiven)));
    }
    text
}

fn rewards(report: &Report<'_>) -> String {
    let program = report.program;
    let issued: i128 = report.totals.rewards.iter().map(|(issued, _)| issued).sum();
    let cost: i128 = report.totals.rewards.iter().map(|(_, cost)| cost).sum();
    let mut text = format!("{} issued, cost {}", number(issued), money(program, cost));
    for (reward, (issued, cost)) in program.rewards.iter().zip(&report.totals.rewards) {
        if *issued != 0 {
            let cost = money(program, *cost);
            text.push_str(&format!("\n  {} {}, {cost}", number(*issued), reward.id));
        }
    }
    text
}

fn quality(report: &Report<'_>) -> String {
    let quality = &report.quality;
    let of = |count: u64| number(i128::from(count));
    let mut text = format!(
        "{} rows read: accepted {}, duplicates {}, in quarantine {}, late {}",
        of(quality.read),
        of(quality.accepted),
        of(quality.duplicates),
        of(quality.in_quarantine()),
        of(quality.late)
    );
    for (code, count) in &quality.quarantined {
        text.push_str(&format!("\n  {} {code}", of(*count)));
    }
    text
}

/// One row a window: value, numerator, denominator, and the values by rung or statistic.
fn by_window(program: &Program, kpi: &Kpi, figures: &[&Figure]) -> String {
    let mut parts: Vec<&[(String, String)]> = Vec::new();
    for figure in figures.iter().filter(|figure| !figure.by.is_empty()) {
        if !parts.contains(&figure.by.as_slice()) {
            parts.push(&figure.by);
        }
    }
    // Every statistic of every rung is for JSON.
    parts.retain(|part| part.len() == 1);
    let totals: Vec<&&Figure> = figures
        .iter()
        .filter(|figure| figure.by.is_empty())
        .collect();
    if totals.is_empty() {
        return "  no complete window yet\n".to_owned();
    }
    let sum = totals.iter().all(|figure| figure.denominator == 1);
    let mut head = vec!["window", "value"];
    if kpi.kind == KpiKind::InterPurchase {
        head[1] = "mean";
    }
    if !sum {
        head.extend(["numerator", "denominator"]);
    }
    head.extend(
        parts
            .iter()
            .filter_map(|part| part.first())
            .map(|(_, name)| name.as_str()),
    );
    let skipped = totals.len().saturating_sub(WINDOWS);
    let mut rows = Vec::new();
    for total in &totals[skipped..] {
        let mut row = vec![
            super::tables::window_name(kpi, total.window),
            value(program, total),
        ];
        if !sum {
            row.push(grouped(&total.numerator.text()));
            row.push(number(total.denominator));
        }
        for part in &parts {
            let figure = figures
                .iter()
                .find(|figure| figure.window == total.window && figure.by == *part);
            row.push(figure.map_or_else(|| "–".to_owned(), |figure| value(program, figure)));
        }
        rows.push(row);
    }
    let mut text = table(&head, &rows, &[0]);
    if skipped > 0 {
        text.push_str(&format!("  {skipped} earlier windows: --format json\n"));
    }
    text
}

/// A figure's value for people.
pub(super) fn value(program: &Program, figure: &Figure) -> String {
    match program.kpis.get(figure.kpi) {
        Some(kpi) => shown(program, kpi, figure.unit, figure.value()),
        None => "–".to_owned(),
    }
}

fn shown(program: &Program, kpi: &Kpi, unit: Unit, value: Option<Fraction>) -> String {
    let Some(value) = value else {
        return "–".to_owned();
    };
    match unit {
        Unit::Ratio => format!("{} %", percent(value, 1)),
        Unit::Orders => grouped(&value.fixed(2)),
        Unit::Money => grouped(&value.fixed(program.currency_digits)),
        Unit::Days => grouped(&value.fixed(1)),
        Unit::Points => {
            let wallet = program.wallet(kpi.wallet);
            grouped(&value.fixed(wallet.map_or(0, |wallet| wallet.scale)))
        }
    }
}

/// A share in percent.
pub(super) fn percent(value: Fraction, digits: u8) -> String {
    let hundred = Fraction::new(100, 1);
    let percent = hundred.and_then(|hundred| value.times(hundred));
    percent.map_or_else(|| "–".to_owned(), |percent| percent.fixed(digits))
}

/// `2,500,315.63 USD`
fn money(program: &Program, units: i128) -> String {
    let digits = program.currency_digits;
    let amount = Amount { units, digits }.text();
    format!("{} {}", grouped(&amount), program.currency)
}

/// `23,570`
pub(super) fn number(number: i128) -> String {
    grouped(&number.to_string())
}

/// A decimal with a comma between thousands.
fn grouped(decimal: &str) -> String {
    let digits = decimal.trim_start_matches('-');
    let sign = &decimal[..decimal.len() - digits.len()];
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !part.is_empty() {
        text.push('.');
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_in_the_whole_part_only() {
        assert_eq!(grouped("2500315.63"), "2,500,315.63");
        assert_eq!(grouped("-1234"), "-1,234");
        assert_eq!(grouped("999"), "999");
        assert_eq!(grouped("0.123456"), "0.123456");
    }
}

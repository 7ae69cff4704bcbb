//! The report as JSON: fractions, not percent; money in major units; every number exactly the decimal
//! that was computed, values with up to nine digits after the point. Its shape is published
//! ([`super::report_schema`]); keys may be added to it, never change their meaning.

mod inputs;
mod points;
mod surprises;

use self::inputs::{ExampleOf, RunInfoOf, examples};
use self::points::PointsOf;
use self::surprises::{SurpriseOf, surprises};
use super::Report;
use rungs_engine::calendar::{Day, day_text};
use rungs_engine::kpi::{Amount, Figure, Fraction, Window};
use rungs_engine::program::Program;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Digits after the point of values.
pub const VALUE_DIGITS: u8 = 9;

/// The report as JSON, indented, with a line end.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Root::of(report))?;
    text.push('\n');
    Ok(text)
}

/// A number that is written as it is.
struct Exact(String);

impl Exact {
    fn value(value: Fraction) -> Exact {
        Exact(value.decimal(VALUE_DIGITS))
    }

    fn units(units: i128, digits: u8) -> Exact {
        Exact(Amount { units, digits }.text())
    }

    fn whole(number: i128) -> Exact {
        Exact(number.to_string())
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone())
            .map_err(serde::ser::Error::custom)?
            .serialize(to)
    }
}

/// Pairs as an object, in their order.
struct Object<'a>(&'a [(String, String)]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

#[derive(Serialize)]
struct Root<'a> {
    program: &'a str,
    name: &'a str,
    as_of: String,
    zone: &'a str,
    enrol: &'static str,
    version: VersionOf<'a>,
    run: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_info: Option<RunInfoOf<'a>>,
    currency: &'a str,
    totals: TotalsOf,
    members_by_rung: Vec<RungMembers<'a>>,
    points: Option<PointsOf<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_wallets: Vec<PointsOf<'a>>,
    rewards: Vec<RewardOf<'a>>,
    kpis: Vec<KpiFigure<'a>>,
    objectives: Vec<ObjectiveOf<'a>>,
    warnings: Vec<WarningOf<'a>>,
    quality: QualityOf<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    surprises: Option<Vec<SurpriseOf<'a>>>,
}

#[derive(Serialize)]
struct VersionOf<'a> {
    file: &'a str,
    digest: &'a str,
    from: String,
}

#[derive(Serialize)]
struct TotalsOf {
    customers: Exact,
    orders: Exact,
    revenue: Exact,
    refunded: Exact,
    members: Exact,
}

#[derive(Serialize)]
struct RungMembers<'a> {
    rung: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    members: Exact,
}

#[derive(Serialize)]
struct RewardOf<'a> {
    reward: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    issued: Exact,
    cost: Exact,
}

#[derive(Serialize)]
struct KpiFigure<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    kind: &'static str,
    value: Option<Exact>,
    numerator: Exact,
    denominator: Exact,
    unit: &'static str,
    window: WindowOf,
    by: Object<'a>,
    /// Only of points, where there are several wallets.
    #[serde(skip_serializing_if = "Option::is_none")]
    wallet: Option<&'a str>,
    /// Only where it is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    net: Option<bool>,
}

#[derive(Serialize)]
struct WindowOf {
    kind: &'static str,
    from: String,
    before: String,
}

#[derive(Serialize)]
struct ObjectiveOf<'a> {
    id: &'a str,
    kpi: &'a str,
    baseline: Exact,
    target: Exact,
    by: String,
    value: Option<Exact>,
    expected: Option<Exact>,
    state: &'static str,
    owner: Option<&'a str>,
}

#[derive(Serialize)]
struct WarningOf<'a> {
    kpi: &'a str,
    side: &'static str,
}

#[derive(Serialize)]
struct QualityOf<'a> {
    read: u64,
    accepted: u64,
    duplicates: u64,
    quarantined: Vec<Quarantined<'a>>,
    late: u64,
}

#[derive(Serialize)]
struct Quarantined<'a> {
    code: &'a str,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    examples: Option<Vec<ExampleOf<'a>>>,
}

fn kpi_id(program: &Program, index: usize) -> &str {
    program.kpis.get(index).map_or("", |kpi| kpi.id.as_str())
}

fn date(day: Day) -> String {
    day_text(day)
}

impl WindowOf {
    fn of(window: Window) -> WindowOf {
        WindowOf {
            kind: window.kind.text(),
            from: date(window.from),
            before: date(window.before),
        }
    }
}

impl<'a> KpiFigure<'a> {
    fn of(program: &'a Program, figure: &'a Figure) -> KpiFigure<'a> {
        let kpi = program.kpis.get(figure.kpi);
        KpiFigure {
            id: kpi_id(program, figure.kpi),
            name: kpi.and_then(|kpi| kpi.name.as_deref()),
            kind: kpi.map_or("", |kpi| kpi.kind.text()),
            value: figure.value().map(Exact::value),
            numerator: Exact(figure.numerator.text()),
            denominator: Exact::whole(figure.denominator),
            unit: figure.unit.text(),
            window: WindowOf::of(figure.window),
            by: Object(&figure.by),
            wallet: kpi.and_then(|kpi| {
                let several = program.wallets.len() > 1 && kpi.kind.counts_points();
                let wallet = program.wallet(kpi.wallet).filter(|_| several)?;
                Some(wallet.id.as_str())
            }),
            net: kpi.and_then(|kpi| (!kpi.net).then_some(false)),
        }
    }
}

impl<'a> Root<'a> {
    fn of(report: &'a Report<'_>) -> Root<'a> {
        let program = report.program;
        let totals = &report.totals;
        let money = |units| Exact::units(units, program.currency_digits);
        let rungs = program.tiers.iter().flat_map(|tiers| &tiers.rungs);
        let objectives = report.standings.iter().filter_map(|standing| {
            let objective = program.objectives.get(standing.objective)?;
            Some(ObjectiveOf {
                id: &objective.id,
                kpi: kpi_id(program, objective.kpi),
                baseline: Exact::value(objective.baseline.into()),
                target: Exact::value(objective.target.into()),
                by: date(objective.by),
                value: standing.value.map(Exact::value),
                expected: standing.expected.map(Exact::value),
                state: standing.state.text(),
                owner: objective.owner.as_deref(),
            })
        });
        Root {
            program: &program.id,
            name: &program.name,
            as_of: date(report.as_of),
            zone: program.zone.name(),
            enrol: program.enrol.text(),
            version: VersionOf {
                file: &program.file,
                digest: &program.digest,
                from: date(program.from),
            },
            run: report.run,
            run_info: report.run_info.as_ref().map(RunInfoOf::of),
            currency: &program.currency,
            totals: TotalsOf {
                customers: Exact::whole(totals.customers),
                orders: Exact::whole(totals.orders),
                revenue: money(totals.revenue),
                refunded: money(totals.refunded),
                members: Exact::whole(totals.members),
            },
            members_by_rung: rungs
                .zip(&totals.rungs)
                .filter(|(rung, members)| !rung.absent || **members != 0)
                .map(|(rung, members)| RungMembers {
                    rung: &rung.id,
                    name: rung.name.as_deref(),
                    members: Exact::whole(*members),
                })
                .collect(),
            points: PointsOf::of(report, 0),
            other_wallets: PointsOf::others(report),
            rewards: program
                .rewards
                .iter()
                .zip(&totals.rewards)
                .filter(|(reward, (issued, _))| !reward.absent || *issued != 0)
                .map(|(reward, (issued, cost))| RewardOf {
                    reward: &reward.id,
                    name: reward.name.as_deref(),
                    issued: Exact::whole(*issued),
                    cost: money(*cost),
                })
                .collect(),
            kpis: report
                .figures
                .iter()
                .map(|figure| KpiFigure::of(program, figure))
                .collect(),
            objectives: objectives.collect(),
            warnings: report
                .warnings
                .iter()
                .map(|warning| WarningOf {
                    kpi: kpi_id(program, warning.kpi),
                    side: if warning.above { "above" } else { "below" },
                })
                .collect(),
            quality: QualityOf {
                read: report.quality.read,
                accepted: report.quality.accepted,
                duplicates: report.quality.duplicates,
                quarantined: report
                    .quality
                    .quarantined
                    .iter()
                    .map(|(code, count)| Quarantined {
                        code,
                        count: *count,
                        examples: examples(&report.quality, code),
                    })
                    .collect(),
                late: report.quality.late,
            },
            surprises: surprises(report),
        }
    }
}

//! What a rung needs: metrics and their least values.

use super::Build;
use super::expiry::own_expiry;
use super::reader::{Item, Placed, Reader, Value};
use super::table::Shape;
use super::tiers::RungTable;
use super::values::{MetricSort, OneOrMany, Positive, Sort};
use crate::finding::{Code, Place};
use crate::program::{Metric, MetricKind, Need, Pool, Rung};

/// Metrics and their least values: all of them.
#[derive(Debug, Clone)]
pub(crate) struct NeedTable(pub Vec<Placed<(usize, Positive)>>);

impl Value for NeedTable {
    fn shape() -> Shape {
        Shape::Named("metric", Box::new(Positive::shape()))
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(table) = item.get_ref().as_table() else {
            reader.wrong_type(
                item,
                "a table of metrics with their least values",
                "{ my_metric = 100 }",
            );
            return None;
        };
        if table.is_empty() {
            reader.wrong_value(
                item,
                "these needs are empty",
                "nothing is needed",
                "name at least one metric with its least value",
            );
        }
        let mut needs = Vec::new();
        for (name, value) in table {
            let at = reader.place(name.span());
            let word = MetricSort::WORD;
            let metric = reader.index(
                at,
                name.get_ref(),
                word,
                MetricSort::names,
                Code::TierMetric,
            );
            let place = reader.place(value.span());
            if let (Some(metric), Some(least)) = (metric, Positive::read(value, reader)) {
                needs.push(Placed {
                    value: (metric, least),
                    place,
                });
            }
        }
        needs.sort_by_key(|need| need.place);
        Some(NeedTable(needs))
    }
}

/// One need in the metric's denominator, or a finding.
fn need(
    build: &mut Build<'_>,
    raw: &Placed<(usize, Positive)>,
    metrics: &[Metric],
) -> Option<(usize, i64)> {
    let (index, Positive(least)) = raw.value;
    let id = build.reader.names.metrics.get(index)?.clone();
    let metric = metrics.iter().find(|metric| metric.id == id)?;
    let wrong = match (metric.kind, metric.window, metric.pool) {
        (MetricKind::First | MetricKind::Last, ..) => Some((
            "a metric of kind `first` or `last` counts nothing",
            "take a metric of kind `events`, `sum`, `distinct`, `granted` or `spent`",
        )),
        (_, Some(_), _) => Some((
            "it has a `window` of its own, but a rung counts over the period of `[tiers]`",
            "declare the same metric without `window`",
        )),
        (_, _, Pool::Member) => Some((
            "it counts for each member, but the rung is the account's",
            "declare the same metric with `pool = \"account\"`",
        )),
        _ => None,
    };
    if let Some((label, help)) = wrong {
        build.reader.find_both(
            Code::TierMetric,
            raw.place,
            format!("a rung cannot need the metric `{id}`"),
            label,
            (metric.place, "the metric is declared here"),
            help,
        );
        return None;
    }
    let scaled = least
        .times(crate::number::Rational::whole(metric.den))
        .filter(|scaled| scaled.den == 1);
    if scaled.is_none() {
        build.reader.find(
            Code::WrongValue,
            raw.place,
            format!("`{least}` is finer than `{id}` is counted"),
            format!("the finest step is 1/{}", metric.den),
            "round it here, where everybody sees it",
        );
    }
    Some((index, scaled?.num))
}

/// The needs of one key: any of these, all of each.
pub(crate) fn needs(
    build: &mut Build<'_>,
    raw: Option<&Placed<OneOrMany<NeedTable>>>,
    metrics: &[Metric],
) -> Vec<(Need, Place)> {
    let tables = raw.map(|raw| raw.value.0.as_slice()).unwrap_or_default();
    tables
        .iter()
        .map(|table| {
            let needs = table
                .value
                .0
                .iter()
                .filter_map(|raw| need(build, raw, metrics))
                .collect();
            (needs, table.place)
        })
        .collect()
}

/// A rung with its checked needs.
pub(crate) fn rung(
    build: &mut Build<'_>,
    raw: &Placed<RungTable>,
    reach: &[(Need, Place)],
    keep: &[(Need, Place)],
) -> Option<Rung> {
    let table = &raw.value;
    let only = |needs: &[(Need, Place)]| needs.iter().map(|(need, _)| need.clone()).collect();
    let benefits = table.benefits.as_ref().map(|b| b.value.as_slice());
    let (mut expiry, mut wallet) = (None, 0);
    if let Some(raw) = &table.expiry {
        wallet = build.wallet(table.wallet.as_ref(), raw.place, "the `expiry` of a rung")?;
        expiry = own_expiry(build, raw, wallet, "rung");
    }
    Some(Rung {
        absent: false,
        id: table.id.as_ref()?.value.0.clone(),
        place: raw.place,
        name: table.name.as_ref().map(|name| name.value.clone()),
        reach: only(reach),
        keep: only(if keep.is_empty() { reach } else { keep }),
        benefits: benefits
            .unwrap_or_default()
            .iter()
            .map(|benefit| benefit.value.0)
            .collect(),
        expiry,
        wallet,
    })
}

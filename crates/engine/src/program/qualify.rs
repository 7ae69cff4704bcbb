//! What a version that sets rungs by what was done before it asks of itself and of those before it.

use super::lineage::earlier;
use super::{Metric, Program, Qualify, RungEnds, Tiers, Validity};
use crate::finding::{Code, Finding};
use std::collections::BTreeSet;

impl Metric {
    /// Whether what this one counts adds up with what another version counts: the same kind of thing, for the same
    /// pool, in the same unit.
    pub fn adds_up_with(&self, other: &Metric) -> bool {
        let of = |metric: &Metric| (metric.kind, metric.pool, metric.den);
        !self.absent && !other.absent && of(self) == of(other)
    }
}

impl Tiers {
    /// The metrics by which rungs are reached.
    pub fn reached_by(&self) -> BTreeSet<usize> {
        let needs = self.rungs.iter().flat_map(|rung| &rung.reach);
        needs.flatten().map(|(metric, _)| *metric).collect()
    }
}

/// What is wrong with `[migrate] qualify` of the last of these versions.
pub(super) fn qualify(files: &[(String, Program)]) -> Vec<Finding> {
    let Some((file, new)) = files.last() else {
        return Vec::new();
    };
    let Some(said) = new.migrate.qualify else {
        return Vec::new();
    };
    let find = |message: &str, label: &str, help: &str| {
        Finding::new(Code::VersionMigrate, file, said.place, message, label, help)
    };
    let mut all = Vec::new();
    if said.before > new.from {
        all.push(find(
            "`qualify` counts days on which this version rules already",
            "rungs are set at 00:00 of its first day, by what was done until then",
            "let `before` be the first day of this version, or an earlier one",
        ));
    }
    let Some(tiers) = &new.tiers else {
        all.push(find(
            "there is no rung to be set in this version",
            "it has no `[tiers]`",
            "leave `qualify` out",
        ));
        return all;
    };
    if tiers.validity == Validity::None {
        all.push(find(
            "in this version the rung is what the metrics say at every instant",
            "a rung that is set would be another one at once",
            "leave `qualify` out, or take another `validity`",
        ));
    }
    if new.migrate.rung_ends == RungEnds::Recompute {
        all.push(find(
            "`qualify` sets the ends of rungs as well",
            "`validity = \"recompute\"` has nothing left to compute",
            "leave one of them out",
        ));
    }
    for metric in tiers.reached_by() {
        let metric = &new.metrics[metric];
        if !counted_then(files, said, metric) {
            all.push(find(
                &format!("no version counted `{}` on these days", metric.id),
                "all who need it would stand on a lower rung",
                "name days on which a version has this metric, with the same `kind`, `pool` and unit; one that goes on under another id is named in `metrics`",
            ));
        }
    }
    all
}

/// Whether a version that rules on one of these days counts what a metric of the last version counts.
fn counted_then(files: &[(String, Program)], said: Qualify, metric: &Metric) -> bool {
    let then = earlier(files, said.from, metric).into_iter();
    let mut then = then.filter(|it| it.from < said.before);
    then.any(|it| it.metric.is_some_and(|was| was.adds_up_with(metric)))
}

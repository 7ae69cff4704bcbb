//! The rungs of a ladder, and whether they can be climbed one after the other.

use super::Build;
use super::needs::{needs, rung};
use super::reader::Placed;
use super::tiers::{GivenBy, RungTable};
use super::values::Many;
use crate::finding::{Code, Place};
use crate::program::{Metric, Need, Rung};

/// Needs of one key, each with its place.
type Needs = Vec<(Need, Place)>;

/// A rung while the ladder is checked.
struct Step {
    id: String,
    place: Place,
    reach: Needs,
    keep: Needs,
    /// Its needs could all be read.
    sound: bool,
}

/// Checks the rungs, lowest first.
pub(crate) fn rungs(build: &mut Build<'_>, raw: Many<RungTable>, metrics: &[Metric]) -> Vec<Rung> {
    let mut steps = Vec::new();
    let mut rungs = Vec::new();
    for (at, raw) in raw.iter().enumerate() {
        first_or_not(build, at, raw);
        let before = build.reader.findings.len();
        let reach = needs(build, raw.value.reach.as_ref(), metrics);
        let keep = needs(build, raw.value.keep.as_ref(), metrics);
        let complete = reach.iter().chain(&keep).all(|(need, _)| !need.is_empty());
        rungs.extend(rung(build, raw, &reach, &keep));
        let id = raw.value.id.as_ref();
        steps.push(Step {
            id: id.map(|id| id.value.0.clone()).unwrap_or_default(),
            place: id.map_or(raw.place, |id| id.place),
            sound: complete && build.reader.findings.len() == before,
            reach,
            keep,
        });
    }
    let names: Vec<String> = metrics.iter().map(|metric| metric.id.clone()).collect();
    for step in steps.iter().filter(|step| step.sound) {
        alternatives(build, step);
        keep_above_reach(build, step, &names);
    }
    for (at, low) in steps.iter().enumerate().skip(1) {
        for high in steps.iter().skip(at + 1) {
            if low.sound && high.sound && !low.reach.is_empty() && !high.reach.is_empty() {
                climb(build, low, high, &names);
            }
        }
    }
    rungs
}

/// The lowest rung is where everybody begins; every other one needs something.
fn first_or_not(build: &mut Build<'_>, at: usize, raw: &Placed<RungTable>) {
    let table = &raw.value;
    let place = table.id.as_ref().map_or(raw.place, |id| id.place);
    let given = table
        .reach
        .as_ref()
        .or(table.keep.as_ref())
        .map(|needs| needs.place);
    let given_otherwise = table
        .by
        .as_ref()
        .is_some_and(|by| by.value == GivenBy::Later);
    match given {
        Some(needs) if at == 0 => {
            build.reader.find(
                Code::ContradictingRung,
                needs,
                "the lowest rung needs nothing",
                "everybody begins here",
                "leave `reach` and `keep` out, or declare a lower rung before this one",
            );
        }
        _ if at > 0 && table.reach.is_none() && !given_otherwise => {
            build.reader.find(
                Code::MissingKey,
                place,
                "`reach` is missing",
                "only the lowest rung, which stands first, needs nothing",
                "add `reach = { my_metric = 100 }`: a metric and its least value",
            );
        }
        _ => {}
    }
}

/// Whether having `given` means having all of `needed`.
fn implies(given: &Need, needed: &Need) -> bool {
    needed.iter().all(|(metric, least)| {
        given
            .iter()
            .any(|(known, value)| known == metric && value >= least)
    })
}

/// An alternative that asks for at least what another one asks for is never what decides.
fn alternatives(build: &mut Build<'_>, step: &Step) {
    for needs in [&step.reach, &step.keep] {
        for (at, (need, place)) in needs.iter().enumerate() {
            let easier = needs.iter().enumerate().find(|(other, (known, _))| {
                *other != at && implies(need, known) && (!implies(known, need) || *other < at)
            });
            if let Some((_, (_, first))) = easier {
                build.reader.find_both(
                    Code::ContradictingRung,
                    *place,
                    format!("this alternative of `{}` never decides", step.id),
                    "it asks for all that another alternative asks for",
                    (*first, "the easier alternative"),
                    "a list is any of: drop one, or write one table, which is all of",
                );
            }
        }
    }
}

/// Keeping must not need more of a metric than reaching.
fn keep_above_reach(build: &mut Build<'_>, step: &Step, names: &[String]) {
    for (need, place) in &step.keep {
        for (metric, least) in need {
            let values = step.reach.iter().flat_map(|(reach, at)| {
                let of = reach.iter().filter(|(known, _)| known == metric);
                of.map(|(_, value)| (*value, *at))
            });
            if let Some((_, at)) = values.max().filter(|(most, _)| most < least) {
                let name = names.get(*metric).map_or("", String::as_str);
                build.reader.find_both(
                    Code::ContradictingRung,
                    *place,
                    format!("keeping `{}` needs more `{name}` than reaching it", step.id),
                    "more than `reach`",
                    (at, "`reach` asks for less"),
                    "ask for no more than `reach` does: who has just enough to reach the rung could never keep it",
                );
            }
        }
    }
}

/// A higher rung must ask for more than a lower one.
fn climb(build: &mut Build<'_>, low: &Step, high: &Step, names: &[String]) {
    let skipped = low
        .reach
        .iter()
        .all(|(given, _)| high.reach.iter().any(|(needed, _)| implies(given, needed)));
    if skipped {
        let at = high.reach.first().map_or(high.place, |(_, place)| *place);
        build.reader.find_both(
            Code::UnreachableRung,
            low.place,
            format!(
                "nobody ever holds `{}`: who reaches it reaches `{}` at once",
                low.id, high.id
            ),
            "this rung is skipped",
            (at, "asks for the same or for less"),
            format!(
                "let `{}` ask for more, or put the rungs in order, lowest first",
                high.id
            ),
        );
        return;
    }
    for (need, place) in &high.keep {
        for (metric, least) in need {
            let below = low.keep.iter().flat_map(|(keep, at)| {
                let of = keep.iter().filter(|(known, _)| known == metric);
                of.map(|(_, value)| (*value, *at))
            });
            if let Some((_, at)) = below.min().filter(|(lower, _)| lower > least) {
                let name = names.get(*metric).map_or("", String::as_str);
                build.reader.find_both(
                    Code::ContradictingRung,
                    *place,
                    format!(
                        "keeping `{}` needs less `{name}` than keeping `{}` below it",
                        high.id, low.id
                    ),
                    "less than the rung below",
                    (at, "the rung below asks for more"),
                    "let the higher rung ask for at least as much",
                );
            }
        }
    }
}

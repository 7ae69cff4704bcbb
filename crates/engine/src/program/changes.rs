//! What cannot change from one version of a programme to the next, or not without a word.

use super::conversion::conversions;
use super::qualify::qualify;
use super::regrant::regrant;
use super::{
    Carried, Column, IdleSince, Metric, MetricKind, Period, Program, Rung, RungEnds, Wallet,
};
use crate::calendar::LeapDay;
use crate::canonical::Type;
use crate::finding::{Code, Finding, Place};
use std::collections::BTreeMap;

/// The head of a file: for what no line says.
const HEAD: Place = Place {
    start: 0,
    end: 0,
    line: 1,
};

/// Everything that does not go together, in files by the day from which they rule.
pub fn changes(files: &[(String, Program)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some((file, first)) = files.first()
        && let Some(place) = first.migrate.place
    {
        findings.push(Finding::new(
            Code::VersionMigrate,
            file,
            place,
            "`[migrate]` in the first version",
            "there is no version before it",
            "leave it out; who moves in from another system brings `opening` events",
        ));
    }
    // Every column so far, as the newest version that has it has it.
    let first = files.first().map(|(_, first)| columns_of(first));
    let mut columns: BTreeMap<String, Known<'_>> = first.into_iter().flatten().collect();
    for (at, (file, new)) in files.iter().enumerate().skip(1) {
        let step = Step {
            file,
            new,
            old: &files[at - 1].1,
        };
        findings.extend(step.fixed());
        findings.extend(step.rungs());
        findings.extend(step.metrics());
        findings.extend(step.rewards());
        findings.extend(step.inactivity());
        findings.extend(step.rung_ends());
        findings.extend(step.waiting(&files[..at]));
        findings.extend(qualify(&files[..=at]));
        findings.extend(regrant(&files[..=at]));
        findings.extend(conversions(&files[..=at]));
        findings.extend(step.columns(&columns));
        columns.extend(columns_of(new));
    }
    findings.extend(ladder_order(files));
    findings.sort_by(|a, b| (&a.file, a.place, a.code).cmp(&(&b.file, b.place, b.code)));
    findings.dedup();
    findings
}

/// A column, and the version that has it.
type Known<'a> = (&'a Column, &'a Program);

/// The columns of a version by their names in the lake.
fn columns_of(program: &Program) -> impl Iterator<Item = (String, Known<'_>)> {
    let columns = program.columns.iter();
    columns.map(move |column| (column.stored(), (column, program)))
}

/// From one version to the next.
#[derive(Clone, Copy)]
struct Step<'a> {
    file: &'a str,
    old: &'a Program,
    new: &'a Program,
}

impl Step<'_> {
    fn find(
        &self,
        code: Code,
        place: Place,
        message: String,
        label: String,
        help: &str,
    ) -> Finding {
        Finding::new(code, self.file, place, message, label, help)
    }

    /// What a programme keeps for ever.
    fn fixed(&self) -> Vec<Finding> {
        let (old, new) = (self.old, self.new);
        let mut all = Vec::new();
        let mut same = |what: &str, before: String, now: String, place: Place| {
            if before != now {
                all.push(self.find(
                    Code::VersionFixed,
                    place,
                    format!("{what} cannot change between versions"),
                    format!("{now} here, {before} in {}", old.file),
                    "keep what it was, or begin a programme in a folder of its own",
                ));
            }
        };
        let zone = |program: &Program| format!("`{}`", program.zone.name());
        same("the zone", zone(old), zone(new), HEAD);
        let currency = |program: &Program| format!("`{}`", program.currency);
        same("the currency", currency(old), currency(new), HEAD);
        let leap = |program: &Program| match program.leap_day {
            LeapDay::February28 => "28 February".to_owned(),
            LeapDay::March1 => "1 March".to_owned(),
        };
        same("the leap day", leap(old), leap(new), HEAD);
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let week = |program: &Program| format!("`{}`", days[program.week.rem_euclid(7) as usize]);
        same("the first day of a week", week(old), week(new), HEAD);
        let id = |wallet: &Wallet| format!("`{}`", wallet.id);
        let place = new.wallets.first().map_or(HEAD, |wallet| wallet.place);
        for was in &old.wallets {
            let is = new.wallets.iter().find(|is| is.id == was.id);
            let others = || match new.wallets.as_slice() {
                [] => "none".to_owned(),
                wallets => wallets.iter().map(id).collect::<Vec<_>>().join(", "),
            };
            same("the wallet", id(was), is.map_or_else(others, id), place);
            if let Some(is) = is {
                let digits = |scale: u8| format!("{scale} digits");
                let scale = format!("the scale of {}", id(was));
                same(&scale, digits(was.scale), digits(is.scale), is.place);
            }
        }
        // Stored points are as fine as the finest wallet of the first version.
        let finest = new.wallets.iter().max_by_key(|wallet| wallet.scale);
        if let (Some(finest), false) = (finest, old.wallets.is_empty())
            && finest.scale > old.scale()
            && old.wallets.iter().all(|was| was.id != finest.id)
        {
            let digits = |scale: u8| format!("{scale} digits");
            let what = format!(
                "how finely points are kept, to which {} would add,",
                id(finest)
            );
            same(
                &what,
                digits(old.scale()),
                digits(finest.scale),
                finest.place,
            );
        }
        if let (Some(was), Some(is)) = (rungs(old).first(), rungs(new).first()) {
            let id = |rung: &Rung| format!("`{}`", rung.id);
            same("the lowest rung", id(was), id(is), is.place);
        }
        all
    }

    /// A column has one type and one number of digits.
    fn columns(&self, known: &BTreeMap<String, Known<'_>>) -> Vec<Finding> {
        let mut all = Vec::new();
        for is in &self.new.columns {
            let Some((was, old)) = known.get(&is.stored()) else {
                continue;
            };
            // Columns that nobody lists follow the currency and the wallet.
            let listed = was.declared || is.declared;
            if !listed || (was.kind_of_value, was.digits) == (is.kind_of_value, is.digits) {
                continue;
            }
            let dataset = (self.new.datasets.iter()).find(|dataset| dataset.event == is.kind);
            let say = |column: &Column| match column.kind_of_value {
                kind @ (Type::Money | Type::Decimal) => {
                    format!("`{}` of {} digits", kind.text(), column.digits)
                }
                kind => format!("`{}`", kind.text()),
            };
            all.push(self.find(
                Code::VersionColumn,
                dataset.map_or(HEAD, |dataset| dataset.place),
                format!("the column `{}` of `{}` changes its form", is.name, is.kind.text()),
                format!("{} here, {} in {}", say(is), say(was),
                    old.file),
                "events of both versions stand in one history: keep its form, or give the column of this version another name, with `from` for the name in the file",
            ));
        }
        all
    }

    /// Every rung that somebody may hold is still there, or `[migrate]` says where its holders stand.
    fn rungs(&self) -> Vec<Finding> {
        let (old, new) = (rungs(self.old), rungs(self.new));
        let place = self.new.tiers.as_ref().map_or(HEAD, |tiers| tiers.place);
        let has = |rungs: &[Rung], id: &str| rungs.iter().any(|rung| rung.id == id);
        let moved = &self.new.migrate.rungs;
        let mut all = self.unknown(moved, "rung", |id| has(old, id));
        if new.is_empty() && !old.is_empty() {
            all.push(self.find(
                Code::VersionRung,
                place,
                format!("the ladder of {} is gone", self.old.file),
                "members stand on its rungs".into(),
                "keep `[tiers]`: with `validity = { kind = \"forever\" }` and no `reach` that anybody meets it stands still",
            ));
            return all;
        }
        for rung in old.iter().skip(1).filter(|rung| !has(new, &rung.id)) {
            if !moved.iter().any(|moved| moved.from == rung.id) {
                all.push(self.find(
                    Code::VersionRung,
                    place,
                    format!("nobody says where the holders of `{}` go", rung.id),
                    format!("this version has no rung `{}`", rung.id),
                    &format!(
                        "add `[migrate]` with `rungs = {{ {} = \"…\" }}`, naming the rung on which they stand from then on",
                        rung.id
                    ),
                ));
            }
        }
        for moved in moved.iter().filter(|moved| has(new, &moved.from)) {
            all.push(self.find(
                Code::VersionMigrate,
                moved.place,
                format!("this version has the rung `{}` itself", moved.from),
                "its holders stay on it".into(),
                "leave it out of `[migrate]`",
            ));
        }
        all
    }

    /// What was counted is counted on as what it was, or dropped with a word.
    fn metrics(&self) -> Vec<Finding> {
        let moved = &self.new.migrate.metrics;
        let has = |program: &Program, id: &str| program.metrics.iter().any(|it| it.id == id);
        let mut all = self.unknown(moved, "metric", |id| has(self.old, id));
        let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
        for was in &self.old.metrics {
            let said = moved.iter().find(|moved| moved.from == was.id);
            let here = match said {
                Some(Carried { to: None, .. }) => continue,
                Some(Carried { to: Some(to), .. }) => to,
                None => &was.id,
            };
            if let Some(other) = taken.insert(here, &was.id) {
                all.push(self.find(
                    Code::VersionMetric,
                    moved.first().map_or(HEAD, |moved| moved.place),
                    format!("`{other}` and `{}` would both count on as `{here}`", was.id),
                    "one metric goes on with what one has counted".into(),
                    "let one of them begin anew: give it `drop`, or carry it over to another id",
                ));
                continue;
            }
            let Some(is) = self.new.metrics.iter().find(|metric| metric.id == *here) else {
                all.push(self.find(
                    Code::VersionMetric,
                    HEAD,
                    format!("the metric `{}` of {} is gone", was.id, self.old.file),
                    "what it counted would be lost without a word".into(),
                    &format!(
                        "add `[migrate]` with `metrics = {{ {} = \"drop\" }}`, or with the id under which it counts on",
                        was.id
                    ),
                ));
                continue;
            };
            if let Some(what) = self.other(was, is) {
                all.push(self.find(
                    Code::VersionMetric,
                    is.place,
                    format!("`{}` counts something else than in {}", is.id, self.old.file),
                    what,
                    &format!(
                        "give it another id, or let it begin anew: `[migrate]` with `metrics = {{ {} = \"drop\" }}`",
                        was.id
                    ),
                ));
            }
        }
        all
    }

    /// In what a metric cannot go on.
    fn other(&self, was: &Metric, is: &Metric) -> Option<String> {
        let period = |program: &Program| {
            let tiers = program.tiers.as_ref();
            tiers.map_or(Period::Lifetime, |tiers| tiers.period)
        };
        let wallet = |program: &Program, metric: &Metric| {
            let of_points = matches!(metric.kind, MetricKind::Granted | MetricKind::Spent);
            let wallet = program.wallet(metric.wallet).filter(|_| of_points);
            wallet.map(|wallet| wallet.id.clone())
        };
        let ladders = self.old.tiers.is_none() || self.new.tiers.is_some();
        let by_tiers = ladders && was.window.is_none() && is.window.is_none();
        let what = if was.kind != is.kind {
            "another `kind`"
        } else if was.window != is.window {
            "another `window`"
        } else if was.pool != is.pool {
            "another `pool`"
        } else if wallet(self.old, was) != wallet(self.new, is) {
            "another `wallet`"
        } else if was.den != is.den {
            "another unit: its `of` has other fractions"
        } else if by_tiers && period(self.old) != period(self.new) {
            "it has no `window`, and the period of `[tiers]` is another one"
        } else {
            return None;
        };
        Some(what.into())
    }

    /// What was issued under caps counts on, or is let go with a word.
    fn rewards(&self) -> Vec<Finding> {
        let moved = &self.new.migrate.rewards;
        let has = |program: &Program, id: &str| program.rewards.iter().any(|it| it.id == id);
        let mut all = self.unknown(moved, "reward", |id| has(self.old, id));
        let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
        for was in &self.old.rewards {
            let said = moved.iter().find(|moved| moved.from == was.id);
            let here = match said {
                Some(Carried { to: None, .. }) => continue,
                Some(Carried { to: Some(to), .. }) => to,
                None if has(self.new, &was.id) => &was.id,
                None if was.caps.is_empty() => continue,
                None => {
                    all.push(self.find(
                        Code::VersionReward,
                        HEAD,
                        format!("the reward `{}` of {} is gone", was.id, self.old.file),
                        "what was counted under its `cap` would be lost without a word".into(),
                        &format!(
                            "add `[migrate]` with `rewards = {{ {} = \"drop\" }}`, or with the id under which it counts on",
                            was.id
                        ),
                    ));
                    continue;
                }
            };
            if let Some(other) = taken.insert(here, &was.id) {
                all.push(self.find(
                    Code::VersionReward,
                    moved.first().map_or(HEAD, |moved| moved.place),
                    format!("`{other}` and `{}` would both count on as `{here}`", was.id),
                    "one reward goes on with what was issued of one".into(),
                    "let one of them go: give it `drop`, or carry it over to another id",
                ));
            }
        }
        all
    }

    /// Where points end by inactivity, `[migrate]` may say from when on.
    fn inactivity(&self) -> Option<Finding> {
        let migrate = &self.new.migrate;
        let ends = self.new.wallets.iter().any(|it| it.renewed_by().is_some());
        if migrate.idle_since == IdleSince::Start || ends {
            return None;
        }
        Some(self.find(
            Code::VersionMigrate,
            migrate.place?,
            "no inactivity ends points in this version".into(),
            "`inactivity = \"from_activity\"` counts from nothing".into(),
            "leave it out, or give the wallet an `expiry` of the kind `inactivity`",
        ))
    }

    /// Ends of rungs are computed anew only where there are rungs.
    fn rung_ends(&self) -> Option<Finding> {
        let migrate = &self.new.migrate;
        if migrate.rung_ends == RungEnds::Keep || self.new.tiers.is_some() {
            return None;
        }
        Some(self.find(
            Code::VersionMigrate,
            migrate.place?,
            "no rung ends in this version".into(),
            "`validity = \"recompute\"` has nothing to compute".into(),
            "leave it out; this version has no `[tiers]`",
        ))
    }

    /// What waits for an event without a latest instant can only be released by one.
    fn waiting(&self, earlier: &[(String, Program)]) -> Vec<Finding> {
        let waits = |wallet: &&Wallet| {
            let held = wallet.pending.as_ref();
            held.is_some_and(|held| held.until.is_some() && held.length.is_none())
        };
        let settled = self.new.wallets.iter().filter(|is| is.until().is_none());
        settled
            .filter_map(|is| {
                let mut earlier = earlier.iter().flat_map(|(_, program)| &program.wallets);
                earlier.find(|was| was.id == is.id && waits(was))?;
                Some(self.find(
                    Code::VersionPending,
                    is.place,
                    format!("points of `{}` would wait for ever", is.id),
                    "those of an earlier version wait for an event that this one does not name".into(),
                    "keep an `until` in `pending`; with a `length` beside it new points wait so long at most",
                ))
            })
            .collect()
    }

    fn unknown(
        &self,
        carried: &[Carried],
        sort: &str,
        known: impl Fn(&str) -> bool,
    ) -> Vec<Finding> {
        let unknown = carried.iter().filter(|carried| !known(&carried.from));
        unknown
            .map(|carried| {
                self.find(
                    Code::VersionMigrate,
                    carried.place,
                    format!("{} has no {sort} `{}`", self.old.file, carried.from),
                    "nothing to carry over".into(),
                    "name what the version before has on the left, and what becomes of it on the right",
                )
            })
            .collect()
    }
}

/// The rungs of a programme.
fn rungs(program: &Program) -> &[Rung] {
    program.tiers.as_ref().map_or(&[], |tiers| &tiers.rungs)
}

/// Rungs may come and go, but not change places.
fn ladder_order(files: &[(String, Program)]) -> Vec<Finding> {
    let mut order = Vec::new();
    let mut all = Vec::new();
    for (file, program) in files {
        if let Some(rung) = merge(&mut order, rungs(program)) {
            all.push(Finding::new(
                Code::VersionRung,
                file,
                rung.place,
                format!("`{}` stands in another place of the ladder than before", rung.id),
                "an earlier version has it below a rung that is below it here",
                "keep the order of the rungs, or give this rung another id and say in `[migrate]` who stands on it",
            ));
        }
    }
    all
}

/// Brings a ladder into the order of all; gives a rung that does not go into it.
pub fn merge<'r>(order: &mut Vec<String>, ladder: &'r [Rung]) -> Option<&'r Rung> {
    let mut next = 0;
    for rung in ladder {
        match order.iter().position(|known| *known == rung.id) {
            Some(at) if at < next => return Some(rung),
            Some(at) => next = at + 1,
            None => {
                order.insert(next, rung.id.clone());
                next += 1;
            }
        }
    }
    None
}

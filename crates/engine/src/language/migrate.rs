//! `[migrate]`: what changes on the day on which a version begins.

use super::Build;
use super::reader::Placed;
use super::table::{choice, table};
use super::values::{Date, EarnSort, Many, Named, Positive, Ref, WalletSort};
use crate::finding::{Code, closest};
use crate::number::Rounding;
use crate::program::{Carried, Conversion, IdleSince, Migrate, Qualify, Regrant, RungEnds};

/// What lets go of what was counted so far.
const DROP: &str = "drop";

table! {
    /// What changes on the day on which this version begins. Everything that has the same id in the version before goes on by itself: rungs with their end, lots with theirs, what metrics and caps have counted. What would be lost without a word is a finding, and is said here.
    MigrateTable as "[migrate]" {
        /// Rungs of the version before that this one does not have, each with the rung here on which their holders stand from the first day on: `{ silver = "gold" }`. They keep their end.
        optional rungs: Named<String>,
        /// Metrics of the version before, by their id there: their id here, under which they count on, or `"drop"`. A metric that is dropped under the id that it also has here begins anew, which a metric without `window` must where the tiers' period is another one.
        optional metrics: Named<String>,
        /// Rewards of the version before, by their id there: their id here, under whose caps they count on, or `"drop"`. Whatever was issued keeps the end and the id that it has; what is dropped is no longer taken back by refunds.
        optional rewards: Named<String>,
        /// From when a limit of inactivity runs that is new, shorter, or renewed by other kinds of events.
        default("\"from_start\"") inactivity: IdleSince,
        /// What becomes of the ends of rungs.
        default("\"keep\"") validity: RungEnds,
        /// Days before this version by which the rungs of all who are there are set on its first day, up or down: each stands on the highest rung whose `reach` is met by what its metrics counted on those days, and holds it as if reached on the first day. What the desk or an opening gave with an end of its own stays.
        optional qualify: QualifyTable,
        /// Earn rules of this version whose past is settled anew on its first day: what each would have given for the events since a date, against what the rule of its id did give.
        optional regrant: Many<RegrantTable>,
        /// Points of wallets that become points of other wallets on the first day. Lots keep their ends and what they wait for.
        optional points: Many<ConversionTable>,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// Missions of the version before.
        missions,
    }
}

table! {
    /// All points of a wallet become points of another on the first day of this version, what is owed likewise. What comes back of an order or a redemption from before that day moves points of the other wallet, too.
    ConversionTable as "[[migrate.points]]" {
        /// The wallet whose points they are. It stays; what comes to it later stays in it.
        required wallet: Ref<WalletSort>,
        /// The wallet whose points they become.
        required to: Ref<WalletSort>,
        /// Points of `to` for one of `wallet`: `4`, `0.25`, `"1/4"`.
        required rate: Positive,
        /// How what they become is rounded, to the smallest part of a point of `to`: once for all points that an account has of the wallet.
        default("\"down\"") round: Rounding,
    }
}

table! {
    /// An earn rule whose past is settled anew on the first day of this version. For each event since `from` that counted, what the rule alone would have given, in the state of that moment and under its own caps from `from` on, is compared with what the rule of its id gave, less what refunds took. What is more is granted with an end as of the first day, what is less is taken as refunds take; caps and metrics do not count it.
    RegrantTable as "[[migrate.regrant]]" {
        /// The rule, as this version has it. No multiplier, and in no group: what such a rule gives depends on others.
        required rule: Ref<EarnSort>,
        /// First day whose events are looked at.
        required from: Date,
    }
}

table! {
    /// The days whose events set the rungs of this version on its first day.
    QualifyTable as "qualify" {
        /// First day that counts.
        required from: Date,
        /// First day that counts no more: not after the first day of this version.
        required before: Date,
    }
}

choice!(RungEnds {
    "keep" => RungEnds::Keep, "A rung keeps the end that it has.";
    "recompute" => RungEnds::Recompute, "The end is computed anew by the `validity` of this version, as if it had ruled when the rung was reached, kept or let stay last. Where that is over by now, the rung ends with the first instant of this version, and its `shortfall` says what comes then. An end that the desk or an opening gave stays.";
} later []);

choice!(IdleSince {
    "from_start" => IdleSince::Start, "A limit that is new or shorter runs from the first day of this version, so that nobody loses points that were safe the day before.";
    "from_activity" => IdleSince::Activity, "The limit runs from the last event of its kinds, or from when the oldest points came that are left, if that was later. What is over by then ends at the first instant of this version.";
} later []);

/// Checks `[migrate]`, as far as one version alone can say.
pub(crate) fn migrate(build: &mut Build<'_>, raw: Option<Placed<MigrateTable>>) -> Migrate {
    let Some(raw) = raw else {
        return Migrate::default();
    };
    let rungs = build.reader.names.rungs.clone();
    let metrics = build.reader.names.metrics.clone();
    let rewards = build.reader.names.rewards.clone();
    let list = |named: Option<Placed<Named<String>>>| named.map(|named| named.value.0);
    Migrate {
        rungs: carried(build, list(raw.value.rungs), "rung", &rungs, false),
        metrics: carried(build, list(raw.value.metrics), "metric", &metrics, true),
        rewards: carried(build, list(raw.value.rewards), "reward", &rewards, true),
        idle_since: raw.value.inactivity.map_or(IdleSince::Start, |it| it.value),
        rung_ends: raw.value.validity.map_or(RungEnds::Keep, |it| it.value),
        qualify: raw.value.qualify.and_then(|raw| days(build, raw)),
        regrants: (raw.value.regrant.into_iter())
            .flat_map(|list| list.value)
            .filter_map(regrant)
            .collect(),
        conversions: (raw.value.points.into_iter())
            .flat_map(|list| list.value)
            .filter_map(|raw| conversion(build, raw))
            .collect(),
        place: Some(raw.place),
    }
}

/// A rule whose past is settled anew.
fn regrant(raw: Placed<RegrantTable>) -> Option<Regrant> {
    Some(Regrant {
        rule: raw.value.rule?.value.0,
        from: raw.value.from?.value.0,
        place: raw.place,
    })
}

/// Points that become others.
fn conversion(build: &mut Build<'_>, raw: Placed<ConversionTable>) -> Option<Conversion> {
    let to = raw.value.to?;
    let from = raw.value.wallet?.value.0;
    if from == to.value.0 {
        build.reader.find(
            Code::VersionMigrate,
            to.place,
            "points would become what they are",
            "the same wallet as `wallet`",
            "name another wallet, or leave it out",
        );
        return None;
    }
    Some(Conversion {
        from: from as u8,
        to: to.value.0 as u8,
        rate: raw.value.rate?.value.0,
        rounding: raw.value.round.map_or(Rounding::Down, |it| it.value),
        place: raw.place,
    })
}

/// The days that set rungs.
fn days(build: &mut Build<'_>, raw: Placed<QualifyTable>) -> Option<Qualify> {
    let (from, before) = (&raw.value.from, &raw.value.before);
    build.range(from.as_ref(), before.as_ref());
    Some(Qualify {
        from: from.as_ref()?.value.0,
        before: before.as_ref()?.value.0,
        place: raw.place,
    })
}

fn carried(
    build: &mut Build<'_>,
    named: Option<Vec<(Placed<String>, Placed<String>)>>,
    sort: &str,
    here: &[String],
    drops: bool,
) -> Vec<Carried> {
    let mut all = Vec::new();
    for (from, to) in named.into_iter().flatten() {
        let dropped = drops && to.value == DROP;
        if !dropped && !here.contains(&to.value) {
            let close = closest(&to.value, here.iter().map(String::as_str));
            build.reader.find(
                Code::UnknownId,
                to.place,
                format!("unknown {sort} `{}`", to.value),
                format!("this version has no such {sort}"),
                match close {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("name a {sort} of this version"),
                },
            );
            continue;
        }
        all.push(Carried {
            from: from.value,
            to: (!dropped).then_some(to.value),
            place: from.place,
        });
    }
    all
}

//! `expiry`: when points end, of a wallet, at a rung or by a rule.

use super::Build;
use super::lists::Filled;
use super::reader::Placed;
use super::table::{choice, kinds, table};
use super::values::Duration;
use crate::calendar::{Calendar, Length, MonthDay, Zone, day_from};
use crate::canonical::Kind;
use crate::finding::{Code, Place};
use crate::program::Expiry;

table! {
    /// Points never end.
    NeverTable as "expiry" {}
}

table! {
    /// Points end so long after their grant, lot by lot.
    RollingTable as "expiry" {
        /// So long after the grant: gone at 00:00 of that day.
        required length: Duration,
        /// Then up to the first instant after the month, quarter or year, or not.
        default("\"none\"") round: Round,
    }
    later {
        /// What gives open lots a longer life.
        renew,
    }
}

table! {
    /// Points end on days of the year: all that were granted since the one before, together.
    FixedTable as "expiry" {
        /// The days of the year: gone at 00:00 of the next one after the grant.
        required days: Filled<MonthDay>,
        /// Shortest life: the end is the next of the days that is at least so long after the grant.
        optional life: Duration,
    }
}

table! {
    /// All points of the wallet end together when nothing happens for so long. Points that come to a wallet whose time has run out, or that nothing has renewed yet, begin it anew.
    InactivityTable as "expiry" {
        /// So long after the last event that counts: gone at 00:00 of that day.
        required length: Duration,
        /// The kinds of events that count, such as `order`.
        required renewed_by: Filled<Kind>,
        /// Then up to the first instant after the month, quarter or year, or not.
        default("\"none\"") round: Round,
    }
}

/// What an end is rounded up to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round(Option<Calendar>);

choice!(Round {
    "none" => Round(None), "Not rounded.";
    "month_end" => Round(Some(Calendar::Month)), "Up to the first instant of the next month.";
    "quarter_end" => Round(Some(Calendar::Quarter)), "Up to the first instant of the next quarter.";
    "year_end" => Round(Some(Calendar::Year)), "Up to the first instant of the next year.";
} later []);

kinds! {
    /// When points end. Expiry 1 July means: spendable through 30 June.
    ExpiryTable as "expiry" {
        "never" => Never(NeverTable),
        "rolling" => Rolling(RollingTable),
        "fixed" => Fixed(FixedTable),
        "inactivity" => Inactivity(InactivityTable),
    }
    later []
}

/// What a wallet says of all its points, so that what ends otherwise at a rung or by a rule is held against it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shared {
    /// How long they are held, and where that is said.
    pub(super) held: Option<(Length, Place)>,
    /// Where it is said that they wait for an event, however long.
    pub(super) endless: Option<Place>,
    /// Where it is said that inactivity ends them.
    pub(super) inactivity: Option<Place>,
    /// Where it is said that they take the end of a new rung.
    pub(super) restart: Option<Place>,
}

/// Open points can take the end of a new rung only where there is one.
pub(super) fn restart(build: &mut Build<'_>, wallet: usize) {
    let shared = build.shared[wallet];
    let Some(place) = shared.restart else {
        return;
    };
    let lacks = "points have no end that a rung could give them";
    if let Some(inactivity) = shared.inactivity {
        build.reader.find_both(
            Code::Restart,
            place,
            lacks,
            "the wallet's points end all together",
            (inactivity, "inactivity ends them"),
            "leave it out, or give the wallet another kind of `expiry`",
        );
    } else if build.reader.names.rungs.is_empty() {
        build.reader.find(
            Code::Restart,
            place,
            lacks,
            "there is no ladder",
            "leave it out, or add `[tiers]` with its rungs",
        );
    }
}

/// When points end that a rule grants.
pub(crate) fn rule_expiry(
    build: &mut Build<'_>,
    raw: &Placed<ExpiryTable>,
    wallet: u8,
) -> Option<Expiry> {
    if let Some(restart) = build.shared(wallet).restart {
        build.reader.find_both(
            Code::Restart,
            raw.place,
            "points of this rule would lose their end with the next rung",
            "an end of their own",
            (restart, "open points take the end of the new rung"),
            "leave one of the two out",
        );
    }
    own_expiry(build, raw, wallet, "earn rule")
}

/// When points end that are granted at a rung or by a rule.
pub(crate) fn own_expiry(
    build: &mut Build<'_>,
    raw: &Placed<ExpiryTable>,
    wallet: u8,
    whose: &str,
) -> Option<Expiry> {
    if let ExpiryTable::Inactivity(_) = raw.value {
        build.reader.find(
            Code::InactivityShared,
            raw.place,
            format!("inactivity cannot end the points of one {whose} alone"),
            "it ends all points of the wallet together",
            "take kind `rolling`, `fixed` or `never`, or give the wallet this `expiry`",
        );
        return None;
    }
    if let Some(inactivity) = build.shared(wallet).inactivity {
        build.reader.find_both(
            Code::InactivityShared,
            raw.place,
            format!("points of one {whose} cannot end otherwise than by inactivity"),
            "the wallet's points end all together",
            (inactivity, "inactivity ends them"),
            "leave this `expiry` out, or give the wallet another kind",
        );
        return None;
    }
    let expiry = expiry(build, &raw.value)?;
    outlives(build, wallet, &expiry, raw.place);
    Some(expiry)
}

pub(super) fn expiry(build: &mut Build<'_>, raw: &ExpiryTable) -> Option<Expiry> {
    match raw {
        ExpiryTable::Never(_) => Some(Expiry::Never),
        ExpiryTable::Rolling(rolling) => Some(Expiry::Rolling {
            length: rolling.length.as_ref()?.value.0,
            up_to: rolling.round.as_ref()?.value.0,
        }),
        ExpiryTable::Fixed(fixed) => Some(Expiry::Fixed {
            days: fixed
                .days
                .as_ref()?
                .value
                .0
                .iter()
                .map(|day| day.value)
                .collect(),
            life: fixed.life.as_ref().map(|life| life.value.0),
        }),
        ExpiryTable::Inactivity(inactivity) => {
            let kinds = &inactivity.renewed_by.as_ref()?.value.0;
            for kind in kinds {
                build.needs_event(kind.value, kind.place, "what keeps points alive");
            }
            Some(Expiry::Inactivity {
                length: inactivity.length.as_ref()?.value.0,
                renewed_by: kinds.iter().map(|kind| kind.value).collect(),
                up_to: inactivity.round.as_ref()?.value.0,
            })
        }
    }
}

/// Points must live longer than they are held, whatever the day of the grant.
pub(super) fn outlives(build: &mut Build<'_>, wallet: u8, expiry: &Expiry, at: Place) {
    let shared = build.shared(wallet);
    if let (Some(waits), false) = (shared.endless, matches!(expiry, Expiry::Never)) {
        build.reader.find_both(
            Code::ExpiryBeforeRelease,
            at,
            "points can end while they still wait for an event",
            "the life counts from the grant",
            (waits, "waits however long"),
            "give `pending` a `length` beside `until`, shorter than the life: then they are released at the latest",
        );
    }
    let Some((pending, held)) = shared.held else {
        return;
    };
    let (life, help) = match expiry {
        Expiry::Never => return,
        Expiry::Rolling { length, .. } => (
            format!("points that live {length}"),
            "let them live longer than they are held",
        ),
        Expiry::Inactivity { length, .. } => (
            format!("points that live {length} after the last activity"),
            "let them live longer than they are held",
        ),
        Expiry::Fixed { life: None, .. } => (
            "points that are granted just before a fixed day".to_owned(),
            "give `expiry` a `life`, the shortest, that is longer than they are held",
        ),
        Expiry::Fixed {
            life: Some(life), ..
        } => (
            format!("points that live at least {life}"),
            "let them live longer than they are held",
        ),
    };
    // Four years hold every length of month, so a length that wins on some day is found.
    let first = day_from("2024-01-01").unwrap_or_default();
    let Some(utc) = Zone::named("UTC") else {
        return;
    };
    // What is rounded up, or waits for a day, may not wait at all.
    let shortest = |grant| match expiry {
        Expiry::Rolling { length, .. } | Expiry::Inactivity { length, .. } => {
            length.end(grant, &utc)
        }
        Expiry::Fixed { life, .. } => life.map_or(grant, |life| life.end(grant, &utc)),
        Expiry::Never => grant,
    };
    let too_short = (first..first + 1_461).any(|day| {
        let grant = utc.midnight(day);
        shortest(grant) <= pending.end(grant, &utc)
    });
    if too_short {
        build.reader.find_both(
            Code::ExpiryBeforeRelease,
            at,
            format!("{life} can end before their release after {pending}"),
            "the life counts from the grant",
            (held, "held so long"),
            help,
        );
    }
}

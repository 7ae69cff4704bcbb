//! `[points.<wallet>]`: points, when they are rounded, released, and end.

use super::Build;
use super::lists::Filled;
use super::reader::{Placed, list};
use super::table::{choice, kinds, table};
use super::until::UntilTable;
use super::values::{AtLeast, Duration, Named, Points, Ref, WalletSort, Whole, id_form, is_words};
use crate::calendar::{Calendar, Length, MonthDay, Zone, day_from};
use crate::canonical::Kind;
use crate::finding::{Code, Place};
use crate::number::Rounding;
use crate::program::{Expiry, Pending, RoundAt, Wallet};

/// Most digits that a point can have.
pub(crate) const SCALE_MOST: u8 = 6;

table! {
    /// Points. The wallet's name stands in conditions (`account.beans`), entries and reports.
    WalletTable as "[points.<wallet>]" {
        /// How points are rounded.
        required rounding: Rounding,
        /// Where they are rounded: all rules are summed exactly, rounded once there, and shared out by largest remainder, then rule id.
        default("\"event\"") round_at: RoundAt,
        /// Digits after the point.
        default("0") scale: Whole<0, 6>,
        /// What one point is worth to a member, in the currency; needed for the liability.
        optional value: AtLeast<0>,
        /// Whether points can be spent.
        default("true") spendable: Spendable,
        /// How long a grant is held before it can be spent; its expiry runs from the grant all the same, and it counts for the rung at once.
        optional pending: PendingTable,
        /// When points end.
        default("{ kind = \"never\" }") expiry: ExpiryTable,
        /// What becomes of open points when a higher rung is reached. Points that are still held keep their end.
        default("\"keep\"") on_rung_up: OnRung,
        /// What becomes of open points when the rung is lost. Points that are still held keep their end.
        default("\"keep\"") on_rung_down: OnRung,
        /// Smallest redemption.
        default("0") minimum: Points,
        /// Name that members see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// Gifts of points to other members.
        transfer,
    }
}

choice!(RoundAt {
    "event" => RoundAt::Event, "Once over the event.";
    "line" => RoundAt::Line, "Each line by itself.";
} later ["carry"]);

/// Whether points can be spent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spendable;

impl super::reader::Value for Spendable {
    fn shape() -> super::table::Shape {
        bool::shape()
    }

    fn read(
        item: &super::reader::Item<'_>,
        reader: &mut super::reader::Reader<'_>,
    ) -> Option<Self> {
        if !bool::read(item, reader)? {
            let place = reader.place(item.span());
            reader.not_yet(place, "a wallet of status credits (`spendable = false`)");
            return None;
        }
        Some(Spendable)
    }
}

/// What becomes of open points when the rung changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnRung {
    Keep,
    Restart,
}

choice!(OnRung {
    "keep" => OnRung::Keep, "They keep their end.";
    "restart" => OnRung::Restart, "They take the end that points have which are granted at the new rung at that moment, be it later or sooner.";
} later []);

table! {
    /// How long a grant is held: so long, until an event, or what comes first.
    PendingTable as "pending" {
        /// So long after the grant.
        optional length: Duration,
        /// Until such an event, just before it does anything itself. Points that end need a `length` beside it; others may wait for ever.
        optional until: UntilTable,
    }
}

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

/// Says that a second wallet is not told yet.
pub(crate) fn only_one(build: &mut Build<'_>, raw: Option<&Placed<Named<WalletTable>>>) {
    let mut names: Vec<&Placed<String>> = (raw.iter())
        .flat_map(|raw| &raw.value.0)
        .map(|(name, _)| name)
        .collect();
    names.sort_by_key(|name| name.place);
    let all: Vec<&String> = names.iter().map(|name| &name.value).collect();
    for name in names.iter().skip(1) {
        let what = format!("a second wallet ({} are declared)", list(&all));
        build.reader.not_yet(name.place, &what);
    }
}

/// Checks the wallets; each with the event that its points wait for, which is checked when there are rules.
pub(crate) fn wallets(
    build: &mut Build<'_>,
    raw: Vec<(Placed<String>, Placed<WalletTable>)>,
) -> Vec<(Wallet, Option<Placed<UntilTable>>)> {
    // In their order in the file, as names have them.
    let mut raw = raw;
    raw.sort_by_key(|(id, _)| id.place);
    let checked = raw.into_iter().map(|raw| wallet(build, raw));
    // One that cannot be read is a finding, after which nobody asks for a place.
    checked.collect::<Vec<_>>().into_iter().flatten().collect()
}

fn wallet(
    build: &mut Build<'_>,
    (id, table): (Placed<String>, Placed<WalletTable>),
) -> Option<(Wallet, Option<Placed<UntilTable>>)> {
    if !is_words(&id.value, '_') {
        id_form(&mut build.reader, id.place, &id.value, '_');
    }
    let place = build.shared.len();
    build.shared.push(Shared::default());
    let table_place = id.place;
    let table = table.value;
    let raw_expiry = table.expiry.as_ref();
    let expiry = raw_expiry.and_then(|raw| expiry(build, &raw.value));
    let held = table.pending.as_ref();
    let length = held.and_then(|held| held.value.length.as_ref());
    if let Some(held) = held
        && held.value.length.is_none()
        && held.value.until.is_none()
    {
        build.reader.find(
            Code::MissingKey,
            held.place,
            "this `pending` says no end",
            "it needs `length`, `until`, or both",
            "write it like `{ length = \"14 days\" }`",
        );
    }
    build.shared[place] = Shared {
        held: length.map(|length| (length.value.0, length.place)),
        endless: held.filter(|_| length.is_none()).map(|held| held.place),
        inactivity: raw_expiry
            .filter(|raw| matches!(raw.value, ExpiryTable::Inactivity(_)))
            .map(|raw| raw.place),
        restart: None,
    };
    if let (Some(expiry), Some(raw)) = (&expiry, raw_expiry) {
        outlives(build, place as u8, expiry, raw.place);
    }
    let on_rung = [table.on_rung_up?, table.on_rung_down?];
    let restarts = |key: &Placed<OnRung>| key.value == OnRung::Restart;
    build.shared[place].restart = on_rung
        .iter()
        .find(|key| restarts(key))
        .map(|key| key.place);
    restart(build, place);
    let pending = held.map(|_| Pending {
        length: length.map(|length| length.value.0),
        until: None,
    });
    let wallet = Wallet {
        absent: false,
        id: id.value,
        place: table_place,
        name: table.name.map(|name| name.value),
        rounding: table.rounding?.value,
        round_at: table.round_at?.value,
        scale: table.scale?.value.0 as u8,
        value: table.value.map(|value| value.value.0),
        pending,
        expiry: expiry?,
        restarts_up: restarts(&on_rung[0]),
        restarts_down: restarts(&on_rung[1]),
        minimum: table.minimum?.value.0,
    };
    Some((wallet, table.pending.and_then(|held| held.value.until)))
}

/// What a wallet says of all its points, so that what ends otherwise at a rung or by a rule is held against it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shared {
    /// How long they are held, and where that is said.
    held: Option<(Length, Place)>,
    /// Where it is said that they wait for an event, however long.
    endless: Option<Place>,
    /// Where it is said that inactivity ends them.
    inactivity: Option<Place>,
    /// Where it is said that they take the end of a new rung.
    restart: Option<Place>,
}

/// Open points can take the end of a new rung only where there is one.
fn restart(build: &mut Build<'_>, wallet: usize) {
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

fn expiry(build: &mut Build<'_>, raw: &ExpiryTable) -> Option<Expiry> {
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
fn outlives(build: &mut Build<'_>, wallet: u8, expiry: &Expiry, at: Place) {
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

impl Build<'_> {
    /// What a wallet says of all its points; after a finding about it nothing.
    fn shared(&self, wallet: u8) -> Shared {
        let shared = self.shared.get(usize::from(wallet));
        shared.copied().unwrap_or_default()
    }

    /// The wallet that something is of: the one that it names, or the only one. Without a wallet, points have nowhere to
    /// go; where there are several, one must be named.
    pub fn wallet(
        &mut self,
        named: Option<&Placed<Ref<WalletSort>>>,
        place: Place,
        what: &str,
    ) -> Option<u8> {
        if let Some(named) = named {
            return Some(named.value.0 as u8);
        }
        match self.reader.names.wallets.as_slice() {
            [_] => Some(0),
            [] => {
                self.reader.find(
                    Code::MissingKey,
                    place,
                    "no wallet is declared",
                    format!("{what} needs one"),
                    "add a `[points.<wallet>]`, such as `[points.stars]`",
                );
                None
            }
            several => {
                let help = format!("add `wallet = \"{}\"`, or another of them", several[0]);
                self.reader.find(
                    Code::MissingKey,
                    place,
                    "`wallet` is missing",
                    format!("{what} is of one of {}", list(several)),
                    help,
                );
                None
            }
        }
    }

    /// Points that a coarser wallet cannot hold.
    pub fn fits(&mut self, wallet: u8, points: i64, place: Place) {
        let names = &self.reader.names;
        let Some(scale) = names.scales.get(usize::from(wallet)) else {
            return;
        };
        if points % 10i64.pow(u32::from(names.scale.saturating_sub(*scale))) == 0 {
            return;
        }
        let message = format!(
            "`{}` has points of {scale} digits",
            names.wallets[usize::from(wallet)]
        );
        self.reader.find(
            Code::WrongValue,
            place,
            message,
            "this is finer",
            "round it, or give the wallet a larger `scale`",
        );
    }
}

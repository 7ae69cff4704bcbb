//! `[points.<wallet>]`: points, when they are rounded, released, and end.

use super::Build;
use super::expiry::{ExpiryTable, Shared, expiry, outlives, restart};
use super::reader::{Placed, list};
use super::table::{choice, table};
use super::until::UntilTable;
use super::values::{AtLeast, Duration, Points, Ref, WalletSort, Whole, id_form, is_words};
use crate::finding::{Code, Place};
use crate::number::Rounding;
use crate::program::{Pending, RoundAt, Wallet};

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

impl Build<'_> {
    /// What a wallet says of all its points; after a finding about it nothing.
    pub(super) fn shared(&self, wallet: u8) -> Shared {
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

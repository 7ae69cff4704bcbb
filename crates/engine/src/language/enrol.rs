//! `[enrol]`: how one becomes a member.

use super::Build;
use super::reader::Placed;
use super::table::{choice, table};
use crate::canonical::Kind;
use crate::program::Enrol;

table! {
    /// How one becomes a member. Without this table everybody is one from the first event on.
    EnrolTable as "[enrol]" {
        /// The way in.
        required kind: Enrol,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// What joining costs.
        fee,
        /// Least age.
        minimum_age,
        /// Columns that only one account can share.
        unique,
        /// Most members of a household.
        household,
        /// How far back orders before joining count.
        backdate,
        /// After which silence a member is dormant.
        dormant,
        /// What becomes of points on leaving.
        leave,
    }
}

choice!(Enrol {
    "opt_in" => Enrol::OptIn, "By an `enrol` event; what comes before it does not count.";
    "automatic" => Enrol::Automatic, "With the first event of any kind.";
    "first_order" => Enrol::FirstOrder, "With the first order.";
} later []);

/// Checks `[enrol]`.
pub(crate) fn enrol(build: &mut Build<'_>, raw: Option<Placed<EnrolTable>>) -> Enrol {
    let kind = raw.and_then(|raw| raw.value.kind);
    let Some(kind) = kind else {
        return Enrol::Automatic;
    };
    match kind.value {
        Enrol::OptIn => build.needs_event(Kind::Enrol, kind.place, "joining by opt-in"),
        Enrol::FirstOrder => build.needs_event(Kind::Order, kind.place, "joining"),
        Enrol::Automatic => {}
    }
    kind.value
}

//! `[enrol]`: how one becomes a member.

use super::Build;
use super::reader::Placed;
use super::table::{choice, table};
use super::values::Duration;
use crate::calendar::Length;
use crate::canonical::Kind;
use crate::finding::Code;
use crate::program::Enrol;

table! {
    /// How one becomes a member. Without this table everybody is one from the first event on.
    EnrolTable as "[enrol]" {
        /// The way in.
        required kind: Enrol,
        /// With `opt_in`: orders so long before the account joins count as well, by whichever of its members, less what came back of them before it joined. Each is judged by its own day, as that of somebody on the lowest rung without points: version, dates, conditions, caps and metrics. Its points are granted at the instant of joining, just before the `enrol` event itself; they are held, and end, from there. It brings no reward.
        optional backdate: Duration,
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
        /// After which silence a member is dormant.
        dormant,
        /// What becomes of points on leaving.
        leave,
    }
}

choice!(Enrol {
    "opt_in" => Enrol::OptIn, "By an `enrol` event; what comes before it does not count, but for orders within `backdate`.";
    "automatic" => Enrol::Automatic, "With the first event of any kind.";
    "first_order" => Enrol::FirstOrder, "With the first order.";
} later []);

/// Checks `[enrol]`: the way in, and how far back orders before joining count.
pub(crate) fn enrol(
    build: &mut Build<'_>,
    raw: Option<Placed<EnrolTable>>,
) -> (Enrol, Option<Length>) {
    let (kind, backdate) = raw.map_or((None, None), |raw| (raw.value.kind, raw.value.backdate));
    let Some(kind) = kind else {
        return (Enrol::Automatic, None);
    };
    match kind.value {
        Enrol::OptIn => build.needs_event(Kind::Enrol, kind.place, "joining by opt-in"),
        Enrol::FirstOrder => build.needs_event(Kind::Order, kind.place, "joining"),
        Enrol::Automatic => {}
    }
    if let Some(backdate) = &backdate {
        match kind.value {
            Enrol::OptIn => build.needs_event(
                Kind::Order,
                backdate.place,
                "what counts from before joining",
            ),
            other => build.reader.find_both(
                Code::NothingBeforeJoining,
                backdate.place,
                format!("`backdate` where one joins by kind `{}`", other.text()),
                "there is no order before joining",
                (kind.place, "nobody has to join first"),
                "leave `backdate` out, or let members join by `kind = \"opt_in\"`",
            ),
        }
    }
    (kind.value, backdate.map(|length| length.value.0))
}

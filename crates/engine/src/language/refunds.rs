//! `[refunds]`: what a refund does.

use super::Build;
use super::reader::Placed;
use super::table::{choice, table};
use super::values::DurationOrZero;
use crate::finding::{Code, Place};
use crate::program::{Expired, OverRefund, RefundRung, Refunds, Shortage};

table! {
    /// What a refund does. It takes back what was granted so far minus what the lines that are left would have given; first from its own lots (of those that have ended see `expired`), then from other pending ones, then from other open ones in the order in which they are spent, then as `shortage` says. The same holds for a redemption beyond the balance in a file. An un-redeem goes the way of the redemption back: what lots did not cover first, then its lots, the last taken first; their end stays as it was.
    RefundsTable as "[refunds]" {
        /// What happens where lots do not suffice.
        required shortage: Shortage,
        /// What becomes of points that the order gave and that have ended unspent meanwhile.
        default("\"take\"") expired: Expired,
        /// What becomes of a refund that asks for more than is left of its order: a larger quantity or amount, a line that came back already or was never bought, or an order of which nothing is left.
        default("\"trim\"") over: OverRefund,
        /// What becomes of a rung that rested on the refunded order.
        default("\"at_once\"") rung: RefundRung,
        /// What becomes of rewards that the order gave, by its `when` or by the rung that it reached, and that what is left of it does not deserve; and of rewards that a redemption bought, once it is undone whole.
        default("\"revoke_unused\"") rewards: Rewards,
        /// What becomes of missions.
        default("\"unwind\"") missions: Unwind,
        /// What becomes of referrals.
        default("\"unwind\"") referral: Unwind,
        /// How long points that an un-redeem gives back live at least. What is left of their lot's own life counts, if it is longer.
        default("\"0 days\"") life: DurationOrZero,
        /// For colleagues.
        optional note: String,
    }
}

choice!(Shortage {
    "debt" => Shortage::Debt, "The rest is owed, and paid by the next points that are released.";
    "forgive" => Shortage::Forgive, "The rest is let go.";
} later []);

choice!(Expired {
    "take" => Expired::Take, "They are taken all the same: from other lots, then as `shortage` says.";
    "forgive" => Expired::Forgive, "They count as given back, before anything else is taken; points that were spent are still taken from other lots.";
} later []);

choice!(OverRefund {
    "trim" => OverRefund::Trim, "It takes what is left, and a row in quarantine (`row/refund-trimmed`) says that it asked for more.";
    "reject" => OverRefund::Reject, "It is refused whole (`row/over-refund`) and takes nothing.";
} later []);

choice!(RefundRung {
    "at_once" => RefundRung::AtOnce, "It ends at the refund's time if what it rests on is gone.";
    "checkpoint" => RefundRung::Checkpoint, "Only the next checkpoint sees it.";
    "never" => RefundRung::Never, "It stays, at checkpoints too: what the order counted for the ladder stays counted, though it came back, and so does what an undone redemption counted. Metrics with a window of their own, which conditions ask, are net of refunds all the same.";
} later []);

/// What becomes of rewards that are no longer deserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rewards {
    RevokeUnused,
    Keep,
}

choice!(Rewards {
    "revoke_unused" => Rewards::RevokeUnused, "Those that can still be used and were not (events of kind `reward` say which were) are taken back, and make room under their caps; used ones are kept.";
    "keep" => Rewards::Keep, "They are kept.";
} later []);

/// What becomes of missions and referrals that are no longer deserved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unwind;

choice!(Unwind { "unwind" => Unwind, "Taken back."; } later ["keep"]);

/// Checks `[refunds]`.
pub(crate) fn refunds(
    build: &mut Build<'_>,
    raw: Option<Placed<RefundsTable>>,
    wallet: Option<Place>,
) -> Option<Refunds> {
    let Some(raw) = raw else {
        if let Some(place) = wallet {
            build.reader.find(
                Code::MissingKey,
                place,
                "`[refunds]` is missing",
                "where there are points, it must say what happens when lots do not suffice",
                "add `[refunds]` with `shortage = \"debt\"` (the rest is owed) or `shortage = \"forgive\"` (it is let go)",
            );
        }
        return None;
    };
    Some(Refunds {
        shortage: raw.value.shortage?.value,
        expired: raw.value.expired?.value,
        over: raw.value.over?.value,
        rung: raw.value.rung?.value,
        revokes_rewards: raw.value.rewards?.value == Rewards::RevokeUnused,
        restored_life: Some(raw.value.life?.value.0).filter(|life| life.count > 0),
        place: raw.place,
    })
}

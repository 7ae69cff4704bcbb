//! The ledger: what settlement books. Three tables, nothing is ever edited:
//! **entries** (points), **rungs** (moves on the ladder) and **rewards** (what was issued).
//!
//! An entry moves points between two books of one lot, so every entry sums to zero by itself (double
//! entry), and per lot always: granted = pending + open + redeemed − restored + expired + reversed.

pub mod canonical;

use crate::calendar::{Day, Instant};
use crate::event::EventId;
use crate::program::Program;
use serde::{Deserialize, Serialize};

/// What an entry does. `points` is signed: what it adds to the account's pending + open points; of
/// kinds that do not change these it is the amount moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// issued → pending (if the wallet holds points back) or open. Positive.
    Grant,
    /// pending → open. The amount; does not change pending + open.
    Release,
    /// open → redeemed. Negative.
    Redeem,
    /// open → expired. Negative.
    Expire,
    /// pending or open → reversed, by a refund. Negative.
    Reverse,
    /// owed → reversed or redeemed: what lots did not cover. The amount owed; changes only the debt. Negative
    /// where the redemption is undone.
    Debt,
    /// open → owed: a released lot pays debt. Negative.
    Repay,
    /// forgiven → reversed or redeemed: what lots did not cover and is let go, or, in the name of the earn rule and of
    /// the order's lot, what had ended unspent and counts as given back. The amount; negative where the redemption is
    /// undone.
    Forgive,
    /// issued → open or open → adjusted, by the desk. Signed.
    Adjust,
    /// brought → open: what a member brings from another system. Negative: what is owed there.
    Opening,
    /// redeemed → open: a redemption is undone. Positive.
    Restore,
    /// open → open: points get another end. Two lines, one that takes them from their lot and one that puts them
    /// into that with the new end.
    Renew,
    /// open or pending → those of another wallet: points become others. A line in each wallet, one that takes them and
    /// one that puts what they become. The second goes to what is held back where the version that books it holds back
    /// grants of that wallet; of those that can be spent already `Release` follows at once.
    Convert,
}

impl EntryKind {
    /// All kinds.
    pub const ALL: &'static [EntryKind] = &[
        EntryKind::Grant,
        EntryKind::Release,
        EntryKind::Redeem,
        EntryKind::Expire,
        EntryKind::Reverse,
        EntryKind::Debt,
        EntryKind::Repay,
        EntryKind::Forgive,
        EntryKind::Adjust,
        EntryKind::Opening,
        EntryKind::Restore,
        EntryKind::Renew,
        EntryKind::Convert,
    ];

    /// As it is stored and printed.
    pub fn text(self) -> &'static str {
        match self {
            EntryKind::Grant => "grant",
            EntryKind::Release => "release",
            EntryKind::Redeem => "redeem",
            EntryKind::Expire => "expire",
            EntryKind::Reverse => "reverse",
            EntryKind::Debt => "debt",
            EntryKind::Repay => "repay",
            EntryKind::Forgive => "forgive",
            EntryKind::Adjust => "adjust",
            EntryKind::Opening => "opening",
            EntryKind::Restore => "restore",
            EntryKind::Renew => "renew",
            EntryKind::Convert => "convert",
        }
    }

    /// Whether `points` is a change of pending + open.
    pub fn changes_points(self) -> bool {
        !matches!(
            self,
            EntryKind::Release | EntryKind::Debt | EntryKind::Forgive
        )
    }
}

/// The rule that an entry exists because of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rule {
    /// An earn rule (index in `Program::earn`).
    Earn(u16),
    /// A reward (index in `Program::rewards`).
    Reward(u16),
    /// A surprise (index in `Program::surprises`).
    Surprise(u16),
    /// A wallet's expiry. With the index in `Program::wallets`, as all that follow: an entry is of the wallet that its
    /// rule is of.
    Expiry(u8),
    /// A wallet's pending.
    Pending(u8),
    /// The ladder.
    Tiers,
    /// A redeem that names no declared reward.
    Redeem(u8),
    /// `[refunds] shortage`.
    Shortage(u8),
    /// The desk.
    Adjust(u8),
    /// What a member brings from another system.
    Opening(u8),
    /// A wallet's `on_rung_up`.
    RungUp(u8),
    /// A wallet's `on_rung_down`.
    RungDown(u8),
    /// `[migrate] points`, for a wallet whose points become others, or that gets what they become.
    Converted(u8),
}

/// An event: source (index in `Program::datasets`) and id.
pub type EventRef = (usize, EventId);

/// The source of what no dataset brought.
pub const NO_SOURCE: usize = u16::MAX as usize;

/// Whether a line was booked with its own night, or what a later night did to what was booked. Nothing
/// is edited: a night that learns of a late or corrected event takes back the lines that do not hold any
/// more and books those that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    /// With the night on which it takes effect.
    OnTime,
    /// By a later night: it holds, as is known now.
    Late,
    /// By a later night: takes back the same line that was booked before. Amounts are negated.
    Withdrawn,
    /// Of rewards, by a later night: it is not deserved any more, but was used, and stays.
    Kept,
    /// Of rewards, by a later night: it was kept, and is deserved after all.
    Restored,
}

impl Booking {
    /// All of them.
    pub const ALL: &'static [Booking] = &[
        Booking::OnTime,
        Booking::Late,
        Booking::Withdrawn,
        Booking::Kept,
        Booking::Restored,
    ];

    /// As it is stored; lines that were booked on time say nothing.
    pub fn text(self) -> Option<&'static str> {
        match self {
            Booking::OnTime => None,
            Booking::Late => Some("late"),
            Booking::Withdrawn => Some("withdrawn"),
            Booking::Kept => Some("kept"),
            Booking::Restored => Some("restored"),
        }
    }

    /// By what a reward's cost is multiplied, so that costs add up; likewise for points, and for how
    /// often the line stands.
    pub fn sign(self) -> i64 {
        match self {
            Booking::OnTime | Booking::Late => 1,
            Booking::Withdrawn => -1,
            Booking::Kept | Booking::Restored => 0,
        }
    }
}

/// A line of the ledger. A lot is named by the event that granted it and by its end: points of one event may end
/// apart.
///
/// A refund books, per earn rule, what it takes back from each lot; `lot` names the lot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// When it takes effect.
    pub at: Instant,
    /// What it does.
    pub kind: EntryKind,
    /// Why.
    pub rule: Rule,
    /// The event that caused it; for expiry, release and renewal the event that granted the lot.
    pub event: EventRef,
    /// The lot it touches, where that is not the event's own.
    pub lot: Option<EventRef>,
    /// Scaled points, signed (see [`EntryKind`]).
    pub points: i64,
    /// The end of the points that it moves; none if they never end, or if it moves none (debt, forgiven).
    pub expires: Option<Instant>,
    /// The rung at that moment (index), 0 without a ladder.
    pub rung: u8,
    /// The version of the programme in whose name it is booked (index in `Versions::all`): the one that
    /// granted, for what becomes of a grant.
    pub version: u16,
}

impl Rule {
    /// The wallet whose points the rule moves (index in `Program::wallets`); nothing for what moves none.
    pub fn wallet(self, program: &Program) -> Option<u8> {
        match self {
            Rule::Earn(index) => Some(program.earn.get(usize::from(index))?.wallet),
            Rule::Reward(index) => Some(program.rewards.get(usize::from(index))?.wallet),
            Rule::Expiry(wallet)
            | Rule::Pending(wallet)
            | Rule::RungUp(wallet)
            | Rule::RungDown(wallet)
            | Rule::Converted(wallet)
            | Rule::Redeem(wallet)
            | Rule::Shortage(wallet)
            | Rule::Adjust(wallet)
            | Rule::Opening(wallet) => Some(wallet),
            Rule::Surprise(_) | Rule::Tiers => None,
        }
    }
}

/// Why a rung moved or its end changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum RungReason {
    /// `reach` was met.
    Reached,
    /// `keep` was met: same rung, later end.
    Kept,
    /// Validity ended without `keep`, or (validity none) the metric fell.
    Shortfall,
    /// What it rested on was refunded.
    Refunded,
    /// The desk.
    Adjusted,
    /// It was held in the system that the member comes from.
    Opening,
    /// Another version of the programme began: the rung or its end is another one there.
    Version,
}

impl RungReason {
    /// As it is stored and printed.
    pub fn text(self) -> &'static str {
        match self {
            RungReason::Reached => "reached",
            RungReason::Kept => "kept",
            RungReason::Shortfall => "shortfall",
            RungReason::Refunded => "refunded",
            RungReason::Adjusted => "adjusted",
            RungReason::Opening => "opening",
            RungReason::Version => "version",
        }
    }
}

/// A move on the ladder, or a new end of the rung held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RungMove {
    /// From when on.
    pub at: Instant,
    /// The rung before (index).
    pub from: u8,
    /// The rung from then on.
    pub to: u8,
    /// The day on which it ends (not included), if it does.
    pub until: Option<Day>,
    /// Why.
    pub reason: RungReason,
    /// The event that caused it; none at checkpoints and where time alone did.
    pub event: Option<EventRef>,
    /// The version of the programme that ruled (index in `Versions::all`).
    pub version: u16,
}

/// A reward that was issued, or taken back by a refund.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issued {
    /// When.
    pub at: Instant,
    /// Index of the reward.
    pub reward: u16,
    /// Who gets it, or had it.
    pub member: String,
    /// Why: [`Rule::Reward`] (bought or by its own occasion) or [`Rule::Surprise`].
    pub rule: Rule,
    /// The event that caused it; none for birthdays and surprises.
    pub event: Option<EventRef>,
    /// Number among the rewards with this cause (a redeem of quantity 2 issues 1 and 2).
    pub occurrence: u32,
    /// Instant at which it lapses.
    pub until: Instant,
    /// Minor units that it costs; negative where it is taken back.
    pub cost: i64,
    /// The refund that takes it back; none where it is issued.
    pub revoked_by: Option<EventRef>,
    /// The version of the programme that ruled (index in `Versions::all`).
    pub version: u16,
}

impl Issued {
    /// 1 where it is issued, −1 where it is taken back.
    pub fn number(&self) -> i64 {
        match self.revoked_by {
            None => 1,
            Some(_) => -1,
        }
    }

    /// Whether both speak of the same reward: rule, cause, member and occurrence.
    pub fn same_reward(&self, other: &Issued) -> bool {
        (self.rule, &self.event, &self.member, self.occurrence)
            == (other.rule, &other.event, &other.member, other.occurrence)
            && (self.event.is_some() || self.at == other.at)
    }
}

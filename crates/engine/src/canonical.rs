//! Canonical events: what every uploaded row becomes, whatever its file looked like.
//!
//! This is the one list of event kinds and of their columns; the ingest, the conditions, the lake and
//! the published schema are made from it. Kinds of later editions are listed too, so that the
//! published schema does not change when they come.

use serde::{Deserialize, Serialize};

/// The types of values in events and conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Type {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// An exact decimal number of declared digits.
    Decimal,
    /// An amount in the programme's currency.
    Money,
    /// True or false.
    Boolean,
    /// A local date.
    Date,
    /// An instant.
    Time,
    /// A day of every year.
    MonthDay,
}

impl Type {
    /// As it is written in `[collect.x.columns]`.
    pub fn text(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Integer => "integer",
            Type::Decimal => "decimal",
            Type::Money => "money",
            Type::Boolean => "boolean",
            Type::Date => "date",
            Type::Time => "time",
            Type::MonthDay => "month_day",
        }
    }

    /// All of them.
    pub const ALL: &'static [Type] = &[
        Type::Text,
        Type::Integer,
        Type::Decimal,
        Type::Money,
        Type::Boolean,
        Type::Date,
        Type::Time,
        Type::MonthDay,
    ];
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $now:literal, [$($column:literal: $type:ident),* $(,)?], [$($line:literal: $line_type:ident),* $(,)?];)+) => {
        /// The kinds of events, in the order of their rank: at one instant, an account's events are
        /// taken in this order (enrol < opening < profile < adjust < order < refund < redeem < unredeem <
        /// the rest by name).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Kind { $($(#[doc = $doc])+ $name,)+ }

        impl Kind {
            /// All kinds, by rank.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)+];

            /// As it is written.
            pub fn text(self) -> &'static str {
                match self { $(Kind::$name => $text,)+ }
            }

            /// What it says.
            pub fn doc(self) -> &'static str {
                match self { $(Kind::$name => concat!($($doc,)+).trim_ascii(),)+ }
            }

            /// Whether this version settles it; the others are refused with "not yet".
            pub fn settled(self) -> bool {
                match self { $(Kind::$name => $now,)+ }
            }

            /// Its own columns, besides those that every event has.
            pub fn columns(self) -> &'static [(&'static str, Type)] {
                match self { $(Kind::$name => &[$(($column, Type::$type)),*],)+ }
            }

            /// The columns of its lines, besides `number`.
            pub fn line_columns(self) -> &'static [(&'static str, Type)] {
                match self { $(Kind::$name => &[$(($line, Type::$line_type)),*],)+ }
            }

            /// The kind of this rank.
            pub fn of_rank(rank: u8) -> Option<Kind> {
                Kind::ALL.get(usize::from(rank)).copied()
            }
        }
    };
}

kinds! {
    /// A member joins.
    Enrol = "enrol", true, ["plan": Text, "code": Text], [];
    /// What a member brings from another system.
    Opening = "opening", true, ["wallet": Text, "points": Decimal, "expires": Date, "rung": Text, "rung_until": Date], [];
    /// Something about the member became known or changed.
    Profile = "profile", true, ["birthday": MonthDay, "country": Text, "language": Text, "zone": Text, "preferred": Text, "consent": Text], [];
    /// The desk books points, a rung or a metric by hand. A rung given by hand issues no reward on `rung_reached`.
    Adjust = "adjust", true, ["wallet": Text, "points": Decimal, "rung": Text, "ends": Date, "metric": Text, "value": Decimal, "reason": Text, "by": Text], [];
    /// A purchase, one row per line.
    Order = "order", true,
        ["gross": Money, "discount": Money, "net": Money, "tax": Money, "shipping": Money, "total": Money, "currency": Text,
         "paid_by": Text, "points_used": Decimal, "coupon": Text, "status": Text],
        ["sku": Text, "category": Text, "brand": Text, "quantity": Decimal, "gross": Money, "discount": Money, "net": Money, "tax": Money];
    /// Lines of an order, or the whole rest of it, are given back.
    Refund = "refund", true, ["order": Text, "reason": Text], ["quantity": Decimal, "net": Money];
    /// A reward is bought with points.
    Redeem = "redeem", true, ["reward": Text, "quantity": Integer, "wallet": Text, "points": Decimal, "cash": Money, "order": Text], [];
    /// A redemption is undone: all points of it, or so many, and never more than were taken. They go back to the lots that gave them, the last taken first.
    Unredeem = "unredeem", true, ["redeem": Text, "points": Decimal, "reason": Text], [];
    /// Any named interaction: browse, review, visit, check-in, idea.
    Activity = "activity", true, ["name": Text, "value": Decimal, "object": Text], [];
    /// A complaint or question and what became of it.
    Case = "case", false, ["state": Text, "topic": Text, "order": Text], [];
    /// A message was sent, opened, clicked or bounced.
    Contact = "contact", false, ["contact": Text, "state": Text], [];
    /// What identifies a member is to be removed.
    Erase = "erase", false, [], [];
    /// Two members agree to be connected.
    Link = "link", false, ["link": Text, "other": Text, "state": Text], [];
    /// An account goes into another.
    Merge = "merge", false, ["into": Text], [];
    /// A member leaves the programme or a channel.
    OptOut = "opt_out", false, ["scope": Text], [];
    /// A member invites another.
    Referral = "referral", false, ["state": Text, "other": Text, "code": Text, "device": Text, "address": Text], [];
    /// An issued reward, named by its number in the serving copy, is used (`state = "used"`), or that is undone (`"returned"`).
    Reward = "reward", true, ["reward": Text, "state": Text, "order": Text], [];
    /// A paid membership starts, renews or ends.
    Subscription = "subscription", false, ["plan": Text, "state": Text, "amount": Money, "ends": Date], [];
    /// A member answers a question.
    Survey = "survey", true, ["scale": Text, "score": Integer, "comment": Text, "stage": Text, "touchpoint": Text, "order": Text], [];
    /// Points, or a member, move to another account.
    Transfer = "transfer", false, ["other": Text, "wallet": Text, "points": Decimal, "household": Text], [];
}

impl Kind {
    /// The kind that is written so.
    pub fn from_text(text: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.text() == text)
    }
}

/// Columns that every event has (`id source time member account` always, the others optional).
pub const COMMON: &[(&str, Type)] = &[
    ("id", Type::Text),
    ("source", Type::Text),
    ("revision", Type::Integer),
    ("time", Type::Time),
    ("member", Type::Text),
    ("account", Type::Text),
    ("channel", Type::Text),
    ("store", Type::Text),
];

/// Moments: the engine's own events, on which rewards can be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Moment {
    /// The member's birthday.
    Birthday,
    /// A rung was reached.
    RungReached,
}

impl Moment {
    /// All of them.
    pub const ALL: &'static [Moment] = &[Moment::Birthday, Moment::RungReached];

    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Moment::Birthday => "birthday",
            Moment::RungReached => "rung_reached",
        }
    }

    /// Moments of later editions: known words, refused with "not yet".
    pub const LATER: &'static [&'static str] = &[
        "anniversary",
        "rung_kept",
        "rung_lost",
        "rung_near",
        "rung_ending",
        "mission_done",
        "streak_broken",
        "referral_done",
        "plan_trial",
        "plan_started",
        "plan_renewed",
        "plan_due",
        "plan_ended",
        "reward_issued",
        "reward_used",
        "reward_ending",
        "points_released",
        "points_ending",
        "period_closed",
        "lapsing",
        "dormant",
    ];
}

//! What is remembered of an account between two nights. It is a cache: events, decisions and the
//! programme give it again. How it is stored is in [`super::encoding`]; [`FORMAT`] names the shape.

use super::encoding;
use super::measure::{Key, Measure};
use super::purses::Purses;
use super::regrant::Past;
use super::stretch::{Ground, Worth};
use crate::calendar::{Day, Instant};
use crate::event::EventId;

/// The shape of the stored bytes; another shape means that states are rebuilt from history.
pub const FORMAT: u8 = 7;

/// An instant that never comes.
pub const NEVER: Instant = Instant::MAX;

/// In the past of everything: a lot that can be spent.
pub const RELEASED: Instant = Instant::MIN;

/// Points of one event that have not been spent, reversed or expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// End of its life, [`NEVER`] if it has none.
    pub expires: Instant,
    /// When it was granted.
    pub at: Instant,
    /// Dataset of the event that granted it.
    pub source: usize,
    /// Id of that event.
    pub id: EventId,
    /// When it can be spent; [`RELEASED`] if it can.
    pub release: Instant,
    /// Scaled points left.
    pub left: i64,
}

impl Lot {
    /// No points of no event.
    pub const NONE: Lot = Lot {
        expires: NEVER,
        at: 0,
        source: 0,
        id: EventId::Number(0),
        release: RELEASED,
        left: 0,
    };

    /// Whether it cannot be spent yet.
    pub fn is_pending(&self) -> bool {
        self.release != RELEASED
    }

    /// The order in which lots are consumed: earliest end first (never last), then by grant.
    pub fn order(&self) -> (Instant, Instant, usize, &EventId) {
        (self.expires, self.at, self.source, &self.id)
    }

    /// What entries name it by: the event that granted it, and its end.
    pub(super) fn name(&self) -> (usize, &EventId, Instant) {
        (self.source, &self.id, self.expires)
    }
}

/// A person of the account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Member {
    /// The member's id.
    pub id: String,
    /// Day of enrolment.
    pub enrolled: Option<Day>,
    /// Profile columns (index in `Program::columns`) with their last values.
    pub profile: Vec<(u16, Key)>,
    /// Metrics with `pool = "member"`, by index of the metric.
    pub measures: Vec<Measure>,
    /// The next birthday that was not looked at yet.
    pub birthday: Option<Instant>,
}

/// How much of one cap was used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapUse {
    /// Index in `Plan::caps`.
    pub cap: u16,
    /// The member, for caps of members (index in `AccountState::members`), else 0.
    pub member: u16,
    /// The value of `each`.
    pub each: Option<Key>,
    /// What was booked.
    pub used: Measure,
}

/// From when the end of a rung counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The day from which a length runs: that on which the rung was reached, kept or let stay.
    pub day: Day,
    /// A day of the period after which whole periods follow: the same, or the last of the period that was closed.
    pub period: Day,
}

/// A reward that a refund may take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    /// Index of the reward.
    pub reward: u16,
    /// Who has it (index in `AccountState::members`).
    pub member: u16,
    /// The event because of which it was issued.
    pub event: (usize, EventId),
    /// When it was issued.
    pub at: Instant,
    /// When it lapses.
    pub until: Instant,
    /// Whether it was used.
    pub used: bool,
    /// The values of `each` of its caps; not kept from night to night, because a rung has none.
    pub each: Vec<Option<Key>>,
}

/// An account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountState {
    /// The version of the programme that ruled last (index in `Versions::all`).
    pub version: u16,
    /// Day of the first member's enrolment.
    pub enrolled: Option<Day>,
    /// Persons.
    pub members: Vec<Member>,
    /// Index of the rung held.
    pub rung: u8,
    /// The rung held before.
    pub former: Option<u8>,
    /// Day from which the rung is held.
    pub since: Day,
    /// Day on which it ends (not included).
    pub until: Option<Day>,
    /// From when its end counts, where a later version computes it anew; nothing where the end was given.
    pub counted: Option<Counted>,
    /// What the rung rests on, for refunds.
    pub ground: Option<Ground>,
    /// What reaching the rung has brought, as long as it rests on what reached it.
    pub gifts: Vec<Gift>,
    /// First day of the tier period that comes next (calendar periods).
    pub next_period: Option<Day>,
    /// Points, by wallet.
    pub purses: Purses,
    /// Account metrics, by index of the metric.
    pub measures: Vec<Measure>,
    /// Caps in use.
    pub caps: Vec<CapUse>,
    /// Day of the last win of each surprise that was won: (surprise, member, day).
    pub wins: Vec<(u16, u16, Day)>,
    /// When an event of a kind happened last (rank of the kind), where a later version counts inactivity from it.
    pub activity: Vec<(u8, Instant)>,
    /// What later versions that set rungs ask for, by their place in `Plans::tallies`.
    pub tallies: Vec<Worth>,
    /// What later versions that settle the past of rules ask for, by their place in `Plans::regrants`.
    pub past: Vec<Past>,
}

impl AccountState {
    /// As bytes.
    pub fn to_bytes(&self, into: &mut Vec<u8>) {
        into.clear();
        encoding::write(self, into);
    }

    /// From bytes; nothing if they have another format or are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<AccountState> {
        encoding::read(bytes)
    }

    /// Empty again, with the memory kept.
    pub fn clear(&mut self, metrics: usize) {
        self.version = 0;
        self.enrolled = None;
        self.members.clear();
        self.rung = 0;
        self.former = None;
        self.since = 0;
        self.until = None;
        self.counted = None;
        self.ground = None;
        self.gifts.clear();
        self.next_period = None;
        self.purses.clear();
        self.measures.resize_with(metrics, Measure::default);
        for measure in &mut self.measures {
            measure.clear();
        }
        self.caps.clear();
        self.wins.clear();
        self.activity.clear();
        self.tallies.clear();
        self.past.clear();
    }
}

//! What changes on the day on which a version begins, besides its rules.

use super::Conversion;
use crate::calendar::Day;
use crate::finding::Place;

/// `[migrate]`: where things of the version before go that this one does not have under their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrate {
    /// Rungs that this version does not have.
    pub rungs: Vec<Carried>,
    /// Metrics that have another id here, or begin anew.
    pub metrics: Vec<Carried>,
    /// Rewards that have another id here, or are let go.
    pub rewards: Vec<Carried>,
    /// From when its limit of inactivity runs.
    pub idle_since: IdleSince,
    /// What becomes of the ends of rungs.
    pub rung_ends: RungEnds,
    /// By what rungs are set on its first day; nothing: they stay.
    pub qualify: Option<Qualify>,
    /// Earn rules whose past is settled anew.
    pub regrants: Vec<Regrant>,
    /// Points that become points of another wallet.
    pub conversions: Vec<Conversion>,
    /// Where the table stands; nothing if there is none.
    pub place: Option<Place>,
}

/// A thing of the version before, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Its id there.
    pub from: String,
    /// Its id here; nothing: it begins anew, or is let go.
    pub to: Option<String>,
    /// Where that is said.
    pub place: Place,
}

/// From when the limit of inactivity of a version runs for points that are older than the version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IdleSince {
    /// From its first day, where it is new or shorter.
    #[default]
    Start,
    /// From what happened last, also before that day.
    Activity,
}

/// What becomes of the ends of rungs that were reached before a version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RungEnds {
    /// They stay.
    #[default]
    Keep,
    /// They are what they would be if its validity had ruled before.
    Recompute,
}

/// What was done on these days sets the rungs of a version on its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Qualify {
    /// First day.
    pub from: Day,
    /// First day that counts no more.
    pub before: Day,
    /// Where that is said.
    pub place: Place,
}

/// What an earn rule would have given is settled on the first day of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regrant {
    /// The rule.
    pub rule: usize,
    /// First day whose events are looked at.
    pub from: Day,
    /// Where that is said.
    pub place: Place,
}

//! What members get besides points: benefits of a rung, rewards, surprises.

use super::{ByRung, Cap};
use crate::calendar::{Day, Length};
use crate::canonical::{Kind, Moment};
use crate::condition::expression::Expr;
use crate::finding::Place;
use crate::number::Rational;

/// What a rung carries.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Benefit {
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub value: Option<String>,
    pub worth: Option<i64>,
    pub cost: Option<i64>,
}

/// What a reward is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RewardKind {
    Voucher,
    Product,
    Discount,
    Service,
    Credit,
    Badge,
}

/// On what something happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Trigger {
    Event(Kind),
    Moment(Moment),
}

/// A reward.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Reward {
    /// Another version of the programme has it: here it only keeps its place among all of them.
    pub absent: bool,
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub kind: RewardKind,
    /// Scaled points for which a member buys it.
    pub price: Option<ByRung<i64>>,
    /// The wallet that pays (index in `Program::wallets`).
    pub wallet: u8,
    /// Minor units that are paid on top.
    pub cash: Option<i64>,
    pub on: Option<Trigger>,
    pub from: Option<Day>,
    pub before: Option<Day>,
    pub when: Option<Expr>,
    pub valid: ByRung<Length>,
    /// Minor units.
    pub worth: Option<i64>,
    /// Minor units.
    pub cost: Option<i64>,
    /// Minor units: least order on which it can be used.
    pub minimum: Option<i64>,
    /// Only `count` limits.
    pub caps: Vec<Cap>,
}

/// A reward that no published rule promises.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Surprise {
    /// Another version of the programme has it: here it only keeps its place among all of them.
    pub absent: bool,
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub schedule: Schedule,
    pub when: Expr,
    /// Kind `chance`: the probability of a win.
    pub chance: Rational,
    /// Index of the reward.
    pub reward: usize,
    /// Winners of one occurrence at most; none: no limit.
    pub budget: Option<u64>,
    /// A winner does not draw again before so long after the win.
    pub cooldown: Option<Length>,
}

/// Occurrences of a surprise in local time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Schedule {
    pub place: Place,
    /// EventBridge's six fields.
    pub cron: String,
    pub from: Option<Day>,
    pub before: Option<Day>,
}

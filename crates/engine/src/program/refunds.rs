//! `[refunds]`, checked: what a refund does.

use crate::calendar::Length;
use crate::finding::Place;

/// What a refund does, and with it a redemption beyond the balance and one that is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refunds {
    /// What lots do not cover.
    pub shortage: Shortage,
    /// What becomes of points of the order that have ended unspent.
    pub expired: Expired,
    /// What becomes of a refund that asks for more than is left.
    pub over: OverRefund,
    /// What becomes of the rung.
    pub rung: RefundRung,
    /// Whether rewards that are not deserved any more are taken back, as far as they were not used.
    pub revokes_rewards: bool,
    /// How long points that come back from a redemption live at least.
    pub restored_life: Option<Length>,
    /// Where `[refunds]` stands.
    pub place: Place,
}

impl Default for Refunds {
    /// Where nothing is declared, because there are no points.
    fn default() -> Refunds {
        Refunds {
            shortage: Shortage::Forgive,
            expired: Expired::Take,
            over: OverRefund::Trim,
            rung: RefundRung::AtOnce,
            revokes_rewards: true,
            restored_life: None,
            place: Place::default(),
        }
    }
}

/// When lots do not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// The rest is owed and paid by the next lot that is released.
    Debt,
    /// The rest is let go.
    Forgive,
}

/// What becomes of a refund's points that the order gave and that have ended unspent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expired {
    /// They are taken from other lots.
    Take,
    /// They count as given back.
    Forgive,
}

/// What becomes of a refund that asks for more than is left of its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverRefund {
    /// It takes what is left.
    Trim,
    /// It is refused whole.
    Reject,
}

/// What a refund does to the rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundRung {
    /// The rung ends at the refund's time if what it rests on is gone.
    AtOnce,
    /// Only the next checkpoint sees it.
    Checkpoint,
    /// What the order counted for the ladder stays counted.
    Never,
}

//! Where settlement puts what it books. The sink decides what is kept: everything, figures only, or a
//! trace for `explain`; settlement is compiled once for each, so that what is not asked for costs
//! nothing.

use crate::calendar::Instant;
use crate::event::EventId;
use crate::ledger::{Entry, EventRef, Issued, RungMove};

/// Why an event was not settled, or not whole. It goes to quarantine; the events around it are settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// A refund names an order that the account does not have.
    UnknownOrder(String),
    /// A refund asks for more than is left of this order, and is refused.
    OverRefund(String),
    /// A refund asks for more than is left of this order; what was left is taken.
    TrimmedRefund(String),
    /// An un-redeem names a redemption that the account does not have.
    UnknownRedeem(String),
    /// A number left 64 bits in this rule or metric.
    Overflow(String),
    /// An adjustment names something that the programme does not have.
    UnknownName(String),
    /// It names no wallet, where there are several.
    WhichWallet,
    /// An adjustment adds to this metric a number that is finer than what it counts in.
    FinerThanMetric(String),
}

/// Why an earn rule, a reward or a surprise gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// The event's date lies outside of `from` and `before`.
    Window,
    /// `when` does not hold.
    When,
    /// A cap left no room.
    Cap,
    /// Another rule of its group was chosen.
    Group,
    /// What came out rounds to nothing.
    Zero,
    /// The account was not enrolled.
    Enrolment,
    /// Too soon after the last win.
    Cooldown,
    /// The budget went to lower tickets.
    Budget,
}

impl WhyNot {
    /// As scenario tests and `explain` spell it.
    pub fn text(self) -> &'static str {
        match self {
            WhyNot::Window => "window",
            WhyNot::When => "when",
            WhyNot::Cap => "cap",
            WhyNot::Group => "group",
            WhyNot::Zero => "zero",
            WhyNot::Enrolment => "enrolment",
            WhyNot::Cooldown => "cooldown",
            WhyNot::Budget => "budget",
        }
    }
}

/// A step of the arithmetic of one rule at one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The event.
    pub event: EventRef,
    /// Index of the earn rule.
    pub rule: usize,
    /// The version of the programme that ruled (index in `Versions::all`).
    pub version: u16,
    /// Exact points over `denominator` before caps.
    pub exact: i64,
    /// Exact points after caps.
    pub capped: i64,
    /// The denominator.
    pub denominator: i64,
    /// Scaled points booked.
    pub booked: i64,
    /// Why nothing was booked, if nothing was.
    pub why_not: Option<WhyNot>,
}

/// A reward that was not issued on an occasion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotIssued {
    /// When.
    pub at: Instant,
    /// The event; none on birthdays.
    pub event: Option<EventRef>,
    /// Who would have got it; the account where members are not remembered.
    pub member: String,
    /// Index of the reward.
    pub reward: usize,
    /// The version of the programme that ruled (index in `Versions::all`).
    pub version: u16,
    /// Why.
    pub why: WhyNot,
}

/// In place of an event whose name nobody wants.
pub const NAMELESS: EventRef = (0, EventId::Number(0));

/// Receives what settlement books for one account, in the order in which it happens.
pub trait Sink {
    /// Whether [`Sink::step`] is wanted.
    const TRACE: bool = false;
    /// Whether what is booked has to name its event. Sums need no names, and names cost time.
    const NAMES: bool = true;

    /// A line of the ledger.
    fn entry(&mut self, entry: Entry);
    /// A move on the ladder.
    fn rung(&mut self, moved: RungMove);
    /// A reward.
    fn issued(&mut self, issued: Issued);
    /// An event that could not be settled, or not whole, by its row in the batch.
    fn reject(&mut self, row: usize, why: Rejection);
    /// The arithmetic of a rule at an event.
    fn step(&mut self, _step: Step) {}
    /// A reward that was not issued on an occasion.
    fn not_issued(&mut self, _not: NotIssued) {}
}

/// Keeps everything in memory: for cases, scenarios, `explain` and tests.
#[derive(Debug, Default, Clone)]
pub struct Kept {
    /// Entries.
    pub entries: Vec<Entry>,
    /// Moves.
    pub rungs: Vec<RungMove>,
    /// Rewards.
    pub issued: Vec<Issued>,
    /// What was rejected.
    pub rejected: Vec<(usize, Rejection)>,
    /// The arithmetic.
    pub steps: Vec<Step>,
    /// Rewards not issued.
    pub not_issued: Vec<NotIssued>,
}

impl Sink for Kept {
    const TRACE: bool = true;

    fn entry(&mut self, entry: Entry) {
        self.entries.push(entry);
    }
    fn rung(&mut self, moved: RungMove) {
        self.rungs.push(moved);
    }
    fn issued(&mut self, issued: Issued) {
        self.issued.push(issued);
    }
    fn reject(&mut self, row: usize, why: Rejection) {
        self.rejected.push((row, why));
    }
    fn step(&mut self, step: Step) {
        self.steps.push(step);
    }
    fn not_issued(&mut self, not: NotIssued) {
        self.not_issued.push(not);
    }
}

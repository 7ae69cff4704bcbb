//! What happened, before it is numbered, sorted and written. `at` is always the instant, `who` the
//! card and its account, `store` the number of the bar.

use super::menu::Line;
use rungs_engine::calendar::{Day, Instant};
use std::ops::Range;

/// Everything, in any order.
#[derive(Debug, Default)]
pub struct Records {
    /// Receipts; others refer to them by index.
    pub receipts: Vec<Receipt>,
    /// Lines brought back.
    pub refunds: Vec<Refund>,
    /// Receipts cancelled whole.
    pub cancelled: Vec<Cancelled>,
    /// New cards.
    pub cards: Vec<Card>,
    /// What members said of themselves.
    pub profiles: Vec<Profile>,
    /// What they did in the app and at the bar besides buying.
    pub activities: Vec<Activity>,
    /// Beans spent.
    pub redemptions: Vec<Redemption>,
    /// Answers to questions.
    pub answers: Vec<Answer>,
    /// What the desk booked.
    pub slips: Vec<Slip>,
}

impl Records {
    /// Leaves out what lies outside of these instants. Receipts stay in place: others refer to them.
    pub fn keep(&mut self, range: Range<Instant>) {
        self.refunds.retain(|it| range.contains(&it.at));
        self.cancelled.retain(|it| range.contains(&it.at));
        self.profiles.retain(|it| range.contains(&it.at));
        self.activities.retain(|it| range.contains(&it.at));
        self.answers.retain(|it| range.contains(&it.at));
    }
}

/// Card and account.
#[derive(Debug, Clone, Default)]
pub struct Who {
    /// Number of the card.
    pub card: String,
    /// Number of the account.
    pub account: String,
}

/// A receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub at: Instant,
    pub who: Who,
    pub store: i64,
    /// bar, app or web.
    pub channel: &'static str,
    pub paid_by: &'static str,
    pub coupon: &'static str,
    /// Cents.
    pub shipping: i64,
    pub lines: Vec<Line>,
}

impl Receipt {
    /// Cents, with tax and shipping.
    pub fn total(&self) -> i64 {
        self.shipping
            + self
                .lines
                .iter()
                .map(|line| line.net + line.tax)
                .sum::<i64>()
    }
}

/// Lines of a receipt that were brought back together: (line number, quantity).
#[derive(Debug, Clone)]
pub struct Refund {
    pub at: Instant,
    pub receipt: usize,
    pub lines: Vec<(usize, i64)>,
    pub reason: &'static str,
}

/// A receipt that was cancelled.
#[derive(Debug, Clone)]
pub struct Cancelled {
    pub at: Instant,
    pub receipt: usize,
    pub reason: &'static str,
}

/// A new card.
#[derive(Debug, Clone)]
pub struct Card {
    pub at: Instant,
    pub who: Who,
    pub store: i64,
    pub channel: &'static str,
    pub code: &'static str,
}

/// A profile as it stands from a time on.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub at: Instant,
    pub who: Who,
    /// `05-20`, or empty.
    pub birthday: String,
    pub language: &'static str,
    pub preferred: &'static str,
    pub consent: &'static str,
    pub email: String,
    pub phone: String,
    pub store: i64,
}

/// An interaction.
#[derive(Debug, Clone)]
pub struct Activity {
    pub at: Instant,
    pub who: Who,
    pub name: &'static str,
    /// Hundredths.
    pub value: Option<i64>,
    pub object: Option<&'static str>,
}

/// Beans spent on a reward.
#[derive(Debug, Clone)]
pub struct Redemption {
    pub at: Instant,
    pub who: Who,
    pub store: i64,
    pub reward: &'static str,
    pub quantity: i64,
    /// Empty on tills that leave it to the price.
    pub points: Option<i64>,
    /// Cents.
    pub cash: i64,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub at: Instant,
    pub who: Who,
    pub scale: &'static str,
    pub score: i64,
    pub comment: &'static str,
    pub stage: &'static str,
    pub touchpoint: &'static str,
}

/// What the desk books by hand.
#[derive(Debug, Clone)]
pub struct Slip {
    pub at: Instant,
    pub who: Who,
    pub booking: Booking,
    pub reason: &'static str,
}

/// What a slip books.
#[derive(Debug, Clone, Copy)]
pub enum Booking {
    /// Beans, with sign.
    Beans(i64),
    /// A rung and the day on which it ends.
    Rung(&'static str, Day),
    /// A metric and its change.
    Metric(&'static str, i64),
}

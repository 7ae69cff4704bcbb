//! One seed makes a programme, a fortnight of uploads and a schedule of faults. The fortnight is settled twice, night by
//! night: calmly, on this machine, and stormily, in steps over objects elsewhere of which calls fail, answers get lost and
//! steps run twice, late and in any order. Then it is audited:
//!
//! - the lake of the storm is that of the calm, byte for byte; after a fold that stopped half-way, by what it says;
//! - what stands in the ledger is what would have been booked had everything been known in time, settled in memory;
//! - the recount, which shares no code with settlement, agrees on every account.
//!
//! What fails is made smaller until nothing can be left out.

mod audit;
mod case;
mod faulty;
mod receipts;
mod shrink;
mod standing;
mod storm;
mod story;
mod upload;

pub use audit::{Broken, Over, Seen, play};
pub use case::case;
pub use faulty::Faulty;
pub use receipts::{Receipts, Told};
pub use shrink::{Shrunk, shrink};
pub use standing::{bring, wins};
pub use story::Story;
pub use upload::{Upload, uploads};

use rungs_histories::Random;

/// Puts things into another order.
pub fn shuffle<T>(random: &mut Random, things: &mut [T]) {
    for last in (1..things.len()).rev() {
        things.swap(last, random.below(last as u64 + 1) as usize);
    }
}

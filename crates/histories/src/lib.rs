//! Generated programmes and histories: from a seed, on every machine the same. They are made so that
//! refunds, debt, rung changes, hit caps and surprises really occur; [`Content`] counts them.

mod content;
mod datasets;
mod ends;
mod events;
mod joining;
mod programme;
mod refunds;
mod settling;
mod versions;
mod waiting;
mod wallets;

pub use content::Content;

use rungs_engine::rehearsal::EventTable;

/// A small generator of random numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n.max(1)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// A generated programme and history.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The seed.
    pub seed: u64,
    /// The programme's first version.
    pub toml: String,
    /// Later versions, each with the day from which it rules.
    pub later: Vec<(String, String)>,
    /// Its events.
    pub tables: Vec<EventTable>,
    /// The last night.
    pub as_of: String,
}

/// Makes a programme and a history. Every third programme that is not plain has a second wallet.
pub fn generate(seed: u64) -> Generated {
    let mut random = Random(seed);
    let (mut toml, plain) = programme::programme(&mut random);
    // Of its own seed, so that programmes and histories stay as they were without surprises.
    programme::surprises(&mut Random(!seed), &mut toml);
    // With a second wallet no order goes the short way.
    let several = !plain;
    if several {
        toml = wallets::second(&toml, seed, None);
    }
    let (mut tables, as_of) = events::history(&mut random, plain);
    let later = versions::later(seed, &toml, several);
    if wallets::two(later.last().map_or(&toml, |(_, text)| text)) {
        wallets::named(&mut tables, seed);
    }
    Generated {
        seed,
        toml,
        later,
        tables,
        as_of,
    }
}

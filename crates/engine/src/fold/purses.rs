//! Points of an account, by wallet.

use super::queue::Queue;
use super::state::{Lot, NEVER};
use crate::calendar::Instant;
use std::ops::{Index, IndexMut};

/// Points of one wallet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Purse {
    /// Scaled points that can be spent.
    pub open: i64,
    /// Scaled points held back.
    pub pending: i64,
    /// Scaled points owed.
    pub debt: i64,
    /// Lots with points left, in the order of consumption.
    pub lots: Queue<Lot>,
    /// When the next pending lot is released.
    pub next_release: Option<Instant>,
    /// What keeps points alive happened last at this instant.
    pub renewed: Option<Instant>,
}

impl Purse {
    /// The end of the next lot that ends by itself, and the points in it.
    pub(super) fn next_lot_expiry(&self) -> Option<(Instant, i64)> {
        let first = self.lots.front().filter(|lot| lot.expires != NEVER)?;
        let end = first.expires;
        let ends = self.lots.iter().take_while(|lot| lot.expires == end);
        Some((end, ends.map(|lot| lot.left).sum()))
    }

    /// Empty again, with the memory kept.
    fn clear(&mut self) {
        self.lots.clear();
        (self.open, self.pending, self.debt) = (0, 0, 0);
        (self.next_release, self.renewed) = (None, None);
    }
}

/// A purse for each wallet. The first lies in the account itself: most programmes have one wallet.
#[derive(Debug, Clone, Default)]
pub struct Purses {
    first: Purse,
    others: Vec<Purse>,
}

impl Purses {
    /// Makes sure that there is one for each of so many wallets.
    pub(super) fn of(&mut self, wallets: usize) {
        let others = wallets.saturating_sub(1);
        if self.others.len() < others {
            self.others.resize_with(others, Purse::default);
        }
    }

    /// All of them, by wallet.
    pub fn iter(&self) -> impl Iterator<Item = &Purse> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// All of them, by wallet, to be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Purse> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// The purse of a wallet, if the account has ever had one.
    pub fn get(&self, wallet: u8) -> Option<&Purse> {
        self.iter().nth(usize::from(wallet))
    }

    /// Those besides the first, up to the last that is not empty.
    pub(super) fn others(&self) -> &[Purse] {
        let empty = Purse::default();
        let last = self.others.iter().rposition(|purse| *purse != empty);
        &self.others[..last.map_or(0, |last| last + 1)]
    }

    /// Empty again, with the memory kept.
    pub(super) fn clear(&mut self) {
        self.iter_mut().for_each(Purse::clear);
    }
}

impl PartialEq for Purses {
    /// Whether there was ever a purse does not matter, but what is in it.
    fn eq(&self, other: &Purses) -> bool {
        (&self.first, self.others()) == (&other.first, other.others())
    }
}

impl Index<u8> for Purses {
    type Output = Purse;

    #[inline]
    fn index(&self, wallet: u8) -> &Purse {
        match wallet {
            0 => &self.first,
            other => &self.others[usize::from(other) - 1],
        }
    }
}

impl IndexMut<u8> for Purses {
    #[inline]
    fn index_mut(&mut self, wallet: u8) -> &mut Purse {
        match wallet {
            0 => &mut self.first,
            other => &mut self.others[usize::from(other) - 1],
        }
    }
}

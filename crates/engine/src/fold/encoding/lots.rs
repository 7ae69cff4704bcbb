//! Purses and their lots in the bytes of a state.

use super::super::purses::Purse;
use super::super::queue::Queue;
use super::primitive::{Reader, Writer};
use crate::calendar::Instant;
use crate::event::EventId;
use crate::fold::state::{Lot, NEVER, RELEASED};

/// It has another length of life than the one before, and `expires` follows.
const OTHER_LIFE: u64 = 1;
/// It never ends.
const ENDLESS: u64 = 1 << 1;
/// It is pending, and `release` follows.
const PENDING: u64 = 1 << 2;
/// It is of another dataset than the one before, and `source` follows.
const OTHER_SOURCE: u64 = 1 << 3;
/// Its id is a text.
const TEXT: u64 = 1 << 4;

/// Points that can be spent, points that are pending, and when the next of these are released.
fn sums(lots: &[Lot]) -> (i64, i64, Instant) {
    let mut sums = (0_i64, 0_i64, NEVER);
    for lot in lots {
        if lot.is_pending() {
            sums.1 = sums.1.wrapping_add(lot.left);
            sums.2 = sums.2.min(lot.release);
        } else {
            sums.0 = sums.0.wrapping_add(lot.left);
        }
    }
    sums
}

/// What the lot before lets expect of the next one.
struct Expected {
    at: Instant,
    expires: Instant,
    life: i64,
    source: usize,
    number: i64,
}

impl Expected {
    const FIRST: Expected = Expected {
        at: 0,
        expires: 0,
        life: 0,
        source: 0,
        number: 0,
    };

    fn after(&mut self, lot: &Lot) {
        self.at = lot.at;
        self.source = lot.source;
        if lot.expires != NEVER {
            self.expires = lot.expires;
            self.life = lot.expires.wrapping_sub(lot.at);
        }
        if let EventId::Number(number) = lot.id {
            self.number = number;
        }
    }
}

/// When the next pending lot is released.
const NEXT_RELEASE: u64 = 1;
/// Points are owed.
const DEBT: u64 = 1 << 1;
/// What keeps points alive has happened.
const RENEWED: u64 = 1 << 2;

impl Writer<'_> {
    /// A number with a bit for each part that may be missing; the lots; `next_release` (bit 0) as gap from the least
    /// release of those that are pending; `open` and `pending` as signed, from the sum of the lots; `debt` (bit 1) and
    /// `renewed` (bit 2) as signed.
    pub fn purse(&mut self, purse: &Purse) {
        let flag = |there: bool, bit: u64| if there { bit } else { 0 };
        self.number(
            flag(purse.next_release.is_some(), NEXT_RELEASE)
                | flag(purse.debt != 0, DEBT)
                | flag(purse.renewed.is_some(), RENEWED),
        );
        self.lots(&purse.lots);
        let (open, pending, release) = sums(&purse.lots);
        if let Some(next) = purse.next_release {
            self.gap(next, release);
        }
        self.signed(purse.open.wrapping_sub(open));
        self.signed(purse.pending.wrapping_sub(pending));
        if purse.debt != 0 {
            self.signed(purse.debt);
        }
        if let Some(renewed) = purse.renewed {
            self.signed(renewed);
        }
    }

    /// A list; of each lot a number with its flags, then `at` as gap from the lot before, `expires` as
    /// gap from that of the last lot that ends, `release` as gap from `at`, `source`, the id (a text, or
    /// signed from the last number), and `left` as number.
    pub fn lots(&mut self, lots: &[Lot]) {
        self.length(lots.len());
        let mut expected = Expected::FIRST;
        for lot in lots {
            let mut flags = 0;
            if lot.expires == NEVER {
                flags |= ENDLESS;
            } else if lot.expires != lot.at.wrapping_add(expected.life) {
                flags |= OTHER_LIFE;
            }
            if lot.is_pending() {
                flags |= PENDING;
            }
            if lot.source != expected.source {
                flags |= OTHER_SOURCE;
            }
            if matches!(lot.id, EventId::Text(_)) {
                flags |= TEXT;
            }
            self.number(flags);
            self.gap(lot.at, expected.at);
            if flags & OTHER_LIFE != 0 {
                self.gap(lot.expires, expected.expires);
            }
            if flags & PENDING != 0 {
                self.gap(lot.release, lot.at);
            }
            if flags & OTHER_SOURCE != 0 {
                self.length(lot.source);
            }
            match &lot.id {
                EventId::Number(number) => self.signed(number.wrapping_sub(expected.number)),
                EventId::Text(text) => self.text(text),
            }
            // Nothing that is left is negative: as a plain number it is shortest.
            self.number(lot.left as u64);
            expected.after(lot);
        }
    }
}

impl Reader<'_> {
    pub fn purse(&mut self) -> Option<Purse> {
        let parts = self.number()?;
        let lots = self.lots()?;
        let (open, pending, release) = sums(&lots);
        let next_release = match parts & NEXT_RELEASE {
            0 => None,
            _ => Some(self.gap(release)?),
        };
        let open = open.wrapping_add(self.signed()?);
        let pending = pending.wrapping_add(self.signed()?);
        let debt = match parts & DEBT {
            0 => 0,
            _ => self.signed()?,
        };
        let renewed = match parts & RENEWED {
            0 => None,
            _ => Some(self.signed()?),
        };
        Some(Purse {
            open,
            pending,
            debt,
            lots,
            next_release,
            renewed,
        })
    }

    pub fn lots(&mut self) -> Option<Queue<Lot>> {
        let length = self.length()?;
        let mut lots = Queue::default();
        lots.reserve(length);
        let mut expected = Expected::FIRST;
        for _ in 0..length {
            let flags = self.number()?;
            let at = self.gap(expected.at)?;
            let expires = match flags {
                flags if flags & ENDLESS != 0 => NEVER,
                flags if flags & OTHER_LIFE != 0 => self.gap(expected.expires)?,
                _ => at.wrapping_add(expected.life),
            };
            let release = match flags & PENDING {
                0 => RELEASED,
                _ => self.gap(at)?,
            };
            let source = match flags & OTHER_SOURCE {
                0 => expected.source,
                _ => self.small()?,
            };
            let id = match flags & TEXT {
                0 => EventId::Number(expected.number.wrapping_add(self.signed()?)),
                _ => EventId::Text(self.text()?.into()),
            };
            let lot = Lot {
                expires,
                at,
                source,
                id,
                release,
                left: self.number()? as i64,
            };
            expected.after(&lot);
            lots.push_back(lot);
        }
        Some(lots)
    }
}

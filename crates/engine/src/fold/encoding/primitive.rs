//! How single values stand in the bytes of a state.
//!
//! | written as | bytes |
//! |---|---|
//! | number | seven bits a byte, lowest first, the top bit says that more follow |
//! | signed | a number: twice the value, or for negative ones twice its distance from −1 plus 1 |
//! | gap | a number: a signed difference of instants and, in its two lowest bits, of what: microseconds, milliseconds, seconds or days, the largest that divides it |
//! | text | its length as a number, UTF-8 |
//! | key | 0 and a signed, or 1 and a text |

use crate::calendar::{Day, Instant};
use crate::fold::Key;

/// What gaps are counted in, finest first.
const UNITS: [i64; 4] = [1, 1_000, 1_000_000, DAY];
pub const DAY: i64 = 86_400_000_000;

/// Appends to bytes.
pub struct Writer<'a> {
    pub bytes: &'a mut Vec<u8>,
}

impl Writer<'_> {
    #[inline]
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    pub fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    #[inline]
    pub fn signed(&mut self, value: i64) {
        self.number(folded(value));
    }

    pub fn days(&mut self, day: Day, from: Day) {
        self.signed(i64::from(day) - i64::from(from));
    }

    #[inline]
    pub fn gap(&mut self, to: Instant, from: Instant) {
        let gap = to.wrapping_sub(from);
        let unit = match gap {
            gap if gap % 1_000 != 0 => 0,
            gap if gap % 1_000_000 != 0 => 1,
            gap if gap % DAY != 0 => 2,
            _ => 3,
        };
        let folded = folded(gap / UNITS[unit]);
        if folded >> 62 == 0 {
            self.number(folded << 2 | unit as u64);
        } else {
            // Microseconds beyond 62 bits: a gap of days that no instants have, then the whole.
            self.number(u64::MAX);
            self.signed(gap);
        }
    }

    pub fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub fn key(&mut self, key: &Key) {
        match key {
            Key::Number(number) => {
                self.bytes.push(0);
                self.signed(*number);
            }
            Key::Text(text) => {
                self.bytes.push(1);
                self.text(text);
            }
        }
    }
}

/// Zigzag: numbers near 0 become small.
#[inline]
fn folded(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Reads bytes from their beginning; every answer is nothing where they are not of its form.
pub struct Reader<'a> {
    pub rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline]
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for (place, byte) in self.rest.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[place + 1..];
                return Some(number);
            }
        }
        None
    }

    /// How many elements follow, each of at least one byte.
    pub fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        (length <= self.rest.len()).then_some(length)
    }

    pub fn small<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.number()?).ok()
    }

    #[inline]
    pub fn signed(&mut self) -> Option<i64> {
        self.number().map(unfolded)
    }

    pub fn day(&mut self) -> Option<Day> {
        self.days(0)
    }

    pub fn days(&mut self, from: Day) -> Option<Day> {
        let day = i64::from(from).checked_add(self.signed()?)?;
        Day::try_from(day).ok()
    }

    #[inline]
    pub fn gap(&mut self, from: Instant) -> Option<Instant> {
        let gap = match self.number()? {
            u64::MAX => self.signed()?,
            number => unfolded(number >> 2).wrapping_mul(UNITS[(number & 3) as usize]),
        };
        Some(from.wrapping_add(gap))
    }

    pub fn text(&mut self) -> Option<&'a str> {
        let length = self.length()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    pub fn key(&mut self) -> Option<Key> {
        match self.number()? {
            0 => self.signed().map(Key::Number),
            1 => self.text().map(|text| Key::Text(text.into())),
            _ => None,
        }
    }
}

#[inline]
fn unfolded(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

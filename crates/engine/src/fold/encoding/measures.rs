//! Measures in the bytes of a state.

use super::primitive::{Reader, Writer};
use crate::fold::Lot;
use crate::fold::measure::Measure;

const PERIOD: u64 = 1;
const TOTAL: u64 = 1 << 1;
const DIFFERENT: u64 = 1 << 2;
const CELLS: u64 = 1 << 3;
const KEYS: u64 = 1 << 4;

impl Writer<'_> {
    pub fn measures(&mut self, measures: &[Measure], lots: &[Lot]) {
        self.length(measures.len());
        for measure in measures {
            self.measure(measure, lots);
        }
    }

    /// A number with a bit for each part: the period (signed, and signed from it), the total (signed,
    /// from the sum of the cells), `different` (signed), a list of cells, a list of keys. A cell is a
    /// number and the value, signed. The number is even where the cell stands at the instant of a lot:
    /// twice the lots between the one named before and this. Else it is 1, and a gap from the cell
    /// before follows. A key has a gap from the one before, and the key.
    pub fn measure(&mut self, measure: &Measure, lots: &[Lot]) {
        let rest = measure.total.wrapping_sub(sum(&measure.cells));
        let flag = |there: bool, bit: u64| if there { bit } else { 0 };
        self.number(
            flag(measure.period != (0, 0), PERIOD)
                | flag(rest != 0, TOTAL)
                | flag(measure.different != 0, DIFFERENT)
                | flag(!measure.cells.is_empty(), CELLS)
                | flag(!measure.keys.is_empty(), KEYS),
        );
        if measure.period != (0, 0) {
            self.days(measure.period.0, 0);
            self.days(measure.period.1, measure.period.0);
        }
        if rest != 0 {
            self.signed(rest);
        }
        if measure.different != 0 {
            self.signed(measure.different);
        }
        if !measure.cells.is_empty() {
            self.length(measure.cells.len());
            let (mut last, mut named, mut near) = (0, 0, 0);
            for (at, value) in &measure.cells {
                while lots.get(near).is_some_and(|lot| lot.at < *at) {
                    near += 1;
                }
                if lots.get(near).is_some_and(|lot| lot.at == *at) {
                    self.number(((near - named) as u64) << 1);
                    near += 1;
                    named = near;
                } else {
                    self.number(1);
                    self.gap(*at, last);
                }
                self.signed(*value);
                last = *at;
            }
        }
        if !measure.keys.is_empty() {
            self.length(measure.keys.len());
            let mut last = 0;
            for (at, key) in &measure.keys {
                self.gap(*at, last);
                self.key(key);
                last = *at;
            }
        }
    }
}

impl Reader<'_> {
    pub fn measures(&mut self, lots: &[Lot]) -> Option<Vec<Measure>> {
        (0..self.length()?).map(|_| self.measure(lots)).collect()
    }

    pub fn measure(&mut self, lots: &[Lot]) -> Option<Measure> {
        let parts = self.number()?;
        let mut measure = Measure::default();
        if parts & PERIOD != 0 {
            measure.period.0 = self.day()?;
            measure.period.1 = self.days(measure.period.0)?;
        }
        if parts & TOTAL != 0 {
            measure.total = self.signed()?;
        }
        if parts & DIFFERENT != 0 {
            measure.different = self.signed()?;
        }
        if parts & CELLS != 0 {
            let length = self.length()?;
            measure.cells.reserve(length);
            let (mut last, mut named) = (0, 0_usize);
            for _ in 0..length {
                let number = self.number()?;
                let at = match number & 1 {
                    0 => {
                        let lot = named.checked_add(usize::try_from(number >> 1).ok()?)?;
                        named = lot.checked_add(1)?;
                        lots.get(lot)?.at
                    }
                    _ => self.gap(last)?,
                };
                measure.cells.push_back((at, self.signed()?));
                last = at;
            }
        }
        if parts & KEYS != 0 {
            let mut last = 0;
            for _ in 0..self.length()? {
                last = self.gap(last)?;
                measure.keys.push_back((last, self.key()?));
            }
        }
        measure.total = measure.total.wrapping_add(sum(&measure.cells));
        Some(measure)
    }
}

/// What the cells add up to.
pub fn sum(cells: &[(i64, i64)]) -> i64 {
    let values = cells.iter().map(|cell| cell.1);
    values.fold(0, i64::wrapping_add)
}

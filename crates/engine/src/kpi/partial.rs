//! Partials: what a KPI has counted so far over some accounts. Nothing but integers that are added,
//! so that any split into shards, merged in any order, gives the same figures.

use crate::calendar::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many counters and tallies a KPI keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Groups of accounts that are counted apart (rungs); 1 if none are.
    pub groups: usize,
    /// Counters of each group in each window.
    pub counters: usize,
    /// Tallies of each group in each window.
    pub tallies: usize,
}

/// The counters of some accounts, by window, group and meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    groups: usize,
    counters: usize,
    tallies: usize,
    /// Day of the first thing that was counted.
    first: Option<Day>,
    /// Number of the first window held.
    start: i32,
    windows: usize,
    cells: Vec<i128>,
    tally_cells: Vec<Tally>,
}

/// Keys below this are counted in an array.
const DENSE: usize = 512;

/// An amount for each of many small keys (days between purchases, months since the first one).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    dense: Vec<i64>,
    sparse: BTreeMap<u32, i64>,
}

impl Tally {
    /// Adds to a key.
    pub fn add(&mut self, key: u32, amount: i64) {
        let index = key as usize;
        if index >= DENSE {
            *self.sparse.entry(key).or_default() += amount;
            return;
        }
        if index >= self.dense.len() {
            self.dense.resize(index + 1, 0);
        }
        self.dense[index] += amount;
    }

    /// The amount of a key.
    pub fn get(&self, key: u32) -> i64 {
        self.dense
            .get(key as usize)
            .or_else(|| self.sparse.get(&key))
            .copied()
            .unwrap_or(0)
    }

    /// All keys with their amounts, by key; zeros may be among them.
    pub fn iter(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        let dense = self.dense.iter().enumerate();
        dense
            .map(|(key, amount)| (key as u32, *amount))
            .chain(self.sparse.iter().map(|(key, amount)| (*key, *amount)))
    }

    /// Adds all of another tally.
    pub fn merge(&mut self, other: &Tally) {
        for (key, amount) in other.iter() {
            self.add(key, amount);
        }
    }
}

impl Partial {
    /// Nothing counted yet.
    pub fn new(shape: Shape) -> Partial {
        Partial {
            groups: shape.groups.max(1),
            counters: shape.counters,
            tallies: shape.tallies,
            first: None,
            start: 0,
            windows: 0,
            cells: Vec::new(),
            tally_cells: Vec::new(),
        }
    }

    /// How many groups are counted apart.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// How many counters a group has in a window.
    pub fn counters(&self) -> usize {
        self.counters
    }

    /// Day of the first thing that was counted.
    pub fn first(&self) -> Option<Day> {
        self.first
    }

    /// Something was counted on this day.
    pub fn seen(&mut self, day: Day) {
        self.first = Some(self.first.map_or(day, |first| first.min(day)));
    }

    /// Index of a window, which is made if it is not there.
    #[inline]
    fn slot(&mut self, window: i32) -> usize {
        match self.held(window) {
            Some(slot) => slot,
            None => self.grow(window),
        }
    }

    #[cold]
    fn grow(&mut self, window: i32) -> usize {
        if self.windows == 0 {
            self.start = window;
        }
        let end = self.start + self.windows as i32;
        if window < self.start {
            let more = (self.start - window) as usize;
            let cells = more * self.groups * self.counters;
            let tallies = more * self.groups * self.tallies;
            self.cells.splice(0..0, std::iter::repeat_n(0, cells));
            self.tally_cells
                .splice(0..0, std::iter::repeat_n(Tally::default(), tallies));
            (self.start, self.windows) = (window, self.windows + more);
        } else if window >= end {
            self.windows = (window - self.start) as usize + 1;
            let groups = self.windows * self.groups;
            self.cells.resize(groups * self.counters, 0);
            self.tally_cells
                .resize(groups * self.tallies, Tally::default());
        }
        (window - self.start) as usize
    }

    /// The counters of a group in a window.
    pub fn cells(&mut self, window: i32, group: usize) -> &mut [i128] {
        let first = (self.slot(window) * self.groups + group) * self.counters;
        &mut self.cells[first..first + self.counters]
    }

    /// Adds to a counter.
    pub fn add(&mut self, window: i32, group: usize, counter: usize, amount: i128) {
        let slot = self.slot(window) * self.groups + group;
        self.cells[slot * self.counters + counter] += amount;
    }

    /// Adds to a key of a tally.
    pub fn tally(&mut self, window: i32, group: usize, tally: usize, key: u32, amount: i64) {
        let slot = self.slot(window) * self.groups + group;
        self.tally_cells[slot * self.tallies + tally].add(key, amount);
    }

    fn held(&self, window: i32) -> Option<usize> {
        let slot = usize::try_from(i64::from(window) - i64::from(self.start)).ok()?;
        (slot < self.windows).then_some(slot)
    }

    /// A counter; 0 where nothing was counted.
    pub fn get(&self, window: i32, group: usize, counter: usize) -> i128 {
        self.held(window).map_or(0, |slot| {
            self.cells[(slot * self.groups + group) * self.counters + counter]
        })
    }

    /// A counter of all groups together.
    pub fn total(&self, window: i32, counter: usize) -> i128 {
        (0..self.groups)
            .map(|group| self.get(window, group, counter))
            .sum()
    }

    /// A tally of one group (`Some`) or of all groups together.
    pub fn tallied(&self, window: i32, group: Option<usize>, tally: usize) -> Tally {
        let mut sum = Tally::default();
        if let Some(slot) = self.held(window) {
            let groups = group.map_or(0..self.groups, |group| group..group + 1);
            for group in groups {
                sum.merge(&self.tally_cells[(slot * self.groups + group) * self.tallies + tally]);
            }
        }
        sum
    }

    /// The same with a counter that holds changes summed up window by window through `last`: what is
    /// held at the end of each window.
    pub fn accumulated(&self, counter: usize, last: i32) -> Partial {
        let mut sums = self.clone();
        if sums.windows == 0 {
            return sums;
        }
        if last >= sums.start {
            sums.slot(last);
        }
        let stride = sums.groups * sums.counters;
        for group in 0..sums.groups {
            for slot in 1..sums.windows {
                let cell = group * sums.counters + counter;
                sums.cells[slot * stride + cell] += sums.cells[(slot - 1) * stride + cell];
            }
        }
        sums
    }

    /// Adds all that another partial of the same KPI has counted.
    pub fn merge(&mut self, other: &Partial) {
        if let Some(first) = other.first {
            self.seen(first);
        }
        for at in 0..other.windows {
            let slot = self.slot(other.start + at as i32);
            let (own, stride) = (slot * self.groups, at * self.groups);
            for cell in 0..self.groups * self.counters {
                self.cells[own * self.counters + cell] +=
                    other.cells[stride * self.counters + cell];
            }
            for cell in 0..self.groups * self.tallies {
                self.tally_cells[own * self.tallies + cell]
                    .merge(&other.tally_cells[stride * self.tallies + cell]);
            }
        }
    }
}

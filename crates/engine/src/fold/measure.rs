//! One number over a window: what metrics and caps are made of.

use super::queue::Queue;
use crate::calendar::{Calendar, Day, Instant, Length, Zone};
use crate::program::{MetricKind, Period};
use compact_str::CompactString;

/// A value that is counted distinct or remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Anything but text.
    Number(i64),
    /// Text.
    Text(CompactString),
}

/// Over what a measure runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// A calendar period, from the programme's first day of a week.
    Calendar(Calendar, i64),
    /// Calendar tier periods.
    Tier(Period),
    /// n local days, weeks, months or years up to the event.
    Days(Length),
    /// [t − micros, t).
    Exact(i64),
    /// Always.
    Lifetime,
}

impl Window {
    /// Whether parts leave it one by one.
    #[inline]
    pub fn rolls(self) -> bool {
        matches!(self, Window::Days(_) | Window::Exact(_))
    }

    /// The instant at which a part of a rolling window leaves it.
    #[inline]
    fn leaves(&self, part: i64, zone: &Zone) -> Option<Instant> {
        match *self {
            Window::Exact(micros) => Some(part + micros + 1),
            Window::Days(length) => Some(zone.midnight(leaving_day(length, part as Day))),
            _ => None,
        }
    }

    /// First day of the calendar period that `day` is in, and of the next one.
    pub fn period(self, day: Day) -> Option<(Day, Day)> {
        match self {
            Window::Calendar(calendar, week) => {
                let start = calendar.start(day, week);
                Some((start, calendar.next(start)))
            }
            Window::Tier(period @ Period::Calendar { .. }) => period.around(day),
            _ => None,
        }
    }
}

impl Period {
    /// First day of the calendar period that `day` is in, and of the next one.
    pub fn around(self, day: Day) -> Option<(Day, Day)> {
        let Period::Calendar { months, start } = self else {
            return None;
        };
        let leap = crate::calendar::LeapDay::February28;
        let anchor = start.in_year(crate::calendar::date_of(day).year() - 1, leap);
        let at = |n: i64| crate::calendar::add_months(anchor, n * months);
        let mut n = i64::from(day - anchor) / (31 * months);
        while at(n + 1) <= day {
            n += 1;
        }
        Some((at(n), at(n + 1)))
    }
}

/// A number over a window, with what is needed to let old parts go.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measure {
    /// The period it is about (calendar windows): first day, and first day of the next.
    pub(super) period: (Day, Day),
    /// Sum or count; with kind distinct what the desk added.
    pub(super) total: i64,
    /// Number of different values among the keys (kind distinct).
    pub(super) different: i64,
    /// (day or instant, value) of what is in a rolling window.
    pub(super) cells: Queue<(i64, i64)>,
    /// (day or instant, value) of the kinds distinct, first and last.
    pub(super) keys: Queue<(i64, Key)>,
}

impl Measure {
    /// Nothing seen, with the memory kept.
    pub fn clear(&mut self) {
        self.period = (0, 0);
        self.total = 0;
        self.different = 0;
        self.cells.clear();
        self.keys.clear();
    }

    /// Whether nothing of it can leave a rolling window.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.keys.is_empty()
    }

    /// Lets go what is no longer in the window at this instant of this day.
    #[inline(always)]
    pub fn slide(&mut self, window: &Window, at: Instant, day: Day, kind: MetricKind) {
        // The two that most events meet come first.
        if let Window::Exact(micros) = window {
            return self.drop_before(at - micros, kind);
        }
        if day >= self.period.0 && day < self.period.1 {
            return;
        }
        match *window {
            Window::Lifetime
            | Window::Tier(Period::Lifetime | Period::Rolling { .. })
            | Window::Exact(_) => {}
            Window::Calendar(..) | Window::Tier(Period::Calendar { .. }) => {
                if day < self.period.0 || day >= self.period.1 {
                    self.begin(window, day);
                }
            }
            Window::Days(length) => {
                if !self.cells.is_empty() || !self.keys.is_empty() {
                    self.drop_before(i64::from(length.before(day)) + 1, kind);
                }
            }
        }
    }

    /// Another calendar period begins.
    fn begin(&mut self, window: &Window, day: Day) {
        self.clear();
        self.period = match window {
            Window::Calendar(Calendar::Day, _) => (day, day + 1),
            window => window.period(day).unwrap_or((Day::MIN, Day::MAX)),
        };
    }

    #[inline(always)]
    fn drop_before(&mut self, first: i64, kind: MetricKind) {
        while let Some((at, value)) = self.cells.front()
            && *at < first
        {
            self.total -= value;
            self.cells.drop_front();
        }
        if !self.keys.is_empty() {
            self.drop_keys_before(first, kind);
        }
    }

    fn drop_keys_before(&mut self, first: i64, kind: MetricKind) {
        if self.keys.front().is_some_and(|key| key.0 < first) {
            while self.keys.front().is_some_and(|key| key.0 < first) {
                self.keys.drop_front();
            }
            if kind == MetricKind::Distinct {
                self.different = self.distinct();
            }
        }
    }

    fn distinct(&self) -> i64 {
        let keys = &self.keys;
        (0..keys.len())
            .filter(|i| !keys.iter().take(*i).any(|earlier| earlier.1 == keys[*i].1))
            .count() as i64
    }

    /// Adds to a sum or count. It must have slid to the event's time before.
    #[inline(always)]
    pub fn add(&mut self, window: &Window, at: Instant, day: Day, value: i64) -> Option<()> {
        self.total = self.total.checked_add(value)?;
        match *window {
            Window::Exact(_) => self.cells.push_back((at, value)),
            Window::Days(_) => match self.cells.back_mut() {
                Some(cell) if cell.0 == i64::from(day) => cell.1 += value,
                _ => self.cells.push_back((i64::from(day), value)),
            },
            _ => {}
        }
        Some(())
    }

    /// Adds to a sum that keeps no parts: of a calendar period or of always.
    #[inline]
    pub fn add_to_total(&mut self, value: i64) {
        self.total += value;
    }

    /// Adds a value that is counted distinct or remembered.
    pub fn add_key(&mut self, window: &Window, at: Instant, day: Day, kind: MetricKind, key: Key) {
        let when = if matches!(*window, Window::Days(_)) {
            i64::from(day)
        } else {
            at
        };
        match kind {
            MetricKind::Distinct if self.keys.iter().rev().all(|seen| seen.1 != key) => {
                self.different += 1
            }
            // Without a rolling window only the value itself can ever be asked for.
            MetricKind::First
                if !matches!(*window, Window::Days(_) | Window::Exact(_))
                    && !self.keys.is_empty() =>
            {
                return;
            }
            MetricKind::Last if !matches!(*window, Window::Days(_) | Window::Exact(_)) => {
                self.keys.clear()
            }
            _ => {}
        }
        self.keys.push_back((when, key));
    }

    /// Takes `value` back from what was added at that instant of that day, if it is still in the window.
    pub fn take_back(&mut self, window: &Window, at: Instant, day: Day, value: i64) {
        match *window {
            Window::Exact(_) | Window::Days(_) => {
                let when = if matches!(*window, Window::Days(_)) {
                    i64::from(day)
                } else {
                    at
                };
                if let Ok(cell) = self.cells.binary_search_by_key(&when, |cell| cell.0) {
                    self.cells[cell].1 -= value;
                    self.total -= value;
                }
            }
            Window::Lifetime | Window::Tier(Period::Lifetime) => self.total -= value,
            _ if day >= self.period.0 && day < self.period.1 => self.total -= value,
            _ => {}
        }
    }

    /// Takes a remembered value back.
    pub fn take_back_key(
        &mut self,
        window: &Window,
        at: Instant,
        day: Day,
        kind: MetricKind,
        key: &Key,
    ) {
        let when = if matches!(*window, Window::Days(_)) {
            i64::from(day)
        } else {
            at
        };
        if let Some(index) = self
            .keys
            .iter()
            .position(|seen| seen.0 == when && seen.1 == *key)
        {
            self.keys.remove(index);
            if kind == MetricKind::Distinct {
                self.different = self.distinct();
            }
        }
    }

    /// The value just before instant `at`: what happened at the very instant is not in [t − w, t).
    #[inline]
    pub fn before(&self, window: &Window, at: Instant) -> i64 {
        let mut total = self.total + self.different;
        if matches!(*window, Window::Exact(_)) {
            for cell in self.cells.iter().rev().take_while(|cell| cell.0 >= at) {
                total -= cell.1;
            }
        }
        total
    }

    /// The value with everything that was added.
    #[inline]
    pub fn total(&self) -> i64 {
        self.total + self.different
    }

    /// The first or last remembered value.
    pub fn key(&self, kind: MetricKind) -> Option<&Key> {
        match kind {
            MetricKind::First => self.keys.front(),
            _ => self.keys.back(),
        }
        .map(|key| &key.1)
    }

    /// The instant at which the oldest part leaves a rolling window.
    #[inline]
    pub fn leaves(&self, window: &Window, zone: &Zone) -> Option<Instant> {
        let (cell, key) = (
            self.cells.front().map(|cell| cell.0),
            self.keys.front().map(|key| key.0),
        );
        let oldest = cell.into_iter().chain(key).min()?;
        window.leaves(oldest, zone)
    }

    /// The instant at which parts have left a rolling window so that less than `least` is in it.
    #[inline]
    pub fn falls_below(&self, least: i64, window: &Window, zone: &Zone) -> Option<Instant> {
        let mut left = self.total;
        for (at, value) in &self.cells {
            left -= value;
            if left < least {
                return window.leaves(*at, zone);
            }
        }
        None
    }

    /// What it holds, apart from when.
    pub fn worth(&self) -> super::stretch::Worth {
        super::stretch::Worth {
            total: self.total,
            keys: self.keys.iter().map(|key| key.1.clone()).collect(),
        }
    }

    /// First day of the next calendar period, if the measure is about one.
    pub fn period(&self) -> (Day, Day) {
        self.period
    }
}

/// The first day on which something of `day` is no longer within `length` up to that day.
pub fn leaving_day(length: Length, day: Day) -> Day {
    let mut leaving = length.after(day);
    while length.before(leaving) < day {
        leaving += 1;
    }
    while length.before(leaving - 1) >= day {
        leaving -= 1;
    }
    leaving
}

//! The windows of a KPI, numbered: one look-up in a table turns a day into the number of its window.
//!
//! Windows are half-open in local dates. Calendar periods are numbered by themselves (month 0 is
//! January 1970), so that the figures of two shards meet without having seen each other's first day.

use super::figure::{Window, WindowKind};
use crate::calendar::{Calendar, Day, Length, Per, date_of, day_of};
use jiff::civil::Date;
use std::sync::Arc;

/// Days before the day of the report that the table covers: fifty years.
const TABLE: i64 = 18_263;

/// All windows of a KPI up to the day of the report.
#[derive(Debug, Clone)]
pub struct Windows {
    shape: Shape,
    as_of: Day,
    /// Number of the window of each day from `table_from` to `as_of`.
    table: Arc<[i32]>,
    table_from: Day,
    /// The day after each window of the table, by number.
    ends: Arc<[Day]>,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Periods of the calendar; the first day of a week.
    Calendar(Calendar, i64),
    /// 0: the last stretch, −1: the one before it, −2: all days before, 1: days after the report.
    Rolling { last: Day, former: Day },
    /// 0: every day up to the report.
    Lifetime,
}

impl Windows {
    /// The windows that `per` gives for a report of the day `as_of`; `week` is the first day of a week
    /// (0 Monday). Nothing where they are not [possible](Windows::possible).
    pub fn new(per: Per, as_of: Day, week: i64) -> Option<Windows> {
        let shape = match per {
            _ if !Windows::possible(per) => return None,
            Per::Calendar(calendar) => Shape::Calendar(calendar, week),
            Per::Rolling(length) => {
                let before = as_of + 1;
                let twice = Length {
                    count: 2 * length.count,
                    ..length
                };
                Shape::Rolling {
                    last: length.before(before),
                    former: twice.before(before),
                }
            }
            _ => Shape::Lifetime,
        };
        let mut windows = Windows {
            shape,
            as_of,
            table: Arc::new([]),
            table_from: as_of,
            ends: Arc::new([]),
        };
        windows.table_from = (i64::from(as_of) - TABLE) as Day;
        windows.table = windows.numbers(windows.table_from, as_of);
        if let (Some(first), Some(last)) = (windows.table.first(), windows.table.last()) {
            windows.ends = (*first..=*last).map(|number| windows.end(number)).collect();
        }
        Some(windows)
    }

    /// Whether a report can have such windows: not where whole days cannot say it (hours, minutes) or
    /// where the window belongs to an event.
    pub fn possible(per: Per) -> bool {
        match per {
            Per::Calendar(_) | Per::Lifetime => true,
            Per::Rolling(length) => length.exact().is_none() && length.count > 0,
            Per::Event | Per::Line | Per::Period => false,
        }
    }

    /// The numbers of the days `from` to `to`.
    fn numbers(&self, from: Day, to: Day) -> Arc<[i32]> {
        let mut number = 0;
        let mut next = from;
        (from..=to)
            .map(|day| {
                if day >= next {
                    number = self.compute(day);
                    next = self.end(number);
                }
                number
            })
            .collect()
    }

    /// The day of the report.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// Number of the window that a day lies in. Numbers rise with the days; those of days after the
    /// report are above [`Windows::last`] or belong to a window that is not complete.
    pub fn number(&self, day: Day) -> i32 {
        match self.table.get((day.wrapping_sub(self.table_from)) as usize) {
            Some(number) if day >= self.table_from => *number,
            _ => self.compute(day),
        }
    }

    fn compute(&self, day: Day) -> i32 {
        match self.shape {
            Shape::Calendar(calendar, week) => {
                let date = date_of(day);
                let month = (i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1;
                match calendar {
                    Calendar::Day => day,
                    Calendar::Week => (day - week_start(week)).div_euclid(7),
                    Calendar::Month => month,
                    Calendar::Quarter => month.div_euclid(3),
                    Calendar::Year => month.div_euclid(12),
                }
            }
            Shape::Rolling { last, former } => {
                if day > self.as_of {
                    1
                } else if day >= last {
                    0
                } else if day >= former {
                    -1
                } else {
                    -2
                }
            }
            Shape::Lifetime => i32::from(day > self.as_of),
        }
    }

    /// First day of a window; of rolling windows before the last two, and of the lifetime, the
    /// earliest day that there is.
    pub fn from(&self, number: i32) -> Day {
        match self.shape {
            Shape::Calendar(calendar, week) => match calendar {
                Calendar::Day => number,
                Calendar::Week => number * 7 + week_start(week),
                Calendar::Month => first_of_month(number),
                Calendar::Quarter => first_of_month(number * 3),
                Calendar::Year => first_of_month(number * 12),
            },
            Shape::Rolling { last, former } => match number {
                1.. => self.as_of + 1,
                0 => last,
                -1 => former,
                _ => Day::MIN,
            },
            Shape::Lifetime if number > 0 => self.as_of + 1,
            Shape::Lifetime => Day::MIN,
        }
    }

    /// The day after the last one of a window.
    pub fn before(&self, number: i32) -> Day {
        let first = self.table.first().copied().unwrap_or(0);
        match self.ends.get(number.wrapping_sub(first) as usize) {
            Some(end) if number >= first => *end,
            _ => self.end(number),
        }
    }

    fn end(&self, number: i32) -> Day {
        match self.shape {
            Shape::Calendar(..) => self.from(number + 1),
            Shape::Rolling { .. } | Shape::Lifetime if number > 0 => Day::MAX,
            Shape::Rolling { .. } | Shape::Lifetime => self.from(number + 1),
        }
    }

    /// Number of the last window that is complete: its last day is not after the report's.
    pub fn last(&self) -> i32 {
        match self.shape {
            Shape::Calendar(..) => self.number(self.as_of + 1) - 1,
            Shape::Rolling { .. } | Shape::Lifetime => 0,
        }
    }

    /// Numbers of the windows to list, when the first thing to count happened on `first`.
    pub fn listed(&self, first: Option<Day>) -> std::ops::Range<i32> {
        match (self.shape, first) {
            (Shape::Calendar(..), Some(first)) => self.number(first)..self.last() + 1,
            (Shape::Calendar(..), None) => 0..0,
            _ => 0..1,
        }
    }

    /// Numbers of the windows to list whose next window is complete too.
    pub fn known(&self, first: Option<Day>) -> std::ops::Range<i32> {
        match (self.shape, first) {
            (Shape::Calendar(..), Some(first)) => self.number(first)..self.last(),
            (Shape::Rolling { .. }, _) => -1..0,
            _ => 0..0,
        }
    }

    /// A window as it stands in a figure. `first` is the first day of a lifetime.
    pub fn window(&self, number: i32, first: Option<Day>) -> Window {
        let (kind, from) = match self.shape {
            Shape::Calendar(..) => (WindowKind::Calendar, self.from(number)),
            Shape::Rolling { .. } => (WindowKind::Rolling, self.from(number)),
            Shape::Lifetime => (WindowKind::Lifetime, first.unwrap_or(self.as_of)),
        };
        Window {
            kind,
            from,
            before: self.before(number),
        }
    }

    /// Whether there is a next window to come back in.
    pub fn has_next(per: Per) -> bool {
        per != Per::Lifetime
    }
}

/// A day on which a week begins, near day 0 (a Thursday).
fn week_start(week: i64) -> Day {
    Calendar::Week.start(0, week)
}

fn first_of_month(month: i32) -> Day {
    let (year, month) = (1970 + month.div_euclid(12), month.rem_euclid(12) + 1);
    // Years beyond the calendar's end are held there.
    Date::new(year.clamp(-9_999, 9_999) as i16, month as i8, 1).map_or(0, day_of)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::calendar::{Unit, day_from, day_text};

    fn day(text: &str) -> Day {
        day_from(text).unwrap()
    }

    fn windows(per: Per, as_of: &str) -> Windows {
        Windows::new(per, day(as_of), 0).unwrap()
    }

    fn shown(windows: &Windows, number: i32) -> (String, String) {
        let window = windows.window(number, None);
        (day_text(window.from), day_text(window.before))
    }

    #[test]
    fn a_calendar_window_is_complete_when_its_last_day_has_ended() {
        let quarters = |as_of| windows(Per::Calendar(Calendar::Quarter), as_of);
        let last = |as_of| shown(&quarters(as_of), quarters(as_of).last());
        let q2 = ("1997-04-01".to_owned(), "1997-07-01".to_owned());
        assert_eq!(last("1997-06-30"), q2);
        assert_eq!(last("1997-09-29"), q2);
        assert_eq!(last("1997-09-30").0, "1997-07-01");
    }

    #[test]
    fn every_day_lies_in_the_window_of_its_number() {
        for calendar in [
            Calendar::Day,
            Calendar::Week,
            Calendar::Month,
            Calendar::Quarter,
            Calendar::Year,
        ] {
            for week in 0..7 {
                let windows = Windows::new(Per::Calendar(calendar), 20_000, week).unwrap();
                for day in (-1_000..22_000).step_by(13) {
                    let number = windows.number(day);
                    assert_eq!(windows.from(number), calendar.start(day, week));
                    assert_eq!(windows.before(number), calendar.next(windows.from(number)));
                }
            }
        }
    }

    #[test]
    fn a_rolling_window_ends_with_the_day_of_the_report() {
        let thirty = windows(
            Per::Rolling(Length {
                count: 30,
                unit: Unit::Day,
            }),
            "2026-03-31",
        );
        let bounds = |number| shown(&thirty, number);
        assert_eq!(bounds(0), ("2026-03-02".into(), "2026-04-01".into()));
        assert_eq!(bounds(-1), ("2026-01-31".into(), "2026-03-02".into()));
        let number = |text| thirty.number(day(text));
        assert_eq!(number("2026-03-02"), 0);
        assert_eq!(number("2026-03-01"), -1);
        assert_eq!(number("2026-01-30"), -2);
        assert_eq!(number("2026-04-01"), 1);
    }

    #[test]
    fn two_months_back_are_counted_from_the_report_and_not_from_the_month_before() {
        // one month before 31 May 2026 is 30 April; two months before it is 31 March
        let month = windows(
            Per::Rolling(Length {
                count: 1,
                unit: Unit::Month,
            }),
            "2026-05-30",
        );
        assert_eq!(month.from(0), day("2026-04-30"));
        assert_eq!(month.from(-1), day("2026-03-31"));
    }

    #[test]
    fn a_window_that_belongs_to_events_is_no_window_of_a_report() {
        let hours = Length {
            count: 48,
            unit: Unit::Hour,
        };
        for per in [Per::Event, Per::Line, Per::Period, Per::Rolling(hours)] {
            assert!(Windows::new(per, 0, 0).is_none());
        }
    }
}

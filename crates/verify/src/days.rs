//! The recount's own calendar: days, midnights, months, windows and periods, straight from the zone
//! data. A day is a number of days since 1970-01-01 in the programme's zone, an instant microseconds.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rungs_engine::calendar::{Calendar, Day, Instant, LeapDay, Length, MonthDay, Per, Unit};
use rungs_engine::program::Period;
use std::ops::Range;
use std::sync::OnceLock;

const SECOND: i64 = 1_000_000;
const DAY_SECONDS: i64 = 86_400;

/// Year, month and day of the month; from the number of days, in the proleptic Gregorian calendar. Years
/// are counted from 1 March, so that the leap day is the last of its year.
pub(crate) fn civil(day: Day) -> (i64, i64, i64) {
    let days = i64::from(day) + 719_468; // since 0000-03-01
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_month)
}

/// The day of a civil date.
pub(crate) fn day_number(year: i64, month: i64, day: i64) -> Day {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    days.clamp(-719_000, 2_900_000) as Day
}

fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `day` moved by so many months, held at the end of a shorter month.
pub(crate) fn plus_months(day: Day, months: i64) -> Day {
    let (year, month, of_month) = civil(day);
    let index = year * 12 + (month - 1) + months;
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
    day_number(year, month, of_month.min(month_length(year, month)))
}

/// 0 is Monday; 1970-01-01 was a Thursday.
pub(crate) fn weekday(day: Day) -> i64 {
    (i64::from(day) + 3).rem_euclid(7)
}

/// How many months a length is, if it is counted in months.
fn months_of(length: Length) -> Option<i64> {
    match length.unit {
        Unit::Month => Some(length.count),
        Unit::Quarter => Some(3 * length.count),
        Unit::Year => Some(12 * length.count),
        Unit::Minute | Unit::Hour | Unit::Day | Unit::Week => None,
    }
}

/// How many days a length is, if it is counted in days.
fn days_of(length: Length) -> i64 {
    match length.unit {
        Unit::Minute => length.count / 1_440,
        Unit::Hour => length.count / 24,
        Unit::Week => 7 * length.count,
        _ => length.count,
    }
}

/// Microseconds of a length in minutes or hours.
pub(crate) fn micros_of(length: Length) -> Option<i64> {
    match length.unit {
        Unit::Minute => Some(length.count * 60 * SECOND),
        Unit::Hour => Some(length.count * 3_600 * SECOND),
        _ => None,
    }
}

/// `day` + length over local dates, in one step.
pub(crate) fn plus(day: Day, length: Length) -> Day {
    match months_of(length) {
        Some(months) => plus_months(day, months),
        None => (i64::from(day) + days_of(length)).clamp(-719_000, 2_900_000) as Day,
    }
}

/// `day` − length over local dates, in one step.
pub(crate) fn minus(day: Day, length: Length) -> Day {
    plus(
        day,
        Length {
            count: -length.count,
            unit: length.unit,
        },
    )
}

/// Whole months from `a` to `b`: the largest n with `a` + n months ≤ `b`; negative the other way.
pub(crate) fn months_between(a: Day, b: Day) -> i64 {
    if b < a {
        return -months_between(b, a);
    }
    let ((year_a, month_a, _), (year_b, month_b, _)) = (civil(a), civil(b));
    let months = (year_b - year_a) * 12 + month_b - month_a;
    if plus_months(a, months) > b {
        months - 1
    } else {
        months
    }
}

/// Whole years from `a` to `b`.
pub(crate) fn years_between(a: Day, b: Day) -> i64 {
    months_between(a, b) / 12
}

/// The day of the year in a year, with the declared meaning of 29 February.
pub(crate) fn in_year(month_day: MonthDay, year: i64, leap_day: LeapDay) -> Day {
    let (month, day) = (i64::from(month_day.month), i64::from(month_day.day));
    if day <= month_length(year, month) {
        return day_number(year, month, day);
    }
    match leap_day {
        LeapDay::February28 => day_number(year, 2, 28),
        LeapDay::March1 => day_number(year, 3, 1),
    }
}

/// First day of the calendar period that `day` is in.
pub(crate) fn calendar_start(calendar: Calendar, day: Day, week: i64) -> Day {
    let (year, month, _) = civil(day);
    match calendar {
        Calendar::Day => day,
        Calendar::Week => day - (weekday(day) - week).rem_euclid(7) as Day,
        Calendar::Month => day_number(year, month, 1),
        Calendar::Quarter => day_number(year, 1 + (month - 1) / 3 * 3, 1),
        Calendar::Year => day_number(year, 1, 1),
    }
}

/// First day of the calendar period after the one that `day` is in.
pub(crate) fn calendar_end(calendar: Calendar, day: Day, week: i64) -> Day {
    let start = calendar_start(calendar, day, week);
    match calendar {
        Calendar::Day => start + 1,
        Calendar::Week => start + 7,
        Calendar::Month => plus_months(start, 1),
        Calendar::Quarter => plus_months(start, 3),
        Calendar::Year => plus_months(start, 12),
    }
}

/// The period of the ladder that `day` is in, `from` that day and `before` this one: periods of so many
/// months, anchored on a day of the year. Where the months do not divide the year, the anchor is that day
/// of 1970.
pub(crate) fn ladder_period(
    day: Day,
    months: i64,
    start: MonthDay,
    leap_day: LeapDay,
) -> (Day, Day) {
    let months = months.max(1);
    let begin = |index: i64| {
        if 12 % months == 0 {
            let year = (index * months).div_euclid(12);
            let anchor = in_year(start, 1970 + year, leap_day);
            plus_months(anchor, (index * months).rem_euclid(12))
        } else if months % 12 == 0 {
            in_year(start, 1970 + index * (months / 12), leap_day)
        } else {
            plus_months(in_year(start, 1970, leap_day), index * months)
        }
    };
    let (year, month, _) = civil(day);
    let mut index = ((year - 1970) * 12 + month - 1).div_euclid(months) + 1;
    while begin(index) > day {
        index -= 1;
    }
    (begin(index), begin(index + 1))
}

/// A stretch over which something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    /// Local dates, the second not included.
    Days(Day, Day),
    /// Instants, the second not included.
    Instants(Instant, Instant),
    /// From a local date on, up to and with an instant.
    Through(Day, Instant),
    /// Always.
    Always,
    /// Nothing: what counts one event only has nothing before it.
    Nothing,
}

impl Window {
    /// Whether something of that instant and local day lies in it.
    pub(crate) fn holds(&self, at: Instant, day: Day) -> bool {
        match self {
            Window::Days(from, before) => *from <= day && day < *before,
            Window::Instants(from, before) => *from <= at && at < *before,
            Window::Through(from, last) => *from <= day && at <= *last,
            Window::Always => true,
            Window::Nothing => false,
        }
    }

    /// Whether something lies before it, and so all that is older too.
    pub(crate) fn begins_after(&self, at: Instant, day: Day) -> bool {
        match self {
            Window::Days(from, _) | Window::Through(from, _) => day < *from,
            Window::Instants(from, _) => at < *from,
            Window::Always => false,
            Window::Nothing => true,
        }
    }
}

/// Everything that the calendar of one programme needs.
#[derive(Debug)]
pub(crate) struct Days<'a> {
    zone: &'a TimeZone,
    leap_day: LeapDay,
    week: i64,
    period: Option<Period>,
    /// The changes of the zone's offset in the usual years: from when on, and seconds east of UTC. Looked
    /// up often, and asked of the zone only once.
    offsets: OnceLock<Vec<(Instant, i64)>>,
}

/// The instants between which a zone's changes are remembered: 2000 and 2040 in UTC.
const REMEMBERED: Range<Instant> = 946_684_800 * SECOND..2_208_988_800 * SECOND;

impl<'a> Days<'a> {
    pub(crate) fn new(
        zone: &'a TimeZone,
        leap_day: LeapDay,
        week: i64,
        period: Option<Period>,
    ) -> Days<'a> {
        Days {
            zone,
            leap_day,
            week,
            period,
            offsets: OnceLock::new(),
        }
    }

    /// Seconds east of UTC at an instant, as the zone says.
    fn asked(&self, at: Instant) -> i64 {
        Timestamp::from_microsecond(at)
            .map_or(0, |stamp| i64::from(self.zone.to_offset(stamp).seconds()))
    }

    /// The remembered stretch of one offset that an instant lies in: its number and the offset.
    fn stretch(&self, at: Instant) -> Option<(usize, i64)> {
        if !REMEMBERED.contains(&at) {
            return None;
        }
        let offsets = self.offsets.get_or_init(|| {
            let first = (REMEMBERED.start, self.asked(REMEMBERED.start));
            let start = Timestamp::from_microsecond(REMEMBERED.start).unwrap_or_default();
            let changes = self.zone.following(start).map(|change| {
                let at = change.timestamp().as_microsecond();
                (at, i64::from(change.offset().seconds()))
            });
            std::iter::once(first)
                .chain(changes.take_while(|(at, _)| REMEMBERED.contains(at)))
                .collect()
        });
        let number = offsets
            .partition_point(|(from, _)| *from <= at)
            .checked_sub(1)?;
        Some((number, offsets[number].1))
    }

    /// Local seconds since 1970-01-01T00:00 on the wall clock.
    fn wall(&self, at: Instant) -> i64 {
        let offset = self
            .stretch(at)
            .map_or_else(|| self.asked(at), |(_, offset)| offset);
        at.div_euclid(SECOND) + offset
    }

    /// The local day of an instant.
    pub(crate) fn day(&self, at: Instant) -> Day {
        self.wall(at).div_euclid(DAY_SECONDS) as Day
    }

    /// The local hour, 0 to 23.
    pub(crate) fn hour(&self, at: Instant) -> i64 {
        self.wall(at).rem_euclid(DAY_SECONDS) / 3_600
    }

    /// The first instant of a local day: its 00:00, the first of two, or the end of the gap that skips it.
    pub(crate) fn midnight(&self, day: Day) -> Instant {
        let wall = i64::from(day) * DAY_SECONDS;
        // Where the offset is the same from a day before to a day after, nothing is skipped or repeated.
        let before = self.stretch((wall - DAY_SECONDS) * SECOND);
        let after = self.stretch((wall + DAY_SECONDS) * SECOND);
        if let (Some((number, offset)), Some((same, _))) = (before, after)
            && number == same
        {
            return (wall - offset) * SECOND;
        }
        let (year, month, of_month) = civil(day);
        DateTime::new(year as i16, month as i8, of_month as i8, 0, 0, 0, 0)
            .and_then(|local| self.zone.to_ambiguous_timestamp(local).compatible())
            .map_or(wall * SECOND, |stamp| stamp.as_microsecond())
    }

    /// `2026-06-03T10:00`: the wall clock of an instant, to the minute.
    pub(crate) fn wall_text(&self, at: Instant, between: char) -> String {
        let wall = self.wall(at);
        let day = wall.div_euclid(DAY_SECONDS) as Day;
        let minutes = wall.rem_euclid(DAY_SECONDS) / 60;
        let date = day_text(day);
        format!("{date}{between}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// The end of a life of `length` that begins at `at`.
    pub(crate) fn life(&self, at: Instant, length: Length) -> Instant {
        match micros_of(length) {
            Some(micros) => at.saturating_add(micros),
            None => self.midnight(plus(self.day(at), length)),
        }
    }

    /// An instant moved to the first instant of the next local month, quarter or year; where it is already
    /// the first instant of one, it stays.
    pub(crate) fn up_to(&self, calendar: Calendar, at: Instant) -> Instant {
        let day = self.day(at);
        if at == self.midnight(calendar_start(calendar, day, self.week)) {
            return at;
        }
        self.midnight(calendar_end(calendar, day, self.week))
    }

    /// The first 00:00 after `at`, and not before `least`, of a day that is one of these days of its year:
    /// found by walking day by day.
    pub(crate) fn next_of(&self, on: &[MonthDay], at: Instant, least: Option<Instant>) -> Instant {
        let mut day = self.day(at);
        loop {
            let (year, ..) = civil(day);
            let named = on.iter().any(|it| in_year(*it, year, self.leap_day) == day);
            let begins = self.midnight(day);
            if named && begins > at && least.is_none_or(|least| begins >= least) {
                return begins;
            }
            day += 1;
        }
    }

    /// The stretch of `per` for something at an instant. It ends with that: what came before it in the order
    /// of events is in it, also at the same instant; what comes after it has not happened yet.
    pub(crate) fn window(&self, per: Per, at: Instant, day: Day) -> Window {
        match per {
            Per::Event | Per::Line => Window::Nothing,
            Per::Calendar(calendar) => Window::Days(
                calendar_start(calendar, day, self.week),
                calendar_end(calendar, day, self.week),
            ),
            Per::Rolling(length) => rolling(length, at, day),
            Per::Lifetime => Window::Always,
            Per::Period => self.ladder_window(at, day),
        }
    }

    /// The stretch of a metric that a condition asks for just before something at an instant. In hours it
    /// ends before that instant, so what came earlier in the order of events at the same one is not in it.
    pub(crate) fn window_before(&self, per: Per, at: Instant, day: Day) -> Window {
        match self.window(per, at, day) {
            Window::Instants(from, _) => Window::Instants(from, at),
            window => window,
        }
    }

    /// The period of the ladder for something at an instant. A rolling one ends with that instant: a rung
    /// may be asked later what it rests on, when more has happened on the same day.
    pub(crate) fn ladder_window(&self, at: Instant, day: Day) -> Window {
        match self.period {
            None | Some(Period::Lifetime) => Window::Always,
            Some(Period::Rolling { length }) => match rolling(length, at, day) {
                Window::Days(from, _) => Window::Through(from, at),
                window => window,
            },
            Some(Period::Calendar { months, start }) => {
                let (from, before) = ladder_period(day, months, start, self.leap_day);
                Window::Days(from, before)
            }
        }
    }

    /// The first instant at which something of that instant and day is no longer in the stretch that ends
    /// then; none if it never leaves.
    pub(crate) fn leaves(&self, per: Per, at: Instant, day: Day) -> Option<Instant> {
        match per {
            Per::Event | Per::Line => Some(at + 1),
            Per::Calendar(calendar) => Some(self.midnight(calendar_end(calendar, day, self.week))),
            Per::Rolling(length) => Some(self.leaves_rolling(length, at, day)),
            Per::Lifetime => None,
            Per::Period => match self.period? {
                Period::Lifetime => None,
                Period::Rolling { length } => Some(self.leaves_rolling(length, at, day)),
                Period::Calendar { months, start } => {
                    Some(self.midnight(ladder_period(day, months, start, self.leap_day).1))
                }
            },
        }
    }

    fn leaves_rolling(&self, length: Length, at: Instant, day: Day) -> Instant {
        if let Some(micros) = micros_of(length) {
            return at.saturating_add(micros).saturating_add(1);
        }
        // Clamped months make the first failing day differ by a few from `day` + length.
        let guess = plus(day, length);
        let first = (guess - 4..guess + 4).find(|end| rolling_from(length, *end) > day);
        self.midnight(first.unwrap_or(guess + 4))
    }
}

/// First day of the stretch of local dates that ends with `day`: n days are that day and the n − 1 before
/// it; months and years are the dates after `day` − length.
fn rolling_from(length: Length, day: Day) -> Day {
    minus(day, length) + 1
}

fn rolling(length: Length, at: Instant, day: Day) -> Window {
    match micros_of(length) {
        Some(micros) => Window::Instants(at.saturating_sub(micros), at.saturating_add(1)),
        None => Window::Days(rolling_from(length, day), day + 1),
    }
}

/// `2026-06-03`.
pub(crate) fn day_text(day: Day) -> String {
    let (year, month, of_month) = civil(day);
    format!("{year:04}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests;

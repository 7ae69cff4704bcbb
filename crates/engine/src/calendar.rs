//! Days, zones, lengths and periods. A day belongs to the programme's zone; ranges are half-open in
//! local dates and become instants through the zone, never by adding 86,400 seconds.
//!
//! Instants are microseconds since 1970-01-01T00:00Z ([`Instant`]); days are days since 1970-01-01 in
//! the programme's zone ([`Day`]).

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Microseconds since 1970-01-01T00:00Z.
pub type Instant = i64;
/// Days since 1970-01-01, in the programme's zone.
pub type Day = i32;

/// Microseconds of an hour.
pub const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const UTC_DAY: i64 = 24 * HOUR;
/// The table of midnights covers these days; outside of it the zone is asked each time.
const TABLE: std::ops::Range<Day> = 3_652..29_220; // 1980 to 2049

/// A time zone with the instant of each local midnight in a table: one compare a row.
#[derive(Clone)]
pub struct Zone {
    name: Arc<str>,
    zone: TimeZone,
    midnights: Arc<[Instant]>,
}

impl std::fmt::Debug for Zone {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Zone({})", self.name)
    }
}

impl Zone {
    /// The zone of this IANA name, from the bundled data.
    pub fn named(name: &str) -> Option<Zone> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        Some(Zone {
            name: name.into(),
            midnights: midnights(&zone),
            zone,
        })
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone for jiff.
    pub fn jiff(&self) -> &TimeZone {
        &self.zone
    }

    /// The first instant of a local day. Where midnight is skipped, the first instant after the gap.
    #[inline]
    pub fn midnight(&self, day: Day) -> Instant {
        match self.midnights.get((day - TABLE.start) as usize) {
            Some(instant) if day >= TABLE.start => *instant,
            _ => midnight(&self.zone, day),
        }
    }

    /// The local day of an instant.
    #[inline]
    pub fn day(&self, at: Instant) -> Day {
        // Zones lie within a day of UTC, so the local day is the UTC day or a neighbour of it.
        let guess = at.div_euclid(UTC_DAY) as Day;
        if at < self.midnight(guess) {
            guess - 1
        } else if at >= self.midnight(guess + 1) {
            guess + 1
        } else {
            guess
        }
    }

    /// Local wall-clock hour, 0 to 23.
    pub fn hour(&self, at: Instant) -> i64 {
        jiff::Timestamp::from_microsecond(at)
            .map_or(0, |stamp| i64::from(self.zone.to_datetime(stamp).hour()))
    }

    /// The instant of a local wall-clock time; in a gap the time after it, in a fold the first.
    pub fn instant(&self, local: jiff::civil::DateTime) -> Option<Instant> {
        let stamp = self.zone.to_ambiguous_timestamp(local).compatible().ok()?;
        Some(stamp.as_microsecond())
    }

    /// Whether this local wall-clock time is skipped (spring).
    pub fn skipped(&self, local: jiff::civil::DateTime) -> bool {
        matches!(
            self.zone.to_ambiguous_timestamp(local).offset(),
            jiff::tz::AmbiguousOffset::Gap { .. }
        )
    }
}

fn midnight(zone: &TimeZone, day: Day) -> Instant {
    let start = date_of(day).at(0, 0, 0, 0);
    zone.to_ambiguous_timestamp(start)
        .compatible()
        .map_or(i64::from(day) * UTC_DAY, |stamp| stamp.as_microsecond())
}

/// The midnights of the table. Every step of a night begins with it, so the zone is asked near changes of its clock alone:
/// two days away from one no time of day is there twice or left out, and a midnight is a day after the one before.
fn midnights(zone: &TimeZone) -> Arc<[Instant]> {
    let begin = jiff::Timestamp::from_microsecond(i64::from(TABLE.start - 3) * UTC_DAY);
    let changes = begin.iter().flat_map(|begin| zone.following(*begin));
    let mut changes = changes.map(|change| change.timestamp().as_microsecond());
    let (mut from, mut until) = (Instant::MIN, changes.next().unwrap_or(Instant::MAX));
    let mut last = Instant::MIN;
    TABLE
        .map(|day| {
            let calm = last.saturating_sub(2 * UTC_DAY) >= from
                && last.saturating_add(3 * UTC_DAY) <= until
                && day > TABLE.start;
            last = match calm {
                true => last + UTC_DAY,
                false => midnight(zone, day),
            };
            while last >= until {
                (from, until) = (until, changes.next().unwrap_or(Instant::MAX));
            }
            last
        })
        .collect()
}

/// The civil date of a day; days far outside are held at the ends of the calendar.
pub fn date_of(day: Day) -> Date {
    const EPOCH: Date = jiff::civil::date(1970, 1, 1);
    EPOCH
        .checked_add(jiff::Span::new().days(i64::from(day).clamp(-700_000, 2_900_000)))
        .unwrap_or(EPOCH)
}

/// The day of a civil date.
pub fn day_of(date: Date) -> Day {
    const EPOCH: Date = jiff::civil::date(1970, 1, 1);
    EPOCH.until(date).map_or(0, |span| span.get_days())
}

/// A day from `2026-03-10`.
pub fn day_from(text: &str) -> Option<Day> {
    (text.len() == 10)
        .then(|| text.parse::<Date>().ok())
        .flatten()
        .map(day_of)
}

/// A day as `2026-03-10`.
pub fn day_text(day: Day) -> String {
    date_of(day).to_string()
}

/// 0 is Monday.
pub fn weekday(day: Day) -> i64 {
    i64::from((day + 3).rem_euclid(7))
}

/// The units of lengths. Minutes and hours are exact; the others run over local dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// A local date.
    Day,
    /// Seven local dates.
    Week,
    /// A calendar month.
    Month,
    /// Three calendar months.
    Quarter,
    /// A calendar year.
    Year,
}

/// A length of time such as `12 months`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Length {
    /// How many.
    pub count: i64,
    /// Of what.
    pub unit: Unit,
}

impl Length {
    /// From `12 months`; singular with 1.
    pub fn parse(text: &str) -> Option<Length> {
        let (count, unit) = text.split_once(' ')?;
        let count: i64 = count
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| count.parse().ok())
            .flatten()?;
        let name = if count == 1 {
            unit
        } else {
            unit.strip_suffix('s')?
        };
        let unit = match name {
            "minute" => Unit::Minute,
            "hour" => Unit::Hour,
            "day" => Unit::Day,
            "week" => Unit::Week,
            "month" => Unit::Month,
            "quarter" => Unit::Quarter,
            "year" => Unit::Year,
            _ => return None,
        };
        (count <= 1_000_000).then_some(Length { count, unit })
    }

    /// Its microseconds, if it runs over instants (minutes, hours) and not over dates.
    #[inline]
    pub fn exact(self) -> Option<i64> {
        match self.unit {
            Unit::Minute => Some(self.count * MINUTE),
            Unit::Hour => Some(self.count * HOUR),
            _ => None,
        }
    }

    /// `day` + this length, computed from `day` in one step and clamped (31 January + 1 month is 28 or
    /// 29 February). Exact lengths count whole days.
    pub fn after(self, day: Day) -> Day {
        match self.unit {
            Unit::Minute => day + (self.count / 1_440) as Day,
            Unit::Hour => day + (self.count / 24) as Day,
            Unit::Day => day + self.count as Day,
            Unit::Week => day + 7 * self.count as Day,
            Unit::Month => add_months(day, self.count),
            Unit::Quarter => add_months(day, 3 * self.count),
            Unit::Year => add_months(day, 12 * self.count),
        }
    }

    /// `day` − this length, clamped alike.
    pub fn before(self, day: Day) -> Day {
        Length {
            count: -self.count,
            unit: self.unit,
        }
        .after(day)
    }

    /// The end of a life of this length that begins at `at`: 00:00 of its date + length, or for exact
    /// lengths the instant.
    pub fn end(self, at: Instant, zone: &Zone) -> Instant {
        match self.exact() {
            Some(micros) => at + micros,
            None => zone.midnight(self.after(zone.day(at))),
        }
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Quarter => "quarter",
            Unit::Year => "year",
        };
        write!(
            out,
            "{} {unit}{}",
            self.count,
            if self.count == 1 { "" } else { "s" }
        )
    }
}

/// `day` + `months`, clamped to the end of the month.
pub fn add_months(day: Day, months: i64) -> Day {
    let date = date_of(day);
    let index = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + months;
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
    let Ok(first) = Date::new(year as i16, month as i8, 1) else {
        return day;
    };
    day_of(first) + i32::from(date.day().min(first.days_in_month())) - 1
}

/// A calendar period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Calendar {
    /// A local date.
    Day,
    /// Seven days from the programme's first day of a week.
    Week,
    /// A calendar month.
    Month,
    /// From January, April, July, October.
    Quarter,
    /// A calendar year.
    Year,
}

impl Calendar {
    /// First day of the period that `day` is in. `week` is the first day of a week (0 Monday).
    pub fn start(self, day: Day, week: i64) -> Day {
        let (date, first) = match self {
            Calendar::Day => return day,
            Calendar::Week => return day - (weekday(day) - week).rem_euclid(7) as Day,
            Calendar::Month | Calendar::Quarter | Calendar::Year => {
                let date = date_of(day);
                (date, move |month: i8| {
                    Date::new(date.year(), month, 1).map_or(day, day_of)
                })
            }
        };
        match self {
            Calendar::Quarter => first((date.month() - 1) / 3 * 3 + 1),
            Calendar::Year => first(1),
            _ => day - i32::from(date.day()) + 1,
        }
    }

    /// First day of the period after the one that begins on `start`.
    pub fn next(self, start: Day) -> Day {
        match self {
            Calendar::Day => start + 1,
            Calendar::Week => start + 7,
            Calendar::Month => add_months(start, 1),
            Calendar::Quarter => add_months(start, 3),
            Calendar::Year => add_months(start, 12),
        }
    }

    /// As it is written in a programme.
    pub fn text(self) -> &'static str {
        match self {
            Calendar::Day => "day",
            Calendar::Week => "week",
            Calendar::Month => "month",
            Calendar::Quarter => "quarter",
            Calendar::Year => "year",
        }
    }
}

/// Over what something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Per {
    /// One event.
    Event,
    /// One line of an order.
    Line,
    /// A calendar period in the programme's zone.
    Calendar(Calendar),
    /// The time up to the event: n days are its day and the n − 1 before it; hours and minutes are
    /// instants, [t − length, t).
    Rolling(Length),
    /// Always.
    Lifetime,
    /// The period of `[tiers]`.
    Period,
}

impl Per {
    /// As it is written in a programme.
    pub fn text(self) -> String {
        match self {
            Per::Event => "event".into(),
            Per::Line => "line".into(),
            Per::Calendar(calendar) => calendar.text().into(),
            Per::Rolling(length) => length.to_string(),
            Per::Lifetime => "lifetime".into(),
            Per::Period => "period".into(),
        }
    }
}

/// A day of the year that comes every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MonthDay {
    /// 1 to 12.
    pub month: i8,
    /// 1 to 31.
    pub day: i8,
}

/// What 29 February means in a common year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeapDay {
    /// 28 February.
    February28,
    /// 1 March.
    March1,
}

impl MonthDay {
    /// From `05-20`.
    pub fn parse(text: &str) -> Option<MonthDay> {
        let (month, day) = text.split_once('-')?;
        let (month, day) = (month.parse::<i8>().ok()?, day.parse::<i8>().ok()?);
        (text.len() == 5 && Date::new(2024, month, day).is_ok()).then_some(MonthDay { month, day })
    }

    /// As one number: month × 100 + day.
    pub fn packed(self) -> i64 {
        i64::from(self.month) * 100 + i64::from(self.day)
    }

    /// Back from [`MonthDay::packed`].
    pub fn unpacked(packed: i64) -> MonthDay {
        MonthDay {
            month: (packed / 100) as i8,
            day: (packed % 100) as i8,
        }
    }

    /// Its day in a year, with the declared meaning of 29 February.
    pub fn in_year(self, year: i16, leap_day: LeapDay) -> Day {
        match (Date::new(year, self.month, self.day), leap_day) {
            (Ok(date), _) => day_of(date),
            (Err(_), LeapDay::February28) => Date::new(year, 2, 28).map_or(0, day_of),
            (Err(_), LeapDay::March1) => Date::new(year, 3, 1).map_or(0, day_of),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Among them zones that left a day out (Apia, Kwajalein), change by half an hour (Lord Howe) or two (Troll), at
    /// midnight (Sao Paulo, Havana, Beirut, Asuncion), around Ramadan (Casablanca, Cairo, Gaza), or never (UTC).
    #[test]
    fn midnights_are_those_of_the_zone() {
        for name in TimeZoneDatabase::bundled().available() {
            let zone = Zone::named(name.as_str()).unwrap();
            for day in TABLE {
                let asked = midnight(&zone.zone, day);
                assert_eq!(zone.midnight(day), asked, "{name}: {}", day_text(day));
            }
        }
    }
}

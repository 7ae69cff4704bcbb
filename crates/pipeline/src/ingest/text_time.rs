//! Times and dates from text: ISO 8601 and RFC 3339 with an offset, or local to the dataset's zone.

use rungs_engine::calendar::{Day, Instant, MonthDay, Zone, date_of};

/// Microseconds of a day without a change of offset.
const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;
/// 0001-01-01 to 9999-12-31: days that can be written.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// A point of time.
    Instant(Instant),
    /// A day and microseconds on a wall clock.
    Local(Day, i64),
}

/// Reads a time: `2026-03-10T09:30:00.5+01:00`, with `Z`, `UTC`, `+01`, `+0100`, without an offset (local),
/// with a space instead of `T`, without seconds, without time of day (00:00), or `20260310`. Digits
/// below a microsecond are cut off. A leap second `:60` is the second before it.
pub(super) fn stamp(text: &str) -> Option<Stamp> {
    let bytes = text.trim_ascii().as_bytes();
    let (day, rest) = leading_date(bytes)?;
    let [b'T' | b't' | b' ', clock @ ..] = rest else {
        return rest.is_empty().then_some(Stamp::Local(day, 0));
    };
    let (micros, rest) = time_of_day(clock)?;
    match offset(rest)? {
        None => Some(Stamp::Local(day, micros)),
        Some(seconds) => Some(Stamp::Instant(
            i64::from(day) * DAY + micros - seconds * SECOND,
        )),
    }
}

/// A date: `2026-03-10` or `20260310`.
pub(super) fn date(text: &str) -> Option<Day> {
    let (day, rest) = leading_date(text.trim_ascii().as_bytes())?;
    rest.is_empty().then_some(day)
}

/// A day of the year: `03-10`, `--03-10`, or that of a date.
pub(super) fn month_day(text: &str) -> Option<MonthDay> {
    let text = text.trim_ascii();
    MonthDay::parse(text.strip_prefix("--").unwrap_or(text))
        .or_else(|| date(text).map(month_day_of))
}

/// The day of the year of a date.
pub(super) fn month_day_of(day: Day) -> MonthDay {
    let date = date_of(day);
    MonthDay {
        month: date.month(),
        day: date.day(),
    }
}

/// The instant of a local time: in a gap the time after it, in a fold the first.
pub(super) fn local(zone: &Zone, day: Day, micros: i64) -> Option<Instant> {
    let midnight = zone.midnight(day);
    // A day of 24 hours has no change of offset in it.
    if zone.midnight(day + 1) - midnight == DAY {
        return Some(midnight + micros);
    }
    let (seconds, part) = (micros / SECOND, micros % SECOND);
    zone.instant(date_of(day).at(
        (seconds / 3_600) as i8,
        (seconds / 60 % 60) as i8,
        (seconds % 60) as i8,
        (part * 1_000) as i32,
    ))
}

/// The instant of a local time that is counted in microseconds from 1970-01-01 00:00 on the wall clock.
pub(super) fn local_micros(zone: &Zone, micros: i64) -> Option<Instant> {
    let day = micros.div_euclid(DAY);
    DAYS.contains(&day)
        .then(|| local(zone, day as Day, micros.rem_euclid(DAY)))
        .flatten()
}

/// Whether an instant can be written as a date.
pub(super) fn writable(at: Instant) -> bool {
    DAYS.contains(&at.div_euclid(DAY))
}

/// Whether a day can be written as a date.
pub(super) fn writable_day(day: i64) -> bool {
    DAYS.contains(&day)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + i64::from(byte - b'0'))
    })
}

fn leading_date(bytes: &[u8]) -> Option<(Day, &[u8])> {
    let (year, month, day, rest) = match bytes {
        [_, _, _, _, b'-', _, _, b'-', _, _, rest @ ..] => {
            (&bytes[..4], &bytes[5..7], &bytes[8..10], rest)
        }
        [_, _, _, _, _, _, _, _, rest @ ..] => (&bytes[..4], &bytes[4..6], &bytes[6..8], rest),
        _ => return None,
    };
    Some((civil(digits(year)?, digits(month)?, digits(day)?)?, rest))
}

/// The day of a date of the Gregorian calendar, by counting from 1 March of the year 0 in eras of 400 years.
fn civil(year: i64, month: i64, day: i64) -> Option<Day> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1 || day < 1 || day > length {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, in_era) = (year / 400, year % 400);
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719_468;
    Day::try_from(days).ok()
}

/// `HH:MM[:SS[.fraction]]` and what follows.
fn time_of_day(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let [_, _, b':', _, _, rest @ ..] = bytes else {
        return None;
    };
    let (hour, minute) = (digits(&bytes[..2])?, digits(&bytes[3..5])?);
    let (second, rest) = match rest {
        [b':', a, b, rest @ ..] => (digits(&[*a, *b])?, rest),
        rest => (0, rest),
    };
    let with_seconds = bytes.get(5) == Some(&b':');
    let (part, rest) = match rest {
        [b'.', rest @ ..] if with_seconds => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length == 0 {
                return None;
            }
            let kept = &rest[..length.min(6)];
            (
                digits(kept)? * 10i64.pow(6 - kept.len() as u32),
                &rest[length..],
            )
        }
        rest => (0, rest),
    };
    (hour <= 23 && minute <= 59 && second <= 60).then_some((
        ((hour * 60 + minute) * 60 + second.min(59)) * SECOND + part,
        rest,
    ))
}

/// Seconds east of UTC; none inside if there is no offset.
fn offset(bytes: &[u8]) -> Option<Option<i64>> {
    let bytes = match bytes {
        [] => return Some(None),
        [b' ', rest @ ..] => rest,
        rest => rest,
    };
    let (sign, bytes) = match bytes {
        b"Z" | b"z" | b"UTC" => return Some(Some(0)),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match bytes {
        [_, _] => (bytes, &b"00"[..]),
        [_, _, b':', _, _] => (&bytes[..2], &bytes[3..]),
        [_, _, _, _] => bytes.split_at(2),
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours <= 18 && minutes <= 59).then_some(Some(sign * (hours * 3_600 + minutes * 60)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rungs_engine::calendar::day_of;
    use std::sync::LazyLock;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    fn read(text: &str, zone: &Zone) -> Option<i64> {
        match stamp(text)? {
            Stamp::Instant(at) => Some(at),
            Stamp::Local(day, micros) => local(zone, day, micros),
        }
    }

    #[test]
    fn times_with_an_offset_are_instants() {
        let zone = Zone::named("Europe/Dublin").unwrap();
        let expected = Some(at("2026-03-10T08:30:00Z"));
        for text in [
            "2026-03-10T09:30:00+01:00",
            "2026-03-10 09:30:00+0100",
            "2026-03-10T09:30+01",
            "2026-03-10t08:30:00z",
            "2026-03-10T08:30:00.000Z",
            "2026-03-10 08:30:00 UTC",
            "2026-03-10 08:30:00 +0000",
            "2026-03-10T08:30:00-00:00",
            " 2026-03-10T03:30:00-05:00 ",
        ] {
            assert_eq!(read(text, &zone), expected, "{text}");
        }
    }

    #[test]
    fn below_a_microsecond_digits_are_cut_off() {
        let zone = Zone::named("UTC").unwrap();
        assert_eq!(
            read("2026-03-10T00:00:00.123456999Z", &zone),
            Some(at("2026-03-10T00:00:00.123456Z"))
        );
        assert_eq!(
            read("2026-03-10T00:00:00.5", &zone),
            Some(at("2026-03-10T00:00:00.5Z"))
        );
        assert_eq!(
            read("2016-12-31T23:59:60Z", &zone),
            Some(at("2016-12-31T23:59:59Z"))
        );
    }

    #[test]
    fn local_times_follow_the_zone_through_gap_and_fold() {
        // Dublin: forward at 01:00 on 29 March 2026, back at 02:00 (summer time) on 25 October.
        let zone = Zone::named("Europe/Dublin").unwrap();
        let cases = [
            ("2026-01-10", "2026-01-10T00:00:00Z"),
            ("20260710", "2026-07-09T23:00:00Z"),
            ("2026-07-10 09:30", "2026-07-10T08:30:00Z"),
            ("2026-03-29T00:59:59", "2026-03-29T00:59:59Z"),
            ("2026-03-29T01:30:00", "2026-03-29T01:30:00Z"), // in the gap: 02:30 summer time
            ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
            ("2026-10-25T01:30:00", "2026-10-25T00:30:00Z"), // twice: the first
            ("2026-10-25T02:00:00", "2026-10-25T02:00:00Z"),
            ("2024-02-29T12:00:00", "2024-02-29T12:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, &zone), Some(at(expected)), "{text}");
        }
        // Where midnight itself is skipped, the day begins after the gap.
        let beirut = Zone::named("Asia/Beirut").unwrap();
        assert_eq!(
            read("2024-03-31", &beirut),
            Some(at("2024-03-30T22:00:00Z"))
        );
    }

    #[test]
    fn what_is_not_clearly_a_time_is_refused() {
        let zone = Zone::named("UTC").unwrap();
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "0000-01-01",
            "10.03.2026",
            "03/10/2026",
            "1767225600",
            "1767225600000",
            "2026-03-10T24:00:00",
            "2026-03-10T09:60",
            "2026-03-10T9:30",
            "2026-03-10T09",
            "2026-03-10T09:30:00.",
            "2026-03-10T09:30.5",
            "2026-03-10T09:30:00+1",
            "2026-03-10T09:30:00+99:00",
            "2026-03-10T09:30:00 CET",
            "2026-3-10",
            "+026-03-10",
        ] {
            assert_eq!(read(text, &zone), None, "{text}");
        }
    }

    #[test]
    fn days_of_the_year_come_alone_or_from_a_date() {
        let leap = Some(MonthDay { month: 2, day: 29 });
        for text in ["02-29", "--02-29", "2024-02-29", "20240229"] {
            assert_eq!(month_day(text), leap, "{text}");
        }
        for text in ["2-29", "02-30", "2023-02-29", "0229"] {
            assert_eq!(month_day(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn dates_count_as_jiff_counts_them(year in 1i16..=9999, month in 0i8..14, day in 0i8..33) {
            let expected = jiff::civil::Date::new(year, month, day).ok().map(day_of);
            prop_assert_eq!(civil(year.into(), month.into(), day.into()), expected);
        }

        #[test]
        fn local_times_are_those_that_jiff_finds(seconds in 315_532_800i64..2_840_140_800, at in 0..ZONES.len()) {
            let zone = &ZONES[at];
            let civil = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(seconds).unwrap());
            prop_assert_eq!(local_micros(zone, seconds * SECOND), zone.instant(civil));
        }
    }

    static ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
        let names = [
            "Europe/Dublin",
            "America/Sao_Paulo",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
            "Pacific/Apia",
            "Africa/Casablanca",
        ];
        names.map(|name| Zone::named(name).unwrap()).into()
    });
}

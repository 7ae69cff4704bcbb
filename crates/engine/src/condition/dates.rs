//! Dates as days since 1970-01-01: parts, moving, whole units between two. Values come from columns, so
//! any `i64` may stand here; what lies outside of the years 53 to 9909 is held at their ends.

use super::expression::{Between, DatePart};
use crate::calendar::{Day, HOUR, Instant, Length, Unit, Zone, weekday};

/// The days for which the calendar is asked.
const KNOWN: std::ops::RangeInclusive<i64> = -700_000..=2_900_000;

/// A column's value as a day.
pub(super) fn day(value: i64) -> Day {
    value.clamp(*KNOWN.start(), *KNOWN.end()) as Day
}

/// Year, month and day of the proleptic Gregorian calendar, by whole 400-year eras counted from
/// 1 March: a few integer operations, for the hot path.
pub(super) fn civil(day: Day) -> (i64, i64, i64) {
    let since = i64::from(day) + 719_468; // days since 0000-03-01
    let era = since.div_euclid(146_097);
    let of_era = since.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
    (
        era * 400 + year_of_era + i64::from(month <= 2),
        month,
        day_of_month,
    )
}

/// A part of a date.
pub(super) fn of(part: DatePart, value: i64) -> i64 {
    let day = day(value);
    match part {
        DatePart::Year => civil(day).0,
        DatePart::Month => civil(day).1,
        DatePart::Day => civil(day).2,
        DatePart::Weekday => weekday(day),
    }
}

/// The date moved by a length of days, weeks, months, quarters or years, clamped to the end of the
/// month; nothing where that leaves the calendar.
pub(super) fn shift(value: i64, length: Length, earlier: bool) -> Option<i64> {
    let from = day(value);
    // Of a length that would leave the calendar's years, days would wrap.
    let days = match length.unit {
        Unit::Minute | Unit::Hour => 0,
        Unit::Day => 1,
        Unit::Week => 7,
        Unit::Month => 31,
        Unit::Quarter => 92,
        Unit::Year => 366,
    };
    let far = length.count.checked_mul(days)?;
    let reached = if earlier {
        i64::from(from).checked_sub(far)?
    } else {
        i64::from(from).checked_add(far)?
    };
    if !KNOWN.contains(&reached) {
        return None;
    }
    Some(i64::from(if earlier {
        length.before(from)
    } else {
        length.after(from)
    }))
}

/// Whole days, months or years from `a` to `b`: the most that, added to the earlier date and clamped to
/// the end of its month, does not pass the later one. Negative if `b` is the earlier.
pub(super) fn between(unit: Between, a: i64, b: i64) -> i64 {
    let (a, b) = (day(a), day(b));
    if unit == Between::Days {
        return i64::from(b) - i64::from(a);
    }
    let (from, to, sign) = if a <= b { (a, b, 1) } else { (b, a, -1) };
    let ((year, month, first), (last_year, last_month, last)) = (civil(from), civil(to));
    let mut months = (last_year - year) * 12 + last_month - month;
    // The anchor's day, or the end of the last month if that is shorter.
    let ends = civil(to + 1).2 == 1;
    if last < first && !ends {
        months -= 1;
    }
    sign * match unit {
        Between::Years => months / 12,
        _ => months,
    }
}

/// The local hour of an instant on its local day. Only on a day that is not 24 hours long is the zone
/// asked.
pub(super) fn hour(zone: &Zone, at: Instant, day: Day) -> i64 {
    let (start, end) = (zone.midnight(day), zone.midnight(day + 1));
    if end - start == 24 * HOUR && (start..end).contains(&at) {
        (at - start) / HOUR
    } else {
        zone.hour(at)
    }
}

//! Days of the report: texts like `2026-11-15`, counted without a clock or a time zone.

use crate::error::PageError;

/// A day of the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    /// Year.
    pub(crate) year: i64,
    /// Month, from 1.
    pub(crate) month: i64,
    /// Day of the month, from 1.
    pub(crate) day: i64,
}

impl Day {
    /// Of its text, `YYYY-MM-DD`.
    pub(crate) fn of(text: &str) -> Result<Day, PageError> {
        let parts: Vec<&str> = text.split('-').collect();
        let number = |text: &str, length| {
            (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| text.parse().ok())
                .flatten()
        };
        let day = match parts.as_slice() {
            [year, month, day] => number(year, 4).zip(number(month, 2)).zip(number(day, 2)),
            _ => None,
        };
        day.and_then(|((year, month), day)| Day::known(year, month, day))
            .ok_or_else(|| PageError::date(text))
    }

    /// The first of a month, which may be given beyond the year's twelve.
    pub(crate) fn first_of(year: i64, month: i64) -> Result<Day, PageError> {
        let months = year * 12 + month - 1;
        Day::known(months.div_euclid(12), months.rem_euclid(12) + 1, 1)
            .ok_or_else(|| PageError::date(&format!("{year}-{month}")))
    }

    fn known(year: i64, month: i64, day: i64) -> Option<Day> {
        let there = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=month_length(year, month)).contains(&day);
        there.then_some(Day { year, month, day })
    }

    /// Days since the first of March of the year 0, which keeps the leap day at the end of a year.
    pub(crate) fn number(self) -> i64 {
        let months = self.year * 12 + self.month - 3;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        year * 365 + year.div_euclid(4) - year.div_euclid(100)
            + year.div_euclid(400)
            + (month * 153 + 2) / 5
            + self.day
            - 1
    }

    /// The day so many days later, or earlier if it is negative.
    pub(crate) fn plus(self, days: i64) -> Result<Day, PageError> {
        let refused = || PageError::date(&format!("{self} and {days} days"));
        let number = self.number() + days;
        // 400 years have always the same length; within them years are found by trying the likely one and the next.
        let (era, rest) = (number.div_euclid(146_097), number.rem_euclid(146_097));
        let year = (rest - rest / 1_460 + rest / 36_524 - rest / 146_096) / 365;
        let of_year = rest - (year * 365 + year / 4 - year / 100);
        let month = (of_year * 5 + 2) / 153;
        let day = of_year - (month * 153 + 2) / 5 + 1;
        let months = (era * 400 + year) * 12 + month + 2;
        Day::known(months.div_euclid(12), months.rem_euclid(12) + 1, day).ok_or_else(refused)
    }

    /// Months of the years before and of this year until the end of this day's month.
    pub(crate) fn months(self) -> i64 {
        self.year * 12 + self.month
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn month_length(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_follows_the_one_before_over_all_the_years() {
        let mut day = Day::of("0001-01-01").unwrap();
        let first = day.number();
        for count in 0..3_652_058 {
            assert_eq!(day.number() - first, count);
            let next = if day.day < month_length(day.year, day.month) {
                Day {
                    day: day.day + 1,
                    ..day
                }
            } else {
                Day::first_of(day.year, day.month + 1).unwrap()
            };
            assert_eq!(day.plus(1).unwrap(), next);
            day = next;
        }
        assert_eq!(day.to_string(), "9999-12-31");
        assert!(day.plus(1).is_err());
        assert!(Day::of("0001-01-01").unwrap().plus(-1).is_err());
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "20260101",
            "2026-01-00",
            "x",
            "0000-01-01",
        ] {
            assert!(Day::of(text).is_err(), "{text}");
        }
    }
}

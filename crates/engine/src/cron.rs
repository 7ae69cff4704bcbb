//! Schedules in cron, with the meaning that EventBridge gives them: six fields, exactly one of the two
//! days `?`, weekdays from 1 (Sunday), times in the programme's zone; a local time that spring skips is
//! skipped, one that autumn repeats happens once, the first time.

use crate::calendar::{Day, Instant, Zone, date_of};
use crate::program::Schedule;
use croner::Cron;
use croner::parser::{CronParser, Seconds};
use jiff::civil::DateTime;

/// What is wrong with a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which of the six fields, from 0; none: all of them.
    pub field: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// The cause.
    pub label: String,
    /// The next step.
    pub help: String,
}

/// The fields, with what they can hold.
const FIELDS: [(&str, &str); 6] = [
    ("minutes", "0 to 59"),
    ("hours", "0 to 23"),
    ("day of the month", "1 to 31, `L`, `15W`, or `?`"),
    ("month", "1 to 12 or JAN to DEC"),
    (
        "day of the week",
        "1 (Sunday) to 7 or SUN to SAT, `MON#1`, `FRIL`, or `?`",
    ),
    ("year", "a year from 1970 on, or `*`"),
];

/// Whether a schedule can be followed.
pub fn check(text: &str) -> Result<(), Problem> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != 6 {
        let one = if fields.len() == 1 { "" } else { "s" };
        return Err(Problem {
            field: None,
            message: format!("a schedule has six fields, not {}", fields.len()),
            label: format!("{} field{one}", fields.len()),
            help: "write minutes, hours, day of month, month, day of week, year: `0 10 ? * TUE *` is every Tuesday at 10:00".to_owned(),
        });
    }
    let (by_date, by_weekday) = (fields[2] == "?", fields[4] == "?");
    if by_date == by_weekday {
        let help = "put `?` into the one of them that is not looked at: `0 10 ? * TUE *` or `0 10 1 * ? *`";
        return Err(if by_date {
            Problem {
                field: Some(4),
                message: "exactly one of day of month and day of week is `?`".to_owned(),
                label: "both are".to_owned(),
                help: help.to_owned(),
            }
        } else {
            Problem {
                field: Some(4),
                message: "exactly one of day of month and day of week is `?`".to_owned(),
                label: "neither is".to_owned(),
                help: help.to_owned(),
            }
        });
    }
    for (at, field) in fields.iter().enumerate() {
        // One field at a time, with the others open, so that the one at fault is known.
        let mut open = ["*", "*", "*", "*", "*", "*"];
        open[at] = if *field == "?" { "*" } else { field };
        let wrong = (*field == "?" && at != 2 && at != 4) || parse(&open.join(" ")).is_none();
        if wrong {
            let (name, holds) = FIELDS[at];
            return Err(Problem {
                field: Some(at),
                message: format!("`{field}` does not fit the field for the {name}"),
                label: format!("the {name}"),
                help: format!("it takes {holds}; also lists `1,15`, ranges `1-5`, steps `*/2`"),
            });
        }
    }
    let never = Problem {
        field: None,
        message: "this schedule never occurs".to_owned(),
        label: "no such date".to_owned(),
        help: "check day, month and year: a day that its month does not have never comes"
            .to_owned(),
    };
    let cron = parse(text).ok_or_else(|| never.clone())?;
    let start = date_of(0).at(0, 0, 0, 0);
    match cron.find_next_occurrence(&start, true) {
        Ok(_) => Ok(()),
        Err(_) => Err(never),
    }
}

/// EventBridge's six fields as croner reads them: seconds in front, `?` as open.
fn parse(text: &str) -> Option<Cron> {
    if text.contains(['@', '+']) {
        return None;
    }
    CronParser::builder()
        .seconds(Seconds::Required)
        .alternative_weekdays(true)
        .sloppy_ranges(true)
        .build()
        .parse(&format!("0 {text}"))
        .ok()
}

/// The occurrences of a schedule on the local days from `from` on and before `before`, and within its own
/// range: the local date-time and the instant.
pub fn occurrences(
    schedule: &Schedule,
    zone: &Zone,
    from: Day,
    before: Day,
) -> Vec<(DateTime, Instant)> {
    let from = schedule.from.map_or(from, |own| own.max(from));
    let before = schedule.before.map_or(before, |own| own.min(before));
    let Some(cron) = parse(&schedule.cron) else {
        return Vec::new();
    };
    let end = date_of(before).at(0, 0, 0, 0);
    let mut at = date_of(from).at(0, 0, 0, 0);
    let mut inclusive = true;
    let mut out = Vec::new();
    // The search runs over wall-clock times, which have neither gaps nor folds; the zone says then which
    // of them exist.
    while at < end {
        let Ok(local) = cron.find_next_occurrence(&at, inclusive) else {
            break;
        };
        if local >= end {
            break;
        }
        if !zone.skipped(local)
            && let Some(instant) = zone.instant(local)
        {
            out.push((local, instant));
        }
        (at, inclusive) = (local, false);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::calendar::day_from;
    use crate::finding::Place;

    fn dates(cron: &str, zone: &str, from: &str, before: &str) -> Vec<String> {
        let schedule = Schedule {
            place: Place::default(),
            cron: cron.to_owned(),
            from: None,
            before: None,
        };
        let zone = Zone::named(zone).unwrap();
        let (from, before) = (day_from(from).unwrap(), day_from(before).unwrap());
        occurrences(&schedule, &zone, from, before)
            .into_iter()
            .map(|(local, _)| local.to_string())
            .collect()
    }

    #[test]
    fn numbered_weekdays_begin_with_sunday() {
        // 4 January 2026 is a Sunday.
        assert_eq!(
            dates("0 10 ? * 1 *", "UTC", "2026-01-01", "2026-01-13"),
            ["2026-01-04T10:00:00", "2026-01-11T10:00:00"]
        );
        assert_eq!(
            dates("0 10 ? * 2-3 *", "UTC", "2026-01-01", "2026-01-08"),
            ["2026-01-05T10:00:00", "2026-01-06T10:00:00"]
        );
    }

    #[test]
    fn nth_and_last_weekdays_and_last_days_are_followed() {
        assert_eq!(
            dates("0 9 ? * MON#1 *", "UTC", "2026-01-01", "2026-03-01"),
            ["2026-01-05T09:00:00", "2026-02-02T09:00:00"]
        );
        assert_eq!(
            dates("0 9 ? * FRIL *", "UTC", "2026-01-01", "2026-03-01"),
            ["2026-01-30T09:00:00", "2026-02-27T09:00:00"]
        );
        assert_eq!(
            dates("0 9 L * ? *", "UTC", "2026-01-01", "2026-03-01"),
            ["2026-01-31T09:00:00", "2026-02-28T09:00:00"]
        );
        // 15 February 2026 is a Sunday; the nearest working day is Monday the 16th.
        assert_eq!(
            dates("0 9 15W 2 ? *", "UTC", "2026-01-01", "2027-01-01"),
            ["2026-02-16T09:00:00"]
        );
    }

    #[test]
    fn a_time_that_spring_skips_is_skipped_and_one_that_autumn_repeats_comes_once() {
        // Dublin: 01:00 to 02:00 is skipped on 29 March 2026 and comes twice on 25 October.
        assert_eq!(
            dates(
                "30 1 ? * SUN *",
                "Europe/Dublin",
                "2026-03-22",
                "2026-04-06"
            ),
            ["2026-03-22T01:30:00", "2026-04-05T01:30:00"]
        );
        assert_eq!(
            dates(
                "30 1 25 10 ? *",
                "Europe/Dublin",
                "2026-10-01",
                "2026-11-01"
            ),
            ["2026-10-25T01:30:00"]
        );
    }

    #[test]
    fn the_own_range_of_a_schedule_holds_its_first_day_and_not_its_last() {
        let schedule = Schedule {
            place: Place::default(),
            cron: "0 0 * * ? *".to_owned(),
            from: day_from("2026-01-03"),
            before: day_from("2026-01-05"),
        };
        let zone = Zone::named("UTC").unwrap();
        let (from, before) = (
            day_from("2026-01-01").unwrap(),
            day_from("2026-02-01").unwrap(),
        );
        assert_eq!(occurrences(&schedule, &zone, from, before).len(), 2);
    }

    #[test]
    fn what_cannot_be_followed_is_refused_with_the_field_at_fault() {
        assert_eq!(check("0 10 ? * TUE *"), Ok(()));
        assert_eq!(check("0 10 ? * TUE").unwrap_err().field, None);
        assert_eq!(check("0 10 * * TUE *").unwrap_err().label, "neither is");
        assert_eq!(check("0 10 ? * ? *").unwrap_err().label, "both are");
        assert_eq!(check("61 10 ? * TUE *").unwrap_err().field, Some(0));
        assert_eq!(check("0 25 ? * TUE *").unwrap_err().field, Some(1));
        assert_eq!(check("0 10 ? 13 TUE *").unwrap_err().field, Some(3));
        assert_eq!(check("0 10 ? * XYZ *").unwrap_err().field, Some(4));
        assert_eq!(
            check("0 10 30 2 ? *").unwrap_err().message,
            "this schedule never occurs"
        );
    }
}

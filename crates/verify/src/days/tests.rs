//! Days, periods and stretches against dates worked by hand.
#![allow(clippy::unwrap_used)]

use super::*;
use jiff::tz::TimeZoneDatabase;

fn day(text: &str) -> Day {
    let parts: Vec<i64> = text.split('-').map(|part| part.parse().unwrap()).collect();
    day_number(parts[0], parts[1], parts[2])
}

fn dublin() -> TimeZone {
    TimeZoneDatabase::bundled().get("Europe/Dublin").unwrap()
}

fn days(zone: &TimeZone) -> Days<'_> {
    Days::new(zone, LeapDay::February28, 0, None)
}

#[test]
fn every_day_of_eight_centuries_comes_back_from_its_civil_date() {
    assert_eq!(day("1970-01-01"), 0);
    assert_eq!(day("2026-01-01"), 20_454);
    for number in -150_000..150_000 {
        let (year, month, of_month) = civil(number);
        assert_eq!(day_number(year, month, of_month), number);
    }
    assert_eq!(civil(-1), (1969, 12, 31));
    assert_eq!(civil(day("2024-02-29")), (2024, 2, 29));
}

#[test]
fn months_are_held_at_the_end_of_a_shorter_month() {
    assert_eq!(plus_months(day("2026-01-31"), 1), day("2026-02-28"));
    assert_eq!(plus_months(day("2023-12-31"), 2), day("2024-02-29"));
    assert_eq!(plus_months(day("2026-03-31"), -1), day("2026-02-28"));
    assert_eq!(months_between(day("2026-01-31"), day("2026-02-28")), 1);
    assert_eq!(months_between(day("2026-01-31"), day("2026-02-27")), 0);
    assert_eq!(months_between(day("2026-02-28"), day("2026-01-31")), -1);
    assert_eq!(years_between(day("2024-02-29"), day("2025-02-28")), 1);
    assert_eq!(years_between(day("2024-03-01"), day("2025-02-28")), 0);
}

#[test]
fn midnight_that_is_skipped_begins_after_the_gap() {
    // In Beirut the clock went from 00:00 to 01:00 on 2022-03-27; the offset before was +2.
    let beirut = TimeZoneDatabase::bundled().get("Asia/Beirut").unwrap();
    let calendar = days(&beirut);
    let start = calendar.midnight(day("2022-03-27"));
    assert_eq!(start, 1_648_332_000_000_000); // 2022-03-26T22:00Z
    assert_eq!(calendar.hour(start), 1);
    assert_eq!(calendar.day(start), day("2022-03-27"));
    assert_eq!(calendar.day(start - 1), day("2022-03-26"));
}

#[test]
fn a_life_of_days_is_not_so_many_times_24_hours() {
    let zone = dublin();
    let calendar = days(&zone);
    // 2026-03-28 10:00 in Dublin; the clocks go forward on the 29th.
    let at = calendar.midnight(day("2026-03-28")) + 10 * 3_600 * SECOND;
    let two = Length {
        count: 2,
        unit: Unit::Day,
    };
    assert_eq!(calendar.life(at, two), calendar.midnight(day("2026-03-30")));
    assert_eq!(
        calendar.life(at, two) - calendar.midnight(day("2026-03-28")),
        47 * 3_600 * SECOND
    );
    let hours = Length {
        count: 48,
        unit: Unit::Hour,
    };
    assert_eq!(calendar.life(at, hours), at + 48 * 3_600 * SECOND);
}

#[test]
fn the_end_of_a_month_stays_where_it_is_already() {
    let zone = dublin();
    let calendar = days(&zone);
    let half_year = Length {
        count: 6,
        unit: Unit::Month,
    };
    // 15 December + 6 months is 15 June, then up to 1 July.
    let granted = calendar.midnight(day("2025-12-15")) + 9 * 3_600 * SECOND;
    assert_eq!(
        calendar.up_to(Calendar::Month, calendar.life(granted, half_year)),
        calendar.midnight(day("2026-07-01"))
    );
    let first = calendar.midnight(day("2026-07-01"));
    assert_eq!(calendar.up_to(Calendar::Month, first), first);
    assert_eq!(
        calendar.up_to(Calendar::Month, first + 1),
        calendar.midnight(day("2026-08-01"))
    );
}

#[test]
fn ninety_days_are_the_day_itself_and_the_89_before_it() {
    let zone = dublin();
    let calendar = days(&zone);
    let ninety = Per::Rolling(Length {
        count: 90,
        unit: Unit::Day,
    });
    let today = day("2026-05-20");
    let window = calendar.window(ninety, calendar.midnight(today), today);
    assert_eq!(window, Window::Days(today - 89, today + 1));
    let at = calendar.midnight(today - 89);
    assert_eq!(
        calendar.leaves(ninety, at, today - 89),
        Some(calendar.midnight(today + 1))
    );
}

#[test]
fn what_leaves_a_window_of_months_leaves_on_the_first_day_that_no_longer_holds_it() {
    let zone = dublin();
    let calendar = days(&zone);
    for length in [(1, Unit::Month), (3, Unit::Month), (1, Unit::Year)] {
        let length = Length {
            count: length.0,
            unit: length.1,
        };
        let per = Per::Rolling(length);
        for at_day in day("2023-12-25")..day("2024-04-05") {
            let leaves = calendar
                .leaves(per, calendar.midnight(at_day), at_day)
                .map(|at| calendar.day(at))
                .unwrap();
            let holds = |today: Day| {
                calendar
                    .window(per, calendar.midnight(today), today)
                    .holds(calendar.midnight(at_day), at_day)
            };
            assert!(holds(leaves - 1) && !holds(leaves), "{}", day_text(at_day));
        }
    }
}

#[test]
fn hours_run_over_instants() {
    let zone = dublin();
    let calendar = days(&zone);
    let hour = Per::Rolling(Length {
        count: 1,
        unit: Unit::Hour,
    });
    let at = calendar.midnight(day("2026-05-20"));
    let window = calendar.window(hour, at, calendar.day(at));
    assert!(window.holds(at - 3_600 * SECOND, 0));
    assert!(!window.holds(at - 3_600 * SECOND - 1, 0));
    // What came earlier in the order of events at this very instant is in it.
    assert!(window.holds(at, 0));
    assert!(!window.holds(at + 1, 0));
    assert_eq!(
        calendar.leaves(hour, at, calendar.day(at)),
        Some(at + 3_600 * SECOND + 1)
    );
}

#[test]
fn periods_of_the_ladder_begin_on_their_day_of_the_year() {
    let start = |text: &str| MonthDay::parse(text).unwrap();
    let february = LeapDay::February28;
    assert_eq!(
        ladder_period(day("2026-02-03"), 12, start("01-01"), february),
        (day("2026-01-01"), day("2027-01-01"))
    );
    assert_eq!(
        ladder_period(day("2026-03-30"), 12, start("03-31"), february),
        (day("2025-03-31"), day("2026-03-31"))
    );
    assert_eq!(
        ladder_period(day("2026-01-15"), 3, start("02-01"), february),
        (day("2025-11-01"), day("2026-02-01"))
    );
    assert_eq!(
        ladder_period(day("2025-02-28"), 12, start("02-29"), LeapDay::March1),
        (day("2024-02-29"), day("2025-03-01"))
    );
}

#[test]
fn a_quarter_and_a_week_begin_where_they_should() {
    assert_eq!(
        calendar_start(Calendar::Quarter, day("2026-06-30"), 0),
        day("2026-04-01")
    );
    // 2026-10-06 is a Tuesday.
    assert_eq!(weekday(day("2026-10-06")), 1);
    assert_eq!(
        calendar_start(Calendar::Week, day("2026-10-06"), 6),
        day("2026-10-04")
    );
    assert_eq!(
        calendar_end(Calendar::Week, day("2026-10-06"), 0),
        day("2026-10-12")
    );
}

#[test]
fn remembered_offsets_agree_with_the_zone_on_every_day_of_the_century() {
    for name in [
        "Europe/Dublin",
        "Asia/Beirut",
        "America/Havana",
        "Australia/Lord_Howe",
        "Pacific/Apia",
    ] {
        let zone = TimeZoneDatabase::bundled().get(name).unwrap();
        let calendar = days(&zone);
        for number in day("1999-12-25")..day("2041-01-10") {
            let (year, month, of_month) = civil(number);
            let local =
                DateTime::new(year as i16, month as i8, of_month as i8, 0, 0, 0, 0).unwrap();
            let stamp = zone.to_ambiguous_timestamp(local).compatible().unwrap();
            let start = calendar.midnight(number);
            assert_eq!(start, stamp.as_microsecond(), "{name} {}", day_text(number));
            let noon = start + 43_200 * SECOND;
            assert_eq!(calendar.wall(noon), noon / SECOND + calendar.asked(noon));
        }
    }
}

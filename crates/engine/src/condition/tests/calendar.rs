//! The arithmetic of dates against jiff's.

use super::super::dates::{between, civil, of, shift};
use super::super::expression::{Between, DatePart};
use crate::calendar::{Length, Unit, date_of, day_of};
use proptest::prelude::*;

/// Whole units counted one by one, from the earlier date.
fn counted(unit: Unit, a: i32, b: i32) -> i64 {
    let (from, to) = (a.min(b), a.max(b));
    let after = |count| Length { count, unit }.after(from);
    let units = (1..).take_while(|count| after(*count) <= to).count() as i64;
    if a <= b { units } else { -units }
}

#[test]
fn every_day_of_the_calendar_has_the_date_that_jiff_gives_it() {
    for day in (-700_000..2_900_000).step_by(13).chain(-800..30_000) {
        let date = date_of(day);
        let expected = (
            i64::from(date.year()),
            i64::from(date.month()),
            i64::from(date.day()),
        );
        assert_eq!(civil(day), expected, "{day}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn months_and_years_between_are_those_that_one_can_count(a in 10_000i32..25_000, by in -3_000i32..3_000) {
        let b = a + by;
        let (x, y) = (i64::from(a), i64::from(b));
        prop_assert_eq!(between(Between::Days, x, y), i64::from(by));
        prop_assert_eq!(between(Between::Months, x, y), counted(Unit::Month, a, b));
        prop_assert_eq!(between(Between::Years, x, y), counted(Unit::Year, a, b));
    }

    #[test]
    fn a_date_moves_as_jiff_moves_it(day in -100_000i32..100_000, count in 0i64..2_000, earlier: bool) {
        let span = jiff::Span::new();
        for (unit, span) in [
            (Unit::Day, span.days(count)),
            (Unit::Week, span.weeks(count)),
            (Unit::Month, span.months(count)),
            (Unit::Quarter, span.months(3 * count)),
        ] {
            let date = date_of(day);
            let moved = if earlier { date.checked_sub(span) } else { date.checked_add(span) };
            let expected = i64::from(day_of(moved.unwrap()));
            prop_assert_eq!(shift(i64::from(day), Length { count, unit }, earlier), Some(expected));
        }
    }

    #[test]
    fn no_value_of_a_column_can_panic_the_calendar(a: i64, b: i64, count in 0i64..=73_000) {
        for part in [DatePart::Year, DatePart::Month, DatePart::Day, DatePart::Weekday] {
            of(part, a);
        }
        for unit in [Between::Days, Between::Months, Between::Years] {
            between(unit, a, b);
        }
        for unit in [Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year] {
            shift(a, Length { count, unit }, count % 2 == 0);
        }
    }
}

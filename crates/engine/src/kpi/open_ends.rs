//! Open points by when they end.

use crate::calendar::{Day, date_of};
use crate::fold::{AccountState, NEVER};
use crate::program::Program;
use std::collections::BTreeMap;

/// Scaled points of one wallet that can be spent, by the local day at whose beginning, or on which, they end if nothing happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenEnds {
    by_day: BTreeMap<Day, i128>,
    /// Points without an end.
    pub never: i128,
}

/// Open points that end in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthOfEnds {
    /// The first day on which some end.
    pub first: Day,
    /// The last one.
    pub last: Day,
    /// Scaled points.
    pub points: i128,
}

impl OpenEnds {
    /// None of any wallet (index in `Program::wallets`).
    pub fn none(program: &Program) -> Vec<OpenEnds> {
        vec![OpenEnds::default(); program.wallets.len()]
    }

    /// Adds an account (`sign` 1) to those of each wallet, or takes it out as it was (−1). `program` rules when the
    /// account is as it is.
    pub fn account(all: &mut [OpenEnds], program: &Program, state: &AccountState, sign: i128) {
        for ((wallet, purse), ends) in (0..).zip(state.purses.iter()).zip(all) {
            for (end, points) in purse.open_lots(program, wallet) {
                let points = sign * i128::from(points);
                match end {
                    NEVER => ends.never += points,
                    _ => ends.on(program.zone.day(end), points),
                }
            }
        }
    }

    /// Adds points that end on a day.
    pub fn on(&mut self, day: Day, points: i128) {
        *self.by_day.entry(day).or_default() += points;
    }

    /// Adds other accounts, or what another night brought.
    pub fn merge(&mut self, other: &OpenEnds) {
        self.never += other.never;
        for (day, points) in &other.by_day {
            self.on(*day, *points);
        }
    }

    /// Days on which points end, and how many.
    pub fn days(&self) -> impl Iterator<Item = (Day, i128)> {
        let days = self.by_day.iter().map(|(day, points)| (*day, *points));
        days.filter(|(_, points)| *points != 0)
    }

    /// Months in which points end.
    pub fn months(&self) -> Vec<MonthOfEnds> {
        let mut months: Vec<MonthOfEnds> = Vec::new();
        for (day, points) in self.days() {
            match months.last_mut() {
                Some(month) if month_of(month.first) == month_of(day) => {
                    month.last = day;
                    month.points += points;
                }
                _ => months.push(MonthOfEnds {
                    first: day,
                    last: day,
                    points,
                }),
            }
        }
        months
    }
}

fn month_of(day: Day) -> (i16, i8) {
    let date = date_of(day);
    (date.year(), date.month())
}

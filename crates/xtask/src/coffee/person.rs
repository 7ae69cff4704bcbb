//! Who the members are: how often they come, where, with whom they share an account.

use super::random::Random;
use super::{BEFORE, FROM};
use rungs_engine::calendar::{Day, day_of};

/// How many members the sample has.
pub const MEMBERS: usize = 3_000;

/// A member. Rates are exact integers: visits in 100,000 days.
#[derive(Debug)]
pub struct Person {
    /// Index, in the order of joining.
    pub number: usize,
    /// Index of the member whose card number is the account's.
    pub head: usize,
    /// Day of joining.
    pub joined: Day,
    /// Visits in 100,000 ordinary days.
    pub rate: i64,
    /// Days of a hundred thousand on which interest is lost.
    pub lapse: i64,
    /// The usual store, 1 to 5.
    pub store: i64,
    /// Uses the app.
    pub app: bool,
    /// Brings a cup.
    pub own_cup: bool,
    /// Buys rewards with beans.
    pub redeems: bool,
    /// Usual answer to "would you recommend us", 2 to 10.
    pub mood: i64,
}

/// Kinds of guests: (weight, (visits in 100,000 days, lapses in 100,000 days)).
const HABITS: &[(i64, (i64, i64))] = &[
    (12, (44_000, 90)),
    (50, (20_000, 130)),
    (160, (7_200, 190)),
    (300, (2_700, 220)),
    (478, (1_050, 280)),
];

impl Person {
    /// The number printed on the card.
    pub fn card(&self) -> String {
        card(self.number)
    }

    /// The number of the account.
    pub fn account(&self) -> String {
        card(self.head)
    }
}

/// The card of the member with this index.
pub fn card(number: usize) -> String {
    format!("C{:05}", number + 1)
}

/// All members, in the order of joining. About one in twelve joins the account of an earlier one.
pub fn people(seed: u64) -> Vec<Person> {
    let mut random = Random::stream(seed, "people", 0);
    let (from, before) = (day_of(FROM), day_of(BEFORE));
    let mut joined: Vec<Day> = (0..MEMBERS)
        .map(|_| {
            // A third signs up in the opening weeks, the others as the months go by.
            if random.percent(33) {
                from + random.below(75) as Day
            } else {
                from + random.below(i64::from(before - from) - 4) as Day
            }
        })
        .collect();
    joined.sort_unstable();
    let mut people: Vec<Person> = Vec::with_capacity(MEMBERS);
    let mut household = 1;
    for (number, joined) in joined.into_iter().enumerate() {
        let mut random = Random::stream(seed, "person", number as u64);
        let head = match people.last() {
            Some(earlier) if household < 4 && random.percent(8) => {
                household += 1;
                earlier.head
            }
            _ => {
                household = 1;
                number
            }
        };
        let (rate, lapse) = random.weighted(HABITS);
        people.push(Person {
            number,
            head,
            joined,
            rate: rate * random.between(50, 150) / 100,
            lapse,
            store: random.weighted(&[(30, 1), (25, 2), (20, 3), (15, 4), (10, 5)]),
            app: random.percent(45),
            own_cup: random.percent(18),
            redeems: random.percent(70),
            mood: random.weighted(&[(8, 4), (14, 6), (30, 8), (32, 9), (16, 10)]),
        });
    }
    people
}

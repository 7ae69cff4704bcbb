//! What a member does, day by day: comes, buys, brings back, loads the card, spends beans, answers,
//! loses interest, sometimes returns.

mod extras;
mod visit;

use super::clock::Clock;
use super::person::{MEMBERS, Person, people};
use super::random::Random;
use super::records::{Card, Records, Who};
use super::{BEFORE, FROM, words};
use rungs_engine::calendar::{Day, date_of, day_of, weekday};

/// Percent of ordinary business, from January.
const SEASON: [i64; 12] = [92, 96, 100, 100, 102, 98, 90, 86, 104, 108, 112, 118];
/// Percent of ordinary business, from Monday.
const WEEK: [i64; 7] = [105, 108, 106, 108, 112, 90, 60];

/// A member's life as it is made.
struct Life<'a> {
    person: &'a Person,
    who: Who,
    clock: &'a Clock,
    random: Random,
    records: &'a mut Records,
    /// Beans that are likely to be free: (day of the receipt, beans left of it). An estimate from
    /// below, as a member has it who looks at the card and not at the rules.
    beans: Vec<(Day, i64)>,
}

/// The lives of all members.
///
/// # Errors
/// If the zone data is incomplete.
pub fn of_everybody(seed: u64, clock: &Clock) -> Result<Records, String> {
    let people = people(seed);
    let mut records = Records::default();
    for person in &people {
        let mut life = Life {
            person,
            who: Who {
                card: person.card(),
                account: person.account(),
            },
            clock,
            random: Random::stream(seed, "life", person.number as u64),
            records: &mut records,
            beans: Vec::new(),
        };
        life.join();
        life.live();
    }
    extras::desk(seed, &people, clock, &mut records);
    extras::nights_when_the_clock_moves(&people, clock, &mut records)?;
    Ok(records)
}

impl Life<'_> {
    /// The card and, for most, a profile. Some have bought before they joined.
    fn join(&mut self) {
        let day = self.person.joined;
        let second = self.random.between(8 * 3600, 18 * 3600);
        let at = self.clock.at(day, second);
        let channel = if self.person.app && self.random.percent(60) {
            "app"
        } else {
            "bar"
        };
        let code = match self.random.below(100) {
            0..6 => "NEIGHBOUR",
            6..10 => "CLUB25",
            _ => "",
        };
        self.records.cards.push(Card {
            at,
            who: self.who.clone(),
            store: self.person.store,
            channel,
            code,
        });
        if self.random.percent(3) && day > day_of(FROM) + 5 {
            let before = day - self.random.between(1, 5) as Day;
            self.visit(before);
        }
        if self.random.percent(82) {
            self.profile(at);
        }
        // Who joins at the bar has come for a coffee.
        if channel == "bar" || self.random.percent(30) {
            let later = self.random.between(60, 240) * super::clock::SECOND;
            self.buy_at(at + later, None);
        }
    }

    /// The days after joining.
    fn live(&mut self) {
        let before = day_of(BEFORE);
        let mut day = self.person.joined + 1;
        while day < before {
            if self.random.below(100_000) < self.person.lapse {
                // A third comes back after two to eight months, the others do not.
                if self.random.percent(65) {
                    return;
                }
                day += self.random.between(60, 240) as Day;
                continue;
            }
            let date = date_of(day);
            let closed = matches!((date.month(), date.day()), (12, 25) | (1, 1));
            let season = SEASON[date.month() as usize - 1] * WEEK[weekday(day) as usize];
            if !closed && self.random.below(1_000_000_000) < self.person.rate * season {
                self.visit(day);
                if self.person.rate > 5_000 && self.random.percent(6) {
                    self.visit(day);
                }
            }
            self.between_visits(day);
            day += 1;
        }
    }

    /// Writes the whole profile, with a change of address each time.
    fn profile(&mut self, joined: i64) {
        let number = self.person.number;
        let mut random = self.random.clone();
        let month_day = match number * 12 / MEMBERS {
            // A dozen were born on 29 February, spread over all who join.
            turn if number == turn * MEMBERS / 12 => (2, 29),
            _ => {
                let month = random.between(1, 12);
                let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
                (month, random.between(1, days))
            }
        };
        let birthday = if random.percent(85) || month_day == (2, 29) {
            format!("{:02}-{:02}", month_day.0, month_day.1)
        } else {
            String::new()
        };
        let language = random.weighted(&[(88, "en"), (4, "ga"), (5, "pl"), (3, "pt")]);
        let phone = if random.percent(40) {
            words::phone(&mut random)
        } else {
            String::new()
        };
        let mut at = joined + random.between(2, 4_000) * super::clock::MINUTE;
        let end = self.clock.at(day_of(BEFORE), 0);
        let mut again = 0;
        while at < end {
            let preferred = random.weighted(&[(40, "app"), (45, "email"), (15, "sms")]);
            self.records.profiles.push(super::records::Profile {
                at,
                who: self.who.clone(),
                birthday: birthday.clone(),
                language,
                preferred,
                consent: random.pick(&["app;email", "email", "app", ""]),
                email: words::email(&mut random, number, again),
                phone: phone.clone(),
                store: self.person.store,
            });
            if !random.percent(18) {
                break;
            }
            again += 1;
            at += random.between(20, 300) * 24 * 60 * super::clock::MINUTE;
        }
        self.random = random;
    }
}

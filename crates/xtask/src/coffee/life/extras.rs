//! What happens besides visits: answers, idle looks at the app, the desk, and the two nights a year
//! on which the clock moves.

use super::Life;
use crate::coffee::clock::{Clock, MINUTE, SECOND};
use crate::coffee::menu::{BEANS, DRINKS, Line};
use crate::coffee::person::Person;
use crate::coffee::random::Random;
use crate::coffee::records::{Activity, Answer, Booking, Receipt, Records, Slip, Who};
use crate::coffee::{BEFORE, FROM, words};
use rungs_engine::calendar::{Day, Instant, day_of, weekday};

impl Life<'_> {
    /// Some visits are followed by a question, a few questions by an answer.
    pub fn answer(&mut self, at: Instant) {
        let random = &mut self.random;
        let (scale, least, most) = match random.below(1000) {
            0..55 => ("nps", 0, 10),
            55..80 => ("csat", 1, 5),
            80..90 => ("ces", 1, 7),
            _ => return,
        };
        let mood = (self.person.mood + random.between(-2, 2)).clamp(0, 10);
        let score = least + (mood * (most - least) + 5) / 10;
        let (stage, touchpoint) = random.pick(&[
            ("experience", "drink"),
            ("experience", "bar"),
            ("convert", "app"),
            ("stay", "club"),
            ("imagine", "menu"),
        ]);
        let later = random.between(60, 1_800) * MINUTE;
        self.records.answers.push(Answer {
            at: at + later,
            who: self.who.clone(),
            scale,
            score,
            comment: words::comment(random, mood),
            stage,
            touchpoint,
        });
    }

    /// A look at the app, a Saturday's tasting.
    pub fn between_visits(&mut self, day: Day) {
        if self.person.app && self.random.percent(1) {
            let second = self.random.between(7 * 3600, 23 * 3600);
            self.act(self.clock.at(day, second), "opened");
        }
        if weekday(day) == 5 && self.person.rate > 5_000 && self.random.percent(1) {
            let second = 18 * 3600 + self.random.below(1800);
            self.act(self.clock.at(day, second), "tasting");
        }
    }

    fn act(&mut self, at: Instant, name: &'static str) {
        self.records.activities.push(Activity {
            at,
            who: self.who.clone(),
            name,
            value: None,
            object: None,
        });
    }
}

/// About eighty slips: goodwill, corrections, matches of status, tills that failed.
pub fn desk(seed: u64, people: &[Person], clock: &Clock, records: &mut Records) {
    let mut random = Random::stream(seed, "desk", 0);
    let before = day_of(BEFORE);
    for _ in 0..84 {
        let person = &people[random.below(people.len() as i64) as usize];
        let first = person.joined.max(day_of(FROM) + 20) + 1;
        if first >= before {
            continue;
        }
        let day = first + random.below(i64::from(before - first)) as Day;
        let at = clock.at(day, random.between(9 * 3600, 17 * 3600));
        let (booking, reason) = match random.below(100) {
            0..55 => (Booking::Beans(random.between(1, 10) * 50), "goodwill"),
            55..75 => (Booking::Beans(random.between(1, 6) * -50), "booked twice"),
            75..88 => (Booking::Rung("leaf", day + 180), "match of status"),
            88..94 => (
                Booking::Metric("visits", random.between(1, 8)),
                "till without network",
            ),
            _ => (
                Booking::Metric("beans_earned", random.between(2, 20) * 50),
                "till without network",
            ),
        };
        records.slips.push(Slip {
            at,
            who: Who {
                card: person.card(),
                account: person.account(),
            },
            booking,
            reason,
        });
    }
}

/// The bar at the station never closes and the web shop neither: orders on both sides of each jump
/// of the clock, within the hour that comes twice in autumn, and around the midnight before.
///
/// # Errors
/// If the zone data is incomplete.
pub fn nights_when_the_clock_moves(
    people: &[Person],
    clock: &Clock,
    records: &mut Records,
) -> Result<(), String> {
    let days = ["2025-03-30", "2025-10-26", "2026-03-29", "2026-10-25"];
    for (index, day) in days.into_iter().enumerate() {
        let midnight = clock.read(&format!("{day}T00:00:00"))?;
        let jump: jiff::Timestamp = format!("{day}T01:00:00Z")
            .parse()
            .map_err(|error| format!("`{day}` is not a date: {error}"))?;
        let jump = jump.as_microsecond();
        let orders = [
            (midnight - SECOND, "bar"),
            (midnight, "bar"),
            (jump - SECOND, "bar"),
            (jump - 30 * MINUTE, "web"),
            (jump, "web"),
            (jump + 30 * MINUTE, "web"),
            (jump + 61 * MINUTE, "bar"),
        ];
        for (step, (at, channel)) in orders.into_iter().enumerate() {
            let person = &people[step * days.len() + index];
            let web = channel == "web";
            let item = if web {
                &BEANS[step % BEANS.len()]
            } else {
                &DRINKS[step]
            };
            records.receipts.push(Receipt {
                at,
                who: Who {
                    card: person.card(),
                    account: person.account(),
                },
                store: 5,
                channel,
                paid_by: "card",
                coupon: "",
                shipping: if web { 395 } else { 0 },
                lines: vec![Line::of(item, 1, 0, false)],
            });
        }
    }
    Ok(())
}

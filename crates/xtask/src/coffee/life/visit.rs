//! A visit: the receipt, and what follows from it.

use super::Life;
use crate::coffee::clock::{MINUTE, SECOND};
use crate::coffee::menu::{BEANS, DRINKS, FOOD, GIFT_CARDS, Item, Line, MERCH};
use crate::coffee::random::Random;
use crate::coffee::records::{Activity, Cancelled, Receipt, Redemption, Refund};
use rungs_engine::calendar::{Day, Instant, weekday};

/// (weight, hour) of a working day.
const HOURS: &[(i64, i64)] = &[
    (18, 7),
    (30, 8),
    (16, 9),
    (10, 10),
    (7, 11),
    (8, 12),
    (8, 13),
    (6, 14),
    (7, 15),
    (5, 16),
    (3, 17),
    (2, 18),
    (1, 19),
];
/// (weight, hour) of a weekend: the bars open at nine and close at six.
const WEEKEND: &[(i64, i64)] = &[
    (10, 9),
    (20, 10),
    (22, 11),
    (14, 12),
    (10, 13),
    (9, 14),
    (8, 15),
    (5, 16),
    (2, 17),
];
/// The bar at the station, which never closes.
const STATION: i64 = 5;

fn choose(random: &mut Random, items: &'static [Item]) -> &'static Item {
    let choices: Vec<(i64, &'static Item)> = items.iter().map(|item| (item.weight, item)).collect();
    random.weighted(&choices)
}

impl Life<'_> {
    /// Comes by at some hour of the day, or orders from the web shop.
    pub fn visit(&mut self, day: Day) {
        let second = self.random.below(3600);
        if self.random.percent(5) {
            let hour = self.random.below(24);
            self.buy_at(self.clock.at(day, hour * 3600 + second), Some("web"));
            return;
        }
        let hour = if self.person.store == STATION && self.random.percent(6) {
            self.random.below(6)
        } else if weekday(day) >= 5 {
            self.random.weighted(WEEKEND)
        } else {
            self.random.weighted(HOURS)
        };
        self.buy_at(self.clock.at(day, hour * 3600 + second), None);
    }

    /// Buys at an instant, and does what one does around it.
    pub fn buy_at(&mut self, at: Instant, channel: Option<&'static str>) {
        let channel = channel.unwrap_or_else(|| {
            if self.person.app && self.random.percent(55) {
                "app"
            } else {
                "bar"
            }
        });
        let store = if self.random.percent(85) {
            self.person.store
        } else {
            self.random.between(1, 5)
        };
        let (coupon, percent_off) = match self.random.below(100) {
            0..5 => ("RAINY10", 10),
            5..7 if channel == "app" => ("APP15", 15),
            _ => ("", 0),
        };
        let lines = if channel == "web" {
            self.parcel(percent_off)
        } else {
            self.tray(percent_off)
        };
        let goods: i64 = lines.iter().map(|line| line.net).sum();
        let shipping = if channel == "web" && goods < 3000 {
            395
        } else {
            0
        };
        let paid_by = match (channel, self.random.below(100)) {
            ("app", 0..70) => "app",
            ("bar", 0..12) => "cash",
            _ => "card",
        };
        let receipt = self.records.receipts.len();
        self.records.receipts.push(Receipt {
            at,
            who: self.who.clone(),
            store,
            channel,
            paid_by,
            coupon,
            shipping,
            lines,
        });
        let back = self.bring_back(receipt);
        self.spend_beans(receipt);
        if !back {
            let earned = goods_that_earn(&self.records.receipts[receipt]) / 10;
            self.beans.push((self.clock.day(at), earned));
        }
        self.around(receipt);
    }

    /// What is bought at the bar or ahead in the app.
    fn tray(&mut self, off: i64) -> Vec<Line> {
        let random = &mut self.random;
        let mut lines = Vec::new();
        let own_cup = self.person.own_cup && random.percent(70);
        if random.percent(92) {
            let quantity = random.weighted(&[(88, 1), (10, 2), (2, 3)]);
            lines.push(Line::of(choose(random, DRINKS), quantity, off, own_cup));
            if random.percent(14) {
                lines.push(Line::of(choose(random, DRINKS), 1, off, false));
            }
        }
        if random.percent(48) || lines.is_empty() {
            let quantity = random.weighted(&[(93, 1), (7, 2)]);
            lines.push(Line::of(choose(random, FOOD), quantity, off, false));
        }
        if random.percent(4) {
            lines.push(Line::of(choose(random, BEANS), 1, off, false));
        }
        if random.chance(12_000) {
            lines.push(Line::of(choose(random, MERCH), 1, off, false));
        }
        if random.chance(6_000) {
            lines.push(Line::of(choose(random, GIFT_CARDS), 1, off, false));
        }
        lines
    }

    /// What is ordered from the web shop.
    fn parcel(&mut self, off: i64) -> Vec<Line> {
        let random = &mut self.random;
        let mut lines = Vec::new();
        for _ in 0..random.weighted(&[(60, 1), (30, 2), (10, 3)]) {
            let quantity = random.weighted(&[(70, 1), (22, 2), (6, 4), (2, 6)]);
            lines.push(Line::of(choose(random, BEANS), quantity, off, false));
        }
        if random.percent(20) {
            lines.push(Line::of(choose(random, MERCH), 1, off, false));
        }
        if random.percent(12) {
            lines.push(Line::of(choose(random, GIFT_CARDS), 1, off, false));
        }
        lines
    }

    /// Now and then something is brought back, once or in several steps, or the whole receipt is
    /// cancelled. Says whether anything was.
    fn bring_back(&mut self, receipt: usize) -> bool {
        let random = &mut self.random;
        let bought = &self.records.receipts[receipt];
        let web = bought.channel == "web";
        let mut at = bought.at;
        if random.chance(2_500) {
            at += random.between(60, 600) * SECOND;
            let reason = random.pick(&["till-error", "left-without"]);
            self.records.cancelled.push(Cancelled {
                at,
                receipt,
                reason,
            });
            return true;
        }
        if !random.percent(if web { 7 } else { 1 }) {
            return false;
        }
        let mut left: Vec<i64> = bought.lines.iter().map(|line| line.quantity).collect();
        loop {
            at += if web {
                random.between(2 * 24 * 60, 12 * 24 * 60) * MINUTE
            } else {
                random.between(2, 50) * MINUTE
            };
            let mut lines = Vec::new();
            for (index, left) in left.iter_mut().enumerate() {
                if *left > 0 && (lines.is_empty() || random.percent(25)) {
                    let quantity = random.between(1, *left);
                    *left -= quantity;
                    lines.push((index + 1, quantity));
                }
            }
            let reason = random.pick(&["wrong-item", "cold", "changed-mind", "damaged"]);
            self.records.refunds.push(Refund {
                at,
                receipt,
                lines,
                reason,
            });
            if left.iter().sum::<i64>() == 0 || !random.percent(45) {
                return true;
            }
        }
    }

    /// Buys a reward where the beans suffice, and sometimes where they do not quite.
    fn spend_beans(&mut self, receipt: usize) {
        let (at, store, channel) = {
            let bought = &self.records.receipts[receipt];
            (bought.at, bought.store, bought.channel)
        };
        if !self.person.redeems || channel == "web" {
            return;
        }
        // Beans of the last two days are held back, those of a year ago are gone.
        let day = self.clock.day(at);
        self.beans.retain(|(earned, _)| *earned > day - 365);
        let free: i64 = self
            .beans
            .iter()
            .filter(|(earned, _)| *earned < day - 2)
            .map(|(_, beans)| beans)
            .sum();
        let random = &mut self.random;
        let (reward, quantity, price, cash) = match free {
            1500.. if random.percent(8) => ("mug", 1, 1500, 400),
            1200.. if random.percent(4) => ("any-drink", 2, 600, 0),
            600.. if random.percent(22) => ("any-drink", 1, 600, 0),
            300..600 if random.percent(1) => ("any-drink", 1, 600, 0),
            _ => return,
        };
        let points = (!random.percent(10)).then_some(price * quantity);
        let mut due = price * quantity;
        for (_, beans) in &mut self.beans {
            let paid = due.min(*beans);
            *beans -= paid;
            due -= paid;
        }
        self.records.redemptions.push(Redemption {
            at,
            who: self.who.clone(),
            store,
            reward,
            quantity,
            points,
            cash,
        });
    }

    /// What the app and the till note besides.
    fn around(&mut self, receipt: usize) {
        let (at, channel, paid_by, sku) = {
            let bought = &self.records.receipts[receipt];
            let sku = bought.lines.first().map(|line| line.item.sku);
            (bought.at, bought.channel, bought.paid_by, sku)
        };
        let random = &mut self.random;
        let mut acts: Vec<(Instant, &'static str, Option<i64>, Option<&'static str>)> = Vec::new();
        if channel == "app" {
            acts.push((at - random.between(120, 900) * SECOND, "opened", None, None));
            if random.percent(80) {
                let later = random.between(180, 900) * SECOND;
                acts.push((at + later, "picked-up", None, None));
            }
        }
        if paid_by == "app" && random.percent(18) {
            let euros = random.weighted(&[(35, 20), (30, 30), (25, 50), (10, 100)]);
            let before = random.between(10, 100) * SECOND;
            acts.push((at - before, "reloaded", Some(euros * 100), None));
        }
        if random.percent(5) {
            let later = random.between(20, 600) * MINUTE;
            acts.push((at + later, "reviewed", None, sku));
        }
        for (at, name, value, object) in acts {
            self.records.activities.push(Activity {
                at,
                who: self.who.clone(),
                name,
                value,
                object,
            });
        }
        self.answer(at);
    }
}

/// Cents of a receipt that earn beans.
fn goods_that_earn(receipt: &Receipt) -> i64 {
    let earns = |line: &&Line| line.item.category != "gift-card";
    receipt
        .lines
        .iter()
        .filter(earns)
        .map(|line| line.net)
        .sum()
}

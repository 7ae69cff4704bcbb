//! Generated histories: rows of every kind, with midnights, equal instants and refunds.

use crate::Random;
use crate::joining::hesitates;
use crate::waiting::delivered;
use rungs_engine::calendar::{day_from, day_text};
use rungs_engine::canonical::Kind;
use rungs_engine::rehearsal::EventTable;

struct Writer {
    tables: Vec<EventTable>,
}

impl Writer {
    fn new() -> Writer {
        let table = |kind, columns: &[&str]| EventTable {
            kind,
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: Vec::new(),
        };
        Writer {
            tables: vec![
                table(Kind::Enrol, &["id", "account", "member", "time"]),
                table(
                    Kind::Profile,
                    &["id", "account", "member", "time", "birthday", "language"],
                ),
                table(
                    Kind::Order,
                    &[
                        "id", "account", "member", "time", "number", "channel", "category",
                        "quantity", "net",
                    ],
                ),
                table(
                    Kind::Refund,
                    &[
                        "id", "account", "member", "time", "number", "order", "quantity", "net",
                    ],
                ),
                table(
                    Kind::Activity,
                    &["id", "account", "member", "time", "name", "value", "object"],
                ),
                table(
                    Kind::Redeem,
                    &[
                        "id", "account", "member", "time", "reward", "quantity", "points",
                    ],
                ),
                table(
                    Kind::Unredeem,
                    &["id", "account", "member", "time", "redeem", "points"],
                ),
                table(
                    Kind::Adjust,
                    &[
                        "id", "account", "member", "time", "points", "rung", "metric", "value",
                        "ends",
                    ],
                ),
                table(
                    Kind::Opening,
                    &[
                        "id",
                        "account",
                        "member",
                        "time",
                        "points",
                        "expires",
                        "rung",
                        "rung_until",
                        "wallet",
                    ],
                ),
                table(
                    Kind::Survey,
                    &["id", "account", "member", "time", "scale", "score"],
                ),
                table(
                    Kind::Reward,
                    &["id", "account", "member", "time", "reward", "state"],
                ),
            ],
        }
    }

    fn row(&mut self, kind: Kind, cells: &[&str]) {
        if let Some(table) = self.tables.iter_mut().find(|table| table.kind == kind) {
            table.rows.push(
                cells
                    .iter()
                    .map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned()))
                    .collect(),
            );
        }
    }
}

fn moment(random: &mut Random, day: i32) -> String {
    // Midnights and equal instants occur.
    let time = match random.below(12) {
        0 => "00:00:00".to_owned(),
        1 | 2 => "12:00:00".to_owned(),
        _ => format!(
            "{:02}:{:02}:{:02}",
            random.below(24),
            random.below(60),
            random.below(60)
        ),
    };
    format!("{} {time}", day_text(day))
}

fn cents(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// The events by kind, and the last night.
pub(crate) fn history(random: &mut Random, plain: bool) -> (Vec<EventTable>, String) {
    let mut writer = Writer::new();
    let first = day_from("2023-11-20").unwrap_or(0);
    let span = 60 + random.below(420) as i32;
    for number in 0..1 + random.below(4) {
        let account = format!("acc-{number}");
        // Orders of one line, and nothing is ever undone: they can go the short way.
        let bare = plain && number % 2 == 0;
        let members: Vec<String> = if random.percent(25) {
            vec![account.clone(), format!("{account}-b")]
        } else {
            vec![account.clone()]
        };
        let joined = first + random.below(30) as i32;
        let hesitates = hesitates(random);
        for member in &members {
            let at = moment(random, joined + hesitates);
            writer.row(Kind::Enrol, &[member, &account, member, &at]);
            if random.percent(25) {
                brought(random, &mut writer, &account, member, joined);
            }
            if random.percent(50) {
                let birthday = random.pick(&["02-29", "01-31", "06-15", "12-31", "03-01"]);
                let known = joined + random.below(40) as i32;
                let at = moment(random, known);
                writer.row(
                    Kind::Profile,
                    &[
                        &format!("p-{member}"),
                        &account,
                        member,
                        &at,
                        birthday,
                        "en",
                    ],
                );
            }
        }
        let events = 3 + random.below(45);
        let mut orders: Vec<(String, i32, Vec<u64>)> = Vec::new();
        let mut day = joined - random.below(5) as i32;
        for event in 0..events {
            day += random.below(1 + 2 * span as u64 / events) as i32;
            let id = format!("{account}-{event}");
            let id = if random.percent(50) {
                id
            } else {
                format!("{}", number * 1000 + event)
            };
            let member = random.pick(&members).clone();
            let at = moment(random, day);
            match random.below(100) {
                0..=54 => {
                    let mut quantities = Vec::new();
                    for line in 0..1 + if bare { 0 } else { random.below(3) } {
                        let category = random.pick(&["drink", "food", "gift"]);
                        let quantity = 1 + random.below(3);
                        let net = if random.percent(10) {
                            random.below(30)
                        } else {
                            50 + random.below(2_400)
                        };
                        quantities.push(quantity);
                        let channel = if number % 2 == 0 { "app" } else { "" };
                        writer.row(
                            Kind::Order,
                            &[
                                &id,
                                &account,
                                &member,
                                &at,
                                &(line + 1).to_string(),
                                channel,
                                category,
                                &quantity.to_string(),
                                &cents(net),
                            ],
                        );
                    }
                    rewards_used(random, &mut writer, [&account, &member, &id], day);
                    arrives(random, &mut writer, [&account, &member, &id], day);
                    orders.push((id, day, quantities));
                }
                55..=71 if !orders.is_empty() && !bare => refund(
                    random,
                    &mut writer,
                    &mut orders,
                    &account,
                    &member,
                    &id,
                    &mut day,
                ),
                55..=79 => {
                    let name = *random.pick(&["opened", "reloaded", "reviewed"]);
                    let object = if random.percent(70) {
                        *random.pick(&["mug", "bar"])
                    } else {
                        ""
                    };
                    let value = random.below(80).to_string();
                    writer.row(
                        Kind::Activity,
                        &[&id, &account, &member, &at, name, &value, object],
                    );
                }
                80..=90 => {
                    let points = if random.percent(30) {
                        String::new()
                    } else {
                        (10 + random.below(150)).to_string()
                    };
                    let reward = if random.percent(80) { "drink" } else { "" };
                    writer.row(
                        Kind::Redeem,
                        &[
                            &id,
                            &account,
                            &member,
                            &at,
                            reward,
                            if random.percent(20) { "2" } else { "" },
                            &points,
                        ],
                    );
                    if !bare {
                        undone(random, &mut writer, [&account, &member, &id], &at, day);
                    }
                }
                91..=95 => match random.below(4) {
                    0 => {
                        let rung = *random.pick(&["low", "mid", "top"]);
                        let ends = match random.percent(40) {
                            true => day_text(day + random.below(150) as i32),
                            false => String::new(),
                        };
                        writer.row(
                            Kind::Adjust,
                            &[&id, &account, &member, &at, "", rung, "", "", &ends],
                        );
                    }
                    1 => {
                        // A half of what is counted is refused.
                        let value = *random.pick(&["3", "3", "0.5"]);
                        writer.row(
                            Kind::Adjust,
                            &[&id, &account, &member, &at, "", "", "counted", value, ""],
                        );
                    }
                    2 => writer.row(
                        Kind::Adjust,
                        &[&id, &account, &member, &at, "-25", "", "", "", ""],
                    ),
                    _ => writer.row(
                        Kind::Adjust,
                        &[&id, &account, &member, &at, "40", "", "", "", ""],
                    ),
                },
                _ => writer.row(
                    Kind::Survey,
                    &[
                        &id,
                        &account,
                        &member,
                        &at,
                        "nps",
                        &random.below(11).to_string(),
                    ],
                ),
            }
        }
    }
    (writer.tables, day_text(first + span + 60))
}

/// What an order gave, if it gave something, is used soon after; sometimes it is handed back.
fn rewards_used(random: &mut Random, writer: &mut Writer, order: [&String; 3], day: i32) {
    // Of its own numbers, so that histories stay as they were without.
    let mut own = Random(random.0 ^ 0x9e7a);
    let [account, member, id] = order;
    for reward in ["big-month", "climbed", "best-month"] {
        if !own.percent(60) {
            continue;
        }
        let number = format!("{reward}/till/{id}/{member}/1");
        let days = own.below(12) as i32;
        let at = moment(&mut own, day + days);
        let used = format!("u-{reward}-{id}");
        writer.row(
            Kind::Reward,
            &[&used, account, member, &at, &number, "used"],
        );
        if own.percent(20) {
            let days = 5 + own.below(12) as i32;
            let at = moment(&mut own, day + days);
            let back = format!("h-{reward}-{id}");
            writer.row(
                Kind::Reward,
                &[&back, account, member, &at, &number, "returned"],
            );
        }
    }
}

/// An order is delivered, some days later.
fn arrives(random: &Random, writer: &mut Writer, order: [&String; 3], day: i32) {
    let Some(days) = delivered(random) else {
        return;
    };
    let [account, member, id] = order;
    let at = moment(&mut random.clone(), day + days);
    let own_id = format!("a-{id}");
    let cells = [&own_id, account, member, &at, "delivered", "", id];
    writer.row(Kind::Activity, &cells);
}

/// A redemption that is undone, soon or when its lots have ended, whole or in parts, also more than it took.
fn undone(random: &mut Random, writer: &mut Writer, redeem: [&String; 3], at: &str, day: i32) {
    // Of its own numbers, so that histories stay as they were without.
    let mut own = Random(random.0 ^ 0x0d0e);
    let [account, member, id] = redeem;
    if !own.percent(50) {
        return;
    }
    let mut later = day;
    for part in 0..1 + own.below(3) {
        let within = if own.percent(60) { 6 } else { 90 };
        later += own.below(within) as i32;
        // At the very instant of the redemption, too.
        let at = match own.percent(8) {
            true => at.to_owned(),
            false => moment(&mut own, later),
        };
        let points = match own.percent(40) {
            true => String::new(),
            false => (5 + own.below(70)).to_string(),
        };
        // One that the account does not have gives nothing.
        let named = if own.percent(3) { "none" } else { id.as_str() };
        let own_id = format!("z{part}-{id}");
        writer.row(
            Kind::Unredeem,
            &[&own_id, account, member, &at, named, &points],
        );
    }
}

/// A lot and perhaps a rung that a member brings from another system; lots can be owed, or over already.
fn brought(random: &mut Random, writer: &mut Writer, account: &str, member: &str, joined: i32) {
    let id = format!("w-{member}");
    let day = joined + random.below(20) as i32;
    let at = moment(random, day);
    let points = *random.pick(&["120", "300", "35", "-40", ""]);
    let later = |random: &mut Random| match random.percent(60) {
        true => day_text(day - 5 + random.below(200) as i32),
        false => String::new(),
    };
    let (expires, until) = (later(random), later(random));
    let rung = *random.pick(&["", "", "mid", "top"]);
    // A wallet that the programme does not have is refused, and the rung beside it is not.
    let wallet = *random.pick(&["", "beans", "beans", "miles"]);
    let cells = [
        &*id, account, member, &at, points, &expires, rung, &until, wallet,
    ];
    writer.row(Kind::Opening, &cells);
}

fn refund(
    random: &mut Random,
    writer: &mut Writer,
    orders: &mut [(String, i32, Vec<u64>)],
    account: &str,
    member: &str,
    id: &str,
    day: &mut i32,
) {
    let index = random.below(orders.len() as u64) as usize;
    let (order, order_day, quantities) = &mut orders[index];
    *day = (*day).max(*order_day + 1);
    let at = moment(random, *day);
    if random.percent(30) {
        writer.row(Kind::Refund, &[id, account, member, &at, "", order, "", ""]);
        return;
    }
    for (line, left) in quantities.iter_mut().enumerate() {
        if !random.percent(60) {
            continue;
        }
        let number = (line + 1).to_string();
        if random.percent(25) {
            writer.row(
                Kind::Refund,
                &[
                    id,
                    account,
                    member,
                    &at,
                    &number,
                    order,
                    "",
                    &cents(10 + random.below(200)),
                ],
            );
        } else if *left > 0 {
            let quantity = 1 + random.below(*left);
            *left -= quantity;
            writer.row(
                Kind::Refund,
                &[
                    id,
                    account,
                    member,
                    &at,
                    &number,
                    order,
                    &quantity.to_string(),
                    "",
                ],
            );
        }
    }
}

//! Generated programmes and histories: from a seed, on every machine the same. They are made so that
//! refunds, debt, rung changes and hit caps really occur; [`Content`] counts them.

use rungs_engine::calendar::{day_from, day_text};
use rungs_engine::canonical::Kind;
use rungs_engine::rehearsal::EventTable;
use std::fmt::Write;

/// A small generator of random numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n.max(1)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// A generated programme and history.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The seed.
    pub seed: u64,
    /// The programme.
    pub toml: String,
    /// Its events.
    pub tables: Vec<EventTable>,
    /// The last night.
    pub as_of: String,
}

const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Dublin",
    "America/New_York",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
];

/// Makes a programme and a history.
pub fn generate(seed: u64) -> Generated {
    let mut random = Random(seed);
    let toml = programme(&mut random);
    let (tables, as_of) = history(&mut random);
    Generated {
        seed,
        toml,
        tables,
        as_of,
    }
}

/// The datasets of every generated programme.
pub const DATASETS: &str = r#"
[collect.cards]
event = "enrol"
id = "id"
member = "member"
account = "account"
time = "time"

[collect.people]
event = "profile"
id = "id"
member = "member"
account = "account"
time = "time"
purpose = "birthday"
retention = "1 year"
columns = { birthday = { pii = "keep" }, language = {} }

[collect.till]
event = "order"
id = "id"
member = "member"
account = "account"
time = "time"
line = "number"

[collect.till.columns]
channel = { values = ["app", "bar"] }
category = { values = ["drink", "food", "gift"], required = true }
quantity = { min = 1, max = 100 }
net = { required = true, min = 0.00, max = 100000.00 }

[collect.back]
event = "refund"
id = "id"
member = "member"
account = "account"
time = "time"
line = "number"
columns = { order = { required = true }, quantity = {}, net = {} }

[collect.app]
event = "activity"
id = "id"
member = "member"
account = "account"
time = "time"
columns = { name = { values = ["opened", "reloaded", "reviewed"], required = true }, value = { min = 0, max = 1000 }, object = {} }

[collect.spent]
event = "redeem"
id = "id"
member = "member"
account = "account"
time = "time"

[collect.desk]
event = "adjust"
id = "id"
member = "member"
account = "account"
time = "time"

[collect.answers]
event = "survey"
id = "id"
member = "member"
account = "account"
time = "time"
"#;

fn programme(random: &mut Random) -> String {
    let mut text = String::new();
    let out = &mut text;
    let _ = write!(
        out,
        "[program]\nname = \"generated\"\nzone = \"{}\"\ncurrency = \"EUR\"\nleap_day = \"{}\"\n",
        random.pick(&ZONES),
        random.pick(&["02-28", "03-01"])
    );
    out.push_str(DATASETS);
    let enrol = random.pick(&["opt_in", "automatic", "first_order"]);
    let _ = write!(out, "\n[enrol]\nkind = \"{enrol}\"\n");
    let rounding = random.pick(&["down", "up", "half_up", "half_even"]);
    let round_at = random.pick(&["event", "event", "line"]);
    let _ = write!(
        out,
        "\n[points.beans]\nrounding = \"{rounding}\"\nround_at = \"{round_at}\"\n"
    );
    let pending = random.pick(&[
        "",
        "",
        "pending = { length = \"2 days\" }\n",
        "pending = { length = \"36 hours\" }\n",
        "pending = { length = \"14 days\" }\n",
    ]);
    out.push_str(pending);
    let expiry = random.pick(&[
        "",
        "expiry = { kind = \"rolling\", length = \"45 days\" }\n",
        "expiry = { kind = \"rolling\", length = \"3 months\", round = \"month_end\" }\n",
        "expiry = { kind = \"rolling\", length = \"1000 hours\" }\n",
        "expiry = { kind = \"rolling\", length = \"2 months\" }\n",
    ]);
    out.push_str(expiry);
    earn(random, out);
    metrics_and_tiers(random, out);
    rewards(random, out);
    let shortage = random.pick(&["debt", "debt", "forgive"]);
    let rung = random.pick(&["at_once", "checkpoint"]);
    let _ = write!(
        out,
        "\n[refunds]\nshortage = \"{shortage}\"\nrung = \"{rung}\"\n"
    );
    text
}

fn cap(random: &mut Random, points: bool) -> String {
    // How often makes no sense within one event.
    let skipped = usize::from(!points);
    let per = random.pick(
        &[
            "event",
            "day",
            "week",
            "month",
            "quarter",
            "year",
            "lifetime",
            "10 days",
            "100 hours",
            "2 months",
        ][skipped..],
    );
    let over = random.pick(&["trim", "trim", "reject"]);
    let pool = random.pick(&["", "", ", pool = \"member\""]);
    if points {
        format!(
            "{{ points = {}, per = \"{per}\", over = \"{over}\"{pool} }}",
            20 + random.below(300)
        )
    } else {
        format!(
            "{{ count = {}, per = \"{per}\"{pool} }}",
            1 + random.below(4)
        )
    }
}

fn earn(random: &mut Random, out: &mut String) {
    let amount = random.pick(&["line.net", "line.net", "event.net"]);
    let by_line = *amount == "line.net";
    // A rule on the event's amount must not run line by line.
    let line_only = usize::from(!by_line);
    let when = random.pick(
        &[
            "when = 'line.category != \"gift\"'\n",
            "",
            "when = 'event.net >= 5.00'\n",
            "when = 'default(event.channel, \"\") == \"app\" || event.net > 12.00'\n",
        ][line_only..],
    );
    let points = random.pick(&[
        "2",
        "10",
        "1.5",
        "{ low = 1, mid = 1.2, top = 1.7 }",
        "\"1/3\"",
    ]);
    let per = random.pick(&["1.00", "2.50", "0.75"]);
    let whole = random.pick(&["", "", "whole = true\n"]);
    let _ = write!(
        out,
        "\n[[earn]]\nid = \"base\"\nkind = \"per_amount\"\namount = '{amount}'\npoints = {points}\nper = {per}\n{when}{whole}counts = true\n"
    );
    if random.percent(40) {
        let caps = if random.percent(50) {
            cap(random, true)
        } else {
            format!("[{}, {}]", cap(random, true), cap(random, false))
        };
        let _ = writeln!(out, "cap = {caps}");
    }
    if random.percent(50) {
        out.push_str(
            "\n[[earn]]\nid = \"flat\"\nkind = \"per_event\"\npoints = 7\ncounts = false\n",
        );
        let _ = writeln!(
            out,
            "when = '{}'",
            random.pick(&[
                "account.visits_30 >= 2",
                "event.net >= 10.00",
                "event.day == 1 || event.hour < 9",
                "account.beans < 100"
            ])
        );
        if random.percent(50) {
            let _ = writeln!(out, "cap = {}", cap(random, false));
        }
    }
    if random.percent(50) {
        let _ = write!(
            out,
            "\n[[earn]]\nid = \"cups\"\nkind = \"per_line\"\nwhen = 'line.category == \"drink\"'\npoints = {}\nper = \"{}\"\ncounts = {}\n",
            random.pick(&["1", "0.5", "3"]),
            random.pick(&["line", "unit"]),
            random.pick(&["true", "false"])
        );
    }
    if random.percent(60) {
        out.push_str("\n[[earn]]\nid = \"reload\"\nkind = \"steps\"\non = \"activity\"\nwhen = 'event.name == \"reloaded\"'\namount = 'default(event.value, 0)'\nsteps = [{ from = 30, points = 10 }, { from = 50, points = 25 }]\ncounts = false\n");
        let _ = writeln!(out, "cap = {}", cap(random, false));
    }
    if random.percent(60) {
        out.push_str("\n[[earn]]\nid = \"review\"\nkind = \"per_event\"\non = \"activity\"\nwhen = 'event.name == \"reviewed\" && has(event.object)'\npoints = 20\ncounts = true\ncap = [{ count = 1, per = \"month\", each = 'default(event.object, \"\")' }, { count = 4, per = \"month\" }]\n");
    }
    multipliers(random, out, by_line);
}

fn multipliers(random: &mut Random, out: &mut String, by_line: bool) {
    let n = random.below(4);
    let conditions = [
        "line.category == \"drink\"",
        "event.weekday == \"tue\"",
        "event.hour >= 12",
        "account.visits_30 >= 3",
        "account.rung >= \"mid\"",
        "event.net >= 20.00",
    ];
    for index in 0..n {
        let when = random.pick(&conditions[usize::from(!by_line)..]);
        let times = random.pick(&["2", "1.5", "{ low = 1.1, mid = 1.25, top = 1.5 }", "3"]);
        let _ = write!(
            out,
            "\n[[earn]]\nid = \"times-{index}\"\nkind = \"multiplier\"\nwhen = '{when}'\ntimes = {times}\nof = [\"base\"]\ngroup = \"meet\"\ncounts = {}\n",
            random.pick(&["true", "false"])
        );
        if random.percent(30) {
            out.push_str("from = 2024-03-01\nbefore = 2024-06-01\n");
        }
        if random.percent(40) {
            let _ = writeln!(out, "priority = {}", random.below(3));
        }
    }
    if n > 0 {
        let combine = random.pick(&["highest", "add", "multiply", "first"]);
        let _ = write!(
            out,
            "\n[[groups]]\nid = \"meet\"\ncombine = \"{combine}\"\n"
        );
        if random.percent(30) {
            out.push_str("max = 2.5\n");
        }
        if random.percent(40) {
            let _ = writeln!(out, "cap = {}", cap(random, true));
        }
    }
}

fn metrics_and_tiers(random: &mut Random, out: &mut String) {
    out.push_str("\n[[metrics]]\nid = \"visits_30\"\nkind = \"distinct\"\non = \"order\"\nof = 'event.date'\nwindow = \"30 days\"\n");
    out.push_str("\n[[metrics]]\nid = \"month_spend\"\nkind = \"sum\"\non = \"order\"\nof = 'event.net'\nwindow = \"month\"\n");
    out.push_str("\n[[metrics]]\nid = \"last_score\"\nkind = \"last\"\non = \"survey\"\nwhen = 'default(event.scale, \"\") == \"nps\"'\nof = 'default(event.score, 0)'\nwindow = \"90 days\"\npool = \"member\"\n");
    let (id, kind) = *random.pick(&[
        ("counted", "kind = \"granted\"\nwallet = \"beans\""),
        (
            "counted",
            "kind = \"sum\"\non = \"order\"\nof = 'event.net'",
        ),
        (
            "counted",
            "kind = \"events\"\non = \"order\"\nwhen = 'event.net >= 3.00'",
        ),
        (
            "counted",
            "kind = \"distinct\"\non = \"order\"\nof = 'event.date'",
        ),
    ]);
    let _ = write!(out, "\n[[metrics]]\nid = \"{id}\"\n{kind}\n");
    let events = kind.contains("events") || kind.contains("distinct");
    let money = kind.contains("event.net'") && kind.contains("sum");
    let (mid, top) = match (events, money) {
        (true, _) => ("4".to_owned(), "9".to_owned()),
        (_, true) => ("60.00".to_owned(), "180.00".to_owned()),
        _ => ("100".to_owned(), "400".to_owned()),
    };
    let shortfall = random.pick(&["keep", "drop_one", "drop_to_qualified", "drop_to_base"]);
    let (period, validity, requalify) = *random.pick(&[
        (
            "{ kind = \"calendar\", length = \"3 months\", start = \"01-01\" }",
            "{ kind = \"periods\", count = 1 }",
            "each_period",
        ),
        (
            "{ kind = \"calendar\", length = \"2 months\", start = \"02-15\" }",
            "{ kind = \"periods\", count = 1, extra = \"2 weeks\" }",
            "each_period",
        ),
        (
            "{ kind = \"calendar\", length = \"1 year\", start = \"01-01\" }",
            "{ kind = \"periods\", count = 1 }",
            "validity_end",
        ),
        (
            "{ kind = \"calendar\", length = \"3 months\", start = \"01-01\" }",
            "{ kind = \"length\", length = \"100 days\" }",
            "each_period",
        ),
        (
            "{ kind = \"rolling\", length = \"60 days\" }",
            "{ kind = \"length\", length = \"2 months\" }",
            "validity_end",
        ),
        (
            "{ kind = \"rolling\", length = \"3 months\" }",
            "{ kind = \"none\" }",
            "validity_end",
        ),
        (
            "{ kind = \"rolling\", length = \"1500 hours\" }",
            "{ kind = \"none\" }",
            "validity_end",
        ),
        (
            "{ kind = \"calendar\", length = \"3 months\", start = \"01-01\" }",
            "{ kind = \"none\" }",
            "each_period",
        ),
    ]);
    let _ = write!(
        out,
        "\n[tiers]\nperiod = {period}\ncrossing = \"next_event\"\nvalidity = {validity}\nrequalify = \"{requalify}\"\nshortfall = \"{shortfall}\"\n"
    );
    let keep = if random.percent(40) {
        format!(
            "keep = {{ counted = {} }}\n",
            if money {
                "40.00"
            } else if events {
                "3"
            } else {
                "80"
            }
        )
    } else {
        String::new()
    };
    let _ = write!(
        out,
        "\n[[tiers.rung]]\nid = \"low\"\n\n[[tiers.rung]]\nid = \"mid\"\nreach = {{ counted = {mid} }}\n{keep}\n[[tiers.rung]]\nid = \"top\"\nreach = {{ counted = {top} }}\n"
    );
}

fn rewards(random: &mut Random, out: &mut String) {
    let _ = write!(
        out,
        "\n[[rewards]]\nid = \"drink\"\nkind = \"voucher\"\nprice = {{ low = 60, mid = 55, top = 50 }}\ncost = 1.40\nvalid = \"30 days\"\n"
    );
    let _ = write!(
        out,
        "\n[[rewards]]\nid = \"big-month\"\nkind = \"voucher\"\non = \"order\"\nwhen = 'account.month_spend + event.net >= 30.00'\ncap = {}\ncost = 2.00\n",
        cap(random, false)
    );
    out.push_str("\n[[rewards]]\nid = \"climbed\"\nkind = \"product\"\non = \"rung_reached\"\nwhen = 'event.rung == \"top\"'\ncap = { count = 1, per = \"lifetime\" }\ncost = 6.00\n");
    out.push_str("\n[[rewards]]\nid = \"cake\"\nkind = \"voucher\"\non = \"birthday\"\nwhen = 'account.visits_30 >= 1 || default(member.last_score, 0) > 6'\nvalid = { low = \"1 day\", mid = \"7 days\", top = \"30 days\" }\ncost = 1.10\n");
}

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
                    Kind::Adjust,
                    &[
                        "id", "account", "member", "time", "points", "rung", "metric", "value",
                    ],
                ),
                table(
                    Kind::Survey,
                    &["id", "account", "member", "time", "scale", "score"],
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

fn history(random: &mut Random) -> (Vec<EventTable>, String) {
    let mut writer = Writer::new();
    let first = day_from("2023-11-20").unwrap_or(0);
    let span = 60 + random.below(420) as i32;
    for number in 0..1 + random.below(4) {
        let account = format!("acc-{number}");
        let members: Vec<String> = if random.percent(25) {
            vec![account.clone(), format!("{account}-b")]
        } else {
            vec![account.clone()]
        };
        let joined = first + random.below(30) as i32;
        for member in &members {
            writer.row(
                Kind::Enrol,
                &[member, &account, member, &moment(random, joined)],
            );
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
                    for line in 0..1 + random.below(3) {
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
                    orders.push((id, day, quantities));
                }
                55..=71 if !orders.is_empty() => refund(
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
                }
                91..=95 => match random.below(4) {
                    0 => {
                        let rung = *random.pick(&["low", "mid", "top"]);
                        writer.row(
                            Kind::Adjust,
                            &[&id, &account, &member, &at, "", rung, "", ""],
                        );
                    }
                    1 => writer.row(
                        Kind::Adjust,
                        &[&id, &account, &member, &at, "", "", "counted", "3"],
                    ),
                    2 => writer.row(
                        Kind::Adjust,
                        &[&id, &account, &member, &at, "-25", "", "", ""],
                    ),
                    _ => writer.row(
                        Kind::Adjust,
                        &[&id, &account, &member, &at, "40", "", "", ""],
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

/// What generated histories really contain.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Histories.
    pub histories: u64,
    /// Accounts in them.
    pub accounts: u64,
    /// Accounts with a refund that took points back.
    pub refunds: u64,
    /// Accounts that were in debt.
    pub debt: u64,
    /// Accounts whose rung moved.
    pub rung_changes: u64,
    /// Accounts that hit a cap.
    pub capped: u64,
    /// Accounts with points that expired.
    pub expired: u64,
    /// Accounts that got a reward.
    pub rewards: u64,
}

impl std::fmt::Display for Content {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} histories, {} accounts, of which {} with refunds, {} in debt, {} with rung changes, {} with caps hit, {} with expired points, {} with rewards",
            self.histories,
            self.accounts,
            self.refunds,
            self.debt,
            self.rung_changes,
            self.capped,
            self.expired,
            self.rewards
        )
    }
}

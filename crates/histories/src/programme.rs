//! Generated programmes: every kind that settlement knows, in combinations that `check` accepts.

use crate::Random;
use crate::datasets::DATASETS;
use crate::ends::own_ends;
use crate::joining::backdated;
use crate::refunds::refunds;
use crate::waiting::{latest, waiting};
use std::fmt::Write;

const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Dublin",
    "America/New_York",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
];

/// A programme, and whether it is plain.
pub(crate) fn programme(random: &mut Random) -> (String, bool) {
    let mut text = String::new();
    let out = &mut text;
    // Every fourth programme asks nothing of the account at an order: what settlement does in a straight line.
    let plain = random.percent(25);
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
    let round_at = random.pick(&["event", "event", "line"][..if plain { 2 } else { 3 }]);
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
    // Nor does it wait for anything, mostly.
    let straight = plain && random.percent(70);
    let pending = if straight { "" } else { pending };
    out.push_str(pending);
    let expiry = random.pick(&[
        "",
        "expiry = { kind = \"rolling\", length = \"45 days\" }\n",
        "expiry = { kind = \"rolling\", length = \"3 months\", round = \"month_end\" }\n",
        "expiry = { kind = \"rolling\", length = \"1000 hours\" }\n",
        "expiry = { kind = \"rolling\", length = \"2 months\" }\n",
        "expiry = { kind = \"rolling\", length = \"20 days\", round = \"quarter_end\" }\n",
        "expiry = { kind = \"fixed\", days = [\"02-29\", \"07-01\"], life = \"20 days\" }\n",
        "expiry = { kind = \"inactivity\", length = \"15 days\", renewed_by = [\"order\"] }\n",
        "expiry = { kind = \"inactivity\", length = \"20 days\", renewed_by = [\"order\", \"redeem\", \"survey\"], round = \"month_end\" }\n",
        // Nothing waits where a life may be shorter than the wait.
        "expiry = { kind = \"fixed\", days = [\"01-01\"] }\n",
    ]);
    let waits = !pending.is_empty() && expiry.contains("[\"01-01\"]");
    let expiry = if waits { "" } else { expiry };
    out.push_str(expiry);
    earn(random, out, plain);
    metrics_and_tiers(random, out, plain);
    rewards(random, out, plain);
    refunds(random, out);
    if !straight {
        text = waiting(random, &text);
    }
    let text = latest(&own_ends(&text, plain));
    (backdated(random, &text), plain)
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

fn earn(random: &mut Random, out: &mut String, plain: bool) {
    // One cap over all that an order gives.
    let together = plain && random.percent(50);
    let group = if together { "group = \"daily\"\n" } else { "" };
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
        "\n[[earn]]\nid = \"base\"\nkind = \"per_amount\"\namount = '{amount}'\npoints = {points}\nper = {per}\n{when}{whole}{group}counts = true\n"
    );
    if !plain && random.percent(40) {
        let caps = if random.percent(50) {
            cap(random, true)
        } else {
            format!("[{}, {}]", cap(random, true), cap(random, false))
        };
        let _ = writeln!(out, "cap = {caps}");
    }
    if random.percent(50) {
        let _ = write!(
            out,
            "\n[[earn]]\nid = \"flat\"\nkind = \"per_event\"\npoints = 7\n{group}counts = false\n"
        );
        let _ = writeln!(
            out,
            "when = '{}'",
            random.pick(
                &[
                    "event.net >= 10.00",
                    "event.day == 1 || event.hour < 9",
                    "account.visits_30 >= 2",
                    "account.beans < 100"
                ][..if plain { 2 } else { 4 }]
            )
        );
        if !plain && random.percent(50) {
            let _ = writeln!(out, "cap = {}", cap(random, false));
        }
    }
    if random.percent(50) {
        let _ = write!(
            out,
            "\n[[earn]]\nid = \"cups\"\nkind = \"per_line\"\nwhen = 'line.category == \"drink\"'\npoints = {}\nper = \"{}\"\n{group}counts = {}\n",
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
    multipliers(random, out, by_line, plain, together);
}

fn multipliers(random: &mut Random, out: &mut String, by_line: bool, plain: bool, together: bool) {
    let n = random.below(if plain { 2 } else { 4 });
    let conditions = [
        "line.category == \"drink\"",
        "event.weekday == \"tue\"",
        "event.hour >= 12",
        "event.net >= 20.00",
        "account.visits_30 >= 3",
        "account.rung >= \"mid\"",
    ];
    let asked = conditions.len() - if plain { 2 } else { 0 };
    let group = if together { "daily" } else { "meet" };
    for index in 0..n {
        let when = random.pick(&conditions[usize::from(!by_line)..asked]);
        let times = random.pick(&["2", "1.5", "{ low = 1.1, mid = 1.25, top = 1.5 }", "3"]);
        let _ = write!(
            out,
            "\n[[earn]]\nid = \"times-{index}\"\nkind = \"multiplier\"\nwhen = '{when}'\ntimes = {times}\nof = [\"base\"]\ngroup = \"{group}\"\ncounts = {}\n",
            random.pick(&["true", "false"])
        );
        if random.percent(30) {
            out.push_str("from = 2024-03-01\nbefore = 2024-06-01\n");
        }
        if random.percent(40) {
            let _ = writeln!(out, "priority = {}", random.below(3));
        }
    }
    if together {
        // Small, and mostly of the account in a period: an order that goes the short way meets it.
        let of_period = format!(
            "{{ points = {}, per = \"{}\" }}",
            30 + random.below(150),
            random.pick(&["day", "week", "month", "quarter"])
        );
        let cap = match random.percent(75) {
            true => of_period,
            false => cap(random, true),
        };
        let _ = write!(out, "\n[[groups]]\nid = \"daily\"\ncap = {cap}\n");
    } else if n > 0 {
        let combine = random.pick(&["highest", "add", "multiply", "first"]);
        let _ = write!(
            out,
            "\n[[groups]]\nid = \"meet\"\ncombine = \"{combine}\"\n"
        );
        if !plain && random.percent(30) {
            out.push_str("max = 2.5\n");
        }
        if random.percent(40) {
            let _ = writeln!(out, "cap = {}", cap(random, true));
        }
    }
}

fn metrics_and_tiers(random: &mut Random, out: &mut String, plain: bool) {
    let visits = if plain {
        "kind = \"events\""
    } else {
        "kind = \"distinct\"\nof = 'event.date'"
    };
    let _ = write!(
        out,
        "\n[[metrics]]\nid = \"visits_30\"\non = \"order\"\n{visits}\nwindow = \"30 days\"\n"
    );
    out.push_str("\n[[metrics]]\nid = \"month_spend\"\nkind = \"sum\"\non = \"order\"\nof = 'event.net'\nwindow = \"month\"\n");
    out.push_str("\n[[metrics]]\nid = \"last_score\"\nkind = \"last\"\non = \"survey\"\nwhen = 'default(event.scale, \"\") == \"nps\"'\nof = 'default(event.score, 0)'\nwindow = \"90 days\"\npool = \"member\"\n");
    let (id, kind) = *random.pick(
        &([
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
        ])[..if plain { 3 } else { 4 }],
    );
    // What was spent, in a few programmes; of its own numbers, so that the others stay as they were.
    let kind = match Random(random.0 ^ 0x5be7).percent(8) {
        true => "kind = \"spent\"\nwallet = \"beans\"",
        false => kind,
    };
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
            "{ kind = \"calendar\", length = \"2 months\", start = \"02-15\" }",
            "{ kind = \"periods\", count = 2, extra = \"2 weeks\" }",
            "validity_end",
        ),
        (
            "{ kind = \"calendar\", length = \"3 months\", start = \"01-01\" }",
            "{ kind = \"periods\", count = 1, extra = \"1 month\" }",
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

fn rewards(random: &mut Random, out: &mut String, plain: bool) {
    let _ = write!(
        out,
        "\n[[rewards]]\nid = \"drink\"\nkind = \"voucher\"\nprice = {{ low = 60, mid = 55, top = 50 }}\ncost = 1.40\nvalid = \"30 days\"\n"
    );
    let on = if plain { "activity" } else { "order" };
    let when = if plain {
        "default(event.value, 0) >= 40"
    } else {
        "account.month_spend + event.net >= 30.00"
    };
    let _ = write!(
        out,
        "\n[[rewards]]\nid = \"big-month\"\nkind = \"voucher\"\non = \"{on}\"\nwhen = '{when}'\ncap = {}\ncost = 2.00\n",
        cap(random, false)
    );
    out.push_str("\n[[rewards]]\nid = \"climbed\"\nkind = \"product\"\non = \"rung_reached\"\nwhen = 'event.rung == \"top\"'\ncap = { count = 1, per = \"lifetime\" }\ncost = 6.00\n");
    out.push_str("\n[[rewards]]\nid = \"cake\"\nkind = \"voucher\"\non = \"birthday\"\nwhen = 'account.visits_30 >= 1 || default(member.last_score, 0) > 6'\nvalid = { low = \"1 day\", mid = \"7 days\", top = \"30 days\" }\ncost = 1.10\n");
}

/// Surprises, in two of three programmes. Who wins is drawn by the pipeline only.
pub(crate) fn surprises(random: &mut Random, out: &mut String) {
    let schedules = [
        "0 10 ? * TUE *",
        "30 2 ? * SUN *",
        "0 0 ? * FRI *",
        "15 18 ? * TUE,SAT *",
    ];
    let audiences = [
        "account.visits_30 >= 1",
        "account.beans >= 20",
        "default(member.last_score, 10) > 4",
        "account.rung >= \"mid\" || account.month_spend > 10.00",
        "true",
    ];
    for index in 0..random.below(3) {
        let chance = random.pick(&["0.2", "0.35", "0.5", "0.6"]);
        let (schedule, when) = (random.pick(&schedules), random.pick(&audiences));
        let _ = write!(
            out,
            "\n[[surprises]]\nid = \"luck-{index}\"\nkind = \"chance\"\nchance = {chance}\nschedule = {{ cron = \"{schedule}\" }}\nwhen = '{when}'\nreward = \"{}\"\nbudget = {{ count = {} }}\n",
            random.pick(&["cake", "drink"]),
            1 + random.below(2)
        );
        if random.percent(80) {
            out.push_str("cooldown = \"20 days\"\n");
        }
    }
}

//! What a programme's text becomes. What is refused is shown by the golden cases of the diagnostics.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Checked, Source, check};
use crate::calendar::{Calendar, Length, Unit, day_from};
use crate::canonical::Kind;
use crate::finding::{Code, Severity};
use crate::number::Rational;
use crate::program::{EarnKind, Enrol, Expiry, Format, Limit, Literal, Program, Target};

const HEAD: &str = r#"
[program]
name = "Club"
zone = "Europe/Dublin"
currency = "EUR"
"#;

const TILL: &str = r#"
[collect.till]
event = "order"
id = ["shop", "receipt"]
member = "card"
time = "paid_at"
line = "line_no"

[collect.till.columns]
category = { values = ["drink", "food"], required = true }
net = { required = true, min = 0.00, max = 500.00 }
own_cup = { type = "boolean", required = true, line = true }
tip = { type = "money", digits = 4 }
"#;

const BEANS: &str = r#"
[points.beans]
rounding = "down"

[refunds]
shortage = "debt"
"#;

fn checked(parts: &[&str]) -> Checked {
    check(&Source {
        id: "club",
        file: "programs/club/2026-01-01.toml",
        text: &parts.concat(),
    })
}

fn program(parts: &[&str]) -> Program {
    let checked = checked(parts);
    checked
        .program
        .unwrap_or_else(|| panic!("{:#?}", checked.findings))
}

fn codes(parts: &[&str]) -> Vec<Code> {
    let findings = checked(parts).findings;
    findings.iter().map(|finding| finding.code).collect()
}

fn multiplier(id: &str, keys: &str) -> String {
    format!(
        "\n[[earn]]\nid = \"{id}\"\nkind = \"multiplier\"\ntimes = 2\nof = [\"base\"]\n{keys}\n"
    )
}

const BASE: &str = r#"
[[earn]]
id = "base"
kind = "per_amount"
points = 1
per = 1.00
"#;

#[test]
fn a_programme_of_four_keys_has_the_documented_defaults() {
    let program = program(&[HEAD]);
    let days = |count| Length {
        count,
        unit: Unit::Day,
    };
    assert_eq!((program.late, program.settle_after), (days(30), days(1)));
    assert_eq!(program.enrol, Enrol::Automatic);
    assert_eq!(Some(program.from), day_from("2026-01-01"));
    assert_eq!(program.file, "2026-01-01.toml");
    assert_eq!(program.digest.len(), 64);
    assert!(program.wallets.is_empty());
}

#[test]
fn rows_that_are_lines_fill_the_lines_columns() {
    let program = program(&[HEAD, TILL]);
    let till = &program.datasets[0];
    assert_eq!(till.event_id, ["shop", "receipt"]);
    assert_eq!(till.file, "till/**");
    let column = |line: bool, name: &str| {
        program
            .columns
            .iter()
            .find(|c| c.kind == Kind::Order && c.line == line && c.name == name)
            .unwrap()
    };
    let net = column(true, "net");
    assert_eq!(
        (net.min, net.max, net.optional, net.declared),
        (Some(0), Some(50_000), false, true)
    );
    assert!(!column(false, "net").declared);
    assert!(!column(true, "category").optional);
    assert_eq!(column(true, "category").values.as_ref().unwrap().len(), 2);
    assert!(!column(true, "own_cup").optional);
    assert_eq!(
        (column(false, "tip").digits, column(false, "tip").optional),
        (4, true)
    );
    assert!(column(false, "coupon").optional);
}

#[test]
fn a_column_that_one_of_two_datasets_leaves_out_can_be_empty() {
    let web = r#"
[collect.web]
event = "order"
id = "order"
member = "card"
time = "at"
"#;
    let program = program(&[HEAD, TILL, web]);
    let category = program
        .columns
        .iter()
        .find(|c| c.name == "category")
        .unwrap();
    assert!(category.optional);
    assert_eq!(category.values, None);
    assert_eq!(program.datasets[0].id, "till");
    assert_eq!(program.datasets[1].id, "web");
}

#[test]
fn a_fixed_value_is_never_empty_and_the_only_one() {
    let reloads = r#"
[collect.reloads]
event = "activity"
format = "parquet"
id = "id"
member = "card"
time = "at"
fixed = { name = "reload" }
"#;
    let program = program(&[HEAD, reloads]);
    let at = program
        .columns
        .iter()
        .position(|c| c.kind == Kind::Activity && c.name == "name")
        .unwrap();
    assert!(!program.columns[at].optional);
    assert_eq!(
        program.columns[at].values.as_deref(),
        Some(&["reload".to_owned()][..])
    );
    assert_eq!(
        program.datasets[0].fixed,
        [(at, Literal::Text("reload".into()))]
    );
    assert_eq!(program.datasets[0].format, Some(Format::Parquet));
}

#[test]
fn channel_and_store_are_targets_of_their_own() {
    let app = r#"
[collect.app]
event = "activity"
id = "id"
member = "card"
time = "at"

[collect.app.columns]
store = { from = "shop_no" }
"#;
    let program = program(&[HEAD, app]);
    assert_eq!(program.datasets[0].columns[0].target, Target::Store);
    assert_eq!(program.datasets[0].columns[0].from, "shop_no");
}

#[test]
fn the_order_line_that_a_refund_names_is_its_line() {
    let refunds = r#"
[collect.back]
event = "refund"
id = "id"
member = "card"
time = "at"
line = "line_no"

[collect.back.columns]
order = { required = true }
number = { from = "order_line", required = true }
"#;
    let program = program(&[HEAD, refunds]);
    assert_eq!(program.datasets[0].line.as_deref(), Some("order_line"));
}

#[test]
fn earn_rules_come_in_order_of_their_ids_and_name_each_other_so() {
    let rules = [multiplier("a-double", ""), BASE.to_owned()].concat();
    let program = program(&[HEAD, TILL, BEANS, &rules]);
    assert_eq!(program.earn[0].id, "a-double");
    let EarnKind::Multiplier { of, .. } = &program.earn[0].kind else {
        panic!("a multiplier");
    };
    assert_eq!(program.earn[of[0]].id, "base");
    assert!(program.earn[1].per_line);
}

#[test]
fn rates_are_exactly_the_decimals_that_are_written() {
    let rule = r#"
[[earn]]
id = "base"
kind = "per_amount"
points = 1.7
per = "1/3"
cap = { points = 25, per = "day" }
"#;
    let program = program(&[HEAD, TILL, BEANS, rule]);
    let EarnKind::PerAmount { points, per, .. } = &program.earn[0].kind else {
        panic!("a rate");
    };
    assert_eq!(*points.at(0), Rational { num: 17, den: 10 });
    assert_eq!(*per, Rational { num: 1, den: 3 });
    let Limit::Points(limit) = &program.earn[0].caps[0].limit else {
        panic!("points");
    };
    assert_eq!(limit.0, [25]);
}

#[test]
fn points_of_a_scale_are_units_of_it() {
    let wallet = r#"
[points.beans]
rounding = "half_even"
scale = 2
minimum = 1.25
expiry = { kind = "rolling", length = "12 months", round = "month_end" }

[refunds]
shortage = "forgive"
"#;
    let wallet = program(&[HEAD, wallet]).wallets.remove(0);
    assert_eq!((wallet.scale, wallet.minimum), (2, 125));
    let Expiry::Rolling { length, up_to } = &wallet.expiry else {
        panic!("rolling");
    };
    assert_eq!(
        (length.to_string().as_str(), *up_to),
        ("12 months", Some(Calendar::Month))
    );
}

#[test]
fn needs_are_in_the_metrics_denominator() {
    let ladder = r#"
[[metrics]]
id = "spend"
kind = "sum"
on = "order"
of = 'event.net'

[tiers]
period = { kind = "calendar", length = "2 quarters" }
crossing = "next_event"
validity = { kind = "periods" }
shortfall = { green = "keep", gold = "drop_one" }

[[tiers.rung]]
id = "green"

[[tiers.rung]]
id = "gold"
reach = { spend = 300.50 }
"#;
    let program = program(&[HEAD, TILL, ladder]);
    let tiers = program.tiers.unwrap();
    assert_eq!(tiers.rungs[1].reach, [vec![(0, 30_050)]]);
    assert_eq!(tiers.rungs[1].keep, tiers.rungs[1].reach);
    assert!(tiers.rungs[0].reach.is_empty());
    assert_eq!(tiers.shortfall.0.len(), 2);
}

/// Whether two multipliers with these keys need a group.
fn meet(one: &str, other: &str) -> bool {
    let rules = [BASE, &multiplier("one", one), &multiplier("other", other)].concat();
    codes(&[HEAD, TILL, BEANS, &rules]).contains(&Code::Stacking)
}

#[test]
fn multipliers_that_certainly_never_meet_need_no_group() {
    assert!(meet("", ""));
    assert!(!meet(
        "when = 'event.weekday == \"tue\"'",
        "when = 'event.weekday == \"wed\"'"
    ));
    assert!(!meet(
        "when = 'event.hour < 12'",
        "when = 'event.hour >= 12'"
    ));
    assert!(meet(
        "when = 'event.hour <= 12'",
        "when = 'event.hour >= 12'"
    ));
    assert!(!meet(
        "when = 'line.category == \"drink\"'",
        "when = 'line.category == \"food\" && event.hour > 3'"
    ));
    assert!(!meet("when = 'line.own_cup'", "when = '!line.own_cup'"));
    assert!(meet("when = 'line.own_cup'", "when = 'event.hour > 3'"));
    assert!(!meet(
        "when = 'event.weekday == \"mon\" || event.weekday == \"tue\"'",
        "when = 'event.weekday in [\"sat\", \"sun\"]'"
    ));
    assert!(!meet("before = 2026-02-01", "from = 2026-02-01"));
    assert!(meet("before = 2026-02-02", "from = 2026-02-01"));
}

#[test]
fn a_group_that_says_combine_settles_it_and_two_groups_add() {
    let group = |id: &str| format!("\n[[groups]]\nid = \"{id}\"\ncombine = \"highest\"\n");
    let rules = |one: &str, other: &str| {
        [
            BASE.to_owned(),
            multiplier("one", &format!("group = \"{one}\"")),
            multiplier("other", &format!("group = \"{other}\"")),
            group("a"),
            group("b"),
        ]
        .concat()
    };
    assert!(codes(&[HEAD, TILL, BEANS, &rules("a", "a")]).is_empty());
    assert!(codes(&[HEAD, TILL, BEANS, &rules("a", "b")]).is_empty());
}

#[test]
fn a_finding_in_one_table_hides_none_in_another() {
    let text = [
        HEAD,
        TILL,
        "[points.beans]\nrounding = \"up\"\nscale = true\n",
        "[[earn]]\nid = \"a\"\nkind = \"per_event\"\npoints = \"x\"\nwhen = 'event.nett > 1.00'\n",
        "[[earn]]\nid = \"b\"\nkind = \"per_evnt\"\n",
        "[[kpis]]\nid = \"k\"\nkind = \"active\"\nwindow = \"fortnight\"\n",
    ];
    let found = codes(&text);
    for code in [
        Code::WrongType,
        Code::UnknownColumn,
        Code::UnknownKind,
        Code::WrongValue,
        Code::MissingKey,
    ] {
        assert!(found.contains(&code), "{code:?} of {found:?}");
    }
}

/// Every line left out, and every value made another one: never a panic, a place outside the text, or a
/// programme that is missing without an error.
#[test]
fn whatever_is_wrong_is_said() {
    let text = [
        HEAD,
        TILL,
        BEANS,
        BASE,
        &multiplier("one", "group = \"g\""),
        "
[[groups]]
id = \"g\"
combine = \"add\"
cap = { points = 5, per = \"week\" }

[[rewards]]
id = \"mug\"
kind = \"product\"
price = 5

[[surprises]]
id = \"treat\"
kind = \"chance\"
chance = 0.5
schedule = { cron = \"0 10 ? * TUE *\", from = 2026-02-01 }
when = 'account.beans > 5'
reward = \"mug\"
budget = { count = 3 }
",
    ]
    .concat();
    let lines: Vec<&str> = text.lines().collect();
    let mut all: Vec<String> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let with = |other: &str| {
            let mut lines = lines.clone();
            lines[at] = other;
            lines.join("\n")
        };
        all.push(with(""));
        if let Some((key, _)) = line.split_once(" = ") {
            for value in ["-1.5", "\"x\"", "{}"] {
                all.push(with(&format!("{key} = {value}")));
            }
        }
    }
    for text in &all {
        let checked = checked(&[text]);
        let error = checked
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        assert_ne!(
            checked.program.is_some(),
            error,
            "{text}\n{:#?}",
            checked.findings
        );
        for finding in &checked.findings {
            let place = finding.place.start as usize..finding.place.end as usize;
            assert!(text.get(place).is_some(), "{finding:#?}");
        }
    }
}

//! The canonical ledger: every entry, move and reward of an account as JSON, one line each, without
//! anything that says in which run, file or shard it was booked. The same events give the same bytes,
//! however they were cut, ordered, repeated or sharded.

use super::{Entry, EventRef, Issued, Rule, RungMove};
use crate::calendar::{Instant, day_text};
use crate::number::decimal;
use crate::program::Program;
use serde_json::{Value, json};

/// The rule's name: an id of the programme, or the key that rules.
pub fn rule_text(program: &Program, rule: Rule) -> String {
    match rule {
        Rule::Earn(index) => program.earn[usize::from(index)].id.clone(),
        Rule::Reward(index) => program.rewards[usize::from(index)].id.clone(),
        Rule::Surprise(index) => program.surprises[usize::from(index)].id.clone(),
        Rule::Expiry(wallet) => of_wallet(program, wallet, "expiry"),
        Rule::Pending(wallet) => of_wallet(program, wallet, "pending"),
        Rule::RungUp(wallet) => of_wallet(program, wallet, "on_rung_up"),
        Rule::RungDown(wallet) => of_wallet(program, wallet, "on_rung_down"),
        Rule::Tiers => "tiers".into(),
        Rule::Redeem(_) => "redeem".into(),
        Rule::Shortage(_) => "refunds.shortage".into(),
        Rule::Adjust(_) => "adjust".into(),
        Rule::Opening(_) => "opening".into(),
        Rule::Converted(_) => "migrate.points".into(),
    }
}

/// A key of a wallet.
fn of_wallet(program: &Program, wallet: u8, key: &str) -> String {
    format!("points.{}.{key}", wallet_text(program, wallet))
}

/// The id of a wallet.
pub fn wallet_text(program: &Program, wallet: u8) -> &str {
    program.wallet(wallet).map_or("points", |it| &it.id)
}

/// The line of the programme file in which the rule stands, from 1.
pub fn rule_line(program: &Program, rule: Rule) -> u32 {
    match rule {
        Rule::Earn(index) => program.earn[usize::from(index)].place.line,
        Rule::Reward(index) => program.rewards[usize::from(index)].place.line,
        Rule::Surprise(index) => program.surprises[usize::from(index)].place.line,
        Rule::Expiry(wallet)
        | Rule::Pending(wallet)
        | Rule::RungUp(wallet)
        | Rule::RungDown(wallet) => program.wallet(wallet).map_or(1, |it| it.place.line),
        Rule::Tiers => program.tiers.as_ref().map_or(1, |tiers| tiers.place.line),
        Rule::Shortage(_) => program.refunds.place.line,
        Rule::Converted(_) => program.migrate.place.map_or(1, |place| place.line),
        Rule::Redeem(_) | Rule::Adjust(_) | Rule::Opening(_) => 1,
    }
}

/// An instant in UTC, as precise as it is.
pub fn instant_text(at: Instant) -> String {
    jiff::Timestamp::from_microsecond(at).map_or_else(|_| at.to_string(), |stamp| stamp.to_string())
}

/// Scaled points as a decimal number.
pub fn points_text(program: &Program, points: i64) -> String {
    decimal(points, program.scale())
}

/// Scaled points of a wallet as a decimal number of its own digits.
pub fn points_of(program: &Program, wallet: u8, points: i64) -> String {
    program.wallet(wallet).map_or_else(
        || points_text(program, points),
        |wallet| decimal(points / wallet.grain(program), wallet.scale),
    )
}

/// The id of a rung.
pub fn rung_text(program: &Program, rung: u8) -> Option<&str> {
    Some(&program.tiers.as_ref()?.rungs.get(usize::from(rung))?.id)
}

/// The name of a dataset; events that no dataset gave have none.
pub fn source_text(program: &Program, source: usize) -> &str {
    program
        .datasets
        .get(source)
        .map_or("", |dataset| &dataset.id)
}

fn event(program: &Program, event: Option<&EventRef>) -> Value {
    event.map_or(Value::Null, |event| {
        json!([source_text(program, event.0), event.1.to_string()])
    })
}

/// One entry.
pub fn entry_line(program: &Program, account: &str, entry: &Entry) -> String {
    line(&[
        ("account", json!(account)),
        ("at", json!(instant_text(entry.at))),
        ("table", json!("entries")),
        ("kind", json!(entry.kind.text())),
        ("rule", json!(rule_text(program, entry.rule))),
        (
            "wallet",
            json!(
                entry
                    .rule
                    .wallet(program)
                    .map(|it| wallet_text(program, it))
            ),
        ),
        ("event", event(program, Some(&entry.event))),
        ("lot", event(program, entry.lot.as_ref())),
        ("points", json!(points_text(program, entry.points))),
        (
            "expires",
            entry
                .expires
                .map_or(Value::Null, |at| json!(instant_text(at))),
        ),
        ("rung", json!(rung_text(program, entry.rung))),
    ])
}

/// One move on the ladder.
pub fn rung_line(program: &Program, account: &str, moved: &RungMove) -> String {
    line(&[
        ("account", json!(account)),
        ("at", json!(instant_text(moved.at))),
        ("table", json!("rungs")),
        ("reason", json!(moved.reason.text())),
        ("from", json!(rung_text(program, moved.from))),
        ("to", json!(rung_text(program, moved.to))),
        ("until", json!(moved.until.map(day_text))),
        ("event", event(program, moved.event.as_ref())),
    ])
}

/// One reward.
pub fn issued_line(program: &Program, account: &str, issued: &Issued) -> String {
    reward_line(program, account, "rewards", issued)
}

/// One reward that is not deserved any more, but was used and stays.
pub fn kept_line(program: &Program, account: &str, issued: &Issued) -> String {
    reward_line(program, account, "kept", issued)
}

/// What a reward is called for ever: rule, cause (dataset and event, or the instant), member and occurrence.
pub fn reward_id(program: &Program, issued: &Issued) -> String {
    let cause = issued.event.as_ref().map_or_else(
        || issued.at.to_string(),
        |event| format!("{}/{}", source_text(program, event.0), event.1),
    );
    format!(
        "{}/{cause}/{}/{}",
        rule_text(program, issued.rule),
        issued.member,
        issued.occurrence
    )
}

fn reward_line(program: &Program, account: &str, table: &str, issued: &Issued) -> String {
    let mut parts = vec![
        ("account", json!(account)),
        ("at", json!(instant_text(issued.at))),
        ("table", json!(table)),
        (
            "reward",
            json!(program.rewards[usize::from(issued.reward)].id),
        ),
        ("rule", json!(rule_text(program, issued.rule))),
        ("member", json!(issued.member)),
        ("event", event(program, issued.event.as_ref())),
        ("occurrence", json!(issued.occurrence)),
        ("until", json!(instant_text(issued.until))),
        ("cost", json!(decimal(issued.cost, program.currency_digits))),
    ];
    if let Some(refund) = &issued.revoked_by {
        parts.push(("revoked_by", event(program, Some(refund))));
    }
    line(&parts)
}

/// All lines of an account, sorted.
pub fn account_lines(
    program: &Program,
    account: &str,
    entries: &[Entry],
    rungs: &[RungMove],
    issued: &[Issued],
) -> Vec<String> {
    let mut lines: Vec<String> = entries
        .iter()
        .map(|entry| entry_line(program, account, entry))
        .collect();
    lines.extend(rungs.iter().map(|moved| rung_line(program, account, moved)));
    lines.extend(
        issued
            .iter()
            .map(|issued| issued_line(program, account, issued)),
    );
    lines.sort_unstable();
    lines
}

/// Keys in the order that is written here.
fn line(parts: &[(&str, Value)]) -> String {
    let mut text = String::with_capacity(200);
    for (index, (key, value)) in parts.iter().enumerate() {
        text.push(if index == 0 { '{' } else { ',' });
        text.push_str(&format!("{}:{value}", json!(key)));
    }
    text.push('}');
    text
}

//! What a later version settles of the past: rungs by what was done before it, and rules by what they would have given.
//! Of own numbers, so that all else that a seed gives stays as it was.

use crate::Random;
use crate::versions::{counted, section};
use crate::wallets::two;
use rungs_engine::calendar::{Day, day_text};
use std::ops::Range;

/// The same, and now and then its rungs are set by what was done on some days, of which the version before ruled on
/// at least one.
pub(crate) fn qualified(
    own: &mut Random,
    before: &str,
    text: String,
    ruled: &Range<Day>,
) -> String {
    let ladder = |text: &str| section(text, "[tiers]");
    let follows = ladder(&text).contains("validity = { kind = \"none\"");
    let ladders = !ladder(before).is_empty() && !ladder(&text).is_empty();
    if !own.percent(70) || follows || !ladders {
        return text;
    }
    let text = counting_as(before, &text);
    let back = if own.percent(50) {
        own.below(40) as i32
    } else {
        0
    };
    let end = (ruled.end - back).max(ruled.start + 1);
    let days = *own.pick(&[30, 70, 150, 400]) + own.below(15) as i32;
    let line = format!(
        "qualify = {{ from = {}, before = {} }}\n",
        day_text(end - days),
        day_text(end)
    );
    // It sets the ends of rungs, too.
    let text = text.replace("validity = \"recompute\"\n", "");
    with(text, &line)
}

/// The same with a line of `[migrate]`, which stands last.
fn with(text: String, line: &str) -> String {
    match text.contains("\n[migrate]\n") {
        true => text + line,
        false => text + "\n[migrate]\n" + line,
    }
}

/// The same, with the kind of metric that the version before counts, and its needs.
fn counting_as(before: &str, text: &str) -> String {
    let kind = |text: &str| {
        let metric = counted(text);
        let line = metric.lines().find(|line| line.starts_with("kind = "));
        line.unwrap_or_default().to_owned()
    };
    if kind(before) == kind(text) {
        return text.to_owned();
    }
    let is_need = |line: &&str| line.starts_with("reach = ");
    let mut needs = before.lines().filter(is_need);
    let text = text.replacen(&counted(text), &counted(before), 1);
    let mut out = String::new();
    for line in text.lines() {
        let line = match line {
            line if line.starts_with("keep = ") => continue,
            line if is_need(&line) => needs.next().unwrap_or(line),
            line => line,
        };
        out += line;
        out.push('\n');
    }
    out
}

/// The same, and now and then it settles the past of rules anew.
pub(crate) fn regranted(
    own: &mut Random,
    earlier: &[String],
    text: String,
    ruled: &Range<Day>,
) -> String {
    let alone = |rule: &str| {
        let others = [
            "group = ",
            "each = ",
            "kind = \"multiplier\"",
            "account.visits",
        ];
        !others.iter().any(|other| rule.contains(other))
    };
    // It gave points of the same wallet, and these do not wait for what is gone, nor are they others by now.
    let goes_on = |rule: &str| {
        let wallet = wallet(rule);
        if earlier.iter().any(|text| gone(text) == Some(wallet)) {
            return false;
        }
        let waits =
            |text: &String| section(text, &format!("[points.{wallet}]")).contains("pending");
        let elsewhere = |text: &String| {
            let mut was = rules(text).filter(|was| id(was) == id(rule));
            was.any(|was| self::wallet(was) != wallet)
        };
        !earlier.iter().any(elsewhere) && (waits(&text) || !earlier.iter().any(waits))
    };
    let mut said = Vec::new();
    for rule in rules(&text) {
        let days = *own.pick(&[15, 40, 90, 300]) + own.below(10) as i32;
        if own.percent(45) && alone(rule) && goes_on(rule) {
            let from = day_text(ruled.end - days);
            said.push(format!("{{ rule = {}, from = {from} }}", id(rule)));
        }
    }
    match said.is_empty() || own.percent(40) {
        true => text,
        false => with(text, &format!("regrant = [{}]\n", said.join(", "))),
    }
}

/// What the wallet says whose points become others begins with.
const CONVERSION: &str = "points = [{ wallet = \"";

/// The wallet whose points become others in a version.
fn gone(text: &str) -> Option<&str> {
    let said = text.split_once(CONVERSION)?.1;
    Some(said.split_once('"')?.0)
}

/// The same, and now and then points of one wallet become points of the other.
pub(crate) fn converted(own: &mut Random, earlier: &[String], text: String) -> String {
    let (from, to) = *own.pick(&[("beans", "leaves"), ("leaves", "beans")]);
    let (rate, round) = (
        *own.pick(&["2", "0.5", "\"1/3\"", "\"7/4\"", "1", "\"1/40\""]),
        *own.pick(&["down", "up", "half_up", "half_even"]),
    );
    let of = |text: &str, wallet: &str| section(text, &format!("[points.{wallet}]"));
    let before = earlier.last().map_or("", String::as_str);
    let had = earlier.iter().any(|was| of(was, from).contains("pending"));
    let waited = |was: &String| of(was, from).contains("pending = { until");
    let to_has = |what: &str| of(&text, to).contains(what);
    let fits = two(&text)
        && two(before)
        && (!had || to_has("pending"))
        && (!earlier.iter().any(waited) || to_has("until = {"))
        && (!of(before, from).contains("\"inactivity\"") || to_has("\"inactivity\""))
        && !regrants_of(&text, from);
    if !fits || !own.percent(60) {
        return text;
    }
    let line =
        format!("{CONVERSION}{from}\", to = \"{to}\", rate = {rate}, round = \"{round}\" }}]\n");
    with(text, &line)
}

/// Whether a version settles the past of a rule of a wallet.
fn regrants_of(text: &str, of: &str) -> bool {
    let said = text.lines().find(|line| line.starts_with("regrant = "));
    let named =
        |rule: &str| said.is_some_and(|line| line.contains(&format!("rule = {},", id(rule))));
    rules(text).any(|rule| named(rule) && wallet(rule) == of)
}

/// The earn rules of a programme.
fn rules(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("\n[[earn]]\n").skip(1);
    parts.map(|part| part.split("\n[").next().unwrap_or_default())
}

fn id(rule: &str) -> &str {
    let mut lines = rule.lines();
    let id = lines.find_map(|line| line.strip_prefix("id = "));
    id.unwrap_or_default()
}

/// The wallet that a rule names, or the only one.
fn wallet(rule: &str) -> &str {
    let mut lines = rule.lines();
    let named = lines.find_map(|line| line.strip_prefix("wallet = "));
    named.map_or("beans", |wallet| wallet.trim_matches('"'))
}

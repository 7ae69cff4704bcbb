//! The answer for people who answer members: what there is, why, and what is missing.

use rungs_engine::number::decimal;
use rungs_engine::program::{Program, Versions};
use serde_json::Value;

use super::arithmetic::arithmetic;

/// The answer of [`super::explain`] as text, newest first.
pub fn text(versions: &Versions, answer: &Value) -> String {
    let points = versions
        .newest()
        .wallet(0)
        .map_or("points", |wallet| &wallet.id);
    let mut out = head(answer);
    out += &purse(answer, points);
    for other in list(answer, "other_wallets") {
        out += &purse(other, &words(&other["wallet"]));
    }
    out += &section("open points, by expiry", lots(answer));
    for other in list(answer, "other_wallets") {
        let title = format!("open points of {}, by expiry", words(&other["wallet"]));
        out += &section(&title, lots(other));
    }
    out += &section("next rung", next_rung(answer));
    out += &section(
        "entries, newest first",
        list(answer, "entries")
            .rev()
            .map(|it| entry(version(versions, it), it))
            .collect(),
    );
    out += &section(
        "rung moves, newest first",
        list(answer, "rungs").rev().map(moved).collect(),
    );
    out += &section(
        "rewards, newest first",
        list(answer, "rewards").rev().map(reward).collect(),
    );
    out += &section(
        "why not",
        list(answer, "why_not")
            .map(|it| why_not(version(versions, it), it))
            .collect(),
    );
    out
}

/// The version that a part of the answer names.
fn version<'v>(versions: &'v Versions, part: &Value) -> &'v Program {
    let mut all = versions.all().iter();
    let named = all.find(|program| part["version"] == program.digest.as_str());
    named.unwrap_or_else(|| versions.newest())
}

fn list<'a>(answer: &'a Value, key: &str) -> std::slice::Iter<'a, Value> {
    answer[key].as_array().map_or(&[][..], Vec::as_slice).iter()
}

/// A value in words; nothing where there is none.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(all) => Some(
            all.iter()
                .map(|it| word(it).unwrap_or_else(|| "empty".into()))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        other => Some(other.to_string()),
    }
}

pub(super) fn words(value: &Value) -> String {
    word(value).unwrap_or_default()
}

/// Local time without the seconds, where they are none.
pub(super) fn time(value: &Value) -> String {
    let text = words(value).replace('T', " ");
    match text.strip_suffix(":00") {
        Some(short) if text.len() == 19 => short.to_owned(),
        _ => text,
    }
}

/// The day of a local time; an end at 00:00 is the first day without it.
fn day(value: &Value) -> String {
    let text = words(value);
    match text.strip_suffix("T00:00:00") {
        Some(day) => day.to_owned(),
        None => time(value),
    }
}

fn event(value: &Value) -> String {
    let (source, id) = (words(&value["source"]), words(&value["id"]));
    if source.is_empty() {
        format!("`{id}`")
    } else {
        format!("`{id}` ({source})")
    }
}

pub(super) fn section(title: &str, lines: Vec<String>) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("\n{title}\n{lines}")
}

fn head(answer: &Value) -> String {
    let mut out = format!(
        "account {} in {}, as of the end of {}\n",
        words(&answer["account"]),
        words(&answer["program"]),
        words(&answer["as_of"])
    );
    out += &match word(&answer["enrolled"]) {
        Some(day) => format!("  enrolled   {day}, {} events\n", words(&answer["events"])),
        None => format!("  not enrolled, {} events\n", words(&answer["events"])),
    };
    if let Some(rung) = word(&answer["rung"]) {
        let since =
            word(&answer["rung_since"]).map_or_else(String::new, |day| format!(", since {day}"));
        let until = word(&answer["rung_until"])
            .map_or_else(String::new, |day| format!(", until {day} (not included)"));
        out += &format!("  rung       {rung}{since}{until}\n");
    }
    out
}

/// What there is in a wallet.
fn purse(answer: &Value, points: &str) -> String {
    let mut out = format!("  balance    {} {points}\n", words(&answer["balance"]));
    for (key, said) in [
        ("pending", "held back"),
        ("debt", "owed; the next points that are released pay it"),
    ] {
        if answer[key].as_f64().is_none_or(|number| number != 0.0) {
            out += &format!("  {key:<10} {} {points} ({said})\n", words(&answer[key]));
        }
    }
    out
}

/// Lots that end together are one line where an account has more than this many.
const LOTS: usize = 12;

fn lots(answer: &Value) -> Vec<String> {
    let all: Vec<&Value> = list(answer, "lots").collect();
    let together = |a: &&Value, b: &&Value| {
        all.len() > LOTS
            && ["expires", "pending", "released"]
                .iter()
                .all(|key| a[*key] == b[*key])
    };
    all.chunk_by(|a, b| together(a, b))
        .filter_map(lots_of_one_end)
        .collect()
}

fn lots_of_one_end(lots: &[&Value]) -> Option<String> {
    let (first, last) = (lots.first()?, lots.last()?);
    let end = word(&first["expires"]).map_or_else(
        || "never expire".to_owned(),
        |_| format!("expire {}", day(&first["expires"])),
    );
    let held = if first["pending"] == true {
        held_back(first)
    } else {
        String::new()
    };
    let from = match lots {
        [lot] => format!("{} of {}", event(&lot["event"]), time(&lot["granted"])),
        _ => format!(
            "{} grants, {} to {}",
            lots.len(),
            time(&first["granted"]),
            time(&last["granted"])
        ),
    };
    Some(format!("{} {end}{held}: from {from}", points_of(lots)))
}

/// The sum of the points of lots.
fn points_of(lots: &[&Value]) -> String {
    let texts: Vec<String> = lots.iter().map(|lot| words(&lot["points"])).collect();
    let digits_of = |text: &String| text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let digits = texts.iter().map(digits_of).max().unwrap_or(0);
    let scaled = |text: &String| {
        let zeros = "0".repeat(digits - digits_of(text));
        (text.replace('.', "") + &zeros).parse::<i64>().ok()
    };
    match texts.iter().map(scaled).sum::<Option<i64>>() {
        Some(sum) => decimal(sum, digits as u8),
        None => texts.join(" + "),
    }
}

fn next_rung(answer: &Value) -> Vec<String> {
    let next = &answer["next_rung"];
    let Some(rung) = word(&next["rung"]) else {
        return Vec::new();
    };
    let ways = list(next, "any_of").enumerate().map(|(index, way)| {
        let metric = |(id, it): (&String, &Value)| match it["missing"].as_f64() {
            Some(0.0) => format!(
                "{id} {} of {}, enough",
                words(&it["has"]),
                words(&it["needs"])
            ),
            _ => format!(
                "{id} {} of {}, {} missing",
                words(&it["has"]),
                words(&it["needs"]),
                words(&it["missing"])
            ),
        };
        let all: Vec<String> = way.as_object().into_iter().flatten().map(metric).collect();
        format!(
            "{} {}",
            if index == 0 {
                format!("{rung}:")
            } else {
                "or".into()
            },
            all.join("; and ")
        )
    });
    ways.collect()
}

pub(super) fn signed(value: &Value) -> String {
    let text = words(value);
    if text.starts_with('-') {
        text
    } else {
        format!("+{text}")
    }
}

/// Until when the points of a lot are held back.
fn held_back(lot: &Value) -> String {
    let latest = word(&lot["released"]).map(|_| time(&lot["released"]));
    match (word(&lot["waits_for"]), latest) {
        (Some(kind), Some(latest)) => {
            format!(", held back until an event of kind {kind}, {latest} at the latest")
        }
        (Some(kind), None) => format!(", held back until an event of kind {kind}"),
        (None, latest) => format!(", held back until {}", latest.unwrap_or_default()),
    }
}

fn entry(program: &Program, entry: &Value) -> String {
    let (kind, rule) = (words(&entry["kind"]), words(&entry["rule"]));
    let (cause, place) = (event(&entry["event"]), words(&entry["place"]));
    let of_wallet = word(&entry["wallet"]).map_or_else(String::new, |wallet| format!(" {wallet}"));
    let points = words(&entry["points"]) + &of_wallet;
    let change = signed(&entry["points"]) + &of_wallet;
    let expires = word(&entry["expires"]).map_or_else(String::new, |_| {
        format!(", expire {}", day(&entry["expires"]))
    });
    // Points of one event may end apart, so a lot is told with its end.
    let lot = word(&entry["lot"]["id"]).map_or_else(String::new, |_| {
        let ends = expires.replacen(", expire", " that expire", 1);
        format!(", from the points of {}{ends}", event(&entry["lot"]))
    });
    let own_end = if lot.is_empty() { &expires } else { "" };
    // The points of an event are its lot's own: a version settles anew what a rule gave for it.
    let anew = !lot.is_empty() && entry["lot"] == entry["event"];
    let said = match kind.as_str() {
        "grant" if anew => {
            format!("{change} {rule} for {cause}, which this version settles anew{expires}")
        }
        "reverse" if anew => {
            format!("{change} {rule} for {cause}, which this version settles anew{lot}")
        }
        "grant" => {
            let earn = program.earn.iter().find(|earn| earn.id == rule);
            let sum = earn.and_then(|earn| {
                arithmetic(program, earn, &entry["cause"], &words(&entry["rung"]))
            });
            let sum = sum.map_or_else(String::new, |sum| format!(": {sum}"));
            let before = word(&entry["ordered"]).map_or_else(String::new, |_| {
                format!(" of {}, credited on joining", time(&entry["ordered"]))
            });
            format!("{change} {rule} for {cause}{before}{sum}{expires}")
        }
        "release" => format!("({points}) released: the points of {cause} can be spent from now on"),
        "redeem" => format!("{change} redeemed by {cause}, {rule}{lot}"),
        "expire" => format!("{change} expired: what was left of the points of {cause}"),
        "renew" => format!("{change} with another end, {rule}: points of {cause}{expires}"),
        "convert" if points.starts_with('-') => {
            format!("{change} became points of another wallet, {rule}: points of {cause}")
        }
        "convert" => format!("{change} from another wallet, {rule}: points of {cause}{expires}"),
        "debt" if rule == "migrate.points" && points.starts_with('-') => {
            format!("({points}) not owed any more, but in another wallet, {rule}")
        }
        "debt" if rule == "migrate.points" => {
            format!("({points}) owed, from another wallet, {rule}")
        }
        "reverse" => format!("{change} {rule}, taken back by {cause}{lot}"),
        "restore" => {
            let lot = lot.replacen("from", "to", 1);
            format!("{change} given back by {cause}, {rule}{lot}{own_end}")
        }
        "debt" if points.starts_with('-') => {
            format!("({points}) not owed any more: {cause} undoes what was taken")
        }
        "forgive" if points.starts_with('-') => {
            format!("({points}) not let go any more: {cause} undoes what was taken")
        }
        "debt" => format!("({points}) owed: more than there was to take for {cause}"),
        "repay" => format!("{change} paid off what was owed, from the points of {cause}"),
        // In the name of the rule that gave them: points of the order itself.
        "forgive" if rule != "refunds.shortage" => {
            let of = event(&entry["lot"]);
            format!(
                "({points}) {rule}, counted as given back by {cause}: points of {of} that had ended unspent"
            )
        }
        "forgive" => format!("({points}) let go: more than there was to take for {cause}"),
        _ => format!("{change} {rule} by {cause}{lot}{own_end}"),
    };
    // The desk and a redemption that names no reward stand in no line of the programme.
    let place = if matches!(rule.as_str(), "redeem" | "adjust") {
        String::new()
    } else {
        format!("; {place}")
    };
    format!("{}  {said}{place}", time(&entry["at"]))
}

fn moved(moved: &Value) -> String {
    let (from, to, reason) = (
        words(&moved["from"]),
        words(&moved["to"]),
        words(&moved["reason"]),
    );
    let until = word(&moved["until"])
        .map_or_else(String::new, |day| format!(", until {day} (not included)"));
    let cause = word(&moved["event"]["id"])
        .map_or_else(String::new, |_| format!(" by {}", event(&moved["event"])));
    let way = if from == to {
        to
    } else {
        format!("{from} → {to}")
    };
    format!(
        "{}  {way}: {reason}{cause}{until}; {}",
        time(&moved["at"]),
        words(&moved["place"])
    )
}

fn reward(reward: &Value) -> String {
    let cause = word(&reward["event"]["id"])
        .map_or_else(String::new, |_| format!(" by {}", event(&reward["event"])));
    let (id, rule) = (words(&reward["reward"]), words(&reward["rule"]));
    if word(&reward["revoked_by"]["id"]).is_some() {
        return format!(
            "{}  {id} of {}{cause}, taken back by {}; {}",
            time(&reward["at"]),
            words(&reward["member"]),
            event(&reward["revoked_by"]),
            words(&reward["place"])
        );
    }
    let rule = if id == rule {
        String::new()
    } else {
        format!(", a win of {rule}")
    };
    format!(
        "{}  {id} for {}{cause}{rule}, until {} (not included); {}",
        time(&reward["at"]),
        words(&reward["member"]),
        day(&reward["until"]),
        words(&reward["place"])
    )
}

fn why_not(program: &Program, not: &Value) -> String {
    let (rule, reason) = (words(&not["rule"]), words(&not["reason"]));
    let on = match word(&not["event"]["id"]) {
        Some(_) => format!(" for {}", event(&not["event"])),
        None => format!(" at {}", time(&not["at"])),
    };
    let meaning = match reason.as_str() {
        "when" => "its condition was not true",
        "window" => "outside of its dates",
        "cap" => "its cap was full",
        "group" => "another rule of its group took its place",
        "zero" => "what it gives comes to nothing",
        _ => "it was not asked",
    };
    let inputs = not["cause"]["inputs"].as_object().into_iter().flatten();
    let seen: Vec<String> = inputs
        .map(|(column, value)| {
            format!(
                "{column} is {}",
                word(value).unwrap_or_else(|| "empty".into())
            )
        })
        .collect();
    let seen = if seen.is_empty() {
        String::new()
    } else {
        format!(" ({})", seen.join("; "))
    };
    let earn = program.earn.iter().find(|earn| earn.id == rule);
    let before = if reason == "cap" {
        earn.and_then(|_| word(&not["cause"]["exact"]))
    } else {
        None
    };
    let before = before.map_or_else(String::new, |exact| format!("; without it {exact}"));
    format!(
        "{rule}{on}: {reason}, {meaning}{before}{seen}; {}",
        words(&not["place"])
    )
}

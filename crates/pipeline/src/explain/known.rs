//! What was believed of an account after an earlier night, and what later nights learnt of the time
//! before. It is read from the ledger alone, in which nothing is ever edited.

use super::text::{section, signed, time, word, words};
use super::{event_json, local, number};
use crate::lake::corrections::{Correction, read_corrections};
use crate::lake::ledger::{AccountLedger, Decoder, Ledger};
use crate::lake::manifest::Manifest;
use crate::lake::store::Store;
use crate::report::Held;
use crate::trouble::{Trouble, TroubleCode};
use rungs_engine::calendar::{Day, Instant, day_text};
use rungs_engine::ledger::canonical::{points_text, rule_text, rung_text, wallet_text};
use rungs_engine::ledger::{Booking, EntryKind};
use rungs_engine::program::{Program, Versions};
use serde_json::{Value, json};
use std::path::Path;

/// What was known of an account after the last night that was settled by a date; nothing if it was not
/// known then and is not known now.
///
/// # Errors
/// If the store cannot be read, or no night was settled by then.
pub fn known_at(
    versions: &Versions,
    store: &Path,
    id: &str,
    date: Day,
) -> Result<Option<Value>, Trouble> {
    let program = versions.newest();
    let store = Store::open_of(store, &program.id)?;
    let manifests = store.manifests()?;
    let mut nights = Vec::new();
    for manifest in &manifests {
        nights.push(manifest.nights.last(store.folder())?);
    }
    let Some(first) = nights.first() else {
        return Err(Trouble::not_settled());
    };
    let known = nights.partition_point(|night| *night <= date);
    let Some(as_of) = known.checked_sub(1).map(|last| nights[last]) else {
        return Err(Trouble::new(
            TroubleCode::NoReport,
            format!("nothing was settled by {}", day_text(date)),
            format!(
                "the first night after which anything was known is {}",
                day_text(*first)
            ),
        ));
    };
    let until = program.zone.midnight(as_of + 1);
    let then = Ledger::of(&store, &manifests[..known])?;
    let now = Ledger::open(&store)?;
    let decoder = Decoder::new(&now, versions);
    let (then, now) = (then.account(id)?, now.account(id)?);
    if now.is_empty() {
        return Ok(None);
    }
    let mut learnt = Vec::new();
    for (manifest, night) in manifests[known..].iter().zip(&nights[known..]) {
        learnt.extend(learnt_by(
            versions, &store, manifest, *night, &decoder, &now, until,
        )?);
    }
    Ok(Some(json!({
        "program": program.id,
        "account": id,
        "known_at": day_text(date),
        "as_of": day_text(as_of),
        "then": belief(versions, &decoder, &then, until),
        "now": belief(versions, &decoder, &now, until),
        "learnt": learnt,
    })))
}

/// What a ledger says of the instant `until`.
fn belief(versions: &Versions, decoder: &Decoder, ledger: &AccountLedger, until: Instant) -> Value {
    let program = versions.newest();
    // Of a programme without points nobody has any.
    let mut purses = vec![(0, 0, 0); program.wallets.len().max(1)];
    let mut held = Held::new(versions);
    for (booking, entry) in ledger.entries.iter().filter_map(|row| decoder.entry(row)) {
        if entry.at >= until {
            continue;
        }
        let Some((points, pending, debt)) = purses.get_mut(usize::from(versions.wallet_of(&entry)))
        else {
            continue;
        };
        let signed = booking.sign() * entry.points;
        *pending += held.back(booking, &entry);
        if entry.kind.changes_points() {
            *points += signed;
        }
        if matches!(entry.kind, EntryKind::Debt | EntryKind::Repay) {
            *debt += signed;
        }
    }
    let moves = decoder.moves(&ledger.rungs);
    let held_rung = moves.iter().take_while(|moved| moved.at < until).last();
    let rung = rung_text(program, held_rung.map_or(0, |moved| moved.to));
    let scaled = |points: i64| number(&points_text(program, points));
    let mut all = (0..).zip(&purses).map(|(wallet, (points, pending, debt))| {
        json!({
            "wallet": wallet_text(program, wallet),
            "balance": scaled(points - pending),
            "pending": scaled(*pending),
            "debt": scaled(*debt),
        })
    });
    let first = all.next().unwrap_or(Value::Null);
    let mut belief = json!({
        "balance": first["balance"],
        "pending": first["pending"],
        "debt": first["debt"],
        "rung": rung,
        "rung_until": held_rung.and_then(|moved| moved.until).map(day_text),
    });
    if purses.len() > 1 {
        belief["other_wallets"] = all.collect();
    }
    belief
}

/// What a night booked for the time before `until`, and the events that made it do so.
fn learnt_by(
    versions: &Versions,
    store: &Store,
    manifest: &Manifest,
    night: Day,
    decoder: &Decoder,
    ledger: &AccountLedger,
    until: Instant,
) -> Result<Option<Value>, Trouble> {
    let program = versions.newest();
    let own = |row_night: Day, at: Instant| row_night == night && at < until;
    let mut lines = Vec::new();
    for row in ledger.entries.iter().filter(|row| own(row.night, row.at)) {
        if let Some((booking, entry)) = decoder.entry(row) {
            let mut line = json!({
                "booking": booking.text(),
                "at": local(program, entry.at),
                "kind": entry.kind.text(),
                "points": number(&points_text(program, booking.sign() * entry.points)),
                "rule": rule_text(program, entry.rule),
                "event": event_json(program, &entry.event),
            });
            if program.wallets.len() > 1 {
                line["wallet"] = json!(wallet_text(program, versions.wallet_of(&entry)));
            }
            lines.push(line);
        }
    }
    for row in ledger.rungs.iter().filter(|row| own(row.night, row.at)) {
        if let Some((booking, moved)) = decoder.rung(row) {
            lines.push(json!({
                "booking": booking.text(),
                "at": local(program, moved.at),
                "kind": "rung",
                "from": rung_text(program, moved.from),
                "to": rung_text(program, moved.to),
                "until": moved.until.map(day_text),
            }));
        }
    }
    for row in ledger.rewards.iter().filter(|row| own(row.night, row.at)) {
        if let Some((booking, issued)) = decoder.reward(row).filter(|row| row.0 != Booking::OnTime)
        {
            lines.push(json!({
                "booking": booking.text(),
                "at": local(program, issued.at),
                "kind": "reward",
                "reward": row.reward,
                "member": issued.member,
            }));
        }
    }
    let events: Vec<Value> = read_corrections(store, manifest)?
        .into_iter()
        .filter(|correction| correction.account == ledger.account && correction.time < until)
        .map(|correction| event(program, &correction))
        .collect();
    let something = !lines.is_empty() || !events.is_empty();
    Ok(something.then(|| json!({"night": day_text(night), "events": events, "booked": lines})))
}

fn event(program: &Program, correction: &Correction) -> Value {
    let lines = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    json!({
        "source": correction.source,
        "id": correction.id,
        "time": local(program, correction.time),
        "change": correction.change.text(),
        "before": correction.before.as_deref().map(lines),
        "after": lines(&correction.after),
    })
}

/// The answer of [`known_at`] as text.
pub fn known_text(program: &Program, answer: &Value) -> String {
    let wallet = program.wallet(0);
    let points = wallet.map_or("points", |wallet| wallet.id.as_str());
    let (then, now) = (&answer["then"], &answer["now"]);
    let mut out = format!(
        "account {} in {}, as it was known after the night of {}\n",
        words(&answer["account"]),
        words(&answer["program"]),
        words(&answer["as_of"])
    );
    let was = |(then, now): (&Value, &Value), key: &str, unit: &str| {
        let (was, is) = (words(&then[key]), words(&now[key]));
        match was == is {
            true => format!("  {key:<10} {was}{unit}\n"),
            false => format!("  {key:<10} {was}{unit}; as is known now: {is}{unit}\n"),
        }
    };
    if word(&then["rung"]).is_some() {
        out += &was((then, now), "rung", "");
    }
    let mut purse = |then: &Value, now: &Value, points: &str| {
        let unit = format!(" {points}");
        out += &was((then, now), "balance", &unit);
        for key in ["pending", "debt"] {
            if then[key] != json!(0) || now[key] != json!(0) {
                out += &was((then, now), key, &unit);
            }
        }
    };
    purse(then, now, points);
    let others = |belief: &Value| belief["other_wallets"].as_array().cloned();
    let both = others(then).into_iter().flatten();
    for (then, now) in both.zip(others(now).into_iter().flatten()) {
        purse(&then, &now, &words(&then["wallet"]));
    }
    let learnt = answer["learnt"].as_array().map_or(&[][..], Vec::as_slice);
    if learnt.is_empty() {
        out += "\nNo later night has learnt anything of the time before.\n";
    }
    for night in learnt {
        let all = |key: &str| night[key].as_array().cloned().unwrap_or_default();
        let events = all("events").iter().map(event_text).collect::<Vec<_>>();
        let booked = all("booked").iter().map(line_text).collect::<Vec<_>>();
        out += &section(
            &format!("learnt in the night of {}", words(&night["night"])),
            events.into_iter().chain(booked).collect(),
        );
    }
    out
}

fn event_text(event: &Value) -> String {
    let (id, source, time) = (
        words(&event["id"]),
        words(&event["source"]),
        time(&event["time"]),
    );
    let said = match words(&event["change"]).as_str() {
        "late" => "came late",
        "void" => "was cancelled",
        _ => "was corrected",
    };
    format!("`{id}` ({source}) of {time} {said}{}", changes(event))
}

/// Which columns of a corrected event say something else now.
fn changes(event: &Value) -> String {
    let rows = |key: &str| event[key].as_array().cloned().unwrap_or_default();
    let (before, after) = (rows("before"), rows("after"));
    if before.is_empty() || after.iter().any(|row| row["void"] == true) {
        return String::new();
    }
    let text = |value: &Value| word(value).unwrap_or_else(|| "empty".to_owned());
    let mut said: Vec<(&str, String)> = Vec::new();
    for (was, is) in before.iter().zip(&after) {
        let names = [was, is].map(|row| row.as_object().into_iter().flatten());
        let mut names: Vec<&String> = names.into_iter().flatten().map(|(name, _)| name).collect();
        // An amount stands on the order and on its line, before and after discounts: said once.
        names.sort_by_key(|name| (name.len(), *name));
        for name in names.into_iter().filter(|name| was[*name] != is[*name]) {
            let change = match name.as_str() {
                "time" => "another time".to_owned(),
                _ => format!("{} instead of {}", text(&is[name]), text(&was[name])),
            };
            if said.iter().all(|(_, known)| *known != change) {
                let (_, name) = name.split_once('_').unwrap_or(("", name));
                said.push((if name == "time" { "" } else { name }, change));
            }
        }
    }
    let mut said: Vec<String> = (said.into_iter())
        .map(|(name, change)| format!("{name} {change}").trim_start().to_owned())
        .collect();
    if before.len() != after.len() {
        said.push(format!("{} lines instead of {}", after.len(), before.len()));
    }
    match said.is_empty() {
        true => String::new(),
        false => format!(": {}", said.join(", ")),
    }
}

fn line_text(line: &Value) -> String {
    let (kind, at) = (words(&line["kind"]), time(&line["at"]));
    let back = line["booking"] == "withdrawn";
    let said = match kind.as_str() {
        "rung" => format!("{} → {}", words(&line["from"]), words(&line["to"])),
        "reward" => format!("{} for {}", words(&line["reward"]), words(&line["member"])),
        _ => format!(
            "{}{} {kind} by {} for `{}`",
            signed(&line["points"]),
            word(&line["wallet"]).map_or_else(String::new, |wallet| format!(" {wallet}")),
            words(&line["rule"]),
            words(&line["event"]["id"])
        ),
    };
    match line["booking"].as_str() {
        Some("kept") => format!("{at}  {said}: not deserved any more, but used, so it stays"),
        Some("restored") => format!("{at}  {said}: deserved after all"),
        _ if back => format!("{at}  taken back: {said}"),
        _ => format!("{at}  {said}"),
    }
}

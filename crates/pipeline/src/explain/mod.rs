//! Why an account has what it has: the account is settled again from its events, with the arithmetic
//! of every rule kept, so what is explained is what the engine does and not a second opinion.

mod account;
mod arithmetic;
mod known;
mod text;

pub use account::account;
pub use known::{known_at, known_text};
pub use text::text;

use rungs_engine::calendar::{Day, Instant, day_text};
use rungs_engine::condition::expression::{Expr, Node};
use rungs_engine::event::Batch;
use rungs_engine::fold::{AccountState, Kept, Lot, Plan, Plans, Purse, Step};
use rungs_engine::ledger::canonical::{
    instant_text, points_text, rule_line, rule_text, rung_text, source_text, wallet_text,
};
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Rule};
use rungs_engine::number::{Rational, decimal};
use rungs_engine::program::{EarnKind, Program};
use serde_json::{Map, Value, json};

/// What is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// Only this event.
    pub event: Option<&'a str>,
    /// Only this rule.
    pub rule: Option<&'a str>,
}

/// An account that was settled again.
#[derive(Debug, Clone, Copy)]
pub struct Settled<'a> {
    /// Its id.
    pub account: &'a str,
    /// What was booked, with the arithmetic.
    pub kept: &'a Kept,
    /// Its state just before the day after `as_of`.
    pub state: &'a AccountState,
    /// Its events.
    pub batch: &'a Batch,
    /// The last settled night.
    pub as_of: Day,
}

/// The answer as JSON; the text is made from it.
pub fn explain(plans: &Plans<'_>, settled: Settled<'_>, question: Question<'_>) -> Value {
    // Names are the same in all versions; what stands where is each version's own.
    let program = plans.newest().program;
    let of = |version: u16| plans.of(version).program;
    let several = program.wallets.len() > 1;
    let place =
        |version: u16, rule: Rule| format!("{}:{}", of(version).file, rule_line(of(version), rule));
    let state = settled.state;
    let until = program.zone.midnight(settled.as_of + 1) - 1;
    let wanted_event = |event: &EventRef| question.event.is_none_or(|id| event.1.to_string() == id);
    let wanted_rule = |rule: Rule| {
        question
            .rule
            .is_none_or(|id| rule_text(program, rule) == id)
    };
    let entries: Vec<Value> = settled
        .kept
        .entries
        .iter()
        .filter(|entry| wanted_event(&entry.event) && wanted_rule(entry.rule))
        .map(|entry| {
            let mut value = json!({
                "at": local(program, entry.at),
                "kind": entry.kind.text(),
                "points": number(&points_text(program, entry.points)),
                "rule": rule_text(program, entry.rule),
                "version": of(entry.version).digest,
                "place": place(entry.version, entry.rule),
                "event": event_json(program, &entry.event),
                "rung": rung_text(program, entry.rung),
            });
            if several {
                let wallet = plans.versions.wallet_of(entry);
                value["wallet"] = json!(wallet_text(program, wallet));
            }
            if let Some(lot) = &entry.lot {
                value["lot"] = event_json(program, lot);
            }
            if let Some(expires) = entry.expires {
                value["expires"] = json!(local(program, expires));
            }
            // What names its lot comes late for an event that is settled anew.
            if entry.kind == EntryKind::Grant
                && entry.lot.is_none()
                && let Some(day) = day_before(settled.batch, entry)
            {
                value["ordered"] = json!(local(program, day));
            }
            if let Rule::Earn(rule) = entry.rule
                && let Some(step) = step(settled.kept, &entry.event, usize::from(rule))
                && step.version == entry.version
            {
                value["cause"] = cause(plans, settled.batch, step);
            }
            value
        })
        .collect();
    let rungs: Vec<Value> = settled
        .kept
        .rungs
        .iter()
        .filter(|_| question.rule.is_none_or(|rule| rule == "tiers"))
        .filter(|moved| {
            question
                .event
                .is_none_or(|_| moved.event.as_ref().is_some_and(wanted_event))
        })
        .map(|moved| {
            json!({
                "at": local(program, moved.at),
                "from": rung_text(program, moved.from),
                "to": rung_text(program, moved.to),
                "until": moved.until.map(day_text),
                "reason": moved.reason.text(),
                "event": moved.event.as_ref().map(|event| event_json(program, event)),
                "place": place(moved.version, Rule::Tiers),
            })
        })
        .collect();
    let rewards: Vec<Value> = settled
        .kept
        .issued
        .iter()
        .filter(|issued| wanted_rule(issued.rule))
        .filter(|issued| {
            question
                .event
                .is_none_or(|_| issued.event.as_ref().is_some_and(wanted_event))
        })
        .map(|issued| {
            json!({
                "at": local(program, issued.at),
                "reward": program.rewards[usize::from(issued.reward)].id,
                "rule": rule_text(program, issued.rule),
                "member": issued.member,
                "until": local(program, issued.until),
                "event": issued.event.as_ref().map(|event| event_json(program, event)),
                "revoked_by": issued.revoked_by.as_ref().map(|event| event_json(program, event)),
                "place": place(issued.version, issued.rule),
            })
        })
        .collect();
    let mut purses = (0..).zip(state.purses.iter());
    let mut purse = || {
        let (wallet, purse) = purses.next()?;
        Some(purse_json(plans, of(state.version), wallet, purse))
    };
    let first = purse().unwrap_or(Value::Null);
    let mut answer = json!({
        "program": program.id,
        "account": settled.account,
        "as_of": day_text(settled.as_of),
        "events": (0..settled.batch.rows).filter(|row| !settled.batch.continues(*row)).count(),
        "enrolled": state.enrolled.map(day_text),
        "balance": first["balance"],
        "pending": first["pending"],
        "debt": first["debt"],
        "lots": first["lots"],
        "rung": rung_text(program, state.rung),
        "rung_since": (state.rung > 0).then(|| day_text(state.since)),
        "rung_until": state.until.map(day_text),
        "next_rung": next_rung(plans.of(state.version), state, until, settled.as_of),
        "entries": entries,
        "rungs": rungs,
        "rewards": rewards,
        "why_not": why_not(plans, settled, question),
    });
    if several {
        answer["wallet"] = first["wallet"].clone();
        answer["other_wallets"] = std::iter::from_fn(purse).collect();
    }
    answer
}

/// What an account has in a wallet.
fn purse_json(plans: &Plans<'_>, program: &Program, wallet: u8, purse: &Purse) -> Value {
    json!({
        "wallet": wallet_text(program, wallet),
        "balance": number(&points_text(program, purse.open)),
        "pending": number(&points_text(program, purse.pending)),
        "debt": number(&points_text(program, purse.debt)),
        "lots": lots(plans, program, wallet, purse),
    })
}

fn lots(plans: &Plans<'_>, program: &Program, wallet: u8, purse: &Purse) -> Vec<Value> {
    // What a lot waits for is said by the version that granted it.
    let waits_for = |lot: &Lot| {
        let wallet = plans.of(plans.at(lot.at)).program.wallet(wallet)?;
        let until = wallet.until().filter(|_| lot.is_pending())?;
        Some(until.on.text())
    };
    // What ends the wallet as a whole ends every lot that is there then.
    let idle = purse.idle_until(program, wallet);
    let never = rungs_engine::fold::NEVER;
    purse
        .lots
        .iter()
        .map(|lot| {
            let expires = idle.map_or(lot.expires, |idle| idle.min(lot.expires));
            json!({
                "event": event_json(program, &(lot.source, lot.id.clone())),
                "points": number(&points_text(program, lot.left)),
                "pending": lot.is_pending(),
                "granted": local(program, lot.at),
                "released": (lot.is_pending() && lot.release != never)
                    .then(|| local(program, lot.release)),
                "waits_for": waits_for(lot),
                "expires": (expires != never).then(|| local(program, expires)),
            })
        })
        .collect()
}

fn next_rung(plan: &Plan<'_>, state: &AccountState, at: Instant, day: Day) -> Value {
    let Some((rung, ways)) = state.next_rung(plan, at, day) else {
        return Value::Null;
    };
    let metric = |value: i64, metric: usize| {
        let declared = &plan.program.metrics[metric];
        let value =
            Rational::new(i128::from(value), i128::from(declared.den)).unwrap_or(Rational::ZERO);
        number(&value.to_string())
    };
    let ways: Vec<Value> = ways
        .iter()
        .map(|way| {
            let all: Map<String, Value> = way
                .iter()
                .map(|(index, has, needs)| {
                    let id = plan.program.metrics[*index].id.clone();
                    let missing = (needs - has).max(0);
                    (id, json!({"has": metric(*has, *index), "needs": metric(*needs, *index), "missing": metric(missing, *index)}))
                })
                .collect();
            Value::Object(all)
        })
        .collect();
    json!({"rung": rung_text(plan.program, rung as u8), "any_of": ways})
}

fn why_not(plans: &Plans<'_>, settled: Settled<'_>, question: Question<'_>) -> Vec<Value> {
    let program = plans.newest().program;
    let of = |version: u16| plans.of(version).program;
    let asked = question.event.is_some() || question.rule.is_some();
    let fits = |event: Option<&EventRef>, id: &str| {
        question
            .event
            .is_none_or(|wanted| event.is_some_and(|event| event.1.to_string() == wanted))
            && question.rule.is_none_or(|wanted| wanted == id)
    };
    if !asked {
        return Vec::new();
    }
    let rules = settled.kept.steps.iter().filter_map(|step| {
        let (version, earn) = (of(step.version), &of(step.version).earn[step.rule]);
        let why = step.why_not?;
        fits(Some(&step.event), &earn.id).then(|| {
            json!({
                "rule": earn.id,
                "event": event_json(program, &step.event),
                "reason": why.text(),
                "version": version.digest,
                "place": format!("{}:{}", version.file, earn.place.line),
                "cause": cause(plans, settled.batch, step),
            })
        })
    });
    let rewards = settled.kept.not_issued.iter().filter_map(|not| {
        let (version, reward) = (of(not.version), &of(not.version).rewards[not.reward]);
        fits(not.event.as_ref(), &reward.id).then(|| {
            json!({
                "at": local(program, not.at),
                "rule": reward.id,
                "member": not.member,
                "event": not.event.as_ref().map(|event| event_json(program, event)),
                "reason": not.why.text(),
                "version": version.digest,
                "place": format!("{}:{}", version.file, reward.place.line),
            })
        })
    });
    rules.chain(rewards).collect()
}

/// When the event of an entry was, if it was credited later: on joining.
fn day_before(batch: &Batch, entry: &Entry) -> Option<Instant> {
    let is = |row: &usize| {
        usize::from(batch.source[*row]) == entry.event.0 && batch.id.get(*row) == entry.event.1
    };
    let at = batch.time[(0..batch.rows).find(is)?];
    (at < entry.at).then_some(at)
}

fn step<'a>(kept: &'a Kept, event: &EventRef, rule: usize) -> Option<&'a Step> {
    kept.steps
        .iter()
        .find(|step| step.rule == rule && step.event == *event)
}

/// The arithmetic of one rule at one event.
fn cause(plans: &Plans<'_>, batch: &Batch, step: &Step) -> Value {
    let program = plans.of(step.version).program;
    let scale = program.scale();
    let exact = |value: i64| {
        let den = i128::from(step.denominator) * 10i128.pow(u32::from(scale));
        Rational::new(i128::from(value), den).map_or_else(String::new, |value| value.to_string())
    };
    let mut value = json!({
        "inputs": inputs(program, batch, step),
        "exact": exact(step.exact),
        "booked": number(&points_text(program, step.booked)),
    });
    if step.capped != step.exact {
        value["after_caps"] = json!(exact(step.capped));
    }
    if let Some(wallet) = program.wallet(program.earn[step.rule].wallet) {
        value["rounding"] = json!(wallet.rounding.text());
    }
    value
}

/// The columns that the rule's condition and amount name, with their values in the event's rows.
pub(crate) fn inputs(program: &Program, batch: &Batch, step: &Step) -> Value {
    let earn = &program.earn[step.rule];
    let mut columns = Vec::new();
    let mut gather = |expr: &Expr| {
        expr.any(&mut |node| {
            if let Node::Column(column) = node
                && !columns.contains(column)
            {
                columns.push(*column);
            }
            false
        });
    };
    if let Some(when) = &earn.when {
        gather(when);
    }
    if let EarnKind::PerAmount { amount, .. } | EarnKind::Steps { amount, .. } = &earn.kind {
        gather(amount);
    }
    let rows: Vec<usize> = (0..batch.rows)
        .filter(|row| {
            usize::from(batch.source[*row]) == step.event.0 && batch.id.get(*row) == step.event.1
        })
        .collect();
    let mut map = Map::new();
    for column in columns {
        let declared = &program.columns[column];
        let root = if declared.line { "line" } else { "event" };
        let mut values: Vec<Value> = rows
            .iter()
            .map(|row| cell(program, batch, column, *row))
            .collect();
        if !declared.line {
            values.truncate(1);
        }
        let value = if values.len() == 1 {
            values.swap_remove(0)
        } else {
            Value::Array(values)
        };
        map.insert(format!("{root}.{}", declared.name), value);
    }
    Value::Object(map)
}

fn cell(program: &Program, batch: &Batch, column: usize, row: usize) -> Value {
    use rungs_engine::canonical::Type;
    let declared = &program.columns[column];
    match (batch.number(column, row), declared.kind_of_value) {
        (Some(value), Type::Money | Type::Decimal) => number(&decimal(value, declared.digits)),
        (Some(value), Type::Boolean) => json!(value == 1),
        (Some(value), Type::Date) => json!(day_text(value as Day)),
        (Some(value), Type::Time) => json!(instant_text(value)),
        (Some(value), _) => json!(value),
        (None, _) => batch
            .text(column, row)
            .map_or(Value::Null, |text| json!(text)),
    }
}

fn event_json(program: &Program, event: &EventRef) -> Value {
    json!({"source": source_text(program, event.0), "id": event.1.to_string()})
}

/// Local time of the programme.
fn local(program: &Program, at: Instant) -> String {
    match jiff::Timestamp::from_microsecond(at) {
        Ok(stamp) => program.zone.jiff().to_datetime(stamp).to_string(),
        Err(_) => at.to_string(),
    }
}

/// A decimal text as a JSON number. A number that a reader's 64-bit float would change is a text, so what
/// is printed is always exact.
fn number(text: &str) -> Value {
    let plain = match text.split_once('.') {
        Some((whole, part)) if part.trim_end_matches('0').is_empty() => whole,
        Some(_) => text.trim_end_matches('0'),
        None => text,
    };
    let parsed: Option<Value> = serde_json::from_str(plain).ok();
    let exact = parsed
        .as_ref()
        .map(Value::to_string)
        .is_some_and(|printed| printed == plain);
    parsed.filter(|_| exact).unwrap_or_else(|| json!(text))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_exact_or_texts() {
        for (text, printed) in [
            ("57.5", "57.5"),
            ("5.750", "5.75"),
            ("20.00", "20"),
            ("-0.01", "-0.01"),
            ("9223372036854775807", "9223372036854775807"),
            // The nearest double is 12345678901234567.
            ("12345678901234567.25", "\"12345678901234567.25\""),
            ("1/3", "\"1/3\""),
        ] {
            assert_eq!(number(text).to_string(), printed);
        }
    }
}

//! The published JSON Schema of the report.

use rungs_engine::kpi::{State, Unit, WindowKind};
use rungs_engine::program::{Enrol, KpiKind};
use serde_json::{Value, json};

/// JSON Schema (draft 2020-12) of what [`super::json::render`] writes. Keys may be added.
pub fn report_schema() -> Value {
    let texts = |all: Vec<&str>| json!({ "type": "string", "enum": all });
    let number = |meaning: &str| json!({ "type": "number", "description": meaning });
    let count = |meaning: &str| json!({ "type": "integer", "minimum": 0, "description": meaning });
    let text = |meaning: &str| json!({ "type": "string", "description": meaning });
    let date =
        |meaning: &str| json!({ "type": "string", "format": "date", "description": meaning });
    let optional = |meaning: &str| json!({ "type": ["number", "null"], "description": meaning });
    let object = |meaning: &str, properties: Value| {
        let required: Vec<String> = properties
            .as_object()
            .map(|keys| keys.keys().cloned().collect())
            .unwrap_or_default();
        json!({
            "type": "object",
            "description": meaning,
            "properties": properties,
            "required": required,
        })
    };
    let list = |meaning: &str, items: Value| json!({ "type": "array", "description": meaning, "items": items });

    let window = object(
        "the local days [from, before) that were counted",
        json!({
            "kind": texts(WindowKind::ALL.iter().map(|kind| kind.text()).collect()),
            "from": date("the first day"),
            "before": date("the day after the last one"),
        }),
    );
    let figure = object(
        "one number of a KPI; value = numerator / denominator",
        json!({
            "id": text("the KPI's id"),
            "name": text("what people call it"),
            "kind": texts(KpiKind::ALL.iter().map(|(_, text)| *text).collect()),
            "value": optional("rounded to nine digits after the point; null where the denominator is 0"),
            "numerator": number("exact; money in major units"),
            "denominator": count("exact; 1 for sums; 0 where there is nothing to divide by"),
            "unit": texts(Unit::ALL.iter().map(|unit| unit.text()).collect()),
            "window": window.clone(),
            "by": {
                "type": "object",
                "description": "empty for the total; `rung` at the end of the window; `from` and `to` of tier moves; `k` of cohorts (periods after the first one); `statistic` of the time between purchases (median, p90, mean_of_means)",
                "additionalProperties": { "type": "string" },
            },
            "wallet": text("only of points, where there are several wallets: the id of the wallet"),
            "net": {
                "const": false,
                "description": "only where the programme says so: orders count before discounts and refunds",
            },
        }),
    );
    let figure = without(figure, &["name", "wallet", "net"]);
    let objective = object(
        "an objective, compared with the latest total of its KPI",
        json!({
            "id": text("the objective's id"),
            "kpi": text("the KPI's id"),
            "baseline": number("where it was when the version began to rule"),
            "target": number("where it is to be"),
            "by": date("when"),
            "value": optional("the latest total of the KPI; null where there is none"),
            "expected": optional("where the straight line from baseline to target is on the day of the report"),
            "state": texts(State::ALL.iter().map(|state| state.text()).collect()),
            "owner": { "type": ["string", "null"], "description": "who answers for it" },
        }),
    );
    let flow = |all: Value| {
        let mut flow = json!({
            "granted": number("issued by rules"),
            "opening": number("brought by members from another system"),
            "restored": number("given back by un-redeems"),
            "adjusted": number("added or, negative, taken by the desk"),
            "converted": number("came from another wallet or, negative, became its points, as `points` in `[migrate]` says"),
            "redeemed": number("spent"),
            "expired": number("reached the end of their life"),
            "reversed": number("taken back by refunds"),
            "repaid": number("went into debts when they were released"),
            "open": number("can be spent at the end"),
            "pending": number("held back at the end"),
            "debt": number("owed by members at the end"),
            "forgiven": number("not covered by lots and let go"),
        });
        if let (Some(flow), Value::Object(more)) = (flow.as_object_mut(), all) {
            flow.extend(more);
        }
        flow
    };
    let period = object(
        "opening_balance + granted + opening + restored + adjusted + converted − redeemed − expired − reversed − repaid = closing_balance = open + pending; debt stands apart. A correction counts on the day when it was booked",
        flow(json!({
            "window": window,
            "opening_balance": number("open and pending before the first day"),
            "closing_balance": number("open and pending at the end of the last day"),
        })),
    );
    let expiry = object(
        "open points that end in one calendar month if nothing happens",
        json!({
            "on": date("the first local day of the month on which some end; points that end at midnight end on the day that begins"),
            "last": date("the last such day of the month"),
            "points": number("how many"),
        }),
    );
    let adds_up = "granted + opening + restored + adjusted + converted = redeemed + expired + reversed + repaid + open + pending";
    let points = object(
        &format!("since the beginning: {adds_up}"),
        flow(json!({
            "wallet": text("the wallet's id"),
            "name": text("what members call its points"),
            "by_expiry": list("months in which open points end, soonest first; by_expiry and never add up to open", expiry),
            "never": number("open points that have no end"),
            "periods": list("the roll-forward by calendar month, from the first month with points to the day of the report, where the last one is cut off", period),
        })),
    );
    let mut points = without(points, &["name", "by_expiry", "never", "periods"]);
    let others = list(
        "the wallets of a programme of several, but for the first; missing where there are none",
        points.clone(),
    );
    points["description"] = json!(format!(
        "of the first wallet, since the beginning: {adds_up}"
    ));
    points["type"] = json!(["object", "null"]);
    let rung = object(
        "a rung",
        json!({
            "rung": text("its id"),
            "name": text("what members call it"),
            "members": count("members who hold it"),
        }),
    );
    let reward = object(
        "a reward",
        json!({
            "reward": text("its id"),
            "name": text("what members call it"),
            "issued": count("how often it was issued"),
            "cost": number("what that cost"),
        }),
    );
    let input = object(
        "an uploaded object",
        json!({
            "name": text("its path below the inbox"),
            "dataset": text("the dataset whose contract it follows"),
            "read": count("rows read"),
            "accepted": count("rows that became events, or wait to"),
            "duplicates": count("rows that were known already"),
            "rejected": count("rows in quarantine"),
        }),
    );
    let run_info = object(
        "the run that the figures come from",
        json!({
            "nights": object("the nights that it settled", json!({
                "from": date("the first one"),
                "to": date("the last one"),
            })),
            "objects": list("what it took in, in the order of names; the first 200", input),
            "more_objects": count("how many more it took in"),
        }),
    );
    let or_null =
        |kind: &str, meaning: &str| json!({ "type": [kind, "null"], "description": meaning });
    let example = object(
        "a place with rows that were refused; nothing of what they say",
        json!({
            "file": or_null("string", "the object's path below the inbox"),
            "dataset": or_null("string", "the dataset, of whole events"),
            "line": or_null("integer", "line of the file, or row of a Parquet file, from 1"),
            "column": or_null("string", "the column in which the cause lies"),
            "rows": count("how many rows stand there"),
        }),
    );
    let reason = object(
        "a reason",
        json!({
            "code": text("the code"),
            "count": count("rows"),
            "examples": list("where some of them stand: at most five places, those of the newest run first", example),
        }),
    );
    let arm = |meaning: &str| {
        object(
            meaning,
            json!({
                "n": count("tickets of draws that tell something"),
                "orders": count("orders of which something is left, of their accounts, in those days"),
                "mean": number("orders of one, weighted by the inverse of the odds in its draw, to six digits"),
            }),
        )
    };
    let mut effect = object(
        "orders of winners against those of losers of the same draws, of which chance alone said who won. Only draws that had both and whose days are over; null where there is none",
        json!({
            "days": count("days from that of the draw on in which orders are counted"),
            "winners": arm("those who won"),
            "losers": arm("those whose chance came up, but the budget went to lower tickets"),
            "difference": number("mean of winners less mean of losers"),
            "low": optional("where the 95 % interval of the difference begins; null with fewer than 30 winners or losers"),
            "high": optional("where it ends"),
        }),
    );
    effect["type"] = json!(["object", "null"]);
    let mut budget = object(
        "the limit of winners; null without one",
        json!({
            "per_draw": count("winners of one draw at most"),
            "left": count("how many more the last draw could have had"),
        }),
    );
    budget["type"] = json!(["object", "null"]);
    let draw = object(
        "a draw that was held",
        json!({
            "on": date("its local day"),
            "entrants": count("members whose chance came up in it"),
            "winners": count("those of them who won: the lowest tickets, as far as the budget goes"),
        }),
    );
    let surprise = object(
        "a surprise, by draws on days that are settled; draws to come are never told, though they are decided the night before",
        json!({
            "id": text("its id"),
            "name": text("what members call it"),
            "draws": list("draws in which a chance came up, the last 366, by time", draw),
            "more_draws": count("how many there were before those; they are counted in what follows"),
            "entrants": count("members whose chance came up, each draw counted by itself"),
            "winners": count("those of them who won"),
            "cost": number("what the rewards of winners cost"),
            "budget": budget,
            "effect": effect,
        }),
    );
    let schema = object(
        "What a programme has done up to the end of a day. Shares are fractions, money is in major units",
        json!({
            "program": text("the programme's id"),
            "name": text("the name that members see"),
            "as_of": date("the day of the report: everything up to its end is in"),
            "zone": text("IANA name of the time zone whose midnight counts"),
            "enrol": texts(Enrol::ALL.iter().map(|enrol| enrol.text()).collect()),
            "version": object("the version in force on that day", json!({
                "file": text("its file"),
                "digest": text("SHA-256 of the file"),
                "from": date("the day from which it rules"),
            })),
            "run": { "type": ["integer", "null"], "description": "number of the run that the figures come from" },
            "run_info": run_info,
            "currency": text("ISO 4217 code"),
            "totals": object("over the whole time", json!({
                "customers": count("accounts with an order of which something is left"),
                "orders": count("such orders"),
                "revenue": number("net of discounts and refunds"),
                "refunded": number("what was given back"),
                "members": count("accounts that have joined"),
            })),
            "members_by_rung": list("lowest rung first; empty without a ladder", without(rung, &["name"])),
            "points": points,
            "other_wallets": others,
            "rewards": list("in the order of the programme", without(reward, &["name"])),
            "kpis": list("in the order of the programme, each by window, totals before parts", figure),
            "objectives": list("in the order of the programme", objective),
            "warnings": list("KPIs whose latest total is beyond what the programme declares", object("a warning", json!({
                "kpi": text("the KPI's id"),
                "side": texts(vec!["below", "above"]),
            }))),
            "quality": object("what became of the rows that came in", json!({
                "read": count("rows read"),
                "accepted": count("rows that became events"),
                "duplicates": count("rows that were known already"),
                "quarantined": list("by the code of the reason", without(reason, &["examples"])),
                "late": count("rows that came too late to be settled; they are in quarantine, too"),
            })),
            "surprises": list("in the order of the programme; empty without any", without(surprise, &["name"])),
        }),
    );
    let mut schema = without(schema, &["run_info", "surprises", "other_wallets"]);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Rungs report");
    schema
}

/// The same object, in which these keys may be missing: where it is not known, a report does not guess.
fn without(mut object: Value, optional: &[&str]) -> Value {
    if let Some(required) = object["required"].as_array_mut() {
        required.retain(|key| !key.as_str().is_some_and(|key| optional.contains(&key)));
    }
    object
}

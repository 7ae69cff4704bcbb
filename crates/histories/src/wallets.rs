//! A second wallet. Of own numbers, so that all else that a seed gives stays as it was.

use crate::Random;
use rungs_engine::canonical::Kind;
use rungs_engine::rehearsal::EventTable;

/// What every rule and reward of the first wallet begins with, so that each can be given to the other.
const RULES: [&str; 5] = ["base", "flat", "cups", "review", "reload"];

/// Whether a programme has two.
pub(crate) fn two(text: &str) -> bool {
    text.contains("[points.leaves]")
}

/// Gives every third programme a second wallet, which some of its rules and one reward are of. Versions of a
/// programme that has two have two; others may bring the second, as coarse as the first.
pub(crate) fn second(text: &str, seed: u64, before: Option<&str>) -> String {
    let mut own = Random(seed ^ 0x1eaf);
    if !own.percent(35) && !before.is_some_and(two) {
        return text.to_owned();
    }
    let scale = match before {
        // The scale of a wallet stays, and what is stored gets no finer.
        Some(before) => before.lines().find(|line| line.starts_with("scale = ")),
        None => *own.pick(&[None, Some("scale = 1"), Some("scale = 2")]),
    };
    let scale = scale.map_or(String::new(), |scale| format!("{scale}\n"));
    let rounding = own.pick(&["down", "up", "half_up", "half_even"]);
    let round_at = own.pick(&["event", "line"]);
    let pending = own.pick(&["", "", "pending = { length = \"3 days\" }\n"]);
    let expiry = own.pick(&[
        "",
        "expiry = { kind = \"rolling\", length = \"40 days\" }\n",
        "expiry = { kind = \"rolling\", length = \"2 months\", round = \"month_end\" }\n",
        "expiry = { kind = \"inactivity\", length = \"12 days\", renewed_by = [\"order\"] }\n",
    ]);
    let wallet_of_leaves = format!(
        "\n[points.leaves]\nrounding = \"{rounding}\"\nround_at = \"{round_at}\"\n{scale}{pending}{expiry}"
    );
    let mut moved = Vec::new();
    for rule in RULES {
        if own.percent(40) {
            moved.push(rule);
        }
    }
    // What one cap is over, and what a multiplier raises, stays together.
    let together = text.contains("group = \"daily\"");
    let raised = |rule: &str| {
        let mut multipliers = text.lines().filter(|line| line.starts_with("of = ["));
        multipliers.any(|of| of.contains(&format!("\"{rule}\"")))
    };
    let alone = |rule: &str| !together || ["review", "reload"].contains(&rule);
    moved.retain(|rule| alone(rule) && !raised(rule));
    let mut out = String::new();
    for table in tables(text) {
        if table.starts_with("[points.leaves]") {
            continue;
        }
        let id = |of: &str| table.contains(&format!("\nid = \"{of}\"\n"));
        let is = |head: &str| table.starts_with(head);
        let leaves = is("[[earn]]") && moved.iter().any(|rule| id(rule))
            || is("[[rewards]]") && id("drink") && own.percent(30);
        let named = is("[[earn]]")
            || is("[[rewards]]") && table.contains("\nprice = ")
            || is("[[tiers.rung]]") && table.contains("\nexpiry = ");
        let wallet = if leaves { "leaves" } else { "beans" };
        match named {
            true => {
                // A part may come from a version that named one already.
                let (head, rest) = table.split_once('\n').unwrap_or((&table, ""));
                // What inactivity ends together has no end of its own.
                let idle = leaves && wallet_of_leaves.contains("inactivity");
                let rest = rest.lines().filter(|line| {
                    let other_end = idle && line.starts_with("expiry = ");
                    !other_end && !line.starts_with("wallet = ")
                });
                let rest = rest.map(|line| format!("{line}\n")).collect::<String>();
                out += &format!("{head}\nwallet = \"{wallet}\"\n{rest}");
            }
            false => out += &table,
        }
    }
    out + &wallet_of_leaves
}

/// The tables of a programme, each from its head to the next.
fn tables(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for line in text.lines() {
        if line.starts_with('[') {
            all.push(String::new());
        }
        if let Some(last) = all.last_mut() {
            *last += line;
            last.push('\n');
        }
    }
    all
}

/// Lets rows of the desk, of openings and of redemptions say which wallet they mean; some forget it.
pub(crate) fn named(tables: &mut [EventTable], seed: u64) {
    let mut own = Random(seed ^ 0x70ad);
    for table in tables {
        let kind = table.kind;
        if !matches!(kind, Kind::Adjust | Kind::Redeem | Kind::Opening) {
            continue;
        }
        let known = table.columns.iter().position(|column| column == "wallet");
        if known.is_none() {
            table.columns.push("wallet".to_owned());
            table.rows.iter_mut().for_each(|row| row.push(None));
        }
        let column = known.unwrap_or(table.columns.len() - 1);
        for row in &mut table.rows {
            let wallet = own.pick(&[
                Some("beans"),
                Some("beans"),
                Some("leaves"),
                Some("leaves"),
                None,
            ]);
            row[column] = wallet.map(str::to_owned);
        }
    }
}

//! Later versions of a generated programme: other rules over the same files. What cannot go on by itself is said
//! in `[migrate]`.

use crate::ends::together;
use crate::programme::{programme, surprises};
use crate::settling::{converted, qualified, regranted};
use crate::waiting::latest;
use crate::wallets::second;
use crate::{Generated, Random};
use rungs_engine::calendar::{day_from, day_text};
use rungs_engine::language::{Source, check};
use rungs_engine::program::Versions;

/// None, one or two later versions, each with the day from which it rules.
pub(crate) fn later(seed: u64, first: &str, several: bool) -> Vec<(String, String)> {
    let mut random = Random(seed ^ 0x5eed_0f7e_7510);
    let begin = day_from("2024-01-10").unwrap_or(0);
    let mut day = begin;
    let mut last = day_from("2023-01-01").unwrap_or(0);
    let mut before = first.to_owned();
    let mut all = Vec::new();
    let mut earlier = vec![before.clone()];
    // Every second programme stays as it is.
    for _ in 0..random.below(4).saturating_sub(1) {
        day += 1 + random.below(60) as i32;
        // Some begin with a period of the calendar.
        if random.percent(25) {
            let months = ["2024-02-15", "2024-03-01", "2024-04-01", "2024-04-15"];
            let beginnings = months.iter().filter_map(|month| day_from(month));
            day = beginnings
                .filter(|start| *start >= day)
                .min()
                .unwrap_or(day);
        }
        let ruled = last..day;
        let text = version(&mut random, &before, several);
        let text = qualified(&mut Random(random.0 ^ 0x9a11_f1ed), &before, text, &ruled);
        let text = regranted(&mut Random(random.0 ^ 0x12e6_4a17), &earlier, text, &ruled);
        let text = converted(&mut Random(random.0 ^ 0xc0_47e7), &earlier, text);
        all.push((day_text(day), text.clone()));
        earlier.push(text.clone());
        before = text;
        last = day;
    }
    all
}

/// Stands in every version after one whose points wait for an event, however long.
const FOR_EVER: &str = "# some wait for ever";

/// The same with an event that releases points.
fn still_waiting(text: &str) -> String {
    let until = "pending = { length = \"3 days\", until = { on = \"activity\", when = 'event.name == \"reviewed\"' } }";
    let mut out = format!("{FOR_EVER}\n");
    let named = text.contains("until = {");
    let mut first_wallet = false;
    // Nothing waits where a life may be shorter than the wait.
    let lives = |line: &&str| !line.contains("days = [\"01-01\"]");
    for line in text.lines().filter(lives) {
        first_wallet = match line.starts_with('[') {
            true => line.starts_with("[points.beans]"),
            false => first_wallet,
        };
        if named || !(first_wallet && line.starts_with("pending = ")) {
            out += &format!("{line}\n");
        }
        if !named && line.starts_with("[points.beans]") {
            out += &format!("{until}\n");
        }
    }
    out
}

/// Another programme over the same files, for members who come from the one before.
fn version(random: &mut Random, before: &str, several: bool) -> String {
    let (mut text, _) = programme(random);
    if random.percent(70) {
        surprises(&mut Random(random.bits()), &mut text);
    }
    // What a programme keeps for ever.
    for key in ["zone = ", "leap_day = "] {
        let line = |text: &str| {
            let found = text.lines().find(|line| line.starts_with(key));
            found.unwrap_or_default().to_owned()
        };
        text = text.replacen(&line(&text), &line(before), 1);
    }
    // A part of the rules stays as it was.
    if random.percent(40) {
        for part in ["[points.", "[tiers]", "[refunds]"] {
            if random.percent(50) {
                let old = renamed(&section(before, part), middle(before), "mid");
                let new = section(&text, part);
                // Needs are written in the units of the metric that the ladder counts.
                if part != "[tiers]" || counted(before) == counted(&text) {
                    text = text.replacen(&new, &old, 1);
                }
            }
        }
    }
    // Of its own numbers, so that versions stay as they were without.
    let mut own = Random(random.0 ^ 0x1d1e);
    if own.percent(20) {
        text = idle(&mut own, &text);
    }
    text = latest(&together(&text));
    if before.contains(FOR_EVER) || before.contains("pending = { until") {
        text = still_waiting(&text);
    }
    let renames = random.percent(25);
    let had = middle(before);
    let has = match (renames, had) {
        (true, "mid") => "silver",
        (true, _) => "mid",
        (false, had) => had,
    };
    text = renamed(&text, "mid", has);
    let mut migrate = String::new();
    if has != had {
        migrate += &format!("rungs = {{ {had} = \"{has}\" }}\n");
    }
    let mut dropped = Vec::new();
    for id in ["visits_30", "month_spend", "last_score", "counted"] {
        let other = metric(before, id) != metric(&text, id)
            || id == "counted" && period(before) != period(&text);
        // Now and then what could go on begins anew as well.
        if other || random.percent(10) {
            dropped.push(format!("{id} = \"drop\""));
        }
    }
    if !dropped.is_empty() {
        migrate += &format!("metrics = {{ {} }}\n", dropped.join(", "));
    }
    let (had, has) = (big_month(before), *own.pick(&["big-month", "best-month"]));
    text = text.replace("\"big-month\"", &format!("\"{has}\""));
    if had != has || own.percent(15) {
        let becomes = if own.percent(60) { has } else { "drop" };
        migrate += &format!("rewards = {{ {had} = \"{becomes}\" }}\n");
    }
    if text.contains("kind = \"inactivity\"") && own.percent(60) {
        migrate += "inactivity = \"from_activity\"\n";
    }
    // A kept rung rests on a period only where ends are those of periods.
    let by_period = text.contains("validity = { kind = \"periods\"");
    if text.contains("\n[tiers]") && own.percent(if by_period { 80 } else { 30 }) {
        migrate += "validity = \"recompute\"\n";
    }
    if several {
        text = second(&text, own.bits(), Some(before));
    }
    if !migrate.is_empty() {
        text += &format!("\n[migrate]\n{migrate}");
    }
    text
}

/// The same with points that end when little happens.
fn idle(random: &mut Random, text: &str) -> String {
    let expiry = random.pick(&[
        "expiry = { kind = \"inactivity\", length = \"9 days\", renewed_by = [\"order\"] }",
        "expiry = { kind = \"inactivity\", length = \"100 hours\", renewed_by = [\"activity\", \"refund\"] }",
        "expiry = { kind = \"inactivity\", length = \"1 week\", renewed_by = [\"redeem\", \"adjust\"] }",
    ]);
    let wallet = section(text, "[points.");
    let others = wallet.lines().filter(|line| !line.starts_with("expiry = "));
    let mut with = String::new();
    for (place, line) in others.enumerate() {
        // Points live longer than they are held.
        let mut line = line.replace(
            "pending = { until",
            "pending = { length = \"10 days\", until",
        );
        for longer in ["14 days", "10 days", "200 hours"] {
            line = line.replace(longer, "36 hours");
        }
        with += &format!("{line}\n");
        if place == 0 {
            with += &format!("{expiry}\n");
        }
    }
    text.replacen(&wallet, &with, 1)
}

/// The rung between the lowest and the highest.
fn middle(text: &str) -> &'static str {
    match text.contains("id = \"silver\"") {
        true => "silver",
        false => "mid",
    }
}

/// The reward of a month, which some versions call otherwise.
fn big_month(text: &str) -> &'static str {
    match text.contains("id = \"best-month\"") {
        true => "best-month",
        false => "big-month",
    }
}

fn renamed(text: &str, from: &str, to: &str) -> String {
    text.replace(&format!("\"{from}\""), &format!("\"{to}\""))
        .replace(&format!(" {from} = "), &format!(" {to} = "))
}

/// A table with everything up to the next one that is no part of it.
pub(crate) fn section(text: &str, head: &str) -> String {
    let Some(start) = text.find(&format!("\n{head}")) else {
        return String::new();
    };
    let rest = &text[start + 1..];
    let ends = |line: &str| line.starts_with('[') && !line.starts_with("[[tiers.");
    let mut length = 0;
    for (place, line) in rest.split_inclusive('\n').enumerate() {
        if place > 0 && ends(line) {
            break;
        }
        length += line.len();
    }
    rest[..length].to_owned()
}

fn metric(text: &str, id: &str) -> String {
    let mut all = text.split("[[metrics]]").skip(1);
    let found = all.find(|part| part.contains(&format!("id = \"{id}\"")));
    let own = found.unwrap_or_default().split("\n[").next();
    own.unwrap_or_default().trim().to_owned()
}

pub(crate) fn counted(text: &str) -> String {
    metric(text, "counted")
}

fn period(text: &str) -> &str {
    let line = text.lines().find(|line| line.starts_with("period = "));
    line.unwrap_or_default()
}

impl Generated {
    /// The files of the programme's folder: name and text.
    pub fn files(&self) -> Vec<(String, String)> {
        let first = ("2023-01-01.toml".to_owned(), self.toml.clone());
        let later = self.later.iter();
        let later = later.map(|(day, text)| (format!("{day}.toml"), text.clone()));
        std::iter::once(first).chain(later).collect()
    }

    /// The programme, checked.
    ///
    /// # Errors
    /// What is wrong with it, with its texts: a generated programme is sound.
    pub fn versions(&self) -> Result<Versions, String> {
        let mut programs = Vec::new();
        for (file, text) in self.files() {
            let checked = check(&Source {
                id: "generated",
                file: &file,
                text: &text,
            });
            match checked.program {
                Some(program) => programs.push((file, program)),
                None => return Err(self.refused(&checked.findings)),
            }
        }
        Versions::of(programs).map_err(|findings| self.refused(&findings))
    }

    fn refused(&self, findings: &[rungs_engine::finding::Finding]) -> String {
        let texts = self.files();
        let texts = texts
            .iter()
            .map(|(file, text)| format!("# {file}\n{text}\n"));
        let found = findings
            .iter()
            .map(|f| format!("{}:{}: {}: {}\n", f.file, f.place.line, f.message, f.help));
        format!(
            "{}seed {}: the generated programme is refused:\n{}",
            texts.collect::<String>(),
            self.seed,
            found.collect::<String>()
        )
    }
}

//! `cargo xtask faults`: mistakes that a person could make in settlement, one at a time. Each
//! must be noticed by the agreement of settlement and recount over generated histories; a mistake that
//! survives shows a hole in the generator or in the recount.
//!
//! Only a copy under the target folder is ever changed.

use crate::repository::{self, cannot, read, write};
use crate::step::{command, output, say};
use crate::test::target;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Histories that each mistake has to survive.
const HISTORIES: &str = "400";

/// A test that takes longer has no end; it takes two seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the copy holds: the crates that the agreement test needs.
const CRATES: &[&str] = &["engine", "verify", "histories"];

/// A mistake.
#[derive(Debug, Clone, Copy)]
struct Fault {
    /// What goes wrong.
    name: &'static str,
    /// The part of the semantics that it is about.
    area: &'static str,
    /// The text that stands somewhere in the engine, exactly once, whichever file it has moved to.
    right: &'static str,
    /// The mistake.
    wrong: &'static str,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "the day of an event is that of UTC",
        area: "clock",
        right: "let day: Vec<Day> = batch.time.iter().map(|at| zone.day(*at)).collect();",
        wrong: "let day: Vec<Day> = batch.time.iter().map(|at| at.div_euclid(86_400_000_000) as Day).collect();",
    },
    Fault {
        name: "at one instant validity ends before the period is looked at",
        area: "order",
        right: "    PeriodEnd,\n    ValidityEnd,\n    Lapse,",
        wrong: "    ValidityEnd,\n    PeriodEnd,\n    Lapse,",
    },
    Fault {
        name: "a version begins a day late",
        area: "version",
        right: "_ => plan.program.zone.midnight(plan.program.from),",
        wrong: "_ => plan.program.zone.midnight(plan.program.from + 1),",
    },
    Fault {
        name: "a refund is judged by the version that rules now",
        area: "version",
        right: "let plan = self.piece.plans.of(order.version);\n        let batch",
        wrong: "let plan = self.piece.plans.of(self.state.version);\n        let batch",
    },
    Fault {
        name: "a new version forgets what was used of a cap",
        area: "version",
        right: "used.cap = cap as u16;\n                true",
        wrong: "used.cap = cap as u16;\n                false",
    },
    Fault {
        name: "a new version counts on what it drops",
        area: "version",
        right: ".filter(|(_, drop)| **drop)",
        wrong: ".filter(|(_, drop)| **drop && false)",
    },
    Fault {
        name: "a reward that was used is taken back",
        area: "decision",
        right: "if gift.used || gift.until <= self.at || self.scratch.pass.used.contains(&id) {",
        wrong: "if gift.until <= self.at {",
    },
    Fault {
        name: "a reward that has lapsed is taken back",
        area: "decision",
        right: "gift.used || gift.until <= self.at ||",
        wrong: "gift.used ||",
    },
    Fault {
        name: "a reward that is handed back counts as used",
        area: "decision",
        right: "\"returned\" => false,",
        wrong: "\"returned\" => true,",
    },
    Fault {
        name: "what is taken back makes no room under its cap",
        area: "cap",
        right: "used.take_back(window, issued.0, issued.1, 1);",
        wrong: "used.take_back(window, issued.0, issued.1, 0);",
    },
    Fault {
        name: "what is left of an order deserves every reward",
        area: "refund",
        right: "when.holds(row, plan, &view).ok()",
        wrong: "when.holds(row, plan, &view).ok().map(|_| true)",
    },
    Fault {
        name: "a refund that takes the rung leaves what it had brought",
        area: "refund",
        right: "for gift in &gifts {",
        wrong: "for gift in gifts.iter().take(0) {",
    },
    Fault {
        name: "a half goes up where it should go to the even neighbour",
        area: "rounding",
        right: "(rest == den - rest && floor % 2 != 0)",
        wrong: "rest == den - rest",
    },
    Fault {
        name: "the smallest remainder gets the last point, not the largest",
        area: "rounding",
        right: "std::cmp::Reverse(denominator.rest(exact[*rule]))",
        wrong: "denominator.rest(exact[*rule])",
    },
    Fault {
        name: "a window of n days holds n - 1",
        area: "window",
        right: "i64::from(length.before(day)) + 1",
        wrong: "i64::from(length.before(day)) + 2",
    },
    Fault {
        name: "what a period's first day counted is never taken back",
        area: "window",
        right: "_ if day >= self.period.0 && day < self.period.1",
        wrong: "_ if day > self.period.0 && day < self.period.1",
    },
    Fault {
        name: "a cap on the count lets one more through",
        area: "cap",
        right: "if used < limit { i64::MAX }",
        wrong: "if used <= limit { i64::MAX }",
    },
    Fault {
        name: "a cap that rejects trims",
        area: "cap",
        right: "cap.over == Over::Reject",
        wrong: "cap.over == Over::Reject && room == 0",
    },
    Fault {
        name: "a reward's cap lets one more through",
        area: "cap",
        right: "if used >= *plan.caps[*cap].limit.at(",
        wrong: "if used > *plan.caps[*cap].limit.at(",
    },
    Fault {
        name: "in the lane a cap forgets what was booked before",
        area: "cap",
        right: "(*cap.limit.at(rung) - used).max(0);",
        wrong: "(*cap.limit.at(rung) - used.min(0)).max(0);",
    },
    Fault {
        name: "in a straight line a cap forgets what was booked before",
        area: "cap",
        right: "*cap.limit.at(rung) - used.used.total()",
        wrong: "*cap.limit.at(rung) - used.used.total().min(0)",
    },
    Fault {
        name: "a rung is kept although the window holds one too little",
        area: "window",
        right: "if left < least {",
        wrong: "if left < least - 1 {",
    },
    Fault {
        name: "lots live a day too long",
        area: "lot",
        right: "                None => zone.midnight(length.after(day)),\n            };",
        wrong: "                None => zone.midnight(length.after(day) + 1),\n            };",
    },
    Fault {
        name: "a fixed day does not wait for the shortest life",
        area: "lot",
        right: "life.map_or(at + 1, |life| life.end(at, zone))",
        wrong: "life.map_or(at + 1, |_| at + 1)",
    },
    Fault {
        name: "the wallet's expiry beats the rung's",
        area: "lot",
        right: "of_rung.or(of_wallet)",
        wrong: "of_wallet.or(of_rung)",
    },
    Fault {
        name: "points of a rule end with those of the wallet",
        area: "lot",
        right: "let end = self.expiry_by(rule);",
        wrong: "let end = self.expiry_by(rule).min(self.expiry());",
    },
    Fault {
        name: "a lot that is brought along does not keep its end",
        area: "lot",
        right: "Some(day) => self.at.max(self.plan.program.zone.midnight(day as Day)),",
        wrong: "Some(_) => self.expiry(),",
    },
    Fault {
        name: "a rung that was given with an end falls before it",
        area: "tier",
        right: "tiers.validity == Validity::None && self.state.until.is_none()",
        wrong: "tiers.validity == Validity::None",
    },
    Fault {
        name: "debt is never paid",
        area: "lot",
        right: "self.state.debt.min(points)",
        wrong: "self.state.debt.min(points).min(0)",
    },
    Fault {
        name: "a refund takes other lots before its order's own",
        area: "refund",
        right: "lot.source == order.0 && lot.id == order.1;",
        wrong: "lot.source == order.0 && lot.id == order.1 && lot.is_pending();",
    },
    Fault {
        name: "a refund frees no room under a cap",
        area: "refund",
        right: "used.used.take_back(window, order.at, order.day, amount);",
        wrong: "used.used.take_back(window, order.at, order.day, 0 * amount);",
    },
    Fault {
        name: "drop_to_qualified drops one rung only",
        area: "tier",
        right: "Shortfall::DropToQualified => qualified",
        wrong: "Shortfall::DropToQualified => self.state.rung - 1",
    },
    Fault {
        name: "a rung holds a period more",
        area: "tier",
        right: "for _ in 0..count",
        wrong: "for _ in 0..count + 1",
    },
    Fault {
        name: "multipliers that multiply are added",
        area: "stacking",
        right: "if meeting.combine == Combine::Multiply {\n                    running",
        wrong: "if meeting.combine == Combine::Multiply {\n                    points",
    },
    Fault {
        name: "of equal priorities the last rule is chosen, not the first",
        area: "stacking",
        right: "priority(rule) > priority(best)",
        wrong: "priority(rule) >= priority(best)",
    },
];

/// Makes every mistake once and prints which were noticed.
///
/// # Errors
/// If one is not noticed, if the text that it changes is gone, or if the copy does not agree unchanged.
pub fn run(root: &Path) -> Result<(), String> {
    let scratch = target(root)?.join("faults");
    let faults = place(root)?;
    copy(root, &scratch)?;
    let start = Instant::now();
    let told = agreement(&scratch)?;
    if let Some(told) = told {
        return Err(format!(
            "settlement and recount differ without any mistake: {told}"
        ));
    }
    say(&format!(
        "   unchanged: agree ({:.0} s with the build)",
        start.elapsed().as_secs_f64()
    ));
    let mut survived = Vec::new();
    for Placed {
        fault,
        path,
        right,
        wrong,
    } in &faults
    {
        let start = Instant::now();
        let path = scratch.join(path);
        write(&path, wrong)?;
        let told = agreement(&scratch)?;
        write(&path, right)?;
        let caught = told.clone().unwrap_or_else(|| "nothing".to_owned());
        say(&format!(
            "   {:<9} {:<62} {:>3.0} s  caught by {caught}",
            fault.area,
            fault.name,
            start.elapsed().as_secs_f64()
        ));
        if told.is_none() {
            survived.push(fault.name);
        }
    }
    say(&format!(
        "   {} of {} mistakes were noticed",
        FAULTS.len() - survived.len(),
        FAULTS.len()
    ));
    if survived.is_empty() {
        Ok(())
    } else {
        Err(format!("not noticed: {}", survived.join("; ")))
    }
}

/// A mistake in its file.
struct Placed {
    fault: &'static Fault,
    /// The file, from the root.
    path: String,
    right: String,
    wrong: String,
}

/// Finds the file of every mistake, so that a stale table is told at once.
fn place(root: &Path) -> Result<Vec<Placed>, String> {
    let engine: Vec<(String, String)> = repository::files(root)?
        .into_iter()
        .filter(|file| file.path.starts_with("crates/engine/src/") && file.ending() == "rs")
        .filter_map(|file| Some((file.path, file.text?)))
        .collect();
    FAULTS
        .iter()
        .map(|fault| {
            let count = |text: &str| text.matches(fault.right).count();
            let found: Vec<_> = engine.iter().filter(|(_, text)| count(text) > 0).collect();
            match found.as_slice() {
                [(path, text)] if count(text) == 1 => Ok(Placed {
                    fault,
                    path: path.clone(),
                    right: text.clone(),
                    wrong: text.replace(fault.right, fault.wrong),
                }),
                found => Err(format!(
                    "`{}` stands in {} files of the engine, not once in one; bring the fault \"{}\" up to date",
                    fault.right,
                    found.len(),
                    fault.name
                )),
            }
        })
        .collect()
}

/// What the agreement test said, if it failed.
fn agreement(scratch: &Path) -> Result<Option<String>, String> {
    let test = built(scratch)?;
    let said = scratch.join("said.txt");
    let file = File::create(&said).map_err(|error| cannot("write", &said, &error))?;
    let also = file
        .try_clone()
        .map_err(|error| cannot("write", &said, &error))?;
    let mut child = Command::new(&test)
        .current_dir(scratch)
        .env("RUNGS_HISTORIES", HISTORIES)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(also)
        .spawn()
        .map_err(|error| cannot("start", &test, &error))?;
    let start = Instant::now();
    loop {
        let ended = child
            .try_wait()
            .map_err(|error| cannot("wait for", &test, &error))?;
        match ended {
            Some(status) if status.success() => return Ok(None),
            Some(_) => break,
            // A mistake may make settlement go round in circles.
            None if start.elapsed() > PATIENCE => {
                child
                    .kill()
                    .and_then(|()| child.wait())
                    .map_err(|error| cannot("stop", &test, &error))?;
                return Ok(Some(format!("no end within {} s", PATIENCE.as_secs())));
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    let said = read(&said)?;
    let line = |what: &str| said.lines().find(|line| line.contains(what));
    let line = line("accounts disagree")
        .or_else(|| line("panicked at"))
        .unwrap_or("a failing test");
    Ok(Some(
        line.split(';').next().unwrap_or(line).trim().to_owned(),
    ))
}

/// Builds the agreement test; a mistake that does not compile must not look noticed.
fn built(scratch: &Path) -> Result<PathBuf, String> {
    let words = [
        "cargo",
        "test",
        "--quiet",
        "--offline",
        "--no-run",
        "--message-format",
        "json",
    ];
    let which = ["-p", "rungs-verify", "--test", "agreement"];
    let messages = output(
        command(scratch, &[&words[..], &which].concat())
            .env("CARGO_TARGET_DIR", scratch.join("target")),
    )?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|message| {
            message["target"]["name"] == "agreement" && message["executable"].is_string()
        })
        .and_then(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| "cargo names no test `agreement`".to_owned())
}

/// Copies the crates. Unchanged files are left alone, so that cargo does not build them again.
fn copy(root: &Path, scratch: &Path) -> Result<(), String> {
    let manifest = read(&root.join("Cargo.toml"))?;
    let members = "members = [\"crates/*\", \"functions/*\", \"tests\"]";
    let defaults = "default-members = [\"crates/cli\"]\n";
    if !manifest.contains(members) || !manifest.contains(defaults) {
        return Err(
            "the members of the workspace have changed; bring `faults.rs` up to date".to_owned(),
        );
    }
    // Rules fast enough for thousands of events, built fast enough for all of them.
    let manifest = manifest
        .replace(members, "members = [\"crates/*\"]")
        .replace(defaults, "")
        .replace(
            "[profile.dev]\ndebug = \"line-tables-only\"",
            "[profile.dev]\ndebug = false\nopt-level = 1",
        );
    renew(&scratch.join("Cargo.toml"), &manifest)?;
    renew(
        &scratch.join("Cargo.lock"),
        &read(&root.join("Cargo.lock"))?,
    )?;
    for name in CRATES {
        let place = format!("crates/{name}");
        folder(&root.join(&place), &scratch.join(&place))?;
    }
    Ok(())
}

fn folder(from: &Path, to: &Path) -> Result<(), String> {
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(from).map_err(|error| cannot("list", from, &error))? {
        let path = entry.map_err(|error| cannot("list", from, &error))?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        let target = to.join(name);
        if path.is_dir() {
            folder(&path, &target)?;
        } else {
            renew(&target, &read(&path)?)?;
        }
        kept.push(target);
    }
    // What is gone in the repository is gone in the copy.
    for entry in std::fs::read_dir(to).into_iter().flatten().flatten() {
        let path = entry.path();
        if !kept.contains(&path) {
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            removed.map_err(|error| cannot("remove", &path, &error))?;
        }
    }
    Ok(())
}

fn renew(path: &Path, text: &str) -> Result<(), String> {
    match std::fs::read_to_string(path) {
        Ok(known) if known == text => Ok(()),
        _ => write(path, text),
    }
}

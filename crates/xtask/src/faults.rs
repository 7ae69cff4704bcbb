//! `cargo xtask faults`: mistakes that a person could make in settlement, one at a time. Each
//! must be noticed by the agreement of settlement and recount over generated histories; a mistake that
//! survives shows a hole in the generator or in the recount.
//!
//! Only a copy under the target folder is ever changed.

mod mistakes;

use crate::repository::{self, cannot, read, write};
use crate::step::{command, output, say};
use crate::test::target;
use mistakes::{FAULTS, Fault};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Histories that each mistake has to survive.
const HISTORIES: &str = "2000";

/// A test that takes longer has no end; where nothing is noticed it takes about forty seconds.
const PATIENCE: Duration = Duration::from_secs(180);

/// What the copy holds: the crates that the agreement test needs.
const CRATES: &[&str] = &["engine", "verify", "histories"];

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

/// What the agreement test said first, if it failed.
fn agreement(scratch: &Path) -> Result<Option<String>, String> {
    let test = built(scratch)?;
    let said = scratch.join("said.txt");
    let file = File::create(&said).map_err(|error| cannot("write", &said, &error))?;
    let also = file
        .try_clone()
        .map_err(|error| cannot("write", &said, &error))?;
    let mut child = Command::new(&test)
        .current_dir(scratch)
        // What a test says is seen at once, and the first difference is enough.
        .arg("--nocapture")
        .env("RUNGS_HISTORIES", HISTORIES)
        .env("RUNGS_ENOUGH", "1")
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
        // One of the tests may have failed while the other goes on.
        let noticed = noticed(&read(&said)?);
        match ended {
            Some(status) if status.success() => return Ok(None),
            Some(_) => return Ok(noticed.or_else(|| Some("a failing test".to_owned()))),
            // A mistake may make settlement go round in circles.
            None if noticed.is_some() || start.elapsed() > PATIENCE => {
                child
                    .kill()
                    .and_then(|()| child.wait())
                    .map_err(|error| cannot("stop", &test, &error))?;
                let endless = || format!("no end within {} s", PATIENCE.as_secs());
                return Ok(noticed.or_else(|| Some(endless())));
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// The account that differs first, or where a test failed, as far as the tests have said it.
fn noticed(said: &str) -> Option<String> {
    // A line that is still being written has no end.
    let lines = said.split_inclusive('\n');
    let mut whole = lines.filter(|line| line.ends_with('\n')).map(str::trim_end);
    whole.find(|line| line.contains("panicked at"))?;
    let told = whole.next()?;
    // Accounts that differ follow in lines of their own.
    let told = match told.contains("accounts disagree") {
        true => whole.next()?,
        false => told,
    };
    Some(told.trim_end_matches(':').to_owned())
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
    // The engine is built once for each mistake, and most of them are noticed by the first histories: so it is built
    // fast and runs slowly, while all that is built once runs fast.
    let manifest = manifest
        .replace(members, "members = [\"crates/*\"]")
        .replace(defaults, "")
        .replace(
            "[profile.dev]\ndebug = \"line-tables-only\"",
            "[profile.dev]\ndebug = false\nopt-level = 1\n\n[profile.dev.package.rungs-engine]\nopt-level = 0",
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

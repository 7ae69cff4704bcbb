//! `cargo xtask test`: the test command of the README, from an empty clone, with Rust and Python.
//!
//! The order is from cheap to dear. The runners stand last, so that their own summaries are the last lines.

use crate::repository::cannot;
use crate::step::{command, output, run as run_command, say, step, works};
use crate::{browser, docs, dynamodb, faults, python, samples, tidy};
use std::path::{Path, PathBuf};

/// The release of cargo-deny that is installed where there is none.
const DENY: &str = "0.20.2";

/// How much is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of it, with the optimised build that is shipped.
    Everything,
    /// What an inner loop can wait for: unoptimised, without licences and without Python.
    Quick,
}

/// Runs the steps; stops at the first that fails.
///
/// # Errors
/// The step that failed and why.
pub fn run(root: &Path, scope: Scope) -> Result<(), String> {
    let everything = scope == Scope::Everything;
    step("tools", || tools(root, everything))?;
    cargo(root, "format", &["fmt", "--all", "--check"])?;
    // With the profile of the build: what C compilers make for it is made once.
    let profile: &[&str] = if everything { &["--release"] } else { &[] };
    let lints = ["clippy", "--workspace", "--all-targets", "--quiet"];
    cargo(
        root,
        "lints",
        &[&lints[..], profile, &["--", "--deny", "warnings"]].concat(),
    )?;
    step("house rules", || tidy::run(root))?;
    step("generated pages", || docs::run(root, docs::Mode::Check))?;
    if !everything {
        cargo(root, "build", &["build", "--workspace"])?;
        return step("tests", || rust_tests(root, &[]));
    }
    let deny = ["deny", "--all-features", "check"];
    cargo(
        root,
        "licences, bans, sources",
        &[&deny[..], &["licenses", "bans", "sources"]].concat(),
    )?;
    cargo(root, "build", &["build", "--workspace", "--release"])?;
    let built = target(root)?.join("release");
    step("programmes and their scenarios", || programs(root, &built))?;
    let interpreter = step("python", || {
        python::environment(root, python::AWS)?;
        python::environment(root, python::PAGE)?;
        python::environment(root, python::CHECKS)
    })?;
    let dynamodb = step("a DynamoDB for this machine", || dynamodb::server(root))?;
    let chromium = step("a browser", || browser::chromium(root))?;
    let examples = ["test", "--workspace", "--release", "--doc", "--quiet"];
    cargo(root, "examples in the documentation", &examples)?;
    step("mistakes that must be noticed", || faults::run(root))?;
    step("tests", || rust_tests(root, &["--release"]))?;

    let pytest = |tests: &str| {
        run_command(
            command(root, &[&interpreter, "-m", "pytest", "-q", "-ra"])
                .args(["-p", "no:cacheprovider", tests])
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("RUNGS_DYNOXIDE", &dynamodb)
                .env("RUNGS_CHROMIUM", chromium)
                .env("RUNGS_BUILT", &built),
        )
    };
    step("the night on AWS, on a local stack", || pytest("tests/aws"))?;
    // The kept reports are rendered by an example, which the Rust tests have built.
    step("the report's page in a browser", || pytest("tests/page"))?;

    // Nothing is printed after this: the runner's summary is the last line.
    say("\n== tests against pandas and DuckDB");
    pytest("tests/python")
}

/// Checks every programme of the repository with the built binary and runs the scenarios beside them.
fn programs(root: &Path, built: &Path) -> Result<(), String> {
    let rungs = built.join(samples::binary());
    let mut folders = Vec::new();
    for parent in ["programs", "bench/programs"] {
        let listed = std::fs::read_dir(root.join(parent))
            .map_err(|error| cannot("list", Path::new(parent), &error))?;
        folders.extend(
            listed
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.is_dir()),
        );
    }
    folders.sort();
    for word in ["check", "test"] {
        run_command(command(root, &[&rungs.to_string_lossy(), word]).args(&folders))?;
    }
    Ok(())
}

/// A step that is one call of cargo.
fn cargo(root: &Path, heading: &str, words: &[&str]) -> Result<(), String> {
    step(heading, || {
        run_command(&mut command(root, &[&["cargo"], words].concat()))
    })
}

/// Sees to it that the tools are there that a bare Rust does not bring.
fn tools(root: &Path, everything: bool) -> Result<(), String> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if works(&mut command(root, &["cargo", tool, "--version"])) {
            continue;
        }
        say(&format!("   `cargo {tool}` is missing: adding {component}"));
        run_command(&mut command(
            root,
            &["rustup", "component", "add", component],
        ))
        .map_err(|problem| format!("{problem}; install {component} for this Rust and run again"))?;
    }
    if everything && !works(&mut command(root, &["cargo", "deny", "--version"])) {
        say("   `cargo deny` is missing: building it once, which takes about three minutes");
        let words = ["cargo", "install", "cargo-deny", "--locked", "--quiet"];
        run_command(command(root, &words).args(["--version", DENY]))?;
    }
    Ok(())
}

/// The Rust tests: by nextest where it is installed (a process a test), else by cargo's own runner.
fn rust_tests(root: &Path, profile: &[&str]) -> Result<(), String> {
    if works(&mut command(root, &["cargo", "nextest", "--version"])) {
        let words = ["cargo", "nextest", "run", "--workspace", "--no-fail-fast"];
        let quiet = ["--status-level", "fail", "--show-progress", "none"];
        // What a test says is what matters; a trace of a hundred frames would hide it.
        let mut tests = command(root, &words);
        tests.env("RUST_BACKTRACE", "0");
        return run_command(tests.args(quiet).args(profile));
    }
    let words = ["cargo", "test", "--workspace", "--all-targets"];
    run_command(command(root, &words).args(profile).arg("--no-fail-fast"))
}

/// Where cargo builds, whatever the environment and its configuration say.
///
/// # Errors
/// If cargo cannot say it.
pub fn target(root: &Path) -> Result<PathBuf, String> {
    let words = ["cargo", "metadata", "--format-version", "1", "--no-deps"];
    let metadata: serde_json::Value = serde_json::from_str(&output(&mut command(root, &words))?)
        .map_err(|error| format!("`cargo metadata` cannot be read: {error}"))?;
    metadata
        .get("target_directory")
        .and_then(|folder| folder.as_str())
        .map(PathBuf::from)
        .ok_or_else(|| "`cargo metadata` names no target folder".to_owned())
}

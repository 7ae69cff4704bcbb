//! `cargo xtask docs [--check]`: pages and schemas that follow from the code, so that they cannot be wrong.
//!
//! To add one, write a function from what it is made of to its text and give it a line in [`pages`].

mod cases;
mod diagnostics;
mod events;
mod kpis;

use crate::repository::{self, File};
use crate::step::say;
use rungs_engine::language;
use std::path::Path;

/// Whether pages are written or only compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Write what differs.
    Write,
    /// Say what differs and fail.
    Check,
}

/// A generated file: its path from the root and its text.
pub type Page = (&'static str, String);

/// Every generated file.
///
/// # Errors
/// If something that a page is made of cannot be read.
pub fn pages(files: &[File]) -> Result<Vec<Page>, String> {
    Ok(vec![
        (
            "docs/reference/program.md",
            notice("`crates/engine/src/language`") + &language::reference(),
        ),
        ("docs/reference/diagnostics.md", diagnostics::page()),
        ("docs/reference/events.md", events::page()),
        ("docs/reference/kpis.md", kpis::page()),
        ("schema/rungs.json", json(language::program_schema())),
        ("schema/rungs-test.json", json(language::scenario_schema())),
        (
            "schema/events.json",
            json(rungs_pipeline::ingest::events_schema_json()),
        ),
        (
            "schema/report.json",
            json(rungs_pipeline::report::report_schema()),
        ),
        ("docs/reference/cases.md", cases::page(files)),
    ])
}

/// Writes the generated files, or says which are out of date.
///
/// # Errors
/// In [`Mode::Check`] if one differs; else if one cannot be written.
pub fn run(root: &Path, mode: Mode) -> Result<(), String> {
    let files = repository::files(root)?;
    let mut differ = 0;
    for (path, text) in pages(&files)? {
        let written = files.iter().find(|file| file.path == path);
        if written.and_then(|file| file.text.as_ref()) == Some(&text) {
            continue;
        }
        differ += 1;
        if mode == Mode::Write {
            repository::write(&root.join(path), &text)?;
        }
        let done = if mode == Mode::Write {
            "written"
        } else {
            "out of date"
        };
        say(&format!("   {path}: {done}"));
    }
    if mode == Mode::Check && differ > 0 {
        return Err(format!(
            "{differ} generated files are out of date; run `cargo xtask docs` and commit what it writes"
        ));
    }
    Ok(())
}

/// A schema as it is committed.
fn json(schema: serde_json::Value) -> String {
    format!("{schema:#}\n")
}

/// The line that stands at the top of every generated page.
fn notice(from: &str) -> String {
    format!("<!-- Made by `cargo xtask docs` from {from}. Change it there. -->\n\n")
}

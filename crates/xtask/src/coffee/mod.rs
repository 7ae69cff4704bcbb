//! `cargo xtask coffee`: two years of an invented chain of coffee bars, as files in the layout of an
//! inbox. The same seed gives the same bytes on every machine.
//!
//! `person` makes the members, `life` what each of them does, `records` holds it; `tables` numbers it
//! and writes CSV, `app` Parquet; `faults` adds what no real upload is without.

mod app;
mod clock;
mod faults;
mod life;
mod menu;
mod person;
mod random;
mod records;
mod tables;
mod words;

use jiff::civil::{Date, date};
use rungs_engine::calendar::day_of;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The first day of the sample.
const FROM: Date = date(2025, 1, 1);
/// The day after its last one.
const BEFORE: Date = date(2026, 11, 16);

/// Files by their path below the inbox.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Writes the sample: `[--seed 7] [--out samplelocal/coffee]`; relative folders stand below `root`.
///
/// # Errors
/// A sentence that names the option or the file.
pub fn run(options: &[&str], root: &Path) -> Result<(), String> {
    let (mut seed, mut out) = (7, root.join("samplelocal/coffee"));
    for option in options.chunks(2) {
        match option {
            ["--seed", value] => {
                seed = value
                    .parse()
                    .map_err(|_| format!("`--seed` takes a whole number, not `{value}`"))?;
            }
            ["--out", value] => out = root.join(value),
            _ => return Err(format!("unknown option `{}`", option.join(" "))),
        }
    }
    write(&files(seed)?, &out)
}

/// All files of the sample of this seed.
///
/// # Errors
/// A sentence from the writer of CSV or Parquet.
pub fn files(seed: u64) -> Result<Files, String> {
    let clock = clock::Clock::dublin()?;
    let mut records = life::of_everybody(seed, &clock)?;
    records.keep(clock.at(day_of(FROM), 0)..clock.at(day_of(BEFORE), 0));
    faults::plant_activities(&clock, &mut records)?;
    let mut tables = tables::of(&records, &clock);
    faults::plant(&clock, &mut tables)?;
    let mut files = tables::render(&tables)?;
    files.extend(app::render(&records, &clock)?);
    Ok(files)
}

/// Replaces the datasets' folders below `out` by these files.
///
/// # Errors
/// A sentence that names the file.
pub fn write(files: &Files, out: &Path) -> Result<(), String> {
    let problem = |path: &Path, error| format!("cannot write `{}`: {error}", path.display());
    // Months of another seed or of an older form must not stay behind.
    let datasets: BTreeSet<&str> = files
        .keys()
        .filter_map(|path| path.split('/').next())
        .collect();
    for folder in datasets.into_iter().map(|dataset| out.join(dataset)) {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| problem(&folder, error))?;
        }
    }
    for (path, bytes) in files {
        let file = out.join(path);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|error| problem(folder, error))?;
        }
        std::fs::write(&file, bytes).map_err(|error| problem(&file, error))?;
    }
    Ok(())
}

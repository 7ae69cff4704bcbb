//! `run`: what is new is taken in and cut, every night up to a date is settled, the figures are counted.
//! The run counts when its manifest is written, last; a run that was killed before leaves nothing
//! behind that counts, and the next one begins where the last finished run ended.

mod again;
mod agreed;
mod books;
mod counting;
mod cutting;
mod draws;
#[cfg(test)]
mod fault_tests;
mod finish;
mod intake;
mod keys;
mod night;
mod outset;
mod population;
mod rebuild;
mod replay;
mod serving_copy;
pub mod steps;
#[cfg(test)]
mod tests;
mod totals;

pub use again::settle_again;
pub use agreed::agreed;
pub use keys::{Keys, Secret};
pub use rebuild::{Rebuild, rebuild};
pub use replay::{Booked, Lines, replay};
pub use totals::Totals;

use crate::ingest::Refusal;
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use crate::progress::Progress;
use crate::trouble::{Trouble, TroubleCode};
use cutting::{Part, settle};
use finish::{Ended, finish};
use outset::Outset;
use rayon::prelude::*;
use rungs_engine::calendar::{Day, day_text};
use rungs_engine::fold::{FORMAT, Plans};
use rungs_engine::program::{Program, Versions};
use std::path::Path;

/// Rows of a shard when the number of shards is chosen.
const SHARD_ROWS: u64 = 250_000;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// All versions of the programme.
    pub versions: &'a Versions,
    /// Its inbox.
    pub inbox: &'a Path,
    /// Its store; created if there is none.
    pub store: &'a Path,
    /// The last night to settle.
    pub as_of: Day,
    /// Shards of a new store.
    pub shards: Option<u16>,
    /// The keys of draws and pseudonyms.
    pub keys: &'a Keys,
}

/// What came out.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Number of the run; 0 if there was nothing to do.
    pub run: u32,
    /// The other version of Rungs that settled the run before, if it was another one.
    pub settled_before_by: Option<String>,
    /// Objects that were refused whole.
    pub refused: Vec<(String, Refusal)>,
    /// Files that match no dataset.
    pub unmatched: Vec<String>,
    /// Columns that no dataset asks for: (dataset, column).
    pub ignored_columns: Vec<(String, String)>,
    /// Rows in quarantine.
    pub rejected: u64,
    /// Accounts that were touched.
    pub touched: u64,
    /// Entries that were booked.
    pub entries: u64,
}

/// Runs.
pub fn run(request: &Request<'_>, progress: &dyn Progress) -> Result<Outcome, Trouble> {
    let versions = request.versions;
    let plans = plans(versions)?;
    // What all versions share is read off the newest.
    let program = versions.newest();
    // Before anything is read: what another run finishes meanwhile would be missed, and settled twice.
    let lock = Store::claim(request.store)?;
    let known = request.store.join("store.json").exists();
    let manifests = if known {
        Store::open(request.store)?.manifests()?
    } else {
        Vec::new()
    };
    let (objects, unmatched) = intake::unseen(versions, request.inbox, &manifests)?;
    let shards = request
        .shards
        .unwrap_or_else(|| shards_for(objects.iter().map(|(object, _)| object.bytes).sum()));
    let store = Store::open_or_create(request.store, &program.id, shards)?;
    store.clean(&lock)?;
    let before = manifests.last();
    let settled_day = before
        .map(|before| before.nights.last(request.store))
        .transpose()?;
    if let (Some(before), Some(settled)) = (before, settled_day) {
        agreed(versions, before, settled)?;
        serving_copy::mend(versions.on(settled), &store)?;
        finish::mend(versions, &store, &manifests)?;
    }
    if let Some(settled) = settled_day
        && request.as_of <= settled
    {
        return up_to_date(request, settled, progress);
    }
    let mut outset = Outset::read(&plans, &store, &manifests, request.as_of)?;
    let intake = intake::take_in(&outset, objects, request.keys, progress)?;
    let ranges = ShardRange::split(store.shards(), parts(&store, intake.staged.rows()));
    if !program.surprises.is_empty() {
        progress.stage("drawing", 1);
    }
    let (drawn, cuts) = outset.draw(&intake, request.keys)?;
    outset.won(&drawn);
    let night = outset.night();
    let cutting = outset.cutting(&intake);
    progress.stage("settling", ranges.len() as u64);
    let done: Vec<Part> = ranges
        .par_iter()
        .map(|range| {
            let part = settle(&night, &cutting, *range, &cuts);
            progress.advance(1);
            part
        })
        .collect::<Result<_, Trouble>>()?;
    drop(cuts);
    let ended = Ended {
        intake,
        unmatched,
        parts: done,
        drawn,
    };
    let outcome = finish(&night, &manifests, ended, progress)?;
    store.remove_staged(&lock)?;
    drop(lock);
    Ok(outcome)
}

/// The first settled night that a run after the night of `settled` may still correct: it stays open for
/// `[program] late` nights after its own.
fn first_open(program: &Program, settled: Day) -> Day {
    // Lengths of the calendar are not all alike: from a few days before it, the days are asked one by one.
    let mut first = program.late.before(settled) - 5;
    while program.late.after(first) <= settled {
        first += 1;
    }
    first
}

/// What the indices in states depend on: the versions, and the form of states.
fn names(versions: &Versions) -> String {
    format!("{FORMAT}/{}", versions.digest())
}

/// The programme made ready, or what is too fine in it.
pub fn plans(versions: &Versions) -> Result<Plans<'_>, Trouble> {
    Plans::new(versions).map_err(|error| {
        Trouble::new(
            TroubleCode::RatesTooFine,
            format!(
                "the rates of `{}` together need more digits than 64 bits have",
                error.rule
            ),
            "use rates with fewer digits, such as 1.2 instead of 1.19999",
        )
    })
}

fn up_to_date(
    request: &Request<'_>,
    settled: Day,
    progress: &dyn Progress,
) -> Result<Outcome, Trouble> {
    if request.as_of < settled {
        return Err(Trouble::new(
            TroubleCode::SettledAlready,
            format!("every night up to {} is settled already", day_text(settled)),
            "ask for a later night; `rungs report` shows what is settled",
        ));
    }
    progress.done(&format!(
        "{} is settled already; new files wait for the next night",
        day_text(settled)
    ));
    Ok(Outcome::default())
}

/// Shards for so many bytes of uploads, at a guess of a hundred bytes a row.
fn shards_for(bytes: u64) -> u16 {
    let shards = (bytes / 40 / SHARD_ROWS).next_power_of_two().clamp(1, 64);
    if bytes > 4_000_000 {
        shards.max(8) as u16
    } else {
        shards as u16
    }
}

/// Staged rows that one task takes on, where there are shards enough.
const TASK_ROWS: u64 = 65_536;

/// Tasks of a quiet night. A constant: files of a night do not depend on the machine that settles it.
const TASKS: u64 = 8;

/// Tasks for so many staged rows: enough that no core waits long for the last one, and that what a task
/// holds in memory until its range is written stays small however much is filled in at once.
fn parts(store: &Store, staged: u64) -> u16 {
    let parts = (staged / TASK_ROWS).max(TASKS);
    u16::try_from(parts)
        .unwrap_or(u16::MAX)
        .min(store.shards())
        .max(1)
}

//! A run in steps, each of which may be another process, die, and be done again: objects are taken in when they
//! come ([`take_in`]); a night is cut, which freezes what belongs to it ([`cut`]); ranges of shards are folded
//! ([`fold`]); what they gave makes the night count ([`count`]). It is the same run as [`run`](super::run) makes in
//! one go, and writes the same bytes.
//!
//! What steps hand on is in the store, below `staged` and `steps`; nothing of it counts, and it may be thrown away
//! once the night does.

mod receipt;
mod seen;

pub use receipt::{RECEIPTS, Receipt, take_in};
pub use seen::Seen;

use super::cutting::{Part, settle_while};
use super::finish::{Ended, finish};
use super::intake::Intake;
use super::outset::Outset;
use super::{Keys, Outcome, agreed, names, parts, plans};
use crate::lake::decisions::Decision;
use crate::lake::error::LakeError;
use crate::lake::manifest::Manifest;
use crate::lake::shard::ShardRange;
use crate::lake::store::{Store, write_whole};
use crate::progress::Progress;
use crate::report::sums::Sums;
use crate::serving::Changes;
use crate::trouble::{Trouble, TroubleCode};
use rungs_engine::calendar::{Day, day_from, day_text};
use rungs_engine::program::Versions;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What belongs to a run, decided once: who does a step again, or goes on where another process died, finds the
/// same.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Frozen {
    /// Number of the run.
    pub run: u32,
    /// Its last night: `2026-11-21`.
    pub night: String,
    /// The versions that settle it, and the form of states.
    pub versions: String,
    /// What it takes in, in the order of its objects.
    pub receipts: Vec<Receipt>,
    /// First and last shard of each range.
    pub ranges: Vec<(u16, u16)>,
    /// The draws that it held.
    pub drawn: Vec<Decision>,
}

impl Frozen {
    /// Its own name in the store.
    pub fn file(run: u32) -> String {
        format!("steps/{run:05}/cut.json")
    }

    /// From the bytes of its file.
    pub fn from_bytes(bytes: &[u8]) -> Option<Frozen> {
        serde_json::from_slice(bytes).ok()
    }

    /// The ranges in which its shards are folded.
    pub fn ranges(&self) -> impl Iterator<Item = ShardRange> {
        (self.ranges.iter()).map(|&(first, last)| ShardRange { first, last })
    }

    /// Name of what shards gave, from `first` on: how many of them it says itself ([`folded`]).
    pub fn part(&self, first: u16) -> String {
        format!("steps/{:05}/part-{first:03}", self.run)
    }

    /// Name of what a range changes for readers: [`changes`].
    pub fn served(&self, range: ShardRange) -> String {
        format!("steps/{:05}/served-{range}", self.run)
    }

    fn night(&self) -> Result<Day, Trouble> {
        day_from(&self.night).ok_or_else(|| damaged("the night of the cut is no date"))
    }

    /// Versions that were deployed in between would settle another night than was cut.
    fn agrees(&self, versions: &Versions) -> Result<(), Trouble> {
        match self.versions == names(versions) {
            true => Ok(()),
            false => Err(Trouble::new(
                TroubleCode::ChangedMeanwhile,
                format!("run {} was cut by another text of the programme", self.run),
                "put the programme's files back until this night is settled, then deploy them again",
            )),
        }
    }
}

/// Freezes what belongs to the next run: everything of these receipts that these versions have read and no run has
/// taken in. Nothing if the night is settled already. The file of it ([`Frozen::file`]) is for the caller to write,
/// once and for good.
pub fn cut(
    versions: &Versions,
    store: &Store,
    mut receipts: Vec<Receipt>,
    as_of: Day,
    keys: &Keys,
) -> Result<Option<Frozen>, Trouble> {
    let plans = plans(versions)?;
    let manifests = store.manifests()?;
    let outset = Outset::read(&plans, store, &manifests, as_of)?;
    if let (Some(before), Some(settled)) = (outset.before(), outset.settled) {
        agreed(versions, before, settled)?;
        if as_of <= settled {
            return Ok(None);
        }
    }
    let seen = Seen::of(&manifests);
    receipts
        .retain(|receipt| receipt.is_of(versions) && !seen.object(&receipt.name, &receipt.digest));
    receipts.sort_by(|a, b| (&a.name, &a.digest).cmp(&(&b.name, &b.digest)));
    let (intake, _) = Intake::of_receipts(&receipts);
    let ranges = ShardRange::split(store.shards(), parts(store, intake.staged.rows()));
    let (drawn, _) = outset.draw(&intake, keys)?;
    Ok(Some(Frozen {
        run: outset.run,
        night: day_text(as_of),
        versions: names(versions),
        receipts,
        ranges: ranges
            .iter()
            .map(|range| (range.first, range.last))
            .collect(),
        drawn,
    }))
}

/// What a range gave, as it is handed on. The range stands first: it is read alone.
#[derive(Serialize, Deserialize)]
struct Handed {
    range: ShardRange,
    part: Part,
    sums: Option<Sums>,
}

/// Settles a range of shards: its files of the lake, what it changes for readers, and what the night needs of it,
/// last. Doing it twice writes the same. `go_on` is asked before each shard but the first; when it says no, what was
/// settled is kept as a range of its own. The shards that were settled.
pub fn fold(
    versions: &Versions,
    store: &Store,
    frozen: &Frozen,
    range: ShardRange,
    go_on: &dyn Fn() -> bool,
) -> Result<ShardRange, Trouble> {
    frozen.agrees(versions)?;
    let plans = plans(versions)?;
    let manifests = before(store, frozen)?;
    let mut outset = Outset::read(&plans, store, &manifests, frozen.night()?)?;
    outset.won(&frozen.drawn);
    let (intake, _) = Intake::of_receipts(&frozen.receipts);
    let night = outset.night();
    let cutting = outset.cutting(&intake);
    let (range, mut part) = settle_while(&night, &cutting, range, &BTreeMap::new(), go_on)?;
    store.arrive()?;
    part.is_of(store, range)?;
    let together = part.settled.together.take();
    let served = std::mem::take(&mut part.settled.served);
    let changes = Changes {
        lapsed_before: Some(night.until),
        ..served
    };
    write(store, &frozen.served(range), &changes)?;
    let sums = together.map(|together| Sums::of(night.program, frozen.run, &together));
    let name = frozen.part(range.first);
    write(store, &name, &Handed { range, part, sums })?;
    Ok(range)
}

/// Which shards a part holds, from the bytes of its file.
pub fn folded(bytes: &[u8]) -> Result<ShardRange, Trouble> {
    let (range, _) = postcard::take_from_bytes(bytes)
        .map_err(|_| damaged("what a range gave cannot be read"))?;
    Ok(range)
}

/// Brings together what all shards gave, in parts that are in the store, and makes the night count: its manifest, views
/// and figures.
pub fn count(
    versions: &Versions,
    store: &Store,
    frozen: &Frozen,
    parts: &[ShardRange],
    progress: &dyn Progress,
) -> Result<Outcome, Trouble> {
    frozen.agrees(versions)?;
    let plans = plans(versions)?;
    let manifests = before(store, frozen)?;
    let outset = Outset::read(&plans, store, &manifests, frozen.night()?)?;
    let mut night = outset.night();
    night.serves = false;
    let mut all = Vec::new();
    for part in parts {
        let mut handed: Handed = read(&store.path(&frozen.part(part.first)))?;
        handed.part.settled.together = handed.sums.and_then(|sums| sums.together(night.program));
        all.push(handed.part);
    }
    let (intake, unmatched) = Intake::of_receipts(&frozen.receipts);
    let ended = Ended {
        intake,
        unmatched,
        parts: all,
        drawn: frozen.drawn.clone(),
    };
    finish(&night, &manifests, ended, progress)
}

/// What a range changes for readers, from the bytes of its file.
pub fn changes(bytes: &[u8]) -> Result<Changes, Trouble> {
    postcard::from_bytes(bytes).map_err(|_| damaged("what a range changes cannot be read"))
}

/// The manifests before a run. Its own may be there already, if it is done again.
fn before(store: &Store, frozen: &Frozen) -> Result<Vec<Manifest>, Trouble> {
    let mut manifests = store.manifests()?;
    manifests.retain(|manifest| manifest.run < frozen.run);
    match manifests.len() as u32 + 1 == frozen.run {
        true => Ok(manifests),
        false => Err(damaged("a run before it is missing")),
    }
}

fn damaged(what: &str) -> Trouble {
    Trouble::new(
        TroubleCode::Unforeseen,
        what,
        "remove the run's folder below `steps`, and cut the night again",
    )
}

fn json(value: &impl Serialize, place: &Path) -> Result<Vec<u8>, LakeError> {
    serde_json::to_vec_pretty(value).map_err(|cause| LakeError::damaged(place, cause))
}

fn write(store: &Store, name: &str, value: &impl Serialize) -> Result<(), Trouble> {
    let path = store.path(name);
    let bytes = postcard::to_stdvec(value).map_err(|cause| LakeError::damaged(&path, cause))?;
    store.folder_of(&path)?;
    Ok(write_whole(&path, &bytes)?)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Trouble> {
    let bytes = std::fs::read(path).map_err(|cause| LakeError::access(path, cause))?;
    let value = postcard::from_bytes(&bytes).map_err(|cause| LakeError::damaged(path, cause))?;
    Ok(value)
}

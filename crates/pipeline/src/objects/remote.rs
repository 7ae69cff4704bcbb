//! The steps of a night for a programme whose files are objects: `inbox/`, `programs/`, `keys/` and `lake/`, each
//! followed by the programme's id. A lake may have another name: then the programme is settled once more beside it.

use super::working_copy::WorkingCopy;
use super::{Objects, unavailable};
use crate::ingest::in_progress;
use crate::lake::error::LakeError;
use crate::lake::manifest::{Manifest, Table};
use crate::lake::shard::ShardRange;
use crate::lake::store::{Store, write_whole};
use crate::progress::Silent;
use crate::report::{self, nights, sums};
use crate::run::steps::{self, Frozen, RECEIPTS, Receipt, Seen};
use crate::trouble::{Trouble, TroubleCode};
use rungs_engine::calendar::{Day, Instant};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A programme by its id, and where its objects are.
#[derive(Debug, Clone)]
pub struct Remote {
    pub(super) objects: Arc<dyn Objects>,
    program: String,
    pub(super) lake: String,
    shards: u16,
    /// Where steps make their folders.
    pub(super) scratch: PathBuf,
}

/// A night that was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CutNight {
    /// Number of the run.
    pub run: u32,
    /// Its last night: `2026-11-21`.
    pub night: String,
    /// Key of the list of ranges.
    pub ranges: String,
}

/// A night that counts.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Number of the run.
    pub run: u32,
    /// Its last night: `2026-11-21`.
    pub night: String,
    /// Accounts that were touched.
    pub accounts: u64,
    /// Entries that were booked.
    pub entries: u64,
    /// Rows that it put into quarantine.
    pub quarantined: u64,
    /// Its report, as JSON.
    pub report: String,
    /// Likewise of the run before, if there is one.
    pub report_before: Option<String>,
    /// What each night said, a line for each; nothing if a later run counts already.
    pub nights: Option<String>,
}

/// A line of the list of ranges.
#[derive(Serialize)]
struct RangeItem<'a> {
    program: &'a str,
    lake: &'a str,
    run: u32,
    first: u16,
    last: u16,
}

impl Remote {
    /// `shards` are those of a lake that is not there yet.
    pub fn new(objects: Arc<dyn Objects>, program: &str, shards: u16) -> Remote {
        Remote {
            objects,
            program: program.to_owned(),
            lake: program.to_owned(),
            shards,
            scratch: std::env::temp_dir(),
        }
    }

    /// With a lake of another name than the programme's: what lies in the inbox is settled once more, beside the lake
    /// that is there.
    pub fn in_lake(self, lake: &str) -> Remote {
        Remote {
            lake: lake.to_owned(),
            ..self
        }
    }

    /// Steps make their folders in this one, and remove them.
    pub fn working_in(self, scratch: &Path) -> Remote {
        Remote {
            scratch: scratch.to_owned(),
            ..self
        }
    }

    pub(super) fn working_copy(&self) -> Result<WorkingCopy, Trouble> {
        let names = (self.program.as_str(), self.lake.as_str());
        WorkingCopy::new(&self.objects, &self.scratch, names, self.shards)
    }

    /// Takes in an uploaded object, by its name below the programme's inbox. Nothing if it is an upload in progress,
    /// or is gone.
    pub fn take_in(&self, name: &str) -> Result<Option<Receipt>, Trouble> {
        if in_progress(name) {
            return Ok(None);
        }
        self.take_in_with(&self.working_copy()?, name)
    }

    fn take_in_with(&self, work: &WorkingCopy, name: &str) -> Result<Option<Receipt>, Trouble> {
        let key = format!("inbox/{}/{name}", self.program);
        let path = work.path("upload");
        if !self.objects.fetch(&key, &path)? {
            return Ok(None);
        }
        let receipt = steps::take_in(&work.versions, &work.store, name, &path, &work.keys()?)?;
        work.bring_back(&["staged/objects"])?;
        work.bring_back(&[RECEIPTS])?;
        Ok(Some(receipt))
    }

    /// Freezes what belongs to the next run; nothing if the night is settled already. A run that was cut before and
    /// does not count yet, or is not served yet, is gone on with, whatever night was asked for.
    pub fn cut(&self, night: Night) -> Result<Option<CutNight>, Trouble> {
        let work = self.working_copy()?;
        let last = work.store.last_run()?;
        let frozen = match (self.unserved(&work, last)?, Frozen::file(last + 1)) {
            (Some(unserved), _) => Some(unserved),
            (None, next) if work.fetch([next.clone()])? => Some(frozen(&work, &next)?),
            _ => {
                let as_of = night.day(&work);
                let receipts = self.receipts(&work)?;
                let keys = work.keys()?;
                match steps::cut(&work.versions, &work.store, receipts, as_of, &keys)? {
                    None => None,
                    Some(frozen) => Some(self.claim(&work, frozen)?),
                }
            }
        };
        let Some(frozen) = frozen else {
            return Ok(None);
        };
        let items: Vec<RangeItem<'_>> = (frozen.ranges.iter())
            .map(|&(first, last)| RangeItem {
                program: &self.program,
                lake: &self.lake,
                run: frozen.run,
                first,
                last,
            })
            .collect();
        let name = format!("steps/{:05}/ranges.json", frozen.run);
        save(&work, &name, &items)?;
        work.put(&name)?;
        Ok(Some(CutNight {
            run: frozen.run,
            night: frozen.night,
            ranges: work.key(&name),
        }))
    }

    /// A run that counts, and some of whose changes were not brought to readers. What steps left of older ones is
    /// gone some day, and with it the question.
    fn unserved(&self, work: &WorkingCopy, run: u32) -> Result<Option<Frozen>, Trouble> {
        let name = Frozen::file(run);
        if run == 0 || !work.fetch([name.clone()])? {
            return Ok(None);
        }
        let frozen = frozen(work, &name)?;
        let there = self
            .objects
            .list(&work.key(&format!("steps/{run:05}/done-")))?;
        let done = |range: ShardRange| there.contains(&work.key(&done(run, range)));
        let all = frozen.ranges().all(done);
        Ok((!all).then_some(frozen))
    }

    /// Of two that cut the same run, one wins, and the other goes on with what that one has frozen.
    fn claim(&self, work: &WorkingCopy, frozen: Frozen) -> Result<Frozen, Trouble> {
        let name = Frozen::file(frozen.run);
        save(work, &name, &frozen)?;
        match work.bring_back_new(&name)? {
            true => Ok(frozen),
            false => {
                work.fetch([name.clone()])?;
                self::frozen(work, &name)
            }
        }
    }

    /// What was taken in so far and belongs to no run yet. What other versions have read is taken in again, and so
    /// is an upload whose notification was lost: it lies in the inbox, and nobody has heard of it.
    fn receipts(&self, work: &WorkingCopy) -> Result<Vec<Receipt>, Trouble> {
        let prefix = work.key(&format!("{RECEIPTS}/"));
        let manifests = work.store.manifests()?;
        let seen = Seen::of(&manifests);
        let names: Vec<String> = (self.objects.list(&prefix)?.iter())
            .filter_map(|key| key.strip_prefix(&work.key("")).map(str::to_owned))
            .filter(|name| !seen.receipt(name))
            .collect();
        work.fetch(names.iter().cloned())?;
        let mut all = read_receipts(work, &names)?;
        all.retain(|receipt| !seen.object(&receipt.name, &receipt.digest));
        let read: BTreeSet<String> = (all.iter())
            .filter(|receipt| receipt.is_of(&work.versions))
            .map(|receipt| receipt.name.clone())
            .collect();
        let inbox = format!("inbox/{}/", self.program);
        let uploads = self.objects.list(&inbox)?;
        let unheard = (uploads.iter())
            .filter_map(|key| key.strip_prefix(&inbox))
            .filter(|name| !name.ends_with('/') && !in_progress(name))
            .filter(|name| !seen.name(name));
        let stale = all.iter().filter(|receipt| !receipt.is_of(&work.versions));
        let again: BTreeSet<String> = (stale.map(|receipt| receipt.name.as_str()))
            .chain(unheard)
            .filter(|name| !read.contains(*name))
            .map(str::to_owned)
            .collect();
        for name in again {
            all.extend(self.take_in_with(work, &name)?);
        }
        Ok(all)
    }

    /// Folds a range of shards of a run, or what is left of it; whether all of it is folded now. `go_on` is asked
    /// before each shard but the first: when it says no, what was folded is kept, and the next call begins behind it.
    pub fn fold(
        &self,
        run: u32,
        range: ShardRange,
        go_on: &dyn Fn() -> bool,
    ) -> Result<bool, Trouble> {
        let work = self.working_copy()?;
        let frozen = self.frozen(&work, run)?;
        // Another process may have settled the whole night meanwhile.
        if work.store.last_run()? >= run {
            return Ok(true);
        }
        let Some(rest) = parts(&work, &frozen, range)?.1 else {
            return Ok(true);
        };
        let done = steps::fold(&work.versions, &work.store, &frozen, rest, go_on)?;
        work.bring_back(&Table::ALL.map(Table::folder))?;
        // What it changes for readers before the part: who finds the part finds both. Of two that fold the same at
        // once and get differently far, the part of one counts; what the other leaves is named by nothing.
        work.put(&frozen.served(done))?;
        work.bring_back_new(&frozen.part(done.first))?;
        Ok(parts(&work, &frozen, range)?.1.is_none())
    }

    /// Makes a run count, once all its ranges were folded.
    pub fn count(&self, run: u32) -> Result<Counted, Trouble> {
        let work = self.working_copy()?;
        if let Some(counted) = counted(&work, run)? {
            return Ok(counted);
        }
        let frozen = self.frozen(&work, run)?;
        let parts = all_parts(&work, &frozen)?;
        work.fetch_to_change(sums::NAME)?;
        work.fetch_to_change(nights::NAME)?;
        let outcome = steps::count(&work.versions, &work.store, &frozen, &parts, &Silent)?;
        work.bring_back(&Table::ALL.map(Table::folder))?;
        if !work.bring_back_new(&Store::manifest_name(run))? {
            return Err(Trouble::new(
                TroubleCode::Taken,
                format!("run {run} was settled otherwise by another process"),
                "nothing is lost: what counts is the manifest that is there; run the night again",
            ));
        }
        work.bring_back(&[])?;
        let report = report::load(work.store.folder(), &work.versions, None, true)?;
        let manifests = work.store.manifests()?;
        let nights = nights_of(&work, &manifests, run, &report)?;
        Ok(Counted {
            run,
            night: frozen.night,
            accounts: outcome.touched,
            entries: outcome.entries,
            quarantined: outcome.rejected,
            report,
            report_before: report_before(&work, &manifests, run)?,
            nights,
        })
    }

    /// The last run that counts, if it came after this one.
    pub fn run_after(&self, run: u32) -> Result<Option<u32>, Trouble> {
        let last = self.working_copy()?.store.latest()?;
        Ok(last.map(|last| last.run).filter(|last| *last > run))
    }

    /// Says that the changes of a range were brought to readers.
    pub fn served(&self, run: u32, range: ShardRange) -> Result<(), LakeError> {
        let marker = tempfile::NamedTempFile::new_in(&self.scratch);
        let key = format!("lake/{}/{}", self.lake, done(run, range));
        let marker = marker.map_err(|cause| unavailable(&key, cause))?;
        self.objects.put(&key, marker.path())
    }

    pub(super) fn frozen(&self, work: &WorkingCopy, run: u32) -> Result<Frozen, Trouble> {
        let name = Frozen::file(run);
        Frozen::from_bytes(&work.handed(&name)?).ok_or_else(|| unreadable(work, &name))
    }
}

/// Which night is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Night {
    /// This one.
    Day(Day),
    /// The last one that has ended at an instant, in the programme's zone.
    EndedBy(Instant),
}

impl Night {
    pub(super) fn day(self, work: &WorkingCopy) -> Day {
        match self {
            Night::Day(day) => day,
            Night::EndedBy(at) => work.versions.newest().zone.day(at) - 1,
        }
    }
}

/// A run that counts already, with all that follows its manifest. Nothing is asked of the programme: it may be another
/// one by now.
fn counted(work: &WorkingCopy, run: u32) -> Result<Option<Counted>, Trouble> {
    let manifests = work.store.manifests()?;
    let Some(manifest) = manifests.iter().find(|manifest| manifest.run == run) else {
        return Ok(None);
    };
    let night = manifest.nights.to.clone();
    let Some(report) = report_of(work, &night)? else {
        return Ok(None);
    };
    let quarantined = manifest.counts.iter();
    let quarantined = quarantined.filter(|(name, _)| name.starts_with("quarantine."));
    let count = |name: &str| manifest.counts.get(name).copied().unwrap_or_default();
    let nights = nights_of(work, &manifests, run, &report)?;
    Ok(Some(Counted {
        run,
        accounts: count("touched"),
        entries: count("entries"),
        quarantined: quarantined.map(|(_, rows)| rows).sum(),
        report,
        report_before: report_before(work, &manifests, run)?,
        nights,
        night,
    }))
}

/// The report of the run before a run, as JSON.
fn report_before(
    work: &WorkingCopy,
    manifests: &[Manifest],
    run: u32,
) -> Result<Option<String>, Trouble> {
    match manifests.iter().rev().find(|manifest| manifest.run < run) {
        Some(before) => report_of(work, &before.nights.to),
        None => Ok(None),
    }
}

/// What each night said up to a run, if it is the last one. Its own line may not be there yet: who makes it count may be
/// at it still.
fn nights_of(
    work: &WorkingCopy,
    manifests: &[Manifest],
    run: u32,
    report: &str,
) -> Result<Option<String>, Trouble> {
    if manifests.last().is_none_or(|last| last.run != run) {
        return Ok(None);
    }
    work.fetch([nights::NAME.to_owned()])?;
    let told = nights::with(&work.store, report);
    let damaged = |cause| LakeError::damaged(&work.store.path(nights::NAME), cause);
    Ok(Some(told.map_err(damaged)?))
}

/// The report of a night, as JSON.
fn report_of(work: &WorkingCopy, night: &str) -> Result<Option<String>, Trouble> {
    text_of(work, &format!("reports/{night}.json"))
}

/// A text of the lake, if it is there.
fn text_of(work: &WorkingCopy, name: &str) -> Result<Option<String>, Trouble> {
    if !work.fetch([name.to_owned()])? {
        return Ok(None);
    }
    let text = std::fs::read_to_string(work.store.path(name));
    Ok(Some(
        text.map_err(|cause| unavailable(&work.key(name), cause))?,
    ))
}

/// The parts of a range that were folded, each beginning behind the one before, and what is left of the range.
pub(super) fn parts(
    work: &WorkingCopy,
    frozen: &Frozen,
    range: ShardRange,
) -> Result<(Vec<ShardRange>, Option<ShardRange>), Trouble> {
    let (mut parts, mut rest) = (Vec::new(), range);
    loop {
        let name = frozen.part(rest.first);
        if !work.fetch([name.clone()])? {
            return Ok((parts, Some(rest)));
        }
        let part = steps::folded(&work.handed(&name)?)?;
        // Functions of another version may have left it: then it says something else.
        if part.first != rest.first || !rest.contains(part.last) {
            return Err(unreadable(work, &name));
        }
        parts.push(part);
        if part.last >= range.last {
            return Ok((parts, None));
        }
        rest.first = part.last + 1;
    }
}

/// The parts of all ranges.
///
/// # Errors
/// Names the shards that were not folded.
fn all_parts(work: &WorkingCopy, frozen: &Frozen) -> Result<Vec<ShardRange>, Trouble> {
    let (mut all, mut missing) = (Vec::new(), Vec::new());
    for range in frozen.ranges() {
        let (parts, rest) = parts(work, frozen, range)?;
        all.extend(parts);
        missing.extend(rest.map(|rest| rest.to_string()));
    }
    match missing.is_empty() {
        true => Ok(all),
        false => Err(Trouble::new(
            TroubleCode::PartsMissing,
            format!(
                "of run {} these shards were not folded: {}",
                frozen.run,
                missing.join(", ")
            ),
            "fold them, then count the night again",
        )),
    }
}

/// The marker of a range whose changes were brought to readers.
fn done(run: u32, range: ShardRange) -> String {
    format!("steps/{run:05}/done-{range}")
}

fn frozen(work: &WorkingCopy, name: &str) -> Result<Frozen, Trouble> {
    let path = work.store.path(name);
    let bytes = std::fs::read(&path).map_err(|cause| unavailable(&work.key(name), cause))?;
    Frozen::from_bytes(&bytes).ok_or_else(|| unreadable(work, name))
}

fn read_receipts(work: &WorkingCopy, names: &[String]) -> Result<Vec<Receipt>, Trouble> {
    let one = |name: &String| {
        let bytes = std::fs::read(work.store.path(name));
        let bytes = bytes.map_err(|cause| unavailable(&work.key(name), cause))?;
        Receipt::from_bytes(&bytes).ok_or_else(|| unreadable(work, name))
    };
    names.iter().map(one).collect()
}

fn unreadable(work: &WorkingCopy, name: &str) -> Trouble {
    let path = work.store.path(name);
    LakeError::damaged(&path, "it was written by another version of rungs").into()
}

fn save(work: &WorkingCopy, name: &str, value: &impl Serialize) -> Result<(), Trouble> {
    let path = work.store.path(name);
    work.store.folder_of(&path)?;
    let bytes = serde_json::to_vec_pretty(value);
    let bytes = bytes.map_err(|cause| LakeError::damaged(&path, cause))?;
    Ok(write_whole(&path, &bytes)?)
}

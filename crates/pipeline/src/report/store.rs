//! The report of a store: accounts with their history and ledger are counted after each run, and the
//! result is kept beside the lake.

use super::figures::count_by;
use super::open_ends::open_ends;
use super::quality::quality;
use super::surprises::Held;
use super::{AccountSource, FactsReader, Report, RunInfo, json, nights, sums, text};
use crate::lake::disk::make_folder;
use crate::lake::error::LakeError;
use crate::lake::history::{ColumnSet, History};
use crate::lake::ledger::{Decoder, Ledger};
use crate::lake::manifest::{Manifest, Table};
use crate::lake::store::{Store, write_whole};
use crate::trouble::{Trouble, TroubleCode};
use rungs_engine::calendar::{Day, day_from, day_text};
use rungs_engine::fold::account_rows;
use rungs_engine::kpi::{AccountFacts, Measures, Partials, Together};
use rungs_engine::program::Versions;
use rungs_engine::statistics::Arm;
use std::collections::BTreeMap;
use std::path::Path;

/// All accounts of a store.
struct Accounts<'a> {
    store: &'a Store,
    manifest: &'a Manifest,
    ledger: Ledger<'a>,
    decoder: Decoder,
    versions: &'a Versions,
    as_of: Day,
    /// The tables of the ledger that are read.
    tables: &'static [Table],
}

impl AccountSource for Accounts<'_> {
    type Error = LakeError;

    fn shards(&self) -> usize {
        usize::from(self.store.shards())
    }

    fn for_each(
        &self,
        shard: usize,
        visit: &mut dyn FnMut(&AccountFacts<'_>),
    ) -> Result<(), LakeError> {
        let shard = shard as u16;
        let mut reader = FactsReader::new(self.versions, self.as_of);
        let mut columns = ColumnSet::none(self.versions.newest());
        columns.ids = reader.needs_ids();
        for column in reader.columns() {
            columns = columns.with(column);
        }
        let history = History::open(self.store, self.manifest, shard, self.versions.newest())?;
        let mut batches = history.batches(&columns);
        let mut batch = batches.next().transpose()?;
        let mut rows = batch
            .as_ref()
            .map(own_rows)
            .unwrap_or_default()
            .into_iter()
            .peekable();
        // Both walks are in the order of accounts, and every account with a ledger has events.
        let mut ledger: BTreeMap<String, crate::lake::ledger::AccountLedger> = BTreeMap::new();
        self.ledger
            .for_each_account_in(shard, self.tables, |account| {
                ledger.insert(account.account.clone(), account.clone());
                Ok(())
            })?;
        while let Some(current) = &batch {
            for (account, range) in rows.by_ref() {
                reader.clear();
                reader.history(current, range, &[]);
                if let Some(booked) = ledger.get(&account) {
                    for row in &booked.entries {
                        if let Some((booking, entry)) = self.decoder.entry(row) {
                            reader.entry(booking, &entry, row.night);
                        }
                    }
                    for row in &booked.rewards {
                        if let Some((booking, issued)) = self.decoder.reward(row) {
                            reader.reward(booking, &issued, row.night);
                        }
                    }
                    let moves = self.decoder.moves(&booked.rungs);
                    moves.iter().for_each(|moved| reader.rung_move(moved));
                }
                visit(&reader.facts(&account));
            }
            batch = batches.next().transpose()?;
            rows = batch
                .as_ref()
                .map(own_rows)
                .unwrap_or_default()
                .into_iter()
                .peekable();
        }
        Ok(())
    }
}

fn own_rows(batch: &rungs_engine::event::Batch) -> Vec<(String, std::ops::Range<usize>)> {
    account_rows(batch)
        .map(|(account, rows)| (account.to_owned(), rows))
        .collect()
}

/// Counts the last run's figures, and keeps the sums over all accounts for the next one.
fn counted<'p>(
    store: &Store,
    versions: &'p Versions,
    manifests: &[Manifest],
    together: Option<Together>,
) -> Result<Report<'p>, Trouble> {
    let Some(manifest) = manifests.last() else {
        return Err(Trouble::not_settled());
    };
    let as_of = manifest.nights.last(store.folder())?;
    let program = versions.on(as_of);
    let measures = Measures::new(program, as_of).map_err(|refusals| {
        let refusals: Vec<String> = refusals
            .iter()
            .map(|refusal| refusal.reason.clone())
            .collect();
        Trouble::new(
            TroubleCode::Unforeseen,
            format!("a KPI cannot be counted: {}", refusals.join("; ")),
            "mend the programme's [[kpis]]",
        )
    })?;
    let known = together.or_else(|| sums::kept(store, program, manifest.run));
    let mut partials = measures.start();
    let held = Held::read(store, versions, manifests, as_of)?;
    let mut answers = held.start();
    let mut together = match (known, measures.singly()) {
        (Some(together), None) if !held.asks() => together,
        (known, singly) => {
            let tables: &[Table] = match (&known, singly) {
                (Some(_), None) => &[],
                (Some(_), Some(singly)) if !singly.ledger => &[Table::Rungs],
                _ => &[Table::Entries, Table::Rungs, Table::Rewards],
            };
            let ledger = Ledger::open(store)?;
            let decoder = Decoder::new(&ledger, versions);
            let source = Accounts {
                store,
                manifest,
                ledger,
                decoder,
                versions,
                as_of,
                tables,
            };
            let anew = known.is_none();
            let start = || (measures.start(), Together::new(program), held.start());
            let shards: Vec<(Partials, Together, Vec<[Arm; 2]>)> =
                count_by(&source, start, |facts, (partials, together, answers)| {
                    measures.observe_singly(facts, partials);
                    if anew {
                        together.observe(facts, as_of);
                    }
                    held.observe(facts, answers);
                })?;
            let mut together = known.unwrap_or_else(|| Together::new(program));
            for (more, together_more, answers_more) in &shards {
                partials.merge(more);
                together.merge(together_more);
                for (all, more) in answers
                    .iter_mut()
                    .flatten()
                    .zip(answers_more.iter().flatten())
                {
                    all.merge(more);
                }
            }
            together
        }
    };
    if together.ends.is_none() {
        together.ends = open_ends(store, program, manifest)?;
    }
    measures.observe_together(&together, &mut partials);
    sums::keep(store, program, manifest.run, &together)?;
    let run = Some(manifest.run);
    let mut report = Report::new(&measures, &partials, quality(store, manifests)?, run);
    report.run_info = Some(RunInfo::of(manifest));
    report.points_periods = Some(together.points_periods(program, as_of));
    report.open_ends = together.ends;
    report.surprises = Some(held.finish(program, &answers));
    Ok(report)
}

/// Whether the report of a run is there whole: its text is written last.
pub fn is_kept(store: &Store, manifest: &Manifest) -> bool {
    store
        .path(&format!("reports/{}.txt", manifest.nights.to))
        .exists()
}

/// Counts the figures of the last run and keeps the report: `reports/<date>.json` and `.txt`, and its line among those of
/// all nights.
/// `together` are the sums over all accounts, if they are known.
pub fn write(
    store: &Store,
    versions: &Versions,
    manifests: &[Manifest],
    together: Option<Together>,
) -> Result<(), Trouble> {
    let report = counted(store, versions, manifests, together)?;
    let unwritable = |error: serde_json::Error| {
        Trouble::new(
            TroubleCode::Unforeseen,
            format!("the report cannot be written: {error}"),
            "report this with the programme",
        )
    };
    let json = json::render(&report).map_err(unwritable)?;
    let folder = store.path("reports");
    make_folder(&folder).map_err(|error| Trouble::from(LakeError::access(&folder, error)))?;
    let date = day_text(report.as_of);
    write_whole(
        &store.path(&format!("reports/{date}.json")),
        json.as_bytes(),
    )?;
    nights::keep(store, manifests, &json)?;
    // Last: where it is, the report is there whole.
    write_whole(
        &store.path(&format!("reports/{date}.txt")),
        text::render(&report).as_bytes(),
    )?;
    Ok(())
}

/// The report, as JSON, of the run before the one that ended on a date (on the last date if none is named); nothing if
/// there is none.
pub fn previous(
    store: &Path,
    versions: &Versions,
    as_of: Option<Day>,
) -> Result<Option<String>, Trouble> {
    let manifests = Store::open_of(store, &versions.newest().id)?.manifests()?;
    let nights = manifests.iter().rev().map(|manifest| &manifest.nights.to);
    let mut earlier = nights.skip_while(|night| as_of.is_some_and(|day| **night != day_text(day)));
    match earlier.nth(1).and_then(|night| day_from(night)) {
        None => Ok(None),
        Some(day) => load(store, versions, Some(day), true).map(Some),
    }
}

/// The kept report of a settled date, as JSON or text; the last one if no date is named.
pub fn load(
    store: &Path,
    versions: &Versions,
    as_of: Option<Day>,
    as_json: bool,
) -> Result<String, Trouble> {
    let store = Store::open_of(store, &versions.newest().id)?;
    let manifests = store.manifests()?;
    let nights: Vec<&str> = manifests
        .iter()
        .map(|manifest| manifest.nights.to.as_str())
        .collect();
    let Some(last) = nights.last() else {
        return Err(Trouble::not_settled());
    };
    let date = as_of.map_or_else(|| (*last).to_owned(), day_text);
    if !nights.contains(&date.as_str()) {
        return Err(Trouble::new(
            TroubleCode::NoReport,
            format!(
                "there is no report of {date}: a report is kept for the last night of each run"
            ),
            format!(
                "ask for one of {}",
                nights
                    .iter()
                    .rev()
                    .take(5)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ));
    }
    let ending = if as_json { "json" } else { "txt" };
    let path = store.path(&format!("reports/{date}.{ending}"));
    if !path.exists() && date == *last && day_from(&date).is_some() {
        // A run was killed between its marker and its report.
        write(&store, versions, &manifests, None)?;
    }
    std::fs::read_to_string(&path).map_err(|error| Trouble::from(LakeError::access(&path, error)))
}

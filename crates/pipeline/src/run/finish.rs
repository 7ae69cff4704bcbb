//! The end of a run: what the ranges gave is brought together, the manifest makes it count, and the
//! copies for readers follow.

use super::Outcome;
use super::cutting::Part;
use super::intake::Intake;
use super::night::Night;
use super::totals::{Totals, counts};
use crate::lake::corrections::write_corrections;
use crate::lake::decisions::{Decision, write_decisions};
use crate::lake::ledger::LedgerFiles;
use crate::lake::ledger::cause_table::write_causes;
use crate::lake::levels::merge_levels;
use crate::lake::manifest::{FORMAT, LakeFile, Manifest, Nights, THIS, Table};
use crate::lake::quarantine::{QuarantineRow, write_quarantine};
use crate::lake::shard::ShardRange;
use crate::lake::states::compact_states;
use crate::lake::store::Store;
use crate::lake::superseded::{self, Superseded};
use crate::lake::views::{mend_views, write_views};
use crate::progress::Progress;
use crate::report;
use crate::serving::{Changes, Serving};
use crate::trouble::Trouble;
use rungs_engine::calendar::day_text;
use rungs_engine::kpi::{OpenEnds, Together};
use rungs_engine::program::Versions;
use std::collections::BTreeMap;

/// What a run came to before it counts.
#[derive(Debug)]
pub struct Ended {
    /// What it took in.
    pub intake: Intake,
    /// Files that match no dataset.
    pub unmatched: Vec<String>,
    /// What the ranges gave.
    pub parts: Vec<Part>,
    /// The draws it held.
    pub drawn: Vec<Decision>,
}

/// Writes what belongs to the run as a whole, then its manifest, then the serving copy, the views and
/// the figures.
pub fn finish(
    night: &Night<'_>,
    manifests: &[Manifest],
    ended: Ended,
    progress: &dyn Progress,
) -> Result<Outcome, Trouble> {
    let (store, run, program) = (night.store, night.run, night.program);
    let versions = night.plans.versions;
    let (intake, parts) = (ended.intake, ended.parts);
    let mut files: BTreeMap<Table, Vec<LakeFile>> = BTreeMap::new();
    let mut totals = Totals::default();
    let mut used = Vec::new();
    let mut objects = intake.objects;
    let mut quarantine = intake.rejected;
    let mut served = Changes {
        lapsed_before: Some(night.until),
        ..Changes::default()
    };
    let kept = |table| {
        night
            .before
            .map_or(Vec::new(), |before| before.files(table).to_vec())
    };
    // What the nights before added up to, if that is known; else the report counts it anew.
    let mut together = match night.before {
        None => Some(Together::new(program)),
        Some(before) => report::sums::kept(store, program, before.run),
    };
    if let Some(together) = together.as_mut().filter(|_| night.everybody) {
        together.ends = Some(OpenEnds::none(program));
    }
    let (mut history, mut states) = (kept(Table::History), kept(Table::States));
    let (mut gone, mut corrections) = (Vec::new(), Vec::new());
    for part in parts {
        totals.merge(&part.settled.totals);
        LedgerFiles::join_used(&mut used, &part.settled.ledger.used);
        files
            .entry(Table::Entries)
            .or_default()
            .extend(part.settled.ledger.entries);
        files
            .entry(Table::Rungs)
            .or_default()
            .extend(part.settled.ledger.rungs);
        files
            .entry(Table::Rewards)
            .or_default()
            .extend(part.settled.ledger.rewards);
        files
            .entry(Table::Waiting)
            .or_default()
            .extend(part.waiting);
        history.extend(part.history);
        gone.extend(part.gone);
        corrections.extend(part.corrections);
        states.extend(part.settled.states);
        match (&mut together, &part.settled.together) {
            (Some(all), Some(more)) => all.merge(more),
            _ => together = None,
        }
        served.members.extend(part.settled.served.members);
        served.rewards.extend(part.settled.served.rewards);
        served.revoked.extend(part.settled.served.revoked);
        for (object, counts) in part.counts {
            if let Some(object) = objects.get_mut(object as usize) {
                object.accepted += counts.accepted;
                object.duplicates += counts.duplicates;
                object.rejected += counts.rejected;
            }
        }
        quarantine.extend(part.quarantined.into_iter().map(|(_, row)| row));
        quarantine.extend(part.settled.rejected);
    }
    let all_shards = ShardRange {
        first: 0,
        last: store.shards() - 1,
    };
    let mut standing = match night.before {
        Some(before) => Superseded::read(store, before, all_shards)?,
        None => Superseded::default(),
    };
    standing.add(gone.iter().cloned());
    let history = merge_levels(store, run, history, &standing, program)?;
    let gone = superseded::carry_on(store, run, night.before, gone, &history)?;
    files.insert(Table::Superseded, gone.into_iter().collect());
    files.insert(Table::History, history);
    let mut late: BTreeMap<String, u64> = BTreeMap::new();
    for correction in &corrections {
        let name = format!("corrections.{}", correction.change.text());
        *late.entry(name).or_default() += 1;
    }
    let corrections = write_corrections(store, run, corrections)?;
    files.insert(Table::Corrections, corrections.into_iter().collect());
    files.insert(Table::States, compact_states(store, run, states)?);
    files
        .entry(Table::Causes)
        .or_default()
        .extend(write_causes(store, run, night.numbers, &used)?);
    let rejected = quarantine.len() as u64;
    let mut counts = counts(night, &totals, &quarantine);
    counts.extend(late);
    // Whole files stand in the list as well, but are not counted as rows.
    quarantine.extend(intake.refused.iter().map(QuarantineRow::of_refused));
    let whole_files = intake.refused_before.len();
    quarantine.extend(intake.refused_before);
    files
        .entry(Table::Quarantine)
        .or_default()
        .extend(write_quarantine(store, run, quarantine)?);
    files
        .entry(Table::Decisions)
        .or_default()
        .extend(write_decisions(store, run, ended.drawn)?);
    files.retain(|_, list| !list.is_empty());
    let unread = ended.unmatched.len() + intake.refused.len() + whole_files;
    counts.insert("unread".into(), unread as u64);
    let from = night
        .before
        .and_then(|before| before.nights.last(store.folder()).ok())
        .map_or(versions.all()[0].from, |day| day + 1);
    let manifest = Manifest {
        format: FORMAT,
        run,
        program: program.id.clone(),
        settled_by: THIS.to_owned(),
        nights: Nights::of(from, night.as_of),
        versions: night.numbers.versions().to_vec(),
        names: super::names(versions),
        objects,
        counts,
        files,
    };
    store.finish(&manifest)?;
    // From here on the night counts; what follows can be made again from the lake.
    if night.serves {
        // In order the copy is walked once, not once for each range.
        served
            .members
            .sort_unstable_by(|a, b| a.account.cmp(&b.account));
        let mut serving = Serving::open(&store.path("serving.sqlite"))?;
        serving.apply(run, &manifest.nights.to, &served)?;
    }
    write_views(store)?;
    let mut all = manifests.to_vec();
    all.push(manifest);
    progress.stage("counting", 1);
    report::write(store, versions, &all, together)?;
    progress.done(&format!(
        "{}: {} settled; {} accounts, {} entries, {} rung moves, {} rewards",
        program.id,
        day_text(night.as_of),
        totals.touched,
        totals.entries,
        totals.moves,
        totals.rewards
    ));
    let settled_by = night.before.map(|before| &before.settled_by);
    Ok(Outcome {
        run,
        settled_before_by: settled_by.filter(|other| **other != THIS).cloned(),
        refused: intake.refused,
        unmatched: ended.unmatched,
        ignored_columns: intake.ignored_columns.into_iter().collect(),
        rejected,
        touched: totals.touched,
        entries: totals.entries,
    })
}

/// Makes what follows a manifest, if the run died before it had: views and report.
pub fn mend(versions: &Versions, store: &Store, manifests: &[Manifest]) -> Result<(), Trouble> {
    let Some(last) = manifests.last() else {
        return Ok(());
    };
    mend_views(store, manifests)?;
    match report::is_kept(store, last) {
        true => Ok(()),
        false => report::write(store, versions, manifests, None),
    }
}

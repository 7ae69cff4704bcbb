//! Intake: what is new in the inbox becomes staged events; bad rows go to quarantine, bad objects are
//! refused whole.

use super::outset::Outset;
use super::steps::Seen;
use crate::ingest::{self, Object, Refusal, Rejected};
use crate::lake::manifest::{Manifest, ObjectEntry};
use crate::lake::quarantine::QuarantineRow;
use crate::lake::staging::{Staged, Staging};
use crate::progress::Progress;
use crate::run::keys::Keys;
use crate::trouble::Trouble;
use rayon::prelude::*;
use rungs_engine::program::Versions;
use std::collections::BTreeSet;
use std::path::Path;

/// What one run took in.
#[derive(Debug, Default)]
pub struct Intake {
    /// The staged events.
    pub staged: Staged,
    /// The objects, by their number in the staged events.
    pub objects: Vec<ObjectEntry>,
    /// Rows that were rejected.
    pub rejected: Vec<QuarantineRow>,
    /// Objects that were refused whole.
    pub refused: Vec<(String, Refusal)>,
    /// Objects that an earlier run refused whole, as quarantine has them.
    pub refused_before: Vec<QuarantineRow>,
    /// Columns that no dataset asks for: (dataset, column).
    pub ignored_columns: BTreeSet<(String, String)>,
}

/// New objects with their digests, and the names of files that no dataset asks for.
pub type Unseen = (Vec<(Object, String)>, Vec<String>);

/// The objects of the inbox that no finished run took in. The same bytes under the same name are the
/// same object.
pub fn unseen(
    versions: &Versions,
    inbox: &Path,
    manifests: &[Manifest],
) -> Result<Unseen, Trouble> {
    let seen = Seen::of(manifests);
    let found = ingest::discover(versions, inbox)?;
    let digested: Vec<(Object, String)> = found
        .objects
        .into_par_iter()
        .map(|object| {
            let digest = ingest::digest(&object.path)?;
            Ok((object, digest))
        })
        .collect::<Result<_, Trouble>>()?;
    let fresh = digested
        .into_iter()
        .filter(|(object, digest)| !seen.object(&object.name, digest));
    Ok((fresh.collect(), found.unmatched))
}

/// Reads objects into staging, several at once.
pub fn take_in(
    outset: &Outset<'_>,
    objects: Vec<(Object, String)>,
    keys: &Keys,
    progress: &dyn Progress,
) -> Result<Intake, Trouble> {
    let versions = outset.plans.versions;
    progress.stage("reading files", objects.len() as u64);
    let staging = Staging::new(outset.store, &outset.layout, outset.run);
    let done: Vec<_> = objects
        .into_par_iter()
        .enumerate()
        .map(|(number, (object, digest))| {
            let read = one(versions, &staging, number, &object, keys);
            progress.advance(1);
            read.map(|(ingested, rejected)| (object, digest, ingested, rejected))
        })
        .collect::<Result<_, Trouble>>()?;
    let mut intake = Intake::default();
    for (number, (object, digest, ingested, rejected)) in done.into_iter().enumerate() {
        let dataset = versions.newest().datasets[object.dataset].id.clone();
        for column in &ingested.ignored_columns {
            intake
                .ignored_columns
                .insert((dataset.clone(), column.clone()));
        }
        intake.objects.push(ObjectEntry {
            name: object.name.clone(),
            digest,
            dataset,
            read: ingested.read,
            accepted: 0,
            duplicates: 0,
            rejected: ingested.rejected,
        });
        match ingested.refused {
            // A refused object is thrown away whole, even what was handed over before.
            Some(refusal) => {
                staging.discard(number as u32);
                intake.refused.push((object.name, refusal));
            }
            None => intake
                .rejected
                .extend(rejected.into_iter().map(QuarantineRow::from)),
        }
    }
    intake.staged = staging.finish()?;
    Ok(intake)
}

fn one(
    versions: &Versions,
    staging: &Staging,
    number: usize,
    object: &Object,
    keys: &Keys,
) -> Result<(ingest::Ingested, Vec<Rejected>), Trouble> {
    let mut rejected = Vec::new();
    let ingested = staging.with(|writer| {
        ingest::ingest_by(
            versions,
            object,
            &keys.pseudonym,
            &mut |record| writer.add(number as u32, &record).map_err(Trouble::from),
            &mut |row| {
                rejected.push(row);
                Ok(())
            },
        )
    })?;
    Ok((ingested, rejected))
}

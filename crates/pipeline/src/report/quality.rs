//! What became of the rows that came in, from the manifests of all runs; and where some of those that were refused
//! stand, from the tables of quarantine.

use crate::ingest::RowCode;
use crate::lake::error::LakeError;
use crate::lake::manifest::{Manifest, Table};
use crate::lake::quarantine::{Place, for_each_place};
use crate::lake::store::Store;
use std::collections::BTreeMap;

/// Places that are named for one reason.
const PLACES: usize = 5;

/// What became of the rows that came in, up to the day of the report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quality {
    /// Rows read.
    pub read: u64,
    /// Rows that became events.
    pub accepted: u64,
    /// Rows that were known already.
    pub duplicates: u64,
    /// Rows in quarantine by the code of the reason, in the order of the codes.
    pub quarantined: Vec<(String, u64)>,
    /// Where some of them stand, by code, with how many rows stand there; the newest run first.
    pub examples: BTreeMap<String, Vec<(Place, u64)>>,
    /// Rows that came too late to be settled (they are in quarantine too).
    pub late: u64,
}

impl Quality {
    /// All rows in quarantine.
    pub fn in_quarantine(&self) -> u64 {
        self.quarantined.iter().map(|(_, count)| count).sum()
    }
}

/// That of a store after these runs.
pub(super) fn quality(store: &Store, manifests: &[Manifest]) -> Result<Quality, LakeError> {
    let mut quality = Quality::default();
    let mut codes: BTreeMap<String, u64> = BTreeMap::new();
    for manifest in manifests {
        for object in &manifest.objects {
            quality.read += object.read;
            quality.accepted += object.accepted;
            quality.duplicates += object.duplicates;
        }
        for (code, count) in refused(manifest) {
            *codes.entry(code.to_owned()).or_default() += count;
        }
    }
    quality.late = codes
        .iter()
        .filter(|(code, _)| code.ends_with("/late"))
        .map(|(_, count)| count)
        .sum();
    // What settlement refuses was accepted into the history before; it counts as one or the other.
    let refused_later = RowCode::OF_SETTLEMENT
        .iter()
        .filter_map(|code| codes.get(code.text()));
    quality.accepted = quality.accepted.saturating_sub(refused_later.sum());
    quality.quarantined = codes.into_iter().collect();
    quality.examples = examples(store, manifests)?;
    Ok(quality)
}

/// Rows that a run refused, by the code of the reason.
fn refused(manifest: &Manifest) -> impl Iterator<Item = (&str, u64)> {
    let counts = manifest.counts.iter();
    counts.filter_map(|(name, count)| Some((name.strip_prefix("quarantine.")?, *count)))
}

/// A few places for each reason. Only tables of runs are read that add to them: at most [`PLACES`] for a reason,
/// however many nights there were.
fn examples(
    store: &Store,
    manifests: &[Manifest],
) -> Result<BTreeMap<String, Vec<(Place, u64)>>, LakeError> {
    let mut all: BTreeMap<String, Vec<(Place, u64)>> = BTreeMap::new();
    for manifest in manifests.iter().rev() {
        let wanted = |code: &str| all.get(code).is_none_or(|places| places.len() < PLACES);
        let codes: Vec<&str> = refused(manifest).map(|(code, _)| code).collect();
        let mut own: BTreeMap<&str, Vec<(Place, u64)>> = BTreeMap::new();
        own.extend(
            codes
                .into_iter()
                .filter(|code| wanted(code))
                .map(|code| (code, Vec::new())),
        );
        if own.is_empty() {
            continue;
        }
        for file in manifest.files(Table::Quarantine) {
            for_each_place(store, file, |code, place| {
                let Some(places) = own.get_mut(code) else {
                    return;
                };
                match places.iter().position(|(known, _)| *known == place) {
                    Some(known) => places[known].1 += 1,
                    None if places.len() < PLACES => places.push((place, 1)),
                    None => {}
                }
            })?;
        }
        for (code, places) in own {
            let known = all.entry(code.to_owned()).or_default();
            known.extend(places);
            known.truncate(PLACES);
        }
    }
    Ok(all)
}

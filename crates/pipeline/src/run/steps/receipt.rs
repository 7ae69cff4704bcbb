//! The first step, once for each uploaded object: its rows become staged events, and a receipt says what came of it.

use crate::ingest::{self, Contracts};
use crate::lake::layout::Layout;
use crate::lake::manifest::ObjectEntry;
use crate::lake::quarantine::QuarantineRow;
use crate::lake::staging::{Staged, StagedPart, StagingWriter};
use crate::lake::store::{Store, write_whole};
use crate::run::intake::Intake;
use crate::run::{Keys, names};
use crate::trouble::Trouble;
use rungs_engine::program::Versions;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// Where receipts are, in a store.
pub const RECEIPTS: &str = "staged/receipts";

/// What came of an uploaded object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// The versions by whose contracts it was read, and the form of states: [`Receipt::is_of`].
    pub versions: String,
    /// Its name in the inbox, with `/`.
    pub name: String,
    /// XXH3 (128 bits) of its bytes, hexadecimal.
    pub digest: String,
    /// The dataset; none if no dataset asks for it.
    pub dataset: Option<String>,
    /// Rows read.
    pub read: u64,
    /// Rows in quarantine.
    pub rejected: u64,
    /// Where its events are staged; nothing if it was refused whole.
    pub staged: Option<StagedPart>,
    /// Its rows in quarantine, or the line that says why it was refused whole.
    pub quarantine: Vec<QuarantineRow>,
    /// Columns that its dataset does not ask for.
    pub ignored_columns: Vec<String>,
}

impl Receipt {
    /// Its own name in the store: the same bytes under the same name, read by the same versions, have the same.
    pub fn file(&self) -> String {
        file(&self.versions, &self.name, &self.digest)
    }

    fn key(&self) -> String {
        key(&self.versions, &self.name, &self.digest)
    }

    /// Whether these versions have read it. Others may read it differently: it is taken in again.
    pub fn is_of(&self, versions: &Versions) -> bool {
        self.versions == names(versions)
    }

    /// From the bytes of its file.
    pub fn from_bytes(bytes: &[u8]) -> Option<Receipt> {
        serde_json::from_slice(bytes).ok()
    }
}

/// The name of a receipt's file.
pub(super) fn file(versions: &str, name: &str, digest: &str) -> String {
    format!("{RECEIPTS}/{}.json", key(versions, name, digest))
}

fn key(versions: &str, name: &str, digest: &str) -> String {
    let all = format!("{versions}\0{name}\0{digest}");
    format!("{:032x}", xxh3_128(all.as_bytes()))
}

/// Takes in one object: `path` is where its bytes are, `name` what the inbox calls it. Writes staged events and the
/// receipt, last; doing it twice writes the same.
pub fn take_in(
    versions: &Versions,
    store: &Store,
    name: &str,
    path: &Path,
    keys: &Keys,
) -> Result<Receipt, Trouble> {
    let bytes = std::fs::metadata(path).map_or(0, |data| data.len());
    let mut receipt = Receipt {
        versions: names(versions),
        name: name.to_owned(),
        digest: ingest::digest(path)?,
        dataset: None,
        read: 0,
        rejected: 0,
        staged: None,
        quarantine: Vec::new(),
        ignored_columns: Vec::new(),
    };
    if let Some(object) = Contracts::of(versions)?.object(name, path, bytes)? {
        receipt.dataset = Some(versions.newest().datasets[object.dataset].id.clone());
        let layout = Layout::of(versions.newest());
        let staged = format!("staged/objects/{}.arrows", receipt.key());
        let mut writer = StagingWriter::create(store, &layout, staged)?;
        let mut quarantine = Vec::new();
        let done = ingest::ingest_by(
            versions,
            &object,
            &keys.pseudonym,
            &mut |record| writer.add(0, &record).map_err(Trouble::from),
            &mut |row| {
                quarantine.push(QuarantineRow::from(row));
                Ok(())
            },
        )?;
        let staged = writer.finish()?;
        receipt.read = done.read;
        receipt.rejected = done.rejected;
        receipt.ignored_columns = done.ignored_columns;
        match done.refused {
            Some(refusal) => {
                let refused = (name.to_owned(), refusal);
                receipt.quarantine.push(QuarantineRow::of_refused(&refused));
            }
            None => {
                receipt.quarantine = quarantine;
                receipt.staged = Some(staged);
            }
        }
    }
    let file = store.path(&receipt.file());
    store.folder_of(&file)?;
    write_whole(&file, &super::json(&receipt, &file)?)?;
    Ok(receipt)
}

impl Intake {
    /// What a run takes in that begins with these receipts, in this order; with the names of files that no dataset
    /// asks for.
    pub fn of_receipts(receipts: &[Receipt]) -> (Intake, Vec<String>) {
        let mut intake = Intake::default();
        let (mut parts, mut unmatched) = (Vec::new(), Vec::new());
        let mut ignored = BTreeSet::new();
        for receipt in receipts {
            let Some(dataset) = &receipt.dataset else {
                unmatched.push(receipt.name.clone());
                continue;
            };
            let number = intake.objects.len() as u32;
            intake.objects.push(ObjectEntry {
                name: receipt.name.clone(),
                digest: receipt.digest.clone(),
                dataset: dataset.clone(),
                read: receipt.read,
                accepted: 0,
                duplicates: 0,
                rejected: receipt.rejected,
            });
            match &receipt.staged {
                Some(staged) => {
                    parts.push(staged.clone().of_object(number));
                    intake.rejected.extend(receipt.quarantine.iter().cloned());
                }
                None => intake
                    .refused_before
                    .extend(receipt.quarantine.iter().cloned()),
            }
            let of_dataset = |column: &String| (dataset.clone(), column.clone());
            ignored.extend(receipt.ignored_columns.iter().map(of_dataset));
        }
        intake.staged = Staged::of_parts(parts);
        intake.ignored_columns = ignored;
        (intake, unmatched)
    }
}

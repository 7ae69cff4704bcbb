//! What a store says about itself: `store.json`, and one manifest for each finished run. A manifest is
//! the marker of its run and is written last; a file that no manifest names does not exist.
//!
//! Nothing in here is read from a clock: the same cuts give the same bytes.

use super::error::LakeError;
use super::shard::ShardRange;
use rungs_engine::calendar::{Day, day_from, day_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The version of the format of stores that this program writes, and the newest it reads.
pub const FORMAT: u32 = 2;

/// This program and its version, as stores name it.
pub const THIS: &str = concat!("rungs ", env!("CARGO_PKG_VERSION"));

/// `store.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreFile {
    /// [`FORMAT`] when it was created.
    pub format: u32,
    /// The programme's id.
    pub program: String,
    /// How many shards, for the store's life.
    pub shards: u16,
    /// Program and version that created it.
    pub created_by: String,
}

/// The tables of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Events that were settled.
    History,
    /// Rows of the history that do not stand any more.
    Superseded,
    /// Events that changed what was settled.
    Corrections,
    /// Events dated after the last night.
    Waiting,
    /// States of accounts: first the base, then the deltas, newest last.
    States,
    /// Points.
    Entries,
    /// Moves on the ladder.
    Rungs,
    /// Rewards that were issued.
    Rewards,
    /// What the numbers in column `cause` mean.
    Causes,
    /// Rows that were refused.
    Quarantine,
    /// What was decided once and for all.
    Decisions,
}

impl Table {
    /// All of them.
    pub const ALL: [Table; 11] = [
        Table::History,
        Table::Superseded,
        Table::Corrections,
        Table::Waiting,
        Table::States,
        Table::Entries,
        Table::Rungs,
        Table::Rewards,
        Table::Causes,
        Table::Quarantine,
        Table::Decisions,
    ];

    /// Its folder in the store.
    pub fn folder(self) -> &'static str {
        match self {
            Table::History => "history",
            Table::Superseded => "superseded",
            Table::Corrections => "corrections",
            Table::Waiting => "waiting",
            Table::States => "states",
            Table::Entries => "entries",
            Table::Rungs => "rungs",
            Table::Rewards => "rewards",
            Table::Causes => "causes",
            Table::Quarantine => "quarantine",
            Table::Decisions => "decisions",
        }
    }

    /// Whether a manifest names all files of the table that hold after the run. Of the other tables it
    /// names those that the run added.
    pub fn whole(self) -> bool {
        matches!(
            self,
            Table::History | Table::Superseded | Table::Waiting | Table::States
        )
    }
}

/// One file of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LakeFile {
    /// Path in the store, with `/`.
    pub name: String,
    /// The newest run whose rows are in it.
    pub level: u32,
    /// First and last shard with rows in it.
    pub shards: [u16; 2],
    /// How many rows.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// XXH3 (128 bits) of its bytes, hexadecimal: against damage, not against forgery.
    pub digest: String,
}

impl LakeFile {
    /// Its shards.
    pub fn range(&self) -> ShardRange {
        ShardRange {
            first: self.shards[0],
            last: self.shards[1],
        }
    }
}

/// The nights that a run settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nights {
    /// The first business date.
    pub from: String,
    /// The last one.
    pub to: String,
}

impl Nights {
    /// From the first to the last day.
    pub fn of(from: Day, to: Day) -> Nights {
        Nights {
            from: day_text(from),
            to: day_text(to),
        }
    }

    /// The last night.
    pub fn last(&self, manifest: &Path) -> Result<Day, LakeError> {
        day_from(&self.to)
            .ok_or_else(|| LakeError::damaged(manifest, format!("`{}` is not a date", self.to)))
    }
}

/// An uploaded object that a run took in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEntry {
    /// Path under the inbox, with `/`.
    pub name: String,
    /// XXH3 (128 bits) of its bytes, hexadecimal.
    pub digest: String,
    /// The dataset whose contract it follows.
    pub dataset: String,
    /// Rows read.
    pub read: u64,
    /// Rows that became events (or wait to).
    pub accepted: u64,
    /// Rows that were known already.
    pub duplicates: u64,
    /// Rows in quarantine.
    pub rejected: u64,
}

/// A version of the programme that a run settled by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionEntry {
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file, hexadecimal.
    pub digest: String,
    /// The first of its numbers in column `cause`.
    pub first_cause: i32,
    /// How many numbers it has.
    pub causes: i32,
    /// What the numbers were given for: a digest over the names of all rules, datasets and rungs.
    #[serde(default)]
    pub names: String,
}

/// `runs/00001.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Number of the run, from 1.
    pub run: u32,
    /// The programme's id.
    pub program: String,
    /// Program and version that settled them.
    #[serde(default)]
    pub settled_by: String,
    /// The nights settled.
    pub nights: Nights,
    /// Versions of the programme, in the order of their files.
    pub versions: Vec<VersionEntry>,
    /// What the indices in states depend on: with another text here they are made anew from the history.
    #[serde(default)]
    pub names: String,
    /// Uploaded objects, in the order of their names.
    pub objects: Vec<ObjectEntry>,
    /// Figures about the run, by name.
    pub counts: BTreeMap<String, u64>,
    /// Files by table (see [`Table::whole`]).
    pub files: BTreeMap<Table, Vec<LakeFile>>,
}

impl Manifest {
    /// The files of a table.
    pub fn files(&self, table: Table) -> &[LakeFile] {
        self.files.get(&table).map_or(&[], Vec::as_slice)
    }

    /// The files of a table that can hold rows of a shard.
    pub fn files_of(&self, table: Table, shard: u16) -> impl Iterator<Item = &LakeFile> {
        self.files(table)
            .iter()
            .filter(move |file| file.range().contains(shard))
    }
}

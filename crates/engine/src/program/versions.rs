//! All versions of a programme: which one rules on a day, and one set of names for them all.

use super::align::align;
use super::changes::changes;
use super::{Migrate, Program};
use crate::calendar::Day;
use crate::canonical::Kind;
use crate::finding::Finding;
use crate::ledger::Entry;
use sha2::{Digest, Sha256};

/// The versions of a programme, by the day from which they rule; at least one. Datasets, columns, earn
/// rules, metrics, rewards, surprises and rungs have one place in all of them: where a version has no such
/// thing, one that is `absent` keeps it. So an index means the same in every version.
#[derive(Debug, Clone)]
pub struct Versions {
    all: Vec<Program>,
}

/// How a version takes over what the one before it left, by the places that all versions share, and what it
/// leaves for those after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Takeover {
    /// By rung: the rung here on which its holders stand from the first day on.
    pub rungs: Vec<u8>,
    /// By metric: what it counted is let go.
    pub dropped: Vec<bool>,
    /// By reward: the reward here under whose caps it counts on; nothing where it is let go.
    pub rewards: Vec<Option<u16>>,
    /// Kinds of events from whose last one a later version counts how long nothing has happened.
    pub activity: Vec<Kind>,
    /// Whether a later version has to know from when ends of rungs count, or that somebody gave them.
    pub recomputed: bool,
    /// Whether a later version sets rungs by what was counted before it.
    pub qualifies: bool,
}

impl Versions {
    /// Of checked programmes, each with its file as findings name it, in any order. Gives what cannot go
    /// together.
    pub fn of(mut files: Vec<(String, Program)>) -> Result<Versions, Vec<Finding>> {
        files.sort_by_key(|(_, program)| program.from);
        let findings = changes(&files);
        if !findings.is_empty() {
            return Err(findings);
        }
        Ok(Versions {
            all: align(files.into_iter().map(|(_, program)| program).collect()),
        })
    }

    /// One version alone.
    pub fn alone(program: Program) -> Versions {
        Versions {
            all: vec![Program {
                migrate: Migrate::default(),
                ..program
            }],
        }
    }

    /// All, by the day from which they rule.
    pub fn all(&self) -> &[Program] {
        &self.all
    }

    /// The place of the version that rules on a day. What is dated before the first is judged by the first.
    pub fn at(&self, day: Day) -> usize {
        self.all
            .partition_point(|program| program.from <= day)
            .saturating_sub(1)
    }

    /// The version that rules on a day.
    pub fn on(&self, day: Day) -> &Program {
        &self.all[self.at(day)]
    }

    /// The newest version. What all versions share (id, zone, currency, datasets, columns) can be read off
    /// any of them.
    pub fn newest(&self) -> &Program {
        &self.all[self.all.len() - 1]
    }

    /// The wallet (index in `Program::wallets`) whose points an entry moves.
    pub fn wallet_of(&self, entry: &Entry) -> u8 {
        let version = self.all.get(usize::from(entry.version));
        let rule = entry.rule;
        version
            .and_then(|version| rule.wallet(version))
            .unwrap_or(0)
    }

    /// Whether a version begins after one day and not after another.
    pub fn begins_within(&self, after: Day, to: Day) -> bool {
        self.at(after) != self.at(to)
    }

    /// SHA-256 over the digests of all files, hexadecimal: another one means that places may have changed.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for program in &self.all {
            digest.update(program.digest.as_bytes());
        }
        digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

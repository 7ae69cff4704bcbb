//! A range of shards on its way through a run: cut, settled, its events written as a level.

use super::intake::Intake;
use super::night::{Night, RangeFold, Settled};
use crate::lake::corrections::Correction;
use crate::lake::cut::{Cut, ObjectCounts, Window, cut};
use crate::lake::error::LakeError;
use crate::lake::history::History;
use crate::lake::layout::Layout;
use crate::lake::levels::{read_waiting, write_level, write_waiting};
use crate::lake::manifest::{LakeFile, Manifest};
use crate::lake::quarantine::QuarantineRow;
use crate::lake::resolve::Resolver;
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use crate::lake::superseded::Gone;
use crate::trouble::Trouble;
use rungs_engine::program::Program;
use std::collections::BTreeMap;

/// What a range gave, with its files of events.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Part {
    /// Ledger, states, sums.
    pub settled: Settled,
    /// Its level of the history.
    pub history: Option<LakeFile>,
    /// What waits for a later night.
    pub waiting: Option<LakeFile>,
    /// Rows by the number of their object.
    pub counts: BTreeMap<u32, ObjectCounts>,
    /// Rows that were refused, with the number of their object.
    pub quarantined: Vec<(Option<u32>, QuarantineRow)>,
    /// Rows of the history that do not stand any more.
    pub gone: Vec<Gone>,
    /// Events that changed what was settled.
    pub corrections: Vec<Correction>,
}

/// What is needed to cut a shard.
pub struct Cutting<'a> {
    /// The programme.
    pub program: &'a Program,
    /// The store.
    pub store: &'a Store,
    /// The run before; none in the first run.
    pub before: Option<&'a Manifest>,
    /// Where the columns are.
    pub layout: &'a Layout,
    /// Fills what a file does not give.
    pub resolver: &'a Resolver,
    /// What this run took in.
    pub intake: &'a Intake,
    /// Which events belong to this run.
    pub window: Window,
}

impl Cutting<'_> {
    /// Each event of the shard once, in order.
    pub fn cut(&self, shard: u16) -> Result<Cut, Trouble> {
        let staged = self.intake.staged.read(self.store, shard, self.layout)?;
        let (waiting, history) = match self.before {
            Some(before) => (
                read_waiting(self.store, before, shard, self.layout)?,
                History::open(self.store, before, shard, self.program)?,
            ),
            None => (Vec::new(), History::empty(shard, self.program)),
        };
        Ok(cut(
            staged,
            waiting,
            &history,
            self.layout,
            self.resolver,
            self.window,
        )?)
    }
}

impl Part {
    /// Its files were begun for more shards than were settled: they get the names of those that were, as if no more
    /// had been asked for.
    pub fn is_of(&mut self, store: &Store, range: ShardRange) -> Result<(), LakeError> {
        let ledger = &mut self.settled.ledger;
        let tables = [&mut ledger.entries, &mut ledger.rungs, &mut ledger.rewards];
        let states = &mut self.settled.states;
        let all = (tables.into_iter()).chain([states, &mut self.history, &mut self.waiting]);
        for file in all.flatten().filter(|file| file.range() != range) {
            let begun = file.range().to_string();
            let name = file.name.replace(&begun, &range.to_string());
            let (from, to) = (store.path(&file.name), store.path(&name));
            std::fs::rename(&from, &to).map_err(|cause| LakeError::access(&to, cause))?;
            file.shards = [range.first, range.last];
            file.name = name;
        }
        Ok(())
    }
}

/// Settles a range of shards and writes its files; `cuts` are those made already, for the draws.
pub fn settle(
    night: &Night<'_>,
    cutting: &Cutting<'_>,
    range: ShardRange,
    cuts: &BTreeMap<u16, Cut>,
) -> Result<Part, Trouble> {
    Ok(settle_while(night, cutting, range, cuts, &|| true)?.1)
}

/// Likewise, as long as `go_on`, which is asked before each shard but the first, says yes. The shards that were settled.
pub fn settle_while(
    night: &Night<'_>,
    cutting: &Cutting<'_>,
    mut range: ShardRange,
    cuts: &BTreeMap<u16, Cut>,
    go_on: &dyn Fn() -> bool,
) -> Result<(ShardRange, Part), Trouble> {
    let mut fold = RangeFold::new(night, range).counting();
    let mut own: Vec<(u16, Cut)> = Vec::new();
    for shard in range.shards() {
        if shard > range.first && !go_on() {
            range.last = shard - 1;
            break;
        }
        match cuts.get(&shard) {
            Some(cut) => fold.shard(shard, cut)?,
            None => {
                let cut = cutting.cut(shard)?;
                fold.shard(shard, &cut)?;
                own.push((shard, cut));
            }
        }
    }
    let all: Vec<(u16, &Cut)> = range
        .shards()
        .filter_map(|shard| cuts.get(&shard).map(|cut| (shard, cut)))
        .chain(own.iter().map(|(shard, cut)| (*shard, cut)))
        .collect();
    let stored: Vec<_> = all
        .iter()
        .map(|(shard, cut)| (*shard, cut.stored.as_slice()))
        .collect();
    let waiting: Vec<_> = all
        .iter()
        .map(|(shard, cut)| (*shard, cut.waiting.as_slice()))
        .collect();
    let history = write_level(night.store, night.run, range, &stored, cutting.layout)?;
    let waiting = write_waiting(night.store, night.run, range, &waiting, cutting.layout)?;
    let mut counts: BTreeMap<u32, ObjectCounts> = BTreeMap::new();
    let mut quarantined = Vec::new();
    for (_, cut) in &all {
        for (object, more) in &cut.counts {
            let count = counts.entry(*object).or_default();
            count.accepted += more.accepted;
            count.duplicates += more.duplicates;
            count.rejected += more.rejected;
        }
        for row in &cut.rejected {
            let object = row
                .object
                .and_then(|object| cutting.intake.objects.get(object as usize));
            quarantined.push((
                row.object,
                QuarantineRow::of_cut(object.map_or("", |object| &object.name), row),
            ));
        }
    }
    let part = Part {
        settled: fold.finish()?,
        history,
        waiting,
        counts,
        quarantined,
        gone: all.iter().flat_map(|(_, cut)| cut.gone.clone()).collect(),
        corrections: (all.iter())
            .flat_map(|(_, cut)| cut.corrections.clone())
            .collect(),
    };
    Ok((range, part))
}

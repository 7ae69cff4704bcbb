//! What is known at the outset of a run, before its own events: the runs before it, its number and window, the
//! numbers of causes, who has won so far.

use super::cutting::Cutting;
use super::intake::Intake;
use super::night::Night;
use super::population::{self, Known};
use super::{Keys, first_open, names};
use crate::lake::cut::{Cut, Window};
use crate::lake::decisions::{Decision, read_decisions};
use crate::lake::layout::Layout;
use crate::lake::ledger::CauseNumbers;
use crate::lake::levels::extend_by_waiting;
use crate::lake::manifest::Manifest;
use crate::lake::resolve::Resolver;
use crate::lake::store::Store;
use crate::trouble::Trouble;
use rayon::prelude::*;
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::fold::{Plans, Win};
use rungs_engine::program::{Program, Versions};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A run that is about to begin.
#[derive(Debug)]
pub struct Outset<'a> {
    /// The programme made ready.
    pub plans: &'a Plans<'a>,
    /// The store.
    pub store: &'a Store,
    /// The manifests of all runs before it, oldest first.
    pub manifests: &'a [Manifest],
    /// The last night to settle.
    pub as_of: Day,
    /// The last night that is settled; none before the first run.
    pub settled: Option<Day>,
    /// Number of the run.
    pub run: u32,
    /// Where the columns are, those of waiting events too.
    pub layout: Layout,
    window: Window,
    names: String,
    numbers: CauseNumbers,
    resolver: Resolver,
    wins: BTreeMap<String, Vec<Win>>,
}

impl<'a> Outset<'a> {
    /// Reads what is known.
    pub fn read(
        plans: &'a Plans<'a>,
        store: &'a Store,
        manifests: &'a [Manifest],
        as_of: Day,
    ) -> Result<Outset<'a>, Trouble> {
        let versions = plans.versions;
        let program = versions.newest();
        let before = manifests.last();
        let settled = before
            .map(|before| before.nights.last(store.folder()))
            .transpose()?;
        let mut layout = Layout::of(program);
        if let Some(before) = before {
            extend_by_waiting(store, before, &mut layout)?;
        }
        let zone = &program.zone;
        let window = Window {
            settled: settled.map_or(Instant::MIN, |day| zone.midnight(day + 1)),
            open: settled.map_or(Instant::MIN, |day| {
                zone.midnight(first_open(versions.on(day), day))
            }),
            before: zone.midnight(as_of + 1),
        };
        // A version that does not rule yet may still change.
        let ruling: Vec<&Program> = versions.all()[..=versions.at(as_of)].iter().collect();
        let decisions = read_decisions(store, manifests)?;
        let mut outset = Outset {
            plans,
            store,
            manifests,
            as_of,
            settled,
            run: before.map_or(0, |before| before.run) + 1,
            window,
            names: names(versions),
            numbers: CauseNumbers::new(store, before, &ruling)?,
            resolver: Resolver::of(program, &layout),
            layout,
            wins: BTreeMap::new(),
        };
        outset.won(&decisions);
        Ok(outset)
    }

    /// The run before; none in the first run.
    pub fn before(&self) -> Option<&'a Manifest> {
        self.manifests.last()
    }

    fn versions(&self) -> &'a Versions {
        self.plans.versions
    }

    fn stale(&self) -> bool {
        self.before()
            .is_some_and(|before| before.names != self.names)
    }

    /// Adds draws that were held; those of a surprise that the programme no longer has were issued while it had it.
    pub fn won(&mut self, decisions: &[Decision]) {
        let program = self.versions().newest();
        let mut sorted: Vec<&Decision> = decisions.iter().filter(|decision| decision.won).collect();
        sorted.sort();
        for decision in sorted {
            let mut surprises = program.surprises.iter();
            if let Some(surprise) = surprises.position(|it| it.id == decision.surprise) {
                self.wins
                    .entry(decision.account.clone())
                    .or_default()
                    .push(Win {
                        surprise,
                        at: decision.at,
                        day: program.zone.day(decision.at),
                        member: decision.member.clone(),
                    });
            }
        }
    }

    /// What is needed to cut a shard.
    pub fn cutting<'n>(&'n self, intake: &'n Intake) -> Cutting<'n> {
        Cutting {
            program: self.versions().newest(),
            store: self.store,
            before: self.before(),
            layout: &self.layout,
            resolver: &self.resolver,
            intake,
            window: self.window,
        }
    }

    /// Holds the draws of the run, which need everybody at once; the shards that were cut for it.
    pub fn draw(
        &self,
        intake: &Intake,
        keys: &Keys,
    ) -> Result<(Vec<Decision>, BTreeMap<u16, Cut>), Trouble> {
        if self.versions().newest().surprises.is_empty() {
            return Ok(Default::default());
        }
        let cutting = self.cutting(intake);
        let cuts: BTreeMap<u16, Cut> = (0..self.store.shards())
            .into_par_iter()
            .map(|shard| Ok((shard, cutting.cut(shard)?)))
            .collect::<Result<Vec<_>, Trouble>>()?
            .into_iter()
            .collect();
        let known = Known {
            before: self.before(),
            stale: self.stale(),
            first: self.settled.map_or(Day::MIN, |day| day + 2),
            last: self.as_of,
            window: self.window,
        };
        let drawn = population::draw(self.plans, self.store, keys, &known, &cuts, &self.wins)?;
        Ok((drawn, cuts))
    }

    /// What all shards of the run share.
    pub fn night(&'a self) -> Night<'a> {
        let begins = (self.settled)
            .is_some_and(|settled| self.versions().begins_within(settled, self.as_of));
        Night {
            plans: self.plans,
            program: self.versions().on(self.as_of),
            stale: self.stale(),
            everybody: begins || self.stale(),
            store: self.store,
            before: self.before(),
            run: self.run,
            settled: self.window.settled,
            until: self.window.before,
            as_of: self.as_of,
            numbers: &self.numbers,
            serves: true,
            wins: &self.wins,
            booked: OnceLock::new(),
        }
    }
}

//! All versions of a programme made ready for settlement, and batches of events made ready for them.

use super::plan::{Plan, TooFine};
use super::prepared::Prepared;
use super::qualify::{Tally, tallies};
use super::regrant::{Regrant, asked_of, look_ahead, regrants};
use super::state::AccountState;
use super::straight::Straight;
use super::takeover::same_cap;
use crate::calendar::Instant;
use crate::canonical::Kind;
use crate::event::Batch;
use crate::program::{Conversion, Versions};
use std::ops::Range;

/// A programme made ready: a plan for each version.
#[derive(Debug)]
pub struct Plans<'p> {
    /// The versions.
    pub versions: &'p Versions,
    /// By version.
    all: Vec<Plan<'p>>,
    /// By version: the instant from which it rules; the first rules from the beginning on.
    starts: Vec<Instant>,
    /// Per column: does a version read it?
    pub reads: Vec<bool>,
    /// Whether anything of single members is remembered.
    pub members: bool,
    /// What versions that set rungs ask for.
    pub(super) tallies: Vec<Tally>,
    /// Rules whose past versions settle anew.
    pub(super) regrants: Vec<Regrant>,
}

impl<'p> Plans<'p> {
    /// Makes all versions ready.
    pub fn new(versions: &'p Versions) -> Result<Plans<'p>, TooFine> {
        let mut all = versions
            .all()
            .iter()
            .map(Plan::new)
            .collect::<Result<Vec<_>, _>>()?;
        // What one version has to know of members must be kept from the first on.
        let members = all.iter().any(|plan| plan.members);
        for plan in &mut all {
            plan.members = members;
        }
        let regrants = regrants(versions);
        look_ahead(&mut all, &regrants);
        let reads = |column: usize| all.iter().any(|plan| plan.reads[column]);
        let start = |(at, plan): (usize, &Plan<'_>)| match at {
            0 => Instant::MIN,
            _ => plan.program.zone.midnight(plan.program.from),
        };
        Ok(Plans {
            versions,
            reads: (0..versions.newest().columns.len()).map(reads).collect(),
            starts: all.iter().enumerate().map(start).collect(),
            members,
            tallies: tallies(versions),
            regrants,
            all,
        })
    }

    /// By version.
    pub fn all(&self) -> &[Plan<'p>] {
        &self.all
    }

    /// The plan of a version.
    #[inline]
    pub fn of(&self, version: u16) -> &Plan<'p> {
        &self.all[usize::from(version)]
    }

    /// The newest version's. What all versions share can be read off any of them.
    pub fn newest(&self) -> &Plan<'p> {
        &self.all[self.all.len() - 1]
    }

    /// The version that rules at an instant.
    #[inline]
    pub fn at(&self, at: Instant) -> u16 {
        // Nearly always there is one alone.
        match self.starts.len() {
            1 => 0,
            _ => self.starts.partition_point(|start| *start <= at) as u16 - 1,
        }
    }

    /// The instant at which a version begins; nothing for the first, which rules from the beginning on.
    pub(super) fn start(&self, version: u16) -> Option<Instant> {
        let start = self.starts.get(usize::from(version)).copied();
        start.filter(|start| *start != Instant::MIN)
    }

    /// The instant at which the version after this one begins.
    pub(super) fn end(&self, version: u16) -> Option<Instant> {
        self.starts.get(usize::from(version) + 1).copied()
    }

    /// Whether a version begins at an instant.
    pub fn begins(&self, at: Instant) -> bool {
        self.starts[1..].contains(&at)
    }

    /// Whether an account joins with one of these rows where orders from before count: then its older events are
    /// needed as well.
    pub fn counts_back(&self, state: &AccountState, batch: &Batch, mut rows: Range<usize>) -> bool {
        let backdates = |plan: &Plan<'_>| plan.program.backdate.is_some();
        state.enrolled.is_none()
            && self.all.iter().any(backdates)
            && rows.any(|row| batch.kind_at(row) == Some(Kind::Enrol))
    }

    /// Whether a version that begins before an instant settles the past of rules for an account, to which so many events
    /// come until then: what it takes back may be of any lot, so it must be known which of them were released.
    pub fn takes_back(&self, state: &AccountState, events: usize, until: Instant) -> bool {
        let begins = |it: &Regrant| it.version > state.version && it.begins_before(until);
        let known = state.past.iter().any(|past| !past.events.is_empty());
        (events > 0 || known) && self.regrants.iter().any(begins)
    }

    /// Whether a version that begins before an instant makes points of an account points of another wallet, if it has
    /// any or events come to it until then: what waits must be told from what was released.
    pub fn converts(&self, state: &AccountState, events: usize, until: Instant) -> bool {
        let later = self
            .all
            .iter()
            .enumerate()
            .skip(usize::from(state.version) + 1);
        let mut begun = later.take_while(|(version, _)| self.starts[*version] < until);
        let known = state.purses.iter().any(|purse| !purse.lots.is_empty());
        (events > 0 || known) && begun.any(|(_, plan)| !plan.program.migrate.conversions.is_empty())
    }

    /// The conversion that comes next to points of a wallet that came to it under one version, and its version, up to
    /// another one.
    pub(super) fn next_conversion(
        &self,
        wallet: u8,
        came_under: u16,
        now: u16,
    ) -> Option<(u16, &'p Conversion)> {
        (came_under + 1..=now).find_map(|version| {
            let program = self.of(version).program;
            let mut said = program.migrate.conversions.iter();
            Some((version, said.find(|it| it.from == wallet)?))
        })
    }

    /// The cap of a version that goes on with what was used of one of an earlier version.
    pub(super) fn cap(&self, from: u16, cap: usize, to: u16) -> Option<usize> {
        (from..to).try_fold(cap, |cap, version| {
            same_cap(self.of(version), cap, self.of(version + 1))
        })
    }

    /// Whether a reward was let go on the way from one version to another.
    pub(super) fn lets_go(&self, reward: u16, from: u16, to: u16) -> bool {
        let mut later = self.all[usize::from(from) + 1..=usize::from(to)].iter();
        let goes_on = |reward: u16, plan: &Plan<'_>| {
            *plan.program.takeover.rewards.get(usize::from(reward))?
        };
        later.try_fold(reward, goes_on).is_none()
    }

    /// Whether a metric was let go on the way from one version to another.
    pub(super) fn drops(&self, metric: usize, from: u16, to: u16) -> bool {
        let later = self.all.get(usize::from(from) + 1..=usize::from(to));
        let drops = |plan: &Plan<'_>| plan.program.takeover.dropped.get(metric) == Some(&true);
        later.is_some_and(|later| later.iter().any(drops))
    }
}

/// A batch made ready for the versions that rule over its events.
#[derive(Debug)]
pub struct Ready<'p> {
    /// By version; where none of the events is in its days, it knows no rows.
    versions: Vec<Prepared<'p>>,
    /// Whether the batch has events that undo others: refunds and un-redeems.
    pub undoes: bool,
}

impl<'p> Ready<'p> {
    /// Computes what can be computed.
    pub fn new(plans: &Plans<'p>, batch: &Batch) -> Ready<'p> {
        let mut asked = vec![plans.all.len() == 1; plans.all.len()];
        if plans.all.len() > 1 {
            for at in batch.time.iter() {
                asked[usize::from(plans.at(*at))] = true;
                asked_of(plans, *at).for_each(|version| asked[version] = true);
            }
        }
        let empty = Batch::empty();
        let versions = plans
            .all
            .iter()
            .zip(asked)
            .map(|(plan, asked)| Prepared::new(plan, if asked { batch } else { &empty }));
        Ready {
            versions: versions.collect(),
            undoes: [Kind::Refund, Kind::Unredeem]
                .iter()
                .any(|kind| batch.kind.contains(&(*kind as u8))),
        }
    }

    /// For a version.
    pub(super) fn of(&self, version: u16) -> &Prepared<'p> {
        &self.versions[usize::from(version)]
    }
}

/// What all accounts of a batch share while they are settled.
#[derive(Debug)]
pub struct Piece<'a> {
    /// The programme's plans.
    pub plans: &'a Plans<'a>,
    /// Events of whole accounts.
    pub batch: &'a Batch,
    /// What is known of them before the pass.
    pub ready: &'a Ready<'a>,
    straight: Vec<Option<Straight<'a>>>,
}

impl<'a> Piece<'a> {
    /// `ready` must be made of these plans and this batch.
    pub fn new(plans: &'a Plans<'a>, batch: &'a Batch, ready: &'a Ready<'a>) -> Piece<'a> {
        let versions = plans.all.iter().zip(&ready.versions);
        Piece {
            plans,
            batch,
            ready,
            straight: versions
                .map(|(plan, ready)| Straight::of(plan, ready))
                .collect(),
        }
    }

    pub(super) fn straight(&self, version: u16) -> Option<&Straight<'a>> {
        self.straight[usize::from(version)].as_ref()
    }
}

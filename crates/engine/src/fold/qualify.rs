//! Rungs that a version sets on its first day by what was done before it. What it will ask for is counted from the
//! beginning on, because measures let go of what has left their windows.

use super::account::Account;
use super::measure::Key;
use super::plans::Plans;
use super::sink::Sink;
use super::state::AccountState;
use super::stretch::Worth;
use crate::calendar::Day;
use crate::ledger::RungReason;
use crate::program::Versions;

/// What a version that sets rungs asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The version.
    version: u16,
    /// One of the metrics by which its rungs are reached.
    metric: usize,
    /// First day that counts.
    from: Day,
    /// First day that counts no more.
    before: Day,
    /// By version: whether its events count.
    counts: Vec<bool>,
}

/// What all versions that set rungs ask for.
pub(super) fn tallies(versions: &Versions) -> Vec<Tally> {
    let mut all = Vec::new();
    for (version, program) in versions.all().iter().enumerate() {
        let (Some(said), Some(tiers)) = (&program.migrate.qualify, &program.tiers) else {
            continue;
        };
        for metric in tiers.reached_by() {
            let asked = &program.metrics[metric];
            let earlier = versions.all()[..version].iter();
            all.push(Tally {
                version: version as u16,
                metric,
                from: said.from,
                before: said.before,
                counts: earlier
                    .map(|it| it.metrics[metric].adds_up_with(asked))
                    .collect(),
            });
        }
    }
    all
}

impl Tally {
    /// Whether something of a day, judged by a version, counts, while another one rules.
    fn asks(&self, metric: usize, (day, judged_by): (Day, u16), rules: u16) -> bool {
        self.version > rules
            && self.metric == metric
            && (self.from..self.before).contains(&day)
            && self.counts.get(usize::from(judged_by)) == Some(&true)
    }
}

impl AccountState {
    /// The tallies of a metric for which something counts.
    fn tallied<'s>(
        &'s mut self,
        plans: &'s Plans<'_>,
        metric: usize,
        when: (Day, u16),
    ) -> impl Iterator<Item = &'s mut Worth> {
        let rules = self.version;
        if self.tallies.len() < plans.tallies.len() {
            self.tallies
                .resize_with(plans.tallies.len(), Worth::default);
        }
        let both = plans.tallies.iter().zip(&mut self.tallies);
        both.filter(move |(tally, _)| tally.asks(metric, when, rules))
            .map(|(_, worth)| worth)
    }

    /// Adds what happens on a day.
    pub(super) fn add_to_tallies(
        &mut self,
        plans: &Plans<'_>,
        metric: usize,
        day: Day,
        number: i64,
        keys: &[Key],
    ) {
        let when = (day, self.version);
        for worth in self.tallied(plans, metric, when) {
            // As a measure that would leave 64 bits, it stays where it is.
            worth.total = worth.total.checked_add(number).unwrap_or(worth.total);
            worth.keys.extend(keys.iter().cloned());
        }
    }

    /// Takes back what an event of a day, judged by a version, had added.
    pub(super) fn take_from_tallies(
        &mut self,
        plans: &Plans<'_>,
        metric: usize,
        when: (Day, u16),
        number: i64,
        keys: &[Key],
    ) {
        if plans.tallies.is_empty() {
            return;
        }
        for worth in self.tallied(plans, metric, when) {
            worth.take_back(number, keys);
        }
    }

    /// Nothing is asked any more by the versions that have begun.
    pub(super) fn forget_tallies(&mut self, plans: &Plans<'_>) {
        if plans.tallies.iter().all(|it| it.version <= self.version) {
            self.tallies.clear();
        }
        for (tally, worth) in plans.tallies.iter().zip(&mut self.tallies) {
            if tally.version <= self.version {
                *worth = Worth::default();
            }
        }
    }
}

impl<S: Sink> Account<'_, '_, S> {
    /// Puts the account on the rung that it stands on by what was done before this version, as if that were reached
    /// today, where the version says so. Says whether it did: an end that somebody gave stays, and so does its rung.
    pub(super) fn set_rung(&mut self) -> bool {
        let plan = self.plan;
        let (Some(_), Some(tiers)) = (&plan.program.migrate.qualify, &plan.program.tiers) else {
            return false;
        };
        let given = self.state.counted.is_none() && self.state.until.is_some();
        if given {
            return false;
        }
        let counted = |metric: usize| {
            let asked = |tally: &Tally| (tally.version, tally.metric) == (self.version, metric);
            let place = self.piece.plans.tallies.iter().position(asked);
            let worth = place.and_then(|place| self.state.tallies.get(place));
            worth.map_or(0, Worth::value)
        };
        let reached = (1..tiers.rungs.len()).rev().find(|rung| {
            let mut ways = tiers.rungs[*rung].reach.iter();
            ways.any(|all| all.iter().all(|(metric, least)| counted(*metric) >= *least))
        });
        let rung = reached.unwrap_or(0) as u8;
        let until = self.valid_from(self.day).filter(|_| rung > 0);
        // It rests on nothing that a refund could take away.
        self.state.ground = None;
        if (rung, until) != (self.state.rung, self.state.until) {
            self.move_to(rung, until, RungReason::Version, None);
        }
        self.state.gifts.clear();
        self.holds_from(rung);
        true
    }
}

//! Rungs that a version sets on its first day: counted anew from everything that was ever done.

use crate::account::Account;
use rungs_engine::calendar::Instant;
use rungs_engine::ledger::RungReason;
use rungs_engine::program::{Metric, Need, Qualify};

/// Whether what an earlier version counted adds up with what the version that sets rungs counts.
fn alike(was: &Metric, is: &Metric) -> bool {
    !was.absent && was.kind == is.kind && was.pool == is.pool && was.den == is.den
}

impl Account<'_> {
    /// The version that begins sets the rung, up or down, by what was done on the days that it names. Whom somebody
    /// gave an end is left alone. Returns whether the rung was set.
    pub(crate) fn rung_is_set(&mut self, at: Instant) -> bool {
        let program = self.reading.program;
        let (Some(said), Some(tiers)) = (program.migrate.qualify, &program.tiers) else {
            return false;
        };
        if self.held.given && self.held.until.is_some() {
            return false;
        }
        let deserved = |rung: &usize| {
            let mut ways = tiers.rungs[*rung].reach.iter();
            ways.any(|need| self.had_done(said, need))
        };
        let highest = (1..tiers.rungs.len()).filter(deserved).max();
        let to = highest.unwrap_or(0);
        let day = self.reading.days.day(at);
        let until = self.ends(tiers, to, day);
        if (to, until) != (self.held.rung, self.held.until) {
            self.step(at, to, until, RungReason::Version, None);
        }
        self.held.rests(None);
        self.held.given = false;
        self.brought.clear();
        self.rung_set = Some((self.rungs.len(), day));
        true
    }

    /// Whether all of this was done on those days. What a refund has taken back by now was not done.
    fn had_done(&self, said: Qualify, need: &Need) -> bool {
        need.iter().all(|(metric, least)| {
            let is = &self.reading.program.metrics[*metric];
            let counts = |record: usize| {
                let then = self.readings.version(self.records[record].version);
                alike(&then.program.metrics[*metric], is)
            };
            let days = said.from..said.before;
            let done = self.measures.total_of_days(*metric, days, counts);
            let den = i128::from(is.den.max(1));
            done.saturating_mul(den)
                >= i128::from(*least).saturating_mul(self.reading.units[*metric])
        })
    }
}

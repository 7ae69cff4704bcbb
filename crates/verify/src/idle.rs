//! Points that end together when nothing happens for so long.

use crate::account::Account;
use crate::reading::Reading;
use rungs_engine::calendar::Instant;
use rungs_engine::canonical::Kind;
use rungs_engine::ledger::{EntryKind, Rule};
use rungs_engine::program::{Expiry, IdleSince};

/// The end of a wallet in which something happened last at an instant.
fn end_of(reading: &Reading<'_>, wallet: u8, at: Instant) -> Option<Instant> {
    match &reading.program.wallets[usize::from(wallet)].expiry {
        Expiry::Inactivity { length, up_to, .. } => {
            let end = reading.days.life(at, *length);
            let end = up_to.map_or(end, |calendar| reading.days.up_to(calendar, end));
            // A limit that counts from before its version ends nothing before that version.
            Some(match from_activity(reading) {
                true => end.max(reading.days.midnight(reading.program.from)),
                false => end,
            })
        }
        _ => None,
    }
}

/// Whether the limit of a version counts from what happened before it.
fn from_activity(reading: &Reading<'_>) -> bool {
    reading.program.migrate.idle_since == IdleSince::Activity
}

impl Account<'_> {
    /// When all points of a wallet end, if there are any.
    pub(crate) fn idle_end(&self, wallet: u8) -> Option<Instant> {
        let purse = &self.purses[usize::from(wallet)];
        let holds = purse.lots.open() + purse.lots.pending() > 0;
        end_of(self.reading, wallet, purse.alive_since.filter(|_| holds)?)
    }

    /// An event that was taken, of a kind that may keep points alive.
    pub(crate) fn keep_alive(&mut self, kind: Kind, at: Instant) {
        self.last_of_kind.insert(kind, at);
        for (declared, purse) in self.reading.program.wallets.iter().zip(&mut self.purses) {
            if let Expiry::Inactivity { renewed_by, .. } = &declared.expiry
                && renewed_by.contains(&kind)
            {
                purse.alive_since = Some(at);
            }
        }
    }

    /// Points are about to come: where the time of the wallet has run out, or never begun, it begins.
    pub(crate) fn points_come(&mut self, at: Instant, wallet: u8) {
        if end_of(self.reading, wallet, at).is_none() {
            return;
        }
        let purse = &mut self.purses[usize::from(wallet)];
        let end = purse
            .alive_since
            .and_then(|since| end_of(self.reading, wallet, since));
        if end.is_none_or(|end| end <= at) {
            purse.alive_since = Some(at);
        }
    }

    /// The time has run out.
    pub(crate) fn end_idle(&mut self, at: Instant, wallet: u8) {
        for (lot, points) in self.lots(wallet).end_all() {
            let event = lot.0.clone();
            let (kind, rule) = (EntryKind::Expire, Rule::Expiry(wallet));
            self.book(at, kind, rule, event, Some(lot), -points);
        }
    }

    /// A version begins whose limit is new, or shorter than that of the version before: it runs from today.
    /// Where it says so, it runs from the last event that renews it, or from the oldest points there are, whatever
    /// is later.
    pub(crate) fn limit_begins(&mut self, at: Instant, old: &Reading<'_>) {
        for (wallet, purse) in (0..).zip(&mut self.purses) {
            if from_activity(self.reading) {
                let declared = &self.reading.program.wallets[usize::from(wallet)];
                if let Expiry::Inactivity { renewed_by, .. } = &declared.expiry {
                    let mut known: Vec<Instant> = Vec::new();
                    known.extend(renewed_by.iter().filter_map(|it| self.last_of_kind.get(it)));
                    known.extend(purse.lots.oldest());
                    purse.alive_since = known.into_iter().max();
                }
                continue;
            }
            if purse.lots.open() + purse.lots.pending() == 0 {
                continue;
            }
            let since = purse.alive_since;
            let end = |reading: &Reading<'_>| end_of(reading, wallet, since?);
            let goes_on = match (end(old), end(self.reading)) {
                (Some(was), Some(is)) => is >= was,
                _ => false,
            };
            if !goes_on {
                purse.alive_since = Some(at);
            }
        }
    }
}

//! Points of a wallet that become points of another: on the day that a version says, and whenever something from before
//! that day comes back.

use crate::account::Account;
use crate::days::day_text;
use crate::exact::{rate, rounded, times, unit, whole};
use crate::lots::Lot;
use crate::reading::Reading;
use crate::versions::Readings;
use rungs_engine::calendar::Instant;
use rungs_engine::event::EventId;
use rungs_engine::ledger::{EntryKind, NO_SOURCE, Rule};
use rungs_engine::program::{Conversion, IdleSince};

/// The most that a wallet gets by a conversion, in scaled points: 2 to the power of 62.
const MOST: i128 = 4_611_686_018_427_387_904;

/// What scaled points become by the rate: a multiple of the smallest part of a point of the other wallet.
fn worth(reading: &Reading<'_>, said: &Conversion, points: i64) -> i64 {
    let (program, to) = (reading.program, usize::from(said.to));
    let part = unit(program.scale() - program.wallets[to].scale);
    let become_parts = times(whole(points), rate(said.rate) / part);
    let scaled = become_parts.map_or(MOST, |parts| {
        rounded(parts, said.rounding).saturating_mul(part)
    });
    scaled.min(MOST) as i64
}

/// A wallet to which points of another have come, and by which version.
#[derive(Clone, Copy)]
pub(crate) struct Station {
    pub(crate) version: usize,
    said: Conversion,
}

impl Station {
    pub(crate) fn wallet(&self) -> u8 {
        self.said.to
    }

    /// What points of the wallet before are worth in this one.
    pub(crate) fn worth(&self, readings: &Readings<'_>, points: i64) -> i64 {
        worth(readings.version(self.version), &self.said, points)
    }
}

impl Account<'_> {
    /// The wallets through which points have gone that came to one at an instant.
    pub(crate) fn stations(&self, wallet: u8, came: Instant) -> Vec<Station> {
        let (mut here, mut way) = (wallet, Vec::new());
        for version in self.readings.at(came) + 1..=self.version {
            let migrate = &self.readings.version(version).program.migrate;
            if let Some(said) = migrate.conversions.iter().find(|it| it.from == here) {
                here = said.to;
                let said = *said;
                way.push(Station { version, said });
            }
        }
        way
    }

    /// The version that begins makes points of wallets points of others.
    pub(crate) fn convert(&mut self, at: Instant) {
        let reading = self.reading;
        for said in &reading.program.migrate.conversions {
            let mut seen = 0;
            for lot in self.lots(said.from).give_all() {
                let points = lot.pending + lot.open;
                let named = Some((lot.id.clone(), lot.expires));
                let rule = Rule::Converted(said.from);
                self.book(at, EntryKind::Convert, rule, lot.id.clone(), named, -points);
                let more = worth(reading, said, seen + points) - worth(reading, said, seen);
                seen += points;
                if more > 0 {
                    self.converted(at, said.to, &lot, more);
                }
            }
            let owed = std::mem::take(&mut self.lots(said.from).debt);
            let owes = worth(reading, said, owed);
            self.lots(said.to).debt += owes;
            for (wallet, points) in [(said.from, -owed), (said.to, owes)] {
                if points != 0 {
                    let event = EventId::Text(day_text(reading.program.from).into());
                    let (kind, rule) = (EntryKind::Debt, Rule::Converted(wallet));
                    self.book(at, kind, rule, (NO_SOURCE, event), None, points);
                }
            }
        }
        for said in &reading.program.migrate.conversions {
            for lot in self.lots(said.to).names_of_open() {
                let repaid = self.lots(said.to).repay(&lot);
                if repaid > 0 {
                    let (kind, rule) = (EntryKind::Repay, Rule::Shortage(said.to));
                    self.book(at, kind, rule, lot.0.clone(), Some(lot), -repaid);
                }
            }
            self.lots(said.to).forget();
        }
    }

    /// What a lot became comes to its wallet.
    fn converted(&mut self, at: Instant, wallet: u8, lot: &Lot, points: i64) {
        let named = (lot.id.clone(), lot.expires);
        let rule = Rule::Converted(wallet);
        let event = lot.id.clone();
        let kind = EntryKind::Convert;
        self.book(at, kind, rule, event.clone(), Some(named.clone()), points);
        let waits = self.lots(wallet).join(at, lot, points);
        let declared = &self.reading.program.wallets[usize::from(wallet)];
        if !waits && declared.pending.is_some() {
            let (kind, rule) = (EntryKind::Release, Rule::Pending(wallet));
            self.book(at, kind, rule, event, Some(named), points);
        }
    }

    /// A wallet to which points of another came: where inactivity ends them and its time was over, it begins.
    pub(crate) fn converted_begin(&mut self, at: Instant) {
        let migrate = &self.reading.program.migrate;
        if migrate.idle_since == IdleSince::Activity {
            return;
        }
        for said in &migrate.conversions {
            let lots = self.lots(said.to);
            if lots.open() + lots.pending() > 0 {
                self.points_come(at, said.to);
            }
        }
    }
}

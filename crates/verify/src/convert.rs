//! Points of a wallet that become points of another: on the day that a version says, and whenever something from before
//! that day comes back.

use crate::account::Account;
use crate::days::day_text;
use crate::exact::{rate, rounded, times, unit, whole};
use crate::lots::Lot;
use crate::reading::Reading;
use crate::regrant::Stands;
use crate::versions::Readings;
use rungs_engine::calendar::Instant;
use rungs_engine::event::EventId;
use rungs_engine::ledger::{EntryKind, EventRef, NO_SOURCE, Rule};
use rungs_engine::program::{Conversion, IdleSince};

/// The most that a wallet gets by a conversion, in scaled points: 2 to the power of 54.
const MOST: i128 = 18_014_398_509_481_984;

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
        let declared = &self.reading.program.wallets[usize::from(wallet)];
        let holds_back = declared.pending.is_some();
        let waits = self.lots(wallet).join(at, lot, points, holds_back);
        if !waits && holds_back {
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

    /// Books what a refund takes of what stood of a rule, of which there was so much in all: from the wallet in which
    /// it is by now.
    pub(crate) fn take_where_they_are(
        &mut self,
        at: Instant,
        event: &EventRef,
        record: usize,
        stood: &Stands,
        mut all: i64,
    ) {
        let order = self.records[record].event.clone();
        let granted = self.records[record].at.max(self.joined);
        let mut version = stood.version;
        let mut wallet = self.readings.version(version).program.earn[stood.rule].wallet;
        let mut rule = Rule::Earn(stood.rule as u16);
        // What the rest of them is worth is subtracted from what all are worth, in each wallet on their way.
        let mut rest = all - stood.points;
        let way = self.stations(wallet, granted);
        let mut way = way.iter();
        loop {
            all -= self.excuse(record, (wallet, rule, version), at, event, all - rest);
            let Some(station) = way.next() else { break };
            all = station.worth(self.readings, all);
            rest = station.worth(self.readings, rest);
            (version, wallet) = (station.version, station.wallet());
            rule = Rule::Converted(wallet);
        }
        let taken = self.lots(wallet).reverse(&order, all - rest);
        let covered: i64 = taken.iter().map(|part| part.points).sum();
        for part in taken {
            let (kind, named) = (EntryKind::Reverse, Some(part.named()));
            self.book_for(version, at, kind, rule, event.clone(), named, -part.points);
        }
        self.shortage(version, at, wallet, event, all - rest - covered);
    }
}

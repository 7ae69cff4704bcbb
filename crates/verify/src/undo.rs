//! Redemptions that are undone: the way of the redemption is gone back, step by step, until as many points are
//! back as are asked for.

use crate::Reason;
use crate::account::Account;
use crate::lots::{Lot, Taken};
use crate::measure::{Worth, points_in_units};
use rungs_engine::calendar::Instant;
use rungs_engine::event::EventId;
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Rule};
use rungs_engine::program::{MetricKind, Shortage};
use std::ops::Range;

/// A redemption, and what was not undone of it.
pub(crate) struct Redemption {
    /// Its record.
    pub(crate) record: usize,
    pub(crate) rule: Rule,
    /// The wallet that paid.
    pub(crate) wallet: u8,
    /// What came from lots, the last on top.
    pub(crate) way: Vec<Taken>,
    /// What no lot could give.
    pub(crate) uncovered: i64,
    /// Places among the issued of the rewards that it bought.
    pub(crate) bought: Range<usize>,
}

/// Where points come back to, and in whose name.
struct Target {
    version: usize,
    rule: Rule,
    wallet: u8,
    /// The version by which they are in this wallet, where another one paid.
    converted: Option<usize>,
}

impl Redemption {
    fn points(&self) -> i64 {
        let from_lots: i64 = self.way.iter().map(|part| part.points).sum();
        from_lots + self.uncovered
    }
}

impl Account<'_> {
    /// An un-redeem. Returns the record of the redemption if it counts for less now.
    pub(crate) fn unredeem(&mut self, at: Instant, event: &EventRef, row: usize) -> Option<usize> {
        let [redeem, points] = self.reading.unredeem;
        let text = redeem.and_then(|column| self.batch.text(column, row));
        let id = EventId::of(text.unwrap_or_default());
        let Some(mut redemption) = self.redemptions.remove(&id) else {
            let unknown = Reason::RedemptionUnknown;
            self.rejected.push((event.clone(), unknown));
            return None;
        };
        let all = redemption.points();
        let wanted = self.scaled(points, row).unwrap_or(all);
        let wanted = wanted.max(0).min(all);
        self.go_back(&mut redemption, wanted, at, event);
        let (record, left) = (redemption.record, redemption.points());
        let version = self.records[record].version;
        let judging = self.readings.version(version);
        let mut less = false;
        for (metric, declared) in judging.program.metrics.iter().enumerate() {
            if declared.kind == MetricKind::Spent
                && declared.wallet == redemption.wallet
                && wanted > 0
                && !judging.counts_for_good(metric)
            {
                let worth = Worth {
                    amount: points_in_units(judging, metric, left),
                    values: Vec::new(),
                };
                self.measures.replace(metric, worth, record);
                less = true;
            }
        }
        if left == 0 {
            let bought = redemption.bought.clone();
            let places: Vec<usize> = bought.filter(|place| !self.is_taken_back(*place)).collect();
            self.hand_back(at, &places, event);
        }
        self.redemptions.insert(id, redemption);
        less.then_some(record)
    }

    fn go_back(&mut self, redemption: &mut Redemption, wanted: i64, at: Instant, event: &EventRef) {
        let came = self.records[redemption.record].at;
        let shortage = (self
            .readings
            .version(self.records[redemption.record].version)
            .program)
            .refunds
            .shortage;
        let way = self.stations(redemption.wallet, came);
        let readings = self.readings;
        // Points of the wallet that paid, as they are counted where they would be by now.
        let counted = |points: i64| {
            let along = way.iter();
            along.fold(points, |points, station| station.worth(readings, points))
        };
        let to = match way.last() {
            None => Target {
                version: self.records[redemption.record].version,
                rule: redemption.rule,
                wallet: redemption.wallet,
                converted: None,
            },
            Some(last) => Target {
                version: last.version,
                rule: Rule::Converted(last.wallet()),
                wallet: last.wallet(),
                converted: Some(last.version),
            },
        };
        let mut missing = wanted;
        // What was owed or let go came last.
        let short = missing.min(redemption.uncovered);
        if short > 0 {
            let before = redemption.points();
            redemption.uncovered -= short;
            missing -= short;
            match shortage {
                Shortage::Forgive => {
                    let version = self.records[redemption.record].version;
                    let rule = Rule::Shortage(redemption.wallet);
                    let (kind, event) = (EntryKind::Forgive, event.clone());
                    self.book_for(version, at, kind, rule, event, None, -short);
                }
                Shortage::Debt => {
                    let points = counted(before) - counted(before - short);
                    let less = points.min(self.lots(to.wallet).debt);
                    self.lots(to.wallet).debt -= less;
                    if less > 0 {
                        let (kind, rule) = (EntryKind::Debt, Rule::Shortage(to.wallet));
                        self.book_for(to.version, at, kind, rule, event.clone(), None, -less);
                    }
                    self.give_anew(&to, at, event, points - less);
                }
            }
        }
        while missing > 0
            && let Some(mut part) = redemption.way.pop()
        {
            let left = redemption.points();
            let points = part.points.min(missing);
            missing -= points;
            let back = counted(left + part.points) - counted(left + part.points - points);
            if back > 0 {
                self.give_back_to(redemption, &to, at, event, (&part, back));
            }
            part.points -= points;
            if part.points > 0 {
                redemption.way.push(part);
            }
        }
    }

    /// What was owed and is paid already comes back as points of today.
    fn give_anew(&mut self, to: &Target, at: Instant, event: &EventRef, points: i64) {
        if points == 0 {
            return;
        }
        let expires = self.expires(to.wallet, at);
        self.restored(to, at, event, None, (points, expires));
        self.points_come(at, to.wallet);
        self.lots(to.wallet).add(Lot {
            id: event.clone(),
            granted: at,
            expires,
            release: at,
            pending: 0,
            open: points,
        });
    }

    fn give_back_to(
        &mut self,
        redemption: &Redemption,
        to: &Target,
        at: Instant,
        event: &EventRef,
        (part, points): (&Taken, i64),
    ) {
        let wallet = to.wallet;
        let judging = (self.readings).version(self.records[redemption.record].version);
        let least = match judging.program.refunds.restored_life {
            Some(life) => judging.days.life(at, life),
            None => at,
        };
        let expires = part.expires.map(|end| end.max(least));
        let lot = &part.lot;
        self.restored(to, at, event, Some(lot), (points, expires));
        let begun = |version: usize| {
            let reading = self.readings.version(version);
            reading.days.midnight(reading.program.from)
        };
        let granted = to.converted.map_or(part.granted, begun);
        if expires == Some(at) {
            let granting = self.readings.at(granted);
            let (kind, rule) = (EntryKind::Expire, Rule::Expiry(wallet));
            let named = Some((lot.clone(), expires));
            self.book_for(granting, at, kind, rule, lot.clone(), named, -points);
            return;
        }
        self.points_come(at, wallet);
        // Points that can be spent again pay debt first.
        let repaid = points.min(self.lots(wallet).debt);
        self.lots(wallet).debt -= repaid;
        if repaid > 0 {
            let (kind, rule) = (EntryKind::Repay, Rule::Shortage(wallet));
            let named = Some((lot.clone(), expires));
            self.book(at, kind, rule, lot.clone(), named, -repaid);
        }
        self.lots(wallet).put_back(Lot {
            id: lot.clone(),
            granted,
            expires,
            release: granted,
            pending: 0,
            open: points - repaid,
        });
    }

    fn restored(
        &mut self,
        to: &Target,
        at: Instant,
        event: &EventRef,
        lot: Option<&EventRef>,
        (points, expires): (i64, Option<Instant>),
    ) {
        self.entries.push(Entry {
            at,
            kind: EntryKind::Restore,
            rule: to.rule,
            event: event.clone(),
            lot: lot.cloned(),
            points,
            expires,
            rung: self.held.rung as u8,
            version: to.version as u16,
        });
    }
}

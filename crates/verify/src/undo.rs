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
        let version = self.records[redemption.record].version;
        let program = self.readings.version(version).program;
        let mut missing = wanted;
        // What was owed or let go came last.
        let shortage = missing.min(redemption.uncovered);
        redemption.uncovered -= shortage;
        missing -= shortage;
        let less_debt = match program.refunds.shortage {
            Shortage::Forgive => 0,
            Shortage::Debt => shortage.min(self.lots(redemption.wallet).debt),
        };
        let rule = Rule::Shortage(redemption.wallet);
        let nameless = |kind, points: i64, to: &mut Self| {
            if points > 0 {
                let event = event.clone();
                to.book_for(version, at, kind, rule, event, None, -points);
            }
        };
        match program.refunds.shortage {
            Shortage::Forgive => nameless(EntryKind::Forgive, shortage, self),
            Shortage::Debt => {
                self.lots(redemption.wallet).debt -= less_debt;
                nameless(EntryKind::Debt, less_debt, self);
                self.give_anew(version, redemption, at, event, shortage - less_debt);
            }
        }
        while missing > 0
            && let Some(mut part) = redemption.way.pop()
        {
            let points = part.points.min(missing);
            missing -= points;
            self.give_back_to(version, redemption, at, event, &part, points);
            part.points -= points;
            if part.points > 0 {
                redemption.way.push(part);
            }
        }
    }

    /// What was owed and is paid already comes back as points of today.
    fn give_anew(
        &mut self,
        version: usize,
        redemption: &Redemption,
        at: Instant,
        event: &EventRef,
        points: i64,
    ) {
        if points == 0 {
            return;
        }
        let (rule, wallet) = (redemption.rule, redemption.wallet);
        let expires = self.expires(wallet, at);
        self.restored(version, rule, at, event, None, (points, expires));
        self.points_come(at, wallet);
        self.lots(wallet).add(Lot {
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
        version: usize,
        redemption: &Redemption,
        at: Instant,
        event: &EventRef,
        part: &Taken,
        points: i64,
    ) {
        let (rule, wallet) = (redemption.rule, redemption.wallet);
        let judging = self.readings.version(version);
        let least = match judging.program.refunds.restored_life {
            Some(life) => judging.days.life(at, life),
            None => at,
        };
        let expires = part.expires.map(|end| end.max(least));
        let lot = &part.lot;
        self.restored(version, rule, at, event, Some(lot), (points, expires));
        if expires == Some(at) {
            let granting = self.readings.at(part.granted);
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
            granted: part.granted,
            expires,
            release: part.granted,
            pending: 0,
            open: points - repaid,
        });
    }

    fn restored(
        &mut self,
        version: usize,
        rule: Rule,
        at: Instant,
        event: &EventRef,
        lot: Option<&EventRef>,
        (points, expires): (i64, Option<Instant>),
    ) {
        self.entries.push(Entry {
            at,
            kind: EntryKind::Restore,
            rule,
            event: event.clone(),
            lot: lot.cloned(),
            points,
            expires,
            rung: self.held.rung as u8,
            version: version as u16,
        });
    }
}

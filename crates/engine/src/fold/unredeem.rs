//! Redemptions that are undone: what was taken comes back to where it was taken from, the last first, as if
//! the last points had not been asked for. So any series of un-redeems ends with what there was, and none
//! gives back more than was taken.

use super::account::Account;
use super::lots::ending;
use super::sink::{Rejection, Sink};
use super::state::{Lot, RELEASED};
use crate::calendar::{Day, Instant};
use crate::event::EventId;
use crate::ledger::canonical::reward_id;
use crate::ledger::{EntryKind, EventRef, Issued, Rule};
use crate::program::{MetricKind, Pool, RefundRung, Shortage};
use std::ops::Range;

/// A redemption that is undone later in the rows of this pass: its moment, and what it took.
#[derive(Debug)]
pub struct Redemption {
    pub(super) event: EventRef,
    /// The version that ruled: what comes back is judged by it.
    pub(super) version: u16,
    pub(super) at: Instant,
    pub(super) day: Day,
    pub(super) member: usize,
    /// In whose name it was booked.
    pub(super) rule: Rule,
    /// The wallet that paid.
    pub(super) wallet: u8,
    /// What each lot gave, in the order in which it was taken, less what came back.
    pub(super) taken: Vec<Lot>,
    /// What lots did not cover, less what was undone of it.
    pub(super) short: i64,
    /// The rewards that it bought and that were not taken back.
    pub(super) bought: Vec<Issued>,
}

/// Where points of a redemption come back to.
struct BackTo {
    wallet: u8,
    /// In whose name.
    rule: Rule,
    version: u16,
    /// How many they are there.
    points: i64,
    /// When points of the wallet that paid became points of this one, if they did.
    converted: Option<Instant>,
}

impl Redemption {
    fn left(&self) -> i64 {
        self.short + self.taken.iter().map(|lot| lot.left).sum::<i64>()
    }
}

impl<S: Sink> Account<'_, '_, S> {
    /// One un-redeem: so many points of a redemption, or all that are left of it.
    pub(super) fn unredeem(&mut self, row: usize, event: &EventRef) {
        let named = self.plan.named;
        let text = named
            .unredeem_redeem
            .and_then(|column| self.batch.text(column, row))
            .unwrap_or_default();
        let asked = named
            .unredeem_points
            .and_then(|column| self.batch.number(column, row));
        let id = EventId::of(text);
        let mut known = std::mem::take(&mut self.scratch.pass.redemptions);
        match known.iter_mut().find(|one| one.event.1 == id) {
            Some(redemption) => self.give_back(redemption, asked, event),
            None => self
                .sink
                .reject(row, Rejection::UnknownRedeem(text.to_owned())),
        }
        self.scratch.pass.redemptions = known;
    }

    fn give_back(&mut self, redemption: &mut Redemption, asked: Option<i64>, event: &EventRef) {
        let all = redemption.left();
        let points = asked.map_or(all, |points| points.clamp(0, all));
        let mut rest = points - self.undo_shortage(redemption, points, event);
        let mut taken = std::mem::take(&mut redemption.taken);
        for lot in taken.iter_mut().rev() {
            let back = rest.min(lot.left);
            if back > 0 {
                // What is left of the redemption once this is back.
                let left = all - points + rest - back;
                let back_to = self.back_to(redemption, left..left + back);
                rest -= back;
                lot.left -= back;
                self.restore(redemption, lot, &back_to, event);
            }
        }
        redemption.taken = taken;
        if points > 0 {
            self.spend_less(redemption, points, event);
        }
        if points == all {
            self.take_purchases_back(redemption, event);
        }
    }

    /// Where points of a redemption come back to: to the wallet in which those that paid it would be by now.
    /// `points` are those that were taken, from what is left of them up to what there was.
    fn back_to(&self, redemption: &Redemption, mut points: Range<i64>) -> BackTo {
        let plans = self.piece.plans;
        let mut to = BackTo {
            wallet: redemption.wallet,
            rule: redemption.rule,
            version: redemption.version,
            points: 0,
            converted: None,
        };
        while let Some((version, conversion)) =
            plans.next_conversion(to.wallet, to.version, self.state.version)
        {
            let program = plans.of(version).program;
            points = conversion.of(program, points.start)..conversion.of(program, points.end);
            to = BackTo {
                wallet: conversion.to,
                rule: Rule::Converted(conversion.to),
                version,
                points: 0,
                converted: plans.start(version),
            };
        }
        to.points = points.end - points.start;
        to
    }

    /// What lots did not cover was taken last: it is not owed any more, and what was paid of it already comes
    /// back as points that are granted now.
    fn undo_shortage(&mut self, redemption: &mut Redemption, points: i64, event: &EventRef) -> i64 {
        let points = points.min(redemption.short);
        if points == 0 {
            return 0;
        }
        redemption.short -= points;
        let left = redemption.left();
        self.version = redemption.version;
        match self
            .piece
            .plans
            .of(redemption.version)
            .program
            .refunds
            .shortage
        {
            Shortage::Forgive => {
                let (kind, rule) = (EntryKind::Forgive, Rule::Shortage(redemption.wallet));
                self.book(kind, rule, event.clone(), None, -points, None);
            }
            Shortage::Debt => {
                let to = self.back_to(redemption, left..left + points);
                let wallet = to.wallet;
                self.version = to.version;
                let debt = &mut self.state.purses[wallet].debt;
                let owed = to.points.min(*debt);
                if owed > 0 {
                    *debt -= owed;
                    let (kind, rule) = (EntryKind::Debt, Rule::Shortage(wallet));
                    self.book(kind, rule, event.clone(), None, -owed, None);
                }
                let paid = to.points - owed;
                if paid > 0 {
                    let (kind, end) = (EntryKind::Restore, self.expiry(wallet));
                    let expires = ending(end);
                    self.book(kind, to.rule, event.clone(), None, paid, expires);
                    self.version = self.state.version;
                    self.add_lot(wallet, event, paid, end, false);
                }
            }
        }
        self.version = self.state.version;
        points
    }

    /// Puts points back into the lot that gave them. Its end stays, unless `[refunds] life` gives them longer;
    /// points whose life is over end in the same instant.
    fn restore(&mut self, redemption: &Redemption, lot: &Lot, to: &BackTo, event: &EventRef) {
        let (version, rule, wallet, points) = (to.version, to.rule, to.wallet, to.points);
        if points == 0 {
            return;
        }
        let program = self.piece.plans.of(redemption.version).program;
        let least = program
            .refunds
            .restored_life
            .map_or(self.at, |life| life.end(self.at, &program.zone));
        let end = lot.expires.max(least);
        let expires = ending(end);
        let key = (lot.source, lot.id.clone());
        let granted = to.converted.unwrap_or(lot.at);
        self.version = version;
        let named = Some(key.clone());
        let kind = EntryKind::Restore;
        self.book(kind, rule, event.clone(), named, points, expires);
        if end <= self.at {
            self.version = self.piece.plans.at(granted);
            let (kind, rule) = (EntryKind::Expire, Rule::Expiry(wallet));
            self.note_ended(wallet, &key, points);
            self.book(kind, rule, key, None, -points, expires);
            self.version = self.state.version;
            return;
        }
        self.version = self.state.version;
        self.quiet_until = self.quiet_until.min(end);
        self.points_come(wallet);
        self.state.purses[wallet].open += points;
        let left = points - self.repay(wallet, &key, end, points);
        if left > 0 {
            let lot = Lot {
                expires: end,
                at: granted,
                release: RELEASED,
                left,
                ..lot.clone()
            };
            self.put_back(wallet, lot);
        }
    }

    /// What was spent is less, dated as the redemption.
    fn spend_less(&mut self, redemption: &Redemption, points: i64, event: &EventRef) {
        let (plan, plans) = (self.plan, self.piece.plans);
        let then = plans.of(redemption.version);
        let when = (redemption.at, redemption.day);
        for metric in &then.spent {
            let of_wallet = then.program.metrics[*metric].wallet == redemption.wallet;
            if !of_wallet || then.stays_counted(*metric) {
                continue;
            }
            let judged = (redemption.day, redemption.version);
            (self.state).take_from_tallies(plans, *metric, judged, points, &[]);
            if plans.drops(*metric, redemption.version, self.state.version) {
                continue;
            }
            let measures = match plan.program.metrics[*metric].pool {
                Pool::Account => &mut self.state.measures,
                Pool::Member => match self.state.members.get_mut(redemption.member) {
                    Some(member) => &mut member.measures,
                    None => continue,
                },
            };
            if let Some(measure) = measures.get_mut(*metric) {
                let window = &plan.windows[*metric];
                measure.slide(window, self.at, self.day, MetricKind::Spent);
                measure.take_back(window, when.0, when.1, points);
            }
            self.state
                .take_from_ground(plan, *metric, when, points, &[]);
        }
        if !then.spent.is_empty() && then.program.refunds.rung == RefundRung::AtOnce {
            self.refunded(when, event);
        }
    }

    /// Nothing is left of the redemption: what it bought is taken back, as far as it can still be used and was
    /// not.
    fn take_purchases_back(&mut self, redemption: &mut Redemption, event: &EventRef) {
        let revokes = self
            .piece
            .plans
            .of(redemption.version)
            .program
            .refunds
            .revokes_rewards;
        redemption.bought.retain(|bought| {
            let id = reward_id(self.plan.program, bought);
            let used = self.scratch.pass.used.contains(&id);
            if !revokes || used || bought.until <= self.at {
                return true;
            }
            self.sink.issued(Issued {
                at: self.at,
                cost: -bought.cost,
                revoked_by: Some(event.clone()),
                ..bought.clone()
            });
            false
        });
    }
}

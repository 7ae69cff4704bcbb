//! What is booked because somebody says so: by the desk, or because a member brings it from another system.

use super::account::Account;
use super::lots::ending;
use super::sink::{Rejection, Sink};
use crate::calendar::{Day, Instant};
use crate::ledger::{EntryKind, EventRef, Rule, RungReason};
use crate::program::Metric;

/// In whose name points and rungs are booked.
#[derive(Clone, Copy)]
struct Says {
    kind: EntryKind,
    rule: fn(u8) -> Rule,
    reason: RungReason,
}

const DESK: Says = Says {
    kind: EntryKind::Adjust,
    rule: Rule::Adjust,
    reason: RungReason::Adjusted,
};

const BROUGHT: Says = Says {
    kind: EntryKind::Opening,
    rule: Rule::Opening,
    reason: RungReason::Opening,
};

impl<'a, S: Sink> Account<'a, '_, S> {
    /// The desk books points, a rung or a metric.
    pub(super) fn adjust(&mut self, row: usize, event: &EventRef) {
        let named = self.plan.named;
        let points = self.number(named.adjust_points, row).unwrap_or(0);
        if let Some(wallet) = self.named_wallet(row, named.adjust_wallet, points != 0) {
            self.points_said((DESK, wallet), event, points, self.expiry(wallet));
        }
        let ends = self.number(named.adjust_ends, row).map(|day| day as Day);
        self.rung_said(DESK, row, event, named.adjust_rung, ends);
        let metric = self.text(named.adjust_metric, row);
        if let (Some(id), Some(value)) = (metric, self.number(named.adjust_value, row)) {
            self.metric_said(row, id, value);
        }
    }

    /// A member brings a lot, a rung or both. The lot ends on the day that is given, else as if it were granted
    /// now; one whose day has come already ends in the same instant.
    pub(super) fn opening(&mut self, row: usize, event: &EventRef) {
        let named = self.plan.named;
        let points = self.number(named.opening_points, row).unwrap_or(0);
        let expires = self.number(named.opening_expires, row);
        if let Some(wallet) = self.named_wallet(row, named.opening_wallet, points != 0) {
            let end = match expires {
                Some(day) => self.at.max(self.plan.program.zone.midnight(day as Day)),
                None => self.expiry(wallet),
            };
            self.points_said((BROUGHT, wallet), event, points, end);
        }
        let until = self.number(named.opening_until, row).map(|day| day as Day);
        self.rung_said(BROUGHT, row, event, named.opening_rung, until);
    }

    fn number(&self, column: Option<usize>, row: usize) -> Option<i64> {
        self.batch.number(column?, row)
    }

    fn text(&self, column: Option<usize>, row: usize) -> Option<&'a str> {
        self.batch.text(column?, row)
    }

    /// The wallet that the row names, or the only one where it names none. Of an unknown one the row says so, likewise
    /// where it has points and would have to name one; its points go nowhere.
    pub(super) fn named_wallet(
        &mut self,
        row: usize,
        column: Option<usize>,
        has_points: bool,
    ) -> Option<u8> {
        let wallets = &self.plan.program.wallets;
        let present = || (0..).zip(wallets).filter(|(_, wallet)| !wallet.absent);
        let named = self.text(column, row);
        let found = match named {
            Some(id) => present().find(|(_, wallet)| wallet.id == id),
            None => present().next().filter(|_| present().nth(1).is_none()),
        };
        if let Some((place, _)) = found {
            return Some(place);
        }
        let unknown = match named {
            Some(id) => Rejection::UnknownName(id.to_owned()),
            None if has_points && present().next().is_some() => Rejection::WhichWallet,
            None => return None,
        };
        self.sink.reject(row, unknown);
        None
    }

    fn points_said(
        &mut self,
        (says, wallet): (Says, u8),
        event: &EventRef,
        points: i64,
        end: Instant,
    ) {
        let (kind, rule) = (says.kind, (says.rule)(wallet));
        if points > 0 {
            let expires = ending(end);
            self.book(kind, rule, event.clone(), None, points, expires);
            self.add_lot(wallet, event, points, end, false);
        } else if points < 0 {
            self.consume(wallet, (kind, rule), event, -points);
        }
    }

    fn rung_said(
        &mut self,
        says: Says,
        row: usize,
        event: &EventRef,
        rung: Option<usize>,
        until: Option<Day>,
    ) {
        let Some(id) = self.text(rung, row) else {
            return;
        };
        let tiers = self.plan.program.tiers.as_ref();
        let rungs = tiers.map_or(&[][..], |tiers| &tiers.rungs);
        match rungs.iter().position(|rung| rung.id == id && !rung.absent) {
            Some(rung) => {
                // What has ended already holds through the day on which it is said.
                let given = until.map(|until| until.max(self.day + 1));
                let until = given.or_else(|| self.valid_from(self.day));
                self.state.ground = None;
                self.move_to(rung as u8, until, says.reason, Some(event.clone()));
                if given.is_some() {
                    self.state.counted = None;
                }
            }
            None => {
                let unknown = Rejection::UnknownName(id.to_owned());
                self.sink.reject(row, unknown);
            }
        }
    }

    fn metric_said(&mut self, row: usize, id: &str, value: i64) {
        let program = self.plan.program;
        let digits = self
            .plan
            .named
            .adjust_value
            .map_or(0, |column| program.columns[column].digits);
        let known = |metric: &Metric| metric.id == id && !metric.absent;
        match program.metrics.iter().position(known) {
            Some(index) => {
                // The file's decimal, brought to the metric's own denominator: exactly or not at all.
                let den = 10i128.pow(u32::from(digits));
                let value = i128::from(value) * i128::from(program.metrics[index].den);
                match i64::try_from(value / den) {
                    _ if value % den != 0 => {
                        let finer = Rejection::FinerThanMetric(id.to_owned());
                        self.sink.reject(row, finer);
                    }
                    Ok(value) => self.add(index, usize::from(self.current_member), value),
                    Err(_) => self.sink.reject(row, Rejection::Overflow(id.to_owned())),
                }
            }
            None => self.sink.reject(row, Rejection::UnknownName(id.to_owned())),
        }
    }
}

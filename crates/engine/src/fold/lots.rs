//! Lots: granting, release, expiry, consumption, debt. Everything that moves points goes through here,
//! so that open, pending and debt always equal the sums over the lots and entries.

use super::account::Account;
use super::sink::Sink;
use super::state::{Lot, NEVER};
use crate::calendar::{Day, Instant, Zone, add_months, date_of};
use crate::ledger::{Entry, EntryKind, EventRef, Rule};
use crate::program::{Expiry, Shortage};

/// The end of the life of a lot that is granted at an instant.
#[inline]
pub fn expires(expiry: Expiry, at: Instant, day: Day, zone: &Zone) -> Instant {
    let Expiry::Rolling { length, month_end } = expiry else {
        return NEVER;
    };
    if !month_end {
        return match length.exact() {
            Some(micros) => at + micros,
            None => zone.midnight(length.after(day)),
        };
    }
    let end = match length.exact() {
        Some(micros) => at + micros,
        None => zone.midnight(length.after(day)),
    };
    let last = zone.day(end);
    let first = last - i32::from(date_of(last).day()) + 1;
    // Already on the first instant of a month: stays.
    if zone.midnight(first) == end {
        end
    } else {
        zone.midnight(add_months(first, 1))
    }
}

impl<S: Sink> Account<'_, '_, S> {
    /// Adds a lot; the grant entries were booked by the caller.
    pub(super) fn add_lot(&mut self, event: &EventRef, points: i64, pending: bool) {
        let Some(wallet) = &self.plan.program.wallet else {
            return;
        };
        let expires = expires(wallet.expiry, self.at, self.day, &self.plan.program.zone);
        let release = match wallet.pending {
            Some(length) if pending => length.end(self.at, &self.plan.program.zone),
            _ => self.at,
        };
        let pending = release > self.at;
        let mut lot = Lot {
            expires,
            at: self.at,
            source: event.0,
            id: event.1.clone(),
            release,
            pending,
            left: points,
        };
        if pending {
            self.state.pending += points;
            self.state.next_release = Some(
                self.state
                    .next_release
                    .map_or(release, |next| next.min(release)),
            );
        } else {
            self.state.open += points;
            self.repay(&mut lot);
        }
        if lot.left > 0 {
            let lots = &mut self.state.lots;
            let mut index = lots.len();
            while index > 0 && lots[index - 1].order() > lot.order() {
                index -= 1;
            }
            if index == lots.len() {
                lots.push_back(lot)
            } else {
                lots.insert(index, lot)
            }
        }
    }

    /// A lot that became spendable pays debt first.
    fn repay(&mut self, lot: &mut Lot) {
        let paid = self.state.debt.min(lot.left);
        if paid > 0 {
            self.state.debt -= paid;
            self.state.open -= paid;
            lot.left -= paid;
            let key = (lot.source, lot.id.clone());
            self.book(EntryKind::Repay, Rule::Shortage, key, None, -paid, None);
        }
    }

    /// Releases every lot that is due now.
    pub(super) fn release(&mut self) {
        for index in 0..self.state.lots.len() {
            if !self.state.lots[index].pending || self.state.lots[index].release > self.at {
                continue;
            }
            let mut lot = self.state.lots[index].clone();
            lot.pending = false;
            self.state.pending -= lot.left;
            self.state.open += lot.left;
            let key = (lot.source, lot.id.clone());
            self.book(EntryKind::Release, Rule::Pending, key, None, lot.left, None);
            self.repay(&mut lot);
            self.state.lots[index] = lot;
        }
        self.state.lots.retain(|lot| lot.left > 0);
        self.state.next_release = self
            .state
            .lots
            .iter()
            .filter(|lot| lot.pending)
            .map(|lot| lot.release)
            .min();
    }

    /// Ends the lots whose life ends now.
    #[inline]
    pub(super) fn expire(&mut self) {
        while self
            .state
            .lots
            .front()
            .is_some_and(|lot| lot.expires <= self.at)
        {
            let Some(lot) = self.state.lots.pop_front() else {
                break;
            };
            if lot.pending {
                // Checked programmes release before they expire; a desk's lot may not.
                self.state.pending -= lot.left;
            } else {
                self.state.open -= lot.left;
            }
            self.book(
                EntryKind::Expire,
                Rule::Expiry,
                (lot.source, lot.id),
                None,
                -lot.left,
                None,
            );
        }
    }

    /// Takes points from open lots in the order of consumption, then as `[refunds] shortage` says.
    pub(super) fn consume(&mut self, kind: EntryKind, rule: Rule, event: &EventRef, points: i64) {
        let rest = self.take(kind, rule, event, points, |lot| !lot.pending);
        self.fall_short(event, rest);
    }

    /// Takes a refund's points: the order's own lot, other pending lots, other open lots, then shortage.
    pub(super) fn reverse(&mut self, rule: Rule, event: &EventRef, order: &EventRef, points: i64) {
        let own = |lot: &Lot| lot.source == order.0 && lot.id == order.1;
        let rest = self.take(EntryKind::Reverse, rule, event, points, own);
        let rest = self.take(EntryKind::Reverse, rule, event, rest, |lot| lot.pending);
        let rest = self.take(EntryKind::Reverse, rule, event, rest, |lot| !lot.pending);
        self.fall_short(event, rest);
    }

    fn take(
        &mut self,
        kind: EntryKind,
        rule: Rule,
        event: &EventRef,
        mut points: i64,
        of: impl Fn(&Lot) -> bool,
    ) -> i64 {
        let mut index = 0;
        while points > 0 && index < self.state.lots.len() {
            let lot = &mut self.state.lots[index];
            if !of(lot) {
                index += 1;
                continue;
            }
            let taken = points.min(lot.left);
            lot.left -= taken;
            points -= taken;
            let (pending, key, empty) = (lot.pending, (lot.source, lot.id.clone()), lot.left == 0);
            if pending {
                self.state.pending -= taken
            } else {
                self.state.open -= taken
            }
            if empty {
                self.state.lots.remove(index);
            } else {
                index += 1;
            }
            self.book(kind, rule, event.clone(), Some(key), -taken, None);
        }
        points
    }

    fn fall_short(&mut self, event: &EventRef, points: i64) {
        if points <= 0 {
            return;
        }
        match self.plan.program.shortage {
            Shortage::Debt => {
                self.state.debt += points;
                self.book(
                    EntryKind::Debt,
                    Rule::Shortage,
                    event.clone(),
                    None,
                    points,
                    None,
                );
            }
            Shortage::Forgive => self.book(
                EntryKind::Forgive,
                Rule::Shortage,
                event.clone(),
                None,
                points,
                None,
            ),
        }
    }

    /// Books one entry at the present instant.
    #[inline]
    pub(super) fn book(
        &mut self,
        kind: EntryKind,
        rule: Rule,
        event: EventRef,
        lot: Option<EventRef>,
        points: i64,
        expires: Option<Instant>,
    ) {
        self.sink.entry(Entry {
            at: self.at,
            kind,
            rule,
            event,
            lot,
            points,
            expires,
            rung: self.state.rung,
        });
    }
}

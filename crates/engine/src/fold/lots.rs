//! Lots: granting, release, expiry, consumption, debt. Everything that moves points goes through here,
//! so that open, pending and debt always equal the sums over the lots and entries.

use super::account::Account;
use super::queue::Queue;
use super::sink::{NAMELESS, Sink};
use super::state::{Lot, NEVER, RELEASED};
use crate::calendar::{Calendar, Day, Instant, MonthDay, date_of};
use crate::event::EventId;
use crate::ledger::{Entry, EntryKind, EventRef, Rule};
use crate::program::{Expiry, Program, Shortage};
use std::cmp::Ordering;

/// The end of the life of a lot that is granted at an instant of a day.
fn end_of_life(program: &Program, expiry: &Expiry, at: Instant, day: Day) -> Instant {
    let zone = &program.zone;
    match expiry {
        // Lots of such a wallet have no end of their own.
        Expiry::Never | Expiry::Inactivity { .. } => NEVER,
        Expiry::Rolling { length, up_to } => {
            let end = match length.exact() {
                Some(micros) => at + micros,
                None => zone.midnight(length.after(day)),
            };
            up_to_end(program, *up_to, end)
        }
        Expiry::Fixed { days, life } => {
            let earliest = life.map_or(at + 1, |life| life.end(at, zone));
            let year = date_of(zone.day(earliest)).year();
            // Each of the days is in this year or the next.
            let ends = [year, year + 1].into_iter().flat_map(|year| {
                let of_year =
                    move |day: &MonthDay| zone.midnight(day.in_year(year, program.leap_day));
                days.iter().map(of_year)
            });
            ends.filter(|end| *end >= earliest).min().unwrap_or(NEVER)
        }
    }
}

/// The end of points as the ledger says it: nothing for those that never end.
#[inline]
pub(super) fn ending(end: Instant) -> Option<Instant> {
    (end != NEVER).then_some(end)
}

/// The first instant of a stretch of the calendar at or after an end, if one is named.
pub fn up_to_end(program: &Program, up_to: Option<Calendar>, end: Instant) -> Instant {
    let Some(calendar) = up_to else {
        return end;
    };
    let zone = &program.zone;
    let first = calendar.start(zone.day(end), program.week);
    // Already on the first instant of a stretch: stays.
    if zone.midnight(first) == end {
        end
    } else {
        zone.midnight(calendar.next(first))
    }
}

/// Puts a lot among the others, in the order of consumption.
pub(super) fn insert(lots: &mut Queue<Lot>, lot: Lot) {
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

impl<S: Sink> Account<'_, '_, S> {
    /// The end of the life of a lot of a wallet that is granted now.
    #[inline]
    pub(super) fn expiry(&self, wallet: u8) -> Instant {
        if let Some(Some(micros)) = self.plan.lives.get(usize::from(wallet)) {
            return self.at + micros;
        }
        let program = self.plan.program;
        let rungs = program.tiers.as_ref().map_or(&[][..], |it| &it.rungs);
        let rung = rungs.get(usize::from(self.state.rung));
        let of_rung = rung.and_then(|rung| rung.expiry_of(wallet));
        let of_wallet = program.wallet(wallet).map(|it| &it.expiry);
        of_rung.or(of_wallet).map_or(NEVER, |expiry| {
            end_of_life(program, expiry, self.at, self.day)
        })
    }

    /// The end of the life of points of a wallet that a rule grants now.
    pub(super) fn expiry_by(&self, rule: usize, wallet: u8) -> Instant {
        let program = self.plan.program;
        match &program.earn[rule].expiry {
            Some(expiry) => end_of_life(program, expiry, self.at, self.day),
            None => self.expiry(wallet),
        }
    }

    /// Adds a lot to a wallet; the grant entries were booked by the caller.
    pub(super) fn add_lot(
        &mut self,
        wallet: u8,
        event: &EventRef,
        points: i64,
        expires: Instant,
        pending: bool,
    ) {
        let Some(declared) = self.plan.program.wallet(wallet) else {
            return;
        };
        let release = match &declared.pending {
            Some(held) if pending => held
                .length
                .map_or(NEVER, |length| length.end(self.at, &self.plan.program.zone)),
            _ => self.at,
        };
        let pending = release > self.at;
        self.quiet_until = self.quiet_until.min(expires);
        self.points_come(wallet);
        let mut left = points;
        let purse = &mut self.state.purses[wallet];
        if pending {
            self.quiet_until = self.quiet_until.min(release);
            purse.pending += points;
            let next = purse.next_release.map_or(release, |next| next.min(release));
            purse.next_release = Some(next).filter(|next| *next != NEVER);
        } else {
            purse.open += points;
            if purse.debt > 0 {
                left -= self.repay(wallet, event, expires, points);
            }
        }
        if left == 0 {
            return;
        }
        let (at, source) = (self.at, event.0);
        let lots = &mut self.state.purses[wallet].lots;
        // Nearly every lot ends after all others.
        if lots
            .back()
            .is_none_or(|last| (last.expires, last.at) < (expires, at))
        {
            // Field by field into its place: a whole lot would pass through the stack.
            lots.push_back(Lot::NONE);
            if let Some(lot) = lots.back_mut() {
                lot.expires = expires;
                lot.at = at;
                lot.left = left;
                if S::NAMES {
                    lot.source = source;
                    lot.id = event.1.clone();
                }
                if pending {
                    lot.release = release;
                }
            }
            return;
        }
        let lot = Lot {
            expires,
            at,
            source,
            id: if S::NAMES {
                event.1.clone()
            } else {
                NAMELESS.1
            },
            release: if pending { release } else { RELEASED },
            left,
        };
        insert(lots, lot);
    }

    /// Puts points of a lot back; where the lot is still there with the same end and waits alike, they join it.
    pub(super) fn put_back(&mut self, wallet: u8, lot: Lot) {
        let lots = &mut self.state.purses[wallet].lots;
        let waits = lot.is_pending();
        let same = |known: &Lot| known.name() == lot.name() && known.is_pending() == waits;
        match lots.iter().position(same) {
            Some(index) => lots[index].left += lot.left,
            None => insert(lots, lot),
        }
    }

    /// The rung is another one: where a wallet says so, its open points take the end that points of the new rung have
    /// from now on. Those whose life ends at this instant are not revived.
    pub(super) fn renew_lots(&mut self, from: u8) {
        for (wallet, declared) in (0..).zip(&self.plan.program.wallets) {
            match self.state.rung.cmp(&from) {
                Ordering::Greater if declared.restarts_up => {
                    self.renew_lots_of(wallet, Rule::RungUp(wallet));
                }
                Ordering::Less if declared.restarts_down => {
                    self.renew_lots_of(wallet, Rule::RungDown(wallet));
                }
                _ => {}
            }
        }
    }

    fn renew_lots_of(&mut self, wallet: u8, rule: Rule) {
        let end = self.expiry(wallet);
        let at = self.at;
        let other = |lot: &Lot| !lot.is_pending() && lot.expires > at && lot.expires != end;
        while let Some(index) = self.state.purses[wallet].lots.iter().position(other) {
            let lots = &mut self.state.purses[wallet].lots;
            let lot = lots[index].clone();
            lots.remove(index);
            let (kind, points) = (EntryKind::Renew, lot.left);
            let event = (lot.source, lot.id.clone());
            let was = ending(lot.expires);
            self.book(kind, rule, event.clone(), None, -points, was);
            self.book(kind, rule, event, None, points, ending(end));
            let lot = Lot {
                expires: end,
                ..lot
            };
            self.put_back(wallet, lot);
        }
        self.quiet_until = self.quiet_until.min(end);
    }

    /// Points that became spendable pay debt first; gives how many did.
    pub(super) fn repay(&mut self, wallet: u8, lot: &EventRef, end: Instant, points: i64) -> i64 {
        let purse = &mut self.state.purses[wallet];
        let paid = purse.debt.min(points);
        if paid > 0 {
            purse.debt -= paid;
            purse.open -= paid;
            let (kind, rule) = (EntryKind::Repay, Rule::Shortage(wallet));
            self.book(kind, rule, lot.clone(), None, -paid, ending(end));
        }
        paid
    }

    /// Releases every lot that is due now.
    pub(super) fn release(&mut self) {
        let now = self.at;
        for wallet in self.plan.wallets() {
            let due = self.state.purses[wallet].next_release;
            if due.is_some_and(|due| due <= now) {
                self.release_lots(wallet, |lot| lot.release <= now);
            }
        }
    }

    /// Releases lots that are held.
    pub(super) fn release_lots(&mut self, wallet: u8, due: impl Fn(&Lot) -> bool) {
        for index in 0..self.state.purses[wallet].lots.len() {
            let purse = &mut self.state.purses[wallet];
            let lot = &purse.lots[index];
            if !lot.is_pending() || !due(lot) {
                continue;
            }
            let mut lot = lot.clone();
            lot.release = RELEASED;
            purse.pending -= lot.left;
            purse.open += lot.left;
            let key = (lot.source, lot.id.clone());
            self.version = self.piece.plans.at(lot.at);
            let (kind, rule) = (EntryKind::Release, Rule::Pending(wallet));
            let end = ending(lot.expires);
            self.book(kind, rule, key.clone(), None, lot.left, end);
            self.version = self.state.version;
            lot.left -= self.repay(wallet, &key, lot.expires, lot.left);
            self.state.purses[wallet].lots[index] = lot;
        }
        let purse = &mut self.state.purses[wallet];
        purse.lots.retain(|lot| lot.left > 0);
        let pending = purse.lots.iter().filter(|lot| lot.is_pending());
        let next = pending.map(|lot| lot.release).min();
        purse.next_release = next.filter(|next| *next != NEVER);
    }

    /// Ends the first lot of a wallet, whose life ends now.
    #[inline]
    pub(super) fn expire(&mut self, wallet: u8) {
        let purse = &mut self.state.purses[wallet];
        let Some(lot) = purse.lots.front_mut() else {
            return;
        };
        let (left, end) = (lot.left, lot.expires);
        self.version = self.piece.plans.at(lot.at);
        let event = if S::NAMES {
            let id = std::mem::replace(&mut lot.id, EventId::Number(0));
            (lot.source, id)
        } else {
            NAMELESS
        };
        if lot.is_pending() {
            // Checked programmes release before they expire; a desk's lot may not.
            purse.pending -= left;
        } else {
            purse.open -= left;
        }
        purse.lots.drop_front();
        self.note_ended(wallet, &event, left);
        let (kind, rule) = (EntryKind::Expire, Rule::Expiry(wallet));
        self.book(kind, rule, event, None, -left, ending(end));
        self.version = self.state.version;
    }

    /// Takes points from open lots of a wallet in the order of consumption, then as `[refunds] shortage` says.
    pub(super) fn consume(
        &mut self,
        wallet: u8,
        (kind, rule): (EntryKind, Rule),
        event: &EventRef,
        points: i64,
    ) {
        if self.plan.program.wallet(wallet).is_none() {
            return;
        }
        let rest = self.take(wallet, (kind, rule), event, points, |lot| !lot.is_pending());
        self.fall_short(wallet, event, rest);
    }

    /// Takes a refund's points that are not forgiven: the order's own lots, other pending lots, other open lots, then shortage.
    pub(super) fn reverse(
        &mut self,
        (wallet, rule): (u8, Rule),
        event: &EventRef,
        order: &EventRef,
        points: i64,
    ) {
        let by = (EntryKind::Reverse, rule);
        let own = |lot: &Lot| lot.source == order.0 && lot.id == order.1;
        let rest = self.take(wallet, by, event, points, own);
        let rest = self.take(wallet, by, event, rest, |lot| lot.is_pending());
        let rest = self.take(wallet, by, event, rest, |lot| !lot.is_pending());
        self.fall_short(wallet, event, rest);
    }

    fn take(
        &mut self,
        wallet: u8,
        (kind, rule): (EntryKind, Rule),
        event: &EventRef,
        mut points: i64,
        of: impl Fn(&Lot) -> bool,
    ) -> i64 {
        let mut index = 0;
        while points > 0 && index < self.state.purses[wallet].lots.len() {
            let purse = &mut self.state.purses[wallet];
            let lot = &mut purse.lots[index];
            if !of(lot) {
                index += 1;
                continue;
            }
            let taken = points.min(lot.left);
            if let Some(noted) = &mut self.scratch.taken {
                let part = Lot {
                    left: taken,
                    ..lot.clone()
                };
                noted.push(part);
            }
            lot.left -= taken;
            points -= taken;
            let (pending, key) = (lot.is_pending(), (lot.source, lot.id.clone()));
            let (empty, end) = (lot.left == 0, ending(lot.expires));
            if pending {
                purse.pending -= taken
            } else {
                purse.open -= taken
            }
            if empty {
                purse.lots.remove(index);
            } else {
                index += 1;
            }
            self.book(kind, rule, event.clone(), Some(key), -taken, end);
        }
        points
    }

    fn fall_short(&mut self, wallet: u8, event: &EventRef, points: i64) {
        if points <= 0 {
            return;
        }
        let kind = match self.piece.plans.of(self.version).program.refunds.shortage {
            Shortage::Debt => {
                self.state.purses[wallet].debt += points;
                EntryKind::Debt
            }
            Shortage::Forgive => EntryKind::Forgive,
        };
        let rule = Rule::Shortage(wallet);
        self.book(kind, rule, event.clone(), None, points, None);
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
            version: self.version,
        });
    }
}

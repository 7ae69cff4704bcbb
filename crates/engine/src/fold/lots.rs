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
fn insert(lots: &mut Queue<Lot>, lot: Lot) {
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
    /// The end of the life of a lot that is granted now.
    #[inline]
    pub(super) fn expiry(&self) -> Instant {
        if let Some(micros) = self.plan.life {
            return self.at + micros;
        }
        let program = self.plan.program;
        let rungs = program.tiers.as_ref().map_or(&[][..], |it| &it.rungs);
        let rung = rungs.get(usize::from(self.state.rung));
        let of_rung = rung.and_then(|rung| rung.expiry.as_ref());
        let of_wallet = program.wallet.as_ref().map(|wallet| &wallet.expiry);
        of_rung.or(of_wallet).map_or(NEVER, |expiry| {
            end_of_life(program, expiry, self.at, self.day)
        })
    }

    /// The end of the life of points that a rule grants now.
    pub(super) fn expiry_by(&self, rule: usize) -> Instant {
        let program = self.plan.program;
        match &program.earn[rule].expiry {
            Some(expiry) => end_of_life(program, expiry, self.at, self.day),
            None => self.expiry(),
        }
    }

    /// Adds a lot; the grant entries were booked by the caller.
    pub(super) fn add_lot(
        &mut self,
        event: &EventRef,
        points: i64,
        expires: Instant,
        pending: bool,
    ) {
        let Some(wallet) = &self.plan.program.wallet else {
            return;
        };
        let release = match &wallet.pending {
            Some(held) if pending => held
                .length
                .map_or(NEVER, |length| length.end(self.at, &self.plan.program.zone)),
            _ => self.at,
        };
        let pending = release > self.at;
        self.quiet_until = self.quiet_until.min(expires);
        self.points_come();
        let mut left = points;
        if pending {
            self.quiet_until = self.quiet_until.min(release);
            self.state.pending += points;
            let next = self
                .state
                .next_release
                .map_or(release, |next| next.min(release));
            self.state.next_release = Some(next).filter(|next| *next != NEVER);
        } else {
            self.state.open += points;
            if self.state.debt > 0 {
                left -= self.repay(event, expires, points);
            }
        }
        if left == 0 {
            return;
        }
        let (at, source) = (self.at, event.0);
        let lots = &mut self.state.lots;
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

    /// Puts points of a lot back; where the lot is still there with the same end, they join it.
    pub(super) fn put_back(&mut self, lot: Lot) {
        let same = |known: &Lot| known.order() == lot.order() && !known.is_pending();
        match self.state.lots.iter().position(same) {
            Some(index) => self.state.lots[index].left += lot.left,
            None => insert(&mut self.state.lots, lot),
        }
    }

    /// The rung is another one: where the wallet says so, open points take the end that points of the new rung have
    /// from now on. Those whose life ends at this instant are not revived.
    pub(super) fn renew_lots(&mut self, from: u8) {
        let Some(wallet) = &self.plan.program.wallet else {
            return;
        };
        let rule = match self.state.rung.cmp(&from) {
            Ordering::Greater if wallet.restarts_up => Rule::RungUp,
            Ordering::Less if wallet.restarts_down => Rule::RungDown,
            _ => return,
        };
        let end = self.expiry();
        let at = self.at;
        let other = |lot: &Lot| !lot.is_pending() && lot.expires > at && lot.expires != end;
        while let Some(index) = self.state.lots.iter().position(other) {
            let lot = self.state.lots[index].clone();
            self.state.lots.remove(index);
            let (kind, points) = (EntryKind::Renew, lot.left);
            let event = (lot.source, lot.id.clone());
            self.book(
                kind,
                rule,
                event.clone(),
                None,
                -points,
                ending(lot.expires),
            );
            self.book(kind, rule, event, None, points, ending(end));
            self.put_back(Lot {
                expires: end,
                ..lot
            });
        }
        self.quiet_until = self.quiet_until.min(end);
    }

    /// Points that became spendable pay debt first; gives how many did.
    pub(super) fn repay(&mut self, lot: &EventRef, end: Instant, points: i64) -> i64 {
        let paid = self.state.debt.min(points);
        if paid > 0 {
            self.state.debt -= paid;
            self.state.open -= paid;
            self.book(
                EntryKind::Repay,
                Rule::Shortage,
                lot.clone(),
                None,
                -paid,
                ending(end),
            );
        }
        paid
    }

    /// Releases every lot that is due now.
    pub(super) fn release(&mut self) {
        let now = self.at;
        self.release_lots(|lot| lot.release <= now);
    }

    /// Releases lots that are held.
    pub(super) fn release_lots(&mut self, due: impl Fn(&Lot) -> bool) {
        for index in 0..self.state.lots.len() {
            let lot = &self.state.lots[index];
            if !lot.is_pending() || !due(lot) {
                continue;
            }
            let mut lot = self.state.lots[index].clone();
            lot.release = RELEASED;
            self.state.pending -= lot.left;
            self.state.open += lot.left;
            let key = (lot.source, lot.id.clone());
            self.version = self.piece.plans.at(lot.at);
            self.book(
                EntryKind::Release,
                Rule::Pending,
                key.clone(),
                None,
                lot.left,
                ending(lot.expires),
            );
            self.version = self.state.version;
            lot.left -= self.repay(&key, lot.expires, lot.left);
            self.state.lots[index] = lot;
        }
        self.state.lots.retain(|lot| lot.left > 0);
        self.state.next_release = self
            .state
            .lots
            .iter()
            .filter(|lot| lot.is_pending())
            .map(|lot| lot.release)
            .min()
            .filter(|next| *next != NEVER);
    }

    /// Ends the first lot, whose life ends now.
    #[inline]
    pub(super) fn expire(&mut self) {
        let Some(lot) = self.state.lots.front_mut() else {
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
            self.state.pending -= left;
        } else {
            self.state.open -= left;
        }
        self.state.lots.drop_front();
        self.note_ended(&event, left);
        let (kind, rule) = (EntryKind::Expire, Rule::Expiry);
        self.book(kind, rule, event, None, -left, ending(end));
        self.version = self.state.version;
    }

    /// Takes points from open lots in the order of consumption, then as `[refunds] shortage` says.
    pub(super) fn consume(&mut self, kind: EntryKind, rule: Rule, event: &EventRef, points: i64) {
        let rest = self.take(kind, rule, event, points, |lot| !lot.is_pending());
        self.fall_short(event, rest);
    }

    /// Takes a refund's points that are not forgiven: the order's own lots, other pending lots, other open lots, then shortage.
    pub(super) fn reverse(&mut self, rule: Rule, event: &EventRef, order: &EventRef, points: i64) {
        let own = |lot: &Lot| lot.source == order.0 && lot.id == order.1;
        let rest = self.take(EntryKind::Reverse, rule, event, points, own);
        let rest = self.take(EntryKind::Reverse, rule, event, rest, |lot| {
            lot.is_pending()
        });
        let rest = self.take(EntryKind::Reverse, rule, event, rest, |lot| {
            !lot.is_pending()
        });
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
                self.state.pending -= taken
            } else {
                self.state.open -= taken
            }
            if empty {
                self.state.lots.remove(index);
            } else {
                index += 1;
            }
            self.book(kind, rule, event.clone(), Some(key), -taken, end);
        }
        points
    }

    fn fall_short(&mut self, event: &EventRef, points: i64) {
        if points <= 0 {
            return;
        }
        match self.piece.plans.of(self.version).program.refunds.shortage {
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
            version: self.version,
        });
    }
}

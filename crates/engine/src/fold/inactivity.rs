//! Points that end together when nothing happens for so long.

use super::account::Account;
use super::lots::{ending, up_to_end};
use super::sink::Sink;
use super::state::{AccountState, NEVER};
use crate::calendar::Instant;
use crate::canonical::Kind;
use crate::ledger::{EntryKind, Rule};
use crate::program::{Expiry, IdleSince, Program, Wallet};

/// When a wallet that was renewed last at an instant ends; nothing if inactivity does not end it.
fn ends(program: &Program, renewed: Instant) -> Option<Instant> {
    let Expiry::Inactivity { length, up_to, .. } = &program.wallet.as_ref()?.expiry else {
        return None;
    };
    let end = up_to_end(program, *up_to, length.end(renewed, &program.zone));
    Some(match program.migrate.idle_since {
        IdleSince::Start => end,
        // What was over before this version began ends with its first instant.
        IdleSince::Activity => end.max(program.zone.midnight(program.from)),
    })
}

impl AccountState {
    /// When all points end together if nothing happens; nothing if there are none, or inactivity does not end
    /// them.
    pub fn idle_until(&self, program: &Program) -> Option<Instant> {
        match self.lots.is_empty() {
            true => None,
            false => ends(program, self.renewed?),
        }
    }

    /// The next end of points, of lots or of the wallet, and how many they are.
    pub fn next_expiry(&self, program: &Program) -> Option<(Instant, i64)> {
        let lot = self.next_lot_expiry();
        match self.idle_until(program) {
            Some(idle) if lot.is_none_or(|(at, _)| idle <= at) => {
                Some((idle, self.lots.iter().map(|lot| lot.left).sum()))
            }
            _ => lot,
        }
    }

    /// Lots that can be spent, soonest end first: when each ends if nothing happens ([`NEVER`] if it does not), and
    /// the points in it.
    pub fn open_lots(&self, program: &Program) -> impl Iterator<Item = (Instant, i64)> {
        let idle = self.idle_until(program).unwrap_or(NEVER);
        let open = self.lots.iter().filter(|lot| !lot.is_pending());
        open.map(move |lot| (lot.expires.min(idle), lot.left))
    }

    /// Points that can be spent, by when they end if nothing happens: the next `most` ends, soonest first. Points
    /// without an end are left out.
    pub fn open_by_end(&self, program: &Program, most: usize) -> Vec<(Instant, i64)> {
        let mut ends: Vec<(Instant, i64)> = Vec::new();
        for (end, left) in self.open_lots(program) {
            let so_far = ends.len();
            match ends.last_mut() {
                // Lots stand in the order in which they end.
                Some((last, points)) if *last == end => *points += left,
                _ if end == NEVER || so_far == most => break,
                _ => ends.push((end, left)),
            }
        }
        ends
    }
}

impl<S: Sink> Account<'_, '_, S> {
    /// An event of a kind that keeps points alive.
    pub(super) fn renew(&mut self, kind: Kind) {
        let program = self.plan.program;
        let renewed_by = program.wallet.as_ref().and_then(Wallet::renewed_by);
        if renewed_by.is_some_and(|kinds| kinds.contains(&kind)) {
            self.state.renewed = Some(self.at);
        }
        if program.takeover.activity.contains(&kind) {
            let (last, at) = (&mut self.state.activity, self.at);
            match last.iter_mut().find(|(known, _)| *known == kind as u8) {
                Some(known) => known.1 = at,
                None => last.push((kind as u8, at)),
            }
        }
    }

    /// Points come: a wallet whose time has run out, or that nothing has renewed yet, begins anew.
    pub(super) fn points_come(&mut self) {
        let program = self.plan.program;
        let Some(now) = ends(program, self.at) else {
            return;
        };
        let known = self.state.renewed.and_then(|at| ends(program, at));
        if known.is_none_or(|end| end <= self.at) {
            self.state.renewed = Some(self.at);
        }
        self.quiet_until = self.quiet_until.min(known.unwrap_or(now));
    }

    /// Nothing has happened for so long: all points end.
    pub(super) fn lapse_points(&mut self) {
        while let Some(lot) = self.state.lots.front() {
            let (left, pending, end) = (lot.left, lot.is_pending(), ending(lot.expires));
            let event = (lot.source, lot.id.clone());
            if pending {
                self.state.pending -= left;
            } else {
                self.state.open -= left;
            }
            self.state.lots.drop_front();
            self.note_ended(&event, left);
            self.book(EntryKind::Expire, Rule::Expiry, event, None, -left, end);
        }
        self.state.next_release = None;
    }

    /// A version begins: a limit that is new, or shorter than it was, runs from today, unless the version says
    /// that it runs from what happened last.
    pub(super) fn take_limit(&mut self, old: &Program) {
        let program = self.plan.program;
        let last = self.last_activity();
        let asked = &program.takeover.activity;
        let asked = |kind: u8| asked.iter().any(|known| *known as u8 == kind);
        self.state.activity.retain(|(kind, _)| asked(*kind));
        if program.migrate.idle_since == IdleSince::Activity {
            self.state.renewed = last;
            return;
        }
        if self.state.lots.is_empty() {
            return;
        }
        let was = self.state.renewed.and_then(|at| ends(old, at));
        let is = (self.state.renewed).and_then(|at| ends(self.plan.program, at));
        match (was, is) {
            (Some(was), Some(is)) if is >= was => {}
            _ => self.state.renewed = Some(self.at),
        }
    }

    /// When something happened last that renews the wallet of the version that rules, or when the oldest points came
    /// that are left, if that was later.
    fn last_activity(&self) -> Option<Instant> {
        let kinds = (self.plan.program.wallet.as_ref()).and_then(Wallet::renewed_by)?;
        let renews = |kind: u8| kinds.iter().any(|known| *known as u8 == kind);
        let known = self.state.activity.iter().filter(|(kind, _)| renews(*kind));
        let last = known.map(|(_, at)| *at).max();
        let oldest = self.state.lots.iter().map(|lot| lot.at).min();
        last.max(oldest)
    }
}

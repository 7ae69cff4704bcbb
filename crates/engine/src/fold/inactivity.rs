//! Points that end together when nothing happens for so long.

use super::account::Account;
use super::lots::{ending, up_to_end};
use super::purses::Purse;
use super::sink::Sink;
use super::state::NEVER;
use crate::calendar::Instant;
use crate::canonical::Kind;
use crate::ledger::{EntryKind, Rule};
use crate::program::{Expiry, IdleSince, Program};

/// When a wallet that was renewed last at an instant ends; nothing if inactivity does not end it.
fn ends(program: &Program, wallet: u8, renewed: Instant) -> Option<Instant> {
    let Expiry::Inactivity { length, up_to, .. } = &program.wallet(wallet)?.expiry else {
        return None;
    };
    let end = up_to_end(program, *up_to, length.end(renewed, &program.zone));
    Some(match program.migrate.idle_since {
        IdleSince::Start => end,
        // What was over before this version began ends with its first instant.
        IdleSince::Activity => end.max(program.zone.midnight(program.from)),
    })
}

impl Purse {
    /// When all points end together if nothing happens; nothing if there are none, or inactivity does not end
    /// them.
    pub fn idle_until(&self, program: &Program, wallet: u8) -> Option<Instant> {
        match self.lots.is_empty() {
            true => None,
            false => ends(program, wallet, self.renewed?),
        }
    }

    /// The next end of points, of lots or of the wallet, and how many they are.
    pub fn next_expiry(&self, program: &Program, wallet: u8) -> Option<(Instant, i64)> {
        let lot = self.next_lot_expiry();
        match self.idle_until(program, wallet) {
            Some(idle) if lot.is_none_or(|(at, _)| idle <= at) => {
                Some((idle, self.lots.iter().map(|lot| lot.left).sum()))
            }
            _ => lot,
        }
    }

    /// Lots that can be spent, soonest end first: when each ends if nothing happens ([`NEVER`] if it does not), and
    /// the points in it.
    pub fn open_lots(&self, program: &Program, wallet: u8) -> impl Iterator<Item = (Instant, i64)> {
        let idle = self.idle_until(program, wallet).unwrap_or(NEVER);
        let open = self.lots.iter().filter(|lot| !lot.is_pending());
        open.map(move |lot| (lot.expires.min(idle), lot.left))
    }

    /// Points that can be spent, by when they end if nothing happens: the next `most` ends, soonest first. Points
    /// without an end are left out.
    pub fn open_by_end(&self, program: &Program, wallet: u8, most: usize) -> Vec<(Instant, i64)> {
        let mut ends: Vec<(Instant, i64)> = Vec::new();
        for (end, left) in self.open_lots(program, wallet) {
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
        for (wallet, declared) in (0..).zip(&program.wallets) {
            let renewed_by = declared.renewed_by();
            if renewed_by.is_some_and(|kinds| kinds.contains(&kind)) {
                self.state.purses[wallet].renewed = Some(self.at);
            }
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
    pub(super) fn points_come(&mut self, wallet: u8) {
        let program = self.plan.program;
        let Some(now) = ends(program, wallet, self.at) else {
            return;
        };
        let purse = &mut self.state.purses[wallet];
        let known = purse.renewed.and_then(|at| ends(program, wallet, at));
        if known.is_none_or(|end| end <= self.at) {
            purse.renewed = Some(self.at);
        }
        self.quiet_until = self.quiet_until.min(known.unwrap_or(now));
    }

    /// Nothing has happened for so long: all points of a wallet end.
    pub(super) fn lapse_points(&mut self) {
        let program = self.plan.program;
        for wallet in self.plan.wallets() {
            let due = self.state.purses[wallet].idle_until(program, wallet);
            if due.is_some_and(|due| due <= self.at) {
                self.lapse_points_of(wallet);
            }
        }
    }

    fn lapse_points_of(&mut self, wallet: u8) {
        while let Some(lot) = self.state.purses[wallet].lots.front() {
            let (left, pending, end) = (lot.left, lot.is_pending(), ending(lot.expires));
            let event = (lot.source, lot.id.clone());
            let purse = &mut self.state.purses[wallet];
            if pending {
                purse.pending -= left;
            } else {
                purse.open -= left;
            }
            purse.lots.drop_front();
            self.note_ended(wallet, &event, left);
            let rule = Rule::Expiry(wallet);
            self.book(EntryKind::Expire, rule, event, None, -left, end);
        }
        self.state.purses[wallet].next_release = None;
    }

    /// A version begins: a limit that is new, or shorter than it was, runs from today, unless the version says
    /// that it runs from what happened last.
    pub(super) fn take_limits(&mut self, old: &Program) {
        let program = self.plan.program;
        for wallet in self.plan.wallets() {
            self.take_limit(wallet, old);
        }
        let asked = &program.takeover.activity;
        let asked = |kind: u8| asked.iter().any(|known| *known as u8 == kind);
        self.state.activity.retain(|(kind, _)| asked(*kind));
    }

    fn take_limit(&mut self, wallet: u8, old: &Program) {
        let program = self.plan.program;
        if program.migrate.idle_since == IdleSince::Activity {
            self.state.purses[wallet].renewed = self.last_activity(wallet);
            return;
        }
        let at = self.at;
        let purse = &mut self.state.purses[wallet];
        if purse.lots.is_empty() {
            return;
        }
        let was = purse.renewed.and_then(|at| ends(old, wallet, at));
        let is = purse.renewed.and_then(|at| ends(program, wallet, at));
        match (was, is) {
            (Some(was), Some(is)) if is >= was => {}
            _ => purse.renewed = Some(at),
        }
    }

    /// When something happened last that renews a wallet of the version that rules, or when the oldest points came
    /// that are left, if that was later.
    fn last_activity(&self, wallet: u8) -> Option<Instant> {
        let kinds = self.plan.program.wallet(wallet)?.renewed_by()?;
        let renews = |kind: u8| kinds.iter().any(|known| *known as u8 == kind);
        let known = self.state.activity.iter().filter(|(kind, _)| renews(*kind));
        let last = known.map(|(_, at)| *at).max();
        let lots = &self.state.purses[wallet].lots;
        last.max(lots.iter().map(|lot| lot.at).min())
    }
}

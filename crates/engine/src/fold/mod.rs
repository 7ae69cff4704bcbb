//! Settlement: one pass per account over its events in their total order, a pure function of the
//! state before, the events and the decisions.
//!
//! [`Fold::account`] takes the rows of one account in a [`Piece`], a [`Batch`] that was made ready with
//! [`Ready`]; what it books goes to a [`Sink`]. The state that it leaves is that just before `until`.
//!
//! An account whose refunds name orders that are not among the given rows is replayed from its
//! history: the rows then are all its events, the state is empty, and the sink lets only pass what was
//! not booked before.

mod account;
mod backdate;
mod contribution;
mod convert;
mod correction;
mod desk;
mod draw;
mod due;
mod earn;
mod encoding;
mod grant;
mod inactivity;
mod lane;
mod left;
mod lots;
mod measure;
mod outlook;
mod plan;
mod plans;
mod prepared;
mod purses;
mod qualify;
mod queue;
mod refund;
mod regrant;
mod remembered;
mod revoke;
mod rewards;
mod sink;
mod state;
mod straight;
mod stretch;
mod takeover;
mod tiers;
mod unredeem;
mod until;
mod view;

pub use account::{Pass, Win};
pub use correction::{Difference, difference};
pub use draw::{Ticket, day_key, ticket, wins};
pub use left::slice;
pub use measure::Key;
pub use outlook::Way;
pub use plan::{Plan, TooFine, column};
pub use plans::{Piece, Plans, Ready};
pub use purses::{Purse, Purses};
pub use queue::Queue;
pub use sink::{Kept, NotIssued, Rejection, Sink, Step, WhyNot};
pub use state::{AccountState, FORMAT, Gift, Lot, NEVER};

use crate::calendar::Instant;
use crate::canonical::Kind;
use crate::event::{Batch, EventId};
use account::{Account, Scratch};
use std::ops::Range;

/// Settles accounts one after the other, with memory that is used again.
#[derive(Debug, Default)]
pub struct Fold {
    scratch: Scratch,
}

/// What one account brings along besides its rows.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The account's id.
    pub account: &'a str,
    /// All its wins from the first instant that is settled here, by time.
    pub wins: &'a [Win],
    /// The state that is left is that just before this instant.
    pub until: Instant,
}

impl Fold {
    /// Settles one account: its rows in the batch (whole, sorted), from the state before them. Returns
    /// the instant at which something will happen without an event ([`NEVER`] if nothing will).
    pub fn account<S: Sink>(
        &mut self,
        piece: &Piece<'_>,
        given: Given<'_>,
        state: &mut AccountState,
        rows: Range<usize>,
        sink: &mut S,
    ) -> Instant {
        self.scratch.pass.orders.clear();
        self.scratch.pass.redemptions.clear();
        self.scratch.pass.awaited.clear();
        self.scratch.pass.used.clear();
        if piece.ready.undoes {
            self.scratch
                .pass
                .awaited
                .extend(undone_events(piece.plans, piece.batch, rows.clone()));
        }
        self.settle(piece, given, state, rows, sink)
    }

    /// Which rewards the rows of the account that was settled last say to have been used, by their numbers.
    pub fn used(&self) -> &[String] {
        &self.scratch.pass.used
    }

    /// Settles a stretch of an account's rows; what later stretches of the same account need of its
    /// orders stays in `pass`.
    pub fn stretch<S: Sink>(
        &mut self,
        piece: &Piece<'_>,
        given: Given<'_>,
        pass: &mut Pass,
        state: &mut AccountState,
        rows: Range<usize>,
        sink: &mut S,
    ) -> Instant {
        std::mem::swap(&mut self.scratch.pass, pass);
        let wake = self.settle(piece, given, state, rows, sink);
        std::mem::swap(&mut self.scratch.pass, pass);
        wake
    }

    fn settle<S: Sink>(
        &mut self,
        piece: &Piece<'_>,
        given: Given<'_>,
        state: &mut AccountState,
        rows: Range<usize>,
        sink: &mut S,
    ) -> Instant {
        let version = state.version;
        let mut account = Account {
            piece,
            plan: piece.plans.of(version),
            prepared: piece.ready.of(version),
            version,
            state,
            scratch: &mut self.scratch,
            sink,
            batch: piece.batch,
            wins: given.wins,
            next_win: 0,
            account: given.account,
            current_member: 0,
            at: Instant::MIN,
            day: 0,
            quiet_until: Instant::MIN,
        };
        account.settle(rows, given.until);
        account.wake()
    }
}

impl Pass {
    /// For an account whose rows, over all stretches, are these.
    pub fn new(plans: &Plans<'_>, batch: &Batch, rows: Range<usize>) -> Pass {
        Pass {
            orders: Vec::new(),
            redemptions: Vec::new(),
            awaited: undone_events(plans, batch, rows),
            used: Vec::new(),
        }
    }

    /// Whether an event is one that is undone later on.
    fn awaits(&self, kind: Kind, id: &EventId) -> bool {
        let mut awaited = self.awaited.iter();
        awaited.any(|(known, name)| *known == kind && name == id)
    }
}

/// Kinds and ids of the events that some rows undo: orders that refunds name, redemptions that un-redeems
/// name.
pub fn undone_events(plans: &Plans<'_>, batch: &Batch, rows: Range<usize>) -> Vec<(Kind, EventId)> {
    let named = plans.newest().named;
    let undone = |row: usize| {
        let (kind, column) = match batch.kind_at(row)? {
            Kind::Refund => (Kind::Order, named.refund_order),
            Kind::Unredeem => (Kind::Redeem, named.unredeem_redeem),
            _ => return None,
        };
        Some((kind, EventId::of(batch.text(column?, row)?)))
    };
    rows.filter_map(undone).collect()
}

/// The accounts of a batch with their rows.
pub fn account_rows(batch: &Batch) -> impl Iterator<Item = (&str, Range<usize>)> {
    let codes = &batch.account.codes[..batch.rows];
    let text = |row: usize| batch.account.get(row).unwrap_or_default();
    // Texts are compared where codes change: a dictionary may name one account twice.
    let alike = |row: usize| {
        row + codes[row..]
            .iter()
            .take_while(|code| **code == codes[row])
            .count()
    };
    let mut next = (batch.rows > 0).then(|| (0, text(0)));
    std::iter::from_fn(move || {
        let (start, account) = next.take()?;
        let mut end = alike(start);
        while end < codes.len() {
            let other = text(end);
            if other != account {
                next = Some((end, other));
                break;
            }
            end = alike(end);
        }
        Some((account, start..end))
    })
}

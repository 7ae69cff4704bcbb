//! What a pass keeps of orders that are refunded later in its rows.

use super::account::Account;
use super::contribution::Added;
use super::left::{LineLeft, slice};
use super::regrant::Standing;
use super::sink::Sink;
use super::state::{AccountState, Gift};
use crate::calendar::{Day, Instant};
use crate::event::Batch;
use crate::ledger::{EntryKind, EventRef, Rule};
use crate::program::Expired;
use std::ops::Range;

/// An order that is refunded later in the rows of this pass: its moment, and what it gave.
#[derive(Debug)]
pub struct OrderMemory {
    pub(super) event: EventRef,
    /// The version that granted: what is left is judged by it.
    pub(super) version: u16,
    pub(super) at: Instant,
    /// The version that ruled when its points were granted: that of `at`, unless it counts from before joining.
    pub(super) granted_under: u16,
    pub(super) day: Day,
    pub(super) member: usize,
    pub(super) rung: u8,
    /// The account just before the order.
    pub(super) before: AccountState,
    /// The order's rows as they were.
    pub(super) batch: Batch,
    pub(super) lines: Vec<LineLeft>,
    /// Scaled points that each rule gave, less what refunds took.
    pub(super) given: Vec<i64>,
    /// What stands of them, where a version has settled rules anew.
    pub(super) standing: Option<Standing>,
    /// Scaled points of it that have ended unspent, less what refunds counted as given back, by wallet.
    pub(super) ended: Vec<i64>,
    /// What it adds to each metric now.
    pub(super) added: Vec<Added>,
    /// Rewards that it gave and that were not taken back.
    pub(super) gifts: Vec<Gift>,
}

impl<S: Sink> Account<'_, '_, S> {
    /// Keeps what a later refund of this order needs. Called after it was evaluated and before it is
    /// booked.
    pub(super) fn remember(&mut self, rows: Range<usize>, member: usize, event: &EventRef) {
        let quantity = self.plan.named.line_quantity;
        let one = quantity.map_or(1, |column| {
            10i64.pow(u32::from(self.plan.program.columns[column].digits))
        });
        let lines = rows
            .clone()
            .map(|row| {
                let bought = quantity
                    .and_then(|column| self.batch.number(column, row))
                    .filter(|n| *n > 0)
                    .unwrap_or(one);
                LineLeft {
                    number: self.batch.line[row],
                    bought,
                    quantity: bought,
                    net_taken: 0,
                }
            })
            .collect();
        let mut before = self.state.clone();
        before.past.iter_mut().for_each(|past| past.events.clear());
        self.scratch.pass.orders.push(OrderMemory {
            event: event.clone(),
            version: self.state.version,
            at: self.at,
            granted_under: self.state.version,
            day: self.day,
            member,
            rung: self.state.rung,
            before,
            batch: slice(self.batch, &rows.collect::<Vec<_>>()),
            lines,
            given: self.scratch.earned.booked.clone(),
            standing: None,
            ended: vec![0; self.plan.program.wallets.len()],
            added: self.scratch.added.clone(),
            gifts: Vec::new(),
        });
    }

    /// What the order that was remembered last gave.
    pub(super) fn remember_gifts(&mut self) {
        let given = std::mem::take(&mut self.scratch.given);
        if let Some(order) = self.scratch.pass.orders.last_mut() {
            order.gifts = given;
        }
    }

    /// Points of a lot have ended unspent.
    #[inline]
    pub(super) fn note_ended(&mut self, wallet: u8, lot: &EventRef, points: i64) {
        for order in &mut self.scratch.pass.orders {
            if order.event == *lot {
                order.ended[usize::from(wallet)] += points;
            }
        }
    }

    /// Points of the order that have ended unspent count as given back, where the version that granted says so.
    /// Gives how many of these points do.
    pub(super) fn forgive_ended(
        &mut self,
        order: &mut OrderMemory,
        (wallet, rule): (u8, Rule),
        event: &EventRef,
        points: i64,
    ) -> i64 {
        let granting = self.piece.plans.of(order.version).program;
        if granting.refunds.expired == Expired::Take {
            return 0;
        }
        let ended = &mut order.ended[usize::from(wallet)];
        let forgiven = points.min(*ended);
        if forgiven > 0 {
            *ended -= forgiven;
            let (kind, lot) = (EntryKind::Forgive, Some(order.event.clone()));
            self.book(kind, rule, event.clone(), lot, forgiven, None);
        }
        forgiven
    }
}

//! Points that wait for an event.

use super::account::Account;
use super::prepared::{Row, ask};
use super::sink::Sink;
use super::view::View;
use crate::canonical::Kind;
use crate::condition::evaluate::{Overflow, Value};
use crate::event::EventId;

/// What an event releases of a wallet.
pub(super) enum Frees {
    Everything,
    /// The points of an order.
    Order(EventId),
}

impl<S: Sink> Account<'_, '_, S> {
    /// What the event of `row` releases, by wallet, asked before anything of it is booked.
    pub(super) fn frees(
        &self,
        kind: Kind,
        row: usize,
        member: usize,
    ) -> Result<Vec<(u8, Frees)>, Overflow> {
        let plan = self.plan;
        let mut all = Vec::new();
        for wallet in plan.wallets() {
            let Some(until) = plan.until(wallet, kind) else {
                continue;
            };
            let row = Row {
                batch: self.batch,
                row,
                days: &self.prepared.day,
            };
            let view = View {
                plan,
                state: self.state,
                member,
                at: self.at,
                moment: None,
            };
            if !self.prepared.until_when[usize::from(wallet)].holds(row, plan, &view)? {
                continue;
            }
            let Some(order) = &until.order else {
                all.push((wallet, Frees::Everything));
                continue;
            };
            if let Value::Text(id) = ask(order, row, plan, &view)? {
                all.push((wallet, Frees::Order(EventId::of(&id))));
            }
        }
        Ok(all)
    }

    /// Releases what waits for the present event.
    pub(super) fn free(&mut self, frees: &[(u8, Frees)]) {
        let plans = self.piece.plans;
        let datasets = &plans.newest().program.datasets;
        for (wallet, frees) in frees {
            let waits = |at| {
                let declared = plans.of(plans.at(at)).program.wallet(*wallet);
                declared.is_some_and(|declared| declared.until().is_some())
            };
            match frees {
                Frees::Everything => self.release_lots(*wallet, |lot| waits(lot.at)),
                Frees::Order(id) => self.release_lots(*wallet, |lot| {
                    let of = datasets.get(lot.source);
                    lot.id == *id && of.is_some_and(|of| of.event == Kind::Order) && waits(lot.at)
                }),
            }
        }
    }
}

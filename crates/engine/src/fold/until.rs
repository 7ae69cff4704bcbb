//! Points that wait for an event.

use super::account::Account;
use super::prepared::{Row, ask};
use super::sink::Sink;
use super::view::View;
use crate::canonical::Kind;
use crate::condition::evaluate::{Overflow, Value};
use crate::event::EventId;

/// What an event releases.
pub(super) enum Frees {
    Nothing,
    Everything,
    /// The points of an order.
    Order(EventId),
}

impl<S: Sink> Account<'_, '_, S> {
    /// What the event of `row` releases, asked before anything of it is booked.
    pub(super) fn frees(&self, kind: Kind, row: usize, member: usize) -> Result<Frees, Overflow> {
        let plan = self.plan;
        let Some(until) = plan.until(kind) else {
            return Ok(Frees::Nothing);
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
        if !self.prepared.until_when.holds(row, plan, &view)? {
            return Ok(Frees::Nothing);
        }
        let Some(order) = &until.order else {
            return Ok(Frees::Everything);
        };
        Ok(match ask(order, row, plan, &view)? {
            Value::Text(id) => Frees::Order(EventId::of(&id)),
            _ => Frees::Nothing,
        })
    }

    /// Releases what waits for the present event.
    pub(super) fn free(&mut self, frees: &Frees) {
        let plans = self.piece.plans;
        let datasets = &plans.newest().program.datasets;
        let waits = |at| {
            let wallet = plans.of(plans.at(at)).program.wallet.as_ref();
            wallet.is_some_and(|wallet| wallet.until().is_some())
        };
        match frees {
            Frees::Nothing => {}
            Frees::Everything => self.release_lots(|lot| waits(lot.at)),
            Frees::Order(id) => self.release_lots(|lot| {
                let of = datasets.get(lot.source);
                lot.id == *id && of.is_some_and(|of| of.event == Kind::Order) && waits(lot.at)
            }),
        }
    }
}

//! Points that wait for an event of the account.

use crate::account::Account;
use crate::ask::{Question, Value};
use crate::exact::Checked;
use crate::lots::Lot;
use rungs_engine::calendar::Instant;
use rungs_engine::canonical::Kind;
use rungs_engine::event::EventId;

/// Whose points an event releases.
pub(crate) enum Released {
    All,
    OfOrder(EventId),
}

impl Account<'_> {
    /// Asks whether an event is one that points wait for, and whose.
    pub(crate) fn releases(
        &self,
        kind: Kind,
        question: &Question<'_>,
    ) -> Checked<Option<Released>> {
        let wallet = self.reading.program.wallet.as_ref();
        let Some(until) = wallet.and_then(|wallet| wallet.until()) else {
            return Ok(None);
        };
        if until.on != kind || !question.holds_or_none(until.when.as_ref())? {
            return Ok(None);
        }
        let Some(order) = &until.order else {
            return Ok(Some(Released::All));
        };
        Ok(match question.value(order)? {
            Some(Value::Text(id)) => Some(Released::OfOrder(EventId::of(&id))),
            _ => None,
        })
    }

    /// Releases what waits for an event, if the version that granted it lets it wait.
    pub(crate) fn release_by_event(&mut self, at: Instant, released: &Released) {
        let readings = self.readings;
        let waits = |lot: &Lot| {
            let granting = readings.on(lot.granted).program.wallet.as_ref();
            granting.is_some_and(|wallet| wallet.until().is_some())
        };
        let named = |lot: &Lot| match released {
            Released::All => true,
            Released::OfOrder(id) => {
                let dataset = &readings.newest().program.datasets[lot.id.0];
                dataset.event == Kind::Order && lot.id.1 == *id
            }
        };
        let lots = self.lots.release(|lot| waits(lot) && named(lot));
        self.book_released(at, lots);
    }
}

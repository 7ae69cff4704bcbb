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
    /// Asks whether an event is one that points wait for, and whose; by wallet.
    pub(crate) fn releases(
        &self,
        kind: Kind,
        question: &Question<'_>,
    ) -> Checked<Vec<(u8, Released)>> {
        let mut all = Vec::new();
        for (wallet, declared) in (0..).zip(&self.reading.program.wallets) {
            let Some(until) = declared.until().filter(|until| until.on == kind) else {
                continue;
            };
            if !question.holds_or_none(until.when.as_ref())? {
                continue;
            }
            let released = match &until.order {
                None => Some(Released::All),
                Some(order) => match question.value(order)? {
                    Some(Value::Text(id)) => Some(Released::OfOrder(EventId::of(&id))),
                    _ => None,
                },
            };
            all.extend(released.map(|released| (wallet, released)));
        }
        Ok(all)
    }

    /// Releases what waits for an event, if the version that granted it lets it wait.
    pub(crate) fn release_by_event(&mut self, at: Instant, wallet: u8, released: &Released) {
        let readings = self.readings;
        let waits = |lot: &Lot| {
            let granting = readings.on(lot.granted).program;
            let held = granting.wallets[usize::from(wallet)].pending.as_ref();
            held.is_some_and(|held| held.until.is_some())
        };
        let named = |lot: &Lot| match released {
            Released::All => true,
            Released::OfOrder(id) => {
                let dataset = &readings.newest().program.datasets[lot.id.0];
                dataset.event == Kind::Order && lot.id.1 == *id
            }
        };
        let lots = self.lots(wallet).release(|lot| waits(lot) && named(lot));
        self.book_released(at, wallet, lots);
    }
}

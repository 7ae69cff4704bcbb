//! Orders from before joining. Those of so long before count, and are credited when the account joins.

use crate::Reason;
use crate::account::Account;
use crate::events::Taking;
use rungs_engine::calendar::{Day, Instant, Per};
use rungs_engine::canonical::Kind;
use std::rc::Rc;

impl<'a> Account<'a> {
    /// The account joins: what came in the window that ends now is gone through by the versions of its days. Only then
    /// is what is left of each order granted.
    pub(crate) fn count_early(&mut self, joins: Instant, day: Day) {
        let early = std::mem::take(&mut self.early);
        let Some(length) = self.reading.program.backdate else {
            return;
        };
        let window = self.reading.days.window(Per::Rolling(length), joins, day);
        let mut orders = Vec::new();
        self.version = 0;
        self.reading = self.readings.version(0);
        self.measures.judged_by(self.reading, &[]);
        for rows in early {
            let at = self.batch.time[rows.start];
            let day = self.reading.days.day(at);
            let Some(kind) = self.batch.kind_at(rows.start) else {
                continue;
            };
            if !window.holds(at, day) {
                continue;
            }
            self.judge_until(at);
            let member = self.member(self.batch.member_at(rows.start));
            let asked = &self.reading.asked[kind as usize];
            let state = Rc::new(self.state(member, at, day, asked));
            let event = (
                usize::from(self.batch.source[rows.start]),
                self.batch.id.get(rows.start),
            );
            let taking = Taking {
                kind,
                event,
                at,
                day,
                member,
                rows,
            };
            match self.work_out(&taking, &state) {
                Ok(mut outcome) if kind == Kind::Order => {
                    orders.push(self.note(&taking, state, &mut outcome));
                }
                Ok(outcome) => {
                    if let Some(refunded) = outcome.refunded {
                        self.lessen(refunded, &taking.event);
                    }
                }
                // It is of an order that nobody knows, and of nobody who is a member.
                Err(Reason::OrderUnknown) => {}
                Err(reason) => self.rejected.push((taking.event, reason)),
            }
        }
        self.judge_until(joins);
        for order in orders {
            self.grant(order, joins);
        }
    }

    /// Judges by the version of an instant. What a version on the way drops is counted anew.
    fn judge_until(&mut self, at: Instant) {
        while self.version < self.readings.at(at) {
            self.version += 1;
            let reading = self.readings.version(self.version);
            self.measures
                .judged_by(reading, &self.readings.dropped(self.version));
        }
        self.reading = self.readings.version(self.version);
    }
}

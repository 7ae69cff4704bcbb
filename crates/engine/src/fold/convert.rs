//! Points of a wallet become points of another when a version begins; what comes back of an order or a redemption from
//! before that day moves points of the other wallet.

use super::account::Account;
use super::lots::{ending, insert};
use super::remembered::OrderMemory;
use super::sink::Sink;
use super::state::{Lot, NEVER, RELEASED};
use crate::calendar::day_text;
use crate::event::EventId;
use crate::ledger::{EntryKind, EventRef, NO_SOURCE, Rule};
use crate::program::{Conversion, IdleSince};
use std::ops::Range;

impl<S: Sink> Account<'_, '_, S> {
    /// A version begins: lots and debts go where it says. What they become is rounded once for all lots of a wallet:
    /// each, in the order of consumption, becomes what it adds to the rounded sum.
    pub(super) fn convert_points(&mut self) {
        let said = &self.plan.program.migrate.conversions;
        for conversion in said {
            self.convert_lots(conversion);
            self.convert_debt(conversion);
        }
        for conversion in said {
            self.pay_debt(conversion.to);
        }
    }

    fn convert_lots(&mut self, conversion: &Conversion) {
        let (from, to) = (conversion.from, conversion.to);
        let purse = &mut self.state.purses[from];
        (purse.open, purse.pending, purse.next_release) = (0, 0, None);
        let (mut all, mut became) = (0, 0);
        while let Some(lot) = self.state.purses[from].lots.front().cloned() {
            self.state.purses[from].lots.drop_front();
            let (kind, event, end) = (
                EntryKind::Convert,
                (lot.source, lot.id.clone()),
                ending(lot.expires),
            );
            self.book(
                kind,
                Rule::Converted(from),
                event.clone(),
                None,
                -lot.left,
                end,
            );
            all += lot.left;
            let points = conversion.of(self.plan.program, all) - became;
            became += points;
            if points == 0 {
                continue;
            }
            self.book(kind, Rule::Converted(to), event.clone(), None, points, end);
            self.convert_to(to, lot, points);
        }
    }

    /// Puts what a lot became into a wallet. Points of the same event with the same end are one lot and wait together,
    /// unless that waits where nothing is held back any more.
    fn convert_to(&mut self, wallet: u8, lot: Lot, points: i64) {
        let declared = self.plan.program.wallet(wallet);
        let held_back = declared.is_some_and(|it| it.pending.is_some());
        let lots = &mut self.state.purses[wallet].lots;
        let same = |it: &Lot| it.name() == lot.name() && (held_back || !it.is_pending());
        let known = lots.iter().position(same);
        let release = known.map_or(lot.release, |place| lots[place].release);
        let (event, end) = ((lot.source, lot.id.clone()), ending(lot.expires));
        match known {
            Some(place) => lots[place].left += points,
            // They came to this wallet now, and are of the version that says so.
            None => insert(
                lots,
                Lot {
                    at: self.at,
                    left: points,
                    ..lot
                },
            ),
        }
        let purse = &mut self.state.purses[wallet];
        if release != RELEASED {
            purse.pending += points;
            let next = purse.next_release.map_or(release, |next| next.min(release));
            purse.next_release = Some(next).filter(|next| *next != NEVER);
            return;
        }
        purse.open += points;
        // What a grant holds back as long as nothing releases it is released here.
        if held_back {
            self.book(
                EntryKind::Release,
                Rule::Pending(wallet),
                event,
                None,
                points,
                end,
            );
        }
    }

    fn convert_debt(&mut self, conversion: &Conversion) {
        let owed = std::mem::take(&mut self.state.purses[conversion.from].debt);
        let becomes = conversion.of(self.plan.program, owed);
        self.state.purses[conversion.to].debt += becomes;
        // No event owes it: the version does, by its first day.
        let day = EventId::of(&day_text(self.plan.program.from));
        for (wallet, points) in [(conversion.from, -owed), (conversion.to, becomes)] {
            if points != 0 {
                let (rule, event) = (Rule::Converted(wallet), (NO_SOURCE, day.clone()));
                self.book(EntryKind::Debt, rule, event, None, points, None);
            }
        }
    }

    /// What came to a wallet pays what is owed there.
    fn pay_debt(&mut self, wallet: u8) {
        let mut index = 0;
        while self.state.purses[wallet].debt > 0 {
            let Some(lot) = self.state.purses[wallet].lots.get(index) else {
                return;
            };
            if lot.is_pending() {
                index += 1;
                continue;
            }
            let (left, end, event) = (lot.left, lot.expires, (lot.source, lot.id.clone()));
            let paid = self.repay(wallet, &event, end, left);
            let lots = &mut self.state.purses[wallet].lots;
            lots[index].left -= paid;
            if lots[index].left == 0 {
                lots.remove(index);
            }
        }
    }

    /// Where inactivity ends points of a wallet that got others, it begins anew if it was over or nothing had begun it.
    pub(super) fn begin_converted(&mut self) {
        let migrate = &self.plan.program.migrate;
        if migrate.idle_since == IdleSince::Activity {
            return;
        }
        for conversion in &migrate.conversions {
            if !self.state.purses[conversion.to].lots.is_empty() {
                self.points_come(conversion.to);
            }
        }
    }

    /// Takes what comes back of a rule's points of an order: from the wallet in which they are by now. `points` are those
    /// that stand of the rule, from what is left of them up to what there was.
    pub(super) fn take_where_it_is(
        &mut self,
        order: &mut OrderMemory,
        (mut wallet, mut rule): (u8, Rule),
        event: &EventRef,
        mut points: Range<i64>,
    ) {
        let (plans, mut came_under) = (self.piece.plans, order.granted_under);
        loop {
            let all = points.end - points.start;
            points.end -= self.forgive_ended(order, (wallet, rule), event, all);
            let next = plans.next_conversion(wallet, came_under, self.state.version);
            let Some((version, conversion)) = next else {
                break;
            };
            let program = plans.of(version).program;
            points = conversion.of(program, points.start)..conversion.of(program, points.end);
            (wallet, rule) = (conversion.to, Rule::Converted(conversion.to));
            (came_under, self.version) = (version, version);
        }
        let all = points.end - points.start;
        self.reverse((wallet, rule), event, &order.event, all);
    }
}

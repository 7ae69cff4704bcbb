//! What a refund asks for beyond what its order has: more than is left of a line, or points that have ended by
//! themselves.

use crate::account::Account;
use crate::exact::{Checked, Exact, fraction, unit};
use crate::reading::Reading;
use crate::refund::{Line, left_of, number};
use num_traits::{One, Zero};
use rungs_engine::calendar::Instant;
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Rule};
use rungs_engine::program::{Expired, RefundRung};

impl Account<'_> {
    /// Whether a row of a refund asks for more than is left of what it names.
    pub(crate) fn wants_more(&self, lines: &[Line], row: usize) -> Checked<bool> {
        let named = self.batch.line[row];
        if named == 0 {
            return Ok(lines.iter().all(|line| line.gone));
        }
        let mut bought = false;
        for line in lines.iter().filter(|line| line.number == named) {
            bought = true;
            let (asked, left) = self.asked_and_left(line, row)?;
            if asked > left {
                return Ok(true);
            }
        }
        Ok(!bought)
    }

    /// What a row asks of a line, in the measure in which it asks, and how much of that is left.
    fn asked_and_left(&self, line: &Line, row: usize) -> Checked<(Exact, Exact)> {
        let columns = &self.reading.refund;
        let asked = |column| number(self.reading, self.batch, column, row);
        let (asked, left) = if let Some(quantity) = asked(columns.quantity) {
            (quantity, line.left)
        } else if let Some(money) = asked(columns.net) {
            (money, self.money_left(line)?.unwrap_or(money))
        } else {
            (Exact::one(), Exact::one())
        };
        let left = if line.gone { Exact::zero() } else { left };
        Ok((asked, left.max(Exact::zero())))
    }

    /// The money of a line that did not come back, if the line says how much it was.
    fn money_left(&self, line: &Line) -> Checked<Option<Exact>> {
        let Some(column) = self.reading.order.line_net else {
            return Ok(None);
        };
        let Some(all) = self.batch.number(column, line.row) else {
            return Ok(None);
        };
        let left = i128::from(left_of(all, line)?) - i128::from(line.net_taken);
        let digits = self.reading.digits(column);
        Ok(Some(fraction(left, unit(digits))))
    }

    /// Of these points of a rule in a wallet, those that ended unspent, where they count as given back; books them in the name of
    /// the version by whose rule they stood.
    pub(crate) fn excuse(
        &mut self,
        record: usize,
        (wallet, rule, by): (u8, Rule, usize),
        at: Instant,
        event: &EventRef,
        points: i64,
    ) -> i64 {
        let (own, version) = (
            self.records[record].event.clone(),
            self.records[record].version,
        );
        let granting = self.readings.version(version).program;
        let policy = granting.refunds.expired;
        let Some(order) = &self.records[record].order else {
            return 0;
        };
        if policy == Expired::Take {
            return 0;
        }
        // What ended of it is in the books.
        let over = Rule::Expiry(wallet);
        let ended = |entry: &&Entry| entry.rule == over && entry.event == own;
        let ended: i64 = self.entries.iter().filter(ended).map(|it| -it.points).sum();
        let before = order.excused.get(&wallet).copied().unwrap_or(0);
        let excused = points.min(ended - before);
        if excused <= 0 {
            return 0;
        }
        if let Some(order) = &mut self.records[record].order {
            *order.excused.entry(wallet).or_default() += excused;
        }
        let named = Some((own, None));
        let kind = EntryKind::Forgive;
        self.book_for(by, at, kind, rule, event.clone(), named, excused);
        excused
    }
}

impl Reading<'_> {
    /// Whether what an event added to a metric stays when the event is undone: some rung needs it, and refunds
    /// never move a rung.
    pub(crate) fn counts_for_good(&self, metric: usize) -> bool {
        let rungs = self.program.tiers.iter().flat_map(|tiers| &tiers.rungs);
        let mut needs = rungs.flat_map(|rung| rung.reach.iter().chain(&rung.keep));
        self.program.refunds.rung == RefundRung::Never
            && needs.any(|need| need.iter().any(|(needed, _)| *needed == metric))
    }
}

//! The lane: an event of one row under rules that depend on the event and the rung alone is settled in a
//! straight line. It books what [`super::account`] would book, which every other event takes; a law
//! settles generated histories both ways.

use super::account::Account;
use super::earn::{Known, NOTHING, SEVERAL, find, share};
use super::plan::{Base, Lane, LaneCap, MOST, Raise};
use super::prepared::When;
use super::sink::Sink;
use super::state::NEVER;
use crate::canonical::Kind;
use crate::ledger::{EntryKind, Rule};
use crate::program::MetricKind;

impl<S: Sink> Account<'_, '_, S> {
    /// Settles the event of `row`, which stands alone; false, and nothing done, if it cannot go this way.
    #[inline]
    pub(super) fn takes_lane(&mut self, row: usize) -> bool {
        if S::TRACE || !self.scratch.pass.awaited.is_empty() {
            return false;
        }
        let plan = self.plan;
        let kind = usize::from(self.batch.kind[row]);
        let (Some(Some(lane)), Some(Some(known))) =
            (plan.lanes.get(kind), self.prepared.known.get(kind))
        else {
            return false;
        };
        if plan.members || self.state.enrolled.is_none() {
            let member = self.member(row);
            let kind = Kind::of_rank(kind as u8).unwrap_or(Kind::Order);
            if !self.enrolled(kind, row, member) {
                return false;
            }
        }
        self.lane(lane, known, row).is_some()
    }

    #[inline(never)]
    fn lane(&mut self, lane: &Lane<'_>, known: &Known, row: usize) -> Option<()> {
        let mut points = [0i64; MOST];
        let total = self.by_rule(lane, known, row, &mut points)?;
        let mut added = [None; MOST];
        for (added, metric) in added.iter_mut().zip(&lane.metrics) {
            *added = self.contribution(*metric, row)?;
        }

        // From here on nothing can fail: what was computed is booked.
        let event = self.event_ref(row);
        if total > 0 {
            let end = self.expiry(0);
            let expires = (end != NEVER).then_some(end);
            for (rule, points) in lane.rules.iter().zip(points) {
                if points > 0 {
                    let rule = Rule::Earn(*rule as u16);
                    self.book(EntryKind::Grant, rule, event.clone(), None, points, expires);
                }
            }
            self.use_lane_cap(lane, &points);
            for index in 0..self.plan.granted.len() {
                let metric = self.plan.granted[index];
                let points = self.granted_in_lane(lane, metric, &points);
                if points > 0 {
                    self.add(metric, 0, points);
                }
            }
            self.add_lot(0, &event, total, end, true);
        }
        for (added, metric) in added.iter().zip(&lane.metrics) {
            if let Some(added) = added {
                self.add(*metric, 0, *added);
            }
        }
        if self.may_climb() {
            self.climb(Some(&event));
        }
        Some(())
    }

    /// What a multiplier adds.
    #[inline]
    fn raised(&self, raise: &Raise, points: i64, row: usize) -> Option<i64> {
        let holds = match &self.prepared.when[raise.rule] {
            When::Mask(mask) => mask.at(row).ok()?,
            _ => true,
        };
        if !holds || self.day < raise.days.0 || self.day >= raise.days.1 {
            return Some(0);
        }
        let (num, den) = &raise.times[usize::from(self.state.rung)];
        // The plan's denominator makes the quotient whole.
        Some(den.divide(points.checked_mul(*num)?))
    }

    /// Points by the place of their rule, and their sum.
    fn by_rule(
        &mut self,
        lane: &Lane<'_>,
        known: &Known,
        row: usize,
        points: &mut [i64; MOST],
    ) -> Option<i64> {
        let rung = usize::from(self.state.rung);
        let mut earned = [0i64; MOST];
        match known.only[row] {
            NOTHING => return Some(0),
            SEVERAL => {
                for (base, known) in lane.bases.iter().zip(&known.points) {
                    self.exact(base, known[row], row, &mut earned)?;
                }
            }
            only => {
                let known = &known.points[usize::from(only)];
                let base = &lane.bases[usize::from(only)];
                self.exact(base, known[row], row, &mut earned)?;
            }
        }
        self.trim(lane, &mut earned, rung)?;
        let rules = lane.rules.len();
        let wallet = self.plan.program.wallet(0)?;
        share(
            &earned[..rules],
            &mut points[..rules],
            &mut self.scratch.order,
            &self.plan.divisor,
            wallet.rounding,
        );
        Some(points.iter().sum())
    }

    /// What was booked under the cap in its present window.
    #[inline]
    fn used(&mut self, cap: &LaneCap<'_>) -> i64 {
        match find(&mut self.state.caps, cap.index, 0, None) {
            Some(used) => {
                used.slide(&cap.window, self.at, self.day, MetricKind::Sum);
                used.total()
            }
            None => 0,
        }
    }

    /// Whether the ladder has to be looked at: where it rests on one sum, that says it at once.
    #[inline]
    pub(super) fn may_climb(&mut self) -> bool {
        let Some((metric, leasts)) = &self.plan.ladder else {
            return true;
        };
        let Some(measure) = self.state.measures.get_mut(*metric) else {
            return true;
        };
        measure.slide(
            &self.plan.windows[*metric],
            self.at,
            self.day,
            self.plan.program.metrics[*metric].kind,
        );
        let (value, rung) = (measure.total(), usize::from(self.state.rung));
        let above = leasts.get(rung).is_some_and(|least| value >= *least);
        let below = rung > 0 && leasts.get(rung - 1).is_some_and(|least| value < *least);
        above || (below && self.plan.lapses)
    }

    /// Exact points of a base rule and of the multipliers on it, by place, before the cap.
    #[inline]
    fn exact(&self, base: &Base, points: i64, row: usize, exact: &mut [i64; MOST]) -> Option<()> {
        exact[base.place] = points;
        for raise in &base.raised {
            let more = self.raised(raise, points, row)?;
            exact[raise.place] = exact[raise.place].checked_add(more)?;
        }
        Some(())
    }

    /// Leaves what the cap has room for: taken from the last rule first.
    #[inline]
    fn trim(&mut self, lane: &Lane<'_>, exact: &mut [i64; MOST], rung: usize) -> Option<()> {
        let Some(cap) = &lane.cap else {
            return Some(());
        };
        let mut sum = 0i64;
        for (exact, holds) in exact.iter().zip(cap.holds) {
            if holds {
                sum = sum.checked_add(*exact)?;
            }
        }
        if sum == 0 {
            return Some(());
        }
        let used = self.used(cap);
        let room = (*cap.limit.at(rung) - used).max(0);
        let room = room.checked_mul(self.plan.denominator)?;
        if sum > room {
            let mut excess = sum - if cap.reject { 0 } else { room };
            for (exact, holds) in exact.iter_mut().zip(cap.holds).rev() {
                if holds {
                    let taken = excess.min(*exact);
                    *exact -= taken;
                    excess -= taken;
                }
            }
        }
        Some(())
    }

    #[inline]
    fn use_lane_cap(&mut self, lane: &Lane<'_>, points: &[i64; MOST]) {
        let Some(cap) = &lane.cap else { return };
        let counted = points.iter().zip(cap.holds).filter(|(_, holds)| *holds);
        let booked: i64 = counted.map(|(points, _)| points).sum();
        if booked > 0 {
            self.use_cap(cap.index, &cap.window, 0, None, booked);
        }
    }

    /// What the event adds to a sum or count.
    #[inline]
    fn contribution(&self, metric: usize, row: usize) -> Option<Option<i64>> {
        let holds = match &self.prepared.metric_when[metric] {
            When::Always => true,
            When::Mask(mask) => mask.at(row).ok()?,
            When::Asked(_) => return None,
        };
        if !holds {
            return Some(None);
        }
        match (
            self.plan.program.metrics[metric].kind,
            &self.prepared.metric_number[metric],
        ) {
            (MetricKind::Events, _) => Some(Some(1)),
            (_, Some(numbers)) => numbers.at(row).ok(),
            _ => None,
        }
    }

    fn granted_in_lane(&self, lane: &Lane<'_>, metric: usize, points: &[i64; MOST]) -> i64 {
        let program = self.plan.program;
        let metric = &program.metrics[metric];
        let counts = |rule: &usize| metric.counts_points_of(&program.earn[*rule], *rule);
        let of = lane
            .rules
            .iter()
            .zip(points)
            .filter(|(rule, _)| counts(rule));
        of.map(|(_, points)| points).sum()
    }
}

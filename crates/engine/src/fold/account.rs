//! The pass over one account: time moves from event to event, and what falls due in between happens at
//! its own instant.

use super::contribution::{Added, contributions};
use super::earn::{Earned, Moment};
use super::measure::{Key, Measure};
use super::plan::Plan;
use super::plans::Piece;
use super::prepared::{Prepared, Row};
use super::remembered::OrderMemory;
use super::sink::{NAMELESS, NotIssued, Rejection, Sink, Step, WhyNot};
use super::state::{AccountState, Gift, Lot, Member};
use super::unredeem::Redemption;
use super::view::View;
use crate::calendar::{Day, Instant};
use crate::canonical::Kind;
use crate::condition::evaluate::Overflow;
use crate::event::{Batch, EventId};
use crate::ledger::EventRef;
use crate::program::{EarnKind, Enrol, Pool};
use std::ops::Range;

/// A win of a draw: a decision, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Win {
    /// Index of the surprise.
    pub surprise: usize,
    /// The scheduled instant.
    pub at: Instant,
    /// Its local day.
    pub day: Day,
    /// Who won.
    pub member: String,
}

/// Memory that is used again for every account.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) earned: Earned,
    /// By index of the metric: what the present event adds.
    pub(super) added: Vec<Added>,
    /// Rewards whose condition held before the event.
    pub(super) candidates: Vec<usize>,
    pub(super) pass: Pass,
    /// Rewards that were issued on the present occasion and that a refund may take back.
    pub(super) given: Vec<Gift>,
    /// Rules by the remainder of their points.
    pub(super) order: Vec<usize>,
    /// Where somebody wants to know it: what is taken from lots, each lot with what it gave.
    pub(super) taken: Option<Vec<Lot>>,
}

/// What must be kept of an account's orders and redemptions until its refunds and un-redeems were settled.
#[derive(Debug, Default)]
pub struct Pass {
    /// Orders that are refunded later on, with what is needed for that.
    pub(super) orders: Vec<OrderMemory>,
    /// Redemptions that are undone later on, likewise.
    pub(super) redemptions: Vec<Redemption>,
    /// Kinds and ids of those orders and redemptions.
    pub(super) awaited: Vec<(Kind, EventId)>,
    /// Rewards that were used, by their numbers.
    pub(super) used: Vec<String>,
}

/// One account while it is settled.
pub struct Account<'a, 'p, S> {
    /// All versions, and the batch made ready for them.
    pub(super) piece: &'a Piece<'p>,
    /// The version that rules now.
    pub(super) plan: &'a Plan<'p>,
    /// The batch, made ready for it.
    pub(super) prepared: &'a Prepared<'p>,
    /// The version in whose name lines are booked: the one that rules, and for what a refund takes back the
    /// one that granted.
    pub(super) version: u16,
    pub(super) state: &'a mut AccountState,
    pub(super) scratch: &'a mut Scratch,
    pub(super) sink: &'a mut S,
    pub(super) batch: &'a Batch,
    pub(super) wins: &'a [Win],
    pub(super) next_win: usize,
    /// The account.
    pub(super) account: &'a str,
    /// Index of the present event's member.
    pub(super) current_member: u16,
    /// The present instant.
    pub(super) at: Instant,
    /// Its local day.
    pub(super) day: Day,
    /// Nothing falls due before this instant. Whatever may bring something forward lowers it.
    pub(super) quiet_until: Instant,
}

impl<S: Sink> Account<'_, '_, S> {
    /// Settles the events in `rows` and everything that falls due before `until`, each by the version that
    /// rules then.
    pub(super) fn settle(&mut self, mut rows: Range<usize>, until: Instant) {
        self.state.purses.of(self.plan.program.wallets.len());
        while let Some(end) = self.piece.plans.end(self.state.version)
            && end < until
        {
            let times = &self.batch.time[rows.clone()];
            let own = rows.start + times.partition_point(|at| *at < end);
            self.run(rows.start..own, end);
            rows.start = own;
            self.begin_version(end);
        }
        self.run(rows, until);
    }

    /// The same within one version.
    fn run(&mut self, rows: Range<usize>, until: Instant) {
        let mut row = rows.start;
        // Who asks for every step takes every step.
        let straight = self.piece.straight(self.state.version);
        let straight = straight.filter(|_| !S::TRACE);
        while row < rows.end {
            if let Some(way) = straight {
                row = self.go_straight(way, row, rows.end);
                if row == rows.end {
                    break;
                }
            }
            let mut end = row + 1;
            while end < rows.end && self.batch.continues(end) {
                end += 1;
            }
            let at = self.batch.time[row];
            self.advance(at);
            self.at = at;
            self.day = self.prepared.day[row];
            if end == row + 1 && self.takes_lane(row) {
                row = end;
                continue;
            }
            if let Err(Overflow) = self.event(row..end) {
                self.overflowed(row);
            }
            row = end;
        }
        self.advance(until - 1);
    }

    /// A number of the event of `row` left 64 bits.
    pub(super) fn overflowed(&mut self, row: usize) {
        let rule = self.scratch.earned.overflow;
        let rule = rule.map(|rule| self.plan.program.earn[rule].id.clone());
        let why = Rejection::Overflow(rule.unwrap_or_default());
        self.sink.reject(row, why);
    }

    #[inline]
    pub(super) fn event_ref(&self, row: usize) -> EventRef {
        if S::NAMES {
            (usize::from(self.batch.source[row]), self.batch.id.get(row))
        } else {
            NAMELESS
        }
    }

    /// Settles one event of any form. Apart from the lane, so that neither fills the other's registers.
    #[inline(never)]
    fn event(&mut self, rows: Range<usize>) -> Result<(), Overflow> {
        let Some(kind) = self.batch.kind_at(rows.start) else {
            return Ok(());
        };
        let member = self.member(rows.start);
        let takes_part = self.state.enrolled.is_some();
        if !self.enrolled(kind, rows.start, member) {
            return Ok(());
        }
        if !takes_part {
            self.credit_orders_before(rows.start);
        }
        if kind != Kind::Order {
            self.quiet_until = Instant::MIN;
        }
        if kind == Kind::Refund {
            self.refund(rows);
            return Ok(());
        }
        if self.plan.asks_state[kind as usize] {
            self.slide_all();
        }
        self.evaluate(kind, rows.clone(), member)?;
        let frees = self.frees(kind, rows.start, member)?;
        let event = self.event_ref(rows.start);
        let awaited = self.scratch.pass.awaits(kind, &event.1);
        if awaited && kind == Kind::Order {
            self.remember(rows.clone(), member, &event);
        }
        // From here on nothing can fail: what was computed is booked.
        self.compare_rules(kind, rows.clone(), member, &event);
        self.free(&frees);
        self.renew(kind);
        self.grant(&event);
        self.count(kind, member);
        match kind {
            Kind::Redeem => self.redeem(rows.start, &event, awaited),
            Kind::Unredeem => self.unredeem(rows.start, &event),
            Kind::Adjust => self.adjust(rows.start, &event),
            Kind::Opening => self.opening(rows.start, &event),
            Kind::Profile => self.profile(rows.start, member),
            Kind::Reward => self.reward_used(rows.start),
            _ => {}
        }
        self.climb(Some(&event));
        self.issue_candidates(rows.start, member, &event);
        if awaited && kind == Kind::Order {
            self.remember_gifts();
        }
        Ok(())
    }

    /// Computes everything that the event causes, before anything of it is booked.
    pub(super) fn evaluate(
        &mut self,
        kind: Kind,
        rows: Range<usize>,
        member: usize,
    ) -> Result<(), Overflow> {
        let plan = self.plan;
        let moment = Moment {
            plan,
            batch: self.batch,
            prepared: self.prepared,
            kind,
            at: self.at,
            day: self.day,
            rung: self.state.rung,
            member: member as u16,
        };
        let mut caps = std::mem::take(&mut self.state.caps);
        let view = View {
            plan,
            state: self.state,
            member,
            at: self.at,
            moment: None,
        };
        let scratch = &mut *self.scratch;
        let earned = if plan.base[kind as usize].is_empty() {
            scratch.earned.nothing();
            Ok(())
        } else {
            let earned = &mut scratch.earned;
            if S::TRACE {
                earned.run::<true>(&moment, rows.clone(), &view, &mut caps)
            } else {
                earned.run::<false>(&moment, rows.clone(), &view, &mut caps)
            }
        };
        let counted = earned.and_then(|()| {
            contributions(&moment, rows.clone(), &view, &mut scratch.added)?;
            scratch.candidates.clear();
            for reward in &plan.rewards[kind as usize] {
                let row = Row {
                    batch: self.batch,
                    row: rows.start,
                    days: &self.prepared.day,
                };
                if self.prepared.reward_when[*reward].holds(row, plan, &view)? {
                    scratch.candidates.push(*reward);
                } else if S::TRACE {
                    self.sink.not_issued(NotIssued {
                        at: self.at,
                        event: Some((
                            usize::from(self.batch.source[rows.start]),
                            self.batch.id.get(rows.start),
                        )),
                        member: view
                            .state
                            .members
                            .get(member)
                            .map_or(self.account, |it| &it.id)
                            .to_owned(),
                        reward: *reward,
                        version: self.version,
                        why: WhyNot::When,
                    });
                }
            }
            Ok(())
        });
        self.state.caps = caps;
        if S::TRACE && counted.is_ok() {
            self.trace(kind, rows.start);
        }
        counted
    }

    fn trace(&mut self, kind: Kind, row: usize) {
        let event = self.event_ref(row);
        let plan = self.plan;
        if plan.base[kind as usize].is_empty() {
            return;
        }
        let multipliers = plan
            .multipliers
            .iter()
            .filter(|rule| plan.program.earn[**rule].on == kind);
        for rule in plan.base[kind as usize].iter().chain(multipliers) {
            let earned = &self.scratch.earned;
            // A multiplier is not asked where there is nothing to multiply.
            let idle = match &plan.program.earn[*rule].kind {
                EarnKind::Multiplier { of, .. } => of.iter().all(|base| earned.exact[*base] == 0),
                _ => false,
            };
            let why_not = earned.why[*rule].map(|why| match why {
                WhyNot::When if idle => WhyNot::Zero,
                why => why,
            });
            self.sink.step(Step {
                event: event.clone(),
                rule: *rule,
                version: self.version,
                exact: earned.uncapped[*rule],
                capped: earned.exact[*rule],
                denominator: plan.denominator,
                booked: earned.booked[*rule],
                why_not,
            });
        }
    }

    /// Adds what the event contributes to its metrics.
    pub(super) fn count(&mut self, kind: Kind, member: usize) {
        let plan = self.plan;
        for metric in &plan.metrics[kind as usize] {
            if let Some(number) = self.scratch.added[*metric].number {
                self.add(*metric, member, number);
            }
            if !self.scratch.added[*metric].keys.is_empty() {
                let keys = std::mem::take(&mut self.scratch.added[*metric].keys);
                self.add_keys(*metric, member, keys);
            }
        }
    }

    /// The measure of a metric, at the present instant.
    #[inline]
    fn measure(&mut self, metric: usize, member: usize) -> Option<&mut Measure> {
        let (at, day, window) = (self.at, self.day, &self.plan.windows[metric]);
        let declared = &self.plan.program.metrics[metric];
        let measures = match declared.pool {
            Pool::Account => &mut self.state.measures,
            Pool::Member => &mut self.state.members.get_mut(member)?.measures,
        };
        if measures.len() <= metric {
            measures.resize_with(self.plan.program.metrics.len(), Measure::default);
        }
        let measure = &mut measures[metric];
        measure.slide(window, at, day, declared.kind);
        // What is added now may be the first to leave a rolling window.
        if self.plan.lapses && measure.is_empty() && window.rolls() {
            self.quiet_until = Instant::MIN;
        }
        Some(measure)
    }

    /// Adds to a sum or count.
    #[inline]
    pub(super) fn add(&mut self, metric: usize, member: usize, number: i64) {
        let (at, day, window) = (self.at, self.day, &self.plan.windows[metric]);
        if let Some(measure) = self.measure(metric, member) {
            // A sum that leaves 64 bits stays where it is; checked programmes declare ranges.
            measure.add(window, at, day, number).unwrap_or(());
            self.add_to_ground(metric, number, &[]);
        }
    }

    /// Adds values to count or remember.
    fn add_keys(&mut self, metric: usize, member: usize, keys: Vec<Key>) {
        let (at, day, window) = (self.at, self.day, &self.plan.windows[metric]);
        let kind = self.plan.program.metrics[metric].kind;
        self.add_to_ground(metric, 0, &keys);
        if let Some(measure) = self.measure(metric, member) {
            for key in keys {
                measure.add_key(window, at, day, kind, key);
            }
        }
    }

    /// What happens at the very instant at which the stretch ends that the rung rests on is part of it. What a later
    /// version asks for is counted on.
    #[inline]
    fn add_to_ground(&mut self, metric: usize, number: i64, keys: &[Key]) {
        if self.plan.program.takeover.qualifies {
            let (plans, day) = (self.piece.plans, self.day);
            self.state.add_to_tallies(plans, metric, day, number, keys);
        }
        if self.plan.tracks_ground && self.plan.program.metrics[metric].pool == Pool::Account {
            self.state
                .add_to_ground(self.plan, metric, self.at, number, keys);
        }
    }

    /// Brings every measure to the present instant, so that conditions can read it.
    pub(super) fn slide_all(&mut self) {
        let (at, day) = (self.at, self.day);
        let plan = self.plan;
        for (metric, window) in plan.windows.iter().enumerate() {
            let kind = plan.program.metrics[metric].kind;
            if let Some(measure) = self.state.measures.get_mut(metric) {
                measure.slide(window, at, day, kind);
            }
            for member in &mut self.state.members {
                if let Some(measure) = member.measures.get_mut(metric) {
                    measure.slide(window, at, day, kind);
                }
            }
        }
    }

    /// Index of the row's member in the account.
    pub(super) fn member(&mut self, row: usize) -> usize {
        self.current_member = 0;
        if !self.plan.members {
            return 0;
        }
        let id = self.batch.member_at(row);
        let index = match self.state.members.iter().position(|member| member.id == id) {
            Some(index) => index,
            None => {
                self.state.members.push(Member {
                    id: id.to_owned(),
                    ..Member::default()
                });
                self.state.members.len() - 1
            }
        };
        self.current_member = index as u16;
        index
    }

    /// Enrols where the event does that; says whether the account takes part.
    pub(super) fn enrolled(&mut self, kind: Kind, row: usize, member: usize) -> bool {
        let enrols = match self.plan.program.enrol {
            Enrol::OptIn => kind == Kind::Enrol,
            Enrol::Automatic => true,
            Enrol::FirstOrder => kind == Kind::Order,
        };
        if enrols {
            if self.state.enrolled.is_none() {
                self.state.enrolled = Some(self.day);
                self.state.since = self.day;
            }
            if let Some(member) = self.state.members.get_mut(member)
                && member.enrolled.is_none()
            {
                member.enrolled = Some(self.day);
                self.plan_birthday(self.current_member as usize);
            }
        }
        if self.state.enrolled.is_none() && kind == Kind::Profile {
            self.profile(row, member);
        }
        self.state.enrolled.is_some()
    }

    /// Remembers the columns of a profile that have a value.
    fn profile(&mut self, row: usize, member: usize) {
        let plan = self.plan;
        for (index, column) in plan.program.columns.iter().enumerate() {
            if column.kind != Kind::Profile || !self.piece.plans.reads[index] {
                continue;
            }
            let key = match (self.batch.number(index, row), self.batch.text(index, row)) {
                (Some(number), _) => Key::Number(number),
                (None, Some(text)) => Key::Text(text.into()),
                (None, None) => continue,
            };
            let profile = &mut self.state.members[member].profile;
            match profile
                .iter_mut()
                .find(|(column, _)| usize::from(*column) == index)
            {
                Some(known) => known.1 = key,
                None => profile.push((index as u16, key)),
            }
        }
        self.plan_birthday(member);
    }
}

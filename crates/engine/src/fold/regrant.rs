//! Earn rules whose past a version settles anew on its first day. What each of them would have given is worked out
//! with every event, in the state of that moment, which nobody knows later.

use super::account::Account;
use super::earn::{Earned, Moment, find};
use super::lots::ending;
use super::measure::Measure;
use super::plan::Plan;
use super::plans::Plans;
use super::prepared::Prepared;
use super::refund::{Left, less};
use super::remembered::OrderMemory;
use super::sink::Sink;
use super::state::{AccountState, CapUse, Lot, RELEASED};
use super::view::View;
use crate::calendar::{Day, Instant};
use crate::canonical::Kind;
use crate::event::Batch;
use crate::ledger::{EntryKind, EventRef, Rule};
use crate::program::{EarnKind, MetricKind, Pool, Versions};
use std::ops::Range;

/// A rule whose past is settled anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regrant {
    /// The version that does it, with its rule.
    pub version: u16,
    rule: usize,
    on: Kind,
    /// Events from here on are looked at.
    from: Instant,
    /// When the version begins.
    before: Instant,
    /// Whether the rule asks for the account.
    asks_state: bool,
}

/// What is known of such a rule's past before its version begins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    /// Events for which it gave something, or would have, in their order.
    pub events: Vec<Compared>,
    /// What it would have used of its caps, by their index in the plan of its version.
    pub caps: Vec<CapUse>,
}

/// What a rule gave for an event, and what it would have given; less what was refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The event.
    pub event: EventRef,
    /// When its points were granted.
    pub at: Instant,
    /// Scaled points.
    pub given: i64,
    /// Scaled points.
    pub would: i64,
}

/// What stands of an order's points where a version has settled rules anew.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Scaled points by rule, less what refunds took.
    points: Vec<i64>,
    /// By rule: its place in `Plans::regrants`, where its past was settled.
    by: Vec<Option<usize>>,
}

/// The rules of all versions whose past is settled anew.
pub(super) fn regrants(versions: &Versions) -> Vec<Regrant> {
    let mut all = Vec::new();
    for (version, program) in versions.all().iter().enumerate() {
        let mut said = program.migrate.regrants.clone();
        said.sort_by_key(|said| said.rule);
        for said in said {
            let rule = &program.earn[said.rule];
            let amount = match &rule.kind {
                EarnKind::PerAmount { amount, .. } | EarnKind::Steps { amount, .. } => Some(amount),
                _ => None,
            };
            let mut asked = rule.when.iter().chain(amount);
            all.push(Regrant {
                version: version as u16,
                rule: said.rule,
                on: rule.on,
                from: program.zone.midnight(said.from),
                before: program.zone.midnight(program.from),
                asks_state: asked.any(|expr| expr.needs_state()),
            });
        }
    }
    all
}

/// Events of which a later version settles the past take no lane, and find the account as that asks for it.
pub(super) fn look_ahead(all: &mut [Plan<'_>], regrants: &[Regrant]) {
    for regrant in regrants {
        for plan in &mut all[..usize::from(regrant.version)] {
            plan.lanes[regrant.on as usize] = None;
            plan.asks_state[regrant.on as usize] |= regrant.asks_state;
        }
    }
}

impl Standing {
    /// What stands of a rule.
    pub(super) fn points(&self, rule: usize) -> i64 {
        self.points[rule]
    }
}

impl Regrant {
    /// Whether an event, judged by a version, is looked at.
    fn asks(&self, kind: Kind, at: Instant, judged_by: u16) -> bool {
        self.version > judged_by && self.on == kind && at >= self.from
    }

    /// Whether the version begins before an instant.
    pub(super) fn begins_before(&self, at: Instant) -> bool {
        self.before < at
    }

    /// Whether an instant lies in the stretch.
    pub(super) fn spans(&self, at: Instant) -> bool {
        (self.from..self.before).contains(&at)
    }
}

impl AccountState {
    fn past(&mut self, plans: &Plans<'_>, place: usize) -> &mut Past {
        if self.past.len() < plans.regrants.len() {
            self.past.resize_with(plans.regrants.len(), Past::default);
        }
        &mut self.past[place]
    }

    /// What versions that have begun asked for is settled.
    pub(super) fn forget_past(&mut self, plans: &Plans<'_>) {
        let begun = |regrant: &Regrant| regrant.version <= self.version;
        if plans.regrants.iter().all(begun) {
            self.past.clear();
        }
        for (regrant, past) in plans.regrants.iter().zip(&mut self.past) {
            if regrant.version <= self.version {
                *past = Past::default();
            }
        }
    }

    /// The points of everything so far were granted now: when the account joined.
    pub(super) fn past_came_now(&mut self, at: Instant) {
        let events = self.past.iter_mut().flat_map(|past| &mut past.events);
        events.for_each(|event| event.at = at);
    }
}

impl Past {
    /// Notes what the rule would use of its caps.
    fn use_caps(
        &mut self,
        plan: &Plan<'_>,
        rule: usize,
        (at, day): (Instant, Day),
        points: i64,
        member: u16,
    ) {
        for index in plan.rules[rule].caps.iter().filter(|_| points > 0) {
            let cap = &plan.caps[*index];
            let Some(window) = &cap.window else { continue };
            let member = if cap.pool == Pool::Member { member } else { 0 };
            let amount = if cap.count { 1 } else { points };
            let used = match find(&mut self.caps, *index, member, None) {
                Some(used) => used,
                None => {
                    self.caps.push(CapUse {
                        cap: *index as u16,
                        member,
                        each: None,
                        used: Measure::default(),
                    });
                    let last = self.caps.len() - 1;
                    &mut self.caps[last].used
                }
            };
            used.slide(window, at, day, MetricKind::Sum);
            // Limits have 64 bits, and what is above them is not used.
            used.add(window, at, day, amount).unwrap_or(());
        }
    }

    /// What it would have given is less: there is room again.
    fn free_caps(
        &mut self,
        plan: &Plan<'_>,
        rule: usize,
        now: (Instant, Day),
        order: (Instant, Day),
        (points, gone, member): (i64, bool, u16),
    ) {
        for index in plan.rules[rule].caps.iter().filter(|_| points > 0) {
            let cap = &plan.caps[*index];
            let Some(window) = &cap.window else { continue };
            let member = if cap.pool == Pool::Member { member } else { 0 };
            let amount = if cap.count { i64::from(gone) } else { points };
            if let Some(used) = find(&mut self.caps, *index, member, None) {
                used.slide(window, now.0, now.1, MetricKind::Sum);
                used.take_back(window, order.0, order.1, amount);
            }
        }
    }
}

impl<S: Sink> Account<'_, '_, S> {
    /// Works out what later versions would give for the present event. It was evaluated, and nothing of it is booked.
    pub(super) fn compare_rules(
        &mut self,
        kind: Kind,
        rows: Range<usize>,
        member: usize,
        event: &EventRef,
    ) {
        let plans = self.piece.plans;
        for (place, regrant) in plans.regrants.iter().enumerate() {
            if !regrant.asks(kind, self.at, self.state.version) {
                continue;
            }
            let plan = plans.of(regrant.version);
            let moment = Moment {
                plan,
                batch: self.batch,
                prepared: self.piece.ready.of(regrant.version),
                kind,
                at: self.at,
                day: self.day,
                rung: self.state.rung,
                member: member as u16,
            };
            let mut caps = std::mem::take(&mut self.state.past(plans, place).caps);
            let view = View {
                plan,
                state: self.state,
                member,
                at: self.at,
                moment: None,
            };
            let mut earned = Earned::default();
            let would = earned.alone(regrant.rule, &moment, rows.clone(), &view, &mut caps);
            let given = self.scratch.earned.booked.get(regrant.rule);
            let given = given.copied().unwrap_or(0);
            let (at, day) = (self.at, self.day);
            let past = self.state.past(plans, place);
            past.caps = caps;
            // What cannot be said leaves what was given.
            let Ok(would) = would else { continue };
            past.use_caps(plan, regrant.rule, (at, day), would, member as u16);
            if given != 0 || would != 0 {
                past.events.push(Compared {
                    event: event.clone(),
                    at,
                    given,
                    would,
                });
            }
        }
    }

    /// What later versions, or those that have settled the past of rules since, would give for what is left of an
    /// order: by their place in `Plans::regrants`.
    pub(super) fn compare_left(&self, order: &OrderMemory, batch: &Batch) -> Vec<(usize, i64)> {
        let plans = self.piece.plans;
        let mut all = Vec::new();
        for (place, regrant) in plans.regrants.iter().enumerate() {
            if !regrant.asks(Kind::Order, order.at, order.version) {
                continue;
            }
            if batch.rows == 0 {
                all.push((place, 0));
                continue;
            }
            let plan = plans.of(regrant.version);
            let prepared = Prepared::new(plan, batch);
            let moment = Moment {
                plan,
                batch,
                prepared: &prepared,
                kind: Kind::Order,
                at: order.at,
                day: order.day,
                rung: order.rung,
                member: order.member as u16,
            };
            let view = View {
                plan,
                state: &order.before,
                member: order.member,
                at: order.at,
                moment: None,
            };
            let past = order.before.past.get(place);
            let mut caps = past.map_or(Vec::new(), |past| past.caps.clone());
            let mut earned = Earned::default();
            let would = earned.alone(regrant.rule, &moment, 0..batch.rows, &view, &mut caps);
            all.extend(would.map(|would| (place, would)));
        }
        all
    }

    /// A refund has taken points of an order: later versions compare what is left.
    pub(super) fn compare_less(
        &mut self,
        order: &OrderMemory,
        taken: &[i64],
        left: &[(usize, i64)],
    ) {
        let (plans, now) = (self.piece.plans, (self.at, self.day));
        for (place, left) in left {
            let regrant = &plans.regrants[*place];
            if regrant.version <= self.state.version {
                continue;
            }
            let past = self.state.past(plans, *place);
            let Some(known) = past.events.iter_mut().find(|it| it.event == order.event) else {
                continue;
            };
            known.given -= taken[regrant.rule];
            // A refund makes nothing worth more.
            let less = known.would - known.would.min(*left);
            known.would -= less;
            let what = (less, known.would == 0, order.member as u16);
            let plan = plans.of(regrant.version);
            past.free_caps(plan, regrant.rule, now, (order.at, order.day), what);
        }
    }

    /// The version begins: what its rules would have given more is granted, then what they would have given less is
    /// taken.
    pub(super) fn regrant(&mut self) {
        let plans = self.piece.plans;
        let mut all = Vec::new();
        for (place, regrant) in plans.regrants.iter().enumerate() {
            if regrant.version == self.state.version {
                let events = std::mem::take(&mut self.state.past(plans, place).events);
                events.iter().for_each(|it| self.stands(place, it));
                all.extend(events.into_iter().map(|it| (regrant.rule, it)));
            }
        }
        for (rule, it) in all.iter().filter(|(_, it)| it.would > it.given) {
            self.grant_late(*rule, it, it.would - it.given);
        }
        for (rule, it) in all.iter().filter(|(_, it)| it.would < it.given) {
            let wallet = self.plan.program.earn[*rule].wallet;
            let by = (wallet, Rule::Earn(*rule as u16));
            self.reverse(by, &it.event, &it.event, it.given - it.would);
        }
    }

    /// Points that come late for an event. They wait with what waits of its points, else they can be spent at once;
    /// with the same end they are one lot.
    fn grant_late(&mut self, rule: usize, compared: &Compared, points: i64) {
        let (event, wallet) = (&compared.event, self.plan.program.earn[rule].wallet);
        let end = self.expiry_by(rule, wallet);
        let (kind, by) = (EntryKind::Grant, Rule::Earn(rule as u16));
        let (named, ends) = (Some(event.clone()), ending(end));
        self.book(kind, by, event.clone(), named.clone(), points, ends);
        self.quiet_until = self.quiet_until.min(end);
        self.points_come(wallet);
        let lots = self.state.purses[wallet].lots.iter();
        let mut waiting =
            lots.filter(|lot| (lot.source, &lot.id) == (event.0, &event.1) && lot.is_pending());
        let release = waiting.next().map(|lot| lot.release);
        let mut left = points;
        if release.is_some() {
            self.state.purses[wallet].pending += points;
        } else {
            // What a grant holds back as long as nothing releases it is released here.
            let declared = self.plan.program.wallet(wallet);
            if declared.is_some_and(|it| it.pending.is_some()) {
                let (kind, by) = (EntryKind::Release, Rule::Pending(wallet));
                self.book(kind, by, event.clone(), None, points, ends);
            }
            self.state.purses[wallet].open += points;
            left -= self.repay(wallet, event, end, points);
        }
        if left > 0 {
            let lot = Lot {
                expires: end,
                at: compared.at,
                source: event.0,
                id: event.1.clone(),
                release: release.unwrap_or(RELEASED),
                left,
            };
            self.put_back(wallet, lot);
        }
    }

    /// From now on what the rule would have given is what it gave.
    fn stands(&mut self, place: usize, compared: &Compared) {
        let plans = self.piece.plans;
        let rule = plans.regrants[place].rule;
        for (later, regrant) in plans.regrants.iter().enumerate().skip(place + 1) {
            if regrant.rule == rule && regrant.version > self.state.version {
                let mut events = self.state.past(plans, later).events.iter_mut();
                if let Some(known) = events.find(|it| it.event == compared.event) {
                    known.given = compared.would;
                }
            }
        }
        let mut orders = self.scratch.pass.orders.iter_mut();
        if let Some(order) = orders.find(|order| order.event == compared.event) {
            let given = &order.given;
            let standing = order.standing.get_or_insert_with(|| Standing {
                points: given.clone(),
                by: vec![None; given.len()],
            });
            standing.points[rule] = compared.would;
            standing.by[rule] = Some(place);
        }
    }

    /// The version in whose name a refund takes back what a rule gave.
    pub(super) fn granted_by(&self, order: &OrderMemory, rule: usize) -> u16 {
        let by = order.standing.as_ref().and_then(|it| it.by[rule]);
        by.map_or(order.version, |place| {
            self.piece.plans.regrants[place].version
        })
    }

    /// What a refund takes of what stands of an order, by rule; nothing where no version has settled a rule of it anew.
    pub(super) fn lessen_standing(&self, order: &mut OrderMemory, left: &Left) -> Option<Vec<i64>> {
        let standing = order.standing.as_ref()?;
        let mut rest = left.given.clone();
        for (rest, by) in rest.iter_mut().zip(&standing.by) {
            let anew = left.would.iter().find(|(place, _)| Some(*place) == *by);
            *rest = anew.map_or(*rest, |(_, would)| *would);
        }
        let wallets: Vec<u8> = (0..rest.len())
            .map(|rule| {
                let granting = self.granted_by(order, rule);
                self.piece.plans.of(granting).program.earn[rule].wallet
            })
            .collect();
        let standing = order.standing.as_mut()?;
        Some(less(&mut standing.points, &rest, |rule| wallets[rule]))
    }
}

/// The versions that must be ready for an event besides that of its day.
pub(super) fn asked_of<'r>(plans: &'r Plans<'_>, at: Instant) -> impl Iterator<Item = usize> + 'r {
    let spans = plans.regrants.iter().filter(move |it| it.spans(at));
    spans.map(|regrant| usize::from(regrant.version))
}

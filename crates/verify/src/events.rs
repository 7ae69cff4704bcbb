//! What one event does to an account: first everything that its conditions say is worked out from the state
//! before it, then it is booked.

use crate::Reason;
use crate::account::{Account, Order, Record};
use crate::ask::{LineView, Question, State, Value, View};
use crate::earn::{Earned, Owner, Rooms, caps, earned, limit};
use crate::exact::{Checked, Overflow};
use crate::lots::{Lot, LotName};
use crate::measure::{Worth, on, worth};
use crate::refund::{Refunded, lines};
use crate::regrant::Would;
use crate::until::Released;
use rungs_engine::calendar::{Day, Instant, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Rule};
use rungs_engine::program::{Cap, Expiry, Limit, Pool, Trigger};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// An event that is being taken.
pub(crate) struct Taking {
    pub(crate) kind: Kind,
    pub(crate) event: EventRef,
    pub(crate) at: Instant,
    pub(crate) day: Day,
    pub(crate) member: usize,
    pub(crate) rows: Range<usize>,
}

/// What was worked out of an event before anything was booked.
pub(crate) struct Outcome {
    earned: Earned,
    rooms: Rooms,
    each: BTreeMap<(Owner, usize), Option<Value<'static>>>,
    worths: Vec<(usize, Worth)>,
    would: Vec<Would>,
    rewards: Vec<crate::rewards::Given>,
    pub(crate) refunded: Option<Refunded>,
    released: Vec<(u8, Released)>,
}

impl Account<'_> {
    /// Takes one event (its rows) after the time up to it has passed.
    pub(crate) fn take(&mut self, rows: Range<usize>) {
        let first = rows.start;
        let Some(kind) = self.batch.kind_at(first) else {
            return;
        };
        let at = self.batch.time[first];
        self.pass(at);
        let event: EventRef = (
            usize::from(self.batch.source[first]),
            self.batch.id.get(first),
        );
        let member = self.member(self.batch.member_at(first));
        let joined = self.enrolled.is_some();
        if !self.counts(kind, member, at) {
            match kind {
                Kind::Profile => self.remember(first, member, at),
                Kind::Order | Kind::Refund => self.early.push(rows),
                _ => {}
            }
            return;
        }
        let taking = Taking {
            kind,
            event,
            at,
            day: self.reading.days.day(at),
            member,
            rows,
        };
        if !joined {
            self.count_early(at, taking.day);
        }
        let asked = &self.reading.asked[kind as usize];
        let state = Rc::new(self.state(member, at, taking.day, asked));
        match self.work_out(&taking, &state) {
            Ok(outcome) => self.book_event(taking, state, outcome),
            Err(reason) => self.rejected.push((taking.event, reason)),
        }
    }

    pub(crate) fn work_out(&self, taking: &Taking, state: &State) -> Result<Outcome, Reason> {
        let overflow = |_: Overflow| Reason::Overflow;
        let refunded = if taking.kind == Kind::Refund {
            match self.named_order(taking.rows.start) {
                None => return Err(Reason::OrderUnknown),
                Some(record) => self
                    .refunded(record, taking.rows.clone())
                    .map_err(overflow)?
                    .map(Refunded::unless_refused)
                    .transpose()?,
            }
        } else {
            None
        };
        self.ask_all(taking, state, refunded).map_err(overflow)
    }

    /// Asks all conditions at an event.
    fn ask_all(
        &self,
        taking: &Taking,
        state: &State,
        refunded: Option<Refunded>,
    ) -> Checked<Outcome> {
        let view = View {
            batch: self.batch,
            first: taking.rows.start,
            lines: taking
                .rows
                .clone()
                .map(|row| LineView {
                    row,
                    changed: Vec::new(),
                })
                .collect(),
            changed: Vec::new(),
        };
        let question = self.question(Some(&view), taking.member, state, taking.at);
        let (rooms, each) = self.rooms(taking, &question)?;
        let mut worths = Vec::new();
        for metric in on(self.reading, taking.kind) {
            worths.push((metric, worth(self.reading, metric, &question, &view)?));
        }
        Ok(Outcome {
            earned: earned(self.reading, taking.kind, &question, &view, &rooms, None)?,
            would: self.would_give(taking, &question, &view),
            rewards: self.due_rewards(Trigger::Event(taking.kind), &question)?,
            released: self.releases(taking.kind, &question)?,
            rooms,
            each,
            worths,
            refunded,
        })
    }

    /// The room under all caps just before an event, counted from what is booked so far, and the values
    /// of caps that count each value.
    #[allow(clippy::type_complexity)]
    fn rooms(
        &self,
        taking: &Taking,
        question: &Question<'_>,
    ) -> Checked<(Rooms, BTreeMap<(Owner, usize), Option<Value<'static>>>)> {
        let mut rooms = Rooms::new();
        let mut values = BTreeMap::new();
        for (key, cap) in caps(self.reading, taking.kind) {
            let value = match &cap.each {
                Some(each) => {
                    let value = question.value(each)?.map(Value::kept);
                    values.insert(key, value.clone());
                    Some(value)
                }
                None => None,
            };
            let used = self.used(key, cap, value.as_ref(), taking);
            rooms.insert(key, limit(cap, question.state.rung).saturating_sub(used));
        }
        Ok((rooms, values))
    }

    /// How much of a cap earlier events have used up in its window.
    fn used(
        &self,
        key: (Owner, usize),
        cap: &Cap,
        value: Option<&Option<Value<'static>>>,
        taking: &Taking,
    ) -> i64 {
        if matches!(cap.per, Per::Event | Per::Line) {
            return 0;
        }
        let days = &self.reading.days;
        let window = days.window(cap.per, taking.at, taking.day);
        let mut used = 0;
        for record in self.records.iter().rev() {
            if window.begins_after(record.at, record.day) {
                break;
            }
            let now = self.version;
            let Some(key) = self.readings.same_cap(key, now, record.version) else {
                continue;
            };
            let other_value = value.is_some() && record.each.get(&key) != value;
            let other_member = cap.pool == Pool::Member && record.member != taking.member;
            if !window.holds(record.at, record.day) || other_value || other_member {
                continue;
            }
            let then = self.readings.version(record.version).program;
            let booked: i64 = record
                .booked
                .iter()
                .filter(|(rule, _)| match key.0 {
                    Owner::Rule(owner) => *rule == owner,
                    Owner::Group(group) => then.earn[*rule].group == Some(group),
                })
                .map(|(_, points)| *points)
                .sum();
            used += match cap.limit {
                Limit::Points(_) => booked,
                Limit::Count(_) => i64::from(booked > 0),
            };
        }
        used
    }

    fn book_event(&mut self, taking: Taking, state: Rc<State>, mut outcome: Outcome) {
        for (wallet, released) in &outcome.released {
            self.release_by_event(taking.at, *wallet, released);
        }
        self.keep_alive(taking.kind, taking.at);
        let rung = state.rung;
        let record = self.note(&taking, state, &mut outcome);
        self.grant(record, taking.at);
        let Taking {
            kind,
            event,
            at,
            member,
            rows,
            ..
        } = taking;
        let mut undone_of = None;
        match kind {
            Kind::Profile => self.remember(rows.start, member, at),
            Kind::Redeem => self.redeem(record, rows.start),
            Kind::Unredeem => undone_of = self.unredeem(at, &event, rows.start),
            Kind::Adjust => self.adjust(record, rows.start),
            Kind::Opening => self.opening(record, rows.start),
            Kind::Reward => self.reward_used(rows.start),
            Kind::Refund => {
                undone_of = outcome
                    .refunded
                    .map(|refunded| self.take_back(at, &event, refunded));
            }
            _ => {}
        }
        let reached = self.climb(at, &event, undone_of);
        self.issue_due(at, outcome.rewards, member, Some(event.clone()), rung);
        if reached {
            let first = self.issued.len();
            self.issue_rung_reached(member, at, Some(&event));
            self.brought = (first..self.issued.len()).collect();
        }
    }

    /// Notes that an event counts: what it earned, and what it adds to metrics.
    pub(crate) fn note(
        &mut self,
        taking: &Taking,
        state: Rc<State>,
        outcome: &mut Outcome,
    ) -> usize {
        let (at, day, member) = (taking.at, taking.day, taking.member);
        let record = self.records.len();
        self.records.push(Record {
            event: taking.event.clone(),
            at,
            day,
            member,
            version: self.version,
            would: std::mem::take(&mut outcome.would),
            stands: None,
            booked: std::mem::take(&mut outcome.earned.points),
            each: std::mem::take(&mut outcome.each),
            order: (taking.kind == Kind::Order).then(|| Order {
                first: taking.rows.start,
                lines: lines(self.reading, self.batch, taking.rows.clone()),
                excused: BTreeMap::new(),
                met: std::mem::take(&mut outcome.earned.met),
                rooms: std::mem::take(&mut outcome.rooms),
                state,
            }),
        });
        // Where nothing was given and nothing would have been, there is nothing to settle.
        let booked = self.records[record].booked.clone();
        let gave = |rule: usize| {
            booked
                .iter()
                .any(|(known, points)| *known == rule && *points != 0)
        };
        let would = &mut self.records[record].would;
        would.retain(|it| it.points != 0 || gave(it.rule));
        if taking.kind == Kind::Order {
            (self.orders.entry(taking.event.1.clone())).or_insert(record);
        }
        let granted = if self.records[record].booked.is_empty() {
            Vec::new()
        } else {
            self.granted_worths(record)
        };
        for (metric, worth) in outcome.worths.drain(..).chain(granted) {
            self.measures.add(metric, worth, record, at, day, member);
        }
        record
    }

    /// Books the points of an event, one entry per rule and one lot for each end.
    pub(crate) fn grant(&mut self, record: usize, at: Instant) {
        let granted = &self.records[record];
        let (event, mut points) = (granted.event.clone(), granted.booked.clone());
        let judged_by = granted.version as u16;
        points.retain(|(_, points)| *points > 0);
        let granting = self.readings.version(granted.version).program;
        // By wallet, the soonest end first, never last.
        let mut sums: BTreeMap<(u8, bool, Option<Instant>), i64> = BTreeMap::new();
        for (rule, points) in points {
            let wallet = granting.earn[rule].wallet;
            let expires = match &self.reading.program.earn[rule].expiry {
                Some(own) => self.end_of(own, at),
                None => self.expires(wallet, at),
            };
            *(sums.entry((wallet, expires.is_none(), expires))).or_default() += points;
            self.entries.push(Entry {
                at,
                kind: EntryKind::Grant,
                rule: Rule::Earn(rule as u16),
                event: event.clone(),
                lot: None,
                points,
                expires,
                rung: self.held.rung as u8,
                version: judged_by,
            });
        }
        for ((wallet, _, expires), sum) in sums {
            self.points_come(at, wallet);
            // Held for a length, for an event, or for what comes first.
            let held = self.reading.program.wallets[usize::from(wallet)]
                .pending
                .as_ref();
            let release = held.map(|held| match held.length {
                Some(length) => self.reading.days.life(at, length),
                None => Instant::MAX,
            });
            self.lots(wallet).add(Lot {
                id: event.clone(),
                granted: at,
                expires,
                release: release.unwrap_or(at),
                pending: if release.is_some() { sum } else { 0 },
                open: if release.is_some() { 0 } else { sum },
            });
            self.pay_debt(at, wallet, &(event.clone(), expires));
        }
    }

    /// Pays debt from a lot that is open at once.
    pub(crate) fn pay_debt(&mut self, at: Instant, wallet: u8, lot: &LotName) {
        let repaid = self.lots(wallet).repay(lot);
        if repaid > 0 {
            let (kind, rule) = (EntryKind::Repay, Rule::Shortage(wallet));
            self.book(at, kind, rule, lot.0.clone(), Some(lot.clone()), -repaid);
        }
    }

    /// When points of a wallet that are granted now end, as the rung held or the wallet says.
    pub(crate) fn expires(&self, wallet: u8, at: Instant) -> Option<Instant> {
        let program = self.reading.program;
        let rung = program
            .tiers
            .as_ref()
            .and_then(|it| it.rungs.get(self.held.rung));
        // A rung speaks of one wallet.
        let own = rung.filter(|rung| rung.wallet == wallet);
        let own = own.and_then(|rung| rung.expiry.as_ref());
        self.end_of(
            own.unwrap_or(&program.wallets[usize::from(wallet)].expiry),
            at,
        )
    }

    pub(crate) fn end_of(&self, expiry: &Expiry, at: Instant) -> Option<Instant> {
        let days = &self.reading.days;
        match expiry {
            Expiry::Never | Expiry::Inactivity { .. } => None,
            Expiry::Rolling { length, up_to } => {
                let end = days.life(at, *length);
                Some(match up_to {
                    Some(calendar) => days.up_to(*calendar, end),
                    None => end,
                })
            }
            Expiry::Fixed { days: on, life } => {
                let least = life.map(|life| days.life(at, life));
                Some(days.next_of(on, at, least))
            }
        }
    }
}

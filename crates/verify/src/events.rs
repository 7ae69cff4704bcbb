//! What one event does to an account: first everything that its conditions say is worked out from the state
//! before it, then it is booked.

use crate::Reason;
use crate::account::{Account, Order, Record};
use crate::ask::{LineView, Question, State, Value, View};
use crate::earn::{Earned, Owner, Rooms, caps, earned, limit};
use crate::exact::{Checked, Exact, Overflow, fraction, narrow, rounded, times, unit};
use crate::lots::Lot;
use crate::measure::{Worth, in_units, on, points_in_units, worth};
use crate::refund::{Refunded, lines};
use rungs_engine::calendar::{Day, Instant, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Rule};
use rungs_engine::number::Rounding;
use rungs_engine::program::{Cap, Expiry, Limit, MetricKind, Pool, Trigger, Wallet};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// An event that is being taken.
struct Taking {
    kind: Kind,
    event: EventRef,
    at: Instant,
    day: Day,
    member: usize,
    rows: Range<usize>,
}

/// What was worked out of an event before anything was booked.
struct Outcome {
    earned: Earned,
    rooms: Rooms,
    each: BTreeMap<(Owner, usize), Option<Value<'static>>>,
    worths: Vec<(usize, Worth)>,
    rewards: Vec<crate::rewards::Given>,
    refunded: Option<Refunded>,
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
        let event: EventRef = (self.batch.source[first], self.batch.id.get(first));
        let member = self.member(self.batch.member_at(first));
        if kind == Kind::Order {
            self.orders.entry(event.1.clone()).or_insert(None);
        }
        if !self.counts(kind, member, at) {
            if kind == Kind::Profile {
                self.remember(first, member, at);
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
        let asked = &self.reading.asked[kind as usize];
        let state = Rc::new(self.state(member, at, taking.day, asked));
        match self.work_out(&taking, &state) {
            Ok(outcome) => self.book_event(taking, state, outcome),
            Err(reason) => self.rejected.push((taking.event, reason)),
        }
    }

    fn work_out(&self, taking: &Taking, state: &State) -> Result<Outcome, Reason> {
        let overflow = |_: Overflow| Reason::Overflow;
        let refunded = if taking.kind == Kind::Refund {
            match self.named_order(taking.rows.start) {
                None => return Err(Reason::OrderUnknown),
                Some(None) => None,
                Some(Some(record)) => self
                    .refunded(record, taking.rows.clone())
                    .map_err(overflow)?,
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
            rewards: self.due_rewards(Trigger::Event(taking.kind), &question)?,
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
        let window = days.window(cap.per, taking.at, taking.day, false);
        let mut used = 0;
        for record in self.records.iter().rev() {
            if window.begins_after(record.at, record.day) {
                break;
            }
            let other_value = value.is_some() && record.each.get(&key) != value;
            let other_member = cap.pool == Pool::Member && record.member != taking.member;
            if !window.holds(record.at, record.day) || other_value || other_member {
                continue;
            }
            let booked: i64 = record
                .booked
                .iter()
                .filter(|(rule, _)| match key.0 {
                    Owner::Rule(owner) => *rule == owner,
                    Owner::Group(group) => self.reading.program.earn[*rule].group == Some(group),
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

    fn book_event(&mut self, taking: Taking, state: Rc<State>, outcome: Outcome) {
        let Taking {
            kind,
            event,
            at,
            day,
            member,
            rows,
        } = taking;
        let record = self.records.len();
        self.records.push(Record {
            event: event.clone(),
            at,
            day,
            member,
            booked: outcome.earned.points,
            each: outcome.each,
            order: (kind == Kind::Order).then(|| Order {
                first: rows.start,
                lines: lines(self.reading, self.batch, rows.clone()),
                met: outcome.earned.met,
                rooms: outcome.rooms,
                state: Rc::clone(&state),
            }),
        });
        if kind == Kind::Order
            && let Some(known) = self.orders.get_mut(&event.1)
            && known.is_none()
        {
            *known = Some(record);
        }
        self.grant(record);
        for (metric, worth) in outcome.worths {
            self.measures.add(metric, worth, record, at, day, member);
        }
        let granted = if self.records[record].booked.is_empty() {
            Vec::new()
        } else {
            self.granted_worths(record)
        };
        for (metric, worth) in granted {
            self.measures.add(metric, worth, record, at, day, member);
        }
        let mut refund_of = None;
        match kind {
            Kind::Profile => self.remember(rows.start, member, at),
            Kind::Redeem => self.redeem(record, rows.start),
            Kind::Adjust => self.adjust(record, rows.start),
            Kind::Refund => {
                refund_of = outcome
                    .refunded
                    .map(|refunded| self.take_back(at, &event, refunded));
            }
            _ => {}
        }
        let reached = self.climb(at, &event, refund_of);
        self.issue_due(at, outcome.rewards, member, Some(event.clone()), state.rung);
        if reached {
            self.issue_rung_reached(member, at, Some(&event));
        }
    }

    /// Books the points of an event as one lot, one entry per rule.
    fn grant(&mut self, record: usize) {
        let granted = &self.records[record];
        let (at, event, points) = (granted.at, granted.event.clone(), granted.booked.clone());
        let Some(wallet) = self
            .reading
            .program
            .wallet
            .as_ref()
            .filter(|_| !points.is_empty())
        else {
            return;
        };
        let expires = self.expires(wallet, at);
        let mut sum = 0;
        for (rule, points) in points {
            sum += points;
            self.entries.push(Entry {
                at,
                kind: EntryKind::Grant,
                rule: Rule::Earn(rule as u16),
                event: event.clone(),
                lot: None,
                points,
                expires,
                rung: self.held.rung as u8,
            });
        }
        let release = wallet
            .pending
            .map(|length| self.reading.days.life(at, length));
        self.lots.add(Lot {
            id: event.clone(),
            granted: at,
            expires,
            release: release.unwrap_or(at),
            pending: if release.is_some() { sum } else { 0 },
            open: if release.is_some() { 0 } else { sum },
        });
        self.pay_debt(at, &event);
    }

    /// Pays debt from a lot that is open at once.
    fn pay_debt(&mut self, at: Instant, lot: &EventRef) {
        let repaid = self.lots.repay(lot);
        if repaid > 0 {
            let named = Some(lot.clone());
            self.book(
                at,
                EntryKind::Repay,
                Rule::Shortage,
                lot.clone(),
                named,
                -repaid,
            );
        }
    }

    fn expires(&self, wallet: &Wallet, at: Instant) -> Option<Instant> {
        match wallet.expiry {
            Expiry::Never => None,
            Expiry::Rolling { length, month_end } => {
                let end = self.reading.days.life(at, length);
                Some(if month_end {
                    self.reading.days.month_end(end)
                } else {
                    end
                })
            }
        }
    }

    /// A column's number as scaled points.
    fn scaled(&self, column: Option<usize>, row: usize) -> Option<i64> {
        let column = column?;
        let stored = self.batch.number(column, row)?;
        let number = fraction(i128::from(stored), unit(self.reading.digits(column)));
        let scaled = times(number, Exact::from_integer(unit(self.reading.scale()))).ok()?;
        narrow(rounded(scaled, Rounding::HalfEven)).ok()
    }

    /// A redemption: the row's points are the fact; without them the price is.
    fn redeem(&mut self, record: usize, row: usize) {
        let columns = &self.reading.redeem;
        let reward = columns
            .reward
            .and_then(|column| self.batch.text(column, row))
            .and_then(|id| {
                self.reading
                    .program
                    .rewards
                    .iter()
                    .position(|reward| reward.id == id)
            });
        let quantity = columns
            .quantity
            .and_then(|column| {
                let stored = self.batch.number(column, row)?;
                i64::try_from(i128::from(stored) / unit(self.reading.digits(column))).ok()
            })
            .unwrap_or(1);
        let price = reward
            .and_then(|reward| self.reading.program.rewards[reward].price.as_ref())
            .map_or(0, |price| *price.at(self.held.rung));
        let points = self
            .scaled(columns.points, row)
            .unwrap_or_else(|| price.saturating_mul(quantity));
        let rule = match reward {
            Some(reward) => Rule::Reward(reward as u16),
            None => Rule::Redeem,
        };
        let (at, day, member) = {
            let record = &self.records[record];
            (record.at, record.day, record.member)
        };
        let event = self.records[record].event.clone();
        if self.reading.program.wallet.is_some() {
            self.debit(at, EntryKind::Redeem, rule, &event, points);
        }
        for (metric, declared) in self.reading.program.metrics.iter().enumerate() {
            if declared.kind == MetricKind::Spent {
                let worth = Worth {
                    amount: points_in_units(self.reading, metric, points.max(0)),
                    values: Vec::new(),
                };
                self.measures.add(metric, worth, record, at, day, member);
            }
        }
        if let Some(reward) = reward {
            self.issue_bought(at, reward, quantity, member, &event);
        }
    }

    /// Takes points from open lots; what they do not cover is a shortage.
    fn debit(&mut self, at: Instant, kind: EntryKind, rule: Rule, event: &EventRef, points: i64) {
        let taken = self.lots.consume(points);
        let covered: i64 = taken.iter().map(|part| part.points).sum();
        for part in taken {
            self.book(at, kind, rule, event.clone(), Some(part.lot), -part.points);
        }
        self.shortage(at, event, points - covered);
    }

    /// The desk: points, a rung or a metric.
    fn adjust(&mut self, record: usize, row: usize) {
        let columns = &self.reading.adjust;
        let text = |column: Option<usize>| column.and_then(|column| self.batch.text(column, row));
        let (at, day, member) = {
            let record = &self.records[record];
            (record.at, record.day, record.member)
        };
        let event = self.records[record].event.clone();
        let program = self.reading.program;
        if let Some(points) = self.scaled(columns.points, row)
            && let Some(wallet) = &program.wallet
            && text(columns.wallet).is_none_or(|id| id == wallet.id)
        {
            self.adjust_points(wallet, at, &event, points);
        }
        let metric = text(columns.metric)
            .and_then(|id| program.metrics.iter().position(|metric| metric.id == id));
        if let (Some(metric), Some(column)) = (metric, columns.value)
            && let Some(stored) = self.batch.number(column, row)
        {
            let value = fraction(i128::from(stored), unit(self.reading.digits(column)));
            let worth = Worth {
                amount: in_units(value, self.reading.units[metric]).unwrap_or(0),
                values: Vec::new(),
            };
            self.measures.add(metric, worth, record, at, day, member);
        }
        let rung = text(columns.rung).and_then(|id| {
            let rungs = &program.tiers.as_ref()?.rungs;
            rungs.iter().position(|rung| rung.id == id)
        });
        if let Some(rung) = rung {
            let ends = columns
                .ends
                .and_then(|column| self.batch.number(column, row))
                .and_then(|day| Day::try_from(day).ok());
            self.adjust_rung(at, rung, ends, &event);
        }
    }

    fn adjust_points(&mut self, wallet: &Wallet, at: Instant, event: &EventRef, points: i64) {
        if points < 0 {
            self.debit(at, EntryKind::Adjust, Rule::Adjust, event, -points);
            return;
        }
        if points == 0 {
            return;
        }
        let expires = self.expires(wallet, at);
        self.entries.push(Entry {
            at,
            kind: EntryKind::Adjust,
            rule: Rule::Adjust,
            event: event.clone(),
            lot: None,
            points,
            expires,
            rung: self.held.rung as u8,
        });
        self.lots.add(Lot {
            id: event.clone(),
            granted: at,
            expires,
            release: at,
            pending: 0,
            open: points,
        });
        self.pay_debt(at, event);
    }
}

//! One account on its way through time: what it holds, and what becomes due between events.

use crate::ask::{Question, State, Value, View};
use crate::days::in_year;
use crate::earn::{Owner, Rooms};
use crate::ladder::Held;
use crate::lots::{LotName, Lots, Purse, Taken};
use crate::measure::Measures;
use crate::reading::Reading;
use crate::refund::Line;
use crate::regrant::{Stands, Would};
use crate::undo::Redemption;
use crate::versions::Readings;
use crate::{Reason, Win};
use rungs_engine::calendar::{Day, Instant, MonthDay};
use rungs_engine::canonical::Kind;
use rungs_engine::event::{Batch, EventId};
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Issued, Rule, RungMove};
use rungs_engine::program::Enrol;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

/// A member of the account.
pub(crate) struct Member {
    pub(crate) name: String,
    /// When the member joined.
    pub(crate) joined: Option<Instant>,
    /// Whether an `enrol` event of this member was taken.
    pub(crate) enrolled: bool,
    pub(crate) profile: Rc<Vec<Option<Value<'static>>>>,
    /// The next birthday is the first one after this.
    birthday_after: Instant,
}

/// An event that counted.
pub(crate) struct Record {
    pub(crate) event: EventRef,
    pub(crate) at: Instant,
    pub(crate) day: Day,
    pub(crate) member: usize,
    /// The version that judged it.
    pub(crate) version: usize,
    /// Scaled points by rule, less what refunds took back.
    pub(crate) booked: Vec<(usize, i64)>,
    /// What rules of later versions would have given that settle their past.
    pub(crate) would: Vec<Would>,
    /// What stands of its points, once a version has settled the past of rules.
    pub(crate) stands: Option<Vec<Stands>>,
    /// For caps with `each`: the value at this event.
    pub(crate) each: BTreeMap<(Owner, usize), Option<Value<'static>>>,
    /// Of orders: what a refund needs to know.
    pub(crate) order: Option<Order>,
}

/// An order as it stood when it came, and what refunds have left of it.
pub(crate) struct Order {
    pub(crate) first: usize,
    pub(crate) lines: Vec<Line>,
    /// Points that ended unspent and that refunds counted as given back, by wallet.
    pub(crate) excused: BTreeMap<u8, i64>,
    pub(crate) met: Vec<usize>,
    pub(crate) rooms: Rooms,
    pub(crate) state: Rc<State>,
}

/// What can become due, in the order in which it does at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    PeriodEnd,
    RungEnd,
    Version,
    Expiry(u8),
    Idle(u8),
    Release(u8),
    Birthday(usize),
    Win(usize),
}

pub(crate) struct Account<'a> {
    pub(crate) readings: &'a Readings<'a>,
    /// The version that rules now: its place, and what it says.
    pub(crate) version: usize,
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) batch: &'a Batch,
    pub(crate) name: &'a str,
    wins: Vec<&'a Win>,
    wins_done: usize,
    /// The last instant that was looked at.
    pub(crate) now: Instant,
    /// Up to when the rung has followed the passing of time, where it has no validity.
    pub(crate) followed: Instant,
    pub(crate) enrolled: Option<Day>,
    /// When the account joined.
    pub(crate) joined: Instant,
    pub(crate) members: Vec<Member>,
    pub(crate) records: Vec<Record>,
    /// Orders that counted, by id: their records.
    pub(crate) orders: BTreeMap<EventId, usize>,
    /// Rows of orders and refunds that came before the account joined.
    pub(crate) early: Vec<Range<usize>>,
    pub(crate) measures: Measures<'a>,
    /// Points, by wallet.
    pub(crate) purses: Vec<Purse>,
    pub(crate) held: Held,
    /// How many moves there were when a version last set the rung, and its first day.
    pub(crate) rung_set: Option<(usize, Day)>,
    /// When an event of each kind happened last.
    pub(crate) last_of_kind: BTreeMap<Kind, Instant>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) rungs: Vec<RungMove>,
    pub(crate) issued: Vec<Issued>,
    pub(crate) rejected: Vec<(EventRef, Reason)>,
    /// Of issued rewards with caps per value: the value.
    pub(crate) issued_facts: Vec<crate::rewards::Fact>,
    /// What refunds took back, and (by place among the issued) which rewards that were.
    pub(crate) taken_back: Vec<(usize, Issued)>,
    /// Rewards (by place among the issued) that reaching the rung held has brought, until it is kept, given or
    /// lost.
    pub(crate) brought: Vec<usize>,
    /// Numbers of rewards that were used.
    pub(crate) used: BTreeSet<String>,
    /// Redemptions by id, with what was not undone of them.
    pub(crate) redemptions: BTreeMap<EventId, Redemption>,
}

impl<'a> Account<'a> {
    pub(crate) fn new(
        readings: &'a Readings<'a>,
        batch: &'a Batch,
        name: &'a str,
        wins: &'a [Win],
    ) -> Account<'a> {
        let reading = readings.version(0);
        let mut wins: Vec<&Win> = wins.iter().collect();
        wins.sort_by_key(|win| (win.occurrence, win.surprise, win.member.clone()));
        Account {
            readings,
            version: 0,
            reading,
            batch,
            name,
            wins,
            wins_done: 0,
            now: Instant::MIN,
            followed: Instant::MIN,
            enrolled: None,
            joined: Instant::MIN,
            members: Vec::new(),
            records: Vec::new(),
            orders: BTreeMap::new(),
            early: Vec::new(),
            measures: Measures::new(reading),
            purses: (reading.program.wallets.iter())
                .map(|_| Purse::default())
                .collect(),
            held: Held::default(),
            rung_set: None,
            last_of_kind: BTreeMap::new(),
            entries: Vec::new(),
            rungs: Vec::new(),
            issued: Vec::new(),
            rejected: Vec::new(),
            issued_facts: Vec::new(),
            taken_back: Vec::new(),
            brought: Vec::new(),
            used: BTreeSet::new(),
            redemptions: BTreeMap::new(),
        }
    }

    /// The index of a member, who is noted if new.
    pub(crate) fn member(&mut self, name: &str) -> usize {
        if let Some(index) = self.members.iter().position(|member| member.name == name) {
            return index;
        }
        self.members.push(Member {
            name: name.to_owned(),
            joined: None,
            enrolled: false,
            profile: Rc::new(vec![None; self.reading.program.columns.len()]),
            birthday_after: Instant::MIN,
        });
        self.members.len() - 1
    }

    /// Whether an event counts, after enrolling by it where the programme says so.
    pub(crate) fn counts(&mut self, kind: Kind, member: usize, at: Instant) -> bool {
        let joins = match self.reading.program.enrol {
            Enrol::OptIn => kind == Kind::Enrol,
            Enrol::Automatic => true,
            Enrol::FirstOrder => kind == Kind::Order,
        };
        if self.enrolled.is_none() && !joins {
            return false;
        }
        if joins && self.members[member].joined.is_none() {
            self.members[member].joined = Some(at);
            let after = &mut self.members[member].birthday_after;
            *after = (*after).max(at);
        }
        if self.enrolled.is_none() {
            let day = self.reading.days.day(at);
            self.enrolled = Some(day);
            self.joined = at;
            self.held = self.at_enrolment(day);
        }
        if kind == Kind::Enrol {
            let again = self.members[member].enrolled;
            self.members[member].enrolled = true;
            return !again;
        }
        true
    }

    /// Remembers what a profile event says; an empty cell leaves what was known.
    pub(crate) fn remember(&mut self, row: usize, member: usize, at: Instant) {
        let mut profile = Vec::clone(&self.members[member].profile);
        for &column in &self.reading.profile {
            let value = match self.batch.number(column, row) {
                Some(number) => Some(crate::ask::stored(self.reading, column, number)),
                None => self
                    .batch
                    .text(column, row)
                    .map(|text| Value::Text(text.to_owned().into())),
            };
            if value.is_some() {
                profile[column] = value;
            }
        }
        let known = &mut self.members[member];
        if self
            .reading
            .birthday
            .is_some_and(|column| known.profile[column] != profile[column])
        {
            known.birthday_after = known.birthday_after.max(at);
        }
        known.profile = Rc::new(profile);
    }

    /// The state of account and member before what happens at an instant.
    pub(crate) fn state(&self, member: usize, at: Instant, day: Day, asked: &[usize]) -> State {
        let enrolled = self.enrolled.unwrap_or(day);
        let mut metrics = vec![None; self.reading.program.metrics.len()];
        for &metric in asked {
            if let Some(per) = self.reading.program.metrics[metric].window {
                let window = self.reading.days.window_before(per, at, day);
                metrics[metric] = self.measures.value(metric, window, member);
            }
        }
        let who = &self.members[member];
        State {
            rung: self.held.rung,
            former: self.held.former,
            since: self.held.since,
            until: self.held.until,
            enrolled,
            members: self
                .members
                .iter()
                .filter(|member| member.joined.is_some())
                .count() as i64,
            balances: self.purses.iter().map(|it| it.lots.open()).collect(),
            metrics,
            member_enrolled: who
                .joined
                .map_or(enrolled, |joined| self.reading.days.day(joined)),
            profile: Rc::clone(&who.profile),
        }
    }

    /// A question at an event, moment or day.
    pub(crate) fn question<'q>(
        &'q self,
        view: Option<&'q View<'q>>,
        member: usize,
        state: &'q State,
        at: Instant,
    ) -> Question<'q> {
        Question {
            reading: self.reading,
            batch: self.batch,
            view,
            line: None,
            at,
            day: self.reading.days.day(at),
            account: self.name,
            member: &self.members[member].name,
            state,
            moved: None,
        }
    }

    /// Lets time pass: everything that becomes due up to and at an instant happens, in its order.
    pub(crate) fn pass(&mut self, through: Instant) {
        while let Some((at, due)) = self.next_due() {
            // What was declared with an end in the past happens now.
            let at = at.max(self.now);
            if at > through {
                break;
            }
            self.now = at;
            match due {
                Due::PeriodEnd => self.period_ends(at),
                Due::RungEnd => {
                    if self.rung_ends(at) {
                        self.issue_rung_reached(0, at, None);
                    }
                }
                Due::Version => self.version_begins(at),
                Due::Expiry(wallet) => self.expire(at, wallet),
                Due::Idle(wallet) => self.end_idle(at, wallet),
                Due::Release(wallet) => self.release(at, wallet),
                Due::Birthday(member) => self.birthday(member, at),
                Due::Win(win) => {
                    self.wins_done = win + 1;
                    self.issue_win(self.wins[win]);
                }
            }
        }
        self.now = self.now.max(through);
    }

    fn next_due(&self) -> Option<(Instant, Due)> {
        let mut next: Vec<(Instant, Due)> = Vec::with_capacity(6);
        let mut add = |at: Option<Instant>, due: Due| next.extend(at.map(|at| (at, due)));
        add(self.next_period_end(), Due::PeriodEnd);
        add(self.next_rung_end(), Due::RungEnd);
        add(self.next_version(), Due::Version);
        for (wallet, purse) in (0..).zip(&self.purses) {
            add(purse.lots.next_expiry(), Due::Expiry(wallet));
            add(self.idle_end(wallet), Due::Idle(wallet));
            add(purse.lots.next_release(), Due::Release(wallet));
        }
        if !self.reading.for_birthdays.is_empty() {
            for member in 0..self.members.len() {
                add(self.next_birthday(member), Due::Birthday(member));
            }
        }
        if let Some(win) = self.wins.get(self.wins_done) {
            add(Some(win.occurrence), Due::Win(self.wins_done));
        }
        next.into_iter().min()
    }

    /// The first 00:00 of a birthday after the member joined, the birthday became known, and the last
    /// one was kept.
    fn next_birthday(&self, member: usize) -> Option<Instant> {
        let member = &self.members[member];
        member.joined?;
        let Some(Value::Number(packed)) = member.profile[self.reading.birthday?] else {
            return None;
        };
        let packed = i64::try_from(packed.to_integer()).ok()?;
        let birthday = MonthDay::unpacked(packed);
        if !(1..=12).contains(&birthday.month) || !(1..=31).contains(&birthday.day) {
            return None;
        }
        let after = member.birthday_after;
        let (year, _, _) = crate::days::civil(self.reading.days.day(after));
        (year..year + 3)
            .map(|year| in_year(birthday, year, self.reading.program.leap_day))
            .map(|day| self.reading.days.midnight(day))
            .find(|at| *at > after)
    }

    /// Birthdays are looked at from an instant on, that instant included.
    pub(crate) fn birthdays_from(&mut self, at: Instant) {
        for member in &mut self.members {
            member.birthday_after = member.birthday_after.max(at - 1);
        }
    }

    fn birthday(&mut self, member: usize, at: Instant) {
        self.members[member].birthday_after = at;
        self.issue_birthday(member, at);
    }

    pub(crate) fn lots(&mut self, wallet: u8) -> &mut Lots {
        &mut self.purses[usize::from(wallet)].lots
    }

    fn expire(&mut self, at: Instant, wallet: u8) {
        for ended in self.lots(wallet).expire(at) {
            let version = self.readings.at(ended.granted);
            let (kind, rule) = (EntryKind::Expire, Rule::Expiry(wallet));
            let (event, points) = (ended.lot.clone(), -ended.points);
            self.book_for(version, at, kind, rule, event, Some(ended.named()), points);
        }
    }

    fn release(&mut self, at: Instant, wallet: u8) {
        let released = self.lots(wallet).release(|lot| lot.release <= at);
        self.book_released(at, wallet, released);
    }

    /// Books what lots released, and what of it paid debt.
    pub(crate) fn book_released(&mut self, at: Instant, wallet: u8, released: Vec<(Taken, i64)>) {
        for (taken, repaid) in released {
            let version = self.readings.at(taken.granted);
            let (kind, rule) = (EntryKind::Release, Rule::Pending(wallet));
            let (event, named) = (taken.lot.clone(), Some(taken.named()));
            self.book_for(version, at, kind, rule, event, named, taken.points);
            if repaid > 0 {
                let (kind, rule) = (EntryKind::Repay, Rule::Shortage(wallet));
                let named = taken.named();
                self.book(at, kind, rule, taken.lot, Some(named), -repaid);
            }
        }
    }

    /// Books an entry at the rung held, by the version that rules.
    pub(crate) fn book(
        &mut self,
        at: Instant,
        kind: EntryKind,
        rule: Rule,
        event: EventRef,
        lot: Option<LotName>,
        points: i64,
    ) {
        self.book_for(self.version, at, kind, rule, event, lot, points);
    }

    /// Books an entry in the name of a version.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn book_for(
        &mut self,
        version: usize,
        at: Instant,
        kind: EntryKind,
        rule: Rule,
        event: EventRef,
        lot: Option<LotName>,
        points: i64,
    ) {
        let (lot, expires) = lot.map_or((None, None), |(lot, end)| (Some(lot), end));
        self.entries.push(Entry {
            at,
            kind,
            rule,
            event,
            lot,
            points,
            expires,
            rung: self.held.rung as u8,
            version: version as u16,
        });
    }
}

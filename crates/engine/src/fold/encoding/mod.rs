//! The stored bytes of a state. Most of an account's state repeats itself: lots live equally long, the
//! cells of a rolling metric lie at the instants of the lots. So everything is written as its difference
//! from what the field before it lets expect, and what is expected takes one byte or none.
//!
//! Numbers, signed numbers, gaps, texts and keys are those of [`primitive`]; a list is its length as a
//! number, then its elements.
//!
//! Layout: the byte [`FORMAT`]; a number with a bit for each part that is there; then the parts:
//!
//! | part | written as |
//! |---|---|
//! | bit 12 `version` | number |
//! | bit 0 `enrolled` | signed |
//! | `rung`; bit 1 `former` | number |
//! | `since` | signed, from `enrolled` (or 0) |
//! | bit 2 `until`, bit 3 `next_period` | signed, from `since` |
//! | bit 15 `counted` | `day`, `period` signed, from `since` |
//! | bit 4 `ground` | `from` number; `day` signed, from `since`; `at` gap from the day's beginning in UTC; list of `total` signed and list of keys |
//! | the first of `purses` | see [`Writer::purse`] |
//! | bit 5 the others, up to the last that is not empty | list |
//! | bit 7 `measures` | list, see [`Writer::measure`] |
//! | bit 8 `caps` | list of `cap` number, `member` number, 0 or 1 and the key `each`, measure |
//! | bit 9 `wins` | list of three: number, number, signed |
//! | bit 14 `activity` | list of the kind's rank as number and signed |
//! | bit 11 `gifts` | list of `reward`, `member` and source number, id key, `at` signed, `until` gap from `at`, `used` number |
//! | bit 10 `members` | list of `id` text, bits of `enrolled` and `birthday`, these two as signed and gap from 0, `profile` as list of number and key, list of measures |
//!
//! Sums wrap around: any state comes back as it was, and no bytes make reading panic.

mod lots;
mod measures;
mod primitive;
#[cfg(test)]
mod tests;

use super::measure::Key;
use super::regrant::{Compared, Past};
use super::state::{AccountState, CapUse, Counted, FORMAT, Gift, Lot, Member};
use super::stretch::{Ground, Worth};
use crate::calendar::{Day, Instant};
use crate::event::EventId;
use crate::ledger::EventRef;
use primitive::{DAY, Reader, Writer};

const ENROLLED: u64 = 1;
const FORMER: u64 = 1 << 1;
const UNTIL: u64 = 1 << 2;
const NEXT_PERIOD: u64 = 1 << 3;
const GROUND: u64 = 1 << 4;
const PURSES: u64 = 1 << 5;
const MEASURES: u64 = 1 << 7;
const CAPS: u64 = 1 << 8;
const WINS: u64 = 1 << 9;
const MEMBERS: u64 = 1 << 10;
const GIFTS: u64 = 1 << 11;
const VERSION: u64 = 1 << 12;
const ACTIVITY: u64 = 1 << 14;
const COUNTED: u64 = 1 << 15;
const TALLIES: u64 = 1 << 16;
const PAST: u64 = 1 << 17;

/// Appends a state to bytes.
pub fn write(state: &AccountState, bytes: &mut Vec<u8>) {
    let mut to = Writer { bytes };
    to.bytes.push(FORMAT);
    let flag = |there: bool, bit: u64| if there { bit } else { 0 };
    let others = state.purses.others();
    to.number(
        flag(state.enrolled.is_some(), ENROLLED)
            | flag(state.former.is_some(), FORMER)
            | flag(state.until.is_some(), UNTIL)
            | flag(state.next_period.is_some(), NEXT_PERIOD)
            | flag(state.ground.is_some(), GROUND)
            | flag(!others.is_empty(), PURSES)
            | flag(!state.measures.is_empty(), MEASURES)
            | flag(!state.caps.is_empty(), CAPS)
            | flag(!state.wins.is_empty(), WINS)
            | flag(!state.members.is_empty(), MEMBERS)
            | flag(!state.gifts.is_empty(), GIFTS)
            | flag(state.version != 0, VERSION)
            | flag(!state.activity.is_empty(), ACTIVITY)
            | flag(state.counted.is_some(), COUNTED)
            | flag(!state.tallies.is_empty(), TALLIES)
            | flag(!state.past.is_empty(), PAST),
    );
    if state.version != 0 {
        to.number(state.version.into());
    }
    if let Some(enrolled) = state.enrolled {
        to.signed(enrolled.into());
    }
    to.number(state.rung.into());
    if let Some(former) = state.former {
        to.number(former.into());
    }
    to.days(state.since, state.enrolled.unwrap_or(0));
    for day in [state.until, state.next_period].into_iter().flatten() {
        to.days(day, state.since);
    }
    if let Some(counted) = state.counted {
        to.days(counted.day, state.since);
        to.days(counted.period, state.since);
    }
    if let Some(ground) = &state.ground {
        to.ground(ground, state.since);
    }
    to.purse(&state.purses[0]);
    if !others.is_empty() {
        to.length(others.len());
        others.iter().for_each(|purse| to.purse(purse));
    }
    if !state.measures.is_empty() {
        to.measures(&state.measures, &state.purses[0].lots);
    }
    if !state.caps.is_empty() {
        to.caps(&state.caps, &state.purses[0].lots);
    }
    if !state.wins.is_empty() {
        to.length(state.wins.len());
        for (surprise, member, day) in &state.wins {
            to.number((*surprise).into());
            to.number((*member).into());
            to.signed((*day).into());
        }
    }
    if !state.members.is_empty() {
        to.length(state.members.len());
        for member in &state.members {
            to.member(member, &state.purses[0].lots);
        }
    }
    if !state.activity.is_empty() {
        to.length(state.activity.len());
        for (kind, at) in &state.activity {
            to.number((*kind).into());
            to.signed(*at);
        }
    }
    if !state.gifts.is_empty() {
        to.length(state.gifts.len());
        for gift in &state.gifts {
            to.gift(gift);
        }
    }
    if !state.tallies.is_empty() {
        to.worths(&state.tallies);
    }
    if !state.past.is_empty() {
        to.length(state.past.len());
        for past in &state.past {
            to.past(past, &state.purses[0].lots);
        }
    }
}

/// The state in bytes; nothing if they are of another format or damaged.
pub fn read(bytes: &[u8]) -> Option<AccountState> {
    let (format, rest) = bytes.split_first()?;
    if *format != FORMAT {
        return None;
    }
    let mut from = Reader { rest };
    let parts = from.number()?;
    let has = |bit: u64| parts & bit != 0;
    let mut state = AccountState::default();
    if has(VERSION) {
        state.version = from.small()?;
    }
    if has(ENROLLED) {
        state.enrolled = Some(from.day()?);
    }
    state.rung = from.small()?;
    if has(FORMER) {
        state.former = Some(from.small()?);
    }
    state.since = from.days(state.enrolled.unwrap_or(0))?;
    if has(UNTIL) {
        state.until = Some(from.days(state.since)?);
    }
    if has(NEXT_PERIOD) {
        state.next_period = Some(from.days(state.since)?);
    }
    if has(COUNTED) {
        state.counted = Some(Counted {
            day: from.days(state.since)?,
            period: from.days(state.since)?,
        });
    }
    if has(GROUND) {
        state.ground = Some(from.ground(state.since)?);
    }
    state.purses[0] = from.purse()?;
    if has(PURSES) {
        let others = from.length()?;
        state.purses.of(others + 1);
        for purse in state.purses.iter_mut().skip(1) {
            *purse = from.purse()?;
        }
    }
    if has(MEASURES) {
        state.measures = from.measures(&state.purses[0].lots)?;
    }
    if has(CAPS) {
        state.caps = from.caps(&state.purses[0].lots)?;
    }
    if has(WINS) {
        for _ in 0..from.length()? {
            let win = (from.small()?, from.small()?, from.day()?);
            state.wins.push(win);
        }
    }
    if has(MEMBERS) {
        for _ in 0..from.length()? {
            state.members.push(from.member(&state.purses[0].lots)?);
        }
    }
    if has(ACTIVITY) {
        for _ in 0..from.length()? {
            state.activity.push((from.small()?, from.signed()?));
        }
    }
    if has(GIFTS) {
        for _ in 0..from.length()? {
            state.gifts.push(from.gift()?);
        }
    }
    if has(TALLIES) {
        state.tallies = from.worths()?;
    }
    if has(PAST) {
        for _ in 0..from.length()? {
            state.past.push(from.past(&state.purses[0].lots)?);
        }
    }
    from.rest.is_empty().then_some(state)
}

impl Writer<'_> {
    fn event(&mut self, event: &EventRef) {
        self.number(event.0 as u64);
        self.key(&match &event.1 {
            EventId::Number(number) => Key::Number(*number),
            EventId::Text(text) => Key::Text((&**text).into()),
        });
    }

    fn caps(&mut self, caps: &[CapUse], lots: &[Lot]) {
        self.length(caps.len());
        for used in caps {
            self.number(used.cap.into());
            self.number(used.member.into());
            self.number(used.each.is_some().into());
            if let Some(each) = &used.each {
                self.key(each);
            }
            self.measure(&used.used, lots);
        }
    }

    fn past(&mut self, past: &Past, lots: &[Lot]) {
        self.length(past.events.len());
        let mut last = 0;
        for compared in &past.events {
            self.event(&compared.event);
            self.gap(compared.at, last);
            self.signed(compared.given);
            self.signed(compared.would);
            last = compared.at;
        }
        self.caps(&past.caps, lots);
    }

    fn gift(&mut self, gift: &Gift) {
        self.number(gift.reward.into());
        self.number(gift.member.into());
        self.event(&gift.event);
        self.signed(gift.at);
        self.gap(gift.until, gift.at);
        self.number(gift.used.into());
    }

    fn ground(&mut self, ground: &Ground, since: Day) {
        self.number(ground.from.into());
        self.days(ground.day, since);
        self.gap(ground.at, beginning(ground.day));
        self.worths(&ground.metrics);
    }

    fn worths(&mut self, worths: &[Worth]) {
        self.length(worths.len());
        for worth in worths {
            self.signed(worth.total);
            self.length(worth.keys.len());
            for key in &worth.keys {
                self.key(key);
            }
        }
    }

    fn member(&mut self, member: &Member, lots: &[Lot]) {
        self.text(&member.id);
        self.number(
            u64::from(member.enrolled.is_some()) | u64::from(member.birthday.is_some()) << 1,
        );
        if let Some(enrolled) = member.enrolled {
            self.signed(enrolled.into());
        }
        if let Some(birthday) = member.birthday {
            self.gap(birthday, 0);
        }
        self.length(member.profile.len());
        for (column, key) in &member.profile {
            self.number((*column).into());
            self.key(key);
        }
        self.measures(&member.measures, lots);
    }
}

/// The beginning of a day in UTC.
fn beginning(day: Day) -> Instant {
    i64::from(day).wrapping_mul(DAY)
}

impl Reader<'_> {
    fn event(&mut self) -> Option<EventRef> {
        let source = usize::try_from(self.number()?).ok()?;
        let id = match self.key()? {
            Key::Number(number) => EventId::Number(number),
            Key::Text(text) => EventId::Text(text.as_str().into()),
        };
        Some((source, id))
    }

    fn caps(&mut self, lots: &[Lot]) -> Option<Vec<CapUse>> {
        let mut caps = Vec::new();
        for _ in 0..self.length()? {
            caps.push(CapUse {
                cap: self.small()?,
                member: self.small()?,
                each: match self.number()? {
                    0 => None,
                    _ => Some(self.key()?),
                },
                used: self.measure(lots)?,
            });
        }
        Some(caps)
    }

    fn past(&mut self, lots: &[Lot]) -> Option<Past> {
        let mut past = Past::default();
        let mut last = 0;
        for _ in 0..self.length()? {
            let event = self.event()?;
            last = self.gap(last)?;
            past.events.push(Compared {
                event,
                at: last,
                given: self.signed()?,
                would: self.signed()?,
            });
        }
        past.caps = self.caps(lots)?;
        Some(past)
    }

    fn gift(&mut self) -> Option<Gift> {
        let (reward, member) = (self.small()?, self.small()?);
        let event = self.event()?;
        let at = self.signed()?;
        Some(Gift {
            reward,
            member,
            event,
            at,
            until: self.gap(at)?,
            used: self.number()? != 0,
            each: Vec::new(),
        })
    }

    fn ground(&mut self, since: Day) -> Option<Ground> {
        let from = self.small()?;
        let day = self.days(since)?;
        let at = self.gap(beginning(day))?;
        Some(Ground {
            from,
            day,
            at,
            metrics: self.worths()?,
        })
    }

    fn worths(&mut self) -> Option<Vec<Worth>> {
        let mut worths = Vec::new();
        for _ in 0..self.length()? {
            let mut worth = Worth {
                total: self.signed()?,
                keys: Vec::new(),
            };
            for _ in 0..self.length()? {
                worth.keys.push(self.key()?);
            }
            worths.push(worth);
        }
        Some(worths)
    }

    fn member(&mut self, lots: &[Lot]) -> Option<Member> {
        let id = self.text()?.to_owned();
        let parts = self.number()?;
        let enrolled = match parts & 1 {
            0 => None,
            _ => Some(self.day()?),
        };
        let birthday = match parts & 2 {
            0 => None,
            _ => Some(self.gap(0)?),
        };
        let mut profile = Vec::new();
        for _ in 0..self.length()? {
            profile.push((self.small()?, self.key()?));
        }
        Some(Member {
            id,
            enrolled,
            profile,
            measures: self.measures(lots)?,
            birthday,
        })
    }
}

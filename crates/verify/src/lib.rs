//! The recount: a second implementation of the ledger, from the events alone.
//!
//! It shares with the engine the parsed programme and its typed conditions, the canonical events, the row
//! types of the ledger and plain number types. Everything that can be wrong (evaluation of conditions,
//! windows, caps, lots, tiers, rounding, calendar arithmetic, tickets of draws) is written here once more,
//! from the specification, the plain way: definitions are recomputed from the list of events each time they
//! are asked for. Clarity goes before speed.
//!
//! [`recount`] takes all events of one account and returns what the ledger should say; [`compare`] says
//! where a ledger differs, [`identities`] checks a ledger against itself, [`draws`] draws again.

mod account;
mod ask;
mod compare;
mod convert;
mod days;
pub mod draws;
mod early;
mod earn;
mod events;
mod exact;
mod excess;
mod identities;
mod idle;
mod ladder;
mod look;
mod lots;
mod measure;
mod qualify;
mod reading;
mod refund;
mod regrant;
mod rewards;
mod spend;
mod stack;
mod undo;
mod until;
mod versions;

pub use compare::{Difference, Table, compare};
pub use identities::identities;
pub use versions::Readings;

use account::Account;
use reading::Reading;
use rungs_engine::calendar::{Day, Instant, Length};
use rungs_engine::event::Batch;
use rungs_engine::ledger::{Entry, EventRef, Issued, RungMove};
use rungs_engine::program::Versions;
use std::ops::Range;

/// A win of a surprise. It is a decision: the recount reads it back and never draws again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Win {
    /// Index in `Program::surprises`.
    pub surprise: usize,
    /// The scheduled instant.
    pub occurrence: Instant,
    /// Who won.
    pub member: String,
}

/// Why an event was not taken, or not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A refund names no order of the account that came before it and counted.
    OrderUnknown,
    /// A refund asks for more than is left of its order, and the programme refuses such refunds.
    MoreThanLeft,
    /// A refund asks for more than is left of its order, and took what was left.
    TookWhatWasLeft,
    /// An un-redeem names no redemption of the account that came before it.
    RedemptionUnknown,
    /// A number of a condition or expression left 64 bits.
    Overflow,
}

/// What an account holds of a wallet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Points {
    /// Spendable, scaled points.
    pub balance: i64,
    /// Held back, scaled points.
    pub pending: i64,
    /// Owed, scaled points.
    pub debt: i64,
}

/// What an account holds at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Points, by wallet.
    pub points: Vec<Points>,
    /// Index of the rung held.
    pub rung: usize,
    /// The day on which it ends, if it does.
    pub rung_until: Option<Day>,
}

/// What the ledger of one account should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recount {
    /// Points, in the order in which they were booked.
    pub entries: Vec<Entry>,
    /// Moves on the ladder.
    pub rungs: Vec<RungMove>,
    /// Rewards.
    pub issued: Vec<Issued>,
    /// Events that should not have been taken, or not whole. Events before enrolment are ignored, not rejected.
    pub rejected: Vec<(EventRef, Reason)>,
    /// The account just before the end.
    pub closing: Closing,
}

/// Recounts one account. `rows` are all its events of all time, in their order; `wins` are the wins of its
/// members. The result is the state just before `until`: what happens at `until` is not in it.
pub fn recount(
    versions: &Versions,
    batch: &Batch,
    rows: Range<usize>,
    wins: &[Win],
    until: Instant,
) -> Recount {
    Readings::of(versions).recount(batch, rows, wins, until)
}

/// A member who may draw.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Eligible {
    /// Index in `Program::surprises`.
    pub surprise: usize,
    /// The scheduled instant.
    pub occurrence: Instant,
    /// Who.
    pub member: String,
}

/// Whether a member of the account may draw: the audience's condition holds with the state at the start of
/// the occurrence's local day, and no win of this surprise is too recent.
pub fn eligible(
    versions: &Versions,
    surprise: usize,
    batch: &Batch,
    rows: Range<usize>,
    wins: &[Win],
    occurrence: Instant,
    member: &str,
) -> bool {
    Readings::of(versions)
        .eligible(batch, rows, wins, &[(surprise, occurrence)])
        .iter()
        .any(|one| one.member == member)
}

impl Readings<'_> {
    /// As [`recount()`], for many accounts of one programme.
    pub fn recount(
        &self,
        batch: &Batch,
        rows: Range<usize>,
        wins: &[Win],
        until: Instant,
    ) -> Recount {
        let name = batch.account.get(rows.start).unwrap_or_default();
        let mut account = Account::new(self, batch, name, wins);
        for event in events(batch, rows) {
            if batch.time[event.start] >= until {
                break;
            }
            account.take(event);
        }
        account.pass(until.saturating_sub(1));
        let closing = Closing {
            points: (account.purses.iter())
                .map(|purse| Points {
                    balance: purse.lots.open(),
                    pending: purse.lots.pending(),
                    debt: purse.lots.debt,
                })
                .collect(),
            rung: account.held.rung,
            rung_until: account.held.until,
        };
        Recount {
            entries: account.entries,
            rungs: account.rungs,
            issued: (account.issued.into_iter())
                .chain(account.taken_back.into_iter().map(|(_, back)| back))
                .collect(),
            rejected: account.rejected,
            closing,
        }
    }

    /// Which members of the account may draw at these occurrences (surprise, scheduled instant), in one
    /// walk through the account's events.
    pub fn eligible(
        &self,
        batch: &Batch,
        rows: Range<usize>,
        wins: &[Win],
        occurrences: &[(usize, Instant)],
    ) -> Vec<Eligible> {
        let name = batch.account.get(rows.start).unwrap_or_default();
        let mut account = Account::new(self, batch, name, wins);
        let mut by_day: Vec<(Instant, usize, Instant)> = occurrences
            .iter()
            .map(|(surprise, at)| {
                let days = &self.newest().days;
                (days.midnight(days.day(*at)), *surprise, *at)
            })
            .collect();
        by_day.sort_unstable();
        let mut events = events(batch, rows).into_iter().peekable();
        let mut found = Vec::new();
        for (midnight, surprise, occurrence) in by_day {
            while let Some(event) = events.next_if(|event| batch.time[event.start] < midnight) {
                account.take(event);
            }
            account.pass(midnight);
            found.extend(
                account
                    .audience(surprise, occurrence, midnight)
                    .into_iter()
                    .filter(|member| {
                        let reading = self.on(midnight);
                        !reading.cooling(wins, surprise, occurrence, member)
                    })
                    .map(|member| Eligible {
                        surprise,
                        occurrence,
                        member,
                    }),
            );
        }
        found.sort();
        found
    }
}

impl Reading<'_> {
    /// Whether a win of this surprise is too recent for another.
    fn cooling(&self, wins: &[Win], surprise: usize, occurrence: Instant, member: &str) -> bool {
        let cooldown: Option<Length> = self.program.surprises[surprise].cooldown;
        cooldown.is_some_and(|length| {
            wins.iter().any(|win| {
                win.surprise == surprise
                    && win.member == member
                    && win.occurrence < occurrence
                    && occurrence < self.days.life(win.occurrence, length)
            })
        })
    }
}

impl Account<'_> {
    /// The members for whom the condition of a surprise holds, asked at an occurrence with the state of
    /// now, the start of its day.
    fn audience(&self, surprise: usize, occurrence: Instant, midnight: Instant) -> Vec<String> {
        let Some(declared) = self.reading.program.surprises.get(surprise) else {
            return Vec::new();
        };
        if self.enrolled.is_none() {
            return Vec::new();
        }
        let day = self.reading.days.day(midnight);
        (0..self.members.len())
            .filter(|member| self.members[*member].joined.is_some())
            .filter(|member| {
                let state = self.state(*member, midnight, day, &self.reading.asked_between);
                self.question(None, *member, &state, occurrence)
                    .holds(&declared.when)
                    .unwrap_or(false)
            })
            .map(|member| self.members[member].name.clone())
            .collect()
    }
}

/// The rows of each event: an event has a row per line.
fn events(batch: &Batch, rows: Range<usize>) -> Vec<Range<usize>> {
    let same = |a: usize, b: usize| {
        batch.time[a] == batch.time[b]
            && batch.kind[a] == batch.kind[b]
            && batch.source[a] == batch.source[b]
            && batch.id.get(a) == batch.id.get(b)
    };
    let mut events: Vec<Range<usize>> = Vec::new();
    for row in rows {
        match events.last_mut() {
            Some(event) if same(event.start, row) => event.end = row + 1,
            _ => events.push(row..row + 1),
        }
    }
    events
}

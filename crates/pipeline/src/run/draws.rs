//! Draws of surprises. They need the whole population: who may draw is known when the night before an
//! occurrence is settled; the lowest tickets of all win. What is decided here is a decision: it is
//! stored, and never taken again.
//!
//! A back-fill settles many nights at once, so accounts are first settled from one occurrence to the
//! next without booking anything, only to know who may draw; then everything is settled and booked in
//! one pass with the wins known.

use crate::lake::decisions::Decision;
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::cron::occurrences;
use rungs_engine::event::Batch;
use rungs_engine::fold::{
    AccountState, Fold, Given, Pass, Piece, Plans, Ready, Rejection, Sink, Ticket, Win, day_key,
    ticket, wins,
};
use rungs_engine::ledger::{Entry, Issued, RungMove};
use std::ops::Range;

/// An account on its way through the occurrences.
#[derive(Debug)]
pub struct Walker<'a> {
    /// Its id.
    pub account: String,
    /// Its state so far.
    pub state: AccountState,
    /// Its new events, if it has some: the piece that they are in, and its rows.
    pub events: Option<(&'a Piece<'a>, Range<usize>)>,
    /// What its refunds will need.
    pub pass: Pass,
    /// Wins that are not settled yet.
    pub wins: Vec<Win>,
}

/// Books nothing.
pub(super) struct Nothing;

impl Sink for Nothing {
    fn entry(&mut self, _: Entry) {}
    fn rung(&mut self, _: RungMove) {}
    fn issued(&mut self, _: Issued) {}
    fn reject(&mut self, _: usize, _: Rejection) {}
}

/// An occurrence of a surprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Index of the surprise.
    pub surprise: usize,
    /// Its local day.
    pub day: Day,
    /// Its instant.
    pub at: Instant,
    /// Its local time, as tickets have it.
    pub text: String,
}

/// All occurrences on the days from `from` to (not including) `before`, by time and surprise.
pub fn scheduled(plans: &Plans<'_>, from: Day, before: Day) -> Vec<Occurrence> {
    let versions = plans.versions;
    let mut all = Vec::new();
    for (version, program) in versions.all().iter().enumerate() {
        let zone = &program.zone;
        for (surprise, declared) in program.surprises.iter().enumerate() {
            if declared.absent {
                continue;
            }
            let times = occurrences(&declared.schedule, zone, from, before).into_iter();
            let times = times.map(|(local, at)| Occurrence {
                surprise,
                day: zone.day(at),
                at,
                text: local.strftime("%Y-%m-%dT%H:%M").to_string(),
            });
            all.extend(times.filter(|occurrence| versions.at(occurrence.day) == version));
        }
    }
    all.sort_by_key(|occurrence| (occurrence.at, occurrence.surprise));
    all
}

/// Decides the occurrences one after the other. The walkers' wins are extended by what is decided.
pub fn draw(
    plans: &Plans<'_>,
    secret: &[u8],
    due: &[Occurrence],
    walkers: &mut [Walker<'_>],
) -> Vec<Decision> {
    let versions = plans.versions;
    let empty = Batch::empty();
    let nothing = Ready::new(plans, &empty);
    let idle = Piece::new(plans, &empty, &nothing);
    let mut fold = Fold::default();
    let mut all = Vec::new();
    for occurrence in due {
        // The version of the day says who draws for what; asked is the state just before the day.
        let version = versions.at(occurrence.day);
        let plan = &plans.all()[version];
        let program = plan.program;
        let surprise = &program.surprises[occurrence.surprise];
        let until = program.zone.midnight(occurrence.day);
        let key = day_key(secret, &program.id, occurrence.day);
        let mut drawn: Vec<(Ticket, usize, usize)> = Vec::new();
        for (index, walker) in walkers.iter_mut().enumerate() {
            walker.advance(&idle, &mut fold, until);
            // A version that begins with the day has begun.
            if plans.begins(until) {
                walker.begin(&idle, &mut fold, until + 1);
            }
            for member in 0..walker.members() {
                if !walker.state.may_draw(
                    plan,
                    occurrence.surprise,
                    member,
                    &walker.account,
                    occurrence.at,
                    occurrence.day,
                ) {
                    continue;
                }
                let drawn_ticket = ticket(
                    &key,
                    &program.id,
                    &surprise.id,
                    &occurrence.text,
                    walker.member(member),
                );
                if wins(&drawn_ticket, surprise.chance) {
                    drawn.push((drawn_ticket, index, member));
                }
            }
        }
        drawn.sort_unstable();
        let budget = surprise.budget.map_or(usize::MAX, |budget| {
            usize::try_from(budget).unwrap_or(usize::MAX)
        });
        for (place, (drawn_ticket, index, member)) in drawn.into_iter().enumerate() {
            let walker = &mut walkers[index];
            let name = walker.member(member).to_owned();
            let won = place < budget;
            if won {
                walker
                    .state
                    .won(occurrence.surprise, member, occurrence.day);
                walker.wins.push(Win {
                    surprise: occurrence.surprise,
                    at: occurrence.at,
                    day: occurrence.day,
                    member: name.clone(),
                });
            }
            all.push(Decision {
                surprise: surprise.id.clone(),
                at: occurrence.at,
                occurrence: occurrence.text.clone(),
                account: walker.account.clone(),
                member: name,
                ticket: drawn_ticket
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect(),
                won,
            });
        }
    }
    all.sort();
    all
}

impl Walker<'_> {
    fn members(&self) -> usize {
        self.state.members.len().max(1)
    }

    fn member(&self, index: usize) -> &str {
        self.state
            .members
            .get(index)
            .map_or(&self.account, |member| &member.id)
    }

    /// Settles what falls due before `until` without any event, booking nothing.
    fn begin(&mut self, idle: &Piece<'_>, fold: &mut Fold, until: Instant) {
        let given = Given {
            account: &self.account,
            wins: &[],
            until,
        };
        let (pass, state) = (&mut self.pass, &mut self.state);
        fold.stretch(idle, given, pass, state, 0..0, &mut Nothing);
    }

    /// Settles what happens before `until`, booking nothing. `idle` is the piece of those without events.
    fn advance(&mut self, idle: &Piece<'_>, fold: &mut Fold, until: Instant) {
        let (piece, rows) = match &mut self.events {
            Some((piece, rows)) => {
                let end = rows.start
                    + piece.batch.time[rows.clone()]
                        .iter()
                        .take_while(|at| **at < until)
                        .count();
                let now = rows.start..end;
                rows.start = end;
                (*piece, now)
            }
            None => (idle, 0..0),
        };
        // Only what lies before `until` can have happened.
        let due = self.wins.iter().take_while(|win| win.at < until).count();
        let given = Given {
            account: &self.account,
            wins: &self.wins[..due],
            until,
        };
        let (pass, state) = (&mut self.pass, &mut self.state);
        fold.stretch(piece, given, pass, state, rows, &mut Nothing);
        self.wins.drain(..due);
    }
}

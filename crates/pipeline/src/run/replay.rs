//! An account whose past turns out to be another one: it is settled from its events as they were known,
//! and as they are known now, and what differs is booked.

use crate::lake::error::LakeError;
use crate::lake::history::{ColumnSet, History};
use crate::lake::order::sort;
use crate::lake::rows::{concat, slice, take};
use rungs_engine::calendar::Instant;
use rungs_engine::event::{Batch, EventId};
use rungs_engine::fold::{
    AccountState, Fold, Given, Piece, Plans, Ready, Rejection, Sink, difference,
};
use rungs_engine::ledger::canonical::reward_id;
use rungs_engine::ledger::{Booking, Entry, Issued, RungMove};
use std::ops::Range;

/// What settlement books for an account, in memory.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Points.
    pub entries: Vec<Entry>,
    /// Moves on the ladder.
    pub rungs: Vec<RungMove>,
    /// Rewards.
    pub issued: Vec<Issued>,
    /// Events that could not be settled, by their row.
    pub rejected: Vec<(usize, Rejection)>,
}

impl Sink for Lines {
    fn entry(&mut self, entry: Entry) {
        self.entries.push(entry);
    }
    fn rung(&mut self, moved: RungMove) {
        self.rungs.push(moved);
    }
    fn issued(&mut self, issued: Issued) {
        self.issued.push(issued);
    }
    fn reject(&mut self, row: usize, why: Rejection) {
        self.rejected.push((row, why));
    }
}

/// What a night books for an account.
#[derive(Debug, Clone, Default)]
pub struct Booked {
    /// What was booked before, and held until now.
    pub before: Lines,
    /// What the night books, in order.
    pub entries: Vec<(Booking, Entry)>,
    /// Likewise.
    pub rungs: Vec<(Booking, RungMove)>,
    /// Likewise.
    pub issued: Vec<(Booking, Issued)>,
    /// Events that cannot be settled, which was not known before: by their row.
    pub rejected: Vec<(usize, Rejection)>,
    /// When something will happen without an event.
    pub wake: Instant,
}

impl Booked {
    /// The line by which a reward was issued that was taken back and is not any more.
    pub fn standing(&self, back: &Issued) -> Option<&Issued> {
        let issues = |line: &&Issued| line.revoked_by.is_none() && line.same_reward(back);
        let withdrawn = |line: &Issued| {
            let mut lines = self.issued.iter();
            lines.any(|(booking, other)| *booking == Booking::Withdrawn && other == line)
        };
        let new = self
            .issued
            .iter()
            .filter(|(booking, _)| *booking != Booking::Withdrawn);
        new.map(|(_, line)| line).find(issues).or_else(|| {
            self.before
                .issued
                .iter()
                .find(issues)
                .filter(|line| !withdrawn(line))
        })
    }
}

/// Settles an account again. `past` are its events as they were known, `all` as they are known now;
/// `given` is what it brings along to the end of the run, of which all before `settled` is settled
/// already; `kept` are rewards that earlier nights found undeserved, or taken back, but used. Leaves the
/// state at the end of the run.
pub fn replay(
    fold: &mut Fold,
    plans: &Plans<'_>,
    (past, all): (&Batch, &Batch),
    given: Given<'_>,
    (settled, kept): (Instant, &[Issued]),
    state: &mut AccountState,
) -> Booked {
    let metrics = plans.newest().program.metrics.len();
    let mut settle = |events: &Batch, given: Given<'_>| {
        let mut lines = Lines::default();
        let prepared = Ready::new(plans, events);
        let piece = Piece::new(plans, events, &prepared);
        state.clear(metrics);
        let wake = fold.account(&piece, given, state, 0..events.rows, &mut lines);
        (lines, wake)
    };
    let won = given.wins.partition_point(|win| win.at < settled);
    let (before, _) = settle(
        past,
        Given {
            wins: &given.wins[..won],
            until: settled,
            ..given
        },
    );
    let (now, wake) = settle(all, given);
    let known: Vec<_> = before
        .rejected
        .iter()
        .map(|(row, why)| (past.source[*row], past.id.get(*row), why))
        .collect();
    let new = |(row, why): &&(usize, Rejection)| {
        !known.contains(&(all.source[*row], all.id.get(*row), why))
    };
    Booked {
        entries: correct(&before.entries, now.entries, |line| line.at < settled),
        rungs: correct(&before.rungs, now.rungs, |line| line.at < settled),
        issued: rewards(
            plans,
            correct(&before.issued, now.issued, |line| line.at < settled),
            fold.used(),
            kept,
        ),
        rejected: now.rejected.iter().filter(new).cloned().collect(),
        before,
        wake,
    }
}

/// What was used cannot be taken back: such lines are booked as kept, and as restored where what was kept
/// turns out to be deserved.
fn rewards(
    plans: &Plans<'_>,
    lines: Vec<(Booking, Issued)>,
    used: &[String],
    kept: &[Issued],
) -> Vec<(Booking, Issued)> {
    let is_used = |line: &Issued| used.contains(&reward_id(plans.newest().program, line));
    let mut kept: Vec<Issued> = kept.to_vec();
    let mut booked = Vec::with_capacity(lines.len());
    for (booking, line) in lines {
        let back = line.revoked_by.is_some();
        let known = |other: &Issued| other.same_reward(&line) && other.revoked_by.is_some() == back;
        let known = kept.iter().any(known);
        let booking = match (booking, back) {
            (Booking::Late, false) | (Booking::Withdrawn, true) if known => Booking::Restored,
            (Booking::Withdrawn, false) | (Booking::Late, true) if is_used(&line) => {
                kept.push(line.clone());
                Booking::Kept
            }
            (booking, _) => booking,
        };
        booked.push((booking, line));
    }
    booked
}

/// What takes `before` to `now`, as far as that is `past`; then the rest of `now`.
fn correct<T: Ord + Clone>(
    before: &[T],
    mut now: Vec<T>,
    past: impl Fn(&T) -> bool,
) -> Vec<(Booking, T)> {
    let new = now.split_off(now.partition_point(past));
    let difference = difference(before, &now);
    let withdrawn = difference.withdrawn.into_iter();
    let late = difference.late.into_iter();
    withdrawn
        .map(|line| (Booking::Withdrawn, line))
        .chain(late.map(|line| (Booking::Late, line)))
        .chain(new.into_iter().map(|line| (Booking::OnTime, line)))
        .collect()
}

/// The events of an account: as they were known, and as they are with the new ones and without those
/// (dataset, id) that do not stand any more.
pub fn past_and_all(
    account: &str,
    history: &History,
    plans: &Plans<'_>,
    gone: &[(u16, EventId)],
    batch: &Batch,
    rows: Range<usize>,
) -> Result<(Batch, Batch), LakeError> {
    let past = history.account(account, &ColumnSet::all(plans.newest().program))?;
    let stands = |row: &u32| {
        let row = *row as usize;
        !gone.contains(&(past.source[row], past.id.get(row)))
    };
    let mut all = match gone.is_empty() {
        true => past.clone(),
        false => {
            let kept: Vec<u32> = (0..past.rows as u32).filter(stands).collect();
            take(&past, &kept)
        }
    };
    if !rows.is_empty() {
        let new = slice(batch, rows.start, rows.len());
        all = match all.rows {
            0 => new,
            _ => {
                let all = concat(&[&all, &new]);
                let order = sort(&all, history.layout());
                take(&all, &order.rows)
            }
        };
    }
    Ok((past, all))
}

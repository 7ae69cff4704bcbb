//! Where a night books what it settles: the ledger in the lake, the serving copy, and the sums.

use super::counting::Counting;
use super::replay::Booked;
use super::totals::Totals;
use crate::lake::error::LakeError;
use crate::lake::ledger::LedgerWriter;
use crate::serving::{Changes, RewardRow};
use rungs_engine::calendar::Instant;
use rungs_engine::fold::{Rejection, Sink};
use rungs_engine::ledger::canonical::reward_id;
use rungs_engine::ledger::{Booking, Entry, Issued, RungMove};
use rungs_engine::program::Program;

/// Books into the lake, and keeps the sums.
pub struct Books<'w, 'a> {
    /// Entries, moves and rewards.
    pub ledger: &'w mut LedgerWriter<'a>,
    /// Sums of the run.
    pub totals: &'w mut Totals,
    /// Events that could not be settled, by their row.
    pub rejected: &'w mut Vec<(usize, Rejection)>,
    /// The first of the account's rewards in `served`.
    pub first_reward: usize,
    /// Rows of the serving copy.
    pub served: &'w mut Changes,
    /// Sums over all accounts.
    pub counting: Option<&'w mut Counting<'a>>,
    /// The programme, and the account at hand.
    pub night: (&'w Program, &'w str),
    /// What takes effect before is a replay of what was booked already.
    pub from: Instant,
    /// Why a reward could not be booked.
    pub error: Option<LakeError>,
}

impl Books<'_, '_> {
    #[inline(always)]
    fn book(&mut self, booking: Booking, entry: &Entry) {
        if let Some(counting) = &mut self.counting {
            counting.entry(booking, entry);
        }
        self.totals.booked[entry.kind as usize] += booking.sign() * entry.points;
        self.totals.entries += 1;
        self.ledger.entry(booking, entry);
    }

    fn book_move(&mut self, booking: Booking, moved: &RungMove) {
        self.totals.moves += 1;
        self.ledger.rung(booking, moved);
    }

    fn book_reward(&mut self, booking: Booking, issued: &Issued) {
        self.totals.rewards += booking.sign() * issued.number();
        if let Some(counting) = &mut self.counting {
            counting.reward(booking, issued);
        }
        let row = self.served_reward(issued);
        match (booking, &issued.revoked_by) {
            (Booking::OnTime | Booking::Late, None) => self.served.rewards.push(row),
            (Booking::OnTime | Booking::Late, Some(_)) | (Booking::Withdrawn, None) => {
                let own = &self.served.rewards[self.first_reward..];
                if let Some(place) = own.iter().position(|known| known.id == row.id) {
                    self.served.rewards.swap_remove(self.first_reward + place);
                }
                self.served.revoked.push((row.account, row.id));
            }
            // What a refund took back is the member's again: replays say when it was issued.
            (Booking::Withdrawn, Some(_)) | (Booking::Kept | Booking::Restored, _) => {}
        }
        if let Err(error) = self.ledger.reward(booking, issued) {
            self.error.get_or_insert(error);
        }
    }

    /// Books what a replay gave.
    pub fn correct(&mut self, booked: &Booked) {
        for entry in &booked.before.entries {
            if let Some(counting) = &mut self.counting {
                counting.known(entry);
            }
        }
        for (booking, entry) in &booked.entries {
            self.book(*booking, entry);
        }
        for (booking, moved) in &booked.rungs {
            self.book_move(*booking, moved);
        }
        for (booking, issued) in &booked.issued {
            self.book_reward(*booking, issued);
        }
        // What was taken back and is the member's again.
        for (booking, back) in &booked.issued {
            if *booking == Booking::Withdrawn
                && back.revoked_by.is_some()
                && let Some(issued) = booked.standing(back)
            {
                let row = self.served_reward(issued);
                self.served.rewards.push(row);
            }
        }
        self.rejected.extend(booked.rejected.iter().cloned());
    }

    fn served_reward(&self, issued: &Issued) -> RewardRow {
        let (program, account) = self.night;
        RewardRow {
            id: reward_id(program, issued),
            account: account.to_owned(),
            member: issued.member.clone(),
            reward: program.rewards[usize::from(issued.reward)].id.clone(),
            at: issued.at,
            until: issued.until,
        }
    }
}

impl Sink for Books<'_, '_> {
    #[inline]
    fn entry(&mut self, entry: Entry) {
        if entry.at >= self.from {
            self.book(Booking::OnTime, &entry);
        } else if let Some(counting) = &mut self.counting {
            counting.known(&entry);
        }
    }
    fn rung(&mut self, moved: RungMove) {
        if moved.at >= self.from {
            self.book_move(Booking::OnTime, &moved);
        }
    }
    fn issued(&mut self, issued: Issued) {
        if issued.at >= self.from {
            self.book_reward(Booking::OnTime, &issued);
        }
    }
    fn reject(&mut self, row: usize, why: Rejection) {
        self.rejected.push((row, why));
    }
}

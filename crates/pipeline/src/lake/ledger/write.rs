//! Writing the ledger of a range of shards. This is where settlement spends its time.

use super::cause::{CauseKind, CauseNumbers, ladder};
use super::sheet::{Place, Sheet};
use super::tables::{
    Entries, NEVER, NO_DAY, Rewards, Rungs, entries_schema, rewards_schema, rungs_schema,
};
use crate::lake::error::{LakeCode, LakeError};
use crate::lake::manifest::LakeFile;
use crate::lake::shard::ShardRange;
use crate::lake::store::Store;
use rungs_engine::ledger::{Booking, Entry, Issued, Rule, RungMove};

/// What one task wrote.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct LedgerFiles {
    /// Points.
    pub entries: Option<LakeFile>,
    /// Moves on the ladder.
    pub rungs: Option<LakeFile>,
    /// Rewards.
    pub rewards: Option<LakeFile>,
    /// Which numbers of causes were used; tasks are joined with [`LedgerFiles::join_used`].
    pub used: Vec<bool>,
}

impl LedgerFiles {
    /// Adds what another task used.
    pub fn join_used(used: &mut Vec<bool>, other: &[bool]) {
        if used.len() < other.len() {
            used.resize(other.len(), false);
        }
        for (used, other) in used.iter_mut().zip(other) {
            *used |= other;
        }
    }
}

/// Takes what settlement books, account by account, in order of shards and accounts.
pub struct LedgerWriter<'a> {
    place: Place<'a>,
    shard: u16,
    numbers: &'a CauseNumbers,
    /// By version: ids of the rungs and of the rewards.
    names: Vec<(Vec<String>, Vec<String>)>,
    account: String,
    entries: Sheet<Entries>,
    rungs: Sheet<Rungs>,
    rewards: Sheet<Rewards>,
}

impl<'a> LedgerWriter<'a> {
    /// Begins the ledger of a range of shards; files come with their first row. `scale` is the wallet's,
    /// `currency_digits` the programme's.
    pub fn new(
        store: &'a Store,
        run: u32,
        range: ShardRange,
        numbers: &'a CauseNumbers,
        scale: u8,
        currency_digits: u8,
    ) -> LedgerWriter<'a> {
        let rewards = |program: &rungs_engine::program::Program| {
            program
                .rewards
                .iter()
                .map(|reward| reward.id.clone())
                .collect()
        };
        let causes = numbers.count();
        LedgerWriter {
            place: Place { store, run, range },
            shard: range.first,
            numbers,
            names: numbers
                .programs()
                .iter()
                .map(|program| (ladder(program), rewards(program)))
                .collect(),
            account: String::new(),
            entries: Sheet::new(entries_schema(scale), Entries::new(), causes),
            rungs: Sheet::new(rungs_schema(), Rungs::new(), causes),
            rewards: Sheet::new(rewards_schema(currency_digits), Rewards::new(), causes),
        }
    }

    /// What comes next belongs to this account. Shards and accounts come in order.
    pub fn account(&mut self, shard: u16, account: &str) -> Result<(), LakeError> {
        self.end(shard != self.shard)?;
        self.shard = shard;
        self.account.clear();
        self.account.push_str(account);
        Ok(())
    }

    /// What was booked since the last call belongs to the account at hand; perhaps its shard ends.
    fn end(&mut self, ends: bool) -> Result<(), LakeError> {
        let (account, place, shard) = (&self.account, self.place, self.shard);
        self.entries.account(account, ends, place, shard)?;
        self.rungs.account(account, ends, place, shard)?;
        self.rewards.account(account, ends, place, shard)
    }

    /// Books an entry of the account.
    #[inline]
    pub fn entry(&mut self, booking: Booking, entry: &Entry) {
        let version = usize::from(entry.version);
        let kind = (CauseKind::Entry(entry.kind), booking);
        let event = Some(&entry.event);
        let lot = entry.lot.as_ref();
        let cause = self.numbers.number(version, kind, entry.rule, event, lot);
        let (row, to) = self.entries.row(entry.at, cause);
        to.points.set(row, booking.sign() * entry.points);
        to.event.set(row, event);
        to.lot.set(row, lot);
        to.expires.set(row, entry.expires.unwrap_or(NEVER));
        to.rung.set(row, i32::from(entry.rung));
    }

    /// Books a move on the ladder.
    pub fn rung(&mut self, booking: Booking, rung: &RungMove) {
        let version = usize::from(rung.version);
        let event = rung.event.as_ref();
        let kind = (CauseKind::RungMove, booking);
        let cause = self.numbers.number(version, kind, Rule::Tiers, event, None);
        let ladder = self.names.get(version).map_or(&[][..], |names| &names.0);
        let name = |rung: u8| ladder.get(usize::from(rung)).map_or("", String::as_str);
        let (row, to) = self.rungs.row(rung.at, cause);
        to.from.push(name(rung.from));
        to.to.push(name(rung.to));
        to.until.set(row, rung.until.unwrap_or(NO_DAY));
        to.reason.push(rung.reason.text());
        to.event.set(row, event);
    }

    /// Books a reward.
    pub fn reward(&mut self, booking: Booking, issued: &Issued) -> Result<(), LakeError> {
        let version = usize::from(issued.version);
        let event = issued.event.as_ref();
        let kind = (CauseKind::Issue, booking);
        let refund = issued.revoked_by.as_ref();
        let cause = self
            .numbers
            .number(version, kind, issued.rule, event, refund);
        let names = self.names.get(version).map_or(&[][..], |names| &names.1);
        let occurrence = i32::try_from(issued.occurrence).map_err(|_| {
            LakeError::new(
                LakeCode::Overflow,
                self.place.store.folder(),
                format!(
                    "account `{}` has too many rewards of one cause",
                    self.account
                ),
                "lower the quantity of the redeem, or give the reward a cap",
            )
        })?;
        let name = names.get(usize::from(issued.reward));
        let (row, to) = self.rewards.row(issued.at, cause);
        to.reward.push(name.cloned().unwrap_or_default());
        to.member.push(issued.member.clone());
        to.event.set(row, event);
        to.occurrence.set(row, occurrence);
        to.until.set(row, issued.until);
        to.cost.set(row, booking.sign() * issued.cost);
        to.revoked_by.set(row, refund);
        Ok(())
    }

    /// Ends the ledger of the range.
    pub fn finish(mut self) -> Result<LedgerFiles, LakeError> {
        self.end(false)?;
        let (place, shard) = (self.place, self.shard);
        let (entries, mut used) = self.entries.finish(place, shard)?;
        let (rungs, more) = self.rungs.finish(place, shard)?;
        LedgerFiles::join_used(&mut used, &more);
        let (rewards, more) = self.rewards.finish(place, shard)?;
        LedgerFiles::join_used(&mut used, &more);
        Ok(LedgerFiles {
            entries,
            rungs,
            rewards,
            used,
        })
    }
}

//! The identities that a ledger keeps with itself, whatever the rules are: per lot granted = pending + open
//! + redeemed − restored + expired + reversed, nothing is ever negative, and the sums are the balances.

use crate::compare::{Difference, Table};
use crate::{Closing, Points, Readings};
use rungs_engine::calendar::Instant;
use rungs_engine::canonical::Kind;
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Rule};
use rungs_engine::number::decimal;
use rungs_engine::program::{Expiry, Versions};
use std::collections::BTreeMap;

/// What the entries of an event's lots add up to.
#[derive(Default)]
struct Sums {
    granted: i64,
    /// What is pending and what is open, by the end of the points: what ends apart is a lot of its own.
    parts: BTreeMap<Option<Instant>, Part>,
    redeemed: i64,
    expired: i64,
    reversed: i64,
    /// Paid to the debt or taken by the desk.
    other: i64,
}

#[derive(Default)]
struct Part {
    pending: i64,
    open: i64,
}

/// Checks the entries of one account against themselves and against what it is said to hold at the end.
pub fn identities(
    versions: &Versions,
    account: &str,
    entries: &[Entry],
    closing: &Closing,
) -> Vec<Difference> {
    Readings::of(versions).identities(account, entries, closing)
}

impl Readings<'_> {
    /// As [`identities()`], for many accounts of one programme.
    pub fn identities(
        &self,
        account: &str,
        entries: &[Entry],
        closing: &Closing,
    ) -> Vec<Difference> {
        let mut differences = Vec::new();
        let newest = self.newest();
        for (wallet, stated) in (0..newest.program.wallets.len() as u8).zip(&closing.points) {
            let check = Check {
                readings: self,
                account,
                wallet,
                scale: newest.scale(),
            };
            // Whether a rule moves points, and which, is said by the version in whose name it is booked.
            let of_wallet = |entry: &&Entry| {
                let program = self.version(usize::from(entry.version)).program;
                entry.rule.wallet(program) == Some(wallet)
            };
            let own: Vec<&Entry> = entries.iter().filter(of_wallet).collect();
            check.of_wallet(own, stated, &mut differences);
        }
        differences
    }
}

/// At one instant what the version before closes gives points other ends; then points of other wallets come and go; then
/// a lot is granted, then opens or gets another end, then ends, then pays debt, before anything is taken from it.
fn step(entry: &Entry, rules: usize) -> u8 {
    match entry.kind {
        EntryKind::Renew if usize::from(entry.version) != rules => 0,
        EntryKind::Convert => 1,
        // What is owed in another wallet from now on.
        EntryKind::Debt if matches!(entry.rule, Rule::Converted(_)) => 1,
        EntryKind::Grant | EntryKind::Restore => 2,
        EntryKind::Adjust | EntryKind::Opening if entry.points > 0 => 2,
        EntryKind::Release | EntryKind::Renew => 3,
        EntryKind::Expire => 4,
        EntryKind::Debt if entry.points > 0 => 5,
        // What is undone at the instant at which it was owed comes after it, in whichever night it was booked.
        EntryKind::Debt => 6,
        EntryKind::Repay => 6,
        EntryKind::Redeem
        | EntryKind::Reverse
        | EntryKind::Forgive
        | EntryKind::Adjust
        | EntryKind::Opening => 7,
    }
}

struct Check<'a> {
    readings: &'a Readings<'a>,
    account: &'a str,
    wallet: u8,
    scale: u8,
}

impl Check<'_> {
    /// Checks the entries of the wallet against themselves and against what it is said to hold at the end.
    fn of_wallet(
        &self,
        mut in_time: Vec<&Entry>,
        stated: &Points,
        differences: &mut Vec<Difference>,
    ) {
        let end = in_time.iter().map(|entry| entry.at).max().unwrap_or(0);
        in_time.sort_by_key(|entry| (entry.at, step(entry, self.readings.at(entry.at))));
        let mut lots: BTreeMap<EventRef, Vec<&Entry>> = BTreeMap::new();
        let mut debt = 0;
        for entry in in_time {
            if !self.sign_fits(entry) {
                let what = format!("{} books", entry.kind.text());
                let expected = "the sign of its kind";
                differences.push(self.broken(entry.at, entry.kind, expected, entry.points, what));
            }
            if matches!(entry.kind, EntryKind::Debt | EntryKind::Repay) {
                debt += entry.points;
            }
            if debt < 0 {
                let what = "what is owed becomes".to_owned();
                let expected = "a debt of at least 0";
                differences.push(self.broken(entry.at, entry.kind, expected, debt, what));
                debt = 0;
            }
            if !matches!(entry.kind, EntryKind::Debt | EntryKind::Forgive) {
                let lot = entry.lot.clone().unwrap_or_else(|| entry.event.clone());
                lots.entry(lot).or_default().push(entry);
            }
        }
        let (mut open, mut pending) = (0, 0);
        for (lot, entries) in lots {
            let sums = self.lot(&lot, &entries, differences);
            let still_open: i64 = sums.parts.values().map(|part| part.open).sum();
            let still_pending: i64 = sums.parts.values().map(|part| part.pending).sum();
            open += still_open;
            pending += still_pending;
            let left = sums.granted - sums.redeemed - sums.expired - sums.reversed - sums.other;
            if left != still_open + still_pending {
                let at = entries.first().map_or(0, |entry| entry.at);
                let (expected, found) = (decimal(left, self.scale), still_open + still_pending);
                let what = format!(
                    "what is left of lot `{}` should be the rest of its grant, but its entries leave",
                    lot.1
                );
                differences.push(self.broken(at, EntryKind::Grant, &expected, found, what));
            }
        }
        for (name, counted, stated) in [
            ("balance", open, stated.balance),
            ("pending", pending, stated.pending),
            ("debt", debt, stated.debt),
        ] {
            if counted != stated {
                let expected = decimal(counted, self.scale);
                let what = format!(
                    "the {name} that the entries add up to is not the one stated, which is"
                );
                differences.push(self.broken(end, EntryKind::Grant, &expected, stated, what));
            }
        }
    }

    fn sign_fits(&self, entry: &Entry) -> bool {
        match entry.kind {
            EntryKind::Grant | EntryKind::Release | EntryKind::Restore => entry.points > 0,
            EntryKind::Debt if matches!(entry.rule, Rule::Converted(_)) => entry.points != 0,
            // What was owed or let go for a redemption is undone with it, and by nothing else.
            EntryKind::Debt | EntryKind::Forgive => match self.undoes(entry) {
                true => entry.points < 0,
                false => entry.points > 0,
            },
            EntryKind::Redeem | EntryKind::Expire | EntryKind::Reverse | EntryKind::Repay => {
                entry.points < 0
            }
            EntryKind::Adjust | EntryKind::Opening | EntryKind::Renew | EntryKind::Convert => {
                entry.points != 0
            }
        }
    }

    fn undoes(&self, entry: &Entry) -> bool {
        let dataset = self.readings.newest().program.datasets.get(entry.event.0);
        dataset.is_some_and(|dataset| dataset.event == Kind::Unredeem)
    }

    fn broken(
        &self,
        at: Instant,
        kind: EntryKind,
        expected: &str,
        found: i64,
        what: String,
    ) -> Difference {
        let found = decimal(found, self.scale);
        Difference {
            account: self.account.to_owned(),
            table: Table::Lots,
            at,
            rule: kind.text().to_owned(),
            sentence: format!(
                "account `{}`, {}: {what} {found}, expected is {expected}",
                self.account,
                self.readings.newest().days.wall_text(at, ' ')
            ),
            expected: Some(expected.to_owned()),
            booked: Some(found),
        }
    }

    /// What is wrong about the end of the points that an entry moves: points end at their end, unless inactivity ends
    /// them, and nothing is taken from them afterwards.
    fn end_fits(&self, entry: &Entry, differences: &mut Vec<Difference>) {
        let Some(end) = entry.expires else { return };
        let fits = match entry.kind {
            EntryKind::Expire if entry.at < end => self.ends_idle(entry.at),
            EntryKind::Expire => entry.at == end,
            // What comes at its end may still pay a debt.
            EntryKind::Grant
            | EntryKind::Opening
            | EntryKind::Restore
            | EntryKind::Convert
            | EntryKind::Repay => entry.at <= end,
            // Before points end, a version that begins settles what its `[migrate]` says.
            _ if self.begins(entry.at) => entry.at <= end,
            _ => entry.at < end,
        };
        if !fits {
            let days = &self.readings.newest().days;
            let what = format!(
                "points that end at {} take part in",
                days.wall_text(end, ' ')
            );
            let expected = "nothing after their end";
            differences.push(self.broken(entry.at, entry.kind, expected, entry.points, what));
        }
    }

    /// Whether a version begins at an instant.
    fn begins(&self, at: Instant) -> bool {
        self.readings.at(at) != self.readings.at(at - 1)
    }

    /// Whether inactivity may end points at an instant.
    fn ends_idle(&self, at: Instant) -> bool {
        let reading = self.readings.version(self.readings.at(at));
        let wallet = &reading.program.wallets[usize::from(self.wallet)];
        matches!(wallet.expiry, Expiry::Inactivity { .. })
    }

    /// Walks through the entries of an event's lots in their order.
    fn lot(&self, lot: &EventRef, entries: &[&Entry], differences: &mut Vec<Difference>) -> Sums {
        // The version that rules when a lot is granted says whether it waits.
        let holds_back = |entry: &Entry| {
            let granting = self.readings.on(entry.at);
            granting.program.wallets[usize::from(self.wallet)]
                .pending
                .is_some()
        };
        let came = |entry: &Entry| matches!(entry.rule, Rule::Converted(_));
        let mut sums = Sums::default();
        for entry in entries {
            self.end_fits(entry, differences);
            let points = entry.points;
            let part = sums.parts.entry(entry.expires).or_default();
            match entry.kind {
                EntryKind::Grant | EntryKind::Convert if points > 0 => {
                    sums.granted += points;
                    if holds_back(entry) {
                        part.pending += points;
                    } else {
                        part.open += points;
                    }
                }
                EntryKind::Adjust | EntryKind::Opening if points > 0 => {
                    sums.granted += points;
                    part.open += points;
                }
                // A debt that was paid already comes back as a lot of the un-redeem's own; what another wallet paid
                // comes back to this one, where its points have come to.
                EntryKind::Restore if entry.event == *lot || came(entry) => {
                    sums.granted += points;
                    part.open += points;
                }
                EntryKind::Release => {
                    part.pending -= points;
                    part.open += points;
                }
                EntryKind::Expire | EntryKind::Reverse | EntryKind::Convert if part.pending > 0 => {
                    // Until it is released, a lot is pending as a whole.
                    part.pending += points;
                }
                _ => part.open += points,
            }
            match entry.kind {
                EntryKind::Redeem => sums.redeemed -= points,
                EntryKind::Restore if entry.event != *lot && !came(entry) => {
                    sums.redeemed -= points;
                }
                EntryKind::Expire => sums.expired -= points,
                EntryKind::Reverse => sums.reversed -= points,
                EntryKind::Repay => sums.other -= points,
                EntryKind::Adjust | EntryKind::Opening | EntryKind::Convert if points < 0 => {
                    sums.other -= points;
                }
                _ => {}
            }
            for (name, left) in [("pending", part.pending), ("open", part.open)] {
                if left < 0 {
                    differences.push(self.broken(
                        entry.at,
                        entry.kind,
                        "at least 0",
                        left,
                        format!("the {name} part of lot `{}` becomes", lot.1),
                    ));
                }
            }
            part.pending = part.pending.max(0);
            part.open = part.open.max(0);
        }
        if sums.redeemed < 0 {
            let at = entries.last().map_or(0, |entry| entry.at);
            differences.push(self.broken(
                at,
                EntryKind::Restore,
                "at most what was redeemed",
                -sums.redeemed,
                format!(
                    "more is given back to lot `{}` than was redeemed, by",
                    lot.1
                ),
            ));
        }
        sums
    }
}

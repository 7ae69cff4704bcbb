//! Sums over accounts, and the figures of the manifest that come of them.

use super::night::Night;
use crate::lake::quarantine::QuarantineRow;
use rungs_engine::fold::AccountState;
use rungs_engine::ledger::EntryKind;
use std::collections::BTreeMap;

/// Sums over accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    /// Amounts booked, by place of the kind in [`EntryKind::ALL`].
    pub booked: [i64; EntryKind::ALL.len()],
    /// Change of open points.
    pub open: i64,
    /// Change of pending points.
    pub pending: i64,
    /// Change of debt.
    pub debt: i64,
    /// New accounts.
    pub accounts: i64,
    /// Change of enrolled accounts.
    pub enrolled: i64,
    /// Change of enrolled accounts by rung.
    pub rungs: BTreeMap<u8, i64>,
    /// Accounts that were touched.
    pub touched: u64,
    /// Rewards issued, less those that were taken back.
    pub rewards: i64,
    /// Rung moves.
    pub moves: u64,
    /// Entries.
    pub entries: u64,
}

impl Totals {
    /// Adds another range's.
    pub fn merge(&mut self, other: &Totals) {
        for (all, points) in self.booked.iter_mut().zip(&other.booked) {
            *all += points;
        }
        for (rung, change) in &other.rungs {
            *self.rungs.entry(*rung).or_default() += change;
        }
        self.open += other.open;
        self.pending += other.pending;
        self.debt += other.debt;
        self.accounts += other.accounts;
        self.enrolled += other.enrolled;
        self.touched += other.touched;
        self.rewards += other.rewards;
        self.moves += other.moves;
        self.entries += other.entries;
    }

    /// Adds an account (`sign` 1), or takes it out as it was before (-1).
    pub fn add(&mut self, state: &AccountState, sign: i64) {
        for purse in state.purses.iter() {
            self.open += sign * purse.open;
            self.pending += sign * purse.pending;
            self.debt += sign * purse.debt;
        }
        if state.enrolled.is_some() {
            self.enrolled += sign;
            *self.rungs.entry(state.rung).or_default() += sign;
        }
    }
}

/// Figures of the manifest: of this run, and of all runs so far (`all.…`).
pub fn counts(
    night: &Night<'_>,
    totals: &Totals,
    quarantine: &[QuarantineRow],
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let before = |name: &str| {
        night
            .before
            .and_then(|before| before.counts.get(name))
            .copied()
            .unwrap_or(0)
    };
    let mut total = |name: String, change: i64| {
        let value = before(&name).saturating_add_signed(change);
        counts.insert(name, value);
    };
    for kind in EntryKind::ALL {
        let points = totals.booked[*kind as usize];
        match kind {
            // The kinds that go both ways: two figures each.
            EntryKind::Adjust | EntryKind::Opening => {
                total(format!("all.{}_up", kind.text()), points.max(0));
                total(format!("all.{}_down", kind.text()), (-points).max(0));
            }
            EntryKind::Redeem | EntryKind::Expire | EntryKind::Reverse | EntryKind::Repay => {
                total(format!("all.{}", kind.text()), -points);
            }
            kind => total(format!("all.{}", kind.text()), points),
        }
    }
    total("all.open".into(), totals.open);
    total("all.pending".into(), totals.pending);
    total("all.owed".into(), totals.debt);
    total("all.accounts".into(), totals.accounts);
    total("all.enrolled".into(), totals.enrolled);
    total("all.rewards".into(), totals.rewards);
    total("all.entries".into(), totals.entries as i64);
    let rungs = night
        .program
        .tiers
        .as_ref()
        .map_or(0, |tiers| tiers.rungs.len());
    for rung in 0..rungs {
        let id = rungs_engine::ledger::canonical::rung_text(night.program, rung as u8)
            .unwrap_or_default();
        total(
            format!("all.rung.{id}"),
            totals.rungs.get(&(rung as u8)).copied().unwrap_or(0),
        );
    }
    counts.insert("touched".into(), totals.touched);
    counts.insert("entries".into(), totals.entries);
    for row in quarantine {
        *counts
            .entry(format!("quarantine.{}", row.code))
            .or_default() += 1;
    }
    counts
}

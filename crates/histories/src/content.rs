//! What generated histories contain: a law over histories in which nothing happens proves nothing.

use rungs_engine::fold::{Kept, WhyNot};
use rungs_engine::ledger::{Entry, EntryKind, Issued, Rule, RungMove, RungReason};
use rungs_engine::program::{IdleSince, RungEnds, Versions};

/// What generated histories really contain.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Histories.
    pub histories: u64,
    /// Accounts in them.
    pub accounts: u64,
    /// Accounts with a refund that took points back.
    pub refunds: u64,
    /// Accounts that were in debt.
    pub debt: u64,
    /// Accounts with a redemption that was undone.
    pub undone: u64,
    /// Accounts where that undid a debt, or what was let go.
    pub undone_shortage: u64,
    /// Accounts where points came back whose life was over.
    pub undone_too_late: u64,
    /// Accounts whose rung moved.
    pub rung_changes: u64,
    /// Accounts that hit a cap.
    pub capped: u64,
    /// Accounts with points that expired.
    pub expired: u64,
    /// Accounts that got a reward.
    pub rewards: u64,
    /// Accounts that won a surprise.
    pub surprises: u64,
    /// Accounts whose points were granted by several versions of the programme.
    pub versions: u64,
    /// Accounts with a refund that took back, under a later version, what an earlier one granted.
    pub refunded_later: u64,
    /// Accounts some of whose points end and others, by the same version, never do, because a rung says so.
    pub ends_apart: u64,
    /// Accounts whose points ended with the first instant of a version, because nothing had happened for too long
    /// before it.
    pub idle_before: u64,
    /// Accounts whose rung got another end because a version computed it anew.
    pub ends_anew: u64,
    /// Accounts whose rung ended with the first instant of such a version.
    pub ended_anew: u64,
    /// Accounts that got a reward before and after a version that calls it otherwise, or lets it go.
    pub rewards_moved: u64,
}

impl Content {
    /// Counts one account by what was booked for it.
    pub fn count(&mut self, versions: &Versions, kept: &Kept) {
        let has = |kind| kept.entries.iter().any(|entry| entry.kind == kind);
        let won = kept
            .issued
            .iter()
            .any(|issued| matches!(issued.rule, Rule::Surprise(_)));
        let capped = |step: &rungs_engine::fold::Step| {
            step.capped < step.exact || step.why_not == Some(WhyNot::Cap)
        };
        self.accounts += 1;
        self.refunds += u64::from(has(EntryKind::Reverse));
        self.debt += u64::from(has(EntryKind::Debt));
        self.undone += u64::from(has(EntryKind::Restore));
        let undone_shortage = |entry: &Entry| {
            matches!(entry.kind, EntryKind::Debt | EntryKind::Forgive) && entry.points < 0
        };
        let over =
            |entry: &Entry| entry.kind == EntryKind::Restore && entry.expires == Some(entry.at);
        self.undone_shortage += u64::from(kept.entries.iter().any(undone_shortage));
        self.undone_too_late += u64::from(kept.entries.iter().any(over));
        self.expired += u64::from(has(EntryKind::Expire));
        self.rung_changes += u64::from(kept.rungs.iter().any(|moved| moved.from != moved.to));
        self.rewards += u64::from(!kept.issued.is_empty());
        self.surprises += u64::from(won);
        let grants = || {
            kept.entries
                .iter()
                .filter(|entry| entry.kind == EntryKind::Grant)
        };
        let first = grants().next().map(|entry| entry.version);
        self.versions += u64::from(grants().any(|entry| Some(entry.version) != first));
        let back = |entry: &&rungs_engine::ledger::Entry| entry.kind == EntryKind::Reverse;
        let later = |back: &rungs_engine::ledger::Entry| {
            grants().any(|entry| entry.at < back.at && entry.version > back.version)
        };
        self.refunded_later += u64::from(kept.entries.iter().filter(back).any(later));
        let apart = |one: &rungs_engine::ledger::Entry| {
            let mut others = grants().filter(|other| other.version == one.version);
            others.any(|other| other.expires.is_some() != one.expires.is_some())
        };
        self.ends_apart += u64::from(grants().any(apart));
        self.capped += u64::from(kept.steps.iter().any(capped));
        let idle_before = |entry: &Entry| {
            let program = &versions.all()[usize::from(entry.version)];
            entry.kind == EntryKind::Expire
                && program.migrate.idle_since == IdleSince::Activity
                && entry.at == program.zone.midnight(program.from)
        };
        let named = |issued: &Issued, version: usize| {
            let reward = &versions.all()[version - 1].rewards[usize::from(issued.reward)];
            let mut said = versions.all()[version].migrate.rewards.iter();
            said.find(|said| said.from == reward.id)
                .map(|said| said.to.clone().unwrap_or(reward.id.clone()))
        };
        let moved = |issued: &Issued| {
            let last = kept
                .issued
                .last()
                .map_or(0, |last| usize::from(last.version));
            (usize::from(issued.version) + 1..=last).any(|version| {
                let becomes = named(issued, version);
                kept.issued.iter().any(|later| {
                    let program = &versions.all()[usize::from(later.version)];
                    usize::from(later.version) >= version
                        && becomes.as_ref() == Some(&program.rewards[usize::from(later.reward)].id)
                })
            })
        };
        self.rewards_moved += u64::from(kept.issued.iter().any(moved));
        let anew = |moved: &&RungMove| {
            let program = &versions.all()[usize::from(moved.version)];
            moved.reason == RungReason::Version
                && program.migrate.rung_ends == RungEnds::Recompute
                && moved.from == moved.to
        };
        let ended = |anew: &RungMove| {
            let mut moves = kept.rungs.iter();
            moves.any(|moved| moved.at == anew.at && moved.reason == RungReason::Shortfall)
        };
        let mut ends_anew = kept.rungs.iter().filter(anew);
        self.ended_anew += u64::from(ends_anew.clone().any(ended));
        self.ends_anew += u64::from(ends_anew.next().is_some());
        self.idle_before += u64::from(kept.entries.iter().any(idle_before));
    }

    /// Adds what other histories contain.
    pub fn merge(&mut self, other: &Content) {
        self.histories += other.histories;
        self.accounts += other.accounts;
        self.refunds += other.refunds;
        self.debt += other.debt;
        self.undone += other.undone;
        self.undone_shortage += other.undone_shortage;
        self.undone_too_late += other.undone_too_late;
        self.rung_changes += other.rung_changes;
        self.capped += other.capped;
        self.expired += other.expired;
        self.rewards += other.rewards;
        self.surprises += other.surprises;
        self.versions += other.versions;
        self.refunded_later += other.refunded_later;
        self.ends_apart += other.ends_apart;
        self.idle_before += other.idle_before;
        self.ends_anew += other.ends_anew;
        self.ended_anew += other.ended_anew;
        self.rewards_moved += other.rewards_moved;
    }

    /// What occurs in fewer than one account of `every`, a sentence each. Surprises are asked only
    /// where draws were held.
    pub fn too_rare(&self, every: u64, drawn: bool) -> Vec<String> {
        let floor = self.accounts.div_ceil(every);
        let counted = [
            ("refunds", self.refunds),
            ("debt", self.debt),
            ("undone redemptions", self.undone),
            ("undone shortages", self.undone_shortage * 2),
            // Only lots with an end of their own can be over.
            ("points that came back too late", self.undone_too_late * 8),
            ("rung changes", self.rung_changes),
            ("caps hit", self.capped),
            ("expired points", self.expired),
            ("rewards", self.rewards),
            ("surprises", if drawn { self.surprises } else { floor }),
            ("points by several versions", self.versions),
            // A refund that comes after another version began is rarer than refunds are.
            (
                "refunds of an earlier version's points",
                self.refunded_later * 4,
            ),
            ("points that a rung lets live otherwise", self.ends_apart),
            // Few versions bring inactivity, and fewer say that it counts from what was before.
            (
                "points that were idle before a version",
                self.idle_before * 8,
            ),
            ("ends of rungs computed anew", self.ends_anew * 4),
            ("rungs that a new end is over for", self.ended_anew * 8),
        ];
        let rare = counted
            .into_iter()
            .filter(|(_, count)| *count < floor || self.accounts == 0);
        rare.map(|(name, count)| format!("only {count} of {} accounts had {name}", self.accounts))
            .collect()
    }
}

impl std::fmt::Display for Content {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} histories, {} accounts, of which {} with refunds, {} in debt, {} with undone redemptions ({} with shortages, {} too late), {} with rung changes, {} with caps hit, {} with expired points, {} with rewards, {} with surprises, {} with points by several versions, {} with refunds of an earlier version's points, {} with points that a rung lets live otherwise, {} with points that were idle before a version, {} with ends of rungs computed anew ({} over by then), {} with rewards before and after they were called otherwise or let go",
            self.histories,
            self.accounts,
            self.refunds,
            self.debt,
            self.undone,
            self.undone_shortage,
            self.undone_too_late,
            self.rung_changes,
            self.capped,
            self.expired,
            self.rewards,
            self.surprises,
            self.versions,
            self.refunded_later,
            self.ends_apart,
            self.idle_before,
            self.ends_anew,
            self.ended_anew,
            self.rewards_moved
        )
    }
}

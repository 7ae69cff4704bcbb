//! What generated histories contain: a law over histories in which nothing happens proves nothing.

use rungs_engine::event::Batch;
use rungs_engine::fold::{Rejection, Step, WhyNot};
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Rule};
use rungs_engine::rehearsal::Rehearsed;

/// What generated histories really contain.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Histories.
    pub histories: u64,
    /// Accounts in them.
    pub accounts: u64,
    /// Accounts with a refund that took points back.
    pub refunds: u64,
    /// Accounts with a refund some of whose points had ended unspent and count as given back.
    pub refunds_excused: u64,
    /// Accounts with a refund that asked for more than was left and took that.
    pub refunds_trimmed: u64,
    /// Accounts with a refund that asked for more than was left and was refused.
    pub refunds_refused: u64,
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
    /// Accounts some of whose points end and others, by the same version, never do, because a rung or rule says so.
    pub ends_apart: u64,
    /// Accounts with an event whose points end apart, because a rule has an end of its own.
    pub ends_by_rule: u64,
    /// Accounts with points that got another end because the rung changed.
    pub renewed: u64,
    /// Accounts with points that an event released.
    pub released_by_event: u64,
    /// Accounts with points, granted when they joined, for orders from before.
    pub backdated: u64,
    /// Accounts with such an order of which something came back before they joined.
    pub backdated_refunds: u64,
}

impl Content {
    /// Counts one account by what was booked for it.
    pub fn count(&mut self, account: &Rehearsed) {
        let kept = &account.kept;
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
        // In the name of the rule that gave them.
        let excused =
            |entry: &Entry| entry.kind == EntryKind::Forgive && matches!(entry.rule, Rule::Earn(_));
        self.refunds_excused += u64::from(kept.entries.iter().any(excused));
        let why = |why: fn(&Rejection) -> bool| kept.rejected.iter().any(|(_, it)| why(it));
        self.refunds_trimmed += u64::from(why(|it| matches!(it, Rejection::TrimmedRefund(_))));
        self.refunds_refused += u64::from(why(|it| matches!(it, Rejection::OverRefund(_))));
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
        let by_rule = |one: &Entry| {
            grants().any(|other| one.event == other.event && one.expires != other.expires)
        };
        self.ends_by_rule += u64::from(grants().any(by_rule));
        self.renewed += u64::from(has(EntryKind::Renew));
        self.capped += u64::from(kept.steps.iter().any(capped));
        let before = |entry: &Entry| time_of(&account.batch, &entry.event) < Some(entry.at);
        self.backdated += u64::from(grants().any(before));
        // What a length releases is released at midnight, or hours after an event: on no event's second, but by chance.
        let by_event = |entry: &Entry| {
            let whole_minute = entry.at % 60_000_000 == 0;
            entry.kind == EntryKind::Release
                && !whole_minute
                && account.batch.time.contains(&entry.at)
        };
        self.released_by_event += u64::from(kept.entries.iter().any(by_event));
        // Granted was less than what the rules gave at first.
        let came_back = |step: &Step| {
            let of_step = |entry: &&Entry| {
                entry.event == step.event && entry.rule == Rule::Earn(step.rule as u16)
            };
            let granted: i64 = grants().filter(of_step).map(|entry| entry.points).sum();
            granted < step.booked
        };
        self.backdated_refunds += u64::from(kept.steps.iter().any(came_back));
    }

    /// Adds what other histories contain.
    pub fn merge(&mut self, other: &Content) {
        self.histories += other.histories;
        self.accounts += other.accounts;
        self.refunds += other.refunds;
        self.refunds_excused += other.refunds_excused;
        self.refunds_trimmed += other.refunds_trimmed;
        self.refunds_refused += other.refunds_refused;
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
        self.ends_by_rule += other.ends_by_rule;
        self.renewed += other.renewed;
        self.backdated += other.backdated;
        self.released_by_event += other.released_by_event;
        self.backdated_refunds += other.backdated_refunds;
    }

    /// What occurs in fewer than one account of `every`, a sentence each. Surprises are asked only
    /// where draws were held.
    pub fn too_rare(&self, every: u64, drawn: bool) -> Vec<String> {
        let floor = self.accounts.div_ceil(every);
        let counted = [
            ("refunds", self.refunds),
            // Only lots with an end of their own end, and every second programme excuses them.
            (
                "refunds of points that have ended",
                self.refunds_excused * 4,
            ),
            ("refunds that were trimmed", self.refunds_trimmed * 2),
            ("refunds that were refused", self.refunds_refused * 2),
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
            ("points of one event that end apart", self.ends_by_rule * 2),
            ("points with another end after a rung change", self.renewed),
            ("points that an event released", self.released_by_event * 2),
            // One programme of three is joined by opt-in.
            ("points for orders from before joining", self.backdated * 2),
            (
                "orders from before joining that came back before it",
                self.backdated_refunds * 10,
            ),
        ];
        let rare = counted
            .into_iter()
            .filter(|(_, count)| *count < floor || self.accounts == 0);
        rare.map(|(name, count)| format!("only {count} of {} accounts had {name}", self.accounts))
            .collect()
    }
}

/// When an event of an account was.
fn time_of(batch: &Batch, event: &EventRef) -> Option<i64> {
    let is =
        |row: &usize| usize::from(batch.source[*row]) == event.0 && batch.id.get(*row) == event.1;
    let row = (0..batch.rows).find(is)?;
    Some(batch.time[row])
}

impl std::fmt::Display for Content {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} histories, {} accounts, of which {} with refunds ({} of points that have ended, {} trimmed, {} refused), {} in debt, {} with undone redemptions ({} with shortages, {} too late), {} with rung changes, {} with caps hit, {} with expired points, {} with rewards, {} with surprises, {} with points by several versions, {} with refunds of an earlier version's points, {} with points that a rung lets live otherwise, {} with points of one event that end apart, {} with points that another rung gave another end, {} with points for orders from before joining ({} of which something had come back), {} with points that an event released",
            self.histories,
            self.accounts,
            self.refunds,
            self.refunds_excused,
            self.refunds_trimmed,
            self.refunds_refused,
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
            self.ends_by_rule,
            self.renewed,
            self.backdated,
            self.backdated_refunds,
            self.released_by_event
        )
    }
}

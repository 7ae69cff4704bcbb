//! An account as it was settled, and what can be seen in it.

use rungs_engine::canonical::Kind;
use rungs_engine::event::Batch;
use rungs_engine::fold::{Kept, Rejection, Step, WhyNot};
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Issued, Rule, RungMove, RungReason};
use rungs_engine::program::{IdleSince, Program, RungEnds, Versions};

/// One account: its events and what was booked for it.
pub(super) struct Seen<'a> {
    pub(super) versions: &'a Versions,
    pub(super) batch: &'a Batch,
    pub(super) kept: &'a Kept,
}

impl Seen<'_> {
    fn any(&self, is: impl Fn(&Entry) -> bool) -> bool {
        self.kept.entries.iter().any(is)
    }

    fn has(&self, kind: EntryKind) -> bool {
        self.any(|entry| entry.kind == kind)
    }

    fn grants(&self) -> impl Iterator<Item = &Entry> + Clone {
        let entries = self.kept.entries.iter();
        entries.filter(|entry| entry.kind == EntryKind::Grant && entry.lot.is_none())
    }

    /// Whether the event of an entry is a refund.
    fn is_refund(&self, entry: &Entry) -> bool {
        let dataset = self.program(entry.version).datasets.get(entry.event.0);
        dataset.is_some_and(|dataset| dataset.event == Kind::Refund)
    }

    fn rejected(&self, why: fn(&Rejection) -> bool) -> bool {
        self.kept.rejected.iter().any(|(_, it)| why(it))
    }

    fn program(&self, version: u16) -> &Program {
        &self.versions.all()[usize::from(version)]
    }

    /// A refund took points back.
    pub(super) fn refunds(&self) -> bool {
        self.any(|it| it.kind == EntryKind::Reverse && self.is_refund(it))
    }

    /// Of a refund, some points had ended unspent and count as given back: in the name of the rule that gave them.
    pub(super) fn excused(&self) -> bool {
        self.any(|it| it.kind == EntryKind::Forgive && matches!(it.rule, Rule::Earn(_)))
    }

    /// A refund asked for more than was left and took that.
    pub(super) fn trimmed(&self) -> bool {
        self.rejected(|it| matches!(it, Rejection::TrimmedRefund(_)))
    }

    /// A refund asked for more than was left and was refused.
    pub(super) fn refused(&self) -> bool {
        self.rejected(|it| matches!(it, Rejection::OverRefund(_)))
    }

    pub(super) fn debt(&self) -> bool {
        self.has(EntryKind::Debt)
    }

    pub(super) fn undone(&self) -> bool {
        self.has(EntryKind::Restore)
    }

    /// Undoing a redemption undid a debt, or what was let go.
    pub(super) fn undone_shortage(&self) -> bool {
        let shortage = |kind| matches!(kind, EntryKind::Debt | EntryKind::Forgive);
        self.any(|it| shortage(it.kind) && it.points < 0)
    }

    /// Points came back whose life was over.
    pub(super) fn undone_too_late(&self) -> bool {
        self.any(|it| it.kind == EntryKind::Restore && it.expires == Some(it.at))
    }

    pub(super) fn rung_changes(&self) -> bool {
        self.kept.rungs.iter().any(|moved| moved.from != moved.to)
    }

    pub(super) fn capped(&self) -> bool {
        let capped = |step: &Step| step.capped < step.exact || step.why_not == Some(WhyNot::Cap);
        self.kept.steps.iter().any(capped)
    }

    pub(super) fn expired(&self) -> bool {
        self.has(EntryKind::Expire)
    }

    pub(super) fn rewards(&self) -> bool {
        !self.kept.issued.is_empty()
    }

    pub(super) fn surprises(&self) -> bool {
        let mut issued = self.kept.issued.iter();
        issued.any(|issued| matches!(issued.rule, Rule::Surprise(_)))
    }

    /// Several versions granted points.
    pub(super) fn versions(&self) -> bool {
        let first = self.grants().next().map(|it| it.version);
        self.grants().any(|it| Some(it.version) != first)
    }

    /// A refund took back, under a later version, what an earlier one granted.
    pub(super) fn refunded_later(&self) -> bool {
        let earlier = |back: &Entry| {
            let mut grants = self.grants();
            grants.any(|it| it.at < back.at && it.version > back.version)
        };
        self.any(|it| it.kind == EntryKind::Reverse && earlier(it))
    }

    /// Some points end and others, by the same version, never do.
    pub(super) fn ends_apart(&self) -> bool {
        let apart = |one: &Entry| {
            let mut others = self.grants().filter(|other| other.version == one.version);
            others.any(|other| other.expires.is_some() != one.expires.is_some())
        };
        self.grants().any(apart)
    }

    pub(super) fn ends_by_rule(&self) -> bool {
        let mut grants = self.grants();
        grants.any(|one| {
            let mut others = self.grants();
            others.any(|other| one.event == other.event && one.expires != other.expires)
        })
    }

    pub(super) fn renewed(&self) -> bool {
        self.has(EntryKind::Renew)
    }

    /// What a length releases is released at midnight, or hours after an event: on no event's second, but by chance.
    pub(super) fn released_by_event(&self) -> bool {
        self.any(|it| {
            let whole_minute = it.at % 60_000_000 == 0;
            it.kind == EntryKind::Release && !whole_minute && self.batch.time.contains(&it.at)
        })
    }

    /// Points were granted at a later instant than that of their order: when the account joined.
    pub(super) fn backdated(&self) -> bool {
        let mut grants = self.grants();
        grants.any(|it| self.time_of(&it.event) < Some(it.at))
    }

    /// Granted was less than what the rules gave at first: something had come back before the account joined.
    pub(super) fn backdated_refunds(&self) -> bool {
        let came_back = |step: &Step| {
            let rule = Rule::Earn(step.rule as u16);
            let of_step = |it: &&Entry| it.event == step.event && it.rule == rule;
            let granted: i64 = self.grants().filter(of_step).map(|it| it.points).sum();
            granted < step.booked
        };
        self.kept.steps.iter().any(came_back)
    }

    /// Points ended with the first instant of a version, because nothing had happened for too long before it.
    pub(super) fn idle_before(&self) -> bool {
        self.any(|it| {
            let program = self.program(it.version);
            it.kind == EntryKind::Expire
                && program.migrate.idle_since == IdleSince::Activity
                && it.at == program.zone.midnight(program.from)
        })
    }

    /// Moves that say only that a version computed a rung's end anew.
    fn anew(&self) -> impl Iterator<Item = &RungMove> {
        self.kept.rungs.iter().filter(|moved| {
            moved.reason == RungReason::Version
                && self.program(moved.version).migrate.rung_ends == RungEnds::Recompute
                && moved.from == moved.to
        })
    }

    pub(super) fn ends_anew(&self) -> bool {
        self.anew().next().is_some()
    }

    /// A rung ended with the first instant of a version that computed its end anew.
    pub(super) fn ended_anew(&self) -> bool {
        self.anew().any(|anew| {
            let mut moves = self.kept.rungs.iter();
            moves.any(|moved| moved.at == anew.at && moved.reason == RungReason::Shortfall)
        })
    }

    /// Moves by versions that set rungs.
    fn set(&self) -> impl Iterator<Item = &RungMove> {
        self.kept.rungs.iter().filter(|moved| {
            moved.reason == RungReason::Version
                && self.program(moved.version).migrate.qualify.is_some()
        })
    }

    pub(super) fn set_higher(&self) -> bool {
        self.set().any(|moved| moved.to > moved.from)
    }

    pub(super) fn set_lower(&self) -> bool {
        self.set().any(|moved| moved.to < moved.from)
    }

    /// A grant that names its lot comes late: a version has settled what the rule would have given.
    fn late_grants(&self) -> impl Iterator<Item = &Entry> {
        let grants = self.kept.entries.iter();
        grants.filter(|it| it.kind == EntryKind::Grant && it.lot.is_some())
    }

    pub(super) fn given_more(&self) -> bool {
        self.late_grants().next().is_some()
    }

    pub(super) fn given_less(&self) -> bool {
        self.any(|it| it.kind == EntryKind::Reverse && !self.is_refund(it))
    }

    pub(super) fn refunded_anew(&self) -> bool {
        let mut late = self.late_grants();
        late.any(|grant| {
            let refunds = |it: &Entry| it.kind == EntryKind::Reverse && self.is_refund(it);
            self.any(|it| refunds(it) && it.lot == grant.lot && it.version == grant.version)
        })
    }

    /// Points came late for an event and wait with what waits of its points.
    pub(super) fn late_waits(&self) -> bool {
        let mut late = self.late_grants();
        late.any(|grant| {
            let program = self.program(grant.version);
            let wallet = grant.rule.wallet(program);
            let wallet = wallet.and_then(|wallet| program.wallet(wallet));
            let held = wallet.is_some_and(|wallet| wallet.pending.is_some());
            let of = |it: &Entry| (it.event.clone(), it.expires, it.at);
            let opens = |it: &Entry| it.kind == EntryKind::Release && of(it) == of(grant);
            held && !self.any(opens)
        })
    }

    pub(super) fn converted(&self) -> bool {
        self.any(|it| it.kind == EntryKind::Convert && it.points > 0)
    }

    /// In the name of what makes points those of another wallet.
    fn elsewhere(&self, kind: EntryKind) -> bool {
        self.any(|it| it.kind == kind && matches!(it.rule, Rule::Converted(_)))
    }

    pub(super) fn owes_otherwise(&self) -> bool {
        self.elsewhere(EntryKind::Debt)
    }

    pub(super) fn refunded_elsewhere(&self) -> bool {
        self.elsewhere(EntryKind::Reverse)
    }

    pub(super) fn undone_elsewhere(&self) -> bool {
        self.elsewhere(EntryKind::Restore)
    }

    /// What the versions up to another make of a reward, in whose name something is issued again.
    pub(super) fn rewards_moved(&self) -> bool {
        let last = self.kept.issued.last().map_or(0, |last| last.version);
        self.kept.issued.iter().any(|issued| {
            let mut later = issued.version + 1..=last;
            later.any(|version| self.issued_again(issued, version))
        })
    }

    /// Whether a version calls a reward otherwise, or lets it go, and issues it from then on.
    fn issued_again(&self, issued: &Issued, version: u16) -> bool {
        let id = |issued: &Issued| {
            let rewards = &self.program(issued.version).rewards;
            rewards[usize::from(issued.reward)].id.clone()
        };
        let was = self
            .program(version - 1)
            .rewards
            .get(usize::from(issued.reward));
        let mut said = self.program(version).migrate.rewards.iter();
        let said = said.find(|said| was.is_some_and(|was| was.id == said.from));
        let becomes = said.map(|said| said.to.clone().unwrap_or(said.from.clone()));
        let mut issued = self.kept.issued.iter();
        issued.any(|later| later.version >= version && becomes.as_ref() == Some(&id(later)))
    }

    /// When an event of the account was.
    fn time_of(&self, event: &EventRef) -> Option<i64> {
        let batch = self.batch;
        let is = |row: &usize| {
            usize::from(batch.source[*row]) == event.0 && batch.id.get(*row) == event.1
        };
        let row = (0..batch.rows).find(is)?;
        Some(batch.time[row])
    }
}

//! Stored rows as the engine books them, for what compares, explains or reports in its terms.

use super::cause::{Cause, CauseKind, all_rules, ladder, rule_kind};
use super::read::{AccountLedger, EntryRow, Ledger, RewardRow, RungRow};
use rungs_engine::event::EventId;
use rungs_engine::ledger::canonical::rule_text;
use rungs_engine::ledger::{Entry, EntryKind, EventRef, Issued, Rule, RungMove, RungReason};
use rungs_engine::program::Program;

/// Source of events that no dataset of the programme gave.
const NO_DATASET: u16 = u16::MAX;

/// Translates stored rows into the terms of one version of a programme: rules, datasets, rewards and
/// rungs are found by their ids. What that version does not have any more cannot be translated.
pub struct Decoder {
    /// By number of the cause.
    causes: Vec<Option<Known>>,
    rungs: Vec<String>,
    rewards: Vec<String>,
}

#[derive(Clone, Copy)]
struct Known {
    kind: CauseKind,
    rule: Rule,
    source: Option<u16>,
    lot_source: Option<u16>,
}

impl Decoder {
    /// For a ledger and a version.
    pub fn new(ledger: &Ledger<'_>, program: &Program) -> Decoder {
        let rules = all_rules(program);
        let rule = |cause: &Cause| {
            rules.iter().copied().find(|rule| {
                rule_kind(*rule) == cause.rule_kind && rule_text(program, *rule) == cause.rule
            })
        };
        let source = |name: &Option<String>| {
            let name = name.as_ref()?;
            let place = program
                .datasets
                .iter()
                .position(|dataset| dataset.id == *name);
            place.map(|place| place as u16)
        };
        let mut causes = Vec::new();
        for (number, cause) in ledger.causes() {
            let place = *number as usize;
            if causes.len() <= place {
                causes.resize(place + 1, None);
            }
            causes[place] = rule(cause).map(|rule| Known {
                kind: cause.kind,
                rule,
                source: source(&cause.source),
                lot_source: source(&cause.lot_source),
            });
        }
        Decoder {
            causes,
            rungs: ladder(program),
            rewards: program
                .rewards
                .iter()
                .map(|reward| reward.id.clone())
                .collect(),
        }
    }

    fn cause(&self, number: i32) -> Option<Known> {
        *self.causes.get(usize::try_from(number).ok()?)?
    }

    /// An entry.
    pub fn entry(&self, row: &EntryRow) -> Option<Entry> {
        let cause = self.cause(row.cause)?;
        let CauseKind::Entry(kind) = cause.kind else {
            return None;
        };
        Some(Entry {
            at: row.at,
            kind,
            rule: cause.rule,
            event: reference(cause.source, &row.event),
            lot: row.lot.as_ref().map(|lot| reference(cause.lot_source, lot)),
            points: row.points,
            expires: row.expires,
            rung: row.rung,
        })
    }

    /// A move on the ladder.
    pub fn rung(&self, row: &RungRow) -> Option<RungMove> {
        const REASONS: [RungReason; 6] = [
            RungReason::Reached,
            RungReason::Kept,
            RungReason::Shortfall,
            RungReason::Refunded,
            RungReason::Adjusted,
            RungReason::Opening,
        ];
        let cause = self.cause(row.cause)?;
        let rung = |id: &str| {
            let place = self.rungs.iter().position(|rung| rung == id)?;
            u8::try_from(place).ok()
        };
        Some(RungMove {
            at: row.at,
            from: rung(&row.from)?,
            to: rung(&row.to)?,
            until: row.until,
            reason: REASONS
                .into_iter()
                .find(|reason| reason.text() == row.reason)?,
            event: row
                .event
                .as_ref()
                .map(|event| reference(cause.source, event)),
        })
    }

    /// A reward.
    pub fn reward(&self, row: &RewardRow) -> Option<Issued> {
        let cause = self.cause(row.cause)?;
        let place = self
            .rewards
            .iter()
            .position(|reward| *reward == row.reward)?;
        Some(Issued {
            at: row.at,
            reward: place as u16,
            member: row.member.clone(),
            rule: cause.rule,
            event: row
                .event
                .as_ref()
                .map(|event| reference(cause.source, event)),
            occurrence: row.occurrence,
            until: row.until,
            cost: row.cost,
        })
    }

    /// All that was booked for an account; nothing if a part of it cannot be translated.
    pub fn account(
        &self,
        ledger: &AccountLedger,
    ) -> Option<(Vec<Entry>, Vec<RungMove>, Vec<Issued>)> {
        Some((
            ledger
                .entries
                .iter()
                .map(|row| self.entry(row))
                .collect::<Option<_>>()?,
            ledger
                .rungs
                .iter()
                .map(|row| self.rung(row))
                .collect::<Option<_>>()?,
            ledger
                .rewards
                .iter()
                .map(|row| self.reward(row))
                .collect::<Option<_>>()?,
        ))
    }

    /// The kind of an entry, without translating the rest.
    pub fn kind(&self, row: &EntryRow) -> Option<EntryKind> {
        match self.cause(row.cause)?.kind {
            CauseKind::Entry(kind) => Some(kind),
            _ => None,
        }
    }
}

fn reference(source: Option<u16>, id: &EventId) -> EventRef {
    (usize::from(source.unwrap_or(NO_DATASET)), id.clone())
}

//! What a range of a run brings to readers.

use super::remote::{Remote, parts};
use super::working_copy::WorkingCopy;
use crate::lake::error::LakeError;
use crate::lake::ledger::{Cause, EntryRow, Ledger};
use crate::lake::manifest::Table;
use crate::lake::shard::ShardRange;
use crate::run::steps;
use crate::serving::Changes;
use crate::trouble::{Trouble, TroubleCode};
use rungs_engine::calendar::Instant;
use rungs_engine::event::EventId;
use std::path::Path;

/// What a range of a run that counts changes for readers.
#[derive(Debug)]
pub struct Served {
    /// Number of the run.
    pub run: u32,
    /// Its last night: `2026-11-21`.
    pub night: String,
    /// Members and rewards.
    pub changes: Changes,
    range: ShardRange,
    work: WorkingCopy,
}

/// An entry as support reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedEntry {
    /// When it takes effect, in microseconds since 1970-01-01T00:00Z.
    pub at: Instant,
    /// `grant`, `redeem`, …
    pub kind: &'static str,
    /// Whether a later night booked or withdrew it: `late`, `withdrawn`; nothing if it was on time.
    pub booking: Option<&'static str>,
    /// Scaled points, signed.
    pub points: i64,
    /// Id of the wallet.
    pub wallet: Option<String>,
    /// The table of the programme that rules: `earn`, `redeem`, …
    pub rule_kind: String,
    /// The rule's id, or the key that rules.
    pub rule: String,
    /// The file and line of the rule: `2026-01-01.toml:51`.
    pub place: String,
    /// The event that caused it: its dataset, a slash and its id.
    pub event: Option<String>,
    /// The event that granted the points, where that is another one.
    pub lot: Option<String>,
    /// When points that were granted end.
    pub expires: Option<Instant>,
}

impl BookedEntry {
    fn new(row: &EntryRow, cause: &Cause) -> BookedEntry {
        let named = |source: &Option<String>, id: &EventId| {
            source.as_ref().map(|source| format!("{source}/{id}"))
        };
        let lot = row.lot.as_ref();
        BookedEntry {
            at: row.at,
            kind: cause.kind.text(),
            booking: cause.booking.text(),
            points: row.points,
            wallet: cause.wallet.clone(),
            rule_kind: cause.rule_kind.clone(),
            rule: cause.rule.clone(),
            place: format!("{}:{}", cause.file, cause.line),
            event: named(&cause.source, &row.event),
            lot: lot.and_then(|lot| named(&cause.lot_source, lot)),
            expires: row.expires,
        }
    }

    /// The redemption that it settles: the name under which a till may have held its points. What the balance did
    /// not cover is owed or forgiven; refunds know these kinds too.
    pub fn redeems(&self) -> Option<&str> {
        let of_redemption = matches!(self.kind, "redeem" | "debt" | "forgive")
            && matches!(self.rule_kind.as_str(), "redeem" | "reward");
        self.event.as_deref().filter(|_| of_redemption)
    }
}

impl Served {
    /// Hands over what the run booked for each account of the range, an account at a time, as it was booked.
    pub fn entries(
        &self,
        mut each: impl FnMut(&str, Vec<BookedEntry>) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let ledger = Ledger::of_run(&self.work.store, self.run)?;
        for shard in self.range.first..=self.range.last {
            ledger.for_each_account_in(shard, &[Table::Entries], |booked| {
                let cause = |row: &EntryRow| {
                    ledger.cause(row.cause).ok_or_else(|| {
                        let place = Path::new("causes");
                        LakeError::damaged(place, format!("number {} is missing", row.cause))
                    })
                };
                let entries = booked.entries.iter();
                let entries = entries.map(|row| Ok(BookedEntry::new(row, cause(row)?)));
                each(&booked.account, entries.collect::<Result<_, LakeError>>()?)
            })?;
        }
        Ok(())
    }
}

impl Remote {
    /// What a range of a run changes for readers. Only of a run that counts.
    pub fn serving(&self, run: u32, range: ShardRange) -> Result<Served, Trouble> {
        let work = self.working_copy()?;
        if work.store.last_run()? < run {
            return Err(Trouble::new(
                TroubleCode::PartsMissing,
                format!("run {run} does not count yet"),
                "count the night before it is served",
            ));
        }
        let frozen = self.frozen(&work, run)?;
        let mut changes = Changes::default();
        for part in parts(&work, &frozen, range)?.0 {
            changes.extend(steps::changes(&work.handed(&frozen.served(part))?)?);
        }
        Ok(Served {
            run,
            night: frozen.night,
            changes,
            range,
            work,
        })
    }
}

//! A file that several versions of a programme read differently: each row is read by the contract of the
//! version that rules on its local day.

use super::assemble::Chunk;
use super::convert::Numbers;
use super::discover::Object;
use super::finding::{Refusal, Rejected, RowCode};
use super::pseudonym::PseudonymKey;
use super::reject::{Fault, Faults};
use super::{CHUNK_ROWS, Ingested, Stop, in_chunks, opens};
use crate::trouble::Trouble;
use arrow_array::RecordBatch;
use rungs_engine::calendar::{Day, Zone};
use rungs_engine::program::Versions;
use std::ops::Range;

/// The rows of a file that are for one version's contract.
pub(super) struct Share<'a> {
    zone: &'a Zone,
    /// Local days on which the contract holds.
    days: Range<Day>,
    /// Of the last contract that reads the file: lines that the others took, rising.
    others: Option<&'a [u64]>,
    /// Contracts that cannot read the file: their days, and why.
    refused: &'a [(Range<Day>, String)],
    /// Lines that it took, rising.
    pub taken: Vec<u64>,
}

impl Share<'_> {
    /// Which rows of a chunk are for this contract. Faults of the others are forgotten; a row that no contract
    /// takes gets one.
    pub(super) fn own(
        &mut self,
        time: &Numbers,
        chunk: &mut Chunk,
        faults: &mut Faults,
    ) -> Vec<bool> {
        if self.others.is_none() {
            chunk.broken.clear();
        }
        let mut own = vec![false; chunk.rows];
        for (row, own) in own.iter_mut().enumerate() {
            let line = chunk.lines.at(row);
            let day = time.get(row).map(|at| self.zone.day(at));
            let inside = day.is_some_and(|day| self.days.contains(&day));
            let left_over =
                || (self.others).is_some_and(|others| others.binary_search(&line).is_err());
            *own = inside || left_over();
            if *own
                && !inside
                && let Some(day) = day
            {
                faults.forget(|faulty, _| faulty == row);
                faults.add(row, self.nobodys(day));
            }
            if inside {
                self.taken.push(line);
            }
        }
        faults.forget(|row, _| !own[row]);
        own
    }

    fn nobodys(&self, day: Day) -> Fault {
        let refused = self.refused.iter().find(|(days, _)| days.contains(&day));
        let reason = match refused {
            Some((_, why)) => format!("the version of its day cannot read this file: {why}"),
            None => "by the contract of its day the row is dated on another day; let both versions read the time from one column and in one zone".into(),
        };
        Fault::saying(RowCode::OtherVersion, reason)
    }
}

/// Reads one file by the contracts of all versions that read it, each for its own days. Else as
/// [`super::ingest`].
pub fn ingest_by(
    versions: &Versions,
    object: &Object,
    key: &PseudonymKey,
    rows: &mut dyn FnMut(RecordBatch) -> Result<(), Trouble>,
    rejected: &mut dyn FnMut(Rejected) -> Result<(), Trouble>,
) -> Result<Ingested, Trouble> {
    let all = versions.all();
    let by = |dataset: usize| Object {
        dataset,
        ..object.clone()
    };
    if let [(version, dataset)] = object.readers.as_slice() {
        let object = by(*dataset);
        return in_chunks(
            &all[*version],
            &object,
            key,
            CHUNK_ROWS,
            None,
            rows,
            rejected,
        );
    }
    let begins = |place: usize| match place {
        0 => Day::MIN,
        place => object
            .readers
            .get(place)
            .map_or(Day::MAX, |(version, _)| all[*version].from),
    };
    let mut good = Vec::new();
    let mut refused = Vec::new();
    let mut last = None;
    for (place, (version, dataset)) in object.readers.iter().enumerate() {
        let (days, object) = (begins(place)..begins(place + 1), by(*dataset));
        match opens(&all[*version], &object) {
            Ok(()) => good.push((days, *version, object)),
            Err(Stop::Trouble(trouble)) => return Err(trouble),
            Err(Stop::Refused(refusal)) => {
                let why = format!(
                    "`{}`: {}; {}",
                    all[*version].file, refusal.message, refusal.help
                );
                refused.push((days, why));
                last = Some(refusal);
            }
        }
    }
    if good.is_empty() {
        return Ok(whole(last));
    }
    let mut taken: Vec<u64> = Vec::new();
    let mut done = Ingested::default();
    for (place, (days, version, object)) in good.iter().enumerate() {
        // The newest contract answers for what nobody takes, and for the file as a whole.
        let newest = place + 1 == good.len();
        taken.sort_unstable();
        let mut share = Share {
            zone: &versions.newest().zone,
            days: days.clone(),
            others: newest.then_some(taken.as_slice()),
            refused: &refused,
            taken: Vec::new(),
        };
        let own = Some(&mut share);
        let part = in_chunks(&all[*version], object, key, CHUNK_ROWS, own, rows, rejected)?;
        if part.refused.is_some() {
            return Ok(part);
        }
        done.accepted += part.accepted;
        done.rejected += part.rejected;
        let own = share.taken;
        if newest {
            done.read = part.read;
            done.ignored_columns = part.ignored_columns;
        }
        taken.extend(own);
    }
    Ok(done)
}

fn whole(refused: Option<Refusal>) -> Ingested {
    Ingested {
        refused,
        ..Ingested::default()
    }
}

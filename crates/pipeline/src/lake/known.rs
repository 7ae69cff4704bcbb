//! Events that the history knows already. Bounds and Bloom filters rule out most row groups; of the
//! rest only accounts and ids are read, and whole rows only of events that are really there.

use super::content::event_digest;
use super::error::LakeError;
use super::history::{ColumnSet, History};
use super::layout::Layout;
use super::reader::{Group, TableReader};
use super::versions::{Reason, Verdict};
use hashbrown::{HashMap, HashSet};
use parquet::arrow::arrow_reader::RowSelection;
use rungs_engine::event::{Batch, EventId};
use std::ops::Range;

/// What the history holds of an event: digest and revision.
type Known = (u128, Option<i64>);
/// Account (as a code of the batch), source, id.
type Key = (i32, u16, EventId);

/// Judges the events of a sorted batch whose account codes stand in the order of the accounts.
pub(crate) fn judge_by_history(
    batch: &Batch,
    history: &History,
    layout: &Layout,
) -> Result<Verdict, LakeError> {
    let mut found: HashMap<Key, Known> = HashMap::new();
    // Number of each dataset of the history here; datasets that are not in the programme any more may
    // have another.
    let sources: Vec<Option<u16>> = (history.layout().datasets().iter())
        .map(|dataset| layout.source(dataset))
        .collect();
    for level in history.open_levels() {
        for group in level.groups_of(history.shard()) {
            find_in_group(batch, history, (level, group), &sources, &mut found)?;
        }
    }
    let mut verdict = Verdict::default();
    if found.is_empty() {
        verdict.kept = (0..batch.rows as u32).collect();
        return Ok(verdict);
    }
    let rows: Vec<u32> = (0..batch.rows as u32).collect();
    for event in rows.chunk_by(|_, row| batch.continues(*row as usize)) {
        let first = event[0] as usize;
        match found.get(&key(batch, first, batch.account.codes[first])) {
            None => verdict.kept.extend(event),
            Some((digest, _)) if *digest == event_digest(batch, event, layout) => {
                verdict.duplicates.extend(event);
            }
            Some((_, revision)) => {
                let reason = match batch.number(layout.revision(), first) == *revision {
                    true => Reason::Conflict,
                    false => Reason::Revised,
                };
                verdict
                    .rejected
                    .extend(event.iter().map(|row| (*row, reason)));
            }
        }
    }
    Ok(verdict)
}

fn key(batch: &Batch, row: usize, account: i32) -> Key {
    (account, batch.source[row], batch.id.get(row))
}

fn known_key(known: &Batch, row: usize, account: i32, sources: &[Option<u16>]) -> Option<Key> {
    let source = *sources.get(usize::from(known.source[row]))?;
    Some((account, source?, known.id.get(row)))
}

fn find_in_group(
    batch: &Batch,
    history: &History,
    (level, group): (&TableReader, &Group),
    sources: &[Option<u16>],
    found: &mut HashMap<Key, Known>,
) -> Result<(), LakeError> {
    let rows = rows_between(batch, &group.first, &group.last);
    let candidates = candidates(batch, rows, level, group)?;
    if candidates.is_empty() {
        return Ok(());
    }
    let ids_only = ColumnSet {
        columns: Vec::new(),
        ids: true,
        member: false,
        channel: false,
        store: false,
    };
    let ids = history.read(level, group, &ids_only, None)?;
    let codes = codes_in(&ids, batch);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for row in 0..ids.rows {
        let Some(account) = codes[ids.account.codes[row] as usize] else {
            continue;
        };
        let key = known_key(&ids, row, account, sources);
        if key.is_some_and(|key| candidates.contains(&key)) {
            match ranges.last_mut() {
                Some(range) if range.end == row => range.end = row + 1,
                _ => ranges.push(row..row + 1),
            }
        }
    }
    if ranges.is_empty() {
        return Ok(());
    }
    let everything = ColumnSet {
        columns: vec![true; history.layout().columns().len()],
        ids: true,
        member: true,
        channel: true,
        store: true,
    };
    let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), group.rows);
    let known = history.read(level, group, &everything, Some(selection))?;
    let codes = codes_in(&known, batch);
    let rows: Vec<u32> = (0..known.rows as u32).collect();
    for event in rows.chunk_by(|_, row| known.continues(*row as usize)) {
        let first = event[0] as usize;
        let account = codes[known.account.codes[first] as usize];
        let key = account.and_then(|account| known_key(&known, first, account, sources));
        if let Some(key) = key {
            let digest = event_digest(&known, event, history.layout());
            let revision = known.number(history.layout().revision(), first);
            found.insert(key, (digest, revision));
        }
    }
    Ok(())
}

/// The rows of a sorted batch whose accounts lie between two, both included.
fn rows_between(batch: &Batch, first: &str, last: &str) -> Range<usize> {
    let position = |after: &dyn Fn(&str) -> bool| {
        let codes = &batch.account.codes;
        codes.partition_point(|code| !after(batch.account.dictionary.value(*code as usize)))
    };
    position(&|account| account >= first)..position(&|account| account > last)
}

/// The events that bounds and Bloom filter do not rule out.
fn candidates(
    batch: &Batch,
    rows: Range<usize>,
    level: &TableReader,
    group: &Group,
) -> Result<HashSet<Key>, LakeError> {
    let mut candidates = HashSet::new();
    if rows.is_empty() {
        return Ok(candidates);
    }
    let numbers = match level.has_values(group, "id_number") {
        true => level.numbers(group, "id_number"),
        false => None,
    };
    let texts = match level.has_values(group, "id") {
        true => level.texts(group, "id"),
        false => None,
    };
    let mut bloom = None;
    for row in rows {
        if batch.continues(row) {
            continue;
        }
        let id = batch.id.get(row);
        let possible = match (&id, &numbers, &texts) {
            (EventId::Number(id), Some((least, largest)), _) => (least..=largest).contains(&id),
            (EventId::Text(id), _, Some((least, largest))) => {
                let within = least.as_str() <= &**id && &**id <= largest.as_str();
                if within && bloom.is_none() {
                    bloom = Some(level.blooms(group, "id")?);
                }
                let bloom = bloom.as_ref().and_then(Option::as_ref);
                within && bloom.is_none_or(|bloom| bloom.check(&&**id))
            }
            _ => false,
        };
        if possible {
            candidates.insert((batch.account.codes[row], batch.source[row], id));
        }
    }
    Ok(candidates)
}

/// The code in `batch` of each account in the dictionary of `other`.
fn codes_in(other: &Batch, batch: &Batch) -> Vec<Option<i32>> {
    // Codes stand in the order of the accounts, so the sorted rows can be searched.
    let codes = &batch.account.codes;
    let names = &batch.account.dictionary;
    other
        .account
        .dictionary
        .iter()
        .map(|account| {
            let account = account?;
            let place = codes.partition_point(|code| names.value(*code as usize) < account);
            let code = *codes.get(place)?;
            (names.value(code as usize) == account).then_some(code)
        })
        .collect()
}

//! Events that the history knows already. Bounds and Bloom filters rule out most row groups; of the
//! rest only accounts and ids are read, and whole rows only of events that are really there.

use super::content::{event_content, event_digest};
use super::error::LakeError;
use super::history::{ColumnSet, History};
use super::layout::Layout;
use super::reader::{Group, TableReader};
use super::superseded::Gone;
use super::versions::{Rank, Reason, Verdict};
use hashbrown::HashMap;
use parquet::arrow::arrow_reader::RowSelection;
use rungs_engine::calendar::Instant;
use rungs_engine::event::{Batch, EventId};
use std::cmp::Ordering;
use std::ops::Range;

/// What the history holds of an event.
#[derive(Debug)]
pub(crate) struct Known {
    digest: u128,
    rank: Rank,
    lines: Vec<i32>,
    /// When it happened.
    pub(crate) time: Instant,
    /// Where its rows stand.
    pub(crate) rows: Vec<Gone>,
    /// What it says, where it does not stand any more.
    pub(crate) content: Option<String>,
}

/// Account (as a code of the batch), source, id.
pub(crate) type Key = (i32, u16, EventId);

/// What the history says of the events of a batch.
#[derive(Debug, Default)]
pub(crate) struct ByHistory {
    /// Which rows stand: those of new events and of events with a higher revision.
    pub(crate) verdict: Verdict,
    /// What was known of the events with a higher revision.
    pub(crate) replaced: HashMap<Key, Known>,
}

/// Judges the events of a sorted batch whose account codes stand in the order of the accounts.
pub(crate) fn judge_by_history(
    batch: &Batch,
    history: &History,
    layout: &Layout,
) -> Result<ByHistory, LakeError> {
    let mut found: HashMap<Key, Known> = HashMap::new();
    // Number of each dataset of the history here; datasets that are not in the programme any more may
    // have another.
    let sources: Vec<Option<u16>> = (history.layout().datasets().iter())
        .map(|dataset| layout.source(dataset))
        .collect();
    for level in history.open_levels() {
        for group in level.groups_of(history.shard()) {
            let place = (level, group);
            find_in_group(batch, layout, history, place, &sources, &mut found)?;
        }
    }
    let mut by_history = ByHistory::default();
    let verdict = &mut by_history.verdict;
    if found.is_empty() {
        verdict.kept = (0..batch.rows as u32).collect();
        return Ok(by_history);
    }
    let rows: Vec<u32> = (0..batch.rows as u32).collect();
    for event in rows.chunk_by(|_, row| batch.continues(*row as usize)) {
        let first = event[0] as usize;
        let key = key(batch, first, batch.account.codes[first]);
        let Some(known) = found.get(&key) else {
            verdict.kept.extend(event);
            continue;
        };
        // A higher revision stands even if it says the same: one in between may still come.
        let order = Rank::of(batch, first, layout).cmp(&known.rank);
        if order == Ordering::Greater {
            verdict.kept.extend(event);
            by_history.replaced.extend(found.remove_entry(&key));
        } else if known.digest == event_digest(batch, event, layout) {
            verdict.duplicates.extend(event);
        } else {
            let new = |row: &u32| !known.lines.contains(&batch.line[*row as usize]);
            let reason = match order {
                Ordering::Less => Reason::Superseded,
                _ if event.iter().all(new) => Reason::Spread,
                _ => Reason::Conflict,
            };
            let rows = event.iter().map(|row| (*row, reason));
            verdict.rejected.extend(rows);
        }
    }
    Ok(by_history)
}

/// How an event of a batch is found.
pub(crate) fn key(batch: &Batch, row: usize, account: i32) -> Key {
    (account, batch.source[row], batch.id.get(row))
}

fn known_key(known: &Batch, row: usize, account: i32, sources: &[Option<u16>]) -> Option<Key> {
    let source = *sources.get(usize::from(known.source[row]))?;
    Some((account, source?, known.id.get(row)))
}

fn find_in_group(
    batch: &Batch,
    layout: &Layout,
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
    let ids = history.read_all(level, group, &ids_only, None)?;
    let codes = codes_in(&ids, batch);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let stands = |row: usize| {
        let superseded = history.superseded();
        !superseded.contains(level.name(), group.start + row as u64)
    };
    for row in (0..ids.rows).filter(|row| stands(*row)) {
        let Some(account) = codes[ids.account.codes[row] as usize] else {
            continue;
        };
        let key = known_key(&ids, row, account, sources);
        if key.is_some_and(|key| candidates.contains_key(&key)) {
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
    let places: Vec<usize> = ranges.iter().cloned().flatten().collect();
    let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), group.rows);
    let known = history.read_all(level, group, &everything, Some(selection))?;
    let codes = codes_in(&known, batch);
    let rows: Vec<u32> = (0..known.rows as u32).collect();
    for event in rows.chunk_by(|_, row| known.continues(*row as usize)) {
        let first = event[0] as usize;
        let account = codes[known.account.codes[first] as usize];
        let key = account.and_then(|account| known_key(&known, first, account, sources));
        let new = key.as_ref().and_then(|key| candidates.get(key));
        let (Some(key), Some(new)) = (key, new) else {
            continue;
        };
        let old = history.layout();
        let rank = Rank::of(&known, first, old);
        let gone = event.iter().map(|row| Gone {
            account: known.account.get(first).unwrap_or_default().to_owned(),
            file: level.name().to_owned(),
            row: group.start + places[*row as usize] as u64,
        });
        let replaced = Rank::of(batch, *new, layout) > rank;
        let event_known = Known {
            digest: event_digest(&known, event, old),
            rank,
            lines: event.iter().map(|row| known.line[*row as usize]).collect(),
            time: known.time[first],
            rows: if replaced { gone.collect() } else { Vec::new() },
            content: replaced.then(|| event_content(&known, event, old)),
        };
        found.insert(key, event_known);
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

/// The events that bounds and Bloom filter do not rule out, with their first row.
fn candidates(
    batch: &Batch,
    rows: Range<usize>,
    level: &TableReader,
    group: &Group,
) -> Result<HashMap<Key, usize>, LakeError> {
    let mut candidates = HashMap::new();
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
            let key = (batch.account.codes[row], batch.source[row], id);
            candidates.insert(key, row);
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

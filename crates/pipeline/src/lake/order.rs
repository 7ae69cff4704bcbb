//! The total order of events: (account, time, kind rank, source, id, line). Accounts and sources are
//! compared as texts, ids as [`EventId`](rungs_engine::event::EventId)s are.

use super::layout::Layout;
use arrow_array::Array;
use hashbrown::HashMap;
use rungs_engine::event::{Batch, Ids, Texts, Values};
use std::cmp::Ordering;

/// The rows of a batch by account.
#[derive(Debug)]
pub struct Accounts {
    /// The different accounts, sorted.
    pub names: Vec<String>,
    /// Rows, those of one account together, in the total order.
    pub rows: Vec<u32>,
    /// Where each account begins in `rows`, and its length as the last one.
    pub starts: Vec<u32>,
}

impl Accounts {
    /// The rows of an account, by its place in `names`.
    pub fn rows(&self, account: usize) -> &[u32] {
        &self.rows[self.starts[account] as usize..self.starts[account + 1] as usize]
    }
}

/// Sorts a batch: first into accounts by counting, then each account by itself, which is short.
pub fn sort(batch: &Batch, layout: &Layout) -> Accounts {
    let (names, ranks) = rank(&batch.account);
    let mut starts = vec![0_u32; names.len() + 1];
    for code in &batch.account.codes {
        starts[ranks[*code as usize] as usize + 1] += 1;
    }
    for account in 0..names.len() {
        starts[account + 1] += starts[account];
    }
    let mut next = starts.clone();
    let mut rows = vec![0_u32; batch.rows];
    for (row, code) in batch.account.codes.iter().enumerate() {
        let place = &mut next[ranks[*code as usize] as usize];
        rows[*place as usize] = row as u32;
        *place += 1;
    }
    let sources = layout.source_ranks();
    let objects = match batch.columns.get(layout.object()) {
        Some(Some(Values::Number { values, .. })) => Some(values),
        _ => None,
    };
    let mut timed: Vec<(i64, u32)> = Vec::new();
    for account in 0..names.len() {
        let rows = &mut rows[starts[account] as usize..starts[account + 1] as usize];
        timed.clear();
        timed.extend(rows.iter().map(|row| (batch.time[*row as usize], *row)));
        timed.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| {
                let (a, b) = (a.1 as usize, b.1 as usize);
                let object = |row: usize| objects.map_or(0, |objects| objects[row]);
                within_instant(batch, &sources, a, b)
                    .then_with(|| object(a).cmp(&object(b)))
                    .then(a.cmp(&b))
            })
        });
        for (row, (_, sorted)) in rows.iter_mut().zip(&timed) {
            *row = *sorted;
        }
    }
    Accounts {
        names,
        rows,
        starts,
    }
}

/// The order of two rows of one account at one instant.
pub fn within_instant(batch: &Batch, sources: &[u16], a: usize, b: usize) -> Ordering {
    let source = |row: usize| sources[usize::from(batch.source[row])];
    (batch.kind[a], source(a))
        .cmp(&(batch.kind[b], source(b)))
        .then_with(|| compare_ids(&batch.id, a, b))
        .then_with(|| batch.line[a].cmp(&batch.line[b]))
}

/// The order of two ids: numbers by value, before texts by bytes.
pub fn compare_ids(ids: &Ids, a: usize, b: usize) -> Ordering {
    let text = |row: usize| {
        let texts = ids.texts.as_ref()?;
        texts.is_valid(row).then(|| texts.value(row))
    };
    match (text(a), text(b)) {
        (None, None) => ids.numbers[a].cmp(&ids.numbers[b]),
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => a.cmp(b),
    }
}

/// The different texts, sorted, and for each code the place of its text among them.
fn rank(texts: &Texts) -> (Vec<String>, Vec<u32>) {
    let dictionary = &texts.dictionary;
    let mut used = vec![false; dictionary.len()];
    for code in &texts.codes {
        used[*code as usize] = true;
    }
    let mut number: HashMap<&str, u32> = HashMap::with_capacity(dictionary.len());
    let mut different: Vec<(&str, u32)> = Vec::new();
    let mut numbers = vec![0_u32; dictionary.len()];
    for code in (0..dictionary.len()).filter(|code| used[*code]) {
        let text = dictionary.value(code);
        numbers[code] = *number.entry(text).or_insert_with(|| {
            different.push((text, different.len() as u32));
            different.len() as u32 - 1
        });
    }
    different.sort_unstable();
    let mut places = vec![0_u32; different.len()];
    for (place, (_, number)) in different.iter().enumerate() {
        places[*number as usize] = place as u32;
    }
    let ranks = (0..dictionary.len())
        .map(|code| match used[code] {
            true => places[numbers[code] as usize],
            false => 0,
        })
        .collect();
    let names = different.iter().map(|(text, _)| (*text).to_owned());
    (names.collect(), ranks)
}

//! Merging levels: the rows of each account from all levels, in the total order.

use super::layout::Layout;
use super::order::within_instant;
use super::rows::{Span, gather, take};
use rungs_engine::event::Batch;
use std::cmp::Ordering;

/// A stretch of accounts that the open row groups hold completely.
pub(crate) struct Stretch {
    /// Rows of the open batches (part among those that are open, first row, length).
    pub spans: Vec<(usize, usize, usize)>,
    /// By level: the first row that is left for the next stretch.
    pub ends: Vec<usize>,
}

/// The longest stretch of accounts that can be merged now: up to the least last account of the open
/// row groups. Nothing if none is open.
pub(crate) fn next_stretch(heads: &[Option<(&Batch, usize)>]) -> Option<Stretch> {
    let last = heads
        .iter()
        .flatten()
        .filter_map(|(batch, _)| batch.account.get(batch.rows.checked_sub(1)?))
        .min()?;
    let mut stretch = Stretch {
        spans: Vec::new(),
        ends: Vec::new(),
    };
    let mut part = 0;
    for head in heads {
        let Some((batch, from)) = head else {
            stretch.ends.push(0);
            continue;
        };
        let end = end_of(batch, *from, last);
        stretch.spans.push((part, *from, end - from));
        stretch.ends.push(end);
        part += 1;
    }
    Some(stretch)
}

/// The first row from `from` on whose account is after `last`.
fn end_of(batch: &Batch, from: usize, last: &str) -> usize {
    let (mut low, mut high) = (from, batch.rows);
    while low < high {
        let middle = low + (high - low) / 2;
        match batch.account.get(middle) {
            Some(account) if account > last => high = middle,
            _ => low = middle + 1,
        }
    }
    low
}

/// Merges stretches of batches, each sorted; older levels first. Accounts that only one of them has are
/// copied as they are.
pub(crate) fn merge_stretch(
    parts: &[&Batch],
    stretches: &[(usize, usize, usize)],
    layout: &Layout,
) -> Batch {
    let mut heads: Vec<(usize, usize, usize)> = stretches
        .iter()
        .map(|(part, start, len)| (*part, *start, start + len))
        .filter(|(_, start, end)| start < end)
        .collect();
    let mut spans: Vec<Span> = Vec::new();
    // Rows of the result that belong to an account of several levels.
    let mut shared: Vec<std::ops::Range<usize>> = Vec::new();
    let mut rows = 0;
    while !heads.is_empty() {
        let account = |head: &(usize, usize, usize)| parts[head.0].account.get(head.1);
        let Some(least) = heads.iter().filter_map(account).min() else {
            break;
        };
        let at: Vec<usize> = (0..heads.len())
            .filter(|head| account(&heads[*head]) == Some(least))
            .collect();
        let begin = rows;
        if let [only] = at.as_slice() {
            // Up to where another level goes on.
            let others = (0..heads.len()).filter(|head| head != only);
            let next = others.filter_map(|head| account(&heads[head])).min();
            let head = &mut heads[*only];
            let end = match next {
                Some(next) => start_of(parts[head.0], head.1, head.2, next),
                None => head.2,
            };
            push(&mut spans, head.0, head.1, end - head.1);
            rows += end - head.1;
            head.1 = end;
        } else {
            for head in &at {
                let head = &mut heads[*head];
                let batch = parts[head.0];
                let code = batch.account.codes[head.1];
                let len = (head.1..head.2)
                    .take_while(|row| {
                        batch.account.codes[*row] == code
                            || batch.account.get(*row) == batch.account.get(head.1)
                    })
                    .count();
                push(&mut spans, head.0, head.1, len);
                rows += len;
                head.1 += len;
            }
            shared.push(begin..rows);
        }
        heads.retain(|head| head.1 < head.2);
    }
    let merged = gather(parts, &spans);
    sorted(merged, &shared, layout)
}

fn push(spans: &mut Vec<Span>, part: usize, start: usize, len: usize) {
    match spans.last_mut() {
        Some(span) if span.part == part && span.start + span.len == start => span.len += len,
        _ => spans.push(Span { part, start, len }),
    }
}

/// The first row whose account is not before `next`.
fn start_of(batch: &Batch, from: usize, to: usize, next: &str) -> usize {
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low + (high - low) / 2;
        match batch.account.get(middle) {
            Some(account) if account < next => low = middle + 1,
            _ => high = middle,
        }
    }
    low
}

/// Levels follow each other in time, so that nearly always nothing is to be done here. Codes of one
/// account from several levels are made one, so that rows can be compared by them.
fn sorted(mut batch: Batch, shared: &[std::ops::Range<usize>], layout: &Layout) -> Batch {
    if shared.is_empty() {
        return batch;
    }
    let mut codes = batch.account.codes.to_vec();
    for range in shared {
        let first = codes[range.start];
        codes[range.clone()].fill(first);
    }
    batch.account.codes = codes.into();
    let sources = layout.source_ranks();
    let compare = |a: usize, b: usize| {
        batch.time[a]
            .cmp(&batch.time[b])
            .then_with(|| within_instant(&batch, &sources, a, b))
    };
    let in_order = |range: &std::ops::Range<usize>| {
        (range.start + 1..range.end).all(|row| compare(row - 1, row) != Ordering::Greater)
    };
    if shared.iter().all(in_order) {
        return batch;
    }
    let mut order: Vec<u32> = (0..batch.rows as u32).collect();
    for range in shared {
        order[range.clone()].sort_by(|a, b| compare(*a as usize, *b as usize));
    }
    take(&batch, &order)
}

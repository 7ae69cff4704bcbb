//! One event, delivered more than once: which delivery stands.
//!
//! An event is (source, account, id). What one object says about it is one *version*; rows of one
//! object that disagree about time or kind are versions of their own. The same content is a duplicate.
//! Of different contents the highest revision stands, a `void` above others of its revision; without
//! either that of the first cut, within a cut the one with the smaller digest, whatever the order of
//! files and rows.

use super::content::event_digest;
use super::layout::Layout;
use super::order::compare_ids;
use crate::ingest::RowCode;
use arrow_array::Array;
use rungs_engine::event::{Batch, Values};
use std::cmp::{Ordering, Reverse};

/// Why a row was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The event is known with another content.
    Conflict,
    /// Other lines of the event came in another object.
    Spread,
    /// The event is known with a higher revision.
    Superseded,
    /// Its night was settled before its object came, and is not open any more.
    Late,
}

impl Reason {
    /// The code in quarantine.
    pub fn code(self) -> RowCode {
        match self {
            Reason::Conflict | Reason::Spread => RowCode::Conflict,
            Reason::Superseded => RowCode::Superseded,
            Reason::Late => RowCode::Late,
        }
    }

    /// What it means and what to do.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Conflict => {
                "the event is known with other content, which stands; correct it where it comes from, or name \
                 the dataset's `revision`"
            }
            Reason::Spread => {
                "other lines of this event came in another file, and only those stand; write all lines of an \
                 event into one file"
            }
            Reason::Superseded => {
                "a later revision of the event stands, or it was cancelled; nothing is to be done"
            }
            Reason::Late => {
                "the event's night, or that of the event that it corrects, was settled longer ago than \
                 `[program] late` allows; let the desk book the difference, or widen `late`"
            }
        }
    }
}

/// What became of rows.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Rows that stand.
    pub kept: Vec<u32>,
    /// Rows that were said before.
    pub duplicates: Vec<u32>,
    /// Rows that were refused.
    pub rejected: Vec<(u32, Reason)>,
}

/// Which of two contents of an event stands: the higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// The revision, where the dataset names one.
    pub revision: Option<i64>,
    /// Whether it cancels the event.
    pub void: bool,
}

impl Rank {
    /// That of a row.
    pub fn of(batch: &Batch, row: usize, layout: &Layout) -> Rank {
        Rank {
            revision: batch.number(layout.revision(), row),
            void: batch.number(layout.void(), row) == Some(1),
        }
    }
}

/// Number of the uploaded object of a row; none for rows that wait since an earlier cut.
pub fn object_of(batch: &Batch, layout: &Layout, row: u32) -> Option<u32> {
    let object = batch.number(layout.object(), row as usize)?;
    u32::try_from(object).ok()
}

/// Whether two rows of one account belong to the same event.
pub fn same_event(batch: &Batch, a: u32, b: u32) -> bool {
    let (a, b) = (a as usize, b as usize);
    batch.source[a] == batch.source[b] && compare_ids(&batch.id, a, b) == Ordering::Equal
}

fn same_moment(batch: &Batch, a: u32, b: u32) -> bool {
    let (a, b) = (a as usize, b as usize);
    batch.time[a] == batch.time[b] && batch.kind[a] == batch.kind[b]
}

/// Whether the rows of one account (in the total order) are all different events that were said once:
/// nearly always, so this must be quick. `keys` is scratch.
pub fn all_different(
    batch: &Batch,
    rows: &[u32],
    (objects, layout): (Option<&[i64]>, &Layout),
    keys: &mut Vec<(u16, i64, u32)>,
) -> bool {
    keys.clear();
    let texts = batch.id.texts.as_ref();
    for (place, row) in rows.iter().enumerate() {
        let at = *row as usize;
        if place > 0 {
            let before = rows[place - 1];
            if same_moment(batch, before, *row) && same_event(batch, before, *row) {
                let object = |row: u32| objects.map(|objects| objects[row as usize]);
                let rank = |row: u32| Rank::of(batch, row as usize, layout);
                if batch.line[at] == batch.line[before as usize]
                    || object(before) != object(*row)
                    || rank(before) != rank(*row)
                {
                    return false;
                }
                continue;
            }
        }
        let key = match texts {
            Some(texts) if texts.is_valid(at) => {
                xxhash_rust::xxh3::xxh3_64(texts.value(at).as_bytes()) as i64
            }
            _ => batch.id.numbers[at],
        };
        keys.push((batch.source[at], key, *row));
    }
    keys.sort_unstable();
    keys.windows(2)
        .all(|pair| (pair[0].0, pair[0].1) != (pair[1].0, pair[1].1))
}

/// Judges the rows of one account, given in the total order; `kept` is in that order again.
pub fn judge(batch: &Batch, rows: &[u32], layout: &Layout, verdict: &mut Verdict) {
    let mut by_event: Vec<u32> = rows.to_vec();
    by_event.sort_by(|a, b| {
        batch.source[*a as usize]
            .cmp(&batch.source[*b as usize])
            .then_with(|| compare_ids(&batch.id, *a as usize, *b as usize))
    });
    let mut kept = Vec::new();
    for event in by_event.chunk_by(|a, b| same_event(batch, *a, *b)) {
        judge_event(batch, event, layout, &mut kept, verdict);
    }
    kept.sort_unstable();
    let stands = |row: &&u32| kept.binary_search(row).is_ok();
    verdict.kept.extend(rows.iter().filter(stands));
}

fn judge_event(
    batch: &Batch,
    event: &[u32],
    layout: &Layout,
    kept: &mut Vec<u32>,
    verdict: &mut Verdict,
) {
    let object = |row: u32| object_of(batch, layout, row);
    let version = |row: u32| {
        let at = row as usize;
        (
            object(row),
            Reverse(Rank::of(batch, at, layout)),
            batch.time[at],
            batch.kind[at],
        )
    };
    let mut rows = event.to_vec();
    rows.sort_by_key(|row| (version(*row), batch.line[*row as usize]));
    let mut versions: Vec<Version> = Vec::new();
    for rows in rows.chunk_by(|a, b| version(*a) == version(*b)) {
        let (object, rank, _, _) = version(rows[0]);
        let lines = judge_lines(batch, rows, layout, verdict);
        let digest = event_digest(batch, &lines, layout);
        versions.push(Version {
            rank,
            new: object.is_some(),
            digest,
            object,
            lines,
        });
    }
    versions.sort();
    let Some((stands, others)) = versions.split_first() else {
        return;
    };
    kept.extend(&stands.lines);
    for other in others {
        if other.digest == stands.digest {
            verdict.duplicates.extend(&other.lines);
        } else {
            let reason = match stands.rank == other.rank {
                true if spread(batch, stands, other) => Reason::Spread,
                true => Reason::Conflict,
                // The highest stands first.
                false => Reason::Superseded,
            };
            let lines = other.lines.iter();
            verdict.rejected.extend(lines.map(|row| (*row, reason)));
        }
    }
}

/// What one object says about an event; the first in this order stands.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    rank: Reverse<Rank>,
    /// Of this cut, not one before.
    new: bool,
    digest: u128,
    object: Option<u32>,
    lines: Vec<u32>,
}

/// Whether two objects say different lines of one order, and nothing different of the order.
fn spread(batch: &Batch, one: &Version, other: &Version) -> bool {
    let line = |row: &u32| batch.line[*row as usize];
    let same_moment = |a: &u32, b: &u32| same_moment(batch, *a, *b);
    one.lines
        .first()
        .zip(other.lines.first())
        .is_some_and(|(a, b)| same_moment(a, b))
        && other
            .lines
            .iter()
            .all(|row| one.lines.iter().all(|own| line(own) != line(row)))
}

/// Rows of one object with the same line: one stands.
fn judge_lines(batch: &Batch, rows: &[u32], layout: &Layout, verdict: &mut Verdict) -> Vec<u32> {
    let mut lines = Vec::new();
    for same in rows.chunk_by(|a, b| batch.line[*a as usize] == batch.line[*b as usize]) {
        let mut by_digest: Vec<(u128, u32)> = match same {
            [only] => vec![(0, *only)],
            _ => same
                .iter()
                .map(|row| (event_digest(batch, &[*row], layout), *row))
                .collect(),
        };
        by_digest.sort_unstable();
        let (first, stands) = by_digest[0];
        lines.push(stands);
        for (digest, row) in &by_digest[1..] {
            match *digest == first {
                true => verdict.duplicates.push(*row),
                false => verdict.rejected.push((*row, Reason::Conflict)),
            }
        }
    }
    lines
}

/// The column of object numbers.
pub fn objects<'a>(batch: &'a Batch, layout: &Layout) -> Option<&'a [i64]> {
    match batch.columns.get(layout.object())? {
        Some(Values::Number { values, .. }) => Some(values),
        _ => None,
    }
}

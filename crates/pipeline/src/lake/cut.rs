//! The cut of one shard: what was staged and what was waiting becomes the run's events, sorted, each
//! once; the rest waits, was known, or is refused. It is a pure function of its inputs: neither the
//! order of objects nor that of rows matters.

use super::amounts;
use super::content::{event_content, row_content};
use super::corrections::{Change, Correction};
use super::error::LakeError;
use super::history::{GROUP_ROWS, History};
use super::known::{ByHistory, Key, Known, judge_by_history, key};
use super::layout::Layout;
use super::order::{Accounts, sort};
use super::resolve::Resolver;
use super::rows::{concat, slice, take};
use super::superseded::Gone;
use super::versions::{Rank, Reason, Verdict, all_different, judge, object_of, objects};
use arrow_array::StringArray;
use hashbrown::HashMap;
use rungs_engine::calendar::Instant;
use rungs_engine::event::{Batch, EventId, Texts, Values};
use std::collections::BTreeMap;

/// The time that a run settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The end of the last night that was settled before; `Instant::MIN` in the first run. What comes
    /// now and is older is late.
    pub settled: Instant,
    /// What is late and not before this is settled; the nights before it are closed.
    pub open: Instant,
    /// The end of this run's last night. What is not before it waits.
    pub before: Instant,
}

/// What became of the rows of an uploaded object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ObjectCounts {
    /// Rows that became events, or wait to.
    pub accepted: u64,
    /// Rows that were known already.
    pub duplicates: u64,
    /// Rows that were refused.
    pub rejected: u64,
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rejected {
    /// Number of the uploaded object within the run; none if the row had waited since an earlier run.
    pub object: Option<u32>,
    /// The account.
    pub account: String,
    /// The dataset.
    pub source: String,
    /// The event's id.
    pub id: EventId,
    /// The line.
    pub line: i32,
    /// When it happened.
    pub time: Instant,
    /// Why.
    pub reason: Reason,
    /// The row as JSON.
    pub content: String,
}

/// The cut of one shard.
#[derive(Debug)]
pub struct Cut {
    /// The run's events as they are stored: whole accounts, about [`GROUP_ROWS`] rows each, in order.
    pub stored: Vec<Batch>,
    /// Events that wait for a later night, as they came.
    pub waiting: Option<Batch>,
    /// What became of rows, by number of the object.
    pub counts: BTreeMap<u32, ObjectCounts>,
    /// The refused rows, sorted.
    pub rejected: Vec<Rejected>,
    /// Accounts whose past is another one now, each with the events (dataset, id) that do not stand any
    /// more.
    pub replays: BTreeMap<String, Vec<(u16, EventId)>>,
    /// The rows of these events in the history.
    pub gone: Vec<Gone>,
    /// What changed the past.
    pub corrections: Vec<Correction>,
    resolver: Resolver,
}

impl Cut {
    /// The run's events as settlement reads them (see [`Resolver`]): what [`History::batches`] will
    /// give for the same rows, without reading a file.
    pub fn events(&self) -> impl Iterator<Item = Batch> {
        let stored = self.stored.iter().cloned();
        stored.map(|batch| self.resolver.resolve(batch))
    }

    /// How many rows are settled in this run.
    pub fn rows(&self) -> usize {
        self.stored.iter().map(|batch| batch.rows).sum()
    }
}

/// Cuts one shard. `staged` comes from [`Staged::read`](super::staging::Staged::read), `waiting` from
/// [`read_waiting`](super::levels::read_waiting); both with this layout.
pub fn cut(
    staged: Vec<Batch>,
    mut waiting: Vec<Batch>,
    history: &History,
    layout: &Layout,
    resolver: &Resolver,
    window: Window,
) -> Result<Cut, LakeError> {
    // Rows that waited have no object in this run.
    for batch in &mut waiting {
        batch.columns.resize(layout.columns().len(), None);
        batch.columns[layout.object()] = Some(Values::Number {
            values: vec![-1; batch.rows].into(),
            valid: None,
        });
    }
    let parts: Vec<&Batch> = waiting.iter().chain(&staged).collect();
    let mut all = concat(&parts);
    drop(parts);
    drop((staged, waiting));
    let accounts = sort(&all, layout);
    all.account = recoded(&accounts, all.rows);
    let mut cut = Cut {
        stored: Vec::new(),
        waiting: None,
        counts: BTreeMap::new(),
        rejected: Vec::new(),
        replays: BTreeMap::new(),
        gone: Vec::new(),
        corrections: Vec::new(),
        resolver: resolver.clone(),
    };
    let mut verdict = Verdict {
        kept: Vec::with_capacity(all.rows),
        ..Verdict::default()
    };
    let mut keys = Vec::new();
    let objects = objects(&all, layout);
    for account in 0..accounts.names.len() {
        let rows = accounts.rows(account);
        match all_different(&all, rows, (objects, layout), &mut keys) {
            true => verdict.kept.extend_from_slice(rows),
            false => judge(&all, rows, layout, &mut verdict),
        }
    }
    cut.count(&all, &verdict, layout);
    let mut events = take(&all, &verdict.kept);
    drop(all);
    let mut filled = events.clone();
    amounts::fill(&mut filled, layout);
    let mut replaced = HashMap::new();
    if history.levels() > 0 {
        let ByHistory {
            verdict,
            replaced: known,
        } = judge_by_history(&filled, history, layout)?;
        if verdict.kept.len() < filled.rows {
            cut.count(&filled, &verdict, layout);
            events = take(&events, &verdict.kept);
            filled = take(&filled, &verdict.kept);
        }
        replaced = known;
    }
    let split = cut.split(&filled, replaced, layout, window);
    cut.count(&events, &split.verdict, layout);
    cut.count_accepted(&events, &split, layout);
    if !split.waiting.is_empty() {
        cut.waiting = Some(without_objects(take(&events, &split.waiting), layout));
    }
    if split.verdict.kept.len() < filled.rows {
        filled = take(&filled, &split.verdict.kept);
    }
    cut.stored = groups(&without_objects(filled, layout));
    cut.rejected.sort();
    Ok(cut)
}

impl Cut {
    /// What is settled now, what waits, what is too late. `replaced` is what was settled of events that
    /// are corrected now.
    fn split(
        &mut self,
        batch: &Batch,
        mut replaced: HashMap<Key, Known>,
        layout: &Layout,
        window: Window,
    ) -> Split {
        let mut split = Split {
            verdict: Verdict::default(),
            waiting: Vec::new(),
        };
        // Nearly always nothing is late, and no event has to be looked at but for its time.
        if replaced.is_empty() && batch.time.iter().all(|time| *time >= window.settled) {
            for (row, time) in (0..).zip(&batch.time) {
                match *time >= window.before {
                    true => split.waiting.push(row),
                    false => split.verdict.kept.push(row),
                }
            }
            return split;
        }
        let rows: Vec<u32> = (0..batch.rows as u32).collect();
        for event in rows.chunk_by(|_, row| batch.continues(*row as usize)) {
            let first = event[0] as usize;
            let waits = batch.time[first] >= window.before;
            let known = replaced.remove(&key(batch, first, batch.account.codes[first]));
            let void = Rank::of(batch, first, layout).void;
            let changes = match &known {
                // To cancel what never came changes nothing, but it must not come any more.
                None if void || waits => None,
                None => Some(batch.time[first]),
                Some(known) => Some(known.time.min(batch.time[first])),
            };
            match changes.filter(|time| *time < window.settled) {
                Some(time) if time < window.open => {
                    let late = event.iter().map(|row| (*row, Reason::Late));
                    split.verdict.rejected.extend(late);
                    continue;
                }
                Some(_) => self.correct(batch, event, known, layout),
                None => {}
            }
            // What an event waits to say is not settled yet; what it does not say any more is gone tonight.
            match waits {
                true => split.waiting.extend(event),
                false => split.verdict.kept.extend(event),
            }
        }
        split
    }

    /// Notes that an event changes the past of its account.
    fn correct(&mut self, batch: &Batch, event: &[u32], known: Option<Known>, layout: &Layout) {
        let first = event[0] as usize;
        let account = batch.account.get(first).unwrap_or_default();
        let source = layout.datasets().get(usize::from(batch.source[first]));
        let change = match &known {
            None => Change::Late,
            Some(_) if Rank::of(batch, first, layout).void => Change::Void,
            Some(_) => Change::Revised,
        };
        let replay = self.replays.entry(account.to_owned()).or_default();
        if known.is_some() {
            replay.push((batch.source[first], batch.id.get(first)));
        }
        let (gone, before) = known.map_or((Vec::new(), None), |known| (known.rows, known.content));
        self.gone.extend(gone);
        self.corrections.push(Correction {
            account: account.to_owned(),
            time: batch.time[first],
            source: source.cloned().unwrap_or_default(),
            id: batch.id.get(first).to_string(),
            change,
            before,
            after: event_content(batch, event, layout),
        });
    }

    fn count(&mut self, batch: &Batch, verdict: &Verdict, layout: &Layout) {
        for row in &verdict.duplicates {
            if let Some(object) = object_of(batch, layout, *row) {
                self.counts.entry(object).or_default().duplicates += 1;
            }
        }
        for (row, reason) in &verdict.rejected {
            let object = object_of(batch, layout, *row);
            if let Some(object) = object {
                self.counts.entry(object).or_default().rejected += 1;
            }
            let at = *row as usize;
            let source = layout.datasets().get(usize::from(batch.source[at]));
            self.rejected.push(Rejected {
                object,
                account: batch.account.get(at).unwrap_or_default().to_owned(),
                source: source.cloned().unwrap_or_default(),
                id: batch.id.get(at),
                line: batch.line[at],
                time: batch.time[at],
                reason: *reason,
                content: row_content(batch, at, layout),
            });
        }
    }

    fn count_accepted(&mut self, batch: &Batch, split: &Split, layout: &Layout) {
        let Some(objects) = objects(batch, layout) else {
            return;
        };
        // Objects are few: count in a list, not in a map, row by row.
        let mut accepted: Vec<u64> = Vec::new();
        for row in split.verdict.kept.iter().chain(&split.waiting) {
            if let Ok(object) = usize::try_from(objects[*row as usize]) {
                if object >= accepted.len() {
                    accepted.resize(object + 1, 0);
                }
                accepted[object] += 1;
            }
        }
        for (object, accepted) in (0..).zip(accepted) {
            if accepted > 0 {
                self.counts.entry(object).or_default().accepted += accepted;
            }
        }
    }
}

struct Split {
    verdict: Verdict,
    waiting: Vec<u32>,
}

/// The accounts of all rows as codes into the sorted names.
fn recoded(accounts: &Accounts, rows: usize) -> Texts {
    let mut codes = vec![0_i32; rows];
    for account in 0..accounts.names.len() {
        for row in accounts.rows(account) {
            codes[*row as usize] = account as i32;
        }
    }
    Texts {
        codes: codes.into(),
        valid: None,
        dictionary: StringArray::from_iter_values(&accounts.names),
    }
}

fn without_objects(mut batch: Batch, layout: &Layout) -> Batch {
    if let Some(column) = batch.columns.get_mut(layout.object()) {
        *column = None;
    }
    batch
}

/// A sorted batch in pieces of whole accounts. Accounts must be equal exactly where codes are.
fn groups(batch: &Batch) -> Vec<Batch> {
    let mut groups = Vec::new();
    let mut start = 0;
    while start < batch.rows {
        let mut end = (start + GROUP_ROWS).min(batch.rows);
        let codes = &batch.account.codes;
        while end < batch.rows && codes[end] == codes[end - 1] {
            end += 1;
        }
        groups.push(slice(batch, start, end - start));
        start = end;
    }
    groups
}

//! Ids that stand under two accounts. An event is (source, account, id), and a cut looks at the accounts
//! of a shard, so an order that a later file tells of another account, without cancelling it in the first,
//! is paid in both. Nights could only notice it by searching all accounts for each new id; `verify` reads
//! every event anyway.

use crate::lake::error::LakeError;
use crate::lake::history::{ColumnSet, History};
use crate::lake::manifest::{Manifest, Table};
use crate::lake::store::Store;
use rayon::prelude::*;
use rungs_engine::event::{Batch, EventId};
use rungs_engine::program::Program;
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Events that are looked at together: so much memory is needed, however many there are.
const AT_ONCE: u64 = 1 << 22;

/// How many ids are named; the others are counted.
const NAMED: usize = 100;

/// What was found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Shared {
    /// How many ids stand under more than one account.
    pub ids: u64,
    /// The first of them, a sentence each.
    pub sentences: Vec<String>,
}

/// Looks through all events that stand.
pub(super) fn find(
    store: &Store,
    manifest: &Manifest,
    program: &Program,
) -> Result<Shared, LakeError> {
    let rows: u64 = manifest
        .files(Table::History)
        .iter()
        .map(|file| file.rows)
        .sum();
    in_parts(store, manifest, program, rows.div_ceil(AT_ONCE).max(1))
}

/// The same id is in the same part, so parts can be looked at one after the other.
fn in_parts(
    store: &Store,
    manifest: &Manifest,
    program: &Program,
    parts: u64,
) -> Result<Shared, LakeError> {
    let mut hashes = BTreeSet::new();
    let mut shared = Shared::default();
    for part in 0..parts {
        let mut seen: Vec<(u128, u64)> =
            over_shards(store, manifest, program, |batch, row, into| {
                let hash = hash(batch, row);
                if hash % u128::from(parts) == u128::from(part) {
                    let account = batch.account.get(row).unwrap_or_default();
                    into.push((hash, xxh3_64(account.as_bytes())));
                }
            })?;
        seen.par_sort_unstable();
        seen.dedup();
        for same in seen
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|same| same.len() > 1)
        {
            shared.ids += 1;
            hashes.insert(same[0].0);
            if hashes.len() > NAMED {
                hashes.pop_last();
            }
        }
    }
    if hashes.is_empty() {
        return Ok(shared);
    }
    let mut named: BTreeMap<(u16, EventId), BTreeSet<String>> = BTreeMap::new();
    let found = over_shards(store, manifest, program, |batch, row, into| {
        if hashes.contains(&hash(batch, row)) {
            let account = batch.account.get(row).unwrap_or_default().to_owned();
            into.push((batch.source[row], batch.id.get(row), account));
        }
    })?;
    for (source, id, account) in found {
        named.entry((source, id)).or_default().insert(account);
    }
    let sentence = |((source, id), accounts): ((u16, EventId), BTreeSet<String>)| {
        let dataset = program.datasets.get(usize::from(source));
        let dataset = dataset.map_or("", |dataset| dataset.id.as_str());
        let accounts: Vec<String> = accounts.iter().map(|it| format!("`{it}`")).collect();
        format!(
            "event `{dataset}/{id}` stands under the accounts {}, and counts in each; if it is one event, cancel \
             the wrong one with `void`",
            accounts.join(" and ")
        )
    };
    shared.sentences = named.into_iter().map(sentence).collect();
    Ok(shared)
}

fn hash(batch: &Batch, row: usize) -> u128 {
    xxh3_128(format!("{}/{}", batch.source[row], batch.id.get(row)).as_bytes())
}

/// What is picked of all events that stand, once for each event.
fn over_shards<T: Send>(
    store: &Store,
    manifest: &Manifest,
    program: &Program,
    pick: impl Fn(&Batch, usize, &mut Vec<T>) + Sync,
) -> Result<Vec<T>, LakeError> {
    let columns = ColumnSet {
        ids: true,
        ..ColumnSet::none(program)
    };
    let shards: Vec<Vec<T>> = (0..store.shards())
        .into_par_iter()
        .map(|shard| {
            let mut picked = Vec::new();
            let history = History::open(store, manifest, shard, program)?;
            for batch in history.batches(&columns) {
                let batch = batch?;
                for row in (0..batch.rows).filter(|row| !batch.continues(*row)) {
                    pick(&batch, row, &mut picked);
                }
            }
            Ok(picked)
        })
        .collect::<Result<_, LakeError>>()?;
    Ok(shards.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::lake::fixture::{Row, line, order, program, visit};
    use crate::lake::tests::{after, first, settle};

    #[test]
    fn ids_under_two_accounts_are_named_however_many_shards_and_parts_until_one_is_cancelled() {
        for shards in [1, 5] {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open_or_create(folder.path(), "test", shards).unwrap();
            let program = program();
            let mut rows = vec![
                order("ann", 10, "7", 5),
                order("bob", 20, "7", 5),
                order("ann", 30, "x", 5),
                // Lines of one event are one event; another dataset has ids of its own.
                line("ann", 40, "9", 1, 5),
                line("ann", 40, "9", 2, 5),
                visit("cid", 50, "9"),
            ];
            rows.extend((100..160).map(|id| order(&format!("m{id}"), id, &id.to_string(), 1)));
            settle(&store, &program, &[&rows], first(200));
            settle(
                &store,
                &program,
                &[&[order("cid", 210, "x", 5)]],
                after(200, 300),
            );
            let found = |parts| {
                let latest = store.latest().unwrap().unwrap();
                in_parts(&store, &latest, &program, parts).unwrap()
            };
            let shared = found(1);
            assert_eq!((shared.ids, shared.sentences.len()), (2, 2));
            assert!(shared.sentences[0].contains("7` stands under the accounts `ann` and `bob`,"));
            assert!(shared.sentences[1].contains("x` stands under the accounts `ann` and `cid`,"));
            assert_eq!(found(3), shared);
            let cancelled = Row {
                void: true,
                net: None,
                ..order("bob", 20, "7", 5)
            };
            let open = crate::lake::cut::Window {
                open: 0,
                ..after(300, 400)
            };
            settle(&store, &program, &[&[cancelled]], open);
            assert_eq!(found(2).ids, 1);
        }
    }
}

//! An account of a store, settled again from its events.

use super::{Question, Settled, explain};
use crate::lake::decisions::read_decisions;
use crate::lake::history::{ColumnSet, History};
use crate::lake::shard::shard_of;
use crate::lake::store::Store;
use crate::run::agreed;
use crate::trouble::Trouble;
use rungs_engine::fold::{AccountState, Fold, Given, Kept, Piece, Ready, Win};
use rungs_engine::program::Versions;
use serde_json::Value;
use std::path::Path;

/// Explains an account as of the last settled night; nothing if it has no settled events.
///
/// # Errors
/// If the store cannot be read, or was settled by another version of the programme.
pub fn account(
    versions: &Versions,
    store: &Path,
    id: &str,
    question: Question<'_>,
) -> Result<Option<Value>, Trouble> {
    let plans = crate::run::plans(versions)?;
    let program = versions.newest();
    let store = Store::open_of(store, &program.id)?;
    let manifests = store.manifests()?;
    let Some(manifest) = manifests.last() else {
        return Err(Trouble::not_settled());
    };
    // What is explained must be what was booked, so it is settled by the versions that booked it.
    let as_of = manifest.nights.last(store.folder())?;
    agreed(versions, manifest, as_of)?;
    let until = program.zone.midnight(as_of + 1);
    let history = History::open(&store, manifest, shard_of(id, store.shards()), program)?;
    let batch = history.account(id, &ColumnSet::all(program))?;
    if batch.rows == 0 {
        return Ok(None);
    }
    let mut wins: Vec<Win> = read_decisions(&store, &manifests)?
        .into_iter()
        .filter(|decision| decision.won && decision.account == id && decision.at < until)
        .filter_map(|decision| {
            let surprise = program
                .surprises
                .iter()
                .position(|surprise| surprise.id == decision.surprise)?;
            Some(Win {
                surprise,
                at: decision.at,
                day: program.zone.day(decision.at),
                member: decision.member,
            })
        })
        .collect();
    wins.sort_by_key(|win| (win.at, win.surprise));
    let mut state = AccountState::default();
    state.clear(program.metrics.len());
    let mut kept = Kept::default();
    let ready = Ready::new(&plans, &batch);
    let given = Given {
        account: id,
        wins: &wins,
        until,
    };
    let piece = Piece::new(&plans, &batch, &ready);
    Fold::default().account(&piece, given, &mut state, 0..batch.rows, &mut kept);
    let settled = Settled {
        account: id,
        kept: &kept,
        state: &state,
        batch: &batch,
        as_of,
    };
    Ok(Some(explain(&plans, settled, question)))
}

//! Rehearsals: events written as text tables, settled in memory. Scenario tests beside a programme and
//! the literate cases of this repository run through here, with the same tables.

mod build;

pub use build::{EventTable, TableProblem, batches};

use crate::calendar::{Day, Instant};
use crate::event::Batch;
use crate::fold::{AccountState, Fold, Given, Kept, Piece, Plans, Ready, Win};
use std::collections::BTreeMap;

/// One account after a rehearsal.
#[derive(Debug)]
pub struct Rehearsed {
    /// Everything that was booked.
    pub kept: Kept,
    /// The state just before the end.
    pub state: AccountState,
    /// Its events.
    pub batch: Batch,
}

/// Settles tables of events up to and with the night `to`. Wins are given by account, not drawn.
pub fn rehearse(
    plans: &Plans<'_>,
    tables: &[EventTable],
    wins: &BTreeMap<String, Vec<Win>>,
    to: Day,
) -> Result<BTreeMap<String, Rehearsed>, Vec<TableProblem>> {
    let until: Instant = plans.newest().program.zone.midnight(to + 1);
    let mut fold = Fold::default();
    let mut all = BTreeMap::new();
    for (account, batch) in batches(plans.newest().program, tables)? {
        let rows = batch.time.iter().take_while(|at| **at < until).count();
        let ready = Ready::new(plans, &batch);
        let mut state = AccountState::default();
        state.clear(plans.newest().program.metrics.len());
        let mut kept = Kept::default();
        let wins: Vec<Win> = wins
            .get(&account)
            .into_iter()
            .flatten()
            .filter(|win| win.at < until)
            .cloned()
            .collect();
        let given = Given {
            account: &account,
            wins: &wins,
            until,
        };
        let piece = Piece::new(plans, &batch, &ready);
        fold.account(&piece, given, &mut state, 0..rows, &mut kept);
        all.insert(account, Rehearsed { kept, state, batch });
    }
    Ok(all)
}

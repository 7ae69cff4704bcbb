//! `verify`: every account of a store is recounted from its events by the independent second
//! implementation, and compared with what is booked.

mod two_accounts;

pub use two_accounts::Shared;

use crate::lake::decisions::read_decisions;
use crate::lake::history::{ColumnSet, History};
use crate::lake::ledger::{AccountLedger, Decoder, Ledger, Standing};
use crate::lake::store::Store;
use crate::progress::Progress;
use crate::run::agreed;
use crate::trouble::Trouble;
use rayon::prelude::*;
use rungs_engine::fold::account_rows;
use rungs_engine::program::Versions;
use rungs_verify::{Readings, Win, compare};
use std::collections::BTreeMap;
use std::path::Path;

/// What was recounted.
#[derive(Debug, Default, Clone)]
pub struct Recounted {
    /// Accounts.
    pub accounts: u64,
    /// Entries booked.
    pub entries: u64,
    /// Rung moves booked.
    pub rungs: u64,
    /// Rewards booked.
    pub rewards: u64,
    /// Everything in which ledger and recount differ, a sentence each.
    pub differences: Vec<String>,
    /// Ids under two accounts: nothing differs there, but an event may be paid twice.
    pub shared: Shared,
}

impl Recounted {
    /// For scripts.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "accounts": self.accounts,
            "entries": self.entries,
            "rungs": self.rungs,
            "rewards": self.rewards,
            "differences": self.differences,
            "shared_ids": self.shared.ids,
            "shared": self.shared.sentences,
        })
    }

    /// Whether there is nothing to be looked at.
    pub fn fine(&self) -> bool {
        self.differences.is_empty() && self.shared.ids == 0
    }
}

/// Recounts every account.
pub fn verify(
    versions: &Versions,
    store: &Path,
    progress: &dyn Progress,
) -> Result<Recounted, Trouble> {
    let program = versions.newest();
    let store = Store::open_of(store, &program.id)?;
    let manifests = store.manifests()?;
    let Some(manifest) = manifests.last() else {
        return Err(Trouble::not_settled());
    };
    // Another text of the programme would promise something else than what was booked.
    let settled = manifest.nights.last(store.folder())?;
    agreed(versions, manifest, settled)?;
    let until = program.zone.midnight(settled + 1);
    let readings = Readings::of(versions);
    let ledger = Ledger::open(&store)?;
    let decoder = Decoder::new(&ledger, versions);
    let mut wins: BTreeMap<String, Vec<Win>> = BTreeMap::new();
    for decision in read_decisions(&store, &manifests)?
        .into_iter()
        .filter(|decision| decision.won)
    {
        if let Some(surprise) = program
            .surprises
            .iter()
            .position(|surprise| surprise.id == decision.surprise)
        {
            let win = Win {
                surprise,
                occurrence: decision.at,
                member: decision.member,
            };
            wins.entry(decision.account).or_default().push(win);
        }
    }
    progress.stage("recounting", u64::from(store.shards()));
    let shards: Vec<Recounted> = (0..store.shards())
        .into_par_iter()
        .map(|shard| {
            let mut done = Recounted::default();
            let mut booked: BTreeMap<String, AccountLedger> = BTreeMap::new();
            ledger.for_each_account(shard, |account| {
                booked.insert(account.account.clone(), account.clone());
                Ok(())
            })?;
            let history = History::open(&store, manifest, shard, program)?;
            let none = Vec::new();
            for batch in history.batches(&ColumnSet::all(program)) {
                let batch = batch?;
                for (account, rows) in account_rows(&batch) {
                    let wins = wins.get(account).unwrap_or(&none);
                    let recount = readings.recount(&batch, rows, wins, until);
                    let ledger = booked.remove(account).unwrap_or_default();
                    let Some(standing) = decoder.standing(&ledger) else {
                        done.differences.push(format!("account `{account}`: the ledger names rules that the programme does not have"));
                        continue;
                    };
                    let Standing { entries, rungs, issued, kept, lost, .. } = standing;
                    done.accounts += 1;
                    done.entries += entries.len() as u64;
                    done.rungs += rungs.len() as u64;
                    done.rewards += (issued.len() + kept.len()) as u64;
                    if lost > 0 {
                        done.differences.push(format!("account `{account}`: {lost} lines take back what was never booked"));
                    }
                    let differences = compare(program, account, &recount, &entries, &rungs, &issued)
                        .into_iter()
                        .chain(readings.identities(account, &entries, &recount.closing));
                    done.differences.extend(differences.map(|difference| difference.sentence));
                }
            }
            // All events of an account may have been cancelled; then nothing stands of its ledger.
            for (account, ledger) in &booked {
                if decoder.standing(ledger).is_none_or(|standing| !standing.is_empty()) {
                    done.differences.push(format!("account `{account}` has a ledger but no events"));
                }
            }
            progress.advance(1);
            Ok(done)
        })
        .collect::<Result<_, Trouble>>()?;
    let mut all = Recounted {
        shared: two_accounts::find(&store, manifest, program)?,
        ..Recounted::default()
    };
    for shard in shards {
        all.accounts += shard.accounts;
        all.entries += shard.entries;
        all.rungs += shard.rungs;
        all.rewards += shard.rewards;
        all.differences.extend(shard.differences);
    }
    Ok(all)
}

//! The canonical ledger of a store: accounts by the bytes of their ids, their lines sorted. It has the
//! lines that stand: what later nights took back is left out, and so is when a line was booked.

use crate::lake::error::LakeError;
use crate::lake::ledger::{AccountLedger, Decoder, Ledger, Standing};
use crate::lake::store::Store;
use crate::trouble::Trouble;
use rungs_engine::ledger::canonical::{account_lines, kept_line};
use rungs_engine::program::Versions;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Hands over every line.
pub fn lines(versions: &Versions, store: &Path, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
    // What has an id has it in all versions.
    let program = versions.newest();
    let store = Store::open_of(store, &program.id)?;
    let ledger = Ledger::open(&store)?;
    let decoder = Decoder::new(&ledger, versions);
    // Shards are by hash, the ledger is by account: all accounts are brought together.
    let mut all: BTreeMap<String, AccountLedger> = BTreeMap::new();
    for shard in 0..store.shards() {
        ledger.for_each_account(shard, |account| {
            all.insert(account.account.clone(), account.clone());
            Ok(())
        })?;
    }
    for (account, booked) in &all {
        let Some(standing) = decoder.standing(booked) else {
            return Err(LakeError::damaged(
                store.folder(),
                format!("the ledger of `{account}` names rules that the programme does not have"),
            )
            .into());
        };
        let Standing {
            entries,
            rungs,
            issued,
            kept,
            ..
        } = &standing;
        let mut lines = account_lines(program, account, entries, rungs, issued);
        lines.extend(kept.iter().map(|kept| kept_line(program, account, kept)));
        lines.sort_unstable();
        lines.iter().for_each(|line| each(line));
    }
    Ok(())
}

/// SHA-256 of all lines, each with its line end, hexadecimal.
pub fn digest(versions: &Versions, store: &Path) -> Result<String, Trouble> {
    let mut digest = Sha256::new();
    lines(versions, store, &mut |line| {
        digest.update(line.as_bytes());
        digest.update(b"\n");
    })?;
    Ok(digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

//! The serving copy made anew from the lake. A run writes its manifest first and the copy after it, so
//! a run that died in between (or a copy that was removed) leaves one that is older than the lake.

use crate::lake::error::LakeError;
use crate::lake::ledger::Ledger;
use crate::lake::manifest::{Manifest, Table};
use crate::lake::states::{StateReader, StateRow};
use crate::lake::store::Store;
use crate::serving::{Changes, MemberRow, PurseRow, RewardRow, Serving};
use crate::trouble::Trouble;
use rungs_engine::calendar::{Instant, day_text};
use rungs_engine::fold::AccountState;
use rungs_engine::ledger::Booking;
use rungs_engine::program::Program;
use std::collections::BTreeMap;

/// Makes the serving copy anew if it is not that of the last finished run.
pub fn mend(program: &Program, store: &Store) -> Result<(), Trouble> {
    let Some(latest) = store.latest()? else {
        return Ok(());
    };
    let mut serving = Serving::open(&store.path("serving.sqlite"))?;
    match serving.last_run()? {
        Some((run, _)) if run == latest.run => Ok(()),
        _ => serving_from_lake(program, store, &latest, &mut serving),
    }
}

/// Fills the serving copy from the states and the rewards of the ledger, a shard at a time. Every member
/// is as of the run's last night; a copy that grew run by run names the night of the last change.
fn serving_from_lake(
    program: &Program,
    store: &Store,
    latest: &Manifest,
    serving: &mut Serving,
) -> Result<(), Trouble> {
    let last = latest.nights.last(store.folder())?;
    let (night, until) = (day_text(last), program.zone.midnight(last + 1));
    let ledger = Ledger::open(store)?;
    let shards = (0..store.shards()).map(|shard| {
        Ok(Changes {
            members: members(program, store, latest, shard, &night)?,
            rewards: rewards(&ledger, shard, until)?,
            ..Changes::default()
        })
    });
    Ok(serving.replace(latest.run, &night, shards)?)
}

fn members(
    program: &Program,
    store: &Store,
    latest: &Manifest,
    shard: u16,
    night: &str,
) -> Result<Vec<MemberRow>, LakeError> {
    let mut members = Vec::new();
    StateReader::open(store, latest, shard)?.for_each(|account, row| {
        members.push(member(program, account, row, night));
        Ok(())
    })?;
    Ok(members)
}

fn member(program: &Program, account: &str, row: &StateRow, night: &str) -> MemberRow {
    let night = night.to_owned();
    match AccountState::from_bytes(&row.state) {
        Some(state) => MemberRow::of(program, account, &state, night),
        // A state of an older form is read again from the history when its account is settled next; until then its
        // first member, the ends of its points and its other wallets are not served.
        None => MemberRow {
            account: account.to_owned(),
            member: None,
            purse: PurseRow {
                balance: row.balance,
                pending: row.pending,
                debt: row.debt,
                ..PurseRow::default()
            },
            other_wallets: Vec::new(),
            rung: (!row.rung.is_empty()).then(|| row.rung.clone()),
            rung_until: row.rung_until.map(day_text),
            updated_night: night,
        },
    }
}

/// The rewards of a shard that do not lapse before `until`, less those that were taken back.
fn rewards(ledger: &Ledger<'_>, shard: u16, until: Instant) -> Result<Vec<RewardRow>, LakeError> {
    let mut rewards = Vec::new();
    ledger.for_each_account_in(shard, &[Table::Rewards], |booked| {
        let mut held: BTreeMap<String, RewardRow> = BTreeMap::new();
        let mut taken_back: BTreeMap<String, RewardRow> = BTreeMap::new();
        for row in &booked.rewards {
            let cause = ledger.cause(row.cause);
            let source = cause.and_then(|cause| cause.source.as_deref());
            let event = row.event.as_ref().map_or_else(
                || row.at.to_string(),
                |event| format!("{}/{event}", source.unwrap_or_default()),
            );
            let rule = cause.map_or("", |cause| &cause.rule);
            let id = format!("{rule}/{event}/{}/{}", row.member, row.occurrence);
            let booking = cause.map_or(Booking::OnTime, |cause| cause.booking);
            match (booking, &row.revoked_by) {
                (Booking::OnTime | Booking::Late, Some(_)) => {
                    taken_back.extend(held.remove_entry(&id));
                }
                (Booking::Withdrawn, Some(_)) => held.extend(taken_back.remove_entry(&id)),
                (Booking::OnTime | Booking::Late, None) => {
                    let reward = RewardRow {
                        id: id.clone(),
                        account: booked.account.clone(),
                        member: row.member.clone(),
                        reward: row.reward.clone(),
                        at: row.at,
                        until: row.until,
                    };
                    held.insert(id, reward);
                }
                (Booking::Withdrawn, None) => {
                    held.remove(&id);
                }
                (Booking::Kept | Booking::Restored, _) => {}
            }
        }
        rewards.extend(held.into_values().filter(|reward| reward.until >= until));
        Ok(())
    })?;
    Ok(rewards)
}

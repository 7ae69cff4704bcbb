//! The serving copy: one SQLite file with what an application asks of a member now: balance, rung,
//! rewards. It is a copy, made of the lake and rebuildable from it; a run brings only what it changed.
//!
//! Rows hold absolute values and the run that wrote them; a row of a later run is never overwritten by
//! an earlier one, so that a run may be applied again, or beside a zombie of itself.
//!
//! Settings: a write-ahead log, so that readers never wait for a run; `synchronous = normal`, which
//! keeps the file sound if the power goes but may lose the last commit. A lost commit is no loss, since
//! `meta` then still names the run before and the next start applies the lake again.

use crate::lake::disk::about_to_change;
use crate::lake::error::{LakeCode, LakeError};
use rungs_engine::calendar::day_text;
use rungs_engine::fold::{AccountState, Purse};
use rungs_engine::program::Program;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};

/// What is served of an account.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MemberRow {
    /// The account.
    pub account: String,
    /// Its first member, where that is not the account.
    pub member: Option<String>,
    /// What it has in the programme's first wallet; nothing in a programme without points.
    pub purse: PurseRow,
    /// What it has in the others: by the id of the wallet, in the order of the programme.
    pub other_wallets: Vec<(String, PurseRow)>,
    /// Id of the rung, if there is a ladder.
    pub rung: Option<String>,
    /// The date on which the rung ends, if it does: `2027-01-01`.
    pub rung_until: Option<String>,
    /// The night after which this holds: `2026-11-15`.
    pub updated_night: String,
}

/// What is served of an account's points in one wallet. All wallets are scaled alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PurseRow {
    /// Spendable scaled points.
    pub balance: i64,
    /// Scaled points that are held back.
    pub pending: i64,
    /// Scaled points owed.
    pub debt: i64,
    /// When the next points end, in microseconds since 1970-01-01T00:00Z.
    pub next_expiry: Option<i64>,
    /// Scaled points that end then.
    pub next_expiry_points: i64,
    /// Points that can be spent, by their next [`ENDS`] ends.
    pub open: Vec<OpenPoints>,
}

/// How many ends of points are served of an account.
pub const ENDS: usize = 12;

/// Points that can be spent until they end together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OpenPoints {
    /// When they end if nothing happens, in microseconds since 1970-01-01T00:00Z.
    pub until: i64,
    /// How many, scaled.
    pub points: i64,
}

impl PurseRow {
    /// Of a wallet (index in `Program::wallets`).
    fn of(program: &Program, wallet: u8, purse: &Purse) -> PurseRow {
        let expiry = purse.next_expiry(program, wallet);
        let ends = purse.open_by_end(program, wallet, ENDS).into_iter();
        PurseRow {
            balance: purse.open,
            pending: purse.pending,
            debt: purse.debt,
            next_expiry: expiry.map(|expiry| expiry.0),
            next_expiry_points: expiry.map_or(0, |expiry| expiry.1),
            open: ends
                .map(|(until, points)| OpenPoints { until, points })
                .collect(),
        }
    }
}

impl MemberRow {
    /// Of an account as it is after a night.
    pub(crate) fn of(
        program: &Program,
        account: &str,
        state: &AccountState,
        night: String,
    ) -> MemberRow {
        let rungs = program.tiers.as_ref().map(|tiers| &tiers.rungs);
        let rung = rungs.and_then(|rungs| rungs.get(usize::from(state.rung)));
        let member = state.members.first().map(|member| &member.id);
        let mut purses = (0..).zip(state.purses.iter());
        let mut purse = || {
            let (wallet, purse) = purses.next()?;
            Some((wallet, PurseRow::of(program, wallet, purse)))
        };
        MemberRow {
            account: account.to_owned(),
            member: member.filter(|member| *member != account).cloned(),
            purse: purse().map(|(_, purse)| purse).unwrap_or_default(),
            other_wallets: std::iter::from_fn(purse)
                .filter_map(|(wallet, purse)| Some((program.wallet(wallet)?.id.clone(), purse)))
                .collect(),
            rung: rung.map(|rung| rung.id.clone()),
            rung_until: state.until.map(day_text),
            updated_night: night,
        }
    }
}

/// A reward that can still be used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RewardRow {
    /// Its number for ever: rule, cause and occurrence.
    pub id: String,
    /// The account.
    pub account: String,
    /// Who has it.
    pub member: String,
    /// Id of the reward.
    pub reward: String,
    /// When it was issued, in microseconds since 1970-01-01T00:00Z.
    pub at: i64,
    /// When it lapses, likewise.
    pub until: i64,
}

/// What a run changes.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Changes {
    /// Accounts that it touched, as they are now.
    pub members: Vec<MemberRow>,
    /// Rewards that it issued.
    pub rewards: Vec<RewardRow>,
    /// Rewards that it took back: account and id.
    pub revoked: Vec<(String, String)>,
    /// Rewards that lapse before this instant are removed.
    pub lapsed_before: Option<i64>,
}

impl Changes {
    /// Adds those of further shards of the same run.
    pub fn extend(&mut self, more: Changes) {
        self.members.extend(more.members);
        self.rewards.extend(more.rewards);
        self.revoked.extend(more.revoked);
        self.lapsed_before = self.lapsed_before.or(more.lapsed_before);
    }
}

/// The serving copy of a store.
pub struct Serving {
    connection: Connection,
    path: PathBuf,
}

/// The form of the tables. A file of another form is emptied, and made anew from the lake.
const LAYOUT: i64 = 3;

const TABLES: &str = "
    create table if not exists member (
        account text primary key not null,
        member text,
        balance integer not null,
        pending integer not null,
        debt integer not null,
        rung text,
        rung_until text,
        next_expiry integer,
        next_expiry_points integer not null,
        open text not null,
        other_wallets text not null,
        updated_night text not null,
        run integer not null
    ) strict, without rowid;
    create table if not exists reward (
        account text not null,
        id text not null,
        member text not null,
        reward text not null,
        at integer not null,
        until integer not null,
        run integer not null,
        primary key (account, id)
    ) strict, without rowid;
    create index if not exists reward_until on reward (until);
    create table if not exists meta (
        one integer primary key check (one = 1),
        run integer not null,
        night text not null
    ) strict;
";

const MEMBER: &str = "
    insert into member values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    on conflict (account) do update set
        member = excluded.member, balance = excluded.balance, pending = excluded.pending,
        debt = excluded.debt, rung = excluded.rung, rung_until = excluded.rung_until,
        next_expiry = excluded.next_expiry, next_expiry_points = excluded.next_expiry_points,
        open = excluded.open, other_wallets = excluded.other_wallets, updated_night = excluded.updated_night, run = excluded.run
    where excluded.run >= member.run
";

const REWARD: &str = "
    insert into reward values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    on conflict (account, id) do update set
        member = excluded.member, reward = excluded.reward, at = excluded.at,
        until = excluded.until, run = excluded.run
    where excluded.run >= reward.run
";

const META: &str = "
    insert into meta values (1, ?1, ?2)
    on conflict (one) do update set run = excluded.run, night = excluded.night
    where excluded.run >= meta.run
";

impl Serving {
    /// Opens the file, or makes an empty one.
    pub fn open(path: &Path) -> Result<Serving, LakeError> {
        let connection = Connection::open(path).map_err(|cause| at(path, &cause))?;
        let serving = Serving {
            connection,
            path: path.to_owned(),
        };
        serving.run(|connection| {
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "normal")?;
            connection.pragma_update(None, "cache_size", -65_536)?;
            let layout: i64 =
                connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if layout != LAYOUT {
                connection.execute_batch(
                    "drop table if exists member; drop table if exists reward; drop table if exists meta;",
                )?;
                connection.pragma_update(None, "user_version", LAYOUT)?;
            }
            connection.execute_batch(TABLES)
        })?;
        Ok(serving)
    }

    fn run<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LakeError> {
        work(&self.connection).map_err(|cause| at(&self.path, &cause))
    }

    /// Brings the changes of a run, all or nothing. Bringing them twice changes nothing; neither does
    /// bringing those of a run that is older than what is there. Members in order of their accounts are
    /// brought fastest.
    pub fn apply(&mut self, run: u32, night: &str, changes: &Changes) -> Result<(), LakeError> {
        let path = self.path.clone();
        let mut work = || -> rusqlite::Result<()> {
            changing(&path)?;
            let transaction = self.connection.transaction()?;
            bring(&transaction, run, changes)?;
            transaction.execute(META, params![run, night])?;
            changing(&path)?;
            transaction.commit()
        };
        work().map_err(|cause| at(&path, &cause))
    }

    /// Replaces all that is there by these parts, as of a run and its night, all or nothing: readers see
    /// the old copy until the new one is whole.
    pub fn replace(
        &mut self,
        run: u32,
        night: &str,
        parts: impl Iterator<Item = Result<Changes, LakeError>>,
    ) -> Result<(), LakeError> {
        let path = self.path.clone();
        let sql = |cause: rusqlite::Error| at(&path, &cause);
        changing(&path).map_err(sql)?;
        let transaction = self.connection.transaction().map_err(sql)?;
        transaction
            .execute_batch("delete from member; delete from reward; delete from meta;")
            .map_err(sql)?;
        for part in parts {
            bring(&transaction, run, &part?).map_err(sql)?;
        }
        transaction
            .execute(META, params![run, night])
            .and_then(|_| changing(&path))
            .and_then(|()| transaction.commit())
            .map_err(sql)
    }

    /// The last run that was brought, and its night.
    pub fn last_run(&self) -> Result<Option<(u32, String)>, LakeError> {
        self.run(|connection| {
            connection
                .query_row("select run, night from meta", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()
        })
    }

    /// What is served of an account.
    pub fn member(&self, account: &str) -> Result<Option<MemberRow>, LakeError> {
        self.run(|connection| {
            connection
                .prepare_cached("select * from member where account = ?1")?
                .query_row([account], |row| {
                    Ok(MemberRow {
                        account: row.get(0)?,
                        member: row.get(1)?,
                        purse: PurseRow {
                            balance: row.get(2)?,
                            pending: row.get(3)?,
                            debt: row.get(4)?,
                            next_expiry: row.get(7)?,
                            next_expiry_points: row.get(8)?,
                            open: listed(&row.get::<_, String>(9)?),
                        },
                        other_wallets: listed(&row.get::<_, String>(10)?),
                        rung: row.get(5)?,
                        rung_until: row.get(6)?,
                        updated_night: row.get(11)?,
                    })
                })
                .optional()
        })
    }

    /// The rewards of an account that can still be used, oldest first.
    pub fn rewards(&self, account: &str) -> Result<Vec<RewardRow>, LakeError> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached(
                "select account, id, member, reward, at, until from reward
                 where account = ?1 order by at, id",
            )?;
            let rows = statement.query_map([account], |row| {
                Ok(RewardRow {
                    account: row.get(0)?,
                    id: row.get(1)?,
                    member: row.get(2)?,
                    reward: row.get(3)?,
                    at: row.get(4)?,
                    until: row.get(5)?,
                })
            })?;
            rows.collect()
        })
    }
}

fn bring(connection: &Connection, run: u32, changes: &Changes) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(MEMBER)?;
    for row in &changes.members {
        statement.execute(params![
            row.account,
            row.member,
            row.purse.balance,
            row.purse.pending,
            row.purse.debt,
            row.rung,
            row.rung_until,
            row.purse.next_expiry,
            row.purse.next_expiry_points,
            serde_json::to_string(&row.purse.open).unwrap_or_default(),
            serde_json::to_string(&row.other_wallets).unwrap_or_default(),
            row.updated_night,
            run,
        ])?;
    }
    let gone = "delete from reward where account = ?1 and id = ?2 and run <= ?3";
    let mut statement = connection.prepare_cached(gone)?;
    for (account, id) in &changes.revoked {
        statement.execute(params![account, id, run])?;
    }
    let mut statement = connection.prepare_cached(REWARD)?;
    for row in &changes.rewards {
        statement.execute(params![
            row.account,
            row.id,
            row.member,
            row.reward,
            row.at,
            row.until,
            run,
        ])?;
    }
    if let Some(before) = changes.lapsed_before {
        connection.execute(
            "delete from reward where until < ?1 and run <= ?2",
            params![before, run],
        )?;
    }
    Ok(())
}

fn listed<T: serde::de::DeserializeOwned>(json: &str) -> Vec<T> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The file is about to be changed; what goes wrong then is said as the database says it.
fn changing(path: &Path) -> rusqlite::Result<()> {
    about_to_change(path).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn at(path: &Path, cause: &rusqlite::Error) -> LakeError {
    LakeError::new(
        LakeCode::Access,
        path,
        cause.to_string(),
        "remove the file: the next run makes it anew from the lake",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn member(account: &str, balance: i64) -> MemberRow {
        MemberRow {
            account: account.to_owned(),
            member: None,
            purse: PurseRow {
                balance,
                pending: 0,
                debt: 0,
                next_expiry: Some(77),
                next_expiry_points: 5,
                open: vec![OpenPoints {
                    until: 77,
                    points: 5,
                }],
            },
            other_wallets: vec![("stars".to_owned(), PurseRow::default())],
            rung: Some("gold".to_owned()),
            rung_until: None,
            updated_night: "2026-11-15".to_owned(),
        }
    }

    fn members(rows: &[(&str, i64)]) -> Changes {
        Changes {
            members: rows
                .iter()
                .map(|(account, balance)| member(account, *balance))
                .collect(),
            ..Changes::default()
        }
    }

    #[test]
    fn a_later_run_overwrites_and_an_earlier_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut serving = Serving::open(&folder.path().join("serving.sqlite")).unwrap();
        assert_eq!(serving.last_run().unwrap(), None);
        serving
            .apply(1, "2026-11-14", &members(&[("a", 1), ("b", 2)]))
            .unwrap();
        serving
            .apply(2, "2026-11-15", &members(&[("a", 10)]))
            .unwrap();
        // A zombie of the first run, and the second run once more.
        serving
            .apply(1, "2026-11-14", &members(&[("a", 1), ("b", 2)]))
            .unwrap();
        serving
            .apply(2, "2026-11-15", &members(&[("a", 10)]))
            .unwrap();
        assert_eq!(serving.member("a").unwrap(), Some(member("a", 10)));
        assert_eq!(serving.member("b").unwrap(), Some(member("b", 2)));
        assert_eq!(serving.member("c").unwrap(), None);
        assert_eq!(
            serving.last_run().unwrap(),
            Some((2, "2026-11-15".to_owned()))
        );
    }

    #[test]
    fn rewards_stay_until_they_lapse() {
        let folder = tempfile::tempdir().unwrap();
        let mut serving = Serving::open(&folder.path().join("serving.sqlite")).unwrap();
        let reward = |id: &str, until: i64| RewardRow {
            id: id.to_owned(),
            account: "a".to_owned(),
            member: "a".to_owned(),
            reward: "free-cup".to_owned(),
            at: 5,
            until,
        };
        let changes = Changes {
            rewards: vec![reward("1", 100), reward("2", 200)],
            ..Changes::default()
        };
        serving.apply(1, "2026-11-14", &changes).unwrap();
        assert_eq!(serving.rewards("a").unwrap().len(), 2);
        let changes = Changes {
            lapsed_before: Some(150),
            ..Changes::default()
        };
        serving.apply(2, "2026-11-15", &changes).unwrap();
        assert_eq!(serving.rewards("a").unwrap(), [reward("2", 200)]);
    }
}

//! `views.sql`: the store's tables as SQL views for DuckDB, with exactly the files that hold now.

use super::error::LakeError;
use super::manifest::{LakeFile, Manifest, Table};
use super::store::{Store, write_whole};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Columns of a table, with types, where no file says what they are.
const EMPTY: [(Table, &str); 7] = [
    (
        Table::Entries,
        "null::varchar as account, null::timestamptz as at, null::integer as cause, null::bigint as points, \
         null::bigint as event_number, null::varchar as event, null::bigint as lot_number, \
         null::varchar as lot, null::timestamptz as expires, null::tinyint as rung",
    ),
    (
        Table::Rungs,
        "null::varchar as account, null::timestamptz as at, null::integer as cause, \
         null::varchar as rung_from, null::varchar as rung_to, null::date as until, \
         null::varchar as reason, null::bigint as event_number, null::varchar as event",
    ),
    (
        Table::Rewards,
        "null::varchar as account, null::timestamptz as at, null::integer as cause, \
         null::varchar as reward, null::varchar as member, null::bigint as event_number, \
         null::varchar as event, null::integer as occurrence, null::timestamptz as until, \
         null::bigint as cost",
    ),
    (
        Table::Causes,
        "null::integer as cause, null::varchar as kind, null::varchar as rule_kind, \
         null::varchar as rule, null::varchar as source, null::varchar as lot_source, \
         null::varchar as version, null::varchar as file, null::varchar as ladder, \
         null::integer as line",
    ),
    (
        Table::Quarantine,
        "null::varchar as object, null::bigint as line, null::varchar as \"column\", \
         null::varchar as code, null::varchar as reason, null::varchar as value, null::varchar as raw",
    ),
    (
        Table::Decisions,
        "null::varchar as surprise, null::timestamptz as at, null::varchar as occurrence, \
         null::varchar as account, null::varchar as member, null::varchar as ticket, \
         null::boolean as won",
    ),
    (
        Table::States,
        "null::varchar as account, null::date as wake, null::integer as version, \
         null::bigint as balance, null::bigint as pending, null::bigint as debt, \
         null::varchar as rung, null::date as rung_until, null::blob as state, 0 as level",
    ),
];

/// The views over raw tables that people ask for.
const JOINED: &str = "
create or replace view ledger as
select e.account, e.at, c.kind, c.rule_kind, c.rule, e.points,
       coalesce(e.event_number::varchar, e.event) as event, c.source as event_source,
       coalesce(e.lot_number::varchar, e.lot) as lot, c.lot_source,
       e.expires, string_split(nullif(c.ladder, ''), ',')[e.rung + 1] as rung,
       c.version, c.file, c.line
from entries e join causes c using (cause);

create or replace view rung_moves as
select r.account, r.at, r.reason, r.rung_from, r.rung_to, r.until,
       coalesce(r.event_number::varchar, r.event) as event, c.source as event_source,
       c.version, c.file, c.line
from rungs r join causes c using (cause);

create or replace view issued as
select r.account, r.at, r.reward, r.member, c.rule_kind, c.rule,
       coalesce(r.event_number::varchar, r.event) as event, c.source as event_source,
       r.occurrence, r.until, r.cost, c.version, c.file, c.line
from rewards r join causes c using (cause);
";

/// The text of `views.sql` after these runs.
pub fn views(manifests: &[Manifest]) -> String {
    let mut text = String::from(
        "-- The tables of this store as of its last run. Made by each run; use it inside the folder:\n\
         --   duckdb -init views.sql\n",
    );
    let latest = manifests.last();
    let files = |table: Table| -> Vec<&LakeFile> {
        match table.whole() {
            true => latest
                .map_or(&[][..], |latest| latest.files(table))
                .iter()
                .collect(),
            false => manifests
                .iter()
                .flat_map(|manifest| manifest.files(table))
                .collect(),
        }
    };
    for (name, table) in [("events", Table::History), ("waiting", Table::Waiting)] {
        // Columns without values are not in the files, and without files there are no columns at all.
        let files = files(table);
        if !files.is_empty() {
            view(&mut text, name, &format!("select * from {}", read(&files)));
        }
    }
    for (table, empty) in EMPTY {
        let files = files(table);
        let select = match (files.is_empty(), table) {
            (true, _) => format!("select {empty} where false"),
            (false, Table::States) => newest(&files),
            (false, Table::Causes) => format!("select distinct * from {}", read(&files)),
            (false, _) => format!("select * from {}", read(&files)),
        };
        view(&mut text, table.folder(), &select);
    }
    text.push_str(JOINED);
    text
}

fn view(text: &mut String, name: &str, select: &str) {
    // Writing to a text cannot fail.
    let _ = write!(text, "\ncreate or replace view {name} as\n{select};\n");
}

fn read(files: &[&LakeFile]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|file| format!("'{}'", file.name.replace('\'', "''")))
        .collect();
    format!(
        "read_parquet([\n  {}\n], union_by_name = true)",
        names.join(",\n  ")
    )
}

/// Of each account the row of the newest level.
fn newest(files: &[&LakeFile]) -> String {
    let mut levels: BTreeMap<u32, Vec<&LakeFile>> = BTreeMap::new();
    for file in files {
        levels.entry(file.level).or_default().push(file);
    }
    let parts: Vec<String> = levels
        .iter()
        .map(|(level, files)| format!("select *, {level} as level from {}", read(files)))
        .collect();
    format!(
        "select * from (\n{}\n) qualify row_number() over (partition by account order by level desc) = 1",
        parts.join("\nunion all by name\n")
    )
}

/// Writes `views.sql` after a run. It helps people and is no part of a run's result.
pub fn write_views(store: &Store) -> Result<(), LakeError> {
    let text = views(&store.manifests()?);
    write_whole(&store.path("views.sql"), text.as_bytes())
}

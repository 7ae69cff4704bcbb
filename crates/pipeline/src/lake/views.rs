//! `views.sql`: the store's tables as SQL views for DuckDB, with exactly the files that hold now.

use super::error::LakeError;
use super::manifest::{LakeFile, Manifest, Table};
use super::store::{Store, write_whole};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Columns of a table, with types, where no file says what they are.
const EMPTY: [(Table, &str); 9] = [
    (
        Table::Superseded,
        "null::varchar as account, null::varchar as file, null::bigint as row",
    ),
    (
        Table::Corrections,
        "null::varchar as account, null::timestamptz as time, null::varchar as source, \
         null::varchar as event, null::varchar as change, null::varchar as before, null::varchar as after, \
         0 as run",
    ),
    (
        Table::Entries,
        "null::varchar as account, null::timestamptz as at, null::integer as cause, null::bigint as points, \
         null::bigint as event_number, null::varchar as event, null::bigint as lot_number, \
         null::varchar as lot, null::timestamptz as expires, null::tinyint as rung, 0 as run",
    ),
    (
        Table::Rungs,
        "null::varchar as account, null::timestamptz as at, null::integer as cause, \
         null::varchar as rung_from, null::varchar as rung_to, null::date as until, \
         null::varchar as reason, null::bigint as event_number, null::varchar as event, 0 as run",
    ),
    (
        Table::Rewards,
        "null::varchar as account, null::timestamptz as at, null::integer as cause, \
         null::varchar as reward, null::varchar as member, null::bigint as event_number, \
         null::varchar as event, null::integer as occurrence, null::timestamptz as until, \
         null::bigint as cost, null::bigint as revoked_by_number, null::varchar as revoked_by, 0 as run",
    ),
    (
        Table::Causes,
        "null::integer as cause, null::varchar as kind, null::varchar as rule_kind, \
         null::varchar as rule, null::varchar as source, null::varchar as lot_source, \
         null::varchar as version, null::varchar as file, null::varchar as ladder, \
         null::varchar as booking, null::integer as line",
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
select e.account, e.at, c.kind, c.booking, n.night, c.rule_kind, c.rule, c.wallet, e.points,
       coalesce(e.event_number::varchar, e.event) as event, c.source as event_source,
       coalesce(e.lot_number::varchar, e.lot) as lot, c.lot_source,
       e.expires, string_split(nullif(c.ladder, ''), ',')[e.rung + 1] as rung,
       c.version, c.file, c.line
from entries e join causes c using (cause) join runs n using (run);

create or replace view rung_moves as
select r.account, r.at, r.reason, c.booking, n.night, r.rung_from, r.rung_to, r.until,
       coalesce(r.event_number::varchar, r.event) as event, c.source as event_source,
       c.version, c.file, c.line
from rungs r join causes c using (cause) join runs n using (run);

create or replace view issued as
select r.account, r.at, r.reward, r.member, c.booking, n.night, c.rule_kind, c.rule,
       coalesce(r.event_number::varchar, r.event) as event, c.source as event_source,
       r.occurrence, r.until, r.cost, coalesce(r.revoked_by_number::varchar, r.revoked_by) as revoked_by,
       c.lot_source as revoked_by_source, c.version, c.file, c.line
from rewards r join causes c using (cause) join runs n using (run);
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
    runs(&mut text, manifests);
    for (table, empty) in EMPTY {
        let files = files(table);
        let select = match (files.is_empty(), table) {
            (true, _) => format!("select {empty} where false"),
            (false, Table::States) => newest(&files),
            (false, Table::Causes) => format!("select distinct * from {}", read(&files)),
            (false, Table::Entries | Table::Rungs | Table::Rewards | Table::Corrections) => {
                of_runs(&files, table)
            }
            (false, _) => format!("select * from {}", read(&files)),
        };
        view(&mut text, table.folder(), &select);
    }
    // Columns without values are not in the files, and without files there are no columns at all.
    let (history, waiting) = (files(Table::History), files(Table::Waiting));
    let superseded = !files(Table::Superseded).is_empty();
    if !history.is_empty() {
        view(&mut text, "events", &standing(&history, superseded));
    }
    if !waiting.is_empty() {
        view(
            &mut text,
            "waiting",
            &format!("select * from {}", read(&waiting)),
        );
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

/// Which nights each run settled.
fn runs(text: &mut String, manifests: &[Manifest]) {
    let rows: Vec<String> = manifests
        .iter()
        .map(|manifest| {
            let nights = &manifest.nights;
            format!(
                "({}, date '{}', date '{}')",
                manifest.run, nights.from, nights.to
            )
        })
        .collect();
    let select = match rows.is_empty() {
        true => {
            "select 0 as run, null::date as first_night, null::date as night where false".to_owned()
        }
        false => format!(
            "select * from (values\n  {}\n) as runs (run, first_night, night)",
            rows.join(",\n  ")
        ),
    };
    view(text, "runs", &select);
}

/// Rows with the run that wrote them, which is in the names of their files.
fn of_runs(files: &[&LakeFile], table: Table) -> String {
    let read = read(files).replace(
        "union_by_name = true",
        "union_by_name = true, filename = true",
    );
    let folder = table.folder();
    format!(
        "select * exclude (filename), regexp_extract(filename, '{folder}/(\\d+)', 1)::integer as run from {read}"
    )
}

/// The events that stand: without rows whose place another one took, and without cancellations.
fn standing(files: &[&LakeFile], superseded: bool) -> String {
    let read = read(files);
    let rows = match superseded {
        false => format!("select * from {read}"),
        true => {
            let options = "union_by_name = true, filename = true, file_row_number = true";
            let read = read.replace("union_by_name = true", options);
            format!(
                "select e.* exclude (filename, file_row_number) from {read} e\n\
                 anti join superseded s on e.filename = s.file and e.file_row_number = s.row"
            )
        }
    };
    // Files name the column only where something is cancelled.
    format!(
        "select * exclude (void) from (\nselect null::boolean as void where false\n\
         union all by name\n{rows}\n) where void is not true"
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

/// Writes `views.sql` if it is not that of these runs.
pub fn mend_views(store: &Store, manifests: &[Manifest]) -> Result<(), LakeError> {
    let (path, text) = (store.path("views.sql"), views(manifests));
    match std::fs::read(&path) {
        Ok(known) if known == text.as_bytes() => Ok(()),
        _ => write_whole(&path, text.as_bytes()),
    }
}

/// Writes `views.sql` after a run. It helps people and is no part of a run's result.
pub fn write_views(store: &Store) -> Result<(), LakeError> {
    let text = views(&store.manifests()?);
    write_whole(&store.path("views.sql"), text.as_bytes())
}

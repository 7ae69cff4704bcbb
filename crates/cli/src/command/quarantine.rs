//! `rungs quarantine`

use super::{counted, print, run::could_not};
use crate::Ended;
use crate::arguments::{Format, Quarantine};
use rungs_pipeline::quarantine::{self, QuarantineRow};

/// Characters of a value that are shown.
const SHOWN: usize = 40;

/// Where a row stands: its file, line and column, or the event that it is.
fn place(row: &QuarantineRow) -> String {
    let mut place = row.object.clone();
    if let Some(line) = row.line {
        place += &format!(":{line}");
    }
    let value = row
        .value
        .as_deref()
        .map(|value| format!(" `{}`", short(value)));
    let value = value.unwrap_or_default();
    if let Some(column) = &row.column {
        place += &format!(" ({column}{value})");
    }
    if let Some(source) = &row.source {
        place = match place.is_empty() {
            true => format!("{source}{value}"),
            false => format!("{place} ({source}{value})"),
        };
    }
    place
}

/// So much of a value that a line stays readable, without anything that moves the cursor.
fn short(value: &str) -> String {
    let mut shown: String = value.escape_debug().take(SHOWN).collect();
    if value.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Lists what was put into quarantine.
pub fn quarantine(asked: &Quarantine) -> Ended {
    let (versions, _, store) = match super::place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let rows = match quarantine::list(versions.newest(), &store) {
        Ok(rows) => rows,
        Err(trouble) => return could_not(trouble),
    };
    match asked.format {
        Format::Json => print(&format!("{:#}\n", serde_json::json!(rows))),
        Format::Text => {
            for row in &rows {
                print(&format!("{}: {}: {}\n", place(row), row.code, row.reason));
            }
            let whole = |row: &&QuarantineRow| row.line.is_none() && row.source.is_none();
            let files = rows.iter().filter(whole).count();
            let mut counts = counted(rows.len() - files, "row");
            if files > 0 {
                counts += &format!(" and {} refused whole", counted(files, "file"));
            }
            print(&format!("{counts} in quarantine\n"));
        }
    }
    Ended::Fine
}

//! Files of a generated history.

use rungs_engine::calendar::{Day, day_from};
use rungs_engine::canonical::Kind;
use rungs_engine::rehearsal::EventTable;
use rungs_histories::Generated;
use std::path::Path;

/// An uploaded file.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The kind of its events.
    pub kind: Kind,
    /// The dataset, whose folder it lies in.
    pub dataset: &'static str,
    /// Its name there.
    pub name: String,
    /// Names of the columns.
    pub header: String,
    /// Its rows: the local date, the line.
    pub rows: Vec<(Day, String)>,
}

impl Upload {
    /// A file with these rows.
    pub fn with(&self, name: String, rows: Vec<(Day, String)>) -> Upload {
        Upload {
            name,
            rows,
            ..self.clone()
        }
    }

    /// What stands in it.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.header);
        for (_, row) in &self.rows {
            text.push_str(row);
            text.push('\n');
        }
        text
    }

    /// Writes the file below an inbox.
    pub fn write(&self, inbox: &Path) -> std::io::Result<()> {
        let folder = inbox.join(self.dataset);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(&self.name), self.text())
    }
}

/// A whole history, a file for each kind of event.
pub fn uploads(made: &Generated) -> Vec<Upload> {
    let tables = made.tables.iter().filter(|table| !table.rows.is_empty());
    tables
        .map(|table| Upload {
            kind: table.kind,
            dataset: dataset(table.kind),
            name: "all.csv".to_owned(),
            header: table.columns.join(","),
            rows: rows(table),
        })
        .collect()
}

fn rows(table: &EventTable) -> Vec<(Day, String)> {
    let time = table.columns.iter().position(|name| name == "time");
    let line = |row: &Vec<Option<String>>| {
        let cells: Vec<&str> = row
            .iter()
            .map(|cell| cell.as_deref().unwrap_or_default())
            .collect();
        let day = time.and_then(|time| day_from(cells[time].get(..10)?));
        (day.unwrap_or(Day::MIN), cells.join(","))
    };
    table.rows.iter().map(line).collect()
}

/// The dataset of a kind in every generated programme.
fn dataset(kind: Kind) -> &'static str {
    match kind {
        Kind::Enrol => "cards",
        Kind::Profile => "people",
        Kind::Order => "till",
        Kind::Refund => "back",
        Kind::Activity => "app",
        Kind::Redeem => "spent",
        Kind::Unredeem => "undone",
        Kind::Adjust => "desk",
        Kind::Opening => "brought",
        Kind::Survey => "answers",
        Kind::Reward => "counter",
        other => other.text(),
    }
}

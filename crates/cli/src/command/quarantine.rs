//! `rungs quarantine`

use super::{place, print, run::could_not};
use crate::Ended;
use crate::arguments::{Format, Quarantine};
use rungs_pipeline::quarantine;

/// Lists what was put into quarantine.
pub fn quarantine(asked: &Quarantine) -> Ended {
    let (_, _, store) = match place(&asked.place) {
        Ok(place) => place,
        Err(ended) => return ended,
    };
    let rows = match quarantine::list(&store) {
        Ok(rows) => rows,
        Err(trouble) => return could_not(trouble),
    };
    match asked.format {
        Format::Json => print(&format!("{:#}\n", serde_json::json!(rows))),
        Format::Text => {
            for row in &rows {
                let line = row.line.map_or(String::new(), |line| format!(":{line}"));
                let column = row
                    .column
                    .as_ref()
                    .map_or(String::new(), |column| format!(" ({column})"));
                print(&format!(
                    "{}{line}{column}: {}: {}\n",
                    row.object, row.code, row.reason
                ));
            }
            print(&format!("{} rows in quarantine\n", rows.len()));
        }
    }
    Ended::Fine
}

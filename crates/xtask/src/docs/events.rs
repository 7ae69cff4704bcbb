//! `docs/reference/events.md`: the canonical events. (`schema/events.json` is the pipeline's.)

use rungs_engine::canonical::{COMMON, Kind, Type};
use std::fmt::Write;

/// The page.
pub fn page() -> String {
    let mut page = super::notice("`crates/engine/src/canonical.rs`");
    page.push_str(
        "# Canonical events\n\n\
         Every uploaded row becomes one of these, whatever its file looked like; `[collect.<dataset>]` says how. The\n\
         same columns stand in conditions (`event.net`, `line.category`) and in the lake (`order_net`,\n\
         `order_line_category`). [`schema/events.json`](../../schema/events.json) says the same for programs.\n\n\
         At one instant an account's events are taken in the order of this page.\n\n\
         ## Every event\n\n\
         | column | type |\n|---|---|\n",
    );
    for (name, sort) in COMMON {
        let _ = writeln!(page, "| `{name}` | {} |", sort.text());
    }
    for kind in Kind::ALL {
        let later = if kind.settled() {
            ""
        } else {
            " *Not settled yet: `check` refuses a dataset of it.*"
        };
        let _ = write!(page, "\n## `{}`\n\n{}{later}\n", kind.text(), kind.doc());
        table(&mut page, "column", kind.columns());
        table(&mut page, "column of a line", kind.line_columns());
    }
    page.push_str("\n## Types\n\n| type | in the lake | in a file |\n|---|---|---|\n");
    for sort in Type::ALL {
        let (lake, file) = forms(*sort);
        let _ = writeln!(page, "| {} | {lake} | {file} |", sort.text());
    }
    page
}

fn table(page: &mut String, heading: &str, columns: &[(&str, Type)]) {
    if columns.is_empty() {
        return;
    }
    let _ = write!(page, "\n| {heading} | type |\n|---|---|\n");
    for (name, sort) in columns {
        let _ = writeln!(page, "| `{name}` | {} |", sort.text());
    }
}

/// How values of a type look in the lake and in an uploaded file.
fn forms(sort: Type) -> (&'static str, &'static str) {
    match sort {
        Type::Text => ("dictionary of UTF-8", "as it is"),
        Type::Integer => ("INT64", "`12`"),
        Type::Decimal => ("DECIMAL(18, digits)", "`1.25`, as many digits as declared"),
        Type::Money => (
            "DECIMAL(18, minor digits of the currency)",
            "`4.50`, or `450` with `unit = \"minor\"`",
        ),
        Type::Boolean => ("BOOLEAN", "`true`, `false`"),
        Type::Date => ("DATE", "`2026-03-10`"),
        Type::Time => (
            "TIMESTAMP, microseconds, UTC",
            "with an offset, or local in the zone of the dataset",
        ),
        Type::MonthDay => ("INT16, month × 100 + day", "`02-29`, or a whole date"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_kind_and_every_column() {
        let page = page();
        for kind in Kind::ALL {
            let heading = format!("\n## `{}`\n", kind.text());
            let chapter = page
                .split_once(&heading)
                .map(|(_, rest)| rest)
                .unwrap_or_default();
            let chapter = chapter.split("\n## ").next().unwrap_or_default();
            for (name, _) in kind.columns().iter().chain(kind.line_columns()) {
                assert!(chapter.contains(&format!("| `{name}` |")), "{name}");
            }
        }
    }
}

//! `docs/reference/events.md` and `schema/events.json`: the canonical events.

use rungs_engine::canonical::{COMMON, Kind, Type};
use serde_json::{Map, Value, json};
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

/// The schema of one canonical event as JSON, draft-07.
pub fn schema() -> String {
    let kinds: Vec<Value> = Kind::ALL.iter().map(|kind| of_kind(*kind)).collect();
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Canonical event of Rungs",
        "description": "What every uploaded row becomes. Money and decimals are texts, so that no reader makes them binary floats.",
        "oneOf": kinds,
    });
    format!("{schema:#}\n")
}

fn of_kind(kind: Kind) -> Value {
    let mut properties = Map::new();
    for (name, sort) in COMMON {
        properties.insert((*name).to_owned(), of_type(*sort));
    }
    properties.insert("kind".to_owned(), json!({ "const": kind.text() }));
    properties.insert("void".to_owned(), json!({ "type": "boolean" }));
    for (name, sort) in kind.columns() {
        properties.insert((*name).to_owned(), of_type(*sort));
    }
    if !kind.line_columns().is_empty() {
        let mut line = Map::new();
        line.insert(
            "number".to_owned(),
            json!({ "type": "integer", "minimum": 1 }),
        );
        for (name, sort) in kind.line_columns() {
            line.insert((*name).to_owned(), of_type(*sort));
        }
        let line = json!({ "type": "object", "properties": line, "required": ["number"] });
        properties.insert(
            "lines".to_owned(),
            json!({ "type": "array", "items": line }),
        );
    }
    json!({
        "title": kind.text(),
        "description": kind.doc(),
        "type": "object",
        "properties": properties,
        "required": ["kind", "source", "id", "time", "member", "account"],
    })
}

fn of_type(sort: Type) -> Value {
    match sort {
        Type::Text => json!({ "type": "string" }),
        Type::Integer => json!({ "type": "integer" }),
        Type::Decimal | Type::Money => {
            json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" })
        }
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Date => json!({ "type": "string", "format": "date" }),
        Type::Time => json!({ "type": "string", "format": "date-time" }),
        Type::MonthDay => json!({ "type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$" }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_every_kind_and_column() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        for (kind, stated) in Kind::ALL.iter().zip(schema["oneOf"].as_array().unwrap()) {
            assert_eq!(stated["properties"]["kind"]["const"], kind.text());
            for (name, _) in kind.columns() {
                assert!(stated["properties"][name].is_object(), "{name}");
            }
            for (name, _) in kind.line_columns() {
                let line = &stated["properties"]["lines"]["items"]["properties"];
                assert!(line[name].is_object(), "{name}");
            }
        }
    }
}

//! The published schema of canonical events, made from the one list of kinds and columns.

use rungs_engine::canonical::{COMMON, Kind, Type};
use serde_json::{Map, Value, json};

/// JSON Schema (draft-07) of canonical events of all kinds: one object for each event, with its lines inside.
/// Columns that a programme declares itself come on top, so other properties are allowed.
pub fn events_schema_json() -> Value {
    let kinds: Vec<Value> = Kind::ALL.iter().map(|kind| event(*kind)).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Canonical events",
        "description": "What every uploaded row becomes. `account` is the member where pools have no number of their own. An event is known by source, account and id.",
        "oneOf": kinds,
    })
}

fn event(kind: Kind) -> Value {
    let mut properties = Map::new();
    properties.insert("kind".into(), json!({ "const": kind.text() }));
    for (name, of) in COMMON.iter().chain(kind.columns()) {
        properties.insert((*name).into(), value(*of));
    }
    properties.insert(
        "void".into(),
        json!({ "type": "boolean", "description": "true cancels the event of this source, account and id" }),
    );
    if !kind.line_columns().is_empty() {
        let mut line = Map::new();
        line.insert("number".into(), json!({ "type": "integer", "minimum": 1 }));
        for (name, of) in kind.line_columns() {
            line.insert((*name).into(), value(*of));
        }
        properties.insert(
            "lines".into(),
            json!({ "type": "array", "items": { "type": "object", "properties": line, "required": ["number"] } }),
        );
    }
    json!({
        "title": kind.text(),
        "description": kind.doc(),
        "type": "object",
        "properties": properties,
        "required": ["kind", "id", "source", "time", "member", "account"],
        "x-settled": kind.settled(),
    })
}

fn value(of: Type) -> Value {
    match of {
        Type::Text => json!({ "type": "string" }),
        Type::Integer => json!({ "type": "integer" }),
        Type::Decimal => json!({
            "type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$", "description": "an exact decimal number"
        }),
        Type::Money => json!({
            "type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$", "description": "an amount in the programme's currency"
        }),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Date => json!({ "type": "string", "format": "date" }),
        Type::Time => json!({ "type": "string", "format": "date-time" }),
        Type::MonthDay => json!({
            "type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$", "description": "a day of every year"
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_column_is_published_once() {
        let schema = events_schema_json();
        let kinds = schema["oneOf"].as_array().map_or(0, Vec::len);
        assert_eq!(kinds, 20);
        for (kind, shown) in Kind::ALL
            .iter()
            .zip(schema["oneOf"].as_array().into_iter().flatten())
        {
            assert_eq!(shown["properties"]["kind"]["const"], kind.text());
            for (name, _) in COMMON.iter().chain(kind.columns()) {
                assert!(
                    shown["properties"][name].is_object(),
                    "{} {name}",
                    kind.text()
                );
            }
        }
        let order = &schema["oneOf"][4];
        assert_eq!(order["title"], "order");
        let line = &order["properties"]["lines"]["items"]["properties"];
        assert_eq!(line["sku"]["type"], "string");
        assert_eq!(line["number"]["type"], "integer");
        assert_eq!(
            order["properties"]["net"]["description"],
            "an amount in the programme's currency"
        );
    }
}

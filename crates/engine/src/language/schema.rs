//! JSON Schema (draft-07, inlined) of programmes and scenario files, from the declarations.

use super::reader::Value as _;
use super::table::{Key, Kinds, Need, Shape, Table};
use super::{Root, scenario};
use serde_json::{Map, Value, json};
use toml::de::DeValue;

/// The JSON Schema of a programme file.
pub fn program_schema() -> Value {
    titled(&Root::shape(), "A Rungs programme")
}

/// The JSON Schema of a file of scenario tests.
pub fn scenario_schema() -> Value {
    titled(
        &scenario::ScenarioFile::shape(),
        "Scenario tests of a Rungs programme",
    )
}

fn titled(shape: &Shape, title: &str) -> Value {
    let mut schema = of(shape);
    if let Some(map) = schema.as_object_mut() {
        map.insert(
            "$schema".into(),
            json!("http://json-schema.org/draft-07/schema#"),
        );
        map.insert("title".into(), json!(title));
    }
    schema
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Plain(plain) => (plain.schema)(),
        Shape::Choice(words) => {
            let settled = words.iter().filter(|word| word.doc.is_some());
            json!({ "enum": settled.map(|word| word.word).collect::<Vec<_>>() })
        }
        Shape::Table(table) => object(table.doc, &table.keys),
        Shape::Kinds(kinds) => by_kind(kinds),
        Shape::List(item) => json!({ "type": "array", "items": of(item) }),
        Shape::OneOrMany(item) => {
            let one = of(item);
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        Shape::Named(_, item) => json!({ "type": "object", "additionalProperties": of(item) }),
        Shape::ByRung(item) => {
            let one = of(item);
            json!({ "anyOf": [one, { "type": "object", "additionalProperties": one }] })
        }
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(of).collect::<Vec<_>>() }),
    }
}

/// One alternative for each settled kind, told apart by `kind`.
fn by_kind(kinds: &Kinds) -> Value {
    let settled = kinds.kinds.iter().filter_map(|kind| {
        let Table { doc, keys, .. } = kind.table.as_ref()?;
        let mut all = keys.clone();
        all.extend_from_slice(&kinds.common);
        let mut schema = object(doc, &all);
        let map = schema.as_object_mut()?;
        map.get_mut("properties")?
            .as_object_mut()?
            .insert("kind".into(), json!({ "const": kind.word }));
        let required = map.entry("required").or_insert_with(|| json!([]));
        required.as_array_mut()?.insert(0, json!("kind"));
        Some(schema)
    });
    json!({ "description": kinds.doc, "oneOf": settled.collect::<Vec<_>>() })
}

fn object(doc: &str, keys: &[Key]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in keys {
        let Some(shape) = &key.shape else {
            continue;
        };
        let mut schema = of(shape);
        if let Some(map) = schema.as_object_mut() {
            map.insert("description".into(), json!(key.doc));
            if let Need::Default(text) = key.need
                && let Ok(value) = DeValue::parse(text)
            {
                map.insert("default".into(), as_json(value.get_ref()));
            }
        }
        if key.need == Need::Required {
            required.push(key.name);
        }
        properties.insert(key.name.into(), schema);
    }
    let mut out = json!({
        "type": "object",
        "description": doc,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty()
        && let Some(map) = out.as_object_mut()
    {
        map.insert("required".into(), json!(required));
    }
    out
}

/// A default in JSON.
fn as_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Boolean(value) => json!(value),
        DeValue::Integer(number) => number
            .as_str()
            .parse::<i64>()
            .map_or(Value::Null, |number| json!(number)),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, item)| (key.get_ref().to_string(), as_json(item.get_ref())))
            .collect::<Map<_, _>>()
            .into(),
        DeValue::Array(items) => items
            .iter()
            .map(|item| as_json(item.get_ref()))
            .collect::<Vec<_>>()
            .into(),
        DeValue::Float(_) | DeValue::Datetime(_) => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_schema_knows_settled_keys_and_none_of_later_editions() {
        let schema = program_schema();
        let program = &schema["properties"]["program"];
        assert_eq!(program["properties"]["late"]["default"], "30 days");
        assert_eq!(program["required"], json!(["name", "zone", "currency"]));
        assert_eq!(program["additionalProperties"], false);
        assert!(program["properties"].get("holidays").is_none());
        assert!(schema["properties"].get("missions").is_none());
    }

    #[test]
    fn each_kind_of_earn_rule_has_its_own_keys() {
        let schema = program_schema();
        let kinds = schema["properties"]["earn"]["items"]["oneOf"]
            .as_array()
            .unwrap();
        let of = |word: &str| {
            kinds
                .iter()
                .find(|kind| kind["properties"]["kind"]["const"] == word)
                .unwrap()
        };
        assert_eq!(kinds.len(), 5);
        assert!(of("per_amount")["properties"].get("per").is_some());
        assert!(of("per_event")["properties"].get("per").is_none());
        assert!(
            of("multiplier")["required"]
                .as_array()
                .unwrap()
                .contains(&json!("times"))
        );
        assert!(of("multiplier")["properties"].get("group").is_some());
    }

    #[test]
    fn nothing_in_the_schema_points_elsewhere() {
        for schema in [program_schema(), scenario_schema()] {
            assert!(!schema.to_string().contains("$ref"));
        }
    }
}

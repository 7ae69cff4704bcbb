//! DynamoDB, as far as functions and tills use it: items in memory, and the expressions that they send.

use super::wire::{Answer, Request, Service};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

type Item = Map<String, Value>;

#[derive(Debug, Default)]
pub struct DynamoDb(Mutex<BTreeMap<(String, String), Item>>);

impl DynamoDb {
    /// All items by their keys.
    pub fn items(&self) -> BTreeMap<(String, String), Item> {
        let items = self.0.lock();
        items.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn get(&self, body: &Value) -> Answer {
        let items = self.items();
        let item = items.get(&key(&body["Key"]));
        ok(&match item {
            Some(item) => json!({ "Item": item }),
            None => json!({}),
        })
    }

    fn query(&self, body: &Value) -> Answer {
        let values = &body["ExpressionAttributeValues"];
        let pk = text(&values[":pk"]);
        let prefix = text(&values[":prefix"]);
        let items = self.items().into_iter();
        let mut found: Vec<Item> = items
            .filter(|((own, sk), _)| *own == pk && sk.starts_with(&prefix))
            .map(|(_, item)| item)
            .collect();
        if body["ScanIndexForward"] == false {
            found.reverse();
        }
        ok(&json!({"Count": found.len(), "Items": found}))
    }

    fn update(&self, body: &Value) -> Answer {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(&body["Key"]);
        let before = items.get(&key).cloned();
        let names = Names(body);
        if let Some(condition) = body["ConditionExpression"].as_str()
            && !names.holds(condition, before.as_ref().unwrap_or(&Item::new()))
        {
            return failed("ConditionalCheckFailedException");
        }
        let mut item = before.unwrap_or_else(|| {
            let key = body["Key"].as_object();
            key.cloned().unwrap_or_default()
        });
        names.change(body["UpdateExpression"].as_str().unwrap(), &mut item);
        items.insert(key, item);
        ok(&json!({}))
    }

    /// Puts the first items of a batch, so many, and names the others.
    fn batch(&self, body: &Value, most: usize) -> Answer {
        let (table, puts) = body["RequestItems"]
            .as_object()
            .unwrap()
            .iter()
            .next()
            .unwrap();
        let puts = puts.as_array().unwrap();
        let mut keys = Vec::new();
        for put in puts {
            keys.push(key(&put["PutRequest"]["Item"]));
        }
        keys.sort();
        keys.dedup();
        if keys.len() != puts.len() || puts.len() > 25 {
            return failed("ValidationException");
        }
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for put in &puts[..most.min(puts.len())] {
            let item = &put["PutRequest"]["Item"];
            items.insert(key(item), item.as_object().unwrap().clone());
        }
        let left = &puts[most.min(puts.len())..];
        ok(&match left {
            [] => json!({"UnprocessedItems": {}}),
            left => json!({"UnprocessedItems": {table: left}}),
        })
    }
}

impl Service for DynamoDb {
    fn answer(&self, request: &Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        match operation(request) {
            "GetItem" => self.get(&body),
            "Query" => self.query(&body),
            "UpdateItem" => self.update(&body),
            "BatchWriteItem" => self.batch(&body, usize::MAX),
            _ => failed("UnknownOperationException"),
        }
    }

    fn throttled(&self) -> Answer {
        failed("ThrottlingException")
    }

    fn in_part(&self, request: &Request) -> Option<Answer> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        (operation(request) == "BatchWriteItem").then(|| {
            let most = request.body.len() % 5;
            self.batch(&body, most)
        })
    }
}

fn operation(request: &Request) -> &str {
    let target = request.header("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default()
}

fn ok(body: &Value) -> Answer {
    Answer::new(200, body.to_string())
}

fn failed(code: &str) -> Answer {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
    Answer::new(400, json!({"__type": kind, "message": code}).to_string())
}

fn key(item: &Value) -> (String, String) {
    (text(&item["pk"]), text(&item["sk"]))
}

fn text(value: &Value) -> String {
    value["S"].as_str().unwrap_or_default().to_owned()
}

/// What the placeholders of a request mean.
struct Names<'a>(&'a Value);

impl Names<'_> {
    fn name(&self, path: &str) -> String {
        match path.starts_with('#') {
            true => self.0["ExpressionAttributeNames"][path].as_str().unwrap(),
            false => path,
        }
        .to_owned()
    }

    fn value(&self, placeholder: &str) -> &Value {
        let value = &self.0["ExpressionAttributeValues"][placeholder];
        assert!(!value.is_null(), "{placeholder} has no value");
        value
    }

    /// Alternatives of terms that hold together; a term is `attribute_not_exists(path)` or a comparison.
    fn holds(&self, condition: &str, item: &Item) -> bool {
        let alternatives = condition.split(" OR ");
        let mut alternatives = alternatives.map(|all| all.split(" AND "));
        alternatives.any(|mut all| all.all(|term| self.term(term, item)))
    }

    fn term(&self, term: &str, item: &Item) -> bool {
        if let Some(path) = term.strip_prefix("attribute_not_exists(") {
            return !item.contains_key(&self.name(path.trim_end_matches(')')));
        }
        let words: Vec<&str> = term.split(' ').collect();
        let [path, operator, placeholder] = words[..] else {
            panic!("what is `{term}`?");
        };
        let (here, there) = (self.at(path, item), self.value(placeholder));
        match operator {
            "=" => here == Some(there),
            "<=" => here.is_some_and(|here| number(here) <= number(there)),
            _ => panic!("what is `{operator}`?"),
        }
    }

    /// What stands at a path, which leads through maps.
    fn at<'a>(&self, path: &str, item: &'a Item) -> Option<&'a Value> {
        let mut names = path.split('.').map(|name| self.name(name));
        let first = item.get(&names.next()?)?;
        names.try_fold(first, |map, name| map["M"].get(&name))
    }

    /// `SET path = :value, … REMOVE path, …`
    fn change(&self, change: &str, item: &mut Item) {
        let (set, remove) = change.split_once(" REMOVE ").unwrap_or((change, ""));
        for pair in set.strip_prefix("SET ").unwrap().split(", ") {
            let (path, placeholder) = pair.split_once(" = ").unwrap();
            item.insert(self.name(path), self.value(placeholder).clone());
        }
        for path in remove.split(", ").filter(|path| !path.is_empty()) {
            item.remove(&self.name(path));
        }
    }
}

fn number(value: &Value) -> i64 {
    value["N"].as_str().unwrap().parse().unwrap()
}

/// The table as the template makes it, in a DynamoDB that is asked over HTTP.
pub async fn create(client: &Client, name: &str) {
    let text = ScalarAttributeType::S;
    let mut create = client.create_table().table_name(name);
    for (attribute, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let definition = AttributeDefinition::builder().attribute_name(attribute);
        let key = KeySchemaElement::builder().attribute_name(attribute);
        create = create
            .attribute_definitions(definition.attribute_type(text.clone()).build().unwrap())
            .key_schema(key.key_type(kind).build().unwrap());
    }
    let create = create.billing_mode(BillingMode::PayPerRequest);
    create.send().await.unwrap();
}

//! A small programme and its events, for the tests of the lake.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::schema::event_schema;
use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::{Decimal64Type, Int32Type};
use arrow_array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, PrimitiveArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema};
use rungs_engine::calendar::{LeapDay, Length, Unit, Zone};
use rungs_engine::canonical::{Kind, Type};
use rungs_engine::event::{Batch, EventId};
use rungs_engine::finding::Place;
use rungs_engine::program::{Column, Costs, Dataset, Enrol, Program, Refunds, Shortage};
use std::sync::Arc;

fn column(kind: Kind, line: bool, name: &str, kind_of_value: Type, digits: u8) -> Column {
    Column {
        kind,
        line,
        name: name.to_owned(),
        kind_of_value,
        digits,
        optional: true,
        min: None,
        max: None,
        values: None,
        declared: true,
    }
}

fn dataset(id: &str, event: Kind) -> Dataset {
    Dataset {
        absent: false,
        id: id.to_owned(),
        place: Place::default(),
        event,
        file: "*.csv".to_owned(),
        format: None,
        event_id: vec!["id".to_owned()],
        member: "member".to_owned(),
        account: None,
        time: "time".to_owned(),
        revision: None,
        zone: None,
        line: None,
        fixed: vec![],
        columns: vec![],
        purpose: None,
        retention: None,
    }
}

pub fn program() -> Program {
    let day = Length {
        count: 1,
        unit: Unit::Day,
    };
    let money = |line, name: &str| column(Kind::Order, line, name, Type::Money, 2);
    Program {
        id: "test".to_owned(),
        file: "2026-01-01.toml".to_owned(),
        digest: "d".repeat(64),
        from: 0,
        name: "Test".to_owned(),
        zone: Zone::named("Europe/Berlin").unwrap(),
        currency: "EUR".to_owned(),
        currency_digits: 2,
        late: day,
        settle_after: day,
        leap_day: LeapDay::February28,
        week: 0,
        objectives: vec![],
        datasets: vec![
            dataset("orders", Kind::Order),
            dataset("visits", Kind::Activity),
        ],
        columns: vec![
            money(false, "gross"),
            money(false, "discount"),
            money(false, "net"),
            money(false, "tax"),
            money(false, "shipping"),
            money(false, "total"),
            money(true, "gross"),
            money(true, "discount"),
            money(true, "net"),
            column(Kind::Order, true, "category", Type::Text, 0),
            column(Kind::Activity, false, "name", Type::Text, 0),
            column(Kind::Profile, false, "birthday", Type::MonthDay, 0),
            column(Kind::Order, false, "gift", Type::Boolean, 0),
            column(Kind::Order, false, "due", Type::Date, 0),
        ],
        wallets: Vec::new(),
        earn: vec![],
        groups: vec![],
        metrics: vec![],
        tiers: None,
        benefits: vec![],
        rewards: vec![],
        refunds: Refunds {
            shortage: Shortage::Debt,
            ..Refunds::default()
        },
        enrol: Enrol::Automatic,
        backdate: None,
        surprises: vec![],
        kpis: vec![],
        costs: Costs::default(),
        migrate: Default::default(),
        takeover: Default::default(),
    }
}

/// One row of an uploaded object.
#[derive(Debug, Clone)]
pub struct Row {
    pub account: String,
    pub member: Option<String>,
    pub time: i64,
    pub kind: Kind,
    pub source: &'static str,
    pub id: String,
    pub line: i32,
    pub revision: Option<i64>,
    pub void: bool,
    pub net: Option<i64>,
    pub line_gross: Option<i64>,
    pub line_discount: Option<i64>,
    pub category: Option<&'static str>,
    pub name: Option<&'static str>,
}

/// An order with its net amount.
pub fn order(account: &str, time: i64, id: &str, net: i64) -> Row {
    Row {
        account: account.to_owned(),
        member: None,
        time,
        kind: Kind::Order,
        source: "orders",
        id: id.to_owned(),
        line: 1,
        revision: None,
        void: false,
        net: Some(net),
        line_gross: None,
        line_discount: None,
        category: None,
        name: None,
    }
}

/// A line of an order without amounts of its own.
pub fn line(account: &str, time: i64, id: &str, number: i32, gross: i64) -> Row {
    Row {
        line: number,
        net: None,
        line_gross: Some(gross),
        category: Some("tea"),
        ..order(account, time, id, 0)
    }
}

/// A visit.
pub fn visit(account: &str, time: i64, id: &str) -> Row {
    Row {
        kind: Kind::Activity,
        source: "visits",
        line: 0,
        net: None,
        name: Some("visit"),
        ..order(account, time, id, 0)
    }
}

/// Rows as the ingest hands them over.
pub fn record(program: &Program, rows: &[Row]) -> RecordBatch {
    let text = |values: Vec<Option<&str>>| -> ArrayRef {
        let mut builder = StringDictionaryBuilder::<Int32Type>::new();
        values
            .iter()
            .for_each(|value| builder.append_option(*value));
        Arc::new(builder.finish())
    };
    let money = |values: Vec<Option<i64>>| -> ArrayRef {
        Arc::new(
            PrimitiveArray::<Decimal64Type>::from(values)
                .with_precision_and_scale(18, 2)
                .unwrap(),
        )
    };
    let number = |row: &Row| match EventId::of(&row.id) {
        EventId::Number(number) => Some(number),
        EventId::Text(_) => None,
    };
    let id_text = |row: &Row| match EventId::of(&row.id) {
        EventId::Number(_) => None,
        EventId::Text(text) => Some(text.to_string()),
    };
    let schema = event_schema(program);
    let fields = schema.fields().iter().cloned();
    let revision = Arc::new(Field::new("revision", DataType::Int64, true));
    let has_revision = schema.index_of("revision").is_ok();
    let fields: Vec<_> = match has_revision {
        true => fields.collect(),
        false => fields.chain([revision]).collect(),
    };
    let arrays = fields
        .iter()
        .map(|field| -> ArrayRef {
            let each = |of: &dyn Fn(&Row) -> Option<i64>| rows.iter().map(of).collect::<Vec<_>>();
            match field.name().as_str() {
                "account" => text(rows.iter().map(|row| Some(row.account.as_str())).collect()),
                "member" => text(rows.iter().map(|row| row.member.as_deref()).collect()),
                "time" => Arc::new(
                    TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.time))
                        .with_timezone("UTC"),
                ),
                "kind" => text(rows.iter().map(|row| Some(row.kind.text())).collect()),
                "source" => text(rows.iter().map(|row| Some(row.source)).collect()),
                "id_number" => Arc::new(Int64Array::from(each(&number))),
                "id" => Arc::new(rows.iter().map(id_text).collect::<StringArray>()),
                "line" => Arc::new(Int32Array::from_iter_values(
                    rows.iter().map(|row| row.line),
                )),
                "revision" => Arc::new(Int64Array::from(each(&|row| row.revision))),
                "void" => Arc::new(BooleanArray::from_iter(
                    rows.iter().map(|row| row.void.then_some(true)),
                )),
                "order_net" => money(each(&|row| row.net)),
                "order_line_gross" => money(each(&|row| row.line_gross)),
                "order_line_discount" => money(each(&|row| row.line_discount)),
                "order_line_category" => text(rows.iter().map(|row| row.category).collect()),
                "activity_name" => text(rows.iter().map(|row| row.name).collect()),
                _ => arrow_array::new_null_array(field.data_type(), rows.len()),
            }
        })
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// A batch as lines of text: account, time, kind, id, line, net.
pub fn lines(program: &Program, batches: &[Batch]) -> Vec<String> {
    let net = program
        .columns
        .iter()
        .position(|column| column.stored() == "order_net");
    let mut lines = Vec::new();
    for batch in batches {
        for row in 0..batch.rows {
            lines.push(format!(
                "{} {} {} {}/{} {}",
                batch.account.get(row).unwrap(),
                batch.time[row],
                batch.kind_at(row).unwrap().text(),
                batch.id.get(row),
                batch.line[row],
                batch
                    .number(net.unwrap(), row)
                    .map_or("-".to_owned(), |net| net.to_string()),
            ));
        }
    }
    lines
}

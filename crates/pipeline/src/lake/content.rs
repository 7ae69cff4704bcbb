//! What a row says, as text: two rows are the same if and only if these texts are. Also what is shown
//! of a row in quarantine.

use super::layout::Layout;
use arrow_schema::DataType;
use rungs_engine::canonical::Kind;
use rungs_engine::event::Batch;
use rungs_engine::number::decimal;
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_128;

/// A row as JSON with sorted keys: everything but account, source, id, line, revision and object.
/// Numbers are texts without zeros at the end, so that a column may get more digits; what is empty is
/// left out. A row that cancels its event says nothing else.
pub fn row_content(batch: &Batch, row: usize, layout: &Layout) -> String {
    let mut fields = Map::new();
    if batch.number(layout.void(), row) == Some(1) {
        fields.insert("void".to_owned(), Value::Bool(true));
        return Value::Object(fields).to_string();
    }
    let mut add = |name: &str, value: String| {
        fields.insert(name.to_owned(), Value::String(value));
    };
    add("time", batch.time[row].to_string());
    let kind = Kind::of_rank(batch.kind[row]).map_or("", Kind::text);
    add("kind", kind.to_owned());
    let member = batch.member_at(row);
    if !member.is_empty() && batch.account.get(row) != Some(member) {
        add("member", member.to_owned());
    }
    for (name, texts) in [("channel", &batch.channel), ("store", &batch.store)] {
        if let Some(text) = texts.as_ref().and_then(|texts| texts.get(row)) {
            add(name, text.to_owned());
        }
    }
    for (index, column) in layout.columns().iter().enumerate() {
        let own = [layout.revision(), layout.object(), layout.void()];
        if own.contains(&index) {
            continue;
        }
        if let Some(text) = batch.text(index, row) {
            add(&column.name, text.to_owned());
        } else if let Some(number) = batch.number(index, row) {
            add(&column.name, number_text(number, &column.data_type));
        }
    }
    Value::Object(fields).to_string()
}

fn number_text(number: i64, data_type: &DataType) -> String {
    match data_type {
        DataType::Decimal64(_, digits) => {
            let text = decimal(number, digits.unsigned_abs());
            match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text,
            }
        }
        _ => number.to_string(),
    }
}

/// All rows of an event as a JSON list, in the order of their lines.
pub fn event_content(batch: &Batch, rows: &[u32], layout: &Layout) -> String {
    let rows = rows
        .iter()
        .map(|row| row_content(batch, *row as usize, layout));
    format!("[{}]", rows.collect::<Vec<_>>().join(","))
}

/// A digest of all rows of an event, in the order of their lines. It does not depend on where the rows
/// came from.
pub fn event_digest(batch: &Batch, rows: &[u32], layout: &Layout) -> u128 {
    let mut all = String::new();
    for row in rows {
        all.push_str(&batch.line[*row as usize].to_string());
        all.push_str(&row_content(batch, *row as usize, layout));
        all.push('\n');
    }
    xxh3_128(all.as_bytes())
}

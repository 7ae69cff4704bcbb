//! The columns of canonical events as Arrow and Parquet see them: one wide table for all kinds, so
//! that an account's events stand together in their total order.
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `account` | text | who owns the points |
//! | `member` | text, empty if the same as the account | the person |
//! | `time` | timestamp (µs, UTC) | event time |
//! | `kind`, `source` | text | event kind; dataset |
//! | `id_number` / `id` | integer / text | the event's id: plain whole numbers in the first, all others in the second |
//! | `line` | integer | line of an order or refund, 0 where there is none |
//! | `channel`, `store` | text | |
//! | `revision` | integer | of the row, where the dataset names such a column: the highest wins |
//! | `void` | boolean | true in a row that cancels the event, else empty |
//! | `<kind>_<column>`, `<kind>_line_<column>` | by the column's type | empty in rows of other kinds |

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use rungs_engine::canonical::Type;
use rungs_engine::program::{Column, Program};
use std::sync::Arc;

/// Text as dictionary codes.
pub fn text_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// An instant in microseconds.
pub fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Number of fields that stand before the programme's own columns.
pub const FIXED: usize = 12;

/// The Arrow type of a column.
pub fn column_type(column: &Column) -> DataType {
    match column.kind_of_value {
        Type::Text => text_type(),
        Type::Integer => DataType::Int64,
        Type::Decimal | Type::Money => DataType::Decimal64(18, column.digits as i8),
        Type::Boolean => DataType::Boolean,
        Type::Date => DataType::Date32,
        Type::Time => time_type(),
        Type::MonthDay => DataType::Int16,
    }
}

/// Fields of a programme's events: the [`FIXED`] ones, then `Program::columns` in their order.
pub fn event_schema(program: &Program) -> SchemaRef {
    let mut fields = vec![
        Field::new("account", text_type(), false),
        Field::new("member", text_type(), true),
        Field::new("time", time_type(), false),
        Field::new("kind", text_type(), false),
        Field::new("source", text_type(), false),
        Field::new("id_number", DataType::Int64, true),
        Field::new("id", DataType::Utf8, true),
        Field::new("line", DataType::Int32, false),
        Field::new("channel", text_type(), true),
        Field::new("store", text_type(), true),
        Field::new("revision", DataType::Int64, true),
        Field::new("void", DataType::Boolean, true),
    ];
    fields.extend(
        program
            .columns
            .iter()
            .map(|column| Field::new(column.stored(), column_type(column), true)),
    );
    Arc::new(Schema::new(fields))
}

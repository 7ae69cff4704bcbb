//! Orders as the Parquet file that is uploaded.

use super::Order;
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, TimestampMillisecondArray,
};
use parquet::arrow::ArrowWriter;
use std::path::Path;
use std::sync::Arc;

/// Writes orders to a file; the folder is made.
///
/// # Panics
/// If the file system refuses.
pub fn write(orders: &[Order], path: &Path) {
    let numbers = |of: fn(&Order) -> i64| -> ArrayRef {
        Arc::new(orders.iter().map(of).collect::<Int64Array>())
    };
    let texts = |of: fn(&Order) -> &'static str| -> ArrayRef {
        Arc::new(orders.iter().map(of).collect::<DictionaryArray<Int8Type>>())
    };
    let member: Int32Array = orders.iter().map(|order| order.member).collect();
    let at: TimestampMillisecondArray = orders.iter().map(|order| Some(order.at)).collect();
    let batch = RecordBatch::try_from_iter([
        ("order_id", numbers(|order| order.id)),
        ("member", Arc::new(member)),
        ("at", Arc::new(at)),
        ("amount", numbers(|order| order.amount)),
        ("discount", numbers(|order| order.discount)),
        ("channel", texts(|order| order.channel)),
        ("category", texts(|order| order.category)),
    ])
    .expect("columns of one length");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).expect("the folder can be made");
    }
    let file = std::fs::File::create(path).expect("the file can be made");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a Parquet writer");
    writer.write(&batch).expect("rows can be written");
    writer.close().expect("the file can be closed");
}

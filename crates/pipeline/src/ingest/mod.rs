//! Ingest: uploaded files become canonical events.
//!
//! ```text
//! file ─▶ records.rs, delimited.rs (CSV) or columnar.rs (Parquet) ─▶ chunks of some thousand rows
//!      ─▶ said.rs with convert.rs, codes.rs, check.rs: columns by type, faults by row
//!      ─▶ amounts.rs, lines.rs: what follows from what is given, what must agree
//!      ─▶ assemble.rs ─▶ batches of `schema::event_schema`, and rejected rows (reject.rs)
//! ```
//!
//! - A bad row is rejected with its line, column, code, cause and next step, and never stops a good one; a file
//!   that cannot be understood as a whole is refused with one finding, and never stops another file.
//! - The result does not depend on where a chunk ends, nor on the format: the same rows as CSV and as Parquet
//!   give the same events.
//! - Numbers are exact. Nothing is rounded; nothing goes through binary fractions.
//! - Times: with an offset they are instants. Without one (texts, dates, and Parquet timestamps that are not
//!   adjusted to UTC) they are on the wall clock of the dataset's `zone`, else of the programme's: in the gap of
//!   spring the time after it, in the fold of autumn the first. Finer than a microsecond is cut off.
//! - Text stays as it is; an empty text is no value. Around numbers, times and truth values blanks are passed
//!   over. Names in a header are compared without blanks around them.
//! - Canonical columns are read from the column of the same name without being listed. Where an event and its
//!   lines both have the name (`net`), it is the line's in a dataset with `line`, else the event's. A refund
//!   dataset without `line` reads the order's line from a column `number`.
//! - A column listed with `from` is read for that target only.

mod amounts;
mod assemble;
mod check;
mod codes;
mod columnar;
mod convert;
mod delimited;
mod discover;
mod finding;
mod identity;
mod lines;
mod plan;
mod pseudonym;
mod records;
mod reject;
mod said;
mod schema_doc;
mod share;
mod text_number;
mod text_time;
mod void;

#[cfg(test)]
mod tests;

pub use amounts::{Amounts, LineSums, line_sums, needs_line_sums};
pub use discover::{Contracts, Inbox, Object, digest, discover, in_progress, pattern_problem};
pub use finding::{ObjectCode, Refusal, Rejected, RowCode};
pub use pseudonym::PseudonymKey;
pub use schema_doc::events_schema_json;
pub use share::ingest_by;

use crate::trouble::{Trouble, TroubleCode};
use arrow_array::RecordBatch;
use assemble::{Assembler, Chunk};
use columnar::ColumnarFile;
use delimited::DelimitedFile;
use plan::Plan;
use rungs_engine::program::{Dataset, Format, Program};
use share::Share;

/// Rows of a file that are converted at once.
const CHUNK_ROWS: usize = 32_768;

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Rows that were read: accepted and rejected.
    pub read: u64,
    /// Rows that became events.
    pub accepted: u64,
    /// Rows that went to quarantine.
    pub rejected: u64,
    /// Columns of the file that nobody asked for.
    pub ignored_columns: Vec<String>,
    /// Why the file was refused whole, if it was. The counts are 0 then, and whatever was handed over before
    /// (a file may turn out to be damaged in its middle) is to be thrown away.
    pub refused: Option<Refusal>,
}

/// Why the work on a file ends early.
enum Stop {
    Refused(Refusal),
    Trouble(Trouble),
}

/// Reads one file. Its events go to `rows` in the order of the file, as batches of
/// [`crate::schema::event_schema`]; rows that are none go to `rejected`, by line.
///
/// Trouble if the file cannot be opened or read, or if `rows` or `rejected` say so.
pub fn ingest(
    program: &Program,
    object: &Object,
    key: &PseudonymKey,
    rows: &mut dyn FnMut(RecordBatch) -> Result<(), Trouble>,
    rejected: &mut dyn FnMut(Rejected) -> Result<(), Trouble>,
) -> Result<Ingested, Trouble> {
    in_chunks(program, object, key, CHUNK_ROWS, None, rows, rejected)
}

/// [`ingest`] with so many rows at once, or of a part of the rows.
fn in_chunks(
    program: &Program,
    object: &Object,
    key: &PseudonymKey,
    at_once: usize,
    share: Option<&mut Share<'_>>,
    rows: &mut dyn FnMut(RecordBatch) -> Result<(), Trouble>,
    rejected: &mut dyn FnMut(Rejected) -> Result<(), Trouble>,
) -> Result<Ingested, Trouble> {
    match read(program, object, key, at_once, share, rows, rejected) {
        Ok(ingested) => Ok(ingested),
        Err(Stop::Trouble(trouble)) => Err(trouble),
        Err(Stop::Refused(refusal)) => Ok(Ingested {
            refused: Some(refusal),
            ..Ingested::default()
        }),
    }
}

/// Whether a file can be read by a programme's contract, as far as its beginning says.
fn opens(program: &Program, object: &Object) -> Result<(), Stop> {
    let dataset = dataset_of(program, object)?;
    let header = match format_of(&object.name, dataset.format)? {
        Format::Csv => DelimitedFile::open(object)?.header,
        Format::Parquet => ColumnarFile::open(object)?.header.clone(),
    };
    Plan::new(program, dataset, &header).map_err(Stop::Refused)?;
    Ok(())
}

fn dataset_of<'p>(program: &'p Program, object: &Object) -> Result<&'p Dataset, Stop> {
    program.datasets.get(object.dataset).ok_or_else(|| {
        Stop::Trouble(Trouble::new(
            TroubleCode::Unforeseen,
            format!("`{}` belongs to no dataset of the programme", object.name),
            "look for the inbox's files again with this version of the programme",
        ))
    })
}

fn read(
    program: &Program,
    object: &Object,
    key: &PseudonymKey,
    at_once: usize,
    mut share: Option<&mut Share<'_>>,
    rows: &mut dyn FnMut(RecordBatch) -> Result<(), Trouble>,
    rejected: &mut dyn FnMut(Rejected) -> Result<(), Trouble>,
) -> Result<Ingested, Stop> {
    let dataset = dataset_of(program, object)?;
    let format = format_of(&object.name, dataset.format)?;
    let mut ingested = Ingested::default();
    let mut pass = |assembler: &mut Assembler<'_>, chunk: Chunk| -> Result<(), Stop> {
        ingested.read += (chunk.rows + chunk.broken.len()) as u64;
        let taken = assembler.take(chunk, share.as_deref_mut());
        let done = taken.map_err(columnar::broken)?;
        if let Some(batch) = done.batch {
            ingested.accepted += batch.num_rows() as u64;
            rows(batch).map_err(Stop::Trouble)?;
        }
        for one in done.rejected {
            ingested.rejected += 1;
            rejected(one).map_err(Stop::Trouble)?;
        }
        Ok(())
    };
    let ignored = match format {
        Format::Csv => {
            let mut file = DelimitedFile::open(object)?;
            let plan = Plan::new(program, dataset, &file.header).map_err(Stop::Refused)?;
            let mut assembler = Assembler::new(&plan, &object.name, key);
            while let Some(chunk) = file.next(&plan, at_once)? {
                pass(&mut assembler, chunk)?;
            }
            plan.ignored
        }
        Format::Parquet => {
            let file = ColumnarFile::open(object)?;
            let header = file.header.clone();
            let plan = Plan::new(program, dataset, &header).map_err(Stop::Refused)?;
            let mut assembler = Assembler::new(&plan, &object.name, key);
            let mut file = file.rows(&plan, at_once)?;
            while let Some(chunk) = file.next()? {
                pass(&mut assembler, chunk)?;
            }
            plan.ignored
        }
    };
    ingested.ignored_columns = ignored;
    Ok(ingested)
}

fn format_of(name: &str, declared: Option<Format>) -> Result<Format, Stop> {
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    let refused =
        |code, message: String, help: &str| Err(Stop::Refused(Refusal::new(code, message, help)));
    match (declared, ending.as_deref()) {
        (_, Some(ending @ ("gz" | "zst" | "zip" | "bz2" | "xz"))) => refused(
            ObjectCode::FormatNotYet,
            format!("files packed as `.{ending}` are not read yet"),
            "unpack the file before the upload",
        ),
        (Some(format), _) => Ok(format),
        (None, Some("csv" | "tsv")) => Ok(Format::Csv),
        (None, Some("parquet")) => Ok(Format::Parquet),
        (None, Some(ending @ ("jsonl" | "ndjson" | "json"))) => refused(
            ObjectCode::FormatNotYet,
            format!("`.{ending}` files are not read yet"),
            "upload the data as CSV or Parquet",
        ),
        (None, _) => refused(
            ObjectCode::UnknownFormat,
            "the file's ending says no format".to_owned(),
            "name it `….csv` or `….parquet`, or declare the dataset's `format`",
        ),
    }
}

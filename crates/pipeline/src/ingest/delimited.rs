//! Files of comma-separated values, chunk by chunk.

use super::assemble::{Chunk, Lines};
use super::discover::unreadable;
use super::finding::{ObjectCode, Refusal, RowCode};
use super::plan::Plan;
use super::records::{Found, Records};
use super::{Object, Stop};
use arrow_array::{ArrayRef, BinaryArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use std::fs::File;
use std::sync::Arc;

/// A chunk ends early when its texts are as long as this, whatever the number of rows.
const CHUNK_BYTES: usize = 16 << 20;

/// An open file, its header read.
pub(super) struct DelimitedFile<'a> {
    object: &'a Object,
    records: Records<File>,
    /// Names of its columns, without blanks around them.
    pub header: Vec<String>,
}

impl<'a> DelimitedFile<'a> {
    /// Opens a file and reads its header. The delimiter is the comma; where the header has none, the semicolon
    /// or the tab that it has.
    pub(super) fn open(object: &'a Object) -> Result<DelimitedFile<'a>, Stop> {
        let cannot = |error: std::io::Error| Stop::Trouble(unreadable(&object.path, &error));
        let file = File::open(&object.path).map_err(cannot)?;
        let mut records = Records::new(file).map_err(cannot)?;
        let rest = records.rest();
        if rest.starts_with(b"\xff\xfe") || rest.starts_with(b"\xfe\xff") {
            return Err(not_utf8());
        }
        let begin = rest.iter().position(|byte| !matches!(byte, b'\n' | b'\r'));
        let first = rest
            .get(begin.unwrap_or(0)..)
            .and_then(|rest| rest.split(|byte| matches!(byte, b'\n' | b'\r')).next())
            .unwrap_or_default();
        let has = |delimiter: u8| first.contains(&delimiter);
        let delimiter = match (has(b','), has(b';'), has(b'\t')) {
            (false, true, _) => b';',
            (false, false, true) => b'\t',
            _ => b',',
        };
        records.set_delimiter(delimiter);
        match records.next().map_err(cannot)? {
            Some((_, Found::Record)) => {}
            Some(_) => {
                return Err(Stop::Refused(Refusal::new(
                    ObjectCode::Header,
                    "the header cannot be read: a quote is not closed, or it is longer than 1 MiB",
                    "write the names of the columns into the first line",
                )));
            }
            None => {
                return Err(Stop::Refused(Refusal::new(
                    ObjectCode::Empty,
                    "the file is empty",
                    "upload it again with a header, or delete it",
                )));
            }
        }
        let header = (0..records.len())
            .map(|index| std::str::from_utf8(records.field(index)))
            .map(|name| name.map(|name| name.trim().to_owned()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| not_utf8())?;
        Ok(DelimitedFile {
            object,
            records,
            header,
        })
    }

    /// The next rows, at most so many; none at the end.
    pub(super) fn next(&mut self, plan: &Plan<'_>, rows: usize) -> Result<Option<Chunk>, Stop> {
        let mut texts: Vec<Texts> = plan.slots.iter().map(|_| Texts::default()).collect();
        let mut lines = Vec::new();
        let mut broken = Vec::new();
        let mut bytes = 0;
        while lines.len() + broken.len() < rows && bytes < CHUNK_BYTES {
            let next = self.records.next();
            let next =
                next.map_err(|error| Stop::Trouble(unreadable(&self.object.path, &error)))?;
            let Some((line, found)) = next else {
                break;
            };
            match found {
                Found::Record if self.records.len() == self.header.len() => {
                    for (text, slot) in texts.iter_mut().zip(&plan.slots) {
                        let field = self.records.field(slot.index);
                        text.push(field);
                        bytes += field.len();
                    }
                    lines.push(line);
                }
                Found::Record => broken.push((line, RowCode::WrongFieldCount)),
                Found::TooLong => broken.push((line, RowCode::TooLong)),
                Found::Quotes => broken.push((line, RowCode::Quotes)),
            }
        }
        if lines.is_empty() && broken.is_empty() {
            return Ok(None);
        }
        Ok(Some(Chunk {
            rows: lines.len(),
            arrays: texts.into_iter().map(Texts::array).collect(),
            lines: Lines::Each(lines),
            broken,
        }))
    }
}

fn not_utf8() -> Stop {
    Stop::Refused(Refusal::new(
        ObjectCode::HeaderNotUtf8,
        "the header is not UTF-8 text",
        "save the file as UTF-8",
    ))
}

/// One column of a chunk; an empty field is no value.
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<i32>,
    valid: Vec<bool>,
}

impl Default for Texts {
    fn default() -> Texts {
        Texts {
            bytes: Vec::new(),
            ends: vec![0],
            valid: Vec::new(),
        }
    }
}

impl Texts {
    fn push(&mut self, field: &[u8]) {
        self.bytes.extend_from_slice(field);
        self.ends.push(self.bytes.len() as i32);
        self.valid.push(!field.is_empty());
    }

    fn array(self) -> ArrayRef {
        let valid = (!self.valid.iter().all(|valid| *valid)).then(|| NullBuffer::from(self.valid));
        Arc::new(BinaryArray::new(
            OffsetBuffer::new(self.ends.into()),
            self.bytes.into(),
            valid,
        ))
    }
}

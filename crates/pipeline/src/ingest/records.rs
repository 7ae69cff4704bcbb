//! Records of comma-separated files, one at a time, in bounded memory.
//!
//! A reader of our own and not a crate's, because three things decide how much of a damaged file is
//! saved, and none is to be had: a record has a limit; a quote that is not closed, or text after a
//! closing quote, is told (others read on to the next quote, and swallow good rows on the way); and after
//! either, reading goes on at the next line. What is well-formed reads as RFC 4180 says; a test compares
//! it with the `csv` crate.

use std::io::{self, Read};
use std::ops::Range;

/// Bytes of one record at most.
pub(super) const LIMIT: usize = 1 << 20;
/// Bytes that are read at once.
const READ: usize = 1 << 18;

/// What stands at a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A record; its fields can be asked for.
    Record,
    /// More than [`LIMIT`] bytes without an end.
    TooLong,
    /// Quotes that do not close, or text after one.
    Quotes,
}

enum Split {
    Record { end: usize, lines: u64 },
    More,
    Quotes,
}

/// Reads records.
pub(super) struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the next record begins.
    start: usize,
    /// Where the bytes that were read end.
    filled: usize,
    at_end: bool,
    line: u64,
    delimiter: u8,
    /// Of the record: stretches of the buffer, or of `unescaped` if marked so.
    fields: Vec<(Range<usize>, bool)>,
    unescaped: Vec<u8>,
}

impl<R: Read> Records<R> {
    /// Reads from the beginning of a file; a byte order mark is left out.
    pub(super) fn new(input: R) -> io::Result<Records<R>> {
        let mut records = Records {
            input,
            buffer: vec![0; READ],
            start: 0,
            filled: 0,
            at_end: false,
            line: 1,
            delimiter: b',',
            fields: Vec::new(),
            unescaped: Vec::new(),
        };
        records.fill()?;
        if records.rest().starts_with(b"\xef\xbb\xbf") {
            records.start = 3;
        }
        Ok(records)
    }

    /// The bytes that are read and not used yet.
    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.filled]
    }

    /// What separates fields from here on.
    pub(super) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// How many fields the record has.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// A field of the record, without its quotes.
    pub(super) fn field(&self, index: usize) -> &[u8] {
        match self.fields.get(index) {
            Some((range, false)) => &self.buffer[range.clone()],
            Some((range, true)) => &self.unescaped[range.clone()],
            None => b"",
        }
    }

    /// The next record and the line on which it begins. Lines without anything are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Found)>> {
        if !self.pass_blank_lines()? {
            return Ok(None);
        }
        let line = self.line;
        loop {
            match self.split() {
                Split::Record { end, .. } if end - self.start > LIMIT => {
                    self.pass_line()?;
                    return Ok(Some((line, Found::TooLong)));
                }
                Split::Record { end, lines } => {
                    self.start = end;
                    self.line += lines;
                    return Ok(Some((line, Found::Record)));
                }
                Split::Quotes => {
                    self.pass_line()?;
                    return Ok(Some((line, Found::Quotes)));
                }
                Split::More if self.rest().len() > LIMIT => {
                    self.pass_line()?;
                    return Ok(Some((line, Found::TooLong)));
                }
                Split::More => self.fill()?,
            }
        }
    }

    /// Reads more behind what is there.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        if self.buffer.len() < self.filled + READ {
            self.buffer.resize(self.filled + READ, 0);
        }
        while !self.at_end && self.filled < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Passes over line ends; false at the end of the file.
    fn pass_blank_lines(&mut self) -> io::Result<bool> {
        loop {
            match self.rest() {
                [b'\r', b'\n', ..] => {
                    self.start += 2;
                    self.line += 1;
                }
                [b'\r'] | [] if !self.at_end => self.fill()?,
                [b'\r' | b'\n', ..] => {
                    self.start += 1;
                    self.line += 1;
                }
                [] => return Ok(false),
                _ => return Ok(true),
            }
        }
    }

    /// Passes over the rest of this line, however long it is.
    fn pass_line(&mut self) -> io::Result<()> {
        loop {
            match self.rest().iter().position(|byte| is_line_end(*byte)) {
                Some(at) => {
                    self.start += at;
                    return Ok(());
                }
                None => {
                    self.start = self.filled;
                    if self.at_end {
                        return Ok(());
                    }
                    self.fill()?;
                }
            }
        }
    }

    /// Takes the record at `start` apart, as far as its bytes are there.
    fn split(&mut self) -> Split {
        self.fields.clear();
        self.unescaped.clear();
        let bytes = &self.buffer[..self.filled];
        let mut at = self.start;
        let mut lines = 1;
        loop {
            if bytes.get(at) == Some(&b'"') {
                let opened = at + 1;
                let mut copied = opened;
                let mut from = opened;
                let into = self.unescaped.len();
                let closed = loop {
                    let Some(quote) = bytes[from..].iter().position(|byte| *byte == b'"') else {
                        return if self.at_end {
                            Split::Quotes
                        } else {
                            Split::More
                        };
                    };
                    let quote = from + quote;
                    match bytes.get(quote + 1) {
                        None if !self.at_end => return Split::More,
                        Some(b'"') => {
                            self.unescaped.extend_from_slice(&bytes[copied..=quote]);
                            copied = quote + 2;
                            from = copied;
                        }
                        _ => break quote,
                    }
                };
                lines += line_ends(&bytes[opened..closed]);
                if copied == opened {
                    self.fields.push((opened..closed, false));
                } else {
                    self.unescaped.extend_from_slice(&bytes[copied..closed]);
                    self.fields.push((into..self.unescaped.len(), true));
                }
                at = closed + 1;
                if bytes
                    .get(at)
                    .is_some_and(|byte| *byte != self.delimiter && !is_line_end(*byte))
                {
                    return Split::Quotes;
                }
            } else {
                let end = bytes[at..]
                    .iter()
                    .position(|byte| *byte == self.delimiter || is_line_end(*byte))
                    .map(|length| at + length);
                let Some(end) = end.or(self.at_end.then_some(bytes.len())) else {
                    return Split::More;
                };
                self.fields.push((at..end, false));
                at = end;
            }
            match bytes.get(at) {
                Some(byte) if *byte == self.delimiter => at += 1,
                Some(b'\r') => match bytes.get(at + 1) {
                    Some(b'\n') => return Split::Record { end: at + 2, lines },
                    None if !self.at_end => return Split::More,
                    _ => return Split::Record { end: at + 1, lines },
                },
                Some(_) => return Split::Record { end: at + 1, lines },
                None => return Split::Record { end: at, lines },
            }
        }
    }
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// Line ends of every sort: `\n`, `\r\n`, and `\r` alone.
fn line_ends(bytes: &[u8]) -> u64 {
    let mut count = 0;
    let mut before = 0;
    for byte in bytes {
        count += u64::from(*byte == b'\r' || (*byte == b'\n' && before != b'\r'));
        before = *byte;
    }
    count
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &[u8]) -> Vec<(u64, Result<Vec<String>, Found>)> {
        let mut records = Records::new(text).unwrap();
        let mut out = Vec::new();
        while let Some((line, found)) = records.next().unwrap() {
            let fields = (0..records.len())
                .map(|index| String::from_utf8(records.field(index).to_vec()).unwrap())
                .collect();
            out.push((
                line,
                if found == Found::Record {
                    Ok(fields)
                } else {
                    Err(found)
                },
            ));
        }
        out
    }

    fn row(fields: &[&str]) -> Result<Vec<String>, Found> {
        Ok(fields.iter().map(|field| (*field).to_owned()).collect())
    }

    #[test]
    fn line_numbers_count_line_ends_inside_quotes_and_blank_lines() {
        assert_eq!(
            all(b"a,b\r\n\r\n\"x\r\ny\",\"p\nq\rr\"\n\n1,\"he said \"\"no\"\"\"\n,\nlast,"),
            vec![
                (1, row(&["a", "b"])),
                (3, row(&["x\r\ny", "p\nq\rr"])),
                (8, row(&["1", "he said \"no\""])),
                (9, row(&["", ""])),
                (10, row(&["last", ""])),
            ]
        );
    }

    #[test]
    fn a_quote_that_never_closes_costs_its_own_line_only() {
        assert_eq!(
            all(b"1,a\n2,\"b\n3,c\n4,d"),
            vec![
                (1, row(&["1", "a"])),
                (2, Err(Found::Quotes)),
                (3, row(&["3", "c"])),
                (4, row(&["4", "d"])),
            ]
        );
        // The next quote would close it: text after a closing quote gives it away.
        assert_eq!(
            all(b"2,\"b\n3,\"c\"\n4,d"),
            vec![
                (1, Err(Found::Quotes)),
                (2, row(&["3", "c"])),
                (3, row(&["4", "d"])),
            ]
        );
    }

    #[test]
    fn a_line_of_ten_megabytes_is_passed_over_and_its_bytes_are_not_kept() {
        let mut text = b"1,a\n2,".to_vec();
        text.extend(std::iter::repeat_n(b'x', 10_000_000));
        text.extend(b"\n3,c\n");
        let mut records = Records::new(&text[..]).unwrap();
        let mut found = Vec::new();
        while let Some(one) = records.next().unwrap() {
            found.push(one);
            assert!(records.buffer.len() <= LIMIT + 3 * READ);
        }
        assert_eq!(
            found,
            vec![(1, Found::Record), (2, Found::TooLong), (3, Found::Record)]
        );
    }

    #[test]
    fn an_unclosed_quote_before_megabytes_of_good_rows_loses_none_of_them() {
        let mut text = b"0,\"oops\n".to_vec();
        for number in 1..200_000 {
            text.extend(format!("{number},good\n").bytes());
        }
        let all = all(&text);
        assert_eq!(all.len(), 200_000);
        assert_eq!(all[0], (1, Err(Found::TooLong)));
        assert!(all[1..].iter().all(|(_, record)| record.is_ok()));
        assert_eq!(all[199_999].0, 200_000);
    }

    proptest! {
        #[test]
        fn well_formed_files_read_as_the_csv_crate_reads_them(
            rows in proptest::collection::vec(proptest::collection::vec("[a,\" \r\né;]{0,4}", 2..5), 1..20),
            crlf: bool,
        ) {
            let mut writer = csv::WriterBuilder::new()
                .flexible(true)
                .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
                .from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&text[..]);
            let expected: Vec<Result<Vec<String>, Found>> = reader
                .records()
                .map(|record| Ok(record.unwrap().iter().map(str::to_owned).collect()))
                .collect();
            let found: Vec<_> = all(&text).into_iter().map(|(_, record)| record).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn no_bytes_make_it_panic_or_stop_early(text in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200)) {
            let mut records = Records::new(&text[..]).unwrap();
            let mut last = 0;
            while let Some((line, _)) = records.next().unwrap() {
                prop_assert!(line > last);
                last = line;
            }
            prop_assert!(records.rest().is_empty());
        }
    }
}

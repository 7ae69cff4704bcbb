//! Columns that are filled row by row and written page by page: their memory is kept from one row group to
//! the next.

use super::numbers::{Number, Numbers};
use super::pages::{Chunk, PAGE_ROWS, Pages};
use super::texts;
use arrow_buffer::{BooleanBuffer, NullBuffer};
use fearless_simd::{Level, Simd, dispatch};
use parquet::basic::Encoding;
use parquet::errors::Result;
use parquet::schema::types::ColumnDescPtr;

/// Numbers. The rows of the page at hand are set one after another; then [`NumberColumn::page`] packs them.
pub(crate) struct NumberColumn<N> {
    page: Box<[N; PAGE_ROWS]>,
    numbers: Numbers<N>,
    /// Numbers up to this one mean that the row has no value.
    none: Option<N>,
}

impl<N: Number> NumberColumn<N> {
    /// Where each row has a value. `bounded` says whether the least and the largest are kept.
    pub(crate) fn required(bounded: bool) -> NumberColumn<N> {
        NumberColumn {
            page: Box::new([N::ZERO; PAGE_ROWS]),
            numbers: Numbers::new(false, bounded),
            none: None,
        }
    }

    /// Where numbers up to `none` mean that the row has no value.
    pub(crate) fn optional(none: N, bounded: bool) -> NumberColumn<N> {
        NumberColumn {
            page: Box::new([N::ZERO; PAGE_ROWS]),
            numbers: Numbers::new(true, bounded),
            none: Some(none),
        }
    }

    /// Sets a row of the page at hand.
    #[inline(always)]
    pub(crate) fn set(&mut self, row: usize, value: N) {
        self.page[row] = value;
    }

    /// The first rows of the page at hand.
    pub(crate) fn rows(&self, rows: usize) -> &[N] {
        &self.page[..rows]
    }

    /// Packs the first `rows` rows, which are the page, or the last page of the row group.
    pub(crate) fn page(&mut self, rows: usize) -> Result<()> {
        let page = &self.page[..rows];
        let valid = self.none.and_then(|none| above(page, none));
        self.numbers.page(page, valid.as_ref())
    }

    /// Ends the row group.
    pub(crate) fn drain(&mut self, column: &ColumnDescPtr) -> Result<Chunk> {
        self.numbers.finish(column)
    }
}

/// Which numbers are above `none`; nothing where all are.
fn above<N: Number>(page: &[N], none: N) -> Option<NullBuffer> {
    // Counted first: most columns have a value everywhere or nowhere.
    let some = dispatch!(Level::new(), simd => simd.vectorize(#[inline(always)] || {
        page.iter().filter(|value| **value > none).count()
    }));
    match some {
        some if some == page.len() => None,
        0 => Some(NullBuffer::new_null(page.len())),
        _ => {
            let above = BooleanBuffer::collect_bool(page.len(), |row| page[row] > none);
            Some(NullBuffer::new(above))
        }
    }
}

/// Accounts: each once, in the order of their coming.
pub(crate) struct AccountColumn {
    names: String,
    ends: Vec<usize>,
    codes: Vec<u32>,
    pages: Pages,
}

impl AccountColumn {
    pub(crate) fn new() -> AccountColumn {
        AccountColumn {
            names: String::new(),
            ends: Vec::new(),
            codes: Vec::new(),
            pages: Pages::new(false, Encoding::RLE_DICTIONARY),
        }
    }

    /// The rows up to `rows` that have no account yet are of this one.
    pub(crate) fn fill(&mut self, rows: usize, account: &str) {
        if rows > self.codes.len() {
            self.codes.resize(rows, self.ends.len() as u32);
            self.names.push_str(account);
            self.ends.push(self.names.len());
        }
    }

    /// Ends the row group.
    pub(crate) fn drain(&mut self, column: &ColumnDescPtr) -> Result<Chunk> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let names: Vec<&str> = starts
            .zip(&self.ends)
            .map(|(start, end)| &self.names[start..*end])
            .collect();
        let chunk = texts::coded(&mut self.pages, column, &self.codes, &names, None);
        self.names.clear();
        self.ends.clear();
        self.codes.clear();
        chunk
    }
}

/// One of a few names.
pub(crate) struct NameColumn {
    names: Vec<String>,
    codes: Vec<u32>,
    pages: Pages,
}

impl NameColumn {
    pub(crate) fn new() -> NameColumn {
        NameColumn {
            names: Vec::new(),
            codes: Vec::new(),
            pages: Pages::new(false, Encoding::RLE_DICTIONARY),
        }
    }

    /// Adds a row.
    #[inline]
    pub(crate) fn push(&mut self, name: &str) {
        let known = self.names.iter().position(|known| known == name);
        let code = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.codes.push(code as u32);
    }

    /// Ends the row group.
    pub(crate) fn drain(&mut self, column: &ColumnDescPtr) -> Result<Chunk> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let chunk = texts::coded(&mut self.pages, column, &self.codes, &names, None);
        self.names.clear();
        self.codes.clear();
        chunk
    }
}

/// Bytes of any length.
pub(crate) struct BytesColumn {
    all: Vec<u8>,
    lengths: Vec<i32>,
    pages: Pages,
}

impl BytesColumn {
    pub(crate) fn new() -> BytesColumn {
        BytesColumn {
            all: Vec::new(),
            lengths: Vec::new(),
            pages: Pages::new(false, Encoding::DELTA_LENGTH_BYTE_ARRAY),
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.all.extend_from_slice(bytes);
        self.lengths.push(bytes.len() as i32);
    }

    /// Ends the row group.
    pub(crate) fn drain(&mut self, column: &ColumnDescPtr) -> Result<Chunk> {
        let chunk = texts::bytes(&mut self.pages, column, &self.lengths, &self.all);
        self.all.clear();
        self.lengths.clear();
        chunk
    }
}

/// A column without a single value.
pub(crate) struct NothingColumn(Pages);

impl NothingColumn {
    pub(crate) fn new() -> NothingColumn {
        NothingColumn(Pages::new(true, Encoding::DELTA_LENGTH_BYTE_ARRAY))
    }

    /// Ends a row group of `rows` rows.
    pub(crate) fn drain(&mut self, rows: usize, column: &ColumnDescPtr) -> Result<Chunk> {
        texts::nothing(&mut self.0, column, rows)
    }
}

//! Pages of whole numbers.

use super::delta;
use super::pages::{About, Chunk, Pages};
use arrow_buffer::NullBuffer;
use fearless_simd::{Level, Simd, dispatch};
use parquet::basic::Encoding;
use parquet::errors::Result;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

/// Numbers of 64 or 32 bits.
pub(crate) trait Number: Copy + Ord {
    /// Zero, to begin with.
    const ZERO: Self;
    /// Appends them, packed.
    fn encode(values: &[Self], out: &mut Vec<u8>);
    /// Their least and largest value, if known, and how many rows have none.
    fn statistics(bounds: Option<(Self, Self)>, nulls: u64) -> Statistics;
}

impl Number for i64 {
    const ZERO: i64 = 0;
    #[inline(always)]
    fn encode(values: &[i64], out: &mut Vec<u8>) {
        delta::encode_64(values, out);
    }
    fn statistics(bounds: Option<(i64, i64)>, nulls: u64) -> Statistics {
        let (least, largest) = bounds.unzip();
        Statistics::int64(least, largest, None, Some(nulls), false)
    }
}

impl Number for i32 {
    const ZERO: i32 = 0;
    #[inline(always)]
    fn encode(values: &[i32], out: &mut Vec<u8>) {
        delta::encode_32(values, out);
    }
    fn statistics(bounds: Option<(i32, i32)>, nulls: u64) -> Statistics {
        let (least, largest) = bounds.unzip();
        Statistics::int32(least, largest, None, Some(nulls), false)
    }
}

/// A column of numbers that is being written.
pub(super) struct Numbers<N> {
    pages: Pages,
    /// The least and the largest so far, if they are kept.
    bounds: Option<(N, N)>,
    bounded: bool,
    scratch: Vec<N>,
}

impl<N: Number> Numbers<N> {
    /// `bounded` says whether the least and the largest number are kept, for readers that skip.
    pub(super) fn new(optional: bool, bounded: bool) -> Numbers<N> {
        Numbers {
            pages: Pages::new(optional, Encoding::DELTA_BINARY_PACKED),
            bounds: None,
            bounded,
            scratch: Vec::new(),
        }
    }

    /// Writes a page; without `valid` every row has a value.
    pub(super) fn page(&mut self, values: &[N], valid: Option<&NullBuffer>) -> Result<()> {
        self.pages.begin(values.len(), valid);
        let some = present(values, valid, &mut self.scratch);
        let (bounds, bounded, page) = (&mut self.bounds, self.bounded, &mut self.pages.page);
        // With the widest registers that this processor has: what is called from here is inlined.
        dispatch!(Level::new(), simd => simd.vectorize(#[inline(always)] || {
            if bounded {
                *bounds = widest(*bounds, some);
            }
            N::encode(some, page);
        }));
        self.pages.end(values.len())
    }

    /// Ends the column of the row group; the next one begins.
    pub(super) fn finish(&mut self, column: &ColumnDescPtr) -> Result<Chunk> {
        let statistics = N::statistics(self.bounds.take(), self.pages.nulls());
        let about = About {
            statistics: Some(statistics),
            ..About::default()
        };
        self.pages.finish(column, about)
    }
}

/// Bounds that hold these values too.
#[inline(always)]
fn widest<N: Number>(seen: Option<(N, N)>, values: &[N]) -> Option<(N, N)> {
    let first = seen.or_else(|| values.first().map(|value| (*value, *value)))?;
    let widen = |(least, largest): (N, N), value: &N| (least.min(*value), largest.max(*value));
    Some(values.iter().fold(first, widen))
}

/// The values of the rows that have one.
pub(super) fn present<'a, N: Copy>(
    values: &'a [N],
    valid: Option<&NullBuffer>,
    scratch: &'a mut Vec<N>,
) -> &'a [N] {
    let Some(valid) = valid.filter(|valid| valid.null_count() > 0) else {
        return values;
    };
    // Every value is set, and the next one goes beside it or over it: no jump depends on what is valid.
    scratch.resize(values.len(), values[0]);
    let mut some = 0;
    for (value, valid) in values.iter().zip(valid.iter()) {
        scratch[some] = *value;
        some += usize::from(valid);
    }
    &scratch[..some]
}

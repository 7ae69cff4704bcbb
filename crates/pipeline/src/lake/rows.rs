//! Picking and joining rows of [`Batch`]es.

use arrow_array::{Array, StringArray, UInt32Array, cast::AsArray};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer, ScalarBuffer};
use rungs_engine::event::{Batch, Ids, Texts, Values};
use rungs_engine::fold::account_rows;

/// Neighbouring rows of one of several batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which batch.
    pub part: usize,
    /// First row.
    pub start: usize,
    /// How many rows.
    pub len: usize,
}

impl Span {
    fn range(self) -> std::ops::Range<usize> {
        self.start..self.start + self.len
    }
}

/// The rows of a batch at these places, in this order. Dictionaries stay as they are.
pub fn take(batch: &Batch, at: &[u32]) -> Batch {
    let places = UInt32Array::from(at.to_vec());
    Batch {
        rows: at.len(),
        account: take_texts(&batch.account, at),
        member: batch.member.as_ref().map(|texts| take_texts(texts, at)),
        time: pick(&batch.time, at),
        kind: pick(&batch.kind, at),
        source: pick(&batch.source, at),
        id: Ids {
            numbers: pick(&batch.id.numbers, at),
            texts: batch
                .id
                .texts
                .as_ref()
                .and_then(|texts| take_strings(texts, &places))
                .filter(|texts| texts.null_count() < texts.len()),
        },
        line: pick(&batch.line, at),
        channel: batch.channel.as_ref().map(|texts| take_texts(texts, at)),
        store: batch.store.as_ref().map(|texts| take_texts(texts, at)),
        columns: batch
            .columns
            .iter()
            .map(|values| match values.as_ref()? {
                Values::Text(texts) => Some(Values::Text(take_texts(texts, at))),
                Values::Number { values, valid } => Some(Values::Number {
                    values: pick(values, at),
                    valid: pick_valid(valid.as_ref(), at),
                }),
            })
            .collect(),
    }
}

fn take_strings(texts: &StringArray, at: &UInt32Array) -> Option<StringArray> {
    // Places come from the batch itself, so there is nothing that could fail.
    let taken = arrow::compute::take(texts, at, None).ok()?;
    taken.as_string_opt::<i32>().cloned()
}

fn pick<N: arrow_buffer::ArrowNativeType>(values: &[N], at: &[u32]) -> ScalarBuffer<N> {
    at.iter().map(|row| values[*row as usize]).collect()
}

fn pick_valid(valid: Option<&NullBuffer>, at: &[u32]) -> Option<NullBuffer> {
    let valid = valid?;
    let picked: NullBuffer = at.iter().map(|row| valid.is_valid(*row as usize)).collect();
    (picked.null_count() > 0).then_some(picked)
}

fn take_texts(texts: &Texts, at: &[u32]) -> Texts {
    Texts {
        codes: pick(&texts.codes, at),
        valid: pick_valid(texts.valid.as_ref(), at),
        dictionary: texts.dictionary.clone(),
    }
}

/// Rows of a piece: what is computed for them stays in a processor's cache.
const PIECE_ROWS: usize = 8_192;

/// A batch in pieces of whole accounts, without copying.
pub fn pieces(batch: &Batch) -> impl Iterator<Item = Batch> {
    let mut accounts = account_rows(batch).map(|(_, rows)| rows).peekable();
    std::iter::from_fn(move || {
        let first = accounts.next()?;
        let mut end = first.end;
        while let Some(rows) = accounts.next_if(|rows| rows.end - first.start <= PIECE_ROWS) {
            end = rows.end;
        }
        Some(slice(batch, first.start, end - first.start))
    })
}

/// The rows of a batch from `start` on, without copying.
pub fn slice(batch: &Batch, start: usize, len: usize) -> Batch {
    let valid = |valid: &Option<NullBuffer>| {
        let valid = valid.as_ref()?.slice(start, len);
        (valid.null_count() > 0).then_some(valid)
    };
    let texts = |texts: &Texts| Texts {
        codes: texts.codes.slice(start, len),
        valid: valid(&texts.valid),
        dictionary: texts.dictionary.clone(),
    };
    Batch {
        rows: len,
        account: texts(&batch.account),
        member: batch.member.as_ref().map(texts),
        time: batch.time.slice(start, len),
        kind: batch.kind.slice(start, len),
        source: batch.source.slice(start, len),
        id: Ids {
            numbers: batch.id.numbers.slice(start, len),
            texts: batch
                .id
                .texts
                .as_ref()
                .map(|texts| texts.slice(start, len))
                .filter(|texts| texts.null_count() < len),
        },
        line: batch.line.slice(start, len),
        channel: batch.channel.as_ref().map(texts),
        store: batch.store.as_ref().map(texts),
        columns: batch
            .columns
            .iter()
            .map(|values| match values.as_ref()? {
                Values::Text(inner) => Some(Values::Text(texts(inner))),
                Values::Number {
                    values,
                    valid: inner,
                } => Some(Values::Number {
                    values: values.slice(start, len),
                    valid: valid(inner),
                }),
            })
            .collect(),
    }
}

/// Spans of several batches as one batch. A column that a batch lacks is empty in its rows; none of
/// the batches may come from another layout.
pub fn gather(parts: &[&Batch], spans: &[Span]) -> Batch {
    if let ([only], [span]) = (parts, spans) {
        return slice(only, span.start, span.len);
    }
    let rows = spans.iter().map(|span| span.len).sum();
    let texts = |of: &dyn Fn(&Batch) -> Option<&Texts>| {
        let columns: Vec<Option<&Texts>> = parts.iter().map(|part| of(part)).collect();
        gather_texts(&columns, spans, rows)
    };
    let width = parts
        .iter()
        .map(|part| part.columns.len())
        .max()
        .unwrap_or(0);
    let columns = (0..width)
        .map(|index| {
            let column: Vec<Option<&Values>> = parts
                .iter()
                .map(|part| part.columns.get(index)?.as_ref())
                .collect();
            gather_values(&column, spans, rows)
        })
        .collect();
    let id_texts: Vec<Option<&StringArray>> =
        parts.iter().map(|part| part.id.texts.as_ref()).collect();
    Batch {
        rows,
        account: texts(&|part| Some(&part.account)).unwrap_or_else(no_texts),
        member: texts(&|part| part.member.as_ref()),
        time: join(spans, rows, |part| &parts[part].time),
        kind: join(spans, rows, |part| &parts[part].kind),
        source: join(spans, rows, |part| &parts[part].source),
        id: Ids {
            numbers: join(spans, rows, |part| &parts[part].id.numbers),
            texts: gather_strings(&id_texts, spans),
        },
        line: join(spans, rows, |part| &parts[part].line),
        channel: texts(&|part| part.channel.as_ref()),
        store: texts(&|part| part.store.as_ref()),
        columns,
    }
}

/// All rows of several batches as one batch.
pub fn concat(parts: &[&Batch]) -> Batch {
    let spans: Vec<Span> = parts
        .iter()
        .enumerate()
        .map(|(part, batch)| Span {
            part,
            start: 0,
            len: batch.rows,
        })
        .collect();
    gather(parts, &spans)
}

fn no_texts() -> Texts {
    Texts {
        codes: Vec::new().into(),
        valid: None,
        dictionary: StringArray::from_iter_values([""; 0]),
    }
}

fn join<'a, N: arrow_buffer::ArrowNativeType>(
    spans: &[Span],
    rows: usize,
    of: impl Fn(usize) -> &'a ScalarBuffer<N>,
) -> ScalarBuffer<N> {
    let mut all = Vec::with_capacity(rows);
    for span in spans {
        all.extend_from_slice(&of(span.part)[span.range()]);
    }
    all.into()
}

/// Which rows have a value: `Some(None)` is all rows of a batch, `None` is no row.
fn gather_valid(
    parts: &[Option<Option<&NullBuffer>>],
    spans: &[Span],
    rows: usize,
) -> Option<NullBuffer> {
    if parts.iter().all(|part| matches!(part, Some(None))) {
        return None;
    }
    let mut valid = BooleanBufferBuilder::new(rows);
    for span in spans {
        match parts[span.part] {
            Some(Some(nulls)) => {
                valid.append_buffer(&nulls.inner().slice(span.start, span.len));
            }
            Some(None) => valid.append_n(span.len, true),
            None => valid.append_n(span.len, false),
        }
    }
    let valid = NullBuffer::new(valid.finish());
    (valid.null_count() > 0).then_some(valid)
}

fn gather_values(parts: &[Option<&Values>], spans: &[Span], rows: usize) -> Option<Values> {
    let first = parts.iter().flatten().next()?;
    if let Values::Text(_) = first {
        let texts: Vec<Option<&Texts>> = parts
            .iter()
            .map(|part| match part {
                Some(Values::Text(texts)) => Some(texts),
                _ => None,
            })
            .collect();
        return gather_texts(&texts, spans, rows).map(Values::Text);
    }
    let numbers: Vec<Option<(&ScalarBuffer<i64>, Option<&NullBuffer>)>> = parts
        .iter()
        .map(|part| match part {
            Some(Values::Number { values, valid }) => Some((values, valid.as_ref())),
            _ => None,
        })
        .collect();
    let mut all: Vec<i64> = Vec::with_capacity(rows);
    for span in spans {
        match numbers[span.part] {
            Some((values, _)) => all.extend_from_slice(&values[span.range()]),
            None => all.resize(all.len() + span.len, 0),
        }
    }
    let valid: Vec<Option<Option<&NullBuffer>>> =
        numbers.iter().map(|part| part.map(|part| part.1)).collect();
    let valid = gather_valid(&valid, spans, rows);
    let empty = valid
        .as_ref()
        .is_some_and(|valid| valid.null_count() == rows);
    (!empty).then(|| Values::Number {
        values: all.into(),
        valid,
    })
}

fn gather_texts(parts: &[Option<&Texts>], spans: &[Span], rows: usize) -> Option<Texts> {
    if parts.iter().all(Option::is_none) {
        return None;
    }
    let valid: Vec<Option<Option<&NullBuffer>>> = parts
        .iter()
        .map(|part| part.map(|texts| texts.valid.as_ref()))
        .collect();
    let valid = gather_valid(&valid, spans, rows);
    if valid
        .as_ref()
        .is_some_and(|valid| valid.null_count() == rows)
        && rows > 0
    {
        return None;
    }
    let values = |part: Option<&Texts>| part.map_or(0, |texts| texts.dictionary.len());
    let together: usize = parts.iter().map(|part| values(*part)).sum();
    let mut codes: Vec<i32> = Vec::with_capacity(rows);
    let mut dictionary = arrow_array::builder::StringBuilder::new();
    if together <= rows {
        let mut offsets = Vec::with_capacity(parts.len());
        let mut next = 0_i32;
        for part in parts {
            offsets.push(next);
            if let Some(texts) = part {
                texts
                    .dictionary
                    .iter()
                    .for_each(|text| dictionary.append_option(text));
                next += texts.dictionary.len() as i32;
            }
        }
        for span in spans {
            match parts[span.part] {
                Some(texts) => codes.extend(
                    texts.codes[span.range()]
                        .iter()
                        // A row without value may have any code.
                        .map(|code| code.wrapping_add(offsets[span.part])),
                ),
                None => codes.resize(codes.len() + span.len, 0),
            }
        }
    } else {
        // Dictionaries much larger than what is picked from them: take over only what is used.
        let mut next = 0_i32;
        for span in spans {
            let Some(texts) = parts[span.part] else {
                codes.resize(codes.len() + span.len, 0);
                continue;
            };
            let mut last = None;
            for row in span.range() {
                let code = texts.codes[row];
                if texts.valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
                    codes.push(0);
                    continue;
                }
                if last != Some(code) {
                    dictionary.append_value(texts.dictionary.value(code as usize));
                    next += 1;
                    last = Some(code);
                }
                codes.push(next - 1);
            }
        }
    }
    Some(Texts {
        codes: codes.into(),
        valid,
        dictionary: dictionary.finish(),
    })
}

fn gather_strings(parts: &[Option<&StringArray>], spans: &[Span]) -> Option<StringArray> {
    if parts.iter().all(Option::is_none) {
        return None;
    }
    let mut all = arrow_array::builder::StringBuilder::new();
    for span in spans {
        match parts[span.part] {
            Some(texts) => span.range().for_each(|row| {
                all.append_option(texts.is_valid(row).then(|| texts.value(row)));
            }),
            None => all.append_nulls(span.len),
        }
    }
    let all = all.finish();
    (all.null_count() < all.len()).then_some(all)
}

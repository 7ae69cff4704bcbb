//! Texts of all rows: codes into a dictionary, or one text for all.

use super::flags::{Bytes, Flags, Over, either};
use super::lanes::{Lane, Valid, chosen};
use crate::condition::expression::Compare;
use crate::event::{Batch, Texts};
use crate::program::Dataset;
use arrow_array::{Array, StringArray};
use arrow_buffer::ScalarBuffer;

/// Texts with their gaps.
#[derive(Debug, Clone)]
pub(super) struct TextLane {
    rows: Rows,
    pub over: Over,
}

#[derive(Debug, Clone)]
enum Rows {
    Same(String),
    Empty,
    Coded(Texts),
}

/// The id of each event as a text.
pub(super) fn ids(batch: &Batch) -> TextLane {
    let ids = (0..batch.rows).map(|row| batch.id.get(row).to_string());
    TextLane::coded(&Texts::plain(StringArray::from_iter_values(ids)))
}

/// The dataset of each event.
pub(super) fn sources(batch: &Batch, datasets: &[Dataset]) -> TextLane {
    TextLane::coded(&Texts {
        codes: batch
            .source
            .iter()
            .map(|source| i32::from(*source))
            .collect(),
        valid: None,
        dictionary: StringArray::from_iter_values(datasets.iter().map(|dataset| &dataset.id)),
    })
}

/// The place of a row's text in the dictionary.
fn code(texts: &Texts, row: usize) -> usize {
    texts
        .codes
        .get(row)
        .map_or(usize::MAX, |code| *code as usize)
}

/// The text at a code; codes of rows without a value may lie anywhere.
fn at(dictionary: &StringArray, code: usize) -> &str {
    if code < dictionary.len() {
        dictionary.value(code)
    } else {
        ""
    }
}

impl TextLane {
    pub(super) fn same(text: &str) -> TextLane {
        TextLane {
            rows: Rows::Same(text.to_owned()),
            over: None,
        }
    }

    pub(super) fn empty() -> TextLane {
        TextLane {
            rows: Rows::Empty,
            over: None,
        }
    }

    /// Buffers are shared, not copied.
    pub(super) fn coded(texts: &Texts) -> TextLane {
        TextLane {
            rows: Rows::Coded(texts.clone()),
            over: None,
        }
    }

    pub(super) fn valid(&self) -> Valid {
        match &self.rows {
            Rows::Same(_) => Valid::Everywhere,
            Rows::Empty => Valid::Nowhere,
            Rows::Coded(texts) => Valid::of(texts.valid.clone()),
        }
    }

    fn at(&self, row: usize) -> Option<&str> {
        match &self.rows {
            Rows::Same(text) => Some(text),
            Rows::Empty => None,
            Rows::Coded(texts) => {
                let valid = texts.valid.as_ref();
                valid
                    .is_none_or(|valid| valid.is_valid(row))
                    .then(|| at(&texts.dictionary, code(texts, row)))
            }
        }
    }

    /// As codes.
    pub(super) fn into_texts(self, rows: usize) -> Texts {
        match self.rows {
            Rows::Coded(texts) => texts,
            Rows::Same(text) => Texts {
                codes: ScalarBuffer::from(vec![0; rows]),
                valid: None,
                dictionary: StringArray::from_iter_values([text]),
            },
            Rows::Empty => Texts {
                codes: ScalarBuffer::from(vec![0; rows]),
                valid: Some(arrow_buffer::NullBuffer::new_null(rows)),
                dictionary: StringArray::from_iter_values([""]),
            },
        }
    }

    /// With a dictionary that is not much longer than there are rows, so that working on the dictionary
    /// is never worse than working on the rows.
    fn compact(texts: Texts) -> Texts {
        if texts.dictionary.len() <= texts.codes.len() {
            return texts;
        }
        let used = (0..texts.codes.len()).map(|row| at(&texts.dictionary, code(&texts, row)));
        Texts {
            codes: (0..texts.codes.len() as i32).collect(),
            dictionary: StringArray::from_iter_values(used),
            valid: texts.valid.clone(),
        }
    }

    /// These, and another's where there is none.
    pub(super) fn or_else(self, other: TextLane, rows: usize) -> TextLane {
        let present = Flags {
            rows: self.valid().bytes(),
            over: self.over.clone(),
        };
        choose(present, self, other, rows)
    }

    /// Where a text passes; false where there is none. Each different text is looked at once.
    pub(super) fn test(self, rows: usize, of: impl Fn(&str) -> bool) -> Flags {
        let valid = self.valid();
        let passed = match &self.rows {
            Rows::Empty => Bytes::Same(false),
            Rows::Same(text) => Bytes::Same(of(text)),
            Rows::Coded(texts) if texts.dictionary.len() > rows => Bytes::Rows(
                (0..rows)
                    .map(|row| {
                        u8::from(valid.at(row) && of(at(&texts.dictionary, code(texts, row))))
                    })
                    .collect(),
            ),
            Rows::Coded(texts) => {
                let dictionary = &texts.dictionary;
                let table: Vec<u8> = (0..dictionary.len())
                    .map(|code| u8::from(of(dictionary.value(code))))
                    .collect();
                by_code(&texts.codes, &table)
            }
        };
        Flags {
            rows: valid.clear(passed),
            over: self.over,
        }
    }

    /// How many characters each text has.
    pub(super) fn sizes(self, rows: usize) -> Lane {
        let size = |text: &str| text.chars().count() as i64;
        let over = self.over;
        let lane = match self.rows {
            Rows::Empty => Lane::empty(),
            Rows::Same(text) => Lane::same(size(&text)),
            Rows::Coded(texts) => {
                let texts = TextLane::compact(texts);
                let table: Vec<i64> = (0..texts.dictionary.len())
                    .map(|code| size(texts.dictionary.value(code)))
                    .collect();
                let sizes: Vec<i64> = (0..rows)
                    .map(|row| table.get(code(&texts, row)).copied().unwrap_or_default())
                    .collect();
                Lane::of(sizes.into(), texts.valid)
            }
        };
        Lane { over, ..lane }
    }

    /// In lower case.
    pub(super) fn lower(self) -> TextLane {
        let rows = match self.rows {
            Rows::Empty => Rows::Empty,
            Rows::Same(text) => Rows::Same(text.to_lowercase()),
            Rows::Coded(texts) => {
                let texts = TextLane::compact(texts);
                let lower = (0..texts.dictionary.len())
                    .map(|code| texts.dictionary.value(code).to_lowercase());
                Rows::Coded(Texts {
                    dictionary: StringArray::from_iter_values(lower),
                    ..texts
                })
            }
        };
        TextLane { rows, ..self }
    }
}

/// The truth of each code. Mostly one text passes, and comparing codes needs no look-up.
fn by_code(codes: &[i32], table: &[u8]) -> Bytes {
    let mut passing = table.iter().enumerate().filter(|(_, passes)| **passes != 0);
    match (passing.next(), passing.next()) {
        (None, _) => Bytes::Same(false),
        (Some((only, _)), None) => {
            let only = only as i32;
            Bytes::Rows(codes.iter().map(|code| u8::from(*code == only)).collect())
        }
        _ => Bytes::Rows(
            codes
                .iter()
                .map(|code| table.get(*code as usize).copied().unwrap_or_default())
                .collect(),
        ),
    }
}

/// `a == b` and its like; false where a side is empty.
pub(super) fn compare(compare: Compare, a: TextLane, b: TextLane, rows: usize) -> Flags {
    let (lane, text, over) = match (&a.rows, &b.rows) {
        (_, Rows::Same(text)) => (a.clone(), text, b.over),
        // Texts are only compared for being the same, so the sides can be exchanged.
        (Rows::Same(text), _) => (b.clone(), text, a.over),
        _ => {
            let same = (0..rows).map(|row| {
                let both = a.at(row).zip(b.at(row));
                u8::from(both.is_some_and(|(a, b)| compare.holds(a.cmp(b))))
            });
            return Flags {
                rows: Bytes::Rows(same.collect()),
                over: either(a.over, b.over),
            };
        }
    };
    let flags = lane.test(rows, |other| compare.holds(other.cmp(text)));
    Flags {
        over: either(flags.over, over),
        ..flags
    }
}

/// `yes` where the condition holds, `no` elsewhere: both dictionaries, one after the other.
pub(super) fn choose(condition: Flags, yes: TextLane, no: TextLane, rows: usize) -> TextLane {
    let over = condition.chosen(yes.over.clone(), no.over.clone());
    let pick = match condition.rows {
        Bytes::Same(true) => return TextLane { over, ..yes },
        Bytes::Same(false) => return TextLane { over, ..no },
        Bytes::Rows(pick) => pick,
    };
    let valid = match chosen(&pick, &yes.valid(), &no.valid(), rows) {
        Valid::Rows(valid) => Some(valid),
        Valid::Nowhere => Some(arrow_buffer::NullBuffer::new_null(rows)),
        Valid::Everywhere => None,
    };
    let yes = TextLane::compact(yes.into_texts(rows));
    let no = TextLane::compact(no.into_texts(rows));
    let offset = yes.dictionary.len() as i32;
    let codes = pick.iter().zip(yes.codes.iter().zip(no.codes.iter()));
    let codes = codes.map(|(pick, (yes, no))| {
        if *pick != 0 {
            *yes
        } else {
            // A code without a value may be anything.
            no.wrapping_add(offset)
        }
    });
    let both = yes.dictionary.iter().chain(no.dictionary.iter());
    TextLane {
        rows: Rows::Coded(Texts {
            codes: codes.collect(),
            valid,
            dictionary: StringArray::from_iter_values(both.map(Option::unwrap_or_default)),
        }),
        over,
    }
}

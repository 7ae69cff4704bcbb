//! Rows of one event that follow each other must say the same about the event.
//!
//! Only neighbours are compared, also across chunks, so memory stays flat and the result does not depend on
//! where a chunk ends. Rows of one event that stand apart, in this file or in others, meet in the lake, which
//! compares them when all are together.

use super::amounts::Cells;
use super::codes::{Codes, text_at};
use super::convert::Numbers;
use super::finding::RowCode;
use super::identity::Ids;

/// What the rows of a chunk say about their events.
pub(super) struct Heads<'a> {
    pub ids: &'a Ids,
    pub account: &'a Codes,
    pub member: &'a Codes,
    pub revision: Option<&'a Numbers>,
    /// Rows that cancel their event.
    pub void: &'a [bool],
    /// Whether rows with one id are lines of one event.
    pub lines: bool,
    /// Time, channel, store and the event's own columns, with what each is called.
    pub columns: Vec<(String, Cells)>,
}

/// The first row of an event, kept while its lines go on in the next chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    number: i64,
    text: Option<String>,
    account: Option<String>,
    member: Option<String>,
    revision: Option<i64>,
    void: bool,
    cells: Vec<Cell>,
}

#[derive(Debug, PartialEq, Eq)]
enum Cell {
    Number(Option<i64>),
    Text(Option<String>),
}

/// A row that does not go with the one before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Differs {
    pub row: usize,
    pub code: RowCode,
    /// What differs.
    pub name: String,
}

enum First {
    Kept(Head),
    Row(usize),
}

/// Compares each accepted row with the first row of its event, if that is its neighbour or the neighbour of
/// one. Gives back what differs and the head to go on with.
pub(super) fn compare(
    heads: &Heads<'_>,
    rows: impl Iterator<Item = usize>,
    before: Option<Head>,
) -> (Vec<Differs>, Option<Head>) {
    let mut differing = Vec::new();
    let mut first = before.map(First::Kept);
    for row in rows {
        let same_id = match &first {
            Some(First::Row(first)) => {
                heads.ids.numbers[*first] == heads.ids.numbers[row]
                    && heads.ids.text(*first) == heads.ids.text(row)
            }
            Some(First::Kept(head)) => {
                head.number == heads.ids.numbers[row] && head.text.as_deref() == heads.ids.text(row)
            }
            None => false,
        };
        if !same_id {
            first = Some(First::Row(row));
            continue;
        }
        // Rows of one id are few: looking at the first as a head costs little.
        let head = match first.take() {
            Some(First::Kept(head)) => head,
            Some(First::Row(first)) => heads.head(first),
            None => heads.head(row),
        };
        let another = head.account.as_deref() != text_at(heads.account, row);
        let (void, voids) = (head.void, heads.voids(row));
        // To move an event is to cancel it in one account and to tell it in the other.
        if another && !void && !voids {
            differing.push(Differs {
                row,
                code: RowCode::TwoAccounts,
                name: "account".to_owned(),
            });
        } else if another
            || void != voids
            || head.revision != heads.revision.and_then(|one| one.get(row))
        {
            first = Some(First::Row(row));
            continue;
        } else if let Some(name) = heads.difference(&head, row).filter(|_| heads.lines) {
            differing.push(Differs {
                row,
                code: RowCode::HeaderDiffers,
                name,
            });
        }
        first = Some(First::Kept(head));
    }
    let last = first.map(|first| match first {
        First::Kept(head) => head,
        First::Row(row) => heads.head(row),
    });
    (differing, last)
}

impl Heads<'_> {
    fn voids(&self, row: usize) -> bool {
        self.void.get(row).copied().unwrap_or(false)
    }

    fn head(&self, row: usize) -> Head {
        Head {
            number: self.ids.numbers[row],
            text: self.ids.text(row).map(str::to_owned),
            account: text_at(self.account, row).map(str::to_owned),
            member: text_at(self.member, row).map(str::to_owned),
            revision: self.revision.and_then(|one| one.get(row)),
            void: self.voids(row),
            cells: self
                .columns
                .iter()
                .map(|(_, cells)| match cells {
                    Cells::Numbers(numbers) => Cell::Number(numbers.get(row)),
                    Cells::Texts(codes) => Cell::Text(text_at(codes, row).map(str::to_owned)),
                })
                .collect(),
        }
    }

    /// The first column in which the row differs.
    fn difference(&self, head: &Head, row: usize) -> Option<String> {
        if head.member.as_deref() != text_at(self.member, row) {
            return Some("member".to_owned());
        }
        self.columns
            .iter()
            .zip(&head.cells)
            .find(|((_, cells), cell)| match (cells, cell) {
                (Cells::Numbers(numbers), Cell::Number(number)) => numbers.get(row) != *number,
                (Cells::Texts(codes), Cell::Text(text)) => text_at(codes, row) != text.as_deref(),
                _ => true,
            })
            .map(|((name, _), _)| name.clone())
    }
}

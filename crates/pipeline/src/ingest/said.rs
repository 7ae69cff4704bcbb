//! What the rows of a chunk say, column by column, and what is wrong with them.

use super::amounts::{self, Cells};
use super::assemble::Chunk;
use super::check;
use super::codes::{self, Codes, text_at};
use super::convert::{self, Numbers};
use super::finding::RowCode;
use super::identity::{Ids, ids};
use super::plan::{Feed, LineNumber, Plan, Source};
use super::pseudonym::PseudonymKey;
use super::reject::{Fault, Faults};
use super::void;
use arrow_array::ArrayRef;
use arrow_schema::ArrowError;
use rungs_engine::canonical::{Kind, Type};
use rungs_engine::program::{Column, Literal, Pii};

/// Everything that the rows of a chunk say, before it is known which of them stay.
pub(super) struct Said {
    pub ids: Ids,
    pub account: Codes,
    pub member: Codes,
    pub time: Numbers,
    pub revision: Option<Numbers>,
    /// Rows that cancel their event; empty if none does.
    pub void: Vec<bool>,
    pub line: Numbers,
    pub channel: Option<Codes>,
    pub store: Option<Codes>,
    pub columns: Vec<Option<Cells>>,
}

/// Reads what the rows of chunks say.
pub(super) struct SaidReader<'a> {
    pub plan: &'a Plan<'a>,
    pub key: &'a PseudonymKey,
}

impl SaidReader<'_> {
    /// Reads a chunk; what is wrong is told to `faults`.
    pub(super) fn read(&self, chunk: &Chunk, faults: &mut Faults) -> Result<Said, ArrowError> {
        let plan = self.plan;
        let rows = chunk.rows;
        let id_parts: Vec<&ArrayRef> = plan.id.iter().map(|slot| &chunk.arrays[*slot]).collect();
        let id_name = plan.dataset.event_id.join("` + `");
        let id_slot = (plan.id.len() == 1).then(|| plan.id[0]);
        let ids = ids(&id_parts, rows, &mut |row, code| {
            faults.add(row, Fault::of(code, &id_name, id_slot));
        })?;
        let member = self.owner(plan.member, chunk, faults)?;
        let account = match plan.account {
            Some(slot) => self.owner(slot, chunk, faults)?,
            None => member.clone(),
        };
        let time_name = &plan.slots[plan.time].name;
        let time = convert::instants(&chunk.arrays[plan.time], plan.zone(), &mut |row, code| {
            faults.add(row, Fault::of(code, time_name, Some(plan.time)))
        })?;
        check::required(&time, plan.time, plan, faults);
        let revision = match plan.revision {
            None => None,
            Some(slot) => {
                let revision = self.whole(slot, chunk, faults)?;
                check::required(&revision, slot, plan, faults);
                Some(revision)
            }
        };
        let void = void::voids(plan, chunk, faults)?;
        let channel = self.place(plan.channel.as_ref(), chunk, faults)?;
        let store = self.place(plan.store.as_ref(), chunk, faults)?;
        let mut columns = Vec::with_capacity(plan.columns.len());
        for (feed, column) in plan.columns.iter().zip(&plan.program.columns) {
            columns.push(match feed {
                Feed::Nothing => None,
                Feed::Fixed(Literal::Text(text)) => {
                    Some(Cells::Texts(codes::same_text(text, rows)?))
                }
                Feed::Fixed(Literal::Number(number)) => {
                    Some(Cells::Numbers(Numbers::same(*number, rows)))
                }
                Feed::From(source) => self.column(column, source, chunk, faults)?,
            });
        }
        let program = plan.program;
        amounts::complete(plan, &mut columns, rows, &mut |row, column, code| {
            let column = &program.columns[column];
            let root = if column.line { "line" } else { "event" };
            let name = format!("{root}.{}", column.name);
            faults.add(row, Fault::computed(code, &name));
        });
        let line = self.line_numbers(chunk, &columns, faults)?;
        let mut said = Said {
            ids,
            account,
            member,
            time,
            revision,
            void,
            line,
            channel,
            store,
            columns,
        };
        void::blank(plan, &mut said, faults)?;
        Ok(said)
    }

    fn whole(
        &self,
        slot: usize,
        chunk: &Chunk,
        faults: &mut Faults,
    ) -> Result<Numbers, ArrowError> {
        let name = &self.plan.slots[slot].name;
        convert::numbers(&chunk.arrays[slot], 0, false, &mut |row, code| {
            faults.add(row, Fault::of(code, name, Some(slot)));
        })
    }

    /// A member or account: never empty, never blank.
    fn owner(&self, slot: usize, chunk: &Chunk, faults: &mut Faults) -> Result<Codes, ArrowError> {
        let codes = codes::texts(&chunk.arrays[slot])?;
        check::not_blank(&codes, slot, self.plan, faults);
        Ok(codes)
    }

    /// Channel or store.
    fn place(
        &self,
        source: Option<&Source>,
        chunk: &Chunk,
        faults: &mut Faults,
    ) -> Result<Option<Codes>, ArrowError> {
        let Some(source) = source else {
            return Ok(None);
        };
        let codes = codes::texts(&chunk.arrays[source.slot])?;
        check::texts(&codes, source, self.plan, faults);
        self.protect(codes, source)
    }

    fn protect(&self, codes: Codes, source: &Source) -> Result<Option<Codes>, ArrowError> {
        match source.pii {
            None | Some(Pii::Keep) => Ok(Some(codes)),
            Some(Pii::Drop) => Ok(None),
            Some(Pii::Hash) => {
                let (dataset, column) = (&self.plan.dataset.id, &self.plan.slots[source.slot].name);
                codes::map_texts(&codes, |text| self.key.pseudonym(dataset, column, text)).map(Some)
            }
        }
    }

    fn column(
        &self,
        column: &Column,
        source: &Source,
        chunk: &Chunk,
        faults: &mut Faults,
    ) -> Result<Option<Cells>, ArrowError> {
        let array = &chunk.arrays[source.slot];
        let name = &self.plan.slots[source.slot].name;
        let zone = self.plan.zone();
        if column.kind_of_value == Type::Text {
            let codes = codes::texts(array)?;
            check::texts(&codes, source, self.plan, faults);
            if column.kind == Kind::Order && column.name == "currency" {
                check::currency(&codes, source, self.plan, faults);
            }
            return Ok(self.protect(codes, source)?.map(Cells::Texts));
        }
        let mut flaw = |row, code| faults.add(row, Fault::number(code, name, source, column));
        let numbers = match column.kind_of_value {
            Type::Boolean => convert::booleans(array, &mut flaw)?,
            Type::Date => convert::days(array, zone, &mut flaw)?,
            Type::MonthDay => convert::month_days(array, zone, &mut flaw)?,
            Type::Time => convert::instants(array, zone, &mut flaw)?,
            Type::Text | Type::Integer | Type::Decimal | Type::Money => {
                convert::numbers(array, column.digits, source.minor, &mut flaw)?
            }
        };
        check::numbers(&numbers, source, column, self.plan, faults);
        // A pseudonym is a text: of other personal data nothing is kept but what is declared `keep`.
        let kept = matches!(source.pii, None | Some(Pii::Keep));
        Ok(kept.then_some(Cells::Numbers(numbers)))
    }

    fn line_numbers(
        &self,
        chunk: &Chunk,
        columns: &[Option<Cells>],
        faults: &mut Faults,
    ) -> Result<Numbers, ArrowError> {
        let slot = match self.plan.line {
            LineNumber::None => return Ok(Numbers::same(0, chunk.rows)),
            LineNumber::One => return Ok(Numbers::same(1, chunk.rows)),
            LineNumber::Slot(slot) => slot,
        };
        let given = self.whole(slot, chunk, faults)?;
        let name = &self.plan.slots[slot].name;
        let line_cells: Vec<&Cells> = columns
            .iter()
            .zip(&self.plan.program.columns)
            .filter(|(_, column)| column.line)
            .filter_map(|(cells, _)| cells.as_ref())
            .collect();
        let refund = self.plan.dataset.event == Kind::Refund;
        Ok(Numbers::each(
            chunk.rows,
            &mut |row, code| faults.add(row, Fault::line_number(code, name, slot)),
            |row| match given.get(row) {
                Some(line) if (1..=i64::from(i32::MAX)).contains(&line) => Ok(Some(line)),
                Some(_) => Err(RowCode::OutOfRange),
                // A refund that names no line and nothing of one gives back the whole rest.
                None if refund && line_cells.iter().all(|cells| is_empty(cells, row)) => {
                    Ok(Some(0))
                }
                None => Err(RowCode::MissingValue),
            },
        ))
    }
}

fn is_empty(cells: &Cells, row: usize) -> bool {
    match cells {
        Cells::Numbers(numbers) => numbers.get(row).is_none(),
        Cells::Texts(codes) => text_at(codes, row).is_none(),
    }
}

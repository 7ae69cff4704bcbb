//! Chunks of a file become batches of canonical events, and rows that are none become rejections.

use super::amounts::{self, Cells};
use super::check;
use super::convert::{self, Codes, Numbers, text_at};
use super::finding::{Rejected, RowCode};
use super::identity::{Ids, ids};
use super::lines::{self, Head, Heads};
use super::plan::{Feed, LineNumber, Plan, Source};
use super::pseudonym::PseudonymKey;
use super::reject::{Fault, Faults};
use crate::schema::event_schema;
use arrow::compute::filter_record_batch;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal64Array, Int16Array, Int32Array, Int64Array,
    RecordBatch, TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use rungs_engine::canonical::{Kind, Type};
use rungs_engine::program::{Column, Literal, Pii};
use std::sync::Arc;

/// Rows of a file as they come from it.
pub(super) struct Chunk {
    /// How many.
    pub rows: usize,
    /// One array for each slot of the plan.
    pub arrays: Vec<ArrayRef>,
    /// Where each row stands.
    pub lines: Lines,
    /// Rows that could not be taken apart, with their lines.
    pub broken: Vec<(u64, RowCode)>,
}

/// Where rows stand in the file.
pub(super) enum Lines {
    /// Each at its line.
    Each(Vec<u64>),
    /// One after the other from this.
    From(u64),
}

impl Lines {
    pub(super) fn at(&self, row: usize) -> u64 {
        match self {
            Lines::Each(lines) => lines.get(row).copied().unwrap_or(0),
            Lines::From(first) => first + row as u64,
        }
    }
}

/// What became of a chunk.
pub(super) struct Assembled {
    /// The events, if there are any.
    pub batch: Option<RecordBatch>,
    /// The rows that are none, by line.
    pub rejected: Vec<Rejected>,
}

/// Turns the chunks of one file into events, in order.
pub(super) struct Assembler<'a> {
    plan: &'a Plan<'a>,
    object: &'a str,
    key: &'a PseudonymKey,
    schema: SchemaRef,
    /// The event whose lines may go on in the next chunk.
    before: Option<Head>,
}

/// Everything that the rows of a chunk say, before it is known which of them stay.
struct Said {
    ids: Ids,
    account: Codes,
    member: Codes,
    time: Numbers,
    revision: Option<Numbers>,
    line: Numbers,
    channel: Option<Codes>,
    store: Option<Codes>,
    columns: Vec<Option<Cells>>,
}

impl<'a> Assembler<'a> {
    /// For one file.
    pub(super) fn new(plan: &'a Plan<'a>, object: &'a str, key: &'a PseudonymKey) -> Assembler<'a> {
        Assembler {
            plan,
            object,
            key,
            schema: event_schema(plan.program),
            before: None,
        }
    }

    /// The next chunk.
    pub(super) fn take(&mut self, mut chunk: Chunk) -> Result<Assembled, ArrowError> {
        let mut faults = Faults::default();
        for (slot, array) in chunk.arrays.iter_mut().enumerate() {
            let name = &self.plan.slots[slot].name;
            let readable = convert::readable(array, &mut |row, code| {
                faults.add(row, Fault::of(code, name, Some(slot)));
            })?;
            *array = readable;
        }
        let said = self.read(&chunk, &mut faults)?;
        self.compare_lines(&said, chunk.rows, &mut faults);
        let rejected = faults.rejected(self.plan, self.object, &chunk);
        let batch = self.batch(said, &chunk, &faults)?;
        Ok(Assembled { batch, rejected })
    }

    fn read(&self, chunk: &Chunk, faults: &mut Faults) -> Result<Said, ArrowError> {
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
        if let Some(slot) = plan.void {
            let name = &plan.slots[slot].name;
            let void = convert::booleans(&chunk.arrays[slot], &mut |row, code| {
                faults.add(row, Fault::of(code, name, Some(slot)));
            })?;
            for row in (0..rows).filter(|row| void.get(*row) == Some(1)) {
                faults.add(row, Fault::of(RowCode::NotYet, name, Some(slot)));
            }
        }
        let channel = self.place(plan.channel.as_ref(), chunk, faults)?;
        let store = self.place(plan.store.as_ref(), chunk, faults)?;
        let mut columns = Vec::with_capacity(plan.columns.len());
        for (feed, column) in plan.columns.iter().zip(&plan.program.columns) {
            columns.push(match feed {
                Feed::Nothing => None,
                Feed::Fixed(Literal::Text(text)) => {
                    Some(Cells::Texts(convert::same_text(text, rows)?))
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
        Ok(Said {
            ids,
            account,
            member,
            time,
            revision,
            line,
            channel,
            store,
            columns,
        })
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
        let codes = convert::texts(&chunk.arrays[slot])?;
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
        let codes = convert::texts(&chunk.arrays[source.slot])?;
        check::texts(&codes, source, self.plan, faults);
        self.protect(codes, source)
    }

    fn protect(&self, codes: Codes, source: &Source) -> Result<Option<Codes>, ArrowError> {
        match source.pii {
            None | Some(Pii::Keep) => Ok(Some(codes)),
            Some(Pii::Drop) => Ok(None),
            Some(Pii::Hash) => {
                let (dataset, column) = (&self.plan.dataset.id, &self.plan.slots[source.slot].name);
                convert::map_texts(&codes, |text| self.key.pseudonym(dataset, column, text))
                    .map(Some)
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
            let codes = convert::texts(array)?;
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

    fn compare_lines(&mut self, said: &Said, rows: usize, faults: &mut Faults) {
        let plan = self.plan;
        let mut columns = Vec::new();
        if plan.has_lines() {
            let name = |slot: usize| plan.slots[slot].name.clone();
            columns.push((name(plan.time), Cells::Numbers(said.time.clone())));
            for (source, codes) in [(&plan.channel, &said.channel), (&plan.store, &said.store)] {
                if let (Some(source), Some(codes)) = (source, codes) {
                    columns.push((name(source.slot), Cells::Texts(codes.clone())));
                }
            }
            for (index, column) in plan.program.columns.iter().enumerate() {
                if let (false, Feed::From(source), Some(cells)) =
                    (column.line, &plan.columns[index], &said.columns[index])
                {
                    columns.push((name(source.slot), cells.clone()));
                }
            }
        }
        let heads = Heads {
            ids: &said.ids,
            account: &said.account,
            member: &said.member,
            revision: said.revision.as_ref(),
            lines: plan.has_lines(),
            columns,
        };
        let accepted = (0..rows).filter(|row| !faults.has(*row));
        let (differing, last) = lines::compare(&heads, accepted, self.before.take());
        self.before = last;
        for differs in differing {
            let slot = plan.slots.iter().position(|slot| slot.name == differs.name);
            let slot = match (differs.code, differs.name.as_str()) {
                (RowCode::TwoAccounts, _) => Some(plan.account.unwrap_or(plan.member)),
                (_, "member") => Some(plan.member),
                _ => slot,
            };
            let name = slot.map_or(differs.name, |slot| plan.slots[slot].name.clone());
            faults.add(differs.row, Fault::of(differs.code, &name, slot));
        }
    }

    fn batch(
        &self,
        said: Said,
        chunk: &Chunk,
        faults: &Faults,
    ) -> Result<Option<RecordBatch>, ArrowError> {
        let rows = chunk.rows;
        if faults.count() == rows {
            return Ok(None);
        }
        let plan = self.plan;
        let text_or_null = |codes: Option<Codes>| -> ArrayRef {
            match codes {
                Some(codes) => Arc::new(codes),
                None => new_null_array(&crate::schema::text_type(), rows),
            }
        };
        let member = match plan.account {
            None => None,
            Some(_) => Some(other_than(&said.member, &said.account)?),
        };
        let (id_numbers, id_texts) = said.ids.arrays();
        let line: Int32Array = said
            .line
            .values
            .iter()
            .map(|line| Some(*line as i32))
            .collect();
        let time = TimestampMicrosecondArray::new(said.time.values, None).with_timezone("UTC");
        let revision: ArrayRef = match said.revision {
            None => new_null_array(&DataType::Int64, rows),
            Some(revision) => Arc::new(Int64Array::new(revision.values, revision.valid)),
        };
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(said.account),
            text_or_null(member),
            Arc::new(time),
            Arc::new(convert::same_text(plan.dataset.event.text(), rows)?),
            Arc::new(convert::same_text(&plan.dataset.id, rows)?),
            Arc::new(id_numbers),
            Arc::new(id_texts),
            Arc::new(line),
            text_or_null(said.channel),
            text_or_null(said.store),
            revision,
        ];
        let own = self.schema.fields().iter().skip(arrays.len());
        for (field, cells) in own.zip(said.columns) {
            arrays.push(array(field.data_type(), cells, rows)?);
        }
        if faults.count() == 0 {
            return RecordBatch::try_new(self.schema.clone(), arrays).map(Some);
        }
        // Rejected rows may lack what no event may lack: nullable until they are gone.
        let fields: Vec<_> = self
            .schema
            .fields()
            .iter()
            .map(|field| field.as_ref().clone().with_nullable(true))
            .collect();
        let all = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
        let stays: BooleanArray = (0..rows).map(|row| Some(!faults.has(row))).collect();
        let kept = filter_record_batch(&all, &stays)?;
        RecordBatch::try_new(self.schema.clone(), kept.columns().to_vec()).map(Some)
    }
}

fn is_empty(cells: &Cells, row: usize) -> bool {
    match cells {
        Cells::Numbers(numbers) => numbers.get(row).is_none(),
        Cells::Texts(codes) => text_at(codes, row).is_none(),
    }
}

/// The member where it is not the account.
fn other_than(member: &Codes, account: &Codes) -> Result<Codes, ArrowError> {
    let keys: Int32Array = member
        .keys()
        .iter()
        .enumerate()
        .map(|(row, key)| key.filter(|_| text_at(member, row) != text_at(account, row)))
        .collect();
    Codes::try_new(keys, member.values().clone())
}

fn array(kind: &DataType, cells: Option<Cells>, rows: usize) -> Result<ArrayRef, ArrowError> {
    let numbers = match cells {
        None => return Ok(new_null_array(kind, rows)),
        Some(Cells::Texts(codes)) => return Ok(Arc::new(codes)),
        Some(Cells::Numbers(numbers)) => numbers,
    };
    let Numbers { values, valid } = numbers;
    Ok(match kind {
        DataType::Decimal64(precision, scale) => Arc::new(
            Decimal64Array::new(values, valid).with_precision_and_scale(*precision, *scale)?,
        ),
        DataType::Timestamp(..) => {
            Arc::new(TimestampMicrosecondArray::new(values, valid).with_timezone("UTC"))
        }
        DataType::Date32 => {
            let days: Vec<i32> = values.iter().map(|day| *day as i32).collect();
            Arc::new(Date32Array::new(days.into(), valid))
        }
        DataType::Int16 => {
            let packed: Vec<i16> = values.iter().map(|packed| *packed as i16).collect();
            Arc::new(Int16Array::new(packed.into(), valid))
        }
        DataType::Boolean => {
            let bits = values.iter().map(|value| *value != 0).collect();
            Arc::new(BooleanArray::new(bits, valid))
        }
        _ => Arc::new(Int64Array::new(values, valid)),
    })
}

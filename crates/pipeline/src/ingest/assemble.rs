//! Chunks of a file become batches of canonical events, and rows that are none become rejections.

use super::amounts::Cells;
use super::codes::{self, Codes, text_at};
use super::convert::{self, Numbers};
use super::finding::{Rejected, RowCode};
use super::lines::{self, Head, Heads};
use super::plan::{Feed, Plan};
use super::pseudonym::PseudonymKey;
use super::reject::{Fault, Faults};
use super::said::{Said, SaidReader};
use super::share::Share;
use crate::schema::event_schema;
use arrow::compute::filter_record_batch;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal64Array, Int16Array, Int32Array, Int64Array,
    RecordBatch, TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
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
    /// Empty columns, by type: a programme has many that a file does not fill.
    empty: Vec<ArrayRef>,
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
            empty: Vec::new(),
        }
    }

    /// The next chunk; with a share, only its rows.
    pub(super) fn take(
        &mut self,
        mut chunk: Chunk,
        share: Option<&mut Share<'_>>,
    ) -> Result<Assembled, ArrowError> {
        let mut faults = Faults::default();
        for (slot, array) in chunk.arrays.iter_mut().enumerate() {
            let name = &self.plan.slots[slot].name;
            let readable = convert::readable(array, &mut |row, code| {
                faults.add(row, Fault::of(code, name, Some(slot)));
            })?;
            *array = readable;
        }
        let reader = SaidReader {
            plan: self.plan,
            key: self.key,
        };
        let said = reader.read(&chunk, &mut faults)?;
        let own = share.map(|share| share.own(&said.time, &mut chunk, &mut faults));
        let own = |row: usize| own.as_ref().is_none_or(|own| own[row]);
        self.compare_lines(&said, chunk.rows, &own, &mut faults);
        let rejected = faults.rejected(self.plan, self.object, &chunk);
        let batch = self.batch(said, &chunk, &own, &faults)?;
        Ok(Assembled { batch, rejected })
    }

    fn compare_lines(
        &mut self,
        said: &Said,
        rows: usize,
        own: &impl Fn(usize) -> bool,
        faults: &mut Faults,
    ) {
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
            void: &said.void,
            lines: plan.has_lines(),
            columns,
        };
        let accepted = (0..rows).filter(|row| own(*row) && !faults.has(*row));
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
        &mut self,
        said: Said,
        chunk: &Chunk,
        own: &impl Fn(usize) -> bool,
        faults: &Faults,
    ) -> Result<Option<RecordBatch>, ArrowError> {
        let rows = chunk.rows;
        let stays = |row: usize| own(row) && !faults.has(row);
        let staying = (0..rows).filter(|row| stays(*row)).count();
        if staying == 0 {
            return Ok(None);
        }
        let plan = self.plan;
        let member = match plan.account {
            None => None,
            Some(_) => Some(other_than(&said.member, &said.account)?),
        };
        let (id_numbers, id_texts) = said.ids.arrays();
        let line = Int32Array::from_iter_values(said.line.values.iter().map(|line| *line as i32));
        let time = TimestampMicrosecondArray::new(said.time.values, None).with_timezone("UTC");
        let revision: ArrayRef = match said.revision {
            None => self.empty(&DataType::Int64, rows),
            Some(revision) => Arc::new(Int64Array::new(revision.values, revision.valid)),
        };
        let void: ArrayRef = match said.void.is_empty() {
            true => self.empty(&DataType::Boolean, rows),
            false => Arc::new(BooleanArray::from_iter(
                said.void.iter().map(|void| void.then_some(true)),
            )),
        };
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(said.account),
            self.text(member, rows),
            Arc::new(time),
            Arc::new(codes::same_text(plan.dataset.event.text(), rows)?),
            Arc::new(codes::same_text(&plan.dataset.id, rows)?),
            Arc::new(id_numbers),
            Arc::new(id_texts),
            Arc::new(line),
            self.text(said.channel, rows),
            self.text(said.store, rows),
            revision,
            void,
        ];
        let schema = self.schema.clone();
        let own = schema.fields().iter().skip(arrays.len());
        for (field, cells) in own.zip(said.columns) {
            arrays.push(match cells {
                None => self.empty(field.data_type(), rows),
                Some(Cells::Texts(codes)) => Arc::new(codes),
                Some(Cells::Numbers(numbers)) => array(field.data_type(), numbers)?,
            });
        }
        if staying == rows {
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
        let stays: BooleanArray = (0..rows).map(|row| Some(stays(row))).collect();
        let kept = filter_record_batch(&all, &stays)?;
        RecordBatch::try_new(self.schema.clone(), kept.columns().to_vec()).map(Some)
    }

    fn text(&mut self, codes: Option<Codes>, rows: usize) -> ArrayRef {
        match codes {
            Some(codes) => Arc::new(codes),
            None => self.empty(&crate::schema::text_type(), rows),
        }
    }

    fn empty(&mut self, kind: &DataType, rows: usize) -> ArrayRef {
        let known = |array: &&ArrayRef| array.data_type() == kind && array.len() >= rows;
        if let Some(array) = self.empty.iter().find(known) {
            return array.slice(0, rows);
        }
        let array = new_null_array(kind, rows);
        self.empty.push(array.clone());
        array
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

fn array(kind: &DataType, numbers: Numbers) -> Result<ArrayRef, ArrowError> {
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

//! Rows that cancel an event: of what they say only the event's name and time count, so that a row may
//! be as short as these or the event's own row once more.

use super::amounts::Cells;
use super::assemble::Chunk;
use super::codes::Codes;
use super::convert::{self, Numbers};
use super::plan::Plan;
use super::reject::{Fault, Faults};
use super::said::Said;
use arrow_array::{Array, Int32Array};
use arrow_buffer::NullBuffer;
use arrow_schema::ArrowError;

/// Which rows of a chunk cancel their event; empty if none does.
pub(super) fn voids(
    plan: &Plan<'_>,
    chunk: &Chunk,
    faults: &mut Faults,
) -> Result<Vec<bool>, ArrowError> {
    let Some(slot) = plan.void else {
        return Ok(Vec::new());
    };
    let name = &plan.slots[slot].name;
    let void = convert::booleans(&chunk.arrays[slot], &mut |row, code| {
        faults.add(row, Fault::of(code, name, Some(slot)));
    })?;
    let voids: Vec<bool> = (0..chunk.rows)
        .map(|row| void.get(row) == Some(1))
        .collect();
    Ok(match voids.contains(&true) {
        true => voids,
        false => Vec::new(),
    })
}

/// Empties in rows that cancel everything but the event's name and time, and forgets what was wrong
/// with it.
pub(super) fn blank(
    plan: &Plan<'_>,
    said: &mut Said,
    faults: &mut Faults,
) -> Result<(), ArrowError> {
    if said.void.is_empty() {
        return Ok(());
    }
    let named = plan.id.iter().copied();
    let named: Vec<usize> = named
        .chain([plan.member, plan.time])
        .chain(
            [plan.account, plan.revision, plan.void]
                .into_iter()
                .flatten(),
        )
        .collect();
    let void = &said.void;
    faults.forget(|row, slot| {
        void.get(row).copied().unwrap_or(false) && slot.is_none_or(|slot| !named.contains(&slot))
    });
    let stands: NullBuffer = void.iter().map(|void| !void).collect();
    for cells in said.columns.iter_mut().flatten() {
        match cells {
            Cells::Numbers(numbers) => {
                numbers.valid = NullBuffer::union(numbers.valid.as_ref(), Some(&stands));
            }
            Cells::Texts(codes) => *codes = only(codes, &stands)?,
        }
    }
    for codes in [&mut said.channel, &mut said.store].into_iter().flatten() {
        *codes = only(codes, &stands)?;
    }
    let line = |row: usize| match void[row] {
        true => Some(0),
        false => Some(said.line.values[row]),
    };
    said.line = Numbers::each(void.len(), &mut |_, _| {}, |row| Ok(line(row)));
    Ok(())
}

fn only(codes: &Codes, stands: &NullBuffer) -> Result<Codes, ArrowError> {
    let nulls = NullBuffer::union(codes.nulls(), Some(stands));
    let keys = Int32Array::try_new(codes.keys().values().clone(), nulls)?;
    Codes::try_new(keys, codes.values().clone())
}

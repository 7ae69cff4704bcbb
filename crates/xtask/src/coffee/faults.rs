//! What no real upload is without, planted on purpose and always the same, so that the quarantine and
//! the report's quality section have something to show. `samplelocal/README.md` lists them.

use super::clock::{Clock, MINUTE};
use super::records::{Activity, Records, Who};
use super::tables::{Row, Table, Tables};

/// Receipts that the till of one store uploads a second time with the next month.
const REPEATED: usize = 8;

/// Faults in the CSV files.
///
/// # Errors
/// If a table or month is not there.
pub fn plant(clock: &Clock, tables: &mut Tables) -> Result<(), String> {
    let till = table(tables, "till")?;
    for (month, column, value) in [
        ("2025-02", "paid_at", "2025-02-30 09:14:00"),
        ("2025-04", "net", "-3.40"),
        ("2025-06", "category", "drnk"),
        ("2025-08", "net", "3.455"),
        ("2025-09", "currency", "GBP"),
        ("2025-11", "qty", "0"),
        ("2026-01", "sku", ""),
        ("2026-02", "card", ""),
        ("2026-04", "list_total", "3,52"),
        ("2026-07", "own_cup", "maybe"),
    ] {
        spoil(till, month, column, value)?;
    }
    // The till at the station was not told of summer time: 01:30 did not exist that night.
    let skipped = in_month(till, "2025-03")?;
    let mut cells = till.rows[skipped].cells.clone();
    set(till.header, &mut cells, "store_no", "005")?;
    set(till.header, &mut cells, "receipt", "99001")?;
    set(till.header, &mut cells, "line_no", "1")?;
    set(till.header, &mut cells, "paid_at", "2025-03-30 01:30:00")?;
    insert(till, clock.read("2025-03-30T02:30:00")?, clock, cells);
    repeat(till, "2025-05", "2025-06")?;
    contradict(till, "2025-10", "2025-11")?;

    let refunds = table(tables, "till-refunds")?;
    spoil_refund(refunds, "2025-07")?;
    let answers = table(tables, "answers")?;
    spoil(answers, "2026-03", "score", "11")?;
    let twice = in_month(answers, "2026-05")?;
    let row = answers.rows[twice].clone();
    answers.rows.insert(twice, row);
    Ok(())
}

/// Faults in the app's stream: a name that nobody declared.
///
/// # Errors
/// If the zone data is incomplete.
pub fn plant_activities(clock: &Clock, records: &mut Records) -> Result<(), String> {
    let who = records
        .cards
        .first()
        .map_or_else(Who::default, |card| card.who.clone());
    records.activities.push(Activity {
        at: clock.read("2026-06-10T12:00:00")? + MINUTE,
        who,
        name: "swiped",
        value: None,
        object: None,
    });
    Ok(())
}

fn table<'a>(tables: &'a mut Tables, name: &str) -> Result<&'a mut Table, String> {
    tables
        .get_mut(name)
        .ok_or_else(|| format!("there is no table `{name}`"))
}

fn set(header: &[&str], cells: &mut [String], column: &str, value: &str) -> Result<(), String> {
    let index = header.iter().position(|name| *name == column);
    let cell = index.and_then(|index| cells.get_mut(index));
    *cell.ok_or_else(|| format!("there is no column `{column}`"))? = value.to_owned();
    Ok(())
}

/// The middle row of a month.
fn in_month(table: &Table, month: &str) -> Result<usize, String> {
    let rows: Vec<usize> = (0..table.rows.len())
        .filter(|index| table.rows[*index].month == month)
        .collect();
    rows.get(rows.len() / 2)
        .copied()
        .ok_or_else(|| format!("there is no row in `{month}`"))
}

fn insert(table: &mut Table, at: i64, clock: &Clock, cells: Vec<String>) {
    let place = table.rows.partition_point(|row| row.at <= at);
    let month = clock.month(at);
    table.rows.insert(place, Row { at, month, cells });
}

/// Writes a wrong value into the middle row of a month.
fn spoil(table: &mut Table, month: &str, column: &str, value: &str) -> Result<(), String> {
    let index = in_month(table, month)?;
    set(table.header, &mut table.rows[index].cells, column, value)
}

/// A refund of a receipt that nobody has seen.
fn spoil_refund(table: &mut Table, month: &str) -> Result<(), String> {
    let index = in_month(table, month)?;
    let mut row = table.rows[index].clone();
    set(table.header, &mut row.cells, "refund_no", "R99001")?;
    set(table.header, &mut row.cells, "receipt_key", "004/999999")?;
    table.rows.insert(index + 1, row);
    Ok(())
}

/// The last rows of a month stand at the head of the next one's file too: an upload that overlaps.
fn repeat(table: &mut Table, month: &str, next: &str) -> Result<(), String> {
    let first = table.rows.partition_point(|row| row.month.as_str() < next);
    let mut from = first;
    for _ in 0..REPEATED {
        let Some(last) = table.rows[..from].last().filter(|row| row.month == month) else {
            break;
        };
        let receipt = last.cells[..2].to_vec();
        // Rows of one receipt stand together: it has one instant.
        from = table.rows[..from].partition_point(|row| row.at < last.at);
        while table.rows[from].cells[..2] != receipt {
            from += 1;
        }
    }
    let mut again: Vec<Row> = table.rows[from..first].to_vec();
    for row in &mut again {
        next.clone_into(&mut row.month);
    }
    table.rows.splice(first..first, again);
    Ok(())
}

/// A receipt comes again with the next month, with another amount and nothing that says which holds.
fn contradict(table: &mut Table, month: &str, next: &str) -> Result<(), String> {
    let index = in_month(table, month)?;
    let id: Vec<String> = table.rows[index].cells[..2].to_vec();
    let first = table.rows.partition_point(|row| row.month.as_str() < next);
    let mut again: Vec<Row> = table
        .rows
        .iter()
        .filter(|row| row.month == month && row.cells[..2] == id)
        .cloned()
        .collect();
    for row in &mut again {
        next.clone_into(&mut row.month);
        set(table.header, &mut row.cells, "net", "0.10")?;
    }
    table.rows.splice(first..first, again);
    Ok(())
}

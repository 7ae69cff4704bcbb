//! Behaviour of the ingest over real files. Programmes are built by hand: what a programme text becomes is
//! tested where programmes are read.
#![allow(clippy::unwrap_used, clippy::panic)]

mod amounts;
mod discovery;
mod equality;
mod objects;
mod parquet_types;
mod rows;
mod samples;
mod values;

use super::*;
use arrow::util::display::array_value_to_string;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch};
use rungs_engine::calendar::{LeapDay, Length, Zone};
use rungs_engine::canonical::{Kind, Type};
use rungs_engine::finding::Place;
use rungs_engine::number::Rational;
use rungs_engine::program::{
    Column, Costs, Dataset, Enrol, Pii, Refunds, Shortage, SourceColumn, Target,
};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// Its table of midnights takes a while to make.
static DUBLIN: LazyLock<Zone> = LazyLock::new(|| Zone::named("Europe/Dublin").unwrap());

/// A programme in euros in Dublin with every canonical column and these of its own.
pub(super) fn program(own: Vec<Column>) -> Program {
    let length = |text| Length::parse(text).unwrap();
    let mut columns = own;
    for kind in Kind::ALL {
        let of_event = kind.columns().iter().map(|column| (column, false));
        for ((name, of), line) in
            of_event.chain(kind.line_columns().iter().map(|column| (column, true)))
        {
            columns.push(column(*kind, line, name, *of));
        }
    }
    Program {
        id: "bean".into(),
        file: "2026-01-01.toml".into(),
        digest: String::new(),
        from: 0,
        name: "Bean & Leaf".into(),
        zone: DUBLIN.clone(),
        currency: "EUR".into(),
        currency_digits: 2,
        late: length("30 days"),
        settle_after: length("1 day"),
        leap_day: LeapDay::February28,
        week: 0,
        objectives: Vec::new(),
        datasets: Vec::new(),
        columns,
        wallets: Vec::new(),
        earn: Vec::new(),
        groups: Vec::new(),
        metrics: Vec::new(),
        tiers: None,
        benefits: Vec::new(),
        rewards: Vec::new(),
        refunds: Refunds {
            shortage: Shortage::Debt,
            ..Refunds::default()
        },
        enrol: Enrol::Automatic,
        backdate: None,
        surprises: Vec::new(),
        kpis: Vec::new(),
        costs: Costs::default(),
        migrate: Default::default(),
        takeover: Default::default(),
    }
}

/// A column with the digits that its type has by default.
pub(super) fn column(kind: Kind, line: bool, name: &str, of: Type) -> Column {
    Column {
        kind,
        line,
        name: name.into(),
        kind_of_value: of,
        digits: match of {
            Type::Money => 2,
            Type::Decimal => 3,
            _ => 0,
        },
        optional: true,
        min: None,
        max: None,
        values: None,
        declared: false,
    }
}

/// A dataset whose id, member and time are in columns of these names.
pub(super) fn dataset(id: &str, event: Kind) -> Dataset {
    Dataset {
        absent: false,
        id: id.into(),
        place: Place::default(),
        event,
        file: format!("{id}/**"),
        format: None,
        event_id: vec!["id".into()],
        member: "member".into(),
        account: None,
        time: "time".into(),
        revision: None,
        zone: None,
        line: None,
        fixed: Vec::new(),
        columns: Vec::new(),
        purpose: None,
        retention: None,
    }
}

/// The index of a column of the programme.
pub(super) fn index(program: &Program, kind: Kind, line: bool, name: &str) -> usize {
    program
        .columns
        .iter()
        .position(|column| column.kind == kind && column.line == line && column.name == name)
        .unwrap()
}

/// A source column as a programme lists it, with nothing demanded.
pub(super) fn listed(target: usize, from: &str) -> SourceColumn {
    SourceColumn {
        target: Target::Column(target),
        from: from.into(),
        required: false,
        values: None,
        min: None,
        max: None,
        minor: false,
        pii: None,
    }
}

/// A programme with one dataset.
pub(super) fn with(mut program: Program, dataset: Dataset) -> Program {
    program.datasets.push(dataset);
    program
}

/// Orders whose columns are read by name.
pub(super) fn orders() -> Program {
    with(program(Vec::new()), dataset("orders", Kind::Order))
}

/// Orders of which each row is a line.
pub(super) fn lined_orders() -> Program {
    let mut lined = dataset("orders", Kind::Order);
    lined.line = Some("line".into());
    with(program(Vec::new()), lined)
}

pub(super) const KEY: PseudonymKey = PseudonymKey([3; 32]);

/// What came out of a file.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub batches: Vec<RecordBatch>,
    pub rejected: Vec<Rejected>,
    pub ingested: Ingested,
}

impl Outcome {
    /// Each event as `column=value` of what is not empty.
    pub(super) fn rows(&self) -> Vec<String> {
        self.batches.iter().flat_map(rows_of).collect()
    }

    /// The values of one column, `-` where empty.
    pub(super) fn column(&self, name: &str) -> Vec<String> {
        let mut out = Vec::new();
        for batch in &self.batches {
            let array = batch.column_by_name(name).unwrap();
            out.extend((0..batch.num_rows()).map(|row| shown(array, row)));
        }
        out
    }

    /// Line and code of each rejected row.
    pub(super) fn codes(&self) -> Vec<(u64, RowCode)> {
        self.rejected
            .iter()
            .map(|one| (one.line, one.code))
            .collect()
    }
}

fn shown(array: &dyn Array, row: usize) -> String {
    if let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        return match times.is_valid(row) {
            true => jiff::Timestamp::from_microsecond(times.value(row))
                .unwrap()
                .to_string(),
            false => "-".into(),
        };
    }
    let text = array_value_to_string(array, row).unwrap();
    let missing = match array.as_any_dictionary_opt() {
        Some(codes) => codes.keys().is_null(row),
        None => array.is_null(row),
    };
    if missing { "-".into() } else { text }
}

fn rows_of(batch: &RecordBatch) -> Vec<String> {
    (0..batch.num_rows())
        .map(|row| {
            let cells = batch.schema_ref().fields().iter().zip(batch.columns());
            let cells: Vec<String> = cells
                .map(|(field, array)| (field.name(), shown(array, row)))
                .filter(|(_, value)| value != "-")
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            cells.join(" ")
        })
        .collect()
}

/// Reads bytes as a file of the first dataset, so many rows at once.
pub(super) fn read_in_chunks(
    program: &Program,
    name: &str,
    bytes: &[u8],
    at_once: usize,
) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read_file(program, &path, at_once)
}

pub(super) fn read_file(program: &Program, path: &Path, at_once: usize) -> Outcome {
    let object = Object {
        dataset: 0,
        readers: Vec::new(),
        name: path.file_name().unwrap().to_str().unwrap().into(),
        path: path.into(),
        bytes: fs::metadata(path).unwrap().len(),
    };
    let mut batches = Vec::new();
    let mut rejected = Vec::new();
    let ingested = in_chunks(
        program,
        &object,
        &KEY,
        at_once,
        None,
        &mut |batch| {
            assert_eq!(batch.schema(), crate::schema::event_schema(program));
            batches.push(batch);
            Ok(())
        },
        &mut |one| {
            rejected.push(one);
            Ok(())
        },
    )
    .unwrap();
    let outcome = Outcome {
        batches,
        rejected,
        ingested,
    };
    if outcome.ingested.refused.is_none() {
        let accepted: usize = outcome.batches.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(outcome.ingested.accepted, accepted as u64);
        assert_eq!(outcome.ingested.rejected, outcome.rejected.len() as u64);
        assert_eq!(
            outcome.ingested.read,
            outcome.ingested.accepted + outcome.ingested.rejected
        );
    }
    outcome
}

/// Reads a CSV text as a file of the first dataset.
pub(super) fn csv(program: &Program, text: impl AsRef<[u8]>) -> Outcome {
    let outcome = read_in_chunks(program, "x.csv", text.as_ref(), CHUNK_ROWS);
    assert_eq!(outcome.ingested.refused, None);
    outcome
}

pub(super) fn pii(mut column: SourceColumn, pii: Pii) -> SourceColumn {
    column.pii = Some(pii);
    column
}

pub(super) fn whole(number: i64) -> Option<Rational> {
    Some(Rational::whole(number))
}

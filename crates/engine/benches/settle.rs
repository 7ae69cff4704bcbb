//! Settlement alone, without files: orders per second of the pass over the accounts, and of the columns
//! that are computed before it.

#![allow(missing_docs, clippy::unwrap_used)]

use arrow_array::StringArray;
use divan::counter::ItemsCount;
use rungs_engine::canonical::{Kind, Type};
use rungs_engine::event::{Batch, Ids, Texts, Values};
use rungs_engine::fold::{
    AccountState, Fold, Given, Piece, Plans, Ready, Rejection, Sink, account_rows,
};
use rungs_engine::language::{Source, check};
use rungs_engine::ledger::{Entry, Issued, RungMove};
use rungs_engine::program::{Program, Versions};

const TEXT: &str = include_str!("../../../bench/programs/peers/2024-11-21.toml");
const ACCOUNTS: usize = 600;
const ORDERS: usize = 20;
const HOUR: i64 = 3_600_000_000;

fn main() {
    divan::main();
}

#[derive(Default)]
struct Points(i64);

impl Sink for Points {
    const NAMES: bool = false;

    #[inline]
    fn entry(&mut self, entry: Entry) {
        self.0 += entry.points;
    }
    fn rung(&mut self, _: RungMove) {}
    fn issued(&mut self, _: Issued) {}
    fn reject(&mut self, _: usize, _: Rejection) {}
}

fn program() -> Program {
    let source = Source {
        id: "peers",
        file: "2024-11-21.toml",
        text: TEXT,
    };
    check(&source).program.unwrap()
}

/// Orders of one row each over two years; amounts and texts are spread by a multiplicative hash.
fn orders(program: &Program, plans: &Plans<'_>) -> Batch {
    let rows = ACCOUNTS * ORDERS;
    let spread =
        |row: usize, salt: u64| ((row as u64 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15)) >> 33;
    let texts = |values: &[&str], salt| Texts {
        codes: (0..rows)
            .map(|row| (spread(row, salt) % values.len() as u64) as i32)
            .collect(),
        valid: None,
        dictionary: StringArray::from(values.to_vec()),
    };
    let columns = program.columns.iter().enumerate().map(|(index, column)| {
        if column.kind != Kind::Order || !plans.reads[index] {
            return None;
        }
        Some(match column.kind_of_value {
            Type::Text => {
                let values: Vec<&str> =
                    column.values.iter().flatten().map(String::as_str).collect();
                Values::Text(texts(&values, 7))
            }
            _ => Values::Number {
                values: (0..rows)
                    .map(|row| 200 + (spread(row, index as u64) % 5_000) as i64)
                    .collect(),
                valid: None,
            },
        })
    });
    Batch {
        rows,
        account: Texts {
            codes: (0..rows).map(|row| (row / ORDERS) as i32).collect(),
            valid: None,
            dictionary: StringArray::from_iter_values((0..ACCOUNTS).map(|n| n.to_string())),
        },
        member: None,
        time: (0..rows)
            .map(|row| (480_000 + (row % ORDERS) as i64 * 17_520 / ORDERS as i64) * HOUR)
            .collect(),
        kind: vec![Kind::Order as u8; rows].into(),
        source: vec![0u16; rows].into(),
        id: Ids {
            numbers: (0..rows).map(|row| spread(row, 1) as i64).collect(),
            texts: None,
        },
        line: vec![1; rows].into(),
        channel: Some(texts(&["app", "store", "web"], 3)),
        store: None,
        columns: columns.collect(),
    }
}

#[divan::bench]
fn columns_of_conditions(bencher: divan::Bencher<'_, '_>) {
    let versions = Versions::alone(program());
    let program = versions.newest();
    let plans = Plans::new(&versions).unwrap();
    let batch = orders(program, &plans);
    bencher
        .counter(ItemsCount::new(batch.rows))
        .bench_local(|| Ready::new(&plans, &batch));
}

#[divan::bench]
fn accounts_for_figures(bencher: divan::Bencher<'_, '_>) {
    let versions = Versions::alone(program());
    let program = versions.newest();
    let plans = Plans::new(&versions).unwrap();
    let batch = orders(program, &plans);
    let ready = Ready::new(&plans, &batch);
    let piece = Piece::new(&plans, &batch, &ready);
    let mut fold = Fold::default();
    let mut state = AccountState::default();
    bencher
        .counter(ItemsCount::new(batch.rows))
        .bench_local(|| {
            let mut points = Points::default();
            for (account, rows) in account_rows(&batch) {
                state.clear(program.metrics.len());
                let given = Given {
                    account,
                    wins: &[],
                    until: 500_000 * HOUR,
                };
                fold.account(&piece, given, &mut state, rows, &mut points);
            }
            points.0
        });
}

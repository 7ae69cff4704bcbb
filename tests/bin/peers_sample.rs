//! `peers-sample OUT.parquet MEMBERS ORDERS SEED`: an invented history and, as JSON, what the oracle makes of it.
//! `tests/python/test_peers.py` asks DuckDB the same.

use rungs_tests::peers::{history, oracle, parquet_file};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [out, members, orders, seed] = words.as_slice() else {
        eprintln!("peers-sample OUT.parquet MEMBERS ORDERS SEED");
        return ExitCode::from(2);
    };
    let (Ok(members), Ok(orders), Ok(seed)) = (members.parse(), orders.parse(), seed.parse())
    else {
        eprintln!("MEMBERS, ORDERS and SEED are whole numbers");
        return ExitCode::from(2);
    };
    let orders = history::orders(members, orders, seed);
    parquet_file::write(&orders, Path::new(out));
    let (members, _) = oracle::settle(&orders);
    println!(
        "{}",
        serde_json::json!({ "figures": oracle::figures(&members) })
    );
    ExitCode::SUCCESS
}

//! Files that are refused whole, and files that look odd and are fine.

use super::*;
use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use std::collections::BTreeSet;
use std::sync::Arc;

fn refused(program: &Program, name: &str, bytes: &[u8]) -> Refusal {
    let outcome = read_in_chunks(program, name, bytes, CHUNK_ROWS);
    assert_eq!((outcome.ingested.read, outcome.ingested.accepted), (0, 0));
    assert!(outcome.batches.is_empty() && outcome.rejected.is_empty());
    outcome.ingested.refused.unwrap()
}

fn orders_with(name: &str, values: ArrayRef) -> Vec<u8> {
    let text = |values: [&str; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    parquet_types::file(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2]))),
        ("member", text(["ann", "bob"])),
        ("time", text(["2026-03-10", "2026-03-11"])),
        (name, values),
    ])
}

#[test]
fn each_bad_file_is_refused_with_one_finding_that_says_what_to_do() {
    let orders = orders();
    let float: ArrayRef = Arc::new(Float64Array::from(vec![1.5, 2.5]));
    let good = orders_with("net", Arc::new(Int64Array::from(vec![1, 2])));
    let mut damaged = good.clone();
    damaged[4..60].fill(0xff);
    let utf16: Vec<u8> = "\u{feff}id,member,time\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let long = format!("id,member,time,{}\n", "x".repeat(2 << 20));
    let unique = ObjectCode::ALL.iter().copied();
    let cases: Vec<(&str, &[u8], ObjectCode, &str, &str)> = vec![
        (
            "x.csv",
            b"",
            ObjectCode::Empty,
            "the file is empty",
            "with a header",
        ),
        (
            "x.csv",
            b"\xef\xbb\xbf\r\n\n",
            ObjectCode::Empty,
            "the file is empty",
            "with a header",
        ),
        (
            "x.parquet",
            b"",
            ObjectCode::Empty,
            "the file is empty",
            "upload it again",
        ),
        (
            "x.csv",
            b"id,memb\xe9r,time\n",
            ObjectCode::HeaderNotUtf8,
            "not UTF-8",
            "save the file as UTF-8",
        ),
        (
            "x.csv",
            &utf16,
            ObjectCode::HeaderNotUtf8,
            "not UTF-8",
            "save the file as UTF-8",
        ),
        (
            "x.csv",
            b"id,\"member,time\n1,2,3\n",
            ObjectCode::Header,
            "a quote is not closed",
            "first line",
        ),
        (
            "x.csv",
            long.as_bytes(),
            ObjectCode::Header,
            "longer than 1 MiB",
            "first line",
        ),
        (
            "x.parquet",
            b"id,member,time\n1,2,3\n",
            ObjectCode::NotParquet,
            "cannot be read as Parquet",
            "correct `format`",
        ),
        (
            "x.parquet",
            &good[..good.len() - 9],
            ObjectCode::NotParquet,
            "cannot be read as Parquet",
            "upload it again whole",
        ),
        (
            "x.parquet",
            &damaged,
            ObjectCode::Unreadable,
            "a part of the file cannot be read",
            "nothing of it was taken",
        ),
        (
            "x.csv",
            b"id,menber,time\n",
            ObjectCode::MissingColumn,
            "dataset `orders` needs a column that the file does not have: `member`",
            "did you mean `menber`?",
        ),
        (
            "x.csv",
            b"1,2,3\n",
            ObjectCode::MissingColumn,
            "needs columns that the file does not have: `id`, `member`, `time`",
            "the file has `1`, `2`, `3`",
        ),
        (
            "x.csv",
            b"id,member,time,net,net\n",
            ObjectCode::DuplicateColumn,
            "the header has more than once: `net`",
            "its own name",
        ),
        (
            "x.csv.gz",
            b"\x1f\x8b",
            ObjectCode::FormatNotYet,
            "`.gz`",
            "unpack",
        ),
        (
            "x.jsonl",
            b"{}",
            ObjectCode::FormatNotYet,
            "`.jsonl`",
            "CSV or Parquet",
        ),
        (
            "x.xlsx",
            b"PK",
            ObjectCode::UnknownFormat,
            "ending says no format",
            "declare the dataset's `format`",
        ),
        (
            "noending",
            b"id",
            ObjectCode::UnknownFormat,
            "ending says no format",
            "declare",
        ),
    ];
    let mut seen = BTreeSet::new();
    for (name, bytes, code, message, help) in cases {
        let refusal = refused(&orders, name, bytes);
        assert_eq!(refusal.code, code, "{refusal:?}");
        assert!(refusal.message.contains(message), "{refusal:?}");
        assert!(refusal.help.contains(help), "{refusal:?}");
        seen.insert(code);
    }
    let typed: [(&str, ArrayRef, ObjectCode, &str); 4] = [
        (
            "net",
            float.clone(),
            ObjectCode::FloatMoney,
            "the money in `net`",
        ),
        (
            "quantity",
            float.clone(),
            ObjectCode::FloatNumber,
            "`quantity` is in floating-point",
        ),
        (
            "coupon",
            float,
            ObjectCode::FloatNumber,
            "`coupon` is in floating-point",
        ),
        (
            "void",
            Arc::new(arrow_array::Date32Array::from(vec![1, 2])),
            ObjectCode::ColumnType,
            "no truth value can be read",
        ),
    ];
    for (name, values, code, message) in typed {
        let refusal = refused(&orders, "x.parquet", &orders_with(name, values));
        assert_eq!(refusal.code, code, "{refusal:?}");
        assert!(refusal.message.contains(message), "{refusal:?}");
        seen.insert(code);
    }
    for code in unique {
        assert!(seen.contains(&code), "no case for {}", code.text());
    }
}

#[test]
fn counted_seconds_in_parquet_are_refused_as_times() {
    let file = parquet_types::file(vec![
        ("id", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
        ("member", Arc::new(Int64Array::from(vec![1]))),
        ("time", Arc::new(Int64Array::from(vec![1_773_133_200]))),
    ]);
    let refusal = refused(&orders(), "x.parquet", &file);
    assert_eq!(refusal.code, ObjectCode::ColumnType);
    assert!(refusal.help.contains("counted seconds"));
}

#[test]
fn required_columns_must_be_there_and_optional_ones_need_not() {
    let mut program = orders();
    let net = index(&program, Kind::Order, false, "net");
    program.datasets[0].columns = vec![SourceColumn {
        required: true,
        ..listed(net, "amount")
    }];
    let refusal = refused(&program, "x.csv", b"id,member,time\n");
    assert_eq!(refusal.code, ObjectCode::MissingColumn);
    assert!(refusal.message.contains("`amount`"));
    program.datasets[0].columns[0].required = false;
    let outcome = csv(&program, "id,member,time\n1,ann,2026-03-10\n");
    assert_eq!(outcome.column("order_net"), ["0.00"]);
    program.datasets[0].line = Some("line".into());
    program.datasets[0].revision = Some("rev".into());
    program.datasets[0].account = Some("family".into());
    let refusal = refused(&program, "x.csv", b"id,member,time\n");
    assert!(
        refusal.message.contains("`family`, `rev`, `line`"),
        "{refusal:?}"
    );
}

#[test]
fn a_name_that_is_there_twice_matters_only_if_it_is_read() {
    let outcome = csv(
        &orders(),
        "id,member,time,x,x,,\n1,ann,2026-03-10,1,2,3,4\n",
    );
    assert_eq!(outcome.ingested.accepted, 1);
    assert_eq!(outcome.ingested.ignored_columns, ["x", "x", "", ""]);
}

#[test]
fn a_header_alone_is_a_file_without_events() {
    let outcome = csv(&orders(), "id,member,time\n");
    assert_eq!(outcome.ingested, Ingested::default());
}

#[test]
fn byte_order_mark_crlf_and_blanks_in_the_header_do_not_matter() {
    let plain = csv(&orders(), "id,member,time,net\n1,ann,2026-03-10,4.50\n");
    for text in [
        "\u{feff}id,member,time,net\r\n1,ann,2026-03-10,4.50\r\n",
        "\n id , member ,\"time\",net\n1,ann,2026-03-10,4.50",
        "id;member;time;net\n1;ann;2026-03-10;4.50\n",
        "id\tmember\ttime\tnet\n1\tann\t2026-03-10\t4.50\n",
        "id,member,time,net\r1,ann,2026-03-10,4.50\r",
    ] {
        assert_eq!(csv(&orders(), text).rows(), plain.rows(), "{text:?}");
    }
}

#[test]
fn rows_longer_or_shorter_than_the_header_wait_and_the_others_do_not() {
    let text = "id,member,time\n1,ann,2026-03-10\n2,ann\n3,ann,2026-03-10,x\n4,ann,2026-03-10\n";
    let outcome = csv(&orders(), text);
    assert_eq!(outcome.column("id_number"), ["1", "4"]);
    assert_eq!(
        outcome.codes(),
        [(3, RowCode::WrongFieldCount), (4, RowCode::WrongFieldCount)]
    );
}

#[test]
fn a_declared_format_beats_the_ending() {
    let mut program = orders();
    program.datasets[0].format = Some(Format::Csv);
    let outcome = read_in_chunks(&program, "x.txt", b"id,member,time\n1,ann,2026-03-10\n", 9);
    assert_eq!(outcome.ingested.accepted, 1);
    assert_eq!(
        refused(&program, "x.txt.gz", b"").code,
        ObjectCode::FormatNotYet
    );
}

#[test]
fn no_damage_to_a_parquet_file_makes_the_ingest_panic() {
    let orders = orders();
    let good = orders_with("net", Arc::new(Int64Array::from(vec![1, 2])));
    let read = |bytes: &[u8]| read_in_chunks(&orders, "x.parquet", bytes, CHUNK_ROWS);
    for at in 0..good.len() {
        let mut damaged = good.clone();
        damaged[at] ^= [0x01, 0x7f, 0x80, 0xff][at % 4];
        read(&damaged);
    }
    for length in (0..good.len()).step_by(7) {
        assert!(read(&good[..length]).ingested.refused.is_some());
    }
}

#[test]
fn what_the_receivers_say_stops_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, "id,member,time\n1,ann,2026-03-10\n2,ann,x\n").unwrap();
    let object = Object {
        dataset: 0,
        readers: Vec::new(),
        name: "orders/x.csv".into(),
        path,
        bytes: 1,
    };
    let full = Trouble::new(
        crate::trouble::TroubleCode::Unreadable,
        "the disk is full",
        "make room",
    );
    let fine = &mut |_| Ok(());
    let found = ingest(&orders(), &object, &KEY, &mut |_| Err(full.clone()), fine);
    assert_eq!(found, Err(full.clone()));
    let found = ingest(&orders(), &object, &KEY, &mut |_| Ok(()), &mut |_| {
        Err(full.clone())
    });
    assert_eq!(found, Err(full));
    let gone = Object {
        path: "/nonexistent/x.csv".into(),
        ..object
    };
    let found = ingest(&orders(), &gone, &KEY, &mut |_| Ok(()), fine);
    assert!(found.unwrap_err().message.contains("cannot be read"));
}

//! The committed samples are what their generators and their origin say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files below a folder, as paths from it.
fn files_below(folder: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for dataset in std::fs::read_dir(folder).unwrap() {
        let dataset = dataset.unwrap();
        for file in std::fs::read_dir(dataset.path()).unwrap() {
            let name = file.unwrap().file_name();
            files.insert(format!(
                "{}/{}",
                dataset.file_name().to_string_lossy(),
                name.to_string_lossy()
            ));
        }
    }
    files
}

#[test]
fn the_generator_makes_the_committed_coffee_sample_byte_for_byte() {
    let committed = root().join("samplelocal/coffee");
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    xtask::coffee::run(&["--seed", "7", "--out", folder], &root()).unwrap();
    let files = files_below(out.path());
    assert_eq!(files, files_below(&committed));
    for file in files {
        let (new, old) = (out.path().join(&file), committed.join(&file));
        assert!(
            std::fs::read(new).unwrap() == std::fs::read(old).unwrap(),
            "`{file}` is not what `cargo xtask coffee --seed 7` makes: run it and commit"
        );
    }
}

#[test]
fn another_seed_makes_another_sample() {
    let eight = xtask::coffee::files(8).unwrap();
    let seven = std::fs::read(root().join("samplelocal/coffee/till/2025-03.csv")).unwrap();
    assert!(eight["till/2025-03.csv"] != seven);
}

#[test]
fn the_samples_stay_small_enough_to_clone() {
    let folder = root().join("samplelocal/coffee");
    let size = |file: &String| std::fs::metadata(folder.join(file)).unwrap().len();
    let bytes: u64 = files_below(&folder).iter().map(size).sum();
    assert!(bytes < 12_000_000, "{bytes} bytes");
}

#[test]
fn the_purchases_of_cdnow_are_those_of_their_origin() {
    let bytes = std::fs::read(root().join(xtask::cdnow::SAMPLE)).unwrap();
    let origin = std::fs::read_to_string(root().join("samplelocal/cdnow/ORIGIN.md")).unwrap();
    assert!(origin.contains(&sha256(&bytes)), "{}", sha256(&bytes));
    let text = String::from_utf8(bytes).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    let customers: BTreeSet<&str> = rows.iter().map(|row| row[1]).collect();
    let cents: i64 = rows
        .iter()
        .map(|row| row[4].replace('.', "").parse::<i64>().unwrap())
        .sum();
    assert_eq!(
        (rows.len(), customers.len(), cents),
        (69_659, 23_570, 250_031_563)
    );
    assert!(
        (1..)
            .zip(&rows)
            .all(|(number, row)| row[0] == number.to_string())
    );
}

#[test]
fn the_source_of_cdnow_comes_out_as_the_committed_file() {
    // The source written back from the sample, in its own form: spaces, no dashes, lines ended as on
    // DOS.
    let csv = std::fs::read_to_string(root().join(xtask::cdnow::SAMPLE)).unwrap();
    let mut source = String::from(" customer_id  date number_of_cds  dollar_value\r\n");
    for line in csv.lines().skip(1) {
        let row: Vec<&str> = line.split(',').collect();
        let date = row[2].replace('-', "");
        source += &format!(" {} {date}{:>3}{:>8}\r\n", row[1], row[3], row[4]);
    }
    assert_eq!(
        sha256(source.as_bytes()),
        "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
        "the same bytes as lifetimes 0.11.3 ships"
    );
    assert!(xtask::cdnow::convert(&source).unwrap() == csv);
}

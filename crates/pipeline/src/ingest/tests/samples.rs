//! The samples of the repository, through their own programmes.

use super::*;
use rungs_engine::program::Versions;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sample(name: &str) -> (Program, Inbox) {
    let folder = root().join("programs").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let text = fs::read_to_string(&files[0]).unwrap();
    let checked = rungs_engine::language::check(&rungs_engine::language::Source {
        id: name,
        file: files[0].to_str().unwrap(),
        text: &text,
    });
    let program = checked.program.unwrap();
    let inbox = discover(
        &Versions::alone(program.clone()),
        &root().join("samplelocal").join(name),
    )
    .unwrap();
    (program, inbox)
}

#[test]
fn every_purchase_of_cdnow_becomes_an_order() {
    let (program, inbox) = sample("cdnow");
    let mut outcome = Outcome::default();
    for object in &inbox.objects {
        let took = ingest(
            &program,
            object,
            &KEY,
            &mut |batch| {
                outcome.batches.push(batch);
                Ok(())
            },
            &mut |one| panic!("{one:?}"),
        )
        .unwrap();
        assert_eq!(took.refused, None);
        outcome.ingested.read += took.read;
    }
    // The figures of the data's own literature.
    assert_eq!(outcome.ingested.read, 69_659);
    let customers: BTreeSet<String> = outcome.column("account").into_iter().collect();
    assert_eq!(customers.len(), 23_570);
    let cents: i64 = outcome
        .column("order_net")
        .iter()
        .map(|net| net.replace('.', "").parse::<i64>().unwrap())
        .sum();
    assert_eq!(cents, 250_031_563);
}

#[test]
fn no_file_of_the_coffee_sample_is_refused_and_every_row_is_accounted_for() {
    let (program, inbox) = sample("coffee");
    assert!(inbox.objects.len() > 50, "{}", inbox.objects.len());
    assert_eq!(inbox.unmatched, Vec::<String>::new());
    let mut datasets = BTreeSet::new();
    for object in &inbox.objects {
        let mut accepted = 0;
        let mut rejected = Vec::new();
        let took = ingest(
            &program,
            object,
            &KEY,
            &mut |batch| {
                accepted += batch.num_rows() as u64;
                Ok(())
            },
            &mut |one| {
                rejected.push(one);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(took.refused, None, "{}", object.name);
        assert_eq!(
            took.ignored_columns,
            Vec::<String>::new(),
            "{}",
            object.name
        );
        assert_eq!(took.read, accepted + rejected.len() as u64);
        // A few rows are wrong on purpose.
        assert!(
            rejected.len() as u64 * 100 <= took.read,
            "{}: {rejected:?}",
            object.name
        );
        datasets.insert(object.dataset);
    }
    assert_eq!(datasets.len(), program.datasets.len());
}

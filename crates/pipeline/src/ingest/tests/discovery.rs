//! Which files of the inbox are whose.

use super::*;
use rungs_engine::program::Versions;

fn inbox(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "abc").unwrap();
    }
    folder
}

fn two() -> Program {
    let mut program = with(orders(), dataset("visits", Kind::Activity));
    program.datasets[1].file = "app/*.csv".into();
    program
}

#[test]
fn files_are_found_by_pattern_sorted_by_name_and_unfinished_or_hidden_ones_left_out() {
    let inbox = inbox(&[
        "orders/b.csv",
        "orders/2026/03/a.csv",
        "orders/a.parquet",
        "orders/up.csv.tmp",
        "orders/up.csv.part",
        "orders/.hidden.csv",
        ".git/orders/x.csv",
        "app/visit.csv",
        "app/deep/visit.csv",
        "app/visit.json",
        "README.md",
    ]);
    let found = discover(&Versions::alone(two()), inbox.path()).unwrap();
    let names: Vec<_> = found
        .objects
        .iter()
        .map(|one| (one.dataset, one.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            (1, "app/visit.csv"),
            (0, "orders/2026/03/a.csv"),
            (0, "orders/a.parquet"),
            (0, "orders/b.csv"),
        ]
    );
    assert!(
        found
            .objects
            .iter()
            .all(|one| one.bytes == 3 && one.path.is_file())
    );
    assert_eq!(
        found.unmatched,
        ["README.md", "app/deep/visit.csv", "app/visit.json"]
    );
}

#[test]
fn a_file_of_two_datasets_is_trouble() {
    let mut program = two();
    program.datasets[1].file = "**/*.csv".into();
    let inbox = inbox(&["orders/b.csv"]);
    let trouble = discover(&Versions::alone(program.clone()), inbox.path()).unwrap_err();
    assert_eq!(
        trouble.message,
        "the file `orders/b.csv` matches two datasets, `orders` and `visits`"
    );
    let trouble = discover(
        &Versions::alone(program.clone()),
        &inbox.path().join("none"),
    )
    .unwrap_err();
    assert!(trouble.message.contains("cannot be opened"), "{trouble}");
    program.datasets[1].file = "[".into();
    let trouble = discover(&Versions::alone(program.clone()), inbox.path()).unwrap_err();
    assert!(
        trouble
            .message
            .starts_with("`file` of dataset `visits` is not a pattern")
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    let inbox = inbox(&["orders/b.csv"]);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("c.csv"), "abc").unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), inbox.path().join("orders/linked")).unwrap();
    std::os::unix::fs::symlink(inbox.path(), inbox.path().join("orders/circle")).unwrap();
    let found = discover(&Versions::alone(two()), inbox.path()).unwrap();
    let names: Vec<_> = found.objects.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["orders/b.csv", "orders/linked/c.csv"]);
}

#[test]
fn a_digest_is_the_xxh3_of_the_bytes() {
    let inbox = inbox(&["orders/b.csv"]);
    // What `xxh128sum` says of `abc`.
    assert_eq!(
        digest(&inbox.path().join("orders/b.csv")).unwrap(),
        "06b05ab6733a618578af5f94892f3950"
    );
    assert!(digest(&inbox.path().join("none")).is_err());
}

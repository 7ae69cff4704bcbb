//! Answers that are held word by word: beside each case stands the answer that was agreed, `….txt`. Run with
//! `UPDATE=1` to write the answers, then read them as a stranger would.

use std::fs;
use std::path::Path;

/// The cases of a folder with an ending: file stem and bytes, sorted. Files that begin with `_` are none.
pub fn cases(folder: &Path, ending: &str) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|own| own == ending))
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (stem, fs::read(path).unwrap())
        })
        .filter(|(stem, _)| !stem.starts_with('_'))
        .collect();
    all.sort();
    all
}

/// Holds an answer against the agreed one; what differs.
pub fn held(folder: &Path, stem: &str, answer: &str) -> Option<String> {
    let expected = folder.join(format!("{stem}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected, answer).unwrap();
    }
    let agreed = fs::read_to_string(&expected).unwrap_or_default();
    (answer != agreed).then(|| format!("── {stem}, now:\n{answer}\n── agreed:\n{agreed}"))
}

/// Fails with what differs.
pub fn all_hold(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{}\nif these read well, run this test with UPDATE=1 and commit the files",
        wrong.join("\n")
    );
}

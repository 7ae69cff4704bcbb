//! Every diagnostic code of programmes and scenario files has a case in `diagnostics/`, whose message,
//! underline and help are held word by word.
//!
//! A case is `<family>.<name>.toml` (more of one code: `<family>.<name>.<which>.toml`): a programme that
//! shows the code, beginning with a comment that says what it shows. Beside it stands the rendering of
//! all its findings, `….txt`. Run with `UPDATE=1` to write it, then read it as a stranger would.
//! Cases of `tests/…` are scenario files of the programme `_programme.toml`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use rungs_engine::finding::{Code, Finding, plain};
use rungs_engine::language::{Source, check, scenarios};
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("diagnostics")
}

/// The cases: file stem and text.
fn cases() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (stem, fs::read(path).unwrap())
        })
        .filter(|(stem, _)| !stem.starts_with('_'))
        .collect();
    all.sort();
    all
}

/// The code that a case shows, from its name.
fn code(stem: &str) -> Code {
    let parts: Vec<&str> = stem.split('.').collect();
    Code::from_text(&format!("{}/{}", parts[0], parts[1])).unwrap_or_else(|| {
        panic!(
            "`{stem}.toml`: no code is called `{}/{}`",
            parts[0], parts[1]
        )
    })
}

/// The file's name as findings show it: of the first line `# file: …`, else a good one.
fn shown(text: &str) -> String {
    let named = text.lines().find_map(|line| line.strip_prefix("# file: "));
    named.unwrap_or("programs/club/2026-01-01.toml").to_owned()
}

fn findings(stem: &str, bytes: &[u8]) -> (String, Vec<Finding>) {
    let Ok(text) = String::from_utf8(bytes.to_vec()) else {
        let path = Path::new("diagnostics").join(format!("{stem}.toml"));
        let finding = rungs_pipeline::program_folder::text_of(&path).unwrap_err();
        return (String::new(), vec![*finding]);
    };
    if code(stem) == Code::Scenario {
        let programme = fs::read_to_string(folder().join("_programme.toml")).unwrap();
        let source = Source {
            id: "club",
            file: "2026-01-01.toml",
            text: &programme,
        };
        let checked = check(&source);
        let program = checked
            .program
            .unwrap_or_else(|| panic!("_programme.toml: {:#?}", checked.findings));
        let (_, findings) = scenarios(&program, "programs/club/tests/club.toml", &text);
        return (text, findings);
    }
    let file = shown(&text);
    let checked = check(&Source {
        id: "club",
        file: &file,
        text: &text,
    });
    (text, checked.findings)
}

#[test]
fn every_finding_of_every_case_reads_as_it_was_agreed() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for (stem, bytes) in cases() {
        let (text, findings) = findings(&stem, &bytes);
        let rendered: Vec<String> = findings.iter().map(|found| plain(found, &text)).collect();
        let rendered = rendered.join("\n");
        let expected = folder().join(format!("{stem}.txt"));
        if update {
            fs::write(&expected, &rendered).unwrap();
        }
        let agreed = fs::read_to_string(&expected).unwrap_or_default();
        if rendered != agreed {
            wrong.push(format!("── {stem}, now:\n{rendered}\n── agreed:\n{agreed}"));
        }
        assert!(
            findings.iter().any(|found| found.code == code(&stem)),
            "{stem}.toml does not show {}:\n{rendered}",
            code(&stem).text()
        );
    }
    assert!(
        wrong.is_empty(),
        "{}\nif these read well, run this test with UPDATE=1 and commit the files",
        wrong.join("\n")
    );
}

#[test]
fn every_case_says_what_it_shows() {
    for (stem, bytes) in cases() {
        assert!(
            bytes.starts_with(b"# "),
            "begin `{stem}.toml` with a comment that says what it shows"
        );
    }
}

#[test]
fn every_code_has_a_case() {
    // A folder without a file cannot be a file; it has its own test below.
    let elsewhere = [Code::NoVersion];
    let shown: Vec<Code> = cases().iter().map(|(stem, _)| code(stem)).collect();
    for code in Code::ALL {
        assert!(
            shown.contains(code) || elsewhere.contains(code),
            "no case shows `{0}`: write `tests/diagnostics/{1}.toml`, a small programme with that mistake and a leading \
             comment that says what it shows; then run `UPDATE=1 cargo nextest run -p rungs-tests --test diagnostics` \
             and read the `.txt` beside it as a stranger would",
            code.text(),
            code.text().replace('/', ".")
        );
    }
}

#[test]
fn a_folder_without_a_programme_is_one_finding() {
    let folder = tempfile::tempdir().unwrap();
    let read = rungs_pipeline::program_folder::read(folder.path());
    let codes: Vec<Code> = read.findings.iter().map(|found| found.code).collect();
    assert_eq!(codes, [Code::NoVersion]);
    assert!(read.findings[0].help.contains("2026-01-01.toml"));
}

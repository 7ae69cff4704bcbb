//! Every code that a user can meet has a case in `diagnostics/`, whose message, underline and help are held
//! word by word.
//!
//! A case is `<family>.<name>.toml` (more of one code: `<family>.<name>.<which>.toml`): a programme that
//! shows the code, beginning with a comment that says what it shows. Beside it stands the rendering of
//! all its findings, `….txt`. Cases of `tests/…` are scenario files of the programme `_programme.toml`.
//!
//! Codes of rows, files, stores and runs are shown by scenes, `<family>.<name>.scene`: uploads of a small shop
//! (`_shop.toml`) and what the built binary says about them (`rungs_tests::scene` has the form).
//!
//! Run with `UPDATE=1` to write the answers, then read them as a stranger would.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use rayon::prelude::*;
use rungs_engine::finding::{Code, Finding, plain};
use rungs_engine::language::{Source, check, scenarios};
use rungs_pipeline::codes;
use rungs_pipeline::ingest::RowCode;
use rungs_pipeline::lake::error::LakeCode;
use rungs_pipeline::trouble::TroubleCode;
use rungs_tests::golden::{self, all_hold};
use rungs_tests::scene;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("diagnostics")
}

/// The cases of programmes and scenario files: file stem and text.
fn cases() -> Vec<(String, Vec<u8>)> {
    ending_in("toml")
}

fn ending_in(wanted: &str) -> Vec<(String, Vec<u8>)> {
    golden::cases(&folder(), wanted)
}

/// The code that a case shows, from its name.
fn code(stem: &str) -> &'static str {
    let parts: Vec<&str> = stem.split('.').collect();
    let text = format!("{}/{}", parts[0], parts[1]);
    match codes::find(&text) {
        Some(known) => known.text,
        None => panic!("`{stem}`: no code is called `{text}`"),
    }
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
    if code(stem) == Code::Scenario.text() {
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

fn held(stem: &str, answer: &str) -> Option<String> {
    golden::held(&folder(), stem, answer)
}

#[test]
fn every_finding_of_every_case_reads_as_it_was_agreed() {
    let mut wrong = Vec::new();
    for (stem, bytes) in cases() {
        let (text, findings) = findings(&stem, &bytes);
        let rendered: Vec<String> = findings.iter().map(|found| plain(found, &text)).collect();
        let rendered = rendered.join("\n");
        wrong.extend(held(&stem, &rendered));
        assert!(
            findings
                .iter()
                .any(|found| found.code.text() == code(&stem)),
            "{stem}.toml does not show {}:\n{rendered}",
            code(&stem)
        );
    }
    all_hold(&wrong);
}

#[test]
fn every_scene_is_answered_as_it_was_agreed() {
    let shop = fs::read_to_string(folder().join("_shop.toml")).unwrap();
    let wrong: Vec<String> = ending_in("scene")
        .into_par_iter()
        .filter_map(|(stem, bytes)| {
            let at = tempfile::tempdir().unwrap();
            let answer = scene::play(&String::from_utf8(bytes).unwrap(), &shop, at.path());
            assert!(
                answer.contains(code(&stem)) || std::env::var_os("UPDATE").is_some(),
                "{stem}.scene does not show {}:\n{answer}",
                code(&stem)
            );
            held(&stem, &answer)
        })
        .collect();
    all_hold(&wrong);
}

#[test]
fn every_case_says_what_it_shows() {
    for (stem, bytes) in cases().into_iter().chain(ending_in("scene")) {
        assert!(
            bytes.starts_with(b"# "),
            "begin `{stem}` with a comment that says what it shows"
        );
    }
}

#[test]
fn every_code_has_a_case() {
    let elsewhere = [
        // Nothing leads to it: each of its places stands behind a check.
        TroubleCode::Unforeseen,
        // Of steps elsewhere: `laws/steps.rs` shows what they say.
        TroubleCode::ChangedMeanwhile,
        TroubleCode::PartsMissing,
        TroubleCode::Programme,
        TroubleCode::Taken,
    ]
    .map(TroubleCode::text);
    // Needs two wallets, which `check` refuses: `cases/wallets/named.md` shows it.
    let two_wallets = RowCode::WhichWallet.text();
    let cases = cases().into_iter().chain(ending_in("scene"));
    let shown: BTreeSet<&str> = cases.map(|(stem, _)| code(&stem)).collect();
    for known in codes::all() {
        assert!(
            shown.contains(known.text)
                != (elsewhere.contains(&known.text)
                    || [LakeCode::Unavailable.text(), two_wallets].contains(&known.text)),
            "`{0}` needs one case: write `tests/diagnostics/{1}.toml` (a small programme with that mistake) or \
             `{1}.scene` (uploads, and what is asked about them), beginning with a comment that says what it shows; \
             then run `UPDATE=1 cargo nextest run -p rungs-tests --test diagnostics` and read the `.txt` beside it as \
             a stranger would",
            known.text,
            known.text.replace('/', ".")
        );
    }
}

#[test]
fn every_answer_belongs_to_a_case() {
    let cases = cases().into_iter().chain(ending_in("scene"));
    let stems: BTreeSet<String> = cases.map(|(stem, _)| stem).collect();
    for (stem, _) in ending_in("txt") {
        assert!(stems.contains(&stem), "`{stem}.txt` answers nothing");
    }
}

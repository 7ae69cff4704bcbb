//! What till, mail, support and finance see, told as stories: `stories/<name>.scene` are uploads of a small
//! shop (`_shop.toml`), nights, and questions to the built binary; `<name>.txt` has the answers word by word.
//! `docs/consistency.md` refers to them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use rayon::prelude::*;
use rungs_tests::golden::{all_hold, cases, held};
use rungs_tests::scene;
use std::fs;
use std::path::Path;

#[test]
fn every_story_is_answered_as_it_was_agreed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories");
    let shop = fs::read_to_string(folder.join("_shop.toml")).unwrap();
    let wrong: Vec<String> = cases(&folder, "scene")
        .into_par_iter()
        .filter_map(|(stem, bytes)| {
            let at = tempfile::tempdir().unwrap();
            let answer = scene::play(&String::from_utf8(bytes).unwrap(), &shop, at.path());
            held(&folder, &stem, &answer)
        })
        .collect();
    all_hold(&wrong);
}

#[test]
fn every_story_has_a_line_on_the_page_of_consistency() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories");
    let page = fs::read_to_string(rungs_tests::root().join("docs/consistency.md")).unwrap();
    for (stem, _) in cases(&folder, "scene") {
        let link = format!("tests/stories/{stem}.scene");
        assert!(
            page.contains(&link),
            "docs/consistency.md does not tell {stem}"
        );
    }
}

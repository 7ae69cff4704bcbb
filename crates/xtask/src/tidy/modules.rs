//! Dead files: Rust that no crate compiles. A `.rs` file without a `mod` line, or a test that
//! `tests/Cargo.toml` does not name, looks like protection and is none.

use super::Complaint;
use crate::repository::File;
use std::collections::BTreeSet;

/// Rust files that nothing compiles.
pub fn complaints(files: &[File]) -> Vec<Complaint> {
    let mut alive = BTreeSet::new();
    for root in roots(files) {
        follow(&root, true, files, &mut alive);
    }
    files
        .iter()
        .filter(|file| file.ending() == "rs" && !alive.contains(&file.path))
        .map(|file| {
            Complaint::new(
                &file.path,
                0,
                "nothing compiles this file; add its `mod` line or its `[[test]]`, or remove it",
            )
        })
        .collect()
}

/// Files that cargo compiles by their place or because a manifest names them.
fn roots(files: &[File]) -> Vec<String> {
    let mut roots: Vec<String> = files
        .iter()
        .filter(|file| {
            ["src/lib.rs", "src/main.rs", "/build.rs"]
                .iter()
                .any(|end| file.path.ends_with(end))
        })
        .map(|file| file.path.clone())
        .collect();
    for manifest in files
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"))
    {
        let folder = manifest.path.trim_end_matches("Cargo.toml");
        let text = manifest.text.as_deref().unwrap_or_default();
        let named = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("path = \"")?.strip_suffix('"'))
            .filter(|path| path.ends_with(".rs"))
            .map(|path| format!("{folder}{path}"));
        roots.extend(named);
        if !text.contains("[package]") {
            // A virtual workspace compiles nothing of its own: that is how a root `tests/` is lost.
            continue;
        }
        let found = files
            .iter()
            .filter_map(|file| Some((file, file.path.strip_prefix(folder)?)))
            .filter(|(_, path)| {
                is_found_by_cargo(path, !text.contains("[package]\nautotests = false"))
            })
            .map(|(file, _)| file.path.clone());
        roots.extend(found);
    }
    roots
}

/// Whether cargo compiles a file of a package by its place: `tests/x.rs`, `tests/x/main.rs` and their like.
fn is_found_by_cargo(path: &str, tests: bool) -> bool {
    let (folder, rest) = match path.strip_prefix("src/bin/") {
        Some(rest) => ("src/bin", rest),
        None => path.split_once('/').unwrap_or(("", path)),
    };
    let looked_in = match folder {
        "tests" => tests,
        "examples" | "benches" | "src/bin" => true,
        _ => false,
    };
    looked_in && rest.ends_with(".rs") && (!rest.contains('/') || rest.ends_with("/main.rs"))
}

/// Marks a file and all modules that it declares.
fn follow(path: &str, is_root: bool, files: &[File], alive: &mut BTreeSet<String>) {
    let Some(text) = files
        .iter()
        .find(|file| file.path == path)
        .and_then(|file| file.text.as_ref())
    else {
        return;
    };
    if !alive.insert(path.to_owned()) {
        return;
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let beside = if is_root || name == "mod.rs" {
        folder.to_owned()
    } else {
        format!("{folder}/{}", name.trim_end_matches(".rs"))
    };
    let mut given: Option<&str> = None;
    for line in text.lines().map(str::trim) {
        if let Some(path) = line.strip_prefix("#[path = \"") {
            given = path.strip_suffix("\"]");
        } else if let Some(module) = declared(line) {
            match given.take() {
                Some(path) => follow(&format!("{folder}/{path}"), false, files, alive),
                None => {
                    follow(&format!("{beside}/{module}.rs"), false, files, alive);
                    follow(&format!("{beside}/{module}/mod.rs"), false, files, alive);
                }
            }
        }
    }
}

/// The module that a line like `pub mod name;` declares.
fn declared(line: &str) -> Option<&str> {
    let name = line.strip_suffix(';')?.trim();
    let name = match name.strip_prefix("pub") {
        Some(rest) => rest.split_once("mod ").map(|(_, name)| name)?,
        None => name.strip_prefix("mod ")?,
    };
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (plain && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        }
    }

    #[test]
    fn modules_are_followed_as_the_compiler_follows_them() {
        let files = [
            file("crates/a/src/lib.rs", "pub mod b;\npub(crate) mod c;\n"),
            file("crates/a/src/b.rs", "mod d;"),
            file("crates/a/src/b/d.rs", ""),
            file("crates/a/src/c/mod.rs", "mod e;"),
            file("crates/a/src/c/e.rs", ""),
            file("crates/a/src/d.rs", ""),
        ];
        let dead: Vec<_> = complaints(&files)
            .into_iter()
            .map(|dead| dead.path)
            .collect();
        assert_eq!(dead, ["crates/a/src/d.rs"]);
    }

    #[test]
    fn a_test_that_no_manifest_names_is_dead() {
        let files = [
            file(
                "tests/Cargo.toml",
                "[package]\nautotests = false\n[[test]]\nname = \"laws\"\npath = \"laws.rs\"\n",
            ),
            file("tests/laws.rs", "mod history;"),
            file("tests/history.rs", ""),
            file("tests/faults.rs", ""),
        ];
        let dead: Vec<_> = complaints(&files)
            .into_iter()
            .map(|dead| dead.path)
            .collect();
        assert_eq!(dead, ["tests/faults.rs"]);
    }
    #[test]
    fn tests_that_cargo_finds_by_itself_are_alive() {
        let files = [
            file("Cargo.toml", "[workspace]\n"),
            file("tests/lost.rs", ""),
            file("crates/a/Cargo.toml", "[package]\n"),
            file("crates/a/tests/laws.rs", ""),
            file("crates/a/tests/recount/main.rs", "mod lots;"),
            file("crates/a/tests/recount/lots.rs", ""),
            file("crates/a/tests/recount/forgotten.rs", ""),
        ];
        let dead: Vec<_> = complaints(&files)
            .into_iter()
            .map(|dead| dead.path)
            .collect();
        assert_eq!(
            dead,
            ["tests/lost.rs", "crates/a/tests/recount/forgotten.rs"]
        );
    }
}

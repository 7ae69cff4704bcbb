//! Rules about one file's text: size, opening comment, left-overs, names, places of one machine.

use super::Complaint;
use crate::repository::File;

/// Above this many lines a source file is to be split by meaning.
const LINES: usize = 500;
/// Above this many it is worth a thought.
const MANY_LINES: usize = 400;
/// A function's `main.rs` decodes, makes one call and encodes.
const FUNCTION_LINES: usize = 60;

/// Words that mark unfinished work. Taken apart, so that this file passes its own rule.
const LEFT_OVER: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("HA", "CK"),
];

/// Beginnings of paths that exist on one machine only.
const MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("C:", "\\"),
];

/// Attributes that hide a test's result.
const HIDING: &[(&str, &str)] = &[
    (
        concat!("#[ig", "nore"),
        "an ignored test protects nothing: make it pass, or assert today's answer with a note",
    ),
    (
        concat!("#[should_", "panic"),
        "assert the error instead: nothing here may panic on input",
    ),
];

/// Names that say nothing, and so attract everything.
const EMPTY_NAMES: &[&str] = &[
    "base", "common", "core", "helper", "helpers", "manager", "misc", "shared", "util", "utils",
];

/// What the rules of this module object to in a file.
pub fn complaints(file: &File) -> Vec<Complaint> {
    let Some(text) = &file.text else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if is_prose(file) {
        words(file, text, &mut found);
    }
    if file.ending() == "rs" {
        rust(file, text, &mut found);
    }
    if file.path.contains("programs/") && file.ending() == "toml" && !text.starts_with("#:schema ")
    {
        found.push(Complaint::new(
            &file.path,
            1,
            "begin with `#:schema` and the path of the schema, so that editors complete and check",
        ));
    }
    found
}

/// Texts that people write; not data, lock files and licences.
fn is_prose(file: &File) -> bool {
    matches!(
        file.ending(),
        "rs" | "md" | "toml" | "py" | "sh" | "yaml" | "yml" | "json"
    )
}

fn words(file: &File, text: &str, found: &mut Vec<Complaint>) {
    for (number, line) in (1..).zip(text.lines()) {
        for word in LEFT_OVER {
            let marked = line
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|part| part == *word);
            if marked {
                found.push(Complaint::new(
                    &file.path,
                    number,
                    format!("left over: `{word}`; finish it, or open an issue and remove it"),
                ));
            }
        }
        for place in MACHINE {
            if line.contains(place) {
                found.push(Complaint::new(
                    &file.path,
                    number,
                    format!("`{place}…` exists on one machine only; use a path in the repository"),
                ));
            }
        }
    }
}

fn rust(file: &File, text: &str, found: &mut Vec<Complaint>) {
    let opening = text.lines().find(|line| !line.starts_with("#!["));
    if !opening.is_some_and(|line| line.starts_with("//! ")) {
        found.push(Complaint::new(
            &file.path,
            1,
            "begin with `//!`: what this file is for, in a sentence",
        ));
    }
    let stem = file
        .path
        .rsplit_once('/')
        .map_or(&*file.path, |(_, name)| name)
        .trim_end_matches(".rs");
    if EMPTY_NAMES.contains(&stem) {
        found.push(Complaint::new(
            &file.path,
            0,
            format!("`{stem}` says nothing and attracts everything; name it for what it does"),
        ));
    }
    // A module's own tests stand below it and may be long: what counts is what one has to understand.
    let code = text.split("\nmod tests {\n").next().unwrap_or(text);
    let lines = code.lines().count();
    if file.path.starts_with("functions/")
        && file.path.ends_with("main.rs")
        && lines > FUNCTION_LINES
    {
        found.push(Complaint::new(
            &file.path,
            lines,
            format!(
                "{lines} lines; a function decodes, makes one call and encodes in {FUNCTION_LINES}"
            ),
        ));
    } else if lines > MANY_LINES {
        let mut complaint = Complaint::new(
            &file.path,
            lines,
            format!("{lines} lines; split it by meaning (at most {LINES}, better {MANY_LINES})"),
        );
        complaint.mild = lines <= LINES;
        found.push(complaint);
    }
    for (number, line) in (1..).zip(text.lines()) {
        for (attribute, what) in HIDING {
            if line.trim_start().starts_with(attribute) {
                found.push(Complaint::new(&file.path, number, *what));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, text: &str) -> Vec<(usize, String)> {
        let file = File {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        complaints(&file)
            .into_iter()
            .map(|complaint| (complaint.line, complaint.what))
            .collect()
    }

    #[test]
    fn a_file_that_follows_the_rules_is_left_alone() {
        assert_eq!(whats("crates/engine/src/lot.rs", "//! Lots.\n"), []);
    }

    #[test]
    fn a_module_without_an_opening_comment_is_named() {
        let found = whats("crates/engine/src/lot.rs", "pub struct Lot;\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].1.starts_with("begin with `//!`"));
    }

    #[test]
    fn a_left_over_marker_is_found_as_a_word_and_not_inside_one() {
        let marker = LEFT_OVER[0];
        let found = whats(
            "docs/a.md",
            &format!("fine\n{marker}: later\nMASTO{marker}N\n"),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 2);
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_prose_and_not_in_data() {
        let line = format!("see {}ann/x\n", MACHINE[0]);
        assert_eq!(whats("docs/a.md", &line).len(), 1);
        assert_eq!(whats("samplelocal/a.csv", &line), []);
    }

    #[test]
    fn a_long_file_is_noted_first_and_refused_later() {
        let text = |lines: usize| format!("//! Lots.\n{}", "//\n".repeat(lines - 1));
        let of = |lines| {
            let file = File {
                path: "crates/engine/src/lot.rs".to_owned(),
                text: Some(text(lines)),
            };
            complaints(&file)
        };
        assert_eq!(of(400), []);
        assert!(of(401)[0].mild);
        assert!(of(500)[0].mild);
        assert!(!of(501)[0].mild);
    }

    #[test]
    fn a_hidden_test_and_an_empty_name_are_refused() {
        let hidden = format!("//! Lots.\n    {}]\n", HIDING[0].0);
        assert_eq!(whats("tests/lots.rs", &hidden).len(), 1);
        assert_eq!(whats("crates/engine/src/utils.rs", "//! Lots.\n").len(), 1);
    }

    #[test]
    fn a_programme_without_the_editors_directive_is_refused() {
        assert_eq!(
            whats("programs/coffee/2025-01-01.toml", "[program]\n").len(),
            1
        );
        assert_eq!(
            whats("programs/coffee/2025-01-01.toml", "#:schema ../x\n"),
            []
        );
    }
}

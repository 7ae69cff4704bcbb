//! `docs/reference/diagnostics.md`: every code with what it means.

use rungs_engine::finding::Severity;
use rungs_pipeline::codes::{Sort, all};
use std::fmt::Write;

/// The page.
pub fn page() -> String {
    let mut page = super::notice("the lists in `crates/pipeline/src/codes.rs`");
    page.push_str(
        "# Diagnostics\n\n\
         Everything that Rungs says is wrong has a code, a place, the cause and the next step. A code is never renamed or\n\
         used again for another meaning. `rungs explain code CODE` prints the same text. How each one looks is held word\n\
         by word in [`tests/diagnostics`](../../tests/diagnostics).\n",
    );
    let mut part = None;
    let mut family = "";
    for known in all() {
        let about = about(known.sort);
        if part != Some(about) {
            part = Some(about);
            page.push_str(about);
        }
        let (this, _) = known.text.split_once('/').unwrap_or((known.text, ""));
        if this != family {
            family = this;
            let _ = write!(page, "\n### {family}\n");
        }
        let severity = match known.sort {
            Sort::Programme(Severity::Error) => "*error.* ",
            Sort::Programme(Severity::Warning) => "*warning.* ",
            _ => "",
        };
        let _ = write!(
            page,
            "\n#### `{}`\n\n{severity}{}\n",
            known.text,
            known.explanation()
        );
    }
    page
}

/// Heading and opening of the codes of one sort.
fn about(sort: Sort) -> &'static str {
    match sort {
        Sort::Programme(_) => {
            "\n## In a programme or a scenario test\n\n\
             What `rungs check` finds, all in one pass. Errors stop a run (exit code 1), warnings do not.\n"
        }
        Sort::Row => {
            "\n## In a row of an upload\n\n\
             The row goes to quarantine and stops no other; the run goes on (exit code 0). `rungs quarantine` lists\n\
             file, line, column, value (never of personal data), code, reason and next step. A mended row is uploaded\n\
             in a new file.\n"
        }
        Sort::File => {
            "\n## In an uploaded file\n\n\
             The file is refused whole and stops no other; the run goes on (exit code 0) and says so, and\n\
             `rungs quarantine` lists it. A mended file may have the same name.\n"
        }
        Sort::Trouble => {
            "\n## In the store, the keys, the machine\n\n\
             Nothing is done (exit code 3), and what was settled before stands.\n"
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_code_has_a_heading_and_a_sentence() {
        let page = super::page();
        for code in rungs_pipeline::codes::all() {
            let heading = format!("\n#### `{}`\n\n", code.text);
            let rest = page.split_once(&heading).map(|(_, rest)| rest);
            let sentence = rest
                .and_then(|rest| rest.lines().next())
                .unwrap_or_default();
            assert!(sentence.len() > 20, "`{}` says nothing", code.text);
        }
    }
}

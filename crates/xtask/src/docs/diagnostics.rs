//! `docs/reference/diagnostics.md`: every code with what it means.

use rungs_engine::finding::{Code, Severity};
use std::fmt::Write;

/// The page.
pub fn page() -> String {
    let mut page = super::notice("`crates/engine/src/finding.rs`");
    page.push_str(
        "# Diagnostics\n\n\
         What `rungs check` can find. Every finding has a code, a place, the cause and the next step; checking goes on\n\
         after the first. A code is never renamed or used again for another meaning. `rungs explain code CODE` prints\n\
         the same text. Errors stop a run (exit code 1), warnings do not.\n",
    );
    let mut family = "";
    for code in Code::ALL {
        let (this, _) = code.text().split_once('/').unwrap_or((code.text(), ""));
        if this != family {
            family = this;
            let _ = write!(page, "\n## {family}\n");
        }
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let lines: Vec<&str> = code.explanation().lines().map(str::trim).collect();
        let _ = write!(
            page,
            "\n### `{}`\n\n*{severity}.* {}\n",
            code.text(),
            lines.join("\n").trim()
        );
    }
    page
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_code_has_a_heading_and_a_sentence() {
        let page = super::page();
        for code in rungs_engine::finding::Code::ALL {
            let heading = format!("\n### `{}`\n\n", code.text());
            let rest = page.split_once(&heading).map(|(_, rest)| rest);
            let sentence = rest
                .and_then(|rest| rest.lines().next())
                .unwrap_or_default();
            assert!(sentence.len() > 20, "`{}` says nothing", code.text());
        }
    }
}

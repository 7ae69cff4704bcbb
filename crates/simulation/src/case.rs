//! A story as a case for people: what is broken, the programme, what was uploaded when.

use crate::audit::Broken;
use crate::story::Story;
use rungs_engine::calendar::{Day, day_text};
use std::fmt::Write as _;

/// The case, as Markdown.
pub fn case(story: &Story, broken: &Broken) -> String {
    let mut text = format!("# Seed {}: {}\n\n```text\n", story.seed, broken.what);
    for line in &broken.lines {
        let _ = writeln!(text, "{line}");
    }
    text.push_str("```\n");
    let _ = match story.faults {
        Some(_) => writeln!(text, "\nIt takes the faults of the seed.\n"),
        None => writeln!(text, "\nIt takes no fault.\n"),
    };
    for (name, toml) in &story.files {
        let _ = writeln!(text, "## `{name}`\n\n```toml\n{}\n```\n", toml.trim());
    }
    for night in &story.nights {
        let _ = writeln!(text, "## Night of {}\n", day_text(*night));
        for file in story.uploads(*night) {
            let _ = writeln!(
                text,
                "`{}/{}`\n\n```csv\n{}```\n",
                file.dataset,
                file.name,
                file.text()
            );
        }
    }
    let days: Vec<Day> = story
        .receipts
        .told
        .iter()
        .map(|told| told.received)
        .collect();
    if days.is_empty() {
        text.push_str("Nothing was uploaded.\n");
    }
    text
}

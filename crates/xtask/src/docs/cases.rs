//! `docs/reference/cases.md`: the literate cases of `tests/cases`, which the tests run, as one page to read.

use crate::repository::File;
use std::fmt::Write;

const FOLDER: &str = "tests/cases/";

/// The page: a chapter a folder, a section a case, their headings moved down accordingly.
pub fn page(files: &[File]) -> String {
    let mut page = super::notice("`tests/cases/**.md`, which the tests run");
    page.push_str(
        "# Worked cases\n\n\
         Every case is a programme, events and the ledger that must come out, worked by hand. The tests run exactly what\n\
         is printed here.\n",
    );
    let mut chapter = "";
    for file in files.iter().filter(|file| file.ending() == "md") {
        let (Some(path), Some(text)) = (file.path.strip_prefix(FOLDER), &file.text) else {
            continue;
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name == "README.md" {
            continue;
        }
        if folder != chapter {
            chapter = folder;
            let _ = write!(page, "\n## {folder}\n");
        }
        let _ = write!(page, "\n{}\n", lowered(text).trim_end());
    }
    page
}

/// The text with its headings two levels further down.
fn lowered(text: &str) -> String {
    let mut code = false;
    let mut lowered = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            code = !code;
        }
        let heading = !code && line.starts_with('#');
        let _ = writeln!(lowered, "{}{line}", if heading { "##" } else { "" });
    }
    lowered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_move_down_and_comments_in_code_do_not() {
        let text = "# Per amount\n```toml\n# a comment\n```\n## Rounding\n";
        let expected = "### Per amount\n```toml\n# a comment\n```\n#### Rounding\n";
        assert_eq!(lowered(text), expected);
    }

    #[test]
    fn folders_become_chapters() {
        let file = |path: &str| File {
            path: format!("{FOLDER}{path}"),
            text: Some(format!("# {path}\n")),
        };
        let page = page(&[
            file("README.md"),
            file("earn/a.md"),
            file("earn/b.md"),
            file("tiers/c.md"),
        ]);
        let headings: Vec<&str> = page.lines().filter(|line| line.starts_with("##")).collect();
        assert_eq!(
            headings,
            [
                "## earn",
                "### earn/a.md",
                "### earn/b.md",
                "## tiers",
                "### tiers/c.md"
            ]
        );
    }
}

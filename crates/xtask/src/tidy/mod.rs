//! `cargo xtask tidy`: the rules of the house as a test. A rule of style is enforced here or is only a wish.
//!
//! Every rule is a function from files to complaints; a complaint says what to do.

mod links;
mod modules;
mod text;

use crate::repository::{self, File};
use crate::step::say;
use std::path::Path;

/// Something that a rule objects to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The file, from the root.
    pub path: String,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
    /// Said, but not counted as a failure.
    pub mild: bool,
}

impl Complaint {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Complaint {
        Complaint {
            path: path.to_owned(),
            line,
            what: what.into(),
            mild: false,
        }
    }
}

/// All complaints about these files.
pub fn complaints(files: &[File]) -> Vec<Complaint> {
    let mut all: Vec<Complaint> = files
        .iter()
        .flat_map(|file| [text::complaints(file), links::complaints(file, files)].concat())
        .chain(modules::complaints(files))
        .collect();
    all.sort();
    all
}

/// Prints what the rules object to.
///
/// # Errors
/// If there is a complaint that is not mild.
pub fn run(root: &Path) -> Result<(), String> {
    let all = complaints(&repository::files(root)?);
    for complaint in &all {
        let mild = if complaint.mild { "note: " } else { "" };
        say(&format!(
            "   {}:{}: {mild}{}",
            complaint.path, complaint.line, complaint.what
        ));
    }
    match all.iter().filter(|complaint| !complaint.mild).count() {
        0 => Ok(()),
        count => Err(format!(
            "{count} places do not follow the rules of the house"
        )),
    }
}

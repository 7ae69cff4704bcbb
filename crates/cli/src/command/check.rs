//! `rungs check`

use super::{colour, counted, folders, print};
use crate::Ended;
use crate::arguments::Check;
use crate::findings::{self, Format};
use rungs_engine::finding::Severity;
use rungs_pipeline::program_folder::{self, Folder};
use rungs_pipeline::rehearse;

/// Checks programmes and their scenario files.
pub fn check(asked: &Check) -> Ended {
    let named = match folders(&asked.programs) {
        Ok(named) => named,
        Err(ended) => return ended,
    };
    let mut all: Vec<Folder> = Vec::new();
    for folder in &named {
        let mut read = program_folder::read(folder);
        rehearse::read_scenarios(folder, &mut read);
        all.push(read);
    }
    print(&findings::render(&all, asked.format, colour()));
    let count = |severity| {
        all.iter()
            .flat_map(|folder| &folder.findings)
            .filter(|f| f.severity == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if asked.format == Format::Text {
        for (folder, read) in named.iter().zip(&all) {
            if let (Some(versions), true) = (&read.versions, read.findings.is_empty()) {
                let name = &versions.newest().name;
                let fine = match versions.all().len() {
                    1 => format!("{name} is fine"),
                    all => format!("{name} is fine, {all} versions"),
                };
                print(&format!("{}: {fine}\n", folder.display()));
            }
        }
        if errors + warnings > 0 {
            print(&format!(
                "{}, {}\n",
                counted(errors, "error"),
                counted(warnings, "warning")
            ));
        }
    }
    if errors > 0 {
        Ended::Findings
    } else {
        Ended::Fine
    }
}

//! `rungs test`

use super::{colour, folders, print};
use crate::Ended;
use crate::arguments::{Format, Test};
use crate::findings;
use rungs_pipeline::{program_folder, rehearse};

/// Runs the scenario tests beside programmes.
pub fn test(asked: &Test) -> Ended {
    let named = match folders(&asked.programs) {
        Ok(named) => named,
        Err(ended) => return ended,
    };
    let (mut passed, mut failed, mut broken) = (0, 0, false);
    let mut all = Vec::new();
    for folder in &named {
        let mut read = program_folder::read(folder);
        let scenarios = rehearse::read_scenarios(folder, &mut read);
        if read
            .findings
            .iter()
            .any(|finding| finding.severity == rungs_engine::finding::Severity::Error)
        {
            broken = true;
            anstream::eprint!(
                "{}",
                findings::render(&[read], findings::Format::Text, colour())
            );
            continue;
        }
        let Some(versions) = &read.versions else {
            continue;
        };
        for result in rehearse::run(versions, &scenarios) {
            if result.differences.is_empty() {
                passed += 1
            } else {
                failed += 1
            }
            if asked.format == Format::Text {
                print(&result.text(&folder.display().to_string()));
            }
            all.push(result);
        }
    }
    match asked.format {
        Format::Json => print(&format!("{:#}\n", serde_json::json!(all))),
        Format::Text => print(&format!("\n{passed} passed, {failed} failed\n")),
    }
    if failed > 0 || broken {
        Ended::Findings
    } else {
        Ended::Fine
    }
}

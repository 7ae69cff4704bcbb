//! The scenarios beside the sample programmes pass; one that expects something else shows what differs
//! and why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rungs_pipeline::program_folder::{Folder, read};
use rungs_pipeline::rehearse::{ScenarioResult, read_scenarios, run};
use rungs_tests::root;
use std::path::Path;

fn results(folder: &Path) -> Vec<ScenarioResult> {
    let (read, files) = scenarios(folder);
    assert!(read.findings.is_empty(), "{:#?}", read.findings);
    run(read.program.as_ref().unwrap(), &files)
}

fn scenarios(folder: &Path) -> (Folder, Vec<rungs_pipeline::rehearse::ScenarioFile>) {
    let mut read = read(folder);
    let files = read_scenarios(folder, &mut read);
    (read, files)
}

#[test]
fn every_scenario_beside_the_sample_programmes_passes() {
    for (program, least) in [("cdnow", 6), ("coffee", 17)] {
        let all = results(&root().join("programs").join(program));
        let failed: String = all.iter().filter(|it| !it.differences.is_empty()).map(|it| it.text(program)).collect();
        assert!(all.len() >= least, "only {} scenarios of {program}", all.len());
        assert!(failed.is_empty(), "{failed}");
    }
}

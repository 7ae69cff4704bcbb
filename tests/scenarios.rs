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

/// The coffee programme with other scenarios beside it.
fn with_scenarios(text: &str) -> (tempfile::TempDir, Folder, Vec<rungs_pipeline::rehearse::ScenarioFile>) {
    let folder = tempfile::tempdir().unwrap();
    let version = "2025-01-01.toml";
    std::fs::copy(root().join("programs/coffee").join(version), folder.path().join(version)).unwrap();
    std::fs::create_dir(folder.path().join("tests")).unwrap();
    std::fs::write(folder.path().join("tests/wrong.toml"), text).unwrap();
    let (read, files) = scenarios(folder.path());
    (folder, read, files)
}

const WRONG: &str = r#"
[[scenario]]
name = "everything is expected otherwise"
rule = "every-euro"
draw = [{ surprise = "on-the-house", on = 2026-01-12, members = ["ann"] }]

[scenario.given]
enrol = '''
id | member | time
ann | ann   | 2026-01-05 09:00
'''
order = '''
id | member | time             | number | category  | quantity | net
r1 | ann    | 2026-01-07 10:00 | 1      | drink     | 1        |  3.45
r1 | _      | _                | 2      | food      | 1        |  2.30
r1 | _      | _                | 3      | gift-card | 1        | 20.00
r2 | ann    | 2026-01-08 10:00 | 1      | food      | 1        | 60.00
'''
activity = '''
id | member | time             | name
a1 | ann    | 2026-01-07 11:00 | reviewed
'''

[[scenario.expect]]
on = 2026-01-07
member = "ann"
balance = { beans = 57 }
entries = '''
date       | rule       | points
2026-01-07 | every-euro | 58
2026-01-07 | review     | 20
'''
why_not = { rule = "every-euro", event = "r1" }

[[scenario.expect]]
on = 2026-01-10
member = "ann"
rung = "leaf"
rung_until = 2028-01-01
pending = { beans = 600 }
missing = { beans_earned = 800 }
rewards = ["cookie"]
why_not = { rule = "review", event = "a1", reason = "cap" }

[[scenario.expect]]
on = 2026-01-12
member = "ann"
why_not = { rule = "on-the-house", reason = "cooldown" }
"#;

#[test]
fn a_scenario_that_expects_something_else_shows_what_differs_and_why() {
    let (_folder, read, files) = with_scenarios(WRONG);
    assert!(read.findings.is_empty(), "{:#?}", read.findings);
    let all = run(read.program.as_ref().unwrap(), &files);
    println!("{}", all[0].text("programs/coffee"));
    println!("{:#}", serde_json::json!(all));
    panic!();
}

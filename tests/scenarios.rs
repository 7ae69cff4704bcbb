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
    run(read.versions.as_ref().unwrap(), &files)
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
        let failed: String = all
            .iter()
            .filter(|it| !it.differences.is_empty())
            .map(|it| it.text(program))
            .collect();
        assert!(
            all.len() >= least,
            "only {} scenarios of {program}",
            all.len()
        );
        assert!(failed.is_empty(), "{failed}");
    }
}

/// The coffee programme with other scenarios beside it.
fn with_scenarios(
    text: &str,
) -> (
    tempfile::TempDir,
    Folder,
    Vec<rungs_pipeline::rehearse::ScenarioFile>,
) {
    let folder = tempfile::tempdir().unwrap();
    let version = "2025-01-01.toml";
    std::fs::copy(
        root().join("programs/coffee").join(version),
        folder.path().join(version),
    )
    .unwrap();
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
    let all = run(read.versions.as_ref().unwrap(), &files);
    assert_eq!(all[0].text("programs/coffee"), SAID);
    let json = serde_json::json!(all);
    assert_eq!(json[0]["differences"][0]["expected"], "57 beans");
    assert_eq!(json[0]["differences"][1]["rows"][0]["in"], "expected");
}

const SAID: &str = r"FAIL everything is expected otherwise
     programs/coffee/tests/wrong.toml:2 (rule `every-euro`); - expected, + actual

     ann when 2026-01-07 ends

     balance  programs/coffee/tests/wrong.toml:24
       - 57 beans
       + 0 beans

     entries  programs/coffee/tests/wrong.toml:28
         date       | rule       | points | event | stands in           | why
       - 2026-01-07 | every-euro |     58 |       |                     |
       - 2026-01-07 | review     |     20 |       |                     |
       + 2026-01-07 | every-euro |     57 | r1    | 2025-01-01.toml:196 | 57.5, rounded down

     why_not  programs/coffee/tests/wrong.toml:33
       - `every-euro` does not fire for `r1`
       + `every-euro` gave 57 for `r1`

     ann when 2026-01-10 ends

     pending  programs/coffee/tests/wrong.toml:35
       - 600 beans
       + 0 beans
       because:
         date       | kind    | rule                 | points | event | stands in           | why
         2026-01-08 | grant   | every-euro           |    600 | r2    | 2025-01-01.toml:196 | 600, rounded down
         2026-01-09 | release | points.beans.pending |     57 | r1    | 2025-01-01.toml:187 | release
         2026-01-10 | release | points.beans.pending |    600 | r2    | 2025-01-01.toml:187 | release

     rung  programs/coffee/tests/wrong.toml:35
       - leaf
       + sprout
       because:
         date       | reason                                | to
         2026-01-10 | missing beans_earned 143 or visits 11 | leaf

     rung_until  programs/coffee/tests/wrong.toml:35
       - 2028-01-01
       + no end
       because:
         date       | reason                                | to
         2026-01-10 | missing beans_earned 143 or visits 11 | leaf

     missing  programs/coffee/tests/wrong.toml:35
       - beans_earned 800
       + beans_earned 143 or visits 11

     rewards  programs/coffee/tests/wrong.toml:35
         reward           | since      | until      | rule             | event | stands in
       - cookie           |            |            |                  |       |
       + sixty-this-month | 2026-01-08 | 2026-01-22 | sixty-this-month | r2    | 2025-01-01.toml:392

     why_not  programs/coffee/tests/wrong.toml:43
       - `review` does not fire for `a1`: cap
       + `review` does not fire for `a1`: when (event.name is reviewed; event.object is empty)

     ann when 2026-01-12 ends

     why_not  programs/coffee/tests/wrong.toml:48
       - `on-the-house` does not fire: cooldown
       + `ann` did not win `on-the-house` on 2026-01-12: when

";

#[test]
fn what_cannot_be_meant_is_found_before_anything_is_settled() {
    let wrong = WRONG
        .replace(
            "on = 2026-01-12, members = [\"ann\"]",
            "on = 2026-01-13, members = [\"anne\"]",
        )
        .replace("|  3.45", "|  3,45")
        .replace("event = \"a1\"", "event = \"a7\"")
        .replace(
            "on = 2026-01-12\nmember = \"ann\"",
            "on = 2026-01-06\nmember = \"ann\"",
        );
    let (_folder, read, _) = with_scenarios(&wrong);
    let said: Vec<String> = read
        .findings
        .iter()
        .map(|it| format!("{}: {}; {}", it.place.line, it.message, it.help))
        .collect();
    assert_eq!(
        said,
        [
            "14: `net`: `3,45` is not a money value; write the value as column `net` of `order` has it",
            "5: `on-the-house` does not occur on 2026-01-13; its next occurrence is on 2026-01-19",
            "5: no event is given for member `anne`; did you mean `ann`?",
            "43: no event `a7` is given; did you mean `a1`?",
            "45: `ann` is asked about 2026-01-06 after 2026-01-10; put the expectations of a member in the order of their days",
        ]
    );
    let first = &read.findings[0];
    let text = read.text(&first.file);
    assert_eq!(
        &text[first.place.start as usize..first.place.end as usize],
        "3,45"
    );
}

#[test]
fn members_of_one_account_share_its_points_and_keep_their_own_rewards() {
    let (_folder, read, files) = with_scenarios(
        r#"
[[scenario]]
name = "a household"

[scenario.given]
enrol = '''
id | member | account | time
e1 | ann    | home    | 2026-01-05 09:00
e2 | bob    | home    | 2026-01-05 09:00
'''
order = '''
id | member | time             | number | category | quantity | net
r1 | ann    | 2026-01-07 10:00 | 1      | food     | 1        | 20.00
r2 | bob    | 2026-01-08 10:00 | 1      | food     | 1        | 60.00
'''

[[scenario.expect]]
on = 2026-01-08
member = "ann"
pending = { beans = 800 }
rewards = []
entries = '''
points | event
200    | r1
600    | r2
'''

[[scenario.expect]]
on = 2026-01-10
member = "bob"
balance = { beans = 800 }
rewards = ["sixty-this-month"]
why_not = { rule = "double-tuesday", event = "r2", reason = "when" }
"#,
    );
    assert!(read.findings.is_empty(), "{:#?}", read.findings);
    let all = run(read.versions.as_ref().unwrap(), &files);
    assert!(
        all[0].differences.is_empty(),
        "{}",
        all[0].text("programs/coffee")
    );
}

#[test]
fn that_nothing_is_left_or_nobody_enrolled_can_be_expected_as_reasons() {
    let (_folder, read, files) = with_scenarios(
        r#"
[[scenario]]
name = "too small, and too early"

[scenario.given]
enrol = '''
id | member | time
e1 | ann    | 2026-01-05 09:00
'''
order = '''
id | member | time             | number | category | quantity | net
r0 | ann    | 2026-01-04 10:00 | 1      | food     | 1        | 20.00
r1 | ann    | 2026-01-07 10:00 | 1      | food     | 1        |  0.05
'''

[[scenario.expect]]
on = 2026-01-08
member = "ann"
pending = { beans = 0 }
why_not = { rule = "every-euro", event = "r0", reason = "enrolment" }

[[scenario.expect]]
on = 2026-01-08
member = "ann"
why_not = { rule = "every-euro", event = "r1", reason = "zero" }

[[scenario.expect]]
on = 2026-01-08
member = "ann"
why_not = { rule = "every-euro", event = "r1", reason = "enrolment" }
"#,
    );
    assert!(read.findings.is_empty(), "{:#?}", read.findings);
    let all = run(read.versions.as_ref().unwrap(), &files);
    let said = all[0].text("programs/coffee");
    assert_eq!(all[0].differences.len(), 1, "{said}");
    assert!(
        said.contains("`every-euro` does not fire for `r1`: enrolment"),
        "{said}"
    );
}

#[test]
fn of_more_winners_than_the_budget_has_the_first_ones_win() {
    let members: Vec<String> = (1..=13).map(|n| format!("m{n:02}")).collect();
    let rows =
        |row: &dyn Fn(&String) -> String| members.iter().map(row).collect::<Vec<_>>().join("\n");
    let orders = rows(&|it| {
        let order =
            |day: &str| format!("{it}-{day} | {it} | 2026-05-{day} 12:00 | 1 | food | 1 | 3.00");
        [order("01"), order("08"), order("15")].join("\n")
    });
    let text = format!(
        r#"
[[scenario]]
name = "twelve cookies"
draw = [{{ surprise = "on-the-house", on = 2026-06-01, members = {members:?} }}]

[scenario.given]
enrol = '''
id | member | time
{}
'''
order = '''
id | member | time | number | category | quantity | net
{orders}
'''

[[scenario.expect]]
on = 2026-06-01
member = "m12"
rewards = ["cookie"]

[[scenario.expect]]
on = 2026-06-01
member = "m13"
rewards = []
why_not = {{ rule = "on-the-house", reason = "budget" }}
"#,
        rows(&|it| format!("{it} | {it} | 2026-04-01 09:00"))
    );
    let (_folder, read, files) = with_scenarios(&text);
    assert!(read.findings.is_empty(), "{:#?}", read.findings);
    let all = run(read.versions.as_ref().unwrap(), &files);
    assert!(
        all[0].differences.is_empty(),
        "{}",
        all[0].text("programs/coffee")
    );
}

//! Settlement and the recount are two readings of one specification. Over generated programmes and
//! histories they must say the same, entry by entry; and the histories must contain what is hard.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rungs_engine::calendar::day_from;
use rungs_engine::fold::Plan;
use rungs_engine::language::{Source, check};
use rungs_engine::rehearsal::{batches, rehearse};
use rungs_histories::{Content, generate};
use std::collections::BTreeMap;

fn histories() -> u64 {
    std::env::var("RUNGS_HISTORIES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3_000)
}

#[test]
fn settlement_and_recount_agree_on_every_entry() {
    let mut content = Content::default();
    let mut disagreements = Vec::new();
    let first: u64 = std::env::var("RUNGS_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    for seed in first..first + histories() {
        let made = generate(seed);
        let checked = check(&Source {
            id: "generated",
            file: "2023-01-01.toml",
            text: &made.toml,
        });
        let Some(program) = checked.program else {
            let found: Vec<String> = checked
                .findings
                .iter()
                .map(|f| format!("{}: {}: {}", f.place.line, f.message, f.help))
                .collect();
            panic!(
                "{}\nseed {seed}: the generated programme is refused:\n{}",
                made.toml,
                found.join("\n")
            );
        };
        let plan = Plan::new(&program).unwrap();
        let as_of = day_from(&made.as_of).unwrap();
        let settled = rehearse(&plan, &made.tables, &BTreeMap::new(), as_of).unwrap();
        let until = program.zone.midnight(as_of + 1);
        content.histories += 1;
        for (account, batch) in batches(&program, &made.tables).unwrap() {
            let rows = batch.time.iter().take_while(|at| **at < until).count();
            let recount = rungs_verify::recount(&program, &batch, 0..rows, &[], until);
            let kept = &settled[&account].kept;
            let differences = rungs_verify::compare(
                &program,
                &account,
                &recount,
                &kept.entries,
                &kept.rungs,
                &kept.issued,
            );
            if !differences.is_empty() {
                let shown: Vec<String> = differences
                    .iter()
                    .take(12)
                    .map(|d| d.sentence.clone())
                    .collect();
                disagreements.push(format!(
                    "seed {seed}, account {account}:\n{}",
                    shown.join("\n")
                ));
            }
            content.count(kept);
        }
    }
    println!("{content}");
    let shown: Vec<&str> = disagreements.iter().take(400).map(String::as_str).collect();
    assert!(
        disagreements.is_empty(),
        "{} accounts disagree; the first are\n{}",
        disagreements.len(),
        shown.join("\n\n")
    );
    let rare = content.too_rare(20, false);
    assert!(rare.is_empty(), "{}", rare.join("; "));
}

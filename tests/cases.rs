//! The literate cases: each says what goes in and which ledger must come out. `tests/cases/README.md`
//! is the form. What settlement books is compared with the case, and the recount with settlement, so a
//! case holds both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rungs_engine::calendar::{Day, Instant, day_from, day_text};
use rungs_engine::canonical::Kind;
use rungs_engine::cron::occurrences;
use rungs_engine::fold::{Plans, Win, day_key, ticket, wins};
use rungs_engine::language::text_table::TextTable;
use rungs_engine::language::{Source, check};
use rungs_engine::ledger::EventRef;
use rungs_engine::ledger::canonical::{points_of, rule_text, rung_text, wallet_text};
use rungs_engine::program::Versions;
use rungs_engine::rehearsal::{EventTable, Rehearsed, rehearse};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Wins = BTreeMap<String, Vec<Win>>;

/// A case, read.
struct Case {
    /// The versions, each with the day from which it rules; the first says none.
    toml: Vec<(Option<Day>, String)>,
    events: Vec<EventTable>,
    /// Expected tables by name.
    ledger: BTreeMap<String, TextTable>,
    as_of: Day,
}

#[test]
fn every_case_is_settled_and_recounted_as_it_says() {
    let mut failures = Vec::new();
    let mut count = 0;
    for path in cases() {
        count += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let family = path
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_string_lossy();
        for problem in run(&std::fs::read_to_string(&path).unwrap()) {
            failures.push(format!("{family}/{name}: {problem}"));
        }
    }
    assert!(count >= 90, "only {count} cases were found");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn a_case_that_expects_something_else_fails() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/earn/per_amount.md");
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(run(&text), Vec::<String>::new());
    let other = text.replace("| base | 57 ", "| base | 58 ");
    assert_eq!(run(&other).len(), 1, "{:?}", run(&other));
    let (without, _) = text.split_once("### entries").unwrap();
    assert!(run(without)[0].contains("57") || run(without)[0].contains("ann"));
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|family| family.unwrap().path())
        .filter(|family| family.is_dir())
        .flat_map(|family| {
            std::fs::read_dir(family)
                .unwrap()
                .map(|file| file.unwrap().path())
        })
        .collect();
    paths.sort();
    paths
}

/// What does not come out as the case says.
fn run(text: &str) -> Vec<String> {
    let case = match read(text) {
        Ok(case) => case,
        Err(problem) => return vec![problem],
    };
    let first = case.events.iter().flat_map(|table| {
        let at = table
            .columns
            .iter()
            .position(|name| name == "time")
            .unwrap();
        table
            .rows
            .iter()
            .filter_map(move |row| row[at].as_ref()?.get(..10).and_then(day_from))
    });
    let first = first.min().expect("a case has events");
    let mut programs = Vec::new();
    for (from, text) in &case.toml {
        let file = format!("{}.toml", day_text(from.unwrap_or(first)));
        let checked = check(&Source {
            id: "case",
            file: &file,
            text,
        });
        if !checked.findings.is_empty() {
            let says = checked
                .findings
                .iter()
                .map(|it| format!("{file}: {} {}", it.code.text(), it.message));
            return says.collect();
        }
        programs.push((file, checked.program.unwrap()));
    }
    let versions = match Versions::of(programs) {
        Ok(versions) => versions,
        Err(findings) => {
            let says = findings
                .iter()
                .map(|it| format!("{}: {} {}", it.file, it.code.text(), it.message));
            return says.collect();
        }
    };
    let plans = Plans::new(&versions).unwrap();
    let wins = drawn(&plans, &case);
    let settled = match rehearse(&plans, &case.events, &wins, case.as_of) {
        Ok(settled) => settled,
        Err(problems) => return problems.iter().map(|it| format!("{it:?}")).collect(),
    };
    let mut problems = Vec::new();
    for name in ["entries", "rungs", "rewards"] {
        let nothing = TextTable::default();
        let expected = case.ledger.get(name).unwrap_or(&nothing);
        let mut wanted: Vec<Vec<String>> = expected.rows.iter().map(|row| cells(row)).collect();
        let columns: &[String] = match name {
            _ if !expected.columns.is_empty() => &expected.columns,
            _ => &["account".to_owned(), "date".to_owned()],
        };
        let mut got: Vec<Vec<String>> = booked(&versions, &settled, name)
            .iter()
            .map(|row| {
                columns
                    .iter()
                    .map(|it| row.get(it.as_str()).cloned().unwrap_or_default())
                    .collect()
            })
            .collect();
        wanted.sort();
        got.sort();
        if wanted != got {
            problems.push(format!(
                "{name} ({})\n{}",
                columns.join(" | "),
                difference(&wanted, &got)
            ));
        }
    }
    problems.extend(recounted(&versions, &settled, &wins, case.as_of));
    problems
}

fn cells(row: &[Option<String>]) -> Vec<String> {
    row.iter()
        .map(|cell| cell.clone().unwrap_or_default())
        .collect()
}

fn difference(wanted: &[Vec<String>], got: &[Vec<String>]) -> String {
    let without = |some: &[Vec<String>], others: &[Vec<String>], sign: char| {
        let mut others = others.to_vec();
        let mut lines = String::new();
        for row in some {
            match others.iter().position(|other| other == row) {
                Some(at) => drop(others.remove(at)),
                None => lines += &format!("  {sign} {}\n", row.join(" | ")),
            }
        }
        lines
    };
    without(wanted, got, '-') + &without(got, wanted, '+')
}

/// What settlement booked, as rows of a table.
fn booked(
    versions: &Versions,
    settled: &BTreeMap<String, Rehearsed>,
    name: &str,
) -> Vec<BTreeMap<&'static str, String>> {
    let program = versions.newest();
    let by = |version: u16| day_text(versions.all()[usize::from(version)].from);
    let id = |event: Option<&EventRef>| event.map_or(String::new(), |event| event.1.to_string());
    let date = |at: Instant| day_text(program.zone.day(at));
    let rung = |rung: u8| rung_text(program, rung).unwrap_or_default().to_owned();
    let mut rows = Vec::new();
    for (account, rehearsed) in settled {
        let common = |at: Instant| {
            let stamp = jiff::Timestamp::from_microsecond(at).unwrap();
            let local = program.zone.jiff().to_datetime(stamp);
            BTreeMap::from([
                ("account", account.clone()),
                ("date", date(at)),
                ("time", local.strftime("%H:%M").to_string()),
            ])
        };
        let kept = &rehearsed.kept;
        match name {
            "entries" => rows.extend(kept.entries.iter().map(|entry| {
                let mut row = common(entry.at);
                row.insert("kind", entry.kind.text().to_owned());
                row.insert("rule", rule_text(program, entry.rule));
                // As the version says in whose name it is booked.
                let judging = &versions.all()[usize::from(entry.version)];
                let wallet = entry.rule.wallet(judging).unwrap_or(0);
                row.insert("wallet", wallet_text(program, wallet).to_owned());
                row.insert("points", points_of(program, wallet, entry.points));
                row.insert("expires", entry.expires.map_or(String::new(), date));
                row.insert("event", id(Some(&entry.event)));
                row.insert("lot", id(entry.lot.as_ref()));
                row.insert("version", by(entry.version));
                row
            })),
            "rungs" => rows.extend(kept.rungs.iter().map(|moved| {
                let mut row = common(moved.at);
                row.insert("from", rung(moved.from));
                row.insert("to", rung(moved.to));
                row.insert("until", moved.until.map_or(String::new(), day_text));
                row.insert("reason", moved.reason.text().to_owned());
                row.insert("event", id(moved.event.as_ref()));
                row.insert("version", by(moved.version));
                row
            })),
            _ => rows.extend(kept.issued.iter().map(|issued| {
                let mut row = common(issued.at);
                row.insert(
                    "reward",
                    program.rewards[usize::from(issued.reward)].id.clone(),
                );
                row.insert("member", issued.member.clone());
                row.insert("until", date(issued.until));
                row.insert("event", id(issued.event.as_ref()));
                row.insert("revoked_by", id(issued.revoked_by.as_ref()));
                row
            })),
        }
    }
    rows
}

/// Draws every occurrence, one after the other, each from the state at the start of its day.
fn drawn(plans: &Plans<'_>, case: &Case) -> Wins {
    let versions = plans.versions;
    let program = versions.newest();
    let first = day_from(versions.all()[0].file.trim_end_matches(".toml")).unwrap();
    let mut due: Vec<(Instant, usize, String)> = Vec::new();
    for day in first..=case.as_of {
        for (index, surprise) in versions.on(day).surprises.iter().enumerate() {
            for (local, at) in occurrences(&surprise.schedule, &program.zone, day, day + 1) {
                due.push((at, index, local.strftime("%Y-%m-%dT%H:%M").to_string()));
            }
        }
    }
    due.sort();
    let mut decided = Wins::new();
    for (at, surprise, occurrence) in due {
        let day = program.zone.day(at);
        let key = day_key(b"cases", &program.id, day);
        let plan = &plans.all()[versions.at(day)];
        let declared = &plan.program.surprises[surprise];
        let mut won = Vec::new();
        for (account, mut rehearsed) in rehearse(plans, &case.events, &decided, day - 1).unwrap() {
            let mut members: Vec<String> = rehearsed
                .state
                .members
                .iter()
                .map(|it| it.id.clone())
                .collect();
            if members.is_empty() {
                // States name members only where there is more to say of them than the account's id.
                members.push(account.clone());
            }
            for (index, member) in members.into_iter().enumerate() {
                let drawn = ticket(&key, &program.id, &declared.id, &occurrence, &member);
                if rehearsed
                    .state
                    .may_draw(plan, surprise, index, &account, at, day)
                    && wins(&drawn, declared.chance)
                {
                    won.push((drawn, account.clone(), member));
                }
            }
        }
        won.sort();
        won.truncate(declared.budget.map_or(usize::MAX, |count| count as usize));
        for (_, account, member) in won {
            let win = Win {
                surprise,
                at,
                day,
                member,
            };
            decided.entry(account).or_default().push(win);
        }
    }
    decided
}

/// Where the recount says otherwise than settlement.
fn recounted(
    versions: &Versions,
    settled: &BTreeMap<String, Rehearsed>,
    wins: &Wins,
    as_of: Day,
) -> Vec<String> {
    let program = versions.newest();
    let until = program.zone.midnight(as_of + 1);
    let mut problems = Vec::new();
    for (account, rehearsed) in settled {
        let wins: Vec<rungs_verify::Win> = wins
            .get(account)
            .into_iter()
            .flatten()
            .map(|win| rungs_verify::Win {
                surprise: win.surprise,
                occurrence: win.at,
                member: win.member.clone(),
            })
            .collect();
        let batch = &rehearsed.batch;
        let recount = rungs_verify::recount(versions, batch, 0..batch.rows, &wins, until);
        let kept = &rehearsed.kept;
        let found = rungs_verify::compare(
            program,
            account,
            &recount,
            &kept.entries,
            &kept.rungs,
            &kept.issued,
        );
        problems.extend(found.iter().map(|it| format!("recount: {}", it.sentence)));
    }
    problems
}

/// Takes the case apart.
fn read(text: &str) -> Result<Case, String> {
    let mut case = Case {
        toml: Vec::new(),
        events: Vec::new(),
        ledger: BTreeMap::new(),
        as_of: 0,
    };
    let mut heading = "";
    let mut lines = text.lines();
    if !lines.next().is_some_and(|title| title.starts_with("# ")) {
        return Err("the first line is no title".to_owned());
    }
    let mut as_of = None;
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            heading = title;
        } else if let Some(date) = line
            .strip_prefix("As of ")
            .and_then(|rest| rest.strip_suffix('.'))
        {
            as_of = day_from(date);
        } else if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let block = block.join("\n");
            let table = || {
                TextTable::parse(&block)
                    .map_err(|problem| format!("{heading}: {}", problem.message))
            };
            match language {
                "toml" if case.toml.is_empty() => case.toml.push((None, block)),
                version if version.starts_with("toml ") && !case.toml.is_empty() => {
                    let day = day_from(&version[5..]);
                    let day = day.ok_or(format!("`{version}` names no day"))?;
                    case.toml.push((Some(day), block));
                }
                "events" => {
                    let kind =
                        Kind::from_text(heading).ok_or(format!("there is no event `{heading}`"))?;
                    let TextTable { columns, rows, .. } = table()?;
                    case.events.push(EventTable {
                        kind,
                        columns,
                        rows,
                    });
                }
                "ledger" if ["entries", "rungs", "rewards"].contains(&heading) => {
                    let table = table()?;
                    case.ledger.insert(heading.to_owned(), table);
                }
                other => return Err(format!("a block `{other}` under `{heading}`")),
            }
        }
    }
    case.as_of = as_of.ok_or("there is no line `As of <date>.`")?;
    Ok(case)
}

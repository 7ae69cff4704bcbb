//! `rungs test`: the scenarios beside a programme are settled in memory, and what comes out is held
//! against what they expect.

mod checks;
mod draws;
mod expected;
mod ladder;
mod reasons;
mod text;

use crate::program_folder::{Folder, scenario_files, text_of};
use draws::Drawn;
use expected::Asked;
use rungs_engine::calendar::Day;
use rungs_engine::fold::Plans;
use rungs_engine::language::scenario::{Scenario, scenarios};
use rungs_engine::program::Versions;
use rungs_engine::rehearsal::{EventTable, Rehearsed, rehearse};
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

/// The scenarios of one file.
#[derive(Debug, Clone)]
pub struct ScenarioFile {
    /// Its path from the programme's folder, with `/`.
    pub file: String,
    /// Its scenarios, in their order.
    pub scenarios: Vec<Scenario>,
}

/// What became of one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScenarioResult {
    /// Path of its file from the programme's folder.
    pub file: String,
    /// What it shows, as a sentence.
    pub name: String,
    /// The rule that it quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The line on which it begins.
    pub line: u32,
    /// Where settlement and the scenario differ; nothing if it passes.
    pub differences: Vec<Difference>,
}

/// One key of one expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The day whose end it is about.
    pub on: String,
    /// The member.
    pub member: String,
    /// The line on which the expectation begins.
    pub line: u32,
    /// The key, as `balance` or `entries`; `given` where the scenario cannot be settled.
    pub key: &'static str,
    /// Expected against actual.
    #[serde(flatten)]
    pub sides: Sides,
    /// What was booked, where that tells why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booked: Option<Table>,
}

/// Expected against actual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Sides {
    /// One value or sentence each.
    Values {
        /// What the scenario says.
        expected: String,
        /// What came out.
        actual: String,
    },
    /// Rows, each in one of them or in both.
    Rows(Table),
}

/// A table with a sign before each row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Where it stands.
    #[serde(rename = "in")]
    pub side: Side,
    /// Its cells, one a column.
    pub cells: Vec<String>,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Only the scenario has it.
    Expected,
    /// Only settlement has it.
    Actual,
    /// Both have it, or it is told for information.
    Both,
}

/// Reads the scenarios of a programme's folder; what is wrong with them is added to its findings.
/// Nothing if the programme itself has errors: no scenario can be read against it.
pub fn read_scenarios(folder: &Path, read: &mut Folder) -> Vec<ScenarioFile> {
    let Folder {
        versions: Some(versions),
        findings,
        texts,
    } = read
    else {
        return Vec::new();
    };
    // Its names are those of all versions.
    let program = versions.newest();
    let mut files = Vec::new();
    for path in scenario_files(folder) {
        let shown = path.display().to_string();
        let text = match text_of(&path) {
            Ok(text) => text,
            Err(finding) => {
                findings.push(*finding);
                continue;
            }
        };
        let (scenarios, found) = scenarios(program, &shown, &text);
        // Tables that could not be read would only be found wanting once more.
        if found.is_empty() {
            let problems = scenarios
                .iter()
                .flat_map(|scenario| checks::check(versions, scenario, &text));
            findings.extend(problems.map(|problem| problem.finding(&shown)));
        }
        findings.extend(found);
        texts.push((shown, text));
        let inner = path.strip_prefix(folder).unwrap_or(&path);
        let parts: Vec<_> = inner
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        files.push(ScenarioFile {
            file: parts.join("/"),
            scenarios,
        });
    }
    files
}

/// Settles scenarios, in their order.
pub fn run(versions: &Versions, files: &[ScenarioFile]) -> Vec<ScenarioResult> {
    let plans = Plans::new(versions);
    let all = files
        .iter()
        .flat_map(|file| file.scenarios.iter().map(move |scenario| (file, scenario)));
    all.map(|(file, scenario)| {
        let differences = match &plans {
            Ok(plans) => {
                settle(plans, scenario).unwrap_or_else(|cause| vec![unsettled(scenario, cause)])
            }
            Err(fine) => {
                let cause = format!(
                    "the rates of `{}` together need more digits than 64 bits have",
                    fine.rule
                );
                vec![unsettled(scenario, cause)]
            }
        };
        ScenarioResult {
            file: file.file.clone(),
            name: scenario.name.clone(),
            rule: scenario.rule.clone(),
            line: scenario.place.line,
            differences,
        }
    })
    .collect()
}

fn unsettled(scenario: &Scenario, cause: String) -> Difference {
    Difference {
        on: String::new(),
        member: String::new(),
        line: scenario.place.line,
        key: "given",
        sides: Sides::Values {
            expected: "events that can be settled".into(),
            actual: cause,
        },
        booked: None,
    }
}

/// The events of a scenario; a member whose account one table names has it in all of them.
fn tables(scenario: &Scenario) -> Vec<EventTable> {
    let accounts = accounts(scenario);
    let mut tables = Vec::new();
    for given in &scenario.given {
        let mut columns = given.columns.clone();
        let mut rows = given.rows.clone();
        let member = columns.iter().position(|column| column == "member");
        let account = columns
            .iter()
            .position(|column| column == "account")
            .unwrap_or_else(|| {
                columns.push("account".to_owned());
                columns.len() - 1
            });
        for row in &mut rows {
            row.resize(columns.len(), None);
            let named = member.and_then(|at| accounts.get(row.get(at)?.as_deref()?));
            if let (Some(cell @ None), Some(named)) = (row.get_mut(account), named) {
                *cell = Some((*named).to_owned());
            }
        }
        tables.push(EventTable {
            kind: given.kind,
            columns,
            rows,
        });
    }
    tables
}

/// The account of every member that the events name: the member's own, unless a table says otherwise.
fn accounts(scenario: &Scenario) -> BTreeMap<&str, &str> {
    let mut accounts = BTreeMap::new();
    for given in &scenario.given {
        let at = |name: &str| given.columns.iter().position(|column| column == name);
        let (member, account) = (at("member"), at("account"));
        for row in &given.rows {
            let cell = |at: Option<usize>| row.get(at?)?.as_deref();
            let Some(member) = cell(member) else { continue };
            match cell(account) {
                Some(account) => drop(accounts.insert(member, account)),
                None => drop(accounts.entry(member).or_insert(member)),
            }
        }
    }
    accounts
}

/// Settles a scenario once for each day that it asks about, or says why it cannot.
fn settle(plans: &Plans<'_>, scenario: &Scenario) -> Result<Vec<Difference>, String> {
    let (tables, accounts) = (tables(scenario), accounts(scenario));
    let unread = |problems: Vec<rungs_engine::rehearsal::TableProblem>| {
        let first = problems.into_iter().next();
        first.map_or_else(String::new, |it| format!("`{}`: {}", it.column, it.message))
    };
    let drawn = Drawn::of(plans, scenario, &tables, &accounts).map_err(unread)?;
    let mut nights: BTreeMap<Day, BTreeMap<String, Rehearsed>> = BTreeMap::new();
    let mut before: BTreeMap<&str, Day> = BTreeMap::new();
    let mut differences = Vec::new();
    for expect in &scenario.expect {
        if let Entry::Vacant(night) = nights.entry(expect.on) {
            night.insert(rehearse(plans, &tables, &drawn.wins, expect.on).map_err(unread)?);
        }
        let account = accounts
            .get(expect.member.as_str())
            .copied()
            .unwrap_or(&expect.member);
        let asked = Asked {
            plans,
            expect,
            account,
            settled: nights.get(&expect.on).and_then(|all| all.get(account)),
            after: before.insert(&expect.member, expect.on),
            drawn: &drawn,
        };
        differences.extend(asked.differences());
    }
    Ok(differences)
}

//! What is wrong with a scenario beyond its letters: cells that are no values, names that nothing gives,
//! draws on days without an occurrence.

use rungs_engine::calendar::{Day, day_text};
use rungs_engine::cron::occurrences;
use rungs_engine::finding::{Code, Finding, Place, closest};
use rungs_engine::language::scenario::{Expect, Scenario};
use rungs_engine::program::Versions;
use rungs_engine::rehearsal::{TableProblem, batches};
use std::collections::BTreeMap;

/// How far is looked for the next occurrence of a surprise, in days.
const FAR: Day = 1_500;

/// Something wrong.
#[derive(Debug)]
pub struct Problem {
    place: Place,
    message: String,
    label: String,
    help: String,
}

impl Problem {
    /// As a finding in a file.
    pub fn finding(self, file: &str) -> Finding {
        Finding::new(
            Code::Scenario,
            file,
            self.place,
            self.message,
            self.label,
            self.help,
        )
    }
}

/// Everything that is wrong with a scenario that stands in `text`.
pub fn check(versions: &Versions, scenario: &Scenario, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let program = versions.newest();
    if let Err(unread) = batches(program, &super::tables(scenario)) {
        problems.extend(
            unread
                .into_iter()
                .map(|problem| cell(scenario, text, problem)),
        );
    }
    let accounts = super::accounts(scenario);
    let members: Vec<&str> = accounts.keys().copied().collect();
    for draw in &scenario.draw {
        if let Some(surprise) = versions
            .on(draw.on)
            .surprises
            .iter()
            .find(|surprise| surprise.id == draw.surprise)
        {
            let on = |from, before| {
                occurrences(&surprise.schedule, &program.zone, from, before)
                    .into_iter()
                    .next()
            };
            if on(draw.on, draw.on + 1).is_none() {
                let next = on(draw.on + 1, draw.on + FAR);
                problems.push(Problem {
                    place: draw.place,
                    message: format!(
                        "`{}` does not occur on {}",
                        draw.surprise,
                        day_text(draw.on)
                    ),
                    label: "no occurrence on this day".into(),
                    help: next.map_or_else(
                        || format!("its schedule is `{}`", surprise.schedule.cron),
                        |(local, _)| format!("its next occurrence is on {}", local.date()),
                    ),
                });
            }
        }
        for member in draw
            .members
            .iter()
            .filter(|member| !members.contains(&member.as_str()))
        {
            problems.push(unknown(draw.place, member, &members));
        }
    }
    let mut last: BTreeMap<&str, Day> = BTreeMap::new();
    for expect in &scenario.expect {
        if !members.contains(&expect.member.as_str()) {
            problems.push(unknown(expect.place, &expect.member, &members));
        }
        let before = last.insert(&expect.member, expect.on);
        if let Some(before) = before.filter(|before| *before > expect.on) {
            problems.push(Problem {
                place: expect.place,
                message: format!(
                    "`{}` is asked about {} after {}",
                    expect.member,
                    day_text(expect.on),
                    day_text(before)
                ),
                label: "lies before the expectation above".into(),
                help: "put the expectations of a member in the order of their days".into(),
            });
        }
        problems.extend(event(scenario, expect));
    }
    problems
}

fn unknown(place: Place, member: &str, members: &[&str]) -> Problem {
    Problem {
        place,
        message: format!("no event is given for member `{member}`"),
        label: "nothing can come of nothing".into(),
        help: match closest(member, members.iter().copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "give an event for the member, at least the enrolment".into(),
        },
    }
}

/// A rule that did not fire for an event that nobody gave.
fn event(scenario: &Scenario, expect: &Expect) -> Option<Problem> {
    let why_not = expect.why_not.as_ref()?;
    let wanted = why_not.event.as_deref()?;
    let ids: Vec<&str> = scenario
        .given
        .iter()
        .filter_map(|given| {
            Some((
                given,
                given.columns.iter().position(|column| column == "id")?,
            ))
        })
        .flat_map(|(given, at)| {
            given
                .rows
                .iter()
                .filter_map(move |row| row.get(at)?.as_deref())
        })
        .collect();
    (!ids.contains(&wanted)).then(|| Problem {
        place: why_not.place,
        message: format!("no event `{wanted}` is given"),
        label: "no row has this id".into(),
        help: match closest(wanted, ids) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "name the `id` of a row of the given tables".into(),
        },
    })
}

/// A problem of a table, under the very cell.
fn cell(scenario: &Scenario, text: &str, problem: TableProblem) -> Problem {
    let TableProblem {
        kind,
        row,
        column,
        message,
    } = problem;
    let given = scenario
        .given
        .iter()
        .find(|given| given.kind == kind && row.is_none_or(|row| row < given.rows.len()));
    let line = given.and_then(|given| {
        row.and_then(|row| given.row_places.get(row))
            .or(Some(&given.place))
    });
    let place = line.copied().unwrap_or(scenario.place);
    let at = given.and_then(|given| given.columns.iter().position(|name| *name == column));
    let place = match (row, at) {
        (Some(_), Some(at)) => cell_place(text, place, at).unwrap_or(place),
        _ => place,
    };
    Problem {
        place,
        message: format!("`{column}`: {message}"),
        label: "in this row".into(),
        help: format!(
            "write the value as column `{column}` of `{}` has it",
            kind.text()
        ),
    }
}

/// The place of a cell in a line of a text table; nothing if the cell is empty.
fn cell_place(text: &str, line: Place, at: usize) -> Option<Place> {
    let content = text.get(line.start as usize..line.end as usize)?;
    let framed = usize::from(content.trim_start().starts_with('|'));
    let mut start = line.start;
    for (index, cell) in content.split('|').enumerate() {
        if index == at + framed {
            let from = start + (cell.len() - cell.trim_start().len()) as u32;
            let length = cell.trim().len() as u32;
            return (length > 0).then_some(Place {
                start: from,
                end: from + length,
                line: line.line,
            });
        }
        start += cell.len() as u32 + 1;
    }
    None
}

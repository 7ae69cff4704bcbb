//! One expectation against what was settled up to the end of its day.

use super::draws::Drawn;
use super::{Difference, Row, Side, Sides, Table};
use rungs_engine::calendar::{Day, Instant, day_text};
use rungs_engine::fold::{Plan, Plans, Step};
use rungs_engine::language::scenario::Expect;
use rungs_engine::language::text_table::TextTable;
use rungs_engine::ledger::canonical::{points_text, rule_line, rule_text, wallet_text};
use rungs_engine::ledger::{Entry, EntryKind, Issued, Rule};
use rungs_engine::number::Rational;
use rungs_engine::program::Program;
use rungs_engine::rehearsal::Rehearsed;

/// An expectation, with what it is held against.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The programme.
    pub plans: &'a Plans<'a>,
    /// The expectation.
    pub expect: &'a Expect,
    /// The member's account.
    pub account: &'a str,
    /// The account when the day ends; none if it has no events.
    pub settled: Option<&'a Rehearsed>,
    /// The day of the member's expectation before this one.
    pub after: Option<Day>,
    /// What was drawn.
    pub drawn: &'a Drawn<'a>,
}

impl<'a> Asked<'a> {
    /// Everything in which settlement differs.
    pub fn differences(self) -> Vec<Difference> {
        let expect = self.expect;
        let mut all = Vec::new();
        let purse = |wallet| self.settled.and_then(|it| it.state.purses.get(wallet));
        let open = |wallet| purse(wallet).map_or(0, |purse| purse.open);
        let pending = |wallet| purse(wallet).map_or(0, |purse| purse.pending);
        let balances = expect.balance.iter();
        let balances = balances.map(|(it, points)| ("balance", *it, *points, open(*it)));
        let held = expect.pending.iter();
        let held = held.map(|(it, points)| ("pending", *it, *points, pending(*it)));
        for (key, wallet, expected, actual) in balances.chain(held) {
            if expected != actual {
                let id = wallet_text(self.program(), wallet);
                let text = |points| format!("{} {id}", points_text(self.program(), points));
                // Where the entries are expected too, they say it themselves.
                let booked = expect.entries.is_none().then(|| self.booked());
                all.push(Difference {
                    booked,
                    ..self.values(key, text(expected), text(actual))
                });
            }
        }
        all.extend(self.rung());
        all.extend(self.rung_until());
        all.extend(self.missing());
        all.extend(self.rewards());
        all.extend(self.entries());
        all.extend(self.why_not());
        all
    }

    /// The version that rules on the day.
    pub(super) fn program(self) -> &'a Program {
        self.plan().program
    }

    pub(super) fn plan(self) -> &'a Plan<'a> {
        &self.plans.all()[self.plans.versions.at(self.expect.on)]
    }

    /// The instant at which the day has ended.
    pub(super) fn end(self) -> Instant {
        self.program().zone.midnight(self.expect.on + 1)
    }

    /// Whether something happened since the member's last expectation.
    pub(super) fn is_new(self, at: Instant) -> bool {
        at < self.end()
            && self
                .after
                .is_none_or(|day| at >= self.program().zone.midnight(day + 1))
    }

    /// Whether a name is the member's; where members are not remembered, the account's.
    pub(super) fn is_member(self, name: &str) -> bool {
        name == self.expect.member
            || (name == self.account && self.settled.is_some_and(|it| it.state.members.is_empty()))
    }

    /// The arithmetic of a rule at an event.
    fn step(self, entry: &Entry) -> Option<&'a Step> {
        let Rule::Earn(rule) = entry.rule else {
            return None;
        };
        let mut steps = self.settled?.kept.steps.iter();
        steps.find(|step| {
            let of = (usize::from(rule), &entry.event, entry.version);
            (step.rule, &step.event, step.version) == of
        })
    }

    pub(super) fn values(self, key: &'static str, expected: String, actual: String) -> Difference {
        self.difference(key, Sides::Values { expected, actual })
    }

    fn difference(self, key: &'static str, sides: Sides) -> Difference {
        Difference {
            on: day_text(self.expect.on),
            member: self.expect.member.clone(),
            line: self.expect.place.line,
            key,
            sides,
            booked: None,
        }
    }

    pub(super) fn date(self, at: Instant) -> String {
        day_text(self.program().zone.day(at))
    }

    fn place(self, rule: Rule) -> String {
        match rule {
            // They stand in no line of the programme: the event says it all.
            Rule::Redeem(_) | Rule::Adjust(_) | Rule::Opening(_) => String::new(),
            rule => format!(
                "{}:{}",
                self.program().file,
                rule_line(self.program(), rule)
            ),
        }
    }

    fn rewards(self) -> Option<Difference> {
        let program = self.program();
        let mut expected = self.expect.rewards.clone()?;
        let all = || self.settled.into_iter().flat_map(|it| &it.kept.issued);
        let taken_back = |issued: &Issued| {
            all().any(|other| other.revoked_by.is_some() && other.same_reward(issued))
        };
        let own = || {
            all()
                .filter(|issued| self.is_member(&issued.member) && issued.revoked_by.is_none())
                .filter(|issued| !taken_back(issued))
        };
        let id = |issued: &Issued| program.rewards[usize::from(issued.reward)].id.clone();
        // A reward that ends with the day was held until its end.
        let held: Vec<&Issued> = own().filter(|issued| issued.until >= self.end()).collect();
        let mut actual: Vec<String> = held.iter().map(|issued| id(issued)).collect();
        expected.sort();
        actual.sort();
        if expected == actual {
            return None;
        }
        let columns = ["reward", "since", "until", "rule", "event", "stands in"];
        let row = |issued: &Issued| {
            vec![
                id(issued),
                self.date(issued.at),
                self.date(issued.until),
                rule_text(program, issued.rule),
                issued
                    .event
                    .as_ref()
                    .map_or_else(String::new, |event| event.1.to_string()),
                self.place(issued.rule),
            ]
        };
        let mut rows = Vec::new();
        for issued in held {
            let side = if take(&mut expected, &id(issued)) {
                Side::Both
            } else {
                Side::Actual
            };
            rows.push(Row {
                side,
                cells: row(issued),
            });
        }
        // What is not held may have been, which is what one wants to know.
        let lapsed = |reward: &String| {
            own()
                .filter(|issued| issued.until < self.end())
                .any(|issued| id(issued) == *reward)
        };
        let booked: Vec<Vec<String>> = own()
            .filter(|issued| issued.until < self.end())
            .map(row)
            .collect();
        let booked = expected.iter().any(lapsed).then(|| told(&columns, booked));
        let empty = |reward: String| {
            std::iter::once(reward)
                .chain((1..columns.len()).map(|_| String::new()))
                .collect()
        };
        rows.splice(
            0..0,
            expected.into_iter().map(|reward| Row {
                side: Side::Expected,
                cells: empty(reward),
            }),
        );
        let table = Table {
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        };
        Some(Difference {
            booked,
            ..self.difference("rewards", Sides::Rows(table))
        })
    }

    /// Entries since the member's last expectation.
    fn new_entries(self) -> impl Iterator<Item = &'a Entry> {
        let all = self.settled.map_or(&[][..], |it| &it.kept.entries);
        all.iter().filter(move |entry| self.is_new(entry.at))
    }

    /// Everything that was booked since the last expectation, releases and debt too.
    fn booked(self) -> Table {
        let columns = [
            "date",
            "kind",
            "rule",
            "points",
            "event",
            "stands in",
            "why",
        ];
        let row = |entry: &Entry| {
            let mut cells = vec![self.cell(entry, "date"), entry.kind.text().to_owned()];
            cells.extend(columns[2..].iter().map(|column| self.cell(entry, column)));
            cells
        };
        told(&columns, self.new_entries().map(row).collect())
    }

    fn cell(self, entry: &Entry, column: &str) -> String {
        match column {
            "date" => self.date(entry.at),
            "rule" => rule_text(self.program(), entry.rule),
            "wallet" => {
                let wallet = entry.rule.wallet(self.program());
                wallet.map_or_else(String::new, |it| wallet_text(self.program(), it).to_owned())
            }
            "points" => points_text(self.program(), entry.points),
            "expires" => entry.expires.map_or_else(String::new, |at| self.date(at)),
            "event" => entry.event.1.to_string(),
            "stands in" => self.place(entry.rule),
            "why" => self.arithmetic(entry),
            _ => String::new(),
        }
    }

    fn arithmetic(self, entry: &Entry) -> String {
        let wallet = entry.rule.wallet(self.program());
        let wallet = wallet.and_then(|wallet| self.program().wallet(wallet));
        match (entry.kind, self.step(entry), wallet) {
            (EntryKind::Grant, Some(step), Some(wallet)) => {
                let den =
                    i128::from(step.denominator) * 10i128.pow(u32::from(self.program().scale()));
                let exact = |value| {
                    Rational::new(i128::from(value), den)
                        .map_or_else(String::new, |value| value.to_string())
                };
                let cap = if step.capped == step.exact {
                    String::new()
                } else {
                    format!(", {} after caps", exact(step.capped))
                };
                format!(
                    "{}{cap}, rounded {}",
                    exact(step.exact),
                    wallet.rounding.text()
                )
            }
            (kind, _, _) => match &entry.lot {
                Some(lot) => format!("{} from {}", kind.text(), lot.1),
                None => kind.text().to_owned(),
            },
        }
    }

    fn entries(self) -> Option<Difference> {
        let expected = self.expect.entries.as_ref()?;
        let actual: Vec<&Entry> = self
            .new_entries()
            .filter(|entry| entry.kind.changes_points())
            .collect();
        let chosen = |entry: &Entry| -> Vec<String> {
            expected
                .columns
                .iter()
                .map(|name| self.cell(entry, name))
                .collect()
        };
        let mut open: Vec<Vec<String>> = (0..expected.rows.len())
            .map(|row| self.written(expected, row))
            .collect();
        let extra: Vec<&str> = ["rule", "event", "stands in", "why"]
            .into_iter()
            .filter(|name| !expected.columns.iter().any(|column| column == name))
            .collect();
        let mut differ = false;
        let mut rows = Vec::new();
        for entry in actual {
            let mut cells = chosen(entry);
            let side = if take(&mut open, &cells) {
                Side::Both
            } else {
                Side::Actual
            };
            differ |= side == Side::Actual;
            cells.extend(extra.iter().map(|name| self.cell(entry, name)));
            rows.push(Row { side, cells });
        }
        if !differ && open.is_empty() {
            return None;
        }
        for mut cells in open {
            // Beside the first entry of its day, so that what belongs together stands together.
            let date = expected.columns.iter().position(|name| name == "date");
            let at = date.and_then(|date| {
                rows.iter().position(|row: &Row| {
                    row.side != Side::Expected && row.cells[date] >= cells[date]
                })
            });
            cells.extend(extra.iter().map(|_| String::new()));
            rows.insert(
                at.unwrap_or(rows.len()),
                Row {
                    side: Side::Expected,
                    cells,
                },
            );
        }
        let columns = expected
            .columns
            .iter()
            .cloned()
            .chain(extra.iter().map(|name| (*name).to_owned()))
            .collect();
        let line = self.expect.entries_place.line;
        Some(Difference {
            line,
            ..self.difference("entries", Sides::Rows(Table { columns, rows }))
        })
    }

    /// The cells of an expected entry, points as they are printed.
    fn written(self, table: &TextTable, row: usize) -> Vec<String> {
        let scale = self.program().scale();
        let cell = |name: &String| {
            let text = table.cell(row, name).unwrap_or_default();
            let points = (name == "points")
                .then(|| Rational::from_decimal(text)?.scaled(scale))
                .flatten();
            points.map_or_else(
                || text.to_owned(),
                |points| points_text(self.program(), points),
            )
        };
        table.columns.iter().map(cell).collect()
    }
}

/// A table for information.
pub(super) fn told(columns: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        rows: rows
            .into_iter()
            .map(|cells| Row {
                side: Side::Both,
                cells,
            })
            .collect(),
    }
}

/// Takes a value out of a list, if it is in it.
fn take<T: PartialEq>(list: &mut Vec<T>, value: &T) -> bool {
    let found = list.iter().position(|known| known == value);
    found.map(|at| drop(list.remove(at))).is_some()
}

//! Whether a scenario fits its programme.

use super::reader::{Placed, Reader, list};
use super::scenario::{
    Cells, Draw, DrawTable, Expect, ExpectTable, Given, Scenario, ScenarioTable, WhyNot,
    WhyNotTable,
};
use super::values::{Named, Number};
use crate::canonical::Kind;
use crate::finding::{Code, Place, closest};
use crate::number::Rational;
use crate::program::Program;

/// A file of scenarios while it is checked.
pub(crate) struct Checker<'p, 'r, 's> {
    pub program: &'p Program,
    pub reader: &'r mut Reader<'s>,
}

/// Columns of every event that a given table can have.
const COMMON: &[&str] = &["id", "member", "account", "time", "channel", "store"];
/// Columns that `entries` can have.
const ENTRIES: &[&str] = &["date", "rule", "wallet", "points", "expires", "event"];

impl Checker<'_, '_, '_> {
    /// One scenario.
    pub fn scenario(&mut self, raw: Placed<ScenarioTable>) -> Option<Scenario> {
        let table = raw.value;
        if let Some(rule) = &table.rule {
            self.quoted_rule(rule);
        }
        let draw = table.draw.map(|draw| draw.value).unwrap_or_default();
        let draw = draw.into_iter().filter_map(|raw| self.draw(raw)).collect();
        let given = table.given.map(|given| given.value.0).unwrap_or_default();
        let given = given
            .into_iter()
            .filter_map(|(kind, cells)| self.given(&kind, cells))
            .collect();
        let expect = table.expect.map(|expect| expect.value).unwrap_or_default();
        let expect = expect
            .into_iter()
            .filter_map(|raw| self.expect(raw))
            .collect();
        Some(Scenario {
            name: table.name?.value,
            place: raw.place,
            rule: table.rule.map(|rule| rule.value),
            draw,
            given,
            expect,
        })
    }

    /// Says that a name does not fit the programme.
    fn unknown(&mut self, place: Place, sort: &str, name: &str, known: &[&str]) {
        let help = match closest(name, known.iter().copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None if known.is_empty() => format!("there is no {sort} at all"),
            None => format!("known: {}", list(known)),
        };
        self.reader.find(
            Code::Scenario,
            place,
            format!("unknown {sort} `{name}`"),
            format!("the programme has no such {sort}"),
            help,
        );
    }

    fn known(&mut self, sort: &str, name: &Placed<String>, known: &[&str]) -> bool {
        let found = known.contains(&name.value.as_str());
        if !found {
            self.unknown(name.place, sort, &name.value, known);
        }
        found
    }

    fn quoted_rule(&mut self, rule: &Placed<String>) {
        let program = self.program;
        let mut known: Vec<&str> = rule_ids(program);
        known.extend(program.groups.iter().map(|group| group.id.as_str()));
        known.extend(program.metrics.iter().map(|metric| metric.id.as_str()));
        known.extend(program.benefits.iter().map(|benefit| benefit.id.as_str()));
        let rungs = program.tiers.iter().flat_map(|tiers| &tiers.rungs);
        known.extend(rungs.map(|rung| rung.id.as_str()));
        known.extend(program.wallets.iter().map(|wallet| wallet.id.as_str()));
        let tables: Vec<&str> = super::table_names();
        let first = rule.value.split('.').next().unwrap_or_default();
        if known.contains(&rule.value.as_str()) || tables.contains(&first) {
            return;
        }
        known.extend(tables);
        self.unknown(rule.place, "rule", &rule.value, &known);
    }

    fn draw(&mut self, raw: Placed<DrawTable>) -> Option<Draw> {
        let program = self.program;
        let table = raw.value;
        let surprise = table.surprise?;
        let ids: Vec<&str> = program.surprises.iter().map(|s| s.id.as_str()).collect();
        if self.known("surprise", &surprise, &ids)
            && let Some(reward) = &table.reward
        {
            let given: Vec<&str> = program
                .surprises
                .iter()
                .filter(|known| known.id == surprise.value)
                .filter_map(|known| program.rewards.get(known.reward))
                .map(|reward| reward.id.as_str())
                .collect();
            self.known("reward of this surprise", reward, &given);
        }
        let members = table.members?.value;
        Some(Draw {
            surprise: surprise.value,
            on: table.on?.value.0,
            members: members.into_iter().map(|member| member.value).collect(),
            reward: table.reward.map(|reward| reward.value),
            place: raw.place,
        })
    }

    fn given(&mut self, name: &Placed<String>, raw: Placed<Cells>) -> Option<Given> {
        let Some(kind) = Kind::from_text(&name.value) else {
            let settled = Kind::ALL.iter().filter(|kind| kind.settled());
            let words: Vec<&str> = settled.map(|kind| kind.text()).collect();
            self.unknown(name.place, "event", &name.value, &words);
            return None;
        };
        if !kind.settled() {
            self.reader
                .not_yet(name.place, &format!("`{}` events", name.value));
            return None;
        }
        let cells = raw.value;
        let program = self.program;
        let mut known: Vec<&str> = COMMON.to_vec();
        if super::collect::has_lines(kind) {
            known.push("number");
        }
        let own = program.columns.iter().filter(|column| column.kind == kind);
        known.extend(own.map(|column| column.name.as_str()));
        self.columns(&cells, &known, kind.text());
        for column in ["member", "time"] {
            if !cells.table.columns.iter().any(|name| name == column) {
                self.reader.find(
                    Code::Scenario,
                    cells.head,
                    format!("the table has no column `{column}`"),
                    "every event has it",
                    format!("add a column `{column}`"),
                );
            }
        }
        Some(Given {
            kind,
            columns: cells.table.columns,
            rows: cells.table.rows,
            place: raw.place,
            row_places: cells.rows,
        })
    }

    fn columns(&mut self, cells: &Cells, known: &[&str], what: &str) {
        for column in &cells.table.columns {
            if !known.contains(&column.as_str()) {
                let help = match closest(column, known.iter().copied()) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("its columns are {}", list(known)),
                };
                let place = cells.column(self.reader, column);
                self.reader.find(
                    Code::Scenario,
                    place,
                    format!("unknown column `{column}`"),
                    format!("`{what}` has no such column"),
                    help,
                );
            }
        }
    }

    fn expect(&mut self, raw: Placed<ExpectTable>) -> Option<Expect> {
        let table = raw.value;
        let program = self.program;
        if let Some(rung) = &table.rung {
            let rungs = program.tiers.iter().flat_map(|tiers| &tiers.rungs);
            let ids: Vec<&str> = rungs.map(|rung| rung.id.as_str()).collect();
            self.known("rung", rung, &ids);
        }
        let rewards: Vec<&str> = program.rewards.iter().map(|r| r.id.as_str()).collect();
        for reward in table.rewards.iter().flat_map(|rewards| &rewards.value) {
            self.known("reward", reward, &rewards);
        }
        if let Some(entries) = &table.entries {
            self.columns(&entries.value, ENTRIES, "entries");
        }
        let balance = table.balance.map(|points| self.points(points.value));
        let pending = table.pending.map(|points| self.points(points.value));
        let missing = table.missing.map(|missing| self.missing(missing.value));
        let why_not = table.why_not.and_then(|raw| self.why_not(raw));
        let entries_place = table.entries.as_ref().map_or(raw.place, |e| e.place);
        Some(Expect {
            on: table.on?.value.0,
            member: table.member?.value,
            balance: balance.unwrap_or_default(),
            pending: pending.unwrap_or_default(),
            rung: table.rung.map(|rung| rung.value),
            rung_until: table.rung_until.map(|until| until.value.0),
            rewards: table
                .rewards
                .map(|all| all.value.into_iter().map(|reward| reward.value).collect()),
            missing,
            entries: table.entries.map(|entries| entries.value.table),
            entries_place,
            why_not,
            place: raw.place,
        })
    }

    /// Scaled points, by wallet.
    fn points(&mut self, raw: Named<Number>) -> Vec<(u8, i64)> {
        let program = self.program;
        let ids: Vec<&str> = program.wallets.iter().map(|w| w.id.as_str()).collect();
        let mut all = Vec::new();
        for (name, value) in raw.0 {
            if !self.known("wallet", &name, &ids) {
                continue;
            }
            let exact = self.exact(&value, Rational::whole(10i64.pow(program.scale().into())));
            let place = (0..).zip(&ids).find(|(_, id)| **id == name.value);
            all.extend(place.zip(exact).map(|((place, _), exact)| (place, exact)));
        }
        all
    }

    fn missing(&mut self, raw: Named<Number>) -> Vec<(usize, i64)> {
        let program = self.program;
        let ids: Vec<&str> = program.metrics.iter().map(|m| m.id.as_str()).collect();
        let mut all = Vec::new();
        for (name, value) in raw.0 {
            if !self.known("metric", &name, &ids) {
                continue;
            }
            let found = program.metrics.iter().enumerate();
            for (at, metric) in found.filter(|(_, metric)| metric.id == name.value) {
                let exact = self.exact(&value, Rational::whole(metric.den));
                all.extend(exact.map(|exact| (at, exact)));
            }
        }
        all.sort_unstable();
        all
    }

    fn exact(&mut self, value: &Placed<Number>, unit: Rational) -> Option<i64> {
        let Number(number) = value.value;
        let exact = number.times(unit).filter(|scaled| scaled.den == 1);
        if exact.is_none() {
            self.reader.find(
                Code::Scenario,
                value.place,
                format!("`{number}` is finer than it is counted"),
                format!(
                    "the finest step is {}",
                    Rational {
                        num: 1,
                        den: unit.num
                    }
                ),
                "write the number as it can be",
            );
        }
        exact.map(|exact| exact.num)
    }

    fn why_not(&mut self, raw: Placed<WhyNotTable>) -> Option<WhyNot> {
        let table = raw.value;
        let rule = table.rule?;
        let ids = rule_ids(self.program);
        self.known("rule", &rule, &ids);
        Some(WhyNot {
            rule: rule.value,
            event: table.event.map(|event| event.value),
            reason: table.reason.map(|reason| reason.value.0.to_owned()),
            place: raw.place,
        })
    }
}

/// Ids of what can fire: earn rules, rewards, surprises.
fn rule_ids(program: &Program) -> Vec<&str> {
    let earn = program.earn.iter().map(|rule| rule.id.as_str());
    let rewards = program.rewards.iter().map(|reward| reward.id.as_str());
    let surprises = program
        .surprises
        .iter()
        .map(|surprise| surprise.id.as_str());
    earn.chain(rewards).chain(surprises).collect()
}

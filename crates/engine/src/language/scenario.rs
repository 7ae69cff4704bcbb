//! Scenario tests beside a programme: what is given, and what is expected then.

use super::quoted::bytes;
use super::reader::{Item, Placed, Reader, Value, list};
use super::table::{Plain, Shape, choice, table};
use super::text_table::TextTable;
use super::values::{Date, Many, Named, Number};
use crate::calendar::Day;
use crate::canonical::Kind;
use crate::finding::{Code, Finding, Place, closest};
use crate::number::Rational;
use crate::program::Program;
use serde_json::json;
use toml::de::{DeTable, DeValue};

/// One scenario: a sentence, what is given, what is expected.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it shows, as a sentence.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The rule that it quotes.
    pub rule: Option<String>,
    /// Who wins; nobody else does.
    pub draw: Vec<Draw>,
    /// Events, one table a kind.
    pub given: Vec<Given>,
    /// What is expected, in the order of the file.
    pub expect: Vec<Expect>,
}

/// The winners of one occurrence of a surprise.
#[derive(Debug, Clone)]
pub struct Draw {
    /// Id of the surprise.
    pub surprise: String,
    /// The local day of the occurrence.
    pub on: Day,
    /// Who wins.
    pub members: Vec<String>,
    /// The reward, if it is said.
    pub reward: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// Events of one kind.
#[derive(Debug, Clone)]
pub struct Given {
    /// Their kind.
    pub kind: Kind,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The cells; nothing where a cell is empty.
    pub rows: Vec<Vec<Option<String>>>,
    /// Where the table stands.
    pub place: Place,
    /// Where each row stands.
    pub row_places: Vec<Place>,
}

/// What is expected of a member when a day ends.
#[derive(Debug, Clone)]
pub struct Expect {
    /// The day.
    pub on: Day,
    /// The member.
    pub member: String,
    /// Points that can be spent, in the wallet's scale.
    pub balance: Option<i64>,
    /// Points that are held, in the wallet's scale.
    pub pending: Option<i64>,
    /// Id of the rung.
    pub rung: Option<String>,
    /// The day on which the rung ends.
    pub rung_until: Option<Day>,
    /// Ids of the rewards held.
    pub rewards: Option<Vec<String>>,
    /// What is missing to the next rung: metric (index) and value in its denominator.
    pub missing: Option<Vec<(usize, i64)>>,
    /// All that changed pending + open since the member's last expectation.
    pub entries: Option<TextTable>,
    /// Where `entries` stands.
    pub entries_place: Place,
    /// A rule that did not fire.
    pub why_not: Option<WhyNot>,
    /// Where it stands.
    pub place: Place,
}

/// A rule that did not fire, and why.
#[derive(Debug, Clone)]
pub struct WhyNot {
    /// Id of the rule.
    pub rule: String,
    /// Id of the event for which it did not.
    pub event: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// Where it stands.
    pub place: Place,
}

table! {
    /// Tests of a programme.
    ScenarioFile as "the tests" {
        /// The scenarios.
        required scenario: Many<ScenarioTable>,
    }
}

table! {
    /// What is given, and what is expected then.
    ScenarioTable as "[[scenario]]" {
        /// What it shows, as a sentence.
        required name: String,
        /// The rule that it quotes: an id, or a key such as `"tiers.crossing"`.
        optional rule: String,
        /// Who wins a surprise; nobody else does.
        optional draw: Many<DrawTable>,
        /// Events: one text table a kind; times are local, what is not given is empty, 0 or false.
        optional given: Named<Cells>,
        /// What is expected when a day ends.
        required expect: Many<ExpectTable>,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// Members kept out.
        holdout,
    }
}

table! {
    /// The winners of one occurrence of a surprise.
    DrawTable as "draw" {
        /// Id of the surprise.
        required surprise: String,
        /// The local day of the occurrence.
        required on: Date,
        /// Who wins.
        required members: Many<String>,
        /// The reward.
        optional reward: String,
    }
}

table! {
    /// What holds for a member when a day ends, all events received and settled without delay.
    ExpectTable as "[[scenario.expect]]" {
        /// The day.
        required on: Date,
        /// The member.
        required member: String,
        /// Points that can be spent, by wallet.
        optional balance: Named<Number>,
        /// Points that are held, by wallet.
        optional pending: Named<Number>,
        /// The rung held.
        optional rung: String,
        /// The day on which the rung ends.
        optional rung_until: Date,
        /// Ids of the rewards held.
        optional rewards: Many<String>,
        /// What is missing to the next rung, by metric.
        optional missing: Named<Number>,
        /// All that changed pending + open since the member's last expectation, with columns of your choice among `date`, `rule`, `wallet`, `points`, `expires`, `event`.
        optional entries: Cells,
        /// A rule that did not fire.
        optional why_not: WhyNotTable,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// Contacts made.
        contacts,
        /// Segment.
        segment,
    }
}

table! {
    /// A rule that did not fire, and why.
    WhyNotTable as "why_not" {
        /// Id of the rule.
        required rule: String,
        /// Id of the event for which it did not fire.
        optional event: String,
        /// The reason.
        optional reason: Reason,
    }
}

/// Why a rule did not fire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reason(&'static str);

choice!(Reason {
    "when" => Reason("when"), "Its condition was not true.";
    "cap" => Reason("cap"), "A cap was full.";
    "window" => Reason("window"), "Outside `from` and `before`.";
    "cooldown" => Reason("cooldown"), "Too soon after the last win.";
    "budget" => Reason("budget"), "The budget was spent.";
    "group" => Reason("group"), "Another rule of its group took its place.";
} later ["contact", "holdout"]);

/// A text table with the places of its lines.
#[derive(Debug)]
pub(crate) struct Cells {
    table: TextTable,
    head: Place,
    rows: Vec<Place>,
}

impl Value for Cells {
    fn shape() -> Shape {
        Shape::Plain(Plain {
            wants: "a text table",
            example: "'''…'''",
            schema: || json!({ "type": "string" }),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::String(text) = item.get_ref() else {
            reader.wrong_type(item, "a text table", "'''…'''");
            return None;
        };
        let place = reader.place(item.span());
        let bytes = bytes(reader.at(place), place.start, text);
        let lines: Vec<Place> = line_spans(text)
            .map(|(start, end)| match (bytes.get(start), bytes.get(end)) {
                (Some(start), Some(end)) => reader.place(*start as usize..*end as usize),
                _ => place,
            })
            .collect();
        let at = |line: usize| lines.get(line).copied().unwrap_or(place);
        match TextTable::parse(text) {
            Ok(table) => Some(Cells {
                head: lines
                    .iter()
                    .find(|line| line.end > line.start)
                    .copied()
                    .unwrap_or(place),
                rows: table.lines.iter().map(|line| at(*line)).collect(),
                table,
            }),
            Err(problem) => {
                reader.find(
                    Code::Scenario,
                    at(problem.line),
                    problem.message,
                    "in this line",
                    problem.help,
                );
                None
            }
        }
    }
}

impl Cells {
    /// The place of a column's name in the first line.
    fn column(&self, reader: &Reader<'_>, name: &str) -> Place {
        let head = reader.at(self.head);
        let mut start = 0;
        for cell in head.split('|') {
            if cell.trim() == name {
                let at = self.head.start as usize + start + cell.len() - cell.trim_start().len();
                return reader.place(at..at + name.len());
            }
            start += cell.len() + 1;
        }
        self.head
    }
}

/// First and last byte of the content of each line.
fn line_spans(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    text.split('\n').map(move |line| {
        let at = start;
        start += line.len() + 1;
        (at, at + line.trim_end().len())
    })
}

/// Reads and checks a file of scenario tests of a programme.
pub fn scenarios(program: &Program, file: &str, text: &str) -> (Vec<Scenario>, Vec<Finding>) {
    let mut reader = Reader::new(file, text);
    reader.names.currency_digits = program.currency_digits;
    let mut all = Vec::new();
    match DeTable::parse(text) {
        Ok(document) => {
            let span = document.span();
            let item = toml::Spanned::new(span, DeValue::Table(document.into_inner()));
            let tables = ScenarioFile::read(&item, &mut reader).and_then(|file| file.scenario);
            for raw in tables.map(|tables| tables.value).unwrap_or_default() {
                all.extend(
                    Checker {
                        program,
                        reader: &mut reader,
                    }
                    .scenario(raw),
                );
            }
        }
        Err(error) => super::syntax(&error, &mut reader),
    }
    let mut findings = reader.findings;
    findings.sort_by(|a, b| (a.place, a.code, &a.message).cmp(&(b.place, b.code, &b.message)));
    findings.dedup();
    (all, findings)
}

struct Checker<'p, 'r, 's> {
    program: &'p Program,
    reader: &'r mut Reader<'s>,
}

/// Columns of every event that a given table can have.
const COMMON: &[&str] = &["id", "member", "account", "time", "channel", "store"];
/// Columns that `entries` can have.
const ENTRIES: &[&str] = &["date", "rule", "wallet", "points", "expires", "event"];

impl Checker<'_, '_, '_> {
    fn scenario(&mut self, raw: Placed<ScenarioTable>) -> Option<Scenario> {
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
        known.extend(program.wallet.iter().map(|wallet| wallet.id.as_str()));
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
            balance: balance.flatten(),
            pending: pending.flatten(),
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

    /// Points of the wallet in its scale.
    fn points(&mut self, raw: Named<Number>) -> Option<i64> {
        let program = self.program;
        let ids: Vec<&str> = program.wallet.iter().map(|w| w.id.as_str()).collect();
        let scale = program.wallet.as_ref().map_or(0, |wallet| wallet.scale);
        let mut points = None;
        for (name, value) in raw.0 {
            if self.known("wallet", &name, &ids) {
                points = self.exact(&value, Rational::whole(10i64.pow(u32::from(scale))));
            }
        }
        points
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

//! Scenario tests beside a programme: what is given, and what is expected then.

use super::quoted::bytes;
use super::reader::{Item, Reader, Value};
use super::scenario_check::Checker;
use super::table::{Plain, Shape, choice, table};
use super::text_table::TextTable;
use super::values::{Date, Many, Named, Number};
use crate::calendar::Day;
use crate::canonical::Kind;
use crate::finding::{Code, Finding, Place};
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
    pub balance: Vec<(u8, i64)>,
    /// Points that are held, in the wallet's scale.
    pub pending: Vec<(u8, i64)>,
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
pub(crate) struct Reason(pub &'static str);

choice!(Reason {
    "when" => Reason("when"), "Its condition was not true.";
    "cap" => Reason("cap"), "A cap was full.";
    "window" => Reason("window"), "Outside `from` and `before`.";
    "cooldown" => Reason("cooldown"), "Too soon after the last win.";
    "budget" => Reason("budget"), "The budget was spent.";
    "group" => Reason("group"), "Another rule of its group took its place.";
    "zero" => Reason("zero"), "What came out rounds to nothing.";
    "enrolment" => Reason("enrolment"), "The account had not enrolled.";
} later ["contact", "holdout"]);

/// A text table with the places of its lines.
#[derive(Debug)]
pub(crate) struct Cells {
    pub table: TextTable,
    pub head: Place,
    pub rows: Vec<Place>,
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
    pub fn column(&self, reader: &Reader<'_>, name: &str) -> Place {
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

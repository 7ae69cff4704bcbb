//! `[collect.<dataset>]`: the declared shape of uploaded files.

use super::reader::{Item, Placed, Reader, Value, list};
use super::table::{Plain, Shape, Word, choice, table};
use super::values::{Duration, Many, Named, Number, OneOrMany, Whole, is_words};
use super::{Build, columns, program_table};
use crate::canonical::{Kind, Moment, Type};
use crate::finding::{Code, Place};
use crate::number::Rational;
use crate::program::{Dataset, Format, Pii, Trigger};
use serde_json::json;
use toml::de::DeValue;

table! {
    /// The shape of the files of one dataset, and what each of their rows becomes.
    DatasetTable as "[collect.<dataset>]" {
        /// The kind of event that a row becomes.
        required event: Kind,
        /// Pattern of the files under the inbox; `<dataset>/**` if not given.
        optional file: String,
        /// Format of the files; by their ending if not given.
        optional format: Format,
        /// Source column of the event's id; of several, the values are joined with `/`. No two accounts share an id: what another account says under it is another event, and `rungs verify` names it.
        required id: OneOrMany<String>,
        /// Source column of the member.
        required member: String,
        /// Source column of the account, if pools have a number of their own; else the member.
        optional account: String,
        /// Source column of the event's time.
        required time: String,
        /// Source column of the revision: of rows with one id and account the highest wins. To move an event to another account, cancel it in the old one with `void`.
        optional revision: String,
        /// IANA zone of times without offset; the programme's if not given.
        optional zone: String,
        /// Source column of the line's number; rows with one id are then lines of one event. They stand in one file: lines of a known event in another file are a conflict.
        optional line: String,
        /// Columns with one value for all rows: `{ name = "reload" }`.
        optional fixed: Named<Fixed>,
        /// What the personal data is needed for; required if a column says `pii`.
        optional purpose: String,
        /// How long the personal data is kept; required if a column says `pii`.
        optional retention: Duration,
        /// Columns that need more than their name, and columns of yours.
        optional columns: Named<ColumnTable>,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// The shape of a known system's files.
        preset instead [id, member, time],
    }
}

table! {
    /// One column of a dataset. A column of the event's kind needs no type; one of yours does.
    ColumnTable as "[collect.<dataset>.columns]" {
        /// Name in the file; the same if not given.
        optional from: String,
        /// Type of a column of yours.
        optional r#type: Type,
        /// A row without it goes to quarantine.
        default("false") required: bool,
        /// The texts that it can have; others go to quarantine.
        optional values: Many<String>,
        /// Least number that it can have.
        optional min: Number,
        /// Largest number that it can have.
        optional max: Number,
        /// Digits after the point, where money or a decimal has more than usual.
        optional digits: Whole<0, 9>,
        /// `"minor"`: the file has money as whole minor units.
        optional unit: Minor,
        /// Whether it belongs to a line, not to the event. If not given: lines, where only they have it, or where the dataset names a `line`.
        optional line: bool,
        /// It is personal: kept, replaced by a keyed hash, or never stored.
        optional pii: Pii,
        /// For colleagues.
        optional note: String,
    }
}

choice!(Format {
    "csv" => Format::Csv, "Comma-separated values with a header.";
    "parquet" => Format::Parquet, "Apache Parquet.";
} later ["jsonl"]);

choice!(Pii {
    "keep" => Pii::Keep, "Kept as it is.";
    "hash" => Pii::Hash, "Replaced by a keyed hash.";
    "drop" => Pii::Drop, "Never stored.";
} later []);

/// Whole numbers in a file are minor units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Minor;

choice!(Minor { "minor" => Minor, "Whole minor units."; } later []);

impl Value for Kind {
    fn shape() -> Shape {
        Shape::Choice(
            Kind::ALL
                .iter()
                .map(|kind| Word {
                    word: kind.text(),
                    doc: kind.settled().then(|| kind.doc()),
                })
                .collect(),
        )
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let place = reader.place(item.span());
        match item.get_ref() {
            DeValue::Array(_) => {
                reader.not_yet(place, "a list of events");
                None
            }
            DeValue::String(word) if is_moment(word) => {
                reader.not_yet(place, &format!("the moment `{word}` in this place"));
                None
            }
            _ => reader.word(item, &Self::shape()).and_then(Kind::from_text),
        }
    }
}

fn is_moment(word: &str) -> bool {
    Moment::LATER.contains(&word) || Moment::ALL.iter().any(|moment| moment.text() == word)
}

impl Value for Trigger {
    fn shape() -> Shape {
        let Shape::Choice(mut words) = Kind::shape() else {
            return Kind::shape();
        };
        words.extend(Moment::ALL.iter().map(|moment| Word {
            word: moment.text(),
            doc: Some(match moment {
                Moment::Birthday => "The member's birthday.",
                Moment::RungReached => "A rung was reached by what happened; a rung that the desk gives (`adjust`) issues nothing.",
            }),
        }));
        words.extend(Moment::LATER.iter().map(|word| Word { word, doc: None }));
        Shape::Choice(words)
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if let DeValue::Array(_) = item.get_ref() {
            let place = reader.place(item.span());
            reader.not_yet(place, "a list of events");
            return None;
        }
        let word = reader.word(item, &Self::shape())?;
        let moment = Moment::ALL.iter().find(|moment| moment.text() == word);
        match (moment, Kind::from_text(word)) {
            (Some(moment), _) => Some(Trigger::Moment(*moment)),
            (None, kind) => kind.map(Trigger::Event),
        }
    }
}

/// A value that is the same in all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fixed {
    /// Text.
    Text(String),
    /// A number.
    Number(Rational),
    /// True or false.
    Boolean(bool),
    /// A date.
    Date(i32),
}

impl Value for Fixed {
    fn shape() -> Shape {
        Shape::Plain(Plain {
            wants: "a text, number, boolean or date",
            example: "\"reload\"",
            schema: || json!({ "type": ["string", "number", "boolean"] }),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match item.get_ref() {
            DeValue::String(text) => Some(Fixed::Text(text.to_string())),
            DeValue::Boolean(value) => Some(Fixed::Boolean(*value)),
            DeValue::Datetime(_) => {
                super::values::Date::read(item, reader).map(|date| Fixed::Date(date.0))
            }
            DeValue::Integer(_) | DeValue::Float(_) => {
                Number::read(item, reader).map(|number| Fixed::Number(number.0))
            }
            _ => {
                reader.wrong_type(item, "a text, number, boolean or date", "\"reload\"");
                None
            }
        }
    }
}

/// A dataset as it was read.
pub(crate) struct Raw {
    pub id: Placed<String>,
    pub place: Place,
    pub event: Option<Kind>,
    pub table: DatasetTable,
}

/// Checks the datasets and fills `Build::columns`.
pub(crate) fn datasets(build: &mut Build<'_>, raw: Option<Named<DatasetTable>>) -> Vec<Dataset> {
    let mut raws: Vec<Raw> = raw
        .map(|named| named.0)
        .unwrap_or_default()
        .into_iter()
        .map(|(id, table)| Raw {
            id,
            place: table.place,
            event: table.value.event.as_ref().map(|event| event.value),
            table: table.value,
        })
        .collect();
    raws.sort_by(|a, b| a.id.value.cmp(&b.id.value));
    build.collected = raws.iter().filter_map(|raw| raw.event).collect();
    let mut sources = columns::columns(build, &raws);
    raws.into_iter()
        .enumerate()
        .filter_map(|(at, raw)| {
            let (columns, fixed, number) = std::mem::take(&mut sources[at]);
            let mut dataset = dataset(build, raw)?;
            dataset.columns = columns;
            dataset.fixed = fixed;
            // A refund's rows name the lines of the order; that number tells its own lines apart too.
            dataset.line = number.or(dataset.line);
            Some(dataset)
        })
        .collect()
}

fn dataset(build: &mut Build<'_>, raw: Raw) -> Option<Dataset> {
    let (id, table) = (raw.id, raw.table);
    if !is_words(&id.value.replace('_', "-"), '-') {
        super::values::id_form(&mut build.reader, id.place, &id.value, '-');
    }
    let file = match &table.file {
        Some(file) => {
            ending(build, file);
            file.value.clone()
        }
        None => format!("{}/**", id.value),
    };
    let zone = match &table.zone {
        Some(zone) => Some(program_table::zone(build, zone)?),
        None => None,
    };
    if let (Some(line), Some(event)) = (&table.line, raw.event)
        && !has_lines(event)
    {
        build.reader.find(
            Code::WrongValue,
            line.place,
            format!("`{}` events have no lines", event.text()),
            "only orders and refunds have lines",
            "drop `line`: each row is one event",
        );
    }
    personal(build, &table, id.place);
    let event_id = table.id?;
    if event_id.value.0.is_empty() {
        build.reader.find(
            Code::WrongValue,
            event_id.place,
            "the list of id columns is empty",
            "no column",
            "name the column, or the columns, that identify the event",
        );
    }
    Some(Dataset {
        absent: false,
        id: id.value,
        place: raw.place,
        event: raw.event?,
        file,
        format: table.format.map(|format| format.value),
        event_id: event_id
            .value
            .0
            .into_iter()
            .map(|column| column.value)
            .collect(),
        member: table.member?.value,
        account: table.account.map(|account| account.value),
        time: table.time?.value,
        revision: table.revision.map(|revision| revision.value),
        zone,
        line: table.line.map(|line| line.value),
        fixed: Vec::new(),
        columns: Vec::new(),
        purpose: table.purpose.map(|purpose| purpose.value),
        retention: table.retention.map(|retention| retention.value.0),
    })
}

/// Whether rows of this kind can be lines.
pub(crate) fn has_lines(kind: Kind) -> bool {
    !kind.line_columns().is_empty()
}

/// Files whose ending says a format that cannot be read yet.
fn ending(build: &mut Build<'_>, file: &Placed<String>) {
    let later = [".jsonl", ".ndjson", ".gz", ".zst"];
    if let Some(ending) = later.iter().find(|ending| file.value.ends_with(*ending)) {
        build
            .reader
            .not_yet(file.place, &format!("reading `{ending}` files"));
    }
}

/// Personal data needs a purpose and a retention.
fn personal(build: &mut Build<'_>, table: &DatasetTable, place: Place) {
    let columns = table.columns.as_ref().map(|columns| &columns.value.0);
    let personal: Vec<_> = columns
        .into_iter()
        .flatten()
        .filter_map(|(name, column)| Some((name, column.value.pii.as_ref()?)))
        .collect();
    let Some((_, first)) = personal.first() else {
        return;
    };
    let missing: Vec<&str> = [
        ("purpose", table.purpose.is_none()),
        ("retention", table.retention.is_none()),
    ]
    .into_iter()
    .filter(|(_, missing)| *missing)
    .map(|(key, _)| key)
    .collect();
    if missing.is_empty() {
        return;
    }
    let names: Vec<&str> = personal
        .iter()
        .map(|(name, _)| name.value.as_str())
        .collect();
    let names = list(&names);
    build.reader.find_both(
        Code::PurposeMissing,
        first.place,
        format!("personal data ({names}) without {}", list(&missing)),
        "declared personal here",
        (place, "the dataset that collects it"),
        "add `purpose = \"…\"` (what it is needed for) and `retention = \"2 years\"` to the dataset",
    );
}

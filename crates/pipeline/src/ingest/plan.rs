//! Which column of a file goes where: a dataset of the programme met with the header of one file.

use super::finding::{ObjectCode, Refusal};
use super::text_number::LARGEST;
use rungs_engine::calendar::Zone;
use rungs_engine::canonical::{Kind, Type};
use rungs_engine::finding::closest;
use rungs_engine::number::Rational;
use rungs_engine::program::{Column, Dataset, Literal, Pii, Program, SourceColumn, Target};

/// A column of the file that is read.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// Its name in the file.
    pub name: String,
    /// Its position in the file.
    pub index: usize,
    /// Declared as personal data: never in quarantine.
    pub personal: bool,
    /// Text that is kept as codes into a dictionary.
    pub codes: bool,
}

/// What the values of a slot must be.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Index of the slot.
    pub slot: usize,
    /// Empty is an error.
    pub required: bool,
    /// The only values.
    pub values: Option<Vec<String>>,
    /// Least value, in units of the column's digits.
    pub low: i64,
    /// Largest value, likewise.
    pub high: i64,
    /// Whether the row says that below zero is no event of this kind (and not only out of range).
    pub sign: bool,
    /// Integers are in units of the column's digits.
    pub minor: bool,
    /// What happens to personal data.
    pub pii: Option<Pii>,
}

/// Where the values of a column of the programme come from.
#[derive(Debug, Clone)]
pub(super) enum Feed {
    /// It stays empty.
    Nothing,
    /// One value for all rows.
    Fixed(Literal),
    /// A column of the file.
    From(Source),
}

/// Where the number of a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineNumber {
    /// The kind has no lines: 0. A refund without lines too: the whole rest.
    None,
    /// An order is its only line: 1.
    One,
    /// A slot.
    Slot(usize),
}

/// As what a slot is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Text,
    Number { money: bool },
    Boolean,
    Time,
    Date,
}

/// How one file becomes events.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub program: &'a Program,
    pub dataset: &'a Dataset,
    pub slots: Vec<Slot>,
    pub id: Vec<usize>,
    pub member: usize,
    pub account: Option<usize>,
    pub time: usize,
    pub revision: Option<usize>,
    pub line: LineNumber,
    pub void: Option<usize>,
    pub channel: Option<Source>,
    pub store: Option<Source>,
    /// By index in `Program::columns`.
    pub columns: Vec<Feed>,
    /// Columns of the file that nobody asked for.
    pub ignored: Vec<String>,
}

impl<'a> Plan<'a> {
    /// The plan for a file with this header.
    pub(super) fn new(
        program: &'a Program,
        dataset: &'a Dataset,
        header: &[String],
    ) -> Result<Plan<'a>, Refusal> {
        let mut finder = Finder {
            dataset,
            header,
            slots: Vec::new(),
            missing: Vec::new(),
            twice: Vec::new(),
        };
        let id = dataset
            .event_id
            .iter()
            .map(|name| finder.needed(name))
            .collect();
        let member = finder.needed(&dataset.member);
        let account = dataset.account.as_ref().map(|name| finder.needed(name));
        let time = finder.needed(&dataset.time);
        let revision = dataset.revision.as_ref().map(|name| finder.needed(name));
        let mut line = match (&dataset.line, dataset.event) {
            (Some(name), _) => LineNumber::Slot(finder.needed(name)),
            (None, Kind::Order) => LineNumber::One,
            (None, _) => LineNumber::None,
        };
        for slot in [Some(member), account].into_iter().flatten() {
            finder.mark(slot, |slot| slot.codes = true);
        }

        let mut columns = vec![Feed::Nothing; program.columns.len()];
        let (mut channel, mut store) = (None, None);
        for listed in &dataset.columns {
            let Some(slot) = finder.listed(listed) else {
                continue;
            };
            match listed.target {
                Target::Channel => channel = Some(text_source(slot, listed)),
                Target::Store => store = Some(text_source(slot, listed)),
                Target::Column(index) => {
                    if let (Some(column), Some(feed)) =
                        (program.columns.get(index), columns.get_mut(index))
                    {
                        *feed = Feed::From(source(slot, listed, column));
                    }
                }
            }
        }
        for (index, literal) in &dataset.fixed {
            if let Some(feed) = columns.get_mut(*index) {
                *feed = Feed::Fixed(literal.clone());
            }
        }
        for (index, column) in program.columns.iter().enumerate() {
            let open = matches!(columns[index], Feed::Nothing)
                && !dataset
                    .columns
                    .iter()
                    .any(|listed| listed.target == Target::Column(index));
            if open
                && read_by_name(dataset, column)
                && let Some(slot) = finder.unlisted(&column.name)
            {
                columns[index] = Feed::From(bounds(plain(slot), column, None));
            }
        }
        let targets = |target| dataset.columns.iter().any(|listed| listed.target == target);
        if !targets(Target::Channel) {
            channel = finder.unlisted("channel").map(plain);
        }
        if !targets(Target::Store) {
            store = finder.unlisted("store").map(plain);
        }
        let keys = [&dataset.member, &dataset.time];
        if dataset.event == Kind::Refund
            && line == LineNumber::None
            && !dataset
                .event_id
                .iter()
                .chain(keys)
                .any(|name| name == "number")
            && let Some(slot) = finder.unlisted("number")
        {
            line = LineNumber::Slot(slot);
        }
        let void = finder.unlisted("void");

        for (index, feed) in columns.iter().enumerate() {
            if let Feed::From(source) = feed
                && program.columns[index].kind_of_value == Type::Text
            {
                finder.mark(source.slot, |slot| slot.codes = true);
            }
        }
        for source in [&channel, &store].into_iter().flatten() {
            finder.mark(source.slot, |slot| slot.codes = true);
        }
        finder.refuse()?;
        let ignored = header
            .iter()
            .enumerate()
            .filter(|(index, _)| !finder.slots.iter().any(|slot| slot.index == *index))
            .map(|(_, name)| name.clone())
            .collect();
        Ok(Plan {
            program,
            dataset,
            slots: finder.slots,
            id,
            member,
            account,
            time,
            revision,
            line,
            void,
            channel,
            store,
            columns,
            ignored,
        })
    }

    /// Whose clock times without an offset are.
    pub(super) fn zone(&self) -> &'a Zone {
        self.dataset.zone.as_ref().unwrap_or(&self.program.zone)
    }

    /// Whether rows with one id are lines of one event.
    pub(super) fn has_lines(&self) -> bool {
        matches!(self.line, LineNumber::Slot(_))
    }

    /// As what each slot is used; a slot may be used more than once.
    pub(super) fn uses(&self) -> Vec<(usize, Use)> {
        let number = Use::Number { money: false };
        let mut uses: Vec<(usize, Use)> = self.id.iter().map(|slot| (*slot, Use::Text)).collect();
        uses.push((self.member, Use::Text));
        uses.extend(self.account.map(|slot| (slot, Use::Text)));
        uses.push((self.time, Use::Time));
        uses.extend(self.revision.map(|slot| (slot, number)));
        if let LineNumber::Slot(slot) = self.line {
            uses.push((slot, number));
        }
        uses.extend(self.void.map(|slot| (slot, Use::Boolean)));
        for source in [&self.channel, &self.store].into_iter().flatten() {
            uses.push((source.slot, Use::Text));
        }
        for (feed, column) in self.columns.iter().zip(&self.program.columns) {
            if let Feed::From(source) = feed {
                let of = match column.kind_of_value {
                    Type::Text => Use::Text,
                    Type::Integer | Type::Decimal => number,
                    Type::Money => Use::Number { money: true },
                    Type::Boolean => Use::Boolean,
                    Type::Date | Type::MonthDay => Use::Date,
                    Type::Time => Use::Time,
                };
                uses.push((source.slot, of));
            }
        }
        uses
    }
}

/// Looks columns up by name and gathers what is wrong with the header, so that one finding says it all.
struct Finder<'a> {
    dataset: &'a Dataset,
    header: &'a [String],
    slots: Vec<Slot>,
    missing: Vec<String>,
    twice: Vec<String>,
}

impl Finder<'_> {
    fn find(&mut self, name: &str) -> Option<usize> {
        if let Some(slot) = self.slots.iter().position(|slot| slot.name == name) {
            return Some(slot);
        }
        let index = self.header.iter().position(|one| one == name)?;
        if self.header.iter().filter(|one| *one == name).count() > 1 {
            self.twice.push(name.to_owned());
        }
        let personal = self
            .dataset
            .columns
            .iter()
            .any(|listed| listed.from == name && listed.pii.is_some());
        self.slots.push(Slot {
            name: name.to_owned(),
            index,
            personal,
            codes: false,
        });
        Some(self.slots.len() - 1)
    }

    /// The slot of a column without which the file is refused.
    fn needed(&mut self, name: &str) -> usize {
        self.find(name).unwrap_or_else(|| {
            if !self.missing.iter().any(|one| one == name) {
                self.missing.push(name.to_owned());
            }
            0
        })
    }

    fn listed(&mut self, listed: &SourceColumn) -> Option<usize> {
        if listed.required {
            Some(self.needed(&listed.from))
        } else {
            self.find(&listed.from)
        }
    }

    /// The slot of a column that is read because of its name, unless the programme gave it another meaning.
    fn unlisted(&mut self, name: &str) -> Option<usize> {
        let spoken_for = self
            .dataset
            .columns
            .iter()
            .any(|listed| listed.from == name);
        (!spoken_for).then(|| self.find(name)).flatten()
    }

    fn mark(&mut self, slot: usize, change: impl Fn(&mut Slot)) {
        if let Some(slot) = self.slots.get_mut(slot) {
            change(slot);
        }
    }

    fn refuse(&self) -> Result<(), Refusal> {
        let list = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        if let Some(first) = self.missing.first() {
            let help = match closest(first, self.header.iter().map(String::as_str)) {
                Some(near) => format!(
                    "did you mean `{near}`? correct `[collect.{}]` or the file's header",
                    self.dataset.id
                ),
                None => format!(
                    "the file has {}; correct `[collect.{}]` or the file's header",
                    list(self.header),
                    self.dataset.id
                ),
            };
            let message = format!(
                "dataset `{}` needs {} that the file does not have: {}",
                self.dataset.id,
                if self.missing.len() == 1 {
                    "a column"
                } else {
                    "columns"
                },
                list(&self.missing)
            );
            return Err(Refusal::new(ObjectCode::MissingColumn, message, help));
        }
        if !self.twice.is_empty() {
            return Err(Refusal::new(
                ObjectCode::DuplicateColumn,
                format!("the header has more than once: {}", list(&self.twice)),
                "give each column its own name, so that it is clear which one is meant",
            ));
        }
        Ok(())
    }
}

/// Whether a column is canonical and filled by a column of its name. Where an event and its lines both have
/// the name (`net`), rows that are lines fill the line, other rows the event.
fn read_by_name(dataset: &Dataset, column: &Column) -> bool {
    let kind = dataset.event;
    let has = |columns: &[(&str, Type)]| columns.iter().any(|(name, _)| *name == column.name);
    let (in_event, in_line) = (has(kind.columns()), has(kind.line_columns()));
    let line = in_line && (dataset.line.is_some() || !in_event);
    column.kind == kind && (in_event || in_line) && column.line == line
}

fn plain(slot: usize) -> Source {
    Source {
        slot,
        required: false,
        values: None,
        low: i64::MIN,
        high: i64::MAX,
        sign: false,
        minor: false,
        pii: None,
    }
}

fn text_source(slot: usize, listed: &SourceColumn) -> Source {
    Source {
        required: listed.required,
        values: listed.values.clone(),
        pii: listed.pii,
        ..plain(slot)
    }
}

fn source(slot: usize, listed: &SourceColumn, column: &Column) -> Source {
    let scaled = |value: Rational, up: bool| {
        let units = i128::from(value.num) * 10i128.pow(u32::from(column.digits));
        let den = i128::from(value.den);
        let below = units.div_euclid(den);
        let bound = below + i128::from(up && units.rem_euclid(den) > 0);
        bound.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    };
    let mut source = text_source(slot, listed);
    source.minor = listed.minor;
    source.low = listed.min.map_or(i64::MIN, |min| scaled(min, true));
    source.high = listed.max.map_or(i64::MAX, |max| scaled(max, false));
    bounds(source, column, listed.min)
}

/// Bounds that follow from the column itself: what 18 digits hold, and no amounts below zero in an order, a
/// refund or a redemption unless the programme says so with a `min`.
fn bounds(mut source: Source, column: &Column, min: Option<Rational>) -> Source {
    let amounts = matches!(
        column.kind,
        Kind::Order | Kind::Refund | Kind::Redeem | Kind::Unredeem
    );
    let counted = ["quantity", "points", "points_used"].contains(&column.name.as_str());
    source.sign = amounts
        && (column.kind_of_value == Type::Money || counted)
        && min.is_none_or(|min| min >= Rational::ZERO);
    if matches!(column.kind_of_value, Type::Money | Type::Decimal) {
        source.low = source.low.max(-LARGEST);
        source.high = source.high.min(LARGEST);
    }
    source
}

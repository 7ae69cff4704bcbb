//! What a name stands for: the columns of `event`, `line`, `member` and `account`.

use super::expression::{AccountColumn, Common, Expr, MemberColumn, MomentColumn, Node, Sort};
use super::guards::Hole;
use super::typing::{Typed, Typer};
use super::{MetricColumn, Occasion};
use crate::canonical::{Kind, Moment, Type};
use crate::finding::Code;
use crate::program::{Column, Pool};
use std::ops::Range;

/// The roots of a condition.
pub(super) const ROOTS: &[&str] = &["event", "line", "member", "account"];

/// Columns of the event's time: there on every occasion.
const TIMES: &[(&str, Common, Sort)] = &[
    ("time", Common::Time, Sort::Time),
    ("date", Common::Date, Sort::Date),
    ("hour", Common::Hour, Sort::Integer),
    ("weekday", Common::Weekday, Sort::Weekday),
    ("day", Common::Day, Sort::Integer),
    ("month", Common::Month, Sort::Integer),
];

/// Whose event it is: on events and moments.
const OWNERS: &[(&str, Common, Sort)] = &[
    ("member", Common::Member, Sort::Text),
    ("account", Common::Account, Sort::Text),
];

/// What only uploaded events have.
const ORIGINS: &[(&str, Common, Sort)] = &[
    ("id", Common::Id, Sort::Text),
    ("source", Common::Source, Sort::Text),
    ("channel", Common::Channel, Sort::Text),
    ("store", Common::Store, Sort::Text),
];

const RUNG_REACHED: &[(&str, MomentColumn, Sort)] = &[
    ("rung", MomentColumn::Rung, Sort::Rung),
    ("former", MomentColumn::Former, Sort::Rung),
    ("ends", MomentColumn::Ends, Sort::Date),
];

const ACCOUNT: &[(&str, AccountColumn, Sort)] = &[
    ("rung", AccountColumn::Rung, Sort::Rung),
    ("former_rung", AccountColumn::FormerRung, Sort::Rung),
    ("rung_since", AccountColumn::RungSince, Sort::Date),
    ("rung_until", AccountColumn::RungUntil, Sort::Date),
    ("enrolled", AccountColumn::Enrolled, Sort::Date),
    ("members", AccountColumn::Members, Sort::Integer),
];

/// What a name can be found to be.
enum Found {
    Column {
        node: Node,
        sort: Sort,
        den: i64,
        optional: bool,
        range: Option<(i128, i128)>,
        choices: bool,
    },
    Nothing,
}

fn plain(node: Node, sort: Sort, optional: bool) -> Found {
    let range = match node {
        Node::Common(Common::Hour) => Some((0, 23)),
        Node::Common(Common::Day) => Some((1, 31)),
        Node::Common(Common::Month) => Some((1, 12)),
        _ => None,
    };
    Found::Column {
        node,
        sort,
        den: 1,
        optional,
        range,
        choices: false,
    }
}

fn sort_of(kind: Type) -> Sort {
    match kind {
        Type::Text => Sort::Text,
        Type::Integer => Sort::Integer,
        Type::Decimal => Sort::Decimal,
        Type::Money => Sort::Money,
        Type::Boolean => Sort::Boolean,
        Type::Date => Sort::Date,
        Type::Time => Sort::Time,
        Type::MonthDay => Sort::MonthDay,
    }
}

impl<'a> Typer<'a> {
    fn commons(&self) -> impl Iterator<Item = &'static (&'static str, Common, Sort)> + use<'a> {
        let (owners, origins): (&[_], &[_]) = match self.scope.occasion {
            Occasion::Event(_) => (OWNERS, ORIGINS),
            Occasion::Moment(_) => (OWNERS, &[]),
            Occasion::Schedule => (&[], &[]),
        };
        TIMES.iter().chain(owners).chain(origins)
    }

    fn moments(&self) -> &'static [(&'static str, MomentColumn, Sort)] {
        match self.scope.occasion {
            Occasion::Moment(Moment::RungReached) => RUNG_REACHED,
            _ => &[],
        }
    }

    /// The columns that stand under a root, with their index in `Program::columns`.
    pub(super) fn columns(
        &self,
        root: &str,
    ) -> impl Iterator<Item = (usize, &'a Column)> + use<'a> {
        let wanted = match (root, self.scope.occasion) {
            ("event", Occasion::Event(kind)) => Some((kind, false)),
            ("line", Occasion::Event(kind)) if self.scope.lines => Some((kind, true)),
            ("member", _) => Some((Kind::Profile, false)),
            _ => None,
        };
        self.scope
            .columns
            .iter()
            .enumerate()
            .filter(move |(_, column)| wanted == Some((column.kind, column.line)))
    }

    /// The metrics of a root's pool, with their index in `Program::metrics`.
    pub(super) fn metrics(
        &self,
        root: &str,
    ) -> impl Iterator<Item = (usize, &'a MetricColumn)> + use<'a> {
        let pool = match root {
            "account" => Some(Pool::Account),
            "member" => Some(Pool::Member),
            _ => None,
        };
        self.scope
            .metrics
            .iter()
            .enumerate()
            .filter(move |(_, metric)| Some(metric.pool) == pool)
    }

    /// All that can be named under a root.
    pub(super) fn names(&self, root: &str) -> Vec<&'a str> {
        // Those of the programme first: they are what one looks for.
        let mut names: Vec<&str> = self
            .columns(root)
            .map(|(_, column)| column.name.as_str())
            .collect();
        names.extend(
            self.metrics(root)
                .filter(|(_, metric)| metric.windowed)
                .map(|(_, metric)| metric.id.as_str()),
        );
        match root {
            "event" => {
                names.extend(self.moments().iter().map(|(name, ..)| *name));
                names.extend(self.commons().map(|(name, ..)| *name));
            }
            "member" => names.push("enrolled"),
            "account" => {
                let ladder = !self.scope.rungs.is_empty();
                names.extend(self.scope.wallets.iter().map(String::as_str));
                names.extend(
                    ACCOUNT
                        .iter()
                        .map(|(name, ..)| *name)
                        .filter(|name| ladder || !name.contains("rung")),
                );
            }
            _ => {}
        }
        names
    }

    fn find(&self, root: &str, name: &str) -> Found {
        if root == "event" {
            if let Some((_, common, sort)) = self.commons().find(|(known, ..)| *known == name) {
                let optional = matches!(common, Common::Channel | Common::Store);
                return plain(Node::Common(*common), *sort, optional);
            }
            if let Some((_, moment, sort)) =
                self.moments().iter().find(|(known, ..)| *known == name)
            {
                return plain(Node::Moment(*moment), *sort, *moment == MomentColumn::Ends);
            }
        }
        if (root, name) == ("member", "enrolled") {
            return plain(Node::Member(MemberColumn::Enrolled), Sort::Date, false);
        }
        if root == "account" {
            if let Some((_, column, sort)) = ACCOUNT.iter().find(|(known, ..)| *known == name)
                && (!self.scope.rungs.is_empty() || !name.contains("rung"))
            {
                let optional =
                    matches!(column, AccountColumn::FormerRung | AccountColumn::RungUntil);
                return plain(Node::Account(*column), *sort, optional);
            }
            if let Some(wallet) = self.scope.wallets.iter().position(|id| *id == name) {
                let scale = self.scope.scale;
                return Found::Column {
                    node: Node::Account(AccountColumn::Balance(wallet as u8)),
                    sort: if scale == 0 {
                        Sort::Integer
                    } else {
                        Sort::Decimal
                    },
                    den: 10i64.checked_pow(u32::from(scale)).unwrap_or(1),
                    optional: false,
                    range: None,
                    choices: false,
                };
            }
        }
        if let Some((index, column)) = self.columns(root).find(|(_, column)| column.name == name) {
            let member = root == "member";
            let digits = match column.kind_of_value {
                Type::Decimal | Type::Money => u32::from(column.digits),
                _ => 0,
            };
            return Found::Column {
                node: if member {
                    Node::Member(MemberColumn::Profile(index))
                } else {
                    Node::Column(index)
                },
                sort: sort_of(column.kind_of_value),
                den: 10i64.checked_pow(digits).unwrap_or(1),
                // A member without a profile event has none of its columns, required or not.
                optional: column.optional || member,
                range: match (column.kind_of_value, column.min, column.max) {
                    (Type::Integer | Type::Decimal | Type::Money, Some(min), Some(max)) => {
                        Some((i128::from(min), i128::from(max)))
                    }
                    _ => None,
                },
                choices: column.values.is_some(),
            };
        }
        if let Some((index, metric)) = self
            .metrics(root)
            .find(|(_, metric)| metric.windowed && metric.id == name)
        {
            return Found::Column {
                node: if metric.pool == Pool::Account {
                    Node::Account(AccountColumn::Metric(index))
                } else {
                    Node::Member(MemberColumn::Metric(index))
                },
                sort: metric.sort,
                den: metric.den,
                optional: metric.optional,
                range: None,
                choices: false,
            };
        }
        Found::Nothing
    }

    /// The column `root.name`; `span` is the whole of it, `name_span` the name.
    pub(super) fn column(
        &mut self,
        root: &str,
        name: &str,
        span: &Range<usize>,
        name_span: &Range<usize>,
    ) -> Option<Typed<'a>> {
        if !ROOTS.contains(&root) {
            self.unknown_root(root, name, span);
            return None;
        }
        match self.find(root, name) {
            Found::Column {
                node:
                    Node::Account(AccountColumn::Metric(_)) | Node::Member(MemberColumn::Metric(_)),
                sort: Sort::Text,
                ..
            } => {
                self.problem(
                    Code::NotYet,
                    span.clone(),
                    format!("`{root}.{name}` remembers a text, which conditions cannot ask yet"),
                    "a metric over texts",
                    "remember a number or a date instead",
                );
                None
            }
            Found::Column {
                node,
                sort,
                den,
                optional,
                range,
                choices,
            } => {
                let values = match &node {
                    Node::Column(index) | Node::Member(MemberColumn::Profile(index)) if choices => {
                        self.scope
                            .columns
                            .get(*index)
                            .and_then(|column| column.values.as_deref())
                    }
                    _ => None,
                };
                let path = format!("{root}.{name}");
                let empty = if optional && !self.guards.contains(&path) {
                    vec![Hole {
                        path,
                        span: span.clone(),
                        sort,
                    }]
                } else {
                    vec![]
                };
                Some(Typed {
                    expr: Expr {
                        node,
                        sort,
                        den,
                        optional,
                        span: span.clone(),
                    },
                    empty,
                    range,
                    choices: values,
                })
            }
            Found::Nothing => {
                self.unknown_column(root, name, span, name_span);
                None
            }
        }
    }
}

//! What to say about a name that stands for nothing.

use super::Occasion;
use super::names::ROOTS;
use super::refused::refused;
use super::typing::Typer;
use crate::canonical::Kind;
use crate::finding::{Code, closest};
use std::ops::Range;

/// Known words of later editions.
const LATER: &[(&str, &str)] = &[
    ("event", "lines"),
    ("event", "revision"),
    ("line", "number"),
    ("account", "plan"),
    ("account", "badges"),
    ("member", "segment"),
    ("member", "loyalty"),
];

impl Typer<'_> {
    /// Says that a root does not exist.
    pub(super) fn unknown_root(&mut self, root: &str, name: &str, span: &Range<usize>) {
        let help = match closest(root, ROOTS.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}.{name}`?"),
            None if Kind::from_text(root).is_some() => {
                format!("write `event.{name}`: `event` is what `on` names")
            }
            None => "begin with `event`, `line`, `member` or `account`".to_owned(),
        };
        self.problem(
            Code::UnknownColumn,
            span.start..span.start + root.len(),
            format!("there is no `{root}`"),
            "a column stands under `event`, `line`, `member` or `account`",
            help,
        );
    }

    /// A name without a root where a value belongs.
    pub(super) fn bare(&mut self, name: &str, span: &Range<usize>) {
        if let Some(refused) = refused(name) {
            self.problem(
                Code::ConditionRefused,
                span.clone(),
                format!("`{name}` is not part of the language"),
                refused.reason,
                refused.help,
            );
        } else if ROOTS.contains(&name) {
            self.problem(
                Code::ConditionType,
                span.clone(),
                format!("`{name}` by itself is no value"),
                "one of its columns is",
                format!("write `{name}.…` with {}", self.listed(name)),
            );
        } else if let Some(root) = ROOTS.iter().find(|root| self.names(root).contains(&name)) {
            self.problem(
                Code::UnknownColumn,
                span.clone(),
                format!("there is no `{name}` without a root"),
                "columns stand under `event`, `line`, `member` or `account`",
                format!("write `{root}.{name}`"),
            );
        } else {
            self.problem(
                Code::UnknownColumn,
                span.clone(),
                format!("there is no `{name}`"),
                "neither a column nor a text",
                format!("a text stands in quotes: `\"{name}\"`; a column begins with its root: `event.date`"),
            );
        }
    }

    /// What exists under a root, as a sentence.
    fn listed(&self, root: &str) -> String {
        let names = self.names(root);
        match names.split_last() {
            None => "no columns here".to_owned(),
            Some((last, [])) => format!("`{last}`"),
            Some((last, others)) => format!("`{}` or `{last}`", others.join("`, `")),
        }
    }

    /// Says that a column does not exist, and what is near it.
    pub(super) fn unknown_column(
        &mut self,
        root: &str,
        name: &str,
        span: &Range<usize>,
        name_span: &Range<usize>,
    ) {
        if LATER.contains(&(root, name)) {
            self.problem(
                Code::NotYet,
                span.clone(),
                format!("`{root}.{name}` cannot be asked yet"),
                "this version of Rungs does not settle it",
                match name {
                    "lines" => {
                        "write the rule per line: it runs once for each where it names `line.…`"
                    }
                    _ => "leave it out until a version of Rungs knows it",
                },
            );
            return;
        }
        if root == "line" && self.columns("line").next().is_none() {
            let (label, help) = match self.scope.occasion {
                Occasion::Event(Kind::Order | Kind::Refund) => (
                    "this is asked once for the whole event",
                    "name a column of the event: `event.…`".to_owned(),
                ),
                Occasion::Event(_) => (
                    "only orders and refunds have lines",
                    "name a column of the event: `event.…`".to_owned(),
                ),
                _ => (
                    "there is no order here",
                    "name `account.…` or `member.…`".to_owned(),
                ),
            };
            self.problem(
                Code::UnknownColumn,
                span.clone(),
                format!("there is no `line.{name}` here"),
                label,
                help,
            );
            return;
        }
        if self.metrics(root).any(|(_, metric)| metric.id == name) {
            self.problem(
                Code::UnknownColumn,
                name_span.clone(),
                format!("the metric `{name}` cannot be asked in a condition"),
                "it has no `window`",
                format!(
                    "give `[[metrics]]` `{name}` a `window`, for example `window = \"lifetime\"`"
                ),
            );
            return;
        }
        let elsewhere = ROOTS
            .iter()
            .find(|other| **other != root && self.names(other).contains(&name));
        let help = if let Some(other) = elsewhere {
            format!("write `{other}.{name}`")
        } else if let Some(meant) = closest(name, self.names(root)) {
            format!("did you mean `{root}.{meant}`?")
        } else {
            format!("`{root}` has {}", self.listed(root))
        };
        let label = match (root, self.scope.occasion) {
            ("event", Occasion::Event(kind)) => format!("not a column of `{}` events", kind.text()),
            ("event", Occasion::Moment(moment)) => {
                format!("not a column of the moment `{}`", moment.text())
            }
            ("event", Occasion::Schedule) => {
                "a schedule brings the columns of its time only".into()
            }
            ("line", _) => "not a column of a line".into(),
            ("member", _) => {
                "not a column of `profile` and not a metric with `pool = \"member\"`".into()
            }
            _ if name.contains("rung") && self.scope.rungs.is_empty() => {
                "the programme has no `[tiers]`".into()
            }
            _ => "not known of an account".to_owned(),
        };
        self.problem(
            Code::UnknownColumn,
            name_span.clone(),
            format!("there is no `{root}.{name}`"),
            label,
            help,
        );
    }
}

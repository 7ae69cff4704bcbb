//! What holds where a column is empty: every use that does not say so is said, with the text to paste.

use super::Problem;
use super::expression::Sort;
use super::tree::{Shape, Tree};
use super::typing::{Typed, Typer};
use crate::finding::Code;
use std::ops::Range;

/// A column that may be empty where it is used.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hole {
    /// As it is written: `event.net`.
    pub path: String,
    /// Where.
    pub span: Range<usize>,
    /// Its sort.
    pub sort: Sort,
}

/// The columns that must have a value where a condition is `truth`.
pub(super) fn facts(tree: &Tree, truth: bool, found: &mut Vec<String>) {
    match &tree.shape {
        Shape::Call {
            on: None,
            name,
            arguments,
            ..
        } if truth && name == "has" => {
            found.extend(arguments.first().and_then(Tree::path));
        }
        Shape::Not(of) => facts(of, !truth, found),
        Shape::All(parts) if truth => parts.iter().for_each(|part| facts(part, true, found)),
        Shape::Any(parts) if !truth => parts.iter().for_each(|part| facts(part, false, found)),
        // Neither is true where a side is empty.
        Shape::Compare("==", a, b) if truth => found.extend(a.path().into_iter().chain(b.path())),
        Shape::In(of, _) if truth => found.extend(of.path()),
        _ => {}
    }
}

impl<'a> Typer<'a> {
    /// Types a part that is guarded by itself, and says which of its columns need a guard. What makes
    /// the whole part empty is left to the caller.
    pub(super) fn clause(&mut self, tree: &Tree) -> Option<Typed<'a>> {
        let outer = std::mem::take(&mut self.holes);
        let typed = self.typed(tree);
        let holes = std::mem::replace(&mut self.holes, outer);
        // With another problem in it, the clause could not be pasted; the guards are said once it is
        // solved.
        if let Some(typed) = &typed {
            self.unguarded(&tree.span, holes, typed.sort() == Sort::Boolean);
        }
        typed
    }

    /// A clause that must have a value.
    pub(super) fn full_clause(&mut self, typed: &Typed<'_>, tree: &Tree) {
        let holes = typed.empty.clone();
        self.unguarded(&tree.span, holes, typed.sort() == Sort::Boolean);
    }

    /// A part that must have a value here.
    pub(super) fn full(&mut self, typed: &Typed<'_>) {
        self.holes.extend(typed.empty.iter().cloned());
    }

    /// Says which columns need a guard, with the text of the clause with guards.
    fn unguarded(&mut self, clause: &Range<usize>, mut holes: Vec<Hole>, boolean: bool) {
        holes.sort_by_key(|hole| hole.span.start);
        holes.dedup_by_key(|hole| hole.span.start);
        let mut paths: Vec<&str> = Vec::new();
        for hole in &holes {
            if !paths.contains(&hole.path.as_str()) {
                paths.push(&hole.path);
            }
        }
        let text = self.written(clause);
        let guarded: String = paths
            .iter()
            .map(|path| format!("has({path}) && "))
            .chain([text.to_owned()])
            .collect();
        // The same clause with every hole filled.
        let mut filled = Some(String::new());
        let mut at = clause.start;
        for hole in &holes {
            let value = self.neutral(hole.sort);
            filled = filled.zip(value).map(|(text, value)| {
                let before = self.written(&(at..hole.span.start));
                format!("{text}{before}default({}, {value})", hole.path)
            });
            at = hole.span.end;
        }
        let filled = filled.map(|text| text + self.written(&(at..clause.end)));
        let help = match (boolean, filled) {
            (true, Some(filled)) => format!("write `{guarded}` or `{filled}`"),
            (true, None) => format!("write `{guarded}`"),
            (false, Some(filled)) => format!("write `{filled}`"),
            (false, None) => format!(
                "write `{} ? {text} : …`",
                guarded.trim_end_matches(text).trim_end_matches(" && ")
            ),
        };
        for path in paths {
            let Some(hole) = holes.iter().find(|hole| hole.path == path) else {
                continue;
            };
            self.problems.push(Problem {
                code: Code::Unguarded,
                span: hole.span.clone(),
                message: format!("`{path}` may be empty, and nothing says what holds then"),
                label: if path.starts_with("event.") || path.starts_with("line.") {
                    "not every dataset declares it required".into()
                } else {
                    "it is not always known".into()
                },
                help: help.clone(),
            });
        }
    }

    /// A literal that stands for "nothing" in the text to paste.
    fn neutral(&self, sort: Sort) -> Option<String> {
        match sort {
            Sort::Text => Some("\"\"".into()),
            Sort::Integer | Sort::Decimal => Some("0".into()),
            Sort::Money => Some(self.money(0)),
            Sort::Boolean => Some("false".into()),
            Sort::Rung => self.scope.rungs.first().map(|rung| format!("\"{rung}\"")),
            _ => None,
        }
    }
}

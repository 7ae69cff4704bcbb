//! `per_line`: so many points for each matching line, or for each unit.

use super::{Body, Form, Rule};
use crate::finding::Code;
use crate::language::Build;
use crate::language::reader::{Reader, Row, Rows};
use crate::language::table::{choice, table};
use crate::language::values::{AtLeast, ByRungOf};
use crate::program::EarnKind;

table! {
    /// So many points for each line of an order, or × its quantity.
    PerLineTable as "[[earn]]" {
        /// So many points.
        required points: ByRungOf<AtLeast<0>>,
        /// For each line, or for each unit of it.
        default("\"line\"") per: LineOrUnit,
    }
}

/// For each line, or for each unit of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineOrUnit {
    /// Each line.
    Line,
    /// × quantity.
    Unit,
}

choice!(LineOrUnit {
    "line" => LineOrUnit::Line, "For each line.";
    "unit" => LineOrUnit::Unit, "For each unit: × quantity.";
} later []);

/// The kind's registration.
pub(crate) const FORM: Form = Form {
    word: "per_line",
    table: PerLineTable::table,
    read: |row: &Row<'_, '_>, reader: &mut Reader<'_>| {
        Box::new(PerLineTable::from_row(row, reader))
    },
};

impl Body for PerLineTable {
    fn check(self: Box<Self>, build: &mut Build<'_>, rule: &Rule) -> Option<(EarnKind, bool)> {
        if !rule.lines {
            build.reader.find(
                Code::WrongValue,
                rule.on_place,
                format!("`{}` events have no lines", rule.on.text()),
                "a rule of kind `per_line` runs over lines",
                "use `on = \"order\"`, or kind `per_event`",
            );
            return None;
        }
        Some((
            EarnKind::PerLine {
                points: self.points?.value.map(|points| points.0),
                unit: self.per?.value == LineOrUnit::Unit,
            },
            true,
        ))
    }
}

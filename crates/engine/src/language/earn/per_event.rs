//! `per_event`: so many points for an event.

use super::{Body, Form, Rule};
use crate::language::Build;
use crate::language::reader::{Reader, Row, Rows};
use crate::language::table::table;
use crate::language::values::{AtLeast, ByRungOf};
use crate::program::EarnKind;

table! {
    /// So many points for an event, whatever its amount.
    PerEventTable as "[[earn]]" {
        /// So many points.
        required points: ByRungOf<AtLeast<0>>,
    }
}

/// The kind's registration.
pub(crate) const FORM: Form = Form {
    word: "per_event",
    table: PerEventTable::table,
    read: |row: &Row<'_, '_>, reader: &mut Reader<'_>| {
        Box::new(PerEventTable::from_row(row, reader))
    },
};

impl Body for PerEventTable {
    fn check(self: Box<Self>, _: &mut Build<'_>, _: &Rule) -> Option<(EarnKind, bool)> {
        let points = self.points?.value.map(|points| points.0);
        Some((EarnKind::PerEvent { points }, false))
    }
}

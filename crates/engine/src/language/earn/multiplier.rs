//! `multiplier`: (times − 1) × the points of other rules.

use super::{Body, Form, Rule};
use crate::language::Build;
use crate::language::reader::{Placed, Reader, Row, Rows};
use crate::language::table::table;
use crate::language::values::{AtLeast, ByRungOf, EarnSort, Filled, Ref};
use crate::program::EarnKind;

table! {
    /// Adds (times − 1) × the exact points of other rules, as an entry of its own. It sees what the caps of those rules left.
    MultiplierTable as "[[earn]]" {
        /// How many times: 2 doubles, 1.3 gives 30 % more.
        required times: ByRungOf<AtLeast<1>>,
        /// The rules that are raised.
        required of: Filled<Ref<EarnSort>>,
    }
}

/// The kind's registration.
pub(crate) const FORM: Form = Form {
    word: "multiplier",
    table: MultiplierTable::table,
    read: |row: &Row<'_, '_>, reader: &mut Reader<'_>| {
        Box::new(MultiplierTable::from_row(row, reader))
    },
};

impl Body for MultiplierTable {
    fn raises(&self) -> &[Placed<Ref<EarnSort>>] {
        self.of.as_ref().map_or(&[], |of| of.value.0.as_slice())
    }

    fn check(self: Box<Self>, _: &mut Build<'_>, _: &Rule) -> Option<(EarnKind, bool)> {
        let of = self.of?;
        Some((
            EarnKind::Multiplier {
                times: self.times?.value.map(|times| times.0),
                of: of.value.0.iter().map(|of| of.value.0).collect(),
            },
            false,
        ))
    }
}

//! `[[groups]]`: earn rules that meet.

use super::Build;
use super::limits::{CapTable, Limits, caps};
use super::table::{choice, table};
use super::values::{Id, Many, OneOrMany, Positive};
use crate::canonical::Kind;
use crate::condition::Occasion;
use crate::program::{Combine, Group};

table! {
    /// Earn rules that meet: what holds where several multipliers raise one base, and a cap over all of them.
    GroupTable as "[[groups]]" {
        /// Its id.
        required id: Id,
        /// A cap over all rules of the group together; trimmed from the last rule id.
        optional cap: OneOrMany<CapTable>,
        /// What holds where multipliers of the group meet.
        optional combine: Combine,
        /// Most times that the group raises a base.
        optional max: Positive,
        /// Name that members see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// First day.
        from,
        /// First day after it.
        before,
    }
}

choice!(Combine {
    "highest" => Combine::Highest, "The highest alone.";
    "add" => Combine::Add, "2× and 3× make 4×.";
    "multiply" => Combine::Multiply, "2× and 3× make 6×.";
    "first" => Combine::First, "The one with the highest `priority`, then the first id.";
} later []);

/// Checks the groups.
pub(crate) fn groups(build: &mut Build<'_>, raw: Many<GroupTable>) -> Vec<Group> {
    build.unique("group", raw.iter().map(|raw| raw.value.id.as_ref()));
    raw.into_iter()
        .filter_map(|raw| {
            let table = raw.value;
            let cap = caps(
                build,
                table.cap.as_ref(),
                Limits::Group,
                Occasion::Event(Kind::Order),
                false,
            );
            Some(Group {
                id: table.id?.value.0,
                place: raw.place,
                cap,
                combine: table.combine.map(|combine| combine.value),
                max: table.max.map(|max| max.value.0),
            })
        })
        .collect()
}

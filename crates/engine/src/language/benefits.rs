//! `[[benefits]]`: what a rung carries while it lasts.

use super::Build;
use super::table::table;
use super::values::{Id, Many, Money};
use crate::program::Benefit;

table! {
    /// What a rung carries while it lasts. A rung has only the benefits that it lists.
    BenefitTable as "[[benefits]]" {
        /// Its id.
        required id: Id,
        /// What it is, in words.
        optional value: String,
        /// What one use is worth to a member.
        optional worth: Money,
        /// What one use costs.
        optional cost: Money,
        /// Name that members see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// Who has it.
        when,
        /// How often it can be used.
        cap,
        /// First day.
        from,
        /// First day after it.
        before,
    }
}

/// Checks the benefits.
pub(crate) fn benefits(build: &mut Build<'_>, raw: Many<BenefitTable>) -> Vec<Benefit> {
    build.unique("benefit", raw.iter().map(|raw| raw.value.id.as_ref()));
    raw.into_iter()
        .filter_map(|raw| {
            let table = raw.value;
            Some(Benefit {
                id: table.id?.value.0,
                place: raw.place,
                name: table.name.map(|name| name.value),
                value: table.value.map(|value| value.value),
                worth: table.worth.map(|worth| worth.value.0),
                cost: table.cost.map(|cost| cost.value.0),
            })
        })
        .collect()
}

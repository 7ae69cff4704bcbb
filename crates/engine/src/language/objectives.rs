//! `[[objectives]]`: what the programme is for, in numbers.

use super::Build;
use super::reader::Placed;
use super::table::table;
use super::values::{Date, Id, KpiSort, Many, Number, Ref};
use crate::finding::Code;
use crate::program::Objective;

table! {
    /// A goal in numbers: a KPI that goes from `baseline` to `target` until `by`.
    ObjectiveTable as "[[objectives]]" {
        /// Its id.
        required id: Id,
        /// The KPI that measures it.
        required kpi: Ref<KpiSort>,
        /// Where the KPI stands on the day from which this version rules.
        required baseline: Number,
        /// Where it is to stand.
        required target: Number,
        /// The day by which it is to stand there.
        required by: Date,
        /// Who answers for it.
        optional owner: String,
        /// Name that colleagues see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// First day of the objective.
        from,
        /// First day after it.
        before,
    }
}

/// Checks the objectives.
pub(crate) fn objectives(build: &mut Build<'_>, raw: Many<ObjectiveTable>) -> Vec<Objective> {
    build.unique("objective", raw.iter().map(|raw| raw.value.id.as_ref()));
    raw.into_iter()
        .filter_map(|raw| objective(build, raw))
        .collect()
}

fn objective(build: &mut Build<'_>, raw: Placed<ObjectiveTable>) -> Option<Objective> {
    let by = raw.value.by?;
    if build.from.is_some_and(|from| by.value.0 <= from) {
        build.reader.find(
            Code::WrongValue,
            by.place,
            "the objective ends before this version begins",
            "not after the day in the file's name",
            "give a day after it, or drop the objective from this version",
        );
    }
    Some(Objective {
        id: raw.value.id?.value.0,
        place: raw.place,
        kpi: raw.value.kpi?.value.0,
        baseline: raw.value.baseline?.value.0,
        target: raw.value.target?.value.0,
        by: by.value.0,
        owner: raw.value.owner.map(|owner| owner.value),
    })
}

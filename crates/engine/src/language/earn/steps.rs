//! `steps`: the points of the highest step that an amount reaches.

use super::{Body, Form, Rule};
use crate::condition::Expected;
use crate::finding::Code;
use crate::language::Build;
use crate::language::quoted::Expression;
use crate::language::reader::{Placed, Reader, Row, Rows};
use crate::language::table::table;
use crate::language::values::{AtLeast, Many, Number};
use crate::number::Rational;
use crate::program::EarnKind;

table! {
    /// The points of the highest step that the amount reaches; steps are not summed.
    StepsTable as "[[earn]]" {
        /// Of what: money, an integer or a decimal.
        required amount: Expression,
        /// The steps, lowest first.
        required steps: Many<StepTable>,
    }
}

table! {
    /// From this amount on, so many points.
    StepTable as "steps" {
        /// Least amount.
        required from: Number,
        /// So many points.
        required points: AtLeast<0>,
    }
}

/// The kind's registration.
pub(crate) const FORM: Form = Form {
    word: "steps",
    table: StepsTable::table,
    read: |row: &Row<'_, '_>, reader: &mut Reader<'_>| Box::new(StepsTable::from_row(row, reader)),
};

impl Body for StepsTable {
    fn check(self: Box<Self>, build: &mut Build<'_>, rule: &Rule) -> Option<(EarnKind, bool)> {
        let quoted = self.amount?;
        let amount = build.compile(
            &quoted.value.0,
            rule.occasion(),
            rule.lines,
            Expected::Number,
        );
        let steps = steps(build, &self.steps?);
        let amount = amount?;
        let per_line = build.mentions_line(&amount);
        Some((
            EarnKind::Steps {
                amount,
                steps: steps?,
            },
            per_line,
        ))
    }
}

fn steps(
    build: &mut Build<'_>,
    raw: &Placed<Many<StepTable>>,
) -> Option<Vec<(Rational, Rational)>> {
    if raw.value.is_empty() {
        build.reader.find(
            Code::StepsOrder,
            raw.place,
            "there is no step",
            "an empty list",
            "write at least one: `{ from = 30, points = 100 }`",
        );
    }
    let mut out = Vec::new();
    let mut before: Option<&Placed<Number>> = None;
    for step in &raw.value {
        let (Some(from), Some(points)) = (&step.value.from, &step.value.points) else {
            continue;
        };
        if let Some(lower) = before
            && lower.value.0 >= from.value.0
        {
            build.reader.find_both(
                Code::StepsOrder,
                from.place,
                "steps must rise",
                "not above the step before it",
                (lower.place, "the step before it"),
                "put the steps in order, lowest first, each `from` once",
            );
        }
        before = Some(from);
        out.push((from.value.0, points.value.0));
    }
    (out.len() == raw.value.len()).then_some(out)
}

//! `per_amount`: points × amount / per.

use super::{Body, Form, Rule};
use crate::condition::Expected;
use crate::finding::Code;
use crate::language::Build;
use crate::language::quoted::Expression;
use crate::language::reader::{Reader, Row, Rows};
use crate::language::table::table;
use crate::language::values::{AtLeast, ByRungOf, Positive};
use crate::program::EarnKind;

table! {
    /// Points × amount / per: `points = 1` with `per = 1.00` is one point for each unit of the currency.
    PerAmountTable as "[[earn]]" {
        /// So many points.
        required points: ByRungOf<AtLeast<0>>,
        /// For so much of the amount.
        required per: Positive,
        /// Of what: money, an integer or a decimal.
        default("'line.net'") amount: Expression,
        /// Only full `per`s count.
        default("false") whole: bool,
    }
}

/// The kind's registration.
pub(crate) const FORM: Form = Form {
    word: "per_amount",
    table: PerAmountTable::table,
    read: |row: &Row<'_, '_>, reader: &mut Reader<'_>| {
        Box::new(PerAmountTable::from_row(row, reader))
    },
};

impl Body for PerAmountTable {
    fn check(self: Box<Self>, build: &mut Build<'_>, rule: &Rule) -> Option<(EarnKind, bool)> {
        let quoted = self.amount?;
        // The default is of orders; elsewhere the amount must be said.
        if quoted.place == rule.place && !rule.lines {
            build.reader.find(
                Code::MissingKey,
                rule.place,
                "`amount` is missing",
                format!(
                    "`{}` events have no lines, so `line.net` is not there",
                    rule.on.text()
                ),
                "add `amount = '…'`: the number that is rewarded, such as `event.value`",
            );
            return None;
        }
        let amount = build.compile(
            &quoted.value.0,
            rule.occasion(),
            rule.lines,
            Expected::Number,
        )?;
        let (points, per) = (self.points?, self.per?.value.0);
        for points in &points.value.0 {
            let rate = points.0.over(per)?;
            super::overflow(build, &amount, rate, points_place(&quoted, rule));
        }
        let per_line = build.mentions_line(&amount);
        Some((
            EarnKind::PerAmount {
                points: points.value.map(|points| points.0),
                per,
                amount,
                whole: self.whole?.value,
            },
            per_line,
        ))
    }
}

fn points_place(
    quoted: &crate::language::reader::Placed<Expression>,
    rule: &Rule,
) -> crate::finding::Place {
    if quoted.place == rule.place {
        rule.id_place
    } else {
        quoted.place
    }
}

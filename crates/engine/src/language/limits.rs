//! `cap`: limits of earn rules, groups and rewards.

use super::Build;
use super::quoted::Expression;
use super::reader::Placed;
use super::table::{choice, table};
use super::values::{ByRungOf, Count, OneOrMany, Points};
use crate::calendar::Per;
use crate::condition::{Expected, Occasion};
use crate::finding::Code;
use crate::program::{Cap, Limit, Over, Pool};

table! {
    /// A limit, or a list of limits that all hold. Room goes to the earliest event; what a refund gives back is room for later ones.
    CapTable as "cap" {
        /// So many points at most.
        optional points: ByRungOf<Points>,
        /// So many events at most. An event that earns counts once, also where the rule runs per line.
        optional count: ByRungOf<Count>,
        /// In this stretch of time.
        required per: Per,
        /// Whose limit it is.
        default("\"account\"") pool: Pool,
        /// One limit for each value of this, which every event has one of: it cannot ask for lines.
        optional each: Expression,
        /// What happens to what does not fit.
        default("\"trim\"") over: Over,
    }
    later {
        /// So much money at most.
        money instead [per],
        /// So much of a metric at most.
        value instead [per],
    }
}

choice!(Pool {
    "account" => Pool::Account, "Of the pool that shares points.";
    "member" => Pool::Member, "Of each person.";
} later []);

choice!(Over {
    "trim" => Over::Trim, "What fits is granted.";
    "reject" => Over::Reject, "Nothing is granted if not all fits.";
} later []);

/// Where a cap stands, which says what it can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limits {
    /// Points and how often.
    Earn,
    /// Points only.
    Group,
    /// How often only.
    Reward,
}

/// Checks caps.
pub(crate) fn caps(
    build: &mut Build<'_>,
    raw: Option<&Placed<OneOrMany<CapTable>>>,
    limits: Limits,
    occasion: Occasion,
    lines: bool,
) -> Vec<Cap> {
    let caps = raw.map(|raw| raw.value.0.as_slice()).unwrap_or_default();
    caps.iter()
        .filter_map(|raw| cap(build, raw, limits, occasion, lines))
        .collect()
}

fn cap(
    build: &mut Build<'_>,
    raw: &Placed<CapTable>,
    limits: Limits,
    occasion: Occasion,
    lines: bool,
) -> Option<Cap> {
    let table = &raw.value;
    let each = match &table.each {
        Some(each) => Some(build.compile(&each.value.0, occasion, lines, Expected::Any)?),
        None => None,
    };
    if let (Some(quoted), Some(expr)) = (&table.each, &each)
        && build.mentions_line(expr)
    {
        build.reader.find(
            Code::ConditionRefused,
            quoted.place,
            "a cap is looked at once an event, so `each` cannot ask for its lines",
            "mentions `line`",
            "ask for a column of the event; for a limit by kind of goods give each kind a rule with a cap of its own",
        );
        return None;
    }
    let (allowed, example) = match limits {
        Limits::Earn => ("`points` or `count`", "{ points = 100, per = \"day\" }"),
        Limits::Group => ("`points`", "{ points = 100, per = \"day\" }"),
        Limits::Reward => ("`count`", "{ count = 1, per = \"year\" }"),
    };
    let wrong = match (&table.points, &table.count) {
        (Some(points), _) if limits == Limits::Reward => Some(points.place),
        (_, Some(count)) if limits == Limits::Group => Some(count.place),
        (Some(_), Some(count)) => Some(count.place),
        _ => None,
    };
    if let Some(place) = wrong {
        build.reader.find(
            Code::WrongValue,
            place,
            format!("this cap limits {allowed}"),
            "not this here",
            format!("write it like `{example}`; for two limits write a list of two caps"),
        );
        return None;
    }
    let limit = match (&table.points, &table.count) {
        (Some(points), None) => Limit::Points(points.value.clone().map(|points| points.0)),
        (None, Some(count)) => Limit::Count(count.value.clone().map(|count| count.0)),
        _ => {
            build.reader.find(
                Code::MissingKey,
                raw.place,
                "this cap limits nothing",
                format!("it needs {allowed}"),
                format!("write it like `{example}`"),
            );
            return None;
        }
    };
    let per = table.per.as_ref()?;
    let wrong = match per.value {
        Per::Period => Some("the tier's period is for metrics only"),
        Per::Line if !lines => Some("this does not run per line"),
        Per::Event | Per::Line if limits == Limits::Reward => {
            Some("one event issues a reward once anyway")
        }
        _ => None,
    };
    if let Some(label) = wrong {
        build.reader.find(
            Code::WrongValue,
            per.place,
            format!("a cap per `{}` cannot stand here", per.value.text()),
            label,
            "name a calendar stretch such as `\"month\"`, `\"lifetime\"`, or a duration",
        );
        return None;
    }
    Some(Cap {
        place: raw.place,
        limit,
        per: per.value,
        pool: table.pool.as_ref()?.value,
        each,
        over: table.over.as_ref()?.value,
    })
}

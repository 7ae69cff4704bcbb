//! Functions, and names that the language leaves out on purpose, with the reason.

/// How a function is called.
pub(super) const FUNCTIONS: &[(&str, &str)] = &[
    ("has", "has(event.coupon)"),
    ("default", "default(event.coupon, \"\")"),
    ("size", "size(event.coupon)"),
    ("lower", "lower(event.coupon)"),
    ("contains", "event.coupon.contains(\"x\")"),
    ("startsWith", "event.coupon.startsWith(\"x\")"),
    ("endsWith", "event.coupon.endsWith(\"x\")"),
    ("min", "min(a, b)"),
    ("max", "max(a, b)"),
    ("abs", "abs(a)"),
    ("date", "date(\"2026-03-10\")"),
    ("duration", "duration(\"30 days\")"),
    ("days", "days(member.enrolled, event.date)"),
    ("months", "months(member.enrolled, event.date)"),
    ("years", "years(member.enrolled, event.date)"),
    ("year", "year(event.date)"),
    ("month", "month(event.date)"),
    ("day", "day(event.date)"),
    ("weekday", "weekday(event.date)"),
];

/// What the language leaves out on purpose.
pub(super) struct Refused {
    names: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
    /// What to write instead.
    pub help: &'static str,
}

const REFUSED: &[Refused] = &[
    Refused {
        names: &["now", "today", "currentDate", "current_date"],
        reason: "there is no clock: an event is judged by its own time, on every night alike",
        help: "write `event.date`",
    },
    Refused {
        names: &["matches", "regex", "match", "like"],
        reason: "regular expressions have no bounded cost",
        help: "write `contains`, `startsWith`, `endsWith` or `in [..]`",
    },
    Refused {
        names: &["null", "nil", "none", "NULL", "None"],
        reason: "there is no empty value to compare with",
        help: "ask `has(column)`, or give one with `default(column, value)`",
    },
    Refused {
        names: &[
            "timestamp",
            "getDate",
            "getFullYear",
            "getMonth",
            "getDayOfMonth",
            "getDayOfWeek",
            "getHours",
        ],
        reason: "instants have no calendar by themselves: a day belongs to the programme's zone",
        help: "write `event.date`, `event.hour` or `event.weekday`, and `year(..)`, `month(..)`, `day(..)` of a date",
    },
    Refused {
        names: &[
            "string", "int", "uint", "double", "bool", "bytes", "type", "dyn",
        ],
        reason: "nothing is converted: a column has one declared type",
        help: "declare the type of the column in `[collect]`",
    },
    Refused {
        names: &["round", "floor", "ceil", "trunc"],
        reason: "amounts stay exact: rounding is declared once, at the wallet",
        help: "leave it out, and say `rounding` at `[points.<wallet>]`",
    },
    Refused {
        names: &["random", "rand"],
        reason: "a condition gives the same on every night",
        help: "draw with a `[[surprises]]` of kind `chance`",
    },
    Refused {
        names: &[
            "concat",
            "join",
            "format",
            "replace",
            "substring",
            "split",
            "trim",
            "upper",
            "upperAscii",
        ],
        reason: "a condition only asks; it makes no texts",
        help: "compare with `==`, `contains`, `startsWith`, `endsWith`, or `lower(..)`",
    },
    Refused {
        names: MACROS,
        reason: "there are no loops but over `event.lines`",
        help: "write the rule per line: it runs once for each where it names `line.…`",
    },
    Refused {
        names: &["if", "else", "then", "switch"],
        reason: "a choice is written with `? :`",
        help: "write `condition ? value : other`",
    },
];

/// Macros of CEL: over lines they come later, over anything else never.
const MACROS: &[&str] = &[
    "exists",
    "exists_one",
    "all",
    "filter",
    "map",
    "sum",
    "count",
];

/// Why a name is refused, if it is.
pub(super) fn refused(name: &str) -> Option<&'static Refused> {
    REFUSED.iter().find(|refused| refused.names.contains(&name))
}

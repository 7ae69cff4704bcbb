//! `[[metrics]]`: what the engine remembers. One construct feeds tiers, caps and conditions.

use super::Build;
use super::quoted::{Condition, Expression, Quoted};
use super::reader::{Item, Placed, Reader, Rows, Value};
use super::table::{KindWord, Kinds, Shape, Table, table};
use super::values::{EarnSort, Filled, Many, Name, Ref, WalletSort};
use crate::calendar::Per;
use crate::canonical::Kind;
use crate::condition::expression::{AccountColumn, Expr, MemberColumn, Node, Sort};
use crate::condition::{Expected, MetricColumn, Occasion};
use crate::finding::{Code, Place};
use crate::program::{Metric, MetricKind, Pool};

table! {
    /// What every kind of metric takes.
    CommonTable as "[[metrics]]" {
        /// Its id, by which conditions and rungs name it.
        required id: Name,
        /// The stretch of time. With it the metric is a column of conditions (`account.<id>`); without it, it counts over the period of `[tiers]`.
        optional window: Per,
        /// Of the pool that shares points, or of each person (then `member.<id>`).
        default("\"account\"") pool: Pool,
        /// Name that members see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// A limit of what counts.
        cap,
        /// First day.
        from,
        /// First day after it.
        before,
    }
}

table! {
    /// How many events.
    EventsTable as "[[metrics]]" {
        /// The event it looks at.
        required on: Kind,
        /// Only those for which this is true.
        optional when: Condition,
    }
}

table! {
    /// The sum, over events or their lines, of a number.
    SumTable as "[[metrics]]" {
        /// The event it looks at.
        required on: Kind,
        /// Only those for which this is true.
        optional when: Condition,
        /// What is summed.
        required of: Expression,
    }
}

table! {
    /// How many different values.
    DistinctTable as "[[metrics]]" {
        /// The event it looks at.
        required on: Kind,
        /// Only those for which this is true.
        optional when: Condition,
        /// What is counted.
        required of: Expression,
    }
}

table! {
    /// The first value in the window; empty where there is none.
    FirstTable as "[[metrics]]" {
        /// The event it looks at.
        required on: Kind,
        /// Only those for which this is true.
        optional when: Condition,
        /// What is remembered.
        required of: Expression,
    }
}

table! {
    /// The last value in the window; empty where there is none.
    LastTable as "[[metrics]]" {
        /// The event it looks at.
        required on: Kind,
        /// Only those for which this is true.
        optional when: Condition,
        /// What is remembered.
        required of: Expression,
    }
}

table! {
    /// Points granted by rules that count for the rung, or by the named rules.
    GrantedTable as "[[metrics]]" {
        /// The wallet; the only one if not given.
        optional wallet: Ref<WalletSort>,
        /// Only these rules, whether they count for the rung or not.
        optional rules: Filled<Ref<EarnSort>>,
    }
}

table! {
    /// Points redeemed.
    SpentTable as "[[metrics]]" {
        /// The wallet; the only one if not given.
        optional wallet: Ref<WalletSort>,
    }
}

/// A metric as it was read.
#[derive(Debug)]
pub(crate) struct MetricTable {
    place: Place,
    common: CommonTable,
    kind: MetricKind,
    on: Option<Placed<Kind>>,
    when: Option<Quoted>,
    of: Option<Quoted>,
    wallet: Option<Placed<Ref<WalletSort>>>,
    rules: Option<Vec<usize>>,
}

/// One kind of metric: its word, its table, and how it is read.
struct Form {
    word: &'static str,
    kind: MetricKind,
    table: fn() -> Table,
}

const FORMS: &[Form] = &[
    Form {
        word: "events",
        kind: MetricKind::Events,
        table: EventsTable::table,
    },
    Form {
        word: "sum",
        kind: MetricKind::Sum,
        table: SumTable::table,
    },
    Form {
        word: "distinct",
        kind: MetricKind::Distinct,
        table: DistinctTable::table,
    },
    Form {
        word: "first",
        kind: MetricKind::First,
        table: FirstTable::table,
    },
    Form {
        word: "last",
        kind: MetricKind::Last,
        table: LastTable::table,
    },
    Form {
        word: "granted",
        kind: MetricKind::Granted,
        table: GrantedTable::table,
    },
    Form {
        word: "spent",
        kind: MetricKind::Spent,
        table: SpentTable::table,
    },
];

const LATER: &[&str] = &["rung_periods", "share", "gap", "score", "alive"];

impl Value for MetricTable {
    fn shape() -> Shape {
        let settled = FORMS.iter().map(|form| KindWord {
            word: form.word,
            table: Some((form.table)()),
        });
        let later = LATER.iter().map(|word| KindWord { word, table: None });
        Shape::Kinds(Kinds {
            title: "[[metrics]]",
            doc: "What the engine remembers of an account or a member, net of refunds, which count where the refunded event did.",
            common: CommonTable::table().keys,
            kinds: settled.chain(later).collect(),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let words: Vec<&str> = FORMS.iter().map(|form| form.word).collect();
        let (word, _) = reader.kind(item, "[[metrics]]", &words, LATER)?;
        let form = FORMS.iter().find(|form| form.word == word)?;
        let row = reader.kind_row(item, &(form.table)(), &CommonTable::table().keys)?;
        let common = CommonTable::from_row(&row, reader);
        let mut metric = MetricTable {
            place: row.place,
            common,
            kind: form.kind,
            on: None,
            when: None,
            of: None,
            wallet: None,
            rules: None,
        };
        match form.kind {
            MetricKind::Events => {
                let table = EventsTable::from_row(&row, reader);
                metric.on = table.on;
                metric.when = table.when.map(|when| when.value.0);
            }
            MetricKind::Sum | MetricKind::Distinct | MetricKind::First | MetricKind::Last => {
                // The four tables have the same keys; only their words differ.
                let table = SumTable::from_row(&row, reader);
                metric.on = table.on;
                metric.when = table.when.map(|when| when.value.0);
                metric.of = table.of.map(|of| of.value.0);
            }
            MetricKind::Granted => {
                let table = GrantedTable::from_row(&row, reader);
                metric.wallet = table.wallet;
                metric.rules = table
                    .rules
                    .map(|rules| rules.value.0.iter().map(|rule| rule.value.0).collect());
            }
            MetricKind::Spent => {
                metric.wallet = SpentTable::from_row(&row, reader).wallet;
            }
        }
        Some(metric)
    }
}

/// Checks the metrics and makes them columns of conditions.
pub(crate) fn metrics(build: &mut Build<'_>, raw: Many<MetricTable>) -> Vec<Metric> {
    build.unique("metric", raw.iter().map(|raw| raw.value.common.id.as_ref()));
    let scale = build.reader.names.scale;
    // While metrics are compiled, each stands in for itself, so that one that names another is told
    // that metrics do not build on metrics, and not that the other does not exist.
    build.metrics = raw.iter().map(|raw| stand_in(&raw.value, scale)).collect();
    let checked: Vec<Metric> = raw
        .into_iter()
        .filter_map(|raw| metric(build, raw.value, scale))
        .collect();
    build.metrics = checked.iter().map(column).collect();
    checked
}

fn stand_in(raw: &MetricTable, scale: u8) -> MetricColumn {
    let id = raw.common.id.as_ref();
    MetricColumn {
        id: id.map(|id| id.value.0.clone()).unwrap_or_default(),
        sort: match raw.kind {
            MetricKind::Events | MetricKind::Distinct => Sort::Integer,
            MetricKind::Granted | MetricKind::Spent => points_sort(scale),
            _ => Sort::Decimal,
        },
        den: 1,
        optional: false,
        pool: raw.common.pool.as_ref().map_or(Pool::Account, |p| p.value),
        windowed: true,
    }
}

fn points_sort(scale: u8) -> Sort {
    if scale == 0 {
        Sort::Integer
    } else {
        Sort::Decimal
    }
}

fn column(metric: &Metric) -> MetricColumn {
    let of = metric.of.as_ref().map_or(Sort::Integer, |of| of.sort);
    MetricColumn {
        id: metric.id.clone(),
        sort: match metric.kind {
            MetricKind::Events | MetricKind::Distinct => Sort::Integer,
            MetricKind::Granted | MetricKind::Spent if metric.den == 1 => Sort::Integer,
            MetricKind::Granted | MetricKind::Spent => Sort::Decimal,
            MetricKind::Sum | MetricKind::First | MetricKind::Last => of,
        },
        den: metric.den,
        optional: matches!(metric.kind, MetricKind::First | MetricKind::Last),
        pool: metric.pool,
        windowed: metric.window.is_some(),
    }
}

/// Names under `account` and `member` that a metric would hide.
const TAKEN: &[&str] = &[
    "rung",
    "former_rung",
    "rung_since",
    "rung_until",
    "plan",
    "enrolled",
    "members",
    "badges",
];

fn metric(build: &mut Build<'_>, raw: MetricTable, scale: u8) -> Option<Metric> {
    let common = raw.common;
    if let Some(id) = &common.id {
        let taken = TAKEN.contains(&id.value.0.as_str())
            || build.reader.names.wallets.contains(&id.value.0);
        if taken {
            let name = &id.value.0;
            build.reader.find(
                Code::DuplicateId,
                id.place,
                format!("`account.{name}` exists already"),
                "a metric of this id would hide it",
                "give the metric another id",
            );
        }
    }
    if let Some(window) = &common.window {
        let wrong = match window.value {
            Per::Event | Per::Line => Some("a metric remembers over several events"),
            Per::Period => Some("without `window` it is the period of `[tiers]` already"),
            _ => None,
        };
        if let Some(label) = wrong {
            build.reader.find(
                Code::WrongValue,
                window.place,
                format!("a window of one `{}` cannot stand here", window.value.text()),
                label,
                "name a calendar stretch such as `\"month\"`, `\"lifetime\"`, or a duration; or leave `window` out",
            );
        }
    }
    let mut wallet = 0;
    if matches!(raw.kind, MetricKind::Granted | MetricKind::Spent) {
        let place = common.id.as_ref().map_or(raw.place, |id| id.place);
        wallet = build.wallet(raw.wallet.as_ref(), place, "a metric of points")?;
    }
    let (mut when, mut of) = (None, None);
    if let Some(on) = &raw.on {
        build.needs_event(on.value, on.place, "this metric");
        let lines = super::collect::has_lines(on.value);
        let occasion = Occasion::Event(on.value);
        if let Some(quoted) = &raw.when {
            when = Some(own(build, quoted, occasion, lines, Expected::Condition)?);
        }
        if let Some(quoted) = &raw.of {
            let expected = match raw.kind {
                MetricKind::Sum => Expected::Number,
                _ => Expected::Any,
            };
            of = Some(own(build, quoted, occasion, lines, expected)?);
        }
    }
    if raw.of.is_some() && of.is_none() {
        return None;
    }
    let den = match raw.kind {
        MetricKind::Events | MetricKind::Distinct => 1,
        MetricKind::Granted | MetricKind::Spent => 10i64.pow(u32::from(scale)),
        _ => of.as_ref().map_or(1, |of| of.den),
    };
    Some(Metric {
        absent: false,
        id: common.id?.value.0,
        place: raw.place,
        kind: raw.kind,
        on: raw.on.map(|on| on.value),
        when,
        of,
        window: common.window.map(|window| window.value),
        pool: common.pool?.value,
        wallet,
        rules: raw.rules,
        den,
    })
}

/// Compiles a condition of a metric, which may not name metrics.
fn own(
    build: &mut Build<'_>,
    quoted: &Quoted,
    occasion: Occasion,
    lines: bool,
    expected: Expected,
) -> Option<Expr> {
    let expr = build.compile(quoted, occasion, lines, expected)?;
    let mut named = None;
    metric_in(&expr, &mut named);
    let Some((at, span)) = named else {
        return Some(expr);
    };
    let place = build.inside(quoted, &span);
    let id = build.metrics.get(at).map(|metric| metric.id.clone());
    build.reader.find(
        Code::ConditionRefused,
        place,
        format!(
            "a metric cannot build on the metric `{}`",
            id.unwrap_or_default()
        ),
        "a metric",
        "metrics look at events only, so that none can depend on itself; use this metric where both meet, in a rule's `when`",
    );
    None
}

fn metric_in(expr: &Expr, found: &mut Option<(usize, std::ops::Range<usize>)>) {
    if let Node::Account(AccountColumn::Metric(at)) | Node::Member(MemberColumn::Metric(at)) =
        expr.node
    {
        found.get_or_insert((at, expr.span.clone()));
    }
    for part in expr.parts() {
        metric_in(part, found);
    }
}

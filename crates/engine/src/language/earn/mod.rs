//! `[[earn]]`: rules by which points are earned. A kind is one file with its table, its checks and its
//! line in [`FORMS`].

mod multiplier;
mod per_amount;
mod per_event;
mod per_line;
mod stacking;
mod steps;

use super::Build;
use super::expiry::{ExpiryTable, rule_expiry};
use super::limits::{CapTable, Limits, caps};
use super::quoted::Condition;
use super::reader::{Item, Placed, Reader, Row, Rows, Value};
use super::table::{KindWord, Kinds, Shape, Table, table};
use super::values::{Date, EarnSort, GroupSort, Id, Many, OneOrMany, Ref, WalletSort, Whole};
use crate::canonical::Kind;
use crate::condition::expression::{Expr, Node};
use crate::condition::{Expected, Occasion};
use crate::finding::{Code, Place};
use crate::number::Rational;
use crate::program::{Earn, EarnKind, Group, Limit, Metric, MetricKind};

table! {
    /// What every kind of earn rule takes.
    CommonTable as "[[earn]]" {
        /// Its id.
        required id: Id,
        /// The event on which points are earned.
        default("\"order\"") on: Kind,
        /// Only where this is true; a rule that mentions `line` runs line by line.
        optional when: Condition,
        /// The wallet; the only one if not given.
        optional wallet: Ref<WalletSort>,
        /// Whether it counts for the rung; asked where a metric of kind `granted` counts all rules that do.
        optional counts: bool,
        /// A limit, or a list of limits that all hold.
        optional cap: OneOrMany<CapTable>,
        /// The group in which it meets other rules.
        optional group: Ref<GroupSort>,
        /// When its points end; it beats the rung's and the wallet's. What a multiplier adds ends as the multiplier says, not as what it raises.
        optional expiry: ExpiryTable,
        /// For groups with `combine = "first"`: higher first.
        default("0") priority: Whole<-1000, 1000>,
        /// First day.
        optional from: Date,
        /// First day after it.
        optional before: Date,
        /// Name that members see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// A limit over the whole programme.
        budget,
        /// How long its points are held.
        pending,
    }
}

/// A kind of earn rule.
pub(crate) struct Form {
    /// As it is written.
    pub word: &'static str,
    /// Its own keys.
    pub table: fn() -> Table,
    /// Reads its own keys.
    pub read: fn(&Row<'_, '_>, &mut Reader<'_>) -> Box<dyn Body>,
}

/// The kinds.
const FORMS: &[Form] = &[
    per_amount::FORM,
    per_event::FORM,
    per_line::FORM,
    steps::FORM,
    multiplier::FORM,
];

/// The keys of a kind, after they were read.
pub(crate) trait Body: std::fmt::Debug {
    /// The rules that this one raises.
    fn raises(&self) -> &[Placed<Ref<EarnSort>>] {
        &[]
    }

    /// Checks them; also whether the kind runs line by line.
    fn check(self: Box<Self>, build: &mut Build<'_>, rule: &Rule) -> Option<(EarnKind, bool)>;
}

/// What a kind may know of its rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// Where the rule stands.
    pub place: Place,
    /// Where its id stands.
    pub id_place: Place,
    /// On which event.
    pub on: Kind,
    /// Where that is said.
    pub on_place: Place,
    /// Whether the event has lines.
    pub lines: bool,
}

impl Rule {
    /// At what its conditions are asked.
    pub fn occasion(&self) -> Occasion {
        Occasion::Event(self.on)
    }
}

/// An earn rule as it was read.
#[derive(Debug)]
pub(crate) struct EarnTable {
    common: CommonTable,
    body: Box<dyn Body>,
    multiplier: bool,
}

impl Value for EarnTable {
    fn shape() -> Shape {
        Shape::Kinds(Kinds {
            title: "[[earn]]",
            doc: "A rule by which points are earned. Inside one event, all exact: base rules, their caps, multipliers by group (line by line where the base runs so), their caps, caps of groups, rounding.",
            common: CommonTable::table().keys,
            kinds: FORMS
                .iter()
                .map(|form| KindWord {
                    word: form.word,
                    table: Some((form.table)()),
                })
                .collect(),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let words: Vec<&str> = FORMS.iter().map(|form| form.word).collect();
        let (word, _) = reader.kind(item, "[[earn]]", &words, &[])?;
        let form = FORMS.iter().find(|form| form.word == word)?;
        let row = reader.kind_row(item, &(form.table)(), &CommonTable::table().keys)?;
        Some(EarnTable {
            common: CommonTable::from_row(&row, reader),
            body: (form.read)(&row, reader),
            multiplier: word == multiplier::FORM.word,
        })
    }
}

/// A checked rule with what further checks point to.
pub(crate) struct Checked {
    pub earn: Earn,
    pub id_place: Place,
    pub on_place: Place,
    pub when_place: Option<Place>,
}

/// Checks the earn rules; they come out in order of their ids.
pub(crate) fn earn(
    build: &mut Build<'_>,
    raw: Many<EarnTable>,
    metrics: &[Metric],
    groups: &[Group],
) -> Vec<Earn> {
    build.unique(
        "earn rule",
        raw.iter().map(|raw| raw.value.common.id.as_ref()),
    );
    let asked = metrics
        .iter()
        .find(|metric| metric.kind == MetricKind::Granted && metric.rules.is_none());
    if let (Some(first), true) = (raw.first(), build.reader.names.wallets.is_empty()) {
        let place = first.value.common.id.as_ref();
        build.wallet(
            None,
            place.map_or(first.place, |id| id.place),
            "earning points",
        );
    }
    multiplies_multiplier(build, &raw);
    let mut rules: Vec<Checked> = raw
        .into_iter()
        .filter_map(|raw| rule(build, raw, asked))
        .collect();
    rules.sort_by(|a, b| a.earn.id.cmp(&b.earn.id));
    stacking::bases(build, &rules);
    stacking::stacking(build, &rules, groups);
    stacking::one_wallet(build, &rules, metrics);
    rules.into_iter().map(|rule| rule.earn).collect()
}

/// A multiplier raises base rules only.
fn multiplies_multiplier(build: &mut Build<'_>, raw: &Many<EarnTable>) {
    let multipliers: Vec<(String, Place)> = raw
        .iter()
        .filter(|raw| raw.value.multiplier)
        .filter_map(|raw| raw.value.common.id.as_ref())
        .map(|id| (id.value.0.clone(), id.place))
        .collect();
    for rule in raw {
        for of in rule.value.body.raises() {
            let Some(name) = build.reader.names.earn.get(of.value.0).cloned() else {
                continue;
            };
            if let Some((_, place)) = multipliers.iter().find(|(id, _)| *id == name) {
                build.reader.find_both(
                    Code::MultiplierOf,
                    of.place,
                    format!("`{name}` is a multiplier itself"),
                    "a multiplier raises base rules only",
                    (*place, "the multiplier"),
                    "name the base rules; what holds where two multipliers meet is said by a `[[groups]]` entry with `combine`",
                );
            }
        }
    }
}

fn rule(build: &mut Build<'_>, raw: Placed<EarnTable>, asked: Option<&Metric>) -> Option<Checked> {
    let common = raw.value.common;
    let on = common.on.as_ref()?;
    let id_place = common.id.as_ref().map_or(raw.place, |id| id.place);
    if on.value == Kind::Refund {
        build.reader.not_yet(on.place, "an earn rule on refunds");
        return None;
    }
    build.needs_event(
        on.value,
        if on.place == raw.place {
            id_place
        } else {
            on.place
        },
        "this rule",
    );
    if let (None, Some(metric)) = (&common.counts, asked) {
        build.reader.find_both(
            Code::MissingKey,
            id_place,
            "`counts` is missing",
            "does it count for the rung?",
            (metric.place, "this metric counts the points of rules that do"),
            "add `counts = true` or `counts = false`; published programmes differ, so there is no default",
        );
    }
    build.range(common.from.as_ref(), common.before.as_ref());
    let rule = Rule {
        place: raw.place,
        id_place,
        on: on.value,
        on_place: on.place,
        lines: super::collect::has_lines(on.value),
    };
    let when = common.when.as_ref().map(|when| {
        build.compile(
            &when.value.0,
            rule.occasion(),
            rule.lines,
            Expected::Condition,
        )
    });
    let body = raw.value.body.check(build, &rule);
    let caps_per_line = match (&when, &body) {
        (Some(Some(when)), _) if build.mentions_line(when) => true,
        (_, Some((_, per_line))) => *per_line,
        // After a finding nothing is known, so nothing more is said.
        _ => true,
    };
    let caps = caps(
        build,
        common.cap.as_ref(),
        Limits::Earn,
        rule.occasion(),
        caps_per_line && rule.lines,
    );
    // Without any wallet that was said once.
    let wallet = match build.reader.names.wallets.is_empty() {
        true => 0,
        false => build.wallet(common.wallet.as_ref(), id_place, "what this rule gives")?,
    };
    let caps_fit = caps.iter().filter_map(|cap| match &cap.limit {
        Limit::Points(points) => Some(&points.0),
        Limit::Count(_) => None,
    });
    for points in caps_fit.flatten() {
        build.fits(
            wallet,
            *points,
            common.cap.as_ref().map_or(id_place, |cap| cap.place),
        );
    }
    let expiry = common.expiry.as_ref();
    let expiry = expiry.and_then(|raw| rule_expiry(build, raw, wallet));
    let when_place = common.when.as_ref().map(|when| when.place);
    let when = match when {
        Some(compiled) => Some(compiled?),
        None => None,
    };
    let (kind, _) = body?;
    Some(Checked {
        earn: Earn {
            absent: false,
            id: common.id?.value.0,
            place: raw.place,
            name: common.name.map(|name| name.value),
            on: on.value,
            when,
            from: common.from.map(|from| from.value.0),
            before: common.before.map(|before| before.value.0),
            counts: common.counts.is_some_and(|counts| counts.value),
            caps,
            group: common.group.map(|group| group.value.0),
            priority: common.priority?.value.0,
            per_line: caps_per_line,
            kind,
            wallet,
            expiry,
        },
        id_place,
        on_place: rule.on_place,
        when_place,
    })
}

/// The largest value of an amount, in its own denominator, as far as columns declare one.
fn most(build: &Build<'_>, amount: &Expr) -> Option<i128> {
    match &amount.node {
        Node::Constant(value) => Some(i128::from(*value)),
        Node::Column(column) => build.columns.get(*column)?.max.map(i128::from),
        Node::Scale(inner, factor) => most(build, inner)?.checked_mul(i128::from(*factor)),
        Node::Default(inner, other) => Some(most(build, inner)?.max(most(build, other)?)),
        _ => None,
    }
}

/// Finds points that can leave 64 bits: the largest declared amount × the rate, at the wallet's scale.
fn overflow(build: &mut Build<'_>, amount: &Expr, rate: Rational, place: Place) {
    let Some(most) = most(build, amount) else {
        return;
    };
    let scale = build.reader.names.scale;
    let points = most
        .checked_mul(i128::from(rate.num))
        .and_then(|points| points.checked_mul(10i128.pow(u32::from(scale))));
    let den = i128::from(rate.den) * i128::from(amount.den);
    let fits = points.is_some_and(|points| i64::try_from(points / den).is_ok());
    if !fits {
        build.reader.find(
            Code::Overflow,
            place,
            "the points of one event can leave 64 bits",
            format!("the largest declared amount × {rate}"),
            "declare a smaller `max` for the column, or a lower rate",
        );
    }
}

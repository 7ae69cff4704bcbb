//! Multipliers that raise one base: whether they can meet, and whether it is said what holds then.

use super::Checked;
use crate::condition::expression::{Compare, Expr, Node};
use crate::finding::{Code, Place, Pointer};
use crate::language::Build;
use crate::language::reader::list;
use crate::program::{EarnKind, Group, Metric};

/// A multiplier runs on the events, and over the lines, of what it raises.
pub(crate) fn bases(build: &mut Build<'_>, rules: &[Checked]) {
    for rule in rules {
        let EarnKind::Multiplier { of, .. } = &rule.earn.kind else {
            continue;
        };
        for base in of {
            let id = build.reader.names.earn.get(*base).cloned();
            let Some(base) = rules.iter().find(|rule| Some(&rule.earn.id) == id.as_ref()) else {
                continue;
            };
            let name = &base.earn.id;
            if base.earn.on != rule.earn.on {
                build.reader.find_both(
                    Code::WrongValue,
                    if rule.on_place == rule.earn.place {
                        rule.id_place
                    } else {
                        rule.on_place
                    },
                    format!(
                        "this multiplier waits for `{}` events, but `{name}` for `{}` events",
                        rule.earn.on.text(),
                        base.earn.on.text()
                    ),
                    "they never meet",
                    (base.id_place, "the rule that it raises"),
                    format!("write `on = \"{}\"`", base.earn.on.text()),
                );
            } else if rule.earn.per_line && !base.earn.per_line {
                build.reader.find_both(
                    Code::ConditionRefused,
                    rule.when_place.unwrap_or(rule.id_place),
                    format!("this condition asks for lines, but `{name}` runs once an event"),
                    "mentions `line`",
                    (base.id_place, "the rule that it raises"),
                    "let the base run line by line (`amount = 'line.net'`), or ask for the event only",
                );
            }
        }
    }
}

/// Finds multipliers of one base that can meet without a word on what holds then.
pub(crate) fn stacking(build: &mut Build<'_>, rules: &[Checked], groups: &[Group]) {
    for (at, first) in rules.iter().enumerate() {
        for second in &rules[at + 1..] {
            let shared = shared(build, first, second);
            if shared.is_empty() || !can_meet(first, second) {
                continue;
            }
            let (a, b) = (&first.earn, &second.earn);
            let (group, help) = match (a.group, b.group) {
                (Some(one), Some(other)) if one != other => continue,
                (Some(one), Some(_)) => match build.reader.names.groups.get(one) {
                    Some(id) => {
                        let group = groups.iter().find(|group| group.id == *id);
                        if group.is_none_or(|group| group.combine.is_some()) {
                            continue;
                        }
                        (
                            group.map(|group| group.place),
                            format!("add `combine` to the group `{id}`: `\"highest\"`, `\"add\"`, `\"multiply\"` or `\"first\"`"),
                        )
                    }
                    None => continue,
                },
                _ => (
                    None,
                    "put both into one group that says `combine`, or each into a group of its own: then they add".to_owned(),
                ),
            };
            let (later, earlier) = if first.id_place > second.id_place {
                (first, second)
            } else {
                (second, first)
            };
            let finding = build.reader.find(
                Code::Stacking,
                later.id_place,
                format!(
                    "`{}` and `{}` can both raise {}",
                    earlier.earn.id,
                    later.earn.id,
                    list(&shared)
                ),
                "no group says what holds then",
                help,
            );
            finding.also.push(Pointer {
                place: earlier.id_place,
                label: "the other multiplier".to_owned(),
            });
            finding.also.extend(group.map(|place| Pointer {
                place,
                label: "their group says no `combine`".to_owned(),
            }));
        }
    }
}

/// What rules are raised, limited or counted together is of one wallet.
pub(super) fn one_wallet(build: &mut Build<'_>, rules: &[Checked], metrics: &[Metric]) {
    if build.reader.names.wallets.len() < 2 {
        return;
    }
    let named = |index: usize| {
        let id = build.reader.names.earn.get(index)?;
        rules.iter().find(|rule| rule.earn.id == *id)
    };
    let mut apart: Vec<(Place, String, u8, &Checked)> = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        if let EarnKind::Multiplier { of, .. } = &rule.earn.kind {
            let raised = of.iter().filter_map(|of| named(*of));
            let what = format!("what `{}` raises", rule.earn.id);
            apart.extend(raised.map(|it| (rule.id_place, what.clone(), rule.earn.wallet, it)));
        }
        let mut before = rules[..place].iter();
        if let Some(first) =
            before.find(|it| it.earn.group.is_some() && it.earn.group == rule.earn.group)
        {
            let what = format!("the group of `{}`", rule.earn.id);
            apart.push((rule.id_place, what, rule.earn.wallet, first));
        }
    }
    for metric in metrics {
        let counted = metric
            .rules
            .iter()
            .flatten()
            .filter_map(|rule| named(*rule));
        let what = format!("what `{}` counts", metric.id);
        apart.extend(counted.map(|it| (metric.place, what.clone(), metric.wallet, it)));
    }
    apart.retain(|(_, _, wallet, other)| *wallet != other.earn.wallet);
    for (place, what, wallet, other) in apart {
        let wallets = &build.reader.names.wallets;
        let of = |wallet: u8| wallets[usize::from(wallet)].clone();
        let (here, there) = (of(wallet), of(other.earn.wallet));
        build.reader.find_both(
            Code::OneWallet,
            place,
            format!("points of two wallets meet in {what}"),
            format!("this is of `{here}`"),
            (other.id_place, &*format!("`{}` gives `{there}`", other.earn.id)),
            "points of different wallets are different things: make one rule, group or metric for each",
        );
    }
}

/// The rules that both raise.
fn shared(build: &Build<'_>, first: &Checked, second: &Checked) -> Vec<String> {
    let (EarnKind::Multiplier { of: a, .. }, EarnKind::Multiplier { of: b, .. }) =
        (&first.earn.kind, &second.earn.kind)
    else {
        return Vec::new();
    };
    a.iter()
        .filter(|base| b.contains(base))
        .filter_map(|base| build.reader.names.earn.get(*base).cloned())
        .collect()
}

/// Whether two rules can hold for one event or line. Only what certainly excludes is taken as such.
fn can_meet(first: &Checked, second: &Checked) -> bool {
    let (a, b) = (&first.earn, &second.earn);
    let apart = |from: Option<i32>, before: Option<i32>| matches!((from, before), (Some(from), Some(before)) if before <= from);
    if apart(a.from, b.before) || apart(b.from, a.before) {
        return false;
    }
    let (Some(one), Some(other)) = (&a.when, &b.when) else {
        return true;
    };
    let (one, other) = (bounds(one), bounds(other));
    !one.iter().any(|(value, allowed)| {
        other
            .iter()
            .any(|(same, others)| value == same && allowed.excludes(others))
    })
}

/// The values that a condition leaves to a column.
#[derive(Debug, Clone, PartialEq)]
enum Allowed {
    /// One of these texts.
    Texts(Vec<String>),
    /// One of these numbers.
    Numbers(Vec<i64>),
    /// From the first to the second, both included.
    Range(i64, i64),
}

impl Allowed {
    fn has(&self, value: i64) -> bool {
        match self {
            Allowed::Numbers(numbers) => numbers.contains(&value),
            Allowed::Range(least, most) => (*least..=*most).contains(&value),
            Allowed::Texts(_) => true,
        }
    }

    /// Whether no value is left by both.
    fn excludes(&self, other: &Allowed) -> bool {
        match (self, other) {
            (Allowed::Texts(a), Allowed::Texts(b)) => !a.iter().any(|text| b.contains(text)),
            (Allowed::Numbers(numbers), other) | (other, Allowed::Numbers(numbers)) => {
                !numbers.iter().any(|number| other.has(*number))
            }
            (Allowed::Range(a, b), Allowed::Range(c, d)) => a.max(c) > b.min(d),
            _ => false,
        }
    }

    /// What either leaves.
    fn or(self, other: Allowed) -> Option<Allowed> {
        match (self, other) {
            (Allowed::Texts(mut a), Allowed::Texts(b)) => {
                a.extend(b);
                Some(Allowed::Texts(a))
            }
            (Allowed::Numbers(mut a), Allowed::Numbers(b)) => {
                a.extend(b);
                Some(Allowed::Numbers(a))
            }
            (Allowed::Range(a, b), Allowed::Range(c, d)) => {
                Some(Allowed::Range(a.min(c), b.max(d)))
            }
            _ => None,
        }
    }
}

/// A column with its denominator, so that only like is compared with like.
type Column = (Node, i64);

/// What a condition says for certain of single columns.
fn bounds(expr: &Expr) -> Vec<(Column, Allowed)> {
    match &expr.node {
        Node::And(a, b) => {
            let mut all = bounds(a);
            all.extend(bounds(b));
            all
        }
        Node::Or(a, b) => {
            let others = bounds(b);
            bounds(a)
                .into_iter()
                .filter_map(|(column, allowed)| {
                    let (_, other) = others.iter().find(|(same, _)| *same == column)?;
                    Some((column, allowed.or(other.clone())?))
                })
                .collect()
        }
        Node::Compare(compare, a, b) => match (&a.node, &b.node) {
            (_, Node::Text(text)) if *compare == Compare::Equal => column(a)
                .map(|column| (column, Allowed::Texts(vec![text.clone()])))
                .into_iter()
                .collect(),
            (Node::Text(text), _) if *compare == Compare::Equal => column(b)
                .map(|column| (column, Allowed::Texts(vec![text.clone()])))
                .into_iter()
                .collect(),
            (_, Node::Constant(value)) => range(*compare, *value, column(a)),
            (Node::Constant(value), _) => range(mirrored(*compare), *value, column(b)),
            _ => Vec::new(),
        },
        Node::In(a, numbers) => column(a)
            .map(|column| (column, Allowed::Numbers(numbers.clone())))
            .into_iter()
            .collect(),
        Node::InTexts(a, texts) => column(a)
            .map(|column| (column, Allowed::Texts(texts.clone())))
            .into_iter()
            .collect(),
        Node::Not(a) => column(a)
            .map(|column| (column, Allowed::Numbers(vec![0])))
            .into_iter()
            .collect(),
        _ => column(expr)
            .map(|column| (column, Allowed::Numbers(vec![1])))
            .into_iter()
            .collect(),
    }
}

/// The column itself, if the expression is nothing else.
fn column(expr: &Expr) -> Option<Column> {
    matches!(
        expr.node,
        Node::Column(_)
            | Node::Common(_)
            | Node::Account(_)
            | Node::Member(_)
            | Node::Moment(_)
            | Node::Part(..)
    )
    .then(|| (expr.node.clone(), expr.den))
}

fn mirrored(compare: Compare) -> Compare {
    match compare {
        Compare::Less => Compare::Greater,
        Compare::LessEqual => Compare::GreaterEqual,
        Compare::Greater => Compare::Less,
        Compare::GreaterEqual => Compare::LessEqual,
        same => same,
    }
}

fn range(compare: Compare, value: i64, column: Option<Column>) -> Vec<(Column, Allowed)> {
    let allowed = match compare {
        Compare::Equal => Allowed::Numbers(vec![value]),
        Compare::NotEqual => return Vec::new(),
        Compare::Less => Allowed::Range(i64::MIN, value.saturating_sub(1)),
        Compare::LessEqual => Allowed::Range(i64::MIN, value),
        Compare::Greater => Allowed::Range(value.saturating_add(1), i64::MAX),
        Compare::GreaterEqual => Allowed::Range(value, i64::MAX),
    };
    column.map(|column| (column, allowed)).into_iter().collect()
}

//! What the recount looks up in a programme once: where columns stand, which metrics a condition asks
//! for, and in which units metrics are added.

use crate::days::Days;
use crate::exact::unit;
use rungs_engine::canonical::{Kind, Moment};
use rungs_engine::condition::expression::{AccountColumn, Expr, MemberColumn, Node};
use rungs_engine::number::gcd;
use rungs_engine::program::{Earn, EarnKind, MetricKind, Program, Trigger, Validity};

/// A programme, read for the recount. Make it once and recount any number of accounts with it.
pub struct Reading<'p> {
    pub(crate) program: &'p Program,
    pub(crate) days: Days<'p>,
    pub(crate) order: OrderColumns,
    pub(crate) refund: RefundColumns,
    pub(crate) redeem: RedeemColumns,
    /// `unredeem.redeem` and `unredeem.points`.
    pub(crate) unredeem: [Option<usize>; 2],
    pub(crate) adjust: AdjustColumns,
    pub(crate) opening: OpeningColumns,
    /// `reward.reward` and `reward.state`.
    pub(crate) reward: [Option<usize>; 2],
    pub(crate) birthday: Option<usize>,
    /// All columns of profile.
    pub(crate) profile: Vec<usize>,
    /// By rank of the kind of event: the metrics that conditions at such an event ask for.
    pub(crate) asked: Vec<Vec<usize>>,
    /// The metrics that conditions at a moment or in a schedule ask for.
    pub(crate) asked_between: Vec<usize>,
    /// By metric: its values are added in units of 1 / this.
    pub(crate) units: Vec<i128>,
    /// By metric: `when` or `of` mentions the line.
    pub(crate) by_line: Vec<bool>,
    /// The metrics of the ladder, where the rung is what they say at every instant.
    pub(crate) followed: Vec<usize>,
    /// Rewards for birthdays.
    pub(crate) for_birthdays: Vec<usize>,
}

/// Where an order's columns stand.
#[derive(Default)]
pub(crate) struct OrderColumns {
    pub(crate) gross: Option<usize>,
    pub(crate) discount: Option<usize>,
    pub(crate) net: Option<usize>,
    pub(crate) tax: Option<usize>,
    pub(crate) total: Option<usize>,
    pub(crate) line_gross: Option<usize>,
    pub(crate) line_discount: Option<usize>,
    pub(crate) line_net: Option<usize>,
    pub(crate) line_tax: Option<usize>,
    pub(crate) line_quantity: Option<usize>,
}

pub(crate) struct RefundColumns {
    pub(crate) order: Option<usize>,
    pub(crate) quantity: Option<usize>,
    pub(crate) net: Option<usize>,
}

pub(crate) struct RedeemColumns {
    pub(crate) wallet: Option<usize>,
    pub(crate) reward: Option<usize>,
    pub(crate) quantity: Option<usize>,
    pub(crate) points: Option<usize>,
}

pub(crate) struct AdjustColumns {
    pub(crate) wallet: Option<usize>,
    pub(crate) points: Option<usize>,
    pub(crate) rung: Option<usize>,
    pub(crate) ends: Option<usize>,
    pub(crate) metric: Option<usize>,
    pub(crate) value: Option<usize>,
}

pub(crate) struct OpeningColumns {
    pub(crate) wallet: Option<usize>,
    pub(crate) points: Option<usize>,
    pub(crate) expires: Option<usize>,
    pub(crate) rung: Option<usize>,
    pub(crate) rung_until: Option<usize>,
}

impl<'p> Reading<'p> {
    /// Reads a checked programme.
    pub fn of(program: &'p Program) -> Reading<'p> {
        let column = |kind: Kind, line: bool, name: &str| {
            program.columns.iter().position(|column| {
                column.kind == kind && column.line == line && column.name == name
            })
        };
        let order = |name| column(Kind::Order, false, name);
        let line = |name| column(Kind::Order, true, name);
        let adjust_value = column(Kind::Adjust, false, "value");
        Reading {
            program,
            days: Days::new(
                program.zone.jiff(),
                program.leap_day,
                program.week,
                program.tiers.as_ref().map(|tiers| tiers.period),
            ),
            reward: ["reward", "state"].map(|name| column(Kind::Reward, false, name)),
            order: OrderColumns {
                gross: order("gross"),
                discount: order("discount"),
                net: order("net"),
                tax: order("tax"),
                total: order("total"),
                line_gross: line("gross"),
                line_discount: line("discount"),
                line_net: line("net"),
                line_tax: line("tax"),
                line_quantity: line("quantity"),
            },
            refund: RefundColumns {
                order: column(Kind::Refund, false, "order"),
                quantity: column(Kind::Refund, true, "quantity"),
                net: column(Kind::Refund, true, "net"),
            },
            redeem: RedeemColumns {
                wallet: column(Kind::Redeem, false, "wallet"),
                reward: column(Kind::Redeem, false, "reward"),
                quantity: column(Kind::Redeem, false, "quantity"),
                points: column(Kind::Redeem, false, "points"),
            },
            unredeem: ["redeem", "points"].map(|name| column(Kind::Unredeem, false, name)),
            adjust: AdjustColumns {
                wallet: column(Kind::Adjust, false, "wallet"),
                points: column(Kind::Adjust, false, "points"),
                rung: column(Kind::Adjust, false, "rung"),
                ends: column(Kind::Adjust, false, "ends"),
                metric: column(Kind::Adjust, false, "metric"),
                value: adjust_value,
            },
            opening: OpeningColumns {
                wallet: column(Kind::Opening, false, "wallet"),
                points: column(Kind::Opening, false, "points"),
                expires: column(Kind::Opening, false, "expires"),
                rung: column(Kind::Opening, false, "rung"),
                rung_until: column(Kind::Opening, false, "rung_until"),
            },
            birthday: column(Kind::Profile, false, "birthday"),
            profile: (0..program.columns.len())
                .filter(|index| program.columns[*index].kind == Kind::Profile)
                .collect(),
            asked: Kind::ALL
                .iter()
                .map(|kind| metrics_in(&asked_at(program, *kind)))
                .collect(),
            asked_between: metrics_in(&asked_between(program)),
            units: units(program, adjust_value),
            by_line: program
                .metrics
                .iter()
                .map(|metric| {
                    [&metric.when, &metric.of]
                        .into_iter()
                        .flatten()
                        .any(|expression| mentions_line(program, expression))
                })
                .collect(),
            followed: followed(program),
            for_birthdays: (0..program.rewards.len())
                .filter(|index| {
                    program.rewards[*index].on == Some(Trigger::Moment(Moment::Birthday))
                })
                .collect(),
        }
    }

    /// Asks at events for what a rule of another version asks for.
    pub(crate) fn asks_for(&mut self, rule: &Earn) {
        let mut all: Vec<&Expr> = rule.when.iter().collect();
        if let EarnKind::PerAmount { amount, .. } | EarnKind::Steps { amount, .. } = &rule.kind {
            all.push(amount);
        }
        let asked = &mut self.asked[rule.on as usize];
        asked.extend(metrics_in(&all));
        asked.sort_unstable();
        asked.dedup();
    }

    /// Digits after the point of a column's numbers.
    pub(crate) fn digits(&self, column: usize) -> u8 {
        self.program.columns[column].digits
    }

    /// Digits after the point of the finest wallet, 0 without one: scaled points have as many.
    pub(crate) fn scale(&self) -> u8 {
        let scales = self.program.wallets.iter().map(|wallet| wallet.scale);
        scales.fold(0, u8::max)
    }
}

/// Whether an expression names a column of a line.
pub(crate) fn mentions_line(program: &Program, expression: &Expr) -> bool {
    expression.any(&mut |node| matches!(node, Node::Column(index) if program.columns[*index].line))
}

/// All expressions that are asked at an event of this kind.
fn asked_at(program: &Program, kind: Kind) -> Vec<&Expr> {
    let mut all: Vec<&Expr> = Vec::new();
    for rule in program.earn.iter().filter(|rule| rule.on == kind) {
        all.extend(&rule.when);
        all.extend(rule.caps.iter().filter_map(|cap| cap.each.as_ref()));
        if let EarnKind::PerAmount { amount, .. } | EarnKind::Steps { amount, .. } = &rule.kind {
            all.push(amount);
        }
    }
    for group in &program.groups {
        all.extend(group.cap.iter().filter_map(|cap| cap.each.as_ref()));
    }
    for metric in program
        .metrics
        .iter()
        .filter(|metric| metric.on == Some(kind))
    {
        all.extend(&metric.when);
        all.extend(&metric.of);
    }
    for reward in &program.rewards {
        if reward.on == Some(Trigger::Event(kind)) {
            all.extend(&reward.when);
            all.extend(reward.caps.iter().filter_map(|cap| cap.each.as_ref()));
        }
    }
    for until in program.wallets.iter().filter_map(|it| it.until()) {
        if until.on == kind {
            all.extend(until.when.iter().chain(&until.order));
        }
    }
    all
}

/// All expressions that are asked at moments and by surprises.
fn asked_between(program: &Program) -> Vec<&Expr> {
    let mut all: Vec<&Expr> = Vec::new();
    for reward in &program.rewards {
        if matches!(reward.on, Some(Trigger::Moment(_))) {
            all.extend(&reward.when);
            all.extend(reward.caps.iter().filter_map(|cap| cap.each.as_ref()));
        }
    }
    all.extend(program.surprises.iter().map(|surprise| &surprise.when));
    all
}

fn metrics_in(expressions: &[&Expr]) -> Vec<usize> {
    let mut found = Vec::new();
    for expression in expressions {
        expression.any(&mut |node| {
            if let Node::Account(AccountColumn::Metric(index))
            | Node::Member(MemberColumn::Metric(index)) = node
            {
                found.push(*index);
            }
            false
        });
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The metrics that a rung without validity follows.
fn followed(program: &Program) -> Vec<usize> {
    let followed = program
        .tiers
        .as_ref()
        .filter(|tiers| tiers.validity == Validity::None);
    let mut metrics: Vec<usize> = followed
        .iter()
        .flat_map(|tiers| &tiers.rungs)
        .flat_map(|rung| rung.reach.iter().flatten())
        .map(|(metric, _)| *metric)
        .collect();
    metrics.sort_unstable();
    metrics.dedup();
    metrics
}

/// The least unit in which all values that a metric can take on are whole.
fn units(program: &Program, adjust_value: Option<usize>) -> Vec<i128> {
    let least = |a: i128, b: i128| a / gcd(a, b).max(1) * b;
    let by_hand = adjust_value.map_or(1, |column| unit(program.columns[column].digits));
    let points = program.wallets.iter().map(|wallet| unit(wallet.scale));
    let points = points.fold(1, i128::max);
    program
        .metrics
        .iter()
        .map(|metric| {
            let own = least(i128::from(metric.den.max(1)), by_hand);
            match metric.kind {
                MetricKind::Granted | MetricKind::Spent => least(own, points),
                MetricKind::Sum => metric
                    .of
                    .as_ref()
                    .map_or(own, |of| least(own, i128::from(of.den.max(1)))),
                _ => own,
            }
        })
        .collect()
}

//! One set of places for all versions: what has an id stands at the same index in each of them.

use super::absent::{
    no_dataset, no_earn, no_metric, no_reward, no_rung, no_surprise, no_wallet, nothing_measured,
};
use super::changes::merge;
use super::{
    ByRung, Cap, Carried, Column, EarnKind, IdleSince, Limit, Program, Rung, RungEnds, Shortfall,
    Takeover, Target, Wallet,
};
use crate::canonical::Kind;
use crate::condition::expression::{AccountColumn, Expr, MemberColumn, Node, Sort};
use std::collections::BTreeMap;

/// Brings versions, by the day from which they rule, onto common places.
pub fn align(mut programs: Vec<Program>) -> Vec<Program> {
    if programs.len() < 2 {
        return programs;
    }
    let columns = shared(&programs, |it| {
        it.columns.iter().map(Column::stored).collect()
    });
    let mut datasets = shared(&programs, |it| ids(&it.datasets, |one| &one.id));
    let mut earn = shared(&programs, |it| ids(&it.earn, |one| &one.id));
    // Sources and rules are told apart by their names where all else is equal: their order is by name.
    datasets.sort();
    earn.sort();
    let wallets = shared(&programs, |it| ids(&it.wallets, |one| &one.id));
    let rewards = shared(&programs, |it| ids(&it.rewards, |one| &one.id));
    let surprises = shared(&programs, |it| ids(&it.surprises, |one| &one.id));
    let mut rungs = Vec::new();
    for program in &programs {
        merge(&mut rungs, ladder(program));
    }
    let (metrics, metrics_of) = metrics(&programs);
    let takeovers: Vec<Takeover> = (0..programs.len())
        .map(|at| takeover(&programs, at, (&rungs, &rewards), &metrics_of, metrics))
        .collect();
    for (at, program) in programs.iter_mut().enumerate() {
        Places {
            columns: places(&columns, program.columns.iter().map(Column::stored)),
            earn: places(&earn, program.earn.iter().map(|it| it.id.clone())),
            metrics: metrics_of[at].clone(),
            wallets: (places(&wallets, program.wallets.iter().map(|it| it.id.clone())).iter())
                .map(|place| *place as u8)
                .collect(),
            rewards: places(&rewards, program.rewards.iter().map(|it| it.id.clone())),
            rungs: places(&rungs, ladder(program).iter().map(|it| it.id.clone())),
        }
        .apply(program, rungs.len());
        program.takeover = takeovers[at].clone();
    }
    // What a version does not have is taken from one that has it, and made to do nothing.
    let all = programs.clone();
    for (at, program) in programs.iter_mut().enumerate() {
        let own = std::mem::take(&mut program.columns);
        program.columns = fill(&columns, own, Column::stored, |name| {
            let mut columns = all.iter().flat_map(|other| &other.columns);
            columns.find(|column| column.stored() == *name).cloned()
        });
        let own = std::mem::take(&mut program.datasets);
        let of = |other: &'_ Program| other.datasets.clone();
        program.datasets = filled(&datasets, own, &all, of, |it| &it.id, no_dataset);
        let own = std::mem::take(&mut program.wallets);
        let of = |other: &'_ Program| other.wallets.clone();
        program.wallets = filled(&wallets, own, &all, of, |it| &it.id, no_wallet);
        let own = std::mem::take(&mut program.earn);
        program.earn = filled(&earn, own, &all, |it| it.earn.clone(), |it| &it.id, no_earn);
        let own = std::mem::take(&mut program.rewards);
        let of = |other: &'_ Program| other.rewards.clone();
        program.rewards = filled(&rewards, own, &all, of, |it| &it.id, no_reward);
        let own = std::mem::take(&mut program.surprises);
        let of = |other: &'_ Program| other.surprises.clone();
        program.surprises = filled(&surprises, own, &all, of, |it| &it.id, no_surprise);
        program.metrics = (0..metrics)
            .map(|place| {
                let here = |(at, other): (usize, &Program)| {
                    let own = metrics_of[at].iter().position(|known| *known == place)?;
                    Some(other.metrics[own].clone())
                };
                here((at, &all[at])).unwrap_or_else(|| {
                    let mut others = all.iter().enumerate().filter_map(here);
                    others.next().map_or_else(nothing_measured, no_metric)
                })
            })
            .collect();
        if let Some(tiers) = &mut program.tiers {
            let own = std::mem::take(&mut tiers.rungs);
            tiers.rungs = fill(
                &rungs,
                own,
                |rung| rung.id.clone(),
                |id| {
                    let mut others = all.iter().flat_map(ladder);
                    others.find(|rung| rung.id == *id).cloned().map(no_rung)
                },
            );
        }
    }
    programs
}

fn ladder(program: &Program) -> &[Rung] {
    program.tiers.as_ref().map_or(&[], |tiers| &tiers.rungs)
}

fn ids<T>(list: &[T], id: impl Fn(&T) -> &String) -> Vec<String> {
    list.iter().map(|one| id(one).clone()).collect()
}

/// All names of one sort, in the order in which versions bring them.
fn shared(programs: &[Program], of: impl Fn(&Program) -> Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in programs.iter().flat_map(of) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// Where each of a version's own things goes.
fn places(all: &[String], own: impl Iterator<Item = String>) -> Vec<usize> {
    own.map(|name| all.iter().position(|known| *known == name).unwrap_or(0))
        .collect()
}

/// How many metrics there are, and by version where each of its own goes: a metric that has another id in
/// the next version is the same.
fn metrics(programs: &[Program]) -> (usize, Vec<Vec<usize>>) {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = 0;
    let mut all = Vec::new();
    for program in programs {
        let moved = &program.migrate.metrics;
        let own: Vec<usize> = (program.metrics.iter())
            .map(|metric| {
                let renamed = |it: &&Carried| it.to.as_ref() == Some(&metric.id);
                let gone = |it: &Carried| it.from == metric.id && it.to.is_some();
                let before = match moved.iter().find(renamed) {
                    Some(carried) => known.get(carried.from.as_str()),
                    None if moved.iter().any(gone) => None,
                    None => known.get(metric.id.as_str()),
                };
                before.copied().unwrap_or_else(|| {
                    count += 1;
                    count - 1
                })
            })
            .collect();
        for carried in moved.iter().filter(|it| it.to.is_some()) {
            known.remove(carried.from.as_str());
        }
        let ids = program.metrics.iter().map(|metric| metric.id.as_str());
        known.extend(ids.zip(own.iter().copied()));
        all.push(own);
    }
    (count, all)
}

fn takeover(
    programs: &[Program],
    at: usize,
    (rungs, rewards): (&[String], &[String]),
    metrics_of: &[Vec<usize>],
    metrics: usize,
) -> Takeover {
    let later = &programs[at + 1..];
    let activity = activity(later);
    let qualifies = later.iter().any(|it| it.migrate.qualify.is_some());
    let recomputes = |program: &Program| program.migrate.rung_ends == RungEnds::Recompute;
    let recomputed = qualifies || later.iter().any(recomputes);
    if at == 0 {
        return Takeover {
            activity,
            recomputed,
            qualifies,
            ..Takeover::default()
        };
    }
    let migrate = &programs[at].migrate;
    let rung = |(place, id): (usize, &String)| {
        let moved = migrate.rungs.iter().find(|moved| moved.from == *id);
        let to = moved.and_then(|moved| moved.to.as_ref());
        let place = to
            .and_then(|to| rungs.iter().position(|rung| rung == to))
            .unwrap_or(place);
        place as u8
    };
    let old = programs[at - 1].metrics.iter().zip(&metrics_of[at - 1]);
    let dropped: Vec<usize> = old
        .filter(|(metric, _)| {
            let mut moved = migrate.metrics.iter();
            moved.any(|moved| moved.from == metric.id && moved.to.is_none())
        })
        .map(|(_, place)| *place)
        .collect();
    let reward = |(place, id): (usize, &String)| {
        let moved = migrate.rewards.iter().find(|moved| moved.from == *id);
        let to = match moved {
            Some(moved) => moved.to.as_ref()?,
            None => return Some(place as u16),
        };
        let place = rewards.iter().position(|reward| reward == to);
        place.map(|place| place as u16)
    };
    Takeover {
        rewards: rewards.iter().enumerate().map(reward).collect(),
        rungs: rungs.iter().enumerate().map(rung).collect(),
        dropped: (0..metrics)
            .map(|place| dropped.contains(&place) || !metrics_of[at].contains(&place))
            .collect(),
        activity,
        recomputed,
        qualifies,
    }
}

/// The kinds of events from whose last one these versions count how long nothing has happened.
fn activity(later: &[Program]) -> Vec<Kind> {
    let counts = |program: &&Program| program.migrate.idle_since == IdleSince::Activity;
    let wallets = later.iter().filter(counts).flat_map(|it| &it.wallets);
    let mut kinds: Vec<Kind> = wallets
        .filter_map(Wallet::renewed_by)
        .flatten()
        .copied()
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Where the things of one version go.
struct Places {
    columns: Vec<usize>,
    wallets: Vec<u8>,
    earn: Vec<usize>,
    metrics: Vec<usize>,
    rewards: Vec<usize>,
    rungs: Vec<usize>,
}

impl Places {
    fn apply(&self, program: &mut Program, rungs: usize) {
        for dataset in &mut program.datasets {
            for (column, _) in &mut dataset.fixed {
                *column = self.columns[*column];
            }
            for column in &mut dataset.columns {
                if let Target::Column(target) = &mut column.target {
                    *target = self.columns[*target];
                }
            }
        }
        for until in program.wallets.iter_mut().filter_map(Wallet::until_mut) {
            self.maybe(&mut until.when);
            self.maybe(&mut until.order);
        }
        for earn in &mut program.earn {
            self.wallet(&mut earn.wallet);
            self.maybe(&mut earn.when);
            self.caps(&mut earn.caps, rungs);
            match &mut earn.kind {
                EarnKind::PerAmount { points, amount, .. } => {
                    self.expr(amount);
                    self.by_rung(points, rungs);
                }
                EarnKind::PerEvent { points } | EarnKind::PerLine { points, .. } => {
                    self.by_rung(points, rungs);
                }
                EarnKind::Steps { amount, .. } => self.expr(amount),
                EarnKind::Multiplier { times, of } => {
                    self.by_rung(times, rungs);
                    of.iter_mut().for_each(|rule| *rule = self.earn[*rule]);
                    of.sort_unstable();
                }
            }
        }
        for group in &mut program.groups {
            self.caps(&mut group.cap, rungs);
        }
        for metric in &mut program.metrics {
            self.wallet(&mut metric.wallet);
            self.maybe(&mut metric.when);
            self.maybe(&mut metric.of);
            for rule in metric.rules.iter_mut().flatten() {
                *rule = self.earn[*rule];
            }
        }
        for reward in &mut program.rewards {
            self.wallet(&mut reward.wallet);
            self.maybe(&mut reward.when);
            self.caps(&mut reward.caps, rungs);
            self.by_rung(&mut reward.valid, rungs);
            if let Some(price) = &mut reward.price {
                self.by_rung(price, rungs);
            }
        }
        for kpi in &mut program.kpis {
            self.wallet(&mut kpi.wallet);
        }
        for surprise in &mut program.surprises {
            self.expr(&mut surprise.when);
            surprise.reward = self.rewards[surprise.reward];
        }
        for regrant in &mut program.migrate.regrants {
            regrant.rule = self.earn[regrant.rule];
        }
        for conversion in &mut program.migrate.conversions {
            self.wallet(&mut conversion.from);
            self.wallet(&mut conversion.to);
        }
        for kpi in &mut program.kpis {
            self.maybe(&mut kpi.when);
        }
        if let Some(tiers) = &mut program.tiers {
            self.by_rung::<Shortfall>(&mut tiers.shortfall, rungs);
            for rung in &mut tiers.rungs {
                self.wallet(&mut rung.wallet);
                for need in rung.reach.iter_mut().chain(&mut rung.keep) {
                    for (metric, _) in need {
                        *metric = self.metrics[*metric];
                    }
                }
            }
        }
    }

    /// A programme without points has no wallet to name.
    fn wallet(&self, wallet: &mut u8) {
        *wallet = self.wallets.get(usize::from(*wallet)).copied().unwrap_or(0);
    }

    fn caps(&self, caps: &mut [Cap], rungs: usize) {
        for cap in caps {
            self.maybe(&mut cap.each);
            match &mut cap.limit {
                Limit::Points(limit) | Limit::Count(limit) => self.by_rung(limit, rungs),
            }
        }
    }

    /// A rung that this version does not have has the value of the one below it.
    fn by_rung<T: Clone>(&self, values: &mut ByRung<T>, rungs: usize) {
        if values.0.len() > 1 {
            let at = |rung: usize| {
                let below = self.rungs.iter().rposition(|place| *place <= rung);
                values.0[below.unwrap_or(0)].clone()
            };
            *values = ByRung((0..rungs).map(at).collect());
        }
    }

    fn maybe(&self, expr: &mut Option<Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn expr(&self, expr: &mut Expr) {
        expr.change(&mut |expr| match &mut expr.node {
            Node::Column(column) | Node::Member(MemberColumn::Profile(column)) => {
                *column = self.columns[*column];
            }
            Node::Account(AccountColumn::Metric(metric))
            | Node::Member(MemberColumn::Metric(metric)) => *metric = self.metrics[*metric],
            Node::Account(AccountColumn::Balance(wallet)) => self.wallet(wallet),
            Node::Constant(rung) if expr.sort == Sort::Rung => *rung = self.rung(*rung),
            Node::In(of, values) if of.sort == Sort::Rung => {
                values.iter_mut().for_each(|rung| *rung = self.rung(*rung));
            }
            _ => {}
        });
    }

    fn rung(&self, rung: i64) -> i64 {
        usize::try_from(rung).map_or(rung, |rung| self.rungs[rung] as i64)
    }
}

/// A version's own things at their places, and for the rest what `other` gives.
fn fill<T>(
    all: &[String],
    own: Vec<T>,
    name: impl Fn(&T) -> String,
    other: impl Fn(&String) -> Option<T>,
) -> Vec<T> {
    let mut own: Vec<Option<T>> = own.into_iter().map(Some).collect();
    all.iter()
        .filter_map(|wanted| {
            let here = |one: &&mut Option<T>| one.as_ref().is_some_and(|it| name(it) == *wanted);
            let mine = own.iter_mut().find(here).and_then(Option::take);
            mine.or_else(|| other(wanted))
        })
        .collect()
}

fn filled<T>(
    all: &[String],
    own: Vec<T>,
    programs: &[Program],
    list: impl Fn(&Program) -> Vec<T>,
    id: impl Fn(&T) -> &String,
    idle: impl Fn(T) -> T,
) -> Vec<T> {
    fill(
        all,
        own,
        |one| id(one).clone(),
        |wanted| {
            let mut others = programs.iter().flat_map(&list);
            others.find(|one| id(one) == wanted).map(&idle)
        },
    )
}

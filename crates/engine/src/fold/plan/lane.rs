//! Which events can take the lane ([`crate::fold`]'s straight line): their rules, caps and metrics need no
//! question to the account, and the plan is flattened for them.

use super::{CapOwner, Meeting, Plan, Rate};
use crate::calendar::Day;
use crate::canonical::Kind;
use crate::fold::measure::Window;
use crate::number::Divisor;
use crate::program::{ByRung, Expiry, MetricKind, Over, Pool};

/// Rules that can meet in a lane.
pub const MOST: usize = 8;

/// A kind of event whose one-row events are settled in a straight line.
#[derive(Debug)]
pub struct Lane<'p> {
    /// Rules by their index: base rules and the multipliers on them. Places below are places in here.
    pub rules: Vec<usize>,
    /// The base rules, in the order of `Plan::base`.
    pub bases: Vec<Base>,
    /// The cap of their group, if there is one.
    pub cap: Option<LaneCap<'p>>,
    /// Sums and counts of events.
    pub metrics: Vec<usize>,
}

/// A base rule of a lane.
#[derive(Debug)]
pub struct Base {
    /// Its place.
    pub place: usize,
    /// The multipliers on it.
    pub raised: Vec<Raise>,
}

/// A multiplier on a base rule of a lane.
#[derive(Debug)]
pub struct Raise {
    /// Its place.
    pub place: usize,
    /// Index of the rule.
    pub rule: usize,
    /// First day, and first day on which it raises no more.
    pub days: (Day, Day),
    /// By rung: what it adds, `points × numerator / denominator`.
    pub times: Vec<(i64, Divisor)>,
}

/// A cap on points, the account's, over a window.
#[derive(Debug)]
pub struct LaneCap<'p> {
    /// Index in `Plan::caps`.
    pub index: usize,
    /// Whether the rule of a place counts.
    pub holds: [bool; MOST],
    /// Whether every rule does.
    pub all: bool,
    /// Over what it runs.
    pub window: Window,
    /// At most, in scaled points.
    pub limit: &'p ByRung<i64>,
    /// All or nothing.
    pub reject: bool,
}

impl<'p> Plan<'p> {
    /// The lane of a kind of event, if its rules allow it.
    pub(super) fn lane(&self, kind: Kind) -> Option<Lane<'p>> {
        let program = self.program;
        // With one wallet points are one sum, which is rounded and kept once.
        let [wallet] = program.wallets.as_slice() else {
            return None;
        };
        // Where every event may keep points alive, none goes straight.
        if let Expiry::Inactivity { .. } = wallet.expiry {
            return None;
        }
        if program.takeover.activity.contains(&kind) {
            return None;
        }
        let bases = &self.base[kind as usize];
        let of_event = |rule: &usize| bases.contains(rule) || self.raises(*rule, bases);
        let rules: Vec<usize> = (0..self.rules.len()).filter(of_event).collect();
        let place = |rule: usize| rules.iter().position(|known| *known == rule);
        // Events of other kinds do something besides: take points, give them back, join, say what is known.
        let plain = matches!(kind, Kind::Order | Kind::Activity | Kind::Survey)
            && self.rounds_events
            && rules.len() <= MOST
            && !bases.is_empty()
            && self.rewards[kind as usize].is_empty()
            && self.until(0, kind).is_none()
            && !self.asks_state[kind as usize]
            // In a lane an event is one lot.
            && rules.iter().all(|rule| program.earn[*rule].expiry.is_none())
            && rules.iter().all(|rule| self.rules[*rule].caps.is_empty());
        let metrics = &self.metrics[kind as usize];
        let counted = metrics.len() <= MOST
            && metrics.iter().all(|metric| {
                let metric = &program.metrics[*metric];
                metric.pool == Pool::Account
                    && matches!(metric.kind, MetricKind::Sum | MetricKind::Events)
            });
        if !plain || !counted {
            return None;
        }
        let rungs = program.tiers.as_ref().map_or(1, |tiers| tiers.rungs.len());
        let alone = |meeting: &Meeting| meeting.rules.len() == 1 && meeting.max.is_none();
        let bases = bases
            .iter()
            .map(|base| {
                let meetings = &self.meetings[*base];
                let raised = meetings.iter().map(|meeting| {
                    let rule = *meeting.rules.first()?;
                    let plan = &self.rules[rule];
                    let Rate::Times(times) = &plan.rate else {
                        return None;
                    };
                    let times = (0..rungs).map(|rung| *times.at(rung));
                    alone(meeting).then_some(Raise {
                        place: place(rule)?,
                        rule,
                        days: (plan.from, plan.before),
                        times: times.map(|(num, den)| (num, Divisor::new(den))).collect(),
                    })
                });
                Some(Base {
                    place: place(*base)?,
                    raised: raised.collect::<Option<_>>()?,
                })
            })
            .collect::<Option<_>>()?;
        let mut cap = None;
        for (index, plan) in self.caps.iter().enumerate() {
            let CapOwner::Group(group) = plan.owner else {
                continue;
            };
            if !self.group_rules[group]
                .iter()
                .any(|rule| place(*rule).is_some())
            {
                continue;
            }
            let simple = plan.each.is_none() && !plan.count && plan.pool == Pool::Account;
            // One cap at most: a second would have to see what the first left.
            if !simple || cap.is_some() {
                return None;
            }
            let mut holds = [false; MOST];
            for (place, rule) in rules.iter().enumerate() {
                holds[place] = self.group_rules[group].contains(rule);
            }
            cap = Some(LaneCap {
                index,
                holds,
                all: holds.iter().take(rules.len()).all(|holds| *holds),
                window: plan.window?,
                limit: plan.limit,
                reject: plan.over == Over::Reject,
            });
        }
        Some(Lane {
            bases,
            cap,
            metrics: metrics.clone(),
            rules,
        })
    }

    /// Whether a rule multiplies one of these.
    fn raises(&self, rule: usize, bases: &[usize]) -> bool {
        bases
            .iter()
            .flat_map(|base| &self.meetings[*base])
            .any(|meeting| meeting.rules.contains(&rule))
    }
}

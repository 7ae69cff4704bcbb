//! What the earn rules give at one event: base rules and their caps, multipliers and theirs, group
//! caps, one rounding, shares by largest remainder. All exact, in integers over the plan's
//! denominator.

mod caps;
mod rounding;

pub use caps::find;

use super::measure::Key;
use super::plan::{Meeting, Plan, Rate};
use super::prepared::{Prepared, Row};
use super::sink::WhyNot;
use super::state::CapUse;
use super::view::View;
use crate::calendar::{Day, Instant};
use crate::canonical::Kind;
use crate::condition::evaluate::{Overflow, Value};
use crate::event::Batch;
use crate::program::Combine;
use std::ops::Range;

/// Where the rules run: the rows of one event, and what held at that moment.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a, 'p> {
    /// The programme.
    pub plan: &'a Plan<'p>,
    /// The batch.
    pub batch: &'a Batch,
    /// The batch made ready.
    pub prepared: &'a Prepared<'p>,
    /// Kind of the event.
    pub kind: Kind,
    /// When it happened.
    pub at: Instant,
    /// On which local day.
    pub day: Day,
    /// The rung before the event.
    pub rung: u8,
    /// Index of the member in the account.
    pub member: u16,
}

/// What the rules gave, with the memory for it.
#[derive(Debug, Default)]
pub struct Earned {
    /// Exact points by rule and place (rules × width): place 0 is the event itself, for rules that do not
    /// run per line, then the lines.
    lines: Vec<i64>,
    width: usize,
    /// Exact points by rule, before caps.
    pub uncapped: Vec<i64>,
    /// Exact points by rule.
    pub exact: Vec<i64>,
    /// Scaled points booked, by rule.
    pub booked: Vec<i64>,
    /// Why a rule gave nothing, by rule.
    pub why: Vec<Option<WhyNot>>,
    /// Value of `each` of each cap that has one, by cap.
    pub each: Vec<(usize, Key)>,
    /// The rule in which a number overflowed.
    pub overflow: Option<usize>,
    order: Vec<usize>,
}

impl Earned {
    fn reset(&mut self, rules: usize, width: usize) {
        for list in [&mut self.uncapped, &mut self.exact, &mut self.booked] {
            list.clear();
            list.resize(rules, 0);
        }
        self.lines.clear();
        self.lines.resize(rules * width, 0);
        self.width = width;
        self.why.clear();
        self.why.resize(rules, Some(WhyNot::When));
        self.each.clear();
        self.overflow = None;
    }

    /// Sum of what was booked.
    pub fn total(&self) -> i64 {
        self.booked.iter().sum()
    }

    /// Runs the rules of the event's kind.
    pub fn run(
        &mut self,
        moment: &Moment<'_, '_>,
        rows: Range<usize>,
        view: &View<'_>,
        caps: &mut [CapUse],
    ) -> Result<(), Overflow> {
        let plan = moment.plan;
        self.reset(plan.rules.len(), rows.len() + 1);
        for rule in &plan.base[moment.kind as usize] {
            self.base(*rule, moment, rows.clone(), view)
                .inspect_err(|_| self.overflow = Some(*rule))?;
            self.uncapped[*rule] = self.exact[*rule];
            if self.exact[*rule] > 0 {
                self.cap(
                    &plan.rules[*rule].caps,
                    &[*rule],
                    moment,
                    rows.start,
                    view,
                    caps,
                )?;
            }
        }
        let mut multiplied = false;
        for rule in &plan.base[moment.kind as usize] {
            if self.exact[*rule] > 0 {
                for meeting in &plan.meetings[*rule] {
                    multiplied = true;
                    self.multiply(*rule, meeting, moment, rows.clone(), view)?;
                }
            }
        }
        if multiplied {
            for rule in &plan.multipliers {
                self.uncapped[*rule] = self.exact[*rule];
                if self.exact[*rule] > 0 && !plan.rules[*rule].caps.is_empty() {
                    self.cap(
                        &plan.rules[*rule].caps,
                        &[*rule],
                        moment,
                        rows.start,
                        view,
                        caps,
                    )?;
                }
            }
        }
        for (group, group_caps) in plan.group_caps.iter().enumerate() {
            let rules = &plan.group_rules[group];
            if !group_caps.is_empty() && rules.iter().any(|rule| self.exact[*rule] > 0) {
                self.cap(group_caps, rules, moment, rows.start, view, caps)?;
            }
        }
        self.round(plan);
        Ok(())
    }

    fn in_window(&mut self, rule: usize, moment: &Moment<'_, '_>) -> bool {
        let earn = &moment.plan.program.earn[rule];
        let inside = earn.from.is_none_or(|from| moment.day >= from)
            && earn.before.is_none_or(|before| moment.day < before);
        if !inside {
            self.why[rule] = Some(WhyNot::Window);
        }
        inside
    }

    fn base(
        &mut self,
        rule: usize,
        moment: &Moment<'_, '_>,
        rows: Range<usize>,
        view: &View<'_>,
    ) -> Result<(), Overflow> {
        if !self.in_window(rule, moment) {
            return Ok(());
        }
        let plan = &moment.plan.rules[rule];
        let lines = if plan.per_line {
            rows.clone()
        } else {
            rows.start..rows.start + 1
        };
        let rung = usize::from(moment.rung);
        let mut total = 0i64;
        for row in lines {
            let place = Row {
                batch: moment.batch,
                row,
                day: moment.day,
            };
            if !moment.prepared.when[rule].holds(place, moment.plan, view)? {
                continue;
            }
            self.why[rule] = Some(WhyNot::Zero);
            let amount = || match &moment.prepared.amount[rule] {
                Some(amount) => amount.at(place, moment.plan, view),
                None => Ok(0),
            };
            let exact = match &plan.rate {
                Rate::Amount(rate) => amount()?.checked_mul(*rate.at(rung)),
                Rate::Whole { mul, div, points } => amount()?
                    .checked_mul(*mul)
                    .and_then(|value| value.div_euclid(*div).checked_mul(*points.at(rung))),
                Rate::Flat(points) => Some(*points.at(rung)),
                Rate::Unit {
                    points,
                    quantity,
                    den,
                } => {
                    let units = moment.batch.number(*quantity, row).unwrap_or(*den);
                    units
                        .checked_mul(*points.at(rung))
                        .map(|points| points / den)
                }
                Rate::Steps(steps) => {
                    let value = amount()?;
                    let reached = steps.iter().rev().find(|(from, den, _)| {
                        i128::from(value) * i128::from(*den) >= i128::from(*from)
                    });
                    Some(reached.map_or(0, |step| step.2))
                }
                Rate::Times(_) => Some(0),
            };
            let exact = exact.ok_or(Overflow)?.max(0);
            let place = if plan.per_line {
                1 + row - rows.start
            } else {
                0
            };
            self.lines[rule * self.width + place] = exact;
            total = total.checked_add(exact).ok_or(Overflow)?;
        }
        self.exact[rule] = total;
        Ok(())
    }

    fn multiply(
        &mut self,
        base: usize,
        meeting: &Meeting,
        moment: &Moment<'_, '_>,
        rows: Range<usize>,
        view: &View<'_>,
    ) -> Result<(), Overflow> {
        let plan = moment.plan;
        let rung = usize::from(moment.rung);
        for line in 0..self.width {
            let points = self.lines[base * self.width + line];
            if points == 0 {
                continue;
            }
            self.order.clear();
            for rule in &meeting.rules {
                // Place 0 is the event; a rule that asks for the line raises bases that run per line only.
                let row = if plan.rules[*rule].by_line && line > 0 {
                    rows.start + line - 1
                } else {
                    rows.start
                };
                let place = Row {
                    batch: moment.batch,
                    row,
                    day: moment.day,
                };
                if self.in_window(*rule, moment)
                    && moment.prepared.when[*rule]
                        .holds(place, plan, view)
                        .inspect_err(|_| self.overflow = Some(*rule))?
                {
                    self.order.push(*rule);
                    if self.why[*rule] == Some(WhyNot::When) {
                        self.why[*rule] = Some(WhyNot::Group);
                    }
                }
            }
            let times = |rule: usize| match &plan.rules[rule].rate {
                Rate::Times(times) => *times.at(rung),
                _ => (0, 1),
            };
            match meeting.combine {
                Combine::Highest => {
                    let best = self.order.iter().copied().reduce(|best, rule| {
                        let (a, b) = (times(best), times(rule));
                        let higher =
                            i128::from(b.0) * i128::from(a.1) > i128::from(a.0) * i128::from(b.1);
                        if higher { rule } else { best }
                    });
                    self.order.clear();
                    self.order.extend(best);
                }
                Combine::First => {
                    let priority = |rule: usize| plan.program.earn[rule].priority;
                    let best = self.order.iter().copied().reduce(|best, rule| {
                        if priority(rule) > priority(best) {
                            rule
                        } else {
                            best
                        }
                    });
                    self.order.clear();
                    self.order.extend(best);
                }
                Combine::Add | Combine::Multiply => {}
            }
            // What the base is worth before the next multiplier, and at most.
            let mut running = points;
            let mut room = match meeting.max {
                Some(max) => part(points, max.num - max.den, max.den).ok_or(Overflow)?,
                None => i64::MAX,
            };
            for index in 0..self.order.len() {
                let rule = self.order[index];
                let (num, den) = times(rule);
                let of = if meeting.combine == Combine::Multiply {
                    running
                } else {
                    points
                };
                let added = part(of, num, den).ok_or(Overflow)?.min(room);
                running += added;
                room -= added;
                self.why[rule] = Some(WhyNot::Zero);
                let cell = &mut self.lines[rule * self.width + line];
                *cell = cell.checked_add(added).ok_or(Overflow)?;
                self.exact[rule] = self.exact[rule].checked_add(added).ok_or(Overflow)?;
            }
        }
        Ok(())
    }
}

/// `points × num / den`; the plan's denominator makes it whole.
fn part(points: i64, num: i64, den: i64) -> Option<i64> {
    if let Some(product) = points.checked_mul(num) {
        return Some(product / den);
    }
    i64::try_from(i128::from(points) * i128::from(num) / i128::from(den)).ok()
}

/// A value as a key.
pub fn key_of(value: &Value<'_>) -> Option<Key> {
    match value {
        Value::Number(number) => Some(Key::Number(*number)),
        Value::Text(text) => Some(Key::Text(compact_str::CompactString::from(text.as_ref()))),
        Value::Empty => None,
    }
}

//! What the earn rules give at one event: base rules and their caps, multipliers and theirs, group
//! caps, one rounding, shares by largest remainder. All exact, in integers over the plan's
//! denominator.

mod caps;
mod known;
mod rounding;

pub use caps::find;
pub use known::{Known, NOTHING, SEVERAL, known};
pub use rounding::share;

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
    /// run per line, then the lines. An event of one row has one place: `exact` says it all.
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
    /// Everything is nothing. `width`: how many places points can stand at.
    #[inline]
    fn reset(&mut self, rules: usize, width: usize, trace: bool) {
        if self.exact.len() != rules {
            for list in [&mut self.uncapped, &mut self.exact, &mut self.booked] {
                list.resize(rules, 0);
            }
        }
        self.exact.fill(0);
        self.booked.fill(0);
        self.width = width;
        if width > 1 {
            self.lines.clear();
            self.lines.resize(rules * width, 0);
        }
        self.each.clear();
        self.overflow = None;
        if trace {
            self.uncapped.fill(0);
            self.why.clear();
            self.why.resize(rules, Some(WhyNot::When));
        }
    }

    /// No rule waits for the event.
    pub fn nothing(&mut self) {
        self.booked.fill(0);
        self.each.clear();
    }

    /// Sum of what was booked.
    #[inline]
    pub fn total(&self) -> i64 {
        self.booked.iter().sum()
    }

    /// Runs the rules of the event's kind. With `TRACE` it also says why a rule gave nothing, and what
    /// it gave before its caps.
    pub fn run<const TRACE: bool>(
        &mut self,
        moment: &Moment<'_, '_>,
        rows: Range<usize>,
        view: &View<'_>,
        caps: &mut [CapUse],
    ) -> Result<(), Overflow> {
        let plan = moment.plan;
        self.reset(plan.rules.len(), width(plan, &rows), TRACE);
        for rule in &plan.base[moment.kind as usize] {
            self.base::<TRACE>(*rule, moment, rows.clone(), view)
                .inspect_err(|_| self.overflow = Some(*rule))?;
            self.cap_rule::<TRACE>(*rule, moment, rows.start, view, caps)?;
        }
        let mut multiplied = false;
        for rule in &plan.base[moment.kind as usize] {
            if self.exact[*rule] > 0 {
                for meeting in &plan.meetings[*rule] {
                    multiplied = true;
                    self.multiply::<TRACE>(*rule, meeting, moment, rows.clone(), view)?;
                }
            }
        }
        if multiplied {
            for rule in &plan.multipliers {
                self.cap_rule::<TRACE>(*rule, moment, rows.start, view, caps)?;
            }
        }
        self.finish::<TRACE>(moment, rows.start, view, caps)
    }

    /// What one base rule gives by itself, under its own caps: rounded as if there were no other.
    pub fn alone(
        &mut self,
        rule: usize,
        moment: &Moment<'_, '_>,
        rows: Range<usize>,
        view: &View<'_>,
        caps: &mut [CapUse],
    ) -> Result<i64, Overflow> {
        let plan = moment.plan;
        self.reset(plan.rules.len(), width(plan, &rows), false);
        self.base::<false>(rule, moment, rows.clone(), view)?;
        self.cap_rule::<false>(rule, moment, rows.start, view, caps)?;
        self.round(plan);
        Ok(self.booked[rule])
    }

    /// The caps of groups, and the one rounding.
    #[inline]
    fn finish<const TRACE: bool>(
        &mut self,
        moment: &Moment<'_, '_>,
        row: usize,
        view: &View<'_>,
        caps: &mut [CapUse],
    ) -> Result<(), Overflow> {
        let plan = moment.plan;
        for (group, group_caps) in plan.group_caps.iter().enumerate() {
            let rules = &plan.group_rules[group];
            if !group_caps.is_empty() && rules.iter().any(|rule| self.exact[*rule] > 0) {
                self.cap::<TRACE>(group_caps, rules, moment, row, view, caps)?;
            }
        }
        self.round(plan);
        if TRACE {
            for (booked, why) in self.booked.iter().zip(&mut self.why) {
                if *booked > 0 {
                    *why = None;
                }
            }
        }
        Ok(())
    }

    /// The caps of one rule.
    #[inline]
    fn cap_rule<const TRACE: bool>(
        &mut self,
        rule: usize,
        moment: &Moment<'_, '_>,
        row: usize,
        view: &View<'_>,
        caps: &mut [CapUse],
    ) -> Result<(), Overflow> {
        if TRACE {
            self.uncapped[rule] = self.exact[rule];
        }
        let declared = &moment.plan.rules[rule].caps;
        if self.exact[rule] > 0 && !declared.is_empty() {
            self.cap::<TRACE>(declared, &[rule], moment, row, view, caps)?;
        }
        Ok(())
    }

    #[inline]
    fn in_window<const TRACE: bool>(&mut self, rule: usize, moment: &Moment<'_, '_>) -> bool {
        let plan = &moment.plan.rules[rule];
        let inside = moment.day >= plan.from && moment.day < plan.before;
        if TRACE && !inside {
            self.why[rule] = Some(WhyNot::Window);
        }
        inside
    }

    #[inline]
    fn base<const TRACE: bool>(
        &mut self,
        rule: usize,
        moment: &Moment<'_, '_>,
        rows: Range<usize>,
        view: &View<'_>,
    ) -> Result<(), Overflow> {
        if !self.in_window::<TRACE>(rule, moment) {
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
                days: &moment.prepared.day,
            };
            if !moment.prepared.when[rule].holds(place, moment.plan, view)? {
                continue;
            }
            if TRACE {
                self.why[rule] = Some(WhyNot::Zero);
            }
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
                    part(units, *points.at(rung), *den)
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
            if self.width > 1 {
                let place = if plan.per_line {
                    1 + row - rows.start
                } else {
                    0
                };
                self.lines[rule * self.width + place] = exact;
            }
            total = total.checked_add(exact).ok_or(Overflow)?;
        }
        self.exact[rule] = total;
        Ok(())
    }

    #[inline]
    fn multiply<const TRACE: bool>(
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
            let points = match self.width {
                1 => self.exact[base],
                width => self.lines[base * width + line],
            };
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
                    days: &moment.prepared.day,
                };
                if self.in_window::<TRACE>(*rule, moment)
                    && moment.prepared.when[*rule]
                        .holds(place, plan, view)
                        .inspect_err(|_| self.overflow = Some(*rule))?
                {
                    self.order.push(*rule);
                    if TRACE && self.why[*rule] == Some(WhyNot::When) {
                        self.why[*rule] = Some(WhyNot::Group);
                    }
                }
            }
            let times = |rule: usize| match &plan.rules[rule].rate {
                Rate::Times(times) => *times.at(rung),
                _ => (0, 1),
            };
            match meeting.combine {
                _ if self.order.len() < 2 => {}
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
                if TRACE {
                    self.why[rule] = Some(WhyNot::Zero);
                }
                if self.width > 1 {
                    let cell = &mut self.lines[rule * self.width + line];
                    *cell = cell.checked_add(added).ok_or(Overflow)?;
                }
                self.exact[rule] = self.exact[rule].checked_add(added).ok_or(Overflow)?;
            }
        }
        Ok(())
    }
}

/// At how many places the points of an event can stand: an event of one row is one place, unless what its line gives
/// is rounded apart.
#[inline]
fn width(plan: &Plan<'_>, rows: &Range<usize>) -> usize {
    match rows.len() {
        1 if plan.rounds_events => 1,
        lines => lines + 1,
    }
}

/// `points × num / den`; the plan's denominator makes it whole.
#[inline]
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

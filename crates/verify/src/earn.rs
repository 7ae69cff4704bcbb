//! What an event earns: base rules, their caps, multipliers, their caps, group caps, rounding. All is
//! exact up to the one rounding.

use crate::ask::{Question, View};
use crate::exact::{
    Checked, Exact, floor, fraction, minus, narrow, over, plus, rate, rounded, times, total, unit,
};
use crate::reading::Reading;
use num_traits::{One, Signed, Zero};
use rungs_engine::calendar::{Day, Per};
use rungs_engine::canonical::Kind;
use rungs_engine::program::{Cap, Earn, EarnKind, Limit, Over, RoundAt, Wallet};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Whose cap it is: that of an earn rule or of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    Rule(usize),
    Group(usize),
}

/// The room that was left under each cap (owner, number of the cap) just before the event: scaled
/// points, or times.
pub(crate) type Rooms = BTreeMap<(Owner, usize), i64>;

/// What an event earned.
#[derive(Debug, Default)]
pub(crate) struct Earned {
    /// Rounded scaled points above 0, by rule.
    pub(crate) points: Vec<(usize, i64)>,
    /// The rules whose conditions held.
    pub(crate) met: Vec<usize>,
}

/// Exact points of a rule: of each line in order, and last of the event as a whole.
pub(crate) type Parts = Vec<Exact>;

/// Whether a local date lies in a rule's range.
pub(crate) fn in_range(from: Option<Day>, before: Option<Day>, day: Day) -> bool {
    from.is_none_or(|from| from <= day) && before.is_none_or(|before| day < before)
}

/// The caps of everything that can earn on this kind of event.
pub(crate) fn caps<'a>(reading: &'a Reading<'_>, kind: Kind) -> Vec<((Owner, usize), &'a Cap)> {
    let program = reading.program;
    let mut all = Vec::new();
    let mut groups: Vec<usize> = Vec::new();
    for (index, rule) in program.earn.iter().enumerate() {
        if rule.on == kind {
            let own = rule.caps.iter().enumerate();
            all.extend(own.map(|(number, cap)| ((Owner::Rule(index), number), cap)));
            groups.extend(rule.group);
        }
    }
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let own = program.groups[group].cap.iter().enumerate();
        all.extend(own.map(|(number, cap)| ((Owner::Group(group), number), cap)));
    }
    all
}

/// What an event earns, or what is left of it would have earned. With `only`, no other rules are asked.
pub(crate) fn earned(
    reading: &Reading<'_>,
    kind: Kind,
    question: &Question<'_>,
    view: &View<'_>,
    rooms: &Rooms,
    only: Option<&[usize]>,
) -> Checked<Earned> {
    let round = Round {
        reading,
        question,
        lines: view.lines.len(),
        rooms,
    };
    let asked: Vec<usize> = (0..reading.program.earn.len())
        .filter(|index| {
            let rule = &reading.program.earn[*index];
            rule.on == kind
                && in_range(rule.from, rule.before, question.day)
                && only.is_none_or(|only| only.contains(index))
        })
        .collect();
    if asked.is_empty() || view.lines.is_empty() {
        return Ok(Earned::default());
    }
    let mut met = Vec::new();
    let mut parts: BTreeMap<usize, Parts> = BTreeMap::new();
    for &index in &asked {
        let rule = &reading.program.earn[index];
        if matches!(rule.kind, EarnKind::Multiplier { .. }) {
            continue;
        }
        let held = round.held(rule)?;
        if !held.contains(&true) {
            continue;
        }
        met.push(index);
        let mut points = round.base(rule, &held)?;
        round.under_caps(Owner::Rule(index), &rule.caps, &mut [&mut points])?;
        parts.insert(index, points);
    }
    let mut multipliers: Vec<(usize, Vec<bool>)> = Vec::new();
    for &index in &asked {
        let rule = &reading.program.earn[index];
        if matches!(rule.kind, EarnKind::Multiplier { .. }) {
            let held = round.held(rule)?;
            if held.contains(&true) {
                met.push(index);
                multipliers.push((index, held));
            }
        }
    }
    for (index, mut points) in round.multiplied(&parts, &multipliers)? {
        let caps = &reading.program.earn[index].caps;
        round.under_caps(Owner::Rule(index), caps, &mut [&mut points])?;
        parts.insert(index, points);
    }
    for (group, declared) in reading.program.groups.iter().enumerate() {
        let mut together: Vec<&mut Parts> = parts
            .iter_mut()
            .filter(|(index, _)| reading.program.earn[**index].group == Some(group))
            .map(|(_, points)| points)
            .collect();
        if !together.is_empty() {
            round.under_caps(Owner::Group(group), &declared.cap, &mut together)?;
        }
    }
    met.sort_unstable();
    Ok(Earned {
        points: round.rounded(&parts)?,
        met,
    })
}

/// One event under evaluation.
pub(crate) struct Round<'a> {
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) question: &'a Question<'a>,
    pub(crate) lines: usize,
    rooms: &'a Rooms,
}

impl Round<'_> {
    /// No points anywhere.
    pub(crate) fn none(&self) -> Parts {
        vec![Exact::zero(); self.lines + 1]
    }

    /// Where a rule's condition holds: at lines if it runs per line, else (last) at the event.
    fn held(&self, rule: &Earn) -> Checked<Vec<bool>> {
        let mut held = vec![false; self.lines + 1];
        if rule.per_line {
            for (line, slot) in held.iter_mut().take(self.lines).enumerate() {
                *slot = self
                    .question
                    .at_line(line)
                    .holds_or_none(rule.when.as_ref())?;
            }
        } else {
            held[self.lines] = self.question.holds_or_none(rule.when.as_ref())?;
        }
        Ok(held)
    }

    fn base(&self, rule: &Earn, held: &[bool]) -> Checked<Parts> {
        let mut points = self.none();
        for (slot, holds) in held.iter().enumerate() {
            if *holds {
                let question = if slot < self.lines {
                    self.question.at_line(slot)
                } else {
                    *self.question
                };
                points[slot] = self.unit(rule, &question)?.max(Exact::zero());
            }
        }
        Ok(points)
    }

    /// The points of one evaluated unit: a line or the event.
    fn unit(&self, rule: &Earn, question: &Question<'_>) -> Checked<Exact> {
        let rung = question.state.rung;
        match &rule.kind {
            EarnKind::PerAmount {
                points,
                per,
                amount,
                whole,
            } => {
                let amount = question.number(amount)?.unwrap_or_default();
                let times_over = over(amount, rate(*per))?;
                let counted = if *whole {
                    Exact::from_integer(floor(times_over))
                } else {
                    times_over
                };
                times(counted, rate(*points.at(rung)))
            }
            EarnKind::PerEvent { points } => Ok(rate(*points.at(rung))),
            EarnKind::PerLine { points, unit } => {
                let quantity = if *unit {
                    self.quantity(question)
                } else {
                    Exact::one()
                };
                times(quantity, rate(*points.at(rung)))
            }
            EarnKind::Steps { amount, steps } => {
                let amount = question.number(amount)?;
                let reached = steps
                    .iter()
                    .filter(|(from, _)| amount.is_some_and(|amount| rate(*from) <= amount))
                    .max_by_key(|(from, _)| *from);
                Ok(reached.map_or(Exact::zero(), |(_, points)| rate(*points)))
            }
            EarnKind::Multiplier { .. } => Ok(Exact::zero()),
        }
    }

    /// The quantity of a line; 1 where it is not said.
    fn quantity(&self, question: &Question<'_>) -> Exact {
        let quantity = || {
            let column = self.reading.order.line_quantity?;
            let view = question.view?;
            let line = view.lines.get(question.line?)?;
            let changed = line.changed.iter().find(|(index, _)| *index == column);
            let stored = changed
                .map(|(_, left)| *left)
                .or_else(|| view.batch.number(column, line.row))?;
            Some(fraction(
                i128::from(stored),
                unit(self.reading.digits(column)),
            ))
        };
        quantity().unwrap_or_else(Exact::one)
    }

    /// Holds the points of rules (in order of their ids) under all these caps: what is too much is taken
    /// from the last rule, and there from the last line.
    fn under_caps(&self, owner: Owner, caps: &[Cap], rules: &mut [&mut Parts]) -> Checked<()> {
        for (number, cap) in caps.iter().enumerate() {
            let room = self
                .rooms
                .get(&(owner, number))
                .copied()
                .unwrap_or(0)
                .max(0);
            let room = match cap.limit {
                Limit::Points(_) => fraction(i128::from(room), unit(self.reading.scale())),
                Limit::Count(_) => {
                    if room == 0 {
                        for parts in rules.iter_mut() {
                            parts.fill(Exact::zero());
                        }
                    }
                    continue;
                }
            };
            if cap.per == Per::Line {
                for slot in 0..=self.lines {
                    trim(rules, slot..slot + 1, room, cap.over)?;
                }
            } else {
                trim(rules, 0..self.lines + 1, room, cap.over)?;
            }
        }
        Ok(())
    }

    /// Rounds the rules of each wallet, and says all in scaled points.
    fn rounded(&self, parts: &BTreeMap<usize, Parts>) -> Checked<Vec<(usize, i64)>> {
        let program = self.reading.program;
        let mut all = Vec::new();
        for (wallet, declared) in (0..).zip(&program.wallets) {
            let own = parts.iter();
            let own = own.filter(|(rule, _)| program.earn[**rule].wallet == wallet);
            let own = own.map(|(rule, parts)| (*rule, parts.clone())).collect();
            let finer = unit(self.reading.scale()) / unit(declared.scale);
            for (rule, points) in self.rounded_to(declared, &own)? {
                all.push((rule, narrow(points * finer)?));
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    /// Rounds once per event or once per line, and shares what comes out by largest remainder; in the smallest parts of
    /// points that the wallet has.
    fn rounded_to(
        &self,
        wallet: &Wallet,
        parts: &BTreeMap<usize, Parts>,
    ) -> Checked<Vec<(usize, i128)>> {
        let mut booked: BTreeMap<usize, i128> = BTreeMap::new();
        let scale = Exact::from_integer(unit(wallet.scale));
        let mut share = |amounts: Vec<(usize, Exact)>| -> Checked<()> {
            let exact: Vec<(usize, Exact)> = amounts
                .into_iter()
                .map(|(index, amount)| Ok((index, times(amount, scale)?)))
                .collect::<Checked<_>>()?;
            let all: Vec<Exact> = exact.iter().map(|(_, amount)| *amount).collect();
            let mut left = rounded(total(&all)?, wallet.rounding);
            left -= exact.iter().map(|(_, amount)| floor(*amount)).sum::<i128>();
            let mut order: Vec<(Reverse<Exact>, usize, i128)> = exact
                .iter()
                .map(|(index, amount)| (Reverse(amount - amount.floor()), *index, floor(*amount)))
                .collect();
            order.sort();
            for (_, index, floor) in order {
                let extra = i128::from(left > 0);
                left -= extra;
                *booked.entry(index).or_default() += floor + extra;
            }
            Ok(())
        };
        match wallet.round_at {
            RoundAt::Event => {
                let sums = parts
                    .iter()
                    .map(|(index, points)| Ok((*index, total(points)?)))
                    .collect::<Checked<_>>()?;
                share(sums)?;
            }
            RoundAt::Line => {
                for slot in 0..=self.lines {
                    share(
                        parts
                            .iter()
                            .map(|(index, points)| (*index, points[slot]))
                            .collect(),
                    )?;
                }
            }
        }
        let booked = booked.into_iter();
        Ok(booked.filter(|(_, points)| points.is_positive()).collect())
    }
}

/// Holds what the rules have in these slots together under a room of points.
fn trim(
    rules: &mut [&mut Parts],
    slots: std::ops::Range<usize>,
    room: Exact,
    over: Over,
) -> Checked<()> {
    let mut all = Exact::zero();
    for parts in rules.iter() {
        all = plus(all, total(&parts[slots.clone()])?)?;
    }
    let mut excess = minus(all, room)?;
    if !excess.is_positive() {
        return Ok(());
    }
    for parts in rules.iter_mut().rev() {
        for slot in slots.clone().rev() {
            let taken = match over {
                Over::Reject => parts[slot],
                Over::Trim => parts[slot].min(excess),
            };
            parts[slot] = minus(parts[slot], taken)?;
            if over == Over::Trim {
                excess = minus(excess, taken)?;
            }
        }
    }
    Ok(())
}

/// The limit of a cap at a rung: scaled points, or times.
pub(crate) fn limit(cap: &Cap, rung: usize) -> i64 {
    match &cap.limit {
        Limit::Points(points) => *points.at(rung),
        Limit::Count(count) => *count.at(rung),
    }
}

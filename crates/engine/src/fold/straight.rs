//! The lane where it is plainest, as a loop over rows: one base rule at a time with at most one multiplier, a
//! cap over all of them, sums and counts. What every row needs is fetched once for the batch. A row that needs
//! more (a cap that binds, debt, a lot that does not end last) is left to [`super::lane`].

use super::account::Account;
use super::earn::NOTHING;
use super::measure::Window;
use super::plan::{Lane, LaneCap, MOST, Raise};
use super::prepared::Prepared;
use super::sink::{NAMELESS, Sink};
use super::state::{Lot, NEVER};
use crate::calendar::Instant;
use crate::canonical::Kind;
use crate::event::Batch;
use crate::fold::Plan;
use crate::ledger::{Entry, EntryKind, Rule};
use crate::number::{Divisor, Rounding};
use crate::program::MetricKind;
use arrow_buffer::NullBuffer;

const KIND: Kind = Kind::Order;

/// What the rows of a batch need.
#[derive(Debug)]
pub struct Straight<'a> {
    only: &'a [u8],
    bases: [Base<'a>; MOST],
    cap: Option<&'a LaneCap<'a>>,
    denominator: i64,
    divisor: Divisor,
    rounding: Rounding,
    sums: [Option<Sum<'a>>; MOST],
    /// The sum that the rungs rest on, and its least values above the lowest rung.
    ladder: (usize, &'a [i64]),
    lapses: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Base<'a> {
    rule: u16,
    points: &'a [i64],
    raise: Option<(&'a Raise, Option<&'a [u8]>)>,
}

#[derive(Debug)]
struct Sum<'a> {
    metric: usize,
    kind: MetricKind,
    window: &'a Window,
    /// Where it counts; none: always.
    mask: Option<&'a [u8]>,
    /// None: 1 for each event.
    values: Option<&'a [i64]>,
    /// Where there is a value; none: everywhere.
    valid: Option<&'a NullBuffer>,
}

impl<'a> Straight<'a> {
    /// Nothing if the programme, or this batch, asks for more.
    pub fn of(plan: &'a Plan<'a>, prepared: &'a Prepared<'a>) -> Option<Straight<'a>> {
        let lane: &Lane<'_> = plan.lanes.get(KIND as usize)?.as_ref()?;
        let known = prepared.known.get(KIND as usize)?.as_ref()?;
        let (ladder, leasts) = plan.ladder.as_ref()?;
        let plain = !plan.tracks_ground
            && !plan.program.takeover.qualifies
            && !plan.lots_wait
            && plan.granted.is_empty()
            && lane.metrics.contains(ladder)
            && lane.cap.as_ref().is_none_or(|cap| cap.all);
        if !plain {
            return None;
        }
        let mut bases = [Base::default(); MOST];
        for ((to, base), points) in bases.iter_mut().zip(&lane.bases).zip(&known.points) {
            let raise = match base.raised.as_slice() {
                [] => None,
                [raise] => Some((raise, prepared.when[raise.rule].mask()?)),
                _ => return None,
            };
            *to = Base {
                rule: lane.rules[base.place] as u16,
                points,
                raise,
            };
        }
        let mut sums = [const { None }; MOST];
        for (to, metric) in sums.iter_mut().zip(&lane.metrics) {
            *to = Some(Sum::of(plan, prepared, *metric)?);
        }
        Some(Straight {
            only: &known.only,
            bases,
            cap: lane.cap.as_ref(),
            denominator: plan.denominator,
            divisor: plan.divisor,
            rounding: plan.program.wallet(0)?.rounding,
            sums,
            ladder: (*ladder, leasts),
            lapses: plan.lapses,
        })
    }
}

impl<'a> Sum<'a> {
    fn of(plan: &'a Plan<'a>, prepared: &'a Prepared<'a>, metric: usize) -> Option<Sum<'a>> {
        let kind = plan.program.metrics[metric].kind;
        let (values, valid) = match (kind, &prepared.metric_number[metric]) {
            (MetricKind::Events, _) => (None, None),
            (_, Some(numbers)) if numbers.overflow.is_empty() => {
                (Some(&numbers.values[..]), numbers.valid.as_ref())
            }
            _ => return None,
        };
        Some(Sum {
            metric,
            kind,
            window: &plan.windows[metric],
            mask: prepared.metric_when[metric].mask()?,
            values,
            valid,
        })
    }
}

/// Points of one event, by its two rules.
#[derive(Clone, Copy, Default)]
struct Booked {
    total: i64,
    base: i64,
    rules: (u16, u16),
}

impl<S: Sink> Account<'_, '_, S> {
    /// Settles rows from `row` on as far as they go straight; gives the first that does not.
    #[inline(never)]
    pub(super) fn go_straight(&mut self, way: &Straight<'_>, mut row: usize, end: usize) -> usize {
        let measured = self.state.measures.len() == self.plan.program.metrics.len();
        let awaited = !self.scratch.pass.awaited.is_empty();
        if self.state.enrolled.is_none() || awaited || !measured {
            return row;
        }
        let (batch, prepared) = (self.batch, self.prepared);
        while row < end && batch.kind[row] == KIND as u8 {
            if row + 1 < end && batch.continues(row + 1) {
                break;
            }
            let (at, day) = (batch.time[row], prepared.day[row]);
            self.advance(at);
            (self.at, self.day) = (at, day);
            if self.plan.members {
                let member = self.member(row);
                self.enrolled(KIND, row, member);
            }
            if !self.straight_row(way, batch, row) {
                break;
            }
            row += 1;
        }
        row
    }

    #[inline(always)]
    fn straight_row(&mut self, way: &Straight<'_>, batch: &Batch, row: usize) -> bool {
        let (at, day) = (self.at, self.day);
        let only = way.only[row];
        if only != NOTHING {
            let Some(booked) = self.straight_points(way, usize::from(only), row) else {
                return false;
            };
            if booked.total > 0 {
                let expires = self.expiry(0);
                let state = &mut *self.state;
                let purse = &mut state.purses[0];
                let ends = (expires, at);
                let ends_last = |last: &Lot| (last.expires, last.at) < ends;
                if purse.debt > 0 || !purse.lots.back().is_none_or(ends_last) {
                    return false;
                }
                if way.cap.is_some()
                    && let Some(used) = state.caps.first_mut()
                {
                    used.used.add_to_total(booked.total);
                }
                purse.open += booked.total;
                purse.lots.push_back(Lot::NONE);
                if let Some(lot) = purse.lots.back_mut() {
                    (lot.expires, lot.at, lot.left) = (expires, at, booked.total);
                    if S::NAMES {
                        lot.source = usize::from(batch.source[row]);
                        lot.id = batch.id.get(row);
                    }
                }
                self.quiet_until = self.quiet_until.min(expires);
                self.straight_entries(booked, expires, row);
            }
        }
        let (metric, leasts) = way.ladder;
        let mut held = None;
        for sum in way.sums.iter().map_while(Option::as_ref) {
            let missing = sum.valid.is_some_and(|valid| valid.is_null(row));
            if missing || sum.mask.is_some_and(|mask| mask[row] == 0) {
                continue;
            }
            let measure = &mut self.state.measures[sum.metric];
            measure.slide(sum.window, at, day, sum.kind);
            // What is added now may be the first to leave a rolling window.
            if way.lapses && measure.is_empty() && sum.window.rolls() {
                self.quiet_until = Instant::MIN;
            }
            // A sum that leaves 64 bits stays where it is, as beside the lane.
            let value = sum.values.map_or(1, |values| values[row]);
            measure.add(sum.window, at, day, value).unwrap_or(());
            if sum.metric == metric {
                held = Some(measure.total());
            }
        }
        let Some(sum) = held else {
            if self.may_climb() {
                let event = self.event_ref(row);
                self.climb(Some(&event));
            }
            return true;
        };
        let rung = usize::from(self.state.rung);
        let above = leasts.get(rung).is_some_and(|least| sum >= *least);
        let below = rung > 0 && leasts.get(rung - 1).is_some_and(|least| sum < *least);
        if above || (below && way.lapses) {
            let event = self.event_ref(row);
            self.climb(Some(&event));
        }
        true
    }

    /// Points of the one base rule that gives some; nothing if a cap binds or a number is too large.
    #[inline(always)]
    fn straight_points(&mut self, way: &Straight<'_>, only: usize, row: usize) -> Option<Booked> {
        let (at, day, rung) = (self.at, self.day, usize::from(self.state.rung));
        let base = way.bases.get(only)?;
        let points = base.points[row];
        let mut rest = 0;
        let mut raised = base.rule;
        if let Some((raise, mask)) = &base.raise
            && mask.is_none_or(|mask| mask[row] != 0)
            && day >= raise.days.0
            && day < raise.days.1
        {
            let (num, den) = &raise.times[rung];
            // The plan's denominator makes the quotient whole.
            rest = den.divide(points.checked_mul(*num)?);
            raised = raise.rule as u16;
        }
        let exact = points.checked_add(rest)?;
        if let Some(cap) = way.cap {
            let used = self.state.caps.first_mut()?;
            if usize::from(used.cap) != cap.index {
                return None;
            }
            used.used.slide(&cap.window, at, day, MetricKind::Sum);
            let room = *cap.limit.at(rung) - used.used.total();
            // A window of days or hours keeps what was booked when; that is not for here.
            if cap.window.rolls() || exact > room.checked_mul(way.denominator)? {
                return None;
            }
        }
        let total = way.rounding.divide_by(exact, &way.divisor);
        let mut booked = total;
        if S::NAMES && rest != 0 {
            // Floors, then what is left to the larger remainder, ties to the smaller rule.
            let (a, b) = (way.divisor.divide(points), way.divisor.divide(rest));
            let (over_a, over_b) = (way.divisor.rest(points), way.divisor.rest(rest));
            let first = over_a > over_b || (over_a == over_b && base.rule < raised);
            booked = match total - a - b {
                0 => a,
                1 => a + i64::from(first),
                _ => a + 1,
            };
        }
        Some(Booked {
            total,
            base: booked,
            rules: (base.rule, raised),
        })
    }

    /// Entries in the order of the rules; together if nobody asks for rules.
    #[inline(always)]
    fn straight_entries(&mut self, booked: Booked, expires: Instant, row: usize) {
        let parts = if S::NAMES {
            let parts = [
                (booked.rules.0, booked.base),
                (booked.rules.1, booked.total - booked.base),
            ];
            if booked.rules.0 <= booked.rules.1 {
                parts
            } else {
                [parts[1], parts[0]]
            }
        } else {
            [(booked.rules.0, booked.total), (0, 0)]
        };
        for (rule, points) in parts {
            if points > 0 {
                let event = if S::NAMES {
                    self.event_ref(row)
                } else {
                    NAMELESS
                };
                self.sink.entry(Entry {
                    at: self.at,
                    kind: EntryKind::Grant,
                    rule: Rule::Earn(rule),
                    event,
                    lot: None,
                    points,
                    expires: (expires != NEVER).then_some(expires),
                    rung: self.state.rung,
                    version: self.version,
                });
            }
        }
    }
}

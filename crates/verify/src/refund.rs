//! Refunds: what is left of an order, and what it would have earned.

use crate::Reason;
use crate::account::{Account, Order};
use crate::ask::{LineView, View};
use crate::earn::earned;
use crate::exact::{Checked, Exact, fraction, minus, narrow, over, rounded, times, unit};
use crate::measure::{on, points_in_units, worth};
use crate::reading::Reading;
use crate::regrant::Stands;
use num_traits::{One, Signed, Zero};
use rungs_engine::calendar::Instant;
use rungs_engine::canonical::Kind;
use rungs_engine::event::{Batch, EventId};
use rungs_engine::ledger::{EntryKind, EventRef, Rule};
use rungs_engine::number::Rounding;
use rungs_engine::program::{MetricKind, OverRefund, Shortage};
use std::collections::BTreeMap;
use std::ops::Range;

/// A line of an order and what refunds have left of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) row: usize,
    pub(crate) number: i32,
    /// As ordered; 1 where it is not said.
    pub(crate) quantity: Exact,
    pub(crate) left: Exact,
    /// Given back as money, in units of the column.
    pub(crate) net_taken: i64,
    pub(crate) gone: bool,
}

/// The lines of an order's rows.
pub(crate) fn lines(reading: &Reading<'_>, batch: &Batch, rows: Range<usize>) -> Vec<Line> {
    rows.map(|row| {
        let quantity = number(reading, batch, reading.order.line_quantity, row)
            .filter(|quantity| quantity.is_positive())
            .unwrap_or_else(Exact::one);
        Line {
            row,
            number: batch.line[row],
            quantity,
            left: quantity,
            net_taken: 0,
            gone: false,
        }
    })
    .collect()
}

/// The number of a column in a row.
pub(crate) fn number(
    reading: &Reading<'_>,
    batch: &Batch,
    column: Option<usize>,
    row: usize,
) -> Option<Exact> {
    let column = column?;
    let stored = batch.number(column, row)?;
    Some(fraction(i128::from(stored), unit(reading.digits(column))))
}

/// What a refund takes back of an order, ready to be applied as one.
pub(crate) struct Refunded {
    record: usize,
    lines: Vec<Line>,
    /// What the version that granted says of one that asks for more than is left, if this one does.
    over: Option<OverRefund>,
    /// By rule: scaled points that are taken back.
    points: Vec<(usize, i64)>,
    /// The same of what stands, where versions have settled the past of rules since: with the version that did.
    stood: Vec<Stands>,
    /// What rules of later versions would give for the rest, in the order in which they would have given for all.
    would: Vec<i64>,
    /// By metric: what the order contributes from now on.
    worths: Vec<(usize, crate::measure::Worth)>,
    /// Rewards (by place) that what is left of the order does not deserve.
    undeserved: Vec<usize>,
}

impl Refunded {
    /// The refund, or why it is not taken at all.
    pub(crate) fn unless_refused(self) -> Result<Refunded, Reason> {
        match self.over {
            Some(OverRefund::Reject) => Err(Reason::MoreThanLeft),
            _ => Ok(self),
        }
    }
}

/// What of these points by rule is taken back where so much is left. What a rule would give more than it gave stays with
/// the rules of the same wallet that give less: of each wallet no more is taken back than the rest of the order is worth
/// less. Rules are gone through in order of their ids.
fn worth_less(
    given: &[(usize, i64)],
    left: &[(usize, i64)],
    wallet: impl Fn(usize) -> u8,
) -> Vec<(usize, i64)> {
    let mut in_all: BTreeMap<u8, i64> = BTreeMap::new();
    for (rule, points) in given {
        *in_all.entry(wallet(*rule)).or_default() += points;
    }
    for (rule, points) in left {
        *in_all.entry(wallet(*rule)).or_default() -= points;
    }
    let mut less = Vec::new();
    for (rule, points) in given {
        let in_all = in_all.entry(wallet(*rule)).or_default();
        let would_give = left.iter().find(|(index, _)| index == rule);
        let back = points - would_give.map_or(0, |(_, points)| *points);
        let back = back.min(*in_all);
        if back > 0 {
            *in_all -= back;
            less.push((*rule, back));
        }
    }
    less
}

impl Account<'_> {
    /// The order that a refund names, if there is one that counted.
    pub(crate) fn named_order(&self, row: usize) -> Option<usize> {
        let text = self.batch.text(self.reading.refund.order?, row)?;
        self.orders.get(&EventId::of(text)).copied()
    }

    /// Works out what a refund (its rows) takes back of an order, by the state and the room of its moment.
    pub(crate) fn refunded(&self, record: usize, rows: Range<usize>) -> Checked<Option<Refunded>> {
        let counted = &self.records[record];
        let Some(order) = &counted.order else {
            return Ok(None);
        };
        let mut lines = order.lines.clone();
        let mut over = None;
        for row in rows {
            if self.wants_more(&lines, row)? {
                let granting = self.readings.version(counted.version).program;
                over = Some(granting.refunds.over);
            }
            self.give_back(&mut lines, row)?;
        }
        // What is left of it is judged by the version that granted.
        let reading = self.readings.version(counted.version);
        let view = rest(reading, self.batch, order, &lines)?;
        let question = crate::ask::Question {
            reading,
            ..self.question(Some(&view), counted.member, &order.state, counted.at)
        };
        let left = earned(
            reading,
            Kind::Order,
            &question,
            &view,
            &order.rooms,
            Some(&order.met),
        )?;
        let wallet = |rule: usize| reading.program.earn[rule].wallet;
        let points = worth_less(&counted.booked, &left.points, wallet);
        let would = self.would_be_left(record, &question, &view)?;
        let stood = self.stands_less(record, &left.points, &would);
        let mut worths = Vec::new();
        for metric in on(reading, Kind::Order) {
            worths.push((metric, worth(reading, metric, &question, &view)?));
        }
        let mut undeserved = Vec::new();
        for place in self.given_by(&counted.event) {
            let reward = usize::from(self.issued[place].reward);
            let then = self
                .readings
                .version(usize::from(self.issued[place].version));
            let when = then.program.rewards[reward].when.as_ref();
            if view.lines.is_empty() || !question.holds_or_none(when)? {
                undeserved.push(place);
            }
        }
        Ok(Some(Refunded {
            undeserved,
            record,
            lines,
            over,
            points,
            stood,
            would,
            worths,
        }))
    }

    /// By how much what stands of an order is worth less where its rules would give so much for the rest.
    fn stands_less(&self, record: usize, left: &[(usize, i64)], would: &[i64]) -> Vec<Stands> {
        let standing = self.standing(record);
        let settled = |stands: &Stands| {
            let both = self.records[record].would.iter().zip(would);
            let mut here =
                both.filter(|(it, _)| it.rule == stands.rule && it.version == stands.version);
            here.next().map(|(_, left)| *left)
        };
        let mut rest: Vec<(usize, i64)> = left.to_vec();
        for stands in &standing {
            if let Some(left) = settled(stands) {
                rest.retain(|(rule, _)| *rule != stands.rule);
                rest.push((stands.rule, left));
            }
        }
        let points: Vec<_> = standing.iter().map(|it| (it.rule, it.points)).collect();
        let wallet = |rule: usize| {
            let granting = standing.iter().find(|it| it.rule == rule);
            let version = granting.map_or(self.records[record].version, |it| it.version);
            self.readings.version(version).program.earn[rule].wallet
        };
        let less = worth_less(&points, &rest, wallet);
        let of_rule = |(rule, points): &(usize, i64)| {
            let stands = standing.iter().find(|it| it.rule == *rule)?;
            Some(Stands {
                points: *points,
                ..stands.clone()
            })
        };
        less.iter().filter_map(of_rule).collect()
    }

    /// One row of a refund: a line by its number, or the whole rest.
    fn give_back(&self, lines: &mut [Line], row: usize) -> Checked<()> {
        let number_of_line = self.batch.line[row];
        let columns = &self.reading.refund;
        let quantity = number(self.reading, self.batch, columns.quantity, row);
        let net = number(self.reading, self.batch, columns.net, row);
        for line in lines.iter_mut().filter(|line| !line.gone) {
            if number_of_line == 0 {
                line.gone = true;
            } else if line.number == number_of_line {
                if let Some(quantity) = quantity {
                    line.left = minus(line.left, quantity.max(Exact::zero()))?;
                    line.gone = !line.left.is_positive();
                } else if let Some(net) = net {
                    let digits = self
                        .reading
                        .order
                        .line_net
                        .map_or(0, |column| self.reading.digits(column));
                    let units = times(net.max(Exact::zero()), Exact::from_integer(unit(digits)))?;
                    line.net_taken = line
                        .net_taken
                        .saturating_add(narrow(rounded(units, Rounding::HalfEven))?);
                } else {
                    line.gone = true;
                }
                // A line of which all money went back is given back, whichever refund took the last of it.
                let all = self
                    .reading
                    .order
                    .line_net
                    .and_then(|column| self.batch.number(column, line.row));
                line.gone |= line.net_taken > 0
                    && all.is_some_and(|all| {
                        left_of(all, line).is_ok_and(|left| left <= line.net_taken)
                    });
            }
        }
        Ok(())
    }

    /// Books a refund that was worked out. Returns the record of its order.
    pub(crate) fn take_back(&mut self, at: Instant, event: &EventRef, refunded: Refunded) -> usize {
        let record = refunded.record;
        let standing = self.standing(record);
        for stood in &refunded.stood {
            let all = standing.iter().find(|it| it.rule == stood.rule);
            let all = all.map_or(stood.points, |it| it.points);
            self.take_where_they_are(at, event, record, stood, all);
        }
        self.take_rewards_back(at, &refunded.undeserved, event);
        self.lessen(refunded, event);
        record
    }

    /// From now on an order counts for no more than what is left of it.
    pub(crate) fn lessen(&mut self, refunded: Refunded, event: &EventRef) {
        let record = refunded.record;
        let stood = refunded.stood.iter();
        for stands in self.records[record].stands.iter_mut().flatten() {
            let less = stood.clone().find(|it| it.rule == stands.rule);
            stands.points -= less.map_or(0, |it| it.points);
        }
        let now = self.version;
        for (would, left) in self.records[record].would.iter_mut().zip(&refunded.would) {
            if would.version > now {
                // A refund makes nothing worth more.
                would.points = would.points.min(*left);
            }
        }
        for (rule, points) in refunded.points {
            for (index, booked) in &mut self.records[record].booked {
                if *index == rule {
                    *booked -= points;
                }
            }
        }
        if let Some(order) = &mut self.records[record].order {
            order.lines = refunded.lines;
        }
        let judging = self.readings.version(self.records[record].version);
        for (metric, worth) in refunded.worths {
            if !judging.counts_for_good(metric) {
                self.measures.replace(metric, worth, record);
            }
        }
        self.measure_grants(record);
        if refunded.over.is_some() {
            self.rejected.push((event.clone(), Reason::TookWhatWasLeft));
        }
    }

    /// What lots did not cover is owed or let go.
    pub(crate) fn shortage(
        &mut self,
        version: usize,
        at: Instant,
        wallet: u8,
        event: &EventRef,
        points: i64,
    ) {
        if points <= 0 {
            return;
        }
        let kind = match self.readings.version(version).program.refunds.shortage {
            Shortage::Debt => {
                self.lots(wallet).debt += points;
                EntryKind::Debt
            }
            Shortage::Forgive => EntryKind::Forgive,
        };
        let event = event.clone();
        let rule = Rule::Shortage(wallet);
        self.book_for(version, at, kind, rule, event, None, points);
    }

    /// What a record's grants are worth to metrics of kind granted, from now on.
    fn measure_grants(&mut self, record: usize) {
        let judging = self.readings.version(self.records[record].version);
        for (metric, worth) in self.granted_worths(record) {
            if !judging.counts_for_good(metric) {
                self.measures.replace(metric, worth, record);
            }
        }
    }

    /// What a record's grants are worth to each metric of kind granted.
    pub(crate) fn granted_worths(&self, record: usize) -> Vec<(usize, crate::measure::Worth)> {
        let granting = self.readings.version(self.records[record].version);
        let program = granting.program;
        let mut worths = Vec::new();
        for (metric, declared) in program.metrics.iter().enumerate() {
            if declared.kind != MetricKind::Granted {
                continue;
            }
            let counts = |rule: usize| match &declared.rules {
                Some(rules) => rules.contains(&rule),
                None => program.earn[rule].counts,
            };
            let points: i64 = self.records[record]
                .booked
                .iter()
                .filter(|(rule, _)| counts(*rule) && program.earn[*rule].wallet == declared.wallet)
                .map(|(_, points)| *points)
                .sum();
            let amount = points_in_units(granting, metric, points);
            worths.push((
                metric,
                crate::measure::Worth {
                    amount,
                    values: Vec::new(),
                },
            ));
        }
        worths
    }
}

/// An amount of a line after the pieces that went back: original × left quantity / quantity, rounded half
/// to even in the column's smallest unit.
pub(crate) fn left_of(original: i64, line: &Line) -> Checked<i64> {
    if line.left == line.quantity {
        return Ok(original);
    }
    let exact = over(
        times(Exact::from_integer(i128::from(original)), line.left)?,
        line.quantity,
    )?;
    narrow(rounded(exact, Rounding::HalfEven))
}

/// The order as refunds have left it: lines that are gone are not seen, amounts are reduced.
pub(crate) fn rest<'a>(
    reading: &Reading<'_>,
    batch: &'a Batch,
    order: &Order,
    lines: &[Line],
) -> Checked<View<'a>> {
    let columns = &reading.order;
    // Line column, event column, whether money given back reduces it, whether the total falls with it.
    let amounts = [
        (columns.line_gross, columns.gross, true, false),
        (columns.line_discount, columns.discount, false, false),
        (columns.line_net, columns.net, true, true),
        (columns.line_tax, columns.tax, false, true),
    ];
    let mut view = View {
        batch,
        first: order.first,
        lines: Vec::new(),
        changed: Vec::new(),
    };
    // By event column: how much less it is.
    let mut less: Vec<(usize, Exact)> = Vec::new();
    let mut reduce = |column: Option<usize>, by: Exact| -> Checked<()> {
        if let Some(column) = column {
            match less.iter_mut().find(|(index, _)| *index == column) {
                Some((_, sum)) => *sum = crate::exact::plus(*sum, by)?,
                None => less.push((column, by)),
            }
        }
        Ok(())
    };
    for line in lines {
        let mut changed = Vec::new();
        for (of_line, of_event, by_money, in_total) in amounts {
            let Some(column) = of_line else {
                continue;
            };
            let Some(original) = batch.number(column, line.row) else {
                continue;
            };
            let left = if line.gone {
                0
            } else {
                let left = left_of(original, line)?;
                if by_money {
                    left.saturating_sub(line.net_taken).max(left.min(0))
                } else {
                    left
                }
            };
            if left != original {
                let digits = unit(reading.digits(column));
                let by = fraction(i128::from(original) - i128::from(left), digits);
                reduce(of_event, by)?;
                if in_total {
                    reduce(columns.total, by)?;
                }
                changed.push((column, left));
            }
        }
        if line.gone {
            continue;
        }
        if let Some(column) = columns.line_quantity.filter(|_| line.left != line.quantity) {
            let stored = times(line.left, Exact::from_integer(unit(reading.digits(column))))?;
            changed.push((column, narrow(rounded(stored, Rounding::HalfEven))?));
        }
        view.lines.push(LineView {
            row: line.row,
            changed,
        });
    }
    for (column, by) in less {
        if let Some(original) = batch.number(column, order.first) {
            let digits = Exact::from_integer(unit(reading.digits(column)));
            let stored = minus(
                Exact::from_integer(i128::from(original)),
                times(by, digits)?,
            )?;
            view.changed
                .push((column, narrow(rounded(stored, Rounding::HalfEven))?));
        }
    }
    Ok(view)
}

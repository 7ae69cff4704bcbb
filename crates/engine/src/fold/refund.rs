//! Refunds: what the lines that are left would have given, by the state of the order's moment, is
//! subtracted from what was given so far. Any series of partial refunds ends at exactly nothing.

use super::account::Account;
use super::contribution::{Added, contributions, granted};
use super::earn::{Earned, Moment};
use super::plan::{CapOwner, column};
use super::prepared::{Prepared, Row};
use super::sink::{Rejection, Sink};
use super::state::{AccountState, Gift};
use super::stretch::{difference, take_back};
use super::view::View;
use crate::calendar::{Day, Instant};
use crate::canonical::Kind;
use crate::event::{Batch, EventId, Ids, Texts, Values};
use crate::ledger::{EventRef, Rule};
use crate::number::Rounding;
use crate::program::{MetricKind, Pool, RefundRung};
use std::ops::Range;

/// What is left of one line of an order.
#[derive(Debug, Clone)]
struct LineLeft {
    number: i32,
    /// Quantity bought and left, in units of the column's digits.
    bought: i64,
    quantity: i64,
    /// Net that refunds by amount took.
    net_taken: i64,
}

/// An order that is refunded later in the rows of this pass: its moment, and what it gave.
#[derive(Debug)]
pub struct OrderMemory {
    event: EventRef,
    at: Instant,
    day: Day,
    member: usize,
    rung: u8,
    /// The account just before the order.
    before: AccountState,
    /// The order's rows as they were.
    batch: Batch,
    lines: Vec<LineLeft>,
    /// Scaled points that each rule gave, less what refunds took.
    given: Vec<i64>,
    /// What it adds to each metric now.
    added: Vec<Added>,
    /// Rewards that it gave and that were not taken back.
    gifts: Vec<Gift>,
}

/// What is left of an order, by the rules.
struct Left {
    /// Scaled points that each rule would give.
    given: Vec<i64>,
    /// What it would add to each metric.
    added: Vec<Added>,
    /// By place in [`OrderMemory::gifts`]: whether it would give the reward.
    deserves: Vec<bool>,
}

/// Columns of amounts that shrink with the lines.
const LINE_AMOUNTS: [&str; 4] = ["gross", "discount", "net", "tax"];

impl<S: Sink> Account<'_, '_, S> {
    /// Keeps what a later refund of this order needs. Called after it was evaluated and before it is
    /// booked.
    pub(super) fn remember(&mut self, rows: Range<usize>, member: usize, event: &EventRef) {
        let quantity = self.plan.named.line_quantity;
        let one = quantity.map_or(1, |column| {
            10i64.pow(u32::from(self.plan.program.columns[column].digits))
        });
        let lines = rows
            .clone()
            .map(|row| {
                let bought = quantity
                    .and_then(|column| self.batch.number(column, row))
                    .filter(|n| *n > 0)
                    .unwrap_or(one);
                LineLeft {
                    number: self.batch.line[row],
                    bought,
                    quantity: bought,
                    net_taken: 0,
                }
            })
            .collect();
        self.scratch.pass.orders.push(OrderMemory {
            event: event.clone(),
            at: self.at,
            day: self.day,
            member,
            rung: self.state.rung,
            before: self.state.clone(),
            batch: slice(self.batch, &rows.collect::<Vec<_>>()),
            lines,
            given: self.scratch.earned.booked.clone(),
            added: self.scratch.added.clone(),
            gifts: Vec::new(),
        });
    }

    /// What the order that was remembered last gave.
    pub(super) fn remember_gifts(&mut self) {
        let given = std::mem::take(&mut self.scratch.given);
        if let Some(order) = self.scratch.pass.orders.last_mut() {
            order.gifts = given;
        }
    }

    /// One refund event: its rows are the lines that come back, or line 0 for the whole rest.
    pub(super) fn refund(&mut self, rows: Range<usize>) {
        let event = self.event_ref(rows.start);
        let text = self
            .plan
            .named
            .refund_order
            .and_then(|column| self.batch.text(column, rows.start))
            .unwrap_or_default();
        let id = EventId::of(text);
        let Some(index) = self
            .scratch
            .pass
            .orders
            .iter()
            .position(|order| order.event.1 == id)
        else {
            return self
                .sink
                .reject(rows.start, Rejection::UnknownOrder(text.to_owned()));
        };
        let mut order = self.scratch.pass.orders.swap_remove(index);
        for row in rows {
            self.take_line(&mut order, row);
        }
        match self.again(&order) {
            Some(left) => {
                self.take_back(&mut order, &left.given, &event);
                self.count_back(&mut order, left.added);
                let mut deserves = left.deserves.into_iter();
                let gifts = std::mem::take(&mut order.gifts).into_iter();
                // What was used stays, and a later refund looks at it again.
                order.gifts = gifts
                    .filter(|gift| deserves.next().unwrap_or(true) || !self.revoke(gift, &event))
                    .collect();
                if self.plan.program.refund_rung == RefundRung::AtOnce {
                    self.refunded((order.at, order.day), &event);
                }
            }
            None => self.sink.reject(
                self.batch.rows.min(index),
                Rejection::Overflow(text.to_owned()),
            ),
        }
        self.scratch.pass.orders.push(order);
        self.climb(Some(&event));
    }

    fn take_line(&self, order: &mut OrderMemory, row: usize) {
        let number = self.batch.line[row];
        let named = self.plan.named;
        let digits = |column: Option<usize>| {
            column.map_or(0, |column| {
                u32::from(self.plan.program.columns[column].digits)
            })
        };
        for line in order
            .lines
            .iter_mut()
            .filter(|line| number == 0 || line.number == number)
        {
            let quantity = named
                .refund_quantity
                .and_then(|column| self.batch.number(column, row))
                .filter(|_| number != 0);
            let net = named
                .refund_net
                .and_then(|column| self.batch.number(column, row))
                .filter(|_| number != 0);
            match (quantity, net) {
                (Some(quantity), _) => {
                    // Both quantities in the order's digits.
                    let from = 10i128.pow(digits(named.refund_quantity));
                    let to = 10i128.pow(digits(named.line_quantity));
                    let taken = i64::try_from(i128::from(quantity) * to / from).unwrap_or(i64::MAX);
                    line.quantity = (line.quantity - taken.max(0)).max(0);
                }
                (None, Some(net)) => line.net_taken = line.net_taken.saturating_add(net.max(0)),
                (None, None) => line.quantity = 0,
            }
        }
    }

    /// Runs the rules on what is left, in the state of the order's moment.
    fn again(&self, order: &OrderMemory) -> Option<Left> {
        let batch = self.reduced(order);
        let mut earned = Earned::default();
        let mut added = Vec::new();
        if batch.rows == 0 {
            return Some(Left {
                given: vec![0; self.plan.rules.len()],
                added: vec![Added::default(); self.plan.program.metrics.len()],
                deserves: vec![false; order.gifts.len()],
            });
        }
        let prepared = Prepared::new(self.plan, &batch);
        let moment = Moment {
            plan: self.plan,
            batch: &batch,
            prepared: &prepared,
            kind: Kind::Order,
            at: order.at,
            day: order.day,
            rung: order.rung,
            member: order.member as u16,
        };
        let mut before = order.before.clone();
        let mut caps = std::mem::take(&mut before.caps);
        let view = View {
            plan: self.plan,
            state: &before,
            member: order.member,
            at: order.at,
            moment: None,
        };
        earned
            .run::<false>(&moment, 0..batch.rows, &view, &mut caps)
            .ok()?;
        contributions(&moment, 0..batch.rows, &view, &mut added).ok()?;
        let row = Row {
            batch: &batch,
            row: 0,
            days: &prepared.day,
        };
        let deserves = |gift: &Gift| {
            let when = &prepared.reward_when[usize::from(gift.reward)];
            when.holds(row, self.plan, &view).ok()
        };
        Some(Left {
            given: earned.booked,
            added,
            deserves: order.gifts.iter().map(deserves).collect::<Option<_>>()?,
        })
    }

    /// The order's rows with what is left of their amounts; lines of which nothing is left are gone.
    fn reduced(&self, order: &OrderMemory) -> Batch {
        let program = self.plan.program;
        let line_net = column(program, Kind::Order, true, "net");
        let kept: Vec<usize> = (0..order.lines.len())
            .filter(|row| {
                let line = &order.lines[*row];
                let net = line_net
                    .and_then(|column| order.batch.number(column, *row))
                    .map(|net| {
                        half_even(
                            i128::from(net) * i128::from(line.quantity),
                            i128::from(line.bought),
                        )
                    });
                line.quantity > 0
                    && (line.net_taken == 0 || net.is_none_or(|net| line.net_taken < net))
            })
            .collect();
        let mut batch = slice(&order.batch, &kept);
        let mut taken_of_event = [0i64; LINE_AMOUNTS.len()];
        for (index, name) in LINE_AMOUNTS.iter().enumerate() {
            let Some(column) = column(program, Kind::Order, true, name) else {
                continue;
            };
            let left = |row: usize| {
                let line = &order.lines[row];
                let whole = order.batch.number(column, row)?;
                let product = i128::from(whole) * i128::from(line.quantity);
                let part = half_even(product, i128::from(line.bought));
                let by_amount = if matches!(*name, "net" | "gross") {
                    line.net_taken
                } else {
                    0
                };
                // A line below zero, such as a coupon on the whole basket, stays as it is.
                Some(match part {
                    ..0 => part,
                    _ => (part - by_amount).max(0),
                })
            };
            for row in 0..order.lines.len() {
                let was = order.batch.number(column, row).unwrap_or(0);
                let is = if kept.contains(&row) {
                    left(row).unwrap_or(0)
                } else {
                    0
                };
                taken_of_event[index] += was - is;
            }
            set(&mut batch, column, |row| left(kept[row]));
        }
        if let Some(column) = self.plan.named.line_quantity {
            set(&mut batch, column, |row| {
                Some(order.lines[kept[row]].quantity)
            });
        }
        for (index, name) in LINE_AMOUNTS.iter().enumerate() {
            if let Some(column) = column(program, Kind::Order, false, name) {
                set(&mut batch, column, |row| {
                    Some(order.batch.number(column, kept[row])? - taken_of_event[index])
                });
            }
        }
        if let Some(column) = column(program, Kind::Order, false, "total") {
            // net and tax go back; shipping stays until nothing is left.
            let taken = taken_of_event[2] + taken_of_event[3];
            set(&mut batch, column, |row| {
                Some(order.batch.number(column, kept[row])? - taken)
            });
        }
        batch
    }

    fn take_back(&mut self, order: &mut OrderMemory, given: &[i64], event: &EventRef) {
        let plan = self.plan;
        let total: i64 = order
            .given
            .iter()
            .zip(given)
            .map(|(so_far, left)| so_far - left)
            .sum();
        let mut rest = total.max(0);
        let mut taken = vec![0; plan.rules.len()];
        for rule in 0..plan.rules.len() {
            let points = (order.given[rule] - given[rule]).clamp(0, rest);
            if points > 0 {
                rest -= points;
                taken[rule] = points;
                order.given[rule] -= points;
                self.reverse(Rule::Earn(rule as u16), event, &order.event, points);
            }
        }
        for metric in &plan.granted {
            let points = granted(plan, *metric, &taken);
            if let (true, Some(measure)) = (points > 0, self.state.measures.get_mut(*metric)) {
                measure.slide(
                    &plan.windows[*metric],
                    self.at,
                    self.day,
                    MetricKind::Granted,
                );
                measure.take_back(&plan.windows[*metric], order.at, order.day, points);
            }
            if points > 0 {
                self.state
                    .take_from_ground(plan, *metric, (order.at, order.day), points, &[]);
            }
        }
        // Room under caps is free again for later events.
        for (index, cap) in plan.caps.iter().enumerate() {
            let Some(window) = &cap.window else { continue };
            let (points, left): (i64, i64) = match cap.owner {
                CapOwner::Earn(rule) => (taken[rule], order.given[rule]),
                CapOwner::Group(group) => {
                    let rules = &plan.group_rules[group];
                    (
                        rules.iter().map(|rule| taken[*rule]).sum(),
                        rules.iter().map(|rule| order.given[*rule]).sum(),
                    )
                }
                CapOwner::Reward(_) => continue,
            };
            if points == 0 {
                continue;
            }
            let amount = if !cap.count {
                points
            } else {
                i64::from(left == 0)
            };
            let member = if cap.pool == Pool::Member {
                order.member as u16
            } else {
                0
            };
            for used in self
                .state
                .caps
                .iter_mut()
                .filter(|used| usize::from(used.cap) == index && used.member == member)
            {
                if amount > 0 && cap.each.is_none() {
                    used.used.slide(window, self.at, self.day, MetricKind::Sum);
                    used.used.take_back(window, order.at, order.day, amount);
                }
            }
        }
    }

    /// Metrics are net of refunds, dated as the order.
    fn count_back(&mut self, order: &mut OrderMemory, added: Vec<Added>) {
        let plan = self.plan;
        for metric in &plan.metrics[Kind::Order as usize] {
            let declared = &plan.program.metrics[*metric];
            let measures = match declared.pool {
                Pool::Account => &mut self.state.measures,
                Pool::Member => match self.state.members.get_mut(order.member) {
                    Some(member) => &mut member.measures,
                    None => continue,
                },
            };
            let Some(measure) = measures.get_mut(*metric) else {
                continue;
            };
            let window = &plan.windows[*metric];
            measure.slide(window, self.at, self.day, declared.kind);
            let (number, keys) = difference(&order.added[*metric], &added[*metric]);
            take_back(
                measure,
                window,
                declared.kind,
                (order.at, order.day),
                number,
                &keys,
            );
            self.state
                .take_from_ground(plan, *metric, (order.at, order.day), number, &keys);
        }
        order.added = added;
    }
}

/// `num / den` to the nearest, a half to the even neighbour.
fn half_even(num: i128, den: i128) -> i64 {
    match (i64::try_from(num), i64::try_from(den)) {
        (Ok(num), Ok(den)) => Rounding::HalfEven.divide(num, den),
        _ => i64::try_from(num / den).unwrap_or(i64::MAX),
    }
}

fn set(batch: &mut Batch, column: usize, value: impl Fn(usize) -> Option<i64>) {
    if batch
        .columns
        .get(column)
        .is_some_and(|values| matches!(values, Some(Values::Number { .. })))
    {
        let values: Vec<Option<i64>> = (0..batch.rows).map(value).collect();
        let valid = values.iter().map(Option::is_some).collect::<Vec<_>>();
        batch.columns[column] = Some(Values::Number {
            values: values.iter().map(|value| value.unwrap_or(0)).collect(),
            valid: Some(valid.into()),
        });
    }
}

/// Some rows of a batch.
pub fn slice(batch: &Batch, rows: &[usize]) -> Batch {
    let texts = |texts: &Texts| Texts {
        codes: rows.iter().map(|row| texts.codes[*row]).collect(),
        valid: texts.valid.as_ref().map(|valid| {
            rows.iter()
                .map(|row| valid.is_valid(*row))
                .collect::<Vec<_>>()
                .into()
        }),
        dictionary: texts.dictionary.clone(),
    };
    Batch {
        rows: rows.len(),
        account: texts(&batch.account),
        member: batch.member.as_ref().map(texts),
        time: rows.iter().map(|row| batch.time[*row]).collect(),
        kind: rows.iter().map(|row| batch.kind[*row]).collect(),
        source: rows.iter().map(|row| batch.source[*row]).collect(),
        id: Ids {
            numbers: rows.iter().map(|row| batch.id.numbers[*row]).collect(),
            texts: batch.id.texts.as_ref().map(|all| {
                use arrow_array::Array;
                rows.iter()
                    .map(|row| all.is_valid(*row).then(|| all.value(*row)))
                    .collect()
            }),
        },
        line: rows.iter().map(|row| batch.line[*row]).collect(),
        channel: batch.channel.as_ref().map(texts),
        store: batch.store.as_ref().map(texts),
        columns: batch
            .columns
            .iter()
            .map(|values| {
                Some(match values.as_ref()? {
                    Values::Text(all) => Values::Text(texts(all)),
                    Values::Number { values, valid } => Values::Number {
                        values: rows.iter().map(|row| values[*row]).collect(),
                        valid: valid.as_ref().map(|valid| {
                            rows.iter()
                                .map(|row| valid.is_valid(*row))
                                .collect::<Vec<_>>()
                                .into()
                        }),
                    },
                })
            })
            .collect(),
    }
}

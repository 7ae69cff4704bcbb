//! Conditions and expressions, asked at one event, moment or day. Every number is an exact fraction, so
//! the denominators of the typed tree matter only at its leaves.

use crate::days::{civil, minus, months_between, plus, weekday, years_between};
use crate::exact::{self, Checked, Exact, Overflow, fits, fraction, unit, whole};
use crate::reading::Reading;
use num_traits::{Signed, Zero};
use rungs_engine::calendar::{Day, Instant};
use rungs_engine::condition::expression::{
    AccountColumn, Arithmetic, Between, Common, Compare, DatePart, Expr, MemberColumn,
    MomentColumn, Node, Sort, TextTest,
};
use rungs_engine::event::Batch;
use std::borrow::Cow;
use std::rc::Rc;

/// A value; days, instants, weekdays, rungs and booleans are whole numbers as in the typed tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value<'a> {
    Number(Exact),
    Text(Cow<'a, str>),
}

impl Value<'_> {
    pub(crate) fn kept(self) -> Value<'static> {
        match self {
            Value::Number(number) => Value::Number(number),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
        }
    }

    fn number(&self) -> Option<Exact> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Text(_) => None,
        }
    }
}

fn flag<'a>(holds: bool) -> Option<Value<'a>> {
    Some(Value::Number(whole(i64::from(holds))))
}

fn count<'a>(number: i64) -> Option<Value<'a>> {
    Some(Value::Number(whole(number)))
}

/// What was known of an account and a member just before something happened.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) rung: usize,
    pub(crate) former: Option<usize>,
    pub(crate) since: Day,
    pub(crate) until: Option<Day>,
    pub(crate) enrolled: Day,
    pub(crate) members: i64,
    /// Spendable, scaled points, by wallet.
    pub(crate) balances: Vec<i64>,
    /// By metric; only those that may be asked for are filled.
    pub(crate) metrics: Vec<Option<Value<'static>>>,
    pub(crate) member_enrolled: Day,
    /// By column of the programme.
    pub(crate) profile: Rc<Vec<Option<Value<'static>>>>,
}

/// An event and what is left of its lines. `changed` holds what refunds have left of a column.
pub(crate) struct View<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) first: usize,
    pub(crate) lines: Vec<LineView>,
    pub(crate) changed: Vec<(usize, i64)>,
}

pub(crate) struct LineView {
    pub(crate) row: usize,
    pub(crate) changed: Vec<(usize, i64)>,
}

/// What a moment on the ladder brings along.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moved {
    pub(crate) rung: usize,
    pub(crate) former: usize,
    pub(crate) ends: Option<Day>,
}

/// One occasion on which conditions are asked.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) batch: &'a Batch,
    /// The event; none at a moment or in a schedule.
    pub(crate) view: Option<&'a View<'a>>,
    /// Position in the view's lines.
    pub(crate) line: Option<usize>,
    pub(crate) at: Instant,
    pub(crate) day: Day,
    pub(crate) account: &'a str,
    pub(crate) member: &'a str,
    pub(crate) state: &'a State,
    pub(crate) moved: Option<Moved>,
}

impl<'a> Question<'a> {
    /// The same occasion at one of the event's lines.
    pub(crate) fn at_line(self, line: usize) -> Question<'a> {
        Question {
            line: Some(line),
            ..self
        }
    }

    /// Whether a condition holds; an empty one does not.
    pub(crate) fn holds(&self, condition: &Expr) -> Checked<bool> {
        Ok(self
            .number(condition)?
            .is_some_and(|number| !number.is_zero()))
    }

    /// Whether a condition holds, or there is none.
    pub(crate) fn holds_or_none(&self, condition: Option<&Expr>) -> Checked<bool> {
        condition.map_or(Ok(true), |condition| self.holds(condition))
    }

    /// The number that comes out, if one does.
    pub(crate) fn number(&self, expression: &Expr) -> Checked<Option<Exact>> {
        Ok(self.value(expression)?.and_then(|value| value.number()))
    }

    /// What comes out; nothing where it is empty.
    pub(crate) fn value(&self, expression: &Expr) -> Checked<Option<Value<'a>>> {
        let den = i128::from(expression.den);
        Ok(match &expression.node {
            Node::Constant(value) => Some(Value::Number(fraction(i128::from(*value), den))),
            Node::Text(text) => Some(Value::Text(Cow::Owned(text.clone()))),
            Node::Column(column) => self.column(*column),
            Node::Common(common) => self.common(*common),
            Node::Account(column) => self.of_account(*column),
            Node::Member(column) => self.of_member(*column),
            Node::Moment(column) => self.moved.and_then(|moved| match column {
                MomentColumn::Rung => count(moved.rung as i64),
                MomentColumn::Former => count(moved.former as i64),
                MomentColumn::Ends => moved.ends.and_then(|day| count(i64::from(day))),
            }),
            Node::Has(inner) => flag(self.value(inner)?.is_some()),
            Node::Default(inner, other) => match self.value(inner)? {
                Some(value) => Some(value),
                None => self.value(other)?,
            },
            Node::Not(inner) => flag(!self.holds(inner)?),
            Node::And(a, b) => flag(self.holds(a)? && self.holds(b)?),
            Node::Or(a, b) => flag(self.holds(a)? || self.holds(b)?),
            Node::Choose(condition, yes, no) => {
                if self.holds(condition)? {
                    self.value(yes)?
                } else {
                    self.value(no)?
                }
            }
            Node::Compare(how, a, b) => match (self.value(a)?, self.value(b)?) {
                (Some(a), Some(b)) => flag(match how {
                    Compare::Equal => a == b,
                    Compare::NotEqual => a != b,
                    Compare::Less => a < b,
                    Compare::LessEqual => a <= b,
                    Compare::Greater => a > b,
                    Compare::GreaterEqual => a >= b,
                }),
                _ => flag(false),
            },
            Node::In(inner, constants) => {
                let value = self.number(inner)?;
                flag(constants.iter().any(|constant| {
                    Some(fraction(i128::from(*constant), i128::from(inner.den))) == value
                }))
            }
            Node::InTexts(inner, texts) => {
                let text = self.text(inner)?;
                flag(text.is_some_and(|text| texts.iter().any(|one| *one == text)))
            }
            Node::Negate(a) => self.made(expression, self.number(a)?.map(|a| Ok(-a)))?,
            Node::Abs(a) => self.made(expression, self.number(a)?.map(|a| Ok(a.abs())))?,
            Node::Arithmetic(how, a, b) => {
                let both = self.number(a)?.zip(self.number(b)?);
                let result = both.map(|(a, b)| match how {
                    Arithmetic::Add => exact::plus(a, b),
                    Arithmetic::Subtract => exact::minus(a, b),
                    Arithmetic::Multiply => exact::times(a, b),
                    Arithmetic::Remainder => Ok(remainder(a, b)),
                });
                self.made(expression, result)?
            }
            Node::Scale(inner, factor) => {
                // The stored integer × factor, read in the new denominator.
                let stored = self.number(inner)?.map(|value| {
                    exact::times(value, whole(inner.den))
                        .and_then(|stored| exact::times(stored, whole(*factor)))
                        .and_then(|stored| exact::over(stored, Exact::from_integer(den)))
                });
                self.made(expression, stored)?
            }
            Node::Min(a, b) => self.chosen(a, b, |a, b| a <= b)?,
            Node::Max(a, b) => self.chosen(a, b, |a, b| a >= b)?,
            Node::Shift(inner, length, back) => self.day_of(inner)?.and_then(|day| {
                count(i64::from(if *back {
                    minus(day, *length)
                } else {
                    plus(day, *length)
                }))
            }),
            Node::Part(part, inner) => self.day_of(inner)?.and_then(|day| {
                let (year, month, of_month) = civil(day);
                count(match part {
                    DatePart::Year => year,
                    DatePart::Month => month,
                    DatePart::Day => of_month,
                    DatePart::Weekday => weekday(day),
                })
            }),
            Node::Between(unit, a, b) => self.day_of(a)?.zip(self.day_of(b)?).and_then(|(a, b)| {
                count(match unit {
                    Between::Days => i64::from(b) - i64::from(a),
                    Between::Months => months_between(a, b),
                    Between::Years => years_between(a, b),
                })
            }),
            Node::Lower(inner) => self
                .text(inner)?
                .map(|text| Value::Text(Cow::Owned(text.to_lowercase()))),
            Node::TextTest(inner, test) => match self.text(inner)? {
                None => flag(false),
                Some(text) => flag(match test {
                    TextTest::Contains(part) => text.contains(part.as_str()),
                    TextTest::StartsWith(part) => text.starts_with(part.as_str()),
                    TextTest::EndsWith(part) => text.ends_with(part.as_str()),
                }),
            },
            Node::Size(inner) => self
                .text(inner)?
                .and_then(|text| count(text.chars().count() as i64)),
        })
    }

    /// A computed number, which must fit 64 bits in its own denominator.
    fn made(
        &self,
        expression: &Expr,
        result: Option<Checked<Exact>>,
    ) -> Checked<Option<Value<'a>>> {
        result
            .transpose()?
            .map(|number| fits(number, expression.den).map(Value::Number))
            .transpose()
    }

    fn chosen(
        &self,
        a: &Expr,
        b: &Expr,
        first: fn(&Exact, &Exact) -> bool,
    ) -> Checked<Option<Value<'a>>> {
        Ok(self
            .number(a)?
            .zip(self.number(b)?)
            .map(|(a, b)| Value::Number(if first(&a, &b) { a } else { b })))
    }

    fn text(&self, expression: &Expr) -> Checked<Option<Cow<'a, str>>> {
        Ok(match self.value(expression)? {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        })
    }

    /// The day that comes out; of an instant its local day.
    fn day_of(&self, expression: &Expr) -> Checked<Option<Day>> {
        let Some(number) = self.number(expression)? else {
            return Ok(None);
        };
        let number = i64::try_from(number.to_integer()).map_err(|_| Overflow)?;
        if expression.sort == Sort::Time {
            return Ok(Some(self.reading.days.day(number)));
        }
        Day::try_from(number).map(Some).map_err(|_| Overflow)
    }

    fn column(&self, column: usize) -> Option<Value<'a>> {
        let view = self.view?;
        let (row, changed) = if self.reading.program.columns[column].line {
            let line = view.lines.get(self.line.unwrap_or(0))?;
            (line.row, &line.changed)
        } else {
            (view.first, &view.changed)
        };
        if let Some((_, left)) = changed.iter().find(|(index, _)| *index == column) {
            return Some(self.stored(column, *left));
        }
        match view.batch.number(column, row) {
            Some(number) => Some(self.stored(column, number)),
            None => view
                .batch
                .text(column, row)
                .map(|text| Value::Text(Cow::Borrowed(text))),
        }
    }

    fn stored(&self, column: usize, number: i64) -> Value<'a> {
        stored(self.reading, column, number)
    }

    fn common(&self, common: Common) -> Option<Value<'a>> {
        let text = |text: &'a str| Some(Value::Text(Cow::Borrowed(text)));
        let (_, month, of_month) = civil(self.day);
        match common {
            Common::Id => {
                let id = self.batch.id.get(self.view?.first).to_string();
                Some(Value::Text(Cow::Owned(id)))
            }
            Common::Source => {
                let source = usize::from(self.batch.source[self.view?.first]);
                text(&self.reading.program.datasets.get(source)?.id)
            }
            Common::Time => count(self.at),
            Common::Date => count(i64::from(self.day)),
            Common::Hour => count(self.reading.days.hour(self.at)),
            Common::Weekday => count(weekday(self.day)),
            Common::Day => count(of_month),
            Common::Month => count(month),
            Common::Member => text(self.member),
            Common::Account => text(self.account),
            Common::Channel => text(self.batch.channel.as_ref()?.get(self.view?.first)?),
            Common::Store => text(self.batch.store.as_ref()?.get(self.view?.first)?),
        }
    }

    fn of_account(&self, column: AccountColumn) -> Option<Value<'a>> {
        let state = self.state;
        let day = |day: Day| count(i64::from(day));
        match column {
            AccountColumn::Rung => count(state.rung as i64),
            AccountColumn::FormerRung => state.former.and_then(|rung| count(rung as i64)),
            AccountColumn::RungSince => day(state.since),
            AccountColumn::RungUntil => state.until.and_then(day),
            AccountColumn::Enrolled => day(state.enrolled),
            AccountColumn::Members => count(state.members),
            AccountColumn::Balance(wallet) => Some(Value::Number(fraction(
                i128::from(state.balances[usize::from(wallet)]),
                unit(self.reading.scale()),
            ))),
            AccountColumn::Metric(metric) => state.metrics.get(metric).cloned().flatten(),
        }
    }

    fn of_member(&self, column: MemberColumn) -> Option<Value<'a>> {
        match column {
            MemberColumn::Profile(column) => self.state.profile.get(column).cloned().flatten(),
            MemberColumn::Enrolled => count(i64::from(self.state.member_enrolled)),
            MemberColumn::Metric(metric) => self.state.metrics.get(metric).cloned().flatten(),
        }
    }
}

/// A column's stored integer as a value.
pub(crate) fn stored<'a>(reading: &Reading<'_>, column: usize, number: i64) -> Value<'a> {
    Value::Number(fraction(i128::from(number), unit(reading.digits(column))))
}

/// What is left when `a` is divided by `b`, with the sign of `a`.
fn remainder(a: Exact, b: Exact) -> Exact {
    if b.is_zero() {
        return Exact::zero();
    }
    Exact::from_integer(a.to_integer() % b.to_integer())
}

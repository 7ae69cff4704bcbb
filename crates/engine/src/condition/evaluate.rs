//! One condition at one event: what settlement asks where the account's state matters.
//!
//! Nothing is allocated but for `lower` and for `event.id` as a text.

use super::dates;
use super::expression::{
    AccountColumn, Arithmetic, Common, Compare, Expr, MemberColumn, MomentColumn, Node, Sort,
    TextTest,
};
use crate::calendar::{Day, Instant, Zone, weekday};
use crate::event::Batch;
use crate::program::Dataset;
use std::borrow::Cow;

/// A number left 64 bits: the event goes to quarantine with the id of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

impl std::fmt::Display for Overflow {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a number leaves 64 bits")
    }
}

impl std::error::Error for Overflow {}

/// What comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// Everything but text, as [`Expr`] says: numbers in units of 1 / `den`, true and false as 1 and 0.
    Number(i64),
    /// A text.
    Text(Cow<'a, str>),
    /// No value.
    Empty,
}

impl Value<'_> {
    /// The number, if there is one.
    pub fn number(&self) -> Option<i64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text, if there is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What is known of account, member and moment just before the event. Values are as [`Expr`] says:
/// rungs as their index, dates as days, metrics in units of 1 / `den`.
pub trait State {
    /// A column of the account; nothing if it is empty.
    fn account(&self, column: AccountColumn) -> Option<i64>;
    /// A column of the account that is a text: metrics of kind first and last can be.
    fn account_text(&self, _column: AccountColumn) -> Option<&str> {
        None
    }
    /// A column of the member that is not a text.
    fn member_number(&self, column: MemberColumn) -> Option<i64>;
    /// A column of the member that is a text.
    fn member_text(&self, column: MemberColumn) -> Option<&str>;
    /// What the moment brings along.
    fn moment(&self, column: MomentColumn) -> Option<i64>;
}

/// No state: for conditions that ask for none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoState;

impl State for NoState {
    fn account(&self, _: AccountColumn) -> Option<i64> {
        None
    }
    fn member_number(&self, _: MemberColumn) -> Option<i64> {
        None
    }
    fn member_text(&self, _: MemberColumn) -> Option<&str> {
        None
    }
    fn moment(&self, _: MomentColumn) -> Option<i64> {
        None
    }
}

/// The event at which a condition is asked.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The events; none on moments and schedules.
    pub batch: Option<&'a Batch>,
    /// The row: of the line, or the first of the event.
    pub row: usize,
    /// Numbers that stand instead of the batch's: (index in `Program::columns`, value). A refund asks
    /// again with what is left of the order.
    pub changed: &'a [(usize, i64)],
    /// The instant.
    pub time: Instant,
    /// Its local day.
    pub day: Day,
    /// The programme's zone.
    pub zone: &'a Zone,
    /// `Program::datasets`, for `event.source`.
    pub datasets: &'a [Dataset],
    /// The account, where there is no batch.
    pub account: &'a str,
    /// The member, where there is no batch.
    pub member: &'a str,
}

impl<'a> At<'a> {
    /// A row of a batch; `day` is its local day.
    pub fn row(
        batch: &'a Batch,
        row: usize,
        day: Day,
        zone: &'a Zone,
        datasets: &'a [Dataset],
    ) -> At<'a> {
        At {
            batch: Some(batch),
            row,
            changed: &[],
            time: batch.time.get(row).copied().unwrap_or_default(),
            day,
            zone,
            datasets,
            account: "",
            member: "",
        }
    }

    /// A moment, or an occurrence of a schedule.
    pub fn instant(
        time: Instant,
        day: Day,
        zone: &'a Zone,
        account: &'a str,
        member: &'a str,
    ) -> At<'a> {
        At {
            batch: None,
            row: 0,
            changed: &[],
            time,
            day,
            zone,
            datasets: &[],
            account,
            member,
        }
    }

    fn column_number(&self, column: usize) -> Option<i64> {
        match self.changed.iter().find(|(changed, _)| *changed == column) {
            Some((_, value)) => Some(*value),
            None => self.batch?.number(column, self.row),
        }
    }

    fn common_number(&self, column: Common) -> Option<i64> {
        Some(match column {
            Common::Time => self.time,
            Common::Date => i64::from(self.day),
            Common::Hour => dates::hour(self.zone, self.time, self.day),
            Common::Weekday => weekday(self.day),
            Common::Day => dates::civil(self.day).2,
            Common::Month => dates::civil(self.day).1,
            _ => return None,
        })
    }

    fn common_text(&self, column: Common) -> Option<Cow<'a, str>> {
        let Some(batch) = self.batch else {
            return match column {
                Common::Member => Some(self.member.into()),
                Common::Account => Some(self.account.into()),
                _ => None,
            };
        };
        match column {
            Common::Id => Some(batch.id.get(self.row).to_string().into()),
            Common::Source => self
                .datasets
                .get(usize::from(*batch.source.get(self.row)?))
                .map(|dataset| dataset.id.as_str().into()),
            Common::Member => Some(batch.member_at(self.row).into()),
            Common::Account => batch.account.get(self.row).map(Cow::Borrowed),
            Common::Channel => batch.channel.as_ref()?.get(self.row).map(Cow::Borrowed),
            Common::Store => batch.store.as_ref()?.get(self.row).map(Cow::Borrowed),
            _ => None,
        }
    }
}

/// The value of an expression.
///
/// # Errors
/// [`Overflow`] if a number that is needed leaves 64 bits.
pub fn evaluate<'a, S: State + ?Sized>(
    expr: &'a Expr,
    at: &At<'a>,
    state: &'a S,
) -> Result<Value<'a>, Overflow> {
    Ok(if expr.sort == Sort::Text {
        text(expr, at, state)?.map_or(Value::Empty, Value::Text)
    } else {
        number(expr, at, state)?.map_or(Value::Empty, Value::Number)
    })
}

/// Whether a condition holds; empty is false.
///
/// # Errors
/// [`Overflow`] if a number that is needed leaves 64 bits.
pub fn holds<'a, S: State + ?Sized>(
    expr: &'a Expr,
    at: &At<'a>,
    state: &'a S,
) -> Result<bool, Overflow> {
    Ok(number(expr, at, state)?.is_some_and(|value| value != 0))
}

fn number<'a, S: State + ?Sized>(
    expr: &'a Expr,
    at: &At<'a>,
    state: &'a S,
) -> Result<Option<i64>, Overflow> {
    let both = |a: &'a Expr, b: &'a Expr| -> Result<Option<(i64, i64)>, Overflow> {
        let (a, b) = (number(a, at, state)?, number(b, at, state)?);
        Ok(a.zip(b))
    };
    let truth = |value: bool| Ok(Some(i64::from(value)));
    match &expr.node {
        Node::Constant(value) => Ok(Some(*value)),
        Node::Column(column) => Ok(at.column_number(*column)),
        Node::Common(column) => Ok(at.common_number(*column)),
        Node::Account(column) => Ok(state.account(*column)),
        Node::Member(column) => Ok(state.member_number(*column)),
        Node::Moment(column) => Ok(state.moment(*column)),
        Node::Has(of) if of.sort == Sort::Text => truth(text(of, at, state)?.is_some()),
        Node::Has(of) => truth(number(of, at, state)?.is_some()),
        Node::Default(of, other) => match number(of, at, state)? {
            Some(value) => Ok(Some(value)),
            None => number(other, at, state),
        },
        Node::Not(of) => truth(!holds(of, at, state)?),
        Node::And(a, b) => truth(holds(a, at, state)? && holds(b, at, state)?),
        Node::Or(a, b) => truth(holds(a, at, state)? || holds(b, at, state)?),
        Node::Compare(compare, a, b) if a.sort == Sort::Text => {
            let (a, b) = (text(a, at, state)?, text(b, at, state)?);
            truth(a.zip(b).is_some_and(|(a, b)| compare.holds(a.cmp(&b))))
        }
        Node::Compare(compare, a, b) => {
            truth(both(a, b)?.is_some_and(|(a, b)| compare.holds(a.cmp(&b))))
        }
        Node::In(of, values) => {
            truth(number(of, at, state)?.is_some_and(|value| values.contains(&value)))
        }
        Node::InTexts(of, values) => truth(
            text(of, at, state)?.is_some_and(|text| values.iter().any(|value| *value == text)),
        ),
        Node::TextTest(of, test) => {
            truth(text(of, at, state)?.is_some_and(|text| test.holds(&text)))
        }
        Node::Size(of) => Ok(text(of, at, state)?.map(|text| text.chars().count() as i64)),
        Node::Choose(condition, yes, no) => {
            let chosen = if holds(condition, at, state)? {
                yes
            } else {
                no
            };
            number(chosen, at, state)
        }
        Node::Negate(of) => fitting(number(of, at, state)?, i64::checked_neg),
        Node::Abs(of) => fitting(number(of, at, state)?, i64::checked_abs),
        Node::Scale(of, factor) => {
            fitting(number(of, at, state)?, |value| value.checked_mul(*factor))
        }
        Node::Arithmetic(arithmetic, a, b) => {
            fitting(both(a, b)?, |(a, b)| arithmetic.checked(a, b))
        }
        Node::Shift(of, length, earlier) => fitting(number(of, at, state)?, |day| {
            dates::shift(day, *length, *earlier)
        }),
        Node::Min(a, b) => Ok(both(a, b)?.map(|(a, b)| a.min(b))),
        Node::Max(a, b) => Ok(both(a, b)?.map(|(a, b)| a.max(b))),
        Node::Part(part, of) => Ok(number(of, at, state)?.map(|day| dates::of(*part, day))),
        Node::Between(unit, a, b) => Ok(both(a, b)?.map(|(a, b)| dates::between(*unit, a, b))),
        Node::Text(_) | Node::Lower(_) => Ok(None),
    }
}

fn text<'a, S: State + ?Sized>(
    expr: &'a Expr,
    at: &At<'a>,
    state: &'a S,
) -> Result<Option<Cow<'a, str>>, Overflow> {
    match &expr.node {
        Node::Text(text) => Ok(Some(text.as_str().into())),
        Node::Column(column) => Ok(at
            .batch
            .and_then(|batch| batch.text(*column, at.row))
            .map(Cow::Borrowed)),
        Node::Common(column) => Ok(at.common_text(*column)),
        Node::Member(column) => Ok(state.member_text(*column).map(Cow::Borrowed)),
        Node::Account(column) => Ok(state.account_text(*column).map(Cow::Borrowed)),
        Node::Lower(of) => Ok(text(of, at, state)?.map(|text| text.to_lowercase().into())),
        Node::Default(of, other) => match text(of, at, state)? {
            Some(text) => Ok(Some(text)),
            None => text(other, at, state),
        },
        Node::Choose(condition, yes, no) => {
            let chosen = if holds(condition, at, state)? {
                yes
            } else {
                no
            };
            text(chosen, at, state)
        }
        _ => Ok(None),
    }
}

/// Empty stays empty; what does not fit is an overflow.
fn fitting<T>(
    value: Option<T>,
    operation: impl FnOnce(T) -> Option<i64>,
) -> Result<Option<i64>, Overflow> {
    match value {
        None => Ok(None),
        Some(value) => operation(value).map(Some).ok_or(Overflow),
    }
}

impl Arithmetic {
    fn checked(self, a: i64, b: i64) -> Option<i64> {
        match self {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => a.checked_mul(b),
            Arithmetic::Remainder => a.checked_rem(b),
        }
    }
}

impl TextTest {
    /// Whether a text passes.
    pub(super) fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::Contains(part) => text.contains(part.as_str()),
            TextTest::StartsWith(part) => text.starts_with(part.as_str()),
            TextTest::EndsWith(part) => text.ends_with(part.as_str()),
        }
    }
}

impl Compare {
    /// Whether an order of two values satisfies it.
    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Compare::Equal => order.is_eq(),
            Compare::NotEqual => order.is_ne(),
            Compare::Less => order.is_lt(),
            Compare::LessEqual => order.is_le(),
            Compare::Greater => order.is_gt(),
            Compare::GreaterEqual => order.is_ge(),
        }
    }
}

//! The typed tree of a condition or expression.
//!
//! Every value but text is one `i64` at run time: numbers carry a denominator that is known when the
//! programme is checked ([`Expr::den`]), dates are days, instants microseconds, month-days
//! month × 100 + day, booleans 0 and 1, weekdays 0 (Monday) to 6, rungs their index from the lowest.

use std::ops::Range;

/// The sort of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Text.
    Text,
    /// A whole number; the denominator is 1.
    Integer,
    /// An exact decimal or fraction.
    Decimal,
    /// An amount; the value is in units of 1 / `den` of the currency.
    Money,
    /// 0 or 1.
    Boolean,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01T00:00Z.
    Time,
    /// month × 100 + day.
    MonthDay,
    /// A length; only as the constant second side of `date + duration` and `date - duration`.
    Duration,
    /// Index of a rung, lowest first.
    Rung,
    /// 0 (Monday) to 6.
    Weekday,
}

/// A typed expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it does.
    pub node: Node,
    /// What comes out.
    pub sort: Sort,
    /// The value is `i64 / den`; 1 for all that is not a number.
    pub den: i64,
    /// Whether it can be empty at run time (only inside `has`, `default`, `==`, `in` and guarded parts).
    pub optional: bool,
    /// Bytes of the condition's text.
    pub span: Range<usize>,
}

/// Columns that every event has besides its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Common {
    /// The event's id.
    Id,
    /// The dataset.
    Source,
    /// The instant.
    Time,
    /// The local date.
    Date,
    /// The local hour.
    Hour,
    /// The local weekday.
    Weekday,
    /// The day of the month.
    Day,
    /// The month.
    Month,
    /// The member.
    Member,
    /// The account.
    Account,
    /// The channel (optional).
    Channel,
    /// The store (optional).
    Store,
}

/// What is known of the account just before the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountColumn {
    /// The rung held.
    Rung,
    /// The rung held before it (optional).
    FormerRung,
    /// The date from which it is held.
    RungSince,
    /// The date on which it ends (optional: none if it does not end).
    RungUntil,
    /// The date of enrolment of the first member.
    Enrolled,
    /// How many members the account has.
    Members,
    /// Spendable balance of a wallet (index in `Program::wallets`).
    Balance(u8),
    /// A metric that has a window (index in `Program::metrics`).
    Metric(usize),
}

/// What is known of the member just before the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberColumn {
    /// A column of `profile` (index in `Program::columns`).
    Profile(usize),
    /// The date of enrolment.
    Enrolled,
    /// A metric with `pool = "member"` (index in `Program::metrics`).
    Metric(usize),
}

/// What a moment brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MomentColumn {
    /// The rung reached.
    Rung,
    /// The rung before it.
    Former,
    /// The date on which it ends (optional).
    Ends,
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// Arithmetic. Both sides of `Add` and `Subtract` have the node's denominator already (see
/// [`Node::Scale`]); `Multiply` multiplies denominators; division by a literal is a multiplication by
/// its inverse; `Remainder` is of integers by a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Remainder,
}

/// Functions of texts with constant arguments.
#[derive(Debug, Clone, PartialEq)]
pub enum TextTest {
    /// `x.contains("…")`
    Contains(String),
    /// `x.startsWith("…")`
    StartsWith(String),
    /// `x.endsWith("…")`
    EndsWith(String),
}

/// Parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DatePart {
    Year,
    Month,
    Day,
    Weekday,
}

/// Whole units between two dates, from the first to the second; negative if they are the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Between {
    Days,
    Months,
    Years,
}

/// The nodes.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A constant that is not text, in the node's denominator.
    Constant(i64),
    /// A constant text.
    Text(String),
    /// A column of the event or line (index in `Program::columns`).
    Column(usize),
    /// A column that every event has.
    Common(Common),
    /// State of the account.
    Account(AccountColumn),
    /// State of the member.
    Member(MemberColumn),
    /// A column of the moment.
    Moment(MomentColumn),
    /// Is there a value?
    Has(Box<Expr>),
    /// The first, or the second where the first is empty.
    Default(Box<Expr>, Box<Expr>),
    /// `!x`
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `a && b`; `b` is not asked where `a` is false.
    And(Box<Expr>, Box<Expr>),
    /// `a || b`; `b` is not asked where `a` is true.
    Or(Box<Expr>, Box<Expr>),
    /// Both sides of one sort and denominator. Equal is false where a side is empty.
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// `x in [..]`, constants in x's denominator; false where x is empty.
    In(Box<Expr>, Vec<i64>),
    /// `x in [".."]`; false where x is empty.
    InTexts(Box<Expr>, Vec<String>),
    /// Arithmetic; an overflow sends the event to quarantine.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// The inner value × this factor, to bring it to the node's denominator.
    Scale(Box<Expr>, i64),
    /// A date moved by a constant length; `true`: to an earlier date (`date - duration`).
    Shift(Box<Expr>, crate::calendar::Length, bool),
    /// `c ? a : b`
    Choose(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Lower case.
    Lower(Box<Expr>),
    /// A test of a text.
    TextTest(Box<Expr>, TextTest),
    /// Number of characters.
    Size(Box<Expr>),
    /// The smaller.
    Min(Box<Expr>, Box<Expr>),
    /// The larger.
    Max(Box<Expr>, Box<Expr>),
    /// Without sign.
    Abs(Box<Expr>),
    /// A part of a date.
    Part(DatePart, Box<Expr>),
    /// Whole units between two dates.
    Between(Between, Box<Expr>, Box<Expr>),
}

/// The parts of a node, left to right: shared or to be changed, as the node is.
macro_rules! parts {
    ($node:expr) => {
        match $node {
            Node::Constant(_)
            | Node::Text(_)
            | Node::Column(_)
            | Node::Common(_)
            | Node::Account(_)
            | Node::Member(_)
            | Node::Moment(_) => vec![],
            Node::Has(a)
            | Node::Not(a)
            | Node::Negate(a)
            | Node::In(a, _)
            | Node::InTexts(a, _)
            | Node::Scale(a, _)
            | Node::Shift(a, _, _)
            | Node::Lower(a)
            | Node::TextTest(a, _)
            | Node::Size(a)
            | Node::Abs(a)
            | Node::Part(_, a) => vec![a],
            Node::Default(a, b)
            | Node::And(a, b)
            | Node::Or(a, b)
            | Node::Compare(_, a, b)
            | Node::Arithmetic(_, a, b)
            | Node::Min(a, b)
            | Node::Max(a, b)
            | Node::Between(_, a, b) => vec![a, b],
            Node::Choose(a, b, c) => vec![a, b, c],
        }
    };
}

impl Expr {
    /// The parts, left to right.
    pub fn parts(&self) -> Vec<&Expr> {
        parts!(&self.node)
    }

    /// Shows every expression inside it, and then itself, to be changed.
    pub fn change(&mut self, change: &mut dyn FnMut(&mut Expr)) {
        let parts: Vec<&mut Box<Expr>> = parts!(&mut self.node);
        for part in parts {
            part.change(change);
        }
        change(self);
    }

    /// Whether `test` holds for this node or one inside it.
    pub fn any(&self, test: &mut dyn FnMut(&Node) -> bool) -> bool {
        test(&self.node) || self.parts().into_iter().any(|part| part.any(test))
    }

    /// Whether the value depends on the account's or member's state, or on the moment, and so cannot be
    /// computed column at a time.
    pub fn needs_state(&self) -> bool {
        self.any(&mut |node| matches!(node, Node::Account(_) | Node::Member(_) | Node::Moment(_)))
    }
}

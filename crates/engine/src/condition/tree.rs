//! The untyped tree of a condition.

use crate::number::Rational;
use std::ops::Range;

/// A node with its bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    /// What it is.
    pub shape: Shape,
    /// Where it stands, brackets included.
    pub span: Range<usize>,
    /// 1 + that of the deepest part.
    pub depth: usize,
}

/// The shapes of nodes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A text literal.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A decimal number.
    Decimal(Rational),
    /// `true`, `false`.
    Boolean(bool),
    /// A literal that could not be read; said already.
    Unreadable,
    /// A name by itself.
    Name(String),
    /// `x.name`
    Field(Box<Tree>, String, Range<usize>),
    /// `name(…)`, or `x.name(…)` where there is a receiver.
    Call {
        /// What stands before the point.
        on: Option<Box<Tree>>,
        /// The function.
        name: String,
        /// Where its name stands.
        name_span: Range<usize>,
        /// What stands in the brackets.
        arguments: Vec<Tree>,
    },
    /// `[…]`
    List(Vec<Tree>),
    /// `!x`
    Not(Box<Tree>),
    /// `-x`
    Negate(Box<Tree>),
    /// `a && b && …`, two or more.
    All(Vec<Tree>),
    /// `a || b || …`, two or more.
    Any(Vec<Tree>),
    /// `a == b` and its like; the sign.
    Compare(&'static str, Box<Tree>, Box<Tree>),
    /// `a in b`
    In(Box<Tree>, Box<Tree>),
    /// `a + b` and its like; the sign.
    Arithmetic(&'static str, Box<Tree>, Box<Tree>),
    /// `c ? a : b`
    Choose(Box<Tree>, Box<Tree>, Box<Tree>),
}

impl Tree {
    /// The parts, left to right.
    pub(super) fn parts(&self) -> Vec<&Tree> {
        match &self.shape {
            Shape::Text(_)
            | Shape::Integer(_)
            | Shape::Decimal(_)
            | Shape::Boolean(_)
            | Shape::Unreadable
            | Shape::Name(_) => vec![],
            Shape::Field(a, _, _) | Shape::Not(a) | Shape::Negate(a) => vec![a],
            Shape::Call { on, arguments, .. } => {
                on.as_deref().into_iter().chain(arguments).collect()
            }
            Shape::List(parts) | Shape::All(parts) | Shape::Any(parts) => parts.iter().collect(),
            Shape::Compare(_, a, b) | Shape::In(a, b) | Shape::Arithmetic(_, a, b) => vec![a, b],
            Shape::Choose(a, b, c) => vec![a, b, c],
        }
    }

    /// The name of a column, `event.net`, if it is one.
    pub(super) fn path(&self) -> Option<String> {
        match &self.shape {
            Shape::Field(of, name, _) => match &of.shape {
                Shape::Name(root) => Some(format!("{root}.{name}")),
                _ => None,
            },
            _ => None,
        }
    }
}

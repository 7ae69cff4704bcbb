//! stub
use super::expression::*;
use crate::calendar::{Day, Instant};
use crate::event::Batch;
use crate::program::Program;
use std::borrow::Cow;
/// stub
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;
/// stub
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    #[allow(missing_docs)]
    Number(i64),
    #[allow(missing_docs)]
    Text(Cow<'a, str>),
    #[allow(missing_docs)]
    Empty,
}
/// stub
#[allow(missing_docs)]
pub trait State {
    fn account(&self, column: AccountColumn) -> Option<i64>;
    fn account_text(&self, column: AccountColumn) -> Option<&str>;
    fn member_number(&self, column: MemberColumn) -> Option<i64>;
    fn member_text(&self, column: MemberColumn) -> Option<&str>;
    fn moment(&self, column: MomentColumn) -> Option<i64>;
}
/// stub
#[allow(missing_docs)]
pub struct At<'a> {
    pub batch: Option<&'a Batch>,
    pub row: usize,
    pub time: Instant,
    pub day: Day,
    pub program: &'a Program,
}
/// stub
pub fn evaluate<'a, S: State>(
    _e: &'a Expr,
    _at: &At<'a>,
    _s: &'a S,
) -> Result<Value<'a>, Overflow> {
    Err(Overflow)
}

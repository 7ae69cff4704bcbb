//! stub
use super::evaluate::Overflow;
use super::expression::Expr;
use crate::calendar::Day;
use crate::event::Batch;
use crate::program::Program;
/// stub
#[allow(missing_docs)]
pub struct Rows<'a> {
    pub batch: &'a Batch,
    pub days: &'a [Day],
    pub program: &'a Program,
}
/// stub
#[derive(Debug)]
pub struct Mask;
impl Mask {
    #[allow(missing_docs)]
    pub fn at(&self, _: usize) -> Result<bool, Overflow> {
        Err(Overflow)
    }
}
/// stub
#[derive(Debug)]
pub struct Numbers;
impl Numbers {
    #[allow(missing_docs)]
    pub fn at(&self, _: usize) -> Result<Option<i64>, Overflow> {
        Err(Overflow)
    }
}
#[allow(missing_docs)]
pub fn mask(_: &Expr, _: &Rows<'_>) -> Mask {
    Mask
}
#[allow(missing_docs)]
pub fn numbers(_: &Expr, _: &Rows<'_>) -> Numbers {
    Numbers
}

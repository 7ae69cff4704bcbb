//! What the tree of a condition looks like: types, denominators, empty values.

use super::super::expression::{Compare, Node};
use super::*;

#[test]
fn a_decimal_literal_takes_the_denominator_of_the_money_beside_it() {
    let expr = read("event.net >= 4.50").unwrap();
    let Node::Compare(Compare::GreaterEqual, left, right) = expr.node else {
        panic!("{expr:?}");
    };
    assert!(matches!(left.node, Node::Column(0)));
    assert_eq!(
        (right.node, right.sort, right.den),
        (Node::Constant(450), Sort::Money, 100)
    );
}

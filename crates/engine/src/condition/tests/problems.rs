//! What is wrong with a condition: code, underlined text, message and help.

use super::*;
use crate::finding::Code;

#[test]
fn a_whole_number_beside_money_is_refused_with_the_amount_to_write() {
    let problems = read("event.net >= 50").unwrap_err();
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}");
    };
    assert_eq!(problem.code, Code::ConditionType);
    assert_eq!(problem.span, 13..15);
    assert_eq!(problem.message, "money cannot be compared with an integer");
    assert_eq!(problem.label, "`event.net` is money");
    assert_eq!(problem.help, "write `50.00`");
}

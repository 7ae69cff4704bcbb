//! Points that wait for an event, and orders that are delivered. Of own numbers, so that all else that a seed gives
//! stays as it was.

use crate::Random;

/// Ends the line that lets points wait for an event.
const MARK: &str = "# for an event";

const DELIVERED: &str =
    "until = { on = \"activity\", when = 'event.name == \"delivered\"', order = 'event.object' }";

/// Lets points wait for an event, in every third programme.
pub(crate) fn waiting(random: &Random, text: &str) -> String {
    let mut own = Random(random.0 ^ 0x3a17);
    if !own.percent(33) || text.contains("days = [\"01-01\"]") {
        return text.to_owned();
    }
    let until = *own.pick(&[
        DELIVERED,
        DELIVERED,
        "until = { on = \"activity\", when = 'event.name == \"reviewed\"' }",
        "until = { on = \"survey\", when = 'account.visits_30 >= 1' }",
    ]);
    let length = *own.pick(&["length = \"10 days\", ", "length = \"200 hours\", ", "", ""]);
    let without = text.lines().filter(|line| !line.starts_with("pending = "));
    let lines = without.map(|line| match line.starts_with("round_at = ") {
        true => format!("{line}\npending = {{ {length}{until} }} {MARK}\n"),
        false => format!("{line}\n"),
    });
    lines.collect()
}

/// Gives what waits a latest instant where points end, or where not all points are of orders.
pub(crate) fn latest(text: &str) -> String {
    let ends = text.contains("expiry = { kind = \"rolling\"")
        || text.contains("expiry = { kind = \"fixed\"")
        || text.contains("expiry = { kind = \"inactivity\"");
    let others = text.contains("order = 'event.object'") && text.contains("counts = false\ncap = ")
        || text.contains("id = \"review\"")
        || text.contains("id = \"reload\"");
    match ends || others {
        true => text.replace(
            "pending = { until",
            "pending = { length = \"10 days\", until",
        ),
        false => text.to_owned(),
    }
}

/// Whether an order is delivered, and how many days later.
pub(crate) fn delivered(random: &Random) -> Option<i32> {
    let mut own = Random(random.0 ^ 0xde11);
    own.percent(40).then(|| own.below(14) as i32)
}

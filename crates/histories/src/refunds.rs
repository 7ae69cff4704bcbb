//! What refunds do in generated programmes.

use crate::Random;
use std::fmt::Write;

/// Writes `[refunds]`, in any combination of its policies.
pub(crate) fn refunds(random: &mut Random, out: &mut String) {
    let shortage = random.pick(&["debt", "debt", "forgive"]);
    let rung = random.pick(&["at_once", "checkpoint"]);
    let _ = writeln!(out, "\n[refunds]\nshortage = \"{shortage}\"");
    // Of its own numbers, so that programmes stay as they were without.
    let mut own = Random(random.0 ^ 0x11fe);
    if own.percent(40) {
        let life = own.pick(&["2 weeks", "30 hours", "1 month"]);
        let _ = writeln!(out, "life = \"{life}\"");
    }
    let rung = if own.percent(25) { "never" } else { rung };
    let _ = writeln!(out, "rung = \"{rung}\"");
    for (key, value) in [("expired", "forgive"), ("over", "reject")] {
        if own.percent(50) {
            let _ = writeln!(out, "{key} = \"{value}\"");
        }
    }
}

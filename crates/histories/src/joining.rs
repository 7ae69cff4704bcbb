//! Joining: how far back orders count, and accounts that join when they have ordered for a while. Of own numbers,
//! so that all else that a seed gives stays as it was.

use crate::Random;

/// Says in most programmes that one joins by opt-in how far back orders count.
pub(crate) fn backdated(random: &Random, text: &str) -> String {
    let mut own = Random(random.0 ^ 0xbacd);
    let length = own.pick(&["30 days", "1 month", "2 weeks", "100 hours", "3 months"]);
    let joins = "kind = \"opt_in\"\n";
    match own.percent(75) {
        true => text.replacen(joins, &format!("{joins}backdate = \"{length}\"\n"), 1),
        false => text.to_owned(),
    }
}

/// How many days after its first events an account joins.
pub(crate) fn hesitates(random: &Random) -> i32 {
    let mut own = Random(random.0 ^ 0x1a7e);
    match own.percent(60) {
        true => 5 + own.below(90) as i32,
        false => 0,
    }
}

//! Rungs and rules whose points have ends of their own, and rungs that give open points another end.

use crate::Random;

/// Ends a line about ends that the wallet's inactivity leaves no room for.
const OWN: &str = "# its own";
/// Ends such a line of a rule, which `restart` leaves no room for either.
const OF_RULE: &str = "# the rule's # its own";

/// Gives rungs and, in programmes that are not plain, rules ends of their own, or lets open points take the new rung's.
/// Drawn from the text, so that all else that a seed gives stays as it was.
pub(crate) fn own_ends(text: &str, plain: bool) -> String {
    let mix = |sum: u64, byte: u8| sum.wrapping_mul(31).wrapping_add(u64::from(byte));
    let mut random = Random(text.bytes().fold(7, mix));
    let mut out = text.to_owned();
    for key in ["on_rung_up", "on_rung_down"] {
        if random.percent(30) {
            let rounding = "\nrounding = ";
            let line = format!("\n{key} = \"restart\" {OWN}{rounding}");
            out = out.replacen(rounding, &line, 1);
        }
    }
    let rungs = ["low", "mid", "top"].map(|id| (id, 40, OWN));
    let rules = ["base", "flat", "cups", "review", "times-0"].map(|id| (id, 30, OF_RULE));
    let rules = rules.into_iter().filter(|_| !plain);
    for (id, percent, whose) in rungs.into_iter().chain(rules) {
        // Every one is longer than points are held.
        let life = random.pick(&[
            "{ kind = \"never\" }",
            "{ kind = \"never\" }",
            "{ kind = \"rolling\", length = \"30 days\" }",
            "{ kind = \"rolling\", length = \"700 hours\" }",
            "{ kind = \"rolling\", length = \"1 month\", round = \"month_end\" }",
            "{ kind = \"fixed\", days = [\"04-01\", \"07-15\"], life = \"20 days\" }",
        ]);
        if random.percent(percent) {
            let head = format!("id = \"{id}\"\n");
            out = out.replacen(&head, &format!("{head}expiry = {life} {whose}\n"), 1);
        }
    }
    together(&out)
}

/// Leaves out what cannot stand beside each other: where inactivity ends all points of the wallet, nothing has an end
/// of its own, and where points take the new rung's end no rule has one.
pub(crate) fn together(text: &str) -> String {
    let idle = text.contains("kind = \"inactivity\"");
    let restarts = text.contains("= \"restart\"");
    let stands = |line: &&str| match line {
        line if line.ends_with(OF_RULE) => !idle && !restarts,
        line => !idle || !line.ends_with(OWN),
    };
    let lines = text.lines().filter(stands);
    lines.map(|line| format!("{line}\n")).collect()
}

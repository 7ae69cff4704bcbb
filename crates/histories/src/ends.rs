//! Rungs and rules whose points have ends of their own.

use crate::Random;

/// Ends a line that gives a rung or a rule an end of its own.
const OWN: &str = "# its own";

/// Gives rungs and, in programmes that are not plain, rules ends of their own, unless the wallet's points end all
/// together. Drawn from the text, so that all else that a seed gives stays as it was.
pub(crate) fn own_ends(text: &str, plain: bool) -> String {
    let mix = |sum: u64, byte: u8| sum.wrapping_mul(31).wrapping_add(u64::from(byte));
    let mut random = Random(text.bytes().fold(7, mix));
    let mut out = text.to_owned();
    let rules = ["base", "flat", "cups", "review", "times-0"];
    let rules = rules.into_iter().filter(|_| !plain).map(|id| (id, 20));
    for (id, percent) in ["low", "mid", "top"]
        .map(|id| (id, 40))
        .into_iter()
        .chain(rules)
    {
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
            out = out.replacen(&head, &format!("{head}expiry = {life} {OWN}\n"), 1);
        }
    }
    together(&out)
}

/// Where inactivity ends all points of the wallet, nothing has an end of its own.
pub(crate) fn together(text: &str) -> String {
    if !text.contains("kind = \"inactivity\"") {
        return text.to_owned();
    }
    let lines = text.lines().filter(|line| !line.ends_with(OWN));
    lines.map(|line| format!("{line}\n")).collect()
}

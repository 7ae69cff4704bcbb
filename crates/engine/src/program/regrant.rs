//! What a version that settles the past of its rules anew asks of them, and of the versions before it.

use super::lineage::{earlier, ruled_since};
use super::{Earn, EarnKind, Metric, Program, Wallet};
use crate::condition::expression::{AccountColumn, Expr, MemberColumn, Node};
use crate::finding::{Code, Finding, Place};

/// What is wrong with `[migrate] regrant` of the last of these versions.
pub(super) fn regrant(files: &[(String, Program)]) -> Vec<Finding> {
    let Some((file, new)) = files.last() else {
        return Vec::new();
    };
    let find = |place: Place, message: String, label: &str, help: &str| {
        Finding::new(Code::VersionMigrate, file, place, message, label, help)
    };
    let mut all = Vec::new();
    let mut known = Vec::new();
    for said in &new.migrate.regrants {
        let rule = &new.earn[said.rule];
        if known.contains(&said.rule) {
            all.push(find(
                said.place,
                format!("`{}` is regranted twice", rule.id),
                "its past is settled once",
                "leave one of them out",
            ));
        }
        known.push(said.rule);
        if said.from >= new.from {
            all.push(find(
                said.place,
                format!("nothing of `{}` lies before this version", rule.id),
                "on its first day it rules already",
                "let `from` be a day before the first day of this version",
            ));
        }
        if let Some((label, help)) = depends(rule) {
            all.push(find(
                said.place,
                format!("`{}` cannot be regranted", rule.id),
                label,
                help,
            ));
        }
        let then = ruled_since(files, said.from);
        let is = wallet(new, rule);
        let gave = then.iter().filter_map(|old| {
            let was = old.earn.iter().find(|was| was.id == rule.id)?;
            Some((wallet(old, was)?, &old.file))
        });
        let mut gave = gave.filter(|(was, _)| is.is_some_and(|is| is.id != was.id));
        if let (Some((was, file)), Some(is)) = (gave.next(), is) {
            all.push(find(
                said.place,
                format!("`{}` gave points of another wallet", rule.id),
                &format!("`{}` here, `{}` in {file}", is.id, was.id),
                "let `from` be a later day, or give the rule another id",
            ));
        }
        let since = files.iter().filter(|(_, program)| program.from > said.from);
        let converts = |program: &Program| {
            let mut from = program.migrate.conversions.iter().map(|it| it.from);
            from.any(|from| program.wallet(from).map(|it| &it.id) == is.map(|it| &it.id))
        };
        if let Some((by, _)) = { since }.find(|(_, program)| converts(program)) {
            all.push(find(
                said.place,
                format!("points of `{}` have become others", rule.id),
                &format!("by `points` in `[migrate]` of {by}"),
                "not yet: let `from` be the first day of that version or a later one, or leave it out",
            ));
        }
        let waited = then.iter().filter_map(|old| {
            let is = is.filter(|is| is.pending.is_none())?;
            let was = old.wallets.iter().find(|was| was.id == is.id)?;
            was.pending.as_ref().map(|_| (is, &old.file))
        });
        if let Some((is, file)) = { waited }.next() {
            all.push(find(
                said.place,
                format!("`{}` cannot be regranted", rule.id),
                &format!(
                    "points of `{}` may still wait as {file} says, here there is no `pending`",
                    is.id
                ),
                "not yet: keep `pending` in this version, or let `from` be a later day",
            ));
        }
        for metric in asked(rule) {
            let metric = &new.metrics[metric];
            let then = earlier(files, said.from, metric);
            let other = then.iter().find(|it| !measured_alike(it.metric, metric));
            if let Some(other) = other {
                all.push(find(
                    said.place,
                    format!(
                        "`{}` asks for `{}`, which {} did not count",
                        rule.id, metric.id, other.program.file
                    ),
                    "nobody knows what it was at the moment of an event then",
                    "let `from` be a later day, or let the rule ask for a metric with the same `kind`, `window` and `pool` in all versions since then",
                ));
            }
        }
    }
    all
}

/// The wallet of a rule.
fn wallet<'p>(program: &'p Program, rule: &Earn) -> Option<&'p Wallet> {
    program.wallets.get(usize::from(rule.wallet))
}

/// On what else than the event and the account what a rule gives depends.
fn depends(rule: &Earn) -> Option<(&'static str, &'static str)> {
    let each = rule.caps.iter().any(|cap| cap.each.is_some());
    match rule.kind {
        EarnKind::Multiplier { .. } => Some((
            "a multiplier gives nothing by itself",
            "name the rule that it raises, or leave it out",
        )),
        _ if rule.group.is_some() => Some((
            "what it gives depends on the other rules of its group",
            "take it out of the group in this version, or leave it out here",
        )),
        _ if each => Some((
            "its cap has an `each`",
            "not yet: leave it out here, or take `each` out of the cap",
        )),
        _ => None,
    }
}

/// The metrics for which the conditions and amounts of a rule ask.
fn asked(rule: &Earn) -> Vec<usize> {
    let amount: Option<&Expr> = match &rule.kind {
        EarnKind::PerAmount { amount, .. } | EarnKind::Steps { amount, .. } => Some(amount),
        _ => None,
    };
    let mut all = Vec::new();
    for expr in rule.when.iter().chain(amount) {
        expr.any(&mut |node| {
            if let Node::Account(AccountColumn::Metric(metric))
            | Node::Member(MemberColumn::Metric(metric)) = node
            {
                all.push(*metric);
            }
            false
        });
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether a metric said then what it says now.
fn measured_alike(was: Option<&Metric>, is: &Metric) -> bool {
    was.is_some_and(|was| was.adds_up_with(is) && was.window == is.window)
}

#[cfg(test)]
mod tests {
    use crate::language::{Source, check};
    use crate::program::{Program, Versions};

    /// A programme of two wallets with one rule, which is of `wallet`.
    fn programme(first_day: &str, wallet: &str, migrate: &str) -> (String, Program) {
        let text = format!(
            "[program]\nname = \"Two\"\nzone = \"UTC\"\ncurrency = \"EUR\"\n\
             [collect.till]\nevent = \"order\"\nid = \"id\"\nmember = \"card\"\ntime = \"at\"\n\
             [collect.till.columns]\nnet = {{ required = true, min = 0.00, max = 900.00 }}\n\
             [points.beans]\nrounding = \"down\"\n[points.leaves]\nrounding = \"down\"\n\
             [[earn]]\nid = \"base\"\nkind = \"per_event\"\non = \"order\"\npoints = 1\nwallet = \"{wallet}\"\n\
             [refunds]\nshortage = \"debt\"\n\
             {migrate}"
        );
        let file = format!("{first_day}.toml");
        let source = Source {
            file: &file,
            text: &text,
            id: "two",
        };
        let checked = check(&source);
        let Some(program) = checked.program else {
            panic!("{:?}", checked.findings);
        };
        (file, program)
    }

    #[test]
    fn what_was_given_in_another_wallet_cannot_be_compared() {
        let of = |from: &str| {
            let migrate = format!("[migrate]\nregrant = [{{ rule = \"base\", from = {from} }}]\n");
            Versions::of(vec![
                programme("2025-01-01", "beans", ""),
                programme("2025-06-01", "leaves", ""),
                programme("2025-09-01", "leaves", &migrate),
            ])
        };
        let findings = of("2025-05-31").err().unwrap_or_default();
        let said: Vec<_> = findings
            .iter()
            .map(|it| (&*it.message, &*it.label))
            .collect();
        let expected = (
            "`base` gave points of another wallet",
            "`leaves` here, `beans` in 2025-01-01.toml",
        );
        assert_eq!(said, [expected]);
        assert!(of("2025-06-01").is_ok());
    }
}

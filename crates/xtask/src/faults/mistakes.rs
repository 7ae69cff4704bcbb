//! The mistakes themselves.

/// A mistake.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    /// What goes wrong.
    pub(super) name: &'static str,
    /// The part of the semantics that it is about.
    pub(super) area: &'static str,
    /// The text that stands somewhere in the engine, exactly once, whichever file it has moved to.
    pub(super) right: &'static str,
    /// The mistake.
    pub(super) wrong: &'static str,
}

/// All of them.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "the day of an event is that of UTC",
        area: "clock",
        right: "let day: Vec<Day> = batch.time.iter().map(|at| zone.day(*at)).collect();",
        wrong: "let day: Vec<Day> = batch.time.iter().map(|at| at.div_euclid(86_400_000_000) as Day).collect();",
    },
    Fault {
        name: "at one instant validity ends before the period is looked at",
        area: "order",
        right: "    PeriodEnd,\n    ValidityEnd,\n    Lapse,",
        wrong: "    ValidityEnd,\n    PeriodEnd,\n    Lapse,",
    },
    Fault {
        name: "a version begins a day late",
        area: "version",
        right: "_ => plan.program.zone.midnight(plan.program.from),",
        wrong: "_ => plan.program.zone.midnight(plan.program.from + 1),",
    },
    Fault {
        name: "a refund is judged by the version that rules now",
        area: "version",
        right: "let plan = self.piece.plans.of(order.version);\n        let batch",
        wrong: "let plan = self.piece.plans.of(self.state.version);\n        let batch",
    },
    Fault {
        name: "a new version forgets what was used of a cap",
        area: "version",
        right: "used.cap = cap as u16;\n                true",
        wrong: "used.cap = cap as u16;\n                false",
    },
    Fault {
        name: "a new version counts on what it drops",
        area: "version",
        right: ".filter(|(_, drop)| **drop)",
        wrong: ".filter(|(_, drop)| **drop && false)",
    },
    Fault {
        name: "a limit counts only from what happens under its own version",
        area: "version",
        right: "if program.takeover.activity.contains(&kind) {\n            let (last, at)",
        wrong: "if program.takeover.activity.is_empty() {\n            let (last, at)",
    },
    Fault {
        name: "what was idle before a version ended before it",
        area: "version",
        right: "IdleSince::Activity => end.max(program.zone.midnight(program.from)),",
        wrong: "IdleSince::Activity => end,",
    },
    Fault {
        name: "an end that is computed anew counts a kept rung from the wrong period",
        area: "version",
        right: "self.counts_from(rests_on);",
        wrong: "self.counts_from(rests_on + 1);",
    },
    Fault {
        name: "an end that somebody gave is computed anew",
        area: "version",
        right: "if given.is_some() {\n                    self.state.counted = None;",
        wrong: "if given.is_none() {\n                    self.state.counted = None;",
    },
    Fault {
        name: "a reward that has another id counts under no cap",
        area: "version",
        right: "new.reward_caps.get(usize::from(here?)),",
        wrong: "new.reward_caps.get(reward).filter(|_| usize::from(here.unwrap_or(0)) == reward),",
    },
    Fault {
        name: "a refund takes back what a version has let go",
        area: "version",
        right: "later.try_fold(reward, goes_on).is_none()",
        wrong: "later.try_fold(reward, goes_on).is_none() && reward == u16::MAX",
    },
    Fault {
        name: "a reward that was used is taken back",
        area: "decision",
        right: "if gift.used || gift.until <= self.at || self.scratch.pass.used.contains(&id) {",
        wrong: "if gift.until <= self.at {",
    },
    Fault {
        name: "a reward that has lapsed is taken back",
        area: "decision",
        right: "gift.used || gift.until <= self.at ||",
        wrong: "gift.used ||",
    },
    Fault {
        name: "a reward that is handed back counts as used",
        area: "decision",
        right: "\"returned\" => false,",
        wrong: "\"returned\" => true,",
    },
    Fault {
        name: "what is taken back makes no room under its cap",
        area: "cap",
        right: "used.take_back(window, issued.0, issued.1, 1);",
        wrong: "used.take_back(window, issued.0, issued.1, 0);",
    },
    Fault {
        name: "the lot taken first comes back first",
        area: "undo",
        right: "for lot in redemption.taken.iter_mut().rev() {",
        wrong: "for lot in redemption.taken.iter_mut() {",
    },
    Fault {
        name: "an un-redeem forgets what came back before",
        area: "undo",
        right: "lot.left -= back;",
        wrong: "lot.left -= 0;",
    },
    Fault {
        name: "what is owed for a redemption stays owed when it is undone",
        area: "undo",
        right: "let owed = points.min(self.state.debt);",
        wrong: "let owed = points.min(self.state.debt) * 0;",
    },
    Fault {
        name: "points that come back pay no debt",
        area: "undo",
        right: "let left = points - self.repay(&key, points);",
        wrong: "let left = points;",
    },
    Fault {
        name: "what was undone counts as spent",
        area: "undo",
        right: "measure.take_back(window, when.0, when.1, points);",
        wrong: "measure.take_back(window, when.0, when.1, 0);",
    },
    Fault {
        name: "a part of a redemption takes its rewards back",
        area: "undo",
        right: "if points == all {",
        wrong: "if points > 0 {",
    },
    Fault {
        name: "points that come back live as if granted now",
        area: "undo",
        right: "let end = lot.expires.max(least);",
        wrong: "let end = least;",
    },
    Fault {
        name: "what is left of an order deserves every reward",
        area: "refund",
        right: "when.holds(row, plan, &view).ok()",
        wrong: "when.holds(row, plan, &view).ok().map(|_| true)",
    },
    Fault {
        name: "a refund that takes the rung leaves what it had brought",
        area: "refund",
        right: "for gift in &gifts {",
        wrong: "for gift in gifts.iter().take(0) {",
    },
    Fault {
        name: "a half goes up where it should go to the even neighbour",
        area: "rounding",
        right: "(rest == den - rest && floor % 2 != 0)",
        wrong: "rest == den - rest",
    },
    Fault {
        name: "the smallest remainder gets the last point, not the largest",
        area: "rounding",
        right: "std::cmp::Reverse(denominator.rest(exact[*rule]))",
        wrong: "denominator.rest(exact[*rule])",
    },
    Fault {
        name: "a window of n days holds n - 1",
        area: "window",
        right: "i64::from(length.before(day)) + 1",
        wrong: "i64::from(length.before(day)) + 2",
    },
    Fault {
        name: "what a period's first day counted is never taken back",
        area: "window",
        right: "_ if day >= self.period.0 && day < self.period.1",
        wrong: "_ if day > self.period.0 && day < self.period.1",
    },
    Fault {
        name: "a cap on the count lets one more through",
        area: "cap",
        right: "if used < limit { i64::MAX }",
        wrong: "if used <= limit { i64::MAX }",
    },
    Fault {
        name: "a cap that rejects trims",
        area: "cap",
        right: "cap.over == Over::Reject",
        wrong: "cap.over == Over::Reject && room == 0",
    },
    Fault {
        name: "a reward's cap lets one more through",
        area: "cap",
        right: "if used >= *plan.caps[*cap].limit.at(",
        wrong: "if used > *plan.caps[*cap].limit.at(",
    },
    Fault {
        name: "in the lane a cap forgets what was booked before",
        area: "cap",
        right: "(*cap.limit.at(rung) - used).max(0);",
        wrong: "(*cap.limit.at(rung) - used.min(0)).max(0);",
    },
    Fault {
        name: "in a straight line a cap forgets what was booked before",
        area: "cap",
        right: "*cap.limit.at(rung) - used.used.total()",
        wrong: "*cap.limit.at(rung) - used.used.total().min(0)",
    },
    Fault {
        name: "a rung is kept although the window holds one too little",
        area: "window",
        right: "if left < least {",
        wrong: "if left < least - 1 {",
    },
    Fault {
        name: "lots live a day too long",
        area: "lot",
        right: "                None => zone.midnight(length.after(day)),\n            };",
        wrong: "                None => zone.midnight(length.after(day) + 1),\n            };",
    },
    Fault {
        name: "a fixed day does not wait for the shortest life",
        area: "lot",
        right: "life.map_or(at + 1, |life| life.end(at, zone))",
        wrong: "life.map_or(at + 1, |_| at + 1)",
    },
    Fault {
        name: "the wallet's expiry beats the rung's",
        area: "lot",
        right: "of_rung.or(of_wallet)",
        wrong: "of_wallet.or(of_rung)",
    },
    Fault {
        name: "a lot that is brought along does not keep its end",
        area: "lot",
        right: "Some(day) => self.at.max(self.plan.program.zone.midnight(day as Day)),",
        wrong: "Some(_) => self.expiry(),",
    },
    Fault {
        name: "a rung that was given with an end falls before it",
        area: "tier",
        right: "tiers.validity == Validity::None && self.state.until.is_none()",
        wrong: "tiers.validity == Validity::None",
    },
    Fault {
        name: "debt is never paid",
        area: "lot",
        right: "self.state.debt.min(points)",
        wrong: "self.state.debt.min(points).min(0)",
    },
    Fault {
        name: "a refund takes other lots before its order's own",
        area: "refund",
        right: "lot.source == order.0 && lot.id == order.1;",
        wrong: "lot.source == order.0 && lot.id == order.1 && lot.is_pending();",
    },
    Fault {
        name: "a refund frees no room under a cap",
        area: "refund",
        right: "used.used.take_back(window, order.at, order.day, amount);",
        wrong: "used.used.take_back(window, order.at, order.day, 0 * amount);",
    },
    Fault {
        name: "drop_to_qualified drops one rung only",
        area: "tier",
        right: "Shortfall::DropToQualified => qualified",
        wrong: "Shortfall::DropToQualified => self.state.rung - 1",
    },
    Fault {
        name: "a rung holds a period more",
        area: "tier",
        right: "for _ in 0..count",
        wrong: "for _ in 0..count + 1",
    },
    Fault {
        name: "multipliers that multiply are added",
        area: "stacking",
        right: "if meeting.combine == Combine::Multiply {\n                    running",
        wrong: "if meeting.combine == Combine::Multiply {\n                    points",
    },
    Fault {
        name: "of equal priorities the last rule is chosen, not the first",
        area: "stacking",
        right: "priority(rule) > priority(best)",
        wrong: "priority(rule) >= priority(best)",
    },
];

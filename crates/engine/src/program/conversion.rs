//! Points of one wallet that become points of another on the first day of a version, and what that asks of the
//! versions before it.

use super::{Expiry, Program, Wallet};
use crate::finding::{Code, Finding, Place};
use crate::number::{Rational, Rounding};

/// Points of a wallet become points of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// Whose points (index in `Program::wallets`).
    pub from: u8,
    /// What they become.
    pub to: u8,
    /// Points of `to` for one of `from`; positive.
    pub rate: Rational,
    /// How what they become is rounded, to the smallest part of `to`.
    pub rounding: Rounding,
    /// Where that is said.
    pub place: Place,
}

/// No wallet gets more by a conversion, in scaled points, whatever the rate: where all of the 256 wallets that there may be
/// become one, that still fits, and so does what is there besides.
const MOST: i64 = 1 << 54;

impl Conversion {
    /// What so many scaled points become, in scaled points: points × rate, rounded to the smallest part of the wallet.
    pub fn of(&self, program: &Program, points: i64) -> i64 {
        let grain = program.wallet(self.to).map_or(1, |to| to.grain(program));
        let num = i128::from(points) * i128::from(self.rate.num);
        let den = i128::from(self.rate.den) * i128::from(grain);
        let parts = self.rounding.divide_wide(num, den);
        let points = i64::try_from(parts)
            .ok()
            .and_then(|it| it.checked_mul(grain));
        points.map_or(MOST, |points| points.min(MOST))
    }
}

/// What is wrong with `[migrate] points` of the last of these versions.
pub(super) fn conversions(files: &[(String, Program)]) -> Vec<Finding> {
    let Some(((file, new), earlier)) = files.split_last() else {
        return Vec::new();
    };
    let Some((before, old)) = earlier.last() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let said = &new.migrate.conversions;
    for (at, one) in said.iter().enumerate() {
        let (Some(from), Some(to)) = (new.wallet(one.from), new.wallet(one.to)) else {
            continue;
        };
        let mut find = |message: String, label: String, help: String| {
            let code = Code::VersionMigrate;
            all.push(Finding::new(code, file, one.place, message, label, help));
        };
        if said[..at].iter().any(|other| other.from == one.from) {
            find(
                format!("points of `{}` become others twice", from.id),
                "after the first time nothing is left of them".into(),
                "leave one of them out".into(),
            );
        }
        if said.iter().any(|other| other.to == one.from) {
            find(
                format!("`{}` gives and gets points on one day", from.id),
                "whether what comes would go on is not said".into(),
                "let them become what they are to be at once, or do the second in a later version"
                    .into(),
            );
        }
        let had = |program: &Program| named(program, &from.id).cloned();
        let Some(was) = had(old) else {
            find(
                format!("{before} has no wallet `{}`", from.id),
                "there are no points of it yet".into(),
                "leave it out".into(),
            );
            continue;
        };
        let earlier = || earlier.iter().filter_map(|(_, program)| had(program));
        if to.pending.is_none() && earlier().any(|was| was.pending.is_some()) {
            find(
                format!("points of `{}` may still wait", from.id),
                format!("here no points of `{}` wait", to.id),
                format!("not yet: give `{}` a `pending` in this version", to.id),
            );
        } else if to.until().is_none() && earlier().any(|was| waits_for_an_event(&was)) {
            find(
                format!("points of `{}` would wait for ever", from.id),
                format!("they wait for an event, and those of `{}` for none", to.id),
                format!("give `pending` of `{}` an `until` in this version", to.id),
            );
        }
        let idle = |wallet: &Wallet| matches!(wallet.expiry, Expiry::Inactivity { .. });
        if idle(&was) && !idle(to) {
            find(
                format!("points of `{}` would never end", from.id),
                format!("inactivity ends them, and nothing does so in `{}`", to.id),
                format!(
                    "not yet: let `{}` end by inactivity, too, or give `{}` points with an end of their own in a version before",
                    to.id, from.id
                ),
            );
        }
    }
    all
}

fn named<'p>(program: &'p Program, id: &str) -> Option<&'p Wallet> {
    program.wallets.iter().find(|wallet| wallet.id == id)
}

fn waits_for_an_event(wallet: &Wallet) -> bool {
    let held = wallet.pending.as_ref();
    held.is_some_and(|held| held.until.is_some() && held.length.is_none())
}

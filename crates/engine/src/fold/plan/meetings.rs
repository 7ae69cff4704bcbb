//! Which multipliers meet on a base rule, and how.

use crate::number::Rational;
use crate::program::{Combine, Earn, EarnKind, Program};

/// Multipliers that meet on one base rule.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// How they meet; alone: highest.
    pub combine: Combine,
    /// Total times at most.
    pub max: Option<Rational>,
    /// The multipliers (index of the rule), by id.
    pub rules: Vec<usize>,
}

/// The meetings on one base rule: group by group, then each multiplier that stands alone.
pub(super) fn meetings(program: &Program, base: usize) -> Vec<Meeting> {
    let mut all: Vec<Meeting> = Vec::new();
    let raises =
        |earn: &Earn| matches!(&earn.kind, EarnKind::Multiplier { of, .. } if of.contains(&base));
    let rules: Vec<usize> = (0..program.earn.len())
        .filter(|i| raises(&program.earn[*i]))
        .collect();
    for (index, group) in program.groups.iter().enumerate() {
        let members: Vec<usize> = rules
            .iter()
            .copied()
            .filter(|i| program.earn[*i].group == Some(index))
            .collect();
        let combine = group.combine.unwrap_or(Combine::Add);
        if !members.is_empty() {
            all.push(Meeting {
                combine,
                max: group.max,
                rules: members,
            });
        }
    }
    for rule in rules
        .into_iter()
        .filter(|i| program.earn[*i].group.is_none())
    {
        all.push(Meeting {
            combine: Combine::Highest,
            max: None,
            rules: vec![rule],
        });
    }
    all
}

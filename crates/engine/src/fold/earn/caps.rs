//! Caps: what is left under them, and what is taken away above.

use super::{Earned, Moment, key_of};
use crate::condition::evaluate::Overflow;
use crate::fold::measure::{Key, Measure};
use crate::fold::prepared::{Row, ask};
use crate::fold::sink::WhyNot;
use crate::fold::state::CapUse;
use crate::fold::view::View;
use crate::program::{MetricKind, Over, Pool};

impl Earned {
    /// Applies caps to the sum of some rules (one rule, or a group's in order of their ids).
    pub(super) fn cap<const TRACE: bool>(
        &mut self,
        caps: &[usize],
        rules: &[usize],
        moment: &Moment<'_, '_>,
        row: usize,
        view: &View<'_>,
        uses: &mut [CapUse],
    ) -> Result<(), Overflow> {
        let plan = moment.plan;
        for index in caps {
            let cap = &plan.caps[*index];
            let each = match cap.each {
                None => None,
                Some(expr) => {
                    let place = Row {
                        batch: moment.batch,
                        row,
                        days: &moment.prepared.day,
                    };
                    let key = key_of(&ask(expr, place, plan, view)?);
                    if let Some(key) = &key {
                        self.each.push((*index, key.clone()));
                    }
                    Some(key.unwrap_or(Key::Number(i64::MIN)))
                }
            };
            let limit = *cap.limit.at(usize::from(moment.rung));
            let used = match &cap.window {
                None => 0,
                Some(window) => {
                    let member = if cap.pool == Pool::Member {
                        moment.member
                    } else {
                        0
                    };
                    find(uses, *index, member, each.as_ref()).map_or(0, |used| {
                        used.slide(window, moment.at, moment.day, MetricKind::Sum);
                        used.total()
                    })
                }
            };
            let total: i64 = rules.iter().map(|rule| self.exact[*rule]).sum();
            let room = if cap.count {
                if used < limit { i64::MAX } else { 0 }
            } else {
                (limit - used)
                    .max(0)
                    .checked_mul(plan.denominator)
                    .ok_or(Overflow)?
            };
            if total > room {
                let keep = if cap.over == Over::Reject { 0 } else { room };
                self.trim::<TRACE>(rules, keep);
            }
        }
        Ok(())
    }

    /// Keeps `keep` of the sum of some rules: taken from the last rule and its last lines.
    fn trim<const TRACE: bool>(&mut self, rules: &[usize], keep: i64) {
        let mut excess = rules.iter().map(|rule| self.exact[*rule]).sum::<i64>() - keep;
        for rule in rules.iter().rev() {
            if self.width == 1 {
                let taken = excess.min(self.exact[*rule]);
                self.exact[*rule] -= taken;
                excess -= taken;
            }
            for line in (0..self.width).rev().filter(|_| self.width > 1) {
                let cell = &mut self.lines[rule * self.width + line];
                let taken = excess.min(*cell);
                *cell -= taken;
                self.exact[*rule] -= taken;
                excess -= taken;
            }
            if TRACE && self.exact[*rule] == 0 && self.uncapped[*rule] > 0 {
                self.why[*rule] = Some(WhyNot::Cap);
            }
        }
    }
}

/// The use of a cap.
#[inline]
pub fn find<'a>(
    uses: &'a mut [CapUse],
    cap: usize,
    member: u16,
    each: Option<&Key>,
) -> Option<&'a mut Measure> {
    uses.iter_mut()
        .find(|used| {
            usize::from(used.cap) == cap && used.member == member && used.each.as_ref() == each
        })
        .map(|used| &mut used.used)
}

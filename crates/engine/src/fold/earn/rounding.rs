//! Exact points become points: one rounding, shared out by largest remainder.

use super::Earned;
use crate::fold::plan::Plan;
use crate::number::{Divisor, Rounding};
use crate::program::RoundAt;

impl Earned {
    /// Rounds where each wallet says so and shares out over its rules.
    pub(super) fn round(&mut self, plan: &Plan<'_>) {
        if let [wallet] = plan.program.wallets.as_slice()
            && wallet.round_at == RoundAt::Event
        {
            // Nearly every programme: the rules of the one wallet are all rules.
            return share(
                &self.exact,
                &mut self.booked,
                &mut self.order,
                &plan.divisor,
                wallet.rounding,
            );
        }
        for wallet in plan.wallets() {
            self.round_wallet(plan, wallet);
        }
    }

    fn round_wallet(&mut self, plan: &Plan<'_>, place: u8) {
        let Some(wallet) = plan.program.wallet(place) else {
            return;
        };
        // A coarser wallet is rounded to its own smallest part.
        let grain = plan.grains[usize::from(place)];
        let divisor = Divisor::new(plan.denominator * grain);
        let rules = plan.rules.len();
        let lines = match wallet.round_at {
            RoundAt::Event => 1,
            RoundAt::Line => self.width,
        };
        let mut exact = vec![0; rules];
        let mut booked = vec![0; rules];
        for line in 0..lines {
            for (rule, exact) in exact.iter_mut().enumerate() {
                *exact = match wallet.round_at {
                    _ if plan.program.earn[rule].wallet != place => 0,
                    RoundAt::Event => self.exact[rule],
                    RoundAt::Line => self.lines[rule * self.width + line],
                };
            }
            booked.fill(0);
            share(
                &exact,
                &mut booked,
                &mut self.order,
                &divisor,
                wallet.rounding,
            );
            for (all, booked) in self.booked.iter_mut().zip(&booked) {
                *all += booked * grain;
            }
        }
    }
}

/// Rounds the sum once and shares it out: the floor of each, then one more to the largest remainders,
/// ties to the smaller rule.
pub fn share(
    exact: &[i64],
    booked: &mut [i64],
    order: &mut Vec<usize>,
    denominator: &Divisor,
    rounding: Rounding,
) {
    let mut sum = 0i64;
    let mut floors = 0i64;
    order.clear();
    for (rule, exact) in exact.iter().enumerate() {
        if *exact != 0 {
            sum += exact;
            order.push(rule);
        }
    }
    if let [rule] = order[..] {
        booked[rule] = rounding.divide_by(sum, denominator);
        return;
    }
    for rule in order.iter() {
        booked[*rule] = denominator.divide(exact[*rule]);
        floors += booked[*rule];
    }
    let mut rest = rounding.divide_by(sum, denominator) - floors;
    if rest > 0 {
        order.sort_by_key(|rule| (std::cmp::Reverse(denominator.rest(exact[*rule])), *rule));
        for rule in order.iter() {
            if rest == 0 {
                break;
            }
            booked[*rule] += 1;
            rest -= 1;
        }
    }
}

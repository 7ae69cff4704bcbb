//! Exact points become points: one rounding, shared out by largest remainder.

use super::Earned;
use crate::fold::plan::Plan;
use crate::number::Rounding;
use crate::program::RoundAt;

impl Earned {
    /// Rounds where the wallet says so and shares out over the rules.
    pub(super) fn round(&mut self, plan: &Plan<'_>) {
        let Some(wallet) = &plan.program.wallet else {
            return;
        };
        match wallet.round_at {
            RoundAt::Event => share(
                &self.exact,
                &mut self.booked,
                &mut self.order,
                plan.denominator,
                wallet.rounding,
            ),
            RoundAt::Line => {
                let rules = plan.rules.len();
                let mut exact = vec![0; rules];
                let mut booked = vec![0; rules];
                for line in 0..self.width {
                    for (rule, exact) in exact.iter_mut().enumerate() {
                        *exact = self.lines[rule * self.width + line];
                    }
                    booked.fill(0);
                    share(
                        &exact,
                        &mut booked,
                        &mut self.order,
                        plan.denominator,
                        wallet.rounding,
                    );
                    for (all, booked) in self.booked.iter_mut().zip(&booked) {
                        *all += booked;
                    }
                }
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
    denominator: i64,
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
        booked[rule] = rounding.divide(sum, denominator);
        return;
    }
    for rule in order.iter() {
        booked[*rule] = exact[*rule].div_euclid(denominator);
        floors += booked[*rule];
    }
    let mut rest = rounding.divide(sum, denominator) - floors;
    if rest > 0 {
        order.sort_by_key(|rule| {
            (
                std::cmp::Reverse(exact[*rule].rem_euclid(denominator)),
                *rule,
            )
        });
        for rule in order.iter() {
            if rest == 0 {
                break;
            }
            booked[*rule] += 1;
            rest -= 1;
        }
    }
}

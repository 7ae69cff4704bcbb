//! Tier moves: from which rung to which rung members went.

use super::facts::AccountFacts;
use super::figure::{Amount, Figure, Unit};
use super::holder::Holder;
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape};
use crate::program::KpiKind;

/// The kind `tier_moves`.
pub struct TierMoves;

/// Changes of the number of members on the rung; summed up, the members at the end of the window.
const HELD: usize = 0;
/// Counter 1 + r: members of the rung at the window's start who are on rung r at its end.
const TO: usize = 1;

impl Measure for TierMoves {
    fn kind(&self) -> KpiKind {
        KpiKind::TierMoves
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "from the rung at the start to the rung at the end",
            definition: "Where the members of each rung at the start of a window are at its end, `by` `from` and `to`, staying included, so that every `from` adds up to 1; those who joined meanwhile come from `none`. The total is the share of all members at the start who ended higher",
            formula: "members on `from` at the start and on `to` at the end / members on `from` at the start",
            source: "transition matrix over the window, each row adding up to 1; account upgrades over members at the start",
            naive: "counting moves counts a member who went up and down again twice, and one who went up two rungs in two steps as two",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Ratio
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        Shape {
            groups: scope.rungs() + 1,
            counters: 1 + scope.rungs(),
            tallies: 0,
        }
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        scope.seen_any(facts, into);
        let Some(joined) = facts.enrolled.map(|day| scope.windows.number(day)) else {
            return;
        };
        let rungs = scope.rungs();
        let holder = Holder::new(facts, rungs, true);
        let joins = std::iter::once((joined, 1));
        scope.carry(facts, holder.clone(), joins, HELD, into);
        let (mut holder, mut former, mut last) = (holder, rungs, None);
        let moved = facts
            .rungs
            .iter()
            .map(|moved| scope.windows.number(moved.day));
        for window in std::iter::once(joined).chain(moved) {
            if last.is_some_and(|last| window <= last) || window < joined {
                continue;
            }
            if window > scope.windows.last() {
                break;
            }
            let now = holder.at(scope.windows.before(window));
            if now != former && now < rungs {
                into.add(window, former, TO + now, 1);
            }
            (former, last) = (now, Some(window));
        }
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        let counted = &counted.accumulated(HELD, scope.windows.last());
        let rungs = scope.rungs();
        let mut figures = Vec::new();
        for number in scope.listed(counted) {
            let mut push = |by: Vec<(String, String)>, numerator, denominator| {
                figures.push(Figure {
                    kpi: scope.index,
                    window: scope.window(number, counted),
                    by,
                    numerator: Amount::whole(numerator),
                    denominator,
                    unit: self.unit(),
                });
            };
            let start = |rung| counted.get(number - 1, rung, HELD);
            let moved = |from, to| counted.get(number, from, TO + to);
            let rose = (0..rungs)
                .flat_map(|from| (from + 1..rungs).map(move |to| (from, to)))
                .map(|(from, to)| moved(from, to))
                .sum();
            push(Vec::new(), rose, (0..rungs).map(start).sum());
            let joined: i128 = (0..rungs).map(|to| moved(rungs, to)).sum();
            for from in 0..=rungs {
                let left: i128 = (0..rungs).map(|to| moved(from, to)).sum();
                for to in 0..rungs {
                    let (members, base) = match from {
                        none if none == rungs => (moved(none, to), joined),
                        from if from == to => (start(from) - left, start(from)),
                        from => (moved(from, to), start(from)),
                    };
                    let name = |key: &str, rung| (key.to_owned(), scope.rung_name(rung));
                    push(vec![name("from", from), name("to", to)], members, base);
                }
            }
        }
        figures
    }

    fn counts_orders(&self) -> bool {
        false
    }
}

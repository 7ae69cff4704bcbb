//! Time between purchases.

use super::facts::AccountFacts;
use super::figure::{Amount, Figure, Unit};
use super::measure::{Doc, Measure, Scope};
use super::partial::{Partial, Shape, Tally};
use crate::program::KpiKind;

/// The kind `inter_purchase`.
pub struct InterPurchase;

const DAYS: usize = 0;
const GAPS: usize = 1;
const CUSTOMERS: usize = 2;
/// How many gaps have so many days.
const LENGTHS: usize = 0;
/// Days of all customers with so many gaps in the window.
const BY_GAPS: usize = 1;

/// Digits to which the mean of the customers' means is added up.
const MEANS: u8 = 9;

impl Measure for InterPurchase {
    fn kind(&self) -> KpiKind {
        KpiKind::InterPurchase
    }

    fn doc(&self) -> Doc {
        Doc {
            short: "days from one purchase date to the next",
            definition: "Days from one purchase date to the customer's next one, for gaps whose later date lies in the window. The value is the mean of all gaps; by `statistic` also `median`, `p90` (both interpolated between neighbours) and `mean_of_means` (every customer counts once; their means are added up to 9 digits). The time since the last purchase is not in it, so it is biased low where customers are young",
            formula: "days between consecutive distinct purchase dates / number of such gaps",
            source: "Kumar, Reinartz: Customer Relationship Management, 3rd ed. 2018, chapter 5 (average inter-purchase time)",
            naive: "days of the window / orders, and gaps of 0 days between two orders of one day, both make customers look faster than they are",
        }
    }

    fn unit(&self) -> Unit {
        Unit::Days
    }

    fn shape(&self, scope: &Scope<'_>) -> Shape {
        scope.shape(3, 2)
    }

    fn observe(&self, scope: &Scope<'_>, facts: &AccountFacts<'_>, into: &mut Partial) {
        let mut orders = scope.dated(facts);
        let Some((_, first)) = orders.next() else {
            return;
        };
        into.seen(first.day);
        let mut holder = scope.holder(facts);
        let mut former = first.day;
        // (window, group, days, gaps) of this customer
        let mut own: Option<(i32, usize, i64, u32)> = None;
        for (window, order) in orders {
            let days = order.day - former;
            if days <= 0 {
                continue;
            }
            former = order.day;
            own = match own {
                Some((same, group, sum, gaps)) if same == window => {
                    Some((window, group, sum + i64::from(days), gaps + 1))
                }
                done => {
                    book(done, into);
                    let group = scope.group(&mut holder, window);
                    Some((window, group, i64::from(days), 1))
                }
            };
            if let Some((_, group, ..)) = own {
                into.tally(window, group, LENGTHS, days as u32, 1);
            }
        }
        book(own, into);
    }

    fn finish(&self, scope: &Scope<'_>, counted: &Partial) -> Vec<Figure> {
        let mut figures = Vec::new();
        for number in scope.listed(counted) {
            let none = counted.groups() - 1;
            for part in scope.parts(counted.get(number, none, GAPS) != 0) {
                let count = |counter| match part {
                    Some(group) => counted.get(number, group, counter),
                    None => counted.total(number, counter),
                };
                let mut push = |statistic: Option<&str>, numerator, denominator| {
                    let mut by = scope.by(part);
                    by.extend(
                        statistic.map(|statistic| ("statistic".to_owned(), statistic.to_owned())),
                    );
                    figures.push(Figure {
                        kpi: scope.index,
                        window: scope.window(number, counted),
                        by,
                        numerator,
                        denominator,
                        unit: self.unit(),
                    });
                };
                let lengths = counted.tallied(number, part, LENGTHS);
                let any = i128::from(count(GAPS) != 0);
                push(None, Amount::whole(count(DAYS)), count(GAPS));
                push(Some("median"), quantile(&lengths, count(GAPS), (1, 2)), any);
                push(Some("p90"), quantile(&lengths, count(GAPS), (9, 10)), any);
                let means = sum_of_means(&counted.tallied(number, part, BY_GAPS));
                push(Some("mean_of_means"), means, count(CUSTOMERS));
            }
        }
        figures
    }

    fn falls_when_better(&self) -> bool {
        true
    }
}

/// Books what one customer did in one window.
fn book(own: Option<(i32, usize, i64, u32)>, into: &mut Partial) {
    if let Some((window, group, days, gaps)) = own {
        into.add(window, group, DAYS, i128::from(days));
        into.add(window, group, GAPS, i128::from(gaps));
        into.add(window, group, CUSTOMERS, 1);
        into.tally(window, group, BY_GAPS, gaps, days);
    }
}

/// The quantile `share` of `count` lengths, between two neighbours on the straight line between them
/// (the default of NumPy and pandas). `share` is a half or in tenths, so one digit says it exactly.
fn quantile(lengths: &Tally, count: i128, share: (i128, i128)) -> Amount {
    let place = (count - 1).max(0) * share.0;
    let (below, rest) = (place / share.1, place % share.1);
    let at = |rank: i128| {
        let mut before = 0;
        let mut found = 0;
        for (length, number) in lengths.iter().filter(|(_, number)| *number > 0) {
            found = i128::from(length);
            before += i128::from(number);
            if before > rank {
                break;
            }
        }
        found
    };
    let above = if rest == 0 { 0 } else { at(below + 1) };
    Amount {
        units: (at(below) * (share.1 - rest) + above * rest) * 10 / share.1,
        digits: 1,
    }
}

/// The sum of the customers' means. Their exact denominators have no common one of any use, so the
/// sum is taken at 18 digits and rounded to [`MEANS`].
fn sum_of_means(by_gaps: &Tally) -> Amount {
    const FINE: i128 = 10i128.pow(18);
    const COARSE: i128 = 10i128.pow(18 - MEANS as u32);
    let sum: i128 = by_gaps
        .iter()
        .filter(|(gaps, _)| *gaps > 0)
        .map(|(gaps, days)| i128::from(days) * FINE / i128::from(gaps))
        .sum();
    Amount {
        units: (sum + COARSE / 2) / COARSE,
        digits: MEANS,
    }
}

//! KPIs: accounts become partials, partials of all shards become figures.
//!
//! Every kind is one file with one registration in [`REGISTRY`]. All of them obey the same laws,
//! tested for all at once: accounts may be observed in any order and split into any shards, and
//! partials merged in any order; the figures are the same. Counts are exact integers, a value is the
//! exact quotient of its numerator and denominator, and over 0 there is none.
//!
//! Windows are half-open in local dates ([`Windows`]). A calendar window is listed once it is
//! complete; a KPI that counts orders lists from the first order that it counts, the others from the
//! first thing that happened.

mod active;
mod churn;
mod cohort;
mod facts;
mod figure;
mod frequency;
mod holder;
mod inter_purchase;
mod measure;
mod objective;
mod open_ends;
mod order_value;
mod partial;
mod points_expired;
mod points_issued;
mod points_open;
mod points_periods;
mod points_redeemed;
mod repeat_purchase;
mod retention;
mod reward_cost;
mod tier_moves;
mod together;
mod totals;
mod window;

#[cfg(test)]
mod tests;

pub use facts::{AccountFacts, OrderFact, PointsFact, RewardFact, RungFact};
pub use figure::{Amount, Figure, Fraction, Unit, Window, WindowKind};
pub use measure::{Doc, Measure, Scope};
pub use objective::{Standing, State, latest, standings};
pub use open_ends::{MonthOfEnds, OpenEnds};
pub use partial::{Partial, Shape, Tally};
pub use points_periods::PointsPeriod;
pub use together::{DayOfPoints, PointsSum, Together};
pub use totals::{PointsFlow, Totals};
pub use window::Windows;

use crate::calendar::{Day, Per};
use crate::condition::expression::Expr;
use crate::program::{KpiKind, Program};
use serde::{Deserialize, Serialize};

/// Every kind of KPI, by name.
pub const REGISTRY: &[&dyn Measure] = &[
    &active::Active,
    &churn::Churn,
    &cohort::Cohort,
    &frequency::Frequency,
    &inter_purchase::InterPurchase,
    &order_value::OrderValue,
    &points_expired::PointsExpired,
    &points_issued::PointsIssued,
    &points_open::PointsOpen,
    &points_redeemed::PointsRedeemed,
    &repeat_purchase::RepeatPurchase,
    &retention::Retention,
    &reward_cost::RewardCost,
    &tier_moves::TierMoves,
];

/// The implementation of a kind.
pub fn measure_of(kind: KpiKind) -> Option<&'static dyn Measure> {
    REGISTRY
        .iter()
        .copied()
        .find(|measure| measure.kind() == kind)
}

/// KPIs with a condition that a programme can have: one bit each in [`OrderFact::passes`].
pub const MOST_FILTERS: usize = 64;

/// Why a KPI cannot be measured as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its id.
    pub kpi: String,
    /// Cause and next step.
    pub reason: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "kpi `{}` cannot be measured: {}",
            self.kpi, self.reason
        )
    }
}

impl std::error::Error for Refusal {}

/// What is wrong with a KPI of this kind over this window, with a condition or without; nothing if it
/// can be measured. For checking a programme.
pub fn problem(kind: KpiKind, window: Per, conditional: bool) -> Option<String> {
    const NEXT: &str = "use a calendar period such as `quarter`, a length in days or more such as `90 days`, or `lifetime`";
    let measure = measure_of(kind)?;
    if let Some(reason) = measure.refuses(window) {
        return Some(format!("{reason}; use a calendar period such as `quarter`"));
    }
    if !Windows::possible(measure.windows(window)) {
        return Some(match window {
            Per::Rolling(_) => format!("a report counts whole days; {NEXT}"),
            _ => format!(
                "the window `{}` is no stretch of a report; {NEXT}",
                window.text()
            ),
        });
    }
    (conditional && !measure.counts_orders()).then(|| {
        format!(
            "`when` chooses among orders, and `{}` counts none; remove it",
            kind.text()
        )
    })
}

/// The KPIs of a programme on the day of a report.
#[derive(Clone)]
pub struct Measures<'p> {
    program: &'p Program,
    as_of: Day,
    kinds: Vec<&'static dyn Measure>,
    scopes: Vec<Scope<'p>>,
    filters: Vec<&'p Expr>,
}

/// What has been counted over some accounts. Partials of one programme and day can be merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partials {
    /// The first screen.
    pub totals: Totals,
    kpis: Vec<Partial>,
}

impl Partials {
    /// Adds what other accounts did.
    pub fn merge(&mut self, other: &Partials) {
        self.totals.merge(&other.totals);
        for (own, more) in self.kpis.iter_mut().zip(&other.kpis) {
            own.merge(more);
        }
    }
}

/// What KPIs must see of every account by itself, besides its events and its moves on the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Singly {
    /// Its entries and its rewards.
    pub ledger: bool,
}

/// Whether a KPI must see accounts one by one.
fn alone(kind: &dyn Measure, scope: &Scope<'_>) -> bool {
    !kind.adds_up() || scope.by_rung()
}

impl<'p> Measures<'p> {
    /// The KPIs of the version in force, for a report of the day `as_of`. All that cannot be measured
    /// are refused together; checking a programme finds them before ([`problem`]).
    pub fn new(program: &'p Program, as_of: Day) -> Result<Measures<'p>, Vec<Refusal>> {
        let mut scopes: Vec<Scope<'p>> = Vec::new();
        let mut kinds = Vec::new();
        let mut filters = Vec::new();
        let mut refusals = Vec::new();
        for (index, kpi) in program.kpis.iter().enumerate() {
            let mut refuse = |reason: String| {
                refusals.push(Refusal {
                    kpi: kpi.id.clone(),
                    reason,
                });
            };
            if let Some(reason) = problem(kpi.kind, kpi.window, kpi.when.is_some()) {
                refuse(reason);
                continue;
            }
            let Some(kind) = measure_of(kpi.kind) else {
                continue;
            };
            let per = kind.windows(kpi.window);
            // Windows of one length share their table of days.
            let same = scopes.iter().find(|scope| scope.per == per);
            let Some(windows) = same
                .map(|scope| scope.windows.clone())
                .or_else(|| Windows::new(per, as_of, program.week))
            else {
                continue;
            };
            let mut filter = 0;
            if let Some(when) = &kpi.when {
                if filters.len() == MOST_FILTERS {
                    refuse(format!("at most {MOST_FILTERS} kpis can have a `when`"));
                    continue;
                }
                filter = 1 << filters.len();
                filters.push(when);
            }
            kinds.push(kind);
            scopes.push(Scope {
                index,
                kpi,
                program,
                per,
                windows,
                filter,
            });
        }
        if refusals.is_empty() {
            Ok(Measures {
                program,
                as_of,
                kinds,
                scopes,
                filters,
            })
        } else {
            Err(refusals)
        }
    }

    /// The programme.
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// The day of the report.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// Conditions that orders are asked: bit n of [`OrderFact::passes`] is the answer to the n-th.
    pub fn filters(&self) -> &[&'p Expr] {
        &self.filters
    }

    /// Nothing counted yet.
    pub fn start(&self) -> Partials {
        Partials {
            totals: Totals::new(self.program, self.as_of),
            kpis: self
                .kinds()
                .map(|(kind, scope)| Partial::new(kind.shape(scope)))
                .collect(),
        }
    }

    fn kinds(&self) -> impl Iterator<Item = (&'static dyn Measure, &Scope<'p>)> {
        self.kinds.iter().copied().zip(&self.scopes)
    }

    /// Counts one account in every KPI.
    pub fn observe(&self, facts: &AccountFacts<'_>, into: &mut Partials) {
        into.totals.observe(facts);
        for ((kind, scope), partial) in self.kinds().zip(&mut into.kpis) {
            kind.observe(scope, facts, partial);
        }
    }

    /// What must be seen of single accounts; nothing if all KPIs only add up.
    pub fn singly(&self) -> Option<Singly> {
        let mut singly = None;
        for (kind, _) in self.kinds().filter(|(kind, scope)| alone(*kind, scope)) {
            singly.get_or_insert(Singly { ledger: false }).ledger |= kind.adds_up();
        }
        singly
    }

    /// Counts one account in the KPIs that must see it by itself.
    pub fn observe_singly(&self, facts: &AccountFacts<'_>, into: &mut Partials) {
        for ((kind, scope), partial) in self.kinds().zip(&mut into.kpis) {
            if alone(kind, scope) {
                kind.observe(scope, facts, partial);
            }
        }
    }

    /// Counts the first screen, and all accounts at once in the KPIs that only add up.
    pub fn observe_together(&self, all: &Together, into: &mut Partials) {
        into.totals = all.totals(self.program, self.as_of);
        let (points, rewards) = all.as_one();
        let facts = AccountFacts {
            enrolled: all.first(),
            points: &points,
            rewards: &rewards,
            ..AccountFacts::default()
        };
        for ((kind, scope), partial) in self.kinds().zip(&mut into.kpis) {
            if !alone(kind, scope) {
                kind.observe(scope, &facts, partial);
            }
        }
    }

    /// The figures of all accounts: in the order of the programme's KPIs, each by window, the total
    /// of a window before its parts.
    pub fn finish(&self, counted: &Partials) -> Vec<Figure> {
        let mut figures = Vec::new();
        for ((kind, scope), partial) in self.kinds().zip(&counted.kpis) {
            figures.extend(kind.finish(scope, partial));
        }
        figures
    }
}

//! Points: what became of them since the beginning and by month, and when those that are open end.

use super::{Exact, WindowOf, date};
use crate::report::Report;
use rungs_engine::kpi::{MonthOfEnds, PointsFlow, PointsPeriod};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct PointsOf<'a> {
    wallet: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(flatten)]
    flow: FlowOf,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_expiry: Option<Vec<ExpiryOf>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    never: Option<Exact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    periods: Option<Vec<PeriodOf>>,
}

#[derive(Serialize)]
struct FlowOf {
    granted: Exact,
    opening: Exact,
    restored: Exact,
    adjusted: Exact,
    redeemed: Exact,
    expired: Exact,
    reversed: Exact,
    repaid: Exact,
    open: Exact,
    pending: Exact,
    debt: Exact,
    forgiven: Exact,
}

#[derive(Serialize)]
struct ExpiryOf {
    on: String,
    last: String,
    points: Exact,
}

#[derive(Serialize)]
struct PeriodOf {
    window: WindowOf,
    opening_balance: Exact,
    #[serde(flatten)]
    flow: FlowOf,
    closing_balance: Exact,
}

impl PointsOf<'_> {
    /// Nothing where there is no wallet.
    pub(super) fn of<'a>(report: &'a Report<'_>) -> Option<PointsOf<'a>> {
        let wallet = report.program.wallet(0)?;
        let digits = wallet.scale;
        let ends = report.open_ends.as_ref();
        let months = ends.map(|ends| ends.months().into_iter());
        let periods = report.points_periods.as_ref();
        Some(PointsOf {
            wallet: &wallet.id,
            name: wallet.name.as_deref(),
            flow: FlowOf::of(&PointsFlow::default(), &report.totals.points, digits),
            by_expiry: months.map(|months| months.map(|one| ExpiryOf::of(&one, digits)).collect()),
            never: ends.map(|ends| Exact::units(ends.never, digits)),
            periods: periods.map(|all| all.iter().map(|one| PeriodOf::of(one, digits)).collect()),
        })
    }
}

impl FlowOf {
    /// What came and went from one state of affairs to another; what is open, pending and owed is that at its end.
    fn of(before: &PointsFlow, after: &PointsFlow, digits: u8) -> FlowOf {
        let points = |units| Exact::units(units, digits);
        FlowOf {
            granted: points(after.granted - before.granted),
            opening: points(after.opening - before.opening),
            restored: points(after.restored - before.restored),
            adjusted: points(after.adjusted - before.adjusted),
            redeemed: points(after.redeemed - before.redeemed),
            expired: points(after.expired - before.expired),
            reversed: points(after.reversed - before.reversed),
            repaid: points(after.repaid - before.repaid),
            open: points(after.open),
            pending: points(after.pending),
            debt: points(after.debt),
            forgiven: points(after.forgiven - before.forgiven),
        }
    }
}

impl ExpiryOf {
    fn of(month: &MonthOfEnds, digits: u8) -> ExpiryOf {
        ExpiryOf {
            on: date(month.first),
            last: date(month.last),
            points: Exact::units(month.points, digits),
        }
    }
}

impl PeriodOf {
    fn of(period: &PointsPeriod, digits: u8) -> PeriodOf {
        let balance = |flow: &PointsFlow| Exact::units(flow.open + flow.pending, digits);
        PeriodOf {
            window: WindowOf::of(period.window),
            opening_balance: balance(&period.before),
            flow: FlowOf::of(&period.before, &period.after, digits),
            closing_balance: balance(&period.after),
        }
    }
}

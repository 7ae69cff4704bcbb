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
    converted: Exact,
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
    /// Of a wallet (index in `Program::wallets`); nothing where there is none, or another version's in which nothing
    /// ever was.
    pub(super) fn of<'a>(report: &'a Report<'_>, place: u8) -> Option<PointsOf<'a>> {
        let (wallet, at) = (report.program.wallet(place)?, usize::from(place));
        let flow = report.totals.points.get(at)?;
        if wallet.absent && *flow == PointsFlow::default() {
            return None;
        }
        let scaled = Scaled {
            grain: wallet.grain(report.program).into(),
            digits: wallet.scale,
        };
        let ends = report.open_ends.as_ref().and_then(|all| all.get(at));
        let months = ends.map(|ends| ends.months().into_iter());
        let periods = report.points_periods.as_ref().and_then(|all| all.get(at));
        Some(PointsOf {
            wallet: &wallet.id,
            name: wallet.name.as_deref(),
            flow: FlowOf::of(&PointsFlow::default(), flow, scaled),
            by_expiry: months.map(|months| months.map(|one| ExpiryOf::of(&one, scaled)).collect()),
            never: ends.map(|ends| scaled.exact(ends.never)),
            periods: periods.map(|all| all.iter().map(|one| PeriodOf::of(one, scaled)).collect()),
        })
    }

    /// Those of all wallets but the first.
    pub(super) fn others<'a>(report: &'a Report<'_>) -> Vec<PointsOf<'a>> {
        let places = 1..report.program.wallets.len() as u8;
        places
            .filter_map(|place| PointsOf::of(report, place))
            .collect()
    }
}

/// How scaled points of a wallet are written: all wallets are scaled alike, and each has digits of its own.
#[derive(Clone, Copy)]
struct Scaled {
    grain: i128,
    digits: u8,
}

impl Scaled {
    fn exact(self, points: i128) -> Exact {
        Exact::units(points / self.grain, self.digits)
    }
}

impl FlowOf {
    /// What came and went from one state of affairs to another; what is open, pending and owed is that at its end.
    fn of(before: &PointsFlow, after: &PointsFlow, scaled: Scaled) -> FlowOf {
        let points = |points| scaled.exact(points);
        FlowOf {
            granted: points(after.granted - before.granted),
            opening: points(after.opening - before.opening),
            restored: points(after.restored - before.restored),
            adjusted: points(after.adjusted - before.adjusted),
            converted: points(after.converted - before.converted),
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
    fn of(month: &MonthOfEnds, scaled: Scaled) -> ExpiryOf {
        ExpiryOf {
            on: date(month.first),
            last: date(month.last),
            points: scaled.exact(month.points),
        }
    }
}

impl PeriodOf {
    fn of(period: &PointsPeriod, scaled: Scaled) -> PeriodOf {
        let balance = |flow: &PointsFlow| scaled.exact(flow.open + flow.pending);
        PeriodOf {
            window: WindowOf::of(period.window),
            opening_balance: balance(&period.before),
            flow: FlowOf::of(&period.before, &period.after, scaled),
            closing_balance: balance(&period.after),
        }
    }
}

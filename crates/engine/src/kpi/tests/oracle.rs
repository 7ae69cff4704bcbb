//! Every KPI once more, straight from its definition and as slow as that is: for each window and part
//! it looks at all accounts again. The laws compare it with what the kinds count.

use super::sample::Account;
use crate::calendar::{Calendar, Day, Per, day_text};
use crate::kpi::{OrderFact, PointsFact};
use crate::ledger::EntryKind;
use crate::program::{By, Kpi, KpiKind, Program};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is needed to work out one KPI.
pub struct Oracle<'a> {
    pub program: &'a Program,
    pub kpi: &'a Kpi,
    pub accounts: &'a [Account],
    pub as_of: Day,
}

type Days = (Day, Day);

impl Oracle<'_> {
    /// The figures in lines, as [`super::sample::line`] writes them.
    pub fn lines(&self) -> Vec<String> {
        match self.kpi.kind {
            KpiKind::Cohort => self.cohorts(),
            KpiKind::TierMoves => self.tier_moves(),
            KpiKind::InterPurchase => self.inter_purchase(),
            _ => self.quotients(),
        }
    }

    fn quotients(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for window in self.windows() {
            for part in self.parts() {
                let (numerator, denominator) = self.quotient(window, part);
                let sum = matches!(
                    self.kpi.kind,
                    KpiKind::PointsIssued
                        | KpiKind::PointsRedeemed
                        | KpiKind::PointsExpired
                        | KpiKind::PointsOpen
                        | KpiKind::RewardCost
                );
                let empty = if sum {
                    numerator == 0
                } else {
                    denominator == 0
                };
                if part == Some(None) && empty {
                    continue;
                }
                let numerator = match self.kpi.kind {
                    KpiKind::OrderValue | KpiKind::RewardCost => {
                        let sign = if numerator < 0 { "-" } else { "" };
                        let cents = numerator.abs();
                        format!("{sign}{}.{:02}", cents / 100, cents % 100)
                    }
                    _ => numerator.to_string(),
                };
                let label = self.label(part);
                let from = day_text(window.0);
                lines.push(format!("{from}{label} {numerator}/{denominator}"));
            }
        }
        lines
    }

    fn quotient(&self, window: Days, part: Option<Option<usize>>) -> (i128, i128) {
        let within = |day: Day| day >= window.0 && day < window.1;
        let part_of =
            |account: &&Account| part.is_none_or(|rung| self.rung(account, window.1) == rung);
        let accounts: Vec<&Account> = self.accounts.iter().filter(part_of).collect();
        let bought = |account: &Account, days: Days| {
            self.orders(account)
                .filter(|order| order.day >= days.0 && order.day < days.1)
                .count() as i128
        };
        let customers = accounts
            .iter()
            .filter(|account| bought(account, window) > 0);
        let orders: i128 = accounts.iter().map(|account| bought(account, window)).sum();
        let of_wallet = || {
            let facts = accounts.iter().flat_map(|account| &account.points);
            facts.filter(|fact| fact.wallet == self.kpi.wallet)
        };
        let points = |of: &dyn Fn(&PointsFact) -> i64| -> i128 {
            of_wallet()
                .filter(|fact| within(fact.day))
                .map(|fact| i128::from(of(fact)))
                .sum()
        };
        match self.kpi.kind {
            KpiKind::Retention | KpiKind::Churn => {
                let next = self.next(window);
                let all = customers.clone().count() as i128;
                let kept = customers
                    .filter(|account| bought(account, next) > 0)
                    .count() as i128;
                let retention = self.kpi.kind == KpiKind::Retention;
                (if retention { kept } else { all - kept }, all)
            }
            KpiKind::RepeatPurchase => (
                customers
                    .clone()
                    .filter(|account| bought(account, window) > 1)
                    .count() as i128,
                customers.count() as i128,
            ),
            KpiKind::Frequency => (orders, customers.count() as i128),
            KpiKind::OrderValue => {
                let all = accounts.iter().flat_map(|account| self.orders(account));
                let revenue = all
                    .filter(|order| within(order.day))
                    .map(|order| match self.kpi.net {
                        true => order.net - order.refunded,
                        false => order.gross,
                    })
                    .map(i128::from);
                (revenue.sum(), orders)
            }
            KpiKind::Active => {
                let joined =
                    |account: &&&Account| account.enrolled.is_some_and(|day| day < window.1);
                (
                    customers.filter(|account| joined(account)).count() as i128,
                    accounts.iter().filter(joined).count() as i128,
                )
            }
            KpiKind::PointsIssued => (
                points(&|fact| match fact.kind {
                    EntryKind::Grant => fact.points,
                    EntryKind::Adjust => fact.points.max(0),
                    _ => 0,
                }),
                1,
            ),
            KpiKind::PointsRedeemed => (
                points(&|fact| match fact.kind {
                    EntryKind::Redeem | EntryKind::Restore => -fact.points,
                    _ => 0,
                }),
                1,
            ),
            KpiKind::PointsExpired => (
                points(&|fact| {
                    if fact.kind == EntryKind::Expire {
                        -fact.points
                    } else {
                        0
                    }
                }),
                1,
            ),
            KpiKind::PointsOpen => {
                let held = of_wallet()
                    .filter(|fact| fact.day < window.1)
                    .map(|fact| fact.open());
                (held.sum(), 1)
            }
            KpiKind::RewardCost => {
                let rewards = accounts.iter().flat_map(|account| &account.rewards);
                let costs = rewards.filter(|reward| within(reward.day));
                (costs.map(|reward| i128::from(reward.cost)).sum(), 1)
            }
            KpiKind::Cohort | KpiKind::TierMoves | KpiKind::InterPurchase => (0, 0),
        }
    }

    fn cohorts(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let windows = self.windows();
        for (at, cohort) in windows.iter().enumerate() {
            for part in self.parts() {
                let came: Vec<&Account> = self
                    .accounts
                    .iter()
                    .filter(|account| {
                        let first = self.orders(account).map(|order| order.day).min();
                        first.is_some_and(|first| first >= cohort.0 && first < cohort.1)
                            && part.is_none_or(|rung| self.rung(account, cohort.1) == rung)
                    })
                    .collect();
                if came.is_empty() {
                    continue;
                }
                for (k, later) in windows[at..].iter().enumerate() {
                    let back = came.iter().filter(|account| {
                        self.orders(account)
                            .any(|order| order.day >= later.0 && order.day < later.1)
                    });
                    lines.push(format!(
                        "{}{} k={k} {}/{}",
                        day_text(cohort.0),
                        self.label(part),
                        back.count(),
                        came.len()
                    ));
                }
            }
        }
        lines
    }

    fn tier_moves(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let names = ["green", "silver", "gold", "none"];
        for window in self.windows() {
            let mut matrix = BTreeMap::<(usize, usize), usize>::new();
            for account in self.accounts {
                if let Some(to) = self.rung(account, window.1) {
                    let from = self.rung(account, self.start(window)).unwrap_or(3);
                    *matrix.entry((from, to)).or_default() += 1;
                }
            }
            let at = |from, to| matrix.get(&(from, to)).copied().unwrap_or(0);
            let row = |from| at(from, 0) + at(from, 1) + at(from, 2);
            let rose = at(0, 1) + at(0, 2) + at(1, 2);
            let date = day_text(window.0);
            lines.push(format!("{date} {rose}/{}", row(0) + row(1) + row(2)));
            for from in 0..4 {
                for to in 0..3 {
                    lines.push(format!(
                        "{date} from={} to={} {}/{}",
                        names[from],
                        names[to],
                        at(from, to),
                        row(from)
                    ));
                }
            }
        }
        lines
    }

    fn inter_purchase(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for window in self.windows() {
            for part in self.parts() {
                let mut gaps = Vec::new();
                let mut means = Vec::new();
                for account in self.accounts {
                    if part.is_some_and(|rung| self.rung(account, window.1) != rung) {
                        continue;
                    }
                    let dates: BTreeSet<Day> =
                        self.orders(account).map(|order| order.day).collect();
                    let dates: Vec<Day> = dates.into_iter().collect();
                    let own: Vec<i64> = dates
                        .windows(2)
                        .filter(|pair| pair[1] >= window.0 && pair[1] < window.1)
                        .map(|pair| i64::from(pair[1] - pair[0]))
                        .collect();
                    if !own.is_empty() {
                        means.push((own.iter().sum::<i64>(), own.len() as i64));
                    }
                    gaps.extend(own);
                }
                if part == Some(None) && gaps.is_empty() {
                    continue;
                }
                gaps.sort_unstable();
                let head = format!("{}{}", day_text(window.0), self.label(part));
                let any = usize::from(!gaps.is_empty());
                let tenths = |share: usize| {
                    // place in tenths between neighbours
                    let place = gaps.len().saturating_sub(1) * share;
                    let low = gaps.get(place / 10).copied().unwrap_or(0);
                    let high = gaps.get(place / 10 + 1).copied().unwrap_or(low);
                    let value = low * 10 + (high - low) * (place % 10) as i64;
                    format!("{}.{}/{any}", value / 10, value % 10)
                };
                // over the common denominator of all numbers up to 40
                let common: i128 = 5_342_931_457_063_200;
                let sum: i128 = means
                    .iter()
                    .map(|(days, count)| i128::from(*days) * common / i128::from(*count))
                    .sum();
                let sum = (sum * 10_000_000_000 / common + 5) / 10;
                lines.push(format!(
                    "{head} {}/{}",
                    gaps.iter().sum::<i64>(),
                    gaps.len()
                ));
                lines.push(format!("{head} statistic=median {}", tenths(5)));
                lines.push(format!("{head} statistic=p90 {}", tenths(9)));
                lines.push(format!(
                    "{head} statistic=mean_of_means {}.{:09}/{}",
                    sum / 1_000_000_000,
                    sum % 1_000_000_000,
                    means.len()
                ));
            }
        }
        lines
    }

    fn orders<'b>(&'b self, account: &'b Account) -> impl Iterator<Item = &'b OrderFact> {
        account
            .orders
            .iter()
            .filter(|order| order.day <= self.as_of && !(self.kpi.net && order.whole))
    }

    fn rung(&self, account: &Account, before: Day) -> Option<usize> {
        account.enrolled.filter(|day| *day < before)?;
        let last = account.rungs.iter().rfind(|moved| moved.day < before);
        Some(last.map_or(0, |moved| usize::from(moved.to)))
    }

    /// None: all; Some(None): who has no rung.
    fn parts(&self) -> Vec<Option<Option<usize>>> {
        let mut parts = vec![None];
        if self.kpi.by == [By::Rung] {
            parts.extend([Some(Some(0)), Some(Some(1)), Some(Some(2)), Some(None)]);
        }
        parts
    }

    fn label(&self, part: Option<Option<usize>>) -> String {
        let name = |rung: Option<usize>| match rung {
            Some(rung) => ["green", "silver", "gold"][rung],
            None => "none",
        };
        part.map_or_else(String::new, |rung| format!(" rung={}", name(rung)))
    }

    fn first(&self) -> Option<Day> {
        let counted = |account: &Account| self.orders(account).map(|order| order.day).min();
        let any = |account: &Account| account.facts().first_day();
        let orders_only = matches!(
            self.kpi.kind,
            KpiKind::Retention
                | KpiKind::Churn
                | KpiKind::RepeatPurchase
                | KpiKind::Frequency
                | KpiKind::OrderValue
                | KpiKind::InterPurchase
                | KpiKind::Cohort
        );
        let first = match orders_only {
            true => self.accounts.iter().filter_map(counted).min(),
            false => self.accounts.iter().filter_map(any).min(),
        };
        first.filter(|day| *day <= self.as_of)
    }

    fn windows(&self) -> Vec<Days> {
        let compares = matches!(self.kpi.kind, KpiKind::Retention | KpiKind::Churn);
        let calendar = match self.kpi.window {
            Per::Calendar(calendar) => calendar,
            Per::Rolling(length) => {
                let before = if compares {
                    length.before(self.as_of + 1)
                } else {
                    self.as_of + 1
                };
                return vec![(length.before(before), before)];
            }
            _ if self.kpi.kind == KpiKind::Cohort => Calendar::Month,
            _ => return vec![(self.first().unwrap_or(self.as_of), self.as_of + 1)],
        };
        let Some(first) = self.first() else {
            return Vec::new();
        };
        let mut windows = Vec::new();
        let mut from = calendar.start(first, self.program.week);
        while calendar.next(from) <= self.as_of + 1 {
            windows.push((from, calendar.next(from)));
            from = calendar.next(from);
        }
        if compares {
            windows.pop();
        }
        windows
    }

    fn next(&self, window: Days) -> Days {
        match self.kpi.window {
            Per::Calendar(calendar) => (window.1, calendar.next(window.1)),
            _ => (window.1, self.as_of + 1),
        }
    }

    /// The start of a window for who is there before it: in a lifetime nobody.
    fn start(&self, window: Days) -> Day {
        match self.kpi.window {
            Per::Lifetime => Day::MIN,
            _ => window.0,
        }
    }
}

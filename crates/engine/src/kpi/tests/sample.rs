//! A programme and accounts for the tests of KPIs.

#![allow(clippy::unwrap_used)]

use crate::calendar::{Calendar, Day, LeapDay, Length, Per, Unit, Zone, day_from, day_text};
use crate::finding::Place;
use crate::kpi::{AccountFacts, Figure, Measures, OrderFact, PointsFact, RewardFact, RungFact};
use crate::ledger::EntryKind;
use crate::number::Rounding;
use crate::program::{
    ByRung, Costs, Crossing, Enrol, Expiry, Kpi, KpiKind, Period, Program, RefundRung, Refunds,
    Requalify, Reward, RewardKind, RoundAt, Rung, Shortfall, Tiers, Validity, Wallet,
};
use std::sync::LazyLock;

/// Its table of midnights takes a while without optimisation.
static ZONE: LazyLock<Zone> = LazyLock::new(|| Zone::named("Europe/Berlin").unwrap());

pub const MONTH: Per = Per::Calendar(Calendar::Month);
pub const QUARTER: Per = Per::Calendar(Calendar::Quarter);

pub fn day(text: &str) -> Day {
    day_from(text).unwrap()
}

pub fn days(count: i64) -> Per {
    Per::Rolling(Length {
        count,
        unit: Unit::Day,
    })
}

pub fn kpi(kind: KpiKind, window: Per) -> Kpi {
    Kpi {
        id: kind.text().replace('_', "-"),
        place: Place::default(),
        name: None,
        kind,
        window,
        net: true,
        by: Vec::new(),
        wallet: 0,
        when: None,
        warn_below: None,
        warn_above: None,
    }
}

/// A ladder of green, silver and gold, two wallets without fractions, two rewards.
pub fn program(kpis: Vec<Kpi>) -> Program {
    let wallet = |id: &str| Wallet {
        absent: false,
        restarts_up: false,
        restarts_down: false,
        id: id.to_owned(),
        place: Place::default(),
        name: None,
        rounding: Rounding::Down,
        round_at: RoundAt::Event,
        scale: 0,
        value: None,
        pending: None,
        expiry: Expiry::Never,
        minimum: 0,
    };
    let rung = |id: &str| Rung {
        absent: false,
        expiry: None,
        id: id.to_owned(),
        place: Place::default(),
        name: None,
        reach: Vec::new(),
        keep: Vec::new(),
        benefits: Vec::new(),
        wallet: 0,
    };
    let reward = |id: &str| Reward {
        absent: false,
        id: id.to_owned(),
        place: Place::default(),
        name: None,
        kind: RewardKind::Voucher,
        price: None,
        wallet: 0,
        cash: None,
        on: None,
        from: None,
        before: None,
        when: None,
        valid: ByRung(vec![Length {
            count: 30,
            unit: Unit::Day,
        }]),
        worth: None,
        cost: None,
        minimum: None,
        caps: Vec::new(),
    };
    Program {
        id: "shop".to_owned(),
        file: "2026-01-01.toml".to_owned(),
        digest: String::new(),
        from: day("2026-01-01"),
        name: "Shop".to_owned(),
        zone: ZONE.clone(),
        currency: "EUR".to_owned(),
        currency_digits: 2,
        late: Length {
            count: 30,
            unit: Unit::Day,
        },
        settle_after: Length {
            count: 1,
            unit: Unit::Day,
        },
        leap_day: LeapDay::February28,
        week: 0,
        objectives: Vec::new(),
        datasets: Vec::new(),
        columns: Vec::new(),
        wallets: vec![wallet("points"), wallet("others")],
        earn: Vec::new(),
        groups: Vec::new(),
        metrics: Vec::new(),
        tiers: Some(Tiers {
            place: Place::default(),
            period: Period::Lifetime,
            crossing: Crossing::NextEvent,
            validity: Validity::Forever,
            requalify: Requalify::EachPeriod,
            shortfall: ByRung(vec![Shortfall::Keep]),
            rungs: ["green", "silver", "gold"].map(rung).into(),
        }),
        benefits: Vec::new(),
        rewards: ["cup", "cake"].map(reward).into(),
        refunds: Refunds {
            rung: RefundRung::Checkpoint,
            ..Refunds::default()
        },
        enrol: Enrol::Automatic,
        backdate: None,
        surprises: Vec::new(),
        kpis,
        costs: Costs::default(),
        migrate: Default::default(),
        takeover: Default::default(),
    }
}

/// An account that owns its facts.
#[derive(Debug, Clone, Default)]
pub struct Account {
    pub enrolled: Option<Day>,
    pub orders: Vec<OrderFact>,
    pub rungs: Vec<RungFact>,
    pub points: Vec<PointsFact>,
    pub rewards: Vec<RewardFact>,
}

impl Account {
    pub fn joined(on: &str) -> Account {
        Account {
            enrolled: Some(day(on)),
            ..Account::default()
        }
    }

    /// A customer who joined with the first of these orders over 10.00 each.
    pub fn buys(dates: &[&str]) -> Account {
        dates
            .iter()
            .fold(Account::joined(dates[0]), |account, date| {
                account.order(date, 1_000)
            })
    }

    pub fn order(self, on: &str, net: i64) -> Account {
        self.refunded(on, net, 0)
    }

    /// An order of which so much was given back; all of it if nothing is left.
    pub fn refunded(mut self, on: &str, net: i64, refunded: i64) -> Account {
        self.orders.push(OrderFact {
            day: day(on),
            time: 0,
            gross: net,
            net,
            refunded,
            whole: refunded > 0 && refunded == net,
            passes: 0,
        });
        self
    }

    pub fn moved(mut self, on: &str, from: u8, to: u8) -> Account {
        self.rungs.push(RungFact {
            day: day(on),
            from,
            to,
        });
        self
    }

    pub fn points(mut self, on: &str, kind: EntryKind, points: i64, pending: i64) -> Account {
        self.points.push(PointsFact {
            wallet: 0,
            day: day(on),
            kind,
            points,
            taken: points < 0,
            pending,
        });
        self
    }

    /// Grant 100 in January of which 40 are held back; in February the 40 are released, 30 redeemed and
    /// 20 reversed; in March the other 50 expire.
    pub fn with_points() -> Account {
        Account::joined("2026-01-01")
            .points("2026-01-10", EntryKind::Grant, 60, 0)
            .points("2026-01-11", EntryKind::Grant, 40, 40)
            .points("2026-02-01", EntryKind::Release, 40, -40)
            .points("2026-02-02", EntryKind::Redeem, -30, 0)
            .points("2026-02-03", EntryKind::Reverse, -20, 0)
            .points("2026-02-04", EntryKind::Debt, 5, 0)
            .points("2026-03-01", EntryKind::Expire, -50, 0)
    }

    pub fn facts(&self) -> AccountFacts<'_> {
        AccountFacts {
            account: "",
            enrolled: self.enrolled,
            orders: &self.orders,
            rungs: &self.rungs,
            points: &self.points,
            rewards: &self.rewards,
        }
    }
}

pub fn figures(program: &Program, as_of: Day, accounts: &[Account]) -> Vec<Figure> {
    let measures = Measures::new(program, as_of).unwrap();
    let mut counted = measures.start();
    for account in accounts {
        measures.observe(&account.facts(), &mut counted);
    }
    measures.finish(&counted)
}

/// A figure in one line: `1997-07-01 rung=gold 2063/4263`.
pub fn line(figure: &Figure) -> String {
    let mut line = day_text(figure.window.from);
    for (key, value) in &figure.by {
        line.push_str(&format!(" {key}={value}"));
    }
    line + &format!(" {}/{}", figure.numerator.text(), figure.denominator)
}

/// The figures of one KPI in lines.
pub fn lines(kpi: Kpi, as_of: &str, accounts: &[Account]) -> Vec<String> {
    let figures = figures(&program(vec![kpi]), day(as_of), accounts);
    figures.iter().map(line).collect()
}

//! Programmes of the cases, written short.

use rungs_engine::calendar::{Day, Instant, LeapDay, Length, Per, Zone, day_from};
use rungs_engine::canonical::{Kind, Type};
use rungs_engine::condition::expression::{Expr, Sort};
use rungs_engine::condition::{Expected, MetricColumn, Occasion, Scope, compile};
use rungs_engine::finding::Place;
use rungs_engine::number::{Rational, Rounding};
use rungs_engine::program::*;

/// Points that are held so long.
pub fn pending_for(text: &str) -> Option<Pending> {
    Some(Pending {
        length: Some(length(text)),
        until: None,
    })
}

/// A length such as `12 months`.
pub fn length(text: &str) -> Length {
    Length::parse(text).unwrap()
}

/// A rate such as `1.2`.
pub fn rate(text: &str) -> Rational {
    Rational::from_decimal(text).unwrap()
}

/// One value for each rung, or one for all: `10 12 15`.
pub fn rates(text: &str) -> ByRung<Rational> {
    ByRung(text.split(' ').map(rate).collect())
}

pub fn day(text: &str) -> Day {
    day_from(text).unwrap()
}

/// A cap of points or times over a window.
pub fn cap(limit: Limit, per: Per) -> Cap {
    Cap {
        place: Place::default(),
        limit,
        per,
        pool: Pool::Account,
        each: None,
        over: Over::Trim,
    }
}

pub fn points(limit: i64) -> Limit {
    Limit::Points(ByRung(vec![limit]))
}

pub fn count(limit: i64) -> Limit {
    Limit::Count(ByRung(vec![limit]))
}

/// A programme in the making. Sources are the kinds' names, in order of their ranks.
pub struct World {
    pub program: Program,
    multipliers: Vec<(String, Vec<&'static str>)>,
}

/// The kinds of events of the cases; each has one dataset of its name.
pub const KINDS: [Kind; 9] = [
    Kind::Enrol,
    Kind::Profile,
    Kind::Adjust,
    Kind::Order,
    Kind::Refund,
    Kind::Redeem,
    Kind::Unredeem,
    Kind::Activity,
    Kind::Survey,
];

fn columns() -> Vec<Column> {
    let mut columns = Vec::new();
    for kind in KINDS {
        let of_event = kind.columns().iter().map(|column| (false, column));
        let of_line = kind.line_columns().iter().map(|column| (true, column));
        for (line, (name, kind_of_value)) in of_event.chain(of_line) {
            columns.push(Column {
                kind,
                line,
                name: (*name).to_owned(),
                kind_of_value: *kind_of_value,
                digits: match kind_of_value {
                    Type::Money => 2,
                    Type::Decimal => 3,
                    _ => 0,
                },
                optional: !matches!(*name, "net" | "category" | "name" | "scale" | "score"),
                min: None,
                max: None,
                values: None,
                declared: true,
            });
        }
    }
    columns
}

fn dataset(kind: Kind) -> Dataset {
    Dataset {
        absent: false,
        id: kind.text().to_owned(),
        place: Place::default(),
        event: kind,
        file: String::new(),
        format: None,
        event_id: vec!["id".to_owned()],
        member: "member".to_owned(),
        account: None,
        time: "time".to_owned(),
        revision: None,
        zone: None,
        line: None,
        fixed: Vec::new(),
        columns: Vec::new(),
        purpose: None,
        retention: None,
    }
}

impl World {
    /// Beans that never expire, rounded down once per event; one joins by an `enrol` event.
    pub fn new() -> World {
        World {
            program: Program {
                id: "coffee".to_owned(),
                file: "2026-01-01.toml".to_owned(),
                digest: String::new(),
                from: day("2020-01-01"),
                name: "Bean & Leaf".to_owned(),
                zone: Zone::named("Europe/Dublin").unwrap(),
                currency: "EUR".to_owned(),
                currency_digits: 2,
                late: length("30 days"),
                settle_after: length("1 day"),
                leap_day: LeapDay::February28,
                week: 0,
                objectives: Vec::new(),
                datasets: KINDS.into_iter().map(dataset).collect(),
                columns: columns(),
                wallets: vec![Wallet {
                    absent: false,
                    restarts_up: false,
                    restarts_down: false,
                    id: "beans".to_owned(),
                    place: Place::default(),
                    name: None,
                    rounding: Rounding::Down,
                    round_at: RoundAt::Event,
                    scale: 0,
                    value: None,
                    pending: None,
                    expiry: Expiry::Never,
                    minimum: 0,
                }],
                earn: Vec::new(),
                groups: Vec::new(),
                metrics: Vec::new(),
                tiers: None,
                benefits: Vec::new(),
                rewards: Vec::new(),
                refunds: Refunds {
                    shortage: Shortage::Debt,
                    ..Refunds::default()
                },
                enrol: Enrol::OptIn,
                backdate: None,
                surprises: Vec::new(),
                kpis: Vec::new(),
                costs: Costs::default(),
                migrate: Default::default(),
                takeover: Default::default(),
            },
            multipliers: Vec::new(),
        }
    }

    pub fn wallet(&mut self) -> &mut Wallet {
        &mut self.program.wallets[0]
    }

    pub fn expression(&self, text: &str, occasion: Occasion, expected: Expected) -> Expr {
        let metrics: Vec<MetricColumn> = self
            .program
            .metrics
            .iter()
            .map(|metric| MetricColumn {
                id: metric.id.clone(),
                sort: metric
                    .of
                    .as_ref()
                    .map_or(Sort::Integer, |of| match metric.kind {
                        MetricKind::Events | MetricKind::Distinct => Sort::Integer,
                        _ => of.sort,
                    }),
                den: metric.den,
                optional: matches!(metric.kind, MetricKind::First | MetricKind::Last),
                pool: metric.pool,
                windowed: metric.window.is_some(),
            })
            .collect();
        let rungs: Vec<String> = self
            .program
            .tiers
            .iter()
            .flat_map(|tiers| tiers.rungs.iter().map(|rung| rung.id.clone()))
            .collect();
        let scope = Scope {
            occasion,
            lines: occasion == Occasion::Event(Kind::Order),
            columns: &self.program.columns,
            metrics: &metrics,
            rungs: &rungs,
            wallets: &["beans".to_owned()],
            scale: 0,
            currency_digits: 2,
        };
        compile(text, &scope, expected).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
    }

    pub fn condition(&self, text: &str, kind: Kind) -> Expr {
        self.expression(text, Occasion::Event(kind), Expected::Condition)
    }

    fn mentions_line(&self, expression: &Expr) -> bool {
        expression.any(&mut |node| {
            matches!(node, rungs_engine::condition::expression::Node::Column(index)
                if self.program.columns[*index].line)
        })
    }

    /// An earn rule on orders or another kind; `when` may be empty. Returns it for changes.
    pub fn earn(&mut self, id: &str, on: Kind, when: &str, kind: EarnKind) -> &mut Earn {
        let when = (!when.is_empty()).then(|| self.condition(when, on));
        let amount = match &kind {
            EarnKind::PerAmount { amount, .. } | EarnKind::Steps { amount, .. } => Some(amount),
            _ => None,
        };
        let per_line = matches!(kind, EarnKind::PerLine { .. })
            || when.iter().chain(amount).any(|one| self.mentions_line(one));
        self.program.earn.push(Earn {
            wallet: 0,
            absent: false,
            expiry: None,
            id: id.to_owned(),
            place: Place::default(),
            name: None,
            on,
            when,
            from: None,
            before: None,
            counts: true,
            caps: Vec::new(),
            group: None,
            priority: 0,
            per_line,
            kind,
        });
        self.program.earn.last_mut().unwrap()
    }

    /// points × amount / per on orders.
    pub fn per_amount(
        &mut self,
        id: &str,
        when: &str,
        points: &str,
        per: &str,
        amount: &str,
    ) -> &mut Earn {
        let amount = self.expression(amount, Occasion::Event(Kind::Order), Expected::Number);
        let kind = EarnKind::PerAmount {
            points: rates(points),
            per: rate(per),
            amount,
            whole: false,
        };
        self.earn(id, Kind::Order, when, kind)
    }

    /// Flat points on an event.
    pub fn per_event(&mut self, id: &str, on: Kind, when: &str, points: &str) -> &mut Earn {
        let points = rates(points);
        self.earn(id, on, when, EarnKind::PerEvent { points })
    }

    pub fn multiplier(
        &mut self,
        id: &str,
        when: &str,
        times: &str,
        of: &[&'static str],
    ) -> &mut Earn {
        self.multipliers.push((id.to_owned(), of.to_vec()));
        let times = rates(times);
        self.earn(
            id,
            Kind::Order,
            when,
            EarnKind::Multiplier {
                times,
                of: Vec::new(),
            },
        )
    }

    pub fn group(&mut self, id: &str, combine: Option<Combine>) -> &mut Group {
        self.program.groups.push(Group {
            id: id.to_owned(),
            place: Place::default(),
            cap: Vec::new(),
            combine,
            max: None,
        });
        self.program.groups.last_mut().unwrap()
    }

    /// A metric; `on` and `of` may be empty.
    pub fn metric(
        &mut self,
        id: &str,
        kind: MetricKind,
        on: Option<Kind>,
        of: &str,
        window: Option<Per>,
    ) -> &mut Metric {
        let of = (!of.is_empty())
            .then(|| self.expression(of, Occasion::Event(on.unwrap()), Expected::Any));
        let den = match kind {
            MetricKind::Events | MetricKind::Distinct => 1,
            MetricKind::Granted | MetricKind::Spent => 10i64.pow(u32::from(self.wallet().scale)),
            _ => of.as_ref().map_or(1, |of| of.den),
        };
        self.program.metrics.push(Metric {
            wallet: 0,
            absent: false,
            id: id.to_owned(),
            place: Place::default(),
            kind,
            on,
            when: None,
            of,
            window,
            pool: Pool::Account,
            rules: None,
            den,
        });
        self.program.metrics.last_mut().unwrap()
    }

    /// A ladder; each rung above the lowest with alternatives of needs.
    pub fn tiers(
        &mut self,
        period: Period,
        validity: Validity,
        shortfall: Shortfall,
        rungs: &[(&str, Vec<Need>)],
    ) -> &mut Tiers {
        self.program.tiers = Some(Tiers {
            place: Place::default(),
            period,
            crossing: Crossing::NextEvent,
            validity,
            requalify: Requalify::EachPeriod,
            shortfall: ByRung(vec![shortfall]),
            rungs: rungs
                .iter()
                .map(|(id, reach)| Rung {
                    wallet: 0,
                    absent: false,
                    expiry: None,
                    id: (*id).to_owned(),
                    place: Place::default(),
                    name: None,
                    reach: reach.clone(),
                    keep: reach.clone(),
                    benefits: Vec::new(),
                })
                .collect(),
        });
        self.program.tiers.as_mut().unwrap()
    }

    pub fn reward(
        &mut self,
        id: &str,
        on: Option<Trigger>,
        when: &str,
        valid: &str,
    ) -> &mut Reward {
        let occasion = match on {
            Some(Trigger::Event(kind)) => Occasion::Event(kind),
            Some(Trigger::Moment(moment)) => Occasion::Moment(moment),
            None => Occasion::Schedule,
        };
        let when = (!when.is_empty()).then(|| self.expression(when, occasion, Expected::Condition));
        self.program.rewards.push(Reward {
            wallet: 0,
            absent: false,
            id: id.to_owned(),
            place: Place::default(),
            name: None,
            kind: RewardKind::Voucher,
            price: None,
            cash: None,
            on,
            from: None,
            before: None,
            when,
            valid: ByRung(valid.split(", ").map(length).collect()),
            worth: None,
            cost: Some(140),
            minimum: None,
            caps: Vec::new(),
        });
        self.program.rewards.last_mut().unwrap()
    }

    pub fn surprise(&mut self, id: &str, when: &str, reward: usize) -> &mut Surprise {
        let when = self.expression(when, Occasion::Schedule, Expected::Condition);
        self.program.surprises.push(Surprise {
            absent: false,
            id: id.to_owned(),
            place: Place::default(),
            name: None,
            schedule: Schedule {
                place: Place::default(),
                cron: "0 10 ? * WED *".to_owned(),
                from: None,
                before: None,
            },
            when,
            chance: Rational::new(1, 2).unwrap(),
            reward,
            budget: None,
            cooldown: None,
        });
        self.program.surprises.last_mut().unwrap()
    }

    /// Rules in order of their ids, with multipliers resolved.
    pub fn done(mut self) -> Program {
        self.program.earn.sort_by(|a, b| a.id.cmp(&b.id));
        let ids: Vec<String> = self
            .program
            .earn
            .iter()
            .map(|rule| rule.id.clone())
            .collect();
        for (id, names) in self.multipliers {
            let index = ids.iter().position(|one| *one == id).unwrap();
            if let EarnKind::Multiplier { of, .. } = &mut self.program.earn[index].kind {
                *of = names
                    .iter()
                    .map(|name| ids.iter().position(|one| one == name).unwrap())
                    .collect();
            }
        }
        self.program
    }
}

/// `2026-01-07 10:00` in the programme's zone.
pub fn instant(program: &Program, text: &str) -> Instant {
    let local: jiff::civil::DateTime = text.replace(' ', "T").parse().unwrap();
    program.zone.instant(local).unwrap()
}

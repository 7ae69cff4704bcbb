//! A programme by hand, and events as rows of text.

use arrow_array::StringArray;
use rungs_engine::calendar::{Calendar, Day, LeapDay, Length, Per, Unit, Zone, day_from};
use rungs_engine::canonical::{Kind, Type};
use rungs_engine::event::{Batch, EventId, Ids, Texts, Values};
use rungs_engine::finding::Place;
use rungs_engine::kpi::{AccountFacts, Measures};
use rungs_engine::number::Rounding;
use rungs_engine::program::{
    By, ByRung, Column, Costs, Crossing, Enrol, Expiry, Kpi, KpiKind, Period, Program, Refunds,
    Requalify, Reward, RewardKind, RoundAt, Rung, Shortage, Shortfall, Tiers, Validity, Wallet,
};
use rungs_pipeline::report::{AccountSource, FactsReader, Quality, Report, count};
use std::convert::Infallible;

pub const MONTH: Per = Per::Calendar(Calendar::Month);
pub const QUARTER: Per = Per::Calendar(Calendar::Quarter);

pub fn day(text: &str) -> Day {
    day_from(text).unwrap()
}

pub fn days(count: i64) -> Length {
    let unit = Unit::Day;
    Length { count, unit }
}

pub fn kpi(id: &str, kind: KpiKind, window: Per) -> Kpi {
    Kpi {
        id: id.to_owned(),
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

pub fn by_rung(kpi: Kpi) -> Kpi {
    let by = vec![By::Rung];
    Kpi { by, ..kpi }
}

fn column(kind: Kind, line: bool, name: &str, kind_of_value: Type, digits: u8) -> Column {
    Column {
        kind,
        line,
        name: name.to_owned(),
        kind_of_value,
        digits,
        optional: true,
        min: None,
        max: None,
        values: None,
        declared: true,
    }
}

/// Places of the columns of [`program`].
pub const NET: usize = 0;
pub const LINE_NET: usize = 1;
pub const LINE_QUANTITY: usize = 2;
pub const REFUND_ORDER: usize = 3;
pub const REFUND_QUANTITY: usize = 4;
pub const REFUND_NET: usize = 5;

/// A ladder of green and gold, a wallet of whole points, one reward; unit prices have four digits.
pub fn program(kpis: Vec<Kpi>) -> Program {
    let rung = |id: &str, name: Option<&str>| Rung {
        wallet: 0,
        absent: false,
        expiry: None,
        id: id.to_owned(),
        place: Place::default(),
        name: name.map(str::to_owned),
        reach: Vec::new(),
        keep: Vec::new(),
        benefits: Vec::new(),
    };
    Program {
        id: "shop".to_owned(),
        file: "1997-01-01.toml".to_owned(),
        digest: "ab".repeat(32),
        from: day("1997-01-01"),
        name: "Corner Shop".to_owned(),
        zone: Zone::named("America/New_York").unwrap(),
        currency: "USD".to_owned(),
        currency_digits: 2,
        late: days(30),
        settle_after: days(1),
        leap_day: LeapDay::February28,
        week: 0,
        objectives: Vec::new(),
        datasets: Vec::new(),
        columns: vec![
            column(Kind::Order, false, "net", Type::Money, 2),
            column(Kind::Order, true, "net", Type::Money, 4),
            column(Kind::Order, true, "quantity", Type::Decimal, 0),
            column(Kind::Refund, false, "order", Type::Text, 0),
            column(Kind::Refund, true, "quantity", Type::Decimal, 1),
            column(Kind::Refund, true, "net", Type::Money, 2),
        ],
        wallets: vec![Wallet {
            absent: false,
            restarts_up: false,
            restarts_down: false,
            id: "stars".to_owned(),
            place: Place::default(),
            name: None,
            rounding: Rounding::Down,
            round_at: RoundAt::Event,
            scale: 1,
            value: None,
            pending: None,
            expiry: Expiry::Never,
            minimum: 0,
        }],
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
            rungs: vec![rung("green", None), rung("gold", Some("Gold"))],
        }),
        benefits: Vec::new(),
        rewards: vec![Reward {
            wallet: 0,
            absent: false,
            id: "cup".to_owned(),
            place: Place::default(),
            name: None,
            kind: RewardKind::Product,
            price: None,
            cash: None,
            on: None,
            from: None,
            before: None,
            when: None,
            valid: ByRung(vec![days(30)]),
            worth: None,
            cost: Some(120),
            minimum: None,
            caps: Vec::new(),
        }],
        refunds: Refunds {
            shortage: Shortage::Debt,
            ..Refunds::default()
        },
        enrol: Enrol::FirstOrder,
        backdate: None,
        surprises: Vec::new(),
        kpis,
        costs: Costs::default(),
        migrate: Default::default(),
        takeover: Default::default(),
    }
}

/// One row of a batch.
#[derive(Debug, Clone)]
pub struct Row {
    pub account: String,
    pub kind: Kind,
    pub time: i64,
    pub id: String,
    pub line: i32,
    pub numbers: Vec<(usize, i64)>,
    pub order: Option<String>,
}

/// A row of an account at local noon; `numbers` are (column, value).
pub fn row(
    program: &Program,
    kind: Kind,
    on: &str,
    id: &str,
    line: i32,
    numbers: &[(usize, i64)],
) -> Row {
    let noon = on.parse::<jiff::civil::Date>().unwrap().at(12, 0, 0, 0);
    Row {
        account: "a".to_owned(),
        kind,
        time: program.zone.instant(noon).unwrap(),
        id: id.to_owned(),
        line,
        numbers: numbers.to_vec(),
        order: None,
    }
}

/// A row of a refund of an order.
pub fn refund(
    program: &Program,
    on: &str,
    id: &str,
    order: &str,
    line: i32,
    numbers: &[(usize, i64)],
) -> Row {
    Row {
        order: Some(order.to_owned()),
        ..row(program, Kind::Refund, on, id, line, numbers)
    }
}

pub fn batch(program: &Program, rows: &[Row]) -> Batch {
    let texts = |values: Vec<Option<&str>>| Texts::plain(StringArray::from(values));
    let ids: Vec<EventId> = rows.iter().map(|row| EventId::of(&row.id)).collect();
    let text_ids: Vec<Option<&str>> = ids
        .iter()
        .map(|id| match id {
            EventId::Number(_) => None,
            EventId::Text(text) => Some(&**text),
        })
        .collect();
    let columns = (0..program.columns.len())
        .map(|column| {
            if column == REFUND_ORDER {
                let orders = rows.iter().map(|row| row.order.as_deref());
                return Some(Values::Text(texts(orders.collect())));
            }
            let number = |row: &Row| {
                let found = row.numbers.iter().find(|(at, _)| *at == column);
                found.map(|(_, value)| *value)
            };
            Some(Values::Number {
                values: rows.iter().map(|row| number(row).unwrap_or(0)).collect(),
                valid: Some(rows.iter().map(|row| number(row).is_some()).collect()),
            })
        })
        .collect();
    Batch {
        rows: rows.len(),
        account: account_codes(rows),
        member: None,
        time: rows.iter().map(|row| row.time).collect(),
        kind: rows.iter().map(|row| row.kind as u8).collect(),
        source: rows.iter().map(|_| 0u16).collect(),
        id: Ids {
            numbers: ids
                .iter()
                .map(|id| match id {
                    EventId::Number(number) => *number,
                    EventId::Text(_) => 0,
                })
                .collect(),
            texts: Some(StringArray::from(text_ids)),
        },
        line: rows.iter().map(|row| row.line).collect(),
        channel: None,
        store: None,
        columns,
    }
}

/// Accounts as codes, one for each run of rows.
fn account_codes(rows: &[Row]) -> Texts {
    let mut names: Vec<&str> = Vec::new();
    let mut codes = Vec::new();
    for row in rows {
        if names.last() != Some(&row.account.as_str()) {
            names.push(&row.account);
        }
        codes.push(names.len() as i32 - 1);
    }
    Texts {
        codes: codes.into(),
        valid: None,
        dictionary: StringArray::from(names),
    }
}

/// The accounts of batches, a batch a shard, without a ledger.
pub struct History<'p> {
    pub program: &'p Program,
    pub as_of: Day,
    pub shards: Vec<Batch>,
}

impl AccountSource for History<'_> {
    type Error = Infallible;

    fn shards(&self) -> usize {
        self.shards.len()
    }

    fn for_each(
        &self,
        shard: usize,
        visit: &mut dyn FnMut(&AccountFacts<'_>),
    ) -> Result<(), Infallible> {
        let batch = &self.shards[shard];
        let versions = rungs_engine::program::Versions::alone(self.program.clone());
        let mut reader = FactsReader::new(&versions, self.as_of);
        let mut start = 0;
        while start < batch.rows {
            let account = batch.account.get(start).unwrap();
            let mut end = start + 1;
            while end < batch.rows && batch.account.get(end) == Some(account) {
                end += 1;
            }
            reader.clear();
            reader.history(batch, start..end, &[]);
            visit(&reader.facts(account));
            start = end;
        }
        Ok(())
    }
}

/// The report over a history.
pub fn report<'p>(program: &'p Program, as_of: &str, shards: Vec<Batch>) -> Report<'p> {
    let as_of = day(as_of);
    let measures = Measures::new(program, as_of).unwrap();
    let history = History {
        program,
        as_of,
        shards,
    };
    let counted = count(&history, &measures).unwrap();
    Report::new(&measures, &counted, Quality::default(), None)
}

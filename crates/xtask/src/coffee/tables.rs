//! The months as CSV: one table per dataset, rows in the order of time, numbered as a till, a desk or
//! a web shop would number them.

use super::Files;
use super::clock::Clock;
use super::records::{Booking, Receipt, Records};
use rungs_engine::calendar::{Instant, day_text};
use rungs_engine::number::decimal;
use std::collections::BTreeMap;

/// A row: when it belongs into the file, the file's month, its cells.
#[derive(Debug, Clone)]
pub struct Row {
    pub at: Instant,
    pub month: String,
    pub cells: Vec<String>,
}

/// A dataset.
#[derive(Debug)]
pub struct Table {
    pub header: &'static [&'static str],
    /// In the order of time.
    pub rows: Vec<Row>,
}

/// Datasets by the name of their folder.
pub type Tables = BTreeMap<&'static str, Table>;

const TILL: &[&str] = &[
    "store_no",
    "receipt",
    "line_no",
    "card",
    "account",
    "paid_at",
    "channel",
    "currency",
    "paid_by",
    "coupon",
    "sku",
    "category",
    "brand",
    "qty",
    "list_total",
    "off",
    "net",
    "tax",
    "own_cup",
    "shipping",
    "total",
];
const REFUNDS: &[&str] = &[
    "refund_no",
    "receipt_key",
    "order_line",
    "qty",
    "card",
    "account",
    "refunded_at",
    "store_no",
    "reason",
];
const CANCELLED: &[&str] = &[
    "refund_no",
    "receipt_key",
    "card",
    "account",
    "refunded_at",
    "store_no",
    "reason",
];
const CARDS: &[&str] = &["card", "account", "created", "store_no", "channel", "code"];
const PEOPLE: &[&str] = &[
    "change_id",
    "card",
    "account",
    "changed",
    "birthday",
    "country",
    "language",
    "preferred",
    "consent",
    "email",
    "phone",
    "home_store",
];
const REDEMPTIONS: &[&str] = &[
    "redemption",
    "card",
    "account",
    "at",
    "reward",
    "quantity",
    "points",
    "cash",
    "store_no",
];
const ANSWERS: &[&str] = &[
    "answer",
    "card",
    "account",
    "at",
    "scale",
    "score",
    "comment",
    "stage",
    "touchpoint",
];
const DESK: &[&str] = &[
    "slip", "card", "account", "at", "wallet", "points", "rung", "ends", "metric", "value",
    "reason", "by",
];

/// The cells of a row from anything that can be written.
macro_rules! cells {
    ($($cell:expr),* $(,)?) => { vec![$($cell.to_string()),*] };
}

fn money(cents: i64) -> String {
    decimal(cents, 2)
}

fn store(number: i64) -> String {
    format!("{number:03}")
}

/// Indices in the order of time; what happens at one instant stays in its order.
fn in_time<T>(records: &[T], at: impl Fn(&T) -> Instant) -> Vec<usize> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_by_key(|index| at(&records[*index]));
    order
}

/// Numbers every record in the order of time and makes its rows.
pub fn of(records: &Records, clock: &Clock) -> Tables {
    // Each store numbers its own receipts.
    let mut keys = vec![(String::new(), 0); records.receipts.len()];
    let mut last: BTreeMap<i64, i64> = BTreeMap::new();
    let order = in_time(&records.receipts, |it| it.at);
    for index in &order {
        let number = last
            .entry(records.receipts[*index].store)
            .or_insert(100_000);
        *number += 1;
        keys[*index] = (store(records.receipts[*index].store), *number);
    }
    let key = |receipt: usize| format!("{}/{}", keys[receipt].0, keys[receipt].1);
    let mut tables = Tables::new();
    let mut add = |name, header, rows: Vec<(Instant, Vec<String>)>| {
        let rows = rows
            .into_iter()
            .map(|(at, cells)| Row {
                at,
                month: clock.month(at),
                cells,
            })
            .collect();
        tables.insert(name, Table { header, rows });
    };

    let mut till = Vec::new();
    for index in order {
        let receipt = &records.receipts[index];
        for line in 0..receipt.lines.len() {
            till.push((receipt.at, till_row(receipt, keys[index].1, line, clock)));
        }
    }
    add("till", TILL, till);

    let mut rows = Vec::new();
    for (number, index) in in_time(&records.refunds, |it| it.at)
        .into_iter()
        .enumerate()
    {
        let refund = &records.refunds[index];
        let bought = &records.receipts[refund.receipt];
        for (line, quantity) in &refund.lines {
            let cells = cells![
                format!("R{:05}", number + 1),
                key(refund.receipt),
                line,
                quantity,
                bought.who.card,
                bought.who.account,
                clock.local(refund.at),
                store(bought.store),
                refund.reason,
            ];
            rows.push((refund.at, cells));
        }
    }
    add("till-refunds", REFUNDS, rows);

    let numbered = in_time(&records.cancelled, |it| it.at)
        .into_iter()
        .enumerate();
    let rows = numbered.map(|(number, index)| {
        let it = &records.cancelled[index];
        let bought = &records.receipts[it.receipt];
        let cells = cells![
            format!("X{:04}", number + 1),
            key(it.receipt),
            bought.who.card,
            bought.who.account,
            clock.local(it.at),
            store(bought.store),
            it.reason,
        ];
        (it.at, cells)
    });
    add("till-cancelled", CANCELLED, rows.collect());

    let rows = in_time(&records.cards, |it| it.at)
        .into_iter()
        .map(|index| {
            let it = &records.cards[index];
            let cells = cells![
                it.who.card,
                it.who.account,
                clock.local(it.at),
                store(it.store),
                it.channel,
                it.code,
            ];
            (it.at, cells)
        });
    add("cards", CARDS, rows.collect());

    let numbered = in_time(&records.profiles, |it| it.at)
        .into_iter()
        .enumerate();
    let rows = numbered.map(|(number, index)| {
        let it = &records.profiles[index];
        let cells = cells![
            number + 1,
            it.who.card,
            it.who.account,
            clock.local(it.at),
            it.birthday,
            "IE",
            it.language,
            it.preferred,
            it.consent,
            it.email,
            it.phone,
            store(it.store),
        ];
        (it.at, cells)
    });
    add("people", PEOPLE, rows.collect());

    let numbered = in_time(&records.redemptions, |it| it.at)
        .into_iter()
        .enumerate();
    let rows = numbered.map(|(number, index)| {
        let it = &records.redemptions[index];
        let cells = cells![
            number + 1,
            it.who.card,
            it.who.account,
            clock.local(it.at),
            it.reward,
            it.quantity,
            it.points.map_or(String::new(), |points| points.to_string()),
            if it.cash == 0 {
                String::new()
            } else {
                money(it.cash)
            },
            store(it.store),
        ];
        (it.at, cells)
    });
    add("redemptions", REDEMPTIONS, rows.collect());

    let numbered = in_time(&records.answers, |it| it.at)
        .into_iter()
        .enumerate();
    let rows = numbered.map(|(number, index)| {
        let it = &records.answers[index];
        let cells = cells![
            number + 1,
            it.who.card,
            it.who.account,
            clock.local(it.at),
            it.scale,
            it.score,
            it.comment,
            it.stage,
            it.touchpoint,
        ];
        (it.at, cells)
    });
    add("answers", ANSWERS, rows.collect());

    let numbered = in_time(&records.slips, |it| it.at).into_iter().enumerate();
    let rows = numbered.map(|(number, index)| {
        let it = &records.slips[index];
        let [wallet, points, rung, ends, metric, value] = match it.booking {
            Booking::Beans(points) => {
                ["beans", &points.to_string(), "", "", "", ""].map(str::to_owned)
            }
            Booking::Rung(rung, ends) => ["", "", rung, &day_text(ends), "", ""].map(str::to_owned),
            Booking::Metric(metric, value) => {
                ["", "", "", "", metric, &value.to_string()].map(str::to_owned)
            }
        };
        let cells = cells![
            format!("S{:03}", number + 1),
            it.who.card,
            it.who.account,
            clock.local(it.at),
            wallet,
            points,
            rung,
            ends,
            metric,
            value,
            it.reason,
            "desk",
        ];
        (it.at, cells)
    });
    add("desk", DESK, rows.collect());
    tables
}

fn till_row(receipt: &Receipt, number: i64, index: usize, clock: &Clock) -> Vec<String> {
    let line = &receipt.lines[index];
    let paid_at = if receipt.channel == "web" {
        clock.with_offset(receipt.at)
    } else {
        clock.local(receipt.at)
    };
    cells![
        store(receipt.store),
        number,
        index + 1,
        receipt.who.card,
        receipt.who.account,
        paid_at,
        receipt.channel,
        "EUR",
        receipt.paid_by,
        receipt.coupon,
        line.item.sku,
        line.item.category,
        line.item.brand,
        line.quantity,
        money(line.gross),
        line.discount.map_or(String::new(), money),
        money(line.net),
        money(line.tax),
        line.own_cup,
        money(receipt.shipping),
        money(receipt.total()),
    ]
}

/// The files: `<dataset>/<month>.csv`.
///
/// # Errors
/// What the writer says.
pub fn render(tables: &Tables) -> Result<Files, String> {
    let mut writers: BTreeMap<String, csv::Writer<Vec<u8>>> = BTreeMap::new();
    for (name, table) in tables {
        let problem = |error: csv::Error| format!("cannot write a row of `{name}`: {error}");
        for row in &table.rows {
            let path = format!("{name}/{}.csv", row.month);
            if !writers.contains_key(&path) {
                let mut writer = csv::Writer::from_writer(Vec::new());
                writer.write_record(table.header).map_err(problem)?;
                writers.insert(path.clone(), writer);
            }
            if let Some(writer) = writers.get_mut(&path) {
                writer.write_record(&row.cells).map_err(problem)?;
            }
        }
    }
    let mut files = Files::new();
    for (path, writer) in writers {
        let bytes = writer
            .into_inner()
            .map_err(|error| format!("cannot write `{path}`: {error}"))?;
        files.insert(path, bytes);
    }
    Ok(files)
}

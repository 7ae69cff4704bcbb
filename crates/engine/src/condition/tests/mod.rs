//! Conditions by example: what the tests share, and a small world of columns to ask about.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod agreement;
mod calendar;
mod cel;
mod problems;
mod rows;
mod semantics;
mod writer;

use super::expression::{Expr, Sort};
use super::{Expected, MetricColumn, Occasion, Problem, Scope, compile};
use crate::canonical::{Kind, Moment, Type};
use crate::program::{Column, Pool};

/// A column that every dataset declares required.
pub fn column(kind: Kind, line: bool, name: &str, kind_of_value: Type) -> Column {
    Column {
        kind,
        line,
        name: name.to_owned(),
        kind_of_value,
        digits: match kind_of_value {
            Type::Money => 2,
            Type::Decimal => 3,
            _ => 0,
        },
        optional: false,
        min: None,
        max: None,
        values: None,
        declared: true,
    }
}

/// What the conditions of the tests may name.
pub struct World {
    pub columns: Vec<Column>,
    pub metrics: Vec<MetricColumn>,
    pub rungs: Vec<String>,
    pub wallets: Vec<String>,
}

impl World {
    pub fn new() -> World {
        let mut columns = vec![
            column(Kind::Order, false, "net", Type::Money),
            column(Kind::Order, false, "gross", Type::Money),
            column(Kind::Order, false, "shipping", Type::Money),
            column(Kind::Order, false, "items", Type::Integer),
            column(Kind::Order, false, "weight", Type::Decimal),
            column(Kind::Order, false, "gift", Type::Boolean),
            column(Kind::Order, false, "due", Type::Date),
            column(Kind::Order, false, "paid_at", Type::Time),
            column(Kind::Order, false, "coupon", Type::Text),
            column(Kind::Order, false, "table", Type::Integer),
            column(Kind::Order, false, "tip", Type::Money),
            column(Kind::Order, false, "app", Type::Boolean),
            column(Kind::Order, false, "pickup", Type::Date),
            column(Kind::Order, true, "category", Type::Text),
            column(Kind::Order, true, "quantity", Type::Decimal),
            column(Kind::Order, true, "net", Type::Money),
            column(Kind::Order, true, "unit_price", Type::Money),
            column(Kind::Profile, false, "birthday", Type::MonthDay),
            column(Kind::Profile, false, "country", Type::Text),
            column(Kind::Activity, false, "name", Type::Text),
        ];
        for column in &mut columns {
            match column.name.as_str() {
                "coupon" | "table" | "tip" | "app" | "pickup" | "birthday" => {
                    column.optional = true;
                }
                "category" => {
                    column.values = Some(["drink", "food", "beans"].map(str::to_owned).into());
                }
                "unit_price" => column.digits = 4,
                "items" => (column.min, column.max) = (Some(0), Some(1_000)),
                "shipping" => (column.min, column.max) = (Some(0), Some(i64::MAX / 1_000)),
                _ => {}
            }
        }
        let metric = |id: &str, sort, den, optional, pool, windowed| MetricColumn {
            id: id.to_owned(),
            sort,
            den,
            optional,
            pool,
            windowed,
        };
        World {
            columns,
            metrics: vec![
                metric("visits_90", Sort::Integer, 1, false, Pool::Account, true),
                metric("spent_year", Sort::Money, 100, false, Pool::Account, true),
                metric("last_visit", Sort::Date, 1, true, Pool::Account, true),
                metric("last_nps", Sort::Integer, 1, true, Pool::Member, true),
                metric("points_tier", Sort::Integer, 1, false, Pool::Account, false),
                metric("last_store", Sort::Text, 1, true, Pool::Account, true),
            ],
            rungs: ["bronze", "silver", "gold"].map(str::to_owned).into(),
            wallets: vec!["beans".to_owned()],
        }
    }

    pub fn scope(&self, occasion: Occasion, lines: bool) -> Scope<'_> {
        Scope {
            occasion,
            lines,
            columns: &self.columns,
            metrics: &self.metrics,
            rungs: &self.rungs,
            wallets: &self.wallets,
            scale: 0,
            currency_digits: 2,
        }
    }

    pub fn order(&self) -> Scope<'_> {
        self.scope(Occasion::Event(Kind::Order), true)
    }

    /// The index of a column.
    pub fn index(&self, kind: Kind, line: bool, name: &str) -> usize {
        self.columns
            .iter()
            .position(|column| {
                (column.kind, column.line, column.name.as_str()) == (kind, line, name)
            })
            .unwrap()
    }
}

/// What a condition on an order compiles to.
pub fn read(text: &str) -> Result<Expr, Vec<Problem>> {
    compile(text, &World::new().order(), Expected::Any)
}

/// The moment on which a rung was reached.
pub const REACHED: Occasion = Occasion::Moment(Moment::RungReached);

//! References to things that have ids.

use super::reader::{Item, Names, Reader, Value};
use super::table::{Plain, Shape};
use super::values::text;
use crate::finding::Code;
use serde_json::json;
use std::marker::PhantomData;

/// A sort of things that have ids.
pub(crate) trait Sort {
    /// As it is called.
    const WORD: &'static str;
    /// How an id is written.
    const EXAMPLE: &'static str;
    /// The finding where there is no such id.
    const CODE: Code = Code::UnknownId;
    /// The ids of this sort.
    fn names(names: &Names) -> &[String];
}

macro_rules! sorts {
    ($($(#[doc = $doc:literal])+ $sort:ident = $word:literal, $example:literal, $field:ident $(, $code:expr)?;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy)]
            pub(crate) struct $sort;

            impl Sort for $sort {
                const WORD: &'static str = $word;
                const EXAMPLE: &'static str = $example;
                $(const CODE: Code = $code;)?
                fn names(names: &Names) -> &[String] {
                    &names.$field
                }
            }
        )+
    };
}

sorts! {
    /// Metrics.
    MetricSort = "metric", "\"my_metric\"", metrics;
    /// Earn rules.
    EarnSort = "earn rule", "\"my-rule\"", earn;
    /// Groups of earn rules.
    GroupSort = "group", "\"my-group\"", groups;
    /// Rewards.
    RewardSort = "reward", "\"my-reward\"", rewards;
    /// Benefits.
    BenefitSort = "benefit", "\"my-benefit\"", benefits;
    /// KPIs, as objectives name them.
    KpiSort = "KPI", "\"my-kpi\"", kpis, Code::ObjectiveKpi;
    /// Wallets.
    WalletSort = "wallet", "\"my_wallet\"", wallets;
}

/// A reference to a thing of a sort: its index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ref<S>(pub usize, PhantomData<S>);

impl<S: Sort> Value for Ref<S> {
    fn shape() -> Shape {
        Shape::Plain(Plain {
            wants: "an id",
            example: S::EXAMPLE,
            schema: || json!({ "type": "string" }),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let found = text(item, reader, Self::shape())?;
        let place = reader.place(item.span());
        reader
            .index(place, found, S::WORD, S::names, S::CODE)
            .map(|index| Ref(index, PhantomData))
    }
}

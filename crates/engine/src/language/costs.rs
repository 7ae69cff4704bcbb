//! `[costs]`: what the programme costs besides its rewards.

use super::Build;
use super::table::{choice, table};
use super::values::{Id, Many, Money, Share};
use crate::calendar::Calendar;
use crate::program::{CostItem, Costs};

table! {
    /// What the programme costs besides its rewards, whose `cost` says it.
    CostsTable as "[costs]" {
        /// Share of net revenue that is margin.
        optional margin: Share,
        /// Other costs.
        optional items: Many<CostItemTable>,
        /// For colleagues.
        optional note: String,
    }
}

table! {
    /// A cost that comes back.
    CostItemTable as "[[costs.items]]" {
        /// Its id.
        required id: Id,
        /// What sort of cost it is.
        required kind: CostKind,
        /// How much.
        required money: Money,
        /// How often.
        required per: Calendar,
        /// Name that colleagues see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// First day.
        from,
        /// First day after it.
        before,
    }
}

/// The sort of a cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CostKind(&'static str);

choice!(CostKind {
    "technology" => CostKind("technology"), "Software and its operation.";
    "promotion" => CostKind("promotion"), "Making the programme known.";
} later []);

/// Checks the costs.
pub(crate) fn costs(build: &mut Build<'_>, raw: CostsTable) -> Costs {
    let items = raw.items.map(|items| items.value).unwrap_or_default();
    build.unique("cost", items.iter().map(|item| item.value.id.as_ref()));
    Costs {
        margin: raw.margin.map(|margin| margin.value.0),
        items: items
            .into_iter()
            .filter_map(|item| {
                let table = item.value;
                Some(CostItem {
                    id: table.id?.value.0,
                    place: item.place,
                    kind: table.kind?.value.0.to_owned(),
                    money: table.money?.value.0,
                    per: table.per?.value,
                })
            })
            .collect(),
    }
}

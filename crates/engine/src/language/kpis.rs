//! `[[kpis]]`: key figures. Their formulas are one page of the documentation, not configuration.

use super::Build;
use super::reader::{Item, Placed, Reader, Value};
use super::table::{Shape, Word, choice, table};
use super::values::{Id, Many, Number, Ref, WalletSort};
use crate::calendar::Per;
use crate::finding::Code;
use crate::program::{By, Kpi, KpiKind};

table! {
    /// A key figure, with its numerator, denominator and window.
    KpiTable as "[[kpis]]" {
        /// Its id.
        required id: Id,
        /// What it measures.
        required kind: KpiKind,
        /// Over which stretch of time.
        required window: Per,
        /// Net of refunds, dated as the order; else gross.
        default("true") net: bool,
        /// Also by these dimensions.
        optional by: Many<By>,
        /// Warn below this value.
        optional warn_below: Number,
        /// Warn above this value.
        optional warn_above: Number,
        /// Whose points it counts; the only wallet if not given.
        optional wallet: Ref<WalletSort>,
        /// Name that colleagues see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// Only for these events.
        when,
        /// The event that an own figure looks at.
        on,
        /// What an own figure counts.
        of,
        /// Out of what an own figure counts.
        out_of,
        /// First day.
        from,
        /// First day after it.
        before,
    }
}

/// Kinds of later editions.
const LATER: &[&str] = &[
    "stickiness",
    "upgrades",
    "tier_matrix",
    "nps",
    "csat",
    "ces",
    "social",
    "referral",
    "redemption",
    "breakage",
    "liability",
    "cost",
    "roi",
    "lift",
    "clv",
    "expectation_gap",
    "surprise",
    "fatigue",
    "ratio",
    "mean",
    "quantile",
    "count",
];

fn meaning(kind: KpiKind) -> &'static str {
    match kind {
        KpiKind::Retention => "Buyers of one window who buy again in the next.",
        KpiKind::Churn => "Buyers of one window who do not buy in the next.",
        KpiKind::RepeatPurchase => "Buyers of a window who buy at least twice in it.",
        KpiKind::Frequency => "Orders per buyer.",
        KpiKind::OrderValue => "Net money per order.",
        KpiKind::Active => "Members with an order.",
        KpiKind::InterPurchase => "Days between the orders of a buyer.",
        KpiKind::Cohort => "Of those who first bought in one window, who buys in each later one.",
        KpiKind::TierMoves => "Moves from rung to rung.",
        KpiKind::PointsIssued => "Points granted.",
        KpiKind::PointsRedeemed => "Points redeemed.",
        KpiKind::PointsExpired => "Points expired.",
        KpiKind::PointsOpen => "Points open at the end.",
        KpiKind::RewardCost => "What the rewards issued cost.",
    }
}

impl Value for KpiKind {
    fn shape() -> Shape {
        let settled = KpiKind::ALL.iter().map(|(kind, word)| Word {
            word,
            doc: Some(meaning(*kind)),
        });
        let later = LATER.iter().map(|word| Word { word, doc: None });
        Shape::Choice(settled.chain(later).collect())
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let words: Vec<&str> = KpiKind::ALL.iter().map(|(_, word)| *word).collect();
        let word = reader.kind_word(item, "[[kpis]]", &words, LATER)?;
        KpiKind::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(kind, _)| *kind)
    }
}

choice!(By {
    "rung" => By::Rung, "The rung held when the window ends.";
} later ["segment", "type", "stage", "store", "channel", "arm"]);

/// Checks the KPIs.
pub(crate) fn kpis(build: &mut Build<'_>, raw: Many<KpiTable>) -> Vec<Kpi> {
    build.unique("KPI", raw.iter().map(|raw| raw.value.id.as_ref()));
    raw.into_iter().filter_map(|raw| kpi(build, raw)).collect()
}

fn kpi(build: &mut Build<'_>, raw: Placed<KpiTable>) -> Option<Kpi> {
    let table = raw.value;
    let wrong = table.window.as_ref().filter(|window| {
        matches!(window.value, Per::Event | Per::Line | Per::Period)
            || matches!(window.value, Per::Rolling(length) if length.exact().is_some())
    });
    if let Some(window) = wrong {
        build.reader.find(
            Code::WrongValue,
            window.place,
            format!("a key figure over `{}` cannot stand here", window.value.text()),
            "not a stretch of whole days",
            "name a calendar stretch such as `\"quarter\"`, a duration of days or longer, or `\"lifetime\"`",
        );
    }
    if let (Some(kind), Some(window), None) = (&table.kind, &table.window, wrong)
        && let Some(reason) = crate::kpi::problem(kind.value, window.value, false)
    {
        let (cause, next) = reason
            .split_once("; ")
            .unwrap_or((&reason, "choose another"));
        build.reader.find_both(
            Code::WrongValue,
            window.place,
            format!(
                "`{}` over `{}` cannot be measured",
                kind.value.text(),
                window.value.text()
            ),
            cause,
            (kind.place, "measured here"),
            next,
        );
    }
    if let (Some(below), Some(above)) = (&table.warn_below, &table.warn_above)
        && below.value.0 >= above.value.0
    {
        build.reader.find_both(
            Code::EmptyRange,
            above.place,
            "no value is without a warning",
            "`warn_above` is not above `warn_below`",
            (below.place, "`warn_below` is here"),
            "swap them, or drop one",
        );
    }
    let by = table.by.map(|by| by.value).unwrap_or_default();
    if let Some(rung) = by.first()
        && build.reader.names.rungs.is_empty()
    {
        build.reader.find(
            Code::UnknownId,
            rung.place,
            "there are no rungs",
            "this programme has no `[tiers]`",
            "drop `by`, or declare `[tiers]` with rungs",
        );
    }
    let wallet = match table.kind.as_ref().map(|kind| kind.value) {
        Some(kind) if kind.counts_points() => {
            build.wallet(table.wallet.as_ref(), raw.place, "a key figure of points")?
        }
        Some(kind) => {
            if let Some(wallet) = &table.wallet {
                build.reader.find(
                    Code::WrongValue,
                    wallet.place,
                    format!("`{}` counts no points", kind.text()),
                    "so it has no wallet",
                    "remove `wallet`",
                );
            }
            0
        }
        None => 0,
    };
    Some(Kpi {
        id: table.id?.value.0,
        place: raw.place,
        name: table.name.map(|name| name.value),
        kind: table.kind?.value,
        window: table.window?.value,
        net: table.net?.value,
        by: by.into_iter().map(|by| by.value).collect(),
        wallet,
        when: None,
        warn_below: table.warn_below.map(|below| below.value.0),
        warn_above: table.warn_above.map(|above| above.value.0),
    })
}

//! `[tiers]`: the ladder, how its rungs are reached, kept and lost.

use super::expiry::ExpiryTable;
use super::needs::NeedTable;
use super::reader::{Item, Placed, Reader, Value};
use super::table::{Shape, choice, kinds, table};
use super::values::{BenefitSort, ByRungOf, Duration, Id, Many, OneOrMany, Ref, WalletSort, Whole};
use super::{Build, ladder};
use crate::calendar::{MonthDay, Unit};
use crate::finding::Code;
use crate::program::{ByRung, Crossing, Metric, Period, Requalify, Shortfall, Tiers, Validity};

table! {
    /// The ladder: over which stretch is counted, when a rung is reached, how long it holds.
    TiersTable as "[tiers]" {
        /// The stretch over which the needs are counted.
        required period: PeriodTable,
        /// When a rung is reached.
        default("\"at_once\"") upgrade: Upgrade,
        /// What the metrics do after an upgrade.
        default("\"continue\"") after_upgrade: AfterUpgrade,
        /// Which rate the order that crosses the line earns; it is always counted at the old one.
        required crossing: Crossing,
        /// How long a rung holds; asked, unless the period is `lifetime`.
        optional validity: ValidityTable,
        /// When keeping is looked at.
        default("\"each_period\"") requalify: Requalify,
        /// What happens at the end of validity without `keep`; asked if validity can end.
        optional shortfall: ByRungOf<Shortfall>,
        /// The rungs, lowest first.
        required rung: Many<RungTable>,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// Share of a need from which a member is near.
        near,
        /// How much longer a rung holds, while it can still be kept.
        grace,
        /// What goes into the next period.
        rollover,
        /// A rung to be earned by a task.
        challenge,
    }
}

table! {
    /// A rung.
    RungTable as "[[tiers.rung]]" {
        /// Its id.
        required id: Id,
        /// What it needs: a table is all of, a list of tables any of. The lowest rung has none.
        optional reach: OneOrMany<NeedTable>,
        /// What keeping it needs; as `reach` if not given.
        optional keep: OneOrMany<NeedTable>,
        /// By what the rung is given.
        optional by: GivenBy,
        /// The benefits that it carries; it has only those listed here.
        optional benefits: Many<Ref<BenefitSort>>,
        /// When points end that are granted at this rung, whatever comes of the rung after; it beats the wallet's.
        optional expiry: ExpiryTable,
        /// The wallet whose points that is said of; the only one if not given.
        optional wallet: Ref<WalletSort>,
        /// Name that members see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// What makes the rung a floor for life.
        lifetime,
        /// A rung below which one never falls.
        floor,
        /// What happens at the end of this rung.
        shortfall,
        /// How much longer this rung holds.
        grace,
        /// First day.
        from,
        /// First day after it.
        before,
    }
}

table! {
    /// Stretches of the calendar, one after the other.
    CalendarTable as "period" {
        /// How long each is: whole months, quarters or years.
        required length: Duration,
        /// The day of the year on which one begins.
        default("\"01-01\"") start: MonthDay,
    }
}

table! {
    /// The stretch that ends now.
    RollingTable as "period" {
        /// How long it is.
        required length: Duration,
    }
}

table! {
    /// Since joining.
    LifetimeTable as "period" {}
}

kinds! {
    /// The stretch over which the needs are counted.
    PeriodTable as "period" {
        "calendar" => Calendar(CalendarTable),
        "rolling" => Rolling(RollingTable),
        "lifetime" => Lifetime(LifetimeTable),
    }
    later ["anniversary"]
}

table! {
    /// To the end of the period in which it was reached, plus whole periods, plus some more.
    PeriodsTable as "validity" {
        /// So many whole periods after the one in which it was reached.
        default("1") count: Whole<0, 100>,
        /// So much longer.
        optional extra: Duration,
    }
}

table! {
    /// So long from the day on which it was reached.
    LengthTable as "validity" {
        /// How long.
        required length: Duration,
    }
}

table! {
    /// The rung is what the metrics say at every instant, both ways.
    NoneTable as "validity" {}
}

table! {
    /// For ever.
    ForeverTable as "validity" {}
}

kinds! {
    /// How long a rung holds.
    ValidityTable as "validity" {
        "periods" => Periods(PeriodsTable),
        "length" => Length(LengthTable),
        "none" => None(NoneTable),
        "forever" => Forever(ForeverTable),
    }
    later []
}

/// By what a rung is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivenBy {
    /// By `reach`.
    Metric,
    /// By something that is not settled yet; that has been said.
    Later,
}

/// The ways in which a rung is given.
#[derive(Debug, Clone, Copy)]
struct ByMetric;

choice!(ByMetric { "metric" => ByMetric, "By its needs."; } later ["invitation", "plan"]);

impl Value for GivenBy {
    fn shape() -> Shape {
        ByMetric::shape()
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        Some(ByMetric::read(item, reader).map_or(GivenBy::Later, |_| GivenBy::Metric))
    }
}

/// When a rung is reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upgrade;

choice!(Upgrade { "at_once" => Upgrade, "With the event that reaches it, several in one step allowed."; } later ["period_end"]);

/// What the metrics do after an upgrade.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AfterUpgrade;

choice!(AfterUpgrade { "continue" => AfterUpgrade, "They go on."; } later ["restart"]);

choice!(Crossing {
    "next_event" => Crossing::NextEvent, "The order that crosses the line earns the old rate, the next one the new.";
} later ["whole_event", "from_threshold"]);

choice!(Requalify {
    "each_period" => Requalify::EachPeriod, "Keeping in any period extends to that period's validity.";
    "validity_end" => Requalify::ValidityEnd, "Only the stretch that ends with the validity is looked at: a period of the calendar when it closes, before any `extra`.";
} later []);

choice!(Shortfall {
    "keep" => Shortfall::Keep, "The rung is kept.";
    "drop_one" => Shortfall::DropOne, "One rung down, but never below what is qualified.";
    "drop_to_qualified" => Shortfall::DropToQualified, "Down to what is qualified.";
    "drop_to_base" => Shortfall::DropToBase, "Down to the lowest rung.";
} later []);

/// Checks the ladder.
pub(crate) fn tiers(
    build: &mut Build<'_>,
    raw: Placed<TiersTable>,
    metrics: &[Metric],
) -> Option<Tiers> {
    let table = raw.value;
    let place = raw.place;
    let period = table.period.as_ref().and_then(|raw| period(build, raw));
    let lifetime = matches!(period, Some(Period::Lifetime));
    let validity = match &table.validity {
        Some(raw) => validity(build, raw, period),
        None if lifetime || period.is_none() => Some(Validity::Forever),
        None => {
            build.reader.find(
                Code::MissingKey,
                place,
                "`validity` is missing",
                "published programmes differ here, so there is no default",
                "add `validity = { kind = \"periods\", count = 1 }`, or kind `length`, `none` or `forever`",
            );
            None
        }
    };
    let ends = matches!(
        validity,
        Some(Validity::Periods { .. } | Validity::Length { .. })
    );
    if ends && table.shortfall.is_none() {
        build.reader.find(
            Code::MissingKey,
            place,
            "`shortfall` is missing",
            "a rung can end here, and published programmes differ in what comes then",
            "add `shortfall = \"drop_one\"`, or `\"keep\"`, `\"drop_to_qualified\"`, `\"drop_to_base\"`",
        );
    }
    let rolling = matches!(period, Some(Period::Rolling { .. }));
    let each = table
        .requalify
        .as_ref()
        .filter(|requalify| requalify.value == Requalify::EachPeriod);
    if let Some(each) = each
        && rolling
        && ends
    {
        build.reader.find(
            Code::WrongValue,
            each.place,
            "a rolling period has no end at which keeping could be looked at",
            "`requalify` is `\"each_period\"`, also where it is not written",
            "write `requalify = \"validity_end\"`: then the stretch that ends with the validity is looked at",
        );
    }
    let shortfall = match table.shortfall {
        Some(shortfall) => shortfall.value.map(|shortfall| shortfall),
        None => ByRung(vec![Shortfall::DropToQualified]),
    };
    let rungs = table.rung.map(|rungs| rungs.value).unwrap_or_default();
    build.unique("rung", rungs.iter().map(|rung| rung.value.id.as_ref()));
    if rungs.is_empty() && !build.reader.names.rungs.is_empty() {
        return None;
    }
    let rungs = ladder::rungs(build, rungs, metrics);
    Some(Tiers {
        place,
        period: period?,
        crossing: table.crossing?.value,
        validity: validity?,
        requalify: table.requalify?.value,
        shortfall,
        rungs,
    })
}

fn period(build: &mut Build<'_>, raw: &Placed<PeriodTable>) -> Option<Period> {
    match &raw.value {
        PeriodTable::Lifetime(_) => Some(Period::Lifetime),
        PeriodTable::Rolling(table) => Some(Period::Rolling {
            length: table.length.as_ref()?.value.0,
        }),
        PeriodTable::Calendar(table) => {
            let length = table.length.as_ref()?;
            let count = length.value.0.count;
            let months = match length.value.0.unit {
                Unit::Month => count,
                Unit::Quarter => 3 * count,
                Unit::Year => 12 * count,
                _ => {
                    build.reader.find(
                        Code::WrongValue,
                        length.place,
                        "a calendar period is counted in months",
                        "not whole months",
                        "write it in months, quarters or years, or take kind `rolling`",
                    );
                    return None;
                }
            };
            Some(Period::Calendar {
                months,
                start: table.start.as_ref()?.value,
            })
        }
    }
}

fn validity(
    build: &mut Build<'_>,
    raw: &Placed<ValidityTable>,
    period: Option<Period>,
) -> Option<Validity> {
    match &raw.value {
        ValidityTable::None(_) => Some(Validity::None),
        ValidityTable::Forever(_) => Some(Validity::Forever),
        ValidityTable::Length(table) => Some(Validity::Length {
            length: table.length.as_ref()?.value.0,
        }),
        ValidityTable::Periods(table) => {
            if matches!(period, Some(Period::Rolling { .. } | Period::Lifetime)) {
                build.reader.find(
                    Code::WrongValue,
                    raw.place,
                    "validity in periods needs periods that follow one another",
                    "the period of `[tiers]` does not end",
                    "take `validity = { kind = \"length\", length = \"12 months\" }`, or a calendar period",
                );
                return None;
            }
            Some(Validity::Periods {
                count: table.count.as_ref()?.value.0,
                extra: table.extra.as_ref().map(|extra| extra.value.0),
            })
        }
    }
}

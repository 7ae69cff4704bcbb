//! `[[rewards]]`: what is issued once.

use super::Build;
use super::limits::{CapTable, Limits, caps};
use super::quoted::Condition;
use super::reader::{Item, Reader, Rows, Value};
use super::table::{KindWord, Kinds, Shape, table};
use super::values::{
    ByRungOf, Date, Duration, Id, Many, Money, OneOrMany, Points, Ref, WalletSort,
};
use crate::canonical::{Kind, Moment};
use crate::condition::{Expected, Occasion};
use crate::finding::{Code, Place};
use crate::program::{Reward, RewardKind, Trigger};

table! {
    /// What is issued once: bought at a price, given by itself on an event or moment, or given by a surprise.
    RewardKeys as "[[rewards]]" {
        /// Its id.
        required id: Id,
        /// For how many points a member buys it.
        optional price: ByRungOf<Points>,
        /// The wallet that pays; the only one if not given.
        optional wallet: Ref<WalletSort>,
        /// What is paid in money on top of the price.
        optional cash: Money,
        /// The event or moment that issues it.
        optional on: Trigger,
        /// Who may have it.
        optional when: Condition,
        /// How long it can be used from its issue.
        default("\"30 days\"") valid: ByRungOf<Duration>,
        /// What it is worth to a member.
        optional worth: Money,
        /// What it costs.
        optional cost: Money,
        /// Least order on which it can be used.
        optional minimum: Money,
        /// How often one account can have it.
        optional cap: OneOrMany<CapTable>,
        /// First day.
        optional from: Date,
        /// First day after it.
        optional before: Date,
        /// Name that members see.
        optional name: String,
        /// For colleagues.
        optional note: String,
    }
    later {
        /// A schedule that issues it.
        schedule,
        /// So long before its moment.
        ahead,
        /// How many there are in total.
        stock,
        /// Codes that are handed out.
        codes,
        /// Rewards of which the member picks one.
        choice,
        /// Rewards that take turns.
        rotate,
    }
}

/// The kinds, what they are, and how they are written.
const KINDS: &[(&str, RewardKind, &str)] = &[
    ("voucher", RewardKind::Voucher, "A voucher for something."),
    ("product", RewardKind::Product, "A thing."),
    ("discount", RewardKind::Discount, "A lower price."),
    (
        "service",
        RewardKind::Service,
        "Something that is done for the member.",
    ),
    ("credit", RewardKind::Credit, "Money to spend."),
    ("badge", RewardKind::Badge, "A sign of honour."),
];

const LATER: &[&str] = &["points", "boost", "rung", "freeze", "repair"];

/// A reward as it was read.
#[derive(Debug)]
pub(crate) struct RewardTable {
    kind: RewardKind,
    keys: RewardKeys,
    /// Some key says how one gets it, even if this version cannot follow it.
    obtainable: bool,
    /// It is known at what its condition is asked.
    occasion_known: bool,
}

impl Value for RewardTable {
    fn shape() -> Shape {
        let settled = KINDS.iter().map(|(word, _, doc)| KindWord {
            word,
            table: Some(super::table::Table {
                title: "[[rewards]]",
                doc,
                keys: vec![],
            }),
        });
        let later = LATER.iter().map(|word| KindWord { word, table: None });
        let table = RewardKeys::table();
        Shape::Kinds(Kinds {
            title: "[[rewards]]",
            doc: table.doc,
            common: table.keys,
            kinds: settled.chain(later).collect(),
        })
    }

    fn read(item: &Item<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let words: Vec<&str> = KINDS.iter().map(|(word, ..)| *word).collect();
        let (word, _) = reader.kind(item, "[[rewards]]", &words, LATER)?;
        let (_, kind, _) = KINDS.iter().find(|(known, ..)| *known == word)?;
        let row = reader.kind_row(item, &RewardKeys::table(), &[])?;
        let has = |keys: &[&str]| {
            row.table
                .keys()
                .any(|key| keys.contains(&key.get_ref().as_ref()))
        };
        let obtainable = has(&["price", "on", "schedule", "choice", "rotate"]);
        let says_on = has(&["on"]);
        let keys = RewardKeys::from_row(&row, reader);
        Some(RewardTable {
            kind: *kind,
            obtainable,
            occasion_known: !says_on || keys.on.is_some(),
            keys,
        })
    }
}

/// Checks the rewards.
pub(crate) fn rewards(
    build: &mut Build<'_>,
    raw: Many<RewardTable>,
    named: &[String],
) -> Vec<Reward> {
    build.unique("reward", raw.iter().map(|raw| raw.value.keys.id.as_ref()));
    raw.into_iter()
        .filter_map(|raw| {
            unused(build, &raw.value, named);
            if !raw.value.occasion_known {
                return None;
            }
            reward(build, raw.value.keys, raw.place, raw.value.kind)
        })
        .collect()
}

/// Finds a reward that nobody can get: nothing issues it, and nothing in the programme names it.
fn unused(build: &mut Build<'_>, reward: &RewardTable, named: &[String]) {
    let Some(id) = &reward.keys.id else {
        return;
    };
    if !reward.obtainable && !named.contains(&id.value.0) {
        build.reader.find(
            Code::RewardUnused,
            id.place,
            format!("nobody can get `{}`", id.value.0),
            "no price, no occasion, no surprise",
            "give it a `price` to be bought, an `on` to be issued by itself, or let a surprise give it",
        );
    }
}

fn reward(
    build: &mut Build<'_>,
    table: RewardKeys,
    place: Place,
    kind: RewardKind,
) -> Option<Reward> {
    let on = table.on.as_ref().map(|on| on.value);
    occasion_checks(build, &table);
    if let (Some(cash), None) = (&table.cash, &table.price) {
        build.reader.find(
            Code::WrongValue,
            cash.place,
            "`cash` is paid on top of a price",
            "there is no `price`",
            "add a `price` in points, or drop `cash`",
        );
    }
    build.range(table.from.as_ref(), table.before.as_ref());
    let mut wallet = 0;
    if let Some(price) = &table.price {
        wallet = build.wallet(table.wallet.as_ref(), price.place, "a price in points")?;
        for points in &price.value.0 {
            build.fits(wallet, points.0, price.place);
        }
    }
    // A condition is asked when the reward is issued: at its event or moment, at its purchase, or at the
    // occurrence of the surprise that gives it.
    let occasion = match on {
        Some(Trigger::Event(kind)) => Occasion::Event(kind),
        Some(Trigger::Moment(moment)) => Occasion::Moment(moment),
        None if table.price.is_some() => Occasion::Event(Kind::Redeem),
        None => Occasion::Schedule,
    };
    let caps = caps(build, table.cap.as_ref(), Limits::Reward, occasion, false);
    let when = match &table.when {
        Some(when) => Some(build.compile(&when.value.0, occasion, false, Expected::Condition)?),
        None => None,
    };
    Some(Reward {
        absent: false,
        id: table.id?.value.0,
        place,
        name: table.name.map(|name| name.value),
        kind,
        wallet,
        price: table.price.map(|price| price.value.map(|points| points.0)),
        cash: table.cash.map(|cash| cash.value.0),
        on,
        from: table.from.map(|from| from.value.0),
        before: table.before.map(|before| before.value.0),
        when,
        valid: table.valid?.value.map(|valid| valid.0),
        worth: table.worth.map(|worth| worth.value.0),
        cost: table.cost.map(|cost| cost.value.0),
        minimum: table.minimum.map(|minimum| minimum.value.0),
        caps,
    })
}

/// What must be collected for the reward ever to be issued.
fn occasion_checks(build: &mut Build<'_>, table: &RewardKeys) {
    if let Some(price) = &table.price {
        build.needs_event(Kind::Redeem, price.place, "buying this reward");
    }
    let Some(on) = &table.on else {
        return;
    };
    match on.value {
        Trigger::Event(kind) => build.needs_event(kind, on.place, "this reward"),
        Trigger::Moment(Moment::Birthday) => {
            build.needs_event(Kind::Profile, on.place, "a birthday");
        }
        Trigger::Moment(Moment::RungReached) if build.reader.names.rungs.is_empty() => {
            build.reader.find(
                Code::UnknownId,
                on.place,
                "there are no rungs to reach",
                "this programme has no `[tiers]`",
                "declare `[tiers]` with rungs, or issue the reward on something else",
            );
        }
        Trigger::Moment(Moment::RungReached) => {}
    }
}

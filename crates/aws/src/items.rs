//! What stands in the items of members: [the table](crate::table) says by which keys.

use aws_sdk_dynamodb::types::AttributeValue as Value;
use rungs_engine::ledger::canonical::instant_text;
use rungs_pipeline::objects::BookedEntry;
use rungs_pipeline::serving::{MemberRow, OpenPoints, PurseRow, RewardRow};
use std::borrow::Cow;
use std::collections::HashMap;

/// What readers may still ask of a reward after it lapsed.
const REWARD_KEPT_SECONDS: i64 = 30 * DAY_SECONDS;

/// How long an entry stays in the table after it took effect, and a reward after it was taken back; in the lake both stay
/// for ever.
const ENTRY_KEPT_SECONDS: i64 = 400 * DAY_SECONDS;

const DAY_SECONDS: i64 = 24 * 3_600;

/// An item that is about to be written: its key, and its attributes; those without a value are removed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) pk: String,
    pub(crate) sk: String,
    pub(crate) attributes: Vec<(Cow<'static, str>, Option<Value>)>,
}

impl Item {
    pub(crate) fn new(
        pk: String,
        sk: String,
        attributes: impl IntoIterator<Item = (&'static str, Option<Value>)>,
    ) -> Item {
        let attributes = attributes.into_iter();
        let attributes = attributes.map(|(name, value)| (Cow::Borrowed(name), value));
        Item {
            pk,
            sk,
            attributes: attributes.collect(),
        }
    }

    /// The whole item, to be put.
    pub(crate) fn whole(self, run: u32) -> HashMap<String, Value> {
        let attributes = self.attributes.into_iter();
        attributes
            .filter_map(|(name, value)| Some((name.into_owned(), value?)))
            .chain([
                ("pk".to_owned(), Value::S(self.pk)),
                ("sk".to_owned(), Value::S(self.sk)),
                ("run".to_owned(), Value::N(run.to_string())),
            ])
            .collect()
    }
}

pub(crate) fn number(number: impl ToString) -> Option<Value> {
    Some(Value::N(number.to_string()))
}

pub(crate) fn text(text: &str) -> Option<Value> {
    Some(Value::S(text.to_owned()))
}

fn instant(micros: i64) -> Option<Value> {
    Some(Value::S(instant_text(micros)))
}

fn seconds(micros: i64) -> i64 {
    micros.div_euclid(1_000_000)
}

/// Where all of a member's items are.
pub(crate) fn member_pk(program: &str, account: &str) -> String {
    format!("{program}#member#{account}")
}

/// The attribute in which a till holds points for a redemption, named by its dataset, a slash and its id.
pub(crate) fn hold(redemption: &str) -> String {
    format!("hold#{redemption}")
}

/// What a till asks. Holds for redemptions that are settled now are removed; of all others nothing is touched.
pub(crate) fn member(program: &str, night: &str, row: &MemberRow, redeemed: &[String]) -> Item {
    let mut item = Item::new(
        member_pk(program, &row.account),
        "member".to_owned(),
        [
            ("member", row.member.as_deref().and_then(text)),
            ("balance", number(row.purse.balance)),
            ("pending", number(row.purse.pending)),
            ("debt", number(row.purse.debt)),
            ("rung", row.rung.as_deref().and_then(text)),
            ("rung_until", row.rung_until.as_deref().and_then(text)),
            ("next_expiry", row.purse.next_expiry.and_then(instant)),
            ("next_expiry_points", number(row.purse.next_expiry_points)),
            ("open", open(&row.purse.open)),
            ("other_wallets", other_wallets(&row.other_wallets)),
            ("updated_night", text(night)),
        ],
    );
    let released = redeemed.iter().map(|name| (hold(name).into(), None));
    item.attributes.extend(released);
    item
}

/// Nothing where there is one wallet.
fn other_wallets(wallets: &[(String, PurseRow)]) -> Option<Value> {
    let each = wallets.iter().map(|(id, purse)| {
        let named = [
            ("balance", number(purse.balance)),
            ("pending", number(purse.pending)),
            ("debt", number(purse.debt)),
            ("next_expiry", purse.next_expiry.and_then(instant)),
            ("next_expiry_points", number(purse.next_expiry_points)),
            ("open", open(&purse.open)),
        ];
        (id.clone(), Value::M(map(named)))
    });
    (!wallets.is_empty()).then(|| Value::M(each.collect()))
}

fn open(points: &[OpenPoints]) -> Option<Value> {
    let each = points.iter().map(|open| {
        let named = [
            ("until", instant(open.until)),
            ("points", number(open.points)),
        ];
        Value::M(map(named))
    });
    Some(Value::L(each.collect()))
}

fn map<const N: usize>(named: [(&str, Option<Value>); N]) -> HashMap<String, Value> {
    let named = named.into_iter();
    named
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

pub(crate) fn reward(program: &str, row: &RewardRow) -> Item {
    Item::new(
        member_pk(program, &row.account),
        format!("reward#{}", row.id),
        [
            ("member", text(&row.member)),
            ("reward", text(&row.reward)),
            ("at", instant(row.at)),
            ("until", instant(row.until)),
            ("revoked", None),
            ("ttl", number(seconds(row.until) + REWARD_KEPT_SECONDS)),
        ],
    )
}

/// A reward that was taken back stays as such for long after its night: a zombie of an earlier run must find it.
pub(crate) fn revoked(program: &str, account: &str, id: &str, night: i64) -> Item {
    Item::new(
        member_pk(program, account),
        format!("reward#{id}"),
        [
            ("revoked", Some(Value::Bool(true))),
            ("ttl", number(seconds(night) + ENTRY_KEPT_SECONDS)),
        ],
    )
}

/// What a run booked for an account, as `number` counts it; nothing if it is older than what the table keeps.
pub(crate) fn entry(
    program: &str,
    account: &str,
    (run, number_in_run): (u32, usize),
    entry: &BookedEntry,
    lapsed_before: Option<i64>,
) -> Option<Item> {
    let ttl = seconds(entry.at) + ENTRY_KEPT_SECONDS;
    if lapsed_before.is_some_and(|night| ttl <= seconds(night)) {
        return None;
    }
    Some(Item::new(
        member_pk(program, account),
        format!("entry#{run:05}#{number_in_run:07}"),
        [
            ("at", instant(entry.at)),
            ("kind", text(entry.kind)),
            ("booking", entry.booking.and_then(text)),
            ("points", number(entry.points)),
            ("wallet", entry.wallet.as_deref().and_then(text)),
            ("rule_kind", text(&entry.rule_kind)),
            ("rule", text(&entry.rule)),
            ("place", text(&entry.place)),
            ("event", entry.event.as_deref().and_then(text)),
            ("lot", entry.lot.as_deref().and_then(text)),
            ("expires", entry.expires.and_then(instant)),
            ("ttl", number(ttl)),
        ],
    ))
}

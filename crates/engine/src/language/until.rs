//! `until`: points that wait for an event.

use super::Build;
use super::quoted::{Condition, Expression};
use super::reader::Placed;
use super::table::table;
use crate::canonical::Kind;
use crate::condition::expression::Sort;
use crate::condition::{Expected, Occasion};
use crate::finding::Code;
use crate::program::{Earn, Until, Wallet};

table! {
    /// An event that releases what was granted before it and is held. Which event does is said by the version that rules then; that a lot waits, and for how long at most, by the one that granted it. Events from before joining release nothing.
    UntilTable as "until" {
        /// The kind of event, such as `activity`.
        required on: Kind,
        /// Which of them: `'event.name == "delivered"'`.
        optional when: Condition,
        /// The id of the order whose points are released: `'event.object'`. Where it is empty, or no order's, nothing is. Without this key all that is held is released.
        optional order: Expression,
    }
}

/// Checks the event that points wait for. Conditions can ask for metrics, and whether every rule's points can be named
/// is known when there are rules.
pub(crate) fn until(
    build: &mut Build<'_>,
    raw: Placed<UntilTable>,
    (of, wallet): (u8, &mut Wallet),
    earn: &[Earn],
) {
    let place = raw.place;
    let Some(on) = &raw.value.on else { return };
    if on.value == Kind::Refund {
        return build
            .reader
            .not_yet(on.place, "points that wait for a refund");
    }
    build.needs_event(on.value, on.place, "what points wait for");
    let occasion = Occasion::Event(on.value);
    let when = raw.value.when.as_ref();
    let when = when.map(|when| build.compile(&when.value.0, occasion, false, Expected::Condition));
    let named = raw.value.order.as_ref();
    let order = named.map(|order| build.compile(&order.value.0, occasion, false, Expected::Any));
    let (Some(when), Some(order)) = (all_or_none(when), all_or_none(order)) else {
        return;
    };
    if let (Some(order), Some(named)) = (&order, named)
        && order.sort != Sort::Text
    {
        build.reader.find(
            Code::ConditionType,
            named.place,
            "`order` is the id of an order, which is a text",
            "this is none",
            "name the event's column that holds the order's id, such as `'event.object'`",
        );
        return;
    }
    let Some(pending) = &mut wallet.pending else {
        return;
    };
    let mut of_wallet = earn.iter().filter(|rule| rule.wallet == of);
    let unnamed = of_wallet.find(|rule| rule.on != Kind::Order);
    if let (Some(rule), true, None) = (unnamed, order.is_some(), pending.length) {
        build.reader.find_both(
            Code::NeverReleased,
            place,
            "this releases the points of orders only, and others wait for ever",
            "the event names an order",
            (rule.place, &*format!("`{}` gives points for `{}` events", rule.id, rule.on.text())),
            "give `pending` a `length` beside `until`: then they wait so long, and those of orders at most so long",
        );
    }
    pending.until = Some(Until {
        on: on.value,
        when,
        order,
    });
}

/// Nothing where a compilation failed.
fn all_or_none<T>(compiled: Option<Option<T>>) -> Option<Option<T>> {
    match compiled {
        None => Some(None),
        Some(compiled) => compiled.map(Some),
    }
}

//! What conditions mean, worked by hand on one order.

use super::super::evaluate::{At, NoState, Overflow, Value, evaluate};
use super::super::expression::{AccountColumn, Compare, MemberColumn, MomentColumn, Node};
use super::rows::{Known, dataset, numbers, texts, zone};
use super::*;
use crate::calendar::day_from;
use crate::event::{Batch, Ids, Texts, Values};
use crate::number::Rational;
use arrow_array::StringArray;

/// 2026-03-10T14:30:00Z, a Tuesday; Dublin is on UTC then.
const TIME: i64 = 1_773_153_000_000_000;

/// An order of 45.00 (50.00 gross) with one line, at the till, without coupon, tip, app and pickup.
fn order(world: &World) -> Batch {
    let value = |column: &Column| match (column.kind, column.line, column.name.as_str()) {
        (Kind::Order, false, "net") => numbers(&[Some(4_500)]),
        (Kind::Order, false, "gross") => numbers(&[Some(5_000)]),
        (Kind::Order, false, "shipping") => numbers(&[Some(i64::MAX / 1_000)]),
        (Kind::Order, false, "items") => numbers(&[Some(7)]),
        (Kind::Order, false, "weight") => numbers(&[Some(1_500)]),
        (Kind::Order, false, "gift") => numbers(&[Some(1)]),
        (Kind::Order, false, "due") => numbers(&[day_from("2026-03-15").map(i64::from)]),
        (Kind::Order, false, "paid_at") => numbers(&[Some(TIME + 1)]),
        (Kind::Order, false, "table") => numbers(&[Some(12)]),
        (Kind::Order, true, "category") => Values::Text(texts(&[Some("drink")])),
        (Kind::Order, true, "quantity") => numbers(&[Some(2_000)]),
        (Kind::Order, true, "net") => numbers(&[Some(900)]),
        (Kind::Order, true, "unit_price") => numbers(&[Some(44_999)]), // 4.4999
        (Kind::Order, false, "coupon") => Values::Text(texts(&[None])),
        _ => numbers(&[None]),
    };
    Batch {
        rows: 1,
        account: Texts::plain(StringArray::from(vec!["household-1"])),
        member: Some(Texts::plain(StringArray::from(vec!["ana"]))),
        time: vec![TIME].into(),
        kind: vec![Kind::Order as u8].into(),
        source: vec![0].into(),
        id: Ids {
            numbers: vec![417].into(),
            texts: None,
        },
        line: vec![1].into(),
        channel: Some(Texts::plain(StringArray::from(vec!["shop"]))),
        store: None,
        columns: world
            .columns
            .iter()
            .map(|column| Some(value(column)))
            .collect(),
    }
}

/// Gold since 2026-01-01 (before: silver) without an end; 120 beans; Ana, born on 20 May, joined on
/// 29 February 2024.
fn known(world: &World) -> Known {
    let day = |text: &str| i64::from(day_from(text).unwrap());
    let profile = |name| MemberColumn::Profile(world.index(Kind::Profile, false, name));
    Known {
        account: vec![
            (AccountColumn::Rung, 2),
            (AccountColumn::FormerRung, 1),
            (AccountColumn::RungSince, day("2026-01-01")),
            (AccountColumn::Enrolled, day("2024-02-29")),
            (AccountColumn::Members, 2),
            (AccountColumn::Balance(0), 120),
            (AccountColumn::Metric(0), 3),
            (AccountColumn::Metric(1), 25_000),
        ],
        member: vec![
            (MemberColumn::Enrolled, day("2024-02-29")),
            (profile("birthday"), 520),
        ],
        member_text: vec![(profile("country"), "IE")],
        moment: vec![(MomentColumn::Rung, 1), (MomentColumn::Former, 0)],
    }
}

fn asked(text: &str) -> Result<(Value<'static>, Expr), Overflow> {
    let world = World::new();
    let expr = compile(text, &world.order(), Expected::Any)
        .unwrap_or_else(|problems| panic!("{text}: {problems:#?}"));
    let (batch, state) = (order(&world), known(&world));
    let (zone, datasets) = (zone("Europe/Dublin"), [dataset("till")]);
    let at = At::row(&batch, 0, zone.day(TIME), &zone, &datasets);
    let value = match evaluate(&expr, &at, &state)? {
        Value::Number(number) => Value::Number(number),
        Value::Text(text) => Value::Text(text.into_owned().into()),
        Value::Empty => Value::Empty,
    };
    Ok((value, expr))
}

#[track_caller]
fn holds(text: &str) {
    assert_eq!(asked(text).unwrap().0, Value::Number(1), "{text}");
}

#[track_caller]
fn fails(text: &str) {
    assert_eq!(asked(text).unwrap().0, Value::Number(0), "{text}");
}

/// The exact number, as a decimal or fraction.
#[track_caller]
fn is(text: &str, number: &str) {
    let (value, expr) = asked(text).unwrap();
    let value = i128::from(value.number().unwrap());
    let value = Rational::new(value, i128::from(expr.den)).unwrap();
    assert_eq!(value.to_string(), number, "{text}");
}

#[test]
fn a_decimal_literal_takes_the_denominator_of_the_money_beside_it() {
    let expr = read("event.net >= 4.50").unwrap();
    let Node::Compare(Compare::GreaterEqual, left, right) = expr.node else {
        panic!("{expr:?}");
    };
    assert!(matches!(left.node, Node::Column(0)));
    assert_eq!(
        (right.node, right.sort, right.den),
        (Node::Constant(450), Sort::Money, 100)
    );
}

#[test]
fn money_compares_exactly_whatever_its_digits() {
    holds("event.net == 45.00");
    holds("event.net < 45.001");
    fails("event.net >= 45.001");
    holds("line.unit_price < 4.50");
    holds("line.unit_price * line.quantity < line.net");
    holds("event.gross - event.net == 5.00");
    holds("event.net >= (event.gift ? 25.00 : 50.00)");
}

#[test]
fn arithmetic_is_exact() {
    is("event.net * 1.2", "54");
    is("event.net / 8", "5.625");
    is("event.items / 3", "7/3");
    is("event.items / 3 * 3", "7");
    is("7 / 2", "3.5");
    is("0.1 + 0.2", "0.3");
    is("event.net / 0.3", "150");
    is("line.net - line.unit_price * line.quantity", "0.0002");
    is("-event.net", "-45");
    is("abs(event.net - event.gross)", "5");
    is("min(event.net, 10.00)", "10");
    is("max(event.items, 3, 9)", "9");
    is("event.items % 4", "3");
    is("-event.items % 4", "-3");
    is("2 + 3 * 4", "14");
    is("(2 + 3) * 4", "20");
    is("10 - 3 - 2", "5");
}

#[test]
fn integers_and_decimals_go_together() {
    holds("event.items > 6.5");
    holds("line.quantity == 2");
    holds("event.weight in [1.5, 3]");
    holds("event.items in [7.0]");
    fails("event.items in [6.999, 7.001]");
}

#[test]
fn an_empty_column_equals_nothing_and_is_in_nothing() {
    fails("event.coupon == \"\"");
    fails("event.coupon in [\"\", \"food\"]");
    fails("event.tip == 0.00");
    fails("event.coupon == event.coupon");
    fails("event.app == false");
    holds("!(event.app == true)");
}

#[test]
fn guards_say_what_holds_when_it_is_empty() {
    fails("has(event.tip) && event.tip > 0.00");
    holds("!has(event.tip) || event.tip > 0.00");
    holds("has(event.table) && event.table > 3");
    is("has(event.tip) ? event.tip * 2 : 1.00", "1");
    is("default(event.tip, 3.50)", "3.5");
    is("default(event.table, 0)", "12");
    holds("default(event.coupon, \"none\") != \"x\"");
    holds("event.table == 12 && event.table + 1 == 13");
    holds("!(!has(event.table) || event.table < 3)");
    is("default(event.pickup, event.due) == event.due ? 1 : 0", "1");
}

#[test]
fn texts_are_compared_byte_by_byte_and_counted_in_characters() {
    holds("line.category == \"drink\"");
    holds("line.category in [\"food\", \"drink\"]");
    holds("line.category.startsWith(\"dr\") && line.category.endsWith(\"nk\")");
    fails("line.category.contains(\"Rin\")");
    holds("lower(\"DRINK\") == line.category");
    is("size(line.category)", "5");
    is("size(\"Éclair\")", "6");
    is("\"Éclair\".size()", "6");
}

#[test]
fn columns_of_every_event_are_local_to_the_zone() {
    holds("event.id == \"417\" && event.source == \"till\"");
    holds("event.member == \"ana\" && event.account == \"household-1\"");
    holds("event.channel == \"shop\" && !has(event.store)");
    holds("event.date == date(\"2026-03-10\")");
    holds("event.weekday == \"tue\" && event.weekday in [\"mon\", \"tue\"]");
    is("event.hour", "14");
    is("event.day", "10");
    is("event.month", "3");
    holds("event.paid_at > event.time");
}

#[test]
fn the_hour_is_read_from_the_wall_on_the_days_when_clocks_change() {
    let world = World::new();
    let expr = compile(
        "event.hour",
        &world.scope(Occasion::Schedule, false),
        Expected::Number,
    )
    .unwrap();
    let zone = zone("Europe/Dublin");
    // 29 March 2026: 01:00 becomes 02:00; 25 October 2026: 02:00 becomes 01:00 again.
    for (utc, hour) in [
        ("2026-03-29T00:59:59Z", 0),
        ("2026-03-29T01:00:00Z", 2),
        ("2026-03-29T22:59:59Z", 23),
        ("2026-07-01T22:59:59Z", 23),
        ("2026-10-25T00:30:00Z", 1),
        ("2026-10-25T01:30:00Z", 1),
        ("2026-10-25T02:00:00Z", 2),
        ("1962-07-01T22:59:59Z", 23),
    ] {
        let time = utc.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        let at = At::instant(time, zone.day(time), &zone, "", "");
        assert_eq!(
            evaluate(&expr, &at, &NoState).unwrap(),
            Value::Number(hour),
            "{utc}"
        );
    }
}

#[test]
fn dates_move_by_the_calendar() {
    holds("event.date + duration(\"5 days\") == event.due");
    holds("date(\"2026-01-31\") + duration(\"1 month\") == date(\"2026-02-28\")");
    holds("event.due - duration(\"1 year\") == date(\"2025-03-15\")");
    holds("event.due - duration(\"2 weeks\") == date(\"2026-03-01\")");
    is("days(event.date, event.due)", "5");
    is("days(event.due, event.date)", "-5");
    is("months(date(\"2026-01-31\"), date(\"2026-02-27\"))", "0");
    is("months(date(\"2026-01-31\"), date(\"2026-02-28\"))", "1");
    is("months(date(\"2026-02-28\"), date(\"2026-01-31\"))", "-1");
    is("years(date(\"2000-03-10\"), event.date)", "26");
    is("years(date(\"2000-03-11\"), event.date)", "25");
    is("year(event.due)", "2026");
    is("month(event.due)", "3");
    is("day(event.due)", "15");
    holds("weekday(event.due) == \"sun\"");
}

#[test]
fn a_leap_day_is_reached_on_the_28th_of_a_common_year() {
    is("years(date(\"2024-02-29\"), date(\"2025-02-27\"))", "0");
    is("years(date(\"2024-02-29\"), date(\"2025-02-28\"))", "1");
    is("years(date(\"2024-02-29\"), date(\"2028-02-28\"))", "3");
    is("years(date(\"2024-02-29\"), date(\"2028-02-29\"))", "4");
}

#[test]
fn state_is_asked_of_account_and_member() {
    holds("account.rung >= \"silver\" && account.rung == \"gold\"");
    fails("account.rung < \"gold\"");
    holds("account.former_rung == \"silver\"");
    holds("has(account.former_rung) ? account.former_rung < account.rung : false");
    fails("has(account.rung_until)");
    holds("account.rung in [\"silver\", \"gold\"]");
    holds("account.beans >= 100 && account.members == 2");
    holds("account.visits_90 == 3");
    holds("account.spent_year + event.net >= 295.00");
    fails("account.spent_year + event.net > 295.00");
    fails("account.last_visit == event.date");
    holds("default(member.last_nps, 10) > 6");
    holds("member.country == \"IE\"");
    holds("member.birthday == \"05-20\"");
    holds("has(member.birthday) && member.birthday < \"06-01\" && member.birthday >= \"05-01\"");
    is("days(member.enrolled, event.date)", "740");
    is("years(member.enrolled, event.date)", "2");
}

#[test]
fn a_moment_brings_its_columns() {
    let world = World::new();
    let scope = world.scope(REACHED, false);
    let (zone, state) = (zone("Europe/Dublin"), known(&world));
    let at = At::instant(TIME, zone.day(TIME), &zone, "household-1", "ana");
    for (text, expected) in [
        ("event.rung == \"silver\"", 1),
        ("event.rung > event.former", 1),
        ("has(event.ends)", 0),
        ("event.weekday == \"tue\"", 1),
        (
            "event.member == \"ana\" && event.account == \"household-1\"",
            1,
        ),
        ("member.country == \"IE\"", 1),
    ] {
        let expr = compile(text, &scope, Expected::Condition).unwrap();
        assert_eq!(
            evaluate(&expr, &at, &state),
            Ok(Value::Number(expected)),
            "{text}"
        );
    }
}

#[test]
fn what_is_not_asked_cannot_overflow() {
    let far = "event.table * 9223372036854775807 > 1";
    assert_eq!(
        asked(far.replace("event.table", "account.beans").as_str()).unwrap_err(),
        Overflow
    );
    fails(&format!("has(event.table) && event.table < 5 && {far}"));
    holds(&format!("has(event.table) && (event.table > 5 || {far})"));
    is(
        &format!(
            "has(event.tip) && {} ? 1 : 2",
            far.replace("event.table", "account.beans")
        ),
        "2",
    );
}

#[test]
fn declared_ranges_that_fit_are_accepted_and_those_that_do_not_are_refused() {
    // shipping is at most i64::MAX / 1,000 in cents.
    assert!(read("event.shipping * 1000 > 1.00").is_ok());
    assert!(read("event.shipping * 1001 > 1.00").is_err());
    assert!(read("event.shipping * event.items > 1.00").is_ok());
    assert!(read("(event.shipping - event.shipping) * 500 > 1.00").is_ok());
    assert!(read("(event.shipping - event.shipping) * 1001 > 1.00").is_err());
    // A column without a range is not known to overflow; settlement looks at each event.
    assert!(read("event.net * 9223372036854775807 > 1.00").is_ok());
}

#[test]
fn a_currency_without_minor_units_takes_whole_literals_as_money() {
    let mut world = World::new();
    world.columns[0].digits = 0;
    let scope = Scope {
        currency_digits: 0,
        ..world.order()
    };
    assert!(compile("event.net >= 5000", &scope, Expected::Condition).is_ok());
    assert!(compile("event.net >= 50", &world.order(), Expected::Condition).is_err());
}

#[test]
fn constants_are_worked_out_once() {
    for (text, node) in [
        ("1 + 2 * 3 == 7 && 2 in [1, 2]", Node::Constant(1)),
        ("!(1 > 2) || event.gift", Node::Constant(1)),
        ("false && event.gift", Node::Constant(0)),
        (
            "date(\"2024-02-29\") + duration(\"1 day\")",
            Node::Constant(19_783),
        ),
        ("3 > 2 ? 4 : event.items", Node::Constant(4)),
        ("lower(\"ABC\") == \"abc\"", Node::Constant(1)),
        (
            "days(date(\"1970-01-01\"), date(\"1971-01-01\"))",
            Node::Constant(365),
        ),
    ] {
        assert_eq!(read(text).unwrap().node, node, "{text}");
    }
    // What is true changes no `&&`.
    assert!(matches!(
        read("true && event.gift").unwrap().node,
        Node::Column(_)
    ));
}

#[test]
fn spans_count_the_bytes_of_the_text() {
    let expr = read("\"é\" == \"é\" || event.gift == true").unwrap();
    assert_eq!(expr.node, Node::Constant(1));
    let text = "event.coupon == \"é\" && event.gift";
    let expr = read(text).unwrap();
    let spans: Vec<&str> = expr
        .parts()
        .iter()
        .map(|part| &text[part.span.clone()])
        .collect();
    assert_eq!(spans, ["event.coupon == \"é\"", "event.gift"]);
}

#[test]
fn only_conditions_with_state_are_said_to_need_it() {
    for (text, needs) in [
        ("event.net > 1.00 && line.category == \"food\"", false),
        ("event.weekday == \"tue\"", false),
        ("account.beans > 1", true),
        ("event.gift || has(member.country)", true),
    ] {
        assert_eq!(read(text).unwrap().needs_state(), needs, "{text}");
    }
}

#[test]
fn what_refunds_have_left_stands_instead_of_the_row() {
    let world = World::new();
    let expr = compile(
        "event.net >= 45.00 && event.items == 7",
        &world.order(),
        Expected::Condition,
    );
    let (expr, batch) = (expr.unwrap(), order(&world));
    let zone = zone("Europe/Dublin");
    let whole = At::row(&batch, 0, zone.day(TIME), &zone, &[]);
    assert_eq!(evaluate(&expr, &whole, &NoState), Ok(Value::Number(1)));
    let left = At {
        changed: &[(world.index(Kind::Order, false, "net"), 4_499)],
        ..whole
    };
    assert_eq!(evaluate(&expr, &left, &NoState), Ok(Value::Number(0)));
}

//! What CEL and the language both accept means the same in both.
//!
//! Not the same on purpose: decimals are exact (so only such are compared as doubles can hold), and
//! `/` of integers is exact (so it is not generated). `&&` and `||` of CEL forgive an error on one
//! side when the other decides; here the left side is asked first, and an overflow in it stands.

use super::rows::{Known, numbers, texts};
use super::writer::Writer;
use super::*;
use crate::condition::evaluate::{At, Overflow, evaluate};
use crate::event::{Batch, Ids, Texts, Values};
use crate::finding::Code;
use ::cel::{Context, Program, Value};
use arrow_array::StringArray;
use proptest::prelude::*;

/// The columns that both know.
#[derive(Debug, Clone, serde::Serialize)]
struct Order {
    items: i64,
    gift: bool,
    note: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<i64>,
    /// In eighths, so that a double holds it exactly.
    weight: f64,
}

fn order() -> impl Strategy<Value = Order> {
    let integer = || {
        prop_oneof![
            10 => -5i64..10,
            1 => Just(i64::MAX),
            1 => Just(i64::MIN),
            1 => any::<i64>(),
        ]
    };
    (
        integer(),
        any::<bool>(),
        prop::sample::select(&super::rows::TEXTS[..]),
        prop::option::of(integer()),
        -800i64..800,
    )
        .prop_map(|(items, gift, note, table, eighths)| Order {
            items,
            gift,
            note,
            table,
            weight: eighths as f64 / 8.0,
        })
}

fn world() -> World {
    let mut world = World::new();
    world
        .columns
        .push(column(Kind::Order, false, "note", Type::Text));
    world
}

fn batch(world: &World, order: &Order) -> Batch {
    let column = |column: &Column| match (column.kind, column.line, column.name.as_str()) {
        (Kind::Order, false, "items") => Some(numbers(&[Some(order.items)])),
        (Kind::Order, false, "gift") => Some(numbers(&[Some(i64::from(order.gift))])),
        (Kind::Order, false, "note") => Some(Values::Text(texts(&[Some(order.note)]))),
        (Kind::Order, false, "table") => Some(numbers(&[order.table])),
        // Three digits after the point: an eighth is 125.
        (Kind::Order, false, "weight") => Some(numbers(&[Some((order.weight * 1_000.0) as i64)])),
        _ => None,
    };
    Batch {
        rows: 1,
        account: Texts::plain(StringArray::from(vec!["a"])),
        member: None,
        time: vec![0].into(),
        kind: vec![Kind::Order as u8].into(),
        source: vec![0].into(),
        id: Ids {
            numbers: vec![1].into(),
            texts: None,
        },
        line: vec![1].into(),
        channel: None,
        store: None,
        columns: world.columns.iter().map(column).collect(),
    }
}

/// What the language says: a truth or integer, or that a number does not fit.
fn ours(expr: &Expr, world: &World, order: &Order) -> Result<Option<i64>, Overflow> {
    let zone = super::rows::zone("UTC");
    let (batch, state) = (batch(world, order), Known::default());
    let at = At::row(&batch, 0, 0, &zone, &[]);
    evaluate(expr, &at, &state).map(|value| value.number())
}

fn theirs(text: &str, order: &Order) -> Option<i64> {
    let program = Program::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut context = Context::default();
    context.add_variable("event", order).unwrap();
    match program.execute(&context) {
        Ok(Value::Int(value)) => Some(value),
        Ok(Value::Bool(value)) => Some(i64::from(value)),
        Ok(other) => panic!("{text}: {other:?}"),
        Err(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn cel_and_the_language_mean_the_same(
        order in order(),
        choices in prop::collection::vec(any::<u8>(), 0..100),
        depth in 1usize..5,
        whole in any::<bool>(),
    ) {
        let world = world();
        let mut writer = Writer::new(&choices, true);
        let text = if whole { writer.integer(depth) } else { writer.boolean(depth) };
        let expr = match compile(&text, &world.order(), Expected::Any) {
            Ok(expr) => expr,
            Err(problems) => {
                // Constants that do not fit are refused before they are settled.
                prop_assert!(problems.iter().all(|problem| problem.code == Code::Overflow), "{text}: {problems:?}");
                return Ok(());
            }
        };
        let (ours, theirs) = (ours(&expr, &world, &order), theirs(&text, &order));
        match (ours, theirs) {
            (Ok(ours), Some(theirs)) => prop_assert_eq!(ours, Some(theirs), "{}", text),
            // An error of CEL is an overflow here; the other way round CEL may forgive it.
            (Ok(ours), None) => prop_assert!(false, "{text}: {ours:?}, and an error in CEL"),
            (Err(Overflow), _) => {}
        }
    }

    #[test]
    fn decimals_that_a_double_holds_compare_the_same(
        order in order(),
        (times, plus, than) in (-8i64..8, -80i64..80, -800i64..800),
        sign in prop::sample::select(&["==", "!=", "<", "<=", ">", ">="][..]),
    ) {
        let eighths = |value: i64| format!("{:.3}", value as f64 / 8.0);
        let text = format!(
            "event.weight * {} + {} {sign} {}",
            eighths(times), eighths(plus), eighths(than)
        );
        let world = world();
        let expr = compile(&text, &world.order(), Expected::Condition).unwrap();
        prop_assert_eq!(ours(&expr, &world, &order).unwrap(), theirs(&text, &order), "{}", text);
    }
}

/// Precedence, associativity and sign of the remainder, without brackets that would hide them.
#[test]
fn operators_bind_as_in_cel() {
    let (world, order) = (
        world(),
        Order {
            items: 7,
            gift: false,
            note: "food",
            table: Some(3),
            weight: 1.5,
        },
    );
    for text in [
        "1 + 2 * 3 - 4 - 5",
        "10 - 3 - 2",
        "2 * 3 % 4",
        "-7 % 3",
        "7 % -3",
        "- 7 % 3",
        "-event.items % 3",
        "true || false && false",
        "false && true || true",
        "!true || true",
        "!event.gift && event.items > 3",
        "event.gift ? 1 : event.items > 3 ? 2 : 3",
        "1 + 1 == 2 && 3 in [1 + 2]",
        "1 < 2 || 2 < 1 && false",
        "event.items + 1 in [8, 9]",
        "false ? 1 : true ? 2 : 3",
        "size(\"a\u{301}b\")",
        "\"a\\\"b\" == 'a\"b'",
        "size('a\\n')",
        "--3 - -2",
        "!!event.gift",
        "has(event.table) ? event.table + 1 : 0",
        "event.note.startsWith(\"f\") && !event.note.endsWith(\"f\")",
        "\"food\".size()",
    ] {
        let expr = compile(text, &world.order(), Expected::Any)
            .unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        assert_eq!(
            ours(&expr, &world, &order).unwrap(),
            theirs(text, &order),
            "{text}"
        );
    }
}

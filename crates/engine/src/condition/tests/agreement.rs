//! Both evaluators give the same on every condition and every row.

use super::rows::ZONES;
use super::rows::{Known, at, batch, dataset};
use super::writer::Writer;
use super::*;
use crate::calendar::{Day, Zone};
use crate::condition::columns::{Frame, mask, numbers, texts};
use crate::condition::evaluate::{Value, evaluate, holds};
use crate::event::Batch;
use crate::finding::Code;
use crate::program::Dataset;
use proptest::prelude::*;

/// Compares every row; returns in how many something overflowed.
fn agree(expr: &Expr, frame: &Frame<'_>) -> Result<usize, TestCaseError> {
    let state = Known::default();
    let single = |row| evaluate(expr, &at(frame, row), &state);
    let overflow = match expr.sort {
        Sort::Boolean => {
            let mask = mask(expr, frame);
            prop_assert_eq!(mask.rows.len(), frame.batch.rows);
            for row in 0..frame.batch.rows {
                let expected = holds(expr, &at(frame, row), &state);
                prop_assert_eq!(
                    mask.overflow.contains(&row),
                    expected.is_err(),
                    "row {}",
                    row
                );
                let expected = u8::from(expected.unwrap_or(false));
                prop_assert_eq!(mask.rows[row], expected, "row {}", row);
            }
            mask.overflow
        }
        Sort::Text => {
            let (texts, overflow) = texts(expr, frame);
            for row in 0..frame.batch.rows {
                let expected = single(row);
                prop_assert_eq!(overflow.contains(&row), expected.is_err(), "row {}", row);
                if let Ok(expected) = expected {
                    prop_assert_eq!(texts.get(row), expected.text(), "row {}", row);
                }
            }
            overflow
        }
        _ => {
            let numbers = numbers(expr, frame);
            prop_assert_eq!(numbers.values.len(), frame.batch.rows);
            for row in 0..frame.batch.rows {
                let valid = numbers
                    .valid
                    .as_ref()
                    .is_none_or(|valid| valid.is_valid(row));
                let expected = single(row);
                prop_assert_eq!(
                    numbers.overflow.contains(&row),
                    expected.is_err(),
                    "row {}",
                    row
                );
                match expected {
                    Ok(Value::Number(expected)) => {
                        prop_assert!(valid, "row {}", row);
                        prop_assert_eq!(numbers.values[row], expected, "row {}", row);
                    }
                    Ok(_) => prop_assert!(!valid, "row {}", row),
                    Err(_) => {}
                }
            }
            numbers.overflow
        }
    };
    Ok(overflow.len())
}

fn world() -> World {
    let mut world = World::new();
    world
        .columns
        .push(column(Kind::Order, false, "note", Type::Text));
    world
}

fn days(batch: &Batch, zone: &Zone) -> Vec<Day> {
    batch.time.iter().map(|at| zone.day(*at)).collect()
}

fn datasets() -> Vec<Dataset> {
    vec![dataset("till"), dataset("web")]
}

/// The well-typed text, or nothing if a constant in it does not fit.
fn compiled(text: &str, world: &World) -> Result<Option<Expr>, TestCaseError> {
    match compile(text, &world.order(), Expected::Any) {
        Ok(expr) => Ok(Some(expr)),
        Err(problems) => {
            let too_far = [Code::Overflow, Code::ConditionTooLarge, Code::UnknownValue];
            prop_assert!(
                problems
                    .iter()
                    .all(|problem| too_far.contains(&problem.code)),
                "{text}: {problems:?}"
            );
            Ok(None)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn both_evaluators_agree_on_every_condition_and_row(
        batch in batch(&world()),
        choices in prop::collection::vec(any::<u8>(), 0..120),
        (sort, depth) in (0usize..6, 0usize..5),
        zone in prop::sample::select(&ZONES[..]),
    ) {
        let (world, datasets, zone) = (world(), datasets(), super::rows::zone(zone));
        let mut writer = Writer::new(&choices, false);
        let text = match sort {
            0 => writer.integer(depth),
            1 => writer.decimal(depth),
            2 => writer.money(depth),
            3 => writer.date(depth),
            4 => writer.text(depth),
            _ => writer.boolean(depth + 1),
        };
        if let Some(expr) = compiled(&text, &world)? {
            let days = days(&batch, &zone);
            let frame = Frame { batch: &batch, days: &days, zone: &zone, datasets: &datasets };
            agree(&expr, &frame).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        }
    }

    #[test]
    fn nothing_that_is_typed_can_panic_the_reader(
        text in "[a-z0-9 .,()\\[\\]<>=!&|+*/%?:\"'-]{0,60}",
        cut in 0usize..40,
    ) {
        let world = world();
        for text in [text.clone(), format!("event.net > 1.00 && {text}"), format!("has(event.coupon){}", &text[cut.min(text.len())..])] {
            for problem in compile(&text, &world.order(), Expected::Condition).err().into_iter().flatten() {
                prop_assert!(text.get(problem.span.clone()).is_some(), "{text}: {problem:?}");
            }
        }
    }

    #[test]
    fn what_does_not_compile_says_why(text in ".{0,40}") {
        if let Err(problems) = compile(&text, &world().order(), Expected::Condition) {
            prop_assert!(!problems.is_empty());
        }
    }
}

/// The property above is worth something only if conditions compile, differ, and overflow.
#[test]
fn the_generated_conditions_are_what_the_property_needs() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let (world, datasets) = (world(), datasets());
    let zone = super::rows::zone("Europe/Dublin");
    let mut runner = TestRunner::deterministic();
    let (mut compiles, mut overflows, mut mixed, mut asked) = (0, 0, 0, 0);
    for _ in 0..300 {
        let cases = (batch(&world), prop::collection::vec(any::<u8>(), 100..120));
        let (batch, choices) = cases.new_tree(&mut runner).unwrap().current();
        let text = Writer::new(&choices, false).boolean(4);
        asked += 1;
        let Some(expr) = compiled(&text, &world).unwrap() else {
            continue;
        };
        compiles += 1;
        let days = days(&batch, &zone);
        let frame = Frame {
            batch: &batch,
            days: &days,
            zone: &zone,
            datasets: &datasets,
        };
        overflows += usize::from(agree(&expr, &frame).unwrap() > 0);
        let rows = mask(&expr, &frame).rows;
        mixed += usize::from(rows.contains(&0) && rows.contains(&1));
    }
    println!(
        "{asked} conditions: {compiles} compile, {mixed} tell rows apart, {overflows} overflow"
    );
    assert!(compiles >= 200, "{compiles} compile");
    assert!(mixed >= 60, "{mixed} tell rows apart");
    assert!(overflows >= 10, "{overflows} overflow");
}

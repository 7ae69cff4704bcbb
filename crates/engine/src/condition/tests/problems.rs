//! Every kind of problem as it is shown: the condition, the underlined text with the cause, the
//! message, the next step. The blocks of `problems.txt` were read one by one; this test only holds
//! them.

use super::*;
use crate::finding::Code;
use std::fmt::Write;

const PROBLEMS: &str = include_str!("problems.txt");

/// A problem under its condition.
fn shown(text: &str, problem: &Problem) -> String {
    let before = text[..problem.span.start].chars().count();
    let width = text[problem.span.clone()].chars().count().max(1);
    format!(
        "    {}{} {}\n  {}: {}\n  help: {}\n",
        " ".repeat(before),
        "^".repeat(width),
        problem.label,
        problem.code.text(),
        problem.message,
        problem.help
    )
}

/// The first line of a block is `where: condition`; what follows is what must be said.
fn problems(world: &World, place: &str, text: &str) -> Vec<Problem> {
    let (occasion, lines, expected) = match place {
        "order" => (Occasion::Event(Kind::Order), true, Expected::Condition),
        "order once" => (Occasion::Event(Kind::Order), false, Expected::Condition),
        "amount" => (Occasion::Event(Kind::Order), true, Expected::Number),
        "any" => (Occasion::Event(Kind::Order), true, Expected::Any),
        "activity" => (Occasion::Event(Kind::Activity), true, Expected::Condition),
        "birthday" => (
            Occasion::Moment(Moment::Birthday),
            false,
            Expected::Condition,
        ),
        "rung_reached" => (REACHED, false, Expected::Condition),
        "schedule" => (Occasion::Schedule, false, Expected::Condition),
        _ => panic!("no place is called {place}"),
    };
    compile(text, &world.scope(occasion, lines), expected)
        .err()
        .unwrap_or_default()
}

#[test]
fn every_problem_is_said_as_it_was_read_and_agreed() {
    let world = World::new();
    let mut said = String::new();
    for block in PROBLEMS
        .split("\n\n")
        .filter(|block| !block.trim().is_empty())
    {
        let first = block.trim_start().lines().next().unwrap();
        let (place, text) = first.split_once(": ").unwrap();
        writeln!(said, "{place}: {text}").unwrap();
        let problems = problems(&world, place, text);
        assert!(!problems.is_empty(), "nothing is wrong with `{text}`");
        for problem in problems {
            writeln!(said, "    {text}").unwrap();
            said.push_str(&shown(text, &problem));
        }
        said.push('\n');
    }
    assert!(
        said.trim_end() == PROBLEMS.trim_end(),
        "problems.txt should be:\n{said}"
    );
}

#[test]
fn every_code_of_conditions_has_its_block() {
    let codes = Code::ALL
        .iter()
        .filter(|code| code.text().starts_with("condition/"));
    for code in codes.chain([&Code::NotYet]) {
        let line = format!("  {}: ", code.text());
        assert!(
            code == &Code::ConditionTooLarge || PROBLEMS.contains(&line),
            "no block of problems.txt shows {line}"
        );
    }
}

#[test]
fn messages_keep_the_style_of_findings() {
    let world = World::new();
    for block in PROBLEMS
        .split("\n\n")
        .filter(|block| !block.trim().is_empty())
    {
        let (place, text) = block
            .trim_start()
            .lines()
            .next()
            .unwrap()
            .split_once(": ")
            .unwrap();
        for problem in problems(&world, place, text) {
            assert!(text.get(problem.span.clone()).is_some(), "{problem:?}");
            for said in [&problem.message, &problem.label, &problem.help] {
                assert!(!said.is_empty(), "{problem:?}");
                assert!(!said.ends_with('.'), "a full stop: {said}");
                assert!(!said.contains("Some("), "a Rust type: {said}");
                let first = said.chars().next().unwrap();
                assert!(
                    !first.is_uppercase() || said.starts_with("ASCII"),
                    "a capital: {said}"
                );
            }
        }
    }
}

/// Whether the text that a help gives in its first backticks compiles in the place of the whole.
#[test]
fn the_text_to_paste_of_a_missing_guard_can_be_pasted() {
    let world = World::new();
    for text in [
        "event.table > 3",
        "event.table > 3 && event.net > 1.00",
        "event.tip * 2 > event.net + event.tip",
        "event.app",
        "!event.app",
        "event.coupon != \"a\"",
        "event.coupon.startsWith(\"a\")",
        "size(lower(event.coupon)) > 3",
        "years(event.pickup, event.date) > 1",
        "account.former_rung < \"gold\"",
        "member.birthday < \"05-20\"",
    ] {
        let problems = compile(text, &world.order(), Expected::Condition).unwrap_err();
        for problem in &problems {
            assert_eq!(problem.code, Code::Unguarded, "{text}");
            for (index, paste) in problem
                .help
                .split('`')
                .enumerate()
                .filter(|(at, _)| at % 2 == 1)
            {
                // What is pasted stands for the clause, which is all that is wrong here.
                let whole = match text {
                    "event.table > 3 && event.net > 1.00" => format!("{paste} && event.net > 1.00"),
                    "!event.app" => format!("!({paste})"),
                    _ => paste.to_owned(),
                };
                let result = compile(&whole, &world.order(), Expected::Condition);
                assert!(
                    result.is_ok(),
                    "{text}: paste {index} `{whole}`: {result:?}"
                );
            }
        }
    }
}

#[test]
fn a_condition_of_more_than_2000_characters_is_refused_before_it_is_read() {
    let text = format!("event.coupon == \"{}\"", "é".repeat(2_000));
    let problems = read(&text).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, Code::ConditionTooLarge);
    assert_eq!(problems[0].message, "the condition has 2018 characters");
    assert_eq!(problems[0].label, "at most 2000 are allowed");
    // 2,000 characters are read: 17 before the literal, then `é` of two bytes each.
    assert_eq!(problems[0].span.start, 17 + 1_983 * 2);
    let fits = format!("event.coupon == \"{}\"", "é".repeat(1_982));
    assert!(read(&fits).is_ok());
}

#[test]
fn nesting_of_more_than_32_is_refused_however_it_is_written() {
    for (open, close) in [
        ("(", ")"),
        ("!", ""),
        ("-", ""),
        ("abs(", ")"),
        ("[", "]"),
        ("true ? ", " : false"),
        ("false ? true : ", ""),
        ("1 + ", ""),
        ("1 * (", ")"),
        ("event.app == (", ")"),
    ] {
        let text = format!("{}true{}", open.repeat(150), close.repeat(150));
        let problems = read(&text).unwrap_err();
        assert!(
            problems
                .iter()
                .any(|problem| problem.code == Code::ConditionTooLarge),
            "{text}: {problems:?}"
        );
    }
    let brackets = format!("{}event.gift{}", "(".repeat(31), ")".repeat(31));
    assert!(read(&brackets).is_ok());
}

#[test]
fn a_long_chain_of_or_is_not_deep() {
    let text = vec!["event.items == 1"; 80].join(" || ");
    assert!(read(&text).is_ok());
}

#[test]
fn all_problems_that_can_be_told_apart_are_said_at_once() {
    let text =
        "event.nett > 3 && account.rung >= \"glod\" && event.table > 3 && line.category == \"x\"";
    let codes: Vec<Code> = read(text)
        .unwrap_err()
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(
        codes,
        [
            Code::UnknownColumn,
            Code::UnknownValue,
            Code::Unguarded,
            Code::UnknownValue
        ]
    );
}

#[test]
fn an_empty_condition_is_said_to_ask_nothing() {
    for text in ["", " "] {
        let problems = read(text).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].code, Code::ConditionSyntax);
        assert_eq!(problems[0].message, "the condition is empty");
        assert_eq!(problems[0].span, 0..text.len());
    }
}

#[test]
fn a_guard_holds_only_where_it_must_have_been_true() {
    for (text, guarded) in [
        ("has(event.table) && event.table > 3", true),
        ("!has(event.table) || event.table > 3", true),
        ("has(event.table) && event.gift && event.table > 3", true),
        ("has(event.table) && (event.gift || event.table > 3)", true),
        (
            "!(has(event.table) && has(event.tip)) || event.table > 3",
            true,
        ),
        (
            "!(!has(event.table) || !has(event.tip)) && event.table > 3",
            true,
        ),
        ("!has(event.table) || event.gift || event.table > 3", true),
        ("has(event.table) ? event.table > 3 : false", true),
        ("!has(event.table) ? false : event.table > 3", true),
        ("event.table == 12 && event.table > 3", true),
        ("event.table in [1, 12] && event.table > 3", true),
        ("event.table == event.items && event.table > 3", true),
        ("has(event.table) || event.table > 3", false),
        ("!has(event.table) && event.table > 3", false),
        ("event.table > 3 && has(event.table)", false),
        (
            "(has(event.table) || has(event.tip)) && event.table > 3",
            false,
        ),
        (
            "!(has(event.table) || has(event.tip)) && event.table > 3",
            false,
        ),
        (
            "!(has(event.table) && has(event.tip)) && event.table > 3",
            false,
        ),
        (
            "(has(event.table) ? event.gift : true) && event.table > 3",
            false,
        ),
        ("has(event.table) ? event.gift : event.table > 3", false),
        ("!(event.table == 12) && event.table > 3", false),
        (
            "(event.table == 12 || event.gift) && event.table > 3",
            false,
        ),
        ("has(event.tip) && event.table > 3", false),
        ("(has(event.table) && event.gift) || event.table > 3", false),
        ("has(event.table) && event.gift || event.table > 3", false),
    ] {
        let problems = compile(text, &World::new().order(), Expected::Condition).err();
        let codes: Option<Vec<Code>> =
            problems.map(|problems| problems.iter().map(|problem| problem.code).collect());
        let expected = (!guarded).then(|| vec![Code::Unguarded]);
        assert_eq!(codes, expected, "{text}");
    }
}

//! Whole pages. `tests/golden` holds reports, and of some of them the page, byte by byte (`UPDATE=1` writes them
//! anew; the first ones came from another implementation of the same templates and forms, in Python).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rungs_page::{Language, Notice, Programme};
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn golden(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The page of a report, with the report before it if `previous` names one. It is whole, and nothing of the templates
/// shows in it.
fn page(name: &str, previous: Option<&str>) -> String {
    let report = golden(&format!("{name}.json"));
    let previous = previous.map(|name| golden(&format!("{name}.json")));
    let page = rungs_page::html(&report, previous.as_deref()).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    // Hostile names say such things themselves.
    let traces: &[&str] = match name {
        "hostile" => &[],
        _ => &["{{", "{%", "None", "undefined", "&amp;amp;", "&amp;lt;"],
    };
    for trace in traces {
        let found = page.find(trace);
        let near = found.map(|at| &page[at.saturating_sub(80)..(at + 40).min(page.len())]);
        assert_eq!(near, None, "{name}: `{trace}` in the page");
    }
    page
}

/// The page of a report is the golden one.
fn agrees(name: &str, previous: Option<&str>) {
    let page = page(name, previous);
    let wanted = path(&format!("{name}.html"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&wanted, &page).unwrap();
    }
    let wanted = std::fs::read_to_string(wanted).unwrap();
    for (number, (line, wanted)) in page.lines().zip(wanted.lines()).enumerate() {
        assert_eq!(line, wanted, "{name}.html, line {}", number + 1);
    }
    assert!(page == wanted, "{name}.html ends otherwise");
}

#[test]
fn a_report_with_all_keys_and_the_report_before_it() {
    agrees("more", Some("before"));
}

#[test]
fn a_programme_without_anything() {
    agrees("empty", None);
}

#[test]
fn names_that_look_like_markup_or_templates() {
    agrees("hostile", Some("before"));
}

/// What is made is the golden text.
fn is_golden(made: &str, wanted: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path(wanted), made).unwrap();
    }
    assert!(made == golden(wanted), "{wanted} is another one");
}

/// The lines of two nights of a report, and of a third one that failed.
fn nights(name: &str) -> String {
    let report: serde_json::Value = serde_json::from_str(&golden(&format!("{name}.json"))).unwrap();
    let told = |figure: &&serde_json::Value| figure["by"].as_object().unwrap().is_empty();
    let figures = report["kpis"].as_array().unwrap().iter().filter(told);
    let kpis: Vec<String> = figures
        .map(|figure| {
            format!(
                r#"{{"id": {}, "value": {}, "window": {}}}"#,
                figure["id"], figure["value"], figure["window"]
            )
        })
        .collect();
    let line = |night: &str, kpis: &str| {
        format!(
            r#"{{"night": "{night}", "run": 1, "members": {}, "orders": {}, "read": 12, "accepted": 11, "objectives": {}, "kpis": [{kpis}]}}"#,
            report["totals"]["members"], report["totals"]["orders"], report["objectives"]
        )
    };
    [
        line("2026-10-01", &kpis.join(", ").replace("\"value\": 0.", "\"value\": 0.0")),
        line("2026-11-15", &kpis.join(", ")),
        r#"{"night": "2026-11-16", "failed": {"code": "run/inbox", "message": "the inbox `<b>&\u202ex` cannot be opened", "help": ""}}"#
            .to_owned(),
    ]
    .join("\n")
}

#[test]
fn all_nights_of_some_programmes() {
    let (more, hostile) = (golden("more.json"), golden("hostile.json"));
    let (more_nights, hostile_nights) = (nights("more"), nights("hostile"));
    let programme = |report, nights, page| Programme {
        report,
        nights,
        page,
    };
    let page = |night: &str| (night != "2026-10-01").then(|| format!("more/reports/{night}.html"));
    let first = programme(&more, &more_nights, &page);
    let second = programme(&hostile, &hostile_nights, &|_| None);
    let index = rungs_page::index(&[first, second]).unwrap();
    is_golden(&index, "index.html");
    assert!(rungs_page::index(&[]).unwrap().contains("Rungs"));
}

#[test]
fn a_night_that_failed() {
    let notice = Notice {
        name: "<i>Bean & Leaf</i>",
        night: "2026-11-16",
        code: "run/inbox",
        message: "the inbox `<b>&\u{202e}x` cannot be opened",
        help: "name the folder",
        last: Some("2026-11-15"),
        last_page: Some("2026-11-15.html"),
    };
    is_golden(&rungs_page::failed(&notice).unwrap(), "failed.html");
    let first = Notice {
        help: "",
        last: None,
        last_page: None,
        ..notice
    };
    let page = rungs_page::failed(&first).unwrap();
    assert!(page.contains("no night was settled before") && !page.contains("What to do"));
}

/// The report in short is the golden one.
fn short(name: &str, previous: Option<&str>, language: Language, wanted: &str) {
    let report = golden(&format!("{name}.json"));
    let previous = previous.map(|name| golden(&format!("{name}.json")));
    let short = rungs_page::markdown(&report, previous.as_deref(), language).unwrap();
    is_golden(&short, wanted);
}

#[test]
fn a_report_in_short() {
    short("more", Some("before"), Language::English, "more.md");
    short("more", Some("before"), Language::Chinese, "more.zh.md");
    short("empty", None, Language::English, "empty.md");
}

/// Nothing in it is a heading, a link, a table, a picture or a mention but what the template made.
#[test]
fn names_that_look_like_markdown() {
    short("hostile", Some("before"), Language::English, "hostile.md");
}

#[test]
fn a_programme_before_its_first_order() {
    page("first", None);
}

#[test]
fn a_programme_without_points() {
    page("no-points", None);
}

#[test]
fn one_member() {
    page("one", Some("before"));
}

#[test]
fn two_million_members() {
    page("million", Some("million-before"));
}

#[test]
fn large_numbers() {
    page("large", Some("before"));
}

#[test]
fn kinds_and_units_that_are_not_known_yet() {
    page("future", None);
}

#[test]
fn the_same_report_gives_the_same_page() {
    let report = golden("no-points.json");
    let page = || rungs_page::html(&report, None).unwrap();
    assert!(page() == page());
}

#[test]
fn an_error_says_what_is_missing_and_what_to_do() {
    let error = rungs_page::html("{", None).unwrap_err().to_string();
    assert!(
        error.starts_with("[page/json] the report is not JSON: "),
        "{error}"
    );
    let error = rungs_page::html("{}", None).unwrap_err().to_string();
    assert!(
        error.starts_with("[page/shape] `kpis` of the report is not there: "),
        "{error}"
    );
    let empty = golden("empty.json");
    let error = rungs_page::html(&empty.replace("\"orders\": 0", "\"orders\": null"), None);
    let error = error.unwrap_err();
    assert_eq!(error.code, rungs_page::PageCode::Number);
    assert!(error.message.contains("sections/"), "{error}");
    let error = rungs_page::html(&empty.replace("2026-01-01\"", "2026-02-30\""), None);
    assert_eq!(error.unwrap_err().code, rungs_page::PageCode::Date);
}

//! What people and machines do to a run: broken files, odd nights, two runs at once, a process that is
//! killed. A bad row never stops a good one, a bad file never stops a good one, and nothing is dropped
//! without a record. Through the built binary; exit codes 0 fine, 1 findings, 2 wrong use, 3 could not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod runs;
mod shop;

use shop::{PROGRAMME, Shop, TILL, at, event, text};
use std::process::Command;

#[test]
fn an_empty_file_is_refused_and_the_good_one_beside_it_is_settled() {
    let shop = Shop::new();
    shop.till("good.csv", "1,ann,2025-05-01 10:00,7.90,\n");
    shop.write("inbox/till/empty.csv", "");
    let said = shop.settle("2025-05-02");
    assert!(
        said.contains("object/empty") && said.contains("till/empty.csv"),
        "{said}"
    );
    assert_eq!(shop.points(), [event("1", 7)]);
}

#[test]
fn a_file_with_only_a_header_is_fine() {
    let shop = Shop::new();
    shop.till("none.csv", "");
    assert_eq!(shop.settle("2025-05-02"), "");
    assert_eq!(shop.ledger(), "");
    assert_eq!(shop.codes(), []);
}

#[test]
fn a_row_in_another_encoding_goes_to_quarantine_alone() {
    let shop = Shop::new();
    let mut bytes =
        format!("{TILL}1,ann,2025-05-01 10:00,7.90,fine\n2,bob,2025-05-01 10:00,8.90,caf")
            .into_bytes();
    bytes.extend(b"\xe9\n3,ann,2025-05-01 11:00,5.00,\n");
    shop.write("inbox/till/latin.csv", bytes);
    shop.settle("2025-05-02");
    assert_eq!(shop.points(), [event("1", 7), event("3", 5)]);
    assert_eq!(shop.codes(), [at(3, "row/not-utf8")]);
}

#[test]
fn a_file_in_utf_16_is_refused_whole() {
    let shop = Shop::new();
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(
        format!("{TILL}1,ann,2025-05-01 10:00,7.90,\n")
            .encode_utf16()
            .flat_map(u16::to_le_bytes),
    );
    shop.write("inbox/till/wide.csv", bytes);
    shop.till("good.csv", "2,bob,2025-05-01 10:00,3.00,\n");
    let said = shop.settle("2025-05-02");
    assert!(
        said.contains("object/not-utf8") && said.contains("till/wide.csv"),
        "{said}"
    );
    assert_eq!(shop.points(), [event("2", 3)]);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let plain = Shop::new();
    let rows = "1,ann,2025-05-01 10:00,7.90,x\n2,bob,2025-05-01 12:00,3.00,\n";
    plain.till("a.csv", rows);
    plain.settle("2025-05-02");
    let odd = Shop::new();
    let file = format!("\u{feff}{TILL}{rows}").replace('\n', "\r\n");
    odd.write("inbox/till/a.csv", file);
    assert_eq!(odd.settle("2025-05-02"), "");
    assert_eq!(odd.points(), [event("1", 7), event("2", 3)]);
    assert_eq!(odd.ledger(), plain.ledger());
    assert_eq!(odd.codes(), []);
}

#[test]
fn a_line_of_ten_megabytes_goes_to_quarantine_and_the_rows_around_it_are_settled() {
    let shop = Shop::new();
    let long = "x".repeat(10 << 20);
    shop.till("long.csv", &format!("1,ann,2025-05-01 10:00,7.90,\n2,bob,2025-05-01 10:00,1.00,{long}\n3,eve,2025-05-01 10:00,2.00,\n"));
    shop.settle("2025-05-02");
    assert_eq!(shop.points(), [event("1", 7), event("3", 2)]);
    assert_eq!(shop.codes(), [at(3, "row/too-long")]);
}

#[test]
fn a_repeated_event_counts_once_and_a_contradicting_one_goes_to_quarantine() {
    let shop = Shop::new();
    shop.till("a.csv", "1,ann,2025-05-01 10:00,7.90,\n1,ann,2025-05-01 10:00,7.90,\n2,ann,2025-05-01 11:00,4.00,\n");
    shop.settle("2025-05-02");
    assert_eq!(shop.points(), [event("1", 7), event("2", 4)]);
    assert_eq!(shop.codes(), []);
    // The first cut stands.
    shop.till(
        "b.csv",
        "2,ann,2025-05-01 11:00,9.00,\n3,ann,2025-05-03 09:00,1.00,\n",
    );
    shop.settle("2025-05-03");
    assert_eq!(shop.points(), [event("1", 7), event("2", 4), event("3", 1)]);
    let rows = shop.quarantine();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].0, "till/b.csv");
    assert!(rows[0].2.ends_with("/conflict"), "{rows:?}");
}

#[test]
fn a_refund_before_its_order_goes_to_quarantine_and_takes_nothing() {
    let shop = Shop::new();
    shop.till(
        "a.csv",
        "1,ann,2025-05-02 10:00,7.90,\n2,ann,2025-05-01 09:00,3.00,\n",
    );
    shop.write(
        "inbox/back/a.csv",
        "id,member,time,order\nr1,ann,2025-05-01 10:00,1\nr2,ann,2025-05-02 09:00,2\n",
    );
    shop.settle("2025-05-03");
    assert_eq!(shop.points(), [event("1", 7), event("2", 3)]);
    let rows = shop.quarantine();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].2, "row/unknown-order");
    assert!(rows[0].3.contains("`1`"), "{rows:?}");
    // The other one took its order's three points back.
    let ledger = shop.ledger();
    let reversed: Vec<&str> = ledger
        .lines()
        .filter(|line| line.contains(r#""kind":"reverse""#))
        .collect();
    assert_eq!(reversed.len(), 1, "{ledger}");
    assert!(
        reversed[0].contains(r#"["back","r2"]"#) && reversed[0].contains(r#""points":"-3""#),
        "{ledger}"
    );
    shop.verify();
}

#[test]
fn an_order_that_is_told_of_another_account_counts_in_both_until_it_is_cancelled_and_verify_says_so()
 {
    let shop = Shop::new();
    shop.till(
        "a.csv",
        "1,ann,2025-05-01 10:00,7.90,\n2,bob,2025-05-01 10:00,3.00,\n",
    );
    shop.settle("2025-05-01");
    shop.verify();
    // The same receipt, from another file: nobody compares accounts.
    shop.till("b.csv", "1,cid,2025-05-01 10:00,7.90,\n");
    shop.settle("2025-05-02");
    let output = shop.ask(&["verify"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let named = "event `till/1` stands under the accounts `ann` and `cid`, and counts in each";
    assert!(
        said.contains(named) && said.contains("0 differences"),
        "{said}"
    );
    shop.write(
        "inbox/till/c.csv",
        "id,member,time,net,void\n1,ann,2025-05-01 10:00,,true\n",
    );
    shop.settle("2025-05-03");
    shop.verify();
}

#[test]
fn an_un_redeem_gives_back_what_was_taken_whatever_it_asks_for_and_only_to_whom_it_was_taken_from()
{
    let shop = Shop::new();
    shop.till(
        "a.csv",
        "1,ann,2025-05-01 10:00,7.90,\n2,bob,2025-05-01 10:00,9.00,\n",
    );
    shop.write(
        "inbox/spent/a.csv",
        "id,member,time,points\ns1,ann,2025-05-01 11:00,5\n",
    );
    shop.write(
        "inbox/undone/a.csv",
        "id,member,time,redeem,points\n\
         u1,ann,2025-05-02 10:00,s1,-1\n\
         u2,bob,2025-05-02 10:00,s1,5\n\
         u3,ann,2025-05-02 10:00,s1,999999999999999999\n\
         u4,ann,2025-05-02 11:00,s1,\n\
         u5,ann,2025-05-02 11:00,,5\n\
         u6,ann,2025-05-02 12:00,s1,0\n\
         u7,ann,2025-05-01 10:30,s1,\n",
    );
    shop.settle("2025-05-03");
    let ledger = shop.ledger();
    let restored: Vec<&str> = ledger
        .lines()
        .filter(|line| line.contains(r#""kind":"restore""#))
        .collect();
    assert_eq!(restored.len(), 1, "{ledger}");
    assert!(
        restored[0].contains(r#"["undone","u3"]"#) && restored[0].contains(r#""points":"5""#),
        "{ledger}"
    );
    let mut codes = shop.codes();
    codes.sort();
    let unknown = (None, "row/unknown-redeem".to_owned());
    assert_eq!(
        codes,
        [
            unknown.clone(),
            unknown,
            at(2, "row/negative"),
            at(6, "row/missing-value")
        ]
    );
    shop.verify();
}

#[test]
fn a_leap_day_is_a_day_and_the_same_date_a_year_later_is_none() {
    let shop = Shop::new();
    shop.till(
        "a.csv",
        "1,ann,2024-02-29 23:59:59,7.90,\n2,ann,2025-02-29 10:00,3.00,\n",
    );
    shop.settle("2025-03-02");
    assert_eq!(
        shop.grants(),
        [("1".into(), "2024-02-29T22:59:59Z".into(), 7)]
    );
    assert_eq!(shop.codes(), [at(3, "row/not-a-time")]);
}

#[test]
fn half_past_two_that_spring_skips_is_an_hour_later_and_that_autumn_repeats_is_the_first() {
    let shop = Shop::new();
    shop.till("a.csv", "gap,ann,2025-03-30 02:30,7.00,\nfold,ann,2025-10-26 02:30,3.00,\nsecond,ann,2025-10-26T02:30+01:00,2.00,\n");
    shop.settle("2025-10-27");
    let expected = [
        ("fold", "2025-10-26T00:30:00Z", 3),
        // 03:30 summer time.
        ("gap", "2025-03-30T01:30:00Z", 7),
        ("second", "2025-10-26T01:30:00Z", 2),
    ];
    let expected: Vec<(String, String, i64)> = expected
        .into_iter()
        .map(|(id, at, points)| (id.to_owned(), at.to_owned(), points))
        .collect();
    assert_eq!(shop.grants(), expected);
    shop.verify();
}

#[test]
fn bad_values_go_to_quarantine_row_by_row_with_line_code_and_reason() {
    let shop = Shop::new();
    shop.till("a.csv", "1,ann,2025-05-01 10:00,-7.90,\n2,ann,2025-05-01 11:00,seven,\n3,,2025-05-01 11:00,1.00,\n4,ann,yesterday,1.00,\n5,ann,2025-05-01 11:00,1.00\n6,ann,2025-05-01 12:00,6.00,\n7,ann,2025-05-01 12:00,,\n");
    shop.settle("2025-05-02");
    assert_eq!(shop.points(), [event("6", 6)]);
    let rows = shop.quarantine();
    let expected = [
        at(2, "row/negative"),
        at(3, "row/not-a-number"),
        at(4, "row/missing-value"),
        at(5, "row/not-a-time"),
        at(6, "row/wrong-field-count"),
        at(8, "row/missing-value"),
    ];
    assert_eq!(shop.codes(), expected, "{rows:?}");
    assert!(
        rows.iter()
            .all(|row| row.0 == "till/a.csv" && row.3.len() > 10),
        "{rows:?}"
    );
    let shown = text(&shop.ask(&["quarantine"]).stdout);
    assert!(
        shown.contains("till/a.csv:3 (net `seven`): row/not-a-number: `net` is not a number"),
        "{shown}"
    );
    assert!(shown.ends_with("6 rows in quarantine\n"), "{shown}");
}

#[test]
fn a_file_without_a_column_it_needs_is_refused_and_may_be_mended_under_the_same_name() {
    let shop = Shop::new();
    shop.write(
        "inbox/till/a.csv",
        "id,member,time\n1,ann,2025-05-01 10:00\n",
    );
    shop.till("b.csv", "2,bob,2025-05-01 10:00,3.00,\n");
    let said = shop.settle("2025-05-02");
    assert!(
        said.contains("object/missing-column") && said.contains("`net`"),
        "{said}"
    );
    assert_eq!(shop.points(), [event("2", 3)]);
    shop.till("a.csv", "1,ann,2025-05-03 10:00,4.00,\n");
    assert_eq!(shop.settle("2025-05-03"), "");
    assert_eq!(shop.points(), [event("1", 4), event("2", 3)]);
}

#[test]
fn a_programme_folder_that_is_not_there_is_a_finding_that_names_it() {
    let shop = Shop::new();
    let output = Command::new(rungs_tests::rungs())
        .current_dir(shop.folder.path())
        .args(["check", "nowhere"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(said.contains("nowhere"), "{said}");
}

#[test]
fn a_programme_with_errors_is_not_run() {
    let shop = Shop::new();
    shop.write(
        "shop/2024-01-01.toml",
        PROGRAMME.replace("rounding = \"down\"", "rounding = \"dwon\""),
    );
    shop.till("a.csv", "1,ann,2025-05-01 10:00,7.90,\n");
    let output = shop
        .runs(&shop.path("store"), "2025-05-02")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("toml/wrong-value") && said.contains("dwon"),
        "{said}"
    );
    assert!(!shop.path("store").exists());
}

#[test]
fn wrong_arguments_are_told_with_exit_code_2() {
    let shop = Shop::new();
    for words in [
        &["run"][..],
        &["run", "--as-of", "2025-13-01"],
        &["settel"],
        &["explain", "code", "row/nothing-like-it"],
    ] {
        let output = Command::new(rungs_tests::rungs())
            .current_dir(shop.folder.path())
            .args(words)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{words:?}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_told_with_exit_code_3() {
    let shop = Shop::new();
    // No store yet, then no inbox.
    assert_eq!(shop.ask(&["ledger"]).status.code(), Some(3));
    std::fs::remove_dir(shop.path("inbox")).unwrap();
    let output = shop
        .runs(&shop.path("store"), "2025-05-02")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("the inbox"));
}

#[test]
fn the_exit_codes_are_documented_in_the_help() {
    let output = Command::new(rungs_tests::rungs())
        .arg("--help")
        .output()
        .unwrap();
    assert!(
        text(&output.stdout).contains("Exit codes: 0 fine, 1 findings, 2 wrong use, 3 could not.")
    );
}

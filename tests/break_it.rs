//! What people and machines do to a run: broken files, odd nights, two runs at once, a process that is
//! killed. A bad row never stops a good one, a bad file never stops a good one, and nothing is dropped
//! without a record. Through the built binary; exit codes 0 fine, 1 findings, 2 wrong use, 3 could not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use rungs_pipeline::lake::store::Store;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// One point for each whole euro; whoever buys is in.
const PROGRAMME: &str = r#"
[program]
name = "shop"
zone = "Europe/Berlin"
currency = "EUR"
leap_day = "02-28"

[collect.till]
event = "order"
id = "id"
member = "member"
time = "time"
columns = { net = { required = true, min = 0.00, max = 1000000.00 }, note = { type = "text" } }

[collect.back]
event = "refund"
id = "id"
member = "member"
time = "time"
columns = { order = { required = true } }

[enrol]
kind = "automatic"

[points.beans]
rounding = "down"
round_at = "event"

[[earn]]
id = "base"
kind = "per_amount"
amount = 'event.net'
points = 1
per = 1.00
counts = false

[refunds]
shortage = "debt"
"#;

/// The till's header.
const TILL: &str = "id,member,time,net,note\n";

/// A programme, an inbox and a store in a folder of their own.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Shop {
        let shop = Shop {
            folder: tempfile::tempdir().unwrap(),
        };
        shop.write("shop/2024-01-01.toml", PROGRAMME);
        std::fs::create_dir_all(shop.path("inbox")).unwrap();
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// A file of orders under a header.
    fn till(&self, name: &str, rows: &str) {
        self.write(&format!("inbox/till/{name}"), format!("{TILL}{rows}"));
    }

    fn command(&self, store: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(rungs_tests::rungs());
        // Away from the repository, whose defaults are not meant here.
        command
            .current_dir(self.folder.path())
            .args(words)
            .args(["--program".as_ref(), self.path("shop").as_os_str()])
            .args(["--store".as_ref(), store.as_os_str()]);
        command
    }

    fn ask(&self, words: &[&str]) -> Output {
        self.command(&self.path("store"), words).output().unwrap()
    }

    fn runs(&self, store: &Path, as_of: &str) -> Command {
        let mut command = self.command(store, &["run", "--quiet", "--as-of", as_of]);
        command.args(["--inbox".as_ref(), self.path("inbox").as_os_str()]);
        command
    }

    /// Settles up to and with a night; must go well. What it warned of.
    fn settle(&self, as_of: &str) -> String {
        let output = self.runs(&self.path("store"), as_of).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    }

    fn ledger(&self) -> String {
        let output = self.ask(&["ledger"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    fn digest(&self, store: &Path) -> String {
        let output = self
            .command(store, &["ledger", "--digest"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// (event, when, points) of every grant.
    fn grants(&self) -> Vec<(String, String, i64)> {
        let mut grants: Vec<(String, String, i64)> = self
            .ledger()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|line| line["kind"] == "grant")
            .map(|line| {
                let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                (
                    word(&line["event"][1]),
                    word(&line["at"]),
                    word(&line["points"]).parse().unwrap(),
                )
            })
            .collect();
        grants.sort();
        grants
    }

    fn points(&self) -> Vec<(String, i64)> {
        self.grants()
            .into_iter()
            .map(|(event, _, points)| (event, points))
            .collect()
    }

    /// (object, line, code, reason) of every row in quarantine.
    fn quarantine(&self) -> Vec<(String, Option<i64>, String, String)> {
        let output = self.ask(&["quarantine", "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| {
                (
                    word(&row["object"]),
                    row["line"].as_i64(),
                    word(&row["code"]),
                    word(&row["reason"]),
                )
            })
            .collect()
    }

    fn codes(&self) -> Vec<(Option<i64>, String)> {
        self.quarantine()
            .into_iter()
            .map(|(_, line, code, _)| (line, code))
            .collect()
    }

    /// Recounts independently; nothing may differ.
    fn verify(&self) {
        let output = self.ask(&["verify"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn event(id: &str, points: i64) -> (String, i64) {
    (id.to_owned(), points)
}

fn at(line: i64, code: &str) -> (Option<i64>, String) {
    (Some(line), code.to_owned())
}

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
        shown.contains("till/a.csv:3 (net): row/not-a-number: `net` is not a number"),
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
fn a_second_run_is_told_that_the_store_is_locked() {
    let shop = Shop::new();
    shop.till("a.csv", "1,ann,2025-05-01 10:00,7.90,\n");
    shop.settle("2025-05-02");
    let store = Store::open(&shop.path("store")).unwrap();
    let lock = store.lock().unwrap();
    let output = shop
        .runs(&shop.path("store"), "2025-05-03")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(
        said.contains("store/locked") && said.contains("hint: wait"),
        "{said}"
    );
    drop(lock);
    shop.settle("2025-05-03");
}

/// So many orders of so many members over a year, some refunded.
fn busy(shop: &Shop, orders: u32) {
    let mut rows = String::new();
    let mut refunds = String::from("id,member,time,order\n");
    for order in 0..orders {
        let (day, month) = (1 + order % 28, 1 + order / 28 % 12);
        let member = order * 7 % 997;
        rows += &format!(
            "{order},m{member},2025-{month:02}-{day:02} 10:00:{:02},{}.50,\n",
            order % 60,
            order % 90
        );
        if order % 11 == 0 {
            refunds += &format!("r{order},m{member},2025-12-30 10:00,{order}\n");
        }
    }
    shop.till("busy.csv", &rows);
    shop.write("inbox/back/busy.csv", refunds);
}

#[test]
fn of_two_runs_at_once_one_settles_and_the_other_is_told_so_or_has_nothing_to_do() {
    let shop = Shop::new();
    busy(&shop, 4_000);
    let alone = shop.path("alone");
    assert!(shop.runs(&alone, "2026-01-01").status().unwrap().success());
    // Both may find no store, or one that the other has just settled.
    for attempt in 0..6 {
        let store = shop.path(&format!("store-{attempt}"));
        let start = || -> Child {
            shop.runs(&store, "2026-01-01")
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let first = start();
        std::thread::sleep(Duration::from_millis(attempt * 20));
        let codes = [first, start()].map(|child| {
            let output = child.wait_with_output().unwrap();
            let said = text(&output.stderr);
            let code = output.status.code().unwrap();
            let told = code == 3 && said.contains("store/locked");
            assert!(code == 0 || told, "{code}: {said}");
            code
        });
        assert!(codes.contains(&0), "{codes:?}");
        assert_eq!(shop.digest(&store), shop.digest(&alone));
        let manifests = Store::open(&store).unwrap().manifests().unwrap();
        assert_eq!(manifests.len(), 1);
    }
}

#[test]
fn a_run_that_is_killed_at_any_moment_leaves_nothing_that_counts() {
    let shop = Shop::new();
    busy(&shop, 8_000);
    let alone = shop.path("alone");
    let start = Instant::now();
    for as_of in ["2025-06-15", "2026-01-01"] {
        assert!(shop.runs(&alone, as_of).status().unwrap().success());
    }
    let length = start.elapsed();
    let expected = shop.digest(&alone);
    let mut killed = 0;
    const TIMES: u32 = 8;
    for time in 0..TIMES {
        let store = shop.path(&format!("store-{time}"));
        for as_of in ["2025-06-15", "2026-01-01"] {
            // Twice in a run, later and later; both runs together take `length` undisturbed.
            for part in [time, TIMES + time] {
                let mut child = shop
                    .runs(&store, as_of)
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                std::thread::sleep(Duration::from_micros(
                    (length.as_micros() as u64 * u64::from(part)) / u64::from(4 * TIMES),
                ));
                let ended = child.try_wait().unwrap();
                child.kill().unwrap();
                child.wait().unwrap();
                killed += u32::from(ended.is_none());
            }
            assert!(shop.runs(&store, as_of).status().unwrap().success());
        }
        assert_eq!(shop.digest(&store), expected, "kill number {time}");
    }
    println!("{killed} runs were killed");
    assert!(
        killed >= TIMES,
        "only {killed} runs were still at work when they were killed"
    );
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

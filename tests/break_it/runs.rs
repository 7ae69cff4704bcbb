//! Two runs at once, and runs that are killed.

use crate::shop::{Shop, text};
use rungs_pipeline::lake::store::Store;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

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
        said.contains("store/locked") && said.contains("help: wait"),
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

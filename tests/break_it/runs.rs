//! Two runs at once, and runs that are killed.

use crate::shop::{PROGRAMME, Shop, text};
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

/// Processes that must be killed while they are at work.
const KILLS: u32 = 50;

/// The second night learns of late, corrected and cancelled orders of the first.
const LATE: &str = "id,revision,member,time,net,void\nlate-1,1,m7,2025-06-10 09:00,75.00,\nlate-2,1,m14,2025-06-11 09:00,20.00,\n";

#[test]
fn fifty_killed_runs_leave_nothing_that_counts_and_no_half_report() {
    let shop = Shop::new();
    let reward = "\n[[rewards]]\nid = \"cup\"\nkind = \"voucher\"\non = \"order\"\nwhen = 'event.net >= 60.00'\ncost = 1.00\n";
    let programme = PROGRAMME.replace("id = \"id\"\nmember = \"member\"\ntime = \"time\"\ncolumns = { net", "id = \"id\"\nrevision = \"revision\"\nmember = \"member\"\ntime = \"time\"\ncolumns = { net");
    shop.write("shop/2024-01-01.toml", programme + reward);
    busy(&shop, 8_000);
    let orders = std::fs::read_to_string(shop.path("inbox/till/busy.csv")).unwrap();
    let orders = orders
        .replace("id,member,", "id,revision,member,")
        .replace(",m", ",1,m")
        .replace("id,revision,1,member", "id,revision,member");
    shop.write("inbox/till/busy.csv", &orders);
    let mut late = LATE.to_owned();
    // Of the orders of June every third is another one than was said, and every fifth never was.
    let june = orders.lines().filter(|row| row.contains(",2025-06-1"));
    for (number, row) in june.enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        match number {
            number if number % 3 == 0 => {
                late += &format!("{},2,{},{},1.00,\n", cells[0], cells[2], cells[3])
            }
            number if number % 5 == 0 => {
                late += &format!("{},2,{},{},,true\n", cells[0], cells[2], cells[3])
            }
            _ => {}
        }
    }
    let nights = [
        ("2025-06-15", "inbox"),
        ("2025-06-20", "inbox-late"),
        ("2026-01-01", "inbox-late"),
    ];
    shop.write("inbox-late/till/late.csv", late);
    for dataset in ["till", "back"] {
        let name = format!("{dataset}/busy.csv");
        let bytes = std::fs::read(shop.path(&format!("inbox/{name}"))).unwrap();
        shop.write(&format!("inbox-late/{name}"), bytes);
    }
    let settles = |store: &std::path::Path, (as_of, inbox): (&str, &str)| {
        let mut command = shop.command(store, &["run", "--quiet", "--as-of", as_of]);
        command.args(["--inbox".as_ref(), shop.path(inbox).as_os_str()]);
        command
    };
    let alone = shop.path("alone");
    let mut lengths = Vec::new();
    for night in nights {
        let start = Instant::now();
        assert!(settles(&alone, night).status().unwrap().success());
        lengths.push(start.elapsed());
    }
    let expected = shop.digest(&alone);
    let corrected = Store::open(&alone).unwrap().manifests().unwrap();
    assert!(
        corrected[1].counts["corrections.revised"] > 40,
        "{:?}",
        corrected[1].counts
    );
    let (mut killed, mut stores) = (0, 0);
    while killed < KILLS && stores < 4 * KILLS {
        let store = shop.path(&format!("store-{stores}"));
        for (night, length) in nights.iter().zip(&lengths) {
            // Twice in a run, each time at another moment of it.
            for part in [stores % 8 + 1, (stores + 4) % 8 + 1] {
                let mut child = settles(&store, *night)
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                std::thread::sleep(*length * part / 10);
                let ended = child.try_wait().unwrap();
                child.kill().unwrap();
                child.wait().unwrap();
                killed += u32::from(ended.is_none());
                let finished = Store::open(&store).is_ok_and(|store| store.last_run().unwrap() > 0);
                if finished {
                    let output = shop
                        .command(&store, &["report", "--format", "json"])
                        .output()
                        .unwrap();
                    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
                    let latest = Store::open(&store).unwrap().latest().unwrap().unwrap();
                    assert_eq!(report["as_of"], latest.nights.to.as_str());
                }
            }
            assert!(settles(&store, *night).status().unwrap().success());
        }
        assert_eq!(shop.digest(&store), expected, "store {stores}");
        std::fs::remove_dir_all(&store).unwrap();
        stores += 1;
    }
    println!("{killed} of {} runs were killed at work", stores * 6);
    assert!(
        killed >= KILLS,
        "only {killed} of {} runs were still at work when they were killed",
        stores * 6
    );
}

//! A run dies, or its disk fails for a moment, at each of its changes to the disk: the next run must leave
//! what an undisturbed one leaves, byte for byte, and whoever reads in between must see one night or the
//! other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Keys, Outcome, Request, run};
use crate::lake::faults::{After, Fault};
use crate::lake::store::Store;
use crate::program_folder::read;
use crate::progress::Silent;
use crate::report;
use crate::serving::Serving;
use crate::trouble::Trouble;
use rungs_engine::calendar::{day_from, day_text};
use rungs_engine::program::Versions;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PROGRAM: &str = r#"
[program]
name = "Corner Shop"
zone = "Europe/Berlin"
currency = "EUR"

[collect.till]
event = "order"
id = "id"
revision = "revision"
member = "member"
time = "time"

[collect.till.columns]
net = { required = true, min = 0.00, max = 10000.00 }

[collect.back]
event = "refund"
id = "id"
member = "member"
time = "time"
columns = { order = { required = true } }

[points.stars]
rounding = "down"
pending = { length = "2 days" }
expiry = { kind = "rolling", length = "20 days" }

[[metrics]]
id = "spend"
kind = "sum"
on = "order"
of = 'event.net'

[[earn]]
id = "base"
kind = "per_amount"
points = 1
per = 1.00
counts = false

[refunds]
shortage = "debt"

[tiers]
period = { kind = "rolling", length = "10 days" }
crossing = "next_event"
validity = { kind = "none" }

[[tiers.rung]]
id = "basic"

[[tiers.rung]]
id = "gold"
reach = { spend = 60.00 }

[[rewards]]
id = "pastry"
kind = "voucher"
on = "order"
when = 'event.net >= 20.00'
valid = "9 days"
cost = 0.80

[[surprises]]
id = "luck"
kind = "chance"
chance = 0.5
schedule = { cron = "0 12 * * ? *" }
when = 'true'
reward = "pastry"
budget = { count = 2 }
cooldown = "3 days"

[enrol]
kind = "automatic"
"#;

const MEMBERS: [&str; 5] = ["ann", "ben", "cat", "dan", "eve"];
const FIRST: &str = "2026-01-01";

struct Shop {
    folder: TempDir,
    program: Versions,
    keys: Keys,
}

impl Shop {
    /// A shop with the uploads of so many nights, each known when its night is settled; from the second on
    /// with a late order, a corrected one, and every third night one that is cancelled.
    fn new(nights: i32) -> Shop {
        let folder = tempfile::tempdir_in(memory()).unwrap();
        let programs = folder.path().join("shop");
        std::fs::create_dir_all(&programs).unwrap();
        std::fs::write(programs.join("2026-01-01.toml"), PROGRAM).unwrap();
        let read = read(&programs);
        let program = read
            .versions
            .unwrap_or_else(|| panic!("{:?}", read.findings));
        let shop = Shop {
            folder,
            program,
            keys: Keys::test(),
        };
        let first = day_from(FIRST).unwrap();
        for night in 0..nights {
            let date = day_text(first + night);
            let before = day_text(first + night - 1);
            let mut till = String::from("id,revision,member,time,net,void\n");
            for (number, member) in MEMBERS.iter().enumerate() {
                let net = (night * 7 + number as i32 * 11) % 40 + 5;
                till += &format!("o{night}-{number},1,{member},{date} 10:0{number},{net}.50,\n");
            }
            if night > 0 {
                till += &format!("l{night},1,ann,{before} 18:00,30.00,\n");
                till += &format!("o{}-1,2,ben,{before} 10:01,3.00,\n", night - 1);
            }
            if night % 3 == 2 {
                till += &format!("o{}-2,2,cat,{before} 10:02,,true\n", night - 1);
            }
            let back = format!("id,member,time,order\nb{night},dan,{date} 20:00,o{night}-3\n");
            for (dataset, text) in [("till", till), ("back", back)] {
                let inbox = shop.path(&format!("inbox-{night}/{dataset}"));
                std::fs::create_dir_all(&inbox).unwrap();
                std::fs::write(inbox.join(format!("{date}.csv")), text).unwrap();
            }
        }
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Settles a night, with the uploads that are known by then.
    fn night(&self, store: &Path, night: i32) -> Result<Outcome, Trouble> {
        let inbox = self.path(&format!("known-{night}"));
        if !inbox.exists() {
            (0..=night).for_each(|known| copy(&self.path(&format!("inbox-{known}")), &inbox));
        }
        let request = Request {
            versions: &self.program,
            inbox: &inbox,
            store,
            as_of: day_from(FIRST).unwrap() + night,
            shards: Some(3),
            keys: &self.keys,
        };
        run(&request, &Silent)
    }
}

/// In memory where that is possible: hundreds of stores.
fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    match memory.is_dir() {
        true => memory,
        false => std::env::temp_dir(),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

/// Every file of a store with its bytes, and what is served. What no manifest names goes with the next run.
fn all(store: &Path) -> BTreeMap<String, Vec<u8>> {
    let opened = Store::open(store).unwrap();
    opened.clean(&opened.lock().unwrap()).unwrap();
    let mut files = BTreeMap::new();
    let mut folders = vec![store.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path
                .strip_prefix(store)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !name.starts_with("serving.sqlite") && name != "lock" {
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let serving = Serving::open(&store.join("serving.sqlite")).unwrap();
    for member in MEMBERS {
        let mut row = serving.member(member).unwrap();
        if let Some(row) = &mut row {
            // A copy that was made anew is as of its night; one that grew names the last change.
            row.updated_night.clear();
        }
        let rewards = serving.rewards(member).unwrap();
        files.insert(
            format!("serving of {member}"),
            format!("{row:?}{rewards:?}").into(),
        );
    }
    files
}

/// Which files differ.
fn different(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names = one.keys().chain(other.keys());
    let mut names: Vec<String> = names
        .filter(|name| one.get(*name) != other.get(*name))
        .cloned()
        .collect();
    names.dedup();
    names
}

/// Lets a night fail at each of its changes. Returns how many there are.
fn fail_everywhere(shop: &Shop, night: i32, after: After) -> u64 {
    let base = shop.path(&format!("base-{night}"));
    if !base.exists() {
        std::fs::create_dir_all(&base).unwrap();
        for before in 0..night {
            shop.night(&base, before).unwrap();
        }
    }
    let undisturbed = shop.path(&format!("undisturbed-{night}"));
    if !undisturbed.exists() {
        copy(&base, &undisturbed);
        shop.night(&undisturbed, night).unwrap();
    }
    let expected = all(&undisturbed);
    let mut fails_at = 1;
    loop {
        let store = shop.path("failing");
        copy(&base, &store);
        let fault = Fault::of(&store, fails_at, after);
        let outcome = shop.night(&store, night);
        let hit = fault.changes() >= fails_at;
        drop(fault);
        if !hit {
            outcome.unwrap();
            std::fs::remove_dir_all(&store).unwrap();
            return fails_at - 1;
        }
        // Who reads now sees the night before or this one, and a whole report of it.
        if store.join("store.json").exists()
            && !Store::open(&store).unwrap().manifests().unwrap().is_empty()
        {
            let latest = Store::open(&store).unwrap().latest().unwrap().unwrap();
            let text = report::load(&store, &shop.program, None, true).unwrap();
            let report: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                report["as_of"],
                latest.nights.to.as_str(),
                "change {fails_at}"
            );
        }
        shop.night(&store, night)
            .unwrap_or_else(|trouble| panic!("after change {fails_at}: {trouble}"));
        let found = all(&store);
        let other = different(&expected, &found);
        assert!(
            other.is_empty(),
            "night {night}, change {fails_at} ({after:?}): {other:?}"
        );
        std::fs::remove_dir_all(&store).unwrap();
        fails_at += 1;
    }
}

#[test]
fn a_first_run_may_die_at_any_change() {
    let shop = Shop::new(1);
    for after in [After::Dead, After::Well] {
        let changes = fail_everywhere(&shop, 0, after);
        println!("first run: {changes} changes, {after:?}");
        assert!(changes > 60, "{changes}");
    }
}

#[test]
fn a_night_with_corrections_draws_and_a_merge_may_die_at_any_change() {
    let shop = Shop::new(9);
    for (night, after, parts) in [
        (
            5,
            After::Dead,
            ["superseded/00006", "corrections/00006", "rewards/00006"],
        ),
        (
            8,
            After::Dead,
            ["merged", "decisions/00009", "corrections/00009"],
        ),
        (
            8,
            After::Well,
            ["merged", "decisions/00009", "corrections/00009"],
        ),
    ] {
        let changes = fail_everywhere(&shop, night, after);
        println!("night {night}: {changes} changes, {after:?}");
        assert!(changes > 80, "{changes}");
        let undisturbed = Store::open(&shop.path(&format!("undisturbed-{night}"))).unwrap();
        let latest = undisturbed.latest().unwrap().unwrap();
        for what in ["late", "revised", "void"] {
            let counted = latest.counts.contains_key(&format!("corrections.{what}"));
            assert!(counted, "{what}: {:?}", latest.counts);
        }
        let files = latest.files.values().flatten();
        let names: Vec<&str> = files.map(|file| file.name.as_str()).collect();
        for part in parts {
            let there = names.iter().any(|name| name.contains(part));
            assert!(there, "{part}: {names:?}");
        }
    }
}

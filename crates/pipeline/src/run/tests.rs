//! Runs over a small shop: what must hold when one of them died, or much is filled in at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Keys, Outcome, Request, parts, run};
use crate::lake::manifest::Table;
use crate::lake::states::{StateReader, StateRow, StateWriter};
use crate::lake::store::Store;
use crate::ledger_dump;
use crate::program_folder::read;
use crate::progress::Silent;
use crate::report::nights::{self, Failed};
use crate::report::sums;
use crate::serving::{MemberRow, OpenPoints, RewardRow, Serving};
use rungs_engine::calendar::day_from;
use rungs_engine::program::Versions;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;

const PROGRAM: &str = r#"
[program]
name = "Corner Shop"
zone = "Europe/Berlin"
currency = "EUR"

[collect.orders]
event = "order"
file = "orders/*.csv"
id = "id"
member = "member"
time = "time"
purpose = "points"
retention = "2 years"

[collect.orders.columns]
net = { required = true, min = 0.00, max = 10000.00 }

[points.stars]
rounding = "down"
expiry = { kind = "rolling", length = "12 months" }

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

[refunds]
shortage = "debt"

[tiers]
period = { kind = "lifetime" }
crossing = "next_event"

[[tiers.rung]]
id = "basic"

[[tiers.rung]]
id = "gold"
reach = { spend = 100.00 }

[[rewards]]
id = "pastry"
kind = "voucher"
on = "order"
when = 'event.net >= 20.00'
valid = "3 days"
cost = 0.80

[enrol]
kind = "automatic"
"#;

/// A shop in a folder of its own.
struct Shop {
    folder: TempDir,
    program: Versions,
    keys: Keys,
}

impl Shop {
    fn new() -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("shop");
        std::fs::create_dir_all(&program).unwrap();
        std::fs::create_dir_all(folder.path().join("inbox/orders")).unwrap();
        std::fs::write(program.join("2026-01-01.toml"), PROGRAM).unwrap();
        let read = read(&program);
        let program = read
            .versions
            .unwrap_or_else(|| panic!("{:?}", read.findings));
        Shop {
            folder,
            program,
            keys: Keys::test(),
        }
    }

    fn upload(&self, name: &str, rows: &str) {
        let path = self.folder.path().join("inbox/orders").join(name);
        std::fs::write(path, format!("id,member,time,net\n{rows}")).unwrap();
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn night(&self, night: &str) -> Outcome {
        let request = Request {
            versions: &self.program,
            inbox: &self.folder.path().join("inbox"),
            store: &self.store(),
            as_of: day_from(night).unwrap(),
            shards: Some(5),
            keys: &self.keys,
        };
        run(&request, &Silent).unwrap()
    }

    fn serving(&self) -> Serving {
        Serving::open(&self.store().join("serving.sqlite")).unwrap()
    }

    fn served(&self, account: &str) -> (MemberRow, Vec<RewardRow>) {
        let serving = self.serving();
        let member = serving.member(account).unwrap().unwrap();
        (member, serving.rewards(account).unwrap())
    }

    /// The sums over all accounts that are kept for the next night.
    fn sums(&self) -> Value {
        let text = std::fs::read_to_string(self.store().join(sums::NAME)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn change_sums(&self, change: impl FnOnce(&mut Value)) {
        let mut sums = self.sums();
        change(&mut sums);
        std::fs::write(self.store().join(sums::NAME), sums.to_string()).unwrap();
    }

    /// Gives every state that is stored these bytes.
    fn spoil_states(&self, bytes: &[u8]) {
        let store = Store::open(&self.store()).unwrap();
        let manifest = store.latest().unwrap().unwrap();
        let mut states: BTreeMap<u16, Vec<(String, StateRow)>> = BTreeMap::new();
        for shard in 0..store.shards() {
            let reader = StateReader::open(&store, &manifest, shard).unwrap();
            let own = states.entry(shard).or_default();
            reader
                .for_each(|account, row| {
                    own.push((account.to_owned(), row.clone()));
                    Ok(())
                })
                .unwrap();
        }
        for file in manifest.files(Table::States) {
            let mut writer = StateWriter::new(&store, file.level, file.range());
            for shard in file.range().shards() {
                for (account, row) in &states[&shard] {
                    let state = bytes.to_vec();
                    let row = StateRow {
                        state,
                        ..row.clone()
                    };
                    writer.push(shard, account, &row).unwrap();
                }
            }
            assert_eq!(writer.finish().unwrap().unwrap().name, file.name);
        }
    }

    /// Removes the serving copy with its log.
    fn lose_serving(&self) {
        for name in ["serving.sqlite", "serving.sqlite-wal", "serving.sqlite-shm"] {
            let path = self.store().join(name);
            if path.exists() {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}

/// Two nights: ann has a pastry that lapses on the 8th and reaches gold, ben's lapses on the 4th.
fn two_nights() -> Shop {
    let shop = Shop::new();
    shop.upload(
        "1.csv",
        "o1,ann,2026-01-01 10:00,15.00\no2,ben,2026-01-01 11:00,25.00\no3,cat,2026-01-01 12:00,7.00\n",
    );
    shop.night("2026-01-01");
    shop.upload("2.csv", "o4,ann,2026-01-05 10:00,90.00\n");
    shop.night("2026-01-05");
    shop
}

#[test]
fn a_lost_serving_copy_is_made_anew_by_the_next_night() {
    let shop = two_nights();
    let before: Vec<_> = ["ann", "ben", "cat"].map(|name| shop.served(name)).into();
    assert_eq!(before[0].0.purse.balance, 105);
    assert_eq!(before[0].0.rung.as_deref(), Some("gold"));
    // 15 stars of 1 January and 90 of the 5th, each until the same day of the next year begins in Berlin.
    let ends = [(1_798_758_000, 15), (1_799_103_600, 90)];
    let ends = ends.map(|(seconds, points)| OpenPoints {
        until: seconds * 1_000_000,
        points,
    });
    assert_eq!(before[0].0.purse.open, ends);
    let next = (
        before[0].0.purse.next_expiry,
        before[0].0.purse.next_expiry_points,
    );
    assert_eq!(next, (Some(ends[0].until), 15));
    assert_eq!(before[0].1.len(), 1);
    assert_eq!(before[1].1, []);
    shop.lose_serving();
    shop.upload("3.csv", "o5,dan,2026-01-06 09:00,4.00\n");
    shop.night("2026-01-06");
    assert_eq!(shop.served("dan").0.purse.balance, 4);
    for (name, (mut member, rewards)) in ["ann", "ben", "cat"].into_iter().zip(before) {
        // Made anew, a row is as of the last night before.
        member.updated_night = "2026-01-05".to_owned();
        assert_eq!(shop.served(name), (member, rewards), "{name}");
    }
    let last = shop.serving().last_run().unwrap();
    assert_eq!(last, Some((3, "2026-01-06".to_owned())));
}

#[test]
fn a_serving_copy_of_another_run_is_replaced_even_if_the_night_is_settled_already() {
    let shop = two_nights();
    let ann = shop.served("ann");
    // As if the copy were that of a later run that the lake does not have, with somebody it never saw.
    let mut stranger = ann.0.clone();
    stranger.account = "eve".to_owned();
    let changes = crate::serving::Changes {
        members: vec![stranger],
        ..Default::default()
    };
    shop.serving().apply(9, "2026-02-01", &changes).unwrap();
    assert_eq!(shop.night("2026-01-05").run, 0);
    assert_eq!(shop.serving().member("eve").unwrap(), None);
    assert_eq!(shop.served("ann"), ann);
    let last = shop.serving().last_run().unwrap();
    assert_eq!(last, Some((2, "2026-01-05".to_owned())));
}

#[test]
fn a_night_adds_to_the_sums_of_the_night_before_and_to_no_others() {
    let shop = two_nights();
    let sums = shop.sums();
    assert_eq!(
        [&sums["run"], &sums["customers"], &sums["orders"]],
        [2, 3, 4]
    );
    assert_eq!(sums["revenue"], 13_700);
    // As if a million more had been sold before: what is kept is believed.
    shop.change_sums(|sums| sums["revenue"] = 100_013_700.into());
    shop.upload("3.csv", "o5,dan,2026-01-06 09:00,4.00\n");
    shop.night("2026-01-06");
    assert_eq!(shop.sums()["revenue"], 100_014_100);
    assert_eq!(shop.sums()["customers"], 4);
    // As if that run had been killed before it kept its own: all is counted anew.
    shop.change_sums(|sums| sums["run"] = 2.into());
    shop.upload("4.csv", "o6,ann,2026-01-07 09:00,1.00\n");
    shop.night("2026-01-07");
    let sums = shop.sums();
    assert_eq!([&sums["run"], &sums["customers"]], [4, 4]);
    assert_eq!(sums["revenue"], 14_200);
}

/// The sums of the last run as they come out when everything is counted anew.
fn sums_anew(shop: &Shop, night: &str) -> Value {
    for name in [sums::NAME.to_owned(), format!("reports/{night}.txt")] {
        std::fs::remove_file(shop.store().join(name)).unwrap();
    }
    assert_eq!(shop.night(night).run, 0);
    shop.sums()
}

#[test]
fn sums_that_grew_night_by_night_are_those_that_are_counted_anew() {
    let shop = two_nights();
    let ends = |days| serde_json::json!([{ "wallet": "stars", "never": 0, "days": days }]);
    let first = ends(serde_json::json!([["2027-01-01", 47], ["2027-01-05", 90]]));
    assert_eq!(shop.sums()["ends"], first);
    shop.upload("3.csv", "o5,ann,2026-12-31 10:00,3.00\n");
    // A year later nobody but ann was seen, and the points of 2026's first days are gone.
    for night in [
        "2026-01-06",
        "2026-12-31",
        "2027-01-01",
        "2027-01-04",
        "2027-01-05",
    ] {
        shop.night(night);
        let grown = shop.sums();
        assert_eq!(sums_anew(&shop, night), grown, "{night}");
    }
    let last = ends(serde_json::json!([["2027-12-31", 3]]));
    assert_eq!(shop.sums()["ends"], last);
}

#[test]
fn a_version_that_moves_the_ends_of_points_moves_them_for_everybody() {
    let mut shop = two_nights();
    let idle =
        "expiry = { kind = \"inactivity\", length = \"3 months\", renewed_by = [\"order\"] }";
    let text = PROGRAM.replace(
        "expiry = { kind = \"rolling\", length = \"12 months\" }",
        idle,
    );
    let program = shop.folder.path().join("shop");
    std::fs::write(program.join("2026-01-07.toml"), text).unwrap();
    let read = read(&program);
    shop.program = read
        .versions
        .unwrap_or_else(|| panic!("{:?}", read.findings));
    for (night, ends) in [
        (
            "2026-01-06",
            serde_json::json!([["2027-01-01", 47], ["2027-01-05", 90]]),
        ),
        ("2026-01-08", serde_json::json!([["2026-04-07", 137]])),
        ("2026-04-06", serde_json::json!([["2026-04-07", 137]])),
        ("2026-04-07", serde_json::json!([])),
    ] {
        shop.night(night);
        let grown = shop.sums();
        assert_eq!(grown["ends"][0]["days"], ends, "{night}");
        assert_eq!(sums_anew(&shop, night), grown, "{night}");
    }
}

#[test]
fn a_state_of_another_form_is_settled_anew_from_the_history() {
    let [shop, other] = [Shop::new(), Shop::new()].map(|shop| {
        shop.upload(
            "1.csv",
            "o1,ann,2026-01-01 10:00,95.00\no2,ben,2026-01-01 11:00,25.00\n",
        );
        shop.night("2026-01-01");
        shop
    });
    shop.spoil_states(&[0, 1, 2]);
    for shop in [&shop, &other] {
        shop.upload("2.csv", "o3,ann,2026-01-05 10:00,10.00\n");
        shop.night("2026-01-05");
    }
    assert_eq!(shop.served("ann").0.purse.balance, 105);
    assert_eq!(shop.served("ann"), other.served("ann"));
    assert_eq!(shop.sums(), other.sums());
    let counts = |shop: &Shop| {
        let store = Store::open(&shop.store()).unwrap();
        store.latest().unwrap().unwrap().counts
    };
    assert_eq!(counts(&shop), counts(&other));
    let digest = |shop: &Shop| ledger_dump::digest(&shop.program, &shop.store()).unwrap();
    assert_eq!(digest(&shop), digest(&other));
}

#[test]
fn a_finished_run_leaves_nothing_staged() {
    let shop = two_nights();
    assert!(!shop.store().join("staged").exists());
}

#[test]
fn a_bulk_run_has_more_tasks_and_never_more_than_shards() {
    let folder = tempfile::tempdir().unwrap();
    let cores = u16::try_from(rayon::current_num_threads() * 4).unwrap();
    let store = Store::create(folder.path(), "shop", 4_096).unwrap();
    assert_eq!(parts(&store, 0), cores);
    assert_eq!(parts(&store, 65_536 * 1_000), cores.max(1_000));
    assert_eq!(parts(&store, u64::MAX), 4_096);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path(), "shop", 1).unwrap();
    assert_eq!(parts(&store, 0), 1);
}

/// What each night said, as it is read for the index.
fn told(shop: &Shop) -> Vec<Value> {
    let kept = nights::kept(&Store::open(&shop.store()).unwrap()).unwrap();
    let lines = kept.unwrap().nights;
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn each_night_has_a_line_which_is_made_again_where_it_is_lost() {
    let shop = Shop::new();
    shop.upload("a.csv", "1,ann,2026-03-01T10:00:00Z,12.50\n");
    shop.night("2026-03-01");
    let first = told(&shop);
    assert_eq!(first[0]["night"], "2026-03-01");
    assert_eq!(
        (first[0]["orders"].as_i64(), first[0]["read"].as_i64()),
        (Some(1), Some(1))
    );
    let file = shop.store().join(nights::NAME);
    std::fs::write(&file, "no JSON\n{\"night\": 7}\n").unwrap();
    shop.night("2026-03-02");
    assert_eq!(told(&shop)[..1], first);
    std::fs::remove_file(&file).unwrap();
    let both = told(&shop);
    assert_eq!(both.len(), 2);
    shop.night("2026-03-05");
    assert_eq!(told(&shop)[..2], both);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 3);
}

#[test]
fn a_night_has_failed_until_it_is_settled() {
    let shop = Shop::new();
    shop.night("2026-03-01");
    let store = Store::open(&shop.store()).unwrap();
    let failed = Failed {
        code: "run/inbox".into(),
        message: "the inbox is gone".into(),
        help: "bring it back".into(),
    };
    let keep =
        |night: &str| nights::keep_failed(&store, day_from(night).unwrap(), &failed).unwrap();
    assert!(
        !keep("2026-03-01"),
        "a night that is settled has not failed"
    );
    assert!(keep("2026-03-02") && keep("2026-03-03"));
    assert_eq!(told(&shop)[2]["failed"]["message"], "the inbox is gone");
    // Settled together with the one before, of which no report tells more.
    shop.night("2026-03-03");
    let told = told(&shop);
    assert_eq!(told[1]["failed"]["code"], "run/inbox");
    assert_eq!(
        (&told[2]["failed"], &told[2]["run"]),
        (&Value::Null, &2.into())
    );
}

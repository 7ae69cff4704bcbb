//! One suite for all places where a programme can live: objects and items in this process, a laptop's folder and SQLite
//! file, and S3 and DynamoDB over HTTP. Those are there where `RUNGS_S3` and `RUNGS_DYNAMODB` name their endpoints, as
//! the tests of the night on AWS do.

use super::cloud::{Cloud, SMALL, clouds};
use super::tills::{member, noon};
use crate::steps::{Elsewhere, PROGRAM, files, ranges, settle_here};
use crate::world::World;
use jiff::ToSpan;
use rungs_aws::HoldError;
use rungs_engine::ledger::canonical::instant_text;
use rungs_pipeline::lake::ledger::Ledger;
use rungs_pipeline::lake::manifest::Table as LakeTable;
use rungs_pipeline::lake::store::Store;
use rungs_pipeline::objects::{MemoryObjects, Night, Objects, Remote};
use rungs_pipeline::serving::{Changes, PurseRow, Serving};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

#[test]
fn objects_are_whole_and_new_ones_have_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let memory = (
        "in memory",
        Arc::new(MemoryObjects::default()) as Arc<dyn Objects>,
        SMALL,
    );
    let clouds = clouds("objects");
    let all = clouds.iter();
    let all = all.map(|cloud| {
        (
            cloud.name,
            cloud.bucket.clone() as Arc<dyn Objects>,
            cloud.part,
        )
    });
    for (name, objects, part) in [memory].into_iter().chain(all) {
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let get = |key: &str| {
            let to = folder.path().join("got");
            let there = objects.fetch(key, &to).unwrap();
            there.then(|| std::fs::read(&to).unwrap())
        };
        assert_eq!(get("a/missing"), None, "{name}");
        let (one, two) = (file("one", b"one"), file("two", b"two"));
        objects.put("a/x", &one).unwrap();
        objects.put("a/x", &two).unwrap();
        assert_eq!(get("a/x").unwrap(), b"two", "{name}");
        assert!(objects.put_new("a/new", &one).unwrap());
        assert!(!objects.put_new("a/new", &two).unwrap());
        assert_eq!(get("a/new").unwrap(), b"one", "{name}: the first stays");
        objects.put("a/empty", &file("empty", b"")).unwrap();
        assert_eq!(get("a/empty").unwrap(), b"", "{name}");
        // Just one part, a byte more, and two parts and a half.
        for length in [part, part + 1, part * 5 / 2] {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 7 % 251) as u8).collect();
            let large = file("large", &bytes);
            let key = format!("large/{length}");
            assert!(objects.put_new(&key, &large).unwrap());
            assert!(!objects.put_new(&key, &one).unwrap(), "{name}: {length}");
            assert!(!objects.put_new(&key, &large).unwrap(), "{name}: {length}");
            assert!(get(&key).unwrap() == bytes, "{name}: {length} bytes differ");
            objects.put(&key, &large).unwrap();
            assert!(get(&key).unwrap() == bytes, "{name}: {length} bytes differ");
        }
        let odd = ["b/a b+c%20d", "b/Käse 咖啡", "b/q?x=1&y=2#z", "b/'\"<>"];
        for key in odd {
            objects.put(key, &one).unwrap();
            assert_eq!(get(key).unwrap(), b"one", "{name}: {key}");
        }
        let mut sorted = odd.map(str::to_owned);
        sorted.sort();
        assert_eq!(objects.list("b/").unwrap(), sorted, "{name}");
        assert_eq!(objects.list("a/").unwrap(), ["a/empty", "a/new", "a/x"]);
        assert_eq!(objects.list("nothing/").unwrap(), [""; 0], "{name}");
        let many: Vec<String> = (0..40).map(|at| format!("many/{at:02}")).collect();
        many.iter().for_each(|key| objects.put(key, &one).unwrap());
        assert_eq!(objects.list("many/").unwrap(), many, "{name}");
        let won: usize = std::thread::scope(|threads| {
            let put = || threads.spawn(|| usize::from(objects.put_new("a/race", &one).unwrap()));
            let all: Vec<_> = (0..8).map(|_| put()).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(won, 1, "{name}: of several at once one writes");
    }
}

#[test]
fn a_later_run_overwrites_and_an_earlier_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut laptop = Serving::open(&folder.path().join("serving.sqlite")).unwrap();
    let clouds = clouds("runs");
    let nights = [(1, 10), (2, 20), (1, 10), (3, 15), (2, 20), (3, 15)];
    let after = [10, 20, 20, 15, 15, 15];
    for ((run, balance), expected) in nights.into_iter().zip(after) {
        let changes = Changes {
            members: vec![member("ann", balance)],
            ..Changes::default()
        };
        laptop.apply(run, "2026-11-20", &changes).unwrap();
        let row = laptop.member("ann").unwrap().unwrap();
        assert_eq!(row.purse.balance, expected);
        for cloud in &clouds {
            let written = cloud
                .table
                .bring_changes("coffee", run, "2026-11-20", &changes);
            assert_eq!(written.unwrap(), 1);
            let item = cloud.member("coffee", "ann").unwrap();
            assert_eq!(item["balance"], expected, "{}: run {run}", cloud.name);
            assert_eq!(cloud.member("coffee", "ben"), None);
            assert_eq!(cloud.member("tea", "ann"), None);
        }
    }
}

#[test]
fn points_are_held_once() {
    for cloud in clouds("holds") {
        let changes = Changes {
            members: vec![member("ann", 95)],
            ..Changes::default()
        };
        let table = &cloud.table;
        table
            .bring_changes("coffee", 1, "2026-11-20", &changes)
            .unwrap();
        let (now, until) = (noon(), noon() + 48.hours());
        let held: usize = cloud.account.network.block_on(async {
            let mut tills = tokio::task::JoinSet::new();
            for number in 0..20 {
                let (till, name) = (cloud.till(), format!("vouchers/{number}"));
                tills.spawn(async move {
                    loop {
                        let times = (now, until);
                        match till.hold("coffee", "ann", &name, 10, times).await {
                            Ok(_) => return 1,
                            Err(HoldError::NotEnough(5)) => return 0,
                            Err(HoldError::Busy) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
            tills.join_all().await.into_iter().sum()
        });
        assert_eq!(held, 9, "{}", cloud.name);
        let till = cloud.till();
        let free = |at| {
            let free = till.free("coffee", "ann", at);
            cloud.account.network.block_on(free)
        };
        table
            .bring_changes("coffee", 2, "2026-11-21", &changes)
            .unwrap();
        assert_eq!(free(now), Ok(5), "{}: a night keeps holds", cloud.name);
        assert_eq!(free(until), Ok(95), "{}", cloud.name);
        let released = till.release("coffee", "ann", "vouchers/0");
        cloud.account.network.block_on(released).unwrap();
    }
}

#[test]
fn a_night_is_the_same_on_a_laptop_and_in_a_bucket_and_a_table() {
    for seed in [4, 9, 12] {
        let world = World::new(seed);
        let (inbox, store) = (world.inbox("inbox", &world.uploads()), world.path("store"));
        let plain = Elsewhere::over(&world, 3, |objects| objects);
        settle_here(&world, &plain, &inbox, &store, world.as_of, 3);
        for cloud in clouds(&format!("nights-{seed}")) {
            // The programme and its keys come from where the laptop's are.
            for key in plain.objects.list("").unwrap() {
                let path = world.path("copied");
                plain.objects.fetch(&key, &path).unwrap();
                cloud.bucket.put(&key, &path).unwrap();
            }
            let objects: Arc<dyn Objects> = cloud.bucket.clone();
            let remote = Remote::new(objects.clone(), PROGRAM, 3).working_in(&world.path(""));
            for name in files(&inbox) {
                let key = format!("inbox/{PROGRAM}/{name}");
                objects.put(&key, &inbox.join(&name)).unwrap();
                remote.take_in(&name).unwrap();
            }
            let cut = remote.cut(Night::Day(world.as_of)).unwrap().unwrap();
            let fetched = MemoryObjects::default();
            copy(&*objects, &cut.ranges, &fetched, &world.path("copied"));
            let ranges = ranges(&fetched, &cut.ranges);
            for range in &ranges {
                remote.fold(cut.run, *range, &|| true).unwrap();
            }
            let counted = remote.count(cut.run).unwrap();
            cloud.table.bring_report(PROGRAM, &counted).unwrap();
            for range in ranges {
                let served = remote.serving(cut.run, range).unwrap();
                cloud.table.bring(PROGRAM, &served).unwrap();
                remote.served(cut.run, range).unwrap();
            }
            for key in objects.list(&format!("lake/{PROGRAM}/")).unwrap() {
                copy(&*objects, &key, &plain.objects, &world.path("copied"));
            }
            plain.same(&store);
            for key in plain.objects.list(&format!("lake/{PROGRAM}/")).unwrap() {
                plain.objects.remove(&key);
            }
            readers_see_the_same(&world, &store, &cloud);
        }
    }
}

fn copy(from: &dyn Objects, key: &str, to: &MemoryObjects, path: &Path) {
    assert!(from.fetch(key, path).unwrap(), "{key}");
    to.put(key, path).unwrap();
}

/// Members, rewards and entries of the table are the rows of the laptop's serving copy and ledger.
fn readers_see_the_same(world: &World, store: &Path, cloud: &Cloud) {
    let what = format!("seed {}, {}", world.made.seed, cloud.name);
    let serving = Serving::open(&store.join("serving.sqlite")).unwrap();
    let lake = Store::open(store).unwrap();
    let ledger = Ledger::open(&lake).unwrap();
    let (mut entries, mut rewards) = (0, 0);
    let end = world.program().zone.midnight(world.as_of + 1) / 1_000_000;
    for shard in 0..lake.shards() {
        let each = |booked: &rungs_pipeline::lake::ledger::AccountLedger| {
            let account = booked.account.as_str();
            let row = serving.member(account).unwrap().unwrap();
            let item = Value::Object(cloud.member(PROGRAM, account).unwrap());
            same_purse(&item, &row.purse, &format!("{what}: {account}"));
            for (id, purse) in &row.other_wallets {
                let told = format!("{what}: {account}, {id}");
                same_purse(&item["other_wallets"][id], purse, &told);
            }
            assert_eq!(
                item.get("rung").and_then(Value::as_str),
                row.rung.as_deref()
            );
            let items = cloud.newest_first(PROGRAM, account, "entry#");
            // The table keeps 400 days.
            let kept: Vec<_> = (booked.entries.iter())
                .filter(|entry| entry.at.div_euclid(1_000_000) + 400 * 86_400 > end)
                .collect();
            assert_eq!(items.len(), kept.len(), "{what}: {account}");
            for (item, entry) in items.iter().rev().zip(kept) {
                let cause = ledger.cause(entry.cause).unwrap();
                assert_eq!(item["points"], entry.points, "{what}: {account}");
                assert_eq!(item["at"], instant_text(entry.at));
                assert_eq!(item["kind"], cause.kind.text());
                assert_eq!(item["rule"], cause.rule.as_str());
                assert_eq!(
                    item.get("wallet").and_then(Value::as_str),
                    cause.wallet.as_deref()
                );
                entries += 1;
            }
            let there = cloud.newest_first(PROGRAM, account, "reward#");
            let mut there: Vec<&str> = (there.iter())
                .filter(|item| !item.contains_key("revoked"))
                .map(|item| item["sk"].as_str().unwrap())
                .map(|key| key.strip_prefix("reward#").unwrap())
                .collect();
            there.sort_unstable();
            for reward in serving.rewards(account).unwrap() {
                assert!(there.binary_search(&reward.id.as_str()).is_ok(), "{what}");
                rewards += 1;
            }
            Ok(())
        };
        ledger
            .for_each_account_in(shard, &[LakeTable::Entries], each)
            .unwrap();
    }
    println!("{what}: {entries} entries, {rewards} rewards");
    assert!(entries > 0, "{what}");
}

/// What an item says of a wallet is what the serving copy says of it.
fn same_purse(item: &Value, purse: &PurseRow, what: &str) {
    assert_eq!(item["balance"], purse.balance, "{what}");
    assert_eq!(item["pending"], purse.pending, "{what}");
    assert_eq!(item["debt"], purse.debt, "{what}");
    let open = purse.open.iter();
    let open: Vec<Value> = open
        .map(|open| json!({"until": instant_text(open.until), "points": open.points}))
        .collect();
    assert_eq!(item["open"], Value::Array(open), "{what}");
    let next = purse.next_expiry.map(instant_text);
    assert_eq!(
        item.get("next_expiry").and_then(Value::as_str),
        next.as_deref(),
        "{what}"
    );
}

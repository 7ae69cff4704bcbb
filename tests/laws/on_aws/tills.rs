//! Points that tills hold: they cannot be spent twice, and a night takes away its own holds only.

use super::Account;
use super::wire::Faults;
use crate::steps::{Elsewhere, PROGRAM, ranges};
use crate::world::World;
use jiff::{Timestamp, ToSpan};
use rungs_aws::{HoldError, Table, Till};
use rungs_pipeline::objects::Night;
use rungs_pipeline::serving::{Changes, MemberRow, OpenPoints, PurseRow};

pub fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn purse(balance: i64) -> PurseRow {
    PurseRow {
        balance,
        open: vec![OpenPoints {
            until: 0,
            points: balance,
        }],
        ..PurseRow::default()
    }
}

/// A member with so many points, and a tenth of them in another wallet, as a night brought it.
pub fn member(account: &str, balance: i64) -> MemberRow {
    MemberRow {
        account: account.to_owned(),
        member: None,
        purse: purse(balance),
        other_wallets: vec![("stars".to_owned(), purse(balance / 10))],
        rung: None,
        rung_until: None,
        updated_night: "2026-11-20".to_owned(),
    }
}

fn brought(table: &Table, run: u32, balance: i64) {
    let changes = Changes {
        members: vec![member("ann", balance)],
        ..Changes::default()
    };
    table
        .bring_changes("coffee", run, "2026-11-20", &changes)
        .unwrap();
}

#[test]
fn tills_that_hold_at_once_hold_no_more_than_there_is() {
    for seed in 0..20 {
        let account = Account::new();
        let faults = Faults::new(seed, if seed % 2 == 0 { 0 } else { 10 }, false);
        brought(&account.table(&Faults::none(), 3), 1, 95);
        let now = noon();
        let until = now + 48.hours();
        let held: usize = account.network.block_on(async {
            let mut tills = tokio::task::JoinSet::new();
            for number in 0..30 {
                let till = account.till(&faults);
                tills.spawn(async move {
                    let name = format!("vouchers/{number}");
                    loop {
                        let held = till.hold("coffee", "ann", &name, 10, (now, until)).await;
                        match held {
                            Ok(_) => return 1,
                            Err(HoldError::NotEnough(free)) => {
                                assert!(free < 10);
                                return 0;
                            }
                            Err(HoldError::Busy | HoldError::Unavailable(_)) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
            tills.join_all().await.into_iter().sum()
        });
        assert_eq!(held, 9, "seed {seed}");
        let till = account.till(&Faults::none());
        let free = account.network.block_on(till.free("coffee", "ann", now));
        assert_eq!(free, Ok(5));
    }
}

#[test]
fn a_till_is_told_what_is_not_held_and_why() {
    let account = Account::new();
    let table = account.table(&Faults::none(), 3);
    let till = account.till(&Faults::none());
    let now = noon();
    let until = now + 1.hour();
    let hold = |name: &str, points| {
        let held = till.hold("coffee", "ann", name, points, (now, until));
        account.network.block_on(held)
    };
    assert_eq!(hold("vouchers/1", 10), Err(HoldError::Unknown));
    brought(&table, 1, 100);
    assert_eq!(hold("vouchers/1", 60), Ok(40));
    // Again, after an answer that was lost.
    assert_eq!(hold("vouchers/1", 60), Ok(40));
    assert_eq!(hold("vouchers/1", 50), Err(HoldError::HeldOtherwise(60)));
    assert_eq!(hold("vouchers/2", 41), Err(HoldError::NotEnough(40)));
    assert_eq!(hold("vouchers/2", 0), Err(HoldError::NotEnough(40)));
    assert_eq!(hold("vouchers/2", 40), Ok(0));
    let texts = [
        HoldError::Unknown,
        HoldError::NotEnough(40),
        HoldError::HeldOtherwise(60),
        HoldError::Busy,
    ];
    assert_eq!(
        texts.map(|error| error.to_string()),
        [
            "the member has no points yet",
            "only 40 points are free",
            "the redemption holds 60 points already",
            "others spend this member's points at this moment",
        ]
    );
    let released = till.release("coffee", "ann", "vouchers/2");
    account.network.block_on(released).unwrap();
    assert_eq!(hold("vouchers/3", 40), Ok(0));
    // A night that knows nothing of holds leaves them, and one that is over does not count.
    brought(&table, 2, 130);
    let free = |at| account.network.block_on(till.free("coffee", "ann", at));
    assert_eq!(free(now), Ok(30));
    assert_eq!(free(until), Ok(130));
    let later = till.hold(
        "coffee",
        "ann",
        "vouchers/4",
        130,
        (until, until + 1.hour()),
    );
    assert_eq!(account.network.block_on(later), Ok(0));
    let items = account.dynamodb.items();
    let item = items.values().next().unwrap();
    let holds: Vec<&String> = (item.keys().filter(|name| name.starts_with("hold#"))).collect();
    assert_eq!(holds, ["hold#vouchers/4"], "those that are over are gone");
}

#[test]
fn what_is_held_in_one_wallet_is_free_in_the_other() {
    let account = Account::new();
    brought(&account.table(&Faults::none(), 3), 1, 100);
    let till = account.till(&Faults::none());
    let stars = till.of_wallet("stars");
    let now = noon();
    let until = now + 1.hour();
    let hold = |till: &Till, name: &str, points| {
        let held = till.hold("coffee", "ann", name, points, (now, until));
        account.network.block_on(held)
    };
    assert_eq!(hold(&stars, "vouchers/1", 8), Ok(2));
    assert_eq!(hold(&till, "vouchers/2", 100), Ok(0));
    assert_eq!(hold(&stars, "vouchers/1", 8), Ok(2));
    assert_eq!(hold(&stars, "vouchers/3", 3), Err(HoldError::NotEnough(2)));
    // A redemption names one wallet.
    let otherwise = Err(HoldError::HeldOtherwise(8));
    assert_eq!(hold(&till, "vouchers/1", 8), otherwise);
    assert_eq!(
        hold(&till.of_wallet("moons"), "vouchers/4", 1),
        Err(HoldError::Unavailable(
            "the item has no balance of wallet `moons`".to_owned()
        ))
    );
    let released = till.release("coffee", "ann", "vouchers/1");
    account.network.block_on(released).unwrap();
    assert_eq!(hold(&stars, "vouchers/3", 3), Ok(7));
}

/// Every redemption of a generated history was held by a till before its night, and one was that never comes.
#[test]
fn a_night_takes_away_the_holds_that_it_settles() {
    let (mut settled, mut all) = (0, 0);
    for seed in 0..100 {
        let world = World::new(seed);
        let redeems = redemptions(&world);
        if redeems.is_empty() {
            continue;
        }
        let elsewhere = Elsewhere::over(&world, 3, |objects| objects);
        let account = Account::new();
        let table = account.table(&Faults::none(), 3);
        let till = account.till(&Faults::none());
        let inbox = world.inbox("inbox", &world.uploads());
        super::schedules::uploaded(&elsewhere, &inbox);
        let (now, until) = (noon(), noon() + 48.hours());
        for (owner, name) in &redeems {
            let changes = Changes {
                members: vec![member(owner, 1_000_000)],
                ..Changes::default()
            };
            table.bring_changes(PROGRAM, 0, "", &changes).unwrap();
            for name in [name.as_str(), "elsewhere/1"] {
                let held = till.hold(PROGRAM, owner, name, 1, (now, until));
                account.network.block_on(held).unwrap();
            }
        }
        let cut = elsewhere.remote.cut(Night::Day(world.as_of)).unwrap();
        let cut = cut.unwrap();
        let ranges = ranges(&elsewhere.objects, &cut.ranges);
        for range in &ranges {
            elsewhere.remote.fold(cut.run, *range, &|| true).unwrap();
        }
        elsewhere.remote.count(cut.run).unwrap();
        let mut booked = std::collections::BTreeSet::new();
        for range in ranges {
            let served = elsewhere.remote.serving(cut.run, range).unwrap();
            let each = |owner: &str, entries: Vec<rungs_pipeline::objects::BookedEntry>| {
                let names = entries.iter().filter_map(|entry| entry.redeems());
                booked.extend(names.map(|name| (owner.to_owned(), name.to_owned())));
                Ok(())
            };
            served.entries(each).unwrap();
            table.bring(PROGRAM, &served).unwrap();
        }
        let items = account.dynamodb.items();
        for (owner, name) in &redeems {
            let item = &items[&(format!("{PROGRAM}#member#{owner}"), "member".to_owned())];
            let there = item.contains_key(&format!("hold#{name}"));
            let was_booked = booked.contains(&(owner.clone(), name.clone()));
            assert_eq!(there, !was_booked, "seed {seed}: {owner} {name}");
            assert!(item.contains_key("hold#elsewhere/1"));
            settled += usize::from(was_booked);
            all += 1;
        }
    }
    assert!(settled > 50, "{settled} holds of {all} were settled");
}

/// Account and name of each redemption of a history.
fn redemptions(world: &World) -> Vec<(String, String)> {
    let uploads = world.uploads();
    let of = uploads.iter().filter(|upload| upload.dataset == "spent");
    of.flat_map(|upload| {
        let columns: Vec<&str> = upload.header.split(',').collect();
        let place = |name: &str| columns.iter().position(|column| *column == name).unwrap();
        let (account, member, id) = (place("account"), place("member"), place("id"));
        upload.rows.iter().map(move |(_, line)| {
            let cells: Vec<&str> = line.split(',').collect();
            let owner = match cells[account] {
                "" => cells[member],
                account => account,
            };
            (owner.to_owned(), format!("spent/{}", cells[id]))
        })
    })
    .collect()
}

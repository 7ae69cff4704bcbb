//! The law of unfinished folds: a fold may stop behind any shard and be gone on with by another process, and several may
//! go on at once and get differently far; the ledger and the figures are those of a night in one go.

use crate::steps::{Elsewhere, files, ranges, settle_here};
use crate::world::World;
use crate::{nights, seeds};
use rungs_engine::calendar::Day;
use rungs_histories::Random;
use rungs_pipeline::lake::shard::ShardRange;
use rungs_pipeline::objects::Night;
use rungs_simulation::bring;
use std::cell::Cell;
use std::path::Path;

/// Folds in all, and those that stopped before their range was done.
#[derive(Default)]
struct Folds {
    all: usize,
    unfinished: usize,
}

/// Folds a range until all of it is done; how often that was asked for.
fn fold(elsewhere: &Elsewhere<'_>, run: u32, range: ShardRange, seed: u64) -> usize {
    let random = Cell::new(Random(seed));
    let go_on = || {
        let mut own = random.replace(Random(0));
        let yes = own.percent(50);
        random.set(own);
        yes
    };
    let shards = usize::from(range.last - range.first) + 1;
    let tries = 1..=shards;
    let done = |_: &usize| elsewhere.remote.fold(run, range, &go_on).unwrap();
    tries
        .into_iter()
        .find(done)
        .expect("each call does a shard at least")
}

fn settle(elsewhere: &Elsewhere<'_>, night: Day, random: &mut Random, folds: &mut Folds) {
    let cut = elsewhere.remote.cut(Night::Day(night)).unwrap().unwrap();
    for range in ranges(&elsewhere.objects, &cut.ranges) {
        let seeds = [random.bits(), random.bits()];
        let several = random.percent(50);
        let asked: usize = std::thread::scope(|threads| {
            let others: Vec<_> = (seeds.iter().take(1 + usize::from(several)))
                .map(|seed| threads.spawn(move || fold(elsewhere, cut.run, range, *seed)))
                .collect();
            others.into_iter().map(|other| other.join().unwrap()).sum()
        });
        folds.all += asked;
        folds.unfinished += asked - 1 - usize::from(several);
    }
    elsewhere.remote.count(cut.run).unwrap();
    for range in ranges(&elsewhere.objects, &cut.ranges) {
        elsewhere.remote.serving(cut.run, range).unwrap();
        elsewhere.remote.served(cut.run, range).unwrap();
    }
}

#[test]
fn a_fold_goes_on_behind_what_an_unfinished_one_has_done() {
    let mut folds = Folds::default();
    for seed in seeds(10) {
        let world = World::new(seed);
        let mut random = Random(seed ^ 0x0f01d);
        let elsewhere = Elsewhere::new(&world, 40);
        let (inbox, store) = (world.inbox("inbox", &world.uploads()), world.path("store"));
        for night in nights(&world, &mut random, 150) {
            settle_here(&world, &elsewhere, &inbox, &store, night, 40);
            elsewhere.upload(&inbox, &mut random);
            settle(&elsewhere, night, &mut random, &mut folds);
        }
        let fetched = world.path("fetched");
        bring(elsewhere.objects.as_ref(), "lake/generated/", &fetched).unwrap();
        let what = "folds that stopped changed the ledger";
        world.same(what, &world.ledger(&store), &world.ledger(&fetched));
        for report in files(&store.join("reports")) {
            let of = |store: &Path| std::fs::read(store.join("reports").join(&report)).unwrap();
            assert!(of(&store) == of(&fetched), "seed {seed}: {report} differs");
        }
    }
    println!(
        "{} folds, {} of them unfinished",
        folds.all, folds.unfinished
    );
    assert!(
        folds.unfinished > 100,
        "only {} were unfinished",
        folds.unfinished
    );
}

//! Seeded schedules of what goes wrong on AWS: calls that fail, are throttled, done in part, or done without anybody
//! hearing of it; notifications that come twice and out of order; two nights at once; steps of a run that wake up when
//! others have gone on. Whatever it is, lake and table end as if nothing had been.

use super::Account;
use super::wire::{Fault, Faults};
use crate::steps::{Elsewhere, PROGRAM, files, ranges, settle_here};
use crate::world::{Upload, World, shuffle};
use crate::{nights, number};
use rayon::prelude::*;
use rungs_aws::{Failure, Table};
use rungs_engine::calendar::{Day, day_text};
use rungs_histories::Random;
use rungs_pipeline::lake::shard::ShardRange;
use rungs_pipeline::objects::{Night, Objects};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Schedules in the default run, and how many of them share a history.
const SCHEDULES: u64 = 1_000;
const OF_A_HISTORY: u64 = 10;

/// Bytes of a part: a few objects of each night have more.
const PART: u64 = 16_384;

type Items = BTreeMap<(String, String), Map<String, Value>>;

/// What a function is asked to do.
#[derive(Debug, Clone)]
pub enum Step {
    TakeIn(String),
    Cut(Day),
    Fold(u32, ShardRange),
    Count(u32),
    Serve(u32, ShardRange),
}

/// The functions of an account.
struct Functions<'a, 'w> {
    elsewhere: &'a Elsewhere<'w>,
    table: Table,
    /// Steps that were done are now and then done again.
    zombies: bool,
}

impl Functions<'_, '_> {
    /// Does a step until it is done, as queue and state machine do; what is to be done after it.
    fn invoke(&self, step: &Step, random: &mut Random) -> Vec<Step> {
        for _ in 0..5_000 {
            match self.once(step, random) {
                Ok(next) => return next,
                Err(Failure::Unavailable(_)) => {}
                Err(failure) => panic!("{step:?}: {failure:?}"),
            }
        }
        panic!("{step:?} is never done");
    }

    fn once(&self, step: &Step, random: &mut Random) -> Result<Vec<Step>, Failure> {
        let remote = &self.elsewhere.remote;
        match step {
            Step::TakeIn(name) => drop(remote.take_in(name)?),
            Step::Cut(night) => {
                let Some(cut) = remote.cut(Night::Day(*night))? else {
                    return Ok(Vec::new());
                };
                let mut ranges = ranges(&self.elsewhere.objects, &cut.ranges);
                let mut steps = Vec::new();
                shuffle(random, &mut ranges);
                steps.extend(ranges.iter().map(|range| Step::Fold(cut.run, *range)));
                steps.push(Step::Count(cut.run));
                shuffle(random, &mut ranges);
                steps.extend(ranges.iter().map(|range| Step::Serve(cut.run, *range)));
                steps.push(Step::Cut(*night));
                return Ok(steps);
            }
            Step::Fold(run, range) => drop(remote.fold(*run, *range, &|| true)?),
            Step::Count(run) => {
                let counted = remote.count(*run)?;
                self.table.bring_report(PROGRAM, &counted)?;
            }
            Step::Serve(run, range) => {
                self.table.bring(PROGRAM, &remote.serving(*run, *range)?)?;
                remote.served(*run, *range)?;
            }
        }
        Ok(Vec::new())
    }

    /// Executions of the state machine for one night, at once, and zombies of steps that were done before.
    fn settle(&self, night: Day, executions: usize, done: &mut Vec<Step>, random: &mut Random) {
        let mut todo = vec![vec![Step::Cut(night)]; executions];
        while todo.iter().any(|steps| !steps.is_empty()) {
            if self.zombies && !done.is_empty() && random.percent(8) {
                let zombie = random.pick(done).clone();
                self.invoke(&zombie, random);
            }
            let at = random.below(executions as u64) as usize;
            if todo[at].is_empty() {
                continue;
            }
            let step = todo[at].remove(0);
            let next = self.invoke(&step, random);
            todo[at].splice(0..0, next);
            done.push(step);
        }
    }
}

/// A history in one night or two, and what an undisturbed account and a laptop make of it.
struct Scene {
    world: World,
    inboxes: Vec<(Day, PathBuf)>,
    store: PathBuf,
    shards: u16,
}

impl Scene {
    fn new(seed: u64) -> Scene {
        let world = World::new(seed);
        let mut random = Random(seed ^ 0xa35);
        let all = nights(&world, &mut random, 60);
        let middle = if seed.is_multiple_of(3) {
            all[all.len() / 2]
        } else {
            world.as_of
        };
        let mut inboxes = Vec::new();
        let mut last = Day::MIN;
        for night in [middle, world.as_of] {
            // Each night's inbox has the uploads of the one before as well.
            let inbox = world.path(&format!("inbox-{}", day_text(night)));
            std::fs::create_dir_all(&inbox).unwrap();
            for upload in &world.uploads() {
                for (from, to) in [(Day::MIN, middle), (middle, world.as_of)] {
                    let rows = upload.rows.iter();
                    let rows = rows.filter(|(day, _)| *day > from && *day <= to && to <= night);
                    let rows: Vec<_> = rows.cloned().collect();
                    if !rows.is_empty() {
                        Upload::with(upload, format!("{}.csv", day_text(to)), rows)
                            .write(&inbox)
                            .unwrap();
                    }
                }
            }
            if night > last {
                inboxes.push((night, inbox));
            }
            last = night;
        }
        Scene {
            store: world.path("store"),
            shards: *random.pick(&[1, 1, 2]),
            world,
            inboxes,
        }
    }

    /// Settles it on AWS; what the table has then.
    fn on_aws(&self, faults: &Arc<Faults>, attempts: u32, seed: Option<u64>) -> Items {
        let account = Account::new();
        let elsewhere = Elsewhere::over(&self.world, self.shards, |objects| {
            let bucket = account.bucket(objects, faults, attempts, PART);
            Arc::new(bucket) as Arc<dyn Objects>
        });
        let functions = Functions {
            elsewhere: &elsewhere,
            table: account.table(faults, attempts),
            zombies: seed.is_some(),
        };
        let mut random = Random(seed.unwrap_or(0));
        let mut done = Vec::new();
        for (night, inbox) in &self.inboxes {
            let mut notified = uploaded(&elsewhere, inbox);
            if seed.is_some() {
                let again: Vec<Step> = notified.iter().chain(&done).cloned().collect();
                let again = again.into_iter();
                let again = again.filter(|step| matches!(step, Step::TakeIn(_)));
                notified.extend(again.filter(|_| random.percent(20)));
                shuffle(&mut random, &mut notified);
            }
            for step in notified {
                functions.invoke(&step, &mut random);
                done.push(step);
            }
            let executions = 1 + usize::from(seed.is_some_and(|_| random.percent(30)));
            functions.settle(*night, executions, &mut done, &mut random);
        }
        if self.store.exists() {
            elsewhere.same(&self.store);
        }
        account.dynamodb.items()
    }

    fn on_the_laptop(&self) {
        let plain = Elsewhere::over(&self.world, self.shards, |objects| objects);
        for (night, inbox) in &self.inboxes {
            let store = &self.store;
            settle_here(&self.world, &plain, inbox, store, *night, self.shards);
        }
    }
}

/// Puts the files of an inbox that are not there yet; their notifications.
pub fn uploaded(elsewhere: &Elsewhere<'_>, inbox: &Path) -> Vec<Step> {
    let new = files(inbox).into_iter().filter(|name| {
        let key = format!("inbox/{PROGRAM}/{name}");
        elsewhere.objects.put_new(&key, &inbox.join(name)).unwrap()
    });
    new.map(Step::TakeIn).collect()
}

#[test]
fn whatever_goes_wrong_on_aws_lake_and_table_are_the_same() {
    let schedules = number("RUNGS_SCHEDULES").unwrap_or(SCHEDULES);
    let first = number("RUNGS_SEED").unwrap_or(0);
    let histories = schedules.div_ceil(OF_A_HISTORY);
    let one = |seed: u64| {
        let scene = Scene::new(seed);
        scene.on_the_laptop();
        let expected = scene.on_aws(&Faults::none(), 3, None);
        assert!(!expected.is_empty());
        let schedules = 0..OF_A_HISTORY;
        let happened: Vec<BTreeMap<Fault, usize>> = schedules
            .map(|schedule| {
                let seed = seed * OF_A_HISTORY + schedule;
                // In one of five every request fails at first; in another the SDK gives up at once.
                let each_once = schedule % 5 == 0;
                let faults = Faults::new(seed, 3 + 7 * (schedule % 3), each_once);
                let attempts = if schedule % 5 == 1 { 1 } else { 3 };
                let items = scene.on_aws(&faults, attempts, Some(seed));
                same(seed, &expected, &items);
                faults.happened()
            })
            .collect();
        happened
    };
    // Most of the time they wait.
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(8)
        .build()
        .unwrap();
    let seeds = (first..first + histories).into_par_iter();
    let happened: Vec<BTreeMap<Fault, usize>> =
        threads.install(|| seeds.flat_map_iter(one).collect());
    let mut all: BTreeMap<Fault, usize> = BTreeMap::new();
    for (fault, times) in happened.iter().flatten() {
        *all.entry(*fault).or_default() += times;
    }
    println!("{} schedules: {all:?}", happened.len());
    assert_eq!(all.len(), 4, "each kind of fault happens");
}

fn same(seed: u64, expected: &Items, items: &Items) {
    for (key, item) in expected {
        assert_eq!(items.get(key), Some(item), "schedule {seed}: {key:?}");
    }
    let more: Vec<_> = items
        .keys()
        .filter(|key| !expected.contains_key(*key))
        .collect();
    assert!(more.is_empty(), "schedule {seed}: {more:?}");
}

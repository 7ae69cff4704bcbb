//! The law of steps: a night that is taken in, cut, folded and counted by processes that know nothing of each other,
//! over objects that are elsewhere, some of them twice and in any order, writes the bytes of a run in one go.

use crate::world::{Upload, World, shuffle};
use crate::{nights, seeds};
use rayon::prelude::*;
use rungs_engine::calendar::{Day, day_text};
use rungs_histories::Random;
use rungs_pipeline::lake::error::LakeError;
use rungs_pipeline::lake::manifest::Manifest;
use rungs_pipeline::lake::shard::ShardRange;
use rungs_pipeline::lake::store::Store;
use rungs_pipeline::objects::{MemoryObjects, Night, Objects, Remote, unavailable};
use rungs_pipeline::progress::Silent;
use rungs_pipeline::run::{Keys, Request, run};
use rungs_pipeline::trouble::Trouble;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::NamedTempFile;

pub const PROGRAM: &str = "generated";

const KEYS: &str = r#"
draw = "1111111111111111111111111111111111111111111111111111111111111111"
pseudonym = "2222222222222222222222222222222222222222222222222222222222222222"
"#;

/// A world whose inbox and programme are objects.
pub struct Elsewhere<'w> {
    world: &'w World,
    pub objects: Arc<MemoryObjects>,
    pub remote: Remote,
    keys: NamedTempFile,
}

impl<'w> Elsewhere<'w> {
    pub fn new(world: &'w World, shards: u16) -> Elsewhere<'w> {
        Elsewhere::over(world, shards, |objects| objects)
    }

    /// With objects that are asked through others.
    pub fn over(
        world: &'w World,
        shards: u16,
        asked: impl FnOnce(Arc<MemoryObjects>) -> Arc<dyn Objects>,
    ) -> Elsewhere<'w> {
        let objects = Arc::new(MemoryObjects::default());
        // A file of its own, which its owner alone may read: worlds are shared by many at once.
        let keys = tempfile::NamedTempFile::new_in(world.path("")).unwrap();
        std::fs::write(keys.path(), KEYS).unwrap();
        objects.put("keys/generated.toml", keys.path()).unwrap();
        for file in std::fs::read_dir(world.programs()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            objects
                .put(&format!("programs/{PROGRAM}/{name}"), &path)
                .unwrap();
        }
        Elsewhere {
            world,
            remote: Remote::new(asked(objects.clone()), PROGRAM, shards)
                .working_in(&world.path("")),
            objects,
            keys,
        }
    }

    /// The files of the inbox that were written since the last time.
    pub fn upload(&self, inbox: &Path, random: &mut Random) {
        let mut names = files(inbox);
        shuffle(random, &mut names);
        for name in names {
            let key = format!("inbox/{PROGRAM}/{name}");
            if self.objects.put_new(&key, &inbox.join(&name)).unwrap() {
                // Notifications come at least once, unless one is lost.
                for _ in 0..random.below(4) {
                    self.remote.take_in(&name).unwrap();
                }
            }
        }
    }

    /// Settles a night step by step.
    fn settle(&self, night: Day, random: &mut Random) {
        let twice = |random: &mut Random| 1 + usize::from(random.percent(30));
        let cut = self.remote.cut(Night::Day(night)).unwrap().unwrap();
        if twice(random) == 2 {
            let again = self.remote.cut(Night::Day(night)).unwrap();
            assert_eq!(again.as_ref(), Some(&cut));
        }
        let mut ranges = ranges(&self.objects, &cut.ranges);
        shuffle(random, &mut ranges);
        for range in &ranges {
            // Until all are folded nothing counts.
            let early = self.remote.count(cut.run).unwrap_err();
            assert_eq!(early.code, "run/parts-missing");
            assert!(self.remote.serving(cut.run, *range).is_err());
            for _ in 0..twice(random) {
                assert!(self.remote.fold(cut.run, *range, &|| true).unwrap());
            }
        }
        for _ in 0..twice(random) {
            let counted = self.remote.count(cut.run).unwrap();
            assert_eq!(counted.night, day_text(night));
        }
        // A zombie of a fold changes nothing.
        let whole = self.remote.fold(cut.run, ranges[0], &|| true);
        assert!(whole.unwrap());
        // Until it is served it is gone on with.
        let again = self.remote.cut(Night::Day(night)).unwrap();
        assert_eq!(again.as_ref(), Some(&cut));
        for range in &ranges {
            self.remote.serving(cut.run, *range).unwrap();
            self.remote.served(cut.run, *range).unwrap();
        }
        assert_eq!(self.remote.cut(Night::Day(night)).unwrap(), None);
    }

    /// Fails if a file that counts in the store is not the same object.
    pub fn same(&self, store: &Path) {
        self.same_in(PROGRAM, store);
    }

    /// Likewise of a lake of another name.
    fn same_in(&self, lake: &str, store: &Path) {
        let seed = self.world.made.seed;
        let read = Store::open(store).unwrap();
        let manifests: Vec<Manifest> = read.manifests().unwrap();
        let files = manifests
            .iter()
            .flat_map(|run| run.files.values().flatten());
        let mut names: Vec<String> = (files.map(|file| file.name.clone()))
            .filter(|name| store.join(name).exists())
            .collect();
        names.extend(manifests.iter().map(|run| Store::manifest_name(run.run)));
        names.extend(
            self::files(&store.join("reports"))
                .iter()
                .map(|name| format!("reports/{name}")),
        );
        names.extend(["store.json", "sums.json", "views.sql"].map(str::to_owned));
        for name in names {
            let there = self.objects.bytes(&format!("lake/{lake}/{name}"));
            let here = std::fs::read(store.join(&name)).unwrap();
            assert!(there.as_ref() == Some(&here), "seed {seed}: {name} differs");
        }
    }
}

/// Objects whose n-th call fails, once: nothing is done, or it is done and nobody hears of it.
#[derive(Debug)]
struct Failing {
    objects: Arc<MemoryObjects>,
    calls: AtomicU64,
    fails_at: u64,
    answer_lost: bool,
}

impl Failing {
    fn call<T>(&self, call: impl FnOnce() -> Result<T, LakeError>) -> Result<T, LakeError> {
        match self.calls.fetch_add(1, Ordering::Relaxed) + 1 == self.fails_at {
            false => call(),
            true => {
                if self.answer_lost {
                    call()?;
                }
                Err(unavailable("an object", "the test wants it so"))
            }
        }
    }
}

impl Objects for Failing {
    fn fetch(&self, key: &str, to: &Path) -> Result<bool, LakeError> {
        self.call(|| self.objects.fetch(key, to))
    }

    fn put(&self, key: &str, from: &Path) -> Result<(), LakeError> {
        self.call(|| self.objects.put(key, from))
    }

    fn put_new(&self, key: &str, from: &Path) -> Result<bool, LakeError> {
        self.call(|| self.objects.put_new(key, from))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        self.call(|| self.objects.list(prefix))
    }
}

/// A step that is done again when objects could not be reached, as the state machine does.
fn again<T>(mut step: impl FnMut() -> Result<T, Trouble>) -> T {
    loop {
        match step() {
            Ok(done) => return done,
            Err(trouble) => assert_eq!(trouble.code, "store/unavailable", "{trouble:?}"),
        }
    }
}

/// A whole night, every step again until it is done; how many calls it took.
fn settle_failing<'w>(
    world: &'w World,
    inbox: &Path,
    fails_at: u64,
    answer_lost: bool,
) -> (Elsewhere<'w>, u64) {
    let elsewhere = Elsewhere::new(world, 3);
    for name in files(inbox) {
        let key = format!("inbox/{PROGRAM}/{name}");
        elsewhere.objects.put(&key, &inbox.join(&name)).unwrap();
    }
    let failing = Arc::new(Failing {
        objects: elsewhere.objects.clone(),
        calls: AtomicU64::new(0),
        fails_at,
        answer_lost,
    });
    let remote = Remote::new(failing.clone(), PROGRAM, 3).working_in(&world.path(""));
    for name in files(inbox) {
        again(|| remote.take_in(&name));
    }
    let cut = again(|| remote.cut(Night::Day(world.as_of))).unwrap();
    for range in ranges(&elsewhere.objects, &cut.ranges) {
        again(|| remote.fold(cut.run, range, &|| true));
    }
    again(|| remote.count(cut.run));
    for range in ranges(&elsewhere.objects, &cut.ranges) {
        again(|| remote.serving(cut.run, range));
        again(|| remote.served(cut.run, range).map_err(Trouble::from));
    }
    assert_eq!(again(|| remote.cut(Night::Day(world.as_of))), None);
    (elsewhere, failing.calls.load(Ordering::Relaxed))
}

pub fn ranges(objects: &MemoryObjects, key: &str) -> Vec<ShardRange> {
    let items: Value = serde_json::from_slice(&objects.bytes(key).unwrap()).unwrap();
    let shard = |item: &Value, name: &str| item[name].as_u64().unwrap() as u16;
    (items.as_array().unwrap().iter())
        .map(|item| ShardRange {
            first: shard(item, "first"),
            last: shard(item, "last"),
        })
        .collect()
}

#[test]
fn every_call_may_fail_once_and_the_night_is_the_same() {
    let mut failed = 0;
    for seed in [3, 8] {
        // A call fails in one way with one history, and in the other with the other.
        let world = World::new(seed);
        let (inbox, store) = (world.inbox("inbox", &world.uploads()), world.path("store"));
        let (plain, calls) = settle_failing(&world, &inbox, 0, false);
        settle_here(&world, &plain, &inbox, &store, world.as_of, 3);
        plain.same(&store);
        assert!(calls > 100, "only {calls} calls");
        let all: Vec<(u64, bool)> = (1..=calls)
            .flat_map(|at| [(at, false), (at, true)])
            .collect();
        failed += all.len();
        all.into_par_iter().for_each(|(at, lost)| {
            settle_failing(&world, &inbox, at, lost).0.same(&store);
        });
    }
    println!("{failed} nights, each with one call that failed");
}

#[test]
fn what_steps_refuse_is_said_with_the_next_step() {
    let world = World::new(3);
    let inbox = world.inbox("inbox", &world.uploads());
    let (elsewhere, _) = settle_failing(&world, &inbox, 0, false);
    let (objects, remote) = (&elsewhere.objects, &elsewhere.remote);
    let said =
        |trouble: Trouble| format!("{}: {}; {}", trouble.code, trouble.message, trouble.help);
    let put = |key: &str, text: &[u8]| {
        let path = world.path("put");
        std::fs::write(&path, text).unwrap();
        objects.put(key, &path).unwrap();
    };
    assert_eq!(
        said(remote.count(2).unwrap_err()),
        "run/parts-missing: there is no object `lake/generated/steps/00002/cut.json`; cut the night again, and do its steps in their order"
    );
    // Another process settled the run otherwise, and has not written its report yet.
    let report = format!("lake/generated/reports/{}.json", day_text(world.as_of));
    objects.remove(&report);
    let manifest = "lake/generated/runs/00001.json";
    let settled = objects.bytes(manifest).unwrap();
    let text = String::from_utf8(settled.clone()).unwrap();
    put(
        manifest,
        text.replacen("\"run\": 1,", "\"run\":  1,", 1).as_bytes(),
    );
    assert_eq!(
        said(remote.count(1).unwrap_err()),
        "run/taken: run 1 was settled otherwise by another process; nothing is lost: what counts is the manifest that is there; run the night again"
    );
    put(manifest, &settled);
    remote.count(1).unwrap();
    let cut = remote.cut(Night::Day(world.as_of + 1)).unwrap().unwrap();
    let range = ranges(objects, &cut.ranges)[0];
    assert_eq!(
        said(remote.count(2).unwrap_err()),
        "run/parts-missing: of run 2 these shards were not folded: 000, 001, 002; fold them, then count the night again"
    );
    // The programme is deployed anew before the night is over.
    let file = world.versions.all()[0].file.clone();
    let program = format!("programs/{PROGRAM}/{file}");
    let text = objects.bytes(&program).unwrap();
    put(&program, &[text.as_slice(), b"\n# changed\n"].concat());
    assert_eq!(
        said(remote.fold(2, range, &|| true).unwrap_err()),
        "run/changed-meanwhile: run 2 was cut by another text of the programme; put the programme's files back until this night is settled, then deploy them again"
    );
    put(&program, b"[program]\n");
    assert_eq!(
        said(remote.fold(2, range, &|| true).unwrap_err()),
        format!(
            "run/programme: the programme at `programs/generated/` is not sound: {file}: `currency` is missing; `rungs check` says what is wrong; deploy only what it finds nothing in"
        )
    );
    put(&program, &text);
    remote.fold(2, range, &|| true).unwrap();
    for name in ["", "..", "a/b", ".hidden", "a\nb"] {
        let remote = Remote::new(objects.clone(), name, 3);
        let refused = said(remote.cut(Night::Day(world.as_of)).unwrap_err());
        assert_eq!(
            refused,
            format!(
                "run/programme: `{}` is no id of a programme; name the programme's folder below `programs/`",
                name.escape_debug()
            )
        );
    }
    let nobody = Remote::new(objects.clone(), "nobody", 3);
    assert_eq!(
        nobody.cut(Night::Day(world.as_of)).unwrap_err().code,
        "run/programme"
    );
}

/// Settles up to a night in one go.
pub fn settle_here(
    world: &World,
    elsewhere: &Elsewhere<'_>,
    inbox: &Path,
    store: &Path,
    night: Day,
    shards: u16,
) {
    let request = Request {
        versions: &world.versions,
        inbox,
        store,
        as_of: night,
        shards: Some(shards),
        keys: &Keys::read(elsewhere.keys.path()).unwrap(),
    };
    run(&request, &Silent).unwrap();
}

/// Names of the files below a folder, with `/`.
pub fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            true => names.extend(files(&path).iter().map(|below| format!("{name}/{below}"))),
            false => names.push(name),
        }
    }
    names.sort();
    names
}

#[test]
fn a_night_in_steps_elsewhere_writes_the_bytes_of_a_run_in_one_go() {
    let mut settled = 0;
    for seed in seeds(10) {
        let world = World::new(seed);
        let mut random = Random(seed ^ 0x57e9);
        let shards = *random.pick(&[1, 7, 20]);
        let elsewhere = Elsewhere::new(&world, shards);
        let (inbox, store) = (world.inbox("steps-inbox", &[]), world.path("steps-store"));
        let mut last = Day::MIN;
        for night in nights(&world, &mut random, 60) {
            for upload in &world.uploads() {
                let rows = upload.rows.iter();
                let new: Vec<_> = rows
                    .filter(|(day, _)| *day > last && *day <= night)
                    .cloned()
                    .collect();
                if !new.is_empty() {
                    let name = format!("{}.csv", day_text(night));
                    Upload::with(upload, name, new).write(&inbox).unwrap();
                }
            }
            last = night;
            settle_here(&world, &elsewhere, &inbox, &store, night, shards);
            elsewhere.upload(&inbox, &mut random);
            elsewhere.settle(night, &mut random);
            settled += 1;
        }
        elsewhere.same(&store);
        let store = world.path("anew-store");
        settle_here(&world, &elsewhere, &inbox, &store, world.as_of, shards);
        settle_anew(&elsewhere, world.as_of);
        elsewhere.same_in("anew", &store);
        elsewhere.same(&world.path("steps-store"));
    }
    println!("{settled} nights");
}

/// All that lies in the inbox, in one night into a lake of another name; nobody is told of an upload.
fn settle_anew(elsewhere: &Elsewhere<'_>, night: Day) {
    let remote = elsewhere.remote.clone().in_lake("anew");
    let cut = remote.cut(Night::Day(night)).unwrap().unwrap();
    for range in ranges(&elsewhere.objects, &cut.ranges) {
        remote.fold(cut.run, range, &|| true).unwrap();
    }
    remote.count(cut.run).unwrap();
    for range in ranges(&elsewhere.objects, &cut.ranges) {
        remote.serving(cut.run, range).unwrap();
        remote.served(cut.run, range).unwrap();
    }
    assert_eq!(remote.cut(Night::Day(night)).unwrap(), None);
}

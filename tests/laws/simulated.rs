//! `rungs simulate`: fortnights of generated shops in a storm of faults, and that a mistake is found and made small.

use rungs_histories::Random;
use rungs_pipeline::lake::error::LakeError;
use rungs_pipeline::objects::{MemoryObjects, Objects};
use rungs_simulation::{Over, Seen, Story, case, play, shrink};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const TRUTHFUL: Over<'static> = &|objects| objects;

/// Seeds of the default run; others are for those who ask for them (`rungs simulate --seed`).
const SEEDS: u64 = 12;

#[test]
fn a_fortnight_in_a_storm_is_a_calm_one() {
    let mut all = Seen::default();
    for seed in 0..SEEDS {
        let seen = play(&Story::of(seed), TRUTHFUL)
            .unwrap_or_else(|broken| panic!("seed {seed}: {broken:?}"));
        all.nights += seen.nights;
        all.rows += seen.rows;
        for (at, count) in seen.calls.iter().enumerate() {
            all.calls[at] += count;
        }
        for (name, count) in seen.corrected {
            *all.corrected.entry(name).or_default() += count;
        }
        all.weather.again += seen.weather.again;
        all.weather.twice += seen.weather.twice;
        all.weather.unfinished += seen.weather.unfinished;
        all.entries += seen.entries;
    }
    println!("{all:?}");
    assert!(all.nights > 100 && all.rows > 500 && all.entries > 300);
    assert!(
        all.calls[1] > 100
            && all.calls[2] > 100
            && all.weather.twice > 100
            && all.weather.unfinished > 5
    );
    assert!(
        ["late", "revised", "void"]
            .iter()
            .all(|name| all.corrected.get(*name).is_some_and(|count| *count > 3))
    );
}

#[test]
fn one_seed_is_one_story() {
    // Threads that hear of a fault in another one stop a call earlier or later, so calls are not counted here.
    let twice = [0, 1].map(|_| {
        let seen = play(&Story::of(3), TRUTHFUL).unwrap();
        (
            seen.nights,
            seen.files,
            seen.rows,
            seen.corrected,
            seen.accounts,
            seen.entries,
        )
    });
    assert_eq!(twice[0], twice[1]);
}

/// Objects that are honest but for refunds, which are not there when they are asked for.
#[derive(Debug)]
struct WithoutRefunds(Arc<MemoryObjects>);

impl Objects for WithoutRefunds {
    fn fetch(&self, key: &str, to: &Path) -> Result<bool, LakeError> {
        match key.contains("/back/") && key.starts_with("inbox/") {
            true => Ok(false),
            false => self.0.fetch(key, to),
        }
    }

    fn put(&self, key: &str, from: &Path) -> Result<(), LakeError> {
        self.0.put(key, from)
    }

    fn put_new(&self, key: &str, from: &Path) -> Result<bool, LakeError> {
        self.0.put_new(key, from)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        self.0.list(prefix)
    }
}

#[test]
fn a_mistake_is_found_and_made_small() {
    let mistaken: Over<'_> = &|objects| Arc::new(WithoutRefunds(objects));
    let breaks = |story: &Story| play(story, mistaken).err();
    let (story, broken) = (0..40)
        .map(Story::of)
        .find_map(|story| breaks(&story).map(|broken| (story, broken)))
        .unwrap();
    let told = story.receipts.told.len();
    let small = shrink(&story, broken, &breaks);
    let text = case(&small.story, &small.broken);
    println!(
        "{told} events, {} of them are enough, {} tries\n{text}",
        small.story.receipts.told.len(),
        small.tries
    );
    assert!(told > 20 && small.story.receipts.told.len() == 1, "{text}");
    assert_eq!(
        small.story.receipts.dataset(&small.story.receipts.told[0]),
        "back"
    );
    assert!(
        small.story.faults.is_none()
            && small.story.nights.len() == 1
            && small.story.files.len() == 1
    );
    assert!(
        text.contains("wrote other files")
            && text.contains("It takes no fault.")
            && text.contains("`back/")
    );
    assert!(breaks(&small.story).is_some());
}

#[test]
fn what_cannot_be_left_out_stays() {
    // Two events of one account, any of them.
    let story = Story::of(1);
    let mut random = Random(7);
    let wanted: Vec<String> = (0..2)
        .map(|_| random.pick(&story.receipts.told).event().0.to_owned())
        .collect();
    let breaks = |story: &Story| {
        let told = || story.receipts.told.iter().map(|told| told.event().0);
        let all = wanted.iter().all(|id| told().any(|told| told == id));
        all.then(|| rungs_simulation::Broken {
            what: "both are there".into(),
            lines: Vec::new(),
        })
    };
    let small = shrink(&story, breaks(&story).unwrap(), &breaks);
    let mut ids: Vec<&str> = small
        .story
        .receipts
        .told
        .iter()
        .map(|told| told.event().0)
        .collect();
    ids.sort_unstable();
    let mut expected: Vec<&str> = wanted.iter().map(String::as_str).collect();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(ids, expected);
}

#[test]
fn the_command_says_what_it_saw() {
    let done = Command::new(rungs_tests::rungs())
        .args(["simulate", "--seed", "5", "--count", "2"])
        .output()
        .unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("seed 5: ") && lines[1].starts_with("seed 6: "));
    assert!(
        lines
            .iter()
            .all(|line| line.ends_with("recounted, 0 differences"))
    );
}

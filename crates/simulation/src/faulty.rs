//! Objects whose calls fail: by a seed, and by what is called the how-manieth time, so that it does not depend on the order
//! in which threads call.

use rungs_pipeline::lake::error::LakeError;
use rungs_pipeline::objects::{Objects, unavailable};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Of a hundred calls so many fail before anything is done, and as many when all is done.
const FAILING: u64 = 1;

/// So often the same call fails at most, so that every step is done at last.
const MOST: u64 = 2;

/// What is called, and how often it was and how often it failed.
type Calls = BTreeMap<(&'static str, String), (u64, u64)>;

/// Objects between which and their caller calls and answers get lost.
#[derive(Debug)]
pub struct Faulty {
    objects: Arc<dyn Objects>,
    seed: u64,
    calls: Mutex<Calls>,
    failed: AtomicU64,
    lost: AtomicU64,
}

impl Faulty {
    /// By a seed.
    pub fn new(objects: Arc<dyn Objects>, seed: u64) -> Faulty {
        Faulty {
            objects,
            seed,
            calls: Mutex::default(),
            failed: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }

    /// Calls that were made, that failed, and of which the answer was lost.
    pub fn counts(&self) -> [u64; 3] {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = [&self.failed, &self.lost].map(|count| count.load(Ordering::Relaxed));
        [
            calls.values().map(|(calls, _)| calls).sum(),
            counted[0],
            counted[1],
        ]
    }

    /// What becomes of the next call, of a hundred.
    fn chance(&self, name: &'static str, key: &str) -> u64 {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let (attempts, failed) = calls.entry((name, key.to_owned())).or_default();
        *attempts += 1;
        let text = format!("{name} {key} {attempts}");
        let chance = xxh3_64_with_seed(text.as_bytes(), self.seed) % 100;
        match chance < 2 * FAILING {
            true if *failed >= MOST => 100,
            true => {
                *failed += 1;
                chance
            }
            false => chance,
        }
    }

    fn call<T>(
        &self,
        name: &'static str,
        key: &str,
        call: impl FnOnce() -> Result<T, LakeError>,
    ) -> Result<T, LakeError> {
        let chance = self.chance(name, key);
        let gone = || Err(unavailable(key, "the simulation wants it so"));
        if chance < FAILING {
            self.failed.fetch_add(1, Ordering::Relaxed);
            gone()
        } else if chance < 2 * FAILING {
            call()?;
            self.lost.fetch_add(1, Ordering::Relaxed);
            gone()
        } else {
            call()
        }
    }
}

impl Objects for Faulty {
    fn fetch(&self, key: &str, to: &Path) -> Result<bool, LakeError> {
        self.call("fetch", key, || self.objects.fetch(key, to))
    }

    fn put(&self, key: &str, from: &Path) -> Result<(), LakeError> {
        self.call("put", key, || self.objects.put(key, from))
    }

    fn put_new(&self, key: &str, from: &Path) -> Result<bool, LakeError> {
        self.call("put_new", key, || self.objects.put_new(key, from))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        self.call("list", prefix, || self.objects.list(prefix))
    }
}

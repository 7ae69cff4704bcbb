//! A night in steps, as the state machine does them on a bad day: each step again until it is done, some of them twice or
//! when they are long over, ranges in any order, folds that stop half-way.

use crate::shuffle;
use rungs_engine::calendar::Day;
use rungs_histories::Random;
use rungs_pipeline::lake::shard::ShardRange;
use rungs_pipeline::objects::{MemoryObjects, Night, Remote};
use rungs_pipeline::trouble::{Trouble, TroubleCode};
use serde_json::Value;
use std::cell::RefCell;

/// Attempts until a step is given up: more than any schedule needs. The same call fails twice at most, and a step may make
/// hundreds of them, of which each new attempt makes the first again.
const ATTEMPTS: u32 = 10_000;

/// What happened besides.
#[derive(Debug, Default, Clone)]
pub struct Weather {
    /// Steps that were repeated because of a fault.
    pub again: u64,
    /// Steps that were done twice, though all was well.
    pub twice: u64,
    /// Folds that stopped half-way.
    pub unfinished: u64,
}

/// Steps over a bucket.
pub struct Storm<'a> {
    /// What the steps are asked through.
    pub remote: &'a Remote,
    /// What is there in truth.
    pub objects: &'a MemoryObjects,
    pub random: RefCell<Random>,
    pub weather: RefCell<Weather>,
}

impl Storm<'_> {
    fn percent(&self, chance: u64) -> bool {
        self.random.borrow_mut().percent(chance)
    }

    fn below(&self, n: u64) -> u64 {
        self.random.borrow_mut().below(n)
    }

    /// Until objects could be reached.
    fn again<T>(&self, mut step: impl FnMut() -> Result<T, Trouble>) -> Result<T, Trouble> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match step() {
                Err(trouble) if trouble.code == "store/unavailable" => {
                    self.weather.borrow_mut().again += 1;
                    last = Some(trouble);
                }
                ended => return ended,
            }
        }
        Err(last.unwrap_or_else(|| unforeseen("a step was never tried")))
    }

    /// Once, or a second time though all was well.
    fn once_or_twice<T>(&self, mut step: impl FnMut() -> Result<T, Trouble>) -> Result<T, Trouble> {
        let done = self.again(&mut step)?;
        if !self.percent(25) {
            return Ok(done);
        }
        self.weather.borrow_mut().twice += 1;
        self.again(step)
    }

    /// Tells of an upload: as often as notifications come, or not at all.
    pub fn notify(&self, name: &str) -> Result<(), Trouble> {
        for _ in 0..self.below(4) {
            self.again(|| self.remote.take_in(name))?;
        }
        Ok(())
    }

    /// Settles a night.
    pub fn settle(&self, night: Day) -> Result<(), Trouble> {
        let asked = Night::Day(night);
        while let Some(cut) = self.once_or_twice(|| self.remote.cut(asked))? {
            let mut ranges = self.ranges(&cut.ranges)?;
            shuffle(&mut self.random.borrow_mut(), &mut ranges);
            for range in &ranges {
                self.once_or_twice(|| {
                    let done = self.remote.fold(cut.run, *range, &|| self.percent(60))?;
                    if !done {
                        self.weather.borrow_mut().unfinished += 1;
                        // The next attempt goes on behind what is kept.
                        return self.again(|| self.remote.fold(cut.run, *range, &|| true));
                    }
                    Ok(done)
                })?;
            }
            self.once_or_twice(|| self.remote.count(cut.run))?;
            // A fold that comes when the night counts already.
            if let Some(range) = ranges.first() {
                self.again(|| self.remote.fold(cut.run, *range, &|| true))?;
            }
            for range in &ranges {
                self.once_or_twice(|| self.remote.serving(cut.run, *range).map(|_| ()))?;
                self.again(|| Ok(self.remote.served(cut.run, *range)?))?;
            }
        }
        Ok(())
    }

    fn ranges(&self, key: &str) -> Result<Vec<ShardRange>, Trouble> {
        let bytes = self.objects.bytes(key).unwrap_or_default();
        let items: Vec<Value> = serde_json::from_slice(&bytes)
            .map_err(|error| unforeseen(&format!("the list of ranges cannot be read: {error}")))?;
        let shard = |item: &Value, name: &str| {
            let number = item.get(name).and_then(Value::as_u64);
            number
                .and_then(|number| u16::try_from(number).ok())
                .unwrap_or_default()
        };
        let range = |item: &Value| ShardRange {
            first: shard(item, "first"),
            last: shard(item, "last"),
        };
        Ok(items.iter().map(range).collect())
    }
}

fn unforeseen(message: &str) -> Trouble {
    Trouble::new(
        TroubleCode::Unforeseen,
        message,
        "report this with the seed",
    )
}

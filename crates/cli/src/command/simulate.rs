//! `rungs simulate`

use super::print;
use crate::Ended;
use crate::arguments::Simulate;
use crate::progress::Shown;
use rungs_pipeline::progress::Progress;
use rungs_simulation::{Over, Seen, Story, case, play, shrink};

/// Plays fortnights of invented shops, and prints a case of the first that breaks a promise.
pub fn simulate(asked: &Simulate) -> Ended {
    let truthful: Over<'_> = &|objects| objects;
    let progress = Shown::new(asked.quiet);
    for seed in asked.seed..asked.seed.saturating_add(asked.count) {
        let story = Story::of(seed);
        match play(&story, truthful) {
            Ok(seen) => print(&line(seed, &seen)),
            Err(broken) => {
                print(&format!(
                    "seed {seed}: {}\n{}\n",
                    broken.what,
                    broken.lines.join("\n")
                ));
                progress.stage("leaving out what can be left out", 1);
                let small = shrink(&story, broken, &|story| play(story, truthful).err());
                print(&format!("\n{}", case(&small.story, &small.broken)));
                return Ended::Findings;
            }
        }
    }
    Ended::Fine
}

fn line(seed: u64, seen: &Seen) -> String {
    let corrected: u64 = seen.corrected.values().sum();
    let [calls, failed, lost] = seen.calls;
    format!(
        "seed {seed}: {} nights, {} rows in {} files, {corrected} late or corrected; {failed} of {calls} calls failed, {lost} answers lost, \
         {} steps again, {} twice, {} half; {} accounts and {} entries recounted, 0 differences\n",
        seen.nights,
        seen.rows,
        seen.files,
        seen.weather.again,
        seen.weather.twice,
        seen.weather.unfinished,
        seen.accounts,
        seen.entries,
    )
}

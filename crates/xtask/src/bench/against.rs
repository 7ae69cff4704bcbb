//! `cargo xtask bench --against BINARY`: the work by another binary of Rungs, such as that of an earlier commit, and by the
//! one at hand, in turns on the same machine. What is quoted is the ratio of the runs in the middle.

use super::measure::Measured;
use super::{Bench, LAST_NIGHT, ONE_MORE_NIGHT, ROUNDS, TOP_RUNG};
use crate::repository::cannot;
use serde_json::Value;
use std::path::Path;

/// What is measured, in its order.
const WORK: [&str; 4] = [
    "rungs run, fresh store",
    "settle again, everything written",
    "settle again, figures only",
    "one more night",
];

/// Runs of one binary: by what was measured, one for each round.
#[derive(Default)]
struct Runs([Vec<Measured>; WORK.len()]);

impl Runs {
    fn middle(&self, work: usize) -> Option<Measured> {
        let mut runs = self.0[work].clone();
        runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        runs.get(runs.len() / 2).copied()
    }
}

impl Bench<'_> {
    /// The table of both.
    ///
    /// # Errors
    /// If a binary fails, or the two do not come to the same figures.
    pub(super) fn against(&self, other: &str) -> Result<String, String> {
        let (mut before, mut now) = (Runs::default(), Runs::default());
        for _ in 0..ROUNDS {
            let were = self.round(other, "store-before", &mut before)?;
            let are = self.round(&self.rungs, "store", &mut now)?;
            if were != are {
                return Err(format!("the figures were {were} and are {are}"));
            }
        }
        let mut table = format!("{:<34}{:>10} {:>10}\n", "", "before", "now");
        for (work, name) in WORK.iter().enumerate() {
            if let (Some(was), Some(is)) = (before.middle(work), now.middle(work)) {
                table += &format!(
                    "{name:<34}{:>8.2} s {:>8.2} s {:>6.2} × as long, {:>4.0} MB for {:.0}\n",
                    was.seconds,
                    is.seconds,
                    is.seconds / was.seconds,
                    is.peak_bytes as f64 / 1e6,
                    was.peak_bytes as f64 / 1e6,
                );
            }
        }
        Ok(table)
    }

    /// All of the work once, by a binary; its figures.
    fn round(&self, rungs: &str, name: &str, runs: &mut Runs) -> Result<Value, String> {
        let bench = Bench {
            rungs: rungs.to_owned(),
            python: self.python.clone(),
            size: self.size.clone(),
            folder: self.folder.clone(),
            root: self.root,
        };
        // The orders of the night come after the history is settled.
        let night = bench.inbox("night.parquet");
        if Path::new(&night).exists() {
            std::fs::remove_file(&night)
                .map_err(|error| cannot("remove", Path::new(&night), &error))?;
        }
        let store = bench.emptied(name)?;
        let full = bench.settle_nights(&store, LAST_NIGHT)?;
        let everything = bench.settle(&store, &[])?;
        let figures_only = bench.settle(&store, &["--figures-only"])?;
        let figures = bench.python(&["bench/lake_figures.py", &store, TOP_RUNG])?;
        bench.make_night()?;
        let more = bench.settle_nights(&store, ONE_MORE_NIGHT)?;
        for (measured, run) in runs
            .0
            .iter_mut()
            .zip([full, everything, figures_only, more])
        {
            measured.push(run);
        }
        Ok(figures["figures"].clone())
    }
}

//! `cargo xtask bench`: the work of `bench/programs/peers` in Rungs and, in the same run on the same machine, in
//! DuckDB. Times on a shared machine wander by a quarter; what is quoted is ratios of one run.
//!
//! The four figures must be equal everywhere, or the benchmark fails: a fast wrong answer is no answer.

mod against;
mod measure;

use crate::repository::{cannot, write};
use crate::step::{command, output, run as run_command, say, step};
use crate::{python, test::target};
use measure::{Measured, measure, written_since};
use serde_json::Value;
use std::path::{Path, PathBuf};

const PROGRAM: &str = "bench/programs/peers";
const LAST_NIGHT: &str = "2026-11-20";
const ONE_MORE_NIGHT: &str = "2026-11-21";
const EVENTS_OF_A_NIGHT: &str = "27000";
const TOP_RUNG: &str = "gold";
/// How often what is short is run; the one in the middle counts.
const ROUNDS: usize = 5;

/// The size of the work.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Size {
    members: u64,
    orders: u64,
    seed: u64,
    threads: u64,
    /// Another binary of Rungs, to be measured beside this one instead of the peers.
    against: Option<String>,
}

impl Size {
    fn read(options: &[&str]) -> Result<Size, String> {
        let mut size = Size {
            members: 1_000_000,
            orders: 20_000_000,
            seed: 7,
            threads: 2,
            against: None,
        };
        for pair in options.chunks(2) {
            let [name, value] = pair else {
                return Err(format!("`{}` needs a value", pair.concat()));
            };
            if *name == "--against" {
                size.against = Some((*value).to_owned());
                continue;
            }
            let value = value
                .parse()
                .map_err(|_| format!("`{name} {value}`: not a whole number"))?;
            match *name {
                "--members" => size.members = value,
                "--orders" => size.orders = value,
                "--seed" => size.seed = value,
                "--threads" => size.threads = value,
                _ => {
                    return Err(format!(
                        "no option `{name}`; there are `--members --orders --seed --threads --against`"
                    ));
                }
            }
        }
        Ok(size)
    }
}

/// Where everything stands during one benchmark.
struct Bench<'a> {
    root: &'a Path,
    python: String,
    rungs: String,
    size: Size,
    /// `bench/data/<members>-<orders>-<seed>`
    folder: PathBuf,
}

/// Runs the benchmark and prints its table.
///
/// # Errors
/// If a figure differs, an option is unknown, or a program cannot be run.
pub fn run(root: &Path, options: &[&str]) -> Result<(), String> {
    let size = Size::read(options)?;
    let python = step("python", || python::environment(root, python::PEERS))?;
    step("build", || {
        // What is shipped is what is measured.
        let words = ["cargo", "build", "--profile", "dist"];
        run_command(command(root, &words).args(["--package", "rungs-cli"]))
    })?;
    let rungs = target(root)?
        .join("dist")
        .join(format!("rungs{}", std::env::consts::EXE_SUFFIX));
    let name = format!("{}-{}-{}", size.members, size.orders, size.seed);
    let bench = Bench {
        root,
        python,
        rungs: rungs.to_string_lossy().into_owned(),
        folder: root.join("bench/data").join(name),
        size,
    };
    step("orders", || bench.generate())?;
    if let Some(other) = &bench.size.against {
        let table = step("measure", || bench.against(other))?;
        say(&format!("\n{table}"));
        return Ok(());
    }
    let results = step("measure", || bench.measure())?;
    say(&format!("\n{}", results.table()));
    write(
        &bench.folder.join("results.json"),
        &format!("{:#}\n", results.json()),
    )?;
    results.figures_agree()
}

/// What was measured.
struct Results {
    /// Name and figures of each system.
    figures: Vec<(&'static str, Value)>,
    /// Seconds of DuckDB.
    scan: f64,
    duckdb_raw: f64,
    duckdb_lake: f64,
    /// `rungs run` into a fresh store.
    full: Measured,
    /// Settling again out of the store's own history.
    settle_full: Measured,
    settle_figures: Measured,
    /// One more night, and the bytes it wrote.
    night: Measured,
    night_bytes: u64,
}

impl Bench<'_> {
    fn orders(&self) -> String {
        self.inbox("history.parquet")
    }

    fn inbox(&self, name: &str) -> String {
        let path = self.folder.join("inbox/orders").join(name);
        path.to_string_lossy().into_owned()
    }

    /// Makes the history once; it is kept for the next benchmark of this size.
    fn generate(&self) -> Result<(), String> {
        let night = self.inbox("night.parquet");
        if Path::new(&night).exists() {
            std::fs::remove_file(&night)
                .map_err(|error| cannot("remove", Path::new(&night), &error))?;
        }
        if Path::new(&self.orders()).exists() {
            return Ok(());
        }
        let folder = self.folder.join("inbox/orders");
        std::fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
        self.orders_of("history", &self.size.orders.to_string(), &self.orders())
    }

    /// The orders of the night after the history.
    fn make_night(&self) -> Result<(), String> {
        self.orders_of("night", EVENTS_OF_A_NIGHT, &self.inbox("night.parquet"))
    }

    fn orders_of(&self, what: &str, count: &str, path: &str) -> Result<(), String> {
        let draft = format!("{path}.draft");
        let (members, seed) = (self.size.members.to_string(), self.size.seed.to_string());
        let words = [what, &members, count, &seed, &draft];
        run_command(command(self.root, &[&self.python, "bench/generate.py"]).args(words))?;
        std::fs::rename(&draft, path).map_err(|error| cannot("rename", Path::new(path), &error))
    }

    fn measure(&self) -> Result<Results, String> {
        let store = self.emptied("store")?;
        let orders = self.orders();
        // Once unmeasured: afterwards every system finds the file in the page cache.
        self.duckdb(&["raw", &orders, "--scan"])?;
        let scan = self.duckdb(&["raw", &orders, "--scan"])?;
        let raw = self.duckdb(&["raw", &orders])?;
        let full = self.settle_nights(&store, LAST_NIGHT)?;
        // One after the other and not in turns: memory that one program gave back is slow to come by for the next.
        let settle_full = middle(|| self.settle(&store, &[]), |run| run.seconds)?;
        let figures = || self.settle(&store, &["--figures-only"]);
        let settle_figures = middle(figures, |run| run.seconds)?;
        let lake = || self.duckdb(&["lake", &store]);
        let lake = middle(lake, |lake| seconds(lake).unwrap_or(f64::NAN))?;
        let of_store = self.python(&["bench/lake_figures.py", &store, TOP_RUNG])?;

        self.make_night()?;
        let before = measure::files(Path::new(&store))?;
        let night = self.settle_nights(&store, ONE_MORE_NIGHT)?;
        let night_bytes = written_since(Path::new(&store), &before)?;
        Ok(Results {
            scan: seconds(&scan)?,
            duckdb_raw: seconds(&raw)?,
            duckdb_lake: seconds(&lake)?,
            figures: vec![
                ("DuckDB on the uploaded file", raw["figures"].clone()),
                ("DuckDB on the lake's events", lake["figures"].clone()),
                ("Rungs, by SQL over its lake", of_store["figures"].clone()),
            ],
            full,
            settle_full,
            settle_figures,
            night,
            night_bytes,
        })
    }

    fn settle_nights(&self, store: &str, as_of: &str) -> Result<Measured, String> {
        let inbox = self.folder.join("inbox").to_string_lossy().into_owned();
        let threads = self.size.threads.to_string();
        let words = [&*self.rungs, "run", "--program", PROGRAM, "--inbox", &inbox];
        let more = ["--store", store, "--as-of", as_of, "--threads", &threads];
        measure(command(self.root, &words).args(more).arg("--quiet"))
    }

    /// Settles the history in the store again, into a folder that is emptied first.
    fn settle(&self, store: &str, how: &[&str]) -> Result<Measured, String> {
        let scratch = self.emptied("scratch")?;
        let threads = self.size.threads.to_string();
        let words = ["settle", "--program", PROGRAM, "--store", store];
        measure(
            command(self.root, &[&[&*self.rungs], &words[..], how].concat()).args([
                "--scratch",
                &scratch,
                "--threads",
                &threads,
            ]),
        )
    }

    fn emptied(&self, name: &str) -> Result<String, String> {
        let folder = self.folder.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| cannot("remove", &folder, &error))?;
        }
        Ok(folder.to_string_lossy().into_owned())
    }

    fn duckdb(&self, words: &[&str]) -> Result<Value, String> {
        let threads = self.size.threads.to_string();
        let script = [&["bench/duckdb_peer.py"], words, &["--threads", &threads]].concat();
        self.python(&script)
    }

    /// Runs a script of `bench` and reads the JSON that it prints.
    fn python(&self, words: &[&str]) -> Result<Value, String> {
        let text = output(command(self.root, &[&self.python]).args(words))?;
        serde_json::from_str(&text).map_err(|_| format!("`{}` did not print JSON", words.join(" ")))
    }
}

/// Runs something [`ROUNDS`] times and gives the one in the middle by its seconds.
fn middle<T>(
    run: impl Fn() -> Result<T, String>,
    seconds: impl Fn(&T) -> f64,
) -> Result<T, String> {
    let mut runs = (0..ROUNDS).map(|_| run()).collect::<Result<Vec<T>, _>>()?;
    runs.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    Ok(runs.swap_remove(ROUNDS / 2))
}

fn seconds(answer: &Value) -> Result<f64, String> {
    answer["seconds"]
        .as_f64()
        .ok_or_else(|| "a peer did not say how long it took".to_owned())
}

impl Results {
    fn table(&self) -> String {
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let row = |what: &str, measured: &Measured, peer: &str, other: f64| {
            format!(
                "{what:<34}{:>8.2} s {:>6.0} MB {:>7.1} × {peer}\n",
                measured.seconds,
                megabytes(measured.peak_bytes),
                other / measured.seconds,
            )
        };
        let mut table = format!(
            "{:<34}{:>8.2} s\n{:<34}{:>8.2} s\n{:<34}{:>8.2} s\n",
            "DuckDB, bare scan of the file",
            self.scan,
            "DuckDB, all of it, on the file",
            self.duckdb_raw,
            "DuckDB, all of it, on our lake",
            self.duckdb_lake,
        );
        table += &row(
            "rungs run, fresh store",
            &self.full,
            "DuckDB on the file",
            self.duckdb_raw,
        );
        table += &row(
            "settle again, everything written",
            &self.settle_full,
            "DuckDB on our lake",
            self.duckdb_lake,
        );
        table += &row(
            "settle again, figures only",
            &self.settle_figures,
            "DuckDB on our lake",
            self.duckdb_lake,
        );
        table += &row(
            "one more night, 27,000 events",
            &self.night,
            "the full run",
            self.full.seconds,
        );
        let share = |of: f64| of / self.scan;
        table += &format!(
            "\nagainst the bare scan: run {:.1}, settle {:.1}, figures only {:.1} times as long\n\
             one more night: {:.1} % of the full run; {:.1} MB in files that are new or changed\n\n",
            share(self.full.seconds),
            share(self.settle_full.seconds),
            share(self.settle_figures.seconds),
            100.0 * self.night.seconds / self.full.seconds,
            megabytes(self.night_bytes),
        );
        for (system, figures) in &self.figures {
            table += &format!("{system:<34}{figures}\n");
        }
        table
    }

    fn json(&self) -> Value {
        let measured = |measured: &Measured| serde_json::json!({ "seconds": measured.seconds, "peak_bytes": measured.peak_bytes });
        serde_json::json!({
            "scan_seconds": self.scan,
            "duckdb_raw_seconds": self.duckdb_raw,
            "duckdb_lake_seconds": self.duckdb_lake,
            "run": measured(&self.full),
            "settle_full": measured(&self.settle_full),
            "settle_figures": measured(&self.settle_figures),
            "night": measured(&self.night),
            "night_bytes": self.night_bytes,
            "figures": self.figures.first().map(|(_, figures)| figures),
        })
    }

    fn figures_agree(&self) -> Result<(), String> {
        let mut systems = self.figures.iter();
        let Some((_, expected)) = systems.next() else {
            return Err("nothing was measured".to_owned());
        };
        match systems.find(|(_, figures)| figures != expected) {
            None => Ok(()),
            Some((system, figures)) => Err(format!("{system}: {figures}, not {expected}")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_run_in_the_middle_counts() {
        let runs = std::cell::RefCell::new(vec![9, 2, 7, 1, 3]);
        let run = || runs.borrow_mut().pop().ok_or_else(String::new);
        assert_eq!(middle(run, |run| *run as f64).unwrap(), 3);
    }

    #[test]
    fn options_are_numbers_with_a_name() {
        let size = Size::read(&["--members", "2000", "--seed", "8"]).unwrap();
        assert_eq!(
            (size.members, size.orders, size.seed),
            (2000, 20_000_000, 8)
        );
        let against = Size::read(&["--against", "old/rungs"]).unwrap().against;
        assert_eq!(against.as_deref(), Some("old/rungs"));
        assert!(Size::read(&["--members"]).is_err());
        assert!(Size::read(&["--member", "1"]).is_err());
        assert!(Size::read(&["--members", "many"]).is_err());
    }
}

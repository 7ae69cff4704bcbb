//! A generated history as uploaded files, settled by the real pipeline into stores of its own.

use rungs_engine::calendar::{Day, day_from};
use rungs_engine::fold::Win;
use rungs_engine::program::{Program, Versions};
use rungs_histories::{Generated, generate};
use rungs_pipeline::progress::Silent;
use rungs_pipeline::report::{self, sums};
use rungs_pipeline::run::{Keys, Request, run};
use rungs_pipeline::{ledger_dump, program_folder};
pub use rungs_simulation::{Upload, shuffle};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// KPIs that only add up, and such as must see every account by itself.
const KPIS: &str = r#"
[[kpis]]
id = "issued"
kind = "points_issued"
window = "month"

[[kpis]]
id = "issued-lately"
kind = "points_issued"
window = "90 days"

[[kpis]]
id = "redeemed"
kind = "points_redeemed"
window = "lifetime"

[[kpis]]
id = "expired"
kind = "points_expired"
window = "week"

[[kpis]]
id = "open"
kind = "points_open"
window = "month"

[[kpis]]
id = "rewards"
kind = "reward_cost"
window = "quarter"
"#;

const KPIS_OF_ACCOUNTS: &str = r#"
[[kpis]]
id = "retention"
kind = "retention"
window = "month"

[[kpis]]
id = "value"
kind = "order_value"
window = "quarter"

[[kpis]]
id = "active"
kind = "active"
window = "30 days"
"#;

const KPIS_BY_RUNG: &str = r#"
[[kpis]]
id = "open-by-rung"
kind = "points_open"
window = "month"
by = ["rung"]

[[kpis]]
id = "moves"
kind = "tier_moves"
window = "quarter"
"#;

/// A programme with its history, and a folder for stores.
pub struct World {
    pub made: Generated,
    pub versions: Versions,
    pub as_of: Day,
    folder: TempDir,
}

/// Key figures of points look at one wallet and the other in turns, where there are two.
fn named_wallets(text: &str) -> String {
    if !text.contains("[points.leaves]") {
        return text.to_owned();
    }
    let mut wallets = ["leaves", "beans"].into_iter().cycle();
    let mut named = String::new();
    for line in text.lines() {
        named += &format!("{line}\n");
        if line.starts_with("kind = \"points_")
            && let Some(wallet) = wallets.next()
        {
            named += &format!("wallet = \"{wallet}\"\n");
        }
    }
    named
}

impl World {
    /// Of a seed.
    pub fn new(seed: u64) -> World {
        World::of(generate(seed))
    }

    /// Of a seed, where later revisions of an event correct earlier ones.
    pub fn corrected(seed: u64) -> World {
        let mut made = generate(seed);
        let id = "\nid = \"id\"\n";
        let revised = |text: &str| text.replace(id, &format!("{id}revision = \"revision\"\n"));
        made.toml = revised(&made.toml);
        for (_, text) in &mut made.later {
            *text = revised(text);
        }
        World::of(made)
    }

    fn of(made: Generated) -> World {
        let seed = made.seed;
        // Hundreds of stores: in memory where that is possible, so that no disk has to be waited for.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory).unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        let programs = folder.path().join("generated");
        std::fs::create_dir_all(&programs).unwrap();
        for (file, text) in made.files() {
            let mut text = format!("{text}{KPIS}");
            // Every fourth report asks every account, each night anew.
            if seed / 2 % 4 == 3 {
                text.push_str(KPIS_OF_ACCOUNTS);
                if made.toml.contains("[tiers]") {
                    text.push_str(KPIS_BY_RUNG);
                }
            }
            std::fs::write(programs.join(file), named_wallets(&text)).unwrap();
        }
        let read = program_folder::read(&programs);
        let found: Vec<&str> = read
            .findings
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        let versions = read
            .versions
            .unwrap_or_else(|| panic!("seed {seed}: {}", found.join("\n")));
        let as_of = day_from(&made.as_of).unwrap();
        World {
            made,
            versions,
            as_of,
            folder,
        }
    }

    /// Its newest version, whose names are those of all.
    pub fn program(&self) -> &Program {
        self.versions.newest()
    }

    /// The programme's folder.
    pub fn programs(&self) -> PathBuf {
        self.folder.path().join("generated")
    }

    /// A path for a store or an inbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The history, a file for each kind of event.
    pub fn uploads(&self) -> Vec<Upload> {
        rungs_simulation::uploads(&self.made)
    }

    /// The inbox with these files.
    pub fn inbox(&self, name: &str, uploads: &[Upload]) -> PathBuf {
        let inbox = self.path(name);
        std::fs::create_dir_all(&inbox).unwrap();
        uploads
            .iter()
            .for_each(|upload| upload.write(&inbox).unwrap());
        inbox
    }

    /// Settles up to and with a night, in an inbox as it is.
    pub fn settle(&self, inbox: &Path, store: &Path, as_of: Day, shards: u16) {
        self.settle_by(&self.versions, inbox, store, as_of, shards);
    }

    /// The versions whose files are there when those from `day` on were not written yet; the first always is.
    pub fn versions_before(&self, day: Day) -> Versions {
        let folder = self.path(&format!("before-{day}")).join("generated");
        std::fs::create_dir_all(&folder).unwrap();
        for program in self
            .versions
            .all()
            .iter()
            .take(1)
            .chain((self.versions.all().iter().skip(1)).filter(|program| program.from < day))
        {
            std::fs::copy(
                self.programs().join(&program.file),
                folder.join(&program.file),
            )
            .unwrap();
        }
        program_folder::read(&folder).versions.unwrap()
    }

    /// The wins that the draws of a store decided.
    pub fn wins(&self, store: &Path) -> BTreeMap<String, Vec<Win>> {
        rungs_simulation::wins(self.program(), store).unwrap()
    }

    /// As [`World::settle`], by these versions.
    pub fn settle_by(
        &self,
        versions: &Versions,
        inbox: &Path,
        store: &Path,
        as_of: Day,
        shards: u16,
    ) {
        let keys = Keys::test();
        let request = Request {
            versions,
            inbox,
            store,
            as_of,
            shards: Some(shards),
            keys: &keys,
        };
        let outcome = run(&request, &Silent)
            .unwrap_or_else(|trouble| panic!("seed {}: {trouble}", self.made.seed));
        assert!(
            outcome.refused.is_empty(),
            "seed {}: {:?}",
            self.made.seed,
            outcome.refused
        );
        let unmatched = &outcome.unmatched;
        assert!(
            unmatched.is_empty(),
            "seed {}: {unmatched:?}",
            self.made.seed
        );
    }

    /// The canonical ledger of a store.
    pub fn ledger(&self, store: &Path) -> Vec<String> {
        let mut lines = Vec::new();
        ledger_dump::lines(&self.versions, store, &mut |line| {
            lines.push(line.to_owned())
        })
        .unwrap_or_else(|trouble| panic!("seed {}: {trouble}", self.made.seed));
        lines
    }

    /// The ledger when the whole history comes in one file a dataset and is settled in one run.
    pub fn plainly(&self) -> Vec<String> {
        let inbox = self.inbox("plain-inbox", &self.uploads());
        let store = self.path("plain-store");
        self.settle(&inbox, &store, self.as_of, 1);
        self.ledger(&store)
    }

    /// The report of a store as JSON, and the sums over all accounts that are kept for the next night.
    pub fn figures(&self, store: &Path) -> (String, String) {
        let report = report::load(store, &self.versions, None, true)
            .unwrap_or_else(|trouble| panic!("seed {}: {trouble}", self.made.seed));
        let sums = std::fs::read_to_string(store.join(sums::NAME)).unwrap();
        (report, sums)
    }

    /// Fails if the figures that grew night by night are not those of the whole history and ledger.
    pub fn counted_anew(&self, store: &Path) {
        let grown = self.figures(store);
        std::fs::remove_file(store.join(sums::NAME)).unwrap();
        std::fs::remove_dir_all(store.join("reports")).unwrap();
        assert!(
            self.figures(store) == grown,
            "seed {}: counted anew the figures are\n{}\nand not\n{}",
            self.made.seed,
            self.figures(store).1,
            grown.1,
        );
    }

    /// Fails with the lines in which two ledgers differ.
    pub fn same(&self, what: &str, expected: &[String], found: &[String]) {
        if expected == found {
            return;
        }
        let missing = expected
            .iter()
            .filter(|line| !found.contains(line))
            .map(|line| format!("- {line}"));
        let more = found
            .iter()
            .filter(|line| !expected.contains(line))
            .map(|line| format!("+ {line}"));
        let shown: Vec<String> = missing.take(12).chain(more.take(12)).collect();
        panic!("seed {}: {what}\n{}", self.made.seed, shown.join("\n"));
    }
}

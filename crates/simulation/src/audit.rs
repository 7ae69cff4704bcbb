//! A story is played, calmly and in the storm, and audited.

use crate::faulty::Faulty;
use crate::standing::{bring, wins};
use crate::storm::{Storm, Weather};
use crate::story::Story;
use rungs_engine::calendar::{Day, day_text};
use rungs_engine::fold::Plans;
use rungs_engine::ledger::canonical::account_lines;
use rungs_engine::program::Versions;
use rungs_engine::rehearsal::rehearse;
use rungs_histories::Random;
use rungs_pipeline::lake::store::Store;
use rungs_pipeline::objects::{MemoryObjects, Objects, Remote};
use rungs_pipeline::progress::Silent;
use rungs_pipeline::run::{Keys, Request, run};
use rungs_pipeline::trouble::Trouble;
use rungs_pipeline::{ledger_dump, program_folder, recount};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The programme's id, which is its folder's name.
const PROGRAM: &str = "simulated";

/// Keys of a programme that is nobody's.
const KEYS: &str = "draw = \"1111111111111111111111111111111111111111111111111111111111111111\"
pseudonym = \"2222222222222222222222222222222222222222222222222222222222222222\"
";

/// Differences that are told.
const TOLD: usize = 12;

/// What was found to be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which promise.
    pub what: String,
    /// Where it is broken: differences, a line each.
    pub lines: Vec<String>,
}

impl Broken {
    fn new(what: impl Into<String>, lines: Vec<String>) -> Broken {
        Broken {
            what: what.into(),
            lines,
        }
    }

    fn could_not(what: &str, cause: impl Display) -> Broken {
        Broken::new(what, vec![cause.to_string()])
    }
}

/// What was played.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    /// Nights that were settled, after the first.
    pub nights: usize,
    /// Files and rows that were uploaded.
    pub files: usize,
    /// Rows in them.
    pub rows: usize,
    /// Events that came late, were corrected, were cancelled.
    pub corrected: BTreeMap<String, u64>,
    /// Calls of objects, those that failed, those of which the answer was lost.
    pub calls: [u64; 3],
    /// What else the storm did: steps again because of a fault, steps twice, folds that stopped half-way.
    pub weather: Weather,
    /// Accounts and entries that were recounted.
    pub accounts: u64,
    /// Entries.
    pub entries: u64,
}

/// What stands between the storm and its objects: nothing, or a mistake that a test makes.
pub type Over<'a> = &'a dyn Fn(Arc<MemoryObjects>) -> Arc<dyn Objects>;

/// Plays a story and audits it.
///
/// # Errors
/// What is broken.
pub fn play(story: &Story, over: Over<'_>) -> Result<Seen, Broken> {
    let folder =
        scratch().map_err(|error| Broken::could_not("there is no room to play in", error))?;
    let stage = Stage::new(story, folder)?;
    let mut seen = stage.nights(over)?;
    stage.known_in_time()?;
    stage.recounted(&mut seen)?;
    Ok(seen)
}

/// In memory where that is possible, so that no disk has to be waited for.
fn scratch() -> std::io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    }
}

struct Stage<'s> {
    story: &'s Story,
    versions: Versions,
    keys: Keys,
    folder: TempDir,
}

impl<'s> Stage<'s> {
    fn new(story: &'s Story, folder: TempDir) -> Result<Stage<'s>, Broken> {
        let cannot =
            |error: std::io::Error| Broken::could_not("there is no room to play in", error);
        let programs = folder.path().join(PROGRAM);
        std::fs::create_dir_all(&programs).map_err(cannot)?;
        for (name, text) in &story.files {
            std::fs::write(programs.join(name), text).map_err(cannot)?;
        }
        let keys = tempfile::NamedTempFile::new_in(folder.path()).map_err(cannot)?;
        std::fs::write(keys.path(), KEYS).map_err(cannot)?;
        let keys = keys.into_temp_path();
        let read = program_folder::read(&programs);
        let versions = read.versions.ok_or_else(|| {
            let found = read.findings.iter().map(|finding| finding.message.clone());
            Broken::new("the programme is not sound", found.collect())
        })?;
        let known = Keys::read(&keys).map_err(|trouble| Broken::could_not("the keys", trouble))?;
        keys.persist(folder.path().join("keys.toml"))
            .map_err(|error| cannot(error.error))?;
        Ok(Stage {
            story,
            versions,
            keys: known,
            folder,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Both ways through all nights; after each the lakes are the same.
    fn nights(&self, over: Over<'_>) -> Result<Seen, Broken> {
        let cannot =
            |error: std::io::Error| Broken::could_not("there is no room to play in", error);
        let mut random = Random(self.story.faults.unwrap_or(self.story.seed) ^ 0x57_0a_11);
        let shards = *random.pick(&[1, 7, 40]);
        let objects = Arc::new(MemoryObjects::default());
        let between: Arc<dyn Objects> = over(objects.clone());
        let faulty = self
            .story
            .faults
            .map(|seed| Arc::new(Faulty::new(between.clone(), seed)));
        let asked: Arc<dyn Objects> = match &faulty {
            Some(faulty) => faulty.clone(),
            None => between,
        };
        let put = |key: String, path: &Path| {
            objects
                .put(&key, path)
                .map_err(|error| Broken::could_not("an upload", error))
        };
        put(format!("keys/{PROGRAM}.toml"), &self.path("keys.toml"))?;
        for (name, _) in &self.story.files {
            put(
                format!("programs/{PROGRAM}/{name}"),
                &self.path(PROGRAM).join(name),
            )?;
        }
        let remote = Remote::new(asked, PROGRAM, shards).working_in(self.folder.path());
        let storm = Storm {
            remote: &remote,
            objects: &objects,
            random: RefCell::new(random),
            weather: RefCell::default(),
        };
        let (inbox, store) = (self.path("inbox"), self.path("store"));
        std::fs::create_dir_all(&inbox).map_err(cannot)?;
        let mut seen = Seen::default();
        for night in &self.story.nights {
            let mut files = self.story.uploads(*night);
            crate::shuffle(&mut storm.random.borrow_mut(), &mut files);
            for file in &files {
                file.write(&inbox).map_err(cannot)?;
                let name = format!("{}/{}", file.dataset, file.name);
                put(
                    format!("inbox/{PROGRAM}/{name}"),
                    &inbox.join(file.dataset).join(&file.name),
                )?;
                let said = storm.notify(&name);
                said.map_err(|trouble| failed("an upload could not be taken in", *night, trouble))?;
                seen.rows += file.rows.len();
            }
            seen.files += files.len();
            self.calm(&inbox, &store, *night, shards)?;
            let settled = storm.settle(*night);
            settled.map_err(|trouble| failed("a night in steps failed", *night, trouble))?;
            // A fold that stopped half-way leaves two files where there is one, so from then on what they say counts.
            match storm.weather.borrow().unfinished {
                0 => self.same_bytes(&objects, &store, *night)?,
                _ => self.same_content(&objects, &store, *night)?,
            }
        }
        seen.nights = self.story.nights.len().saturating_sub(1);
        seen.calls = faulty.map(|faulty| faulty.counts()).unwrap_or_default();
        seen.weather = storm.weather.into_inner();
        Ok(seen)
    }

    fn calm(&self, inbox: &Path, store: &Path, night: Day, shards: u16) -> Result<(), Broken> {
        let request = Request {
            versions: &self.versions,
            inbox,
            store,
            as_of: night,
            shards: Some(shards),
            keys: &self.keys,
        };
        let outcome =
            run(&request, &Silent).map_err(|trouble| failed("a night failed", night, trouble))?;
        let refused = outcome.refused.iter();
        let refused: Vec<String> = refused
            .map(|(name, refusal)| format!("{name}: {}", refusal.message))
            .collect();
        if !refused.is_empty() {
            return Err(Broken::new("files were refused", refused));
        }
        match outcome.unmatched.is_empty() {
            true => Ok(()),
            false => Err(Broken::new("files belong to no dataset", outcome.unmatched)),
        }
    }

    /// Everything that counts in the store is the same object.
    fn same_bytes(&self, objects: &MemoryObjects, store: &Path, night: Day) -> Result<(), Broken> {
        let opened = Store::open(store).and_then(|store| store.manifests());
        let manifests =
            opened.map_err(|error| Broken::could_not("the store cannot be read", error.cause))?;
        let files = manifests
            .iter()
            .flat_map(|run| run.files.values().flatten());
        let mut names: Vec<String> = files.map(|file| file.name.clone()).collect();
        names.retain(|name| store.join(name).exists());
        names.extend(manifests.iter().map(|run| Store::manifest_name(run.run)));
        names.extend(
            manifests
                .iter()
                .map(|run| format!("reports/{}.json", run.nights.to)),
        );
        names.extend(
            [
                "store.json",
                "sums.json",
                "views.sql",
                "reports/nights.jsonl",
            ]
            .map(str::to_owned),
        );
        names.sort_unstable();
        names.dedup();
        let differ = |name: &&String| {
            let here = std::fs::read(store.join(name)).ok();
            here.is_none() || objects.bytes(&format!("lake/{PROGRAM}/{name}")) != here
        };
        let differ: Vec<String> = names.iter().filter(differ).take(TOLD).cloned().collect();
        match differ.is_empty() {
            true => Ok(()),
            false => {
                let what = format!(
                    "the night of {} in steps wrote other files",
                    day_text(night)
                );
                Err(Broken::new(what, differ))
            }
        }
    }

    /// The lake says what the store says.
    fn same_content(
        &self,
        objects: &MemoryObjects,
        store: &Path,
        night: Day,
    ) -> Result<(), Broken> {
        let what = format!(
            "the night of {} in steps says something else",
            day_text(night)
        );
        let prefix = format!("lake/{PROGRAM}/");
        let lake = self.path("fetched");
        let _ = std::fs::remove_dir_all(&lake);
        bring(objects, &prefix, &lake).map_err(|error| Broken::could_not(&what, error))?;
        let [here, there] = [store, &lake].map(|folder| {
            self.ledger(folder)
                .map_err(|trouble| Broken::could_not(&what, trouble))
        });
        let mut lines = differences(&here?, &there?);
        for report in [
            "reports/nights.jsonl".to_owned(),
            format!("reports/{}.json", day_text(night)),
        ] {
            let [here, there] =
                [store, &lake].map(|folder| std::fs::read(folder.join(&report)).ok());
            if here.is_none() || here != there {
                lines.push(report);
            }
        }
        match lines.is_empty() {
            true => Ok(()),
            false => Err(Broken::new(what, lines)),
        }
    }

    /// The canonical ledger of a store.
    fn ledger(&self, store: &Path) -> Result<Vec<String>, Trouble> {
        let mut lines = Vec::new();
        ledger_dump::lines(&self.versions, store, &mut |line| {
            lines.push(line.to_owned())
        })?;
        Ok(lines)
    }

    /// What stands is what would have been booked had everything been known in time.
    fn known_in_time(&self) -> Result<(), Broken> {
        let what = "the ledger is not that of a history known in time";
        let store = self.path("store");
        let cannot = |error: &dyn Display| Broken::could_not(what, error);
        let plans = Plans::new(&self.versions).map_err(|error| cannot(&format!("{error:?}")))?;
        let wins = wins(self.versions.newest(), &store).map_err(|trouble| cannot(&trouble))?;
        let last = self.story.last();
        let known = self.story.receipts.known(last);
        let settled = rehearse(&plans, &known, &wins, last);
        let settled = settled.map_err(|problems| cannot(&format!("{problems:?}")))?;
        let mut expected = Vec::new();
        for (account, one) in &settled {
            let kept = &one.kept;
            let (entries, rungs, issued) = (&kept.entries, &kept.rungs, &kept.issued);
            let program = self.versions.newest();
            expected.extend(account_lines(program, account, entries, rungs, issued));
        }
        let mut found = self.ledger(&store).map_err(|trouble| cannot(&trouble))?;
        // Rewards that were used before it turned out that nobody deserved them stay beside what would have been booked.
        found.retain(|line| !line.contains("\"table\":\"kept\""));
        match differences(&expected, &found) {
            lines if lines.is_empty() => Ok(()),
            lines => Err(Broken::new(what, lines)),
        }
    }

    fn recounted(&self, seen: &mut Seen) -> Result<(), Broken> {
        let what = "the recount differs";
        let store = self.path("store");
        let recounted = recount::verify(&self.versions, &store, &Silent)
            .map_err(|trouble| Broken::could_not(what, trouble))?;
        if !recounted.differences.is_empty() {
            let told = recounted.differences.into_iter().take(TOLD);
            return Err(Broken::new(what, told.collect()));
        }
        (seen.accounts, seen.entries) = (recounted.accounts, recounted.entries);
        let manifests = Store::open(&store).and_then(|store| store.manifests());
        for manifest in manifests.map_err(|error| Broken::could_not(what, error.cause))? {
            for (name, count) in &manifest.counts {
                if let Some(name) = name.strip_prefix("corrections.") {
                    *seen.corrected.entry(name.to_owned()).or_default() += count;
                }
            }
        }
        Ok(())
    }
}

fn failed(what: &str, night: Day, trouble: Trouble) -> Broken {
    Broken::could_not(&format!("{what} ({})", day_text(night)), trouble)
}

/// Lines that one of two ledgers has and the other has not.
fn differences(expected: &[String], found: &[String]) -> Vec<String> {
    if expected == found {
        return Vec::new();
    }
    let missing = expected.iter().filter(|line| !found.contains(line));
    let more = found.iter().filter(|line| !expected.contains(line));
    let missing = missing.map(|line| format!("- {line}"));
    let more = more.map(|line| format!("+ {line}"));
    let mut lines: Vec<String> = missing.take(TOLD).chain(more.take(TOLD)).collect();
    if lines.is_empty() {
        lines.push("the same lines in another order, or another number of them".to_owned());
    }
    lines
}

//! What each night said, in short: a line of JSON for each, in the order of nights, for the page over all of them
//! (`reports/nights.jsonl`). A line is made of the night's report and can be made again as long as that is kept; a night
//! that failed has a line with the reason, until it is settled.

use crate::lake::disk::make_folder;
use crate::lake::error::LakeError;
use crate::lake::manifest::Manifest;
use crate::lake::store::{Store, write_whole};
use crate::trouble::Trouble;
use rungs_engine::calendar::{Day, day_text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// Its name in the store.
pub const NAME: &str = "reports/nights.jsonl";

/// Why a night was not settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The code, or the name that the step of a state machine gave its failure.
    pub code: String,
    /// What could not be done and why.
    pub message: String,
    /// The next step; empty if nobody said one.
    pub help: String,
}

impl From<&Trouble> for Failed {
    fn from(trouble: &Trouble) -> Failed {
        Failed {
            code: trouble.code.to_owned(),
            message: trouble.message.clone(),
            help: trouble.help.clone(),
        }
    }
}

/// What a report says, as far as a line repeats it. Numbers stay the text that they are.
#[derive(Deserialize)]
struct Told<'a> {
    as_of: String,
    run: Option<u32>,
    #[serde(borrow)]
    totals: Totals<'a>,
    #[serde(borrow)]
    quality: Quality<'a>,
    objectives: Vec<Objective>,
    #[serde(borrow)]
    kpis: Vec<Figure<'a>>,
}

#[derive(Deserialize)]
struct Totals<'a> {
    #[serde(borrow)]
    members: &'a RawValue,
    #[serde(borrow)]
    orders: &'a RawValue,
}

#[derive(Deserialize)]
struct Quality<'a> {
    #[serde(borrow)]
    read: &'a RawValue,
    #[serde(borrow)]
    accepted: &'a RawValue,
}

#[derive(Serialize, Deserialize)]
struct Objective {
    id: String,
    state: String,
}

#[derive(Deserialize)]
struct Figure<'a> {
    id: String,
    window: Window,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    by: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Window {
    kind: String,
    from: String,
    before: String,
}

/// A night that is settled.
#[derive(Serialize)]
struct Settled<'a> {
    night: &'a str,
    run: Option<u32>,
    members: &'a RawValue,
    orders: &'a RawValue,
    read: &'a RawValue,
    accepted: &'a RawValue,
    objectives: &'a [Objective],
    /// The total of each KPI's last window, in the report's order.
    kpis: Vec<Latest<'a>>,
}

#[derive(Serialize)]
struct Latest<'a> {
    id: &'a str,
    value: Option<&'a RawValue>,
    window: &'a Window,
}

/// A night that failed.
#[derive(Serialize)]
struct Unsettled<'a> {
    night: &'a str,
    failed: &'a Failed,
}

/// What is known of a line without reading all of it.
#[derive(Deserialize)]
struct Head {
    night: String,
    failed: Option<Failed>,
}

/// Lines by their nights.
#[derive(Debug, Default)]
struct Lines(BTreeMap<String, (bool, String)>);

impl Lines {
    /// Those that are kept. A line that cannot be read is as if it were not there: it is made again.
    fn kept(store: &Store) -> Lines {
        let text = std::fs::read_to_string(store.path(NAME)).unwrap_or_default();
        let lines = text.lines().filter_map(|line| {
            let head: Head = serde_json::from_str(line).ok()?;
            Some((head.night, (head.failed.is_none(), line.to_owned())))
        });
        Lines(lines.collect())
    }

    fn is_settled(&self, night: &str) -> bool {
        self.0.get(night).is_some_and(|(settled, _)| *settled)
    }

    fn settle(&mut self, report: &str) -> Result<(), serde_json::Error> {
        let told: Told<'_> = serde_json::from_str(report)?;
        let mut kpis: Vec<Latest<'_>> = Vec::new();
        for figure in told.kpis.iter().filter(|figure| figure.by.is_empty()) {
            let latest = Latest {
                id: &figure.id,
                value: figure.value,
                window: &figure.window,
            };
            match kpis.iter_mut().find(|known| known.id == figure.id) {
                Some(known) => *known = latest,
                None => kpis.push(latest),
            }
        }
        let line = serde_json::to_string(&Settled {
            night: &told.as_of,
            run: told.run,
            members: told.totals.members,
            orders: told.totals.orders,
            read: told.quality.read,
            accepted: told.quality.accepted,
            objectives: &told.objectives,
            kpis,
        })?;
        self.0.insert(told.as_of, (true, line));
        Ok(())
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (_, line) in self.0.values() {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn keep(&self, store: &Store) -> Result<(), LakeError> {
        let folder = store.path("reports");
        make_folder(&folder).map_err(|error| LakeError::access(&folder, error))?;
        write_whole(&store.path(NAME), self.text().as_bytes())
    }
}

/// Lines of all runs: those that are kept, and those that are missing from the reports that are.
fn all(store: &Store, manifests: &[Manifest]) -> Lines {
    let mut lines = Lines::kept(store);
    for manifest in manifests {
        let night = &manifest.nights.to;
        if lines.is_settled(night) {
            continue;
        }
        let report = std::fs::read_to_string(store.path(&format!("reports/{night}.json")));
        // A report that was removed or damaged has no line; its night is settled all the same.
        let _ = report.map(|report| lines.settle(&report));
    }
    lines
}

/// Keeps the line of a report (its JSON), and of those before it that have none.
pub(super) fn keep(store: &Store, manifests: &[Manifest], report: &str) -> Result<(), LakeError> {
    let mut lines = all(store, manifests);
    lines
        .settle(report)
        .map_err(|error| LakeError::damaged(&store.path(NAME), error))?;
    lines.keep(store)
}

/// What each night said, as it is kept, with the line of a report (its JSON).
pub fn with(store: &Store, report: &str) -> Result<String, serde_json::Error> {
    let mut lines = Lines::kept(store);
    lines.settle(report)?;
    Ok(lines.text())
}

/// Keeps that a night failed and why. Whether it is kept: a night that is settled by now has not failed.
pub fn keep_failed(store: &Store, night: Day, failed: &Failed) -> Result<bool, Trouble> {
    let night = day_text(night);
    let manifests = store.manifests()?;
    if (manifests.last()).is_some_and(|manifest| manifest.nights.to >= night) {
        return Ok(false);
    }
    let mut lines = all(store, &manifests);
    let line = serde_json::to_string(&Unsettled {
        night: &night,
        failed,
    });
    let line = line.map_err(|error| LakeError::damaged(&store.path(NAME), error))?;
    lines.0.insert(night, (false, line));
    lines.keep(store)?;
    Ok(true)
}

/// All that the page over a store's nights is made of.
#[derive(Debug)]
pub struct Kept {
    /// The last report, as JSON.
    pub report: String,
    /// What each night said, a line for each.
    pub nights: String,
    /// Nights that have a page, `reports/<date>.html`.
    pub pages: BTreeSet<String>,
}

/// What is kept of the nights of a store; nothing if none is settled.
pub fn kept(store: &Store) -> Result<Option<Kept>, Trouble> {
    let manifests = store.manifests()?;
    let Some(last) = manifests.last() else {
        return Ok(None);
    };
    let path = store.path(&format!("reports/{}.json", last.nights.to));
    let report = std::fs::read_to_string(&path).map_err(|error| LakeError::access(&path, error))?;
    let folder = store.path("reports");
    let files = std::fs::read_dir(&folder).map_err(|error| LakeError::access(&folder, error))?;
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let pages = names.filter_map(|name| Some(name.strip_suffix(".html")?.to_owned()));
    Ok(Some(Kept {
        report,
        nights: all(store, &manifests).text(),
        pages: pages.collect(),
    }))
}

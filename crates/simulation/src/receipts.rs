//! A history that is not told at once: files come late, first say something wrong and are
//! corrected, and tell of events that are cancelled later. What is known in the end is the history.

use crate::upload::Upload;
use rungs_engine::calendar::{Day, day_text};
use rungs_engine::rehearsal::EventTable;
use rungs_histories::Random;
use std::collections::BTreeMap;
use std::path::Path;

/// Nights that a settled night stays open: `[program] late` of the generated programmes.
const OPEN: u64 = 30;

/// Rows of one event, as one file has them.
#[derive(Debug, Clone)]
pub struct Told {
    /// The night by which they are there.
    pub received: Day,
    /// The file of the history that they are of.
    pub upload: usize,
    rows: Vec<String>,
}

impl Told {
    fn cell(&self, at: usize) -> &str {
        let row = self.rows.first().map_or("", String::as_str);
        row.split(',').nth(at).unwrap_or_default()
    }

    fn cells(&self) -> usize {
        self.rows.first().map_or(0, |row| row.split(',').count())
    }

    /// Id and account of the event.
    pub fn event(&self) -> (&str, &str) {
        (self.cell(0), self.cell(ACCOUNT))
    }

    /// Which revision of it this is.
    pub fn revision(&self) -> u32 {
        let cells = self.cells();
        self.cell(cells.saturating_sub(2))
            .parse()
            .unwrap_or_default()
    }

    /// Whether it cancels the event.
    pub fn cancels(&self) -> bool {
        let cells = self.cells();
        self.cell(cells.saturating_sub(1)) == "true"
    }
}

/// A history as it comes to be known.
#[derive(Debug, Clone)]
pub struct Receipts {
    uploads: Vec<Upload>,
    /// What is told, in the order of the history.
    pub told: Vec<Told>,
}

/// Column of the account in every table.
const ACCOUNT: usize = 1;

fn with(row: &str, id: &str, of: &str, revision: u32, void: bool) -> String {
    let own: Vec<&str> = of.split(',').collect();
    let mut cells: Vec<&str> = row.split(',').collect();
    cells[0] = id;
    // The account stays: what another account says is another event.
    cells[ACCOUNT..ACCOUNT + 2].copy_from_slice(&own[ACCOUNT..ACCOUNT + 2]);
    let void = if void { "true" } else { "" };
    format!("{},{revision},{void}", cells.join(","))
}

impl Receipts {
    /// Invents when what is known of a history that ends on a day: always in time for it to be settled.
    pub fn new(mut uploads: Vec<Upload>, as_of: Day, seed: u64) -> Receipts {
        let mut random = Random(seed ^ 0x1a7e);
        let mut told = Vec::new();
        for (index, upload) in uploads.iter_mut().enumerate() {
            let mut events: BTreeMap<[String; 2], Vec<(Day, String)>> = BTreeMap::new();
            for (day, row) in std::mem::take(&mut upload.rows) {
                let mut cells = row.split(',').map(str::to_owned);
                // Two accounts may each have an event of one id.
                let event = [(); 2].map(|()| cells.next().unwrap_or_default());
                events.entry(event).or_default().push((day, row));
            }
            let all: Vec<&[String; 2]> = events.keys().collect();
            let mut tell = |received: Day, rows: Vec<String>| {
                let received = received.min(as_of);
                told.push(Told {
                    received,
                    upload: index,
                    rows,
                });
            };
            for ([id, _], rows) in &events {
                let day = rows[0].0;
                let right = |revision: u32, void: bool| -> Vec<String> {
                    let rows = rows
                        .iter()
                        .map(|(_, row)| with(row, id, row, revision, void));
                    rows.collect()
                };
                let later = |random: &mut Random, day: Day| day + random.below(OPEN + 1) as Day;
                // What another event says, as if it were this one.
                let other = &events[*random.pick(&all)];
                let wrong = |id: &str, revision: u32| -> Vec<String> {
                    let own = &rows[0].1;
                    let rows = other
                        .iter()
                        .map(|(_, row)| with(row, id, own, revision, false));
                    rows.collect()
                };
                let first = day.min(other[0].0);
                match random.below(100) {
                    0..60 => tell(day, right(1, false)),
                    60..78 => tell(later(&mut random, day), right(1, false)),
                    // In another content first, perhaps of another day.
                    78..90 => {
                        tell(later(&mut random, other[0].0), wrong(id, 1));
                        tell(later(&mut random, first), right(2, false));
                    }
                    // Cancelled by mistake.
                    90..94 => {
                        tell(day, right(1, false));
                        tell(later(&mut random, day), right(2, true));
                        tell(later(&mut random, day), right(3, false));
                    }
                    // Beside one that never was.
                    _ => {
                        let id = format!("{id}x");
                        tell(day, right(1, false));
                        tell(later(&mut random, other[0].0), wrong(&id, 1));
                        let gone = rows.iter().map(|(_, row)| with(row, &id, row, 2, true));
                        tell(later(&mut random, first), gone.collect());
                    }
                }
            }
            upload.header.push_str(",revision,void");
        }
        Receipts { uploads, told }
    }

    /// The events as they are known after a night: of each the highest revision, unless that cancels it.
    pub fn known(&self, night: Day) -> Vec<EventTable> {
        let tables = self.uploads.iter().enumerate().map(|(index, upload)| {
            let mut events: BTreeMap<(&str, &str), &Told> = BTreeMap::new();
            let told = self.told.iter();
            for told in told.filter(|told| told.upload == index && told.received <= night) {
                let known = events.entry(told.event()).or_insert(told);
                if told.revision() > known.revision() {
                    *known = told;
                }
            }
            let standing = events.into_values().filter(|told| !told.cancels());
            let rows = standing.flat_map(|told| &told.rows).map(|row| {
                let cells: Vec<&str> = row.split(',').collect();
                let own = cells[..cells.len() - 2].iter();
                own.map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned()))
                    .collect()
            });
            let header: Vec<String> = upload.header.split(',').map(str::to_owned).collect();
            EventTable {
                kind: upload.kind,
                columns: header[..header.len() - 2].to_vec(),
                rows: rows.collect(),
            }
        });
        tables.collect()
    }

    /// The files with what came to be known after `settled`, up to and with `night`.
    pub fn files(&self, settled: Day, night: Day) -> Vec<Upload> {
        let mut files = Vec::new();
        for (index, upload) in self.uploads.iter().enumerate() {
            // A day's news in a file: what one file says of an event is one content of one revision.
            let mut days: BTreeMap<Day, Vec<(Day, String)>> = BTreeMap::new();
            for told in self.told.iter().filter(|told| told.upload == index) {
                if told.received > settled && told.received <= night {
                    let rows = told.rows.iter().map(|row| (told.received, row.clone()));
                    days.entry(told.received).or_default().extend(rows);
                }
            }
            let named = |(day, rows)| upload.with(format!("{}.csv", day_text(day)), rows);
            files.extend(days.into_iter().map(named));
        }
        files
    }

    /// Writes them below an inbox.
    pub fn write(&self, inbox: &Path, settled: Day, night: Day) -> std::io::Result<()> {
        let files = self.files(settled, night);
        files.iter().try_for_each(|file| file.write(inbox))
    }

    /// The name of the dataset of what is told.
    pub fn dataset(&self, told: &Told) -> &'static str {
        self.uploads[told.upload].dataset
    }
}

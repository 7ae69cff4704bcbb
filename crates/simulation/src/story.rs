//! What happens in a fortnight: a programme, and what its shop uploads night by night.

use crate::receipts::Receipts;
use crate::upload::{Upload, uploads};
use rungs_engine::calendar::{Day, day_from};
use rungs_histories::{Random, generate};

/// Nights of a story, after the one that brings in what was before.
pub const NIGHTS: Day = 14;

/// A programme and a fortnight of uploads.
#[derive(Debug, Clone)]
pub struct Story {
    /// The seed that it is made of.
    pub seed: u64,
    /// The programme's files, by their names.
    pub files: Vec<(String, String)>,
    /// What its shop tells, and when.
    pub receipts: Receipts,
    /// Nights that are settled, in their order.
    pub nights: Vec<Day>,
    /// Of the schedule of faults; nothing without faults.
    pub faults: Option<u64>,
}

impl Story {
    /// Of a seed.
    pub fn of(seed: u64) -> Story {
        let made = generate(seed);
        // Later revisions correct earlier ones.
        let id = "\nid = \"id\"\n";
        let revised = |text: &str| text.replace(id, &format!("{id}revision = \"revision\"\n"));
        let files = made.files();
        let files = files
            .into_iter()
            .map(|(name, text)| (name.to_owned(), revised(&text)));
        let files = files.collect();
        let last = day_from(&made.as_of).unwrap_or(Day::MIN);
        let receipts = Receipts::new(uploads(&made), last, seed);
        let mut random = Random(seed ^ 0x57_0e_11);
        let end = busiest(&receipts, last);
        let mut nights: Vec<Day> = (end - NIGHTS..=end).collect();
        // Now and then nobody starts a night; the next one settles it, too.
        let first = end - NIGHTS;
        nights.retain(|night| *night == first || *night == end || !random.percent(15));
        Story {
            seed,
            files,
            receipts,
            nights,
            faults: Some(seed),
        }
    }

    /// Files that come in after the settled night before this one, and up to it.
    pub fn uploads(&self, night: Day) -> Vec<Upload> {
        let before = self.nights.iter().rfind(|earlier| **earlier < night);
        self.receipts
            .files(before.copied().unwrap_or(Day::MIN), night)
    }

    /// The last night.
    pub fn last(&self) -> Day {
        self.nights.last().copied().unwrap_or(Day::MIN)
    }
}

/// The last day of the fortnight in which most comes in; the last of the history if there is little.
fn busiest(receipts: &Receipts, last: Day) -> Day {
    let days = || receipts.told.iter().map(|told| told.received);
    let in_fortnight = |end: Day| {
        days()
            .filter(|day| *day > end - NIGHTS && *day <= end)
            .count()
    };
    days()
        .filter(|day| *day <= last)
        .max_by_key(|end| (in_fortnight(*end), *end))
        .unwrap_or(last)
}

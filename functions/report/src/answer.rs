//! What the function answers.

use serde::Serialize;

/// What became of the night.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// It counts.
    Counts(Counts),
    /// It failed, which is kept under its date; under none if it is settled by now.
    Failed {
        /// Its date.
        night: Option<String>,
    },
}

/// The night that counts.
#[derive(Serialize)]
pub struct Counts {
    /// The programme's id.
    pub program: String,
    /// Number of the run.
    pub run: u32,
    /// Its last night.
    pub night: String,
    /// Accounts touched.
    pub accounts: u64,
    /// Entries booked.
    pub entries: u64,
    /// Rows put into quarantine.
    pub refused: u64,
    /// Items written.
    pub written: usize,
}

//! The ledger in the lake: tables `entries`, `rungs` and `rewards`, each a file per run and range of
//! shards, sorted by account and within it as they were booked.
//!
//! Why something was booked stands in one number, `cause`: the version of the programme, the kind, the
//! rule and the datasets of event and lot. Table `causes` says what the numbers mean. Computing it takes
//! no look-up, and an entry has no texts but the account's.

pub mod cause;
pub mod cause_table;
pub mod decode;
mod ids;
pub mod read;
mod sheet;
mod tables;
pub mod write;

#[cfg(test)]
mod tests;

pub use cause::{Cause, CauseKind, CauseNumbers};
pub use decode::{Decoder, Standing};
pub use read::{AccountLedger, EntryRow, Ledger, RewardRow, RungRow};
pub use write::{LedgerFiles, LedgerWriter};

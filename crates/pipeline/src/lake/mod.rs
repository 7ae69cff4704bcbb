//! The lake: everything that is known about a programme, in a folder, as Parquet that anyone can read.
//! Layout, tables and guarantees are a published format, version [`manifest::FORMAT`]: `docs/lake.md`.
//!
//! ```text
//! objects ─▶ staging ─▶ cut (with what waits and the history) ─▶ events, sorted ─▶ settlement
//!                        │                                                           │
//!                        ├─▶ levels: history, waiting                                ├─▶ ledger, states
//!                        └─▶ quarantine                                              └─▶ decisions
//! all files written ─▶ manifest: the run counts
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`store`], [`manifest`], [`shard`], [`error`] | the folder, the lock, what counts |
//! | [`staging`] | events of objects on their way to their shards |
//! | [`cut`], [`versions`], [`order`] | each event once, in the total order; what waits, what is refused |
//! | [`history`], [`levels`] | settled events, read by columns, in levels that are merged |
//! | [`ledger`], [`states`], [`decisions`], [`quarantine`] | what settlement writes |
//! | [`layout`], [`shape`], [`rows`], [`resolve`] | events between files and batches |
//! | [`file`], [`reader`] | files: written once with a digest, read by row group |
//! | [`views`] | the tables as SQL |

mod amounts;
mod column_set;
pub mod content;
pub mod corrections;
pub mod cut;
pub mod decisions;
pub(crate) mod disk;
mod encode;
pub mod error;
#[cfg(test)]
pub(crate) mod faults;
pub mod file;
pub mod history;
mod known;
pub mod layout;
pub mod ledger;
pub mod levels;
pub mod manifest;
mod merge;
pub mod order;
pub mod quarantine;
pub mod reader;
pub mod resolve;
pub mod rows;
pub mod shape;
pub mod shard;
pub mod staging;
pub mod states;
pub mod store;
pub mod superseded;
pub mod versions;
pub mod views;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub(crate) mod tests;

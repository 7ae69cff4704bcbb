//! The lake.

mod amounts;
pub mod content;
pub mod cut;
pub mod decisions;
mod encode;
pub mod error;
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
pub mod versions;
pub mod views;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

//! The lake.

mod amounts;
pub mod content;
pub mod cut;
mod encode;
pub mod error;
pub mod file;
pub mod history;
mod known;
pub mod layout;
pub mod levels;
pub mod manifest;
mod merge;
pub mod order;
pub mod reader;
pub mod resolve;
pub mod rows;
pub mod shape;
pub mod shard;
pub mod staging;
pub mod store;
pub mod versions;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

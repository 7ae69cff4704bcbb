//! The lake.
pub mod error;
pub mod file;
pub mod layout;
pub mod manifest;
pub mod rows;
pub mod shape;
pub mod shard;
pub mod store;
pub mod staging;
pub mod content; pub mod order; pub mod versions; pub mod reader;

//! The parts of `cargo xtask` that make the samples, as a library, so that a test can make them again.

pub mod cdnow;
pub mod coffee;

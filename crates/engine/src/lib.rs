//! The engine of Rungs: TOML text becomes a checked [`program::Program`]; canonical events become
//! entries, states and figures.
//!
//! It is pure. There is no clock, no file, no environment, no randomness and no hash-map order in
//! here: `clippy.toml` beside `Cargo.toml` forbids them, and the same input gives the same bytes on
//! every machine. Floats live in [`statistics`] only.

#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    clippy::print_stderr
)]
// Tests may print what they counted, and hold exact numbers against another's floats.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::float_arithmetic))]

pub mod calendar;
pub mod canonical;
pub mod condition;
pub mod cron;
pub mod event;
pub mod finding;
pub mod fold;
pub mod kpi;
pub mod language;
pub mod ledger;
pub mod number;
pub mod program;
pub mod rehearsal;
#[allow(clippy::float_arithmetic)]
pub mod statistics;

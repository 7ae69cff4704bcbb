//! The report: facts from events and ledger, figures over CDNOW, JSON and text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cdnow;
mod facts;
mod kept;
mod sample;
mod shape;

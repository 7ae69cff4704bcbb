//! Cases of the recount, worked by hand from the specification.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod differences;
mod draws;
mod earning;
mod enrolment;
mod excess;
mod history;
mod ladder;
mod laws;
mod lots;
mod measures;
mod refunds;
mod rewards;
mod speed;
mod stretches;
mod told;
mod undone;
mod world;

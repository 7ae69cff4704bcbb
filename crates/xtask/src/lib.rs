//! The tasks of the workspace, as a library, so that tests can call them.

pub mod bench;
pub mod browser;
pub mod cdnow;
pub mod coffee;
pub mod docs;
pub mod dynamodb;
pub mod faults;
pub mod local_aws;
pub mod new;
pub mod python;
pub mod repository;
pub mod samples;
pub mod step;
pub mod test;
pub mod tidy;

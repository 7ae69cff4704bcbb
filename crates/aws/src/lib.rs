//! The night on AWS. The steps are the pipeline's; here are the objects in S3 ([`Bucket`]), the copy for readers in
//! DynamoDB ([`Table`]), what events say ([`UploadsEvent`], [`NightEvent`], [`RangeEvent`], [`ReportEvent`]), how a Lambda function begins
//! and fails ([`run`], [`Failure`]), and what it counts ([`metrics`]).

mod bucket;
mod events;
mod failure;
mod figures;
mod function;
mod hold;
mod items;
pub mod metrics;
mod table;

pub use bucket::Bucket;
pub use events::{
    FailedEvent, NightEvent, RangeEvent, ReportEvent, RunEvent, Upload, UploadsEvent, uploads,
};
pub use failure::Failure;
pub use function::{Place, run};
pub use hold::{HoldError, Till};
pub use table::Table;

// What functions hand on.
pub use rungs_pipeline::objects::{Counted, Remote};

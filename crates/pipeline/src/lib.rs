//! Files become events, events become a lake, nights are settled, figures are reported.

pub mod explain;
pub mod progress;
pub mod ingest;
pub mod schema;
pub mod trouble;
pub mod lake;
pub mod schema;
pub mod serving;

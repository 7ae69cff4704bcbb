//! Files become events, events become a lake, nights are settled, figures are reported.

pub mod ingest;
pub mod schema;
pub mod trouble;

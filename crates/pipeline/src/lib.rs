//! Files become events, events become a lake, nights are settled, figures are reported.

pub mod explain;
pub mod ingest;
pub mod lake;
pub mod program_folder;
pub mod progress;
pub mod quarantine;
pub mod rehearse;
pub mod report;
pub mod schema;
pub mod serving;
pub mod trouble;

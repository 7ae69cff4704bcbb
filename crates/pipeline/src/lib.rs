//! Files become events, events become a lake, nights are settled, figures are reported.

pub mod codes;
pub mod explain;
pub mod ingest;
pub mod lake;
pub mod ledger_dump;
pub mod objects;
pub mod program_folder;
pub mod progress;
pub mod quarantine;
pub mod recount;
pub mod rehearse;
pub mod report;
pub mod run;
pub mod schema;
pub mod serving;
pub mod trouble;

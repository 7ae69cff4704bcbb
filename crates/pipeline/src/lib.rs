//! Files become events, events become a lake, nights are settled, figures are reported.

pub mod report;
pub mod schema;

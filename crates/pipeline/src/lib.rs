//! Files become events, events become a lake, nights are settled, figures are reported.

pub mod lake;
pub mod schema;
pub mod serving;

//! KPIs by hand ([`cases`]), by law ([`laws`]) and by definition ([`oracle`]).

mod cases;
mod laws;
mod oracle;
pub mod sample;

//! The work of the benchmark (`bench/programs/peers`) at a small size: an invented history that reaches every edge
//! of it, and the plainest program that does the same work, as an oracle for the shipped binary.

pub mod history;
pub mod oracle;
pub mod parquet_file;

/// One order, as it stands in the uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id; rows stand by member and time.
    pub id: i64,
    /// Who bought.
    pub member: i32,
    /// Milliseconds since 1970, UTC.
    pub at: i64,
    /// Cents before the discount.
    pub amount: i64,
    /// Cents off.
    pub discount: i64,
    /// `app`, `store` or `web`.
    pub channel: &'static str,
    /// `drinks`, `food` …
    pub category: &'static str,
}

/// Milliseconds of a UTC day.
pub const DAY: i64 = 86_400_000;
/// 2024-11-21T00:00Z, the first instant of the history, in milliseconds.
pub const FIRST: i64 = 1_732_147_200_000;
/// 2026-11-21T00:00Z, the end of the last settled night.
pub const END: i64 = FIRST + 730 * DAY;

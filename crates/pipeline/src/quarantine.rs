//! stub
use crate::trouble::Trouble;
use std::path::Path;
/// s
#[derive(serde::Serialize)]
pub struct Q {
    /// s
    pub object: String,
    /// s
    pub line: Option<i64>,
    /// s
    pub column: Option<String>,
    /// s
    pub code: String,
    /// s
    pub reason: String,
}
/// s
pub fn list(_: &Path) -> Result<Vec<Q>, Trouble> {
    Ok(Vec::new())
}

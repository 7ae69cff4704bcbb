//! What long work tells about itself.

/// Receives stages and steps; shown at the edge.
pub trait Progress: Sync {
    /// A stage of so many steps begins.
    fn stage(&self, name: &str, steps: u64);
    /// So many steps were done.
    fn advance(&self, steps: u64);
    /// The work ended; a line that says what came out.
    fn done(&self, line: &str);
}

/// Says nothing.
#[derive(Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &str, _steps: u64) {}
    fn advance(&self, _steps: u64) {}
    fn done(&self, _line: &str) {}
}

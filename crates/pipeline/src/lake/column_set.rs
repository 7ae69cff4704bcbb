//! Which columns of events are read.

use rungs_engine::program::Program;

/// Which columns are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSet {
    /// By index in `Program::columns`.
    pub columns: Vec<bool>,
    /// The events' ids. Without them rows are numbered where every row is an event of its own.
    pub ids: bool,
    /// The members, where they are not the accounts.
    pub member: bool,
    /// The channel.
    pub channel: bool,
    /// The store.
    pub store: bool,
}

impl ColumnSet {
    /// Everything.
    pub fn all(program: &Program) -> ColumnSet {
        ColumnSet {
            columns: vec![true; program.columns.len()],
            ids: true,
            member: true,
            channel: true,
            store: true,
        }
    }

    /// Account, time, kind, source and line only.
    pub fn none(program: &Program) -> ColumnSet {
        ColumnSet {
            columns: vec![false; program.columns.len()],
            ids: false,
            member: false,
            channel: false,
            store: false,
        }
    }

    /// With a column (index in `Program::columns`).
    pub fn with(mut self, column: usize) -> ColumnSet {
        if let Some(wanted) = self.columns.get_mut(column) {
            *wanted = true;
        }
        self
    }
}

//! What stops a run: the machine, not the data. Bad rows and bad files never do.

use crate::lake::error::LakeError;

/// Something could not be done (a folder cannot be read, a disk is full): the run stops, and nothing
/// that it did is visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What could not be done and why, lower case, without a full stop.
    pub message: String,
    /// The next step.
    pub help: String,
}

impl Trouble {
    /// From a message and the next step.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Trouble {
        Trouble {
            message: message.into(),
            help: help.into(),
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.message, self.help)
    }
}

impl std::error::Error for Trouble {}

impl From<LakeError> for Trouble {
    fn from(error: LakeError) -> Trouble {
        Trouble::new(
            format!("[{}] {}: {}", error.code.text(), error.place, error.cause),
            error.help,
        )
    }
}

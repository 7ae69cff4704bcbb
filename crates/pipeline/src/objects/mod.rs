//! A programme whose files are objects elsewhere: its uploads, its text, its keys and its lake. Each step of a night
//! works in a folder of its own, which begins empty, and brings back what it wrote, its marker last.

mod memory;
mod remote;
mod served;
mod told;
mod working_copy;

pub use memory::MemoryObjects;
pub use remote::{Counted, CutNight, Night, Remote};
pub use served::{BookedEntry, Served};
pub use told::FailedNight;

use crate::lake::error::{LakeCode, LakeError};
use std::path::Path;

/// Objects by their keys (with `/`), as S3 keeps them: whole or not at all, and seen by everybody once they are
/// written. Several threads may ask at once.
///
/// Every error is [`LakeCode::Unavailable`]: doing it again later may help, and doing it twice does no harm.
pub trait Objects: std::fmt::Debug + Send + Sync {
    /// Copies an object to a path; false if there is none.
    fn fetch(&self, key: &str, to: &Path) -> Result<bool, LakeError>;

    /// Writes a file as an object, over one that is there.
    fn put(&self, key: &str, from: &Path) -> Result<(), LakeError>;

    /// Writes a file as an object if there is none; false if there is. Of several at once exactly one writes.
    fn put_new(&self, key: &str, from: &Path) -> Result<bool, LakeError>;

    /// The keys that begin with a prefix, in their order.
    fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError>;
}

/// Objects could not be reached.
pub fn unavailable(what: &str, cause: impl std::fmt::Display) -> LakeError {
    LakeError::new(
        LakeCode::Unavailable,
        Path::new(what),
        format!("cannot be reached: {cause}"),
        "try again; if it stays, look at the rights of the function and at the state of the service",
    )
}
